//! Why a ledger cannot be read or written.

use std::path::{Path, PathBuf};

use super::Doubt;
use crate::disk::remedy;

/// What can go wrong with the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A line is not what it should be.
    #[error("{path}, line {line}: {what}; nothing is decided until this is settled (countersign ledger)")]
    Broken {
        /// The ledger.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What does not hold.
        what: String,
    },
    /// The ledger and its anchor do not agree.
    #[error("{path}: {doubt}. Nothing is decided until then")]
    InDoubt {
        /// The ledger.
        path: PathBuf,
        /// What does not hold.
        doubt: Doubt,
    },
    /// The anchor cannot be written, so nothing is appended either.
    #[error("the anchor {path}: {source}; {remedy}", remedy = remedy(source))]
    Anchor {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another supervisor decides right now, or another process holds the lock.
    #[error("{}; nothing was decided, {}", busy(path, by.as_ref()), busy_remedy(by.as_ref()))]
    Busy {
        /// The lock.
        path: PathBuf,
        /// The process that holds it, by number and name; `None` where the system does not tell.
        by: Option<(u32, String)>,
    },
    /// Another file has the name of one that is open.
    #[error(
        "{0}: somebody took it away while a decision was made, or put another one in its place; look at it (ls -l, countersign verify), then decide again"
    )]
    Replaced(PathBuf),
    /// The system said no.
    #[error("{path}: {source}; {remedy}", remedy = remedy(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

fn is_countersign(by: Option<&(u32, String)>) -> bool {
    by.is_none_or(|(_, name)| name.starts_with("countersign"))
}

/// Nothing of ours holds it for so long but what was given up.
fn is_ours(by: Option<&(u32, String)>) -> bool {
    by.is_some_and(|(pid, _)| *pid == std::process::id())
}

fn busy(path: &Path, by: Option<&(u32, String)>) -> String {
    let place = path.display();
    match by {
        Some((pid, _)) if is_ours(by) => format!(
            "a decision of this very countersign (process {pid}) that was given up, and may still be written, holds {place}"
        ),
        Some((pid, name)) if !is_countersign(by) => {
            format!("process {pid} ({name}) holds {place}, and it is not countersign")
        }
        Some((pid, _)) => {
            format!("another countersign is deciding right now, and has been for a while (process {pid} holds {place})")
        }
        None => format!("another countersign is deciding right now, and has been for a while ({place} is held)"),
    }
}

fn busy_remedy(by: Option<&(u32, String)>) -> &'static str {
    if is_ours(by) {
        return "look again in a moment; where it stays so, leave: the next start ends it or puts it back";
    }
    if is_countersign(by) { "try again in a moment" } else { "look what it is (ps), end it, then try again" }
}

impl LedgerError {
    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
