//! What comes back from elsewhere: snapshots, answers, decisions, and what was drawn.

use std::sync::Arc;

use crate::app::curves::cache::put_on_shelf;
use crate::app::decide::show_revert;
use crate::app::inbox::queue::{count_decided, pass_skipped, resume, tell_the_end};
use crate::app::notice::say;
use crate::app::review::amend::amended;
use crate::app::review::coloured;
use crate::app::runs::navigate::leave_views_of_a_loop;
use crate::app::runs::refresh;
use crate::app::segment::as_shown;
use crate::app::{Action, Editing, Effect, InboxOrder, Modal, NoticeKind, Shell, State, ViewKind, key_name};
use crate::instrument::since;
use crate::model::{Built, Decision, DecisionKind, ExperimentId, Gate, Snapshot, Visit, row_id};
use crate::query::{Assessment, Knobs, Request, Response, judged_on};
use crate::watch::View;

pub(super) fn observed(state: &mut State, view: &View) {
    if is_a_line(state, view) {
        state.snapshot = as_shown(state, &view.snapshot);
        return refresh(state);
    }
    let row_before = state.selected_row();
    let tip_before = state.snapshot.tip();
    let trouble_before = state.snapshot.trouble().map(str::to_owned);
    let inbox_before = state.snapshot.waiting.len();
    let newest_before = state.snapshot.experiments.last().map(|experiment| experiment.id.clone());
    state.snapshot = as_shown(state, &view.snapshot);
    refresh(state);
    follow_newest(state, newest_before.as_ref());
    // The policy decides what is found in a change: with another one everything is judged again.
    if state.policy != view.policy || tip_before != state.snapshot.tip() {
        state.policy = Arc::clone(&view.policy);
        state.assessments.known.clear();
        state.assessments.amended.clear();
        state.assessments.amend_asked = None;
        state.assessments.failures.clear();
        state.assessments.asked.clear();
    }
    let snapshot = Arc::clone(&state.snapshot);
    state.assessments.known.retain(|_, judged| holds(&snapshot, judged));
    state.assessments.amended.retain(|_, known| {
        known.retain(|judged| holds(&snapshot, judged));
        !known.is_empty()
    });
    if inbox_before != state.snapshot.waiting.len() {
        // What could not be judged may be judged now: its commit may have come.
        state.assessments.failures.clear();
    }
    state.decisions.under_way.retain(|id| snapshot.index_of(id).is_some_and(|index| snapshot.waiting.contains(&index)));
    if let (None, Some(trouble)) = (trouble_before, state.snapshot.trouble().map(str::to_owned)) {
        say(state, NoticeKind::Bad, trouble);
    }
    if let Some(review) = &state.review.open
        && state.snapshot.index_of(&review.experiment).is_none()
    {
        state.review.open = None;
        say(state, NoticeKind::Bad, "the experiment is not in the results any more");
    }
    state.repair_selection(row_before);
    come_back(state);
    resume(state);
    pass_skipped(state);
    tell_the_end(state);
}

/// True where nothing but trials changed: rows, decisions and everything else are folded anew otherwise.
fn is_a_line(state: &State, view: &View) -> bool {
    state.snapshot.format.is_some()
        && state.live.visit.is_none()
        && Arc::ptr_eq(&state.snapshot.experiments, &view.snapshot.experiments)
        && Arc::ptr_eq(&state.policy, &view.policy)
}

/// Curves and progress go on with the loop: who stood on the newest experiment stands on the newest one.
fn follow_newest(state: &mut State, before: Option<&ExperimentId>) {
    let Some(newest) = state.snapshot.experiments.last().map(|experiment| experiment.id.clone()) else { return };
    for view in [ViewKind::Curves, ViewKind::Progress] {
        if before.is_some() && state.experiments.selection.get(&view) == before {
            state.experiments.selection.insert(view, newest.clone());
        }
    }
}

/// After so long a person comes to decide, in milliseconds: the inbox opens where something waits in it.
const ABSENCE_MS: i64 = 30 * 60_000;

