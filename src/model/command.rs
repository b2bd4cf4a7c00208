//! What a person has the desk do.

use super::{Answer, Approval, Diverged, Goal, Questions, Remedy, Spent};

/// Something that ends in the ledger, on a branch, in the policy or at the agent: one at a time, in the order in which
/// they were given.
#[derive(Clone, Debug)]
pub enum Command {
    /// Commit a candidate.
    Approve(Box<Approval>),
    /// Record a decision that commits nothing.
    Answer(Box<Answer>),
    /// Put questions to the agent.
    Question(Questions),
    /// Take in what lies at the agent's door; with what this loop has spent by now.
    TakeIn(Spent),
    /// Tell the agent everything again, where it is not told.
    TellAgain,
    /// Write a note to the agent.
    Tell(String),
    /// Hold the loops.
    Hold {
        /// Why; may be empty. The agent reads it.
        reason: String,
    },
    /// Let the loops go on.
    Resume {
        /// Why; may be empty. The agent reads it.
        reason: String,
        /// What this loop has spent by now.
        spent: Spent,
    },
    /// End the trial that runs.
    StopTrial,
    /// Look what somebody did to the approved branch.
    FindDiverged,
    /// Adopt or restore the approved branch.
    SettleForeign(Box<SettleDiverged>),
    /// End a decision that was interrupted.
    Recover,
    /// Write the direction of a metric into the person's policy.
    PickDirection(String, Goal),
    /// Write which results table is read into the person's policy, by its path.
    PickTable(String),
}

impl Command {
    /// True for a decision about an experiment.
    pub fn decides(&self) -> bool {
        matches!(self, Self::Approve(_) | Self::Answer(_))
    }
}

/// What a person says about an approved branch that somebody moved.
#[derive(Clone, Debug)]
pub struct SettleDiverged {
    /// What was shown.
    pub shown: Diverged,
    /// What to do about it.
    pub remedy: Remedy,
    /// Why; may be empty.
    pub reason: String,
    /// Words of the critical findings that were typed.
    pub typed: Vec<String>,
}
