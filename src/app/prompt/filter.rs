//! The prompt for a regular expression that filters metrics.

use tui_input::Input;

use super::line::type_key;
use crate::app::keymap::KeyPress;
use crate::app::notice::say;
use crate::app::{Filter, Modal, NoticeKind, State};

pub(in crate::app) fn key_in_filter(
    state: &mut State,
    mut input: Input,
    before: Option<Filter>,
    key: KeyPress,
) -> Option<Modal> {
    match key {
        KeyPress::Esc => {
            state.curves.plot.filter = before;
            return None;
        }
        KeyPress::Enter => {
            if let Err(why) = Filter::parse(input.value()) {
                say(state, NoticeKind::Bad, format!("not a regular expression: {why}"));
                state.curves.plot.filter = before;
            }
            return None;
        }
        _ => type_key(&mut input, key),
    }
    // An incomplete expression changes nothing.
    if let Ok(filter) = Filter::parse(input.value()) {
        state.curves.plot.filter = filter;
    }
    Some(Modal::Filter(input, before))
}
