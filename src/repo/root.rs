//! The root commit of a repository, which stays the same when it is moved or cloned.

use super::Repo;
use crate::model::CommitId;

/// Maximum number of commits that are followed.
const MOST: usize = 1_000_000;

impl Repo {
    /// Returns the root commit of the first-parent history of the work tree's HEAD; `None` without commits, or
    /// the history cannot be read.
    pub fn root(&self) -> Option<CommitId> {
        let mut commit = self.git.head().ok()?.peel_to_commit().ok()?;
        for _ in 0..MOST {
            match commit.parent(0) {
                Ok(parent) => commit = parent,
                Err(_) => return (commit.parent_count() == 0).then(|| super::commit_id(commit.id())),
            }
        }
        None
    }
}
