//! An approved branch that is not where the last decision left it.

use super::{ApprovedCommit, CommitId, FileChange, Finding, critical_words};

/// The difference between the approved branch and the last decision, with the possible remedies.
#[derive(Clone, Debug, PartialEq)]
pub struct Diverged {
    /// Short name of the branch.
    pub branch: String,
    /// The commit at which the last decision left it.
    pub expected: CommitId,
    /// The commit it is at now; `None` if it was deleted.
    pub found: Option<CommitId>,
    /// Commits that no decision made, newest first; without those that were approved.
    pub commits: Vec<ApprovedCommit>,
    /// Their changes, relative to the expected tip.
    pub files: Vec<FileChange>,
    /// The findings in those changes.
    pub findings: Vec<Finding>,
    /// True if the branch can be adopted as it is: no approved commit is missing from it.
    pub is_adoptable: bool,
}

impl Diverged {
    /// Words that must be typed before it is adopted: those of its critical findings, each once.
    pub fn words(&self) -> Vec<&'static str> {
        critical_words(&self.findings)
    }
}

/// A person's remedy for a diverged branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Its commits become part of the approved branch.
    Adopt,
    /// The branch goes back to where the last decision left it.
    Restore,
}

impl Remedy {
    /// The word shown to people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Adopt => "adopted",
            Self::Restore => "restored",
        }
    }
}
