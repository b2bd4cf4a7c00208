//! Lines with invalid UTF-8: a table in GBK or Latin-1.

use std::fmt::Write as _;

use super::Line;
use crate::format::lines::content;

/// Statistics of lines with invalid bytes.
#[derive(Default)]
pub(super) struct OddBytes {
    first: u64,
    lines: usize,
}

impl OddBytes {
    /// Checks a finished line.
    pub(super) fn see(&mut self, line: &Line<'_>) {
        if std::str::from_utf8(line.bytes).is_err() {
            self.first = if self.lines == 0 { line.number } else { self.first };
            self.lines += 1;
        }
    }

    /// Returns the note about them.
    pub(super) fn note(&self) -> Option<String> {
        let lines = if self.lines == 1 { "1 line has" } else { &format!("{} lines have", self.lines) };
        let note = || format!("not UTF-8: {lines} invalid bytes, first in line {}; shown as \\xNN", self.first);
        (self.lines > 0).then(note)
    }
}

/// Returns the text of a line. Invalid bytes become `\xc4`: two different words must not become the same.
pub(super) fn text(line: &Line<'_>) -> String {
    let bytes = content(line);
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string does not fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}
