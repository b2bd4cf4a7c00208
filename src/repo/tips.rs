//! The starting points of a read of the history.

use super::SoughtRow;
use crate::format::IgnoredPaths;
use crate::model::CommitId;

/// The starting points of a read.
#[derive(Clone, Copy)]
pub struct Tips<'a> {
    /// The commit the loop is on.
    pub head: Option<CommitId>,
    /// The branch the loop works on.
    pub branch: Option<&'a str>,
    /// The approved branch, which is not part of the loop's history.
    pub approved: &'a str,
    /// Commit cells as written, in the order of the source.
    pub cells: &'a [String],
    /// The cell of the loop's baseline row; `None` without such a row.
    pub baseline: Option<&'a str>,
    /// Kept rows, whose commits are searched for if the history was rewritten.
    pub kept: &'a [SoughtRow],
    /// Commits that proposals name.
    pub proposed: &'a [CommitId],
    /// The ignored paths.
    pub ignored: &'a IgnoredPaths,
}
