//! One decision, from lock to record.

use jiff::Timestamp;

use super::signed::sign_record;
use super::{CommitText, Desk, DeskError, bookkeeping, commit_message};
use crate::disk::{Step, reach};
use crate::ledger::{Body, CandidateRecord, Entry, Ledger, LoopKey, write_anchor};
use crate::model::{Built, Candidate, CandidateKind, CommitId, Decision, DecisionKind, ExperimentId, Severity};
use crate::observe::expected_tip;
use crate::policy::{Judged, Policy, findings};
use crate::repo::{
    NewCommit, Person, Wanted, branch_tip, build, draft_commit, pin, refuse_checked_out, set_branch, write_commit,
};
use crate::signature::{FOR_COMMITS, SignatureError, sign};

/// An approval, or the revert of one: a candidate as it was shown, and what the person said.
#[derive(Clone, Debug)]
pub struct Approval {
    /// What is committed.
    pub candidate: Candidate,
    /// Commit before the change: the experiment's base, or the reverted commit's parent.
    pub base: CommitId,
    /// What the message is made of.
    pub text: CommitText,
    /// Why; may be empty for an approval.
    pub reason: String,
    /// Words of the critical findings that the person typed.
    pub acknowledged: Vec<String>,
    /// Hunks that were never on the screen.
    pub hunks_unseen: usize,
}

/// A veto.
#[derive(Clone, Debug)]
pub struct Veto {
    /// What is refused.
    pub experiment: ExperimentId,
    /// Its commit, which stays pinned; `None` when it has none.
    pub head: Option<CommitId>,
    /// Why.
    pub reason: String,
}

