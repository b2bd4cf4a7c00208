//! The list of experiments that all views of a loop share: what is selected, sought and compared.

use std::sync::Arc;

use crate::app::inbox::select::Selection;
use crate::model::ExperimentId;
use crate::query::Comparison;

/// The list of experiments: selection, search, comparison.
#[derive(Debug)]
pub struct ExperimentList {
    /// The experiment that the next one is compared with.
    pub marked: Option<ExperimentId>,
    /// The words of the last search; empty without one.
    pub searched: String,
    /// The difference between two experiments, when that was asked for.
    pub comparison: Option<Arc<Comparison>>,
    pub(in crate::app) selection: Selection,
}
