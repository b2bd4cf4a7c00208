//! The state that the screen is drawn from.

use std::sync::Arc;

use crate::app::decide::Upkeep;
use crate::app::layout::PROPOSAL_ROWS;
use crate::app::{
    Action, AlertState, Assessments, Context, CurvesState, DecideState, ExperimentList, FullScreen, InboxState,
    KnobsState, LayoutOf, Live, ProgressState, ReviewState, RunList, Screen, ScreenLayout, ViewKind, Window, layout,
};
use crate::instrument::{Instrument, panel};
use crate::model::{Draft, ExperimentId, Snapshot};
use crate::policy::Policy;
use crate::query::Knobs;
use crate::watch::View;

/// The state that the screen is drawn from. Each feature has its own part.
#[derive(Debug)]
pub struct State {
    /// The current time, in milliseconds since the epoch.
    pub now_ms: i64,
    /// The current view.
    pub view: ViewKind,
    /// The loop, with the shown segment.
    pub snapshot: Arc<Snapshot>,
    /// The policy in force.
    pub policy: Arc<Policy>,
    /// The terminal.
    pub screen: Screen,
    /// The window over the view.
    pub window: Window,
    /// State that is updated while the loop is watched.
    pub live: Live,
    /// The list of experiments.
    pub experiments: ExperimentList,
    /// The inbox.
    pub inbox: InboxState,
    /// The change on the screen.
    pub review: ReviewState,
    /// The known candidates and findings.
    pub assessments: Assessments,
    /// Decisions in progress, drafts, and refused proposals.
    pub decisions: DecideState,
    /// The curves.
    pub curves: CurvesState,
    /// The progress plot.
    pub progress: ProgressState,
    /// The knobs.
    pub knobs: KnobsState,
    /// The list of runs.
    pub runs: RunList,
    /// State of the alerts.
    pub alerts: AlertState,
}

impl State {
    /// Returns the initial state.
    pub fn new(size: (u16, u16), view: &View, now_ms: i64) -> Self {
        let mut state = Self {
            now_ms,
            view: ViewKind::Inbox,
            snapshot: Arc::clone(&view.snapshot),
            policy: Arc::clone(&view.policy),
            screen: Screen { size, ..Screen::default() },
            window: Window::default(),
            live: Live::default(),
            experiments: ExperimentList::default(),
            inbox: InboxState::default(),
            review: ReviewState::default(),
            assessments: Assessments::default(),
            decisions: DecideState {
                upkeep: Upkeep { drafts_changed: false, counted_ms: now_ms },
                ..DecideState::default()
            },
            curves: CurvesState::default(),
            progress: ProgressState::default(),
            knobs: KnobsState::default(),
            runs: RunList::default(),
            alerts: AlertState::new(now_ms),
        };
        state.refresh_runs();
        state.leave_views_of_a_loop();
        let first = state.snapshot.waiting.first().filter(|_| state.view == ViewKind::Inbox);
        if let Some(first) = first.map(|index| state.snapshot.experiments[*index].id.clone()) {
            state.experiments.selection.insert(ViewKind::Inbox, first);
        }
        state
    }

    /// Returns the areas of the current screen.
    pub fn layout(&self) -> ScreenLayout {
        let sheet = match &self.review.open {
            None => FullScreen::None,
            Some(review) if review.against.is_some() => FullScreen::Comparison,
            Some(_) => FullScreen::Review,
        };
        let rows = match self.view {
            ViewKind::Runs => u16::try_from(self.runs.rows().len()).unwrap_or(u16::MAX),
            _ if self.snapshot.proposals.is_empty() => 0,
            _ => PROPOSAL_ROWS,
        };
        let has_curves = !self.snapshot.trials.is_empty();
        let waiting = self.snapshot.waiting.len();
        let longest = self.snapshot.longest_description;
        layout(
            self.screen.size.0,
            self.screen.size.1,
            LayoutOf { view: self.view, full_screen: sheet, rows, has_curves, longest, waiting },
        )
    }

    /// Returns the context in which a key is pressed now.
    pub fn context(&self) -> Context {
        if self.review.open.is_some() {
            return Context::Review;
        }
        Context::View(self.view)
    }

