//! `update`: what an event does to the state, and what is to be done elsewhere.

use std::collections::HashSet;
use std::sync::Arc;

use super::amending::{Reach, ask_for_amended, combine_tokens, leave_out, show_result, start_over};
use super::among_runs::act_on_runs;
use super::answering::{self, compare_rounds, open_comment};
use super::arrivals::{answered, decided, observed};
use super::calling::call;
use super::deciding::{approve, forget_revert, pick_direction, revert};
use super::derived::follow_curves;
use super::diverged::{end_interrupted, found, look};
use super::editing::{edit_file, edited, open_file};
use super::going::{compare, go, open_review, sibling, step, to_match, to_parent, walk};
use super::mouse::mouse;
use super::notice::{say, tell, tell_if};
use super::plot::{
    cycle_measure, cycle_reference, move_cursor, next_metric, pan, toggle_difference, toggle_overlay, zoom,
};
use super::prompts::{key_in_modal, paste};
use super::queue::{count_time, keep_drafts, skip};
use super::reading::{
    as_patch, ask_for_colours, ask_for_texts, drawn, jump, mark_viewed, read_otherwise, refresh_doc, scroll, to_found,
    word_what_is_shown,
};
use super::runs::refresh as refresh_runs;
use super::saving;
use super::segment;
use super::shelf::ask_for_curves;
use super::signs::ask_for_signs;
use super::span::{pan_span, zoom_span};
use super::standing::look_under;
use super::steering::{self, taken_in};
use super::swapped;
use super::{
    Action, AnswerKind, Effect, Event, Filter, InboxOrder, Modal, NoticeKind, Palette, Plot, SMOOTHINGS, Shell, State,
    Steer, ViewKind,
};
use crate::model::Goal;
use crate::query::Request;

/// Takes one event in. Synchronous and total.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Event::Tick(now_ms) = event {
        state.now_ms = now_ms;
    }
    count_time(state);
    let by_person = matches!(event, Event::Key(_) | Event::Mouse(_));
    match event {
        Event::Focus(focus) => {
            state.alerts.focus = Some(focus);
            if focus {
                state.screen.signs.forget();
            }
        }
        Event::Key(key) => {
            state.alerts.key_ms = state.now_ms;
            state.screen.has_moved = true;
            state.screen.notice = None;
            if state.window.modal.is_some() {
                key_in_modal(state, key, &mut effects);
            } else if let Some(action) = state.screen.keymap.action(state.context(), key) {
                act(state, action, &mut effects);
            }
        }
        Event::Mouse(event) => {
            state.screen.has_moved = true;
            mouse(state, event);
        }
        Event::Paste(text) => paste(state, &text),
        Event::Resize(width, height) => {
            state.screen.size = (width, height);
            state.window.drawn.resized();
            state.screen.signs.forget();
        }
        Event::Observed(view) if state.live.paused => state.live.held = Some(view),
        Event::Observed(view) => observed(state, &view),
        Event::Answered(answer) => answered(state, answer, &mut effects),
        Event::Decided(result) => decided(state, result),
        Event::Asked(result) => answering::asked(state, result),
        Event::TakenIn(result) => taken_in(state, result),
        Event::ForeignFound(result) => found(state, result),
        Event::Notice(kind, text) => say(state, kind, text),
        Event::PolicyWritten(result) => match result {
            Ok(text) => say(state, NoticeKind::Good, text),
            Err(why) => say(state, NoticeKind::Bad, why),
        },
        Event::Host(host) => state.live.host = Some(host),
        Event::Drawn(frame) => {
            if let Some((from, to)) = frame.diff_rows {
                drawn(state, from, to);
                ask_for_signs(state, (from, to), &mut effects);
            }
            state.window.drawn.drawn(frame, state.now_ms);
            // Under a window nobody sees what became of the selection.
            if state.window.modal.is_none() {
                swapped::drawn(state);
            }
        }
        Event::Faced(frame) => state.window.drawn.faced(frame),
        Event::Measured(found) => state.screen.signs.answered(found),
        Event::Edited(editing, result) => edited(state, &editing, result),
        Event::Tick(_) => {}
    }
    look_under(state);
    swapped::follow(state, by_person);
    end_interrupted(state, &mut effects);
    call(state, &mut effects);
    ask_for_shown(state, &mut effects);
    ask_for_knobs(state, &mut effects);
    ask_for_few(state, &mut effects);
    ask_for_related(state, &mut effects);
    refresh_runs(state);
    forget_revert(state);
    refresh_doc(state);
    word_what_is_shown(state);
    ask_for_amended(state, &mut effects);
    ask_for_texts(state, &mut effects);
    ask_for_colours(state, &mut effects);
    ask_for_curves(state, &mut effects);
    follow_curves(state);
    keep_drafts(state, &mut effects);
    effects
}

