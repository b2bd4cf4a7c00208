//! Dictionaries over several lines, as `json.dumps(…, indent=2)` and `pprint` print them: their step may come last, and
//! their names may be nested. They are read as one line.

use super::meaning::names_result;
use super::words;

/// Maximum number of lines of a dictionary, and of bytes: a longer one is a dump.
const MOST_LINES: usize = 64;
const MOST_BYTES: usize = 4096;

/// The lines of an open dictionary.
#[derive(Default)]
pub(super) struct Gathered {
    lines: Vec<(u64, Vec<u8>)>,
    bytes: usize,
    depth: i32,
}

/// The role of a line in the open dictionary.
#[derive(PartialEq)]
pub(super) enum Gathering {
    /// Outside of it.
    Not,
    /// Part of it.
    Part,
    /// Its last line.
    Last,
    /// It is not a dictionary, or too long: its lines are read separately, this one after them.
    Broken,
}

impl Gathered {
    /// Adds a line.
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

    /// Returns the collected lines and discards them.
    pub(super) fn lines(&mut self) -> Vec<(u64, Vec<u8>)> {
        std::mem::take(self).lines
    }
}

/// Joins the lines of a dictionary if it has results, and a step inside or above.
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
