//! Events from elsewhere: snapshots, answers, decisions, drawn frames.

use std::sync::Arc;

use crate::app::assessments::is_current;
use crate::app::decide::show_revert;
use crate::app::inbox::queue::{count_decided, pass_skipped, resume, show_end_of_queue};
use crate::app::notice::say;
use crate::app::review::amend::amended;
use crate::app::segment::as_shown;
use crate::app::{Action, Editing, Effect, InboxOrder, Modal, NoticeKind, Shell, State, ViewKind, key_name};
use crate::instrument::since;
use crate::model::Failure;
use crate::model::{Decision, DecisionKind, ExperimentId, Visit, row_id};
use crate::query::{GONE, Knobs, Request, Response};
use crate::watch::View;

pub(super) fn observed(state: &mut State, view: &View) {
    if only_trials_changed(state, view) {
        state.snapshot = as_shown(state, &view.snapshot);
        return state.refresh_runs();
    }
    let row_before = state.selected_row();
    let tip_before = state.snapshot.tip();
    let trouble_before = state.snapshot.trouble().map(str::to_owned);
    let inbox_before = state.snapshot.waiting.len();
    let newest_before = state.snapshot.experiments.last().map(|experiment| experiment.id.clone());
    state.snapshot = as_shown(state, &view.snapshot);
    state.refresh_runs();
    follow_newest(state, newest_before.as_ref());
    // Findings depend on the policy: with a new one every change is assessed again.
    if state.policy != view.policy || tip_before != state.snapshot.tip() {
        state.policy = Arc::clone(&view.policy);
        state.assessments.known.clear();
        state.assessments.amended.clear();
        state.assessments.amend_asked = None;
        state.assessments.failures.clear();
        state.assessments.asked.clear();
    }
    let snapshot = Arc::clone(&state.snapshot);
    state.assessments.known.retain(|_, judged| is_current(&snapshot, judged));
    state.assessments.amended.retain(|_, known| {
        known.retain(|judged| is_current(&snapshot, judged));
        !known.is_empty()
    });
    if inbox_before != state.snapshot.waiting.len() {
        // A change that could not be assessed may succeed now: its commit may have arrived.
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
        say(state, NoticeKind::Bad, GONE);
    }
    state.repair_selection(row_before);
    restore_visit(state);
    resume(state);
    pass_skipped(state);
    show_end_of_queue(state);
}

/// True if only trials changed since the snapshot on the screen: anything else causes a full fold.
fn only_trials_changed(state: &State, view: &View) -> bool {
    state.snapshot.format.is_some()
        && state.live.visit.is_none()
        && Arc::ptr_eq(&state.snapshot.experiments, &view.snapshot.experiments)
        && Arc::ptr_eq(&state.policy, &view.policy)
}

/// Keeps the selection in curves and progress on the newest experiment if it was there before.
fn follow_newest(state: &mut State, before: Option<&ExperimentId>) {
    let Some(newest) = state.snapshot.experiments.last().map(|experiment| experiment.id.clone()) else { return };
    for view in [ViewKind::Curves, ViewKind::Progress] {
        if before.is_some() && state.experiments.selection.get(&view) == before {
            state.experiments.selection.insert(view, newest.clone());
        }
    }
}

/// After an absence this long, in milliseconds, the inbox opens if something waits in it.
const ABSENCE_MS: i64 = 30 * 60_000;

