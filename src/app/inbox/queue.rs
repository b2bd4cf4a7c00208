//! Going through what waits: how far, what was left for later, what came of it, where it went on.

use std::sync::Arc;

use crate::app::navigate::show;
use crate::app::notice::say;
use crate::app::review::{ShownText, place_now};
use crate::app::{Effect, Modal, NoticeKind, Review, Shell, State, ViewKind};
use crate::model::{Built, Decision, DecisionKind, ExperimentId, Session};

/// A session ends when nothing was done in it for so long, in milliseconds.
const OVER: i64 = 12 * 3_600_000;
/// Decisions after which the end of the queue is told unasked: who answers a live loop one by one knows what they
/// did.
const MANY: usize = 5;
/// Time without any event that counts as reading, at most, in milliseconds.
const LONGEST_LOOK: i64 = 120_000;

/// What is still to be done for the drafts.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::app) struct Upkeep {
    /// There is something in them that was not kept yet.
    pub(in crate::app) drafts_changed: bool,
    /// When time on the screen was counted last.
    pub(in crate::app) counted_ms: i64,
}

/// What came of a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueSummary {
    /// Decisions of the session, in order.
    pub decided: Vec<Decision>,
    /// What still waits.
    pub open: usize,
    /// What was left for later and still waits.
    pub skipped: usize,
    /// Sum of the gains on the approved branch that were measured as they are there; `None` where none was.
    pub gain: Option<f64>,
    /// Approved commits whose gain there nobody has measured.
    pub unmeasured: usize,
    /// What waits and would not be committed as it was measured, as far as that was looked at.
    pub not_as_measured: Vec<ExperimentId>,
    /// What waits and does not fit any more, as far as that was looked at.
    pub unfit: Vec<ExperimentId>,
}

/// What came of the session so far.
pub fn summary(state: &State) -> QueueSummary {
    let snapshot = &state.snapshot;
    let session = &state.decisions.drafts.session;
    let last = |id: &ExperimentId| {
        snapshot.decisions.iter().rfind(|decision| decision.experiment == *id && !decision.by_policy)
    };
    let decided: Vec<Decision> = session.decided.iter().filter_map(last).cloned().collect();
    let approved = || decided.iter().filter(|decision| decision.is_approval());
    let gains: Vec<f64> = approved().filter_map(|decision| snapshot.gain_on_branch(decision)).collect();
    let waiting: Vec<&ExperimentId> = state.inbox().iter().map(|index| &snapshot.experiments[*index].id).collect();
    let built = |wanted: fn(&Built) -> bool| -> Vec<ExperimentId> {
        let known =
            waiting.iter().filter(|id| state.assessments.known.get(*id).is_some_and(|judged| wanted(&judged.built)));
        known.map(|id| (*id).clone()).collect()
    };
    QueueSummary {
        open: waiting.len(),
        skipped: waiting.iter().filter(|id| session.skipped.contains(*id)).count(),
        gain: (!gains.is_empty()).then(|| gains.iter().sum()),
        unmeasured: approved().count() - gains.len(),
        not_as_measured: built(|built| matches!(built, Built::Ready(candidate) if candidate.measured.is_none())),
        unfit: built(|built| matches!(built, Built::Conflict(_))),
        decided,
    }
}

impl State {
    /// How many were decided in this session, and how many there were to decide; `None` before the first.
    pub fn queue(&self) -> Option<(usize, usize)> {
        let decided = self.decisions.drafts.session.decided.len();
        (decided > 0).then(|| (decided, decided + self.inbox().len()))
    }

    /// True when it was left for later in this session.
    pub fn is_skipped(&self, id: &ExperimentId) -> bool {
        self.decisions.drafts.session.skipped.contains(id)
    }
}

/// The session that goes on, or a new one.
fn session(state: &mut State) -> &mut Session {
    let now = state.now_ms;
    if now - state.decisions.drafts.session.begun_ms > OVER {
        state.decisions.drafts.session = Session { begun_ms: now, ..Session::default() };
    }
    state.decisions.upkeep.drafts_changed = true;
    &mut state.decisions.drafts.session
}

/// Leaves the shown one for later: on to the next that was not, else to what was left first.
pub(in crate::app) fn skip(state: &mut State) {
    let Some(index) = state.shown() else { return };
    if state.view != ViewKind::Inbox || !state.snapshot.waiting.contains(&index) {
        return crate::app::navigate::walk(state, 1);
    }
    let id = state.snapshot.experiments[index].id.clone();
    session(state).skipped.insert(id);
    let row = state.inbox().iter().position(|other| *other == index).unwrap_or(0);
    match next_open(state, row + 1) {
        Some(next) => {
            show(state, next);
            say(state, NoticeKind::Good, "left for later; it still waits");
        }
        None => come_back(state),
    }
}

/// The next that waits and was not left for later, from a row on, round the end.
fn next_open(state: &State, from: usize) -> Option<ExperimentId> {
    let listed = state.inbox();
    let count = listed.len();
    let ids = (0..count).map(|step| &state.snapshot.experiments[listed[(from + step) % count.max(1)]].id);
    ids.filter(|id| !state.is_skipped(id)).map(Clone::clone).next()
}

