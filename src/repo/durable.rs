//! Puts objects and references on disk before anything is reported as done.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::tree::{DEEPEST, TOO_DEEP};
use super::{Repo, RepoError, oid};
use crate::model::{CommitId, TreeId};

/// Copies the objects of a tree that `parent` does not have from a scratch repository to the real one, and syncs them,
/// including those that existed: git itself does not sync the objects that an agent commits.
pub(super) fn persist_tree(scratch: &Repo, real: &Repo, tree: TreeId, parent: CommitId) -> Result<(), RepoError> {
    let store = scratch.git.odb()?;
    let into = real.ours_to_write()?.odb()?;
    let mut any = false;
    beyond(scratch, tree, parent, &mut |id| {
        if !into.exists(id) {
            let object = store.read(id)?;
            into.write(object.kind(), object.data())?;
        }
        any |= sync_loose(real, id)?;
        Ok(true)
    })?;
    if any { sync_objects(real) } else { Ok(()) }
}

/// Maximum number of ancestors that are checked for recent commits of the agent.
const MOST_FRESH: usize = 1_000;
/// Age after which the system has written an object back, synced or not.
const FRESH: Duration = Duration::from_secs(600);

/// Syncs the recent commits of an agent: `commit` and its ancestors down to the first old one, each with the objects
/// that its parent does not have.
pub(super) fn sync_fresh(repo: &Repo, commit: CommitId) -> Result<(), RepoError> {
    let mut next = Some(oid(commit.as_bytes())?);
    let mut left = MOST_FRESH;
    while let Some(id) = next.take().filter(|id| left > 0 && is_fresh(repo, *id)) {
        left -= 1;
        let found = repo.find_commit(id)?;
        let parent = found.parent_id(0).ok();
        let old = parent.and_then(|parent| repo.find_commit(parent).ok()?.tree().ok());
        differing(repo, old.as_ref(), found.tree_id(), DEEPEST, &mut |id| sync_loose(repo, id).map(|_| true))?;
        sync_loose(repo, id)?;
        next = parent;
    }
    if left < MOST_FRESH { sync_objects(repo) } else { Ok(()) }
}

fn is_fresh(repo: &Repo, id: git2::Oid) -> bool {
    let written = std::fs::metadata(loose_path(repo, id)).and_then(|meta| meta.modified());
    written.is_ok_and(|at| at.elapsed().map_or(true, |age| age < FRESH))
}

/// True if a commit and the objects of its tree that `parent` does not have can be read. Uses a new handle: an old one
/// may still see a pack that is gone.
pub(super) fn is_whole(repo: &Repo, commit: CommitId, tree: TreeId, parent: CommitId) -> Result<bool, RepoError> {
    let fresh = repo.again()?;
    let store = fresh.ours_to_write()?.odb()?;
    let there = store.exists(oid(commit.as_bytes())?) && store.exists(oid(tree.as_bytes())?);
    // A missing tree cannot be read, which also answers the question.
    Ok(there && beyond(&fresh, tree, parent, &mut |id| Ok(store.exists(id))).unwrap_or(false))
}

/// Fails with the first missing object of a tip: the commit, or an object of its tree that `start` does not have.
pub fn refuse_lost(repo: &Repo, tip: CommitId, start: CommitId) -> Result<(), RepoError> {
    let _working = repo.begin_work();
    let tree = repo.find_commit(oid(tip.as_bytes())?)?.tree_id();
    let store = repo.git.odb()?;
    let there = |id: git2::Oid| if store.exists(id) { Ok(true) } else { Err(RepoError::MissingObject(id.to_string())) };
    beyond(repo, super::tree_id(tree), start, &mut { there }).map(|_| ())
}

type VisitFile<'a> = &'a mut dyn FnMut(git2::Oid) -> Result<bool, RepoError>;

