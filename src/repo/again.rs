//! Commits that a rebase, a squash or an amendment gave another id, found again on the loop's branch.
//!
//! Only what one commit of the branch shows is believed: two that could be it are none.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::{Repo, oid, tree};
use crate::format::IgnoredPaths;
use crate::model::{CommitId, FoundAs, FoundBy, History};

/// Commits of the branch that are looked at.
const MOST_COMMITS: usize = 5_000;

/// Files of a change, and their bytes on both sides, beyond which it is not compared with others.
const MOST_FILES: usize = 2_000;
const MOST_BYTES: usize = 16 << 20;

/// A row whose commit is sought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// Its commit cell, trimmed.
    pub cell: String,
    /// Its description.
    pub description: String,
    /// When the row was made, in milliseconds since the epoch; `None` where it does not say.
    pub at_ms: Option<i64>,
}

/// What a commit's message says.
#[derive(Clone, Debug, Default)]
pub(super) struct CommitMessage {
    pub(super) subject: String,
    lines: Vec<String>,
    change_ids: Vec<String>,
    /// The commit that it takes back, as `git revert` says it.
    pub(super) reverts: Option<String>,
    at_ms: i64,
    parents: Vec<CommitId>,
    tree: Option<git2::Oid>,
}

/// Messages and changes that were read, by commit.
#[derive(Default)]
pub(super) struct Messages {
    said: HashMap<CommitId, CommitMessage>,
    patches: HashMap<CommitId, Option<git2::Oid>>,
}

impl Messages {
    pub(super) fn of(&mut self, repo: &Repo, commit: CommitId) -> Option<&CommitMessage> {
        Some(match self.said.entry(commit) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(said(&repo.find_commit(oid(commit.as_bytes()).ok()?).ok()?)),
        })
    }

    /// What a commit changes against its first parent, whatever it stands on; `None` for a merge, a first commit or one
    /// that changes nothing but bookkeeping.
    pub(super) fn patch(&mut self, repo: &Repo, commit: CommitId, ignored: &IgnoredPaths) -> Option<git2::Oid> {
        *self.patches.entry(commit).or_insert_with(|| patch_id(repo, commit, ignored))
    }
}

/// The commits that rows are sought among, by what their messages say.
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
            let Some(said) = messages.of(repo, *commit) else { continue };
            all.subjects.entry(said.subject.clone()).or_default().push(*commit);
            all.times.entry(said.at_ms).or_default().push(*commit);
            all.parents.entry(said.parents.clone()).or_default().push(*commit);
            for (from, to) in [(&said.change_ids, &mut all.change_ids), (&said.lines, &mut all.lines)] {
                for text in from.iter().collect::<HashSet<_>>() {
                    to.entry(text.clone()).or_default().push(*commit);
                }
            }
        }
        all
    }
}

