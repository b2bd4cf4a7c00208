//! Decides when a window may receive keys: a window that decides must be on the screen first, and a change to its
//! subject is shown in it and disables Enter.

use std::sync::Arc;

use crate::app::assessments::is_current;
use crate::app::target::GRACE_MS;
use crate::app::{AnswerKind, KeyPress, Modal, PolicyLine, State, Steer};
use crate::model::{CommitId, ExperimentId, ProposalId, Snapshot};
use crate::policy::Policy;
use crate::policy::text::Visible;

/// Contents of one frame that the terminal received completely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The rows of the diff on the screen, from and to (exclusive); `None` without a diff.
    pub diff_rows: Option<(usize, usize)>,
    /// The number of the drawn window; `None` without one, and if the screen was too small for it.
    pub window: Option<u64>,
    /// True if the screen was too small for text that must be read before a decision.
    pub is_cut: bool,
}

/// State of the open window: whether it has been drawn and seen, and whether its subject changed.
#[derive(Clone, Debug, Default)]
pub struct WindowState {
    /// Number of the window, counted up whenever it asks for something else. A frame contains the number that it
    /// showed.
    number: u64,
    is_faced: bool,
    is_cut: bool,
    /// True if keys were pressed before the window was on the screen.
    is_early: bool,
    /// Set if the window opened by itself: for a moment, keys are still meant for what was there before.
    by_itself: Option<OpenSince>,
    about: Option<WindowSubject>,
    changed: Option<String>,
}

impl WindowState {
    /// Returns the number by which a frame identifies the window.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns what changed about the window's subject since it opened, as visible text; `None` if nothing did.
    pub fn changed(&self) -> Option<&str> {
        self.changed.as_deref()
    }

    /// Returns what the person must know before pressing Enter; `None` if Enter works.
    pub fn complaint(&self) -> Option<String> {
        if let Some(changed) = &self.changed {
            return Some(format!("{changed}; Enter is disabled, Esc closes this"));
        }
        let early = "keys pressed before this was on the screen were ignored";
        self.is_early.then(|| early.to_owned())
    }

    /// Records that the window asks for something else: that must be on the screen before a key answers it.
    pub(in crate::app) fn ask_again(&mut self) {
        self.number += 1;
        self.is_faced = false;
        self.is_early = false;
    }

    /// Records a change to the window's subject. The first one is kept.
    pub(in crate::app) fn change(&mut self, difference: impl Into<String>) {
        self.changed.get_or_insert_with(|| difference.into());
    }

    /// Handles a frame that was drawn completely.
    pub(in crate::app) fn drawn(&mut self, drawn: Drawn, now_ms: i64) {
        if self.by_itself == Some(OpenSince::NotYet) && drawn.window == Some(self.number) {
            self.by_itself = Some(OpenSince::Since(now_ms));
        }
        if drawn.window == Some(self.number) {
            self.is_cut = drawn.is_cut;
        }
        if self.is_cut || drawn.window != Some(self.number) {
            self.is_faced = false;
        }
    }

    /// Later keys were pressed after this frame was on the screen.
    pub(in crate::app) fn faced(&mut self, drawn: Drawn) {
        self.is_faced |= drawn.window == Some(self.number) && !self.is_cut;
    }

    /// Handles a resize: nothing counts as seen until it is drawn at the new size.
    pub(in crate::app) fn resized(&mut self) {
        self.is_faced = false;
    }
}

/// The time when a window that opened by itself appeared on the screen, in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenSince {
    NotYet,
    Since(i64),
}

/// The subject of a window, as far as a change to it would change the answer.
#[derive(Clone, Debug, PartialEq)]
enum WindowSubject {
    Change(Box<JudgedChange>),
    Branch(Option<CommitId>, bool),
    Trial(Option<String>),
    Mailbox(bool, bool),
    Objective(Option<String>),
}

/// A change, and everything that a decision about it depends on.
#[derive(Clone, Debug, PartialEq)]
struct JudgedChange {
    is_there: bool,
    head: Option<CommitId>,
    /// Record number and kind of the decision about it.
    decided: Option<(u64, &'static str)>,
    asked: Option<ProposalId>,
    /// False if the assessment is not about the current change.
    is_current: bool,
    /// `None` if the answer does not depend on the tip.
    tip: Option<CommitId>,
    policy: Option<Arc<Policy>>,
}

impl JudgedChange {
    fn of(snapshot: &Snapshot, id: &ExperimentId) -> Self {
        let index = snapshot.index_of(id);
        Self {
            is_there: index.is_some(),
            head: index.and_then(|index| snapshot.experiments[index].head()),
            decided: snapshot.decision(id).map(|decision| (decision.seq, decision.kind.word())),
            asked: snapshot.pending(id).map(|proposal| proposal.id.clone()),
            is_current: true,
            tip: None,
            policy: None,
        }
    }

