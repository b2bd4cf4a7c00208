//! The content of a ledger line.

use serde::{Deserialize, Serialize};

use crate::model::{
    Comment, CommitId, DecisionKind, ExperimentId, HunkVerdict, LoopIdentity, ProposalRef, Spent, TreeId,
};

/// The loop of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LoopKey {
    /// Absolute path of the work tree.
    pub work_tree: String,
    /// The branch that the loop works on.
    pub branch: String,
    /// Path of the results below the run directory.
    pub results: String,
}

impl LoopKey {
    /// Updates the loop after its work tree, or a directory above it, was moved.
    pub fn move_tree(&mut self, from: &str, to: &str) {
        let rest = self.work_tree.strip_prefix(from).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        if let Some(rest) = rest {
            self.work_tree = format!("{to}{rest}");
        }
    }
}

impl LoopKey {
    /// Returns the absolute path of the directory with the results; `None` if the path has no parent.
    pub fn run(&self) -> Option<String> {
        let results = std::path::Path::new(&self.work_tree).join(&self.results);
        results
            .parent()
            .filter(|_| !self.results.is_empty())
            .map(|run| run.to_string_lossy().trim_end_matches('/').to_owned())
    }

    /// Formats the loop like [`LoopIdentity::key`].
    pub fn text(&self) -> String {
        format!("{}\t{}\t{}", self.work_tree, self.branch, self.results)
    }

    /// Parses such a text; `None` if it is malformed.
    pub fn parse(key: &str) -> Option<Self> {
        let mut parts = key.split('\t').map(str::to_owned);
        let (work_tree, branch, results) = (parts.next()?, parts.next()?, parts.next()?);
        parts.next().is_none().then_some(Self { work_tree, branch, results })
    }
}

impl From<&LoopIdentity> for LoopKey {
    fn from(identity: &LoopIdentity) -> Self {
        Self {
            work_tree: identity.work_tree.clone(),
            branch: identity.branch.clone(),
            results: identity.results.clone(),
        }
    }
}

/// The candidate of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateRecord {
    /// Short name of the branch that moves.
    pub branch: String,
    /// The commit that the branch was at.
    pub tip: CommitId,
    /// True if the branch is first created at `tip`.
    pub creates_branch: bool,
    /// The tree that is committed.
    pub tree: TreeId,
    /// True if it is exactly the tree that the loop measured.
    pub measured_as_is: bool,
    /// The approved commit that is undone; only for reverts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverts: Option<CommitId>,
    /// Words of the critical findings that were acknowledged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acknowledged: Vec<String>,
    /// Number of hunks that were never on the screen.
    #[serde(default)]
    pub hunks_unseen: usize,
    /// Hunks that are not committed as proposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hunks: Vec<HunkVerdict>,
    /// True if lines that both sides changed were combined token by token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_tokens: bool,
}

