//! Removes pins of commits that nobody decided on. Commits that a record, a proposal or the approved branch names stay
//! pinned.

use std::collections::HashSet;

use super::{DecideError, Decider};
use crate::ledger::{Body, Chain};
use crate::mailbox::{RegisterEntry, read_register};
use crate::model::CommitId;
use crate::repo::{made_at, pins, unpin};

/// All pins, and those that can be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prunable {
    /// Pins that can be removed, in no particular order.
    pub pins: Vec<CommitId>,
    /// Number of all pins.
    pub all: usize,
}

impl Decider {
    /// Returns the pins of commits that are older than `days` days and that nothing names.
    pub fn prunable(&self, days: f64) -> Result<Prunable, DecideError> {
        let ledger = self.ready()?;
        let all = pins(&self.repo)?;
        let named = self.named(ledger.chain())?;
        let latest = self.now().as_second() - (days * 86_400.0) as i64;
        let may_go = |commit: &CommitId| {
            !named.contains(&commit.to_string()) && made_at(&self.repo, *commit).is_none_or(|at| at <= latest)
        };
        Ok(Prunable { pins: all.iter().copied().filter(may_go).collect(), all: all.len() })
    }

    /// Removes the pins that were shown, except those named since. Returns the number removed.
    pub fn prune(&self, shown: &Prunable) -> Result<usize, DecideError> {
        let ledger = self.ready()?;
        let named = self.named(ledger.chain())?;
        let go: Vec<CommitId> =
            shown.pins.iter().copied().filter(|commit| !named.contains(&commit.to_string())).collect();
        Ok(unpin(&self.repo, &go)?)
    }

    /// Returns the commits that the ledger or the register of proposals names, of any loop.
    fn named(&self, chain: &Chain) -> Result<HashSet<String>, DecideError> {
        let mut commits = Vec::new();
        let mut named = HashSet::new();
        for entry in chain.entries.iter().chain(&chain.foreign) {
            match &entry.record.body {
                Body::Intent { experiment, candidate, proposal, .. } => {
                    // The id of an experiment is its commit.
                    named.insert(experiment.as_str().to_owned());
                    commits.push(candidate.tip);
                    commits.extend(candidate.reverts);
                    commits.extend(proposal.iter().flat_map(|asked| [asked.base, asked.head]));
                }
                Body::Decision { experiment, commit, proposal, .. } => {
                    named.insert(experiment.as_str().to_owned());
                    commits.extend(*commit);
                    commits.extend(proposal.iter().flat_map(|asked| [asked.base, asked.head]));
                }
                Body::Asked { proposal, .. } => commits.extend([proposal.base, proposal.head]),
                Body::Adopted { from, to, .. } => commits.extend([*from, *to]),
                Body::Restoring { from, to, .. } => {
                    commits.extend(*from);
                    commits.push(*to);
                }
                Body::Began { commit, .. } => commits.push(*commit),
                Body::Note { .. }
                | Body::Paused { .. }
                | Body::Abandoned { .. }
                | Body::Opened { .. }
                | Body::AdoptedRecords { .. }
                | Body::Struck { .. }
                | Body::Moved { .. }
                | Body::Continued { .. }
                | Body::Policy { .. }
                | Body::Collected { .. }
                | Body::Restored { .. } => {}
            }
        }
        let path = self.repo.own_path("proposals.jsonl")?;
        let read = read_register(&path, 0).map_err(|source| DecideError::Mailbox { path, source })?;
        for (_, taken) in read.taken {
            if let RegisterEntry::Proposal { proposal, .. } = taken {
                commits.extend([proposal.base, proposal.head]);
            }
        }
        named.extend(commits.iter().map(ToString::to_string));
        Ok(named)
    }
}
