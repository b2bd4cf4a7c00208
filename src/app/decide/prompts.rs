//! The windows of decisions as data: what each asks, and what was typed so far.

use std::sync::Arc;

use crate::app::TypedReply;
use crate::model::{
    AgentText, Built, Candidate, CandidateKind, CommentKind, Diverged, ExperimentId, FileSide, Goal, Proposal, Remedy,
    critical_words,
};
use crate::query::{Assessment, Consequences};

/// The kind of answer being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// Refuses the change.
    Veto,
    /// Sends the change back with comments.
    Changes,
    /// Asks a question; the change stays pending.
    Question,
    /// Sends the change back to be measured on the approved tip.
    Remeasure,
}

impl AnswerKind {
    /// Returns the title of the window.
    pub fn title(self) -> &'static str {
        match self {
            Self::Veto => "veto",
            Self::Changes => "request changes to",
            Self::Question => "ask about",
            Self::Remeasure => "re-measure",
        }
    }
}

/// An answer being written.
#[derive(Clone, Debug)]
pub struct AnswerPrompt {
    /// The kind of answer.
    pub kind: AnswerKind,
    /// The experiment it is about.
    pub experiment: ExperimentId,
    /// The text.
    pub reply: TypedReply,
    /// Suggested reasons for a veto: from the findings, then the person's earlier reasons; visible text.
    pub suggestions: Vec<String>,
    /// Index of the suggestion in the input; `None` before the first Tab.
    pub suggestion: Option<usize>,
    /// Consequences of a veto; `None` while they are being computed.
    pub what_if: Option<Consequences>,
}

/// A comment on a line being written; the arrow keys choose the line.
#[derive(Clone, Debug)]
pub struct CommentPrompt {
    /// The experiment it is about.
    pub experiment: ExperimentId,
    /// The row of the diff.
    pub row: usize,
    /// The commented line: its file, side and text.
    pub target: (AgentText, FileSide, AgentText),
    /// The line number at the time it was chosen.
    pub line: u32,
    /// The kind of comment.
    pub kind: CommentKind,
    /// The text.
    pub reply: TypedReply,
}

/// The commit to confirm, and the input so far.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// The change to approve or revert.
    pub assessment: Arc<Assessment>,
    /// The proposal it answers; `None` if there is none.
    pub proposal: Option<Arc<Proposal>>,
    /// Hunks that were never on the screen, as indices of file and hunk.
    pub unseen: Vec<(usize, usize)>,
    /// Number of excluded hunks that disappeared from the change.
    pub lost_exclusions: usize,
    /// The words of critical findings, and the reason.
    pub reply: TypedReply,
}

impl Confirm {
    pub(in crate::app) fn new(
        assessment: Arc<Assessment>,
        proposal: Option<Arc<Proposal>>,
        unseen: Vec<(usize, usize)>,
    ) -> Self {
        let reply = TypedReply::new(critical_words(&assessment.findings));
        Self { assessment, proposal, unseen, lost_exclusions: 0, reply }
    }

    /// True if an approved commit would be reverted.
    pub fn is_revert(&self) -> bool {
        self.candidate().is_some_and(|candidate| matches!(candidate.kind, CandidateKind::Revert(_)))
    }

    /// Returns the candidate; `None` if it could not be built.
    pub fn candidate(&self) -> Option<&Candidate> {
        match &self.assessment.built {
            Built::Ready(candidate) => Some(candidate),
            _ => None,
        }
    }
}

/// A diverged branch, and the remedy the person chooses.
#[derive(Clone, Debug)]
pub struct DivergedPrompt {
    /// The divergence.
    pub diverged: Diverged,
    /// The remedy that Enter applies.
    pub remedy: Remedy,
    /// The words of critical findings, and the reason.
    pub reply: TypedReply,
}

impl DivergedPrompt {
    pub(super) fn new(diverged: Diverged) -> Self {
        Self { diverged, remedy: Remedy::Restore, reply: TypedReply::new(Vec::new()) }
    }

    /// Switches to the other remedy, if there is one.
    pub(super) fn toggle_remedy(&mut self) {
        let adopts = self.remedy == Remedy::Restore && self.diverged.is_adoptable;
        let is_stuck = self.remedy == Remedy::Restore && !adopts;
        self.remedy = if adopts { Remedy::Adopt } else { Remedy::Restore };
        self.reply = TypedReply::new(if adopts { self.diverged.words() } else { Vec::new() });
        self.reply.complaint = is_stuck.then(|| "it drops approved commits; it can only be restored".to_owned());
    }
}

/// A steering action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steer {
    /// Leaves a note for the agent.
    Note,
    /// Pauses the loop.
    Pause,
    /// Resumes the loop.
    Resume,
    /// Stops the running trial.
    StopTrial,
}

/// A steering action being confirmed.
#[derive(Clone, Debug)]
pub struct SteerPrompt {
    /// The action that Enter performs.
    pub steer: Steer,
    /// The note or reason.
    pub reply: TypedReply,
}

/// A line of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyLine {
    /// The direction in which this metric is better.
    Direction(String, Goal),
    /// The results table to read.
    Table(String),
}

/// A policy line to confirm.
#[derive(Clone, Debug)]
pub struct PolicyPrompt {
    /// The line.
    pub line: PolicyLine,
    /// Enter or Esc.
    pub reply: TypedReply,
}
