//! The state of the loop when a run begins, to which the run is bound.

use super::curves::Start;
use crate::format::IgnoredPaths;
use crate::model::CommitId;
use crate::repo::{Repo, keep_edits};

/// The state of the loop at that moment.
pub(super) struct Beginning<'a> {
    pub(super) head: LoopHead<'a>,
    /// The repository; `None` if nothing may be written to it.
    pub(super) repo: Option<&'a Repo>,
    pub(super) ignored: IgnoredPaths,
}

/// The commit that the loop is on.
pub(super) enum LoopHead<'a> {
    /// As it was just read.
    Seen(Option<CommitId>),
    /// Read from the repository on demand; `None` if no repository can be read.
    Now(Option<&'a Repo>),
}

impl Start for Beginning<'_> {
    fn head(&self) -> Option<CommitId> {
        match self.head {
            LoopHead::Seen(head) => head,
            LoopHead::Now(repo) => repo?.head().commit,
        }
    }

    fn keep_edits(&self) -> Result<Option<CommitId>, String> {
        let (Some(repo), Some(head)) = (self.repo, self.head()) else { return Ok(None) };
        keep_edits(repo, head, &self.ignored).map_err(|error| format!("cannot save the uncommitted edits: {error}"))
    }
}
