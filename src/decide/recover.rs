//! After a crash: every intent comes to an end.

use std::collections::HashMap;

use super::{DecideError, Decider};
use crate::disk::timestamp_now;
use crate::ledger::{Body, Entry, Ledger};
use crate::model::{CommitId, ExperimentId};
use crate::repo::{approved_commits, branch_tip, free_branch, ledger_trailer};

/// Commits below the tip in which an interrupted decision is looked for.
const LOOK_BACK: usize = 64;

/// An intent that had no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The experiment it was about.
    pub experiment: ExperimentId,
    /// The commit, when it had reached the branch and now is recorded; `None` when it came to
    /// nothing and waits again.
    pub commit: Option<CommitId>,
}

impl Decider {
    /// Finishes or abandons every intent without an end. A repository without a ledger is left
    /// untouched.
    pub fn recover(&self) -> Result<Vec<Recovered>, DecideError> {
        if !self.ledger.exists() {
            return Ok(Vec::new());
        }
        let mut ledger = self.locked()?;
        let recovered = self.settle(&mut ledger)?;
        // A crash may have come between the record and the closing of its anchor, too.
        ledger.close()?;
        Ok(recovered)
    }

    /// Ends every open intent, with the lock held.
    pub(super) fn settle(&self, ledger: &mut Ledger) -> Result<Vec<Recovered>, DecideError> {
        let open: Vec<Entry> = ledger.chain().open_intents().into_iter().cloned().collect();
        let mut recovered = Vec::new();
        for intent in open {
            let Body::Intent { experiment, decision, candidate, on_screen_s, proposal, comments, reviewer, reason } =
                &intent.record.body
            else {
                self.end_restoring(ledger, &intent)?;
                continue;
            };
            free_branch(&self.repo, &candidate.branch)?;
            let commit = self.find(&candidate.branch, candidate.tip, &intent)?;
            let body = match commit {
                Some(commit) => Body::Decision {
                    experiment: experiment.clone(),
                    decision: *decision,
                    intent: Some(intent.record.seq),
                    commit: Some(commit),
                    proposal: proposal.clone(),
                    comments: comments.clone(),
                    acknowledged: Vec::new(),
                    on_screen_s: *on_screen_s,
                    by_policy: false,
                    reviewer: reviewer.clone(),
                    reason: reason.clone(),
                },
                None => Body::Abandoned {
                    intent: intent.record.seq,
                    reason: "interrupted before the branch moved".to_owned(),
                },
            };
            ledger.append(&intent.record.loop_key, timestamp_now(), body)?;
            recovered.push(Recovered { experiment: experiment.clone(), commit });
        }
        Ok(recovered)
    }

    /// The commit that was made for an intent, when it is on the branch.
    pub(super) fn find(&self, branch: &str, tip: CommitId, intent: &Entry) -> Result<Option<CommitId>, DecideError> {
        let Some(now) = branch_tip(&self.repo, branch)? else { return Ok(None) };
        let commits = approved_commits(&self.repo, now, tip, &HashMap::new(), LOOK_BACK)?;
        let wanted = (intent.record.seq, intent.hash.clone());
        Ok(commits
            .iter()
            .map(|one| one.commit)
            .find(|commit| ledger_trailer(&self.repo, *commit).as_ref() == Some(&wanted)))
    }
}
