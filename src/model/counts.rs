//! Experiments counted by outcome.

/// Experiments counted by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All rows that are experiments.
    pub total: usize,
    /// Rows the agent kept, the baseline included.
    pub kept: usize,
    /// Rows the agent discarded.
    pub discarded: usize,
    /// Rows that crashed.
    pub crashed: usize,
    /// Rows with any other word.
    pub other: usize,
    /// Experiments whose change is known and not empty.
    pub with_change: usize,
    /// Kept rows whose commit no longer exists.
    pub commit_gone: usize,
}
