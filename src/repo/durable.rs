//! Objects and references that are on disk before anything is said to be done.

use std::fs::File;
use std::path::Path;

use super::{Repo, RepoError, oid};
use crate::model::TreeId;

/// Copies a tree and all it holds from a scratch repository to the real one, where they are not
/// there yet, and syncs them.
pub fn persist_tree(scratch: &Repo, real: &Repo, tree: TreeId) -> Result<(), RepoError> {
    persist(scratch, real, oid(tree.as_bytes())?)
}

fn persist(scratch: &Repo, real: &Repo, id: git2::Oid) -> Result<(), RepoError> {
    let store = real.git.odb()?;
    if store.exists(id) {
        return Ok(());
    }
    let object = scratch.git.odb()?;
    let object = object.read(id)?;
    if object.kind() == git2::ObjectType::Tree {
        // Children first: a tree on disk is a tree that can be read.
        for entry in &scratch.git.find_tree(id)? {
            if entry.kind() != Some(git2::ObjectType::Commit) {
                persist(scratch, real, entry.id())?;
            }
        }
    }
    store.write(object.kind(), object.data())?;
    sync_object(real, id)
}

/// Syncs one loose object and its folder. An object in a pack was there before us.
pub(super) fn sync_object(repo: &Repo, id: git2::Oid) -> Result<(), RepoError> {
    let hex = id.to_string();
    let path = repo.common_dir().join("objects").join(&hex[..2]).join(&hex[2..]);
    if path.exists() { sync_with_folder(&path) } else { Ok(()) }
}

/// Syncs a loose reference and the folders above it, up to `refs`.
pub(super) fn sync_reference(repo: &Repo, name: &str) -> Result<(), RepoError> {
    let path = repo.common_dir().join(name);
    if path.exists() {
        sync_with_folder(&path)?;
    }
    let refs = repo.common_dir().join("refs");
    let mut folder = path.parent();
    while let Some(at) = folder.filter(|at| at.starts_with(&refs)) {
        if at.is_dir() {
            sync(at)?;
        }
        folder = at.parent();
    }
    Ok(())
}

fn sync_with_folder(path: &Path) -> Result<(), RepoError> {
    sync(path)?;
    path.parent().map_or(Ok(()), sync)
}

fn sync(path: &Path) -> Result<(), RepoError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(RepoError::io(path))
}
