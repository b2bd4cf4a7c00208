//! What is known of how wide this terminal draws signs. Until it is known they are spelled out, and so they are for
//! good where a terminal does not answer.

use std::collections::HashSet;

use crate::app::review::{DocRow, Written};
use crate::app::{Effect, Shell, State};
use crate::model::{CellRow, FileSide};
use crate::policy::text::{MeasuredSigns, to_ask};

/// Signs that are asked at once: an answer takes the way to the terminal and back.
const AT_ONCE: usize = 8;
/// Signs that are asked of one terminal; whatever comes after them is spelled out.
const MOST: usize = 1_024;

/// What the terminal said of the signs that it was asked about.
#[derive(Clone, Debug, Default)]
pub struct Signs {
    measured: MeasuredSigns,
    asked: HashSet<String>,
    /// True while an answer is awaited.
    waits: bool,
    /// True when it did not answer.
    is_mute: bool,
}

impl Signs {
    /// What it said.
    pub fn measured(&self) -> &MeasuredSigns {
        &self.measured
    }

    /// It may be another terminal now, as behind tmux.
    pub(super) fn forget(&mut self) {
        if !self.is_mute {
            *self = Self { waits: self.waits, ..Self::default() };
        }
    }

    pub(super) fn answered(&mut self, found: Option<Vec<(String, bool)>>) {
        self.waits = false;
        match found {
            // What was forgotten while it was asked is asked again.
            Some(found) => {
                self.measured = self.measured.with(found.into_iter().filter(|(sign, _)| self.asked.contains(sign)));
            }
            None => self.is_mute = true,
        }
    }
}

/// Asks the terminal about signs of the rows on the screen that it was not asked about yet.
pub(super) fn ask_for_signs(state: &mut State, (from, to): (usize, usize), effects: &mut Vec<Effect>) {
    if state.screen.signs.is_mute || state.screen.signs.waits || state.screen.signs.asked.len() >= MOST {
        return;
    }
    let Some(doc) = &state.review.doc else { return };
    let mut wanted: Vec<String> = Vec::new();
    let mut take = |text: &str| {
        for sign in to_ask(text) {
            if wanted.len() < AT_ONCE
                && !state.screen.signs.asked.contains(sign)
                && !wanted.iter().any(|one| one == sign)
            {
                wanted.push(sign.to_owned());
            }
        }
    };
    for row in doc.rows.get(from..to.min(doc.rows.len())).unwrap_or_default() {
        let (file, hunk, lines) = match *row {
            DocRow::Line(file, hunk, line, _) => (file, hunk, [Some(line), None]),
            DocRow::Pair { file, hunk, left, right, .. } => (file, hunk, [left, right]),
            DocRow::Quiet(file, hunk, both, _) => (file, hunk, both.map(Some)),
            DocRow::Around(file, [_, line], _) | DocRow::Whole { file, side: FileSide::New, line, .. } => {
                take(text_at(state, file, FileSide::New, line).unwrap_or_default());
                continue;
            }
            DocRow::Whole { file, side: FileSide::Old, line, .. } => {
                take(text_at(state, file, FileSide::Old, line).unwrap_or_default());
                continue;
            }
            DocRow::Cell { file, row, .. } => {
                if let Some(CellRow::Line(line)) = doc.cell(file, row) {
                    take(line.text.raw());
                }
                continue;
            }
            _ => continue,
        };
        for line in lines.into_iter().flatten().filter_map(|line| doc.line(file, hunk, line)) {
            take(line.text.raw());
        }
    }
    if !wanted.is_empty() {
        state.screen.signs.asked.extend(wanted.iter().cloned());
        state.screen.signs.waits = true;
        effects.push(Effect::Shell(Shell::Measure(wanted)));
    }
}

/// A line of a whole file, as far as it is shown.
fn text_at(state: &State, file: usize, side: FileSide, line: u32) -> Option<&str> {
    state.review.texts.as_deref()?.both(file)?.side(side).line(line).map(|text| Written::of_text(text).raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_forgotten_is_not_believed() {
        let mut signs = Signs { waits: true, ..Signs::default() };
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
