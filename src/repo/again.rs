//! Finds commits again, on the loop's branch, whose id a rebase, a squash or an amendment changed.
//!
//! A match counts only if it is unique: with two candidates there is none.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::{Repo, oid, tree};
use crate::format::IgnoredPaths;
use crate::model::{CommitId, FoundAs, FoundBy, History};

/// Maximum number of commits of the branch that are searched.
const MOST_COMMITS: usize = 5_000;

/// Size limits of a change that is compared: files, and bytes on both sides.
const MOST_FILES: usize = 2_000;
const MOST_BYTES: usize = 16 << 20;

/// A row whose commit is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoughtRow {
    /// Its commit cell, trimmed.
    pub cell: String,
    /// Its description.
    pub description: String,
    /// Time of the row, in milliseconds since the epoch; `None` if it has none.
    pub at_ms: Option<i64>,
}

/// The message of a commit, in the parts that are compared.
#[derive(Clone, Debug, Default)]
pub(super) struct CommitMessage {
    pub(super) subject: String,
    lines: Vec<String>,
    change_ids: Vec<String>,
    /// The commit that it reverts, as `git revert` writes it.
    pub(super) reverts: Option<String>,
    at_ms: i64,
    parents: Vec<CommitId>,
    tree: Option<git2::Oid>,
}

/// Cache of messages and changes, by commit.
#[derive(Default)]
pub(super) struct Messages {
    messages: HashMap<CommitId, CommitMessage>,
    patches: HashMap<CommitId, Option<git2::Oid>>,
}

impl Messages {
    pub(super) fn of(&mut self, repo: &Repo, commit: CommitId) -> Option<&CommitMessage> {
        Some(match self.messages.entry(commit) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(parse_message(&repo.find_commit(oid(commit.as_bytes()).ok()?).ok()?)),
        })
    }

    /// Returns the id of the change of a commit against its first parent, independent of its base; `None` for a merge,
    /// a root commit or a commit that changes only ignored paths.
    pub(super) fn patch(&mut self, repo: &Repo, commit: CommitId, ignored: &IgnoredPaths) -> Option<git2::Oid> {
        *self.patches.entry(commit).or_insert_with(|| patch_id(repo, commit, ignored))
    }
}

/// The commits that are searched, indexed by their messages.
#[derive(Default)]
struct Candidates {
    change_ids: HashMap<String, Vec<CommitId>>,
    subjects: HashMap<String, Vec<CommitId>>,
    lines: HashMap<String, Vec<CommitId>>,
    times: HashMap<i64, Vec<CommitId>>,
    parents: HashMap<Vec<CommitId>, Vec<CommitId>>,
}

impl Candidates {
    fn of(repo: &Repo, commits: &[CommitId], messages: &mut Messages) -> Self {
        let mut all = Self::default();
        for commit in commits {
            let Some(message) = messages.of(repo, *commit) else { continue };
            all.subjects.entry(message.subject.clone()).or_default().push(*commit);
            all.times.entry(message.at_ms).or_default().push(*commit);
            all.parents.entry(message.parents.clone()).or_default().push(*commit);
            for (from, to) in [(&message.change_ids, &mut all.change_ids), (&message.lines, &mut all.lines)] {
                for text in from.iter().collect::<HashSet<_>>() {
                    to.entry(text.clone()).or_default().push(*commit);
                }
            }
        }
        all
    }
}

fn parse_message(commit: &git2::Commit<'_>) -> CommitMessage {
    let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
    let lines: Vec<String> = message.lines().map(plain).filter(|line| !line.is_empty()).collect();
    let trailers = message.lines().filter_map(|line| line.trim().strip_prefix("Change-Id:"));
    let mut change_ids: Vec<String> = trailers.map(|id| id.trim().to_owned()).filter(|id| id.len() >= 8).collect();
    if let Ok(header) = commit.header_field_bytes("change-id") {
        change_ids.push(String::from_utf8_lossy(&header).trim().to_owned());
    }
    let subject = lines.first().cloned().unwrap_or_default();
    let reverts = message.lines().find_map(|line| line.trim().strip_prefix("This reverts commit "));
    let reverts = reverts.map(|rest| rest.chars().take_while(char::is_ascii_hexdigit).collect());
    let at_ms = commit.author().when().seconds() * 1000;
    let parents = commit.parent_ids().map(super::commit_id).collect();
    CommitMessage { subject, lines, change_ids, reverts, at_ms, parents, tree: Some(commit.tree_id()) }
}

/// Normalizes a line for comparison: removes the bullet that a squash adds, a final full stop and the number of a pull
/// request.
fn plain(line: &str) -> String {
    let line = line.trim().trim_start_matches(['*', '-', '#']).trim();
    let line = match line.rsplit_once(" (#") {
        Some((before, number)) if number.trim_end_matches(')').bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => line,
    };
    line.trim_end_matches('.').to_lowercase()
}

