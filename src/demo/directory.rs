//! The directory of a demo, and its removal afterwards.

use std::path::{Path, PathBuf};

use super::DemoError;

/// A directory for one demo. Dropping it removes a scratch directory; a kept one stays.
pub struct DemoDir {
    dir: PathBuf,
    state: PathBuf,
    _scratch: Option<tempfile::TempDir>,
}

impl DemoDir {
    /// Creates a scratch directory whose last part is `name`. It also contains the loop's part of the person's state,
    /// which is removed with it.
    pub fn scratch(name: &str) -> Result<Self, DemoError> {
        let scratch =
            tempfile::Builder::new().prefix("countersign-").tempdir().map_err(DemoError::io(std::env::temp_dir()))?;
        let dir = scratch.path().join(name);
        std::fs::create_dir(&dir).map_err(DemoError::io(&dir))?;
        Ok(Self { dir, state: scratch.path().join("state"), _scratch: Some(scratch) })
    }

    /// Uses a directory that is kept. `state` is the person's state directory: the loop is theirs from now on.
    pub fn kept(dir: &Path, state: &Path) -> Result<Self, DemoError> {
        std::fs::create_dir_all(dir).map_err(DemoError::io(dir))?;
        let mut entries = std::fs::read_dir(dir).map_err(DemoError::io(dir))?;
        if entries.next().is_some() {
            return Err(DemoError::NotEmpty(dir.to_owned()));
        }
        Ok(Self { dir: dir.to_owned(), state: state.to_owned(), _scratch: None })
    }

    /// Returns the run directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the state directory to open it with.
    pub fn state(&self) -> &Path {
        &self.state
    }
}
