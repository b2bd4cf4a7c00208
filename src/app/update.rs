//! `update`: what an event does to the state, and what is to be done elsewhere.

use std::sync::Arc;

use super::arrivals::{answered, decided, drawn, observed};
use super::deciding::{approve, pick_direction, revert, veto};
use super::keymap::action;
use super::prompts::{key_in_modal, paste};
use super::{Action, DiffDoc, Effect, Event, Modal, Notice, NoticeKind, Review, State, ViewKind};
use crate::model::Goal;
use crate::policy::text::Visible;
use crate::query::Question;

/// Takes one event in. Synchronous and total.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    match event {
        Event::Key(key) => {
            state.notice = None;
            if state.modal.is_some() {
                key_in_modal(state, key, &mut effects);
            } else if let Some(action) = action(state.context(), key) {
                act(state, action, &mut effects);
            }
        }
        Event::Paste(text) => paste(state, &text),
        Event::Resize(width, height) => state.size = (width, height),
        Event::Observed(view) if state.paused => state.held = Some(view),
        Event::Observed(view) => observed(state, &view),
        Event::Answered(answer) => answered(state, answer),
        Event::Decided(result) => decided(state, result),
        Event::Notice(text) => say(state, NoticeKind::Good, text),
        Event::DirectionPicked(result) => match result {
            Ok(()) => say(state, NoticeKind::Good, "the direction is in your policy now"),
            Err(why) => say(state, NoticeKind::Bad, why),
        },
        Event::Drawn(from, to) => drawn(state, from, to),
        Event::Tick(now_ms) => state.now_ms = now_ms,
    }
    ask_for_shown(state, &mut effects);
    refresh_doc(state);
    effects
}

pub(super) fn say(state: &mut State, kind: NoticeKind, text: impl AsRef<str>) {
    state.notice = Some(Notice { text: Visible::of(text.as_ref()).to_string(), kind });
}

fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Quit => effects.push(Effect::Quit),
        Action::Back => {
            state.review = None;
            state.scroll = 0;
        }
        Action::ShowHelp => state.modal = Some(Modal::Help(0)),
        Action::ShowWarnings => state.modal = Some(Modal::Warnings(0)),
        Action::ShowInbox => go(state, ViewKind::Inbox),
        Action::ShowCurves => go(state, ViewKind::Curves),
        Action::ShowProgress => go(state, ViewKind::Progress),
        Action::ShowLineage => go(state, ViewKind::Lineage),
        Action::MoveDown => step(state, 1),
        Action::MoveUp => step(state, -1),
        Action::PageDown => step(state, page(state)),
        Action::PageUp => step(state, -page(state)),
        Action::GoFirst => step(state, isize::MIN),
        Action::GoLast => step(state, isize::MAX),
        Action::ScrollDown => scroll(state, 1),
        Action::ScrollUp => scroll(state, -1),
        Action::OpenReview => open_review(state),
        Action::NextExperiment => walk(state, 1),
        Action::PreviousExperiment => walk(state, -1),
        Action::NextHunk => jump(state, true, false),
        Action::PreviousHunk => jump(state, false, false),
        Action::NextFile => jump(state, true, true),
        Action::PreviousFile => jump(state, false, true),
        Action::Approve => approve(state),
        Action::Veto => veto(state, effects),
        Action::Skip => {
            walk(state, 1);
            say(state, NoticeKind::Good, "left for later; it still waits");
        }
        Action::Revert => revert(state, effects),
        Action::CycleOrder => state.order = state.order.next(),
        Action::TogglePause => toggle_pause(state),
        Action::NextMetric => state.metric = state.metric.wrapping_add(1),
        Action::PreviousMetric => state.metric = state.metric.wrapping_sub(1),
        Action::PickLower => pick_direction(state, Goal::Minimize, effects),
        Action::PickHigher => pick_direction(state, Goal::Maximize, effects),
    }
}

fn go(state: &mut State, view: ViewKind) {
    // The experiment stays the same where the other view lists it too.
    let current = state.shown().map(|index| state.snapshot.experiments[index].id.clone());
    state.review = None;
    state.view = view;
    state.scroll = 0;
    if let Some(id) = current.filter(|_| !state.selection.contains_key(&view)) {
        state.selection.insert(view, id);
    }
    state.repair_selection(None);
}

fn page(state: &State) -> isize {
    let shape = state.shape();
    let area = if state.review.is_some() { shape.diff } else { shape.list };
    (area.below_title().height.saturating_sub(1)).max(1) as isize
}