/// Finds the commits of kept rows that are not on the branch. `named` are the commits that rows name.
pub(super) fn find_again(
    repo: &Repo,
    (sought, ignored): (&[SoughtRow], &IgnoredPaths),
    history: &History,
    named: &HashSet<CommitId>,
    messages: &mut Messages,
) -> HashMap<String, Option<FoundAs>> {
    let mut again = HashMap::new();
    let Some(head) = history.head else { return again };
    let line = history.ancestors(head);
    let is_sought = |row: &&SoughtRow| match history.cells.get(&row.cell).map(Vec::as_slice) {
        Some([]) => true,
        Some([one]) => !line.contains(one),
        _ => false,
    };
    let sought: Vec<&SoughtRow> = sought.iter().filter(is_sought).collect();
    if sought.is_empty() {
        return again;
    }
    // Commits before the session are not attempts, and a commit that a row names belongs to that row.
    let before = history.fork_point.map(|fork| history.ancestors(fork)).unwrap_or_default();
    let free =
        |commit: &&CommitId| history.nodes.contains_key(commit) && !before.contains(commit) && !named.contains(commit);
    let mut candidates: Vec<CommitId> = line.iter().filter(free).copied().collect();
    candidates.sort_unstable_by_key(|commit| (history.nodes.get(commit).map(|node| -node.at_ms), *commit));
    candidates.truncate(MOST_COMMITS);
    let candidates = Candidates::of(repo, &candidates, messages);
    for row in sought {
        let alike: Vec<FoundAs> = match history.cells.get(&row.cell).map(Vec::as_slice) {
            Some([old]) => as_rewritten(repo, *old, ignored, &candidates, messages).into_iter().collect(),
            _ => by_message(repo, row, &candidates, messages),
        };
        match alike[..] {
            [] => {}
            [one] => drop(again.insert(row.cell.clone(), Some(one))),
            _ => drop(again.insert(row.cell.clone(), None)),
        }
    }
    again
}

/// Finds the rewritten form of a commit that still exists but is not on the branch. If it is ambiguous nothing is lost:
/// the old commit was measured.
fn as_rewritten(
    repo: &Repo,
    old: CommitId,
    ignored: &IgnoredPaths,
    candidates: &Candidates,
    messages: &mut Messages,
) -> Option<FoundAs> {
    let before = messages.of(repo, old)?.clone();
    let same_id = before.change_ids.iter().filter_map(|id| candidates.change_ids.get(id)).flatten();
    let same_id: HashSet<CommitId> = same_id.copied().collect();
    let found = |commit, by| Some(FoundAs { commit, by });
    match same_id.len() {
        1 => return found(*same_id.iter().next()?, FoundBy::ChangeId),
        0 => {}
        _ => return None,
    }
    let own = messages.patch(repo, old, ignored);
    // If only the message was reworded, the commit has the same tree and the same parents.
    let mut in_place = candidates.parents.get(&before.parents).cloned().unwrap_or_default();
    in_place.retain(|commit| {
        let is_same_tree = messages.of(repo, *commit).is_some_and(|message| message.tree == before.tree);
        is_same_tree || own.is_some() && messages.patch(repo, *commit, ignored) == own
    });
    let own = match (&in_place[..], own) {
        ([one], _) => return found(*one, same_or_reworded(repo, *one, &before, messages)),
        (_, None) => return None,
        (_, Some(own)) => own,
    };
    let same_subject = candidates.subjects.get(&before.subject).filter(|_| !before.subject.is_empty());
    let mut same = same_subject.cloned().unwrap_or_default();
    same.retain(|commit| messages.patch(repo, *commit, ignored) == Some(own));
    // The same change may have been made twice; an amendment and a rebase keep its author time.
    if same.len() > 1 {
        same.retain(|commit| messages.of(repo, *commit).is_some_and(|message| message.at_ms == before.at_ms));
    }
    // A rebase that also changed the message.
    if same.is_empty() {
        same = candidates.times.get(&before.at_ms).cloned().unwrap_or_default();
        same.retain(|commit| messages.patch(repo, *commit, ignored) == Some(own));
    }
    match same[..] {
        [one] => found(one, same_or_reworded(repo, one, &before, messages)),
        _ => None,
    }
}

fn same_or_reworded(repo: &Repo, commit: CommitId, before: &CommitMessage, messages: &mut Messages) -> FoundBy {
    let is_same = messages.of(repo, commit).is_some_and(|message| message.subject == before.subject);
    if is_same { FoundBy::SameDiff } else { FoundBy::Reworded }
}

