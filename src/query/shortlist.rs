//! The shortlist: the smallest set of waiting changes without conflicts that has most of the claimed gain. It only
//! suggests where to spend time; each change is still approved on its own.

use std::collections::BTreeSet;

use super::place::tip_of;
use crate::approved::ignored_paths;
use crate::format::IgnoredPaths;
use crate::model::{ExperimentId, Snapshot, TreeId};
use crate::policy::Policy;
use crate::repo::Repo;

/// Share of the claimed gain that the shortlist must have.
const MOST_OF: f64 = 0.9;
/// Largest number of waiting changes that are considered.
const MOST: usize = 100;

/// The smallest set of changes with most of the gain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shortlist {
    /// The chosen changes, in the order in which they would be approved.
    pub chosen: Vec<ExperimentId>,
    /// Sum of their claimed gains.
    pub gain: f64,
    /// Sum of the claimed gains of all waiting changes.
    pub total: f64,
    /// Number of waiting changes that were considered.
    pub considered: usize,
    /// Number of changes whose gain is not known, or that conflict with all others.
    pub unknown: usize,
    /// The experiments that were waiting when this was computed.
    pub waiting: Vec<ExperimentId>,
}

/// A waiting change.
struct WaitingChange {
    index: usize,
    gain: f64,
    /// Items that must be approved before it, including itself; `None` if it always conflicts.
    needs: Option<BTreeSet<usize>>,
}

pub(super) fn few(repo: &Repo, snapshot: &Snapshot, policy: &Policy) -> Result<Shortlist, String> {
    let ignored = ignored_paths(repo, &snapshot.identity, policy);
    let tip = tip_of(snapshot)?;
    let start = repo.tree_id(tip).map_err(|error| error.to_string())?;
    let trying = Trying { repo, snapshot, ignored, start };
    let queue: Vec<usize> = snapshot.waiting.iter().copied().take(MOST).collect();
    let mut items: Vec<WaitingChange> = Vec::with_capacity(queue.len());
    for index in &queue {
        let gain = snapshot.experiments[*index].claimed_gain.unwrap_or(0.0).max(0.0);
        items.push(WaitingChange { index: *index, gain, needs: None });
        let at = items.len() - 1;
        items[at].needs = trying.needs(&items, at);
    }
    let total: f64 = items.iter().map(|item| item.gain).sum();
    let mut chosen = choose(&items, total * MOST_OF);
    // Items that apply one by one may conflict with each other: those that do are skipped and counted.
    let fitting = trying.fitting(&items, &chosen);
    chosen.retain(|at| fitting.contains(at));
    Ok(Shortlist {
        gain: chosen.iter().map(|at| items[*at].gain).sum(),
        chosen: chosen.iter().map(|at| snapshot.experiments[items[*at].index].id.clone()).collect(),
        total,
        considered: items.len(),
        unknown: items.iter().filter(|item| item.gain <= 0.0 || item.needs.is_none()).count(),
        waiting: snapshot.waiting.iter().map(|index| snapshot.experiments[*index].id.clone()).collect(),
    })
}

/// The fewest items that reach a gain, with everything they need: repeatedly adds the item with the best gain per
/// additional item until the target is reached, then removes items that turn out not to be needed.
fn choose(items: &[WaitingChange], target: f64) -> BTreeSet<usize> {
    let mut chosen: BTreeSet<usize> = BTreeSet::new();
    let sum = |chosen: &BTreeSet<usize>| -> f64 { chosen.iter().map(|at| items[*at].gain).sum() };
    while sum(&chosen) < target {
        let worth = |item: &WaitingChange| {
            let new: Vec<usize> = item.needs.as_ref()?.difference(&chosen).copied().collect();
            let gain: f64 = new.iter().map(|at| items[*at].gain).sum();
            (!new.is_empty() && gain > 0.0).then(|| (gain / new.len() as f64, new))
        };
        let best = items.iter().filter_map(worth).max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, new)) = best else { break };
        chosen.extend(new);
    }
    let mut least: Vec<usize> = chosen.iter().copied().collect();
    least.sort_by(|a, b| items[*a].gain.total_cmp(&items[*b].gain));
    for at in least {
        let is_needed = chosen
            .iter()
            .any(|other| *other != at && items[*other].needs.as_ref().is_some_and(|needs| needs.contains(&at)));
        if !is_needed && sum(&chosen) - items[at].gain >= target {
            chosen.remove(&at);
        }
    }
    chosen
}

