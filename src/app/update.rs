//! `update`: what an event does to the state, and what is to be done elsewhere.

use std::sync::Arc;

use tui_input::{Input, InputRequest};

use super::keymap::{Key, action};
use super::{Action, Confirm, DiffDoc, Effect, Event, Modal, Notice, NoticeKind, Review, State, VetoPrompt, ViewKind};
use crate::desk::{Approval, Veto};
use crate::model::{Built, CandidateKind, Decision, DecisionKind, ExperimentId, Goal};
use crate::observe::View;
use crate::policy::text::Visible;
use crate::query::{Answer, Question};

/// Longest reason that can be typed, in characters.
const LONGEST_REASON: usize = 500;

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

fn say(state: &mut State, kind: NoticeKind, text: impl AsRef<str>) {
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

fn pick_direction(state: &mut State, goal: Goal, effects: &mut Vec<Effect>) {
    let Some(objective) = &state.snapshot.objective else {
        return say(state, NoticeKind::Bad, "no metric was found, so there is no direction to pick");
    };
    if objective.goal.is_some() {
        return say(state, NoticeKind::Bad, "the direction is known; the policy can change it");
    }
    effects.push(Effect::PickDirection(objective.metric.to_string(), goal));
}

fn approve(state: &mut State) {
    let Some(index) = state.shown() else { return };
    let experiment = Arc::clone(&state.snapshot.experiments[index]);
    if let Some(trouble) = &state.snapshot.approved.trouble {
        return say(state, NoticeKind::Bad, trouble.clone());
    }
    if let Some(decision) = state.snapshot.decision(&experiment.id) {
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
            state.modal = Some(Modal::Confirm(Box::new(Confirm::new(judged, unseen))));
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
    let Some(doc) = state.doc.as_ref().filter(|doc| doc.judgement.experiment == judged.experiment) else {
        return all.collect();
    };
    let nothing = std::collections::HashSet::new();
    let seen = state.seen.get(&(judged.experiment.clone(), candidate.tree)).unwrap_or(&nothing);
    let missing: std::collections::HashSet<_> =
        (0..doc.rows.len()).filter(|row| !seen.contains(row)).filter_map(|row| doc.hunk_of(row)).collect();
    all.filter(|hunk| missing.contains(hunk)).collect()
}

fn veto(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(index) = state.shown() else { return };
    let experiment = &state.snapshot.experiments[index];
    let id = experiment.id.clone();
    if !state.snapshot.waiting.contains(&index) || state.deciding.contains(&id) {
        return say(state, NoticeKind::Bad, "it does not wait for a decision");
    }
    if let Some(trouble) = &state.snapshot.approved.trouble {
        return say(state, NoticeKind::Bad, trouble.clone());
    }
    effects.push(Effect::Ask(Question::WhatIf(id.clone())));
    state.modal = Some(Modal::Veto(Box::new(VetoPrompt {
        experiment: id,
        input: Input::default(),
        what_if: None,
        complaint: None,
    })));
}

fn revert(state: &mut State, effects: &mut Vec<Effect>) {
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

fn key_in_modal(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    let Some(modal) = state.modal.take() else { return };
    if key == Key::Ctrl('c') {
        effects.push(Effect::Quit);
        return;
    }
    state.modal = match modal {
        Modal::Help(top) => scrolled(key, top).map(Modal::Help),
        Modal::Warnings(top) => scrolled(key, top).map(Modal::Warnings),
        Modal::Confirm(confirm) => key_in_confirm(state, *confirm, key, effects),
        Modal::Veto(prompt) => key_in_veto(state, *prompt, key, effects),
    };
}

/// The new top row of a text that is scrolled; `None` closes it.
fn scrolled(key: Key, top: usize) -> Option<usize> {
    match key {
        Key::Char('j') | Key::Down => Some(top + 1),
        Key::Char('k') | Key::Up => Some(top.saturating_sub(1)),
        Key::PageDown | Key::Char(' ') | Key::Ctrl('d') => Some(top + 10),
        Key::PageUp | Key::Ctrl('u') => Some(top.saturating_sub(10)),
        Key::Char('g') | Key::Home => Some(0),
        _ => None,
    }
}

fn key_in_confirm(state: &mut State, mut confirm: Confirm, key: Key, effects: &mut Vec<Effect>) -> Option<Modal> {
    match key {
        Key::Esc => {
            say(state, NoticeKind::Good, "nothing was decided");
            return None;
        }
        Key::Enter => {}
        _ => {
            type_key(&mut confirm.input, key);
            confirm.complaint = None;
            return Some(Modal::Confirm(Box::new(confirm)));
        }
    }
    if let Some(word) = confirm.to_type.first().copied() {
        if confirm.input.value().trim() == word {
            confirm.typed.push(word.to_owned());
            confirm.to_type.remove(0);
            confirm.input.reset();
        } else {
            confirm.complaint = Some(format!("type `{word}`, or Esc"));
        }
        return Some(Modal::Confirm(Box::new(confirm)));
    }
    let candidate = confirm.candidate()?.clone();
    state.deciding.insert(candidate.experiment.clone());
    leave_decided(state, &candidate.experiment);
    effects.push(Effect::Approve(Box::new(Approval {
        candidate,
        base: confirm.judgement.base,
        text: confirm.judgement.text.clone(),
        reason: confirm.input.value().trim().to_owned(),
        acknowledged: confirm.typed,
        hunks_unseen: confirm.unseen.len(),
    })));
    say(state, NoticeKind::Good, "writing to disk …");
    None
}

fn key_in_veto(state: &mut State, mut prompt: VetoPrompt, key: Key, effects: &mut Vec<Effect>) -> Option<Modal> {
    match key {
        Key::Esc => {
            say(state, NoticeKind::Good, "nothing was decided");
            return None;
        }
        Key::Enter if prompt.input.value().trim().is_empty() => {
            prompt.complaint = Some("a veto needs a reason: the next reader will ask why".to_owned());
        }
        Key::Enter => {
            let index = state.snapshot.index_of(&prompt.experiment);
            let head = index.and_then(|index| state.snapshot.experiments[index].head());
            state.deciding.insert(prompt.experiment.clone());
            leave_decided(state, &prompt.experiment);
            let reason = prompt.input.value().trim().to_owned();
            effects.push(Effect::Veto(Veto { experiment: prompt.experiment, head, reason }));
            say(state, NoticeKind::Good, "writing to disk …");
            return None;
        }
        _ => {
            type_key(&mut prompt.input, key);
            prompt.complaint = None;
        }
    }
    Some(Modal::Veto(Box::new(prompt)))
}

/// What is decided leaves the inbox at once; the selection goes to the one that stood after it.
fn leave_decided(state: &mut State, id: &ExperimentId) {
    let Some(index) = state.snapshot.index_of(id) else { return };
    let waits = state.snapshot.waiting.contains(&index);
    if !waits {
        return;
    }
    if state.view == ViewKind::Inbox {
        let at = state.snapshot.waiting.iter().position(|other| *other == index);
        let row = at.map(|at| at.min(state.inbox().len().saturating_sub(1)));
        state.repair_selection(row);
        if let Some(review) = &mut state.review {
            match state.selection.get(&ViewKind::Inbox) {
                Some(next) => review.experiment = next.clone(),
                None => state.review = None,
            }
        }
    }
}

fn type_key(input: &mut Input, key: Key) {
    let request = match key {
        Key::Char(c) if input.value().chars().count() < LONGEST_REASON => InputRequest::InsertChar(c),
        Key::Backspace => InputRequest::DeletePrevChar,
        Key::Delete => InputRequest::DeleteNextChar,
        Key::Left => InputRequest::GoToPrevChar,
        Key::Right => InputRequest::GoToNextChar,
        Key::Home | Key::Ctrl('a') => InputRequest::GoToStart,
        Key::End | Key::Ctrl('e') => InputRequest::GoToEnd,
        Key::Ctrl('w') => InputRequest::DeletePrevWord,
        Key::Ctrl('u') => InputRequest::DeleteLine,
        _ => return,
    };
    input.handle(request);
}

/// A paste goes into the line being typed, without its line ends: they must not press Enter.
fn paste(state: &mut State, text: &str) {
    let input = match &mut state.modal {
        Some(Modal::Confirm(confirm)) => &mut confirm.input,
        Some(Modal::Veto(prompt)) => &mut prompt.input,
        _ => return,
    };
    for c in text.chars().filter(|c| !crate::policy::text::is_hidden(*c) && *c != '\n') {
        type_key(input, Key::Char(if c == '\t' { ' ' } else { c }));
    }
}

fn observed(state: &mut State, view: &View) {
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

fn answered(state: &mut State, answer: Answer) {
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

fn decided(state: &mut State, result: Result<Box<Decision>, String>) {
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

fn drawn(state: &mut State, from: usize, to: usize) {
    let Some(doc) = &state.doc else { return };
    let Built::Ready(candidate) = &doc.judgement.built else { return };
    let key = (doc.judgement.experiment.clone(), candidate.tree);
    state.seen.entry(key).or_default().extend(from..to.min(doc.rows.len()));
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