fn said(commit: &git2::Commit<'_>) -> CommitMessage {
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

/// A line as it is compared: without the bullet that a squash puts before it, and without the ending that a full stop
/// or the number of a pull request makes.
fn plain(line: &str) -> String {
    let line = line.trim().trim_start_matches(['*', '-', '#']).trim();
    let line = match line.rsplit_once(" (#") {
        Some((before, number)) if number.trim_end_matches(')').bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => line,
    };
    line.trim_end_matches('.').to_lowercase()
}

/// Finds again what kept rows name and the branch does not hold. `named` are the commits that rows name.
pub(super) fn find_again(
    repo: &Repo,
    (sought, ignored): (&[Sought], &IgnoredPaths),
    history: &History,
    named: &HashSet<CommitId>,
    messages: &mut Messages,
) -> HashMap<String, Option<FoundAs>> {
    let mut again = HashMap::new();
    let Some(head) = history.head else { return again };
    let line = history.ancestors(head);
    let is_sought = |row: &&Sought| match history.cells.get(&row.cell).map(Vec::as_slice) {
        Some([]) => true,
        Some([one]) => !line.contains(one),
        _ => false,
    };
    let sought: Vec<&Sought> = sought.iter().filter(is_sought).collect();
    if sought.is_empty() {
        return again;
    }
    // What came before the session is nobody's attempt, and what a row names is that row's.
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

/// What became of a commit that is still there and not on the branch any more. Where none is told apart nothing is lost:
/// the old commit is the one that was measured.
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
    // Where only the message was reworded, the commit still makes the same files of the same parent.
    let mut in_place = candidates.parents.get(&before.parents).cloned().unwrap_or_default();
    in_place.retain(|commit| {
        let is_same_tree = messages.of(repo, *commit).is_some_and(|said| said.tree == before.tree);
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
    // The same change may have been made twice; an amendment and a rebase keep the time at which it was.
    if same.len() > 1 {
        same.retain(|commit| messages.of(repo, *commit).is_some_and(|said| said.at_ms == before.at_ms));
    }
    // One that a rebase gave another message, too.
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
    let is_same = messages.of(repo, commit).is_some_and(|said| said.subject == before.subject);
    if is_same { FoundBy::SameDiff } else { FoundBy::Reworded }
}

/// What could have become of a commit of which only the row is left: the commits that say the row's description as their
/// subject, else as a line of their message; of several those whose author time is the row's.
fn by_message(repo: &Repo, row: &Sought, candidates: &Candidates, messages: &mut Messages) -> Vec<FoundAs> {
    let wanted = plain(&row.description);
    // A word says too little, in a script that puts spaces between words; `lr 2` says enough where it is the whole subject.
    let says = |least: usize| {
        wanted.chars().count() >= least && (!wanted.is_ascii() || wanted.contains([' ', '=', ':', '_', '-']))
    };
    let as_subject = candidates.subjects.get(&wanted).filter(|_| says(4));
    let alike = as_subject.or_else(|| candidates.lines.get(&wanted).filter(|_| says(6)));
    let mut alike = alike.cloned().unwrap_or_default();
    if let (true, Some(at_ms)) = (alike.len() > 1, row.at_ms) {
        alike.retain(|commit| messages.of(repo, *commit).is_some_and(|said| (said.at_ms - at_ms).abs() <= NEAR_MS));
    }
    alike.into_iter().map(|commit| FoundAs { commit, by: FoundBy::Message }).collect()
}

/// A row is written when its run has ended, its commit was made before.
const NEAR_MS: i64 = 30 * 60 * 1000;

/// The trees before and after a commit; `None` for a merge or a first commit.
pub(super) fn sides(repo: &Repo, commit: CommitId) -> Option<(git2::Tree<'_>, git2::Tree<'_>)> {
    let commit = repo.find_commit(oid(commit.as_bytes()).ok()?).ok()?;
    let parent = commit.parent(0).ok().filter(|_| commit.parent_count() == 1)?;
    Some((repo.find_tree(parent.tree_id()).ok()?, repo.find_tree(commit.tree_id()).ok()?))
}

/// The identity of a change without bookkeeping: a row that was amended into the commit that it names makes no other
/// change of it.
fn patch_id(repo: &Repo, commit: CommitId, ignored: &IgnoredPaths) -> Option<git2::Oid> {
    let (old, new) = sides(repo, commit)?;
    if !is_small(repo, &old, &new)? {
        return None;
    }
    let diff = repo.git.diff_tree_to_tree(Some(&old), Some(&new), None).ok()?;
    let is_book = |file: git2::DiffFile<'_>| {
        file.path_bytes().and_then(|path| std::str::from_utf8(path).ok()).is_some_and(|path| ignored.holds(path))
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

/// True for a change that libgit2, which counts nothing, can be given to read.
fn is_small(repo: &Repo, old: &git2::Tree<'_>, new: &git2::Tree<'_>) -> Option<bool> {
    let deltas = tree::deltas(repo, old, new).ok()?;
    let store = repo.git.odb().ok()?;
    let files = || deltas.iter().flat_map(|delta| [delta.old, delta.new]).flatten().filter(|entry| entry.is_file());
    let bytes = |entry: tree::TreeEntry| store.read_header(entry.id).map_or(0, |(size, _)| size);
    Some(deltas.len() <= MOST_FILES && files().map(bytes).sum::<usize>() <= MOST_BYTES)
}

/// Commits by the change id that a cell is the beginning of.
pub(super) fn by_change_id(
    repo: &Repo,
    cell: &str,
    among: impl Iterator<Item = CommitId>,
    messages: &mut Messages,
) -> Vec<CommitId> {
    let is_of = |commit: &CommitId, messages: &mut Messages| {
        messages.of(repo, *commit).is_some_and(|said| said.change_ids.iter().any(|id| id.starts_with(cell)))
    };
    let mut found: Vec<CommitId> = among.filter(|commit| is_of(commit, messages)).take(2).collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_compared_without_what_a_squash_adds() {
        for line in ["Raise LR to 2", "* raise lr to 2", "  - Raise LR to 2.", "raise LR to 2 (#12)"] {
            assert_eq!(plain(line), "raise lr to 2", "{line}");
        }
        assert_ne!(plain("raise lr to 2 (#x)"), "raise lr to 2");
    }
}
