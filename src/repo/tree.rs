//! Trees: entries by path, and trees without bookkeeping.

use super::{Repo, RepoError, oid, tree_id};
use crate::format::Bookkeeping;
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
pub(super) fn bare_tree_of(repo: &Repo, commit: CommitId, books: &Bookkeeping) -> Result<TreeId, RepoError> {
    let tree = tree_of(repo, commit)?;
    if bookkeeping_in(repo, &tree, books).is_empty() {
        return Ok(tree_id(tree.id()));
    }
    let scratch = repo.scratch()?;
    let tree = scratch.git.find_tree(tree.id())?;
    bare_tree(&scratch, &tree, books).map(tree_id)
}

/// The tree without bookkeeping files; written through `repo`, which should be a scratch one.
pub(super) fn bare_tree(repo: &Repo, tree: &git2::Tree<'_>, books: &Bookkeeping) -> Result<git2::Oid, RepoError> {
    let paths = bookkeeping_in(repo, tree, books);
    if paths.is_empty() {
        return Ok(tree.id());
    }
    updated(repo, tree, &paths.into_iter().map(|path| (path, None)).collect())
}

/// Bookkeeping paths of a tree. Only the folders are looked into where they can be.
fn bookkeeping_in(repo: &Repo, tree: &git2::Tree<'_>, books: &Bookkeeping) -> Vec<String> {
    let mut found = Vec::new();
    for folder in books.folders() {
        let below;
        let (at, prefix) = if folder.is_empty() {
            (tree, String::new())
        } else {
            let entry = tree.get_path(std::path::Path::new(&folder)).ok();
            let Some(opened) = entry.and_then(|entry| repo.git.find_tree(entry.id()).ok()) else { continue };
            below = opened;
            (&below, format!("{folder}/"))
        };
        let files = at.iter().filter(|entry| entry.kind() != Some(git2::ObjectType::Tree));
        found.extend(
            files.filter_map(|entry| Some(format!("{prefix}{}", entry.name().ok()?))).filter(|path| books.holds(path)),
        );
    }
    found
}

/// The text of `countersign.yaml` on a commit; `None` when there is none. It may only tighten.
pub fn policy_on_branch(repo: &Repo, commit: CommitId) -> Option<String> {
    let tree = tree_of(repo, commit).ok()?;
    let entry = tree.get_path(std::path::Path::new("countersign.yaml")).ok()?;
    let blob = repo.git.find_blob(entry.id()).ok()?;
    String::from_utf8(blob.content().to_vec()).ok()
}

/// Changes to a tree by path: the new entry, or `None` to remove it.
pub(super) type Changes = std::collections::BTreeMap<String, Option<Entry>>;

/// The tree with changes applied. Objects that the repository has already are not written again:
/// libgit2 would touch their files, and looking must leave no trace.
pub(super) fn updated(repo: &Repo, tree: &git2::Tree<'_>, changes: &Changes) -> Result<git2::Oid, RepoError> {
    let changes: Vec<(&[u8], Option<Entry>)> = changes.iter().map(|(path, entry)| (path.as_bytes(), *entry)).collect();
    match level(repo, Some(tree), &changes)? {
        Some(id) => Ok(id),
        None => write_new(repo, git2::ObjectType::Tree, b""),
    }
}

/// Writes an object unless it is there.
pub(super) fn write_new(repo: &Repo, kind: git2::ObjectType, data: &[u8]) -> Result<git2::Oid, RepoError> {
    let id = git2::Oid::hash_object(kind, data)?;
    let store = repo.git.odb()?;
    if store.exists(id) { Ok(id) } else { Ok(store.write(kind, data)?) }
}

const TREE_MODE: i32 = 0o040_000;

/// One folder; `None` when nothing is left in it.
fn level(
    repo: &Repo,
    tree: Option<&git2::Tree<'_>>,
    changes: &[(&[u8], Option<Entry>)],
) -> Result<Option<git2::Oid>, RepoError> {
    let mut entries: std::collections::BTreeMap<Vec<u8>, (i32, git2::Oid)> = tree
        .into_iter()
        .flat_map(git2::Tree::iter)
        .map(|entry| (entry.name_bytes().to_vec(), (entry.filemode_raw(), entry.id())))
        .collect();
    let mut at = 0;
    while at < changes.len() {
        let (path, entry) = changes[at];
        let Some(slash) = path.iter().position(|byte| *byte == b'/') else {
            match entry {
                Some(entry) => entries.insert(path.to_vec(), (i32::from(entry.mode), entry.id)),
                None => entries.remove(path),
            };
            at += 1;
            continue;
        };
        let folder = &path[..=slash];
        let within: Vec<_> = changes[at..]
            .iter()
            .take_while(|(path, _)| path.starts_with(folder))
            .map(|(path, entry)| (&path[slash + 1..], *entry))
            .collect();
        at += within.len();
        let name = &path[..slash];
        let below = entries
            .get(name)
            .filter(|(mode, _)| *mode == TREE_MODE)
            .map(|(_, id)| repo.git.find_tree(*id))
            .transpose()?;
        match level(repo, below.as_ref(), &within)? {
            Some(id) => entries.insert(name.to_vec(), (TREE_MODE, id)),
            // Only a folder that became empty goes; a file of that name was another change's.
            None if below.is_some() => entries.remove(name),
            None => None,
        };
    }
    if entries.is_empty() {
        return Ok(None);
    }
    let mut sorted: Vec<_> = entries.into_iter().collect();
    // Git sorts a folder as if its name ended in a slash.
    let key = |name: &[u8], mode: i32| [name, if mode == TREE_MODE { b"/" } else { b"" }].concat();
    sorted.sort_by_cached_key(|(name, (mode, _))| key(name, *mode));
    let mut data = Vec::new();
    for (name, (mode, id)) in sorted {
        data.extend_from_slice(format!("{mode:o} ").as_bytes());
        data.extend_from_slice(&name);
        data.push(0);
        data.extend_from_slice(id.as_bytes());
    }
    write_new(repo, git2::ObjectType::Tree, &data).map(Some)
}
