//! Approved branches of the other loops of a repository: a loop is known by names that an agent chooses, and no choice of
//! names hides that somebody moved what was approved.

use super::{expected_tip, is_under_way};
use crate::ledger::Chain;
use crate::model::{CommitId, Warning};
use crate::repo::{Repo, RepoError, branch_tip};

/// Approved branches that are not where the ledger left them, beside the loop's own: the name, where it was left, and where
/// it is; `None` when it is gone.
fn strayed(repo: &Repo, chain: &Chain, own: &str) -> Result<Vec<(String, CommitId, Option<CommitId>)>, RepoError> {
    let mut found = Vec::new();
    for branch in chain.branches().into_iter().filter(|branch| *branch != own) {
        let Some((_, wanted)) = expected_tip(chain, branch) else { continue };
        let tip = branch_tip(repo, branch)?;
        if tip != Some(wanted) && !tip.is_some_and(|tip| is_under_way(repo, tip, chain)) {
            found.push((branch.to_owned(), wanted, tip));
        }
    }
    Ok(found)
}

/// True where an approved branch of another loop is not where the ledger left it, or is gone.
pub fn has_strayed(repo: &Repo, chain: &Chain, own: &str) -> Result<bool, RepoError> {
    Ok(!strayed(repo, chain, own)?.is_empty())
}

/// Why nothing is decided in this loop either; `None` where no other loop's approved branch was moved.
pub fn moved_elsewhere(repo: &Repo, chain: &Chain, own: &str) -> Result<Option<String>, RepoError> {
    let found = strayed(repo, chain, own)?.into_iter().find_map(|(branch, wanted, tip)| Some((branch, wanted, tip?)));
    Ok(found.map(|(branch, wanted, tip)| {
        format!(
            "somebody moved {branch}, the approved branch of another loop here, from {} to {}: look at it in that loop, or \
             put it back (git update-ref refs/heads/{branch} {wanted})",
            wanted.short(),
            tip.short()
        )
    }))
}

/// Those that are gone: nothing shows what was approved on them, and nothing else than that is wrong.
pub fn branches_gone(repo: &Repo, chain: &Chain, own: &str) -> Vec<Warning> {
    let gone = strayed(repo, chain, own).unwrap_or_default().into_iter().filter(|(.., tip)| tip.is_none());
    let warning = |(branch, wanted, _): (String, CommitId, Option<CommitId>)| {
        let message = format!(
            "{branch}, the approved branch of another loop here, is gone: git branch {branch} {wanted} puts it back"
        );
        Warning { path: "ledger".into(), line: 0, end_line: 0, message }
    };
    gone.map(warning).collect()
}
