//! The rows of the lineage.

/// One row of the lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineageRow {
    /// Index of the experiment.
    pub index: usize,
    /// True for an experiment that was tried at the same point and not kept.
    pub is_sibling: bool,
}
