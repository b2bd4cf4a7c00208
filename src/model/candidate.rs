//! What an approval would commit.

use super::{AgentText, Amendment, CommitId, DecisionKind, ExperimentId, FileChange, TreeId};

/// What kind of commit a candidate becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateKind {
    /// The experiment's change.
    Full,
    /// The undoing of an approved commit.
    Revert(CommitId),
}

/// How the edits of two sides were put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Combined {
    /// They lie apart.
    #[default]
    Apart,
    /// Neighbouring lines, line by line.
    Lines,
    /// The same lines, token by token.
    Tokens,
}

/// A tree that can be committed on the approved branch: the only thing the desk accepts.
///
/// What is shown is `files`, the difference between the tree of `tip` and `tree`; what is
/// committed is `tree`.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What it becomes.
    pub kind: CandidateKind,
    /// The experiment it is about.
    pub experiment: ExperimentId,
    /// The commit whose author it keeps: the experiment's head, or the reverted commit.
    pub source: CommitId,
    /// Branch that will move, short name.
    pub branch: String,
    /// Commit it must be at; the branch is created there when `creates_branch`.
    pub tip: CommitId,
    /// True when the branch does not exist yet.
    pub creates_branch: bool,
    /// Tree that will be committed.
    pub tree: TreeId,
    /// The commit whose tree the loop measured: the experiment's head, or the uncommitted edits
    /// that its run began with; `None` where it ran on edits that no commit holds.
    pub measured_on: Option<CommitId>,
    /// The experiment that was measured on this very tree, bookkeeping aside; `None` when nobody
    /// has measured it.
    pub measured: Option<ExperimentId>,
    /// How close to the approved branch's own edits it was put.
    pub combined: Combined,
    /// What the person changed of it.
    pub amendment: Amendment,
    /// New paths that differ from another one in case or in the form of their letters only, each with
    /// that other one: file systems exist that take both for one file.
    pub collisions: Vec<(AgentText, AgentText)>,
    /// Bookkeeping files that the change touches and that are left as they are on the branch.
    pub bookkeeping: Vec<AgentText>,
    /// What changes against the tip.
    pub files: Vec<FileChange>,
}

impl Candidate {
    /// All hunks of all files.
    pub fn hunk_count(&self) -> usize {
        self.files.iter().map(FileChange::hunk_count).sum()
    }

    /// What committing it decides.
    pub fn decision(&self) -> DecisionKind {
        match self.kind {
            CandidateKind::Revert(_) => DecisionKind::Reverted,
            CandidateKind::Full if self.amendment.is_empty() => DecisionKind::Approved,
            CandidateKind::Full => DecisionKind::Partial,
        }
    }
}

/// One place where a change does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictPlace {
    /// Path in the tree.
    pub path: AgentText,
    /// First line in the approved file, from 1; `None` when it is about the whole file.
    pub line: Option<u32>,
    /// Lines as the change expects them.
    pub expected: Vec<AgentText>,
    /// Lines as they are on the approved branch.
    pub found: Vec<AgentText>,
    /// Lines as the change would make them.
    pub wanted: Vec<AgentText>,
    /// Why, in one clause.
    pub why: &'static str,
}

/// Why a change cannot be committed on the approved tip.
#[derive(Clone, Debug, Default)]
pub struct Conflict {
    /// Every place that does not fit.
    pub places: Vec<ConflictPlace>,
    /// Experiments below this one that are not approved and made the lines it expects.
    pub waits_on: Vec<ExperimentId>,
    /// The change as the loop made it, base to head, for reading.
    pub files: Vec<FileChange>,
    /// True when it fits where lines that both sides changed are combined token by token.
    pub by_tokens: bool,
}

/// What became of building a candidate.
#[derive(Clone, Debug)]
pub enum Built {
    /// It can be approved.
    Ready(Box<Candidate>),
    /// It does not fit.
    Conflict(Conflict),
    /// The approved branch holds it already; these are the files as the loop changed them.
    Contained(Vec<FileChange>),
}

impl Built {
    /// The files a person reads.
    pub fn files(&self) -> &[FileChange] {
        match self {
            Self::Ready(candidate) => &candidate.files,
            Self::Conflict(conflict) => &conflict.files,
            Self::Contained(files) => files,
        }
    }
}