pub(super) fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let comparing = state.review.open.as_ref().is_some_and(|review| review.against.is_some());
    match action {
        // What is on the screen is not what would be committed.
        _ if comparing && (action.acts_on_change() || action == Action::ShowResult) => {
            say(state, NoticeKind::Bad, "this is a comparison: Esc leaves it, then the change can be judged");
        }
        _ if swapped::is_too_soon(state, action) => {}
        Action::Quit => effects.push(Effect::Shell(Shell::Quit)),
        action if act_on_runs(state, action) => {}
        // The nearest thing that can be closed: a range, a search, then the review.
        Action::Back if state.review.view.range_from.take().is_some() => {}
        Action::Back if state.review.open.is_some() && !state.review.view.sought.is_empty() => {
            state.review.view.sought.clear()
        }
        Action::Back => {
            state.review.open = None;
            state.review.scroll = 0;
        }
        Action::ShowHelp => state.open(Modal::Help(0)),
        Action::ShowPalette => show_palette(state),
        Action::NextSegment | Action::PreviousSegment => segment::step(state, action == Action::NextSegment),
        Action::ShowWarnings => state.open(Modal::Warnings(0)),
        Action::ShowSince => match state.live.since {
            Some(_) => state.open(Modal::Since(0)),
            None => say(state, NoticeKind::Bad, "this is the first visit: there is nothing to compare with yet"),
        },
        Action::ShowInbox => go(state, ViewKind::Inbox),
        Action::ShowCurves => go(state, ViewKind::Curves),
        Action::ShowProgress => go(state, ViewKind::Progress),
        Action::ShowLineage => go(state, ViewKind::Lineage),
        Action::ShowInstruments => go(state, ViewKind::Instruments),
        Action::ShowKnobs => go(state, ViewKind::Knobs),
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
        Action::Approve | Action::Veto | Action::Revert if state.snapshot.approved.interrupted => {
            state.decisions.ending = false
        }
        Action::SettleBranch => look(state, effects),
        Action::Approve => approve(state),
        Action::Veto => answering::open(state, AnswerKind::Veto, effects),
        Action::RequestChanges => answering::open(state, AnswerKind::Changes, effects),
        Action::AskAgent => answering::open(state, AnswerKind::Question, effects),
        Action::Remeasure => answering::open(state, AnswerKind::Remeasure, effects),
        Action::CommentLine => open_comment(state),
        Action::CompareRounds => compare_rounds(state, effects),
        Action::TellAgent => steering::open(state, Steer::Note),
        Action::HoldLoop => steering::open(state, Steer::Hold),
        Action::StopTrial => steering::open(state, Steer::StopTrial),
        Action::Skip => skip(state),
        Action::ShowFiles => {
            let at = state.review.doc.as_ref().and_then(|doc| doc.file_of(state.review.view.cursor)).unwrap_or(0);
            state.open(Modal::Files(at));
        }
        Action::ShowEvidence => state.open(Modal::Evidence(0)),
        Action::ShowSummary => state.open(Modal::Summary(0)),
        Action::Revert => revert(state, effects),
        Action::CycleOrder => state.inbox.order = state.inbox.order.next(),
        Action::TogglePause => toggle_pause(state),
        Action::Search if state.review.open.is_some() => {
            state.open(Modal::Seek(tui_input::Input::default(), state.review.view.cursor));
        }
        Action::Search => search(state),
        Action::NextMatch => tell_if(state, |state| go_on(state, true)),
        Action::PreviousMatch => tell_if(state, |state| go_on(state, false)),
        Action::Compare => compare(state, effects),
        Action::GoToParent => tell_if(state, to_parent),
        Action::NextSibling => tell_if(state, |state| sibling(state, 1)),
        Action::PreviousSibling => tell_if(state, |state| sibling(state, -1)),
        Action::CopyCommit | Action::CopyDiff => copy(state, action, effects),
        Action::SaveView => saving::open(state),
        Action::PickLower => pick_direction(state, Goal::Minimize),
        Action::PickHigher => pick_direction(state, Goal::Maximize),
        _ if state.review.open.is_some() && (amend(state, action, effects) || read_otherwise(state, action)) => {}
        Action::ShowResult => show_result(state),
        _ => look_at_chart(state, action),
    }
}

