//! A diverged approved branch: inspecting, adopting or restoring it.

use crate::app::notice::say;
use crate::app::prompt::Pressed;
use crate::app::{DivergedPrompt, Effect, KeyPress, Modal, NoticeKind, State, Waiting};
use crate::model::Failure;
use crate::model::{Command, Diverged, SettleDiverged};

/// Requests how the branch diverged.
pub(in crate::app) fn inspect_branch(state: &mut State, effects: &mut Vec<Effect>) {
    if state.snapshot.approved.diverged {
        state.open(Modal::Waiting(Waiting::Branch));
        effects.push(Effect::Decide(Command::FindDiverged));
    } else if let Some(trouble) = &state.snapshot.approved.trouble {
        say(state, NoticeKind::Bad, trouble.clone());
    } else {
        say(state, NoticeKind::Good, Diverged::NONE);
    }
}

/// Shows how the branch diverged.
pub(in crate::app) fn found(state: &mut State, found: Result<Option<Box<Diverged>>, Failure>) {
    // If the person closed the window, it stays closed.
    if !matches!(state.window.modal, Some(Modal::Waiting(Waiting::Branch))) {
        return;
    }
    state.window.modal = None;
    match found {
        Ok(Some(diverged)) => state.open(Modal::Diverged(Box::new(DivergedPrompt::new(*diverged)))),
        Ok(None) => say(state, NoticeKind::Good, Diverged::NONE),
        Err(why) => say(state, NoticeKind::Bad, why),
    }
}

pub(in crate::app) fn key_in_diverged(
    state: &mut State,
    mut prompt: DivergedPrompt,
    key: KeyPress,
    effects: &mut Vec<Effect>,
) -> Option<Modal> {
    match prompt.reply.key(key, &mut state.window.drawn) {
        Pressed::Cancelled => {
            say(state, NoticeKind::Good, "nothing was decided");
            return None;
        }
        Pressed::Entered(reason) => {
            say(state, NoticeKind::Good, "writing to disk …");
            let DivergedPrompt { diverged: shown, remedy, reply } = prompt;
            let settle = SettleDiverged { shown, remedy, reason, typed: reply.typed };
            effects.push(Effect::Decide(Command::SettleDiverged(Box::new(settle))));
            return None;
        }
        Pressed::NotMine if key == KeyPress::Tab => {
            prompt.toggle_remedy();
            state.window.drawn.ask_again();
        }
        Pressed::Edited | Pressed::NotMine => {}
    }
    Some(Modal::Diverged(Box::new(prompt)))
}

/// Finishes an interrupted decision while the screen is open: requested once, and again when the person wants to
/// decide.
pub(in crate::app) fn end_interrupted(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.snapshot.approved.interrupted {
        state.decisions.ending = false;
    } else if !std::mem::replace(&mut state.decisions.ending, true) {
        effects.push(Effect::Decide(Command::Recover));
    }
}
