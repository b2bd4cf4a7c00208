//! Private references that keep experiments from being collected as garbage.

use super::durable::free_reference;
use super::{Repo, RepoError, commit_id, oid};
use crate::model::CommitId;

const EXPERIMENTS: &str = "refs/countersign/experiments/";

/// Experiments that are pinned.
pub fn pins(repo: &Repo) -> Result<Vec<CommitId>, RepoError> {
    let mut found = Vec::new();
    for reference in repo.git.references_glob(&format!("{EXPERIMENTS}*"))? {
        found.extend(reference?.target().map(commit_id));
    }
    Ok(found)
}

/// Pins commits that are not pinned yet; returns how many were new. A commit that is gone by now
/// is passed over.
pub fn pin(repo: &Repo, commits: impl IntoIterator<Item = CommitId>) -> Result<usize, RepoError> {
    let known: std::collections::HashSet<_> = pins(repo)?.into_iter().collect();
    let mut new = 0;
    for commit in commits {
        let id = oid(commit.as_bytes())?;
        if known.contains(&commit) || repo.git.find_commit(id).is_err() {
            continue;
        }
        // `true`: a second supervisor may have made the same reference a moment ago.
        let name = format!("{EXPERIMENTS}{commit}");
        let pinned = repo.git.reference(&name, id, true, "countersign: observed");
        if pinned.as_ref().is_err_and(|error| error.code() == git2::ErrorCode::Locked) {
            // It pins the same commit right now, or was killed while it did.
            free_reference(repo, &name)?;
            repo.git.reference(&name, id, true, "countersign: observed")?;
        } else {
            pinned?;
        }
        new += 1;
    }
    Ok(new)
}
