//! The consequences of a veto: the rest of the queue, approved in order without the vetoed change.

use super::place::{NOT_WAITING, tip_of};
use crate::approved::ignored_paths;
use crate::format::IgnoredPaths;
use crate::model::{ExperimentId, Snapshot, TreeId};
use crate::policy::Policy;
use crate::repo::Repo;

/// Largest number of later changes that are tried; the number of the others is reported.
const MOST: usize = 200;

/// The consequences of a veto.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequences {
    /// Later changes that were tried.
    pub tried: usize,
    /// Number of later waiting changes that were not tried, because there are too many.
    pub untried: usize,
    /// Later changes that would conflict.
    pub conflicts: Vec<ExperimentId>,
    /// Later changes whose tree would no longer be the measured one.
    pub unmeasured: Vec<ExperimentId>,
}

/// The result for one change of the queue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    AsMeasured,
    Unmeasured,
    Conflict,
}

pub(super) fn what_if(
    repo: &Repo,
    snapshot: &Snapshot,
    policy: &Policy,
    vetoed: &ExperimentId,
) -> Result<Consequences, String> {
    let at = snapshot.waiting.iter().position(|index| snapshot.experiments[*index].id == *vetoed);
    let at = at.ok_or(NOT_WAITING)?;
    let queue: Vec<usize> = snapshot.waiting.iter().copied().take(at + 1 + MOST).collect();
    let ignored = ignored_paths(repo, &snapshot.identity, policy);
    let with = run(repo, snapshot, &ignored, &queue, None)?;
    let without = run(repo, snapshot, &ignored, &queue, Some(at))?;
    let mut found = Consequences {
        tried: queue.len() - at - 1,
        untried: snapshot.waiting.len() - queue.len(),
        ..Consequences::default()
    };
    for later in at + 1..queue.len() {
        let id = &snapshot.experiments[queue[later]].id;
        match (with[later], without[later]) {
            (Fate::AsMeasured | Fate::Unmeasured, Fate::Conflict) => found.conflicts.push(id.clone()),
            (Fate::AsMeasured, Fate::Unmeasured) => found.unmeasured.push(id.clone()),
            _ => {}
        }
    }
    Ok(found)
}

/// Tries to approve the queue in order, leaving one out; conflicting changes are skipped.
fn run(
    repo: &Repo,
    snapshot: &Snapshot,
    ignored: &IgnoredPaths,
    queue: &[usize],
    leave_out: Option<usize>,
) -> Result<Vec<Fate>, String> {
    let tip = tip_of(snapshot)?;
    let mut tree: TreeId = repo.tree_id(tip).map_err(|error| error.to_string())?;
    let mut fates = Vec::with_capacity(queue.len());
    for (at, index) in queue.iter().enumerate() {
        let Some(change) = &snapshot.experiments[*index].change else {
            fates.push(Fate::Conflict);
            continue;
        };
        if leave_out == Some(at) {
            fates.push(Fate::Conflict);
            continue;
        }
        // An unreadable change counts as a conflict and reports its own error; the others are still tried.
        fates.push(match repo.apply_to(tree, change.base, change.head, ignored) {
            Ok(None) | Err(_) => Fate::Conflict,
            Ok(Some(next)) => {
                tree = next;
                let measured = repo.tree_id(change.head).map_err(|error| error.to_string())?;
                let same = repo.same_except_ignored(tree, measured, ignored);
                if same.map_err(|error| error.to_string())? { Fate::AsMeasured } else { Fate::Unmeasured }
            }
        });
    }
    Ok(fates)
}
