//! Candidate trees: applies an experiment's change to the approved tip in memory.
//!
//! The merge is our own, not libgit2's: it uses no attributes and no merge drivers of the agent's repository, and it
//! can explain each conflict.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use imara_diff::sources::byte_lines;

use super::amend::amended;
use super::diff::{files_between, is_binary};
use super::lines::{LineMerge, merge_lines, merge_tokens};
use super::renames::renamed_to;
use super::tree::entry_at;
use super::tree::{Changes, DEEPEST, Delta, TreeEntry, bare_tree, deltas, tree_of, updated, write_new};
use super::{Repo, RepoError, oid, tree_id};
use crate::format::IgnoredPaths;
use crate::model::{
    AgentText, Amendment, Built, Candidate, CandidateKind, CommitId, Conflict, ConflictPlace, ExperimentId, MergeKind,
    TreeId,
};
use crate::policy::{plain_path, refuse_path};

/// Maximum number of lines shown of one conflict.
const CONFLICT_LINES: usize = 12;
/// Size limit in bytes of files that are merged line by line.
const LARGEST: usize = 16 << 20;

/// The specification of a candidate.
pub struct CandidateSpec<'a> {
    /// The kind of the candidate.
    pub kind: CandidateKind,
    /// Its experiment.
    pub experiment: ExperimentId,
    /// The commit before the change.
    pub base: CommitId,
    /// The commit after the change.
    pub head: CommitId,
    /// The commit whose tree the loop measured; `None` if no commit has that tree.
    pub measured_on: Option<CommitId>,
    /// Short name of the branch that would move.
    pub branch: &'a str,
    /// The commit to build on.
    pub tip: CommitId,
    /// True if the branch does not exist yet.
    pub creates_branch: bool,
    /// The ignored paths.
    pub ignored: &'a IgnoredPaths,
    /// The person's amendment.
    pub amendment: &'a Amendment,
}

/// Builds a candidate. Objects are written through `repo`: pass a scratch repository to preview, and the real one to
/// commit.
pub fn build(repo: &Repo, wanted: &CandidateSpec<'_>) -> Result<Built, RepoError> {
    let _working = repo.begin_work();
    let (from, to) = match wanted.kind {
        CandidateKind::Full => (wanted.base, wanted.head),
        CandidateKind::Revert(_) => (wanted.head, wanted.base),
    };
    let from_tree = tree_of(repo, from)?;
    let to_tree = tree_of(repo, to)?;
    let tip_tree = tree_of(repo, wanted.tip)?;
    let (bookkeeping, changes): (Vec<_>, Vec<_>) = deltas(repo, &from_tree, &to_tree)?
        .into_iter()
        .partition(|delta| wanted.ignored.contains(&delta.path) && is_plain(delta));
    let merge = Merge::of(repo, &from_tree, &tip_tree, &changes, wanted.amendment)?;
    if !merge.places.is_empty() {
        let files = files_between(repo, tree_id(from_tree.id()), tree_id(to_tree.id()))?;
        let by_tokens = !wanted.amendment.by_tokens && {
            let by_tokens = Amendment { by_tokens: true, ..wanted.amendment.clone() };
            Merge::of(repo, &from_tree, &tip_tree, &changes, &by_tokens)?.places.is_empty()
        };
        return Ok(Built::Conflict(Conflict { places: merge.places, waits_on: Vec::new(), files, by_tokens }));
    }
    let whole = updated(repo, &tip_tree, &merge.changes)?;
    let tree = amended(repo, &tip_tree, whole, wanted.amendment)?;
    if tree == tip_tree.id() {
        return Ok(Built::Contained(files_between(repo, tree_id(from_tree.id()), tree_id(to_tree.id()))?));
    }
    let built = repo.find_tree(tree)?;
    let same_as_measured = match wanted.measured_on {
        Some(commit) => {
            let measured = tree_of(repo, commit)?;
            bare_tree(repo, &built, wanted.ignored)? == bare_tree(repo, &measured, wanted.ignored)?
        }
        None => false,
    };
    let measured = (same_as_measured && wanted.kind == CandidateKind::Full).then(|| wanted.experiment.clone());
    Ok(Built::Ready(Box::new(Candidate {
        kind: wanted.kind,
        experiment: wanted.experiment.clone(),
        source: wanted.head,
        branch: wanted.branch.to_owned(),
        tip: wanted.tip,
        creates_branch: wanted.creates_branch,
        tree: tree_id(tree),
        measured_on: wanted.measured_on,
        measured,
        combined: merge.combined,
        amendment: wanted.amendment.clone(),
        ignored: bookkeeping.iter().map(|delta| AgentText::from(delta.path.as_str())).collect(),
        collisions: collisions(repo, &built, &merge.changes),
        files: files_between(repo, tree_id(tip_tree.id()), tree_id(tree))?,
    })))
}

