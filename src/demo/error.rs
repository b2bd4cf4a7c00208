//! Errors before a demo or a replay runs.

use std::path::PathBuf;

use crate::decide::DecideError;
use crate::repo::RepoError;
use crate::store::StoreError;
use crate::watch::WatchError;

/// An error of the demo room.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The directory to keep the demo in is not empty.
    #[error("{0} is not empty; choose a directory that does not exist yet")]
    NotEmpty(PathBuf),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// An error in the repository of the demo or a recording.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// A recorded decision could not be repeated.
    #[error(transparent)]
    Decide(#[from] DecideError),
    /// Recorded curves could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The recording is not a run directory.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// A run directory with nothing to replay.
    #[error("{path}: {missing}")]
    NothingToReplay {
        /// The run directory.
        path: PathBuf,
        /// The missing part.
        missing: &'static str,
    },
}

impl DemoError {
    /// Returns a function for `map_err` that adds the path.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
