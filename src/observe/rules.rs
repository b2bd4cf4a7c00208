//! The policy in force, read from where people write it.

use std::path::Path;
use std::sync::Arc;

use super::approved_branch;
use crate::format::TableRules;
use crate::ledger::Chain;
use crate::model::LoopIdentity;
use crate::policy::Policy;
use crate::repo::{Repo, policy_on_branch};

/// The human's policy, tightened by the one that is committed on the approved branch. An unreadable
/// one is an error with its place.
pub fn read_policy(repo: &Repo, chain: &Chain, identity: &LoopIdentity) -> Result<Policy, String> {
    let mut policy = read_own_policy(repo)?;
    let branch = approved_branch(&policy, chain, identity);
    let tip = crate::repo::branch_tip(repo, &branch).ok().flatten();
    if let Some(text) = tip.and_then(|tip| policy_on_branch(repo, tip)) {
        let committed = Policy::parse(&text).map_err(|error| format!("countersign.yaml on {branch}: {error}"))?;
        policy = policy.tightened_by(&committed);
    }
    Ok(policy)
}

/// The human's policy file alone.
pub(super) fn read_own_policy(repo: &Repo) -> Result<Policy, String> {
    let path = repo.own_file("policy.yaml").map_err(|error| error.to_string())?;
    match crate::disk::read_text(&path, 1 << 20) {
        Ok(text) => Policy::parse(&text).map_err(|error| format!("{}: {error}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Policy::standard()),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// How the results table is to be read; `instructions` are the loop's own (`program.md`).
pub(super) fn table_rules(policy: &Policy, instructions: Arc<str>) -> TableRules {
    let columns = policy.columns.clone();
    TableRules {
        commit: columns.commit,
        status: columns.status,
        description: columns.description,
        time: columns.time,
        statuses: policy.statuses.clone(),
        instructions,
    }
}

/// What the agent edits when the policy does not say: in karpathy's layout it is told to edit
/// `train.py` and nothing else.
pub(super) fn usual_editable(dir: &Path, repo: &Repo) -> Option<Vec<String>> {
    let has = |name: &str| dir.join(name).is_file();
    let karpathy = has("train.py") && has("prepare.py") && has("program.md");
    karpathy.then(|| vec![repo.tree_path("train.py")])
}
