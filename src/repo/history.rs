//! The history around the loop: commits by id, resolved cells, and commits that only reflogs know.

use std::collections::{BinaryHeap, HashMap, HashSet};

use super::again::{Messages, by_change_id, find_again};
use super::cells::resolve;
use super::doubts::doubts;
use super::fork::{begin, marks};
use super::{Repo, RepoError, Tips, commit_id, oid, reflog, tree};
use crate::format::IgnoredPaths;
use crate::model::{CommitId, CommitNode, History, TreeId, cell_is_change_id};

/// Maximum number of commits that are read; a loop's own history is far shorter.
const MOST_COMMITS: usize = 50_000;

/// Maximum number of attempts without a row.
const MOST_WITHOUT_ROW: usize = 500;

/// Maximum clock difference between the machines that commit, in seconds.
const SLACK_S: i64 = 86_400;

/// Results of earlier reads that stay valid, so that a loop of ten thousand rows is not read again for each new row.
#[derive(Default)]
pub struct HistoryCache {
    /// Cells that were resolved to one commit.
    resolved: HashMap<String, CommitId>,
    /// Trees of commits without ignored paths; valid for one set of ignored paths.
    bare: HashMap<CommitId, TreeId>,
    ignored: Option<IgnoredPaths>,
    /// Commits that were read, with their committer time in seconds; valid for one boundary of a shallow clone.
    commits: HashMap<CommitId, (CommitNode, i64)>,
    cut: HashSet<CommitId>,
    messages: Messages,
}

/// Reads the history around a loop. `learned` is kept between reads.
pub fn read_history(repo: &Repo, tips: Tips<'_>, learned: &mut HistoryCache) -> Result<History, RepoError> {
    let _working = repo.begin_work();
    let cut = repo.shallow_edge();
    if learned.ignored.as_ref() != Some(tips.ignored) || learned.cut != cut {
        *learned = HistoryCache { ignored: Some(tips.ignored.clone()), cut: cut.clone(), ..HistoryCache::default() };
    }
    let mut history = History { head: tips.head, ..History::default() };
    history.cells = resolve(repo, tips, &mut learned.resolved)?;
    let named = |history: &History| -> Vec<CommitId> {
        let found = tips.cells.iter().filter_map(|cell| history.cells.get(cell));
        found.filter(|found| found.len() == 1).map(|found| found[0]).collect()
    };
    let one =
        |history: &History, cell: &str| history.cells.get(cell).filter(|found| found.len() == 1).map(|found| found[0]);
    let by_id = named(&history);
    let started = tips.baseline.and_then(|cell| one(&history, cell));
    let mut attempts: Vec<CommitId> = by_id.iter().copied().filter(|commit| Some(*commit) != started).collect();
    let mut found_marks = marks(repo, tips, &attempts);
    let wanted: Vec<CommitId> = tips.head.into_iter().chain(by_id).chain(found_marks.commits()).collect();
    walk(repo, &wanted, tips.proposed, learned, &mut history)?;
    // Rewritten commits locate the loop's own branch as well as the commits that rows name.
    let names: HashSet<CommitId> = named(&history).into_iter().collect();
    let sought = (tips.kept, tips.ignored);
    let rewritten: Vec<CommitId> = find_again(repo, sought, &history, &names, &mut learned.messages)
        .into_iter()
        .filter(|(cell, _)| Some(cell.as_str()) != tips.baseline)
        .filter_map(|(_, found)| Some(found?.commit))
        .collect();
    if !rewritten.is_empty() {
        attempts.extend(&rewritten);
        found_marks = marks(repo, tips, &attempts);
        let wanted: Vec<CommitId> = wanted.into_iter().chain(found_marks.commits()).collect();
        walk(repo, &wanted, tips.proposed, learned, &mut history)?;
    }
    let marks = found_marks;
    history.cut = cut.into_iter().filter(|edge| history.nodes.contains_key(edge)).collect();
    for cell in tips.cells.iter().filter(|cell| cell_is_change_id(cell)) {
        let line = tips.head.map(|head| history.ancestors(head)).unwrap_or_default();
        let read = line.into_iter().filter(|commit| history.nodes.contains_key(commit));
        let found = by_change_id(repo, cell, read, &mut learned.messages);
        history.cells.insert(cell.clone(), found);
    }
    let named = named(&history);
    let baseline = tips.baseline.and_then(|cell| one(&history, cell));
    // If a row is the baseline but names no commit, the first row is not the start of the loop.
    let first_row = if tips.baseline.is_some() { baseline } else { named.first().copied() };
    let begin = begin(&history, &marks, (&named, &rewritten), first_row, baseline);
    history.fork_point = begin.at;
    history.trunk = begin.trunk;
    history.starts = begin.earlier;
    history.rewritten = find_again(repo, sought, &history, &named.iter().copied().collect(), &mut learned.messages);
    history.doubts = doubts(repo, (tips.kept, tips.ignored), &history, &mut learned.messages);
    let found_again = history.rewritten.values().flatten().map(|found| found.commit);
    let compared: Vec<CommitId> = named
        .iter()
        .copied()
        .chain(history.fork_point)
        .chain(history.starts.iter().copied())
        .chain(found_again)
        .collect();
    for commit in compared {
        let bare = match learned.bare.get(&commit) {
            Some(known) => *known,
            None => tree::bare_tree_of(repo, commit, tips.ignored)?,
        };
        learned.bare.insert(commit, bare);
        history.nodes.entry(commit).or_default().bare_tree = Some(bare);
    }
    history.without_row = without_row(repo, tips, &history, &named);
    Ok(history)
}

