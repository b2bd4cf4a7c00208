//! Detects a loop that continues under another name: its work tree was moved, or its branch or results table renamed.
//! Its decisions are still in the ledger, for a loop that no longer exists.

use std::path::Path;

use crate::ledger::{Body, Chain, LoopKey};
use crate::model::{LoopIdentity, Warning};
use crate::repo::Repo;

/// Returns the loop that this one may have been before it was renamed: the last one with decisions that no longer
/// exists, if this one has no decisions yet.
pub fn earlier_name(repo: &Repo, chain: &Chain, identity: &LoopIdentity) -> Option<LoopKey> {
    let own = LoopKey::from(identity);
    let decided = |body: &Body| matches!(body, Body::Decision { by_policy: false, .. });
    let of_decisions = || chain.entries.iter().filter(|entry| decided(&entry.record.body)).map(|entry| &entry.loop_key);
    if of_decisions().any(|key| *key == own) {
        return None;
    }
    of_decisions().rev().find(|key| is_gone(repo, key)).cloned()
}

fn is_gone(repo: &Repo, key: &LoopKey) -> bool {
    let tree = Path::new(&key.work_tree);
    if !tree.is_dir() {
        return true;
    }
    let has_results = || {
        let here = repo.work_tree() == tree;
        tree.join(&key.results).exists() || here && tree.join(repo.prefix()).join(&key.results).exists()
    };
    !repo.has_branch(&key.branch) || !has_results()
}

/// Returns the message that this loop may be another one under a new name.
pub fn describe_earlier_loop(of: &LoopKey) -> String {
    let LoopKey { work_tree, branch, results } = of;
    format!(
        "the ledger has decisions on a loop that no longer exists: {branch}, {results} in {work_tree}. If this is the same \
         loop under another name: countersign ledger continue"
    )
}

/// Returns the same message as a warning.
pub fn renamed_warning(of: &LoopKey) -> Warning {
    Warning { path: "ledger".into(), line: 0, end_line: 0, message: describe_earlier_loop(of) }
}
