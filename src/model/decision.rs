//! What a person answered.

use serde::{Deserialize, Serialize};

use super::{CommitId, ExperimentId, TreeId};

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
    /// Commit made on the approved branch; `None` for a veto.
    pub commit: Option<CommitId>,
    /// Tree that was committed; `None` for a veto.
    pub tree: Option<TreeId>,
    /// True when that tree is the very tree the loop measured.
    pub measured_as_is: bool,
    /// Who decided: `Name <mail>` from the person's own git configuration.
    pub reviewer: String,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Why; empty when no reason was given.
    pub reason: String,
    /// Sequence number in the ledger.
    pub seq: u64,
}
