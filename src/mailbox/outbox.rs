//! The outbox: answers, questions and notes, put where the agent looks for them. All of it is made from
//! the ledger, and can be made again.

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
    /// What is told.
    pub text: String,
    /// `Name <mail>` of who tells it.
    pub reviewer: String,
    /// When, as RFC 3339.
    pub at: String,
}

/// One thing to be put into the outbox.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// An answer, as its JSON.
    Answer(ProposalId, Vec<u8>),
    /// A proposal was taken in and waits; with what was asked about it.
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
    /// Puts one thing out, in the place of whatever is there and differs.
    pub fn put_out(&self, outgoing: &Outgoing) -> io::Result<()> {
        let outbox = self.root.make_below("outbox")?;
        let pending = outbox.make_below("pending")?;
        match outgoing {
            Outgoing::Answer(id, json) => {
                let name = format!("{id}.json");
                if !outbox.read(&name, LARGEST_ANSWER).is_ok_and(|there| there.as_ref() == Some(json)) {
                    outbox.put(&name, json)?;
                    reach(Step::Published)?;
                }
                if pending.kind(&name)?.is_some() {
                    pending.remove(&name)?;
                }
            }
            Outgoing::Pending(id, taken_ms, questions) => {
                let name = format!("{id}.json");
                // Whatever stands there is no answer of ours.
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

    /// Takes back whatever an agent was told of a proposal that is none.
    pub fn take_back(&self, id: &ProposalId) -> io::Result<()> {
        let Some(outbox) = self.root.below("outbox")? else { return Ok(()) };
        let name = format!("{id}.json");
        for folder in [outbox.below("pending")?, Some(outbox)].into_iter().flatten() {
            if folder.kind(&name)?.is_some() {
                folder.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Puts an approved commit out for an agent that cannot read the repository it is in, unless it is out
    /// already. Says the file's name.
    pub fn put_bundle<E: From<io::Error>>(
        &self,
        commit: CommitId,
        make: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<String, E> {
        let outbox = self.root.make_below("outbox")?;
        let name = format!("{commit}.bundle");
        if outbox.kind(&name)?.is_none() {
            outbox.put(&name, &make()?)?;
        }
        Ok(name)
    }

    /// Puts the notes out that no call took along yet, and says how many wait.
    pub fn put_notes(&self, notes: &[Note]) -> io::Result<usize> {
        if notes.is_empty() && self.root.below("outbox")?.is_none() {
            return Ok(0);
        }
        let folder = self.root.make_below("outbox")?.make_below("notes")?;
        let read = folder.make_below("read")?;
        let mut waiting = 0;
        for note in notes {
            let name = format!("{}.json", note.seq);
            if read.kind(&name)?.is_some() {
                continue;
            }
            waiting += 1;
            if folder.kind(&name)?.is_none() {
                folder.put(&name, &serde_json::to_vec(note)?)?;
            }
        }
        Ok(waiting)
    }

    /// How many notes no call took along yet.
    pub fn notes_waiting(&self) -> io::Result<usize> {
        let Some(outbox) = self.root.below("outbox")? else { return Ok(0) };
        let names = outbox.below("notes")?.map_or(Ok(Vec::new()), |notes| notes.names(10_000))?;
        Ok(names.iter().filter(|name| name.to_string_lossy().ends_with(".json")).count())
    }

    /// Says to the agent's next calls that the loop is held up, or no more.
    pub fn put_paused(&self, paused: Option<&str>) -> io::Result<()> {
        match paused {
            Some(reason) => {
                let json = serde_json::to_vec(&serde_json::json!({"v": 1, "paused": true, "reason": reason}))?;
                self.root.make_below("outbox")?.put("paused.json", &json)
            }
            None => match self.root.below("outbox")? {
                Some(outbox) if outbox.kind("paused.json")?.is_some() => outbox.remove("paused.json"),
                _ => Ok(()),
            },
        }
    }

    /// Puts a text of the person's where the agent may read it; `None` takes it away.
    pub fn put_lessons(&self, text: Option<&str>) -> io::Result<()> {
        match text {
            Some(text) => {
                let there = self.root.read("lessons.md", LARGEST_ANSWER).ok().flatten();
                if there.as_deref() == Some(text.as_bytes()) {
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
