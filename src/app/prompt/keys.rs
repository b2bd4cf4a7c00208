//! Hands keys and pasted text to the open window.

use super::filter::key_in_filter;
use super::line::type_key;
use super::offers::{choose, key_in_palette};
use super::save::key_in_save;
use super::scroll::scrolled;
use super::search::key_in_search;
use super::seek::{key_in_files, key_in_seek};
use crate::app::decide::answer::{key_in_answer, key_in_comment};
use crate::app::decide::confirm::key_in_confirm;
use crate::app::decide::diverged::key_in_diverged;
use crate::app::decide::policy_line::key_in_policy;
use crate::app::decide::steer::key_in_steer;
use crate::app::inbox::queue::close_summary;
use crate::app::runs::navigate::{key_in_rename, key_in_run_filter};
use crate::app::{Action, Effect, KeyPress, Modal, Shell, State};
use crate::policy::text::is_hidden;

/// Hands a key to the open window. Returns the action that was chosen in the palette.
pub(in crate::app) fn key_in_modal(state: &mut State, key: KeyPress, effects: &mut Vec<Effect>) -> Option<Action> {
    let modal = state.window.modal.take()?;
    if key == KeyPress::Ctrl('c') {
        effects.push(Effect::Shell(Shell::Quit));
        return None;
    }
    if !state.window.drawn.may_take(modal.decides(), key, state.now_ms) {
        state.window.modal = Some(modal);
        return None;
    }
    state.window.modal = match modal {
        Modal::Help(top) => scrolled(key, top).map(Modal::Help),
        Modal::Warnings(top) => scrolled(key, top).map(Modal::Warnings),
        Modal::Since(top) => scrolled(key, top).map(Modal::Since),
        Modal::Evidence(top) => scrolled(key, top).map(Modal::Evidence),
        Modal::Files(at) => key_in_files(state, at, key),
        // What was chosen may open a window of its own.
        Modal::Palette(palette) if key == KeyPress::Enter => return choose(state, &palette, effects),
        Modal::Palette(palette) => key_in_palette(state, *palette, key),
        Modal::Search(input, before) => key_in_search(state, input, before, key),
        Modal::Seek(input, before) => key_in_seek(state, input, before, key),
        Modal::Filter(input, before) => key_in_filter(state, input, before, key),
        Modal::Save(input) => key_in_save(state, input, key, effects),
        Modal::ComparedRuns(top) => scrolled(key, top).map(Modal::ComparedRuns),
        Modal::RunFilter(input) => key_in_run_filter(state, input, key),
        Modal::Rename(input, id) => key_in_rename(state, input, id, key, effects),
        Modal::Summary(top) => {
            let next = scrolled(key, top).map(Modal::Summary);
            if next.is_none() {
                close_summary(state);
            }
            next
        }
        Modal::Confirm(confirm) => key_in_confirm(state, *confirm, key, effects),
        Modal::Diverged(prompt) => key_in_diverged(state, *prompt, key, effects),
        Modal::Answer(prompt) => key_in_answer(state, *prompt, key, effects),
        Modal::Comment(prompt) => key_in_comment(state, *prompt, key),
        Modal::Steer(prompt) => key_in_steer(state, *prompt, key, effects),
        Modal::Policy(prompt) => key_in_policy(state, *prompt, key, effects),
        Modal::Waiting(_) if key == KeyPress::Esc => {
            state.decisions.reverting = None;
            None
        }
        Modal::Waiting(waiting) => Some(Modal::Waiting(waiting)),
    };
    None
}

/// Pastes into the input line, without line breaks: they must not press Enter.
pub(in crate::app) fn paste(state: &mut State, text: &str) {
    let Some(modal) = &mut state.window.modal else { return };
    if !state.window.drawn.may_take(modal.decides(), KeyPress::Char(' '), state.now_ms) {
        return;
    }
    let Some(input) = modal.input() else { return };
    for c in text.chars().filter(|c| !is_hidden(*c) && *c != '\n') {
        type_key(input, KeyPress::Char(if c == '\t' { ' ' } else { c }));
    }
}
