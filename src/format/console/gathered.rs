//! Dictionaries over several lines, as `json.dumps(…, indent=2)` and `pprint` print them: their step may stand last, and
//! their names below others. They are read as one line.

use super::meaning::names_result;
use super::words;

/// A dictionary with more lines or bytes is a dump.
const MOST_LINES: usize = 64;
const MOST_BYTES: usize = 4096;

/// The lines of a dictionary that is open.
#[derive(Default)]
pub(super) struct Gathered {
    lines: Vec<(u64, Vec<u8>)>,
    bytes: usize,
    depth: i32,
}

/// What a line is to the dictionary that is open.
#[derive(PartialEq)]
pub(super) enum Gathering {
    /// Nothing.
    Not,
    /// Part of it.
    Part,
    /// Its last line.
    Last,
    /// It is none, or too long: its lines are to be read as they stand, this one after them.
    Broken,
}

impl Gathered {
    /// Takes a line.
    #[inline]
    pub(super) fn take(&mut self, number: u64, line: &[u8]) -> Gathering {
        if self.lines.is_empty() && (line.ends_with(b"}") || line.trim_ascii_start().first() != Some(&b'{')) {
            return Gathering::Not;
        }
        self.add(number, line)
    }

    fn add(&mut self, number: u64, line: &[u8]) -> Gathering {
        let begins = line.trim_ascii_start().first();
        let is_part = begins.is_some_and(|byte| b"{}[]\"'-0123456789".contains(byte));
        if !is_part || self.lines.len() == MOST_LINES || self.bytes + line.len() > MOST_BYTES {
            return Gathering::Broken;
        }
        let of = |open: u8, close: u8| {
            memchr::memchr_iter(open, line).count() as i32 - memchr::memchr_iter(close, line).count() as i32
        };
        self.depth += of(b'{', b'}');
        self.bytes += line.len();
        self.lines.push((number, line.to_vec()));
        match self.depth {
            1.. => Gathering::Part,
            0 => Gathering::Last,
            _ => Gathering::Broken,
        }
    }

    /// The lines there are; nothing is gathered after that.
    pub(super) fn lines(&mut self) -> Vec<(u64, Vec<u8>)> {
        std::mem::take(self).lines
    }
}

/// The lines of a dictionary as one, where it has results, and a step among them or above.
pub(super) fn joined(lines: &[(u64, Vec<u8>)], has_step_above: bool) -> Option<Vec<u8>> {
    let parts: Vec<&[u8]> = lines.iter().map(|(_, line)| line.trim_ascii()).collect();
    let whole = parts.join(&b' ');
    let text = String::from_utf8_lossy(&whole);
    let pieces: Vec<&str> = text.split(['"', '\'']).collect();
    let names = || {
        let is_name = |at: &usize| pieces.get(at + 1).is_some_and(|next| next.trim_start().starts_with(':'));
        (1..pieces.len()).step_by(2).filter(is_name).map(|at| pieces[at])
    };
    let has_step = has_step_above || names().any(|name| words::count(name.as_bytes()).is_some());
    let has_result = names().any(names_result);
    (has_step && has_result).then_some(whole)
}
