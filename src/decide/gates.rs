//! Answers without a person: an `auto` gate, stale, expired. None of them moves a branch, and each is recorded as the
//! policy's, never as a person's.

use std::collections::HashSet;
use std::sync::Arc;

use super::author::By;
use super::publish::Register;
use super::{DecideError, Decider};
use crate::approved::{any_diverged, decisions, default_editable, expected_tip, paused, policy_change};
use crate::ledger::{Body, Entry, Ledger};
use crate::model::CommitText;
use crate::model::{
    Built, CommitId, DecisionKind, ExperimentId, FileChange, Gate, Proposal, ProposalRef, ProposalState, Severity,
    Spent,
};
use crate::policy::{Answerer, Policy, objection};
use crate::repo::{branch_tip, files_between};

/// Reviewer in the ledger for decisions that no person made.
pub(super) const POLICY: &str = "policy";
/// Maximum number of pending proposals that are checked after an approval.
const MAX_CHECKED: usize = 200;

impl Decider {
    /// Answers the proposals that need no person. Returns their number, and the reason why the policy's key could not
    /// sign; a person is asked in that case. An `auto` gate does not answer while the budget is used up.
    pub(super) fn answer_without_person(
        &self,
        ledger: &mut Ledger,
        register: &Register,
        new: &[Arc<Proposal>],
        spent: Spent,
    ) -> Result<(usize, Option<String>), DecideError> {
        // A changed policy file may be the person's own, stricter one: ask them until that is settled.
        let is_settled = policy_change(&self.repo, ledger.chain()).is_none();
        let Ok(policy) = self.policy(ledger) else {
            // A policy that cannot be read permits nothing.
            return Ok((0, None));
        };
        let mut unsigned = None;
        let is_used_up = policy.budget.is_used_up_by(ledger.chain().spent(&self.identity).with(spent));
        let standing = register.standing(ledger, &self.identity);
        let mut answered = 0;
        for proposal in new.iter().filter(|one| standing.get(&one.id) == Some(&ProposalState::Pending)) {
            // A proposal that cannot be assessed (a broken tree, say) is left to a person, whose screen shows why; it
            // must not block the others.
            if let Some(reason) = self.stale(ledger, &policy, proposal).unwrap_or_default() {
                self.record_answer(ledger, &policy, proposal, DecisionKind::Stale, reason)?;
                answered += 1;
            } else if is_settled
                && !is_used_up
                && unsigned.is_none()
                && self.lets_through(ledger, register, &policy, proposal).unwrap_or_default()
            {
                let gate = proposal.gate.word();
                let reason = format!("the {gate} gate is auto in the policy");
                match self.record_answer(ledger, &policy, proposal, DecisionKind::Approved, reason) {
                    Ok(()) => answered += 1,
                    Err(DecideError::Signature(error)) => unsigned = Some(error.to_string()),
                    Err(error) => return Err(error),
                }
            }
        }
        answered += self.expire(ledger, register, &policy)?;
        self.close(ledger);
        Ok((answered, unsigned))
    }

    /// True if the gate is `auto`, the loop is not paused, everything that would be trained differs from the approved
    /// tree only in paths that the policy lets change, and no finding is critical.
    fn lets_through(
        &self,
        ledger: &Ledger,
        register: &Register,
        policy: &Policy,
        proposal: &Proposal,
    ) -> Result<bool, DecideError> {
        if policy.gates.answerer(proposal.gate) != Answerer::Auto || paused(ledger.chain()).is_some() {
            return Ok(false);
        }
        // Where signatures are required, a gate opens automatically only with a key of its own, and only to train.
        if policy.signing_required && (policy.automatic_key.is_none() || proposal.gate != Gate::Run) {
            return Ok(false);
        }
        // On a diverged branch a person has to say what is approved.
        let branch = self.branch(policy, ledger);
        let tip = expected_tip(ledger.chain(), &branch).map(|(_, tip)| tip);
        let is_moved = tip.is_some() && branch_tip(&self.repo, &branch)? != tip;
        if is_moved || any_diverged(&self.repo, ledger.chain(), &branch)? {
            return Ok(false);
        }
        // Only the person may let through what they vetoed, whatever commit it comes back as.
        if self.was_vetoed(ledger, proposal.head)? {
            return Ok(false);
        }
        // A loop that nobody joined is compared with the start of the first loop, as long as nothing was approved
        // since.
        let is_joined = ledger.chain().began(&self.identity).is_some_and(|began| began.own.is_some());
        if tip.is_none() && !is_joined && !ledger.chain().branches().is_empty() {
            return Ok(false);
        }
        let Some(reference) = self.reference(ledger, policy)? else { return Ok(false) };
        if objection(policy, self.editable(policy, reference).as_deref(), &self.changed(proposal, reference)?).is_some()
        {
            return Ok(false);
        }
        let text = CommitText {
            description: proposal.title.clone(),
            rationale: proposal.rationale.clone(),
            assistant: proposal.agent.byline(),
            ..CommitText::default()
        };
        let ground = self.ground(ledger, register, policy, &proposal.id, Gate::Run, reference)?;
        let found = self.findings_of(policy, &proposal.asked(), ground.as_ref(), reference, &text.words())?;
        Ok(found.iter().all(|finding| finding.severity < Severity::Critical))
    }

