//! The reasons why a directory cannot be watched.

use std::fmt;
use std::path::PathBuf;

use crate::model::PassedOver;
use crate::policy::text::Visible;

/// An error of the watch room.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The directory does not exist or cannot be read.
    #[error("{path}: {source}")]
    NoDirectory {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Nothing in it looks like a loop or like curves; with the directory and the files that were found in it.
    #[error(
        "{0}: no loop found here: no results.tsv, experiments.tsv, *-results.tsv, autoresearch.jsonl or .auto/log.jsonl, at the top or in a directory below it, and no curves of runs{2}\nopen the directory that the loop or the training runs in, once it has started; `countersign init` sets up an agent that only asks{1}"
    )]
    NotALoop(PathBuf, Unreadable, String),
    /// The watching thread could not be started.
    #[error("cannot start the watcher thread: {0}")]
    Thread(std::io::Error),
}

/// The files that were found in a directory where nothing could be read.
#[derive(Debug, Default)]
pub struct Unreadable(pub Vec<PassedOver>);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 8;
        for seen in self.0.iter().take(MOST) {
            write!(f, "\nseen and not read: {}: {}", Visible::of(&seen.path), Visible::of(&seen.why))?;
        }
        match self.0.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}
