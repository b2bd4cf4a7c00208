//! The inputs of the terminal UI.

use std::path::{Path, PathBuf};

use crate::repo::{Person, Places};
use crate::runtime::places;

/// The loop and settings that the terminal UI opens with.
pub(crate) struct Opening {
    /// The run directory.
    pub(crate) dir: PathBuf,
    /// The directories that hold the person's own files.
    pub(crate) places: Places,
    /// True if changes are detected by polling only.
    pub(crate) poll: bool,
    /// The reviewer; `None` for the person in the git configuration.
    pub(crate) who: Option<Person>,
    /// The first notice; `None` for none.
    pub(crate) greeting: Option<String>,
}

impl Opening {
    /// Opens a run directory with the usual settings.
    pub(crate) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), places: places(), poll: false, who: None, greeting: None }
    }
}
