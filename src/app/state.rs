//! Everything the screen is drawn from.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::select::Selection;
use super::{
    Action, AnswerPrompt, Colouring, CommentPrompt, Confirm, Context, CurveCache, Derived, DiffDoc, DiffView,
    DivergedPrompt, Filter, FullScreen, InboxOrder, Keymap, Palette, Plot, PolicyPrompt, RunList, ScreenLayout,
    SeenLines, Signs, SteerPrompt, WindowState, Wording, shape,
};
use crate::instrument::{Instrument, Since, panel};
use crate::model::{
    Amendment, CommitId, Draft, Drafts, ExperimentId, Host, ScreenPlace, Snapshot, TreeId, TrialId, Visit,
};
use crate::policy::Policy;
use crate::query::{Assessment, Comparison, Knobs, Related, Shortlist, Texts, WhatIf};
use crate::watch::View;

/// The views on the number keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ViewKind {
    /// What waits for a decision.
    #[default]
    Inbox,
    /// The curves of one experiment over its base's.
    Curves,
    /// Every experiment over the objective.
    Progress,
    /// What was kept, with its rejected siblings.
    Lineage,
    /// Budget, pace, load: an honest line each.
    Instruments,
    /// Every value of every constant that was tried.
    Knobs,
    /// Every training run.
    Runs,
}

impl ViewKind {
    /// All of them, in the order of their keys.
    pub const ALL: [Self; 7] =
        [Self::Inbox, Self::Curves, Self::Progress, Self::Lineage, Self::Instruments, Self::Knobs, Self::Runs];

    /// Where keys are pressed in it.
    pub fn context(self) -> Context {
        match self {
            Self::Inbox => Context::Inbox,
            Self::Curves => Context::Curves,
            Self::Progress => Context::Progress,
            Self::Lineage => Context::Lineage,
            Self::Instruments => Context::Instruments,
            Self::Knobs => Context::Knobs,
            Self::Runs => Context::Runs,
        }
    }

    /// The name on its tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbox => "Inbox",
            Self::Curves => "Curves",
            Self::Progress => "Progress",
            Self::Lineage => "Lineage",
            Self::Instruments => "Instruments",
            Self::Knobs => "Knobs",
            Self::Runs => "Runs",
        }
    }
}

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Something is done.
    Good,
    /// Something could not be done.
    Bad,
    /// How things are.
    Plain,
}

/// One sentence on the last line, until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What is said; visible text.
    pub text: String,
    /// How it is meant.
    pub kind: NoticeKind,
}

/// What lies over the view.
#[derive(Clone, Debug)]
pub enum Modal {
    /// The keys of the current view; rows scrolled.
    Help(usize),
    /// What could not be read; rows scrolled.
    Warnings(usize),
    /// What would be committed.
    Confirm(Box<Confirm>),
    /// A branch that somebody moved.
    Foreign(Box<DivergedPrompt>),
    /// A veto, or what goes back to the agent, being written.
    Answer(Box<AnswerPrompt>),
    /// A comment on a line being written.
    Comment(Box<CommentPrompt>),
    /// A note to the agent, or what holds the loop up.
    Steer(Box<SteerPrompt>),
    /// A line for the person's policy.
    Policy(Box<PolicyPrompt>),
    /// Something that the person asked to decide on is being worked out.
    Waiting(Waiting),
    /// What happened since the last visit; rows scrolled.
    Since(usize),
    /// All that is known of the shown change; rows scrolled.
    Evidence(usize),
    /// The files of the change; the selected one.
    Files(usize),
    /// Actions, experiments, files and themes by a few letters.
    Palette(Box<Palette>),
    /// What came of going through the queue; rows scrolled.
    Summary(usize),
    /// Words being sought in the diff, and the row of the cursor before.
    Seek(tui_input::Input, usize),
    /// A filter of metrics being typed, and the one before.
    Filter(tui_input::Input, Option<Filter>),
    /// Two runs beside each other; rows scrolled.
    ComparedRuns(usize),
    /// Words that the names of runs must hold, being typed.
    RunFilter(tui_input::Input),
    /// Another name for a run, being typed.
    Rename(tui_input::Input, TrialId),
    /// The name of a file for what the view shows.
    Save(tui_input::Input),
    /// Words being searched for, and where the selection was before.
    Search(tui_input::Input, Option<ExperimentId>),
}

