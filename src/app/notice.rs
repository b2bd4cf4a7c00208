//! What the footer says after a key: one line, which the next key takes away.

use crate::app::{Notice, NoticeKind, State};
use crate::policy::text::Visible;

pub(super) fn say(state: &mut State, kind: NoticeKind, text: impl AsRef<str>) {
    state.screen.notice = Some(Notice { text: Visible::said(text.as_ref()).to_string(), kind });
}

pub(super) fn tell(state: &mut State, result: Result<String, String>) {
    match result {
        Ok(text) => say(state, NoticeKind::Good, text),
        Err(text) => say(state, NoticeKind::Bad, text),
    }
}

pub(super) fn tell_if(state: &mut State, go: impl FnOnce(&mut State) -> Result<(), String>) {
    if let Err(why) = go(state) {
        say(state, NoticeKind::Bad, why);
    }
}
