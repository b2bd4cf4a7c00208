//! Notices: one line in the footer, shown until the next key.

use crate::app::{Action, Notice, NoticeKind, State, key_name};
use crate::policy::text::Visible;

/// Shown where the view lists nothing.
pub const NOTHING_SELECTED: &str = "nothing is selected here";

pub(super) fn say(state: &mut State, kind: NoticeKind, text: impl AsRef<str>) {
    state.screen.notice = Some(Notice { text: Visible::message(text.as_ref()).to_string(), kind });
}

pub(super) fn say_result(state: &mut State, result: Result<String, String>) {
    match result {
        Ok(text) => say(state, NoticeKind::Good, text),
        Err(text) => say(state, NoticeKind::Bad, text),
    }
}

pub(super) fn say_error(state: &mut State, go: impl FnOnce(&mut State) -> Result<(), String>) {
    if let Err(why) = go(state) {
        say(state, NoticeKind::Bad, why);
    }
}

/// For the first of two that are compared.
pub(super) fn say_marked(state: &mut State, name: impl std::fmt::Display) {
    let key = state.screen.keymap.key_of(state.context(), Action::Compare).map(key_name).unwrap_or_default();
    say(state, NoticeKind::Good, format!("{name} is marked; select another and press {key} to compare"));
}

/// For the first of two that is chosen again.
pub(super) fn say_unmarked(state: &mut State, name: impl std::fmt::Display) {
    say(state, NoticeKind::Good, format!("{name} is no longer marked"));
}

/// For an action on the selected change where the view lists none.
pub(super) fn say_nothing_selected(state: &mut State) {
    say(state, NoticeKind::Bad, NOTHING_SELECTED);
}
