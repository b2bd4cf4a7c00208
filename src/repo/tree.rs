//! Trees: entries by path, and trees without ignored paths.

use std::collections::{BTreeMap, BTreeSet};

use super::{Repo, RepoError, oid, tree_id};
use crate::format::IgnoredPaths;
use crate::model::{CommitId, TreeId};

/// Maximum depth of a tree that is checked. A limit of our own, so that an agent's tree cannot exhaust the stack.
pub(super) const DEEPEST: usize = 200;
/// Maximum number of entries that are read to compare two trees. A hundred entries that are all the same tree, ten
/// levels deep, are few objects but more paths than can be listed.
const MOST_ENTRIES: usize = 1_000_000;
/// Cost of reading a tree, in entries.
const TREE_COST: usize = 4;
/// Maximum total size in bytes of the paths that differ.
const MOST_PATHS: usize = 64 << 20;

/// The entry at a path of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TreeEntry {
    pub(super) id: git2::Oid,
    pub(super) mode: git2::FileMode,
}

impl TreeEntry {
    /// True for a regular file, not a link or submodule.
    pub(super) fn is_file(self) -> bool {
        use git2::FileMode::{Blob, BlobExecutable, BlobGroupWritable};
        matches!(self.mode, Blob | BlobExecutable | BlobGroupWritable)
    }
}

/// One path that differs between two trees.
pub(super) struct Delta {
    pub(super) path: String,
    pub(super) old: Option<TreeEntry>,
    pub(super) new: Option<TreeEntry>,
}

pub(super) fn tree_of(repo: &Repo, commit: CommitId) -> Result<git2::Tree<'_>, RepoError> {
    let found = repo.find_commit(oid(commit.as_bytes())?).map_err(|error| match error {
        RepoError::Git(_) | RepoError::MissingObject(_) => RepoError::Missing(commit),
        error => error,
    })?;
    repo.find_tree(found.tree_id())
}

/// Returns the paths that differ, by identity of their entries, in order: without reading content, guessing renames or
/// using attributes of the repository. A tree that git itself would report as corrupt is an error: programs may read it
/// differently.
pub(super) fn deltas(repo: &Repo, old: &git2::Tree<'_>, new: &git2::Tree<'_>) -> Result<Vec<Delta>, RepoError> {
    let mut comparing = Comparing { repo, entries: MOST_ENTRIES, paths: MOST_PATHS, found: Vec::new() };
    comparing.directory(Some(old), Some(new), "", DEEPEST)?;
    Ok(comparing.found)
}

/// A comparison in progress, with its remaining budget.
struct Comparing<'a> {
    repo: &'a Repo,
    entries: usize,
    paths: usize,
    found: Vec<Delta>,
}

impl Comparing<'_> {
    fn directory(
        &mut self,
        old: Option<&git2::Tree<'_>>,
        new: Option<&git2::Tree<'_>>,
        above: &str,
        deeper: usize,
    ) -> Result<(), RepoError> {
        let count = TREE_COST + old.map_or(0, git2::Tree::len) + new.map_or(0, git2::Tree::len);
        self.entries = self.entries.checked_sub(count).ok_or(RepoError::TooLarge("it lists a million files"))?;
        let deeper = deeper.checked_sub(1).ok_or(TOO_DEEP)?;
        let (old, new) = (old.map(listed).transpose()?, new.map(listed).transpose()?);
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            let (was, is) = (old.get(name).copied(), new.get(name).copied());
            if was == is {
                continue;
            }
            let path = format!("{above}{name}");
            self.paths =
                self.paths.checked_sub(path.len()).ok_or(RepoError::TooLarge("its file names fill megabytes"))?;
            let file = |entry: Option<TreeEntry>| entry.filter(|entry| entry.mode != git2::FileMode::Tree);
            let directory = |entry: Option<TreeEntry>| {
                let id = entry.filter(|entry| entry.mode == git2::FileMode::Tree).map(|entry| entry.id);
                id.map(|id| self.repo.find_tree(id)).transpose()
            };
            let (was_folder, is_folder) = (directory(was)?, directory(is)?);
            if file(was) != file(is) {
                self.found.push(Delta { path: path.clone(), old: file(was), new: file(is) });
            }
            if was_folder.is_some() || is_folder.is_some() {
                self.directory(was_folder.as_ref(), is_folder.as_ref(), &format!("{path}/"), deeper)?;
            }
        }
        Ok(())
    }
}

