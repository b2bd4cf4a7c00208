//! The actions that open a decision: each checks that it can be made, and shows what it would be.

use std::collections::HashSet;
use std::sync::Arc;

use super::update::say;
use super::{Confirm, DiffDoc, Effect, Modal, NoticeKind, State};
use crate::model::{Built, Goal};
use crate::policy::text::Visible;
use crate::query::Question;

pub(super) fn approve(state: &mut State) {
    let Some(index) = state.shown() else { return };
    let experiment = Arc::clone(&state.snapshot.experiments[index]);
    if let Some(trouble) = &state.snapshot.approved.trouble {
        return say(state, NoticeKind::Bad, trouble.clone());
    }
    let proposal = state.snapshot.pending(&experiment.id).cloned();
    if let Some(decision) = state.snapshot.settled(&experiment.id) {
        let text = format!("already {} by {}", decision.kind.word(), decision.reviewer);
        return say(state, NoticeKind::Bad, text);
    }
    if !state.deciding.is_empty() {
        return say(state, NoticeKind::Bad, "one moment: the last decision is still being written");
    }
    let Some(judged) = state.judgements.get(&experiment.id).cloned() else {
        let why = state.failures.get(&experiment.id).cloned();
        return say(
            state,
            NoticeKind::Bad,
            why.unwrap_or_else(|| "still working out what would be committed".to_owned()),
        );
    };
    match &judged.built {
        Built::Ready(_) => {
            let unseen = unseen(state, &judged);
            state.modal = Some(Modal::Confirm(Box::new(Confirm::new(judged, proposal, unseen))));
        }
        Built::Conflict(conflict) => {
            let waits = conflict.waits_on.iter().filter_map(|id| state.snapshot.index_of(id));
            let names: Vec<String> =
                waits.map(|index| Visible::line(&state.snapshot.experiments[index].name()).to_string()).collect();
            let text = if names.is_empty() {
                "it does not fit the approved branch: the diff says where".to_owned()
            } else {
                format!("it does not fit the approved branch: waits on {}", names.join(", "))
            };
            say(state, NoticeKind::Bad, text);
        }
        Built::Contained(_) => say(state, NoticeKind::Bad, "the approved branch holds this change already"),
    }
}

/// Hunks of which some line was never on the screen.
fn unseen(state: &State, judged: &crate::query::Judgement) -> Vec<(usize, usize)> {
    let Built::Ready(candidate) = &judged.built else { return Vec::new() };
    let all = candidate
        .files
        .iter()
        .enumerate()
        .flat_map(|(file, change)| (0..change.hunks.len()).map(move |hunk| (file, hunk)));
    let is_its = |doc: &&DiffDoc| doc.judgement().is_some_and(|shown| shown.experiment == judged.experiment);
    let Some(doc) = state.doc.as_ref().filter(is_its) else {
        return all.collect();
    };
    let nothing = HashSet::new();
    let seen = state.seen.get(&(judged.experiment.clone(), candidate.tree)).unwrap_or(&nothing);
    let missing: HashSet<_> =
        (0..doc.rows.len()).filter(|row| !seen.contains(row)).filter_map(|row| doc.hunk_of(row)).collect();
    all.filter(|hunk| missing.contains(hunk)).collect()
}

pub(super) fn revert(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(index) = state.shown() else { return };
    let id = state.snapshot.experiments[index].id.clone();
    let decision = state.snapshot.decision(&id).filter(|decision| decision.is_approval());
    let Some(commit) = decision.and_then(|decision| decision.commit) else {
        return say(state, NoticeKind::Bad, "only an approved change can be reverted");
    };
    if let Some(trouble) = &state.snapshot.approved.trouble {
        return say(state, NoticeKind::Bad, trouble.clone());
    }
    state.reverting = Some(id.clone());
    effects.push(Effect::Ask(Question::Revert(id, commit)));
}

pub(super) fn pick_direction(state: &mut State, goal: Goal, effects: &mut Vec<Effect>) {
    let Some(objective) = &state.snapshot.objective else {
        return say(state, NoticeKind::Bad, "no metric was found, so there is no direction to pick");
    };
    if objective.goal.is_some() {
        return say(state, NoticeKind::Bad, "the direction is known; the policy can change it");
    }
    effects.push(Effect::PickDirection(objective.metric.to_string(), goal));
}