/// Returns a conflicting file, merged as far as possible, with conflict markers elsewhere; `None` if it does not
/// conflict, or is not text.
pub fn with_conflict_markers(
    repo: &Repo,
    wanted: &CandidateSpec<'_>,
    path: &str,
) -> Result<Option<Vec<u8>>, RepoError> {
    let _working = repo.begin_work();
    let (from, to) = (tree_of(repo, wanted.base)?, tree_of(repo, wanted.head)?);
    let tip = tree_of(repo, wanted.tip)?;
    let mut changes = deltas(repo, &from, &to)?;
    changes.retain(|delta| !wanted.ignored.contains(&delta.path));
    let mut merge = Merge::of(repo, &from, &tip, &changes, wanted.amendment)?;
    Ok(merge.marked.remove(path))
}

/// Returns new paths of a tree that collide with other paths on a file system that ignores case or normalizes Unicode.
/// Each directory is checked once.
fn collisions(repo: &Repo, tree: &git2::Tree<'_>, changes: &Changes) -> Vec<(AgentText, AgentText)> {
    let new: Vec<&str> = changes.iter().filter(|(_, entry)| entry.is_some()).map(|(path, _)| path.as_str()).collect();
    let mut found = Vec::new();
    collide(repo, tree, "", &new, &mut found);
    found
}

/// Checks one directory; `new` are the new paths below `above`, in order.
fn collide(
    repo: &Repo,
    directory: &git2::Tree<'_>,
    above: &str,
    new: &[&str],
    found: &mut Vec<(AgentText, AgentText)>,
) {
    let mut names: HashMap<String, Vec<String>> = HashMap::new();
    for name in directory.iter().filter_map(|entry| entry.name().ok().map(str::to_owned)) {
        names.entry(plain_path(&name)).or_default().push(name);
    }
    let part = |path: &&str| path[above.len()..].split('/').next().unwrap_or_default().to_owned();
    let mut seen = HashSet::new();
    for same in new.chunk_by(|a, b| part(a) == part(b)) {
        let name = part(&same[0]);
        if !seen.insert(name.clone()) {
            continue;
        }
        let others = names.get(&plain_path(&name)).into_iter().flatten().filter(|other| **other != name);
        found.extend(others.map(|other| (AgentText::from(same[0]), AgentText::from(format!("{above}{other}")))));
        let below = directory.get_name(&name).and_then(|entry| repo.find_tree(entry.id()).ok());
        if let Some(below) = below {
            let prefix = format!("{above}{name}/");
            // In byte order, the paths below a directory are adjacent.
            let from = new.partition_point(|path| *path < prefix.as_str());
            let count = new[from..].partition_point(|path| path.starts_with(&prefix));
            collide(repo, &below, &prefix, &new[from..from + count], found);
        }
    }
}

/// A change being applied to a tree, with its conflicts.
#[derive(Default)]
struct Merge {
    changes: Changes,
    places: Vec<ConflictPlace>,
    combined: MergeKind,
    by_tokens: bool,
    /// Conflicting files, with conflict markers.
    marked: HashMap<String, Vec<u8>>,
}

impl Merge {
    /// Applies changes that were made on `from` to `tip`.
    fn of(
        repo: &Repo,
        from: &git2::Tree<'_>,
        tip: &git2::Tree<'_>,
        changes: &[Delta],
        amendment: &Amendment,
    ) -> Result<Self, RepoError> {
        let mut merge = Self { by_tokens: amendment.by_tokens, ..Self::default() };
        // The person's own text needs no merge: it is used as it is.
        let edited: HashSet<&str> = amendment.edited.iter().map(|edited| edited.path.raw()).collect();
        let mut unfit = Vec::new();
        let gone = changes.iter().filter(|change| change.new.is_none()).map(|change| change.path.as_str()).collect();
        for change in changes.iter().filter(|change| !edited.contains(change.path.as_str())) {
            if !merge.apply(repo, tip, change, &gone)? {
                unfit.push(change);
            }
        }
        // A file without a counterpart may have been renamed, on either side.
        let ours = if unfit.is_empty() { Vec::new() } else { deltas(repo, from, tip)? };
        for change in unfit {
            merge.apply_renamed(repo, tip, &ours, changes, change)?;
        }
        Ok(merge)
    }

