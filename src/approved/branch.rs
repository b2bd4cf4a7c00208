//! The branch that a loop's approvals move, and its recorded tip.

use std::path::Path;

use super::read_own_policy;
use crate::ledger::{Body, Chain, LoopKey, read_chain};
use crate::model::{Approved, CommitId, LoopIdentity};
use crate::policy::Policy;
use crate::repo::{Repo, ledger_trailer, refuse_lost};

/// Prefix of the default names of approved branches.
const DEFAULT_PREFIX: &str = "countersign/";

/// Returns the branch that a loop's approvals move: the policy's, else the ledger's branch for this loop, else
/// the default, or one with the loop's tag if another loop uses the default.
pub fn approved_branch(policy: &Policy, chain: &Chain, identity: &LoopIdentity) -> String {
    let key = LoopKey::from(identity);
    branch_for(policy, chain, identity.tag(), |other| *other == key)
}

/// Returns the branch that approvals move in the loop of a work tree, as far as an agent's own call can know it: by
/// work tree and branch. The default if policy or ledger cannot be read, as with a home that the agent cannot access.
pub fn approved_branch_here(repo: &Repo) -> String {
    let chain = repo.own_path("ledger.jsonl").ok().and_then(|path| read_chain(&path).ok()).unwrap_or_default();
    let policy = read_own_policy(repo, &chain).unwrap_or_else(|_| Policy::standard());
    let on = || repo.head().branch.map(|branch| loop_branch(repo, &policy, &chain, branch));
    let work_tree = repo.work_tree().to_string_lossy().into_owned();
    let branch = policy.loop_branch.clone().or_else(on);
    let identity = LoopIdentity { work_tree, branch: branch.unwrap_or_default(), results: String::new() };
    let is_own = |key: &LoopKey| key.work_tree == identity.work_tree && key.branch == identity.branch;
    branch_for(&policy, &chain, identity.tag(), is_own)
}

/// Returns the branch of the loop whose work tree is on `branch`. If that is an approved branch, it is the loop with
/// those decisions.
pub fn loop_branch(repo: &Repo, policy: &Policy, chain: &Chain, branch: String) -> String {
    if !branch.starts_with(DEFAULT_PREFIX) && policy.approved_branch.as_ref() != Some(&branch) {
        return branch;
    }
    decided_for(chain, repo.work_tree(), &branch).unwrap_or(branch)
}

fn branch_for(policy: &Policy, chain: &Chain, tag: &str, is_own: impl Fn(&LoopKey) -> bool) -> String {
    if let Some(branch) = &policy.approved_branch {
        return branch.clone();
    }
    let mut taken = Vec::new();
    for entry in &chain.entries {
        if let Body::Intent { candidate, .. } = &entry.record.body {
            if is_own(&entry.loop_key) {
                return candidate.branch.clone();
            }
            taken.push(candidate.branch.as_str());
        }
    }
    let mut name = Approved::DEFAULT_BRANCH.to_owned();
    let mut number = 1;
    while taken.contains(&name.as_str()) {
        name = if number == 1 { format!("countersign/{tag}") } else { format!("countersign/{tag}-{number}") };
        number += 1;
    }
    name
}

/// Returns the branch of the loop in a work tree whose decisions move `approved`; `None` if there is none.
fn decided_for(chain: &Chain, work_tree: &Path, approved: &str) -> Option<String> {
    chain.entries.iter().rev().find_map(|entry| match &entry.record.body {
        Body::Intent { candidate, .. }
            if candidate.branch == approved && Path::new(&entry.loop_key.work_tree) == work_tree =>
        {
            Some(entry.loop_key.branch.clone())
        }
        _ => None,
    })
}

/// Returns the recorded start and tip of a branch; `None` if no decision made it.
pub fn expected_tip(chain: &Chain, branch: &str) -> Option<(CommitId, CommitId)> {
    let mut start = None;
    let mut tip = None;
    for entry in &chain.entries {
        if let Body::Adopted { branch: its, to, .. } = &entry.record.body
            && its == branch
        {
            tip = Some(*to);
        }
        let Body::Decision { intent: Some(intent), commit: Some(commit), .. } = &entry.record.body else { continue };
        let Some(candidate) = chain.intended(*intent) else { continue };
        if candidate.branch == branch {
            if candidate.creates_branch {
                start = Some(candidate.tip);
            }
            tip = Some(*commit);
        }
    }
    Some((start?, tip?))
}

/// Returns why nothing is decided on a diverged branch, with the remedy; `None` if it is at the recorded tip.
pub fn branch_problem(
    repo: &Repo,
    branch: &str,
    tip: Option<CommitId>,
    expected: Option<(CommitId, CommitId)>,
) -> Option<String> {
    // A branch with missing objects can be neither adopted nor restored.
    if let Some(lost) = expected.and_then(|(start, wanted)| refuse_lost(repo, wanted, start).err()) {
        return Some(format!("{branch} is incomplete: {lost}"));
    }
    match (tip, expected) {
        (None, None) => None,
        (Some(tip), Some((_, wanted))) if tip == wanted => None,
        (Some(tip), Some((_, wanted))) => Some(format!(
            "{branch} has diverged: somebody moved it from {} to {}; review it with B, or with countersign adopt or restore",
            wanted.short(),
            tip.short()
        )),
        (Some(_), None) => Some(format!(
            "{branch} exists, but no decision made it; rename it (git branch -m {branch} <other>) or set approved_branch in the policy"
        )),
        (None, Some((_, wanted))) => Some(format!(
            "{branch} is gone; it was at {}: restore it with B, or with countersign restore",
            wanted.short()
        )),
    }
}

/// True if the branch has moved but the ledger does not have the outcome yet.
pub fn is_in_progress(repo: &Repo, tip: CommitId, chain: &Chain) -> bool {
    ledger_trailer(repo, tip).is_some_and(|(seq, hash)| {
        chain.open_intents().iter().any(|intent| intent.record.seq == seq && intent.hash == hash)
    })
}
