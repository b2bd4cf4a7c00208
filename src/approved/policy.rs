//! The policy in force: the person's own, with what the approved branch adds to it.

use std::path::Path;

use super::{PolicySourceError, approved_branch, read_baselines, read_own_policy};
use crate::format::IgnoredPaths;
use crate::ledger::Chain;
use crate::model::{CommitId, Gate, LoopIdentity};
use crate::policy::Policy;
use crate::repo::{Repo, policy_on_branch};

/// Returns the person's policy, with the protected paths of the policy on the approved branch, or before there is one,
/// at the commit where the person joined the loop. If that one is unreadable, the error names its place.
pub fn read_policy(repo: &Repo, chain: &Chain, identity: &LoopIdentity) -> Result<Policy, PolicySourceError> {
    let mut policy = read_own_policy(repo, chain)?;
    let branch = approved_branch(&policy, chain, identity);
    let tip = crate::repo::branch_tip(repo, &branch).ok().flatten();
    let listed = || Some(read_baselines(&repo.own_path("baselines.jsonl").ok()?, &identity.key()));
    let began = || chain.began(identity).or_else(listed)?.own;
    if let Some(text) = tip.or_else(began).and_then(|commit| policy_on_branch(repo, commit)) {
        let place = if tip.is_some() { branch.as_str() } else { "the commit where the loop began" };
        let committed = Policy::parse(&text)
            .map_err(|error| PolicySourceError::Invalid { place: format!("countersign.yaml on {place}"), error })?;
        policy = policy.with_protected_of(&committed);
    }
    Ok(policy)
}

/// The files of karpathy's layout, in which the agent is instructed to edit only the first.
const LAYOUT: [&str; 3] = ["train.py", "prepare.py", "program.md"];

/// Returns the files that the agent edits if the policy does not define them, from the existing files.
pub fn usual_editable_here(dir: &Path, repo: &Repo) -> Option<Vec<String>> {
    LAYOUT.iter().all(|name| dir.join(name).is_file()).then(|| vec![repo.tree_path(LAYOUT[0])])
}

/// Returns the same from the files of a commit; `None` for a format without defaults.
pub fn default_editable(repo: &Repo, commit: CommitId) -> Option<Vec<String>> {
    let paths = LAYOUT.map(|name| repo.tree_path(name));
    repo.has_files(commit, &paths).then(|| vec![repo.tree_path(LAYOUT[0])])
}

/// Returns the ignored paths of a proposed change: none at the run gate, where everything that would be trained is
/// reviewed.
pub fn ignored_paths_at(gate: Gate, repo: &Repo, identity: &LoopIdentity, policy: &Policy) -> IgnoredPaths {
    match gate {
        Gate::Run => IgnoredPaths::none(),
        Gate::Keep => ignored_paths(repo, identity, policy),
    }
}

/// Returns the ignored paths of a loop.
pub fn ignored_paths(repo: &Repo, identity: &LoopIdentity, policy: &Policy) -> IgnoredPaths {
    let results = repo.below(&identity.results).unwrap_or(&identity.results);
    IgnoredPaths::new(repo.prefix(), results, &policy.logs).never(&policy.protected)
}
