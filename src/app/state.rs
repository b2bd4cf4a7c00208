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

/// The whole state of the application.
pub struct State {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The current view.
    pub view: ViewKind,
    /// The loop as shown.
    pub snapshot: Arc<Snapshot>,
    /// The policy in force.
    pub policy: Arc<Policy>,
    /// The newest view while the screen is held still; `None` when live.
    pub held: Option<View>,
    /// True when the screen is held still.
    pub paused: bool,
    /// How the inbox is sorted.
    pub order: InboxOrder,
    /// First visible row of the diff.
    pub scroll: usize,
    /// The review, when it is open.
    pub review: Option<Review>,
    /// What lies over everything.
    pub modal: Option<Modal>,
    /// How far that stood on the screen.
    pub standing: WindowState,
    /// One sentence for the person.
    pub notice: Option<Notice>,
    /// What is known of changes, for the current approved tip.
    pub assessments: HashMap<ExperimentId, Arc<Assessment>>,
    /// Why a change cannot be shown.
    pub failures: HashMap<ExperimentId, String>,
    /// The rows of the diff that is shown.
    pub doc: Option<DiffDoc>,
    /// How the curves are looked at.
    pub plot: Plot,
    /// The list of runs.
    pub runs: RunList,
    /// Curves from the archive.
    pub shelf: CurveCache,
    /// What is derived of the curves that are shown.
    pub derived: Derived,
    /// The segment of the results that is shown, by its index; `None` follows the newest.
    pub segment: Option<usize>,
    /// First and last (exclusive) experiment of the progress picture; `None` for all of the segment.
    pub span: Option<(usize, usize)>,
    /// Where what a view shows is saved.
    pub save_in: PathBuf,
    /// The person's home; `None` where it is not known.
    pub home: Option<PathBuf>,
    /// What keys mean.
    pub keymap: Keymap,
    /// The themes.
    pub themes: Themes,
    /// What is wrong with the person's configuration, a sentence each.
    pub troubles: Vec<String>,
    /// The experiment that the next one is compared with.
    pub marked: Option<ExperimentId>,
    /// Words that were searched for; empty without a search.
    pub searched: String,
    /// What differs between two experiments, when that was asked for.
    pub comparison: Option<Arc<Comparison>>,
    /// What happened since the last visit; `None` on the first one.
    pub since: Option<Since>,
    /// The last visit, until there is a snapshot to hold it against.
    pub visit: Option<Visit>,
    /// How busy the machine is; `None` until it was looked at.
    pub host: Option<Host>,
    /// Other experiments in the same place, by change.
    pub related: HashMap<ExperimentId, Arc<Related>>,
    /// The few that matter, as of the last time they were asked for.
    pub few: Option<Arc<Shortlist>>,
    /// Every knob, as of the last time it was asked for.
    pub knobs: Option<Arc<Knobs>>,
    /// The selected row of instruments and knobs.
    pub row: usize,
    /// What the desk works on right now.
    pub deciding: HashSet<ExperimentId>,
    /// How changes are read.
    pub reading: DiffView,
    /// The whole files of the change that is shown; `None` until they came.
    pub texts: Option<Arc<Texts>>,
    /// The syntax of its lines.
    pub colouring: Colouring,
    /// The words that differ in its lines.
    pub wording: Wording,
    /// What of changes was on the screen.
    pub seen: SeenLines,
    /// What the terminal said of how wide it draws signs.
    pub signs: Signs,
    /// What the person's amendments make of changes, for the current approved tip.
    pub amended: HashMap<ExperimentId, Vec<Arc<Assessment>>>,
    /// What was written and not decided yet.
    pub drafts: Drafts,
    pub(super) upkeep: super::queue::Upkeep,
    /// What the reading is of.
    pub(super) read_of: Option<Review>,
    /// Where the cursor goes when the change is there again.
    pub(super) place_wanted: Option<ScreenPlace>,
    pub(super) texts_asked: Option<(TreeId, TreeId)>,
    pub(super) amend_asked: Option<(ExperimentId, Arc<Amendment>)>,
    /// Proposals that were refused while the screen was open: the name and why, visible text, newest last.
    pub refused: Vec<(String, String)>,
    /// What calling the person goes by.
    pub called: super::Called,
    /// Milliseconds since the epoch.
    pub now_ms: i64,
    pub(super) taking: super::steering::IntakeNotice,
    pub(super) selection: Selection,
    pub(super) subject: super::swapped::KeyTarget,
    pub(super) asked: HashSet<ExperimentId>,
    pub(super) reverting: Option<ExperimentId>,
    /// What a revert would commit, while it is read.
    pub(super) revert: Option<Arc<Assessment>>,
    /// What follows from the veto that is being written.
    pub(super) follows: Option<WhatIf>,
    pub(super) related_asked: Option<(ExperimentId, usize)>,
    pub(super) few_asked: Option<(Option<CommitId>, usize)>,
    pub(super) knobs_asked: Option<(usize, usize)>,
    /// True after the first key or click: where the person is now is where they went.
    pub(super) has_moved: bool,
    /// True while the desk ends an interrupted decision, and after it could not.
    pub(super) ending: bool,
}

