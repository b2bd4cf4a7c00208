//! The outbox: answers, questions and notes for the agent. All of it is derived from the ledger and can be regenerated.

use std::io;

use serde::{Deserialize, Serialize};

use super::answer::at;
use super::{LARGEST_ANSWER, Mailbox};
use crate::disk::{Step, reach};
use crate::model::{Comment, CommitId, ProposalId, Question};

/// A note to the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Sequence number in the ledger.
    pub seq: u64,
    /// The text of the note.
    pub text: String,
    /// `Name <mail>` of its author.
    pub reviewer: String,
    /// Its time, as RFC 3339.
    pub at: String,
}

/// A message for the outbox.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// An answer, as its JSON.
    Answer(ProposalId, Vec<u8>),
    /// A received proposal that is pending, with the time of receipt in milliseconds since the epoch and the person's
    /// questions.
    Pending(ProposalId, i64, Vec<Question>),
}

#[derive(Serialize)]
struct PendingFile<'a> {
    v: u32,
    id: &'a ProposalId,
    status: &'static str,
    taken: String,
    questions: Vec<AskedJson<'a>>,
}

#[derive(Serialize)]
struct AskedJson<'a> {
    seq: u64,
    reviewer: &'a str,
    at: String,
    comments: &'a [Comment],
}

impl Mailbox {
    /// Writes a message, replacing a different one.
    pub fn write(&self, outgoing: &Outgoing) -> io::Result<()> {
        let outbox = self.root.create_subdir("outbox")?;
        let pending = outbox.create_subdir("pending")?;
        match outgoing {
            Outgoing::Answer(id, json) => {
                let name = format!("{id}.json");
                if !outbox.read(&name, LARGEST_ANSWER).is_ok_and(|existing| existing.as_ref() == Some(json)) {
                    outbox.put(&name, json)?;
                    reach(Step::Published)?;
                }
                if pending.kind(&name)?.is_some() {
                    pending.remove(&name)?;
                }
            }
            Outgoing::Pending(id, taken_ms, questions) => {
                let name = format!("{id}.json");
                // An existing file is not an answer of ours.
                if outbox.kind(&name)?.is_some() {
                    outbox.remove(&name)?;
                }
                let questions = questions.iter().map(|question| AskedJson {
                    seq: question.seq,
                    reviewer: &question.reviewer,
                    at: at(question.at_ms),
                    comments: &question.comments,
                });
                let file =
                    PendingFile { v: 1, id, status: "pending", taken: at(*taken_ms), questions: questions.collect() };
                let json = serde_json::to_vec(&file)?;
                if pending.read(&name, LARGEST_ANSWER).ok().flatten().as_ref() != Some(&json) {
                    pending.put(&name, &json)?;
                }
            }
        }
        Ok(())
    }

    /// Removes all messages about a proposal that does not exist.
    pub fn withdraw(&self, id: &ProposalId) -> io::Result<()> {
        let Some(outbox) = self.root.subdir("outbox")? else { return Ok(()) };
        let name = format!("{id}.json");
        for directory in [outbox.subdir("pending")?, Some(outbox)].into_iter().flatten() {
            if directory.kind(&name)?.is_some() {
                directory.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Writes the bundle of an approved commit, unless it exists, for an agent that cannot read the commit's
    /// repository. Returns the file's name.
    pub fn put_bundle<E: From<io::Error>>(
        &self,
        commit: CommitId,
        make: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<String, E> {
        let outbox = self.root.create_subdir("outbox")?;
        let name = format!("{commit}.bundle");
        if outbox.kind(&name)?.is_none() {
            outbox.put(&name, &make()?)?;
        }
        Ok(name)
    }

    /// Writes the notes that no call has read yet, and returns their number.
    pub fn put_notes(&self, notes: &[Note]) -> io::Result<usize> {
        if notes.is_empty() && self.root.subdir("outbox")?.is_none() {
            return Ok(0);
        }
        let directory = self.root.create_subdir("outbox")?.create_subdir("notes")?;
        let read = directory.create_subdir("read")?;
        let mut waiting = 0;
        for note in notes {
            let name = format!("{}.json", note.seq);
            if read.kind(&name)?.is_some() {
                continue;
            }
            waiting += 1;
            if directory.kind(&name)?.is_none() {
                directory.put(&name, &serde_json::to_vec(note)?)?;
            }
        }
        Ok(waiting)
    }

    /// Returns the number of notes that no call has read yet.
    pub fn notes_waiting(&self) -> io::Result<usize> {
        let Some(outbox) = self.root.subdir("outbox")? else { return Ok(0) };
        let names = outbox.subdir("notes")?.map_or(Ok(Vec::new()), |notes| notes.names(10_000))?;
        Ok(names.iter().filter(|name| name.to_string_lossy().ends_with(".json")).count())
    }

    /// Sets or clears the paused flag that the agent's calls report.
    pub fn put_paused(&self, paused: Option<&str>) -> io::Result<()> {
        match paused {
            Some(reason) => {
                let json = serde_json::to_vec(&serde_json::json!({"v": 1, "paused": true, "reason": reason}))?;
                self.root.create_subdir("outbox")?.put("paused.json", &json)
            }
            None => match self.root.subdir("outbox")? {
                Some(outbox) if outbox.kind("paused.json")?.is_some() => outbox.remove("paused.json"),
                _ => Ok(()),
            },
        }
    }

    /// Writes the person's lessons for the agent; `None` removes them.
    pub fn put_lessons(&self, text: Option<&str>) -> io::Result<()> {
        match text {
            Some(text) => {
                let existing = self.root.read("lessons.md", LARGEST_ANSWER).ok().flatten();
                if existing.as_deref() == Some(text.as_bytes()) {
                    Ok(())
                } else {
                    self.root.put("lessons.md", text.as_bytes())
                }
            }
            None if self.root.kind("lessons.md")?.is_some() => self.root.remove("lessons.md"),
            None => Ok(()),
        }
    }
}
