//! One decision, from lock to record.

use jiff::Timestamp;

use super::author::By;
use super::recorded::decision_in;
use super::signed::sign_as;
use super::{DecideError, Decider, commit_message};
use crate::approved::ignored_paths;
use crate::approved::{branch_problem, decisions, expected_tip, moved_elsewhere};
use crate::disk::{Step, reach};
use crate::ledger::{Body, CandidateRecord, Entry, Ledger, LoopKey};
use crate::model::{
    Amendment, Approval, Built, Candidate, CandidateKind, CommitId, Decision, DecisionKind, ExperimentId, Finding,
    Gate, HunkVerdict, MergeKind, ProposalBase, Severity, verdicts,
};
use crate::policy::{ChangeContext, Policy, findings};
use crate::repo::{
    CandidateSpec, NewCommit, Person, branch_tip, build, draft_commit, pin, refuse_checked_out, set_branch,
    write_commit,
};
use crate::signature::{FOR_COMMITS, SignatureError};

impl Decider {
    /// Commits a candidate on the approved branch and records it. Everything is on disk when this returns; on failure
    /// the branch is unchanged and the change is still pending.
    pub fn approve(&self, approval: &Approval) -> Result<Decision, DecideError> {
        let candidate = &approval.candidate;
        let (mut ledger, policy) = self.ready_for_person()?;
        let kind = candidate.decision();
        match kind {
            DecisionKind::Reverted => self.refuse_never_approved(&ledger, &candidate.experiment)?,
            _ => {
                self.refuse_decided(&ledger, &candidate.experiment, Gate::Keep)?;
                self.refuse_unasked(&ledger, &candidate.experiment, approval.proposal.as_ref(), Gate::Keep)?;
            }
        }
        let branch = self.branch(&policy, &ledger);
        self.refuse_edge(&ledger, &branch)?;
        self.refuse_moved(&ledger, &branch, candidate)?;
        let scratch = self.repo.scratch()?;
        let again = self.build_again(&scratch, &policy, &branch, approval)?;
        let words = approval.text.words();
        let ground = self.ground_shown(&ledger, &policy, approval)?;
        let judged = ChangeContext { words: &words, ground: ground.as_ref(), ..ChangeContext::of(&again, None, &[]) };
        refuse_unacknowledged(&findings(&policy, &again.files, judged), &approval.acknowledged)?;
        let hunks = self.hunks(&scratch, &policy, &branch, approval)?;
        let person = self.person()?;
        if candidate.kind == CandidateKind::Full {
            // The loop may amend the commit away, but it must be shown for as long as it is approved.
            pin(&self.repo, [candidate.source])?;
        }
        let at = self.now();
        let key = LoopKey::from(&self.identity);
        let intended = Body::Intent {
            experiment: candidate.experiment.clone(),
            decision: kind,
            candidate: CandidateRecord {
                branch: branch.clone(),
                tip: candidate.tip,
                creates_branch: candidate.creates_branch,
                tree: candidate.tree,
                measured_as_is: candidate.measured.is_some(),
                reverts: match candidate.kind {
                    CandidateKind::Full => None,
                    CandidateKind::Revert(commit) => Some(commit),
                },
                acknowledged: approval.acknowledged.clone(),
                hunks_unseen: approval.hunks_unseen,
                hunks,
                by_tokens: candidate.combined == MergeKind::Tokens,
            },
            on_screen_s: approval.on_screen_s,
            proposal: approval.proposal.clone(),
            comments: approval.comments.clone(),
            reviewer: person.to_string(),
            reason: approval.reason.clone(),
        };
        let intent = self.record(&mut ledger, &policy, By::Person(&person), intended)?;
        let committed = self.commit(&scratch, approval, &policy, &person, at, &intent);
        let commit = match committed {
            Ok(commit) => commit,
            // The branch moved and only its sync failed: recovery finishes that, so do not abandon it.
            Err(error) if self.find(&branch, candidate.tip, &intent)?.is_some() => return Err(error),
            Err(error) => {
                let body = Body::Abandoned { intent: intent.record.seq, reason: error.to_string() };
                // On a full disk this fails too, and the next decision closes the intent. The first error is the one to
                // report.
                let _ = ledger.append(&key, self.now(), body);
                return Err(error);
            }
        };
        let body = Body::Decision {
            experiment: candidate.experiment.clone(),
            decision: kind,
            intent: Some(intent.record.seq),
            commit: Some(commit),
            proposal: approval.proposal.clone(),
            comments: approval.comments.clone(),
            acknowledged: Vec::new(),
            on_screen_s: approval.on_screen_s,
            by_policy: false,
            reviewer: person.to_string(),
            reason: approval.reason.clone(),
        };
        let entry = ledger
            .append(&key, self.now(), body)
            .map_err(|source| DecideError::Unrecorded { branch: candidate.branch.clone(), source })?
            .clone();
        self.close(&mut ledger);
        self.after_approval(&mut ledger, &policy, &candidate.experiment);
        decision_in(&ledger, &entry)
    }