fn show_palette(state: &mut State) {
    let palette = Palette::open(state);
    state.open(Modal::Palette(Box::new(palette)));
}

fn search(state: &mut State) {
    let before = state.selected().map(|index| state.snapshot.experiments[index].id.clone());
    state.open(Modal::Search(tui_input::Input::default(), before));
}

/// The next match of the search that stands: in the diff, among its hunks without one, else among experiments.
fn go_on(state: &mut State, forward: bool) -> Result<(), String> {
    if state.review.open.is_none() {
        return to_match(state, forward);
    }
    if state.review.view.sought.is_empty() {
        jump(state, forward, false);
        return Ok(());
    }
    to_found(state, forward)
}

/// The actions of the review that change what would be committed, or mark what was read; false for others.
fn amend(state: &mut State, action: Action, effects: &mut Vec<Effect>) -> bool {
    match action {
        Action::MarkViewed => mark_viewed(state),
        Action::LeaveOut => leave_out(state, Reach::Hunk),
        Action::LeaveLineOut => leave_out(state, Reach::Line),
        Action::MarkLines => {
            let from = state.review.view.cursor;
            state.review.view.range_from = if state.review.view.range_from.is_some() { None } else { Some(from) };
        }
        Action::StartOver => start_over(state),
        Action::EditFile => edit_file(state, effects),
        Action::OpenFile => open_file(state, effects),
        Action::CombineTokens => combine_tokens(state),
        _ => return false,
    }
    true
}

/// The actions that change how curves and progress are looked at.
fn look_at_chart(state: &mut State, action: Action) {
    let progress = state.view == ViewKind::Progress;
    match action {
        Action::NextMetric => next_metric(state, true),
        Action::PreviousMetric => next_metric(state, false),
        Action::ToggleOverlay => {
            let told = toggle_overlay(state);
            tell(state, told);
        }
        Action::ClearOverlays => state.curves.plot.overlays.clear(),
        Action::ToggleGrid => state.curves.plot.grid = !state.curves.plot.grid,
        Action::SmoothMore => state.curves.plot.smoothing = (state.curves.plot.smoothing + 1).min(SMOOTHINGS.len() - 1),
        Action::SmoothLess => state.curves.plot.smoothing = state.curves.plot.smoothing.saturating_sub(1),
        Action::ToggleLog => state.curves.plot.log = !state.curves.plot.log,
        Action::CycleHeights => state.curves.plot.heights = state.curves.plot.heights.next(),
        Action::CycleReference => cycle_reference(state),
        Action::ToggleDifference => toggle_difference(state),
        Action::FilterMetrics => {
            let before = state.curves.plot.filter.clone();
            let text = before.as_ref().map_or("", Filter::text).to_owned();
            state.open(Modal::Filter(tui_input::Input::new(text), before));
        }
        Action::CycleMeasure => {
            let before = state.curves.plot.measure;
            cycle_measure(state);
            if state.curves.plot.measure == before {
                say(state, NoticeKind::Bad, "this log tells neither tokens nor time with its unit: steps it is");
            }
        }
        Action::ZoomIn if progress => zoom_span(state, true),
        Action::ZoomOut if progress => zoom_span(state, false),
        Action::ZoomAll if progress => state.progress.span = None,
        Action::PanLeft if progress => pan_span(state, false),
        Action::PanRight if progress => pan_span(state, true),
        Action::ZoomIn => zoom(state, true),
        Action::ZoomOut => zoom(state, false),
        Action::ZoomAll => {
            state.curves.plot = Plot { window: None, cursor: None, ..std::mem::take(&mut state.curves.plot) }
        }
        Action::PanLeft => pan(state, false),
        Action::PanRight => pan(state, true),
        Action::CursorLeft => move_cursor(state, false),
        Action::CursorRight => move_cursor(state, true),
        // What runs now is shown for the newest row.
        Action::FollowRunning => step(state, isize::MAX),
        // All others are acted on above.
        _ => {}
    }
}

/// Bytes that terminals take into the clipboard at once, by the smallest limit in use.
const LONGEST_COPY: usize = 74_000;

