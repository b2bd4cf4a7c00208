//! Which hunks and lines of a change were on the screen, keyed by their content: a hunk that is unchanged in another
//! round, or after another hunk was amended, still counts as seen.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::app::review::doc::DiffDoc;
use crate::app::review::pieces::{CodeLine, row_count};
use crate::app::review::rows::DocRow;
use crate::model::{Built, HunkKey};
use crate::query::Assessment;

/// Lines that were on the screen.
#[derive(Clone, Debug, Default)]
pub struct SeenLines {
    lines: HashMap<HunkKey, HashSet<u32>>,
    /// The seen rows of lines that were not completely on the screen, at the current width.
    parts: HashMap<(HunkKey, u32), HashSet<usize>>,
}

impl SeenLines {
    /// Forgets partly seen lines: the rows changed their width.
    pub(crate) fn forget_parts(&mut self) {
        self.parts.clear();
    }

    /// True if every line of a hunk of `lines` lines was on the screen.
    pub fn is_whole(&self, key: HunkKey, lines: usize) -> bool {
        self.lines.get(&key).map_or(0, HashSet::len) >= lines
    }

    fn mark(&mut self, key: HunkKey, line: usize, part: usize, parts: usize) {
        let line = line as u32;
        if parts > 1 {
            let seen = self.parts.entry((key, line)).or_default();
            seen.insert(part);
            if seen.len() < parts {
                return;
            }
            self.parts.remove(&(key, line));
        }
        self.lines.entry(key).or_default().insert(line);
    }

    /// Marks rows of a diff as seen; `is_panned` if cut lines are scrolled to the left.
    pub(super) fn drawn(&mut self, doc: &DiffDoc, rows: Range<usize>, is_panned: bool) {
        let Some(assessment) = doc.assessment() else { return };
        let (wrap, room) = (doc.recipe.manner.wrap, doc.recipe.room());
        for row in doc.rows.get(rows).unwrap_or_default() {
            let (file, hunk, lines, part) = match *row {
                DocRow::Line { file, hunk, line, part } => (file, hunk, [Some(line), None], part),
                DocRow::Pair { file, hunk, left, right, part } => {
                    (file, hunk, [left, right.filter(|_| left != right)], part)
                }
                // Only one of two lines was shown: neither counts as seen.
                _ => continue,
            };
            let Some(key) = assessment.keys.get(file).and_then(|keys| keys.get(hunk)) else { continue };
            for line in lines.into_iter().flatten() {
                let Some(text) = doc.line(file, hunk, line) else { continue };
                let parts = row_count(CodeLine::of(text), &room);
                if !wrap && (parts > 1 || is_panned) {
                    // Cut lines do not count as seen.
                    continue;
                }
                if part < parts {
                    self.mark(*key, line, part, parts);
                }
            }
        }
    }

    /// Returns the hunks with lines that were never on the screen, as indices of file and hunk.
    pub(in crate::app) fn missing(&self, judged: &Assessment) -> Vec<(usize, usize)> {
        let Built::Ready(candidate) = &judged.built else { return Vec::new() };
        let files = candidate.files.iter().zip(&judged.keys).enumerate();
        let hunks = files.flat_map(|(at, (file, keys))| {
            file.hunks.iter().zip(keys).enumerate().map(move |(hunk, (lines, key))| ((at, hunk), lines, key))
        });
        let missing = hunks.filter(|(_, hunk, key)| !self.is_whole(**key, hunk.lines.len()));
        missing.map(|(at, ..)| at).collect()
    }
}
