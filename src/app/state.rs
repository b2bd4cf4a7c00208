//! Everything the screen is drawn from.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::select::Selection;
use super::{Confirm, Context, DiffDoc, InboxOrder, Shape, VetoPrompt, shape};
use crate::model::{ExperimentId, Snapshot};
use crate::observe::View;
use crate::policy::Policy;
use crate::query::Judgement;

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
}

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Something is done.
    Good,
    /// Something could not be done.
    Bad,
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
    /// A veto being written.
    Veto(Box<VetoPrompt>),
}

/// The review, full screen over a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The experiment.
    pub experiment: ExperimentId,
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
    /// One sentence for the person.
    pub notice: Option<Notice>,
    /// What is known of changes, for the current approved tip.
    pub judgements: HashMap<ExperimentId, Arc<Judgement>>,
    /// Why a change cannot be shown.
    pub failures: HashMap<ExperimentId, String>,
    /// The rows of the diff that is shown.
    pub doc: Option<DiffDoc>,
    /// Which metric the curve shows, counted through the trial's metrics.
    pub metric: usize,
    /// What the desk works on right now.
    pub deciding: HashSet<ExperimentId>,
    /// Milliseconds since the epoch.
    pub now_ms: i64,
    pub(super) selection: Selection,
    pub(super) asked: HashSet<ExperimentId>,
    pub(super) seen: HashMap<(ExperimentId, crate::model::TreeId), HashSet<usize>>,
    pub(super) reverting: Option<ExperimentId>,
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
            notice: None,
            judgements: HashMap::new(),
            failures: HashMap::new(),
            doc: None,
            metric: 0,
            deciding: HashSet::new(),
            now_ms,
            selection: Selection::new(),
            asked: HashSet::new(),
            seen: HashMap::new(),
            reverting: None,
        };
        state.repair_selection(None);
        state
    }

    /// Where everything of the current screen is.
    pub fn shape(&self) -> Shape {
        shape(self.size.0, self.size.1, self.view, self.review.is_some())
    }

    /// Where a key is pressed now.
    pub fn context(&self) -> Context {
        if self.review.is_some() {
            return Context::Review;
        }
        match self.view {
            ViewKind::Inbox => Context::Inbox,
            ViewKind::Curves => Context::Curves,
            ViewKind::Progress => Context::Progress,
            ViewKind::Lineage => Context::Lineage,
        }
    }

    /// The experiment whose change is on the screen.
    pub fn shown(&self) -> Option<usize> {
        match &self.review {
            Some(review) => self.snapshot.index_of(&review.experiment),
            None => self.selected(),
        }
    }

    /// True when the screen shows a diff.
    pub fn shows_diff(&self) -> bool {
        self.review.is_some() || self.view == ViewKind::Inbox
    }

    /// Rows of diff text that fit.
    pub fn diff_height(&self) -> usize {
        self.shape().diff.below_title().height as usize
    }
}
