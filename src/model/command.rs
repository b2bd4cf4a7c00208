//! Commands from a person to the decision thread.

use super::{Answer, Approval, Diverged, Goal, Questions, Remedy, Spent};

/// An action that writes to the ledger, a branch, the policy or the agent's mailbox. Commands are executed one at a
/// time, in the order given.
#[derive(Clone, Debug)]
pub enum Command {
    /// Commit a candidate.
    Approve(Box<Approval>),
    /// Record a decision that commits nothing.
    Answer(Box<Answer>),
    /// Put questions to the agent.
    Question(Questions),
    /// Collect the proposals in the agent's mailbox, given what this loop has spent so far.
    CollectProposals(Spent),
    /// Send the agent everything again that did not reach it.
    Republish,
    /// Leave a note for the agent.
    Note(String),
    /// Pause the loops.
    Pause {
        /// The reason, which the agent reads; may be empty.
        reason: String,
    },
    /// Resume the loops.
    Resume {
        /// The reason, which the agent reads; may be empty.
        reason: String,
        /// The amount this loop has spent so far.
        spent: Spent,
    },
    /// Stop the running trial.
    StopTrial,
    /// Inspect a diverged approved branch.
    FindDiverged,
    /// Adopt or restore the approved branch.
    SettleDiverged(Box<SettleDiverged>),
    /// Complete an interrupted decision.
    Recover,
    /// Write the direction of a metric into the person's policy.
    PickDirection(String, Goal),
    /// Write the path of the results table to use into the person's policy.
    PickTable(String),
}

impl Command {
    /// The reason why no agent gets a note, or asks at a gate.
    pub const NO_MAILBOX: &str = "this loop has no mailbox (countersign init creates it)";
    /// The refusal to stop a trial where none is running.
    pub const NO_TRIAL: &str = "no trial is running";
    /// The refusal to stop a trial without a rule for it.
    pub const NO_STOP: &str = "the policy does not define how to stop a trial (stop_trial)";

    /// True for a decision about an experiment.
    pub fn decides(&self) -> bool {
        matches!(self, Self::Approve(_) | Self::Answer(_))
    }

    /// Returns its name, for the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Approve(_) => "approve",
            Self::Answer(_) => "answer",
            Self::Question(_) => "question",
            Self::CollectProposals(_) => "collect proposals",
            Self::Republish => "publish again",
            Self::Note(_) => "note",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::StopTrial => "stop trial",
            Self::FindDiverged => "find diverged",
            Self::SettleDiverged(_) => "settle diverged",
            Self::Recover => "recover",
            Self::PickDirection(..) => "write direction",
            Self::PickTable(_) => "write table",
        }
    }
}

/// A person's decision about a diverged approved branch.
#[derive(Clone, Debug)]
pub struct SettleDiverged {
    /// The divergence as it was shown.
    pub shown: Diverged,
    /// The chosen remedy.
    pub remedy: Remedy,
    /// The reason; may be empty.
    pub reason: String,
    /// Words of the critical findings that the person typed.
    pub typed: Vec<String>,
}
