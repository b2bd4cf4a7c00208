//! The windows of decisions as data: what each asks, and what was typed so far.

use std::sync::Arc;

use tui_input::Input;

use crate::model::{
    AgentText, Built, Candidate, CandidateKind, CommentKind, Diverged, ExperimentId, FileSide, Goal, Proposal, Remedy,
    critical_words,
};
use crate::query::{Assessment, WhatIf};

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
    /// The text being typed.
    pub input: Input,
    /// Suggested reasons for a veto: from the findings, then the person's earlier reasons; visible text.
    pub at_hand: Vec<String>,
    /// Index of the suggestion in the input; `None` before the first Tab.
    pub taken: Option<usize>,
    /// Consequences of a veto; `None` while they are being computed.
    pub what_if: Option<WhatIf>,
    /// The error of the last Enter.
    pub complaint: Option<String>,
}

/// A comment on a line being written; the arrow keys choose the line.
#[derive(Clone, Debug)]
pub struct CommentPrompt {
    /// The experiment it is about.
    pub experiment: ExperimentId,
    /// The row of the diff.
    pub row: usize,
    /// The commented line: its file, side and text.
    pub on: (AgentText, FileSide, AgentText),
    /// The line number at the time it was chosen.
    pub line: u32,
    /// The kind of comment.
    pub kind: CommentKind,
    /// The text being typed.
    pub input: Input,
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
    pub lost: usize,
    /// Words of critical findings still to be typed.
    pub to_type: Vec<&'static str>,
    /// Words already typed.
    pub typed: Vec<String>,
    /// The word or reason being typed.
    pub input: Input,
    /// The error of the last Enter.
    pub complaint: Option<String>,
}

impl Confirm {
    pub(in crate::app) fn new(
        assessment: Arc<Assessment>,
        proposal: Option<Arc<Proposal>>,
        unseen: Vec<(usize, usize)>,
    ) -> Self {
        let to_type = critical_words(&assessment.findings);
        Self {
            assessment,
            proposal,
            unseen,
            lost: 0,
            to_type,
            typed: Vec::new(),
            input: Input::default(),
            complaint: None,
        }
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
    /// Words of critical findings still to be typed.
    pub to_type: Vec<&'static str>,
    /// Words already typed.
    pub typed: Vec<String>,
    /// The word or reason being typed.
    pub input: Input,
    /// The error of the last Enter.
    pub complaint: Option<String>,
}

impl DivergedPrompt {
    pub(super) fn new(diverged: Diverged) -> Self {
        Self {
            diverged,
            remedy: Remedy::Restore,
            to_type: Vec::new(),
            typed: Vec::new(),
            input: Input::default(),
            complaint: None,
        }
    }

    /// Switches to the other remedy, if there is one.
    pub(super) fn toggle_remedy(&mut self) {
        self.complaint = None;
        self.typed.clear();
        self.input.reset();
        self.remedy = match self.remedy {
            Remedy::Restore if self.diverged.is_adoptable => Remedy::Adopt,
            Remedy::Restore => {
                self.complaint = Some("it drops approved commits; it can only be restored".to_owned());
                Remedy::Restore
            }
            Remedy::Adopt => Remedy::Restore,
        };
        self.to_type = if self.remedy == Remedy::Adopt { self.diverged.words() } else { Vec::new() };
    }
}

/// A steering action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steer {
    /// Leaves a note for the agent.
    Note,
    /// Pauses the loop.
    Hold,
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
    /// The note or reason being typed.
    pub input: Input,
    /// The error of the last Enter.
    pub complaint: Option<String>,
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
}