/// Reads commits from `wanted` and `proposed` down, newest first, until all wanted ones were met.
fn walk(
    repo: &Repo,
    wanted: &[CommitId],
    proposed: &[CommitId],
    learned: &mut HistoryCache,
    history: &mut History,
) -> Result<(), RepoError> {
    let mut queue = BinaryHeap::new();
    let mut queued = HashSet::new();
    let mut until_s = i64::MAX;
    for commit in wanted {
        let at_s = read(repo, *commit, learned)?.1;
        until_s = until_s.min(at_s);
        if queued.insert(*commit) {
            queue.push((at_s, *commit));
        }
    }
    for commit in proposed {
        // A pin may have been removed since: then little is known of its commit, but nothing else is lost.
        if let Ok((_, at_s)) = read(repo, *commit, learned)
            && queued.insert(*commit)
        {
            queue.push((at_s, *commit));
        }
    }
    while let Some((at_s, commit)) = queue.pop() {
        if history.nodes.len() >= MOST_COMMITS || at_s.saturating_add(SLACK_S) < until_s {
            break;
        }
        let node = read(repo, commit, learned)?.0;
        for parent in &node.parents {
            // History that is cut off by other means than a shallow clone ends there too.
            if queued.insert(*parent)
                && let Ok((_, at_s)) = read(repo, *parent, learned)
            {
                queue.push((at_s, *parent));
            }
        }
        history.nodes.insert(commit, node);
    }
    Ok(())
}

fn read(repo: &Repo, commit: CommitId, learned: &mut HistoryCache) -> Result<(CommitNode, i64), RepoError> {
    if let Some(known) = learned.commits.get(&commit) {
        return Ok(known.clone());
    }
    let found = repo.find_commit(oid(commit.as_bytes())?)?;
    let node = CommitNode {
        parents: found.parent_ids().map(commit_id).collect(),
        bare_tree: None,
        at_ms: found.author().when().seconds() * 1000,
    };
    let read = (node, found.time().seconds());
    learned.commits.insert(commit, read.clone());
    Ok(read)
}

/// Returns commits that the loop's reflogs show as made by it and that no row names, newest first.
fn without_row(repo: &Repo, tips: Tips<'_>, history: &History, named: &[CommitId]) -> Vec<CommitId> {
    let mut seen: HashSet<CommitId> = named.iter().chain(tips.proposed).copied().collect();
    seen.extend(history.fork_point);
    let mut found = Vec::new();
    let mut entries = reflog::read(&repo.git.path().join("logs/HEAD"));
    if let Some(branch) = tips.branch {
        entries.extend(reflog::read(&repo.common_dir().join("logs/refs/heads").join(branch)));
    }
    // Older than the fork point: not the loop's.
    let is_new = |id: CommitId| {
        let (Some(fork), Ok(id)) = (history.fork_point, oid(id.as_bytes())) else { return false };
        oid(fork.as_bytes()).is_ok_and(|fork| repo.git.graph_descendant_of(id, fork).unwrap_or(false))
    };
    for entry in entries.iter().rev() {
        if found.len() >= MOST_WITHOUT_ROW {
            break;
        }
        let committed = entry.message.starts_with("commit");
        if committed && !entry.message.starts_with("commit (initial)") && seen.insert(entry.new) && is_new(entry.new) {
            found.push(entry.new);
        }
    }
    found
}
