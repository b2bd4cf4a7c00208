//! The person's own list of what was taken in: a line each, appended and never changed. A proposal that
//! stands here is the proposal, whatever becomes of the agent's folder.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::disk::{Step, open_own, reach, sync_folder};
use crate::model::{Proposal, ProposalId, counted};

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RegisterEntry {
    /// A proposal.
    Proposal {
        /// The loop it is of, as [`crate::model::LoopIdentity::key`] says it.
        #[serde(rename = "loop")]
        loop_key: String,
        /// What was taken in.
        proposal: Box<Proposal>,
    },
    /// The same thing asked again under another name: it is answered alike.
    Alias {
        /// The loop it is of.
        #[serde(rename = "loop")]
        loop_key: String,
        /// The other name.
        id: ProposalId,
        /// The proposal that was taken in before.
        of: ProposalId,
    },
}

impl RegisterEntry {
    /// The loop it is of.
    pub fn loop_key(&self) -> &str {
        match self {
            Self::Proposal { loop_key, .. } | Self::Alias { loop_key, .. } => loop_key,
        }
    }
}

/// What was read of the list.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// Lines from where reading began, each with its SHA-256, by which the ledger knows it.
    pub taken: Vec<(String, RegisterEntry)>,
    /// Where the next reading begins: after the last whole line.
    pub next: u64,
    /// Lines that are no entries, by their offset: a crash in the middle of one, or somebody's hand.
    pub bad: Vec<u64>,
}

/// Larger lists are not read, in bytes: a proposal takes a few thousand.
const LARGEST: u64 = 256 << 20;

/// Reads the list from an offset on. A list that is not there is empty; one that is larger than any is an error.
pub fn read_register(path: &Path, from: u64) -> std::io::Result<Read> {
    let mut file = match open_own(path, false) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Read::default()),
        Err(error) => return Err(error),
    };
    // It only grows: a shorter one is another one.
    let length = file.metadata()?.len();
    if length > LARGEST {
        return Err(std::io::Error::other(
            "it has more than 256 MiB, which no list of proposals has, and is not read: look at its end, take out what somebody added there, or put it back from a backup",
        ));
    }
    let from = if length < from { 0 } else { from };
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    // It may grow while it is read.
    file.take(LARGEST).read_to_end(&mut bytes)?;
    let mut read = Read { next: from, ..Read::default() };
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let Some(text) = line.strip_suffix(b"\n") else { break };
        match serde_json::from_slice(text) {
            Ok(taken) => read.taken.push((line_hash(text), taken)),
            Err(_) => read.bad.push(read.next),
        }
        read.next += line.len() as u64;
    }
    Ok(read)
}

/// What is wrong with the list, a sentence each: lines that were not taken in, and those that are missing.
pub fn said_of_list(foreign: usize, missing: usize) -> Vec<String> {
    let foreign = (foreign > 0).then(|| {
        let lines = counted(foreign, "line");
        format!(
            "{lines} put there or changed by somebody else, without effect: countersign ledger strike sets them aside"
        )
    });
    let missing = (missing > 0).then(|| {
        let lines = counted(missing, "line");
        format!(
            "{lines} missing of those that were taken in: put the file back from a backup, or have the agents propose \
             again (countersign ledger strike takes note of it)"
        )
    });
    foreign.into_iter().chain(missing).collect()
}

/// The lines of entries, without their ends, and the SHA-256 of each.
pub fn lines_of(taken: &[RegisterEntry]) -> std::io::Result<(Vec<Vec<u8>>, Vec<String>)> {
    let lines = taken.iter().map(serde_json::to_vec).collect::<Result<Vec<_>, _>>()?;
    let hashes = lines.iter().map(|line| line_hash(line)).collect();
    Ok((lines, hashes))
}

/// The SHA-256 of a line without its end, by which the ledger knows it.
fn line_hash(line: &[u8]) -> String {
    crate::model::hex(&Sha256::digest(line))
}

/// Appends lines. They are on disk when this returns. Only with the ledger's lock held.
pub fn append_register(path: &Path, lines: &[Vec<u8>]) -> std::io::Result<()> {
    let mut text = Vec::new();
    for line in lines {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    let mut file = open_own(path, true)?;
    let end = file.seek(SeekFrom::End(0))?;
    if end > 0 {
        // Half a line that a crash left must not join the next one.
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            text.insert(0, b'\n');
        }
    }
    file.write_all(&text)?;
    file.sync_all()?;
    if end == 0 {
        sync_folder(path.parent().unwrap_or(path))?;
    }
    reach(Step::Taken)
}
