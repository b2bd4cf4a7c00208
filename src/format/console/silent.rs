//! Lines of which nothing was read, by their text with digits taken as alike: a worker's thousandth line of a kind
//! says as little as its first.

use std::hash::{BuildHasher, Hasher, RandomState};

/// How many kinds are known at once; a new one takes the place of another.
const KINDS: usize = 256;
/// Longer lines are read anew each time.
const LONGEST: usize = 1024;
/// More digits than this are taken as alike: dates, clocks and groups of thousands have fewer.
const MOST_DIGITS: usize = 5;

/// The kinds of lines of which nothing was read.
pub(super) struct Silent {
    /// Nobody who writes a log can make two kinds look alike.
    hashes: RandomState,
    kinds: Vec<u64>,
    /// The kind of the line that is being read, where it was asked for, and the stage of the log.
    asked: Option<(u64, u64)>,
}

impl Default for Silent {
    fn default() -> Self {
        Self { hashes: RandomState::new(), kinds: Vec::new(), asked: None }
    }
}

impl Silent {
    /// A line is about to be read.
    pub(super) fn next(&mut self) {
        self.asked = None;
    }

    /// True for a line of a kind that said nothing at the same stage of the log.
    pub(super) fn knows(&mut self, line: &[u8], stage: u64) -> bool {
        self.asked = (line.len() <= LONGEST).then(|| (self.kind(line, stage), stage));
        self.asked.is_some_and(|(kind, _)| self.kinds.get(place(kind)) == Some(&kind))
    }

    /// Remembers the kind of the line that was asked for: nothing was read of it. One that changed the stage did say
    /// something.
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
