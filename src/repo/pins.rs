//! Private references that keep experiments from being collected as garbage.

use super::durable::free_reference;
use super::{Repo, RepoError, commit_id, oid};
use crate::model::CommitId;

const EXPERIMENTS: &str = "refs/countersign/experiments/";

/// Experiments that are pinned.
pub fn pins(repo: &Repo) -> Result<Vec<CommitId>, RepoError> {
    let mut found = Vec::new();
    let Some(ours) = repo.ours() else { return Ok(found) };
    for reference in ours.references_glob(&format!("{EXPERIMENTS}*"))? {
        found.extend(reference?.target().map(commit_id));
    }
    Ok(found)
}

/// Pins commits that are not pinned yet; returns how many were new. A commit that is gone by now
/// is passed over.
pub fn pin(repo: &Repo, commits: impl IntoIterator<Item = CommitId>) -> Result<usize, RepoError> {
    let is_new = |commit: &CommitId| {
        let known = repo.ours().is_some_and(|ours| ours.find_reference(&format!("{EXPERIMENTS}{commit}")).is_ok());
        !known && oid(commit.as_bytes()).is_ok_and(|id| repo.git.find_commit(id).is_ok())
    };
    let new: Vec<CommitId> = commits.into_iter().filter(is_new).collect();
    if new.is_empty() {
        return Ok(0);
    }
    repo.keep_history(&new)?;
    let ours = repo.ours_to_write()?;
    for commit in &new {
        let id = oid(commit.as_bytes())?;
        let name = format!("{EXPERIMENTS}{commit}");
        // `true`: a second supervisor may have made the same reference a moment ago.
        let pinned = ours.reference(&name, id, true, "countersign: observed");
        if pinned.as_ref().is_err_and(|error| error.code() == git2::ErrorCode::Locked) {
            // It pins the same commit right now, or was killed while it did.
            free_reference(repo, &name)?;
            ours.reference(&name, id, true, "countersign: observed")?;
        } else {
            pinned?;
        }
    }
    Ok(new.len())
}
