//! Private references that protect experiments from garbage collection.

use std::path::PathBuf;

use super::borrowed::keep_borrowed;
use super::durable::free_reference;
use super::references::{Durability, ExpectedTarget, move_reference};
use super::{Repo, RepoError, commit_id, oid};
use crate::model::CommitId;

const EXPERIMENTS: &str = "refs/countersign/experiments/";

/// Returns the pinned commits.
pub fn pins(repo: &Repo) -> Result<Vec<CommitId>, RepoError> {
    let _working = repo.begin_work();
    let mut found = Vec::new();
    let Some(ours) = repo.ours() else { return Ok(found) };
    for reference in ours.references_glob(&format!("{EXPERIMENTS}*"))? {
        // A pin that a power cut left empty is recreated.
        found.extend(reference.ok().and_then(|reference| reference.target()).map(commit_id));
    }
    Ok(found)
}

/// Pins commits that are not pinned yet; returns the number of new pins. A commit that is gone is skipped. A failure
/// does not stop the others: the first one is returned at the end.
pub fn pin(repo: &Repo, commits: impl IntoIterator<Item = CommitId>) -> Result<usize, RepoError> {
    let _working = repo.begin_work();
    let is_new = |commit: &CommitId| {
        let known = repo.ours().is_some_and(|ours| ours.find_reference(&format!("{EXPERIMENTS}{commit}")).is_ok());
        !known && oid(commit.as_bytes()).is_ok_and(|id| repo.find_commit(id).is_ok())
    };
    let new: Vec<CommitId> = commits.into_iter().filter(is_new).collect();
    if new.is_empty() {
        return Ok(0);
    }
    repo.keep_history(&new)?;
    let mut failed = keep_borrowed(repo, &new).err();
    for commit in &new {
        let name = format!("{EXPERIMENTS}{commit}");
        if let Err(error) = pin_as(repo, &name, oid(commit.as_bytes())?, "countersign: observed", Durability::Later) {
            failed.get_or_insert(error);
        }
    }
    failed.map_or(Ok(new.len()), Err)
}

/// Creates a private reference.
pub(super) fn pin_as(
    repo: &Repo,
    name: &str,
    id: git2::Oid,
    why: &str,
    durability: Durability,
) -> Result<(), RepoError> {
    // Anything: a second supervisor may have made the same reference a moment ago, and an empty one is not a pin.
    let pinned = match move_reference(repo, name, (ExpectedTarget::Anything, id), why, durability) {
        Err(RepoError::Locked(_)) => {
            // Another process is pinning the same commit, or was killed while doing so.
            free_reference(repo, name)?;
            move_reference(repo, name, (ExpectedTarget::Anything, id), why, durability)
        }
        pinned => pinned,
    };
    match pinned {
        Ok(_) => Ok(()),
        Err(error) => Err(match in_the_way(repo, name) {
            Some((path, what)) => RepoError::NoPin { path, what },
            None => error,
        }),
    }
}

/// Returns what blocks the path of a reference or a directory above it; `None` if that is not why it cannot be made.
fn in_the_way(repo: &Repo, name: &str) -> Option<(PathBuf, &'static str)> {
    let mut path = repo.ours_dir();
    let parts: Vec<&str> = name.split('/').collect();
    for (at, part) in parts.iter().enumerate() {
        path.push(part);
        let kind = std::fs::symlink_metadata(&path).ok()?.file_type();
        let is_last = at + 1 == parts.len();
        if is_last && !kind.is_file() {
            return Some((path, "blocks the path of a pin"));
        }
        if !is_last && !path.is_dir() {
            return Some((path, "blocks the directory of pins"));
        }
    }
    None
}

/// Returns the commit time of a pinned commit, in seconds since the epoch, as the commit states it; `None` if it cannot
/// be read.
pub fn made_at(repo: &Repo, commit: CommitId) -> Option<i64> {
    Some(repo.find_commit(oid(commit.as_bytes()).ok()?).ok()?.time().seconds())
}

/// Removes pins, and returns the number removed; git's next garbage collection removes their objects unless something
/// else holds them.
pub fn unpin(repo: &Repo, commits: &[CommitId]) -> Result<usize, RepoError> {
    let ours = repo.ours_to_write()?;
    let mut gone = 0;
    for commit in commits {
        match ours.find_reference(&format!("{EXPERIMENTS}{commit}")) {
            Ok(mut pin) => {
                pin.delete()?;
                gone += 1;
            }
            Err(error) if error.code() == git2::ErrorCode::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(gone)
}
