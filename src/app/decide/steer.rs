//! Steering the loop without stopping it: a note to the agent, holding it up, ending a trial. And taking
//! in what its agent proposes.

use tui_input::Input;

use crate::app::notice::say;
use crate::app::prompt::line::type_key;
use crate::app::{Effect, KeyPress, Modal, NoticeKind, State};
use crate::instrument::spent_by;
use crate::model::Command;
use crate::model::TakenIn;

/// Refusals that can be read again.
const MOST_REFUSED: usize = 100;

/// What is about to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steer {
    /// A note goes to the agent.
    Note,
    /// The loop is held up.
    Hold,
    /// It goes on.
    Resume,
    /// The trial that runs is ended.
    StopTrial,
}

/// What was said of taking in what lies at the agent's door.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct IntakeNotice {
    /// Why the policy's key could not sign, as it was said.
    unsigned: Option<String>,
    /// What could not be taken in, and why: it is tried again and again, and told once.
    trouble: Option<String>,
}

/// A line that steers, being typed.
#[derive(Clone, Debug)]
pub struct SteerPrompt {
    /// What Enter does.
    pub steer: Steer,
    /// The note, or the reason.
    pub input: Input,
    /// What was wrong with the last Enter.
    pub complaint: Option<String>,
}

/// Opens the window of a steering action, where it can do something.
pub(in crate::app) fn open(state: &mut State, steer: Steer) {
    let mailbox = &state.snapshot.mailbox;
    let steer = match steer {
        Steer::Hold if mailbox.paused => Steer::Resume,
        other => other,
    };
    let why_not = match steer {
        Steer::StopTrial if state.snapshot.running.is_none() => Some("no trial runs"),
        Steer::StopTrial if state.policy.stop_trial.is_none() => {
            Some("the policy does not say how a trial is ended: stop_trial")
        }
        Steer::StopTrial => None,
        _ if !mailbox.is_there => Some("nobody listens: this loop has no door (countersign init makes one)"),
        _ => None,
    };
    match why_not {
        Some(why) => say(state, NoticeKind::Bad, why),
        None => {
            let prompt = SteerPrompt { steer, input: Input::default(), complaint: None };
            state.open(Modal::Steer(Box::new(prompt)));
        }
    }
}

pub(in crate::app) fn key_in_steer(
    state: &mut State,
    mut prompt: SteerPrompt,
    key: KeyPress,
    effects: &mut Vec<Effect>,
) -> Option<Modal> {
    match key {
        KeyPress::Esc => return None,
        KeyPress::Enter => {
            let text = prompt.input.value().trim().to_owned();
            if prompt.steer == Steer::Note && text.is_empty() {
                prompt.complaint = Some("type the note".to_owned());
                return Some(Modal::Steer(Box::new(prompt)));
            }
            effects.push(match prompt.steer {
                Steer::Note => Effect::Decide(Command::Tell(text)),
                Steer::Hold => Effect::Decide(Command::Hold { reason: text }),
                Steer::Resume => Effect::Decide(Command::Resume {
                    reason: text,
                    spent: spent_by(state.newest(), &state.policy.budget),
                }),
                Steer::StopTrial => Effect::Decide(Command::StopTrial),
            });
            return None;
        }
        _ => {
            type_key(&mut prompt.input, key);
            prompt.complaint = None;
        }
    }
    Some(Modal::Steer(Box::new(prompt)))
}

/// The desk took in what it could.
pub(in crate::app) fn taken_in(state: &mut State, result: Result<TakenIn, String>) {
    let trouble = match result {
        Ok(told) => {
            if let Some((name, why)) = told.refused.last() {
                let many = match told.refused.len() {
                    1 => "a proposal was".to_owned(),
                    count => format!("{count} proposals were"),
                };
                say(state, NoticeKind::Bad, format!("{many} refused: {name}: {why}"));
            }
            if told.unsigned != state.decisions.intake.unsigned {
                if let Some(why) = &told.unsigned {
                    say(
                        state,
                        NoticeKind::Bad,
                        format!("the gate asks you, because its answer cannot be signed: {why}"),
                    );
                }
                state.decisions.intake.unsigned.clone_from(&told.unsigned);
            }
            state.decisions.refused.extend(told.refused);
            let too_many = state.decisions.refused.len().saturating_sub(MOST_REFUSED);
            state.decisions.refused.drain(..too_many);
            match told.left.last() {
                Some((name, why)) if told.stuck > 1 => Some(format!("{} of them, {name}: {why}", told.stuck)),
                Some((name, why)) => Some(format!("{name}: {why}")),
                // It still lies there, and was said.
                None => state.decisions.intake.trouble.clone().filter(|_| told.stuck > 0),
            }
        }
        Err(why) => Some(why),
    };
    if trouble != state.decisions.intake.trouble
        && let Some(why) = &trouble
    {
        say(state, NoticeKind::Bad, format!("proposals could not be taken in: {why}"));
    }
    state.decisions.intake.trouble = trouble;
}
