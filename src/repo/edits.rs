//! Saves uncommitted edits of the loop in a commit of our own.
//!
//! Loops that commit only what they keep leave no trace of what they discarded. When a run begins, the difference
//! between its work tree and HEAD is saved. The work tree and the index are read and never written.

use std::collections::HashSet;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::durable::persist_tree;
use super::places::refuse_in_work_tree;
use super::tree::{Changes, TreeEntry, tree_of, updated, write_new};
use super::{Repo, RepoError, commit_id, oid, pin, tree_id};
use crate::format::IgnoredPaths;
use crate::model::CommitId;

/// Size limit of a file in bytes; larger ones are left out.
const LARGEST: u64 = 4 << 20;
/// Maximum number of files; further ones are left out.
const MOST_FILES: usize = 1000;

/// Saves edits of tracked files in a commit on top of `head` and pins it; `None` if only ignored paths were edited, or
/// nothing.
pub fn keep_edits(repo: &Repo, head: CommitId, ignored: &IgnoredPaths) -> Result<Option<CommitId>, RepoError> {
    // Built in memory, so that only the saved objects are written, and only where they are kept.
    let scratch = &repo.scratch()?;
    let tree = tree_of(scratch, head)?;
    let _working = repo.begin_work();
    let index = scratch.git.index()?;
    let mut directories = HashSet::from([PathBuf::new()]);
    for entry in index.iter() {
        let path = Path::new(std::ffi::OsStr::from_bytes(&entry.path));
        let above = path.ancestors().skip(1);
        directories.extend(
            above.take_while(|directory| !directories.contains(*directory)).map(Path::to_owned).collect::<Vec<_>>(),
        );
    }
    refuse_in_work_tree(repo.work_tree(), &directories)?;
    let mut options = git2::DiffOptions::new();
    options.include_typechange(true).skip_binary_check(true).ignore_submodules(true).update_index(false);
    let diff = scratch.git.diff_tree_to_workdir_with_index(Some(&tree), Some(&mut options))?;
    let mut changes = Changes::new();
    for delta in diff.deltas().take(MOST_FILES) {
        let path = delta.new_file().path().or_else(|| delta.old_file().path());
        let Some(path) = path.and_then(Path::to_str).filter(|path| !ignored.contains(path)) else { continue };
        if crate::policy::refuse_path(path).is_none()
            && let Some(entry) = entry_of(scratch, path)?
        {
            changes.insert(path.to_owned(), entry);
        }
    }
    let edited = updated(scratch, &tree, &changes)?;
    if edited == tree.id() {
        return Ok(None);
    }
    repo.keep_history(&[head])?;
    persist_tree(scratch, repo, tree_id(edited), head)?;
    let parent = scratch.find_commit(oid(head.as_bytes())?)?;
    let author = parent.author().to_owned();
    let now = git2::Signature::now("countersign", "countersign@localhost")?;
    let message = "Uncommitted edits when a run began\n";
    let edited = scratch.find_tree(edited)?;
    let buffer = scratch.git.commit_create_buffer(&author, &now, message, &edited, &[&parent])?;
    let commit = commit_id(repo.ours_to_write()?.odb()?.write(git2::ObjectType::Commit, &buffer)?);
    pin(repo, [commit])?;
    Ok(Some(commit))
}

/// Returns the entry at a path of the work tree now: `Some(None)` for a deleted file, `None` for one that is left out.
#[allow(clippy::option_option)]
fn entry_of(repo: &Repo, path: &str) -> Result<Option<Option<TreeEntry>>, RepoError> {
    let full = repo.work_tree().join(path);
    let meta = match std::fs::symlink_metadata(&full) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Some(None)),
        Err(error) => return Err(RepoError::io(full)(error)),
    };
    let (bytes, mode) = if meta.file_type().is_symlink() {
        let target = std::fs::read_link(&full).map_err(RepoError::io(&full))?;
        (target.as_os_str().as_bytes().to_vec(), git2::FileMode::Link)
    } else if meta.is_file() && meta.len() <= LARGEST {
        let executable = meta.permissions().mode() & 0o111 != 0;
        let mode = if executable { git2::FileMode::BlobExecutable } else { git2::FileMode::Blob };
        (crate::disk::read_plain(&full, LARGEST).map_err(RepoError::io(&full))?, mode)
    } else {
        return Ok(None);
    };
    let id = write_new(repo, git2::ObjectType::Blob, &bytes)?;
    Ok(Some(Some(TreeEntry { id, mode })))
}
