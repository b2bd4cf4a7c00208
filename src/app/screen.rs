//! The terminal: size, themes, keys, and the notice in the last line.

use std::path::PathBuf;

use crate::app::target::KeyTarget;
use crate::app::{CharacterWidths, Keymap};

/// State of the terminal, and how to draw on it.
#[derive(Debug, Default)]
pub struct Screen {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// A notice for the person, shown until the next key.
    pub notice: Option<Notice>,
    /// The key bindings.
    pub keymap: Keymap,
    /// The themes.
    pub themes: Themes,
    /// Errors in the person's configuration, one sentence each.
    pub config_errors: Vec<String>,
    /// Widths of characters that terminals draw differently.
    pub signs: CharacterWidths,
    /// The directory to save views to.
    pub save_in: PathBuf,
    /// The person's home directory; `None` if unknown.
    pub home: Option<PathBuf>,
    /// True after the first key or click: the current place was chosen by the person.
    pub(in crate::app) has_moved: bool,
    /// The change that a key acts on, and since when it is on the screen.
    pub(in crate::app) target: KeyTarget,
}

/// The kind of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Success.
    Good,
    /// Failure.
    Bad,
    /// Information.
    Plain,
}

/// A message in the last line, shown until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The message; visible text.
    pub text: String,
    /// Its kind.
    pub kind: NoticeKind,
}

/// The available themes, and the one in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Themes {
    /// The names of the themes.
    pub names: Vec<String>,
    /// The chosen theme.
    pub chosen: String,
    /// The theme previewed in the palette.
    pub tried: Option<String>,
}

impl Themes {
    /// Returns the theme to draw with.
    pub fn shown(&self) -> &str {
        self.tried.as_deref().unwrap_or(&self.chosen)
    }
}
