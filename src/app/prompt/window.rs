//! When a window may take keys: one that decides has to stand on the screen first, and what changed under a window
//! is said in it and leads nowhere.

use std::sync::Arc;

use crate::app::arrivals::holds;
use crate::app::target::GRACE_MS;
use crate::app::{AnswerKind, KeyPress, Modal, PolicyLine, State, Steer};
use crate::model::{CommitId, ExperimentId, ProposalId, Snapshot};
use crate::policy::Policy;
use crate::policy::text::Visible;

/// What one frame showed, once the terminal took all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Rows of the diff, from and to (exclusive); `None` when none was on the screen.
    pub diff_rows: Option<(usize, usize)>,
    /// The number of the window that was drawn; `None` without one, and on a screen too small for any.
    pub window: Option<u64>,
    /// True when the screen was too small for what must be read before a decision.
    pub is_cut: bool,
}

/// How far the open window stood on the screen, and whether it is still about what it was opened for.
#[derive(Clone, Debug, Default)]
pub struct WindowState {
    /// Counts windows, and what they ask for: a frame names the one that it showed.
    number: u64,
    is_faced: bool,
    is_cut: bool,
    /// True when keys came before it stood on the screen.
    is_early: bool,
    /// For a window that nobody asked for: keys are meant for what was there before, for a moment.
    by_itself: Option<OpenSince>,
    about: Option<WindowSubject>,
    changed: Option<String>,
}

impl WindowState {
    /// What a frame calls the window.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What changed under the window since it was opened; visible text, `None` while it is as it was.
    pub fn changed(&self) -> Option<&str> {
        self.changed.as_deref()
    }

    /// What the person must know before they press Enter; `None` where nothing is in the way.
    pub fn complaint(&self) -> Option<String> {
        if let Some(changed) = &self.changed {
            return Some(format!("{changed}: Enter does nothing now, Esc closes this"));
        }
        let early = "keys pressed before this was on the screen were not taken";
        self.is_early.then(|| early.to_owned())
    }

    /// The window asks for something else now: that has to be on the screen before a key answers it.
    pub(in crate::app) fn ask_anew(&mut self) {
        self.number += 1;
        self.is_faced = false;
        self.is_early = false;
    }

    /// Something changed under the window. The first change is kept.
    pub(in crate::app) fn change(&mut self, what: impl Into<String>) {
        self.changed.get_or_insert_with(|| what.into());
    }

    /// A frame was drawn whole.
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

    /// Keys from now on were pressed after a frame stood on the screen.
    pub(in crate::app) fn faced(&mut self, drawn: Drawn) {
        self.is_faced |= drawn.window == Some(self.number) && !self.is_cut;
    }

    /// The size is another one: nothing on the screen counts until it is drawn for that.
    pub(in crate::app) fn resized(&mut self) {
        self.is_faced = false;
    }
}

/// Since when a window that opened by itself is on the screen, in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenSince {
    NotYet,
    Since(i64),
}

/// What a window was opened for, as far as a change of it makes its answer another one.
#[derive(Clone, Debug, PartialEq)]
enum WindowSubject {
    Change(Box<JudgedChange>),
    Branch(Option<CommitId>, bool),
    Trial(Option<String>),
    Door(bool, bool),
    Objective(Option<String>),
}

/// A change, and what a decision about it rests on.
#[derive(Clone, Debug, PartialEq)]
struct JudgedChange {
    is_there: bool,
    head: Option<CommitId>,
    /// The record of the decision about it.
    decided: Option<(u64, &'static str)>,
    asked: Option<ProposalId>,
    /// False when what was worked out is not about the change as it is.
    holds: bool,
    /// `None` where the answer is the same on any tip.
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
            holds: true,
            tip: None,
            policy: None,
        }
    }

    /// What differs, in words.
    fn differs(&self, now: &Self) -> &'static str {
        match (&self.asked, &now.asked) {
            _ if !now.is_there => "the change is gone",
            _ if self.decided != now.decided => "it was decided meanwhile",
            (Some(before), Some(after)) if before != after => "the agent proposed it anew",
            (Some(_), None) => "the agent took its proposal back or put another in its place",
            (None, Some(_)) => "the agent proposed it meanwhile",
            _ if self.head != now.head => "the change is another one now",
            _ if self.tip != now.tip => "the approved branch moved",
            _ if self.policy != now.policy => "the policy changed",
            _ => "what is known of the change is not the same any more",
        }
    }
}

/// What a window is about now; `None` for one that answers nothing that can change.
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
                holds: confirm.is_revert() || holds(snapshot, &confirm.assessment),
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
            // It is written beside the line that is shown.
            let is_there = change.is_there && state.shown_id().as_ref() == Some(&prompt.experiment);
            WindowSubject::Change(Box::new(JudgedChange { is_there, ..change }))
        }
        Modal::Diverged(_) => WindowSubject::Branch(snapshot.approved.tip, snapshot.approved.diverged),
        Modal::Steer(prompt) if prompt.steer == Steer::StopTrial => {
            WindowSubject::Trial(snapshot.running_name().map(|name| Visible::line(&name).to_string()))
        }
        Modal::Steer(_) => WindowSubject::Door(snapshot.mailbox.is_there, snapshot.mailbox.paused),
        Modal::Policy(prompt) => match &prompt.line {
            PolicyLine::Direction(..) => {
                WindowSubject::Objective(snapshot.objective.as_ref().map(|objective| objective.metric.to_string()))
            }
            PolicyLine::Table(_) => return None,
        },
        _ => return None,
    })
}

/// What differs between what a window was opened for and what is there now.
fn differs(before: &WindowSubject, now: &WindowSubject) -> &'static str {
    match (before, now) {
        (WindowSubject::Change(before), WindowSubject::Change(now)) => before.differs(now),
        (WindowSubject::Branch(..), _) => "the approved branch moved again",
        (WindowSubject::Trial(_), _) => "another trial runs now, or none",
        (WindowSubject::Door(..), _) => "the loop was paused or resumed meanwhile",
        _ => "what this is about is another thing now",
    }
}

impl Modal {
    /// True for one whose keys decide something, or are read by an agent.
    pub(in crate::app) fn decides(&self) -> bool {
        matches!(self, Self::Confirm(_) | Self::Diverged(_) | Self::Answer(_) | Self::Steer(_) | Self::Policy(_))
    }
}

impl State {
    /// Opens a window: it takes keys once it stands on the screen.
    pub(in crate::app) fn open(&mut self, modal: Modal) {
        let about = about(self, &modal);
        self.window.drawn = WindowState { number: self.window.drawn.number + 1, about, ..WindowState::default() };
        self.window.modal = Some(modal);
    }

    /// Opens a window that nobody asked for.
    pub(in crate::app) fn open_by_itself(&mut self, modal: Modal) {
        self.open(modal);
        self.window.drawn.by_itself = Some(OpenSince::NotYet);
    }

    /// True when a key may reach the open window; else that is remembered for the window to say.
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

/// Notes what changed under the open window.
pub(in crate::app) fn look_under(state: &mut State) {
    let Some(modal) = &state.window.modal else { return };
    let Some(before) = state.window.drawn.about.as_ref().filter(|_| state.window.drawn.changed.is_none()) else {
        return;
    };
    if let Some(now) = about(state, modal).filter(|now| now != before) {
        let what = differs(before, &now);
        state.window.drawn.change(what);
    }
}
