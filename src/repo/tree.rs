//! Trees: entries by path, and trees without bookkeeping.

use std::collections::{BTreeMap, BTreeSet};

use super::{Repo, RepoError, oid, tree_id};
use crate::format::IgnoredPaths;
use crate::model::{CommitId, TreeId};

/// Folders inside one another beyond which a tree is not judged. A limit of ours and not of the stack's: an agent chooses
/// how deep a tree is.
pub(super) const DEEPEST: usize = 200;
/// Entries of folders that are looked at to compare two trees. A hundred folders that are all one folder, ten levels
/// deep, are few objects and more paths than anybody can list.
const MOST_ENTRIES: usize = 1_000_000;
/// A folder costs as much as so many entries.
const FOLDER: usize = 4;
/// Bytes of the paths that differ.
const MOST_PATHS: usize = 64 << 20;

/// What stands at a path of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TreeEntry {
    pub(super) id: git2::Oid,
    pub(super) mode: git2::FileMode,
}

impl TreeEntry {
    /// True for a file with content of its own: no link, no submodule.
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
        RepoError::Git(_) | RepoError::Lost(_) => RepoError::Missing(commit),
        error => error,
    })?;
    repo.find_tree(found.tree_id())
}

/// Paths that differ, by identity of their entries, in order: no content is read, no rename is guessed,
/// no attribute of the repository is asked. A tree that git itself would find fault with is an error:
/// what one program reads in it, another does not.
pub(super) fn deltas(repo: &Repo, old: &git2::Tree<'_>, new: &git2::Tree<'_>) -> Result<Vec<Delta>, RepoError> {
    let mut comparing = Comparing { repo, entries: MOST_ENTRIES, paths: MOST_PATHS, found: Vec::new() };
    comparing.folder(Some(old), Some(new), "", DEEPEST)?;
    Ok(comparing.found)
}

/// A comparison under way, with what is left of its budget.
struct Comparing<'a> {
    repo: &'a Repo,
    entries: usize,
    paths: usize,
    found: Vec<Delta>,
}

impl Comparing<'_> {
    fn folder(
        &mut self,
        old: Option<&git2::Tree<'_>>,
        new: Option<&git2::Tree<'_>>,
        above: &str,
        deeper: usize,
    ) -> Result<(), RepoError> {
        let count = FOLDER + old.map_or(0, git2::Tree::len) + new.map_or(0, git2::Tree::len);
        self.entries = self.entries.checked_sub(count).ok_or(RepoError::TooMuch("it lists a million files"))?;
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
            self.paths = self
                .paths
                .checked_sub(path.len())
                .ok_or(RepoError::TooMuch("the names of its files fill megabytes"))?;
            let file = |entry: Option<TreeEntry>| entry.filter(|entry| entry.mode != git2::FileMode::Tree);
            let folder = |entry: Option<TreeEntry>| {
                let id = entry.filter(|entry| entry.mode == git2::FileMode::Tree).map(|entry| entry.id);
                id.map(|id| self.repo.find_tree(id)).transpose()
            };
            let (was_folder, is_folder) = (folder(was)?, folder(is)?);
            if file(was) != file(is) {
                self.found.push(Delta { path: path.clone(), old: file(was), new: file(is) });
            }
            if was_folder.is_some() || is_folder.is_some() {
                self.folder(was_folder.as_ref(), is_folder.as_ref(), &format!("{path}/"), deeper)?;
            }
        }
        Ok(())
    }
}

/// What is said of a tree deeper than [`DEEPEST`].
pub(super) const TOO_DEEP: RepoError = RepoError::TooMuch("it holds more than 200 folders inside one another");

