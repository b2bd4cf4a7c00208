//! What a person answered.

use serde::{Deserialize, Serialize};

use super::{Comment, CommitId, ExperimentId, Gate, HunkVerdict, ProposalId, TreeId};

/// The kinds of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// Committed as shown.
    Approved,
    /// A part of it was committed.
    Partial,
    /// Refused; the change stays pinned.
    Vetoed,
    /// Sent back to the agent with comments.
    ChangesRequested,
    /// An approved commit was undone by a new commit.
    Reverted,
    /// It does not fit the approved branch any more: the agent may propose it again on the new base.
    Stale,
    /// Nobody answered in the time that the policy gives.
    Expired,
}

impl DecisionKind {
    /// The word people and programs see.
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

/// One decision, as the ledger holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The experiment it is about.
    pub experiment: ExperimentId,
    /// The answer.
    pub kind: DecisionKind,
    /// Where the loop waited; [`Gate::Keep`] also where it did not.
    pub gate: Gate,
    /// The proposal it answers; `None` in a loop that only was observed.
    pub proposal: Option<ProposalId>,
    /// True when no person decided: a gate that is `auto` answered, or a fact did.
    pub by_policy: bool,
    /// What was said of lines.
    pub comments: Vec<Comment>,
    /// Commit made on the approved branch; `None` where none was.
    pub commit: Option<CommitId>,
    /// Tree that was committed; `None` where none was.
    pub tree: Option<TreeId>,
    /// True when that tree is the very tree the loop measured.
    pub measured_as_is: bool,
    /// Hunks that were not taken as they were proposed; empty unless it is partial.
    pub hunks: Vec<HunkVerdict>,
    /// Seconds that the change was on the screen; `None` where there was none.
    pub on_screen_s: Option<u32>,
    /// Who decided: `Name <mail>` from the person's own git configuration; `policy` where no person did.
    pub reviewer: String,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Why; empty when no reason was given.
    pub reason: String,
    /// Sequence number in the ledger.
    pub seq: u64,
}

impl Decision {
    /// True when the decision stands as an approval of a commit.
    pub fn is_approval(&self) -> bool {
        matches!(self.kind, DecisionKind::Approved | DecisionKind::Partial) && self.commit.is_some()
    }

    /// True when it settles whether a change becomes a commit. What was sent back, went stale or was
    /// let through by policy may still be asked again.
    pub fn settles(&self) -> bool {
        self.gate == Gate::Keep && !self.by_policy && self.kind.is_final()
    }
}

impl DecisionKind {
    /// True when the same change is not asked about again.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Approved | Self::Partial | Self::Vetoed | Self::Reverted)
    }
}
