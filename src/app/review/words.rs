//! Differing words in the lines on the screen: computed for visible lines only, cached for one change.

use std::collections::HashMap;
use std::ops::Range;

use crate::app::review::doc::DiffDoc;
use crate::app::review::rows::{DocOf, DocRow};
use crate::model::{ChangedRanges, block_around, differing_words};

/// Maximum number of cached blocks; with more, all are computed again.
const MOST_KEPT: usize = 4_096;

/// The differing words of lines, as far as they were computed.
#[derive(Clone, Debug, Default)]
pub struct ChangedWords {
    of: Option<DocOf>,
    /// By file, hunk and first line of the block.
    known: HashMap<(usize, usize, usize), Vec<ChangedRanges>>,
    /// The block of a line; `None` if it replaces nothing.
    blocks: HashMap<(usize, usize, usize), Option<[usize; 3]>>,
}

impl ChangedWords {
    /// Returns the differing parts of a line; empty if there are none, or if they were not computed.
    pub fn of(&self, file: usize, hunk: usize, line: usize) -> &[Range<usize>] {
        let block = self.blocks.get(&(file, hunk, line)).copied().flatten();
        let marks = block.and_then(|block| self.known.get(&(file, hunk, block[0]))?.get(line - block[0]));
        marks.map_or(&[], Vec::as_slice)
    }

    /// Computes the differing words of some rows.
    pub(super) fn find(&mut self, doc: &DiffDoc, rows: Range<usize>) {
        if self.of.as_ref() != Some(&doc.recipe.of) || self.known.len() > MOST_KEPT {
            *self = Self { of: Some(doc.recipe.of.clone()), ..Self::default() };
        }
        for row in doc.rows.get(rows).unwrap_or_default() {
            let (file, hunk, lines) = match *row {
                DocRow::Line { file, hunk, line, .. } => (file, hunk, [Some(line), None]),
                DocRow::Pair { file, hunk, left, right, .. } => (file, hunk, [left, right]),
                _ => continue,
            };
            let Some(all) = doc.hunk(file, hunk).map(|hunk| &hunk.lines) else { continue };
            for line in lines.into_iter().flatten() {
                let block = *self.blocks.entry((file, hunk, line)).or_insert_with(|| block_around(all, line));
                if let Some(block) = block {
                    self.known.entry((file, hunk, block[0])).or_insert_with(|| differing_words(all, block));
                }
            }
        }
    }
}
