//! Approved branches of the other loops of a repository: the agent chooses the names that identify a loop, and no
//! choice of names may hide that somebody moved an approved branch.

use super::{expected_tip, is_in_progress};
use crate::ledger::Chain;
use crate::model::{CommitId, Warning};
use crate::repo::{Repo, RepoError, branch_tip};

/// Returns the diverged approved branches of other loops: name, recorded tip and actual tip, `None` if the branch is
/// gone.
fn strayed(repo: &Repo, chain: &Chain, own: &str) -> Result<Vec<(String, CommitId, Option<CommitId>)>, RepoError> {
    let mut found = Vec::new();
    for branch in chain.branches().into_iter().filter(|branch| *branch != own) {
        let Some((_, wanted)) = expected_tip(chain, branch) else { continue };
        let tip = branch_tip(repo, branch)?;
        if tip != Some(wanted) && !tip.is_some_and(|tip| is_in_progress(repo, tip, chain)) {
            found.push((branch.to_owned(), wanted, tip));
        }
    }
    Ok(found)
}

/// True if an approved branch of another loop has diverged or is gone.
pub fn any_diverged(repo: &Repo, chain: &Chain, own: &str) -> Result<bool, RepoError> {
    Ok(!strayed(repo, chain, own)?.is_empty())
}

/// Returns why nothing is decided in this loop either; `None` if no approved branch of another loop was moved.
pub fn moved_elsewhere(repo: &Repo, chain: &Chain, own: &str) -> Result<Option<String>, RepoError> {
    let found = strayed(repo, chain, own)?.into_iter().find_map(|(branch, wanted, tip)| Some((branch, wanted, tip?)));
    Ok(found.map(|(branch, wanted, tip)| {
        format!(
            "{branch} has diverged: somebody moved this approved branch of another loop from {} to {}; review it in that loop, or \
             restore it (git update-ref refs/heads/{branch} {wanted})",
            wanted.short(),
            tip.short()
        )
    }))
}

/// Returns warnings about branches that are gone, which show nothing of what was approved on them but are otherwise
/// harmless.
pub fn branches_gone(repo: &Repo, chain: &Chain, own: &str) -> Vec<Warning> {
    let gone = strayed(repo, chain, own).unwrap_or_default().into_iter().filter(|(.., tip)| tip.is_none());
    let warning = |(branch, wanted, _): (String, CommitId, Option<CommitId>)| {
        let message = format!(
            "{branch}, the approved branch of another loop here, is gone; restore it: git branch {branch} {wanted}"
        );
        Warning { path: "ledger".into(), line: 0, end_line: 0, message }
    };
    gone.map(warning).collect()
}
