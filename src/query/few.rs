//! The few that matter: the smallest set of waiting changes without a conflict that holds most of the claimed
//! gain. A proposal for the person's time; each is still approved on its own.

use std::collections::BTreeSet;

use crate::approved::bookkeeping;
use crate::format::IgnoredPaths;
use crate::model::{ExperimentId, Snapshot, TreeId};
use crate::policy::Policy;
use crate::repo::Repo;

/// Share of the claimed gain that the few hold.
const MOST_OF: f64 = 0.9;
/// Waiting changes that are looked at.
const MOST: usize = 100;

/// The few that matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shortlist {
    /// Which, in the order they would be approved in.
    pub chosen: Vec<ExperimentId>,
    /// Sum of the gains that they claim.
    pub gain: f64,
    /// Sum of all gains that are claimed by what waits.
    pub total: f64,
    /// How many changes wait, and were looked at.
    pub of: usize,
    /// Changes whose gain is not known, or that fit with no others.
    pub unknown: usize,
    /// Identities of what waited when this was worked out.
    pub waiting: Vec<ExperimentId>,
}

/// A waiting change.
struct WaitingChange {
    index: usize,
    gain: f64,
    /// Items that must be there before it, itself among them; `None` if it fits nowhere.
    needs: Option<BTreeSet<usize>>,
}

pub(super) fn few(repo: &Repo, snapshot: &Snapshot, policy: &Policy) -> Result<Shortlist, String> {
    let ignored = bookkeeping(repo, &snapshot.identity, policy);
    let tip = snapshot.tip().ok_or("there is no commit to start from")?;
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
    // Two that fit one by one need not fit together: what does not is passed over, and said.
    let fitting = trying.fitting(&items, &chosen);
    chosen.retain(|at| fitting.contains(at));
    Ok(Shortlist {
        gain: chosen.iter().map(|at| items[*at].gain).sum(),
        chosen: chosen.iter().map(|at| snapshot.experiments[items[*at].index].id.clone()).collect(),
        total,
        of: items.len(),
        unknown: items.iter().filter(|item| item.gain <= 0.0 || item.needs.is_none()).count(),
        waiting: snapshot.waiting.iter().map(|index| snapshot.experiments[*index].id.clone()).collect(),
    })
}

/// The fewest that reach a gain, with all that they need: the best gain for each further one, until it is
/// reached; then without those that it is reached without.
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

/// Approving on paper.
struct Trying<'a> {
    repo: &'a Repo,
    snapshot: &'a Snapshot,
    ignored: IgnoredPaths,
    start: TreeId,
}

impl Trying<'_> {
    /// `None` as well for what cannot be read: it fits nowhere, and the others are tried all the same.
    fn put(&self, tree: TreeId, item: &WaitingChange) -> Option<TreeId> {
        let change = self.snapshot.experiments[item.index].change.as_ref()?;
        self.repo.put_onto(tree, change.base, change.head, &self.ignored).ok().flatten()
    }

    /// Those of some items that fit, put on in order.
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

    /// What an item needs of those before it: the fewest that were found by leaving one after another away.
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
        // Halves first: most of what is before it has nothing to do with it.
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
    fn the_largest_gains_are_enough_and_bring_what_they_need() {
        let items = [item(0.1, &[0]), item(5.0, &[1]), item(0.2, &[2]), item(4.0, &[0, 3])];
        assert_eq!(choose(&items, 8.0), [0, 1, 3].into());
        assert_eq!(choose(&items, 5.0), [1].into());
        assert_eq!(choose(&items, 100.0), [0, 1, 2, 3].into(), "what cannot be reached ends");
        assert!(choose(&items, 0.0).is_empty());
    }

    #[test]
    fn what_turns_out_to_be_too_much_is_left_away() {
        // The pair is worth more each than the single one, and makes a first choice needless.
        let items = [item(1.0, &[0]), item(0.9, &[1]), item(8.0, &[2])];
        assert_eq!(choose(&items, 8.0), [2].into());
        let nowhere = WaitingChange { index: 0, gain: 9.0, needs: None };
        assert_eq!(choose(&[nowhere, item(1.0, &[1])], 9.0), [1].into());
    }
}