/// Visits the objects of a tree that a commit does not have, the content of a tree before the tree itself, so that a
/// tree on disk is readable. Stops when `visit` returns false.
fn beyond(repo: &Repo, tree: TreeId, parent: CommitId, visit: VisitFile<'_>) -> Result<bool, RepoError> {
    let old = super::tree::tree_of(repo, parent)?;
    differing(repo, Some(&old), oid(tree.as_bytes())?, DEEPEST, visit)
}

fn differing(
    repo: &Repo,
    old: Option<&git2::Tree<'_>>,
    new: git2::Oid,
    deeper: usize,
    visit: VisitFile<'_>,
) -> Result<bool, RepoError> {
    let deeper = deeper.checked_sub(1).ok_or(TOO_DEEP)?;
    if old.is_some_and(|old| old.id() == new) {
        return Ok(true);
    }
    for entry in &repo.find_tree(new)? {
        let before = old.and_then(|old| old.get_name_bytes(entry.name_bytes()));
        if before.as_ref().is_some_and(|before| before.id() == entry.id()) {
            continue;
        }
        let good = match entry.kind() {
            Some(git2::ObjectType::Tree) => {
                let before = before.and_then(|before| repo.find_tree(before.id()).ok());
                differing(repo, before.as_ref(), entry.id(), deeper, visit)?
            }
            // A submodule's commit is in another repository.
            Some(git2::ObjectType::Commit) => true,
            _ => visit(entry.id())?,
        };
        if !good {
            return Ok(false);
        }
    }
    visit(new)
}

/// Syncs one loose object and its directories. An object in a pack existed before.
pub(super) fn sync_object(repo: &Repo, id: git2::Oid) -> Result<(), RepoError> {
    if sync_loose(repo, id)? { sync_objects(repo) } else { Ok(()) }
}

/// Syncs one loose object and its directory, which may be new: call [`sync_objects`] after the last one. False for an
/// object in a pack.
fn sync_loose(repo: &Repo, id: git2::Oid) -> Result<bool, RepoError> {
    let path = loose_path(repo, id);
    if !path.exists() {
        return Ok(false);
    }
    sync_with_folder(&path)?;
    Ok(true)
}

fn loose_path(repo: &Repo, id: git2::Oid) -> PathBuf {
    let hex = id.to_string();
    repo.ours_dir().join("objects").join(&hex[..2]).join(&hex[2..])
}

/// Syncs the parent of the object directories, one of which may be new.
fn sync_objects(repo: &Repo) -> Result<(), RepoError> {
    sync(&repo.ours_dir().join("objects"))
}

/// Writes a pack into an object directory and syncs it.
pub(super) fn write_pack(pack: &mut git2::PackBuilder<'_>, objects: &Path) -> Result<(), RepoError> {
    let directory = objects.join("pack");
    std::fs::create_dir_all(&directory).map_err(RepoError::io(&directory))?;
    pack.write(&directory, 0)?;
    let name = pack.name()?.map(|name| format!("pack-{name}."));
    for file in std::fs::read_dir(&directory).map_err(RepoError::io(&directory))?.flatten() {
        if name.as_ref().is_some_and(|name| file.file_name().to_string_lossy().starts_with(name)) {
            sync(&file.path())?;
        }
    }
    sync(&directory)?;
    sync(objects)
}

/// Syncs a loose reference and the directories above it, up to `refs`.
pub(super) fn sync_reference(repo: &Repo, name: &str) -> Result<(), RepoError> {
    let path = repo.ours_dir().join(name);
    if path.exists() {
        sync_with_folder(&path)?;
    }
    let refs = repo.ours_dir().join("refs");
    let mut directory = path.parent();
    while let Some(at) = directory.filter(|at| at.starts_with(&refs)) {
        if at.is_dir() {
            sync(at)?;
        }
        directory = at.parent();
    }
    Ok(())
}

/// Removes the lock that a killed process left on a reference: git holds such a lock for milliseconds, so an older one
/// is stale. Call it only where no other process of ours can hold the lock.
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

fn sync(path: &Path) -> Result<(), RepoError> {
    crate::disk::open_any(path).and_then(|file| file.sync_all()).map_err(RepoError::io(path))
}