    /// Returns an error that names the earlier decision, for the second of two supervisors.
    pub(super) fn refuse_decided(&self, ledger: &Ledger, wanted: &ExperimentId, gate: Gate) -> Result<(), DecideError> {
        let settles = |decision: &Decision| {
            decision.experiment == *wanted && decision.gate == gate && !decision.by_policy && decision.kind.is_final()
        };
        match decisions(ledger.chain(), &self.identity).into_iter().rev().find(settles) {
            None => Ok(()),
            Some(stands) => Err(DecideError::AlreadyDecided { what: stands.kind.word(), who: stands.reviewer }),
        }
    }

    fn refuse_never_approved(&self, ledger: &Ledger, wanted: &ExperimentId) -> Result<(), DecideError> {
        let settles = |decision: &Decision| decision.experiment == *wanted && decision.settles();
        match decisions(ledger.chain(), &self.identity).into_iter().rev().find(settles) {
            Some(stands) if stands.is_approval() && stands.kind != DecisionKind::Reverted => Ok(()),
            Some(stands) => Err(DecideError::AlreadyDecided { what: stands.kind.word(), who: stands.reviewer }),
            None => Err(DecideError::Changed("it was never approved".to_owned())),
        }
    }

    /// Returns an error unless the branch is still at the candidate's tip, which is also the recorded one.
    fn refuse_moved(&self, ledger: &Ledger, branch: &str, candidate: &Candidate) -> Result<(), DecideError> {
        if branch != candidate.branch {
            return Err(DecideError::Changed(format!("approvals now go to {branch}, not to {}", candidate.branch)));
        }
        let tip = self.refuse_diverged(ledger, branch)?;
        if let Some(why) = moved_elsewhere(&self.repo, ledger.chain(), branch)? {
            return Err(DecideError::Diverged(why));
        }
        if tip != Some(candidate.tip).filter(|_| !candidate.creates_branch) {
            return Err(DecideError::moved(branch));
        }
        refuse_checked_out(&self.repo, branch)?;
        Ok(())
    }

    /// Returns the tip of the branch, if it is the recorded one.
    pub(super) fn refuse_diverged(&self, ledger: &Ledger, branch: &str) -> Result<Option<CommitId>, DecideError> {
        let tip = branch_tip(&self.repo, branch)?;
        match branch_problem(&self.repo, branch, tip, expected_tip(ledger.chain(), branch)) {
            Some(trouble) => Err(DecideError::Diverged(trouble)),
            None => Ok(tip),
        }
    }

