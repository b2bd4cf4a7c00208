//! A person's decisions.

use serde::{Deserialize, Serialize};

use super::{Comment, CommitId, ExperimentId, Gate, HunkVerdict, ProposalId, TreeId};

/// The kinds of decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// Committed as shown.
    Approved,
    /// Committed in part.
    Partial,
    /// Refused; the change stays pinned.
    Vetoed,
    /// Sent back to the agent with comments.
    ChangesRequested,
    /// Undone by a new commit after it was approved.
    Reverted,
    /// No longer applies to the approved branch: the agent may propose it again on the new base.
    Stale,
    /// Not answered within the time set by the policy.
    Expired,
}

impl DecisionKind {
    /// The word shown to people and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Partial => "partial",
            Self::Vetoed => "vetoed",
            Self::ChangesRequested => "changes requested",
            Self::Reverted => "reverted",
            Self::Stale => "stale",
            Self::Expired => "expired",
        }
    }
}

/// One decision, as recorded in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The experiment it is about.
    pub experiment: ExperimentId,
    /// The kind of decision.
    pub kind: DecisionKind,
    /// The gate at which the loop waited; [`Gate::Keep`] if it did not wait.
    pub gate: Gate,
    /// The proposal it answers; `None` in a loop that was only watched.
    pub proposal: Option<ProposalId>,
    /// True if no person decided: an `auto` gate did, or the state of the branch.
    pub by_policy: bool,
    /// Comments on lines.
    pub comments: Vec<Comment>,
    /// Commit made on the approved branch; `None` if none was made.
    pub commit: Option<CommitId>,
    /// Tree that was committed; `None` if none was.
    pub tree: Option<TreeId>,
    /// True if that tree is exactly the tree the loop measured.
    pub measured_as_is: bool,
    /// Hunks that were not taken as proposed; empty unless the approval is partial.
    pub hunks: Vec<HunkVerdict>,
    /// Seconds the change was shown on the screen; `None` if it was not.
    pub on_screen_s: Option<u32>,
    /// The person who decided: `Name <mail>` from the person's own git configuration; `policy` if no person did.
    pub reviewer: String,
    /// Time of the decision, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The reason; empty if none was given.
    pub reason: String,
    /// Sequence number in the ledger.
    pub seq: u64,
}

impl Decision {
    /// True if the decision approves a commit and stands.
    pub fn is_approval(&self) -> bool {
        matches!(self.kind, DecisionKind::Approved | DecisionKind::Partial) && self.commit.is_some()
    }

    /// True if it settles whether a change becomes a commit. A change that was sent back, went stale or was let through
    /// by policy may still be decided.
    pub fn settles(&self) -> bool {
        self.gate == Gate::Keep && !self.by_policy && self.kind.is_final()
    }
}

impl DecisionKind {
    /// True if the same change will not be asked about again.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Approved | Self::Partial | Self::Vetoed | Self::Reverted)
    }
}
