//! A diverged approved branch: inspecting, adopting or restoring it.

use tui_input::Input;

use crate::app::notice::say;
use crate::app::prompt::line::type_key;
use crate::app::{Effect, KeyPress, Modal, NoticeKind, State, Waiting};
use crate::model::Failure;
use crate::model::{Command, Diverged, Remedy, SettleDiverged};

/// A diverged branch, and the remedy the person chooses.
#[derive(Clone, Debug)]
pub struct DivergedPrompt {
    /// The divergence.
    pub diverged: Diverged,
    /// The remedy that Enter applies.
    pub remedy: Remedy,
    /// Words of critical findings still to be typed.
    pub to_type: Vec<&'static str>,
    /// Words already typed.
    pub typed: Vec<String>,
    /// The word or reason being typed.
    pub input: Input,
    /// The error of the last Enter.
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

    /// Switches to the other remedy, if there is one.
    fn toggle_remedy(&mut self) {
        self.complaint = None;
        self.typed.clear();
        self.input.reset();
        self.remedy = match self.remedy {
            Remedy::Restore if self.diverged.is_adoptable => Remedy::Adopt,
            Remedy::Restore => {
                self.complaint = Some("it drops approved commits; it can only be restored".to_owned());
                Remedy::Restore
            }
            Remedy::Adopt => Remedy::Restore,
        };
        self.to_type = if self.remedy == Remedy::Adopt { self.diverged.words() } else { Vec::new() };
    }
}

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
    match key {
        KeyPress::Esc => {
            say(state, NoticeKind::Good, "nothing was decided");
            return None;
        }
        KeyPress::Tab => {
            prompt.toggle_remedy();
            state.window.drawn.ask_again();
        }
        KeyPress::Enter => match prompt.to_type.first().copied() {
            Some(word) if prompt.input.value().trim() == word => {
                prompt.typed.push(word.to_owned());
                prompt.to_type.remove(0);
                prompt.input.reset();
                state.window.drawn.ask_again();
            }
            Some(word) => prompt.complaint = Some(format!("type `{word}`, or Esc")),
            None => {
                let reason = prompt.input.value().trim().to_owned();
                say(state, NoticeKind::Good, "writing to disk …");
                let settle =
                    SettleDiverged { shown: prompt.diverged, remedy: prompt.remedy, reason, typed: prompt.typed };
                effects.push(Effect::Decide(Command::SettleDiverged(Box::new(settle))));
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

/// Finishes an interrupted decision while the screen is open: requested once, and again when the person wants to
/// decide.
pub(in crate::app) fn end_interrupted(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.snapshot.approved.interrupted {
        state.decisions.ending = false;
    } else if !std::mem::replace(&mut state.decisions.ending, true) {
        effects.push(Effect::Decide(Command::Recover));
    }
}
