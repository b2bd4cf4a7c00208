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
    /// Takes bytes as they were read. Each byte that is no UTF-8 becomes a character of its own, so that two texts are never
    /// the same; see [`byte_of`].
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

/// The first of the 256 characters, at the end of the last plane for private use, that stand for bytes.
const BYTES: u32 = 0x0010_ff00;

fn char_of(byte: u8) -> char {
    char::from_u32(BYTES + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Returns the byte, no UTF-8, for which a character of an [`AgentText`] stands; `None` for what is a character.
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
    fn a_character_that_stands_for_a_byte_is_none_where_a_file_has_it() {
        assert_eq!(AgentText::from_bytes(b"q\xffz").raw(), "q\u{10ffff}z");
        let text = AgentText::from_bytes("a\u{10ff80}b\u{fffd}".as_bytes());
        assert_eq!(text.raw(), "a\u{10fff4}\u{10ff8f}\u{10ffbe}\u{10ff80}b\u{fffd}");
        assert_eq!(bytes_of(&text), "a\u{10ff80}b\u{fffd}".as_bytes());
    }
}
