//! The message by which an agent asks for a decision.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AgentText, Change, CommitId, ExperimentId};

/// The directory of the agent's mailbox, below the run directory.
pub const MAILBOX_DIR: &str = ".countersign";

/// A point at which the loop needs a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Before compute is spent on a change.
    Run,
    /// Before a change becomes a commit.
    #[default]
    Keep,
}

impl Gate {
    /// The word shown to people and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Keep => "keep",
        }
    }
}

/// The id of a proposal, also the name of its directory and of its answer: 1 to 64 letters, digits, `-` and `_`, the
/// first one not `-`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProposalId(Arc<str>);

impl ProposalId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a valid proposal id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a proposal's id is 1 to 64 letters, digits, `-` and `_`, and begins with a letter or digit")]
pub struct BadProposalId;

impl FromStr for ProposalId {
    type Err = BadProposalId;

    fn from_str(text: &str) -> Result<Self, BadProposalId> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let begins = text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
        let good = begins && text.len() <= 64 && text.bytes().all(plain);
        if good { Ok(Self(text.into())) } else { Err(BadProposalId) }
    }
}

impl TryFrom<String> for ProposalId {
    type Error = BadProposalId;

    fn try_from(text: String) -> Result<Self, BadProposalId> {
        text.parse()
    }
}

impl From<ProposalId> for String {
    fn from(id: ProposalId) -> Self {
        id.as_str().to_owned()
    }
}

impl fmt::Display for ProposalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ProposalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A measurement reported by an agent. Self-reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The metric's name.
    pub metric: AgentText,
    /// Its value without the change, in the metric's unit; `None` if not given.
    #[serde(default)]
    pub before: Option<f64>,
    /// Its value with the change; `None` if not given.
    #[serde(default)]
    pub after: Option<f64>,
}

/// The agent that asks, as it describes itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asker {
    /// The agent's name.
    pub name: AgentText,
    /// The model behind it.
    pub model: AgentText,
    /// The session it runs in.
    pub session: AgentText,
}

impl Asker {
    /// The words for an agent without a name.
    pub const UNNAMED: &str = "an unnamed agent";

    /// Name and model, as the commit credits the author of the change.
    pub fn byline(&self) -> AgentText {
        let model = if self.model.is_blank() { String::new() } else { format!(" ({})", self.model.raw()) };
        format!("{}{model}", self.name.raw()).into()
    }
}

/// A proposal, as it was collected. It never changes after that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// The gate at which the loop waits.
    pub gate: Gate,
    /// Commit before the change.
    pub base: CommitId,
    /// Commit after the change: the agent's own, or one of ours made from its patch.
    pub head: CommitId,
    /// True if the head was made here, from a patch.
    pub from_patch: bool,
    /// One-line summary.
    pub title: AgentText,
    /// The rationale; empty if not given.
    pub rationale: AgentText,
    /// The agent that asks.
    pub agent: Asker,
    /// Measurements reported by the agent.
    pub evidence: Vec<Evidence>,
    /// The earlier proposal that this one replaces.
    pub supersedes: Option<ProposalId>,
    /// The agent's key for recognising a repeated request; empty if not given.
    pub idempotency_key: AgentText,
    /// Time at which it was collected, in milliseconds since the epoch.
    #[serde(rename = "taken_ms")]
    pub collected_ms: i64,
    /// SHA-256 of `proposal.json` as it was collected.
    pub digest: String,
    /// SHA-256 of the request itself, independent of the agent and the id; empty for proposals collected by older
    /// versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub content: String,
    /// SHA-256 of the asking agent's token; empty if it had none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
}

impl Proposal {
    /// True if the same agent made it, as far as that can be known: by its token, or by its name if it has none.
    pub fn is_of(&self, owner: &str, agent: &Asker) -> bool {
        self.owner == owner && (!owner.is_empty() || self.agent.name == agent.name)
    }

    /// The experiment it is about: its head.
    pub fn experiment(&self) -> ExperimentId {
        self.head.into()
    }

    /// The change it asks for.
    pub fn change(&self, also_contains: Vec<CommitId>) -> Change {
        Change { base: self.base, head: self.head, also_contains }
    }

    /// The reported measurement of a metric.
    pub fn evidence_of(&self, metric: &str) -> Option<&Evidence> {
        self.evidence.iter().find(|evidence| evidence.metric.raw() == metric)
    }

    /// The reference that the ledger records.
    pub fn asked(&self) -> ProposalRef {
        ProposalRef {
            id: self.id.clone(),
            gate: self.gate,
            base: self.base,
            head: self.head,
            digest: self.digest.clone(),
        }
    }
}

/// The proposal that a decision answered: enough to find and check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalRef {
    /// The proposal.
    pub id: ProposalId,
    /// The gate at which the loop waited.
    pub gate: Gate,
    /// Commit before the change.
    pub base: CommitId,
    /// Commit after the change.
    pub head: CommitId,
    /// SHA-256 of `proposal.json` as it was collected.
    pub digest: String,
}

/// The state of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposalState {
    /// Not answered yet.
    Pending,
    /// Answered by a decision, given as an index into the snapshot's decisions.
    Answered(usize),
    /// Replaced by the agent itself with another proposal.
    Superseded(ProposalId),
}

/// The kind of a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommentKind {
    /// Asks for a change.
    Issue,
    /// Asks for an answer.
    Question,
    /// Asks to measure the change again on the commit that the body names.
    Remeasure,
}

/// The side of a diff that a line is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileSide {
    /// The file before the change.
    Old,
    /// The file after the change.
    New,
}

/// A person's comment on a line of a change, or on all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Path in the tree; `None` if it is about the whole change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<AgentText>,
    /// The side of the line; `None` if it is about the whole change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<FileSide>,
    /// Line, from 1; `None` if it is about the whole file or change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Its kind.
    pub kind: CommentKind,
    /// Its text.
    pub body: String,
}

/// A question to an agent, which keeps its proposal pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The proposal it is about.
    pub proposal: ProposalId,
    /// The question itself.
    pub comments: Vec<Comment>,
    /// `Name <mail>` of the person who asks.
    pub reviewer: String,
    /// Time in milliseconds since the epoch.
    pub at_ms: i64,
    /// Sequence number in the ledger.
    pub seq: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_single_path_component() {
        for good in ["a", "01J8ZK", "p-1_2", &"x".repeat(64)] {
            assert!(good.parse::<ProposalId>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a\0", "-x", "_x", "ä", "a b", "a.json", &"x".repeat(65)] {
            assert!(bad.parse::<ProposalId>().is_err(), "{bad}");
        }
    }
}
