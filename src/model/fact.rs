//! What observing brings in. Facts replace what was known of their subject, so applying one twice
//! changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Approved, CommitId, Decision, Goal, History, MetricChoice, PassedOver, Proposal, Question, RecordedSpend, Segment,
    Snapshot, TableReading, Trial, TrialId, fold,
};
use crate::model::fold::followed;

/// The kind of loop that was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopFormat {
    /// A results table with a header, as karpathy's autoresearch and its family write it.
    Autoresearch,
    /// The JSONL log of pi-autoresearch.
    PiAutoresearch,
    /// No results of its own, as far as anybody saw: what is known of it is what its agent proposes.
    Proposals,
    /// Nothing but curves: no loop that anybody would have to decide on.
    Curves,
}

impl LoopFormat {
    /// The name in `status --json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Autoresearch => "autoresearch",
            Self::PiAutoresearch => "pi-autoresearch",
            Self::Proposals => "proposals",
            Self::Curves => "curves",
        }
    }
}

/// What makes a loop the same loop tomorrow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopIdentity {
    /// Absolute path of the work tree.
    pub work_tree: String,
    /// The branch the loop works on, remembered through a detached HEAD.
    pub branch: String,
    /// Path of the results below the work tree.
    pub results: String,
}

impl LoopIdentity {
    /// The loop's short name: the last part of its branch.
    pub fn tag(&self) -> &str {
        self.branch.rsplit('/').next().unwrap_or(&self.branch)
    }

    /// The form that ledger records carry.
    pub fn key(&self) -> String {
        format!("{}\t{}\t{}", self.work_tree, self.branch, self.results)
    }
}

/// Something in a source that could not be read as data, with its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Warning {
    /// Path below the run directory.
    pub path: Arc<str>,
    /// First line, from 1; 0 when it is about the whole file.
    pub line: u64,
    /// Last line, inclusive.
    pub end_line: u64,
    /// What is wrong and what became of it.
    pub message: String,
}

/// A results table or log, as read so far.
#[derive(Clone, Debug)]
pub struct Table {
    /// Path below the run directory.
    pub source: Arc<str>,
    /// What it was recognised as.
    pub format: LoopFormat,
    /// Rows by segment, oldest first. The last one is the current one.
    pub segments: Vec<Segment>,
    /// How it was read.
    pub reading: Arc<TableReading>,
    /// What could not be read.
    pub warnings: Vec<Warning>,
}

impl Table {
    /// The metric that decides in the current segment, by the source itself.
    pub fn choice(&self) -> Option<&MetricChoice> {
        self.segments.last()?.choice.as_ref()
    }
}

/// The agent's door, beside proposals and decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxState {
    /// True when the agent has one.
    pub is_there: bool,
    /// Messages that were put in and nobody took yet.
    pub untaken: usize,
    /// How often that was seen in a row, as of the last time that it was worth trying again.
    pub looks: u64,
    /// Messages that were refused and lie aside; no more than a thousand are counted.
    pub rejected: usize,
    /// Questions that were asked, oldest first.
    pub questions: Vec<Question>,
    /// True while the person holds the loop up: gates that are `auto` wait for a person, too.
    pub paused: bool,
    /// Notes to the agent that no call of its has taken along yet.
    pub notes_waiting: usize,
    /// What loops have spent, by the ledger.
    pub on_record: RecordedSpend,
}

/// Where loops began, by what the person joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Baselines {
    /// The commit at which this loop began when the person joined it; `None` when nobody did.
    pub own: Option<CommitId>,
    /// The same of the loop of this repository that was joined last.
    pub last: Option<CommitId>,
}

/// Who records a loop: pins attempts, and keeps curves before the next run overwrites them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recorder {
    /// Nobody: this process only looks.
    #[default]
    Nobody,
    /// This process, while it runs.
    Here,
    /// Another one; its number, where it is known.
    Other(Option<u32>),
}

