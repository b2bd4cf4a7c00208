//! The prompt for a search among experiments.

use tui_input::Input;

use super::line::type_key;
use crate::app::experiments::search::find;
use crate::app::keymap::KeyPress;
use crate::app::notice::say;
use crate::app::show::show;
use crate::app::{Modal, NoticeKind, State, count_matches};
use crate::model::ExperimentId;

pub(in crate::app) fn key_in_search(
    state: &mut State,
    mut input: Input,
    before: Option<ExperimentId>,
    key: KeyPress,
) -> Option<Modal> {
    let back = |state: &mut State| {
        if let Some(id) = before.clone().filter(|id| state.snapshot.index_of(id).is_some()) {
            show(state, id);
        }
    };
    match key {
        KeyPress::Esc => {
            back(state);
            return None;
        }
        KeyPress::Enter => {
            input.value().trim().clone_into(&mut state.experiments.searched);
            let found = count_matches(state, &state.experiments.searched);
            if !state.experiments.searched.is_empty() {
                let kind = if found > 0 { NoticeKind::Good } else { NoticeKind::Bad };
                let words = state.experiments.searched.clone();
                say(state, kind, format!("{found} of {} match `{words}` (n/N: next/previous)", state.listed().len()));
            }
            return None;
        }
        _ => type_key(&mut input, key),
    }
    // The search runs while it is typed, from where it began.
    back(state);
    if let Some(id) = find(state, input.value(), true, true) {
        show(state, id);
    }
    Some(Modal::Search(input, before))
}
