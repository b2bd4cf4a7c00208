//! Windows over the view: help, palette, search, and prompts. Keys go to the open window.

pub(in crate::app) mod filter;
pub(in crate::app) mod line;
mod modal;
mod palette;
pub(in crate::app) mod save;
pub(in crate::app) mod search;
pub(in crate::app) mod seek;
mod window;

pub use modal::{Modal, Waiting, Window};
pub use palette::{Palette, PaletteEntry, PaletteTarget};
pub use save::{ENDINGS, directory_for, has_supported_extension};
pub use search::count as count_matches;
pub use window::{Drawn, WindowState};

pub(in crate::app) use window::check_subject;

use filter::key_in_filter;
use line::type_key;
use palette::key_in_palette;
use save::key_in_save;
use search::key_in_search;
use seek::{key_in_files, key_in_seek};

use crate::app::decide::answer::{key_in_answer, key_in_comment};
use crate::app::decide::confirm::key_in_confirm;
use crate::app::decide::diverged::key_in_diverged;
use crate::app::decide::policy_line::key_in_policy;
use crate::app::decide::steer::key_in_steer;
use crate::app::inbox::queue::close_summary;
use crate::app::keymap::KeyPress;
use crate::app::runs::navigate::{key_in_rename, key_in_run_filter};
use crate::app::{Effect, Shell, State};

pub(in crate::app) fn key_in_modal(state: &mut State, key: KeyPress, effects: &mut Vec<Effect>) {
    let Some(modal) = state.window.modal.take() else { return };
    if key == KeyPress::Ctrl('c') {
        effects.push(Effect::Shell(Shell::Quit));
        return;
    }
    if !state.may_take(&modal, key) {
        state.window.modal = Some(modal);
        return;
    }
    state.window.modal = match modal {
        Modal::Help(top) => scrolled(key, top).map(Modal::Help),
        Modal::Warnings(top) => scrolled(key, top).map(Modal::Warnings),
        Modal::Since(top) => scrolled(key, top).map(Modal::Since),
        Modal::Evidence(top) => scrolled(key, top).map(Modal::Evidence),
        Modal::Files(at) => key_in_files(state, at, key),
        Modal::Palette(palette) => key_in_palette(state, *palette, key, effects),
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
        Modal::Policy(prompt) => key_in_policy(*prompt, key, effects),
        Modal::Waiting(_) if key == KeyPress::Esc => {
            state.decisions.reverting = None;
            None
        }
        Modal::Waiting(waiting) => Some(Modal::Waiting(waiting)),
    };
}

/// Returns the new top row of a scrolled text; `None` closes it.
fn scrolled(key: KeyPress, top: usize) -> Option<usize> {
    match key {
        KeyPress::Char('j') | KeyPress::Down => Some(top + 1),
        KeyPress::Char('k') | KeyPress::Up => Some(top.saturating_sub(1)),
        KeyPress::PageDown | KeyPress::Char(' ') | KeyPress::Ctrl('d') => Some(top + 10),
        KeyPress::PageUp | KeyPress::Ctrl('u') => Some(top.saturating_sub(10)),
        KeyPress::Char('g') | KeyPress::Home => Some(0),
        _ => None,
    }
}

/// Pastes into the input line, without line breaks: they must not press Enter.
pub(in crate::app) fn paste(state: &mut State, text: &str) {
    let Some(modal) = state.window.modal.take() else { return };
    let may = state.may_take(&modal, KeyPress::Char(' '));
    state.window.modal = Some(modal);
    if !may {
        return;
    }
    let Some(input) = state.window.modal.as_mut().and_then(Modal::input) else { return };
    for c in text.chars().filter(|c| !crate::policy::text::is_hidden(*c) && *c != '\n') {
        type_key(input, KeyPress::Char(if c == '\t' { ' ' } else { c }));
    }
}