/// All that is left was left for later: it comes again from the first on.
fn come_back(state: &mut State) {
    let count = state.inbox().len();
    session(state).skipped.clear();
    let first = state.inbox().first().map(|index| state.snapshot.experiments[*index].id.clone());
    if let Some(first) = first {
        show(state, first);
        say(state, NoticeKind::Good, format!("that was the last: the {count} left for later come again"));
    }
}

/// A decision is on disk.
pub(in crate::app) fn count_decided(state: &mut State, decision: &Decision) {
    if decision.kind == DecisionKind::Reverted {
        return;
    }
    let id = decision.experiment.clone();
    let session = session(state);
    session.skipped.remove(&id);
    if !session.decided.contains(&id) {
        session.decided.push(id);
    }
}

/// Something was decided and another one stands in its place: one that was left for later does not come before
/// the others.
pub(in crate::app) fn pass_skipped(state: &mut State) {
    if state.view != ViewKind::Inbox {
        return;
    }
    let shown = state.shown_id();
    if !shown.as_ref().is_some_and(|id| state.is_skipped(id)) {
        return;
    }
    match next_open(state, state.selected_row().unwrap_or(0)) {
        Some(next) => show(state, next),
        None => come_back(state),
    }
}

/// The queue is empty after something was decided: what came of it.
pub(in crate::app) fn tell_the_end(state: &mut State) {
    let is_over = state.inbox().is_empty() && state.decisions.under_way.is_empty();
    if is_over && state.decisions.drafts.session.decided.len() >= MANY && state.window.modal.is_none() {
        state.open_by_itself(Modal::Summary(0));
    }
}

/// The summary was read: with nothing left, what comes next is another session.
pub(in crate::app) fn close_summary(state: &mut State) {
    if state.inbox().is_empty() {
        state.decisions.drafts.session = Session::default();
        state.decisions.upkeep.drafts_changed = true;
    }
}

/// Counts the time that the shown change was on the screen, until now.
pub(in crate::app) fn count_time(state: &mut State) {
    let spent = (state.now_ms - state.decisions.upkeep.counted_ms).clamp(0, LONGEST_LOOK);
    state.decisions.upkeep.counted_ms = state.now_ms;
    let is_read = state.shows_diff() && state.review.doc.is_some() && state.alerts.focus != Some(false);
    let Some(index) = state.shown().filter(|_| is_read && spent > 0) else { return };
    if state.snapshot.waiting.contains(&index) {
        let id = state.snapshot.experiments[index].id.clone();
        state.decisions.drafts.edit(&id).on_screen_ms += spent as u64;
    }
}

/// Keeps what was written, where something was.
pub(in crate::app) fn keep_drafts(state: &mut State, effects: &mut Vec<Effect>) {
    if std::mem::take(&mut state.decisions.upkeep.drafts_changed) {
        effects.push(Effect::Shell(Shell::KeepDrafts(Arc::new(state.drafts_now()))));
    }
}

impl State {
    /// What was written and not decided yet, and where the person is now.
    pub fn drafts_now(&self) -> crate::model::Drafts {
        let mut drafts = self.decisions.drafts.clone();
        // Of what waits no more only what was written is worth keeping.
        let waits =
            |id: &ExperimentId| self.snapshot.index_of(id).is_some_and(|index| self.snapshot.waiting.contains(&index));
        drafts.of.retain(|id, draft| waits(id) || draft.amends() || !draft.comments.is_empty());
        drafts.place = place_now(self).or_else(|| self.review.place_wanted.clone());
        drafts
    }

    /// Takes up what was written in an earlier visit.
    pub fn take_up(&mut self, drafts: crate::model::Drafts) {
        self.decisions.drafts = drafts;
        if self.now_ms - self.decisions.drafts.session.begun_ms > OVER {
            self.decisions.drafts.session = Session::default();
        }
        self.review.place_wanted = self.decisions.drafts.place.take();
    }
}

/// Opens the review that was open when the last visit ended, once what waits is known.
pub(in crate::app) fn resume(state: &mut State) {
    let Some(place) =
        state.review.place_wanted.clone().filter(|_| state.review.open.is_none() && !state.screen.has_moved)
    else {
        return;
    };
    let waits = state.snapshot.index_of(&place.experiment).filter(|index| state.snapshot.waiting.contains(index));
    if waits.is_none() {
        state.review.place_wanted = None;
        return;
    }
    state.view = ViewKind::Inbox;
    state.select(place.experiment.clone());
    if state.live.was_absent {
        return;
    }
    state.review.open = Some(Review { experiment: place.experiment, against: None });
    state.review.view.face = ShownText::Change;
    say(state, NoticeKind::Good, "where you left: Esc goes to the inbox");
}

/// What is decided leaves the inbox at once; the selection goes to the one that stood after it.
pub(in crate::app) fn leave_decided(state: &mut State, id: &ExperimentId) {
    let Some(index) = state.snapshot.index_of(id) else { return };
    let waits = state.snapshot.waiting.contains(&index);
    if !waits {
        return;
    }
    if state.view == ViewKind::Inbox {
        let at = state.inbox_row_of(index);
        let row = at.map(|at| at.min(state.inbox().len().saturating_sub(1)));
        state.repair_selection(row);
        if let Some(review) = &mut state.review.open {
            match state.experiments.selection.get(&ViewKind::Inbox) {
                Some(next) => review.experiment = next.clone(),
                None => state.review.open = None,
            }
        }
        pass_skipped(state);
    }
}
