//! Steers the loop: leaves a note for the agent, pauses the loop, stops the running trial.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

use super::author::By;
use super::publish::Register;
use super::{DecideError, Decider};
use crate::approved::paused;
use crate::disk::{Dir, open_plain};
use crate::ledger::{Body, Chain, Ledger};
use crate::model::{Command, MailboxState, Proposal, Spent};
use crate::policy::StopTrial;

/// Size limit of a note in bytes.
const LONGEST_NOTE: usize = 4096;

/// The result of a pause, from the number of its record.
pub fn loop_paused(seq: u64) -> String {
    format!("loop paused (record {seq}, on disk)")
}

/// The result of the end of a pause.
pub fn loop_resumed(seq: u64) -> String {
    format!("loop resumed (record {seq}, on disk)")
}

/// The result of a note, from the number of its record. Without a mailbox no agent can read it yet.
pub fn note_saved(seq: u64, mailbox: &MailboxState) -> String {
    let next = if mailbox.is_there { "the agent gets it on its next call" } else { Command::NO_MAILBOX };
    format!("note saved (record {seq}); {next}")
}

impl Decider {
    /// Leaves a note for the agent's next call, and returns the number of its record.
    pub fn leave_note(&self, text: &str) -> Result<u64, DecideError> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST_NOTE {
            return Err(DecideError::NotApplicable("a note must have 1 to 4096 bytes"));
        }
        let (mut ledger, policy) = self.ready_for_person()?;
        let person = self.person()?;
        let body = Body::Note { text: text.to_owned(), reviewer: person.to_string() };
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        self.close(&mut ledger);
        self.publish(&ledger, &*self.register(&ledger)?, &|_| false)?;
        Ok(seq)
    }

    /// Pauses the loop, and returns the number of the record: while it is paused, `auto` gates wait for a person. Works
    /// whatever the state of the policy file.
    pub fn pause(&self, reason: &str) -> Result<u64, DecideError> {
        let mut ledger = self.ready()?;
        let policy = self.policy(&ledger)?;
        if paused(ledger.chain()).is_some() {
            return Err(DecideError::NotApplicable("the loop is already paused"));
        }
        let person = self.person()?;
        let body = Body::Paused { paused: true, reason: reason.trim().to_owned(), reviewer: person.to_string() };
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        self.close(&mut ledger);
        self.publish(&ledger, &*self.register(&ledger)?, &|_| true)?;
        Ok(seq)
    }

    /// Resumes the loop, and returns the number of the record. Proposals that were waiting only for that are answered,
    /// unless the budget is spent.
    pub fn resume(&self, reason: &str, spent: Spent) -> Result<u64, DecideError> {
        let (mut ledger, policy) = self.ready_for_person()?;
        if paused(ledger.chain()).is_none() {
            return Err(DecideError::NotApplicable("the loop is not paused"));
        }
        let person = self.person()?;
        let body = Body::Paused { paused: false, reason: reason.trim().to_owned(), reviewer: person.to_string() };
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        self.close(&mut ledger);
        let register = self.register(&ledger)?;
        let pending = self.pending_from_pause(&ledger, &register);
        self.answer_without_person(&mut ledger, &register, &pending, spent)?;
        self.publish(&ledger, &register, &|_| true)?;
        Ok(seq)
    }

    /// Returns the pending proposals of this loop that arrived during the last pause, if it has ended. Earlier ones are
    /// waiting for another reason.
    pub(super) fn pending_from_pause(&self, ledger: &Ledger, register: &Register) -> Vec<Arc<Proposal>> {
        let Some((since, until)) = last_pause_ms(ledger.chain()) else { return Vec::new() };
        let mut pending = register.pending(ledger, &self.identity);
        pending.retain(|one| (since..=until).contains(&one.collected_ms));
        pending
    }

    /// Stops the running trial as the policy defines. Returns a description of what was done.
    pub fn stop_trial(&self) -> Result<String, DecideError> {
        let (_ledger, policy) = self.ready_for_person()?;
        let Some(how) = &policy.stop_trial else {
            return Err(DecideError::NotApplicable(Command::NO_STOP));
        };
        let mailbox = |path: &str| {
            let path = self.dir.join(path);
            move |source| DecideError::Mailbox { path, source }
        };
        match how {
            StopTrial::PidFile(name) => {
                let (process, owner) = read_pid(&self.dir.join(name)).map_err(mailbox(name))?;
                // Do not stop a process of another user, or of another program that reuses the pid: it must run in the
                // run directory, as the user who wrote the file.
                let works_in = std::fs::read_link(format!("/proc/{process}/cwd")).map_err(mailbox(name))?;
                let runs_as = std::fs::metadata(format!("/proc/{process}")).map_err(mailbox(name))?.uid();
                if !works_in.starts_with(&self.dir) || runs_as != owner || process.unsigned_abs() == std::process::id()
                {
                    return Err(DecideError::NotApplicable(
                        "the process in the pid file runs in another directory or as another user",
                    ));
                }
                let id = rustix::process::Pid::from_raw(process)
                    .ok_or(DecideError::NotApplicable("the pid file does not contain a process id"))?;
                rustix::process::kill_process(id, rustix::process::Signal::TERM)
                    .map_err(|error| mailbox(name)(error.into()))?;
                Ok(format!("sent a stop signal to process {process}"))
            }
            StopTrial::Touch(name) => {
                let (dir, file) = name.rsplit_once('/').unwrap_or((".", name));
                let dir = Dir::open(&self.dir.join(dir)).map_err(mailbox(name))?;
                dir.put(file, b"").map_err(mailbox(name))?;
                Ok(format!("created {name}; the training checks for it"))
            }
        }
    }
}

/// Returns start and end of the last pause of the loops, in milliseconds since the epoch; `None` while one lasts.
fn last_pause_ms(chain: &Chain) -> Option<(i64, i64)> {
    let mut turns = chain.entries.iter().rev().filter_map(|entry| match entry.record.body {
        Body::Paused { paused, .. } => Some((paused, entry.record.at.as_millisecond())),
        _ => None,
    });
    let (_, until) = turns.next().filter(|(paused, _)| !paused)?;
    Some((turns.next()?.1, until))
}

/// Returns the process id in a pid file, and the user who owns the file.
fn read_pid(path: &std::path::Path) -> std::io::Result<(i32, u32)> {
    let mut text = String::new();
    let file = open_plain(path)?;
    let owner = file.metadata()?.uid();
    file.take(32).read_to_string(&mut text)?;
    let process = text.trim().parse::<i32>().ok().filter(|process| *process > 1);
    process.map(|process| (process, owner)).ok_or_else(|| std::io::Error::other("does not contain a process id"))
}
