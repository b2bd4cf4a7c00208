//! Searching the diff, and the list of its files.

use tui_input::Input;

use super::line::type_key;
use super::scroll::scrolled;
use crate::app::keymap::KeyPress;
use crate::app::notice::say;
use crate::app::review::{find_in_diff, match_count, to_row, to_top};
use crate::app::{Modal, NoticeKind, State};

pub(in crate::app) fn key_in_files(state: &mut State, at: usize, key: KeyPress) -> Option<Modal> {
    let last = state.review.doc.as_ref().map_or(0, |doc| doc.files().len()).saturating_sub(1);
    match key {
        KeyPress::Enter => {
            go_to_file(state, at);
            None
        }
        KeyPress::Char('G') | KeyPress::End => Some(Modal::Files(last)),
        _ => scrolled(key, at).map(|to| Modal::Files(to.min(last))),
    }
}

pub(in crate::app) fn go_to_file(state: &mut State, at: usize) {
    if let Some(row) = state.review.doc.as_ref().and_then(|doc| doc.row_of_file(at)) {
        to_top(state, row);
    }
}

pub(in crate::app) fn key_in_seek(state: &mut State, mut input: Input, before: usize, key: KeyPress) -> Option<Modal> {
    match key {
        KeyPress::Esc => {
            state.review.view.search.clear();
            to_row(state, before);
            return None;
        }
        KeyPress::Enter => {
            let words = input.value().to_owned();
            let found = match_count(state, &words);
            if !words.is_empty() {
                let kind = if found > 0 { NoticeKind::Good } else { NoticeKind::Bad };
                let more = if found > 0 { "n/N: next/previous, Esc ends" } else { "o shows the whole file" };
                let rows = if found == 1 { "row matches" } else { "rows match" };
                say(state, kind, format!("{found} {rows} `{words}` ({more})"));
            }
            state.review.view.search = if found > 0 { words } else { String::new() };
            return None;
        }
        _ => type_key(&mut input, key),
    }
    // The search runs while it is typed, from where it began.
    input.value().clone_into(&mut state.review.view.search);
    let row = find_in_diff(state, input.value(), before, true, true).unwrap_or(before);
    to_row(state, row);
    Some(Modal::Seek(input, before))
}
