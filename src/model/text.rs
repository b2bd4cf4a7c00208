//! Text written by an agent or its programs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest name, title or cell in bytes; longer ones are cut.
const LONGEST: usize = 4096;

/// Text from an agent, its repository, its logs or its messages: hostile until proven otherwise.
///
/// It has no `Display`: it reaches a screen only through [`crate::policy::text::Visible`], which makes every control,
/// bidi and invisible character visible.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentText(String);

impl AgentText {
    /// Decodes bytes as they were read. Each invalid UTF-8 byte becomes a character of its own, so that different bytes
    /// never give the same text; see [`byte_of`].
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(bytes.len());
        let push_bytes = |text: &mut String, bytes: &[u8]| text.extend(bytes.iter().map(|byte| char_of(*byte)));
        for chunk in bytes.utf8_chunks() {
            for part in chunk.valid().split_inclusive(|c| byte_of(c).is_some()) {
                let last = part.chars().next_back().filter(|c| byte_of(*c).is_some());
                let (plain, odd) = part.split_at(part.len() - last.map_or(0, char::len_utf8));
                text.push_str(plain);
                push_bytes(&mut text, odd.as_bytes());
            }
            push_bytes(&mut text, chunk.invalid());
        }
        Self(text)
    }

    /// Makes a name, a title or a cell: text longer than any honest one is cut, with a note.
    pub fn bounded(text: &str) -> Self {
        Self::cut(text, LONGEST)
    }

    /// Makes a text of at most `most` bytes: longer text is cut, with a note.
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

    /// The same text with its lines joined by spaces, for a place with a single line.
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

    /// True if it contains nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// The first of the 256 characters, at the end of the last private-use plane, that stand for bytes.
const BYTES: u32 = 0x0010_ff00;

fn char_of(byte: u8) -> char {
    char::from_u32(BYTES + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Returns the invalid UTF-8 byte that a character of an [`AgentText`] stands for; `None` for a real character.
pub fn byte_of(c: char) -> Option<u8> {
    (c as u32).checked_sub(BYTES).and_then(|byte| u8::try_from(byte).ok())
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The bytes that a text was made of.
    fn bytes_of(text: &AgentText) -> Vec<u8> {
        let mut bytes = Vec::new();
        for c in text.raw().chars() {
            match byte_of(c) {
                Some(byte) => bytes.push(byte),
                None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        bytes
    }

    proptest! {
        #[test]
        fn no_two_byte_strings_are_one_text(bytes in prop::collection::vec(prop_oneof![
            any::<u8>(), Just(0xff), Just(0xf4), Just(0x8f), Just(0xbe), Just(0x80), Just(b'a'),
        ], 0..60)) {
            prop_assert_eq!(bytes_of(&AgentText::from_bytes(&bytes)), bytes);
        }
    }

    #[test]
    fn a_private_use_character_in_a_file_is_kept_distinct_from_a_byte() {
        assert_eq!(AgentText::from_bytes(b"q\xffz").raw(), "q\u{10ffff}z");
        let text = AgentText::from_bytes("a\u{10ff80}b\u{fffd}".as_bytes());
        assert_eq!(text.raw(), "a\u{10fff4}\u{10ff8f}\u{10ffbe}\u{10ff80}b\u{fffd}");
        assert_eq!(bytes_of(&text), "a\u{10ff80}b\u{fffd}".as_bytes());
    }
}
