//! After a crash: every intent comes to an end.

use jiff::Timestamp;

use super::{Desk, DeskError};
use crate::ledger::{Body, Entry};
use crate::model::{CommitId, ExperimentId};
use crate::repo::{approved_commits, branch_tip, ledger_trailer};

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

impl Desk {
    /// Finishes or abandons every intent without an end. A repository without a ledger is left
    /// untouched.
    pub fn recover(&self) -> Result<Vec<Recovered>, DeskError> {
        if !self.ledger.exists() {
            return Ok(Vec::new());
        }
        let mut ledger = self.locked()?;
        let open: Vec<Entry> =
            ledger.chain().entries.iter().filter(|entry| is_open(entry, &ledger.chain().entries)).cloned().collect();
        let mut recovered = Vec::new();
        for intent in open {
            let Body::Intent { experiment, decision, candidate, reviewer, reason } = &intent.record.body else {
                continue;
            };
            let commit = self.find(&candidate.branch, candidate.tip, &intent)?;
            let body = match commit {
                Some(commit) => Body::Decision {
                    experiment: experiment.clone(),
                    decision: *decision,
                    intent: Some(intent.record.seq),
                    commit: Some(commit),
                    reviewer: reviewer.clone(),
                    reason: reason.clone(),
                },
                None => Body::Abandoned {
                    intent: intent.record.seq,
                    reason: "interrupted before the branch moved".to_owned(),
                },
            };
            ledger.append(&intent.record.loop_key, Timestamp::now(), body)?;
            recovered.push(Recovered { experiment: experiment.clone(), commit });
        }
        if !recovered.is_empty() {
            self.anchor(&ledger)?;
        }
        Ok(recovered)
    }

    /// The commit that was made for an intent, when it is on the branch.
    pub(super) fn find(&self, branch: &str, tip: CommitId, intent: &Entry) -> Result<Option<CommitId>, DeskError> {
        let Some(now) = branch_tip(&self.repo, branch)? else { return Ok(None) };
        let commits = approved_commits(&self.repo, now, tip, LOOK_BACK)?;
        let wanted = (intent.record.seq, intent.hash.clone());
        Ok(commits
            .iter()
            .map(|one| one.commit)
            .find(|commit| ledger_trailer(&self.repo, *commit).as_ref() == Some(&wanted)))
    }
}

fn is_open(entry: &Entry, all: &[Entry]) -> bool {
    let seq = entry.record.seq;
    matches!(entry.record.body, Body::Intent { .. })
        && !all.iter().any(|other| match &other.record.body {
            Body::Decision { intent, .. } => *intent == Some(seq),
            Body::Abandoned { intent, .. } => *intent == seq,
            Body::Intent { .. } => false,
        })
}