/// What the person waits for, with a key that decides at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// What a revert would commit.
    Revert,
    /// What somebody did to the approved branch.
    Branch,
}

/// The review, full screen over a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The experiment.
    pub experiment: ExperimentId,
    /// The one it is compared with, instead of judged; `None` for a review.
    pub against: Option<ExperimentId>,
}

/// The themes there are, and the one in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Themes {
    /// Their names.
    pub names: Vec<String>,
    /// The chosen one.
    pub chosen: String,
    /// The one that is tried in the palette.
    pub tried: Option<String>,
}

impl Themes {
    /// The one to draw with.
    pub fn shown(&self) -> &str {
        self.tried.as_deref().unwrap_or(&self.chosen)
    }
}

/// The terminal and how it is drawn on.
#[derive(Debug, Default)]
pub struct Screen {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// One sentence for the person, until the next key.
    pub notice: Option<Notice>,
    /// What keys mean.
    pub keymap: Keymap,
    /// The themes.
    pub themes: Themes,
    /// Faults of the person's configuration, a sentence each.
    pub troubles: Vec<String>,
    /// How wide the terminal draws signs that are not the same everywhere.
    pub signs: Signs,
    /// The directory in which a view is saved.
    pub save_in: PathBuf,
    /// The person's home; `None` where it is not known.
    pub home: Option<PathBuf>,
    /// True after the first key or click: where the person is now is where they went.
    pub(super) has_moved: bool,
    /// The change that a key acts on, and since when that is on the screen.
    pub(super) target: super::swapped::KeyTarget,
}

/// The window over the view.
#[derive(Debug, Default)]
pub struct Window {
    /// The open window; `None` without one.
    pub modal: Option<Modal>,
    /// How much of it the person has seen.
    pub drawn: WindowState,
}

/// The loop as it is watched, beside its snapshot.
#[derive(Debug, Default)]
pub struct Live {
    /// The newest view while the screen is frozen; `None` when live.
    pub held: Option<View>,
    /// True while the screen is frozen.
    pub paused: bool,
    /// The segment of the results that is shown, by its index; `None` follows the newest.
    pub segment: Option<usize>,
    /// How busy the machine is; `None` until it was sampled.
    pub host: Option<Host>,
    /// What happened since the last visit; `None` on the first one.
    pub since: Option<Since>,
    /// The last visit, until there is a snapshot to compare it with.
    pub visit: Option<Visit>,
}

/// The list of experiments: selection, search, comparison.
#[derive(Debug)]
pub struct ExperimentList {
    /// The experiment that the next one is compared with.
    pub marked: Option<ExperimentId>,
    /// The words of the last search; empty without one.
    pub searched: String,
    /// The difference between two experiments, when that was asked for.
    pub comparison: Option<Arc<Comparison>>,
    pub(super) selection: Selection,
}

/// The inbox.
#[derive(Debug, Default)]
pub struct InboxState {
    /// How it is sorted.
    pub order: InboxOrder,
    /// The few that matter, as of the last time they were asked for.
    pub shortlist: Option<Arc<Shortlist>>,
    pub(super) shortlist_asked: Option<(Option<CommitId>, usize)>,
}

/// The change on the screen, in the review and beside the inbox.
#[derive(Debug, Default)]
pub struct ReviewState {
    /// The review, when it is open.
    pub open: Option<Review>,
    /// First visible row of the diff.
    pub scroll: usize,
    /// How changes are shown: columns, wrapping, context, cursor.
    pub view: DiffView,
    /// The rows of the diff that is shown.
    pub doc: Option<DiffDoc>,
    /// The whole files of the change that is shown; `None` until they came.
    pub texts: Option<Arc<Texts>>,
    /// The syntax of its lines.
    pub colouring: Colouring,
    /// The words that differ in its lines.
    pub wording: Wording,
    /// The lines of changes that were on the screen.
    pub seen: SeenLines,
    /// The review that `view` belongs to.
    pub(super) of: Option<Review>,
    /// Where the cursor goes when the change is there again.
    pub(super) place_wanted: Option<ScreenPlace>,
    pub(super) texts_asked: Option<(TreeId, TreeId)>,
}

