//! Selects what the diff shows, and lays its rows out again when that changes.

use std::collections::HashSet;
use std::sync::Arc;

use crate::app::review::ShownText;
use crate::app::review::cursor::{keep_place, keep_rows, place_now, scroll, to_line};
use crate::app::review::doc::DiffDoc;
use crate::app::review::layout::OWN_CONTEXT;
use crate::app::review::rows::{DocOf, LayoutInputs, LayoutOptions};
use crate::app::{Review, State};

/// Returns what the diff shows: the requested comparison, else the shown change.
fn to_show(state: &State) -> Option<DocOf> {
    if let Some(against) = state.review.open.as_ref().and_then(|review| review.against.as_ref()) {
        let comparison = state.experiments.comparison.as_ref().filter(|found| found.from == *against)?;
        return Some(DocOf::Compared(Arc::clone(comparison)));
    }
    let id = &state.shown_id()?;
    let judged = match state.review.view.shown {
        ShownText::Result => state.judged_result(id),
        ShownText::Revert => state.decisions.revert.as_ref().filter(|judged| judged.experiment == *id),
        _ => state.judged_change(id),
    };
    // While an amendment is being computed, the change stays on the screen as it was.
    let judged = judged.or_else(|| state.assessments.known.get(id));
    judged.filter(|_| state.shows_diff()).map(|judged| DocOf::Judged(Arc::clone(judged)))
}

/// Returns the current inputs of the layout.
fn recipe(state: &State) -> Option<LayoutInputs> {
    let of = to_show(state)?;
    let width = state.layout().diff.width as usize;
    let view = &state.review.view;
    let in_review = state.review.open.is_some();
    let comments = match &of {
        DocOf::Judged(judged) if in_review && view.shown != ShownText::Revert => {
            state.decisions.drafts.comments(&judged.experiment).to_vec()
        }
        _ => Vec::new(),
    };
    let whole = match view.shown {
        ShownText::Whole(file, side) if in_review => Some((file, side)),
        _ => None,
    };
    let context = if in_review { view.context() } else { OWN_CONTEXT };
    let between = of.between();
    let wants_texts = context > OWN_CONTEXT || whole.is_some() || !view.opened().is_empty();
    Some(LayoutInputs {
        of,
        width,
        manner: LayoutOptions {
            two: in_review && view.is_two(width),
            wrap: view.wrap || !in_review,
            collapse_whitespace: in_review && view.collapses_whitespace,
            tab: view.tab_width,
        },
        has_gaps: in_review,
        context,
        raw: in_review && view.raw,
        whole,
        folded: if in_review { view.folded().clone() } else { HashSet::new() },
        opened: view.opened().clone(),
        texts: state.review.texts.clone().filter(|texts| wants_texts && texts.between == between),
        comments,
        measured: state.screen.signs.measured().clone(),
    })
}

/// Lays the diff out again if any input changed.
pub(in crate::app) fn refresh_doc(state: &mut State) {
    let against = state.review.open.as_ref().and_then(|review| review.against.clone());
    let shown = state.shown_id().map(|experiment| Review { experiment, against });
    if shown != state.review.of {
        let wanted = state
            .review
            .place_wanted
            .take()
            .filter(|place| shown.as_ref().is_some_and(|shown| shown.experiment == place.experiment));
        state.review.place_wanted = wanted;
        state.review.of = shown;
        state.review.view.begin();
        state.review.scroll = 0;
        state.review.doc = None;
    }
    let Some(recipe) = recipe(state) else {
        if state.review.doc.is_some() {
            // The diff comes back later, and the cursor with it.
            state.review.place_wanted = place_now(state);
            state.review.doc = None;
        }
        return;
    };
    if state.review.doc.as_ref().is_none_or(|doc| doc.recipe != recipe) {
        if state.review.doc.as_ref().is_none_or(|doc| doc.recipe.room() != recipe.room()) {
            state.review.seen.forget_parts();
        }
        let before = state.review.doc.replace(DiffDoc::new(recipe));
        keep_rows(state);
        if let Some(before) = before {
            keep_place(state, &before);
        } else if let Some(place) = state.review.place_wanted.take()
            && let Some(path) = &place.path
        {
            to_line(state, path, place.side, place.line);
        }
    }
    scroll(state, 0);
    let last = state.review.doc.as_ref().map_or(0, |doc| doc.rows.len().saturating_sub(1));
    state.review.view.cursor = state.review.view.cursor.min(last);
}
