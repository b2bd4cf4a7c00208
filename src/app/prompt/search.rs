//! Searching the experiments of a list by words.

use tui_input::Input;

use super::line::type_key;
use crate::app::keymap::KeyPress;
use crate::app::navigate::show;
use crate::app::notice::say;
use crate::app::{Modal, NoticeKind, State};
use crate::model::{Experiment, ExperimentId, Snapshot};

/// True when an experiment holds all the words, in any case: in its name, identity, status, description,
/// or in what was decided, by whom and why.
fn holds(snapshot: &Snapshot, experiment: &Experiment, words: &[String]) -> bool {
    let decision = snapshot.decision(&experiment.id);
    let mut text = [
        experiment.label.raw(),
        experiment.id.as_str(),
        experiment.row.word.raw(),
        experiment.row.description.raw(),
        decision.map_or("", |decision| decision.kind.word()),
        decision.map_or("", |decision| &decision.reviewer),
        decision.map_or("", |decision| &decision.reason),
    ]
    .join("\n");
    text = text.to_lowercase();
    words.iter().all(|word| text.contains(word))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}

/// The next experiment of the current list that holds the words, from the selected one on (itself
/// included when `here`), round the end; `None` when there is none.
pub(in crate::app) fn find(state: &State, text: &str, forward: bool, here: bool) -> Option<ExperimentId> {
    let words = words(text);
    let listed = state.listed();
    if words.is_empty() || listed.is_empty() {
        return None;
    }
    let at = state.selected_row().unwrap_or(0);
    let count = listed.len();
    (usize::from(!here)..=count)
        .map(|step| if forward { (at + step) % count } else { (at + count - step % count) % count })
        .map(|row| &state.snapshot.experiments[listed[row]])
        .find(|experiment| holds(&state.snapshot, experiment, &words))
        .map(|experiment| experiment.id.clone())
}

/// How many experiments of the current list hold the words.
pub fn count(state: &State, text: &str) -> usize {
    let words = words(text);
    let listed = state.listed();
    let holds = |index: &&usize| holds(&state.snapshot, &state.snapshot.experiments[**index], &words);
    if words.is_empty() { 0 } else { listed.iter().filter(holds).count() }
}

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
            let found = count(state, &state.experiments.searched);
            if !state.experiments.searched.is_empty() {
                let kind = if found > 0 { NoticeKind::Good } else { NoticeKind::Bad };
                let words = state.experiments.searched.clone();
                say(state, kind, format!("{found} of {} hold `{words}`; n and N go on", state.listed().len()));
            }
            return None;
        }
        _ => type_key(&mut input, key),
    }
    // It is looked for while it is typed, from where the search began.
    back(state);
    if let Some(id) = find(state, input.value(), true, true) {
        show(state, id);
    }
    Some(Modal::Search(input, before))
}
