//! The ground of a proposal: the point from which its change is reviewed, as far as its base was approved.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::format::IgnoredPaths;
use crate::model::{CommitId, Decision, Gate, PersonDecisions, Proposal, ProposalBase, ProposalId, TreeId};
use crate::repo::{Repo, RepoError, commits_between};

/// Maximum number of commits of a base that are checked and kept.
const MOST: usize = 500;

/// The facts that grounds are computed from.
#[derive(Clone, Copy)]
pub struct Lineage<'a> {
    /// A scratch repository: trees may be computed.
    pub repo: &'a Repo,
    /// The ignored paths.
    pub ignored: &'a IgnoredPaths,
    /// All proposals of the loop.
    pub proposals: &'a [Arc<Proposal>],
    /// All decisions of the loop, oldest first.
    pub decisions: &'a [Decision],
    /// The commit with the approved tree.
    pub reference: CommitId,
}

impl Lineage<'_> {
    /// Returns the ground of a proposal. At the run gate everything that would be trained is reviewed. At the keep gate
    /// the change from its base is, with two exceptions: if the base was refused, everything that was not approved is
    /// included; if the proposal continues one that it supersedes, the change begins where that one began.
    pub fn ground(&self, proposal: &Proposal, gate: Gate) -> Result<ProposalBase, RepoError> {
        let at_run_gate = gate == Gate::Run;
        let ground = ProposalBase::approved(if at_run_gate { self.reference } else { proposal.base });
        let (beyond, _) = commits_between(self.repo, proposal.base, self.reference)?;
        let tree = |commit| self.repo.tree_id(commit);
        if beyond.is_empty()
            || self.repo.same_except_ignored(tree(proposal.base)?, tree(self.reference)?, self.ignored)?
        {
            return Ok(ground);
        }
        let fates = PersonDecisions::of(self.decisions);
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
        Ok(ProposalBase { from, unapproved, count, refused, is_part })
    }

    /// Returns the approved commits, with everything that their proposals changed.
    fn approved(
        &self,
        fates: &PersonDecisions,
        among: impl Iterator<Item = CommitId>,
    ) -> Result<HashSet<CommitId>, RepoError> {
        let heads: HashSet<CommitId> = among.filter(|commit| fates.is_approved(*commit)).collect();
        let mut approved = heads.clone();
        for proposal in self.proposals.iter().filter(|one| heads.contains(&one.head)) {
            approved.extend(commits_between(self.repo, proposal.head, proposal.base)?.0.iter().map(|one| one.commit));
        }
        Ok(approved)
    }

    /// Returns the newest commit that a person refused, or that has the same tree as one.
    fn refused(
        &self,
        fates: &PersonDecisions,
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

    /// Returns the base of the first of the superseded proposals that this one builds on.
    fn first_of_rounds(&self, proposal: &Proposal, below: &[CommitId]) -> CommitId {
        let by_id: HashMap<&ProposalId, &Arc<Proposal>> = self.proposals.iter().map(|one| (&one.id, one)).collect();
        let mut at = proposal;
        // Each names one that was collected before it; the bound protects against a forged list.
        for _ in 0..self.proposals.len() {
            match at.supersedes.as_ref().and_then(|id| by_id.get(id)) {
                Some(before) if below.contains(&before.head) => at = before,
                _ => break,
            }
        }
        at.base
    }
}
