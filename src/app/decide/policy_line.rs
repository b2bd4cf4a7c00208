//! Lines of the person's policy. They affect all later findings, so each is confirmed like a decision.

use crate::app::{Effect, KeyPress, Modal, PolicyLine, PolicyPrompt, State};
use crate::model::Command;

/// Asks for confirmation before the line is written.
pub(in crate::app) fn open(state: &mut State, line: PolicyLine) {
    state.open(Modal::Policy(Box::new(PolicyPrompt { line })));
}

pub(in crate::app) fn key_in_policy(prompt: PolicyPrompt, key: KeyPress, effects: &mut Vec<Effect>) -> Option<Modal> {
    match key {
        KeyPress::Esc => None,
        KeyPress::Enter => {
            effects.push(match prompt.line {
                PolicyLine::Direction(metric, goal) => Effect::Decide(Command::PickDirection(metric, goal)),
                PolicyLine::Table(path) => Effect::Decide(Command::PickTable(path)),
            });
            None
        }
        _ => Some(Modal::Policy(Box::new(prompt))),
    }
}
