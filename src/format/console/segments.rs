//! Splits bytes into segments: the lines that a terminal would show, whatever the chunks.
//!
//! LF and CR end a segment. Colours are removed; backspaces and cursor moves end a segment too, because the text after
//! them overwrites the text before.

use memchr::{memchr2, memchr3};

use super::super::detect_curves::HOLE;

/// Length at which a segment is cut.
pub(super) const LONGEST: usize = 16 * 1024;

/// Splits appended bytes, and keeps the unfinished last segment.
#[derive(Default)]
pub(super) struct Segments {
    open: Vec<u8>,
    /// Line ends seen so far.
    lines: u64,
    clean: Vec<u8>,
}

impl Segments {
    /// Passes each finished segment to `each`, with its line number from 1.
    pub(super) fn push(&mut self, bytes: &[u8], mut each: impl FnMut(u64, &[u8])) {
        // Most logs have no control characters at all: that is checked once for all new bytes.
        let plain = memchr3(0x1b, 0x08, 0, bytes).is_none();
        let mut rest = bytes;
        while let Some(end) = memchr2(b'\n', b'\r', rest) {
            if self.open.is_empty() && end <= LONGEST {
                if plain {
                    each(self.lines + 1, &rest[..end]);
                } else {
                    cleaned(&rest[..end], &mut self.clean, |part| each(self.lines + 1, part));
                }
            } else {
                extend(&mut self.open, &rest[..end]);
                cleaned(&self.open, &mut self.clean, |part| each(self.lines + 1, part));
                self.open.clear();
            }
            self.lines += u64::from(rest[end] == b'\n');
            rest = &rest[end + 1..];
        }
        extend(&mut self.open, rest);
    }
}

/// Appends bytes, with only as many NULs of a hole as are needed to detect it: a file that was truncated while a
/// program wrote to it can have more of them than a segment has room for.
fn extend(open: &mut Vec<u8>, bytes: &[u8]) {
    for run in bytes.chunk_by(|one, other| (*one == 0) == (*other == 0)) {
        let mut most = LONGEST.saturating_sub(open.len());
        if run[0] == 0 {
            most = most.min(HOLE - open.iter().rev().take(HOLE).take_while(|byte| **byte == 0).count());
        }
        open.extend_from_slice(&run[..run.len().min(most)]);
    }
}

/// Ends the part before a hole: its last number may be cut.
fn before_hole(clean: &mut Vec<u8>) {
    while clean.last().is_some_and(|byte| is_of_number(*byte)) {
        clean.pop();
    }
}

/// True for a byte that may be part of a number.
fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b',' | b'e' | b'E')
}

/// Passes the parts of a segment between cursor moves to `each`, without colours.
fn cleaned(segment: &[u8], clean: &mut Vec<u8>, mut each: impl FnMut(&[u8])) {
    if memchr3(0x1b, 0x08, 0, segment).is_none() {
        return each(segment);
    }
    clean.clear();
    let mut at = 0;
    while let Some(&byte) = segment.get(at) {
        match byte {
            0x1b => {
                let (end, moves) = escape(segment, at);
                if moves && !clean.is_empty() {
                    each(clean);
                    clean.clear();
                }
                at = end;
            }
            0x08 => {
                let back = segment[at..].iter().take_while(|byte| **byte == 0x08).count();
                if let Some(place) = place_within(&segment[at + back..], back, clean.len()) {
                    // The parsed text of the line begins with it.
                    clean.splice(..0, [place, b" "].concat());
                    each(clean);
                    return;
                }
                if !clean.is_empty() {
                    each(clean);
                    clean.clear();
                }
                at += back;
            }
            0 => {
                let nuls = segment[at..].iter().take_while(|byte| **byte == 0).count();
                at += nuls;
                // A hole: the text around it is not a line, and a number next to it may be cut.
                if nuls >= HOLE {
                    before_hole(clean);
                    if !clean.is_empty() {
                        each(clean);
                        clean.clear();
                    }
                    at += segment[at..].iter().take_while(|byte| is_of_number(**byte)).count();
                }
            }
            _ => {
                let rest = &segment[at..];
                let plain = memchr3(0x1b, 0x08, 0, rest).unwrap_or(rest.len());
                clean.extend_from_slice(&rest[..plain]);
                at += plain;
            }
        }
    }
    if !clean.is_empty() {
        each(clean);
    }
}

/// ` 391/391 `, written into the middle of an existing line: returns the progress of its bar.
fn place_within(rest: &[u8], back: usize, written: usize) -> Option<&[u8]> {
    const LONGEST_PLACE: usize = 48;
    let rest = Some(rest).filter(|rest| rest.len() <= LONGEST_PLACE)?;
    let place = rest.trim_ascii();
    let slash = place.iter().position(|byte| *byte == b'/')?;
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let is_place = is_number(&place[..slash]) && is_number(&place[slash + 1..]);
    (is_place && back < written && rest.len() < back).then_some(place)
}

/// Returns the end of an escape sequence, and whether it moves the cursor.
fn escape(bytes: &[u8], at: usize) -> (usize, bool) {
    match bytes.get(at + 1) {
        // CSI: parameters, then one letter.
        Some(b'[') => {
            let letter = bytes[at + 2..].iter().position(|byte| (0x40..=0x7e).contains(byte));
            let Some(letter) = letter.map(|letter| at + 2 + letter) else { return (bytes.len(), false) };
            (letter + 1, matches!(bytes[letter], b'A'..=b'H' | b'J' | b'S' | b'T' | b'f'))
        }
        // OSC: up to BEL or ST.
        Some(b']') => {
            let end = bytes[at + 2..].iter().position(|byte| matches!(byte, 0x07 | 0x1b));
            match end.map(|end| at + 2 + end) {
                Some(end) if bytes[end] == 0x1b => ((end + 2).min(bytes.len()), false),
                Some(end) => (end + 1, false),
                None => (bytes.len(), false),
            }
        }
        Some(_) => (at + 2, false),
        None => (at + 1, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(chunks: &[&[u8]]) -> Vec<(u64, String)> {
        let mut all = Vec::new();
        let mut segments = Segments::default();
        for chunk in chunks {
            segments.push(chunk, |line, part| all.push((line, String::from_utf8_lossy(part).into_owned())));
        }
        all
    }

    #[test]
    fn colours_are_removed_and_cursor_moves_split() {
        let all = segments(&[b"\x1b[31mstep:  1\x1b[0m x\r\nA\x1b[1A\x1b[2KB\x08\x08C\n\x1b]0;title\x07D\nopen"]);
        let expected = [(1, "step:  1 x"), (1, ""), (2, "A"), (2, "B"), (2, "C"), (3, "D")];
        assert_eq!(all, expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn a_hole_ends_a_line_and_invalidates_adjacent_numbers() {
        let hole = [0; HOLE];
        let text = [b"loss 2.5\0\0\0 x\nstep 20 loss 1".as_slice(), &hole, b"7.5 lr 3\n", &hole, b"step 30\n"].concat();
        let expected = [(1, "loss 2.5 x"), (2, "step 20 loss "), (2, " lr 3"), (3, "step 30")];
        for size in [1, 3, 100] {
            let pieces: Vec<&[u8]> = text.chunks(size).collect();
            assert_eq!(segments(&pieces), expected.map(|(line, text)| (line, text.to_owned())), "{size}");
        }
    }

    #[test]
    fn a_sequence_cut_by_a_chunk_is_whole() {
        let all = segments(&[b"a\x1b[3", b"1mb", b"\nc"]);
        assert_eq!(all, [(1, "ab".to_owned())]);
    }
}
