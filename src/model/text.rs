//! Text that an agent or its programs wrote.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bytes of a name, a title or a cell beyond which it is cut.
const LONGEST: usize = 4096;

/// Text from an agent, its repository, its logs or its messages: hostile until proven otherwise.
///
/// It has no `Display`: the only way to a screen is [`crate::policy::text::Visible`], which makes
/// every control, bidi and invisible character seen.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentText(String);

impl AgentText {
    /// Takes bytes as they were read; invalid UTF-8 becomes U+FFFD.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(String::from_utf8_lossy(bytes).into_owned())
    }

    /// Takes a name, a title, a cell: what is longer than any honest one is cut, and says so.
    pub fn bounded(text: &str) -> Self {
        Self::cut(text, LONGEST)
    }

    /// Takes a text of at most `most` bytes: what is longer is cut, and says so.
    pub fn cut(text: &str, most: usize) -> Self {
        if text.len() <= most {
            return Self(text.to_owned());
        }
        let mut end = most;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self(format!("{}... (cut: {} bytes)", &text[..end], text.len()))
    }

    /// The same with its lines joined by spaces, for a place that has one line.
    pub fn on_one_line(&self) -> Self {
        Self(self.0.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" "))
    }

    /// Its lines.
    pub fn raw_lines(&self) -> impl Iterator<Item = Self> {
        self.0.lines().map(Self::from)
    }

    /// The raw text, for comparing and parsing. Never for printing.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// True when there is nothing in it but white space.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl From<&str> for AgentText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for AgentText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for AgentText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
