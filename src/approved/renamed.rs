//! A loop that goes on under another name: its work tree was moved, its branch or its results table renamed. The
//! decisions are still there, and of a loop that is not there any more.

use std::path::Path;

use crate::ledger::{Body, Chain, LoopKey};
use crate::model::{LoopIdentity, Warning};
use crate::repo::Repo;

/// The loop with decisions in the ledger that this one may have been before it got another name: it was decided on last,
/// is not there any more, and nothing was decided on this one yet.
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

/// Says that this loop may be another one under a new name.
pub fn said_of_earlier(of: &LoopKey) -> String {
    let LoopKey { work_tree, branch, results } = of;
    format!(
        "decisions were made on a loop that is not there any more: {branch}, {results} in {work_tree}. If this is the same \
         loop under another name: countersign ledger continue"
    )
}

/// The same as a warning.
pub fn warn_of_earlier(of: &LoopKey) -> Warning {
    Warning { path: "ledger".into(), line: 0, end_line: 0, message: said_of_earlier(of) }
}