impl Desk {
    /// Commits a candidate on the approved branch and records it. Everything is on disk when this
    /// returns; when it fails, the branch is where it was and the change still waits.
    pub fn approve(&self, approval: &Approval) -> Result<Decision, DeskError> {
        let candidate = &approval.candidate;
        let mut ledger = self.ready()?;
        let policy = self.policy(&ledger)?;
        let kind = match candidate.kind {
            CandidateKind::Full => DecisionKind::Approved,
            CandidateKind::Revert(_) => DecisionKind::Reverted,
        };
        self.refuse_decided(&ledger, &candidate.experiment, kind)?;
        let branch = self.branch(&policy, &ledger);
        self.refuse_moved(&ledger, &branch, candidate)?;
        let scratch = self.repo.scratch()?;
        let again = self.build_again(&scratch, &policy, &branch, approval)?;
        let words = approval.text.words();
        let judged = Judged { words: &words, ..Judged::of(&again, None, &[]) };
        for finding in findings(&policy, &again.files, judged) {
            let word = finding.kind.word();
            if finding.severity == Severity::Critical && !approval.acknowledged.iter().any(|typed| typed == word) {
                return Err(DeskError::NotAcknowledged(word));
            }
        }
        let person = self.person()?;
        let at = self.now();
        let key = LoopKey::from(&self.identity);
        let intent = ledger
            .append(
                &key,
                at,
                Body::Intent {
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
                    },
                    reviewer: person.to_string(),
                    reason: approval.reason.clone(),
                },
            )?
            .clone();
        let committed = self.commit(&scratch, approval, &policy, &person, at, &intent);
        let commit = match committed {
            Ok(commit) => commit,
            // The branch moved and only its sync failed: recovery finishes that, it is not abandoned.
            Err(error) if self.find(&branch, candidate.tip, &intent)?.is_some() => return Err(error),
            Err(error) => {
                let body = Body::Abandoned { intent: intent.record.seq, reason: error.to_string() };
                // Where the disk is full this fails, too; the next decision ends the intent. What is
                // told is what happened first.
                if ledger.append(&key, self.now(), body).is_ok() {
                    let _ = self.anchor(&ledger);
                }
                return Err(error);
            }
        };
        let body = Body::Decision {
            experiment: candidate.experiment.clone(),
            decision: kind,
            intent: Some(intent.record.seq),
            commit: Some(commit),
            reviewer: person.to_string(),
            reason: approval.reason.clone(),
        };
        let seq = ledger.append(&key, at, body)?.record.seq;
        self.anchor_decided(&ledger);
        Ok(Decision {
            experiment: candidate.experiment.clone(),
            kind,
            commit: Some(commit),
            tree: Some(candidate.tree),
            measured_as_is: candidate.measured.is_some(),
            reviewer: person.to_string(),
            at_ms: at.as_millisecond(),
            reason: approval.reason.clone(),
            seq,
        })
    }

    /// Records a veto. The change stays pinned.
    pub fn veto(&self, veto: &Veto) -> Result<Decision, DeskError> {
        if veto.reason.trim().is_empty() {
            return Err(DeskError::NoReason);
        }
        let mut ledger = self.ready()?;
        let policy = self.policy(&ledger)?;
        self.refuse_decided(&ledger, &veto.experiment, DecisionKind::Vetoed)?;
        let person = self.person()?;
        pin(&self.repo, veto.head)?;
        let at = self.now();
        let body = Body::Decision {
            experiment: veto.experiment.clone(),
            decision: DecisionKind::Vetoed,
            intent: None,
            commit: None,
            reviewer: person.to_string(),
            reason: veto.reason.trim().to_owned(),
        };
        let mut record = ledger.next(&LoopKey::from(&self.identity), at, body);
        sign_record(&policy, &person, &mut record)?;
        let seq = ledger.append_record(record)?.record.seq;
        self.anchor_decided(&ledger);
        Ok(Decision {
            experiment: veto.experiment.clone(),
            kind: DecisionKind::Vetoed,
            commit: None,
            tree: None,
            measured_as_is: false,
            reviewer: person.to_string(),
            at_ms: at.as_millisecond(),
            reason: veto.reason.trim().to_owned(),
            seq,
        })
    }

    /// The second of two supervisors sees who decided.
    fn refuse_decided(&self, ledger: &Ledger, wanted: &ExperimentId, kind: DecisionKind) -> Result<(), DeskError> {
        let key = LoopKey::from(&self.identity);
        let standing =
            ledger.chain().entries.iter().rev().filter(|entry| entry.record.loop_key == key).find_map(|entry| {
                match &entry.record.body {
                    Body::Decision { experiment, decision, reviewer, .. } if experiment == wanted => {
                        Some((*decision, reviewer))
                    }
                    _ => None,
                }
            });
        match (standing, kind) {
            (None, DecisionKind::Reverted) => Err(DeskError::Changed("it was never approved".to_owned())),
            (None, _) | (Some((DecisionKind::Approved | DecisionKind::Partial, _)), DecisionKind::Reverted) => Ok(()),
            (Some((decision, reviewer)), _) => {
                Err(DeskError::AlreadyDecided { what: decision.word(), who: reviewer.clone() })
            }
        }
    }

    /// The branch must be where the candidate was built and where the ledger left it.
    fn refuse_moved(&self, ledger: &Ledger, branch: &str, candidate: &Candidate) -> Result<(), DeskError> {
        if branch != candidate.branch {
            return Err(DeskError::Changed(format!("approvals go to {branch} now, not to {}", candidate.branch)));
        }
        let tip = branch_tip(&self.repo, branch)?;
        let expected = expected_tip(ledger.chain(), branch).map(|(_, tip)| tip);
        if tip != expected {
            let found = tip.map_or_else(|| "gone".to_owned(), |tip| format!("at {}", tip.short()));
            return Err(DeskError::Foreign(format!(
                "{branch} is {found}, where no decision left it; nothing is decided until a person adopts or restores it (countersign adopt, countersign restore)"
            )));
        }
        if tip != Some(candidate.tip).filter(|_| !candidate.creates_branch) {
            return Err(DeskError::Changed(format!("{branch} moved while you were looking")));
        }
        refuse_checked_out(&self.repo, branch)?;
        Ok(())
    }

    fn build_again(
        &self,
        scratch: &crate::repo::Repo,
        policy: &Policy,
        branch: &str,
        approval: &Approval,
    ) -> Result<Candidate, DeskError> {
        let candidate = &approval.candidate;
        let built = build(
            scratch,
            &Wanted {
                kind: candidate.kind,
                experiment: candidate.experiment.clone(),
                base: approval.base,
                head: candidate.source,
                measured_on: candidate.measured_on,
                branch,
                tip: candidate.tip,
                creates_branch: candidate.creates_branch,
                books: &bookkeeping(&self.repo, &self.identity, policy),
            },
        )?;
        match built {
            Built::Ready(again) if again.tree == candidate.tree && again.measured == candidate.measured => Ok(again),
            _ => Err(DeskError::Changed("the change is not the one that was shown".to_owned())),
        }
    }

    fn commit(
        &self,
        scratch: &crate::repo::Repo,
        approval: &Approval,
        policy: &Policy,
        person: &Person,
        at: Timestamp,
        intent: &Entry,
    ) -> Result<CommitId, DeskError> {
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
        let drafted = draft_commit(scratch, &new, |bytes| -> Result<_, DeskError> {
            let signature = signs.then(|| sign(&person.signing, FOR_COMMITS, bytes)).transpose()?;
            reach(Step::Signed).map_err(SignatureError::Io)?;
            Ok(signature)
        })?;
        let commit = write_commit(&self.repo, scratch, &drafted)?;
        let from = (!candidate.creates_branch).then_some(candidate.tip);
        set_branch(&self.repo, &candidate.branch, from, commit, "countersign: approved")?;
        Ok(commit)
    }

    pub(super) fn anchor(&self, ledger: &Ledger) -> Result<(), DeskError> {
        Ok(write_anchor(&self.anchor, &self.ledger, ledger.chain())?)
    }

    /// Anchors a decision that is on disk already. When that fails it stands all the same: an anchor
    /// may lag, `verify` says so, and the next decision or start brings it up.
    pub(super) fn anchor_decided(&self, ledger: &Ledger) {
        let _ = self.anchor(ledger);
    }
}
