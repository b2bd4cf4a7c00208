//! The approved branch and the decisions, checked against each other.

use crate::approved::{branch_problem, expected_tip, is_in_progress, moved_elsewhere};
use crate::ledger::Chain;
use crate::model::Approved;
use crate::repo::{Repo, approved_commits, branch_tip, refuse_checked_out};

/// Largest number of commits of the approved branch that are read.
const MOST_COMMITS: usize = 100_000;

/// An approved branch that does not exist, for want of a repository or a branch, with the reason.
pub(super) fn none(trouble: String) -> Approved {
    Approved { branch: Approved::DEFAULT_BRANCH.to_owned(), trouble: Some(trouble), ..Approved::default() }
}

/// Reads the branch and checks whether decisions can be made.
pub(super) fn branch_state(
    repo: &Repo,
    branch: &str,
    chain: Result<&Chain, String>,
    doubts: (Option<String>, Option<&str>),
    being_decided: bool,
) -> Approved {
    let (doubt, policy_trouble) = doubts;
    let mut approved = Approved { branch: branch.to_owned(), ..Approved::default() };
    let chain = match chain {
        Ok(chain) => chain,
        Err(error) => {
            approved.trouble = Some(error);
            return approved;
        }
    };
    match branch_tip(repo, branch) {
        Ok(tip) => approved.tip = tip,
        Err(error) => {
            approved.trouble = Some(error.to_string());
            return approved;
        }
    }
    let expected = expected_tip(chain, branch);
    approved.start = expected.map(|(start, _)| start);
    if let (Some(start), Some(tip)) = (approved.start, approved.tip) {
        match approved_commits(repo, tip, start, &chain.adoptions(branch), MOST_COMMITS) {
            Ok(commits) => approved.commits = commits,
            Err(error) => approved.trouble = Some(error.to_string()),
        }
        let (decided, adopters) = (chain.decided_commits(), chain.adopters(branch));
        // Commits that were adopted together are next to each other, the adopted tip first.
        let mut adopter = None;
        for commit in &mut approved.commits {
            commit.in_ledger = decided.contains_key(&commit.commit);
            adopter = adopters.get(&commit.commit).copied().or(adopter);
            commit.adopted_by = adopter.filter(|_| commit.is_adopted).map(str::to_owned);
        }
    }
    approved.interrupted = !being_decided && approved.tip.is_some_and(|tip| is_in_progress(repo, tip, chain));
    let is_moved = expected.is_some_and(|(_, expected_tip)| approved.tip != Some(expected_tip));
    approved.diverged = is_moved && !approved.interrupted && !being_decided;
    let foreign_owner = repo.refuse_foreign_owner().err().map(|error| error.to_string());
    let trouble = approved.trouble.take().or(foreign_owner).or(doubt.filter(|_| !being_decided)).or_else(|| {
        policy_trouble
            .map(|trouble| format!("cannot read the policy: {trouble}"))
            // While a decision is being written the branch and the ledger differ. That is not an error, and they are
            // checked again before anything is decided.
            .or_else(|| interrupted(&approved).filter(|_| !being_decided))
            .or_else(|| branch_problem(repo, branch, approved.tip, expected).filter(|_| !being_decided))
            .or_else(|| {
                let elsewhere = moved_elsewhere(repo, chain, branch).unwrap_or_else(|error| Some(error.to_string()));
                elsewhere.filter(|_| !being_decided)
            })
            .or_else(|| refuse_checked_out(repo, branch).err().map(|error| error.to_string()))
    });
    approved.trouble = trouble;
    approved
}

fn interrupted(approved: &Approved) -> Option<String> {
    let text = "a decision was interrupted: the next decision or start completes it, or reports why it cannot";
    approved.interrupted.then(|| text.to_owned())
}
