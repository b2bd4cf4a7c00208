//! Why a directory cannot be observed.

use std::fmt;
use std::path::PathBuf;

use crate::model::PassedOver;
use crate::policy::text::Visible;

/// An error of the observe room.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The directory is not there or cannot be read.
    #[error("{path}: {source}")]
    NoDirectory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing in it looks like a loop or like curves. Beside the directory what was seen in it.
    #[error(
        "{0}: no loop found here: no results.tsv, experiments.tsv, *-results.tsv, autoresearch.jsonl or .auto/log.jsonl, at the top or in a folder of it, and no curves of runs{2}\nopen the directory that the loop or the training runs in, once it has begun; `countersign init` joins an agent that only asks{1}"
    )]
    NotALoop(PathBuf, Unreadable, String),
    /// The watching thread could not be started.
    #[error("the watching thread could not be started: {0}")]
    Thread(std::io::Error),
}

/// What was seen where nothing could be read.
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
