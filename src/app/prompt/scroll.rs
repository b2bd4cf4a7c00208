//! The keys that scroll a text.

use crate::app::KeyPress;

/// Returns the new top row of a scrolled text; `None` closes it.
pub(super) fn scrolled(key: KeyPress, top: usize) -> Option<usize> {
    match key {
        KeyPress::Char('j') | KeyPress::Down => Some(top + 1),
        KeyPress::Char('k') | KeyPress::Up => Some(top.saturating_sub(1)),
        KeyPress::PageDown | KeyPress::Char(' ') | KeyPress::Ctrl('d') => Some(top + 10),
        KeyPress::PageUp | KeyPress::Ctrl('u') => Some(top.saturating_sub(10)),
        KeyPress::Char('g') | KeyPress::Home => Some(0),
        _ => None,
    }
}