impl State {
    /// The state at the start.
    pub fn new(size: (u16, u16), view: &View, now_ms: i64) -> Self {
        let mut state = Self {
            size,
            view: ViewKind::Inbox,
            snapshot: Arc::clone(&view.snapshot),
            policy: Arc::clone(&view.policy),
            held: None,
            paused: false,
            order: InboxOrder::default(),
            scroll: 0,
            review: None,
            modal: None,
            standing: WindowState::default(),
            notice: None,
            assessments: HashMap::new(),
            failures: HashMap::new(),
            doc: None,
            plot: Plot::default(),
            runs: RunList::default(),
            shelf: CurveCache::default(),
            derived: Derived::default(),
            segment: None,
            span: None,
            save_in: PathBuf::new(),
            home: None,
            keymap: Keymap::default(),
            themes: Themes::default(),
            troubles: Vec::new(),
            marked: None,
            searched: String::new(),
            comparison: None,
            since: None,
            visit: None,
            host: None,
            related: HashMap::new(),
            few: None,
            knobs: None,
            row: 0,
            deciding: HashSet::new(),
            reading: DiffView::default(),
            texts: None,
            colouring: Colouring::default(),
            wording: Wording::default(),
            seen: SeenLines::default(),
            signs: Signs::default(),
            amended: HashMap::new(),
            drafts: Drafts::default(),
            upkeep: super::queue::Upkeep { drafts_changed: false, counted_ms: now_ms },
            read_of: None,
            place_wanted: None,
            texts_asked: None,
            amend_asked: None,
            refused: Vec::new(),
            called: super::Called { key_ms: now_ms, ..super::Called::default() },
            now_ms,
            taking: super::steering::IntakeNotice::default(),
            selection: Selection::new(),
            subject: super::swapped::KeyTarget::default(),
            asked: HashSet::new(),
            reverting: None,
            revert: None,
            follows: None,
            related_asked: None,
            few_asked: None,
            knobs_asked: None,
            has_moved: false,
            ending: false,
        };
        super::runs::refresh(&mut state);
        super::among_runs::leave_views_of_a_loop(&mut state);
        state.repair_selection(None);
        state
    }

    /// Where everything of the current screen is.
    pub fn shape(&self) -> ScreenLayout {
        let sheet = match &self.review {
            None => FullScreen::None,
            Some(review) if review.against.is_some() => FullScreen::Comparison,
            Some(_) => FullScreen::Review,
        };
        let told = match self.view {
            ViewKind::Runs => u16::try_from(self.runs.rows().len()).unwrap_or(u16::MAX),
            _ if self.snapshot.proposals.is_empty() => 0,
            _ => super::layout::ASKS,
        };
        shape(self.size.0, self.size.1, self.view, sheet, told)
    }

    /// Where a key is pressed now.
    pub fn context(&self) -> Context {
        if self.review.is_some() {
            return Context::Review;
        }
        self.view.context()
    }

    /// The loop as it is known, also while the screen is held still.
    pub fn newest(&self) -> &Snapshot {
        self.held.as_ref().map_or(&self.snapshot, |held| &held.snapshot)
    }

    /// The experiment whose change is on the screen.
    pub fn shown(&self) -> Option<usize> {
        match &self.review {
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
        panel(&self.snapshot, &self.policy, self.host.as_ref(), self.now_ms)
    }

    /// The knobs of the shown segment; `None` until they are known.
    pub fn shown_knobs(&self) -> Option<&Knobs> {
        self.knobs.as_deref().filter(|knobs| knobs.segment == self.snapshot.shown)
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
        let (knob, value) = *self.knob_rows().get(self.row)?;
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
        self.review.is_some() || self.view == ViewKind::Inbox
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
        self.upkeep.drafts_changed = true;
        self.drafts.edit(id)
    }

    /// Rows of diff text that fit.
    pub fn diff_height(&self) -> usize {
        self.shape().diff.below_title().height as usize
    }
}