/// The body of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// A commit is about to be made.
    Intent {
        /// The experiment.
        experiment: ExperimentId,
        /// Its outcome: approved or reverted.
        decision: DecisionKind,
        /// The candidate.
        candidate: CandidateRecord,
        /// Seconds that the change was on the screen; `None` without a screen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_screen_s: Option<u32>,
        /// The proposal that it answers; `None` in a loop without proposals.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposal: Option<ProposalRef>,
        /// Comments on lines.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        comments: Vec<Comment>,
        /// `Name <mail>` of the person who decided.
        reviewer: String,
        /// Reason; may be empty.
        reason: String,
    },
    /// A decision that stands.
    Decision {
        /// The experiment.
        experiment: ExperimentId,
        /// The decision.
        decision: DecisionKind,
        /// Sequence number of its intent; `None` if nothing was committed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        intent: Option<u64>,
        /// The commit that was made; `None` if nothing was committed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<CommitId>,
        /// The proposal that it answers; `None` in a loop without proposals.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposal: Option<ProposalRef>,
        /// Comments on lines.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        comments: Vec<Comment>,
        /// Words of the critical findings that were acknowledged, if nothing was committed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        acknowledged: Vec<String>,
        /// Seconds that the change was on the screen; `None` without a screen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_screen_s: Option<u32>,
        /// True if no person decided: an `auto` gate answered, or a fact did.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_policy: bool,
        /// `Name <mail>` of the person who decided; `policy` if no person did.
        reviewer: String,
        /// Reason; may be empty.
        reason: String,
    },
    /// Questions about a proposal, which stays pending.
    Asked {
        /// The proposal.
        proposal: ProposalRef,
        /// The questions.
        comments: Vec<Comment>,
        /// `Name <mail>` of the person who asks.
        reviewer: String,
    },
    /// A note for the agent's next call.
    #[serde(rename = "told")] // prose: ok
    Note {
        /// The note.
        text: String,
        /// `Name <mail>` of its author.
        reviewer: String,
    },
    /// The loop is paused or resumed: while it is paused, `auto` gates wait for a person.
    Paused {
        /// True if it is paused from now on.
        paused: bool,
        /// Reason; may be empty.
        reason: String,
        /// `Name <mail>` of the person.
        reviewer: String,
    },
    /// An intent without a commit; its change is pending again.
    Abandoned {
        /// Sequence number of the intent.
        intent: u64,
        /// Reason.
        reason: String,
    },
    /// A person adopted an approved branch that somebody else had moved.
    Adopted {
        /// Short name of the branch.
        branch: String,
        /// The tip that the last decision left.
        from: CommitId,
        /// The tip that was found, and stays.
        to: CommitId,
        /// `Name <mail>` of the person who adopted it.
        reviewer: String,
        /// Reason; may be empty.
        reason: String,
        /// Words of the critical findings that were acknowledged.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        acknowledged: Vec<String>,
    },
    /// A person is about to restore an approved branch that somebody else moved.
    Restoring {
        /// Short name of the branch.
        branch: String,
        /// The tip that was found; `None` if the branch was gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<CommitId>,
        /// The tip that the last decision left, to which it returns.
        to: CommitId,
        /// `Name <mail>` of the person who restores it.
        reviewer: String,
        /// Reason; may be empty.
        reason: String,
    },
    /// A ledger begins: with its first record, or where a person makes a copy independent. The hash of this record is
    /// the ledger's identity from here on.
    Opened {
        /// 32 random hexadecimal digits, so that no two ledgers have the same beginning.
        nonce: String,
        /// Root commit of the repository's history; `None` if it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root: Option<String>,
        /// Absolute path of the ledger.
        place: String,
        /// Identity of the ledger before this one: the original of a copy, or one that was lost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        /// `Name <mail>` of the person who opened it; empty for the first record of all, which no person asks for.
        reviewer: String,
        /// Reason; may be empty.
        reason: String,
    },
    /// A person vouches for records that the anchor does not cover.
    AdoptedRecords {
        /// First sequence number.
        from: u64,
        /// Last sequence number.
        to: u64,
        /// Hash of the last of them.
        hash: String,
        /// The problem, in our words.
        what: String,
        /// `Name <mail>` of the person who vouches.
        reviewer: String,
        /// Reason; may be empty.
        reason: String,
    },
    /// Foreign records of the ledger, or foreign lines of the proposals register, were moved to a file next to it.
    Struck {
        /// Number of lines.
        lines: u64,
        /// SHA-256 of their bytes.
        sha256: String,
        /// Name of the file that has them now.
        kept_in: String,
        /// `Name <mail>` of the person who struck them.
        reviewer: String,
        /// Reason; may be empty.
        reason: String,
    },
    /// The repository was moved, and its loops with it.
    Moved {
        /// Old absolute path of the ledger.
        from: String,
        /// New absolute path of the ledger.
        to: String,
        /// Old absolute path of the work tree.
        from_tree: String,
        /// New absolute path of the work tree, in which its loops continue.
        to_tree: String,
        /// `Name <mail>` of the person who stated it.
        reviewer: String,
        /// Reason; may be empty.
        reason: String,
    },
    /// The loop of this record continues another one: it is the same loop under a new name.
    Continued {
        /// The old name.
        of: LoopKey,
        /// `Name <mail>` of the person who stated it.
        reviewer: String,
        /// Reason; may be empty.
        reason: String,
    },
    /// The person's complete policy, in force until the next record of this kind.
    Policy {
        /// The text of the file; empty without a file.
        text: String,
        /// The public key that it names for automatic answers, as text; `None` if it names none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        automatic: Option<String>,
        /// `Name <mail>` of the person who accepted it; empty for a policy that existed when the ledger began.
        reviewer: String,
    },
    /// The start of the loop when the person joined it: gates compare with it until something is approved.
    Began {
        /// The commit.
        commit: CommitId,
        /// `Name <mail>` of the person who set it; empty for one that existed when the ledger began.
        reviewer: String,
    },
    /// Proposals were collected.
    #[serde(rename = "took")]
    Collected {
        /// The SHA-256 of each line that was added to the proposals register.
        lines: Vec<String>,
        /// Amount that the loop had spent by then; `None` if it was not determined.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        spent: Option<Spent>,
    },
    /// The approved branch is back at the tip that the last decision left.
    Restored {
        /// Sequence number of the intent.
        intent: u64,
        /// `Name <mail>` of the person who restored it.
        reviewer: String,
    },
}

impl Body {
    /// True for a record that must be followed by an outcome.
    pub fn is_intent(&self) -> bool {
        matches!(self, Self::Intent { .. } | Self::Restoring { .. })
    }

    /// Returns `Name <mail>` of the person; empty if no person decided.
    pub fn reviewer(&self) -> &str {
        match self {
            Self::Intent { reviewer, .. }
            | Self::Decision { reviewer, .. }
            | Self::Adopted { reviewer, .. }
            | Self::Restoring { reviewer, .. }
            | Self::Asked { reviewer, .. }
            | Self::Note { reviewer, .. }
            | Self::Paused { reviewer, .. }
            | Self::Opened { reviewer, .. }
            | Self::AdoptedRecords { reviewer, .. }
            | Self::Struck { reviewer, .. }
            | Self::Moved { reviewer, .. }
            | Self::Continued { reviewer, .. }
            | Self::Policy { reviewer, .. }
            | Self::Began { reviewer, .. }
            | Self::Restored { reviewer, .. } => reviewer,
            Self::Abandoned { .. } | Self::Collected { .. } => "",
        }
    }
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Version of the format: 1.
    pub v: u32,
    /// Sequence number, from 1.
    pub seq: u64,
    /// SHA-256 of the line before, or [`super::GENESIS`].
    pub prev: String,
    /// Time, as RFC 3339.
    pub at: jiff::Timestamp,
    /// The loop.
    #[serde(rename = "loop")]
    pub loop_key: LoopKey,
    /// The content.
    #[serde(flatten)]
    pub body: Body,
    /// Armoured signature over [`Record::signed_bytes`], for decisions that make no commit; `None` if it is not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl Record {
    /// Returns the bytes that are signed: the line without its signature.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Self { signature: None, ..self.clone() })
    }
}

/// A record with the hash of its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The record.
    pub record: Record,
    /// SHA-256 of its line.
    pub hash: String,
    /// Its loop under the current name: the work tree may have been moved since.
    pub loop_key: LoopKey,
}
