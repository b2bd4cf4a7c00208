//! What the screen opens with.

use std::path::{Path, PathBuf};

use super::places;
use crate::repo::{Person, Places};

/// What the terminal UI opens on.
pub(super) struct Opening {
    /// The run directory.
    pub(super) dir: PathBuf,
    /// Where what is the person's is kept.
    pub(super) places: Places,
    /// True when changes are noticed by polling alone.
    pub(super) poll: bool,
    /// Who decides; `None` for the person in the git configuration.
    pub(super) who: Option<Person>,
    /// What is said first; `None` for nothing.
    pub(super) greeting: Option<String>,
}

impl Opening {
    /// The usual way.
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), places: places(), poll: false, who: None, greeting: None }
    }
}
