//! Working through the inbox: progress, skipped changes, the summary, and where to continue.

use std::sync::Arc;

use crate::app::navigate::walk;
use crate::app::notice::{say, say_nothing_selected};
use crate::app::review::{ShownText, place_now};
use crate::app::show::show;
use crate::app::{Effect, Modal, NoticeKind, Review, Shell, State, ViewKind};
use crate::model::{Built, Decision, DecisionKind, ExperimentId, Session};

/// A session ends after this long without activity, in milliseconds.
const SESSION_END_MS: i64 = 12 * 3_600_000;
/// Decisions after which the summary opens by itself when the inbox is empty: a person who answers a live loop one by
/// one does not need it.
const MANY: usize = 5;
/// Time without an event that counts as reading, at most, in milliseconds.
const LONGEST_LOOK: i64 = 120_000;

/// The results of a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueSummary {
    /// Decisions of the session, in order.
    pub decided: Vec<Decision>,
    /// Number of changes still in the inbox.
    pub open: usize,
    /// Number of skipped changes still in the inbox.
    pub skipped: usize,
    /// Sum of the gains measured on the approved branch; `None` if none was measured there.
    pub gain: Option<f64>,
    /// Number of approved commits whose gain was not measured there.
    pub unmeasured: usize,
    /// Number of changes in the inbox that were assessed so far: the two lists below are among these.
    pub checked: usize,
    /// Waiting changes that would not be committed as measured.
    pub not_as_measured: Vec<ExperimentId>,
    /// Waiting changes that conflict.
    pub conflicting: Vec<ExperimentId>,
}

/// Returns the results of the session so far.
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
        checked: waiting.iter().filter(|id| state.assessments.known.contains_key(*id)).count(),
        not_as_measured: built(|built| matches!(built, Built::Ready(candidate) if candidate.measured.is_none())),
        conflicting: built(|built| matches!(built, Built::Conflict(_))),
        decided,
    }
}

impl State {
    /// Returns how many changes were decided in this session, and how many there were in total; `None` before the
    /// first.
    pub fn queue(&self) -> Option<(usize, usize)> {
        let decided = self.decisions.drafts.session.decided.len();
        (decided > 0).then(|| (decided, decided + self.inbox().len()))
    }

    /// True if the change was skipped in this session.
    pub fn is_skipped(&self, id: &ExperimentId) -> bool {
        self.decisions.drafts.session.skipped.contains(id)
    }
}

/// Returns the current session, or a new one if it has ended.
fn session(state: &mut State) -> &mut Session {
    let now = state.now_ms;
    if now - state.decisions.drafts.session.begun_ms > SESSION_END_MS {
        state.decisions.drafts.session = Session { begun_ms: now, ..Session::default() };
    }
    state.decisions.upkeep.drafts_changed = true;
    &mut state.decisions.drafts.session
}

/// Skips the change on the screen: goes to the next unskipped one, else back to the first skipped one.
pub(in crate::app) fn skip(state: &mut State) {
    let Some(index) = state.shown() else { return say_nothing_selected(state) };
    if state.view != ViewKind::Inbox || !state.snapshot.waiting.contains(&index) {
        return walk(state, 1);
    }
    let id = state.snapshot.experiments[index].id.clone();
    session(state).skipped.insert(id);
    let row = state.inbox().iter().position(|other| *other == index).unwrap_or(0);
    match next_open(state, row + 1) {
        Some(next) => {
            show(state, next);
            say(state, NoticeKind::Good, "skipped; it stays in the inbox");
        }
        None => restart_skipped(state),
    }
}

/// Returns the next unskipped change in the inbox from a row on, wrapping around.
fn next_open(state: &State, from: usize) -> Option<ExperimentId> {
    let listed = state.inbox();
    let count = listed.len();
    let ids = (0..count).map(|step| &state.snapshot.experiments[listed[(from + step) % count.max(1)]].id);
    ids.filter(|id| !state.is_skipped(id)).map(Clone::clone).next()
}

/// Everything left was skipped: starts over with the first.
fn restart_skipped(state: &mut State) {
    let count = state.inbox().len();
    session(state).skipped.clear();
    let first = state.inbox().first().map(|index| state.snapshot.experiments[*index].id.clone());
    if let Some(first) = first {
        show(state, first);
        say(state, NoticeKind::Good, format!("that was the last one; the {count} skipped come again"));
    }
}

/// Counts a decision that is on disk.
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

/// After a decision another change takes its place: a skipped one must not come before the others.
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
        None => restart_skipped(state),
    }
}

/// Shows the summary when the last change in the inbox was decided.
pub(in crate::app) fn show_end_of_queue(state: &mut State) {
    let is_done = state.inbox().is_empty() && state.decisions.under_way.is_empty();
    if is_done && state.decisions.drafts.session.decided.len() >= MANY && state.window.modal.is_none() {
        state.open_by_itself(Modal::Summary(0));
    }
}

/// The summary was read: if the inbox is empty, the next decision starts a new session.
pub(in crate::app) fn close_summary(state: &mut State) {
    if state.inbox().is_empty() {
        state.decisions.drafts.session = Session::default();
        state.decisions.upkeep.drafts_changed = true;
    }
}

/// Adds the time that the change was on the screen since the last call.
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

/// Stores the drafts if they changed.
pub(in crate::app) fn keep_drafts(state: &mut State, effects: &mut Vec<Effect>) {
    if std::mem::take(&mut state.decisions.upkeep.drafts_changed) {
        effects.push(Effect::Shell(Shell::KeepDrafts(Arc::new(state.drafts_now()))));
    }
}

impl State {
    /// Returns the drafts of undecided changes, and the person's current place.
    pub fn drafts_now(&self) -> crate::model::Drafts {
        let mut drafts = self.decisions.drafts.clone();
        // For changes that left the inbox only written text is worth keeping.
        let waits =
            |id: &ExperimentId| self.snapshot.index_of(id).is_some_and(|index| self.snapshot.waiting.contains(&index));
        drafts.of.retain(|id, draft| waits(id) || draft.amends() || !draft.comments.is_empty());
        drafts.place = place_now(self).or_else(|| self.review.place_wanted.clone());
        drafts
    }

    /// Restores the drafts of an earlier visit.
    pub fn restore_drafts(&mut self, drafts: crate::model::Drafts) {
        self.decisions.drafts = drafts;
        if self.now_ms - self.decisions.drafts.session.begun_ms > SESSION_END_MS {
            self.decisions.drafts.session = Session::default();
        }
        self.review.place_wanted = self.decisions.drafts.place.take();
    }
}

/// Opens the review that was open when the last visit ended, once the inbox is known.
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
    state.review.view.shown = ShownText::Change;
    say(state, NoticeKind::Good, "back where you left off; Esc goes to the inbox");
}

/// Removes a decided change from the inbox at once; the selection moves to the next one.
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
