//! Converts terminal input to application events.

use crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use crate::app::{Event, KeyPress, Mouse};

/// Returns the events of an input; none for inputs without a meaning here.
///
/// A terminal sends Alt with a key as Esc and the key. So do tmux and slow links with an Esc that is followed by another
/// key within half a second: the person closed a window, and an Enter after that must not confirm it. Alt has no meaning
/// here, so it is always read as the two keys.
pub(crate) fn events_of(input: Input) -> impl Iterator<Item = Event> {
    let (first, second) = match input {
        Input::Key(key) if is_escaped(&key) => {
            let plain = KeyEvent { modifiers: key.modifiers.difference(KeyModifiers::ALT), ..key };
            (Some(Event::Key(KeyPress::Esc)), event_of(Input::Key(plain)))
        }
        input => (event_of(input), None),
    };
    first.into_iter().chain(second)
}

/// True for a key that arrived as Esc and one more byte. Arrows and similar keys have sequences of their own for Alt.
fn is_escaped(key: &KeyEvent) -> bool {
    let is_one_byte = matches!(
        key.code,
        KeyCode::Char(_) | KeyCode::Enter | KeyCode::Tab | KeyCode::BackTab | KeyCode::Backspace | KeyCode::Esc
    );
    key.kind != KeyEventKind::Release && is_one_byte && key.modifiers.contains(KeyModifiers::ALT)
}

fn event_of(input: Input) -> Option<Event> {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => key_of(key).map(Event::Key),
        Input::Resize(width, height) => Some(Event::Resize(width, height)),
        Input::FocusGained => Some(Event::Focus(true)),
        Input::FocusLost => Some(Event::Focus(false)),
        Input::Paste(text) => Some(Event::Paste(text)),
        Input::Mouse(mouse) => mouse_of(mouse).map(Event::Mouse),
        Input::Key(_) => None,
    }
}

fn mouse_of(mouse: MouseEvent) -> Option<Mouse> {
    let (x, y) = (mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Mouse::Click(x, y)),
        MouseEventKind::ScrollDown => Some(Mouse::Wheel(x, y, true)),
        MouseEventKind::ScrollUp => Some(Mouse::Wheel(x, y, false)),
        _ => None,
    }
}

fn key_of(key: KeyEvent) -> Option<KeyPress> {
    Some(match key.code {
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => KeyPress::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(c) => KeyPress::Char(c),
        KeyCode::Enter => KeyPress::Enter,
        KeyCode::Esc => KeyPress::Esc,
        KeyCode::Tab => KeyPress::Tab,
        KeyCode::Backspace => KeyPress::Backspace,
        KeyCode::Delete => KeyPress::Delete,
        KeyCode::Up => KeyPress::Up,
        KeyCode::Down => KeyPress::Down,
        KeyCode::Left => KeyPress::Left,
        KeyCode::Right => KeyPress::Right,
        KeyCode::PageUp => KeyPress::PageUp,
        KeyCode::PageDown => KeyPress::PageDown,
        KeyCode::Home => KeyPress::Home,
        KeyCode::End => KeyPress::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(code: KeyCode, modifiers: KeyModifiers) -> Vec<KeyPress> {
        let key_press = |event: Event| match event {
            Event::Key(key) => Some(key),
            _ => None,
        };
        events_of(Input::Key(KeyEvent::new(code, modifiers))).filter_map(key_press).collect()
    }

    #[test]
    fn escape_and_a_key_in_one_read_are_two_keys() {
        let esc_and = |key: KeyPress| vec![KeyPress::Esc, key];
        assert_eq!(keys(KeyCode::Enter, KeyModifiers::ALT), esc_and(KeyPress::Enter));
        assert_eq!(keys(KeyCode::Char('j'), KeyModifiers::ALT), esc_and(KeyPress::Char('j')));
        let both = KeyModifiers::ALT | KeyModifiers::CONTROL;
        assert_eq!(keys(KeyCode::Char('c'), both), esc_and(KeyPress::Ctrl('c')));
        assert_eq!(keys(KeyCode::Esc, KeyModifiers::ALT), esc_and(KeyPress::Esc));
        assert_eq!(keys(KeyCode::Up, KeyModifiers::ALT), [KeyPress::Up]);
        assert_eq!(keys(KeyCode::Enter, KeyModifiers::NONE), [KeyPress::Enter]);
    }
}
