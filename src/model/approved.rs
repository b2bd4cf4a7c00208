//! The approved branch, as the views show it.

use super::{AgentText, CommitId};

/// One commit of the approved branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedCommit {
    /// Its id.
    pub commit: CommitId,
    /// First line of its message.
    pub subject: AgentText,
    /// Committer time in milliseconds since the epoch.
    pub at_ms: i64,
    /// True if a decision in the ledger made it.
    pub in_ledger: bool,
    /// True if somebody else made it and a person adopted it.
    pub is_adopted: bool,
    /// `Name <mail>` of who adopted it; `None` if it did not have to be adopted.
    pub adopted_by: Option<String>,
}

/// The state of the approved branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approved {
    /// Short name, e.g. `countersign/approved`.
    pub branch: String,
    /// Its tip; `None` if the branch does not exist yet.
    pub tip: Option<CommitId>,
    /// The commit it was created at; `None` if it does not exist yet.
    pub start: Option<CommitId>,
    /// Its commits since the start, newest first, by first parent.
    pub commits: Vec<ApprovedCommit>,
    /// True if a decision was interrupted and has to be completed.
    pub interrupted: bool,
    /// True if the branch diverged: a person can adopt or restore it.
    pub diverged: bool,
    /// The reason why no decision can be made now, with the remedy; `None` if there is none.
    pub trouble: Option<String>,
}

impl Approved {
    /// The default branch that approvals move.
    pub const DEFAULT_BRANCH: &'static str = "countersign/approved";
}
