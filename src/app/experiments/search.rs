//! Searching the experiments of a list by words.

use crate::app::State;
use crate::model::{Experiment, ExperimentId, Snapshot};

/// True if an experiment contains all words, ignoring case, in its name, id, status or description, or in the decision
/// about it, its reviewer and its reason.
fn matches(snapshot: &Snapshot, experiment: &Experiment, words: &[String]) -> bool {
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

/// Returns the next matching experiment of the current list, starting from the selected one (including it if `here`)
/// and wrapping around; `None` without a match.
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
        .find(|experiment| matches(&state.snapshot, experiment, &words))
        .map(|experiment| experiment.id.clone())
}

/// Returns how many experiments of the current list match.
pub fn count_matches(state: &State, text: &str) -> usize {
    let words = words(text);
    let listed = state.listed();
    let matches = |index: &&usize| matches(&state.snapshot, &state.snapshot.experiments[**index], &words);
    if words.is_empty() { 0 } else { listed.iter().filter(matches).count() }
}
