//! Trees: entries by path, and trees without bookkeeping.

use git2::build::TreeUpdateBuilder;

use super::{Repo, RepoError, oid, tree_id};
use crate::model::{CommitId, TreeId};

/// What stands at a path of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: git2::Oid,
    pub(super) mode: git2::FileMode,
}

/// One path that differs between two trees.
pub(super) struct Delta {
    pub(super) path: String,
    pub(super) old: Option<Entry>,
    pub(super) new: Option<Entry>,
}

pub(super) fn tree_of(repo: &Repo, commit: CommitId) -> Result<git2::Tree<'_>, RepoError> {
    let commit_found = repo.git.find_commit(oid(commit.as_bytes())?).map_err(|_| RepoError::Missing(commit))?;
    Ok(commit_found.tree()?)
}

/// Paths that differ, by identity of their entries: no content is read, no rename is guessed, no
/// attribute of the repository is asked.
pub(super) fn deltas(repo: &Repo, old: &git2::Tree<'_>, new: &git2::Tree<'_>) -> Result<Vec<Delta>, RepoError> {
    let mut options = git2::DiffOptions::new();
    options.include_typechange(true).skip_binary_check(true).ignore_submodules(false).disable_pathspec_match(true);
    let diff = repo.git.diff_tree_to_tree(Some(old), Some(new), Some(&mut options))?;
    let entry = |file: &git2::DiffFile<'_>| {
        (!file.id().is_zero() && file.mode() != git2::FileMode::Unreadable)
            .then(|| Entry { id: file.id(), mode: file.mode() })
    };
    let mut deltas = Vec::new();
    for delta in diff.deltas() {
        let path = delta.new_file().path_bytes().or_else(|| delta.old_file().path_bytes());
        let Some(path) = path else { continue };
        let path = std::str::from_utf8(path).map_err(|_| RepoError::BadPath("is not UTF-8"))?;
        deltas.push(Delta { path: path.to_owned(), old: entry(&delta.old_file()), new: entry(&delta.new_file()) });
    }
    Ok(deltas)
}

/// The tree of a commit without its bookkeeping files. Where it has none, that is the commit's own
/// tree; else a tree that is computed and written nowhere.
pub(super) fn bare_tree_of(
    repo: &Repo,
    commit: CommitId,
    is_bookkeeping: &dyn Fn(&str) -> bool,
) -> Result<TreeId, RepoError> {
    let tree = tree_of(repo, commit)?;
    if bookkeeping_in(&tree, is_bookkeeping).is_empty() {
        return Ok(tree_id(tree.id()));
    }
    let scratch = repo.scratch()?;
    let tree = scratch.git.find_tree(tree.id())?;
    bare_tree(&scratch, &tree, is_bookkeeping).map(tree_id)
}

/// The tree without bookkeeping files; written through `repo`, which should be a scratch one.
pub(super) fn bare_tree(
    repo: &Repo,
    tree: &git2::Tree<'_>,
    is_bookkeeping: &dyn Fn(&str) -> bool,
) -> Result<git2::Oid, RepoError> {
    let paths = bookkeeping_in(tree, is_bookkeeping);
    if paths.is_empty() {
        return Ok(tree.id());
    }
    let mut update = TreeUpdateBuilder::new();
    for path in &paths {
        update.remove(path.as_str());
    }
    Ok(update.create_updated(&repo.git, tree)?)
}

/// Bookkeeping paths of a tree. They lie near the top: two levels below the root are looked at.
fn bookkeeping_in(tree: &git2::Tree<'_>, is_bookkeeping: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let _ = tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
        let Ok(name) = entry.name() else { return git2::TreeWalkResult::Skip };
        let path = format!("{folder}{name}");
        if entry.kind() == Some(git2::ObjectType::Tree) {
            let deep = path.matches('/').count() >= 2;
            return if deep { git2::TreeWalkResult::Skip } else { git2::TreeWalkResult::Ok };
        }
        if is_bookkeeping(&path) {
            found.push(path);
        }
        git2::TreeWalkResult::Ok
    });
    found
}

/// The text of `countersign.yaml` on a commit; `None` when there is none. It may only tighten.
pub fn policy_on_branch(repo: &Repo, commit: CommitId) -> Option<String> {
    let tree = tree_of(repo, commit).ok()?;
    let entry = tree.get_path(std::path::Path::new("countersign.yaml")).ok()?;
    let blob = repo.git.find_blob(entry.id()).ok()?;
    String::from_utf8(blob.content().to_vec()).ok()
}