    /// Returns the difference, in words.
    fn differs(&self, now: &Self) -> &'static str {
        match (&self.asked, &now.asked) {
            _ if !now.is_there => "the change is gone",
            _ if self.decided != now.decided => "it was decided meanwhile",
            (Some(before), Some(after)) if before != after => "the agent proposed it again",
            (Some(_), None) => "the agent withdrew or replaced its proposal",
            (None, Some(_)) => "the agent proposed it meanwhile",
            _ if self.head != now.head => "the change is a different one now",
            _ if self.tip != now.tip => "the approved branch moved",
            _ if self.policy != now.policy => "the policy changed",
            _ => "the evidence about the change is outdated",
        }
    }
}

/// Returns the current subject of a window; `None` if nothing can invalidate it.
fn about(state: &State, modal: &Modal) -> Option<WindowSubject> {
    let (snapshot, policy) = match &state.live.held {
        Some(held) => (&held.snapshot, &held.policy),
        None => (&state.snapshot, &state.policy),
    };
    Some(match modal {
        Modal::Confirm(confirm) => {
            let candidate = confirm.candidate()?;
            let change = JudgedChange::of(snapshot, &candidate.experiment);
            let at_run_gate = confirm.assessment.gate == crate::model::Gate::Run;
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

/// Returns the difference between the subject when the window opened and now.
fn differs(before: &WindowSubject, now: &WindowSubject) -> &'static str {
    match (before, now) {
        (WindowSubject::Change(before), WindowSubject::Change(now)) => before.differs(now),
        (WindowSubject::Branch(..), _) => "the approved branch moved again",
        (WindowSubject::Trial(_), _) => "the trial ended or another one started",
        (WindowSubject::Mailbox(..), _) => "the loop was paused or resumed meanwhile",
        _ => "the objective changed",
    }
}

impl Modal {
    /// True if keys of the window decide something or send text to an agent.
    pub(in crate::app) fn decides(&self) -> bool {
        matches!(self, Self::Confirm(_) | Self::Diverged(_) | Self::Answer(_) | Self::Steer(_) | Self::Policy(_))
    }
}

impl State {
    /// Opens a window. It receives keys once it is on the screen.
    pub(in crate::app) fn open(&mut self, modal: Modal) {
        let about = about(self, &modal);
        self.window.drawn = WindowState { number: self.window.drawn.number + 1, about, ..WindowState::default() };
        self.window.modal = Some(modal);
    }

    /// Opens a window that the person did not ask for.
    pub(in crate::app) fn open_by_itself(&mut self, modal: Modal) {
        self.open(modal);
        self.window.drawn.by_itself = Some(OpenSince::NotYet);
    }

    /// True if a key may reach the open window; otherwise the window shows a complaint.
    pub(in crate::app) fn may_take(&mut self, modal: &Modal, key: KeyPress) -> bool {
        if let Some(seen) = self.window.drawn.by_itself {
            let is_read = matches!(seen, OpenSince::Since(at) if self.now_ms - at >= GRACE_MS);
            if !is_read {
                return false;
            }
        }
        if key == KeyPress::Esc {
            return true;
        }
        if key == KeyPress::Enter && self.window.drawn.changed.is_some() {
            return false;
        }
        if !modal.decides() || self.window.drawn.is_faced {
            self.window.drawn.is_early = false;
            return true;
        }
        self.window.drawn.is_early = !self.window.drawn.is_cut;
        false
    }
}

/// Records changes to the subject of the open window.
pub(in crate::app) fn check_subject(state: &mut State) {
    let Some(modal) = &state.window.modal else { return };
    let Some(before) = state.window.drawn.about.as_ref().filter(|_| state.window.drawn.changed.is_none()) else {
        return;
    };
    if let Some(now) = about(state, modal).filter(|now| now != before) {
        let difference = differs(before, &now);
        state.window.drawn.change(difference);
    }
}
