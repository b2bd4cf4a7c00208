//! Bytes of a text file as UTF-8 with `\n` at line ends, whatever the writer's encoding and line ends were.

/// The encoding of a file, detected from its first bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Encoding {
    /// Too few bytes so far.
    #[default]
    Unknown,
    Utf8,
    /// UTF-16, little endian, as PowerShell's `>` writes it.
    Utf16Le,
    Utf16Be,
}

/// The line ends of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LineEndings {
    /// No line has ended yet; true when the last byte was `\r`, and the next one is not known.
    #[default]
    Unknown,
    /// `\n`, perhaps after `\r`.
    Lf,
    /// `\r` alone.
    Cr,
}

/// Decodes a file that is read in chunks of any size.
#[derive(Default)]
pub(super) struct Decoder {
    encoding: Encoding,
    ends: LineEndings,
    /// Bytes kept until the next ones arrive: the file's first one, or half a UTF-16 unit.
    held: Vec<u8>,
    /// The file's first line end was a `\r`, and no byte has followed it yet.
    has_return: bool,
    /// The first half of a surrogate pair.
    surrogate: Option<u16>,
}

impl Decoder {
    /// Decodes appended bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(bytes);
        if self.encoding == Encoding::Unknown {
            self.encoding = match *all {
                [0xff, 0xfe, ..] => Encoding::Utf16Le,
                [0xfe, 0xff, ..] => Encoding::Utf16Be,
                // Without a byte order mark: text in Latin letters has a zero in each unit.
                [first, 0, ..] if first != 0 => Encoding::Utf16Le,
                [0, second, ..] if second != 0 => Encoding::Utf16Be,
                [_, _, ..] => Encoding::Utf8,
                _ => Encoding::Unknown,
            };
        }
        let text = match self.encoding {
            Encoding::Unknown => {
                self.held = all;
                return Vec::new();
            }
            Encoding::Utf8 => all,
            Encoding::Utf16Le => self.utf16(&all, u16::from_le_bytes),
            Encoding::Utf16Be => self.utf16(&all, u16::from_be_bytes),
        };
        self.line_ends(text)
    }

    /// True for a file in UTF-16.
    pub(super) fn is_utf16(&self) -> bool {
        matches!(self.encoding, Encoding::Utf16Le | Encoding::Utf16Be)
    }

    fn utf16(&mut self, bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
        let pairs = bytes.chunks_exact(2);
        self.held = pairs.remainder().to_vec();
        let units = self.surrogate.take().into_iter().chain(pairs.map(|pair| unit([pair[0], pair[1]])));
        let mut text = String::with_capacity(bytes.len());
        let mut units = units.peekable();
        while let Some(one) = units.next() {
            match one {
                // A surrogate pair that is split across chunks: its other half is in the next bytes.
                0xd800..0xdc00 if units.peek().is_none() => self.surrogate = Some(one),
                0xd800..0xdc00 => {
                    let pair = units.next_if(|low| (0xdc00..0xe000).contains(low));
                    let code = pair.map(|low| 0x10000 + ((u32::from(one) - 0xd800) << 10) + (u32::from(low) - 0xdc00));
                    text.push(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                0xfeff => {}
                _ => text.push(char::from_u32(u32::from(one)).unwrap_or(char::REPLACEMENT_CHARACTER)),
            }
        }
        text.into_bytes()
    }

    /// Old Mac files end their lines with `\r` alone: the first line end of the file decides.
    fn line_ends(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        if std::mem::take(&mut self.has_return) {
            if text.is_empty() {
                self.has_return = true;
                return text;
            }
            text.insert(0, b'\r');
        }
        if self.ends == LineEndings::Unknown {
            let first = text.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            match first.map(|at| (text[at], text.get(at + 1))) {
                None => return text,
                Some((b'\r', None)) => {
                    // The next byte is not known yet.
                    text.pop();
                    self.has_return = true;
                    return text;
                }
                Some((b'\r', Some(next))) if *next != b'\n' => self.ends = LineEndings::Cr,
                Some(_) => self.ends = LineEndings::Lf,
            }
        }
        if self.ends == LineEndings::Cr {
            text.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(bytes: &[u8], sizes: usize) -> String {
        let mut decoder = Decoder::default();
        let mut out = Vec::new();
        for chunk in bytes.chunks(sizes.max(1)) {
            out.extend(decoder.push(chunk));
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn encodings_and_line_ends() {
        let utf16 = |text: &str, mark: bool| -> Vec<u8> {
            let mark = mark.then_some(0xfeff);
            mark.into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        };
        for size in [1, 2, 3, 1000] {
            assert_eq!(decode(b"a\tb\nc\r\nd", size), "a\tb\nc\r\nd");
            assert_eq!(decode(&utf16("a\té😀\nb", true), size), "a\té😀\nb");
            assert_eq!(decode(&utf16("commit\tx\r\nb", false), size), "commit\tx\r\nb");
            assert_eq!(decode(b"a\tb\rc\td\re\n", size), "a\tb\nc\td\ne\n");
        }
    }

    proptest! {
        #[test]
        fn any_chunks_equal_the_whole(bytes in proptest::collection::vec(prop_oneof![3 => prop::sample::select(b"ab\r\n\t".to_vec()), 1 => any::<u8>()], 2..60), size in 1usize..9) {
            let whole = decode(&bytes, bytes.len());
            // A `\r` at the very end waits for the byte after it.
            prop_assert_eq!(decode(&bytes, size), whole);
        }
    }
}
