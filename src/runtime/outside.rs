//! The one interpreter of effects.

use std::collections::VecDeque;

use crate::app::{Effect, Event, Shell, State, update};
use crate::decide::Intake;
use crate::model::Command;
use crate::query::Request;

/// Everything outside of the state: the query threads, the decide thread, the terminal, the disk. Each method returns
/// the events that are known at once; the rest arrive later.
pub trait Outside {
    /// Answers a request, or hands it to a thread that does.
    fn ask(&mut self, request: Request, state: &State) -> Vec<Event>;
    /// Carries out a command, or hands it to a thread that does.
    fn decide(&mut self, command: Command, state: &State) -> Vec<Event>;
    /// Acts on the terminal or on the person's own files.
    fn shell(&mut self, shell: Shell, state: &State) -> Vec<Event>;
}

/// Applies an event to the state and carries out its effects, and repeats this with the events that they return, until
/// none is left. Proposals are collected when `intake` has one due; without an intake they are ignored.
pub fn apply(state: &mut State, mut intake: Option<&mut Intake>, outside: &mut impl Outside, event: Event) {
    let mut events = VecDeque::from([event]);
    while !events.is_empty() {
        let mut may_be_due = false;
        while let Some(event) = events.pop_front() {
            match &event {
                Event::ProposalsCollected(result) => {
                    if let Some(intake) = &mut intake {
                        intake.finished(result);
                    }
                    may_be_due |= result.as_ref().is_ok_and(|taken| taken.more);
                }
                Event::Observed(_) | Event::Tick(_) => may_be_due = true,
                Event::Key(_)
                | Event::Mouse(_)
                | Event::Paste(_)
                | Event::Focus(_)
                | Event::Resize(..)
                | Event::Answered(_)
                | Event::Decided(_)
                | Event::Asked(_)
                | Event::DivergedFound(_)
                | Event::Edited(..)
                | Event::Notice(..)
                | Event::PolicyWritten(_)
                | Event::Drawn(_)
                | Event::SeenUntil(_)
                | Event::Measured(_)
                | Event::Host(_) => {}
            }
            for effect in update(state, event) {
                events.extend(match effect {
                    Effect::Ask(request) => outside.ask(request, state),
                    Effect::Decide(command) => outside.decide(command, state),
                    Effect::Shell(shell) => outside.shell(shell, state),
                });
            }
        }
        if let Some(intake) = intake.as_mut().filter(|_| may_be_due) {
            for command in intake.due(state.newest(), &state.policy, state.now_ms) {
                events.extend(outside.decide(command, state));
            }
        }
    }
}
