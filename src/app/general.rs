//! Actions available in every view.

use crate::app::arrivals::observed;
use crate::app::copy::{Copied, copy};
use crate::app::notice::say;
use crate::app::prompt::{offers, save};
use crate::app::{Effect, GeneralAction, Modal, NoticeKind, Shell, State};

pub(super) fn act(state: &mut State, action: GeneralAction, effects: &mut Vec<Effect>) {
    match action {
        GeneralAction::Quit => effects.push(Effect::Shell(Shell::Quit)),
        GeneralAction::Back => back(state),
        GeneralAction::ShowHelp => state.open(Modal::Help(0)),
        GeneralAction::ShowPalette => offers::open(state),
        GeneralAction::ShowWarnings => state.open(Modal::Warnings(0)),
        GeneralAction::ShowSince => match state.live.since {
            Some(_) => state.open(Modal::Since(0)),
            None => say(state, NoticeKind::Plain, "this is your first visit; there is nothing to compare with"),
        },
        GeneralAction::ToggleFreeze => toggle_freeze(state),
        GeneralAction::SaveView => save::open(state),
        GeneralAction::CopyCommit => copy(state, Copied::Commit, effects),
        GeneralAction::CopyDiff => copy(state, Copied::Diff, effects),
    }
}

/// Closes the topmost layer: a filter, a range, a search, then the review.
fn back(state: &mut State) {
    if state.is_run_list() && !state.runs.filter.is_empty() {
        state.runs.filter.clear();
    } else if state.review.view.range_from.take().is_some() {
    } else if state.review.open.is_some() && !state.review.view.search.is_empty() {
        state.review.view.search.clear();
    } else {
        state.review.open = None;
        state.review.scroll = 0;
    }
}

fn toggle_freeze(state: &mut State) {
    state.live.frozen = !state.live.frozen;
    if let Some(view) = state.live.pending_view.take() {
        observed(state, &view);
    }
}