    /// Applies the change of one file; false if the file is deleted on one side and edited on the other. `gone` are the
    /// paths that the whole change deletes.
    fn apply(
        &mut self,
        repo: &Repo,
        tip: &git2::Tree<'_>,
        change: &Delta,
        gone: &HashSet<&str>,
    ) -> Result<bool, RepoError> {
        let ours = entry_at(tip, &change.path);
        if ours == change.new {
            return Ok(true);
        }
        if ours == change.old {
            match change.new.and_then(|_| blocked(repo, tip, change, gone)) {
                Some(why) => self.conflict(&change.path, why),
                None => self.set(&change.path, change.new)?,
            }
            return Ok(true);
        }
        match (ours, change.old, change.new) {
            (Some(ours), Some(old), Some(new)) => self.merge_file(repo, &change.path, ours, old, new)?,
            (_, None, _) => self.conflict(&change.path, "the approved branch has a different file at this path"),
            (None, Some(_), _) | (Some(_), Some(_), None) => return Ok(false),
        }
        Ok(true)
    }

    /// Applies the change of a file that is deleted on one side and edited on the other, if it was renamed there.
    fn apply_renamed(
        &mut self,
        repo: &Repo,
        tip: &git2::Tree<'_>,
        ours: &[Delta],
        theirs: &[Delta],
        change: &Delta,
    ) -> Result<(), RepoError> {
        let Some(old) = change.old else { return Ok(()) };
        match (entry_at(tip, &change.path), change.new) {
            (None, Some(new)) => match renamed_to(repo, ours, &change.path)? {
                Some((path, there)) => self.merge_file(repo, path, there, old, new),
                None => {
                    self.conflict(&change.path, "the file is not on the approved branch");
                    Ok(())
                }
            },
            (Some(edited), None) => match renamed_to(repo, theirs, &change.path)? {
                Some((path, new)) => {
                    self.set(&change.path, None)?;
                    self.merge_file(repo, path, edited, old, new)
                }
                None => {
                    self.conflict(
                        &change.path,
                        "it is deleted here, but the approved branch has a different version of it",
                    );
                    Ok(())
                }
            },
            _ => Ok(()),
        }
    }

    fn merge_file(
        &mut self,
        repo: &Repo,
        path: &str,
        ours: TreeEntry,
        old: TreeEntry,
        new: TreeEntry,
    ) -> Result<(), RepoError> {
        if ![ours, old, new].into_iter().all(TreeEntry::is_file) {
            self.conflict(path, "a symlink or submodule is changed on both sides");
            return Ok(());
        }
        let mode = if ours.mode == old.mode { new.mode } else { ours.mode };
        let blob = |entry: TreeEntry| repo.find_blob(entry.id).map(|blob| blob.content().to_vec());
        let (base, our_bytes, their_bytes) = (blob(old)?, blob(ours)?, blob(new)?);
        if base == our_bytes || our_bytes == their_bytes {
            return self.set(path, Some(TreeEntry { id: new.id, mode }));
        }
        if base == their_bytes {
            return self.set(path, Some(TreeEntry { id: ours.id, mode }));
        }
        if [&base, &our_bytes, &their_bytes].into_iter().any(|bytes| is_binary(bytes) || bytes.len() > LARGEST) {
            self.conflict(path, "a binary or very large file is changed on both sides");
            return Ok(());
        }
        match merge_lines(&base, &our_bytes, &their_bytes) {
            LineMerge::Clean { bytes, neighbours } => {
                self.combined = self.combined.max(if neighbours { MergeKind::Lines } else { MergeKind::Apart });
                let id = write_new(repo, git2::ObjectType::Blob, &bytes)?;
                self.set(path, Some(TreeEntry { id, mode }))
            }
            LineMerge::Conflict { regions, marked } => {
                self.marked.insert(path.to_owned(), marked);
                if let Some(bytes) = self.by_tokens.then(|| merge_tokens(&base, &our_bytes, &their_bytes)).flatten() {
                    self.combined = MergeKind::Tokens;
                    let id = write_new(repo, git2::ObjectType::Blob, &bytes)?;
                    return self.set(path, Some(TreeEntry { id, mode }));
                }
                for region in regions {
                    let cut = |bytes: &[u8], lines: std::ops::Range<usize>| -> Vec<AgentText> {
                        byte_lines(bytes)
                            .skip(lines.start)
                            .take(lines.len().min(CONFLICT_LINES))
                            .map(|line| AgentText::from_bytes(line.strip_suffix(b"\n").unwrap_or(line)))
                            .collect()
                    };
                    self.places.push(ConflictPlace {
                        path: path.into(),
                        line: Some(region.ours.start as u32 + 1),
                        expected: cut(&base, region.base),
                        found: cut(&our_bytes, region.ours),
                        proposed: cut(&their_bytes, region.theirs),
                        reason: "the same lines are different on the approved branch",
                    });
                }
                Ok(())
            }
        }
    }

