//! Syntax colours of the lines on the screen: requested by stretches of lines, cached for one change.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::app::review::doc::DiffDoc;
use crate::app::review::rows::DocRow;
use crate::model::FileSide;
use crate::query::{CHUNK, LineSyntax, Stretch, Syntax, Texts};

/// Maximum number of cached stretches; with more, all are requested again.
const MOST_KEPT: usize = 1_024;

/// The syntax of the stretches that are known.
#[derive(Clone, Debug, Default)]
pub struct Colouring {
    known: HashMap<Stretch, Vec<LineSyntax>>,
    asked: HashSet<Stretch>,
}

impl Colouring {
    /// Returns the syntax of a line, by its number from 1; empty if it is unknown.
    pub fn of(&self, file: usize, side: FileSide, line: u32) -> &[(Range<usize>, Syntax)] {
        let at = line.saturating_sub(1);
        let stretch = Stretch { file, side, chunk: at / CHUNK };
        let found = self.known.get(&stretch).and_then(|lines| lines.get((at % CHUNK) as usize));
        found.map_or(&[], Vec::as_slice)
    }

    /// Returns the stretches of some rows whose syntax is unknown, to request them.
    pub(super) fn ask(&mut self, doc: &DiffDoc, texts: &Texts, rows: Range<usize>) -> Vec<Stretch> {
        let mut wanted = Vec::new();
        let mut announce = |file: usize, side: FileSide, line: Option<u32>| {
            if let Some(line) = line.and_then(|line| line.checked_sub(1)) {
                let stretch = Stretch { file, side, chunk: line / CHUNK };
                if !wanted.contains(&stretch) {
                    wanted.push(stretch);
                }
            }
        };
        for row in doc.rows.get(rows).unwrap_or_default() {
            let (file, hunk, lines) = match *row {
                DocRow::Line { file, hunk, line, .. } => (file, hunk, [Some(line), None]),
                DocRow::Pair { file, hunk, left, right, .. } => (file, hunk, [left, right]),
                DocRow::WhitespaceOnly { file, hunk, lines: [_, new], .. } => (file, hunk, [Some(new), None]),
                DocRow::Context { file, numbers: [_, new], .. } => {
                    announce(file, FileSide::New, Some(new));
                    continue;
                }
                DocRow::Whole { file, side, line, .. } => {
                    announce(file, side, Some(line));
                    continue;
                }
                _ => continue,
            };
            for line in lines.into_iter().flatten().filter_map(|line| doc.line(file, hunk, line)) {
                // A line on both sides is coloured as the new one.
                match line.new {
                    Some(_) => announce(file, FileSide::New, line.new),
                    None => announce(file, FileSide::Old, line.old),
                }
            }
        }
        if self.known.len() > MOST_KEPT {
            *self = Self::default();
        }
        let has_text = |stretch: &Stretch| texts.files.get(stretch.file).is_some_and(Option::is_some);
        wanted.retain(|stretch| has_text(stretch) && !self.known.contains_key(stretch) && self.asked.insert(*stretch));
        wanted
    }

    /// Stores the syntax of a stretch.
    pub(super) fn put(&mut self, stretch: Stretch, lines: Vec<LineSyntax>) {
        self.asked.remove(&stretch);
        self.known.insert(stretch, lines);
    }
}
