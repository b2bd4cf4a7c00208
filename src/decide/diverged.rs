//! Settles a diverged approved branch, perhaps moved by an honest merge: a person adopts or restores it, and either is
//! recorded in the ledger.

use super::author::By;
use super::{DecideError, Decider};
use crate::approved::expected_tip;
use crate::ledger::{Body, Entry, Ledger, LoopKey};
use crate::model::{Diverged, Remedy};
use crate::policy::{ChangeContext, Policy, findings};
use crate::repo::{
    branch_tip, commits_between, files_between, free_branch, pin_foreign, refuse_checked_out, set_branch,
};

impl Decider {
    /// Returns how the approved branch diverged; `None` if it is at the recorded tip.
    pub fn diverged(&self) -> Result<Option<Diverged>, DecideError> {
        let ledger = self.ready()?;
        let policy = self.policy(&ledger)?;
        self.find_diverged(&ledger, &policy)
    }

    fn find_diverged(&self, ledger: &Ledger, policy: &Policy) -> Result<Option<Diverged>, DecideError> {
        let branch = self.branch(policy, ledger);
        let found = branch_tip(&self.repo, &branch)?;
        let Some((_, expected)) = expected_tip(ledger.chain(), &branch) else { return Ok(None) };
        if found == Some(expected) {
            return Ok(None);
        }
        let (commits, is_adoptable) = match found {
            Some(found) => commits_between(&self.repo, found, expected)?,
            None => (Vec::new(), false),
        };
        let files = match found {
            Some(found) => {
                let scratch = self.repo.scratch()?;
                files_between(&scratch, scratch.tree_id(expected)?, scratch.tree_id(found)?)?
            }
            None => Vec::new(),
        };
        let findings = findings(policy, &files, ChangeContext::default());
        Ok(Some(Diverged { branch, expected, found, commits, files, findings, is_adoptable }))
    }

    /// Adopts or restores the branch as it was shown, and returns the number of the record.
    pub fn settle_diverged(
        &self,
        shown: &Diverged,
        remedy: Remedy,
        reason: &str,
        acknowledged: &[String],
    ) -> Result<u64, DecideError> {
        let (mut ledger, policy) = self.ready_for_person()?;
        // Decide from the branch's current state, not from the values that a screen returned.
        let same = |now: &Diverged| now.found == shown.found && now.expected == shown.expected;
        let Some(now) = self.find_diverged(&ledger, &policy)?.filter(same) else {
            return Err(DecideError::moved(&shown.branch));
        };
        let person = self.person()?;
        let body = match (remedy, now.found) {
            (Remedy::Adopt, Some(to)) if now.is_adoptable => {
                if let Some(word) = now.words().into_iter().find(|word| !acknowledged.iter().any(|got| got == word)) {
                    return Err(DecideError::NotAcknowledged(word));
                }
                pin_foreign(&self.repo, to)?;
                Body::Adopted {
                    branch: now.branch.clone(),
                    from: now.expected,
                    to,
                    reviewer: person.to_string(),
                    reason: reason.trim().to_owned(),
                    acknowledged: acknowledged.to_vec(),
                }
            }
            (Remedy::Adopt, _) => return Err(DecideError::NotAdoptable(now.branch.clone())),
            (Remedy::Restore, found) => {
                refuse_checked_out(&self.repo, &now.branch)?;
                // Nothing is lost, whoever made it.
                if let Some(found) = found {
                    pin_foreign(&self.repo, found)?;
                }
                Body::Restoring {
                    branch: now.branch.clone(),
                    from: found,
                    to: now.expected,
                    reviewer: person.to_string(),
                    reason: reason.trim().to_owned(),
                }
            }
        };
        let key = LoopKey::from(&self.identity);
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        let seq = match remedy {
            Remedy::Adopt => seq,
            Remedy::Restore => {
                set_branch(&self.repo, &now.branch, now.found, now.expected, "countersign: restored")?;
                self.record_restored(&mut ledger, &key, seq, &person.to_string())?
            }
        };
        self.close(&mut ledger);
        Ok(seq)
    }

    fn record_restored(
        &self,
        ledger: &mut Ledger,
        key: &LoopKey,
        intent: u64,
        reviewer: &str,
    ) -> Result<u64, DecideError> {
        let body = Body::Restored { intent, reviewer: reviewer.to_owned() };
        Ok(ledger.append(key, self.now(), body)?.record.seq)
    }

    /// Finishes a restoration that was interrupted: moves the branch back, or records that it is already back, or
    /// abandons the restoration because the branch has moved elsewhere.
    pub(super) fn end_restoring(&self, ledger: &mut Ledger, intent: &Entry) -> Result<(), DecideError> {
        let Body::Restoring { branch, from, to, reviewer, .. } = &intent.record.body else { return Ok(()) };
        free_branch(&self.repo, branch)?;
        let now = branch_tip(&self.repo, branch)?;
        if now == *from {
            set_branch(&self.repo, branch, *from, *to, "countersign: restored")?;
        } else if now != Some(*to) {
            let reason = "interrupted, and the branch moved again since".to_owned();
            let body = Body::Abandoned { intent: intent.record.seq, reason };
            ledger.append(&intent.record.loop_key, self.now(), body)?;
            return Ok(());
        }
        self.record_restored(ledger, &intent.record.loop_key, intent.record.seq, reviewer)?;
        Ok(())
    }
}
