//! Why a directory cannot be observed.

use std::path::PathBuf;

/// An error of the observe room.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// The directory is not there or cannot be read.
    #[error("{path}: {source}")]
    NoDirectory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing in it looks like a loop.
    #[error(
        "{0}: no loop found here: no results.tsv, experiments.tsv, *-results.tsv, autoresearch.jsonl or .auto/log.jsonl, at the top or in a folder of it{1}\nname the directory the loop runs in, or start the loop first: `countersign doctor DIR` says what was looked for; `countersign init` joins an agent that only asks"
    )]
    NotALoop(PathBuf, String),
    /// The watching thread could not be started.
    #[error("the watching thread could not be started: {0}")]
    Thread(std::io::Error),
}
