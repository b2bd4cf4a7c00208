//! Objects and references that are on disk before anything is said to be done.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Repo, RepoError, oid};
use crate::model::{CommitId, TreeId};

/// Copies what a tree has beyond that of `parent` from a scratch repository to the real one, where it
/// is not there yet, and syncs it.
pub(super) fn persist_tree(scratch: &Repo, real: &Repo, tree: TreeId, parent: CommitId) -> Result<(), RepoError> {
    let store = scratch.git.odb()?;
    let into = real.ours_to_write()?.odb()?;
    beyond(scratch, tree, parent, &mut |id| {
        if into.exists(id) {
            return Ok(true);
        }
        let object = store.read(id)?;
        into.write(object.kind(), object.data())?;
        sync_object(real, id)?;
        Ok(true)
    })?;
    Ok(())
}

/// True when a commit and all that its tree has beyond that of `parent` can be read. Looks with a
/// fresh handle: an old one may still see a pack that is gone.
pub(super) fn is_whole(repo: &Repo, commit: CommitId, tree: TreeId, parent: CommitId) -> Result<bool, RepoError> {
    let fresh = repo.again()?;
    let store = fresh.ours_to_write()?.odb()?;
    let there = store.exists(oid(commit.as_bytes())?) && store.exists(oid(tree.as_bytes())?);
    // A folder that is gone cannot be looked into: that is an answer, too.
    Ok(there && beyond(&fresh, tree, parent, &mut |id| Ok(store.exists(id))).unwrap_or(false))
}

type Visit<'a> = &'a mut dyn FnMut(git2::Oid) -> Result<bool, RepoError>;

/// Visits what a tree has beyond that of a commit, what a folder holds before the folder: a tree on
/// disk is a tree that can be read. Stops at the first that `visit` says no to.
fn beyond(repo: &Repo, tree: TreeId, parent: CommitId, visit: Visit<'_>) -> Result<bool, RepoError> {
    let old = super::tree::tree_of(repo, parent)?;
    differing(repo, Some(&old), oid(tree.as_bytes())?, visit)
}

fn differing(repo: &Repo, old: Option<&git2::Tree<'_>>, new: git2::Oid, visit: Visit<'_>) -> Result<bool, RepoError> {
    if old.is_some_and(|old| old.id() == new) {
        return Ok(true);
    }
    for entry in &repo.git.find_tree(new)? {
        let before = old.and_then(|old| old.get_name_bytes(entry.name_bytes()));
        if before.as_ref().is_some_and(|before| before.id() == entry.id()) {
            continue;
        }
        let good = match entry.kind() {
            Some(git2::ObjectType::Tree) => {
                let before = before.and_then(|before| repo.git.find_tree(before.id()).ok());
                differing(repo, before.as_ref(), entry.id(), visit)?
            }
            // A submodule's commit lives elsewhere.
            Some(git2::ObjectType::Commit) => true,
            _ => visit(entry.id())?,
        };
        if !good {
            return Ok(false);
        }
    }
    visit(new)
}

/// Syncs one loose object and its folder. An object in a pack was there before us.
pub(super) fn sync_object(repo: &Repo, id: git2::Oid) -> Result<(), RepoError> {
    let hex = id.to_string();
    let path = repo.ours_dir().join("objects").join(&hex[..2]).join(&hex[2..]);
    if path.exists() { sync_with_folder(&path) } else { Ok(()) }
}

/// Syncs a loose reference and the folders above it, up to `refs`.
pub(super) fn sync_reference(repo: &Repo, name: &str) -> Result<(), RepoError> {
    let path = repo.ours_dir().join(name);
    if path.exists() {
        sync_with_folder(&path)?;
    }
    let refs = repo.ours_dir().join("refs");
    let mut folder = path.parent();
    while let Some(at) = folder.filter(|at| at.starts_with(&refs)) {
        if at.is_dir() {
            sync(at)?;
        }
        folder = at.parent();
    }
    Ok(())
}

/// Removes what a process that was killed left of its lock on a reference: git holds such a lock for
/// milliseconds, so one that stays is nobody's. Call it where nobody else of us can hold it.
pub(super) fn free_reference(repo: &Repo, name: &str) -> Result<(), RepoError> {
    let lock = repo.ours_dir().join(format!("{name}.lock"));
    let end = Instant::now() + Duration::from_secs(1);
    while lock.exists() {
        if Instant::now() >= end {
            return std::fs::remove_file(&lock).map_err(RepoError::io(lock));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn sync_with_folder(path: &Path) -> Result<(), RepoError> {
    sync(path)?;
    path.parent().map_or(Ok(()), sync)
}

pub(super) fn sync(path: &Path) -> Result<(), RepoError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(RepoError::io(path))
}