/// Handles the first full snapshot after a visit: reports what happened since, and restores the selection.
fn restore_visit(state: &mut State) {
    if state.snapshot.format.is_none() {
        return;
    }
    let visit = state.live.visit.take();
    if !state.snapshot.has_loop() {
        // Without a loop nothing ever arrives in the inbox, so there is nothing to report.
        return state.leave_views_of_a_loop();
    }
    let Some(visit) = visit else { return };
    let found = since(&visit, &state.snapshot, state.now_ms);
    if state.screen.notice.is_none() {
        let key = state.screen.keymap.key_of(state.context(), Action::ShowSince).map(key_name).unwrap_or_default();
        say(state, NoticeKind::Good, format!("{}   ({key} for more)", found.line));
    }
    state.live.since = Some(found);
    state.live.was_absent = state.now_ms - visit.at_ms > ABSENCE_MS;
    if state.screen.has_moved {
        // The person already moved, and stays where they are.
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
    /// Returns this visit as it would end now; `at` is the local time as text.
    pub fn visit(&self, at: String) -> Visit {
        let snapshot = &self.snapshot;
        Visit {
            at_ms: self.now_ms,
            at,
            experiments: snapshot.experiments.len(),
            newest: snapshot
                .experiments
                .iter()
                .rfind(|experiment| experiment.has_row())
                .map(|experiment| row_id(&experiment.row)),
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

pub(super) fn answered(state: &mut State, answer: Response, effects: &mut Vec<Effect>) {
    match answer {
        Response::Judged(judged) => {
            state.assessments.asked.remove(&judged.experiment);
            // Something moved after this was requested: it is requested again.
            if !is_current(&state.snapshot, &judged) {
                return;
            }
            state.assessments.failures.remove(&judged.experiment);
            let draft = state.decisions.drafts.of.get_mut(&judged.experiment);
            state.decisions.upkeep.drafts_changed |= draft.is_some_and(|draft| draft.follow(judged.built.files()));
            state.assessments.known.insert(judged.experiment.clone(), judged);
        }
        Response::Amended(judged) => {
            if is_current(&state.snapshot, &judged) {
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
        Response::Coloured(texts, stretch, lines) => state.review.coloured(&texts, stretch, lines),
        Response::Unresolved(id, path, bytes) => match String::from_utf8(bytes) {
            Ok(text) => {
                let at = text.lines().position(|line| line.starts_with("<<<<<<< ")).unwrap_or(0);
                let amends = state.assessments.known.get(&id).map(|judged| (id, judged.tip));
                let editing = Editing { amends, path, text: text.into(), line: at as u32 + 1 };
                effects.push(Effect::Shell(Shell::Edit(Box::new(editing))));
            }
            Err(_) => say(state, NoticeKind::Bad, "this file is not UTF-8 and cannot be edited here"),
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
            if state.view == ViewKind::Inbox && state.inbox.order == InboxOrder::Shortlist {
                state.select_row(0);
            }
        }
        Response::Knobs(found) => {
            // If more experiments came meanwhile, the knobs are requested again.
            state.knobs.asked = None;
            state.knobs.known = Some(found);
            state.knobs.row = state.knobs.row.min(state.row_count().saturating_sub(1));
        }
        Response::Failed(Request::Judge(id), why) => {
            state.assessments.asked.remove(&id);
            state.assessments.failures.insert(id, why);
        }
        Response::Curves(id, curves) => state.curves.cache.put(id, curves),
        Response::Failed(Request::Curves(id), why) => {
            state.curves.cache.put(id, None);
            say(state, NoticeKind::Bad, why);
        }
        Response::Failed(question, why) => {
            match question {
                Request::Compare(..) => state.review.open = None,
                Request::Revert(..) if state.decisions.reverting.take().is_some() => state.window.modal = None,
                // Without the whole files the diff is shown uncoloured.
                Request::Texts(..) | Request::Colours(..) | Request::Related(_) => return,
                // Counts every change as unknown, so that the page shows that instead of waiting forever.
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

pub(super) fn decided(state: &mut State, result: Result<Box<Decision>, Failure>) {
    match result {
        Ok(decision) => {
            let text = match (decision.kind, decision.commit) {
                (DecisionKind::Reverted, Some(commit)) => {
                    format!("reverted by {}, record {}, on disk", commit.short(), decision.seq)
                }
                (_, Some(commit)) => format!("approved as {}, record {}, on disk", commit.short(), decision.seq),
                (DecisionKind::Approved, None) => {
                    format!("run approved, record {}, on disk; nothing was committed", decision.seq)
                }
                (_, None) => format!("{}, record {}, on disk", decision.kind.word(), decision.seq),
            };
            // The drafts were sent with the decision.
            state.decisions.drafts.of.remove(&decision.experiment);
            state.assessments.amended.remove(&decision.experiment);
            count_decided(state, &decision);
            // The change stays out of the inbox until a snapshot contains the decision.
            say(state, NoticeKind::Good, text);
            show_end_of_queue(state);
        }
        Err(why) => {
            state.decisions.under_way.clear();
            state.repair_selection(None);
            // Everything is requested again: what was on the screen may be stale.
            state.assessments.known.clear();
            state.assessments.amended.clear();
            state.assessments.amend_asked = None;
            state.assessments.asked.clear();
            say(state, NoticeKind::Bad, why);
        }
    }
}
