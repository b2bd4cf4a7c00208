//! Shows a view, an experiment, or its change.

use crate::app::{Review, State, ViewKind};
use crate::model::ExperimentId;

/// Goes to a view.
pub(in crate::app) fn go(state: &mut State, view: ViewKind) {
    // The run that the curves show becomes the selected run of the list.
    if view == ViewKind::Runs
        && state.in_curves()
        && let Some(run) = state.subjects().map(|subjects| subjects.main.trial.id)
    {
        state.select_run(run);
    }
    // The experiment stays selected if the new view lists it too.
    let current = state.shown().map(|index| state.snapshot.experiments[index].id.clone());
    state.review.open = None;
    if state.view != view {
        state.knobs.row = 0;
    }
    state.view = view;
    state.review.scroll = 0;
    if let Some(id) = current.filter(|_| !state.experiments.selection.contains_key(&view)) {
        state.experiments.selection.insert(view, id);
    }
    state.repair_selection(None);
}

/// Selects an experiment, also in the review.
pub(in crate::app) fn show(state: &mut State, id: ExperimentId) {
    let shown = state.shown().map(|index| &state.snapshot.experiments[index].id);
    if shown != Some(&id) {
        state.review.scroll = 0;
    }
    if let Some(review) = &mut state.review.open {
        *review = Review { experiment: id.clone(), against: None };
    }
    state.select(id);
}

/// Opens the selected experiment full screen.
pub(in crate::app) fn open_review(state: &mut State) {
    let id = match state.view {
        ViewKind::Knobs => {
            let objective = state.snapshot.objective.as_ref();
            objective.and_then(|objective| state.knobs.experiment(state.snapshot.shown, objective.goal))
        }
        _ => state.selected().map(|index| state.snapshot.experiments[index].id.clone()),
    };
    if let Some(experiment) = id.filter(|id| state.snapshot.index_of(id).is_some()) {
        state.review.open = Some(Review { experiment, against: None });
        state.review.scroll = 0;
    }
}