    /// True if a person vetoed a commit with the same tree, among the last [`MAX_CHECKED`] that they vetoed.
    fn was_vetoed(&self, ledger: &Ledger, head: CommitId) -> Result<bool, DecideError> {
        let tree = self.repo.tree_id(head)?;
        let decided = decisions(ledger.chain(), &self.identity);
        let vetoed = decided.iter().rev().filter(|one| one.kind == DecisionKind::Vetoed).take(MAX_CHECKED);
        let mut commits = vetoed.filter_map(|one| one.experiment.as_str().parse::<CommitId>().ok());
        // A commit that is gone may have had the same tree.
        Ok(commits.any(|commit| self.repo.tree_id(commit).map_or(true, |its| its == tree)))
    }

    /// Returns the paths that may change: the policy's, else the defaults of the loop's format.
    fn editable(&self, policy: &Policy, reference: CommitId) -> Option<Vec<String>> {
        policy.editable.clone().or_else(|| default_editable(&self.repo, reference))
    }

    /// Returns all differences between the approved tree and the proposed one, ignored paths included.
    fn changed(&self, proposal: &Proposal, reference: CommitId) -> Result<Vec<FileChange>, DecideError> {
        let repo = self.repo.scratch()?;
        Ok(files_between(&repo, repo.tree_id(reference)?, repo.tree_id(proposal.head)?)?)
    }

    /// Returns why a proposal made on an earlier tip no longer applies to the approved branch; `None` if it applies, or
    /// builds on a proposal that is still pending.
    fn stale(&self, ledger: &Ledger, policy: &Policy, proposal: &Proposal) -> Result<Option<String>, DecideError> {
        let branch = self.branch(policy, ledger);
        let Some((start, tip)) = expected_tip(ledger.chain(), &branch) else { return Ok(None) };
        let on_branch = |base: CommitId| {
            let made = |entry: &Entry| matches!(entry.record.body, Body::Decision { commit: Some(commit), .. } if commit == base);
            base == start || ledger.chain().entries.iter().any(made)
        };
        if proposal.gate != Gate::Keep || proposal.base == tip || !on_branch(proposal.base) {
            return Ok(None);
        }
        Ok(match self.build_asked(policy, &proposal.asked(), &branch, tip)? {
            Built::Conflict(_) => Some(format!("it no longer applies to {branch}: propose it again on {tip}")),
            _ => None,
        })
    }

    fn expire(&self, ledger: &mut Ledger, register: &Register, policy: &Policy) -> Result<usize, DecideError> {
        let Some(hours) = policy.gates.expire_hours else { return Ok(0) };
        let latest = self.now().as_millisecond() - (hours * 3_600_000.0) as i64;
        let mut expired = HashSet::new();
        for proposal in register.pending(ledger, &self.identity).iter().filter(|one| one.collected_ms <= latest) {
            let reason = format!("no answer within {hours} hours");
            self.record_answer(ledger, policy, proposal, DecisionKind::Expired, reason)?;
            expired.insert(proposal.id.clone());
        }
        if !expired.is_empty() {
            self.publish(ledger, register, &|proposal| expired.contains(&proposal.id))?;
        }
        Ok(expired.len())
    }

    /// Follows up an approval: notifies its agent, and the agents whose changes now conflict.
    pub(super) fn after_approval(&self, ledger: &mut Ledger, policy: &Policy, approved: &ExperimentId) {
        let mut touched = vec![approved.clone()];
        // The decision stands even if this fails; failures are handled at the next opportunity.
        if let Ok(register) = self.register(ledger) {
            for proposal in register.pending(ledger, &self.identity).iter().take(MAX_CHECKED) {
                if let Ok(Some(reason)) = self.stale(ledger, policy, proposal)
                    && self.record_answer(ledger, policy, proposal, DecisionKind::Stale, reason).is_ok()
                {
                    touched.push(proposal.experiment());
                }
            }
            self.close(ledger);
        }
        self.publish_about(ledger, &touched.iter().collect::<Vec<_>>());
    }

    /// Records an answer of the policy.
    fn record_answer(
        &self,
        ledger: &mut Ledger,
        policy: &Policy,
        proposal: &Proposal,
        kind: DecisionKind,
        reason: String,
    ) -> Result<(), DecideError> {
        let asked: ProposalRef = proposal.asked();
        let body = Body::Decision {
            experiment: proposal.experiment(),
            decision: kind,
            intent: None,
            commit: None,
            proposal: Some(asked),
            comments: Vec::new(),
            acknowledged: Vec::new(),
            on_screen_s: None,
            by_policy: true,
            reviewer: POLICY.to_owned(),
            reason,
        };
        self.record(ledger, policy, By::Policy, body)?;
        Ok(())
    }
}
