//! Splits bytes into numbered lines, whatever the chunks.

use memchr::memchr;

/// Length in bytes at which a line is cut; the rest of it is skipped.
pub(super) const LONGEST_LINE: usize = 1 << 20;

/// The warning about a last line that is still being written.
pub(super) const UNFINISHED_LINE: &str = "the last line is incomplete; not counted yet";

/// Splits appended bytes into lines and keeps the unfinished last one.
#[derive(Default)]
pub(super) struct LineSplitter {
    open: Vec<u8>,
    number: u64,
    cut: bool,
}

/// A finished line without its end.
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: u64,
    /// Without `\n` or `\r\n`.
    pub(super) bytes: &'a [u8],
    /// True when it was longer than [`LONGEST_LINE`].
    pub(super) cut: bool,
}

impl LineSplitter {
    pub(super) fn push(&mut self, bytes: &[u8], mut each: impl FnMut(Line<'_>)) {
        let mut rest = self.written(bytes);
        while let Some(end) = memchr(b'\n', rest) {
            self.number += 1;
            // A line that is entirely in the new bytes is not copied.
            let whole = self.open.is_empty() && end <= LONGEST_LINE;
            if !whole {
                self.extend(&rest[..end]);
            }
            let bytes = if whole { &rest[..end] } else { &self.open };
            let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
            each(Line { number: self.number, bytes, cut: std::mem::take(&mut self.cut) });
            self.open.clear();
            rest = self.written(&rest[end + 1..]);
        }
        self.extend(rest);
    }

    /// Returns the new bytes without NULs at the beginning of a line: a file that was truncated while a program wrote
    /// to it has a hole of any length there.
    fn written<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let nuls = if self.open.is_empty() { bytes.iter().take_while(|byte| **byte == 0).count() } else { 0 };
        &bytes[nuls..]
    }

    fn extend(&mut self, bytes: &[u8]) {
        let room = LONGEST_LINE.saturating_sub(self.open.len());
        self.open.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.cut |= bytes.len() > room;
    }

    /// Returns the unfinished last line; `None` when there is none.
    pub(super) fn open(&self) -> Option<Line<'_>> {
        (!self.open.is_empty()).then(|| {
            let bytes = self.open.strip_suffix(b"\r").unwrap_or(&self.open);
            Line { number: self.number + 1, bytes, cut: self.cut }
        })
    }
}

/// Returns the bytes of a line without a byte order mark, which only the first one may have.
pub(super) fn content<'a>(line: &Line<'a>) -> &'a [u8] {
    let mark = if line.number == 1 { "\u{feff}" } else { "" };
    line.bytes.strip_prefix(mark.as_bytes()).unwrap_or(line.bytes)
}

/// Returns the text of a line without a byte order mark.
pub(super) fn text(line: &Line<'_>) -> String {
    String::from_utf8_lossy(content(line)).into_owned()
}

/// Returns the first 8 hexadecimal digits of a row's SHA-256: enough to detect rewritten rows.
pub(super) fn row_hash(bytes: &[u8]) -> std::sync::Arc<str> {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(bytes);
    crate::model::hex(&digest[..4]).into()
}