/// The error for a tree deeper than [`DEEPEST`].
pub(super) const TOO_DEEP: RepoError = RepoError::TooLarge("its directories are nested more than 200 deep");

/// Returns the entries of a tree by name.
fn listed(tree: &git2::Tree<'_>) -> Result<BTreeMap<String, TreeEntry>, RepoError> {
    let mut entries = BTreeMap::new();
    for entry in tree {
        let name = std::str::from_utf8(entry.name_bytes()).map_err(|_| RepoError::BadPath("is not UTF-8"))?;
        let mode = match entry.filemode_raw() & 0o170_000 {
            0o040_000 => git2::FileMode::Tree,
            0o120_000 => git2::FileMode::Link,
            0o160_000 => git2::FileMode::Commit,
            // Old programs wrote other bits: like git, use the bit of the owner.
            0o100_000 if entry.filemode_raw() & 0o100 != 0 => git2::FileMode::BlobExecutable,
            0o100_000 => git2::FileMode::Blob,
            _ => return Err(RepoError::BadPath("has a mode that git does not know")),
        };
        if name.contains('/') {
            return Err(RepoError::BadPath("has a slash within one name"));
        }
        if entries.insert(name.to_owned(), TreeEntry { id: entry.id(), mode }).is_some() {
            return Err(RepoError::BadPath("occurs twice in one directory"));
        }
    }
    Ok(entries)
}

/// Returns the tree of a commit without ignored paths: the commit's own tree if it has none, else a computed tree that
/// is not written.
pub(super) fn bare_tree_of(repo: &Repo, commit: CommitId, ignored: &IgnoredPaths) -> Result<TreeId, RepoError> {
    let tree = tree_of(repo, commit)?;
    if bookkeeping_in(repo, &tree, ignored).is_empty() {
        return Ok(tree_id(tree.id()));
    }
    let scratch = repo.scratch()?;
    let tree = scratch.find_tree(tree.id())?;
    bare_tree(&scratch, &tree, ignored).map(tree_id)
}

/// Returns a tree without ignored paths; written through `repo`, which should be a scratch repository.
pub(super) fn bare_tree(repo: &Repo, tree: &git2::Tree<'_>, ignored: &IgnoredPaths) -> Result<git2::Oid, RepoError> {
    let paths = bookkeeping_in(repo, tree, ignored);
    if paths.is_empty() {
        return Ok(tree.id());
    }
    updated(repo, tree, &paths.into_iter().map(|path| (path, None)).collect())
}

/// Returns the ignored paths in a tree. Reads only the directories that can contain them.
fn bookkeeping_in(repo: &Repo, tree: &git2::Tree<'_>, ignored: &IgnoredPaths) -> Vec<String> {
    let mut found = Vec::new();
    for directory in ignored.directories() {
        let below;
        let (at, prefix) = if directory.is_empty() {
            (tree, String::new())
        } else {
            let entry = tree.get_path(std::path::Path::new(&directory)).ok();
            let Some(opened) = entry.and_then(|entry| repo.find_tree(entry.id()).ok()) else { continue };
            below = opened;
            (&below, format!("{directory}/"))
        };
        let files = at.iter().filter(|entry| entry.kind() != Some(git2::ObjectType::Tree));
        found.extend(
            files
                .filter_map(|entry| Some(format!("{prefix}{}", entry.name().ok()?)))
                .filter(|path| ignored.contains(path)),
        );
    }
    found
}

