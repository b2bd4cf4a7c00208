//! The loop at the moment when a run begins: what the run is bound to.

use super::curves::Start;
use crate::format::IgnoredPaths;
use crate::model::CommitId;
use crate::repo::{Repo, keep_edits};

/// What is known of the loop then.
pub(super) struct Beginning<'a> {
    pub(super) head: LoopHead<'a>,
    /// `None` if nothing may be written.
    pub(super) repo: Option<&'a Repo>,
    pub(super) ignored: IgnoredPaths,
}

/// The commit that the loop is on.
pub(super) enum LoopHead<'a> {
    /// As it was just seen.
    Seen(Option<CommitId>),
    /// As the repository has it when somebody asks; `None` if there is none that can be read.
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
        keep_edits(repo, head, &self.ignored).map_err(|error| format!("uncommitted edits could not be kept: {error}"))
    }
}