/// The entries of a folder by name.
fn listed(tree: &git2::Tree<'_>) -> Result<BTreeMap<String, TreeEntry>, RepoError> {
    let mut entries = BTreeMap::new();
    for entry in tree {
        let name = std::str::from_utf8(entry.name_bytes()).map_err(|_| RepoError::BadPath("is not UTF-8"))?;
        let mode = match entry.filemode_raw() & 0o170_000 {
            0o040_000 => git2::FileMode::Tree,
            0o120_000 => git2::FileMode::Link,
            0o160_000 => git2::FileMode::Commit,
            // Old programs wrote other bits: git looks at the one of the owner, and so do we.
            0o100_000 if entry.filemode_raw() & 0o100 != 0 => git2::FileMode::BlobExecutable,
            0o100_000 => git2::FileMode::Blob,
            _ => return Err(RepoError::BadPath("has a mode that git does not know")),
        };
        if name.contains('/') {
            return Err(RepoError::BadPath("holds a slash within one name"));
        }
        if entries.insert(name.to_owned(), TreeEntry { id: entry.id(), mode }).is_some() {
            return Err(RepoError::BadPath("stands twice in one folder"));
        }
    }
    Ok(entries)
}

/// The tree of a commit without its bookkeeping files. Where it has none, that is the commit's own
/// tree; else a tree that is computed and written nowhere.
pub(super) fn bare_tree_of(repo: &Repo, commit: CommitId, ignored: &IgnoredPaths) -> Result<TreeId, RepoError> {
    let tree = tree_of(repo, commit)?;
    if bookkeeping_in(repo, &tree, ignored).is_empty() {
        return Ok(tree_id(tree.id()));
    }
    let scratch = repo.scratch()?;
    let tree = scratch.find_tree(tree.id())?;
    bare_tree(&scratch, &tree, ignored).map(tree_id)
}

/// The tree without bookkeeping files; written through `repo`, which should be a scratch one.
pub(super) fn bare_tree(repo: &Repo, tree: &git2::Tree<'_>, ignored: &IgnoredPaths) -> Result<git2::Oid, RepoError> {
    let paths = bookkeeping_in(repo, tree, ignored);
    if paths.is_empty() {
        return Ok(tree.id());
    }
    updated(repo, tree, &paths.into_iter().map(|path| (path, None)).collect())
}

/// Bookkeeping paths of a tree. Only the folders are looked into where they can be.
fn bookkeeping_in(repo: &Repo, tree: &git2::Tree<'_>, ignored: &IgnoredPaths) -> Vec<String> {
    let mut found = Vec::new();
    for folder in ignored.folders() {
        let below;
        let (at, prefix) = if folder.is_empty() {
            (tree, String::new())
        } else {
            let entry = tree.get_path(std::path::Path::new(&folder)).ok();
            let Some(opened) = entry.and_then(|entry| repo.find_tree(entry.id()).ok()) else { continue };
            below = opened;
            (&below, format!("{folder}/"))
        };
        let files = at.iter().filter(|entry| entry.kind() != Some(git2::ObjectType::Tree));
        found.extend(
            files
                .filter_map(|entry| Some(format!("{prefix}{}", entry.name().ok()?)))
                .filter(|path| ignored.holds(path)),
        );
    }
    found
}

/// The text of `countersign.yaml` on a commit; `None` when there is none. It may only add protected paths.
pub fn policy_on_branch(repo: &Repo, commit: CommitId) -> Option<String> {
    let _working = repo.working();
    let tree = tree_of(repo, commit).ok()?;
    let entry = tree.get_path(std::path::Path::new("countersign.yaml")).ok()?;
    let blob = repo.find_blob(entry.id()).ok()?;
    String::from_utf8(blob.content().to_vec()).ok()
}

/// Changes to a tree by path: the new entry, or `None` to remove it.
pub(super) type Changes = BTreeMap<String, Option<TreeEntry>>;

/// The tree with changes applied. Objects that the repository has already are not written again:
/// libgit2 would touch their files, and looking must leave no trace.
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
        let folder = &path[..=slash];
        let within: Vec<_> = changes[at..]
            .iter()
            .take_while(|(path, _)| path.starts_with(folder))
            .map(|(path, entry)| (&path[slash + 1..], *entry))
            .collect();
        at += within.len();
        let name = &path[..slash];
        let below =
            entries.get(name).filter(|(mode, _)| *mode == TREE_MODE).map(|(_, id)| repo.find_tree(*id)).transpose()?;
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

/// Returns the entry of a tree at a path; `None` where nothing is there, or a folder.
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
