//! The append-only, hash-chained record of every decision.
//!
//! One JSON object per line. Each record has the SHA-256 of the line before it, so that a line cannot be changed,
//! dropped or inserted without breaking the chain. The anchor outside the repository marks the end of the chain:
//! records missing before that end, or appended after it, are somebody else's doing.

mod anchor;
mod chain;
mod doubt;
mod error;
mod file;
mod form;
mod lock;
mod place;
mod problem;
mod record;

pub use anchor::{Anchor, Anchors, Mark};
pub use chain::{Chain, Torn, read_chain};
pub use doubt::{LedgerStatus, check_custody};
pub use error::LedgerError;
pub use file::Ledger;
pub use lock::ReadGuard;
pub use place::LedgerPlace;
pub use problem::LedgerProblem;
pub use record::{Body, CandidateRecord, Entry, LoopKey, Record};

use sha2::{Digest, Sha256};

/// Returns the SHA-256 of a line, as 64 hexadecimal digits.
pub fn line_hash(line: &[u8]) -> String {
    crate::model::hex(&Sha256::digest(line))
}

/// The previous hash of the first record.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
