//! Doubts that the history raises about kept rows: they describe the commit after the one they name, or `git revert`
//! undid their commit.

use std::collections::{HashMap, HashSet};

use super::Repo;
use super::again::{Messages, SoughtRow, sides};
use super::tree::deltas;
use crate::format::IgnoredPaths;
use crate::model::{CommitId, History, HistoryDoubt};

/// Maximum number of commits of the branch whose messages are read.
const MOST_COMMITS: usize = 5_000;
/// Number of words that a description must share with a subject to match it, and by how many more than with any other.
const OWN: usize = 3;
const MORE: usize = 2;

/// Returns the doubts about kept rows, by the rows' cells.
pub(super) fn doubts(
    repo: &Repo,
    (kept, ignored): (&[SoughtRow], &IgnoredPaths),
    history: &History,
    messages: &mut Messages,
) -> Vec<(String, HistoryDoubt)> {
    let Some(head) = history.head else { return Vec::new() };
    let line = history.ancestors(head);
    let of_row = |row: &SoughtRow| match history.cells.get(&row.cell).map(Vec::as_slice) {
        Some([one]) if line.contains(one) => Some(*one),
        _ => None,
    };
    let rows: Vec<(&SoughtRow, CommitId)> = kept.iter().filter_map(|row| Some((row, of_row(row)?))).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let mut doubts = one_before(repo, (&rows, ignored), &line, history, messages);
    let before = history.fork_point.map(|fork| history.ancestors(fork)).unwrap_or_default();
    let mut above: Vec<CommitId> = line.difference(&before).copied().collect();
    above.sort_unstable_by_key(|commit| (history.nodes.get(commit).map(|node| -node.at_ms), *commit));
    above.truncate(MOST_COMMITS);
    let mut reverts: HashMap<String, Vec<CommitId>> = HashMap::new();
    for commit in &above {
        if let Some(reverted) = messages.of(repo, *commit).and_then(|message| message.reverts.clone()) {
            reverts.entry(reverted).or_default().push(*commit);
        }
    }
    for (row, own) in &rows {
        let Some(by) = taken_back(*own, &reverts, 0) else { continue };
        // A cherry-pick made the same change again, under the same subject.
        let subject = messages.of(repo, *own).map(|message| message.subject.clone());
        let patch = messages.patch(repo, *own, ignored);
        let is_again = |commit: &CommitId| {
            *commit != *own
                && messages.of(repo, *commit).map(|message| &message.subject) == subject.as_ref()
                && taken_back(*commit, &reverts, 0).is_none()
                && messages.patch(repo, *commit, ignored) == patch
        };
        if patch.is_none() || !above.iter().any(is_again) {
            doubts.push((row.cell.clone(), HistoryDoubt::Reverted { by }));
        }
    }
    doubts
}

/// Returns the commit that reverted a commit, unless it was reverted itself.
fn taken_back(commit: CommitId, reverts: &HashMap<String, Vec<CommitId>>, depth: usize) -> Option<CommitId> {
    const DEEPEST: usize = 16;
    let by = reverts.get(&commit.to_string()).filter(|_| depth < DEEPEST)?;
    by.iter().copied().find(|by| taken_back(*by, reverts, depth + 1).is_none())
}

/// Finds rows that were committed together with the change and therefore name the commit before it. A single row may
/// match by chance: at least two and more than half must.
fn one_before(
    repo: &Repo,
    (rows, ignored): (&[(&SoughtRow, CommitId)], &IgnoredPaths),
    line: &HashSet<CommitId>,
    history: &History,
    messages: &mut Messages,
) -> Vec<(String, HistoryDoubt)> {
    let mut children: HashMap<CommitId, Vec<CommitId>> = HashMap::new();
    for commit in line {
        if let Some([parent]) = history.nodes.get(commit).map(|node| node.parents.as_slice()) {
            children.entry(*parent).or_default().push(*commit);
        }
    }
    let shared = |row: &SoughtRow, commit: CommitId, messages: &mut Messages| {
        let subject = messages.of(repo, commit).map(|message| words(&message.subject)).unwrap_or_default();
        words(&row.description).intersection(&subject).count()
    };
    let mut found = Vec::new();
    for (row, commit) in rows {
        let Some([next]) = children.get(commit).map(Vec::as_slice) else { continue };
        let of_next = shared(row, *next, messages);
        let is_its = of_next >= OWN && of_next >= shared(row, *commit, messages) + MORE;
        // `results: keep ...` records the row and changes nothing else.
        if is_its && changes_code(repo, *next, ignored) && !says_result(repo, *next, messages) {
            found.push((row.cell.clone(), HistoryDoubt::OneBefore { next: *next }));
        }
    }
    if found.len() >= 2 && found.len() * 2 > rows.len() { found } else { Vec::new() }
}

/// True for a commit that changes anything a program may read: not only ignored paths, pictures and documents.
fn changes_code(repo: &Repo, commit: CommitId, ignored: &IgnoredPaths) -> bool {
    const PAGES: [&str; 12] =
        [".md", ".txt", ".rst", ".log", ".png", ".svg", ".jpg", ".pdf", ".html", ".csv", ".tsv", ".jsonl"];
    let changed = || -> Option<bool> {
        let (old, new) = sides(repo, commit)?;
        Some(deltas(repo, &old, &new).ok()?.iter().any(|delta| {
            let path = delta.path.to_lowercase();
            !ignored.contains(&path) && !PAGES.iter().any(|ending| path.ends_with(ending))
        }))
    };
    changed().unwrap_or(false)
}

/// True for a commit that records the result of the commit before it.
fn says_result(repo: &Repo, commit: CommitId, messages: &mut Messages) -> bool {
    const RESULTS: [&str; 12] = [
        "keep", "kept", "accept", "accepted", "log", "result", "results", "record", "discard", "clean", "cleanup",
        "docs",
    ];
    let subject = messages.of(repo, commit).map(|message| message.subject.clone()).unwrap_or_default();
    subject.split(|c: char| !c.is_alphanumeric()).next().is_some_and(|first| RESULTS.contains(&first))
}

fn words(text: &str) -> HashSet<String> {
    let apart = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let says_little =
        |word: &str| matches!(word, "the" | "and" | "with" | "for" | "from" | "to" | "of" | "in" | "by" | "on");
    apart.filter(|word| !word.is_empty() && !says_little(word)).collect()
}
