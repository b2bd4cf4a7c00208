//! A person's decision before it is carried out: what was shown, and what the person entered.

use std::fmt;

use super::{Candidate, Comment, CommitId, CommitText, DecisionKind, ExperimentId, Gate, ProposalRef};

/// An approval, or the revert of one: a candidate as it was shown, and what the person entered.
#[derive(Clone, Debug)]
pub struct Approval {
    /// The candidate to commit.
    pub candidate: Candidate,
    /// Commit before the change: the experiment's base, or the reverted commit's parent.
    pub base: CommitId,
    /// The parts of the commit message.
    pub text: CommitText,
    /// The reason; may be empty for an approval.
    pub reason: String,
    /// Words of the critical findings that the person typed.
    pub acknowledged: Vec<String>,
    /// Number of hunks that were never on the screen.
    pub hunks_unseen: usize,
    /// Seconds the change was shown on the screen; `None` if it was not.
    pub on_screen_s: Option<u32>,
    /// The proposal it answers, as it was shown; `None` if no agent asked.
    pub proposal: Option<ProposalRef>,
    /// Comments on lines.
    pub comments: Vec<Comment>,
}

/// A decision that commits nothing.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The experiment it is about.
    pub experiment: ExperimentId,
    /// Its commit, which stays pinned; `None` if it has none.
    pub head: Option<CommitId>,
    /// The proposal it answers, as it was shown; `None` if no agent asked.
    pub proposal: Option<ProposalRef>,
    /// Vetoed, changes requested, stale, or, at the run gate, approved.
    pub kind: DecisionKind,
    /// The reason; required for a veto.
    pub reason: String,
    /// Comments on lines.
    pub comments: Vec<Comment>,
    /// Words of the critical findings that the person typed.
    pub acknowledged: Vec<String>,
    /// Seconds the change was shown on the screen; `None` if it was not.
    pub on_screen_s: Option<u32>,
}

/// Questions to an agent: its proposal stays pending.
#[derive(Clone, Debug)]
pub struct Questions {
    /// The proposal, as it was shown.
    pub proposal: ProposalRef,
    /// The questions themselves.
    pub comments: Vec<Comment>,
}

impl Questions {
    /// The refusal of an empty question.
    pub const EMPTY: &str = "type the question; the change stays pending";
}

impl Answer {
    /// The refusal of a veto without a reason.
    pub const NO_REASON: &str = "a veto needs a reason: the next reader will ask why";
    /// The refusal of requested changes without any.
    pub const NO_CHANGES: &str = "describe what should change; the agent reads it";
    /// The refusal of an answer that nobody asked for.
    pub const NO_AGENT: &str = "no agent is waiting on this change";

    /// A veto of a change that no agent asked about.
    pub fn veto(experiment: ExperimentId, head: Option<CommitId>, reason: &str) -> Self {
        Self {
            experiment,
            head,
            proposal: None,
            kind: DecisionKind::Vetoed,
            reason: reason.to_owned(),
            comments: Vec::new(),
            acknowledged: Vec::new(),
            on_screen_s: None,
        }
    }

    /// The gate it answers at: the proposal's, or the keep gate if no agent asked.
    pub fn gate(&self) -> Gate {
        self.proposal.as_ref().map_or(Gate::Keep, |asked| asked.gate)
    }
}

/// The result of collecting messages from the mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntakeReport {
    /// Number of new proposals.
    pub accepted: usize,
    /// Refused messages: name and reason. Visible text.
    pub refused: Vec<(String, String)>,
    /// Number of proposals that were answered without a person: by policy, as stale, or as expired.
    pub answered: usize,
    /// The reason why the policy's key could not sign an answer; a person is asked instead.
    pub unsigned: Option<String>,
    /// Messages that could not be collected or removed now and stay where they are: name and reason, at most a hundred.
    /// Visible text.
    pub left: Vec<(String, String)>,
    /// Number of messages that stay where they are, including those from earlier attempts.
    pub stuck: usize,
    /// True if there may be more to collect.
    pub more: bool,
}

impl IntakeReport {
    /// The reason why a gate asks a person, from the reason why its answer was not signed.
    pub fn unsigned_text(why: impl fmt::Display) -> String {
        format!("the gate asks a person because its answer cannot be signed: {why}")
    }
}
