//! A branch that somebody else moved, perhaps with an honest merge: a person adopts or restores it,
//! and both are in the ledger.

use super::{Desk, DeskError};
use crate::ledger::{Body, Ledger, LoopKey};
use crate::model::{Foreign, Remedy};
use crate::observe::expected_tip;
use crate::policy::{Judged, Policy, findings};
use crate::repo::{branch_tip, commits_beyond, files_between, keep_commit, refuse_checked_out, set_branch};
use crate::signature::{FOR_RECORDS, sign};

impl Desk {
    /// What somebody did to the approved branch; `None` when it is where it should be.
    pub fn foreign(&self) -> Result<Option<Foreign>, DeskError> {
        let ledger = self.ready()?;
        let policy = self.policy(&ledger)?;
        self.look_foreign(&ledger, &policy)
    }

    fn look_foreign(&self, ledger: &Ledger, policy: &Policy) -> Result<Option<Foreign>, DeskError> {
        let branch = self.branch(policy, ledger);
        let found = branch_tip(&self.repo, &branch)?;
        let Some((_, expected)) = expected_tip(ledger.chain(), &branch) else { return Ok(None) };
        if found == Some(expected) {
            return Ok(None);
        }
        let (commits, is_adoptable) = match found {
            Some(found) => commits_beyond(&self.repo, found, expected)?,
            None => (Vec::new(), false),
        };
        let files = match found {
            Some(found) => {
                let scratch = self.repo.scratch()?;
                files_between(&scratch, scratch.tree_id(expected)?, scratch.tree_id(found)?)?
            }
            None => Vec::new(),
        };
        let findings = findings(policy, &files, Judged::default());
        Ok(Some(Foreign { branch, expected, found, commits, files, findings, is_adoptable }))
    }

    /// Adopts or restores what was shown, and says which record tells of it.
    pub fn settle_foreign(
        &self,
        shown: &Foreign,
        remedy: Remedy,
        reason: &str,
        acknowledged: &[String],
    ) -> Result<u64, DeskError> {
        let mut ledger = self.ready()?;
        let policy = self.policy(&ledger)?;
        let now = self.look_foreign(&ledger, &policy)?;
        if !now.is_some_and(|now| now.found == shown.found && now.expected == shown.expected) {
            return Err(DeskError::Changed(format!("{} moved while you were looking", shown.branch)));
        }
        let person = self.person()?;
        let body = match (remedy, shown.found) {
            (Remedy::Adopt, Some(to)) if shown.is_adoptable => {
                if let Some(word) = shown.words().into_iter().find(|word| !acknowledged.iter().any(|got| got == word)) {
                    return Err(DeskError::NotAcknowledged(word));
                }
                keep_commit(&self.repo, to)?;
                Body::Adopted {
                    branch: shown.branch.clone(),
                    from: shown.expected,
                    to,
                    reviewer: person.to_string(),
                    reason: reason.trim().to_owned(),
                    acknowledged: acknowledged.to_vec(),
                }
            }
            (Remedy::Adopt, _) => return Err(DeskError::NotAdoptable(shown.branch.clone())),
            (Remedy::Restore, found) => {
                refuse_checked_out(&self.repo, &shown.branch)?;
                // Nothing is lost, whoever made it.
                if let Some(found) = found {
                    keep_commit(&self.repo, found)?;
                }
                Body::Restored {
                    branch: shown.branch.clone(),
                    from: found,
                    to: shown.expected,
                    reviewer: person.to_string(),
                    reason: reason.trim().to_owned(),
                }
            }
        };
        let mut record = ledger.next(&LoopKey::from(&self.identity), self.now(), body);
        if policy.signing_required {
            let bytes = record.signed_bytes().map_err(|error| DeskError::Policy(error.to_string()))?;
            record.signature = Some(sign(&person.signing, FOR_RECORDS, &bytes)?);
        }
        let seq = ledger.append_record(record)?.record.seq;
        // The record first: a crash in between is finished at the next start.
        if remedy == Remedy::Restore {
            set_branch(&self.repo, &shown.branch, shown.found, shown.expected, "countersign: restored")?;
        }
        self.anchor_decided(&ledger);
        Ok(seq)
    }

    /// Finishes a restoration that was recorded and then interrupted.
    pub(super) fn finish_restoring(&self, ledger: &Ledger) -> Result<(), DeskError> {
        let Some(last) = ledger.chain().entries.last() else { return Ok(()) };
        if let Body::Restored { branch, from, to, .. } = &last.record.body
            && branch_tip(&self.repo, branch)? == *from
            && from.as_ref() != Some(to)
        {
            crate::repo::free_branch(&self.repo, branch)?;
            set_branch(&self.repo, branch, *from, *to, "countersign: restored")?;
        }
        Ok(())
    }
}
