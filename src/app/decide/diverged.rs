//! A branch that somebody moved: looking at it, and adopting or restoring it.

use tui_input::Input;

use crate::app::notice::say;
use crate::app::prompt::line::type_key;
use crate::app::{Effect, KeyPress, Modal, NoticeKind, State, Waiting};
use crate::model::{Command, Diverged, Remedy, SettleDiverged};

/// What somebody did to the branch, and what the person is about to do.
#[derive(Clone, Debug)]
pub struct DivergedPrompt {
    /// What was found.
    pub diverged: Diverged,
    /// What Enter does.
    pub remedy: Remedy,
    /// Words of critical findings that are still to be typed.
    pub to_type: Vec<&'static str>,
    /// Words that were typed.
    pub typed: Vec<String>,
    /// The word or the reason being typed.
    pub input: Input,
    /// What was wrong with the last Enter.
    pub complaint: Option<String>,
}

impl DivergedPrompt {
    fn new(diverged: Diverged) -> Self {
        Self {
            diverged,
            remedy: Remedy::Restore,
            to_type: Vec::new(),
            typed: Vec::new(),
            input: Input::default(),
            complaint: None,
        }
    }

    /// The other remedy, where there is one.
    fn turn(&mut self) {
        self.complaint = None;
        self.typed.clear();
        self.input.reset();
        self.remedy = match self.remedy {
            Remedy::Restore if self.diverged.is_adoptable => Remedy::Adopt,
            Remedy::Restore => {
                self.complaint = Some("it leaves out what was approved: it can only be restored".to_owned());
                Remedy::Restore
            }
            Remedy::Adopt => Remedy::Restore,
        };
        self.to_type = if self.remedy == Remedy::Adopt { self.diverged.words() } else { Vec::new() };
    }
}

/// Asks the desk what somebody did to the branch.
pub(in crate::app) fn look(state: &mut State, effects: &mut Vec<Effect>) {
    if state.snapshot.approved.diverged {
        state.open(Modal::Waiting(Waiting::Branch));
        effects.push(Effect::Decide(Command::FindDiverged));
    } else if let Some(trouble) = &state.snapshot.approved.trouble {
        say(state, NoticeKind::Bad, trouble.clone());
    } else {
        say(state, NoticeKind::Good, "the approved branch is where the last decision left it");
    }
}

/// The desk's answer.
pub(in crate::app) fn found(state: &mut State, found: Result<Option<Box<Diverged>>, String>) {
    // Who closed the window wants no other one.
    if !matches!(state.window.modal, Some(Modal::Waiting(Waiting::Branch))) {
        return;
    }
    state.window.modal = None;
    match found {
        Ok(Some(diverged)) => state.open(Modal::Diverged(Box::new(DivergedPrompt::new(*diverged)))),
        Ok(None) => say(state, NoticeKind::Good, "the approved branch is where the last decision left it"),
        Err(why) => say(state, NoticeKind::Bad, why),
    }
}

pub(in crate::app) fn key_in_diverged(
    state: &mut State,
    mut prompt: DivergedPrompt,
    key: KeyPress,
    effects: &mut Vec<Effect>,
) -> Option<Modal> {
    match key {
        KeyPress::Esc => {
            say(state, NoticeKind::Good, "nothing was decided");
            return None;
        }
        KeyPress::Tab => {
            prompt.turn();
            state.window.drawn.ask_anew();
        }
        KeyPress::Enter => match prompt.to_type.first().copied() {
            Some(word) if prompt.input.value().trim() == word => {
                prompt.typed.push(word.to_owned());
                prompt.to_type.remove(0);
                prompt.input.reset();
                state.window.drawn.ask_anew();
            }
            Some(word) => prompt.complaint = Some(format!("type `{word}`, or Esc")),
            None => {
                let reason = prompt.input.value().trim().to_owned();
                say(state, NoticeKind::Good, "writing to disk …");
                let settle =
                    SettleDiverged { shown: prompt.diverged, remedy: prompt.remedy, reason, typed: prompt.typed };
                effects.push(Effect::Decide(Command::SettleForeign(Box::new(settle))));
                return None;
            }
        },
        _ => {
            type_key(&mut prompt.input, key);
            prompt.complaint = None;
        }
    }
    Some(Modal::Diverged(Box::new(prompt)))
}

/// A decision that was interrupted is ended while the screen is open, too: asked for once, and again
/// when the person wants to decide.
pub(in crate::app) fn end_interrupted(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.snapshot.approved.interrupted {
        state.decisions.ending = false;
    } else if !std::mem::replace(&mut state.decisions.ending, true) {
        effects.push(Effect::Decide(Command::Recover));
    }
}
