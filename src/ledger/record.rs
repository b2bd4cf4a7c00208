//! What a line of the ledger says.

use serde::{Deserialize, Serialize};

use crate::model::{
    Comment, CommitId, DecisionKind, ExperimentId, HunkVerdict, LoopIdentity, ProposalRef, Spent, TreeId,
};

/// The loop a record is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LoopKey {
    /// Absolute path of the work tree.
    pub work_tree: String,
    /// Branch the loop works on.
    pub branch: String,
    /// Path of the results below the run directory.
    pub results: String,
}

impl LoopKey {
    /// The same loop after its work tree, or a folder above it, was moved.
    pub fn move_tree(&mut self, from: &str, to: &str) {
        let rest = self.work_tree.strip_prefix(from).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        if let Some(rest) = rest {
            self.work_tree = format!("{to}{rest}");
        }
    }
}

impl LoopKey {
    /// Returns the folder that the results are in, an absolute path; `None` where the results are nowhere.
    pub fn run(&self) -> Option<String> {
        let results = std::path::Path::new(&self.work_tree).join(&self.results);
        results
            .parent()
            .filter(|_| !self.results.is_empty())
            .map(|run| run.to_string_lossy().trim_end_matches('/').to_owned())
    }

    /// The loop as [`LoopIdentity::key`] says it.
    pub fn text(&self) -> String {
        format!("{}\t{}\t{}", self.work_tree, self.branch, self.results)
    }

    /// The loop that such a text names; `None` for another one.
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

/// What was to be committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateRecord {
    /// Branch that moves, short name.
    pub branch: String,
    /// Commit it was at.
    pub tip: CommitId,
    /// True when the branch is created at `tip` first.
    pub creates_branch: bool,
    /// Tree that is committed.
    pub tree: TreeId,
    /// True when it is the very tree the loop measured.
    pub measured_as_is: bool,
    /// The approved commit that is undone; only for reverts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverts: Option<CommitId>,
    /// Words of the critical findings that were acknowledged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acknowledged: Vec<String>,
    /// Hunks that were never on the screen.
    #[serde(default)]
    pub hunks_unseen: usize,
    /// Hunks that were not taken as they were proposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hunks: Vec<HunkVerdict>,
    /// True when lines that both sides changed were combined token by token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_tokens: bool,
}

