//! The change that an experiment makes.

use super::CommitId;

/// A range of commits `base..head`. The base is the head's nearest ancestor that is a baseline or a kept row, or else
/// the loop's fork point: fix-and-rerun commits and discards that were never reset belong to the change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Change {
    /// The commit it is compared with.
    pub base: CommitId,
    /// The commit the experiment names.
    pub head: CommitId,
    /// Commits between base and head, oldest first, without the head.
    pub also_contains: Vec<CommitId>,
}
