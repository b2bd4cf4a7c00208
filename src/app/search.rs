//! Searching the experiments of a list by words.

use super::State;
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
pub(super) fn find(state: &State, text: &str, forward: bool, here: bool) -> Option<ExperimentId> {
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