    /// Returns the approved part of what the proposal builds on, which decisions made meanwhile may have changed.
    fn ground_shown(
        &self,
        ledger: &Ledger,
        policy: &Policy,
        approval: &Approval,
    ) -> Result<Option<ProposalBase>, DecideError> {
        let Some(asked) = &approval.proposal else { return Ok(None) };
        let tip = approval.candidate.tip;
        let ground = self.ground(ledger, &*self.register(ledger)?, policy, &asked.id, Gate::Keep, tip)?;
        if ground.as_ref().is_some_and(|ground| ground.from != approval.base) {
            return Err(DecideError::Changed("a proposal that it builds on was decided on meanwhile".to_owned()));
        }
        Ok(ground)
    }

    fn build_again(
        &self,
        scratch: &crate::repo::Repo,
        policy: &Policy,
        branch: &str,
        approval: &Approval,
    ) -> Result<Candidate, DecideError> {
        let candidate = &approval.candidate;
        match self.build_with(scratch, policy, branch, approval, &candidate.amendment)? {
            Built::Ready(again) if again.tree == candidate.tree && again.measured == candidate.measured => Ok(*again),
            _ => Err(DecideError::Changed("the change differs from what was shown".to_owned())),
        }
    }

    /// Returns the hunks that are not committed as proposed.
    fn hunks(
        &self,
        scratch: &crate::repo::Repo,
        policy: &Policy,
        branch: &str,
        approval: &Approval,
    ) -> Result<Vec<HunkVerdict>, DecideError> {
        let amendment = &approval.candidate.amendment;
        if amendment.is_empty() {
            return Ok(Vec::new());
        }
        let before = self.build_with(scratch, policy, branch, approval, &amendment.only_edits())?;
        Ok(verdicts(before.files(), amendment))
    }

    fn build_with(
        &self,
        scratch: &crate::repo::Repo,
        policy: &Policy,
        branch: &str,
        approval: &Approval,
        amendment: &Amendment,
    ) -> Result<Built, DecideError> {
        let candidate = &approval.candidate;
        let wanted = CandidateSpec {
            kind: candidate.kind,
            experiment: candidate.experiment.clone(),
            base: approval.base,
            head: candidate.source,
            measured_on: candidate.measured_on,
            branch,
            tip: candidate.tip,
            creates_branch: candidate.creates_branch,
            ignored: &ignored_paths(&self.repo, &self.identity, policy),
            amendment,
        };
        Ok(build(scratch, &wanted)?)
    }

    fn commit(
        &self,
        scratch: &crate::repo::Repo,
        approval: &Approval,
        policy: &Policy,
        person: &Person,
        at: Timestamp,
        intent: &Entry,
    ) -> Result<CommitId, DecideError> {
        let candidate = &approval.candidate;
        let message = commit_message(&approval.text, candidate, &person.to_string(), &approval.reason, intent);
        let new = NewCommit {
            tree: candidate.tree,
            parent: candidate.tip,
            author_of: match candidate.kind {
                CandidateKind::Full => Some(candidate.source),
                CandidateKind::Revert(_) => None,
            },
            committer: person,
            at_s: at.as_second(),
            message: &message,
        };
        let signs = person.signing.wanted || policy.signing_required;
        let drafted = draft_commit(scratch, &new, |bytes| -> Result<_, DecideError> {
            let signature = signs.then(|| sign_as(person, FOR_COMMITS, bytes, at)).transpose()?;
            reach(Step::Signed).map_err(SignatureError::Io)?;
            Ok(signature)
        })?;
        let commit = write_commit(&self.repo, scratch, &drafted)?;
        let from = (!candidate.creates_branch).then_some(candidate.tip);
        set_branch(&self.repo, &candidate.branch, from, commit, "countersign: approved")?;
        Ok(commit)
    }
}

/// Returns an error unless the word of every critical finding was typed.
pub(super) fn refuse_unacknowledged(findings: &[Finding], typed: &[String]) -> Result<(), DecideError> {
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Critical) {
        let word = finding.kind.word();
        if !typed.iter().any(|typed| typed == word) {
            return Err(DecideError::NotAcknowledged(word));
        }
    }
    Ok(())
}
