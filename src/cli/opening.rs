//! The inputs of the terminal UI.

use std::path::{Path, PathBuf};

use super::places;
use crate::repo::{Person, Places};

/// The loop and settings that the terminal UI opens with.
pub(super) struct Opening {
    /// The run directory.
    pub(super) dir: PathBuf,
    /// The directories that hold the person's own files.
    pub(super) places: Places,
    /// True if changes are detected by polling only.
    pub(super) poll: bool,
    /// The reviewer; `None` for the person in the git configuration.
    pub(super) who: Option<Person>,
    /// The first notice; `None` for none.
    pub(super) greeting: Option<String>,
}

impl Opening {
    /// Opens a run directory with the usual settings.
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), places: places(), poll: false, who: None, greeting: None }
    }
}