/// The body of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// Something is about to be committed.
    Intent {
        /// The experiment.
        experiment: ExperimentId,
        /// What it will be: approved or reverted.
        decision: DecisionKind,
        /// What is to be committed.
        candidate: CandidateRecord,
        /// Seconds that the change was on the screen; `None` where there was none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_screen_s: Option<u32>,
        /// The proposal it answers; `None` in a loop that only was observed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposal: Option<ProposalRef>,
        /// What was said of lines.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        comments: Vec<Comment>,
        /// `Name <mail>` of who decided.
        reviewer: String,
        /// Why; may be empty.
        reason: String,
    },
    /// A decision that stands.
    Decision {
        /// The experiment.
        experiment: ExperimentId,
        /// The answer.
        decision: DecisionKind,
        /// Sequence number of its intent; `None` when nothing was committed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        intent: Option<u64>,
        /// The commit that was made; `None` when nothing was committed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<CommitId>,
        /// The proposal it answers; `None` in a loop that only was observed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposal: Option<ProposalRef>,
        /// What was said of lines.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        comments: Vec<Comment>,
        /// Words of the critical findings that were acknowledged, where nothing was committed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        acknowledged: Vec<String>,
        /// Seconds that the change was on the screen; `None` where there was none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_screen_s: Option<u32>,
        /// True when no person decided: a gate that is `auto` answered, or a fact did.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_policy: bool,
        /// `Name <mail>` of who decided; `policy` where no person did.
        reviewer: String,
        /// Why; may be empty.
        reason: String,
    },
    /// Something was asked about a proposal, which stays pending.
    Asked {
        /// The proposal.
        proposal: ProposalRef,
        /// The questions.
        comments: Vec<Comment>,
        /// `Name <mail>` of who asks.
        reviewer: String,
    },
    /// A note to the agent, for its next call.
    Told {
        /// The note.
        text: String,
        /// `Name <mail>` of who tells it.
        reviewer: String,
    },
    /// The loop is held up, or goes on: gates that are `auto` wait for a person meanwhile.
    Paused {
        /// True when it is held up from now on.
        paused: bool,
        /// Why; may be empty.
        reason: String,
        /// `Name <mail>` of who does it.
        reviewer: String,
    },
    /// An intent that came to nothing; what it was about waits again.
    Abandoned {
        /// Sequence number of the intent.
        intent: u64,
        /// Why.
        reason: String,
    },
    /// Somebody else moved the approved branch, and a person took that over.
    Adopted {
        /// Branch, short name.
        branch: String,
        /// Where the last decision had left it.
        from: CommitId,
        /// Where it was found, and stays.
        to: CommitId,
        /// `Name <mail>` of who adopted it.
        reviewer: String,
        /// Why; may be empty.
        reason: String,
        /// Words of the critical findings that were acknowledged.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        acknowledged: Vec<String>,
    },
    /// Somebody else moved the approved branch, and a person is about to put it back.
    Restoring {
        /// Branch, short name.
        branch: String,
        /// Where it was found; `None` when it was gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<CommitId>,
        /// Where the last decision had left it, and where it goes again.
        to: CommitId,
        /// `Name <mail>` of who restores it.
        reviewer: String,
        /// Why; may be empty.
        reason: String,
    },
    /// A ledger begins: at the first record, or where a person says that a copy goes its own way. The hash of this
    /// record is the ledger's identity from here on.
    Opened {
        /// 32 random hexadecimal digits: no two ledgers begin alike.
        nonce: String,
        /// First commit of the repository's history; `None` where it has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root: Option<String>,
        /// Where the ledger lies, an absolute path.
        place: String,
        /// Identity of the ledger that this one comes after: a copy that went its own way, or one that was lost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        /// `Name <mail>` of who opened it; empty where it is the first of all, which no person asks for.
        reviewer: String,
        /// Why; may be empty.
        reason: String,
    },
    /// A person vouches for records that the anchor does not.
    AdoptedRecords {
        /// First sequence number.
        from: u64,
        /// Last sequence number.
        to: u64,
        /// Hash of the last of them.
        hash: String,
        /// What was wrong, in our words.
        what: String,
        /// `Name <mail>` of who vouches.
        reviewer: String,
        /// Why; may be empty.
        reason: String,
    },
    /// Records that the person had not made were taken out of the ledger, or lines that they had not taken in out of the
    /// list of proposals, into a file beside it.
    Struck {
        /// How many lines.
        lines: u64,
        /// SHA-256 of their bytes.
        sha256: String,
        /// Name of the file that has them now.
        kept_in: String,
        /// `Name <mail>` of who struck them.
        reviewer: String,
        /// Why; may be empty.
        reason: String,
    },
    /// The repository was moved, and its loops with it.
    Moved {
        /// Where the ledger was, an absolute path.
        from: String,
        /// Where it is.
        to: String,
        /// Work tree whose loops go on in `to_tree`; absolute paths.
        from_tree: String,
        /// Where they go on.
        to_tree: String,
        /// `Name <mail>` of who says so.
        reviewer: String,
        /// Why; may be empty.
        reason: String,
    },
    /// The loop of this record goes on where another one left off: it is that one under another name.
    Continued {
        /// The other one, as it was called.
        of: LoopKey,
        /// `Name <mail>` of who says so.
        reviewer: String,
        /// Why; may be empty.
        reason: String,
    },
    /// The person's policy, whole: in force until the next record of this kind.
    Policy {
        /// The text of the file; empty where there was none.
        text: String,
        /// The public key that it names for automatic answers, as the key's file had it; `None` where it names none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        automatic: Option<String>,
        /// `Name <mail>` of who accepted it; empty for the first one, which was there when the ledger began.
        reviewer: String,
    },
    /// Where the loop began when the person joined it: what gates compare with until something is approved.
    Began {
        /// The commit.
        commit: CommitId,
        /// `Name <mail>` of who set it; empty for what was there when the ledger began.
        reviewer: String,
    },
    /// Proposals were taken in.
    Took {
        /// The SHA-256 of each line that the list of proposals got.
        lines: Vec<String>,
        /// What the loop had spent by then; `None` where nobody looked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        spent: Option<Spent>,
    },
    /// The approved branch is back where the last decision had left it.
    Restored {
        /// Sequence number of the record that says what was intended.
        intent: u64,
        /// `Name <mail>` of who restored it.
        reviewer: String,
    },
}

impl Body {
    /// True for what must be ended by another record.
    pub fn is_intent(&self) -> bool {
        matches!(self, Self::Intent { .. } | Self::Restoring { .. })
    }

    /// `Name <mail>` of who did it; empty for what nobody decided.
    pub fn reviewer(&self) -> &str {
        match self {
            Self::Intent { reviewer, .. }
            | Self::Decision { reviewer, .. }
            | Self::Adopted { reviewer, .. }
            | Self::Restoring { reviewer, .. }
            | Self::Asked { reviewer, .. }
            | Self::Told { reviewer, .. }
            | Self::Paused { reviewer, .. }
            | Self::Opened { reviewer, .. }
            | Self::AdoptedRecords { reviewer, .. }
            | Self::Struck { reviewer, .. }
            | Self::Moved { reviewer, .. }
            | Self::Continued { reviewer, .. }
            | Self::Policy { reviewer, .. }
            | Self::Began { reviewer, .. }
            | Self::Restored { reviewer, .. } => reviewer,
            Self::Abandoned { .. } | Self::Took { .. } => "",
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
    /// When, as RFC 3339.
    pub at: jiff::Timestamp,
    /// Which loop.
    #[serde(rename = "loop")]
    pub loop_key: LoopKey,
    /// What.
    #[serde(flatten)]
    pub body: Body,
    /// Armoured signature over [`Record::signed_bytes`], for decisions that make no commit; `None`
    /// where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl Record {
    /// What a signature of this record is made over: its line without the signature.
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
    /// The loop it is about, as that is called today: a work tree may have been moved since.
    pub loop_key: LoopKey,
}
