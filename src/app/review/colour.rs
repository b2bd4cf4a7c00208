//! Syntax colours of the lines on the screen: requested by stretches of lines, cached for one change.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::app::review::rows::{DocOf, DocRow};
use crate::app::{Effect, State};
use crate::model::FileSide;
use crate::query::{CHUNK, LineSyntax, Request, Stretch, Texts};

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
    pub fn of(&self, file: usize, side: FileSide, line: u32) -> &[(std::ops::Range<usize>, crate::query::Syntax)] {
        let at = line.saturating_sub(1);
        let stretch = Stretch { file, side, chunk: at / CHUNK };
        let found = self.known.get(&stretch).and_then(|lines| lines.get((at % CHUNK) as usize));
        found.map_or(&[], Vec::as_slice)
    }
}

/// Requests the whole files of the shown change, once.
pub(in crate::app) fn ask_for_texts(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(doc) = &state.review.doc else { return };
    let wanted = doc.recipe.of.between();
    if state.review.texts.as_ref().is_some_and(|texts| texts.between == wanted)
        || state.review.texts_asked == Some(wanted)
    {
        return;
    }
    let (id, amendment) = match &doc.recipe.of {
        DocOf::Judged(assessment) => (assessment.experiment.clone(), Arc::clone(&assessment.amendment)),
        DocOf::Compared(comparison) => (comparison.to.clone(), Arc::default()),
    };
    state.review.texts = None;
    state.review.colouring = Colouring::default();
    state.review.texts_asked = Some(wanted);
    effects.push(Effect::Ask(Request::Texts(id, wanted, amendment)));
}

/// Requests the syntax of the lines on the screen.
pub(in crate::app) fn ask_for_colours(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(texts) = state.review.texts.clone() else { return };
    let height = state.diff_height();
    let Some(doc) = state.review.doc.as_ref().filter(|doc| doc.recipe.of.between() == texts.between) else { return };
    let rows =
        doc.rows.get(state.review.scroll..(state.review.scroll + height).min(doc.rows.len())).unwrap_or_default();
    let mut wanted = Vec::new();
    let mut announce = |file: usize, side: FileSide, line: Option<u32>| {
        if let Some(line) = line.and_then(|line| line.checked_sub(1)) {
            let stretch = Stretch { file, side, chunk: line / CHUNK };
            if !wanted.contains(&stretch) {
                wanted.push(stretch);
            }
        }
    };
    for row in rows {
        let (file, hunk, lines) = match *row {
            DocRow::Line { file, hunk, line, .. } => (file, hunk, [Some(line), None]),
            DocRow::Pair { file, hunk, left, right, .. } => (file, hunk, [left, right]),
            DocRow::Quiet { file, hunk, lines: [_, new], .. } => (file, hunk, [Some(new), None]),
            DocRow::Around { file, numbers: [_, new], .. } => {
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
    if state.review.colouring.known.len() > MOST_KEPT {
        state.review.colouring = Colouring::default();
    }
    for stretch in wanted {
        let has_text = texts.files.get(stretch.file).is_some_and(Option::is_some);
        if has_text
            && !state.review.colouring.known.contains_key(&stretch)
            && state.review.colouring.asked.insert(stretch)
        {
            effects.push(Effect::Ask(Request::Colours(Arc::clone(&texts), stretch)));
        }
    }
}

/// Stores the syntax of a stretch.
pub(in crate::app) fn coloured(state: &mut State, texts: &Arc<Texts>, stretch: Stretch, lines: Vec<LineSyntax>) {
    if state.review.texts.as_ref().is_some_and(|own| Arc::ptr_eq(own, texts)) {
        state.review.colouring.asked.remove(&stretch);
        state.review.colouring.known.insert(stretch, lines);
    }
}
