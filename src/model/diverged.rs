//! An approved branch that is not where the last decision left it.

use super::{ApprovedCommit, CommitId, FileChange, Finding, critical_words};

/// What somebody did to the approved branch, and what a person can do about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Diverged {
    /// Short name of the branch.
    pub branch: String,
    /// Where the last decision left it.
    pub expected: CommitId,
    /// Where it is; `None` when it is gone.
    pub found: Option<CommitId>,
    /// Commits that no decision made, newest first; without those that were approved.
    pub commits: Vec<ApprovedCommit>,
    /// What they change, against the tip that was left.
    pub files: Vec<FileChange>,
    /// What stands out in it.
    pub findings: Vec<Finding>,
    /// True when the branch can be adopted as it is: nothing that was approved is missing from it.
    pub is_adoptable: bool,
}

impl Diverged {
    /// Words that must be typed before it is adopted: those of its critical findings, each once.
    pub fn words(&self) -> Vec<&'static str> {
        critical_words(&self.findings)
    }
}

/// What a person does about a foreign tip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Its commits become part of the approved branch.
    Adopt,
    /// The branch goes back to where the last decision left it.
    Restore,
}

impl Remedy {
    /// The word people see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Adopt => "adopted",
            Self::Restore => "restored",
        }
    }
}