/// Moves in the list, or through the diff when the review is open.
fn step(state: &mut State, by: isize) {
    if state.review.is_some() {
        scroll(state, by);
        return;
    }
    let row = state.selected_row().unwrap_or(0);
    state.select_row(row.saturating_add_signed(by));
}

fn scroll(state: &mut State, by: isize) {
    let rows = state.doc.as_ref().map_or(0, |doc| doc.rows.len());
    let last = rows.saturating_sub(state.diff_height());
    state.scroll = state.scroll.saturating_add_signed(by).min(last);
}

/// To the neighbouring experiment, in whatever list is open, also within the review.
fn walk(state: &mut State, by: isize) {
    let listed = state.listed();
    let shown = state.shown();
    let row = shown.and_then(|shown| listed.iter().position(|index| *index == shown));
    let Some(index) = listed.get(row.map_or(0, |row| row.saturating_add_signed(by))).or(listed.last()) else { return };
    let id = state.snapshot.experiments[*index].id.clone();
    if Some(*index) != shown {
        state.scroll = 0;
    }
    if let Some(review) = &mut state.review {
        review.experiment = id.clone();
    }
    state.select(id);
}

fn jump(state: &mut State, forward: bool, files_only: bool) {
    let Some(doc) = &state.doc else { return };
    let to = if forward { doc.next(state.scroll, files_only) } else { doc.previous(state.scroll, files_only) };
    let last = doc.rows.len().saturating_sub(state.diff_height());
    match to {
        // Near the end the jump cannot bring the hunk to the top; it is on the screen all the same.
        Some(to) => state.scroll = to.min(last),
        None if forward => state.scroll = last,
        None => state.scroll = 0,
    }
}

fn open_review(state: &mut State) {
    if let Some(index) = state.selected() {
        let experiment = state.snapshot.experiments[index].id.clone();
        state.review = Some(Review { experiment });
        state.scroll = 0;
    }
}

fn toggle_pause(state: &mut State) {
    state.paused = !state.paused;
    if let Some(view) = state.held.take() {
        observed(state, &view);
    }
}

/// Questions that may be under way at once; more are asked as answers come.
const MOST_ASKED: usize = 12;

/// Asks for what is on the screen, once: the shown change, its neighbours, then the listed rows.
fn ask_for_shown(state: &mut State, effects: &mut Vec<Effect>) {
    if state.snapshot.approved.branch.is_empty() {
        return;
    }
    let listed = state.listed();
    let Some(shown) = state.shown() else { return };
    let row = listed.iter().position(|index| *index == shown).unwrap_or(0);
    let around = if state.view == ViewKind::Inbox { state.shape().list.height as usize } else { 1 };
    let mut wanted: Vec<usize> = vec![shown];
    for distance in 1..=around {
        wanted.extend(listed.get(row + distance));
        wanted.extend(row.checked_sub(distance).and_then(|row| listed.get(row)));
    }
    let mut asked = Vec::new();
    for index in wanted {
        let id = state.snapshot.experiments[index].id.clone();
        let known = state.judgements.contains_key(&id) || state.failures.contains_key(&id);
        // What is shown is asked for even when many others are under way.
        let room = state.asked.len() < MOST_ASKED || index == shown;
        if !known && room && state.asked.insert(id.clone()) {
            asked.push(Effect::Ask(Question::Judge(id)));
        }
    }
    // The newest question is answered first: the shown one is asked last.
    effects.extend(asked.into_iter().rev());
}

/// Lays the shown change out for the width it has.
fn refresh_doc(state: &mut State) {
    let shown = state.shown().map(|index| state.snapshot.experiments[index].id.clone());
    let judged = shown.and_then(|id| state.judgements.get(&id).cloned());
    let width = state.shape().diff.width as usize;
    let Some(judged) = judged.filter(|_| state.shows_diff()) else {
        state.doc = None;
        return;
    };
    let fresh = state.doc.as_ref().is_some_and(|doc| Arc::ptr_eq(&doc.judgement, &judged) && doc.width == width);
    if !fresh {
        let rewrapped =
            state.doc.as_ref().is_some_and(|doc| doc.judgement.experiment == judged.experiment && doc.width != width);
        state.doc = Some(DiffDoc::new(&judged, width));
        if rewrapped {
            // Row numbers changed their meaning: what was seen is seen again, or was not.
            state.seen.retain(|(id, _), _| *id != judged.experiment);
        }
    }
    scroll(state, 0);
}