/// The first full snapshot after a visit: says what happened since, and puts the cursor where it was.
fn come_back(state: &mut State) {
    if state.snapshot.format.is_none() {
        return;
    }
    let visit = state.live.visit.take();
    if !state.snapshot.has_loop() {
        // Nothing waits here, and nothing will: there is nothing to tell of a visit.
        return leave_views_of_a_loop(state);
    }
    let Some(visit) = visit else { return };
    let found = since(&visit, &state.snapshot, state.now_ms);
    if state.screen.notice.is_none() {
        let key = state.screen.keymap.key_of(state.context(), Action::ShowSince).map(key_name).unwrap_or_default();
        say(state, NoticeKind::Good, format!("{}   ({key} tells more)", found.line));
    }
    state.live.since = Some(found);
    state.live.was_absent = state.now_ms - visit.at_ms > ABSENCE_MS;
    if state.screen.has_moved {
        // The person was quicker, and is where they want to be.
        return;
    }
    for view in ViewKind::ALL {
        if let Some(id) = visit.selection.get(view.name()).filter(|id| state.snapshot.index_of(id).is_some()) {
            state.experiments.selection.insert(view, id.clone());
        }
        let is_inbox_first = state.live.was_absent && !state.snapshot.waiting.is_empty();
        if view.name() == visit.view && !is_inbox_first {
            state.view = view;
        }
    }
    state.repair_selection(None);
}

impl State {
    /// This visit, as it would end now; `at` is the time on the wall.
    pub fn visit(&self, at: String) -> Visit {
        let snapshot = &self.snapshot;
        Visit {
            at_ms: self.now_ms,
            at,
            experiments: snapshot.experiments.len(),
            newest: snapshot.experiments.iter().rfind(|one| one.has_row()).map(|experiment| row_id(&experiment.row)),
            best: snapshot.best.and_then(|best| snapshot.experiments[best].outcome.value()),
            waiting: snapshot.waiting.len(),
            view: self.view.name().to_owned(),
            selection: self
                .experiments
                .selection
                .iter()
                .map(|(view, id)| (view.name().to_owned(), id.clone()))
                .collect(),
        }
    }
}

/// True while a judgement is about the change as it is: a row, a proposal, a commit or a run that came since may have
/// given it another base or another text, or shown that something else was measured.
pub(super) fn holds(snapshot: &Snapshot, judged: &Assessment) -> bool {
    let Some(index) = snapshot.index_of(&judged.experiment) else { return false };
    let experiment = &snapshot.experiments[index];
    let Some(change) = &experiment.change else { return false };
    let asked = snapshot.proposal_about(experiment).map(|proposal| &proposal.id);
    let same_text = judged.asked.as_ref() == asked && judged.text.is_of_row(snapshot, experiment);
    let same_tip = Some(judged.tip) == judged_on(snapshot, experiment);
    let gate = snapshot.pending(&experiment.id).map_or(Gate::Keep, |proposal| proposal.gate);
    let same_run = match &judged.built {
        Built::Ready(candidate) => {
            candidate.source == change.head && candidate.measured_on == snapshot.measured_on(change, experiment)
        }
        _ => true,
    };
    let same_ground = judged.by_decisions.is_none_or(|count| count == snapshot.decisions.len());
    same_text && same_tip && same_run && same_ground && judged.own_base == change.base && judged.gate == gate
}