/// One thing that observing found.
#[derive(Clone, Debug)]
pub enum Fact {
    /// Which loop this is.
    Identity(LoopIdentity),
    /// The rows of the source.
    Table(Arc<Table>),
    /// The git history around the loop.
    History(Arc<History>),
    /// A training run.
    Trial(Arc<Trial>),
    /// The approved branch as it is.
    Approved(Arc<Approved>),
    /// All decisions of this loop, oldest first.
    Decisions(Arc<Vec<Decision>>),
    /// All proposals of this loop, oldest first.
    Proposals(Arc<Vec<Arc<Proposal>>>),
    /// What else was put to the agent, and what waits at its door.
    Door(Arc<MailboxState>),
    /// Where loops of this repository began.
    Baselines(Baselines),
    /// What the person's policy says of the objective.
    Objective {
        /// Its name; `None` leaves it to the source.
        metric: Option<Arc<str>>,
        /// Its direction; `None` leaves it to the source.
        goal: Option<Goal>,
        /// The best value that can be reached; `None` where nobody knows one.
        bound: Option<f64>,
    },
    /// Who records the loop now.
    Recorder(Recorder),
    /// What was seen beside the curves and not read.
    PassedOver(Arc<Vec<PassedOver>>),
    /// Trials that turned out to be others, or none.
    NoTrials(Vec<TrialId>),
    /// Warnings that belong to no table, by their subject; an empty list takes them back.
    Warnings(&'static str, Vec<Warning>),
}

/// All facts of one loop, and the snapshot that was folded from them last.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub(super) identity: LoopIdentity,
    pub(super) table: Option<Arc<Table>>,
    pub(super) history: Arc<History>,
    pub(super) trials: BTreeMap<TrialId, Arc<Trial>>,
    pub(super) approved: Arc<Approved>,
    pub(super) decisions: Arc<Vec<Decision>>,
    pub(super) proposals: Arc<Vec<Arc<Proposal>>>,
    pub(super) mailbox: Arc<MailboxState>,
    pub(super) baselines: Baselines,
    pub(super) metric: Option<Arc<str>>,
    pub(super) goal: Option<Goal>,
    pub(super) bound: Option<f64>,
    pub(super) recorder: Recorder,
    pub(super) passed_over: Arc<Vec<PassedOver>>,
    pub(super) warnings: BTreeMap<&'static str, Vec<Warning>>,
    folded: Option<Arc<Snapshot>>,
    /// Trials that changed since.
    changed: BTreeSet<TrialId>,
}

impl Facts {
    /// The approved branch as it was last seen.
    pub fn approved(&self) -> &Approved {
        &self.approved
    }

    /// The history as it was read last.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What was seen beside the curves and not read.
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.passed_over
    }

    /// Logs of which a trial is known.
    pub fn logs(&self) -> impl Iterator<Item = &Arc<str>> {
        self.trials.values().map(|trial| &trial.log)
    }

    /// All trials that are known.
    pub fn trial_ids(&self) -> Vec<TrialId> {
        self.trials.keys().copied().collect()
    }

    /// Returns the same snapshot as [`fold()`], at the cost of what changed since the last one: a line of a log costs its
    /// trial, and not the rows.
    pub fn snapshot(&mut self) -> Arc<Snapshot> {
        let changed = std::mem::take(&mut self.changed);
        let before = self.folded.take();
        let snapshot = match before {
            Some(before) if changed.is_empty() => before,
            Some(before) => Arc::new(followed(&before, self, &changed).unwrap_or_else(|| fold(self))),
            None => Arc::new(fold(self)),
        };
        self.folded = Some(Arc::clone(&snapshot));
        snapshot
    }

    /// Takes one fact in.
    pub fn apply(&mut self, fact: Fact) {
        let is_news = match fact {
            Fact::Trial(trial) => {
                // It changes trials alone; whether it changes more is looked at when they are folded.
                self.changed.insert(trial.id);
                self.trials.insert(trial.id, trial);
                false
            }
            Fact::NoTrials(gone) => {
                self.trials.retain(|id, _| !gone.contains(id));
                !gone.is_empty()
            }
            Fact::Identity(identity) => is_new(&mut self.identity, identity),
            Fact::Table(table) => {
                self.table = Some(table);
                true
            }
            Fact::History(history) => {
                self.history = history;
                true
            }
            Fact::Approved(approved) => is_new(&mut self.approved, approved),
            Fact::Decisions(decisions) => {
                self.decisions = decisions;
                true
            }
            Fact::Proposals(proposals) => {
                self.proposals = proposals;
                true
            }
            Fact::Door(mailbox) => is_new(&mut self.mailbox, mailbox),
            Fact::Baselines(baselines) => is_new(&mut self.baselines, baselines),
            Fact::Objective { metric, goal, bound } => {
                is_new(&mut self.metric, metric) | is_new(&mut self.goal, goal) | is_new(&mut self.bound, bound)
            }
            Fact::Recorder(recorder) => is_new(&mut self.recorder, recorder),
            Fact::PassedOver(seen) => is_new(&mut self.passed_over, seen),
            Fact::Warnings(subject, warnings) => is_new(self.warnings.entry(subject).or_default(), warnings),
        };
        if is_news {
            self.folded = None;
        }
    }
}

/// Puts a value in the place of another; true where it is another one.
fn is_new<T: PartialEq>(place: &mut T, value: T) -> bool {
    let is_new = *place != value;
    *place = value;
    is_new
}
