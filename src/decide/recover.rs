//! Finishes or abandons every open intent after a crash.

use std::collections::HashMap;

use super::{DecideError, Decider};
use crate::disk::timestamp_now;
use crate::ledger::{Body, Entry, Ledger};
use crate::model::{CommitId, ExperimentId, counted};
use crate::repo::{approved_commits, branch_tip, free_branch, ledger_trailer};

/// Number of commits below the tip that are searched for an interrupted decision.
const LOOK_BACK: usize = 64;

/// An intent without outcome that was finished or abandoned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Its experiment.
    pub experiment: ExperimentId,
    /// The commit, if it had reached the branch and is now recorded; `None` if the decision was abandoned and the
    /// change is pending again.
    pub commit: Option<CommitId>,
}

/// The result of a recovery, from the number of decisions.
pub fn recovered(count: usize) -> String {
    format!("{} finished or rolled back", counted(count, "interrupted decision"))
}

impl Decider {
    /// Finishes or abandons every open intent. Does nothing in a repository without a ledger.
    pub fn recover(&self) -> Result<Vec<Recovered>, DecideError> {
        if !self.ledger.exists() {
            return Ok(Vec::new());
        }
        let mut ledger = self.locked()?;
        let recovered = self.settle(&mut ledger)?;
        // A crash can also happen between the record and the closing of its anchor.
        ledger.close()?;
        Ok(recovered)
    }

    /// Finishes or abandons every open intent, with the lock held.
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

    /// Returns the commit that was made for an intent, if it is on the branch.
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
