//! Lines of the person's policy. They affect all later findings, so each is confirmed like a decision.

use crate::app::prompt::Pressed;
use crate::app::{Effect, KeyPress, Modal, PolicyLine, PolicyPrompt, State, TypedReply};
use crate::model::Command;

/// Asks for confirmation before the line is written.
pub(in crate::app) fn open(state: &mut State, line: PolicyLine) {
    state.open(Modal::Policy(Box::new(PolicyPrompt { line, reply: TypedReply::yes_or_no() })));
}

pub(in crate::app) fn key_in_policy(
    state: &mut State,
    mut prompt: PolicyPrompt,
    key: KeyPress,
    effects: &mut Vec<Effect>,
) -> Option<Modal> {
    match prompt.reply.key(key, &mut state.window.drawn) {
        Pressed::Cancelled => None,
        Pressed::Entered(_) => {
            effects.push(match prompt.line {
                PolicyLine::Direction(metric, goal) => Effect::Decide(Command::PickDirection(metric, goal)),
                PolicyLine::Table(path) => Effect::Decide(Command::PickTable(path)),
            });
            None
        }
        Pressed::Edited | Pressed::NotMine => Some(Modal::Policy(Box::new(prompt))),
    }
}
