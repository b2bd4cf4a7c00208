//! Steering the loop without stopping it: leaving a note, pausing it, stopping a trial. And reporting how the intake of
//! proposals went.

use crate::app::notice::say;
use crate::app::prompt::Pressed;
use crate::app::{Effect, KeyPress, Modal, NoticeKind, State, Steer, SteerPrompt, TypedReply};
use crate::instrument::spent_by;
use crate::model::Command;
use crate::model::Failure;
use crate::model::IntakeReport;

/// Maximum number of refusals that are kept.
const MOST_REFUSED: usize = 100;

/// Opens the window of a steering action if the action is possible.
pub(in crate::app) fn open(state: &mut State, steer: Steer) {
    let mailbox = &state.snapshot.mailbox;
    let steer = match steer {
        Steer::Pause if mailbox.paused => Steer::Resume,
        other => other,
    };
    let why_not = match steer {
        Steer::StopTrial if state.snapshot.running.is_none() => Some(Command::NO_TRIAL),
        Steer::StopTrial if state.policy.stop_trial.is_none() => Some(Command::NO_STOP),
        Steer::StopTrial => None,
        Steer::Note | Steer::Pause if !mailbox.is_there => Some(Command::NO_MAILBOX),
        _ => None,
    };
    match why_not {
        Some(why) => say(state, NoticeKind::Bad, why),
        None => {
            let reply = if steer == Steer::StopTrial { TypedReply::yes_or_no() } else { TypedReply::new(Vec::new()) };
            state.open(Modal::Steer(Box::new(SteerPrompt { steer, reply })));
        }
    }
}

pub(in crate::app) fn key_in_steer(
    state: &mut State,
    mut prompt: SteerPrompt,
    key: KeyPress,
    effects: &mut Vec<Effect>,
) -> Option<Modal> {
    match prompt.reply.key(key, &mut state.window.drawn) {
        Pressed::Cancelled => return None,
        Pressed::Entered(text) if prompt.steer == Steer::Note && text.is_empty() => {
            prompt.reply.complaint = Some("type the note".to_owned());
        }
        Pressed::Entered(text) => {
            effects.push(match prompt.steer {
                Steer::Note => Effect::Decide(Command::Note(text)),
                Steer::Pause => Effect::Decide(Command::Pause { reason: text }),
                Steer::Resume => Effect::Decide(Command::Resume {
                    reason: text,
                    spent: spent_by(state.newest(), &state.policy.budget),
                }),
                Steer::StopTrial => Effect::Decide(Command::StopTrial),
            });
            return None;
        }
        Pressed::Edited | Pressed::NotMine => {}
    }
    Some(Modal::Steer(Box::new(prompt)))
}

/// Reports the outcome of an intake of proposals.
pub(in crate::app) fn collected(state: &mut State, result: Result<IntakeReport, Failure>) {
    let trouble = match result {
        Ok(intake) => {
            if let Some((name, why)) = intake.refused.last() {
                let many = match intake.refused.len() {
                    1 => "a proposal was".to_owned(),
                    count => format!("{count} proposals were"),
                };
                say(state, NoticeKind::Bad, format!("{many} rejected: {name}: {why}"));
            }
            if intake.unsigned != state.decisions.intake.unsigned {
                if let Some(why) = &intake.unsigned {
                    say(state, NoticeKind::Bad, IntakeReport::unsigned_text(why));
                }
                state.decisions.intake.unsigned.clone_from(&intake.unsigned);
            }
            state.decisions.refused.extend(intake.refused);
            let too_many = state.decisions.refused.len().saturating_sub(MOST_REFUSED);
            state.decisions.refused.drain(..too_many);
            match intake.left.last() {
                Some((name, why)) if intake.stuck > 1 => Some(format!("{} of them, {name}: {why}", intake.stuck)),
                Some((name, why)) => Some(format!("{name}: {why}")),
                // It is still there, and was reported already.
                None => state.decisions.intake.trouble.clone().filter(|_| intake.stuck > 0),
            }
        }
        Err(why) => Some(why.to_string()),
    };
    if trouble != state.decisions.intake.trouble
        && let Some(why) = &trouble
    {
        say(state, NoticeKind::Bad, format!("proposals could not be read: {why}"));
    }
    state.decisions.intake.trouble = trouble;
}
