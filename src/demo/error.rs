//! What can go wrong before a demo or a replay runs.

use std::path::PathBuf;

use crate::decide::DecideError;
use crate::repo::RepoError;
use crate::store::StoreError;
use crate::watch::WatchError;

/// An error of the demo room.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A folder to keep the demo in that holds something already.
    #[error("{0} is not empty; name a folder that does not exist yet")]
    NotEmpty(PathBuf),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The repository of the demo or of a recording.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// A recorded decision could not be made again.
    #[error(transparent)]
    Desk(#[from] DecideError),
    /// Recorded curves could not be filed.
    #[error(transparent)]
    Archive(#[from] StoreError),
    /// The recording is no run directory.
    #[error(transparent)]
    Observe(#[from] WatchError),
    /// A run directory in which nothing can be replayed.
    #[error("{path}: {what}")]
    NothingToReplay {
        /// The run directory.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
    },
}

impl DemoError {
    /// For `map_err`, with the path that it is about.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
