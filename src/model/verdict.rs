//! A person's decision on its way to be made: what was shown, and what the person said of it.

use super::{Candidate, Comment, CommitId, CommitText, DecisionKind, ExperimentId, Gate, ProposalRef};

/// An approval, or the revert of one: a candidate as it was shown, and what the person said.
#[derive(Clone, Debug)]
pub struct Approval {
    /// What is committed.
    pub candidate: Candidate,
    /// Commit before the change: the experiment's base, or the reverted commit's parent.
    pub base: CommitId,
    /// What the message is made of.
    pub text: CommitText,
    /// Why; may be empty for an approval.
    pub reason: String,
    /// Words of the critical findings that the person typed.
    pub acknowledged: Vec<String>,
    /// Hunks that were never on the screen.
    pub hunks_unseen: usize,
    /// Seconds that the change was on the screen; `None` where there was none.
    pub on_screen_s: Option<u32>,
    /// The proposal it answers, as it was shown; `None` where nobody asked.
    pub proposal: Option<ProposalRef>,
    /// What was said of lines.
    pub comments: Vec<Comment>,
}

/// A decision that commits nothing.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it is about.
    pub experiment: ExperimentId,
    /// Its commit, which stays pinned; `None` when it has none.
    pub head: Option<CommitId>,
    /// The proposal it answers, as it was shown; `None` where nobody asked.
    pub proposal: Option<ProposalRef>,
    /// Vetoed, changes requested, stale, or, at the run gate, approved.
    pub kind: DecisionKind,
    /// Why; a veto needs it.
    pub reason: String,
    /// What is said of lines.
    pub comments: Vec<Comment>,
    /// Words of the critical findings that the person typed.
    pub acknowledged: Vec<String>,
    /// Seconds that the change was on the screen; `None` where there was none.
    pub on_screen_s: Option<u32>,
}

/// Questions to an agent: the proposal stays pending.
#[derive(Clone, Debug)]
pub struct Questions {
    /// The proposal, as it was shown.
    pub proposal: ProposalRef,
    /// What is asked.
    pub comments: Vec<Comment>,
}

impl Answer {
    /// A veto of what nobody asked about.
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

    /// The gate it answers at: the proposal's, or the keep gate where nobody asked.
    pub fn gate(&self) -> Gate {
        self.proposal.as_ref().map_or(Gate::Keep, |asked| asked.gate)
    }
}

/// What was taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// Proposals that are new.
    pub taken: usize,
    /// What was refused: the name and why. Visible text.
    pub refused: Vec<(String, String)>,
    /// Proposals that were answered without a person: by policy, as stale, or as expired.
    pub answered: usize,
    /// Why the policy's key could not sign an answer: a person is asked instead.
    pub unsigned: Option<String>,
    /// What could not be taken in or away just now, and stays where it is: the name and why, a hundred at the
    /// most. Visible text.
    pub left: Vec<(String, String)>,
    /// How many messages stay where they are, with those that were tried earlier.
    pub stuck: usize,
    /// True when there may be more to take in.
    pub more: bool,
}
