//! Keys while a window is open: help, warnings, and the two prompts that end in a decision.

use tui_input::{Input, InputRequest};

use super::keymap::Key;
use super::update::say;
use super::{Confirm, Effect, Modal, NoticeKind, State, VetoPrompt, ViewKind};
use crate::desk::{Approval, Veto};
use crate::model::ExperimentId;

/// Longest reason that can be typed, in characters.
const LONGEST_REASON: usize = 500;

pub(super) fn key_in_modal(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
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
pub(super) fn paste(state: &mut State, text: &str) {
    let input = match &mut state.modal {
        Some(Modal::Confirm(confirm)) => &mut confirm.input,
        Some(Modal::Veto(prompt)) => &mut prompt.input,
        _ => return,
    };
    for c in text.chars().filter(|c| !crate::policy::text::is_hidden(*c) && *c != '\n') {
        type_key(input, Key::Char(if c == '\t' { ' ' } else { c }));
    }
}