/// Candidates and findings of changes, for the current approved tip.
#[derive(Debug, Default)]
pub struct Assessments {
    /// By change.
    pub known: HashMap<ExperimentId, Arc<Assessment>>,
    /// Why a change cannot be shown.
    pub failures: HashMap<ExperimentId, String>,
    /// The same with the person's amendments.
    pub amended: HashMap<ExperimentId, Vec<Arc<Assessment>>>,
    /// Other experiments in the same lines, by change.
    pub related: HashMap<ExperimentId, Arc<Related>>,
    pub(super) asked: HashSet<ExperimentId>,
    pub(super) amend_asked: Option<(ExperimentId, Arc<Amendment>)>,
    pub(super) related_asked: Option<(ExperimentId, usize)>,
}

/// Decisions under way, and what is prepared for the next ones.
#[derive(Debug, Default)]
pub struct Decisions {
    /// Changes that are being decided right now.
    pub under_way: HashSet<ExperimentId>,
    /// Texts and amendments that are not decided yet.
    pub drafts: Drafts,
    /// Proposals that were refused while the screen was open: the name and why, visible text, newest last.
    pub refused: Vec<(String, String)>,
    pub(super) upkeep: super::queue::Upkeep,
    pub(super) intake: super::steering::IntakeNotice,
    pub(super) reverting: Option<ExperimentId>,
    /// The commit that a revert would make, while it is read.
    pub(super) revert: Option<Arc<Assessment>>,
    /// The consequences of the veto that is being written.
    pub(super) follows: Option<WhatIf>,
    /// True while an interrupted decision is being ended, and after that failed.
    pub(super) ending: bool,
}

/// Curves: how they are shown, and a cache of those read from the store.
#[derive(Debug, Default)]
pub struct CurvesState {
    /// Metric, zoom, smoothing, overlays.
    pub plot: Plot,
    /// Curves from the store.
    pub cache: CurveCache,
    /// Smoothed curves, differences and forecasts of those that are shown.
    pub derived: Derived,
}

/// The progress picture.
#[derive(Debug, Default)]
pub struct ProgressState {
    /// First and last (exclusive) experiment; `None` for all of the segment.
    pub span: Option<(usize, usize)>,
}

/// The knobs and the instruments.
#[derive(Debug, Default)]
pub struct KnobsState {
    /// Every knob, as of the last time it was asked for.
    pub known: Option<Arc<Knobs>>,
    /// The selected row of instruments or knobs.
    pub row: usize,
    pub(super) asked: Option<(usize, usize)>,
}

/// Everything the screen is drawn from. Each feature has its own part.
#[derive(Debug)]
pub struct State {
    /// Milliseconds since the epoch.
    pub now_ms: i64,
    /// The current view.
    pub view: ViewKind,
    /// The loop as shown.
    pub snapshot: Arc<Snapshot>,
    /// The policy in force.
    pub policy: Arc<Policy>,
    /// The terminal.
    pub screen: Screen,
    /// The window over the view.
    pub window: Window,
    /// The loop as it is watched.
    pub live: Live,
    /// The list of experiments.
    pub experiments: ExperimentList,
    /// The inbox.
    pub inbox: InboxState,
    /// The change on the screen.
    pub review: ReviewState,
    /// Candidates and findings.
    pub assessments: Assessments,
    /// Decisions under way.
    pub decisions: Decisions,
    /// The curves.
    pub curves: CurvesState,
    /// The progress picture.
    pub progress: ProgressState,
    /// The knobs.
    pub knobs: KnobsState,
    /// The list of runs.
    pub runs: RunList,
    /// When the person is alerted.
    pub alerts: super::Called,
}

impl State {
    /// The state at the start.
    pub fn new(size: (u16, u16), view: &View, now_ms: i64) -> Self {
        let mut state = Self {
            now_ms,
            view: ViewKind::Inbox,
            snapshot: Arc::clone(&view.snapshot),
            policy: Arc::clone(&view.policy),
            screen: Screen { size, ..Screen::default() },
            window: Window::default(),
            live: Live::default(),
            experiments: ExperimentList {
                marked: None,
                searched: String::new(),
                comparison: None,
                selection: Selection::new(),
            },
            inbox: InboxState::default(),
            review: ReviewState::default(),
            assessments: Assessments::default(),
            decisions: Decisions {
                upkeep: super::queue::Upkeep { drafts_changed: false, counted_ms: now_ms },
                ..Decisions::default()
            },
            curves: CurvesState::default(),
            progress: ProgressState::default(),
            knobs: KnobsState::default(),
            runs: RunList::default(),
            alerts: super::Called { key_ms: now_ms, ..super::Called::default() },
        };
        super::runs::refresh(&mut state);
        super::among_runs::leave_views_of_a_loop(&mut state);
        state.repair_selection(None);
        state
    }

