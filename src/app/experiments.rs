//! The list of experiments that all views of a loop share: selection, search, comparison.

use std::sync::Arc;

use crate::app::inbox::select::Selection;
use crate::model::ExperimentId;
use crate::query::Comparison;

/// The list of experiments: selection, search, comparison.
#[derive(Debug)]
pub struct ExperimentList {
    /// The experiment marked for comparison.
    pub marked: Option<ExperimentId>,
    /// The words of the last search; empty if there was none.
    pub searched: String,
    /// The difference between two experiments, if requested.
    pub comparison: Option<Arc<Comparison>>,
    pub(in crate::app) selection: Selection,
}
