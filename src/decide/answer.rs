//! Decisions that create no commit: a veto, permission to train, a request for changes. Also questions, which decide
//! nothing.

use super::author::By;
use super::publish::Register;
use super::recorded::decision_in;
use super::transact::refuse_unacknowledged;
use super::{DecideError, Decider};
use crate::approved::Lineage;
use crate::approved::ignored_paths_at;
use crate::approved::read_baselines;
use crate::approved::{decisions, expected_tip};
use crate::ledger::{Body, Ledger};
use crate::model::{
    AgentText, Amendment, Answer, Built, CandidateKind, CommitId, Decision, DecisionKind, ExperimentId, Finding, Gate,
    ProposalBase, ProposalId, ProposalRef, ProposalState, Questions,
};
use crate::policy::{ChangeContext, Policy, findings};
use crate::repo::{CandidateSpec, build, pin};

/// Returns an error if the answer is not valid for its kind and gate.
fn check(answer: &Answer) -> Result<(), DecideError> {
    let says_nothing = answer.reason.trim().is_empty() && answer.comments.is_empty();
    match (answer.kind, &answer.proposal) {
        (DecisionKind::Vetoed, _) if answer.reason.trim().is_empty() => Err(DecideError::NoReason),
        (DecisionKind::Vetoed, _) => Ok(()),
        (_, None) => Err(DecideError::NotApplicable(Answer::NO_AGENT)),
        (DecisionKind::ChangesRequested, _) if says_nothing => Err(DecideError::NotApplicable(Answer::NO_CHANGES)),
        (DecisionKind::ChangesRequested | DecisionKind::Stale, _) => Ok(()),
        (DecisionKind::Approved, Some(asked)) if asked.gate == Gate::Run => Ok(()),
        _ => Err(DecideError::NotApplicable("that decision creates a commit, so it cannot be recorded as an answer")),
    }
}

impl Decider {
    /// Records a decision that creates no commit. The change stays pinned.
    pub fn answer(&self, answer: &Answer) -> Result<Decision, DecideError> {
        check(answer)?;
        let (mut ledger, policy) = self.ready_for_person()?;
        self.refuse_edge(&ledger, &self.branch(&policy, &ledger))?;
        if answer.kind.is_final() {
            self.refuse_decided(&ledger, &answer.experiment, answer.gate())?;
        }
        self.refuse_unasked(&ledger, &answer.experiment, answer.proposal.as_ref(), answer.gate())?;
        if let (DecisionKind::Approved, Some(asked)) = (answer.kind, &answer.proposal) {
            self.refuse_critical(&ledger, &policy, asked, &answer.acknowledged)?;
        }
        let person = self.person()?;
        pin(&self.repo, answer.head)?;
        let body = Body::Decision {
            experiment: answer.experiment.clone(),
            decision: answer.kind,
            intent: None,
            commit: None,
            proposal: answer.proposal.clone(),
            comments: answer.comments.clone(),
            acknowledged: answer.acknowledged.clone(),
            on_screen_s: answer.on_screen_s,
            by_policy: false,
            reviewer: person.to_string(),
            reason: answer.reason.trim().to_owned(),
        };
        let entry = self.record(&mut ledger, &policy, By::Person(&person), body)?;
        self.close(&mut ledger);
        self.publish_about(&ledger, &[&answer.experiment]);
        decision_in(&ledger, &entry)
    }

    /// Sends questions to the agent and returns the number of their record. The proposal stays pending.
    pub fn ask(&self, questions: &Questions) -> Result<u64, DecideError> {
        if questions.comments.iter().all(|comment| comment.body.trim().is_empty()) {
            return Err(DecideError::NotApplicable(Questions::EMPTY));
        }
        let (mut ledger, policy) = self.ready_for_person()?;
        let experiment: ExperimentId = questions.proposal.head.into();
        self.refuse_unasked(&ledger, &experiment, Some(&questions.proposal), questions.proposal.gate)?;
        let person = self.person()?;
        let body = Body::Asked {
            proposal: questions.proposal.clone(),
            comments: questions.comments.clone(),
            reviewer: person.to_string(),
        };
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        self.close(&mut ledger);
        self.publish_about(&ledger, &[&experiment]);
        Ok(seq)
    }

