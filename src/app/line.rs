//! The line that is being typed in a prompt.

use tui_input::{Input, InputRequest};

use super::keymap::Key;

/// Longest text that can be typed, in characters.
const LONGEST_REASON: usize = 500;

/// Edits the line by one key, as a shell does. Keys that mean nothing in a line are ignored.
pub(super) fn type_key(input: &mut Input, key: Key) {
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