    /// Returns the newest snapshot, even while the screen is frozen.
    pub fn newest(&self) -> &Arc<Snapshot> {
        self.live.pending_view.as_ref().map_or(&self.snapshot, |held| &held.snapshot)
    }

    /// Returns the experiment whose change is on the screen.
    pub fn shown(&self) -> Option<usize> {
        match &self.review.open {
            Some(review) => self.snapshot.index_of(&review.experiment),
            None => self.selected(),
        }
    }

    /// Returns the selected experiment of the current view; `None` if it lists nothing.
    pub fn selected(&self) -> Option<usize> {
        let id = self.experiments.selection.get(&self.view)?;
        self.snapshot.index_of(id)
    }

    /// Returns the id of the experiment whose change is on the screen.
    pub(super) fn shown_id(&self) -> Option<ExperimentId> {
        self.shown().map(|index| self.snapshot.experiments[index].id.clone())
    }

    /// Returns the current readings of the instruments.
    pub fn panel(&self) -> Vec<Instrument> {
        panel(&self.snapshot, &self.policy, self.live.host.as_ref(), self.now_ms)
    }

    /// Returns the knobs of the shown segment; `None` until they are known.
    pub fn shown_knobs(&self) -> Option<&Knobs> {
        self.knobs.of_segment(self.snapshot.shown)
    }

    /// Returns the rows of the knobs: each knob with its values below it, as indices of knob and value.
    pub fn knob_rows(&self) -> Vec<(usize, Option<usize>)> {
        self.knobs.rows(self.snapshot.shown)
    }

    /// Returns the experiments that the progress plot shows, first and last (exclusive).
    pub fn shown_span(&self) -> (usize, usize) {
        self.progress.shown(&self.snapshot.in_segment(), self.selected())
    }

    /// Returns the number of rows of instruments or knobs.
    pub(super) fn row_count(&self) -> usize {
        match self.view {
            ViewKind::Instruments => self.panel().len(),
            ViewKind::Knobs => self.knob_rows().len(),
            _ => 0,
        }
    }

    /// True if the screen shows a diff.
    pub fn shows_diff(&self) -> bool {
        self.review.open.is_some() || self.view == ViewKind::Inbox
    }

    /// True if an action is available here: actions that need an agent's mailbox are offered only if it exists.
    pub fn offers(&self, action: Action) -> bool {
        match action {
            action if self.lacks_loop_for(action) => false,
            Action::RequestChanges
            | Action::AskAgent
            | Action::Remeasure
            | Action::CommentLine
            | Action::CompareRounds => self.snapshot.mailbox.is_there,
            Action::TellAgent => self.snapshot.mailbox.is_there,
            // A pause can be ended without a mailbox.
            Action::PauseLoop => self.snapshot.mailbox.is_there || self.snapshot.mailbox.paused,
            Action::NextSegment | Action::PreviousSegment => self.snapshot.segments.len() > 1,
            Action::StopTrial => self.policy.stop_trial.is_some(),
            _ => true,
        }
    }

    /// True if an action needs a loop and there is none.
    pub(super) fn lacks_loop_for(&self, action: Action) -> bool {
        let opens_diff = action == Action::OpenReview && self.view != ViewKind::Runs;
        (action.needs_loop() || opens_diff) && !self.snapshot.has_loop()
    }

    /// Updates the list of runs.
    pub(super) fn refresh_runs(&mut self) {
        self.runs.refresh(&self.snapshot, self.curves.plot.metric.as_ref());
    }

    /// Without a loop there are only two views: leaves any other.
    pub(super) fn leave_views_of_a_loop(&mut self) {
        if !self.snapshot.has_loop() && !matches!(self.view, ViewKind::Runs | ViewKind::Curves) {
            self.view = ViewKind::Runs;
        }
    }

    /// Returns the draft of a change, for editing.
    pub(super) fn draft(&mut self, id: &ExperimentId) -> &mut Draft {
        self.decisions.upkeep.drafts_changed = true;
        self.decisions.drafts.edit(id)
    }

    /// Returns the number of rows available for diff text.
    pub fn diff_height(&self) -> usize {
        self.layout().diff.below_title().height as usize
    }
}