    /// Returns an error unless the answer is for the pending proposal that was shown, or for a change without a pending
    /// proposal.
    pub(super) fn refuse_unasked(
        &self,
        ledger: &Ledger,
        experiment: &ExperimentId,
        shown: Option<&ProposalRef>,
        gate: Gate,
    ) -> Result<(), DecideError> {
        let register = self.register(ledger)?;
        let standing = register.standing(ledger, &self.identity);
        let is_pending = |id| standing.get(id) == Some(&ProposalState::Pending);
        let Some(shown) = shown else {
            let of_it = || register.proposals.iter().filter(|one| one.experiment() == *experiment);
            if of_it().any(|one| matches!(standing.get(&one.id), Some(ProposalState::Superseded(by)) if is_pending(by)))
            {
                return Err(DecideError::Changed("the agent has replaced this proposal".to_owned()));
            }
            let waits = of_it().any(|one| is_pending(&one.id));
            return if waits {
                Err(DecideError::Changed("an agent has proposed this change since".to_owned()))
            } else {
                Ok(())
            };
        };
        let known = register.proposals.iter().find(|one| one.id == shown.id);
        if known.is_none_or(|known| known.asked() != *shown || shown.gate != gate || known.experiment() != *experiment)
        {
            return Err(DecideError::Changed("that proposal differs from what was shown".to_owned()));
        }
        if !is_pending(&shown.id) {
            return Err(DecideError::Changed(
                "the proposal has been answered, or the agent has replaced it".to_owned(),
            ));
        }
        Ok(())
    }

    /// Checks the change that is about to be trained for critical findings once more.
    fn refuse_critical(
        &self,
        ledger: &Ledger,
        policy: &Policy,
        asked: &ProposalRef,
        typed: &[String],
    ) -> Result<(), DecideError> {
        // On a diverged branch the comparison would be with somebody else's commit.
        self.refuse_diverged(ledger, &self.branch(policy, ledger))?;
        let reference = self.reference(ledger, policy)?.unwrap_or(asked.base);
        let ground = self.ground(ledger, &*self.register(ledger)?, policy, &asked.id, Gate::Run, reference)?;
        refuse_unacknowledged(&self.findings_of(policy, asked, ground.as_ref(), reference, &[])?, typed)
    }

    /// Returns the findings in everything that would be trained, compared with a commit that has the approved tree.
    pub(super) fn findings_of(
        &self,
        policy: &Policy,
        asked: &ProposalRef,
        ground: Option<&ProposalBase>,
        reference: CommitId,
        words: &[(&'static str, &AgentText)],
    ) -> Result<Vec<Finding>, DecideError> {
        let built = self.build_on(policy, asked, reference, "", reference)?;
        let judged = match &built {
            Built::Ready(candidate) => {
                ChangeContext { measured_as_is: None, ..ChangeContext::of(candidate, None, &[]) }
            }
            _ => ChangeContext::default(),
        };
        Ok(findings(policy, built.files(), ChangeContext { words, ground, ..judged }))
    }

    /// Returns the ground of a proposal, by its id; `None` for a proposal that was not collected.
    pub(super) fn ground(
        &self,
        ledger: &Ledger,
        register: &Register,
        policy: &Policy,
        id: &ProposalId,
        gate: Gate,
        reference: CommitId,
    ) -> Result<Option<ProposalBase>, DecideError> {
        let Some(proposal) = register.proposals.iter().find(|one| one.id == *id) else { return Ok(None) };
        let lineage = Lineage {
            repo: &self.repo.scratch()?,
            ignored: &ignored_paths_at(gate, &self.repo, &self.identity, policy),
            proposals: &register.proposals,
            decisions: &decisions(ledger.chain(), &self.identity),
            reference,
        };
        Ok(Some(lineage.ground(proposal, gate)?))
    }

    /// Returns the commit that gates compare with: the tip that the last decision left the approved branch at, else the
    /// commit where the loop began when the person joined it. `None` if neither is known; the results name a start too,
    /// but the agent writes them.
    pub(super) fn reference(&self, ledger: &Ledger, policy: &Policy) -> Result<Option<CommitId>, DecideError> {
        if let Some((_, tip)) = expected_tip(ledger.chain(), &self.branch(policy, ledger)) {
            return Ok(Some(tip));
        }
        let joined = match ledger.chain().began(&self.identity) {
            Some(joined) => joined,
            None => read_baselines(&self.repo.own_path("baselines.jsonl")?, &self.identity.key()),
        };
        let commit = joined.own.or(joined.last);
        // Keep the commit that gates compare with. A failure is reported when the proposal itself is pinned.
        let _ = pin(&self.repo, commit);
        Ok(commit)
    }

    /// Builds the candidate of a proposal on a tip.
    pub(super) fn build_asked(
        &self,
        policy: &Policy,
        asked: &ProposalRef,
        branch: &str,
        tip: CommitId,
    ) -> Result<Built, DecideError> {
        self.build_on(policy, asked, asked.base, branch, tip)
    }

    /// Builds the change of a proposal, relative to a commit, on a tip.
    fn build_on(
        &self,
        policy: &Policy,
        asked: &ProposalRef,
        from: CommitId,
        branch: &str,
        tip: CommitId,
    ) -> Result<Built, DecideError> {
        let wanted = CandidateSpec {
            kind: CandidateKind::Full,
            experiment: asked.head.into(),
            base: from,
            head: asked.head,
            measured_on: Some(asked.head),
            branch,
            tip,
            creates_branch: false,
            ignored: &ignored_paths_at(asked.gate, &self.repo, &self.identity, policy),
            amendment: &Amendment::default(),
        };
        Ok(build(&self.repo.scratch()?, &wanted)?)
    }
}
