//! What an experiment changes.

use super::CommitId;

/// A range of commits `base..head`. The base is the nearest ancestor of the head that is itself a
/// baseline or a kept row, else the loop's fork point: fix-and-rerun commits and discards that
/// were never reset belong to the change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Change {
    /// The commit it is judged against.
    pub base: CommitId,
    /// The commit the experiment names.
    pub head: CommitId,
    /// Commits between base and head, oldest first, without the head.
    pub also_contains: Vec<CommitId>,
}
