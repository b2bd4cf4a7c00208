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
    /// Shown if the branch has not diverged.
    pub const NONE: &str = "the approved branch is where the last decision left it";

    /// The branch's place and the expected one, without its name.
    pub fn text(&self) -> String {
        let found = self.found.map_or_else(|| "gone".to_owned(), |found| format!("at {}", found.short()));
        format!("{found}; the last decision left it at {}", self.expected.short())
    }

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
