//! Notices: one line in the footer, shown until the next key.

use crate::app::{Notice, NoticeKind, State};
use crate::policy::text::Visible;

pub(super) fn say(state: &mut State, kind: NoticeKind, text: impl AsRef<str>) {
    state.screen.notice = Some(Notice { text: Visible::said(text.as_ref()).to_string(), kind });
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

/// For an action on the selected change where the view lists none.
pub(super) fn say_nothing_selected(state: &mut State) {
    say(state, NoticeKind::Bad, "nothing is selected here");
}