/// The commit, or the diff, of what is shown. What the agent wrote goes out spelled out, as it is
/// shown: pasted into a terminal it does nothing.
fn copy(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let Some(index) = state.shown() else { return say(state, NoticeKind::Bad, "no experiment is selected here") };
    let experiment = Arc::clone(&state.snapshot.experiments[index]);
    if action == Action::CopyCommit {
        let text = experiment.head().map_or_else(|| experiment.id.to_string(), |head| head.to_string());
        say(state, NoticeKind::Good, format!("copied {text}"));
        return effects.push(Effect::Shell(Shell::Copy(text)));
    }
    let Some(doc) = state.review.doc.as_ref().filter(|_| state.shows_diff()) else {
        return say(state, NoticeKind::Bad, "no diff is on the screen: Enter opens it");
    };
    let text = as_patch(doc.files());
    if text.len() > LONGEST_COPY {
        return say(
            state,
            NoticeKind::Bad,
            format!("the diff has {} bytes: too many for a terminal's clipboard", text.len()),
        );
    }
    say(
        state,
        NoticeKind::Good,
        format!("copied the diff, {} lines; hidden characters are spelled out", text.lines().count()),
    );
    effects.push(Effect::Shell(Shell::Copy(text)));
}

fn page(state: &State) -> isize {
    let shape = state.shape();
    let area = if state.review.open.is_some() { shape.diff } else { shape.list };
    (area.below_title().height.saturating_sub(1)).max(1) as isize
}

fn toggle_pause(state: &mut State) {
    state.live.paused = !state.live.paused;
    if let Some(view) = state.live.held.take() {
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
        let known = state.assessments.known.contains_key(&id) || state.assessments.failures.contains_key(&id);
        // What is shown is asked for even when many others are under way.
        let room = state.assessments.asked.len() < MOST_ASKED || index == shown;
        if !known && room && state.assessments.asked.insert(id.clone()) {
            asked.push(Effect::Ask(Request::Judge(id)));
        }
    }
    // The newest question is answered first: the shown one is asked last.
    effects.extend(asked.into_iter().rev());
}

/// Asks which other experiments touch the same lines, anew when experiments came.
fn ask_for_related(state: &mut State, effects: &mut Vec<Effect>) {
    // Where it is read: going through a list must not wait for it.
    let is_read = state.review.open.is_some() || matches!(state.window.modal, Some(Modal::Evidence(_)));
    let Some(id) = state.shown_id().filter(|_| is_read) else { return };
    let count = state.snapshot.experiments.len();
    let is_fresh = state.assessments.related.get(&id).is_some_and(|related| related.experiments == count);
    // First the change itself is there, then what was tried beside it.
    if !state.assessments.known.contains_key(&id)
        || is_fresh
        || state.assessments.related_asked == Some((id.clone(), count))
    {
        return;
    }
    state.assessments.related_asked = Some((id.clone(), count));
    effects.push(Effect::Ask(Request::Related(id)));
}

/// Asks for the few that matter while the inbox is in their order: they stay the same while they are gone through,
/// and are sought anew when something new came, or none of them is left.
fn ask_for_few(state: &mut State, effects: &mut Vec<Effect>) {
    if state.view != ViewKind::Inbox || state.inbox.order != InboxOrder::Few {
        return;
    }
    let snapshot = &state.snapshot;
    let waiting: HashSet<_> = snapshot.waiting.iter().map(|index| &snapshot.experiments[*index].id).collect();
    let is_fresh = state.inbox.shortlist.as_ref().is_some_and(|few| {
        let known: HashSet<_> = few.waiting.iter().collect();
        waiting.is_subset(&known) && few.chosen.iter().any(|id| waiting.contains(id))
    });
    let wanted = (snapshot.tip(), snapshot.waiting.len());
    if !is_fresh && state.inbox.shortlist_asked != Some(wanted) {
        state.inbox.shortlist_asked = Some(wanted);
        effects.push(Effect::Ask(Request::Few));
    }
}

/// Asks for the knobs while they are shown, anew when experiments came or another segment is shown.
fn ask_for_knobs(state: &mut State, effects: &mut Vec<Effect>) {
    let wanted = (state.snapshot.experiments.len(), state.snapshot.shown);
    let stale = state.knobs.known.as_ref().is_none_or(|knobs| (knobs.experiments, knobs.segment) != wanted);
    if state.view == ViewKind::Knobs && stale && state.knobs.asked != Some(wanted) {
        state.knobs.asked = Some(wanted);
        effects.push(Effect::Ask(Request::Knobs(wanted.1)));
    }
}
