//! The terminal: its size, themes, keys, and the one sentence at its bottom.

use std::path::PathBuf;

use crate::app::target::KeyTarget;
use crate::app::{Keymap, Signs};

/// The terminal and how it is drawn on.
#[derive(Debug, Default)]
pub struct Screen {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// One sentence for the person, until the next key.
    pub notice: Option<Notice>,
    /// What keys mean.
    pub keymap: Keymap,
    /// The themes.
    pub themes: Themes,
    /// Faults of the person's configuration, a sentence each.
    pub troubles: Vec<String>,
    /// How wide the terminal draws signs that are not the same everywhere.
    pub signs: Signs,
    /// The directory in which a view is saved.
    pub save_in: PathBuf,
    /// The person's home; `None` where it is not known.
    pub home: Option<PathBuf>,
    /// True after the first key or click: where the person is now is where they went.
    pub(in crate::app) has_moved: bool,
    /// The change that a key acts on, and since when that is on the screen.
    pub(in crate::app) target: KeyTarget,
}

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Something is done.
    Good,
    /// Something could not be done.
    Bad,
    /// How things are.
    Plain,
}

/// One sentence on the last line, until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What is said; visible text.
    pub text: String,
    /// How it is meant.
    pub kind: NoticeKind,
}

/// The themes there are, and the one in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Themes {
    /// Their names.
    pub names: Vec<String>,
    /// The chosen one.
    pub chosen: String,
    /// The one that is tried in the palette.
    pub tried: Option<String>,
}

impl Themes {
    /// The one to draw with.
    pub fn shown(&self) -> &str {
        self.tried.as_deref().unwrap_or(&self.chosen)
    }
}