pub(super) fn answered(state: &mut State, answer: Response, effects: &mut Vec<Effect>) {
    match answer {
        Response::Judged(judged) => {
            state.assessments.asked.remove(&judged.experiment);
            // Asked before something moved: it is asked again.
            if !holds(&state.snapshot, &judged) {
                return;
            }
            state.assessments.failures.remove(&judged.experiment);
            let draft = state.decisions.drafts.of.get_mut(&judged.experiment);
            state.decisions.upkeep.drafts_changed |= draft.is_some_and(|draft| draft.follow(judged.built.files()));
            state.assessments.known.insert(judged.experiment.clone(), judged);
        }
        Response::Amended(judged) => {
            if holds(&state.snapshot, &judged) {
                amended(state, judged);
            } else {
                state.assessments.amend_asked = None;
            }
        }
        Response::Texts(texts) => {
            if state.review.texts_asked == Some(texts.between) {
                state.review.texts_asked = None;
                state.review.texts = Some(texts);
            }
        }
        Response::Coloured(texts, stretch, lines) => coloured(state, &texts, stretch, lines),
        Response::Unresolved(id, path, bytes) => match String::from_utf8(bytes) {
            Ok(text) => {
                let at = text.lines().position(|line| line.starts_with("<<<<<<< ")).unwrap_or(0);
                let amends = state.assessments.known.get(&id).map(|judged| (id, judged.tip));
                let editing = Editing { amends, path, text: text.into(), line: at as u32 + 1 };
                effects.push(Effect::Shell(Shell::Edit(Box::new(editing))));
            }
            Err(_) => say(state, NoticeKind::Bad, "this file is not UTF-8: it cannot be edited here"),
        },
        Response::Reverting(judged) => {
            if state.decisions.reverting.as_ref() != Some(&judged.experiment) {
                return;
            }
            show_revert(state, judged);
        }
        Response::WhatIf(id, found) => {
            if let Some(Modal::Answer(prompt)) = &mut state.window.modal
                && prompt.experiment == id
            {
                prompt.what_if = Some(found);
            }
        }
        Response::Compared(found) => {
            let wanted =
                state.review.open.as_ref().is_some_and(|review| {
                    review.experiment == found.to && review.against.as_ref() == Some(&found.from)
                });
            if wanted {
                state.experiments.comparison = Some(found);
            }
        }
        Response::Related(found) => {
            state.assessments.related.insert(found.experiment.clone(), found);
        }
        Response::Few(found) => {
            state.inbox.shortlist = Some(found);
            if state.view == ViewKind::Inbox && state.inbox.order == InboxOrder::Few {
                state.select_row(0);
            }
        }
        Response::Knobs(found) => {
            // Where more came meanwhile, they are asked for again.
            state.knobs.asked = None;
            state.knobs.known = Some(found);
            state.knobs.row = state.knobs.row.min(state.row_count().saturating_sub(1));
        }
        Response::Failed(Request::Judge(id), why) => {
            state.assessments.asked.remove(&id);
            state.assessments.failures.insert(id, why);
        }
        Response::Curves(id, curves) => put_on_shelf(state, id, curves),
        Response::Failed(Request::Curves(id), why) => {
            put_on_shelf(state, id, None);
            say(state, NoticeKind::Bad, why);
        }
        Response::Failed(question, why) => {
            match question {
                Request::Compare(..) => state.review.open = None,
                Request::Revert(..) if state.decisions.reverting.take().is_some() => state.window.modal = None,
                // Without the whole files the change is read without colours.
                Request::Texts(..) | Request::Colours(..) | Request::Related(_) => return,
                // Nothing can be told of any change: so says the page, instead of waiting for ever.
                Request::Knobs(segment) => {
                    let experiments = state.snapshot.experiments.len();
                    let unknown = Knobs { experiments, segment, unknown: experiments, ..Knobs::default() };
                    state.knobs.known = Some(Arc::new(unknown));
                }
                _ => {}
            }
            say(state, NoticeKind::Bad, why);
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
                (DecisionKind::Approved, None) => {
                    format!("the agent may train it, record {}, on disk; nothing was committed", decision.seq)
                }
                (_, None) => format!("{}, record {}, on disk", decision.kind.word(), decision.seq),
            };
            let text = match state.decisions.follows.take().filter(|_| decision.kind == DecisionKind::Vetoed) {
                Some(found) if !found.conflicts.is_empty() || !found.unmeasured.is_empty() => format!(
                    "{text}; of the later ones {} do not fit now, {} are no longer measured as is",
                    found.conflicts.len(),
                    found.unmeasured.len()
                ),
                _ => text,
            };
            // What was written of it went with it.
            state.decisions.drafts.of.remove(&decision.experiment);
            state.assessments.amended.remove(&decision.experiment);
            count_decided(state, &decision);
            // Until the snapshot brings the decision, it stays out of the inbox.
            say(state, NoticeKind::Good, text);
            tell_the_end(state);
        }
        Err(why) => {
            state.decisions.under_way.clear();
            state.repair_selection(None);
            // The view is refreshed: what was shown may not be so any more.
            state.assessments.known.clear();
            state.assessments.amended.clear();
            state.assessments.amend_asked = None;
            state.assessments.asked.clear();
            say(state, NoticeKind::Bad, why);
        }
    }
}
