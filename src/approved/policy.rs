//! The policy in force, read from where people write it.
//!
//! The file is what the person writes; the ledger is what they accepted. From the first record on, the policy that
//! judges is the one in the ledger, and a file that differs is said to differ.

use std::path::Path;

use super::{approved_branch, read_baselines};
use crate::disk::read_text;
use crate::format::IgnoredPaths;
use crate::ledger::{Body, Chain};
use crate::model::{CommitId, Gate, LoopIdentity};
use crate::policy::Policy;
use crate::repo::{Repo, policy_on_branch};

/// Bytes of a policy: it stands in the ledger whole.
const LONGEST: u64 = 256 * 1024;

/// The person's policy, with the protected paths of the one that is committed on the approved branch, or before there is
/// one at the commit where the person joined the loop. An unreadable one is an error with its place.
pub fn read_policy(repo: &Repo, chain: &Chain, identity: &LoopIdentity) -> Result<Policy, String> {
    let mut policy = read_own_policy(repo, chain)?;
    let branch = approved_branch(&policy, chain, identity);
    let tip = crate::repo::branch_tip(repo, &branch).ok().flatten();
    let listed = || Some(read_baselines(&repo.own_file("baselines.jsonl").ok()?, &identity.key()));
    let began = || chain.began(identity).or_else(listed)?.own;
    if let Some(text) = tip.or_else(began).and_then(|commit| policy_on_branch(repo, commit)) {
        let place = if tip.is_some() { branch.as_str() } else { "the commit where the loop began" };
        let committed = Policy::parse(&text).map_err(|error| format!("countersign.yaml on {place}: {error}"))?;
        policy = policy.with_protected_of(&committed);
    }
    Ok(policy)
}

/// The person's policy alone: the one in the ledger, or the file where the ledger has none yet.
pub fn read_own_policy(repo: &Repo, chain: &Chain) -> Result<Policy, String> {
    match recorded_policy(chain) {
        Some((seq, text)) => Policy::parse(text).map_err(|error| format!("the policy in record {seq}: {error}")),
        None => {
            let path = repo.own_file("policy.yaml").map_err(|error| error.to_string())?;
            Policy::parse(&policy_text(repo)?).map_err(|error| format!("{}: {error}", path.display()))
        }
    }
}

/// The text of the person's policy file; empty where there is none.
pub fn policy_text(repo: &Repo) -> Result<String, String> {
    let path = repo.own_file("policy.yaml").map_err(|error| error.to_string())?;
    match read_text(&path, LONGEST) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(|error| format!("{}: {error}", path.display())),
    }
}

/// The policy that the ledger has in force, and the record that has it; `None` before there is one. After the first
/// one only a person puts another in force.
pub fn recorded_policy(chain: &Chain) -> Option<(u64, &str)> {
    let mut found = None;
    for entry in &chain.entries {
        if let Body::Policy { text, reviewer, .. } = &entry.record.body
            && (found.is_none() || !reviewer.is_empty())
        {
            found = Some((entry.record.seq, text.as_str()));
        }
    }
    found
}

/// What to do about a policy file that is not the accepted one; `None` where it is, or where none was accepted yet.
pub fn policy_change(repo: &Repo, chain: &Chain) -> Option<String> {
    let (seq, recorded) = recorded_policy(chain)?;
    match policy_text(repo) {
        Ok(text) if text == recorded || is_same(&text, recorded) => None,
        Ok(text) => Some(match Policy::parse(&text) {
            Ok(_) => format!(
                "policy.yaml is not the policy of record {seq}, which stays in force: somebody changed it. Look at it \
                 and accept it, or put it back (countersign policy)"
            ),
            Err(error) => format!(
                "policy.yaml is not the policy of record {seq}, which stays in force, and cannot be read: {error}"
            ),
        }),
        Err(why) => Some(format!("the policy cannot be read, and that of record {seq} stays in force: {why}")),
    }
}

/// True for two texts that say the same: comments and layout put nothing in force.
fn is_same(one: &str, other: &str) -> bool {
    Policy::parse(one).is_ok_and(|one| Policy::parse(other).is_ok_and(|other| one == other))
}

/// The files of karpathy's layout, where the agent is told to edit the first and nothing else.
const LAYOUT: [&str; 3] = ["train.py", "prepare.py", "program.md"];

/// What the agent edits when the policy does not say, by the files that lie there.
pub fn usual_editable_here(dir: &Path, repo: &Repo) -> Option<Vec<String>> {
    LAYOUT.iter().all(|name| dir.join(name).is_file()).then(|| vec![repo.tree_path(LAYOUT[0])])
}

/// The same by the files of a commit. `None` for a format that has no usual ones.
pub fn usual_editable(repo: &Repo, commit: CommitId) -> Option<Vec<String>> {
    let paths = LAYOUT.map(|name| repo.tree_path(name));
    repo.has_files(commit, &paths).then(|| vec![repo.tree_path(LAYOUT[0])])
}

/// What is left out of a change where an agent asks: nothing at the run gate, where all that would be trained is judged.
pub fn bookkeeping_at(gate: Gate, repo: &Repo, identity: &LoopIdentity, policy: &Policy) -> IgnoredPaths {
    match gate {
        Gate::Run => IgnoredPaths::none(),
        Gate::Keep => bookkeeping(repo, identity, policy),
    }
}

/// The bookkeeping files of a loop.
pub fn bookkeeping(repo: &Repo, identity: &LoopIdentity, policy: &Policy) -> IgnoredPaths {
    let results = repo.below(&identity.results).unwrap_or(&identity.results);
    IgnoredPaths::new(repo.prefix(), results, &policy.logs).never(&policy.protected)
}
