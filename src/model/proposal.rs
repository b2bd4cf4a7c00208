//! The message by which an agent asks for a decision.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AgentText, Change, CommitId, ExperimentId};

/// The folder of the agent's door, below the run directory.
pub const DOOR: &str = ".countersign";

/// A point where the loop needs a decision.
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
    /// The word people and programs see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Keep => "keep",
        }
    }
}

/// The name of a proposal: also the name of its folder and of its answer, and so nothing but letters,
/// digits, `-` and `_`, 64 at most, the first one no `-`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProposalId(Arc<str>);

impl ProposalId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no name of a proposal.
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

/// What an agent says that measuring gave. Self-reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The metric's name.
    pub metric: AgentText,
    /// Its value without the change, in the metric's unit; `None` when not said.
    #[serde(default)]
    pub before: Option<f64>,
    /// Its value with the change; `None` when not said.
    #[serde(default)]
    pub after: Option<f64>,
}

/// Who asks, by their own words.
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
    /// Name and model, as the commit names who made the change.
    pub fn byline(&self) -> AgentText {
        let model = if self.model.is_blank() { String::new() } else { format!(" ({})", self.model.raw()) };
        format!("{}{model}", self.name.raw()).into()
    }
}

/// A proposal, as it was taken in. It never changes after that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its name.
    pub id: ProposalId,
    /// Where the loop waits.
    pub gate: Gate,
    /// Commit before the change.
    pub base: CommitId,
    /// Commit after the change: the agent's own, or one of ours made from its patch.
    pub head: CommitId,
    /// True when the head was made here, from a patch.
    pub from_patch: bool,
    /// What it is, in a line.
    pub title: AgentText,
    /// Why; empty when not said.
    pub rationale: AgentText,
    /// Who asks.
    pub agent: Asker,
    /// What measuring gave, by the agent's words.
    pub evidence: Vec<Evidence>,
    /// The earlier proposal that this one takes the place of.
    pub supersedes: Option<ProposalId>,
    /// What the agent called the whole of it, for asking the same thing twice; empty when not said.
    pub idempotency_key: AgentText,
    /// When it was taken in, in milliseconds since the epoch.
    pub taken_ms: i64,
    /// SHA-256 of `proposal.json` as it was taken in.
    pub digest: String,
    /// SHA-256 of what it asks for, whoever asks and under whatever name; empty in what older versions took in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub content: String,
    /// SHA-256 of the token of who asks; empty where there was none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
}

impl Proposal {
    /// True when one agent asks both, as far as can be told: by its token, and without one by its name.
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

    /// What the agent says of a metric.
    pub fn evidence_of(&self, metric: &str) -> Option<&Evidence> {
        self.evidence.iter().find(|evidence| evidence.metric.raw() == metric)
    }

    /// What the ledger says of it.
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

/// What a decision answered: enough of a proposal to find and check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalRef {
    /// The proposal.
    pub id: ProposalId,
    /// Where the loop waited.
    pub gate: Gate,
    /// Commit before the change.
    pub base: CommitId,
    /// Commit after the change.
    pub head: CommitId,
    /// SHA-256 of `proposal.json` as it was taken in.
    pub digest: String,
}

/// How a proposal stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposalState {
    /// Nobody has answered it.
    Pending,
    /// It is answered by a decision, by its index in the snapshot.
    Answered(usize),
    /// The agent itself put another one in its place.
    Superseded(ProposalId),
}

/// What a comment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommentKind {
    /// Something is to be changed.
    Issue,
    /// Something is to be answered.
    Question,
    /// The change is to be measured again on the commit that the body names.
    Remeasure,
}

/// Which of two files a line is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileSide {
    /// The file before the change.
    Old,
    /// The file after the change.
    New,
}

/// What a person says of a line of a change, or of the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Path in the tree; `None` when it is about the whole change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<AgentText>,
    /// Which file the line is in; `None` when it is about the whole change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<FileSide>,
    /// Line, from 1; `None` when it is about the whole file or change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What it is.
    pub kind: CommentKind,
    /// What is said.
    pub body: String,
}

/// A question that was put to an agent and keeps its proposal pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The proposal it is about.
    pub proposal: ProposalId,
    /// What is asked.
    pub comments: Vec<Comment>,
    /// `Name <mail>` of who asks.
    pub reviewer: String,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Sequence number in the ledger.
    pub seq: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_part_of_a_path_and_no_more() {
        for good in ["a", "01J8ZK", "p-1_2", &"x".repeat(64)] {
            assert!(good.parse::<ProposalId>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a\0", "-x", "_x", "ä", "a b", "a.json", &"x".repeat(65)] {
            assert!(bad.parse::<ProposalId>().is_err(), "{bad}");
        }
    }
}