/// Finds the commit of a row whose own commit is gone: commits with the row's description as their subject, else as a
/// line of their message; of several, those whose author time matches the row's.
fn by_message(repo: &Repo, row: &SoughtRow, candidates: &Candidates, messages: &mut Messages) -> Vec<FoundAs> {
    let wanted = plain(&row.description);
    // A single word is too little in a script that separates words by spaces; `lr 2` is enough if it is the whole
    // subject.
    let says = |least: usize| {
        wanted.chars().count() >= least && (!wanted.is_ascii() || wanted.contains([' ', '=', ':', '_', '-']))
    };
    let as_subject = candidates.subjects.get(&wanted).filter(|_| says(4));
    let alike = as_subject.or_else(|| candidates.lines.get(&wanted).filter(|_| says(6)));
    let mut alike = alike.cloned().unwrap_or_default();
    if let (true, Some(at_ms)) = (alike.len() > 1, row.at_ms) {
        alike.retain(|commit| {
            messages.of(repo, *commit).is_some_and(|message| (message.at_ms - at_ms).abs() <= NEAR_MS)
        });
    }
    alike.into_iter().map(|commit| FoundAs { commit, by: FoundBy::Message }).collect()
}

/// Tolerance in milliseconds: a row is written when its run has ended, after its commit.
const NEAR_MS: i64 = 30 * 60 * 1000;

/// Returns the trees before and after a commit; `None` for a merge or a root commit.
pub(super) fn sides(repo: &Repo, commit: CommitId) -> Option<(git2::Tree<'_>, git2::Tree<'_>)> {
    let commit = repo.find_commit(oid(commit.as_bytes()).ok()?).ok()?;
    let parent = commit.parent(0).ok().filter(|_| commit.parent_count() == 1)?;
    Some((repo.find_tree(parent.tree_id()).ok()?, repo.find_tree(commit.tree_id()).ok()?))
}

/// Returns the id of a change without ignored paths, so that amending the row into its own commit does not alter it.
fn patch_id(repo: &Repo, commit: CommitId, ignored: &IgnoredPaths) -> Option<git2::Oid> {
    let (old, new) = sides(repo, commit)?;
    if !is_small(repo, &old, &new)? {
        return None;
    }
    let diff = repo.git.diff_tree_to_tree(Some(&old), Some(&new), None).ok()?;
    let is_book = |file: git2::DiffFile<'_>| {
        file.path_bytes().and_then(|path| std::str::from_utf8(path).ok()).is_some_and(|path| ignored.contains(path))
    };
    if !diff.deltas().any(|delta| is_book(delta.new_file()) || is_book(delta.old_file())) {
        return (diff.deltas().len() > 0).then(|| diff.patchid(None).ok()).flatten();
    }
    let scratch = repo.scratch().ok()?;
    let bare = |tree: &git2::Tree<'_>| {
        let bare = tree::bare_tree(&scratch, &scratch.find_tree(tree.id()).ok()?, ignored).ok()?;
        scratch.find_tree(bare).ok()
    };
    let diff = scratch.git.diff_tree_to_tree(Some(&bare(&old)?), Some(&bare(&new)?), None).ok()?;
    (diff.deltas().len() > 0).then(|| diff.patchid(None).ok()).flatten()
}

/// True for a change that is small enough for libgit2, which has no limits of its own.
fn is_small(repo: &Repo, old: &git2::Tree<'_>, new: &git2::Tree<'_>) -> Option<bool> {
    let deltas = tree::deltas(repo, old, new).ok()?;
    let store = repo.git.odb().ok()?;
    let files = || deltas.iter().flat_map(|delta| [delta.old, delta.new]).flatten().filter(|entry| entry.is_file());
    let bytes = |entry: tree::TreeEntry| store.read_header(entry.id).map_or(0, |(size, _)| size);
    Some(deltas.len() <= MOST_FILES && files().map(bytes).sum::<usize>() <= MOST_BYTES)
}

/// Maps a cell that is a prefix of a change id to its commits.
pub(super) fn by_change_id(
    repo: &Repo,
    cell: &str,
    among: impl Iterator<Item = CommitId>,
    messages: &mut Messages,
) -> Vec<CommitId> {
    let is_of = |commit: &CommitId, messages: &mut Messages| {
        messages.of(repo, *commit).is_some_and(|message| message.change_ids.iter().any(|id| id.starts_with(cell)))
    };
    let mut found: Vec<CommitId> = among.filter(|commit| is_of(commit, messages)).take(2).collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_compared_without_squash_additions() {
        for line in ["Raise LR to 2", "* raise lr to 2", "  - Raise LR to 2.", "raise LR to 2 (#12)"] {
            assert_eq!(plain(line), "raise lr to 2", "{line}");
        }
        assert_ne!(plain("raise lr to 2 (#x)"), "raise lr to 2");
    }
}
