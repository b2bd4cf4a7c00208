//! Widths of characters in this terminal. Until a width is known the character is shown escaped; if the terminal does
//! not answer, it stays so.

use std::collections::HashSet;

use crate::app::review::{CodeLine, DiffDoc, DocRow};
use crate::model::{CellRow, FileSide};
use crate::policy::text::{MeasuredSigns, to_ask};
use crate::query::Texts;

/// Characters per query: an answer takes a round trip to the terminal.
const AT_ONCE: usize = 8;
/// Maximum number of characters asked of one terminal; all others are shown escaped.
const MOST: usize = 1_024;

/// The measured widths, and the pending query.
#[derive(Clone, Debug, Default)]
pub struct CharacterWidths {
    measured: MeasuredSigns,
    asked: HashSet<String>,
    /// True while an answer is pending.
    is_pending: bool,
    /// True if the terminal did not answer.
    is_mute: bool,
}

impl CharacterWidths {
    /// Returns the measured widths.
    pub fn measured(&self) -> &MeasuredSigns {
        &self.measured
    }

    /// Forgets all widths: it may be another terminal now, for instance behind tmux.
    pub(super) fn forget(&mut self) {
        if !self.is_mute {
            *self = Self { is_pending: self.is_pending, ..Self::default() };
        }
    }

    pub(super) fn answered(&mut self, found: Option<Vec<(String, bool)>>) {
        self.is_pending = false;
        match found {
            // Characters forgotten while the query was pending are queried again.
            Some(found) => {
                self.measured = self.measured.with(found.into_iter().filter(|(sign, _)| self.asked.contains(sign)));
            }
            None => self.is_mute = true,
        }
    }

    /// Returns the characters of unknown width in some rows of a diff, to ask the terminal about them; `None` if there
    /// is nothing to ask now.
    pub(super) fn ask(&mut self, doc: &DiffDoc, texts: Option<&Texts>, rows: (usize, usize)) -> Option<Vec<String>> {
        if self.is_mute || self.is_pending || self.asked.len() >= MOST {
            return None;
        }
        // A line of a whole file, as far as it is shown.
        let whole = |file: usize, side: FileSide, line: u32| {
            Some(CodeLine::of_text(texts?.both(file)?.side(side).line(line)?).raw())
        };
        let (from, to) = rows;
        let mut wanted: Vec<String> = Vec::new();
        let mut query = |text: &str| {
            for sign in to_ask(text) {
                if wanted.len() < AT_ONCE && !self.asked.contains(sign) && !wanted.iter().any(|known| known == sign) {
                    wanted.push(sign.to_owned());
                }
            }
        };
        for row in doc.rows.get(from..to.min(doc.rows.len())).unwrap_or_default() {
            let (file, hunk, lines) = match *row {
                DocRow::Line { file, hunk, line, .. } => (file, hunk, [Some(line), None]),
                DocRow::Pair { file, hunk, left, right, .. } => (file, hunk, [left, right]),
                DocRow::WhitespaceOnly { file, hunk, lines: both, .. } => (file, hunk, both.map(Some)),
                DocRow::Context { file, numbers: [_, line], .. } => {
                    query(whole(file, FileSide::New, line).unwrap_or_default());
                    continue;
                }
                DocRow::Whole { file, side, line, .. } => {
                    query(whole(file, side, line).unwrap_or_default());
                    continue;
                }
                DocRow::Cell { file, row, .. } => {
                    if let Some(CellRow::Line(line)) = doc.cell(file, row) {
                        query(line.text.raw());
                    }
                    continue;
                }
                _ => continue,
            };
            for line in lines.into_iter().flatten().filter_map(|line| doc.line(file, hunk, line)) {
                query(line.text.raw());
            }
        }
        if wanted.is_empty() {
            return None;
        }
        self.asked.extend(wanted.iter().cloned());
        self.is_pending = true;
        Some(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_for_forgotten_signs_is_ignored() {
        let mut signs = CharacterWidths { is_pending: true, ..CharacterWidths::default() };
        signs.asked.insert("ก".to_owned());
        signs.forget();
        signs.answered(Some(vec![("ก".to_owned(), true)]));
        assert_eq!(*signs.measured(), MeasuredSigns::default());
        signs.asked.insert("ก".to_owned());
        signs.answered(Some(vec![("ก".to_owned(), true)]));
        assert_ne!(*signs.measured(), MeasuredSigns::default());
        signs.answered(None);
        signs.forget();
        assert!(signs.is_mute, "it is not asked again");
    }
}