/// Returns the text of `countersign.yaml` on a commit; `None` if it does not exist. It may only add protected paths.
pub fn policy_on_branch(repo: &Repo, commit: CommitId) -> Option<String> {
    let _working = repo.begin_work();
    let tree = tree_of(repo, commit).ok()?;
    let entry = tree.get_path(std::path::Path::new("countersign.yaml")).ok()?;
    let blob = repo.find_blob(entry.id()).ok()?;
    String::from_utf8(blob.content().to_vec()).ok()
}

/// Changes to a tree by path: the new entry, or `None` to remove it.
pub(super) type Changes = BTreeMap<String, Option<TreeEntry>>;

/// Returns the tree with changes applied. Existing objects are not written again: libgit2 would touch their files, and
/// a preview must leave no trace.
pub(super) fn updated(repo: &Repo, tree: &git2::Tree<'_>, changes: &Changes) -> Result<git2::Oid, RepoError> {
    if changes.keys().any(|path| path.bytes().filter(|byte| *byte == b'/').count() >= DEEPEST) {
        return Err(TOO_DEEP);
    }
    let changes: Vec<(&[u8], Option<TreeEntry>)> =
        changes.iter().map(|(path, entry)| (path.as_bytes(), *entry)).collect();
    match level(repo, Some(tree), &changes)? {
        Some(id) => Ok(id),
        None => write_new(repo, git2::ObjectType::Tree, b""),
    }
}

/// Writes an object unless it exists.
pub(super) fn write_new(repo: &Repo, kind: git2::ObjectType, data: &[u8]) -> Result<git2::Oid, RepoError> {
    let id = git2::Oid::hash_object(kind, data)?;
    let store = repo.git.odb()?;
    if store.exists(id) { Ok(id) } else { Ok(store.write(kind, data)?) }
}

const TREE_MODE: i32 = 0o040_000;

/// Builds one directory level; `None` if it is empty.
fn level(
    repo: &Repo,
    tree: Option<&git2::Tree<'_>>,
    changes: &[(&[u8], Option<TreeEntry>)],
) -> Result<Option<git2::Oid>, RepoError> {
    let mut entries: BTreeMap<Vec<u8>, (i32, git2::Oid)> = tree
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
        let directory = &path[..=slash];
        let within: Vec<_> = changes[at..]
            .iter()
            .take_while(|(path, _)| path.starts_with(directory))
            .map(|(path, entry)| (&path[slash + 1..], *entry))
            .collect();
        at += within.len();
        let name = &path[..slash];
        let below =
            entries.get(name).filter(|(mode, _)| *mode == TREE_MODE).map(|(_, id)| repo.find_tree(*id)).transpose()?;
        match level(repo, below.as_ref(), &within)? {
            Some(id) => entries.insert(name.to_vec(), (TREE_MODE, id)),
            // Only a directory that became empty is removed; a file of that name belongs to another change.
            None if below.is_some() => entries.remove(name),
            None => None,
        };
    }
    if entries.is_empty() {
        return Ok(None);
    }
    let mut sorted: Vec<_> = entries.into_iter().collect();
    // Git sorts a directory as if its name ended in a slash.
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

/// Returns the entry of a tree at a path; `None` if nothing is there, or a directory.
pub(super) fn entry_at(tree: &git2::Tree<'_>, path: &str) -> Option<TreeEntry> {
    let entry = tree.get_path(std::path::Path::new(path)).ok()?;
    if entry.kind() == Some(git2::ObjectType::Tree) {
        return None;
    }
    let mode = match entry.filemode() {
        0o100_755 => git2::FileMode::BlobExecutable,
        0o120_000 => git2::FileMode::Link,
        0o160_000 => git2::FileMode::Commit,
        _ => git2::FileMode::Blob,
    };
    Some(TreeEntry { id: entry.id(), mode })
}
