//! Lines without a value, by their text with all digits treated as equal: a worker's thousandth line of a kind is as
//! silent as its first.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Maximum number of known kinds; a new one replaces another.
const KINDS: usize = 256;
/// Length beyond which a line is parsed each time.
const LONGEST: usize = 1024;
/// Maximum number of digits that are treated as equal: dates, clocks and groups of thousands have fewer.
const MOST_DIGITS: usize = 5;

/// The kinds of lines without a value.
pub(super) struct Silent {
    /// Random, so that the author of a log cannot make two kinds collide.
    hashes: RandomState,
    kinds: Vec<u64>,
    /// The kind of the current line, if it was looked up, and the stage of the log.
    asked: Option<(u64, u64)>,
}

impl Default for Silent {
    fn default() -> Self {
        Self { hashes: RandomState::new(), kinds: Vec::new(), asked: None }
    }
}

impl Silent {
    /// Starts the next line.
    pub(super) fn next(&mut self) {
        self.asked = None;
    }

    /// True for a line of a kind that was silent at the same stage of the log.
    pub(super) fn knows(&mut self, line: &[u8], stage: u64) -> bool {
        self.asked = (line.len() <= LONGEST).then(|| (self.kind(line, stage), stage));
        self.asked.is_some_and(|(kind, _)| self.kinds.get(place(kind)) == Some(&kind))
    }

    /// Remembers the kind of the looked-up line as silent. A line that changed the stage was not.
    pub(super) fn remember(&mut self, stage: u64) -> bool {
        let Some((kind, _)) = self.asked.filter(|(_, before)| *before == stage) else { return false };
        self.kinds.resize(KINDS, 0);
        self.kinds[place(kind)] = kind;
        true
    }

    fn kind(&self, line: &[u8], stage: u64) -> u64 {
        let mut hasher = self.hashes.build_hasher();
        hasher.write_u64(stage);
        for run in line.chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit()) {
            if run[0].is_ascii_digit() {
                // No text in UTF-8 has such bytes.
                hasher.write_u8(0xf8 + run.len().min(MOST_DIGITS) as u8);
            } else {
                hasher.write(run);
            }
        }
        hasher.finish()
    }
}

fn place(kind: u64) -> usize {
    kind as usize % KINDS
}
