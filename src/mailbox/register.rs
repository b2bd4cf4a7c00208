//! The person's list of received proposals: one line each, append-only. A proposal's entry here is authoritative,
//! whatever happens to the agent's mailbox.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::disk::{FileAccess, Step, open_own, reach, sync_directory};
use crate::model::{Proposal, ProposalId, counted};

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RegisterEntry {
    /// A proposal.
    Proposal {
        /// Its loop, as [`crate::model::LoopIdentity::key`].
        #[serde(rename = "loop")]
        loop_key: String,
        /// The received proposal.
        proposal: Box<Proposal>,
    },
    /// The same proposal sent again with another id; it gets the same answer.
    Alias {
        /// Its loop.
        #[serde(rename = "loop")]
        loop_key: String,
        /// The other id.
        id: ProposalId,
        /// The proposal received before.
        of: ProposalId,
    },
}

impl RegisterEntry {
    /// Its loop.
    pub fn loop_key(&self) -> &str {
        match self {
            Self::Proposal { loop_key, .. } | Self::Alias { loop_key, .. } => loop_key,
        }
    }
}

/// The result of reading the list.
#[derive(Clone, Debug, Default)]
pub struct RegisterRead {
    /// Lines after the offset, each with its SHA-256, which the ledger refers to.
    pub taken: Vec<(String, RegisterEntry)>,
    /// The offset for the next read: after the last complete line.
    pub next: u64,
    /// Offsets of invalid lines: left by a crash or written by someone else.
    pub bad: Vec<u64>,
}

/// Larger lists are not read, in bytes; a proposal takes a few thousand.
const LARGEST: u64 = 256 << 20;

/// Reads the list from an offset. A missing list is empty; one larger than the limit is an error.
pub fn read_register(path: &Path, from: u64) -> std::io::Result<RegisterRead> {
    let mut file = match open_own(path, FileAccess::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(RegisterRead::default()),
        Err(error) => return Err(error),
    };
    // The list only grows: a shorter one is a different file.
    let length = file.metadata()?.len();
    if length > LARGEST {
        return Err(std::io::Error::other(
            "it is larger than 256 MiB, too large for a list of proposals, and is not read: remove lines that someone added at its end, or restore it from a backup",
        ));
    }
    let from = if length < from { 0 } else { from };
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    // The file may grow while it is read.
    file.take(LARGEST).read_to_end(&mut bytes)?;
    let mut read = RegisterRead { next: from, ..RegisterRead::default() };
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

/// The number of lines of the register that do not match the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegisterProblems {
    /// Lines that somebody else added or changed; they have no effect.
    pub foreign: usize,
    /// Lines of collected proposals that are missing.
    pub missing: usize,
}

impl RegisterProblems {
    /// True if the register matches the ledger.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The problems, one sentence each.
    pub fn sentences(self) -> Vec<String> {
        let foreign = (self.foreign > 0).then(|| {
            let lines = counted(self.foreign, "line");
            format!(
                "{lines} added or changed by someone else, without effect: set aside with countersign ledger strike"
            )
        });
        let missing = (self.missing > 0).then(|| {
            let lines = counted(self.missing, "line");
            format!(
                "{lines} of received proposals missing: restore the file from a backup, or have the agents propose again (countersign ledger strike records the loss)"
            )
        });
        foreign.into_iter().chain(missing).collect()
    }
}

/// Returns the lines of entries, without line ends, and the SHA-256 of each.
pub fn lines_of(taken: &[RegisterEntry]) -> std::io::Result<(Vec<Vec<u8>>, Vec<String>)> {
    let lines = taken.iter().map(serde_json::to_vec).collect::<Result<Vec<_>, _>>()?;
    let hashes = lines.iter().map(|line| line_hash(line)).collect();
    Ok((lines, hashes))
}

/// Returns the SHA-256 of a line without its line end, which the ledger refers to.
fn line_hash(line: &[u8]) -> String {
    crate::model::hex(&Sha256::digest(line))
}

/// Appends lines and syncs them to disk. The caller must hold the ledger's lock.
pub fn append_register(path: &Path, lines: &[Vec<u8>]) -> std::io::Result<()> {
    let mut text = Vec::new();
    for line in lines {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    let mut file = open_own(path, FileAccess::Write)?;
    let end = file.seek(SeekFrom::End(0))?;
    if end > 0 {
        // An incomplete line left by a crash must not run into the next one.
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
        sync_directory(path.parent().unwrap_or(path))?;
    }
    reach(Step::Taken)
}
