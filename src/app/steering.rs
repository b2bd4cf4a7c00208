//! Steering the loop without stopping it: a note to the agent, holding it up, ending a trial. And taking
//! in what its agent proposes.

use tui_input::Input;

use super::line::type_key;
use super::notice::say;
use super::{Effect, Key, Modal, NoticeKind, State};
use crate::instrument::spent_by;
use crate::model::Spent;
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

/// How far taking in what lies at the agent's door is.
#[derive(Clone, Debug, Default)]
pub(super) struct Taking {
    /// True while the desk is at it.
    under_way: bool,
    /// What lay there when the desk was asked last, and how often that had been seen.
    at: (usize, u64),
    /// Whether the agent had a door when it was told everything again last; `None` before that.
    had_door: Option<bool>,
    /// True while the loops are held up, as far as was seen.
    was_held: bool,
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
pub(super) fn open(state: &mut State, steer: Steer) {
    let door = &state.snapshot.door;
    let steer = match steer {
        Steer::Hold if door.paused => Steer::Resume,
        other => other,
    };
    let why_not = match steer {
        Steer::StopTrial if state.snapshot.running.is_none() => Some("no trial runs"),
        Steer::StopTrial if state.policy.stop_trial.is_none() => {
            Some("the policy does not say how a trial is ended: stop_trial")
        }
        Steer::StopTrial => None,
        _ if !door.is_there => Some("nobody listens: this loop has no door (countersign init makes one)"),
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

pub(super) fn key_in_steer(
    state: &mut State,
    mut prompt: SteerPrompt,
    key: Key,
    effects: &mut Vec<Effect>,
) -> Option<Modal> {
    match key {
        Key::Esc => return None,
        Key::Enter => {
            let text = prompt.input.value().trim().to_owned();
            if prompt.steer == Steer::Note && text.is_empty() {
                prompt.complaint = Some("type the note".to_owned());
                return Some(Modal::Steer(Box::new(prompt)));
            }
            effects.push(match prompt.steer {
                Steer::Note => Effect::Tell(text),
                Steer::Hold => Effect::Pause(true, text, Spent::default()),
                Steer::Resume => Effect::Pause(false, text, spent_by(state.newest(), &state.policy.budget)),
                Steer::StopTrial => Effect::StopTrial,
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

/// Has the desk take in what lies at the door: when something came, and again for what could not be
/// taken in. Also when something pending is over by the policy's time.
pub(super) fn take_in(state: &mut State, effects: &mut Vec<Effect>) {
    let snapshot = state.newest();
    if snapshot.format.is_some() && !snapshot.proposals.is_empty() {
        // At the start, and when somebody took the door away: once, also where that does not help.
        let is_there = snapshot.door.is_there;
        if state.taking.had_door.is_none_or(|had_door| had_door && !is_there) {
            effects.push(Effect::TellAgain);
        }
        state.taking.had_door = Some(is_there);
    }
    let snapshot = state.newest();
    let door = (snapshot.door.untaken, snapshot.door.looks);
    let is_over = state.policy.gates.expire_hours.is_some_and(|hours| {
        let latest = state.now_ms - (hours * 3_600_000.0) as i64;
        snapshot.proposals.iter().any(|one| one.taken_ms <= latest && snapshot.is_pending(&one.id))
    });
    let is_held = snapshot.door.paused;
    let goes_on = state.taking.was_held && !is_held;
    let is_new = door.0 > 0 && state.taking.at != door;
    if door.0 == 0 {
        // The next one that lies there is new, also where it looks like the last one.
        state.taking.at = door;
    }
    if state.taking.under_way {
        return;
    }
    state.taking.was_held = is_held;
    if !(is_new || is_over || goes_on) {
        return;
    }
    let spent = spent_by(state.newest(), &state.policy.budget);
    state.taking.under_way = true;
    state.taking.at = door;
    effects.push(Effect::TakeIn(spent));
}

/// The desk took in what it could.
pub(super) fn taken_in(state: &mut State, result: Result<TakenIn, String>) {
    state.taking.under_way = false;
    let trouble = match result {
        Ok(told) => {
            if told.more {
                // The rest is there already: it is not waited for.
                state.taking.at = (0, 0);
            }
            if let Some((name, why)) = told.refused.last() {
                let many = match told.refused.len() {
                    1 => "a proposal was".to_owned(),
                    count => format!("{count} proposals were"),
                };
                say(state, NoticeKind::Bad, format!("{many} refused: {name}: {why}"));
            }
            if told.unsigned != state.taking.unsigned {
                if let Some(why) = &told.unsigned {
                    say(
                        state,
                        NoticeKind::Bad,
                        format!("the gate asks you, because its answer cannot be signed: {why}"),
                    );
                }
                state.taking.unsigned.clone_from(&told.unsigned);
            }
            state.refused.extend(told.refused);
            let too_many = state.refused.len().saturating_sub(MOST_REFUSED);
            state.refused.drain(..too_many);
            match told.left.last() {
                Some((name, why)) if told.stuck > 1 => Some(format!("{} of them, {name}: {why}", told.stuck)),
                Some((name, why)) => Some(format!("{name}: {why}")),
                // It still lies there, and was said.
                None => state.taking.trouble.clone().filter(|_| told.stuck > 0),
            }
        }
        Err(why) => Some(why),
    };
    if trouble != state.taking.trouble
        && let Some(why) = &trouble
    {
        say(state, NoticeKind::Bad, format!("proposals could not be taken in: {why}"));
    }
    state.taking.trouble = trouble;
}
