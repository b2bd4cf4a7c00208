//! Errors of reading and writing a ledger.

use std::path::{Path, PathBuf};

use super::LedgerProblem;
use crate::disk::remedy;

/// An error of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A line is invalid.
    #[error("{path}, line {line}: {what}; nothing is decided until this is settled (countersign ledger)")]
    Broken {
        /// The ledger.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The problem with it.
        what: String,
    },
    /// The ledger and its anchor do not match.
    #[error("{path}: {doubt}. Nothing is decided until this is settled")]
    AnchorMismatch {
        /// The ledger.
        path: PathBuf,
        /// The mismatch.
        doubt: LedgerProblem,
    },
    /// The anchor cannot be written, so nothing is appended either.
    #[error("the anchor {path}: {source}; {remedy}", remedy = remedy(source))]
    Anchor {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Another supervisor is deciding, or another process holds the lock.
    #[error("{}; nothing was decided, {}", busy(path, by.as_ref()), busy_remedy(by.as_ref()))]
    Busy {
        /// The lock.
        path: PathBuf,
        /// Id and name of the process that holds it; `None` if the system does not report it.
        by: Option<(u32, String)>,
    },
    /// The open file was replaced under its name.
    #[error(
        "{0}: somebody removed or replaced it during a decision; inspect it (ls -l, countersign verify), then decide again"
    )]
    Replaced(PathBuf),
    /// A file could not be read or written.
    #[error("{path}: {source}; {remedy}", remedy = remedy(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
}

fn is_countersign(by: Option<&(u32, String)>) -> bool {
    by.is_none_or(|(_, name)| name.starts_with("countersign"))
}

/// True if this process holds the lock: for this long, that can only be a decision that timed out.
fn is_ours(by: Option<&(u32, String)>) -> bool {
    by.is_some_and(|(pid, _)| *pid == std::process::id())
}

fn busy(path: &Path, by: Option<&(u32, String)>) -> String {
    let place = path.display();
    match by {
        Some((pid, _)) if is_ours(by) => format!(
            "a decision of this same countersign (process {pid}) timed out, may still be written, and holds {place}"
        ),
        Some((pid, name)) if !is_countersign(by) => {
            format!("process {pid} ({name}), which is not countersign, holds {place}")
        }
        Some((pid, _)) => {
            format!("another countersign is deciding right now, and has been for a while (process {pid} holds {place})")
        }
        None => format!("another countersign is deciding right now, and has been for a while ({place} is locked)"),
    }
}

fn busy_remedy(by: Option<&(u32, String)>) -> &'static str {
    if is_ours(by) {
        return "try again in a moment; if it persists, quit: the next start finishes or undoes it";
    }
    if is_countersign(by) { "try again in a moment" } else { "check what it is (ps), stop it, then try again" }
}

impl LedgerError {
    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
