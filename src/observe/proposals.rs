//! What agents proposed: the person's list of what was taken in, and what still lies at the door.

use std::path::Path;
use std::sync::Arc;

use crate::door::{Door as AgentDoor, FOLDER, Taken, read_register};
use crate::ledger::Chain;
use crate::model::{Door, Fact, Facts, LoopIdentity, Proposal, Warning};
use crate::repo::Repo;

/// Follows the list and the door.
#[derive(Default)]
pub(super) struct Proposals {
    /// The loop they are of, as the list names it.
    loop_key: String,
    all: Vec<Arc<Proposal>>,
    next: u64,
    bad: Vec<u64>,
    door: Door,
    warnings: Vec<Warning>,
}

impl Proposals {
    /// Takes in what is new; true when something was.
    pub(super) fn look(&mut self, dir: &Path, repo: &Repo, identity: &LoopIdentity, facts: &mut Facts) -> bool {
        let key = identity.key();
        let mut changed = self.loop_key != key;
        if changed {
            *self = Self { loop_key: key, ..Self::default() };
        }
        let mut warnings = Vec::new();
        let mut warn = |path: &str, message: String| {
            warnings.push(Warning { path: path.into(), line: 0, end_line: 0, message });
        };
        let read = repo
            .own_file("proposals.jsonl")
            .map_err(|error| error.to_string())
            .and_then(|path| read_register(&path, self.next).map_err(|error| format!("could not be read: {error}")));
        match read {
            Ok(read) => {
                if read.next < self.next {
                    // It was replaced: it is read again from its beginning at the next look.
                    *self = Self::default();
                    return true;
                }
                changed |= !read.taken.is_empty();
                self.next = read.next;
                self.bad.extend(read.bad);
                for taken in read.taken {
                    if let Taken::Proposal { loop_key, proposal } = taken
                        && loop_key == self.loop_key
                    {
                        self.all.push((*proposal).into());
                    }
                }
            }
            Err(message) => warn("proposals.jsonl", message),
        }
        if !self.bad.is_empty() {
            warn("proposals.jsonl", format!("{} lines are no proposals and are left out", self.bad.len()));
        }
        let mut door = Door { questions: self.door.questions.clone(), paused: self.door.paused, ..Door::default() };
        let looked = AgentDoor::open(dir).and_then(|found| {
            let Some(found) = found else { return Ok(()) };
            door.is_there = true;
            door.untaken = found.untaken()?;
            door.notes_waiting = found.notes_waiting()?;
            Ok(())
        });
        if let Err(error) = looked {
            warn(FOLDER, format!("the agent's door cannot be used: {error}"));
        }
        // What waits at the door is looked at again and again, until it is taken in.
        door.looks = if door.untaken > 0 { self.door.looks + 1 } else { 0 };
        if door != self.door {
            changed = true;
            self.door = door;
        }
        if warnings != self.warnings {
            changed = true;
            self.warnings.clone_from(&warnings);
            facts.apply(Fact::Warnings("door", warnings));
        }
        if changed {
            facts.apply(Fact::Proposals(Arc::new(self.all.clone())));
            facts.apply(Fact::Door(Arc::new(self.door.clone())));
        }
        changed
    }

    /// Takes from the ledger what was asked and told.
    pub(super) fn hear(&mut self, chain: &Chain, identity: &LoopIdentity, facts: &mut Facts) {
        self.door.questions = super::questions(chain, identity);
        self.door.paused = super::paused(chain).is_some();
        facts.apply(Fact::Door(Arc::new(self.door.clone())));
    }

    /// How many are known.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// Commits that proposals name.
    pub(super) fn commits(&self) -> Vec<crate::model::CommitId> {
        self.all.iter().flat_map(|proposal| [proposal.head, proposal.base]).collect()
    }
}