    /// Where everything of the current screen is.
    pub fn shape(&self) -> ScreenLayout {
        let sheet = match &self.review.open {
            None => FullScreen::None,
            Some(review) if review.against.is_some() => FullScreen::Comparison,
            Some(_) => FullScreen::Review,
        };
        let told = match self.view {
            ViewKind::Runs => u16::try_from(self.runs.rows().len()).unwrap_or(u16::MAX),
            _ if self.snapshot.proposals.is_empty() => 0,
            _ => super::layout::ASKS,
        };
        shape(self.screen.size.0, self.screen.size.1, self.view, sheet, told)
    }

    /// Where a key is pressed now.
    pub fn context(&self) -> Context {
        if self.review.open.is_some() {
            return Context::Review;
        }
        self.view.context()
    }

    /// The loop as it is known, also while the screen is held still.
    pub fn newest(&self) -> &Snapshot {
        self.live.held.as_ref().map_or(&self.snapshot, |held| &held.snapshot)
    }

    /// The experiment whose change is on the screen.
    pub fn shown(&self) -> Option<usize> {
        match &self.review.open {
            Some(review) => self.snapshot.index_of(&review.experiment),
            None => self.selected(),
        }
    }

    /// The identity of the experiment whose change is on the screen.
    pub(super) fn shown_id(&self) -> Option<ExperimentId> {
        self.shown().map(|index| self.snapshot.experiments[index].id.clone())
    }

    /// The instruments as they read now.
    pub fn panel(&self) -> Vec<Instrument> {
        panel(&self.snapshot, &self.policy, self.live.host.as_ref(), self.now_ms)
    }

    /// The knobs of the shown segment; `None` until they are known.
    pub fn shown_knobs(&self) -> Option<&Knobs> {
        self.knobs.known.as_deref().filter(|knobs| knobs.segment == self.snapshot.shown)
    }

    /// The knobs as rows: each with its values below it.
    pub fn knob_rows(&self) -> Vec<(usize, Option<usize>)> {
        let knobs = self.shown_knobs().map_or(&[] as &[_], |knobs| knobs.knobs.as_slice());
        let rows = knobs.iter().enumerate();
        rows.flat_map(|(at, knob)| {
            std::iter::once((at, None)).chain((0..knob.values.len()).map(move |v| (at, Some(v))))
        })
        .collect()
    }

    /// The experiment that did best with the selected value of a knob.
    pub(super) fn knob_experiment(&self) -> Option<ExperimentId> {
        let (knob, value) = *self.knob_rows().get(self.knobs.row)?;
        let knob = self.shown_knobs()?.knobs.get(knob)?;
        let goal = self.snapshot.objective.as_ref()?.goal;
        knob.values.get(value?)?.best(goal).map(|best| best.experiment.clone())
    }

    /// Rows of instruments or knobs.
    pub(super) fn row_count(&self) -> usize {
        match self.view {
            ViewKind::Instruments => self.panel().len(),
            ViewKind::Knobs => self.knob_rows().len(),
            _ => 0,
        }
    }

    /// True when the screen shows a diff.
    pub fn shows_diff(&self) -> bool {
        self.review.open.is_some() || self.view == ViewKind::Inbox
    }

    /// True when an action can do something here: what needs a listener is offered where one is.
    pub fn offers(&self, action: Action) -> bool {
        match action {
            action if self.lacks_loop_for(action) => false,
            Action::RequestChanges
            | Action::AskAgent
            | Action::Remeasure
            | Action::CommentLine
            | Action::CompareRounds => self.snapshot.mailbox.is_there,
            Action::TellAgent | Action::HoldLoop => self.snapshot.mailbox.is_there,
            Action::NextSegment | Action::PreviousSegment => self.snapshot.segments.len() > 1,
            Action::StopTrial => self.policy.stop_trial.is_some(),
            _ => true,
        }
    }

    /// What is written of a change, to add to it.
    pub(super) fn draft(&mut self, id: &ExperimentId) -> &mut Draft {
        self.decisions.upkeep.drafts_changed = true;
        self.decisions.drafts.edit(id)
    }

    /// Rows of diff text that fit.
    pub fn diff_height(&self) -> usize {
        self.shape().diff.below_title().height as usize
    }
}
