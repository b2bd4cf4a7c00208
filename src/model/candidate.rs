//! Exactly what an approval would commit.

use super::{AgentText, Amendment, CommitId, DecisionKind, ExperimentId, FileChange, TreeId};

/// The kind of commit that a candidate becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateKind {
    /// The experiment's change.
    Full,
    /// The revert of an approved commit.
    Revert(CommitId),
}

/// The merge of the two sides' edits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MergeKind {
    /// They do not touch.
    #[default]
    Apart,
    /// Neighbouring lines, line by line.
    Lines,
    /// The same lines, token by token.
    Tokens,
}

/// A tree that can be committed on the approved branch: the only thing that can be approved.
///
/// The difference between the tree of `tip` and `tree` is shown as `files`; `tree` is committed.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The kind of commit.
    pub kind: CandidateKind,
    /// The experiment it is about.
    pub experiment: ExperimentId,
    /// The commit whose author is kept: the experiment's head, or the reverted commit.
    pub source: CommitId,
    /// Short name of the branch that will move.
    pub branch: String,
    /// The commit that the branch must be at; with `creates_branch`, the commit at which it is created.
    pub tip: CommitId,
    /// True if the branch does not exist yet.
    pub creates_branch: bool,
    /// Tree that will be committed.
    pub tree: TreeId,
    /// The commit whose tree the loop measured: the experiment's head, or the uncommitted edits that its run began
    /// with; `None` if it ran on edits that no commit contains.
    pub measured_on: Option<CommitId>,
    /// The experiment that was measured on this exact tree, ignored paths aside; `None` if none was.
    pub measured: Option<ExperimentId>,
    /// The finest merge that was needed with the approved branch's own edits.
    pub combined: MergeKind,
    /// The person's changes to it.
    pub amendment: Amendment,
    /// New paths that differ from another path only in case or Unicode form, each with that other path: some file
    /// systems treat the two as one file.
    pub collisions: Vec<(AgentText, AgentText)>,
    /// Ignored files that the change touches and the branch keeps as they are.
    pub ignored: Vec<AgentText>,
    /// The difference from the tip.
    pub files: Vec<FileChange>,
}

impl Candidate {
    /// The words for a candidate whose tree the loop measured.
    pub const MEASURED: &str = "measured as is";
    /// The words for any other candidate.
    pub const NOT_MEASURED: &str = "not measured as is";
    /// The words for a measured candidate without a value.
    pub const NO_VALUE: &str = "no value was reported for this tree";
    /// The words for a candidate at the run gate.
    pub const NOT_TRAINED: &str = "not trained yet";

    /// Number of hunks in all files.
    pub fn hunk_count(&self) -> usize {
        self.files.iter().map(FileChange::hunk_count).sum()
    }

    /// The decision that committing it makes.
    pub fn decision(&self) -> DecisionKind {
        match self.kind {
            CandidateKind::Revert(_) => DecisionKind::Reverted,
            CandidateKind::Full if self.amendment.is_empty() => DecisionKind::Approved,
            CandidateKind::Full => DecisionKind::Partial,
        }
    }
}

/// One place where a change conflicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictPlace {
    /// Path in the tree.
    pub path: AgentText,
    /// First line in the approved file, from 1; `None` if the conflict is about the whole file.
    pub line: Option<u32>,
    /// Lines as the change expects them.
    pub expected: Vec<AgentText>,
    /// Lines as they are on the approved branch.
    pub found: Vec<AgentText>,
    /// Lines as the change would leave them.
    pub proposed: Vec<AgentText>,
    /// The reason, in one clause.
    pub reason: &'static str,
}

/// The conflicts of a change with the approved tip.
#[derive(Clone, Debug, Default)]
pub struct Conflict {
    /// Every place that conflicts.
    pub places: Vec<ConflictPlace>,
    /// Unapproved experiments below this one that made the lines it expects.
    pub waits_on: Vec<ExperimentId>,
    /// The change as the loop made it, base to head, for display.
    pub files: Vec<FileChange>,
    /// True if it applies when lines that both sides changed are merged token by token.
    pub by_tokens: bool,
}

impl Conflict {
    /// The reason why it cannot be approved.
    pub const TEXT: &str = "it conflicts with the approved branch";
}

/// The result of building a candidate.
#[derive(Clone, Debug)]
pub enum Built {
    /// It can be approved.
    Ready(Box<Candidate>),
    /// It conflicts with the approved branch.
    Conflict(Conflict),
    /// The approved branch already contains it; the files are as the loop changed them.
    Contained(Vec<FileChange>),
}

impl Built {
    /// The reason why a contained change cannot be approved.
    pub const CONTAINED: &str = "the approved branch already contains this change";

    /// The files to show to a person.
    pub fn files(&self) -> &[FileChange] {
        match self {
            Self::Ready(candidate) => &candidate.files,
            Self::Conflict(conflict) => &conflict.files,
            Self::Contained(files) => files,
        }
    }
}
