//! The input line of a prompt.

use tui_input::{Input, InputRequest};

use crate::app::keymap::KeyPress;

/// Maximum length of the text, in characters.
const LONGEST_REASON: usize = 500;

/// Edits the line by one key, as a shell does. Other keys are ignored.
pub(in crate::app) fn type_key(input: &mut Input, key: KeyPress) {
    edit(input, key);
}

/// Edits the line by one key; false if the key does not edit lines.
pub(super) fn edit(input: &mut Input, key: KeyPress) -> bool {
    let request = match key {
        KeyPress::Char(_) if input.value().chars().count() >= LONGEST_REASON => return true,
        KeyPress::Char(c) => InputRequest::InsertChar(c),
        KeyPress::Backspace => InputRequest::DeletePrevChar,
        KeyPress::Delete => InputRequest::DeleteNextChar,
        KeyPress::Left => InputRequest::GoToPrevChar,
        KeyPress::Right => InputRequest::GoToNextChar,
        KeyPress::Home | KeyPress::Ctrl('a') => InputRequest::GoToStart,
        KeyPress::End | KeyPress::Ctrl('e') => InputRequest::GoToEnd,
        KeyPress::Ctrl('w') => InputRequest::DeletePrevWord,
        KeyPress::Ctrl('u') => InputRequest::DeleteLine,
        _ => return false,
    };
    input.handle(request);
    true
}
