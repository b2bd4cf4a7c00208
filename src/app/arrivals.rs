//! What comes back from elsewhere: snapshots, answers, decisions, and what was drawn.

use std::sync::Arc;

use super::update::say;
use super::{Confirm, Modal, NoticeKind, State};
use crate::model::{Built, CandidateKind, Decision, DecisionKind, Snapshot};
use crate::observe::View;
use crate::query::{Answer, Judgement};

pub(super) fn observed(state: &mut State, view: &View) {
    let row_before = state.selected_row();
    let tip_before = state.snapshot.tip();
    let trouble_before = state.snapshot.approved.trouble.clone();
    let inbox_before = state.snapshot.waiting.len();
    state.snapshot = Arc::clone(&view.snapshot);
    // The policy decides what is found in a change: with another one everything is judged again.
    if state.policy != view.policy || tip_before != state.snapshot.tip() {
        state.policy = Arc::clone(&view.policy);
        state.judgements.clear();
        state.failures.clear();
        state.asked.clear();
    }
    let snapshot = Arc::clone(&state.snapshot);
    state.judgements.retain(|_, judged| holds(&snapshot, judged));
    if inbox_before != state.snapshot.waiting.len() {
        // What could not be judged may be judged now: its commit may have come.
        state.failures.clear();
    }
    state.deciding.retain(|id| !state.snapshot.decided.contains_key(id));
    let stale_confirm = matches!(&state.modal, Some(Modal::Confirm(confirm))
        if confirm.candidate().is_some_and(|candidate| Some(candidate.tip) != state.snapshot.tip()));
    if stale_confirm {
        state.modal = None;
        say(state, NoticeKind::Bad, "the approved branch moved while you were looking; nothing was decided");
    }
    if let (None, Some(trouble)) = (trouble_before, state.snapshot.approved.trouble.clone()) {
        say(state, NoticeKind::Bad, trouble);
    }
    if let Some(review) = &state.review
        && state.snapshot.index_of(&review.experiment).is_none()
    {
        state.review = None;
        say(state, NoticeKind::Bad, "the experiment is not in the results any more");
    }
    state.repair_selection(row_before);
}

/// True while a judgement is about the change as it is: a row, a commit or a run that came since may
/// have given it another base, or shown that something else was measured.
fn holds(snapshot: &Snapshot, judged: &Judgement) -> bool {
    let Some(index) = snapshot.index_of(&judged.experiment) else { return false };
    let experiment = &snapshot.experiments[index];
    let Some(change) = &experiment.change else { return false };
    let approved = snapshot.decision(&experiment.id).is_some_and(Decision::is_approval);
    let same_tip = approved || Some(judged.tip) == snapshot.tip();
    let same_run = match &judged.built {
        Built::Ready(candidate) => {
            candidate.source == change.head && candidate.measured_on == snapshot.measured_on(change, &experiment.id)
        }
        _ => true,
    };
    same_tip && same_run && judged.base == change.base
}

pub(super) fn answered(state: &mut State, answer: Answer) {
    match answer {
        Answer::Judged(judged) => {
            if let Built::Ready(candidate) = &judged.built
                && matches!(candidate.kind, CandidateKind::Revert(_))
            {
                if state.reverting.take().as_ref() == Some(&judged.experiment) {
                    let unseen = Vec::new();
                    state.modal = Some(Modal::Confirm(Box::new(Confirm::new(judged, unseen))));
                }
                return;
            }
            if state.reverting.as_ref() == Some(&judged.experiment) {
                state.reverting = None;
                say(state, NoticeKind::Bad, "later commits changed the same lines: revert those first");
                return;
            }
            state.asked.remove(&judged.experiment);
            // Asked before something moved: it is asked again.
            if !holds(&state.snapshot, &judged) {
                return;
            }
            state.failures.remove(&judged.experiment);
            state.judgements.insert(judged.experiment.clone(), judged);
        }
        Answer::WhatIf(id, found) => {
            if let Some(Modal::Veto(prompt)) = &mut state.modal
                && prompt.experiment == id
            {
                prompt.what_if = Some(found);
            }
        }
        Answer::Failed(id, why) => {
            state.reverting = None;
            state.asked.remove(&id);
            state.failures.insert(id, why);
        }
    }
}

pub(super) fn decided(state: &mut State, result: Result<Box<Decision>, String>) {
    match result {
        Ok(decision) => {
            let text = match (decision.kind, decision.commit) {
                (DecisionKind::Reverted, Some(commit)) => {
                    format!("reverted by {}, record {}, on disk", commit.short(), decision.seq)
                }
                (_, Some(commit)) => format!("approved as {}, record {}, on disk", commit.short(), decision.seq),
                (_, None) => format!("{}, record {}, on disk", decision.kind.word(), decision.seq),
            };
            // Until the snapshot brings the decision, it stays out of the inbox.
            say(state, NoticeKind::Good, text);
        }
        Err(why) => {
            state.deciding.clear();
            state.repair_selection(None);
            // The view is refreshed: what was shown may not be so any more.
            state.judgements.clear();
            state.asked.clear();
            say(state, NoticeKind::Bad, why);
        }
    }
}

pub(super) fn drawn(state: &mut State, from: usize, to: usize) {
    let Some(doc) = &state.doc else { return };
    let Built::Ready(candidate) = &doc.judgement.built else { return };
    let key = (doc.judgement.experiment.clone(), candidate.tree);
    state.seen.entry(key).or_default().extend(from..to.min(doc.rows.len()));
}
