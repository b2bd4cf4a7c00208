//! The list of experiments that all views of a loop share: selection, search, comparison.

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::ViewKind;
use crate::model::ExperimentId;
use crate::query::Comparison;

/// The list of experiments: selection, search, comparison.
#[derive(Debug, Default)]
pub struct ExperimentList {
    /// The experiment marked for comparison.
    pub marked: Option<ExperimentId>,
    /// The words of the last search; empty if there was none.
    pub searched: String,
    /// The difference between two experiments, if requested.
    pub comparison: Option<Arc<Comparison>>,
    /// The selected experiment by view.
    pub(in crate::app) selection: HashMap<ViewKind, ExperimentId>,
}
