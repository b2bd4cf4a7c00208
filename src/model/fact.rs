//! The results of watching. A fact replaces what was known of its subject, so applying it twice changes nothing.

use std::sync::Arc;

use super::{
    Approved, CommitId, Decision, Goal, History, MetricChoice, PassedOver, Proposal, Question, RecordedSpend, Segment,
    TableInterpretation, Trial, TrialId, Warning,
};

/// The kind of loop that was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopFormat {
    /// A results table with a header, as karpathy's autoresearch and its family write it.
    Autoresearch,
    /// The JSONL log of pi-autoresearch.
    PiAutoresearch,
    /// No results of its own have been found: all that is known comes from its agent's proposals.
    Proposals,
    /// Only curves, without a loop to decide on.
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

/// The identity of a loop across sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopIdentity {
    /// Absolute path of the work tree.
    pub work_tree: String,
    /// The branch the loop works on, kept through a detached HEAD.
    pub branch: String,
    /// Path of the results below the work tree.
    pub results: String,
}

impl LoopIdentity {
    /// The loop's short name: the last part of its branch.
    pub fn tag(&self) -> &str {
        self.branch.rsplit('/').next().unwrap_or(&self.branch)
    }

    /// The form used in ledger records.
    pub fn key(&self) -> String {
        format!("{}\t{}\t{}", self.work_tree, self.branch, self.results)
    }
}

/// A results table or log, as read so far.
#[derive(Clone, Debug)]
pub struct Table {
    /// Path below the run directory.
    pub source: Arc<str>,
    /// The format it was recognised as.
    pub format: LoopFormat,
    /// Rows by segment, oldest first. The last one is the current one.
    pub segments: Vec<Segment>,
    /// The interpretation of its columns and words.
    pub reading: Arc<TableInterpretation>,
    /// The parts that could not be read.
    pub warnings: Vec<Warning>,
}

impl Table {
    /// The metric that decides in the current segment, according to the source itself.
    pub fn choice(&self) -> Option<&MetricChoice> {
        self.segments.last()?.choice.as_ref()
    }
}

/// The state of the agent's mailbox, besides proposals and decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxState {
    /// True if the agent has a mailbox.
    pub is_there: bool,
    /// Number of messages that have not been collected.
    pub unread: usize,
    /// Number of times in a row that was seen, as of the last time a retry was due.
    pub attempts: u64,
    /// Number of messages that were rejected and set aside; at most a thousand are counted.
    pub rejected: usize,
    /// Questions to the agent, oldest first.
    pub questions: Vec<Question>,
    /// True while the person has paused the loop: `auto` gates wait for a person, too.
    pub paused: bool,
    /// Number of notes that the agent has not collected yet.
    pub notes_waiting: usize,
    /// The amounts loops have spent, according to the ledger.
    pub on_record: RecordedSpend,
}

impl MailboxState {
    /// The words for a paused loop.
    pub const PAUSED: &str = "the loop is paused";
}

/// The commits at which loops began, as recorded when the person joined them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Baselines {
    /// The commit at which this loop began when the person joined it; `None` if nobody joined it.
    pub own: Option<CommitId>,
    /// The same for the loop of this repository that was joined last.
    pub last: Option<CommitId>,
}

/// The process that records a loop: it pins attempts, and keeps curves before the next run overwrites them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recorder {
    /// Nobody: this process only watches.
    #[default]
    Absent,
    /// This process, while it runs.
    Here,
    /// Another process; its process id, if known.
    Other(Option<u32>),
}

/// One result of watching.
#[derive(Clone, Debug)]
pub enum Fact {
    /// The identity of the loop.
    Identity(LoopIdentity),
    /// The rows of the source.
    Table(Arc<Table>),
    /// The git history around the loop.
    History(Arc<History>),
    /// One training run.
    Trial(Arc<Trial>),
    /// The state of the approved branch.
    Approved(Arc<Approved>),
    /// All decisions of this loop, oldest first.
    Decisions(Arc<Vec<Decision>>),
    /// All proposals of this loop, oldest first.
    Proposals(Arc<Vec<Arc<Proposal>>>),
    /// The rest of the agent's mailbox: questions, notes, uncollected messages.
    Mailbox(Arc<MailboxState>),
    /// The commits at which loops of this repository began.
    Baselines(Baselines),
    /// The objective according to the person's policy.
    Objective {
        /// Its name; `None` leaves it to the source.
        metric: Option<Arc<str>>,
        /// Its direction; `None` leaves it to the source.
        goal: Option<Goal>,
        /// The best value that can be reached; `None` if not known.
        bound: Option<f64>,
    },
    /// The process that records the loop.
    Recorder(Recorder),
    /// Files and directories found next to the curves and not read.
    PassedOver(Arc<Vec<PassedOver>>),
    /// Trials that turned out to be another trial, or none.
    RemovedTrials(Vec<TrialId>),
    /// Warnings that belong to no table, by subject; an empty list clears them.
    Warnings(&'static str, Vec<Warning>),
}
