//! Opens windows, and watches the subject of the open one.

use std::sync::Arc;

use super::subject::{JudgedChange, WindowSubject};
use crate::app::assessments::is_current;
use crate::app::{AnswerKind, Modal, PolicyLine, State, Steer};
use crate::model::Gate;
use crate::policy::text::Visible;

impl State {
    /// Opens a window. It receives keys once it is on the screen.
    pub(in crate::app) fn open(&mut self, modal: Modal) {
        self.window.drawn = self.window.drawn.opened(about(self, &modal));
        self.window.modal = Some(modal);
    }

    /// Opens a window that the person did not ask for.
    pub(in crate::app) fn open_by_itself(&mut self, modal: Modal) {
        self.open(modal);
        self.window.drawn.opened_by_itself();
    }
}

/// Records changes to the subject of the open window.
pub(in crate::app) fn check_subject(state: &mut State) {
    let Some(modal) = state.window.modal.as_ref().filter(|_| state.window.drawn.watches()) else { return };
    if let Some(now) = about(state, modal) {
        state.window.drawn.follow(&now);
    }
}

/// Returns the current subject of a window; `None` if nothing can invalidate it.
fn about(state: &State, modal: &Modal) -> Option<WindowSubject> {
    let (snapshot, policy) = match &state.live.pending_view {
        Some(held) => (&held.snapshot, &held.policy),
        None => (&state.snapshot, &state.policy),
    };
    Some(match modal {
        Modal::Confirm(confirm) => {
            let candidate = confirm.candidate()?;
            let change = JudgedChange::of(snapshot, &candidate.experiment);
            let at_run_gate = confirm.assessment.gate == Gate::Run;
            WindowSubject::Change(Box::new(JudgedChange {
                is_current: confirm.is_revert() || is_current(snapshot, &confirm.assessment),
                tip: if at_run_gate { snapshot.reference } else { snapshot.tip() },
                policy: Some(Arc::clone(policy)),
                ..change
            }))
        }
        Modal::Answer(prompt) => {
            let tip = snapshot.tip().filter(|_| prompt.kind == AnswerKind::Remeasure);
            WindowSubject::Change(Box::new(JudgedChange { tip, ..JudgedChange::of(snapshot, &prompt.experiment) }))
        }
        Modal::Comment(prompt) => {
            let change = JudgedChange::of(snapshot, &prompt.experiment);
            // The comment belongs to a line of the shown change.
            let is_there = change.is_there && state.shown_id().as_ref() == Some(&prompt.experiment);
            WindowSubject::Change(Box::new(JudgedChange { is_there, ..change }))
        }
        Modal::Diverged(_) => WindowSubject::Branch(snapshot.approved.tip, snapshot.approved.diverged),
        Modal::Steer(prompt) if prompt.steer == Steer::StopTrial => {
            WindowSubject::Trial(snapshot.running_name().map(|name| Visible::line(&name).to_string()))
        }
        Modal::Steer(_) => WindowSubject::Mailbox(snapshot.mailbox.is_there, snapshot.mailbox.paused),
        Modal::Policy(prompt) => match &prompt.line {
            PolicyLine::Direction(..) => {
                WindowSubject::Objective(snapshot.objective.as_ref().map(|objective| objective.metric.to_string()))
            }
            PolicyLine::Table(_) => return None,
        },
        _ => return None,
    })
}
