//! What the history says against kept rows: they describe the commit after the one that they name, or `git revert` took
//! theirs back.

use std::collections::{HashMap, HashSet};

use super::Repo;
use super::again::{Messages, Sought};
use crate::format::Bookkeeping;
use crate::model::{CommitId, Doubt, History};

/// Commits of the branch whose messages are read.
const MOST_COMMITS: usize = 5_000;
/// So many words of a description a subject has to share to be taken for its own, and so many more than another.
const OWN: usize = 3;
const MORE: usize = 2;

/// The doubts about kept rows, by the rows' cells.
pub(super) fn doubts(
    repo: &Repo,
    (kept, books): (&[Sought], &Bookkeeping),
    history: &History,
    messages: &mut Messages,
) -> Vec<(String, Doubt)> {
    let Some(head) = history.head else { return Vec::new() };
    let line = history.ancestors(head);
    let of_row = |row: &Sought| match history.cells.get(&row.cell).map(Vec::as_slice) {
        Some([one]) if line.contains(one) => Some(*one),
        _ => None,
    };
    let rows: Vec<(&Sought, CommitId)> = kept.iter().filter_map(|row| Some((row, of_row(row)?))).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let mut doubts = one_before(repo, (&rows, books), &line, history, messages);
    let before = history.fork_point.map(|fork| history.ancestors(fork)).unwrap_or_default();
    for commit in line.difference(&before).take(MOST_COMMITS) {
        let Some(reverted) = messages.of(repo, *commit).and_then(|said| said.reverts.clone()) else { continue };
        let of_it = rows.iter().filter(|(_, own)| own.to_string() == reverted);
        doubts.extend(of_it.map(|(row, _)| (row.cell.clone(), Doubt::Reverted { by: *commit })));
    }
    doubts
}

/// Rows that were committed together with the change and so name the commit before it. One may look so by chance: most
/// of them, and two at least, have to.
fn one_before(
    repo: &Repo,
    (rows, books): (&[(&Sought, CommitId)], &Bookkeeping),
    line: &HashSet<CommitId>,
    history: &History,
    messages: &mut Messages,
) -> Vec<(String, Doubt)> {
    let mut children: HashMap<CommitId, Vec<CommitId>> = HashMap::new();
    for commit in line {
        if let Some([parent]) = history.nodes.get(commit).map(|node| node.parents.as_slice()) {
            children.entry(*parent).or_default().push(*commit);
        }
    }
    let shared = |row: &Sought, commit: CommitId, messages: &mut Messages| {
        let subject = messages.of(repo, commit).map(|said| words(&said.subject)).unwrap_or_default();
        words(&row.description).intersection(&subject).count()
    };
    let mut found = Vec::new();
    for (row, commit) in rows {
        let Some([next]) = children.get(commit).map(Vec::as_slice) else { continue };
        let of_next = shared(row, *next, messages);
        let is_its = of_next >= OWN && of_next >= shared(row, *commit, messages) + MORE;
        // `results: keep ...` writes the row down and changes nothing else.
        if is_its && messages.patch(repo, *next, books).is_some() {
            found.push((row.cell.clone(), Doubt::OneBefore { next: *next }));
        }
    }
    if found.len() >= 2 && found.len() * 2 > rows.len() { found } else { Vec::new() }
}

fn words(text: &str) -> HashSet<String> {
    let apart = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let says_little =
        |word: &str| matches!(word, "the" | "and" | "with" | "for" | "from" | "to" | "of" | "in" | "by" | "on");
    apart.filter(|word| !word.is_empty() && !says_little(word)).collect()
}
