//! The anchor: the last sequence number and hash of a ledger, kept outside the repository, so that
//! cutting off the ledger's end is noticed.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Chain, GENESIS, LedgerError, line_hash};
use crate::disk::replace;

/// What is remembered of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Absolute path of the ledger.
    pub ledger: String,
    /// Its last sequence number.
    pub seq: u64,
    /// The hash of its last line.
    pub hash: String,
}

impl Anchor {
    /// What does not hold between this anchor and a chain; `None` when all is well. The chain may
    /// be longer: a crash between record and anchor leaves it so.
    pub fn objection(&self, chain: &Chain) -> Option<String> {
        let found = match self.seq {
            0 => Some(GENESIS),
            seq => chain.entries.get(seq as usize - 1).map(|entry| entry.hash.as_str()),
        };
        match found {
            Some(hash) if hash == self.hash => None,
            Some(_) => Some(format!("record {} is not the one that was anchored: the ledger was rewritten", self.seq)),
            None => Some(format!(
                "{} records where {} were anchored: the ledger's end was cut off, or all of it; put it back from a backup",
                chain.seq(),
                self.seq
            )),
        }
    }
}

/// Where the anchor of a ledger is, below the person's state directory.
pub fn anchor_path(state: &Path, ledger: &Path) -> PathBuf {
    let name = line_hash(ledger.to_string_lossy().as_bytes());
    state.join("anchors").join(format!("{}.json", &name[..16]))
}

/// Reads an anchor; `None` when there is none yet.
pub fn read_anchor(path: &Path) -> Result<Option<Anchor>, LedgerError> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| LedgerError::io(path)(error.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LedgerError::io(path)(error)),
    }
}

/// Writes an anchor: the old one or the new one is there, never half of one.
pub fn write_anchor(path: &Path, ledger: &Path, chain: &Chain) -> Result<(), LedgerError> {
    let anchor =
        Anchor { ledger: ledger.to_string_lossy().into_owned(), seq: chain.seq(), hash: chain.tip().to_owned() };
    let bytes = serde_json::to_vec(&anchor).map_err(|error| LedgerError::io(path)(error.into()))?;
    replace(path, &bytes).map_err(LedgerError::io(path))
}