/// Tries approvals without making them.
struct Trying<'a> {
    repo: &'a Repo,
    snapshot: &'a Snapshot,
    ignored: IgnoredPaths,
    start: TreeId,
}

impl Trying<'_> {
    /// `None` also for a change that cannot be read: it counts as a conflict, and the others are still tried.
    fn put(&self, tree: TreeId, item: &WaitingChange) -> Option<TreeId> {
        let change = self.snapshot.experiments[item.index].change.as_ref()?;
        self.repo.apply_to(tree, change.base, change.head, &self.ignored).ok().flatten()
    }

    /// The items that apply, out of some, when put on in order.
    fn fitting(&self, items: &[WaitingChange], wanted: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut tree = self.start;
        let mut found = BTreeSet::new();
        for at in wanted {
            if let Some(next) = self.put(tree, &items[*at]) {
                tree = next;
                found.insert(*at);
            }
        }
        found
    }

    /// The earlier items that an item needs: the fewest found by leaving out one after another.
    fn needs(&self, items: &[WaitingChange], at: usize) -> Option<BTreeSet<usize>> {
        let fits = |before: &BTreeSet<usize>| -> bool {
            let with: BTreeSet<usize> = before.iter().copied().chain([at]).collect();
            self.fitting(items, &with).len() == with.len()
        };
        if fits(&BTreeSet::new()) {
            return Some([at].into());
        }
        let mut before: BTreeSet<usize> = (0..at).filter(|other| items[*other].needs.is_some()).collect();
        before = self.fitting(items, &before);
        if !fits(&before) {
            return None;
        }
        // Halves first: most earlier items have nothing to do with it.
        let mut step = before.len().div_ceil(2);
        while step > 0 {
            let all: Vec<usize> = before.iter().copied().collect();
            for part in all.chunks(step) {
                let without: BTreeSet<usize> = before.iter().filter(|one| !part.contains(one)).copied().collect();
                if without.len() < before.len() && fits(&without) {
                    before = without;
                }
            }
            step /= 2;
        }
        Some(before.into_iter().chain([at]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(gain: f64, needs: &[usize]) -> WaitingChange {
        WaitingChange { index: 0, gain, needs: Some(needs.iter().copied().collect()) }
    }

    #[test]
    fn the_largest_gains_are_chosen_with_their_needs() {
        let items = [item(0.1, &[0]), item(5.0, &[1]), item(0.2, &[2]), item(4.0, &[0, 3])];
        assert_eq!(choose(&items, 8.0), [0, 1, 3].into());
        assert_eq!(choose(&items, 5.0), [1].into());
        assert_eq!(choose(&items, 100.0), [0, 1, 2, 3].into(), "an unreachable target ends the search");
        assert!(choose(&items, 0.0).is_empty());
    }

    #[test]
    fn an_item_that_turns_out_unneeded_is_removed() {
        // Each of the pair is worth more than the single one, and makes the first choice unnecessary.
        let items = [item(1.0, &[0]), item(0.9, &[1]), item(8.0, &[2])];
        assert_eq!(choose(&items, 8.0), [2].into());
        let nowhere = WaitingChange { index: 0, gain: 9.0, needs: None };
        assert_eq!(choose(&[nowhere, item(1.0, &[1])], 9.0), [1].into());
    }
}
