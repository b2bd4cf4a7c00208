//! The person's reply to a window that asks: words to type first, then a text, and Enter or Esc.

use tui_input::Input;

use super::WindowState;
use super::line::edit;
use crate::app::KeyPress;

/// A reply being typed.
#[derive(Clone, Debug)]
pub struct TypedReply {
    /// The word or text being typed.
    pub input: Input,
    /// Words still to be typed, one after the other, before the text.
    pub to_type: Vec<&'static str>,
    /// Words already typed.
    pub typed: Vec<String>,
    /// The error of the last Enter.
    pub complaint: Option<String>,
    takes_text: bool,
}

/// The effect of a key on a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) enum Pressed {
    /// The reply continues: a character was typed, a word was accepted, or Enter was refused with a complaint.
    Edited,
    /// Enter, with the text; all words were typed.
    Entered(String),
    /// Esc.
    Cancelled,
    /// The key has no meaning in a reply.
    NotMine,
}

impl TypedReply {
    /// Returns an empty reply: a text, after some words.
    pub(in crate::app) fn new(to_type: Vec<&'static str>) -> Self {
        Self { input: Input::default(), to_type, typed: Vec::new(), complaint: None, takes_text: true }
    }

    /// Returns a reply of Enter or Esc only.
    pub(in crate::app) fn yes_or_no() -> Self {
        Self { takes_text: false, ..Self::new(Vec::new()) }
    }

    /// Returns the input line; `None` if the reply takes no text.
    pub(in crate::app) fn line(&mut self) -> Option<&mut Input> {
        self.takes_text.then_some(&mut self.input)
    }

    /// Handles a key in the window.
    pub(in crate::app) fn key(&mut self, key: KeyPress, window: &mut WindowState) -> Pressed {
        match key {
            KeyPress::Esc => return Pressed::Cancelled,
            KeyPress::Enter => {}
            _ => {
                self.complaint = None;
                let is_mine = self.line().is_some_and(|input| edit(input, key));
                return if is_mine { Pressed::Edited } else { Pressed::NotMine };
            }
        }
        let text = self.input.value().trim();
        match self.to_type.first() {
            None => return Pressed::Entered(text.to_owned()),
            Some(word) if text == *word => {
                self.typed.push(self.to_type.remove(0).to_owned());
                self.input.reset();
                self.complaint = None;
                // The next question is a new one.
                window.ask_again();
            }
            Some(word) => self.complaint = Some(format!("type `{word}`, or Esc")),
        }
        Pressed::Edited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(reply: &mut TypedReply, keys: &str) -> Pressed {
        let mut window = WindowState::default();
        let last = keys.chars().map(|c| match c {
            '\n' => reply.key(KeyPress::Enter, &mut window),
            c => reply.key(KeyPress::Char(c), &mut window),
        });
        last.last().unwrap_or(Pressed::NotMine)
    }

    #[test]
    fn a_text_is_entered_after_all_words() {
        let mut reply = TypedReply::new(vec!["network", "secrets"]);
        assert_eq!(press(&mut reply, "net\n"), Pressed::Edited);
        assert_eq!(reply.complaint.as_deref(), Some("type `network`, or Esc"));
        assert_eq!(press(&mut reply, "work"), Pressed::Edited);
        assert_eq!(reply.complaint, None);
        assert_eq!(press(&mut reply, " \nsecrets\n fine \n"), Pressed::Entered("fine".to_owned()));
        assert_eq!(reply.typed, ["network", "secrets"]);
    }

    #[test]
    fn an_accepted_word_asks_again() {
        let (mut reply, mut window) = (TypedReply::new(vec!["x"]), WindowState::default());
        let before = window.number();
        reply.key(KeyPress::Char('x'), &mut window);
        assert_eq!(window.number(), before);
        reply.key(KeyPress::Enter, &mut window);
        assert_eq!(window.number(), before + 1);
    }

    #[test]
    fn a_question_without_text_takes_enter_and_esc_only() {
        let mut reply = TypedReply::yes_or_no();
        assert_eq!(press(&mut reply, "a"), Pressed::NotMine);
        assert_eq!(press(&mut reply, "\n"), Pressed::Entered(String::new()));
        assert_eq!(reply.key(KeyPress::Esc, &mut WindowState::default()), Pressed::Cancelled);
        assert!(reply.line().is_none());
    }
}
