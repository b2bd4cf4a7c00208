//! Steering without stopping: a note to the agent, holding the loop up, ending the trial that runs.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

use super::publish::Register;
use super::recorded::By;
use super::{DecideError, Decider};
use crate::approved::paused;
use crate::disk::{Dir, open_plain};
use crate::ledger::{Body, Chain, Ledger};
use crate::model::{Proposal, Spent};
use crate::policy::StopTrial;

/// Bytes of a note.
const LONGEST_NOTE: usize = 4096;

impl Decider {
    /// Writes a note that the agent's next call takes along; says which record tells of it.
    pub fn tell(&self, text: &str) -> Result<u64, DecideError> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST_NOTE {
            return Err(DecideError::NobodyAsks("a note has 1 to 4096 bytes"));
        }
        let (mut ledger, policy) = self.ready_for_person()?;
        let person = self.person()?;
        let body = Body::Told { text: text.to_owned(), reviewer: person.to_string() };
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        self.close(&mut ledger);
        self.publish(&ledger, &*self.register(&ledger)?, &|_| false)?;
        Ok(seq)
    }

    /// Holds the loop up, or lets it go on: gates that are `auto` wait for a person meanwhile. What
    /// waited only for that is answered when it goes on; while the budget is used up, the policy answers nothing.
    pub fn pause(&self, pause: bool, reason: &str, spent: Spent) -> Result<u64, DecideError> {
        // Holding is always possible; going on is a decision like others.
        let (mut ledger, policy) = if pause {
            let ledger = self.ready()?;
            let policy = self.policy(&ledger)?;
            (ledger, policy)
        } else {
            self.ready_for_person()?
        };
        if paused(ledger.chain()).is_some() == pause {
            return Err(DecideError::NobodyAsks(if pause { "it is held up already" } else { "it is not held up" }));
        }
        let person = self.person()?;
        let body = Body::Paused { paused: pause, reason: reason.trim().to_owned(), reviewer: person.to_string() };
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        self.close(&mut ledger);
        let register = self.register(&ledger)?;
        if !pause {
            let pending = self.held_up(&ledger, &register);
            self.answer_without_person(&mut ledger, &register, &pending, spent)?;
        }
        self.publish(&ledger, &register, &|_| true)?;
        Ok(seq)
    }

    /// What is pending of this loop and came during the last hold, where that is over. What was asked before waits for
    /// another reason.
    pub(super) fn held_up(&self, ledger: &Ledger, register: &Register) -> Vec<Arc<Proposal>> {
        let Some((since, until)) = last_hold_ms(ledger.chain()) else { return Vec::new() };
        let mut pending = register.pending(ledger, &self.identity);
        pending.retain(|one| (since..=until).contains(&one.taken_ms));
        pending
    }

    /// Ends the trial that runs, as the policy says how. Says what was done.
    pub fn stop_trial(&self) -> Result<String, DecideError> {
        let (_ledger, policy) = self.ready_for_person()?;
        let Some(how) = &policy.stop_trial else {
            return Err(DecideError::NobodyAsks("the policy does not say how a trial is ended (stop_trial)"));
        };
        let mailbox = |path: &str| {
            let path = self.dir.join(path);
            move |source| DecideError::Door { path, source }
        };
        match how {
            StopTrial::PidFile(name) => {
                let (process, owner) = read_pid(&self.dir.join(name)).map_err(mailbox(name))?;
                // A process of somebody else's, or of another program since, is not ended by mistake: only
                // one that works in the run directory is, for whoever wrote the file.
                let works_in = std::fs::read_link(format!("/proc/{process}/cwd")).map_err(mailbox(name))?;
                let runs_as = std::fs::metadata(format!("/proc/{process}")).map_err(mailbox(name))?.uid();
                if !works_in.starts_with(&self.dir) || runs_as != owner || process.unsigned_abs() == std::process::id()
                {
                    return Err(DecideError::NobodyAsks(
                        "the process that the pid file names does not work in this directory, or for another user",
                    ));
                }
                let id = rustix::process::Pid::from_raw(process)
                    .ok_or(DecideError::NobodyAsks("the pid file holds no process id"))?;
                rustix::process::kill_process(id, rustix::process::Signal::TERM)
                    .map_err(|error| mailbox(name)(error.into()))?;
                Ok(format!("process {process} was asked to end"))
            }
            StopTrial::Touch(name) => {
                let (folder, file) = name.rsplit_once('/').unwrap_or((".", name));
                let folder = Dir::open(&self.dir.join(folder)).map_err(mailbox(name))?;
                folder.put(file, b"").map_err(mailbox(name))?;
                Ok(format!("{name} was made: the training looks for it"))
            }
        }
    }
}

/// When the last hold of the loops began, and when it ended, in milliseconds since the epoch; `None` while one lasts.
fn last_hold_ms(chain: &Chain) -> Option<(i64, i64)> {
    let mut turns = chain.entries.iter().rev().filter_map(|entry| match entry.record.body {
        Body::Paused { paused, .. } => Some((paused, entry.record.at.as_millisecond())),
        _ => None,
    });
    let (_, until) = turns.next().filter(|(paused, _)| !paused)?;
    Some((turns.next()?.1, until))
}

/// The process that a pid file names, and the user whose file it is.
fn read_pid(path: &std::path::Path) -> std::io::Result<(i32, u32)> {
    let mut text = String::new();
    let file = open_plain(path)?;
    let owner = file.metadata()?.uid();
    file.take(32).read_to_string(&mut text)?;
    let process = text.trim().parse::<i32>().ok().filter(|process| *process > 1);
    process.map(|process| (process, owner)).ok_or_else(|| std::io::Error::other("it holds no process id"))
}