    fn set(&mut self, path: &str, entry: Option<TreeEntry>) -> Result<(), RepoError> {
        if let Some(why) = refuse_path(path) {
            return Err(RepoError::BadPath(why));
        }
        self.changes.insert(path.to_owned(), entry);
        Ok(())
    }

    fn conflict(&mut self, path: &str, why: &'static str) {
        self.places.push(ConflictPlace {
            path: path.into(),
            line: None,
            expected: Vec::new(),
            found: Vec::new(),
            proposed: Vec::new(),
            reason: why,
        });
    }
}

/// True if both sides are regular files or absent. A link with the name of a log is not a log.
fn is_plain(delta: &Delta) -> bool {
    let is_plain = |entry: TreeEntry| matches!(entry.mode, git2::FileMode::Blob | git2::FileMode::BlobGroupWritable);
    delta.old.is_none_or(is_plain) && delta.new.is_none_or(is_plain)
}

/// Returns why a new file cannot exist at its path: a directory is there, or one of its parent directories is a file,
/// and the change does not delete them.
fn blocked(repo: &Repo, tip: &git2::Tree<'_>, change: &Delta, gone: &HashSet<&str>) -> Option<&'static str> {
    let path = change.path.as_str();
    if change.old.is_none()
        && let Ok(directory) = tip.get_path(Path::new(path))
        && !repo.find_tree(directory.id()).is_ok_and(|directory| is_emptied(repo, &directory, path, gone, DEEPEST))
    {
        return Some("the approved branch has a directory at this path");
    }
    let parents = path.match_indices('/').map(|(at, _)| &path[..at]);
    let mut files = parents.filter(|parent| entry_at(tip, parent).is_some() && !gone.contains(parent));
    files.next().map(|_| "the approved branch has a file where this needs a directory")
}

/// True if everything in a directory is deleted, down to the maximum depth of comparisons.
fn is_emptied(repo: &Repo, directory: &git2::Tree<'_>, path: &str, gone: &HashSet<&str>, deeper: usize) -> bool {
    deeper > 0
        && directory.iter().all(|entry| {
            let Ok(name) = entry.name() else { return false };
            let below = format!("{path}/{name}");
            match repo.find_tree(entry.id()) {
                Ok(directory) => is_emptied(repo, &directory, &below, gone, deeper - 1),
                Err(_) => gone.contains(below.as_str()),
            }
        })
}

impl Repo {
    /// Returns the tree of a commit.
    pub fn tree_id(&self, commit: CommitId) -> Result<TreeId, RepoError> {
        let found = self.git.find_commit(oid(commit.as_bytes())?).map_err(|_| RepoError::Missing(commit))?;
        Ok(tree_id(found.tree_id()))
    }

    /// True if the tree exists.
    pub fn has_tree(&self, tree: TreeId) -> bool {
        oid(tree.as_bytes()).is_ok_and(|id| self.find_tree(id).is_ok())
    }

    /// Applies the change `base..head` to a tree; `None` if it conflicts. Meant to preview the effect of a decision, so
    /// `self` should be a scratch repository.
    pub fn apply_to(
        &self,
        tree: TreeId,
        base: CommitId,
        head: CommitId,
        ignored: &IgnoredPaths,
    ) -> Result<Option<TreeId>, RepoError> {
        let _working = self.begin_work();
        let onto = self.find_tree(oid(tree.as_bytes())?)?;
        let from = tree_of(self, base)?;
        let mut changes = deltas(self, &from, &tree_of(self, head)?)?;
        changes.retain(|change| !ignored.contains(&change.path));
        let merge = Merge::of(self, &from, &onto, &changes, &Amendment::default())?;
        if !merge.places.is_empty() {
            return Ok(None);
        }
        Ok(Some(tree_id(updated(self, &onto, &merge.changes)?)))
    }

    /// True if two trees have the same files, apart from ignored paths.
    pub fn same_except_ignored(&self, a: TreeId, b: TreeId, ignored: &IgnoredPaths) -> Result<bool, RepoError> {
        let find = |id: TreeId| self.find_tree(oid(id.as_bytes())?);
        Ok(bare_tree(self, &find(a)?, ignored)? == bare_tree(self, &find(b)?, ignored)?)
    }
}
