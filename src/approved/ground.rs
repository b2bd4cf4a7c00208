//! Where the change of a proposal is judged from: its base, as far as that was approved.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::format::IgnoredPaths;
use crate::model::{CommitId, Decision, Fates, Gate, Ground, Proposal, ProposalId, TreeId};
use crate::repo::{Repo, RepoError, commits_beyond};

/// Commits of a base that are looked at and kept.
const MOST: usize = 500;

/// What grounds are found by.
#[derive(Clone, Copy)]
pub struct Lineage<'a> {
    /// A scratch repository: trees may be computed.
    pub repo: &'a Repo,
    /// Which files are bookkeeping.
    pub ignored: &'a IgnoredPaths,
    /// All proposals of the loop.
    pub proposals: &'a [Arc<Proposal>],
    /// All decisions of the loop, oldest first.
    pub decisions: &'a [Decision],
    /// The commit with the approved tree.
    pub reference: CommitId,
}

impl Lineage<'_> {
    /// What a proposal stands on. At the run gate all that would be trained is judged. At the keep gate the change
    /// from its base is, unless that was refused: then all of it that was not approved comes with it; or unless it
    /// goes on from what it takes the place of: then it begins where that began.
    pub fn ground(&self, proposal: &Proposal, gate: Gate) -> Result<Ground, RepoError> {
        let at_run_gate = gate == Gate::Run;
        let ground = Ground::approved(if at_run_gate { self.reference } else { proposal.base });
        let (beyond, _) = commits_beyond(self.repo, proposal.base, self.reference)?;
        let tree = |commit| self.repo.tree_id(commit);
        if beyond.is_empty()
            || self.repo.same_but_bookkeeping(tree(proposal.base)?, tree(self.reference)?, self.ignored)?
        {
            return Ok(ground);
        }
        let fates = Fates::of(self.decisions);
        let approved = self.approved(&fates, beyond.iter().map(|one| one.commit))?;
        let mut unapproved: Vec<CommitId> = beyond.iter().map(|one| one.commit).collect();
        unapproved.retain(|commit| !approved.contains(commit));
        let count = unapproved.len();
        unapproved.truncate(MOST);
        let refused = self.refused(&fates, &unapproved)?;
        let from = if at_run_gate {
            self.reference
        } else if refused.is_some() {
            self.repo.common_ancestor(proposal.base, self.reference).unwrap_or(self.reference)
        } else {
            self.first_of_rounds(proposal, &unapproved)
        };
        let is_part = count > 0 && from != proposal.base;
        Ok(Ground { from, unapproved, count, refused, is_part })
    }

    /// Commits that were approved, with all that their proposals changed.
    fn approved(&self, fates: &Fates, among: impl Iterator<Item = CommitId>) -> Result<HashSet<CommitId>, RepoError> {
        let heads: HashSet<CommitId> = among.filter(|commit| fates.is_approved(*commit)).collect();
        let mut approved = heads.clone();
        for proposal in self.proposals.iter().filter(|one| heads.contains(&one.head)) {
            approved.extend(commits_beyond(self.repo, proposal.head, proposal.base)?.0.iter().map(|one| one.commit));
        }
        Ok(approved)
    }

    /// The newest commit that a person refused, or that has the tree of one.
    fn refused(
        &self,
        fates: &Fates,
        commits: &[CommitId],
    ) -> Result<Option<(CommitId, crate::model::DecisionKind)>, RepoError> {
        let trees: HashMap<TreeId, _> =
            fates.refused().filter_map(|(commit, kind)| Some((self.repo.tree_id(commit).ok()?, kind))).collect();
        for commit in commits {
            let by_tree = || Ok::<_, RepoError>(trees.get(&self.repo.tree_id(*commit)?).copied());
            if let Some(kind) = fates.refusal(*commit).map_or_else(by_tree, |kind| Ok(Some(kind)))? {
                return Ok(Some((*commit, kind)));
            }
        }
        Ok(None)
    }

    /// The base of the first round that a proposal was made on top of.
    fn first_of_rounds(&self, proposal: &Proposal, below: &[CommitId]) -> CommitId {
        let by_id: HashMap<&ProposalId, &Arc<Proposal>> = self.proposals.iter().map(|one| (&one.id, one)).collect();
        let mut at = proposal;
        // Each names one that was taken in before it; the bound is for a list that somebody wrote.
        for _ in 0..self.proposals.len() {
            match at.supersedes.as_ref().and_then(|id| by_id.get(id)) {
                Some(before) if below.contains(&before.head) => at = before,
                _ => break,
            }
        }
        at.base
    }
}
