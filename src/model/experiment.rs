//! One attempt at an improvement, as its row tells it.

use std::sync::Arc;

use super::{
    AgentText, Change, CommitId, ExperimentId, FoundAs, NoChange, Proposal, StatusWords, is_soft_failure, is_timeout,
    status,
};
use crate::series::shortest;

/// What the agent itself says of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// The agent kept it.
    Keep,
    /// The agent threw it away.
    Discard,
    /// It crashed.
    Crash,
    /// Any other word. Never a keep.
    Other,
}

impl Claim {
    /// What a status word says; a word that is not known is [`Claim::Other`]: it is not a keep.
    pub fn of_word(word: &str) -> Self {
        status(word, &StatusWords::new()).claim()
    }
}

/// What measuring gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// A finite value of the objective, in the metric's own unit.
    Value(f64),
    /// The trial ended with an error. A number beside it is no measurement.
    Crashed,
    /// The trial ran out of time.
    TimedOut,
    /// No finite number stands where the objective should.
    NotMeasured,
}

impl Outcome {
    /// The value, where one was measured.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Value(_) => "value",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed_out",
            Self::NotMeasured => "not_measured",
        }
    }

    /// The value in as few digits as name it, else a word for people.
    pub fn text(self) -> String {
        self.value().map_or_else(|| self.word().to_owned(), shortest)
    }

    /// A word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Value(_) => "value",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed out",
            Self::NotMeasured => "not measured",
        }
    }
}

/// One row of a results table or log, as a reader found it. No interpretation beyond the words.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Line of the source, from 1; 0 for what was proposed and has no row yet.
    pub line: u64,
    /// Part of the source it stands in, from 0: a log whose configuration changed begins a new one.
    pub segment: usize,
    /// First 8 hexadecimal digits of the SHA-256 of the row's bytes.
    pub hash: Arc<str>,
    /// What the agent wrote where a commit is expected; empty when there is no such cell.
    pub cell: AgentText,
    /// True when the cell says that the work tree held more than that commit: `abc1234+dirty`.
    pub is_dirty: bool,
    /// The status word as written; empty when there is none.
    pub word: AgentText,
    /// What that word says, by the policy's words and the known ones.
    pub claim: Claim,
    /// The description as written, or the title where the source has both.
    pub description: AgentText,
    /// What else its agent wrote of it, by lines: a report, what it expected, what it would do next; mostly empty.
    pub more: AgentText,
    /// Numeric cells by column, in the source's order. Only finite numbers.
    pub metrics: Vec<(Arc<str>, f64)>,
    /// True when the objective's number is one that stands for "not measured": -999, 1e9.
    pub is_unmeasured: bool,
    /// When the row says it was made, in milliseconds since the epoch.
    pub at_ms: Option<i64>,
    /// True when a cell of the row says that it is the baseline.
    pub says_baseline: bool,
}

impl Row {
    /// The row's value of a metric; `None` where the cell is empty or no finite number.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.iter().find(|(key, _)| &**key == name).map(|(_, value)| *value)
    }

    /// What the agent claims.
    pub fn claim(&self) -> Claim {
        self.claim
    }

    /// What measuring gave, for the objective `metric`.
    pub fn outcome(&self, metric: &str) -> Outcome {
        let value = || self.metric(metric).map(Outcome::Value);
        match self.claim {
            _ if self.is_unmeasured && self.claim != Claim::Crash => Outcome::NotMeasured,
            Claim::Crash if is_timeout(self.word.raw()) => Outcome::TimedOut,
            // `failed` beside a number may mean that the idea failed; beside a zero it means the run did.
            Claim::Crash
                if !self.is_unmeasured
                    && is_soft_failure(self.word.raw())
                    && self.metric(metric).is_some_and(|value| value != 0.0) =>
            {
                value().unwrap_or(Outcome::Crashed)
            }
            // A crash row says 0.000000: that is no measurement.
            Claim::Crash => Outcome::Crashed,
            _ => value().unwrap_or(Outcome::NotMeasured),
        }
    }
}

/// Where the commit of an experiment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitState {
    /// The row names exactly one commit, and it is there.
    Found(CommitId),
    /// The row names none of its own; a commit of ours holds the edits that were in the work tree
    /// when its run began.
    Edits(CommitId),
    /// The row names a commit that is on no branch, in no reflog and under no pin of ours.
    Gone,
    /// More than one commit, or a commit that an earlier row already names.
    Ambiguous,
    /// The cell is no commit name (`baseline`, `-`, empty, ...).
    None,
}

/// One attempt at an improvement.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Its identity.
    pub id: ExperimentId,
    /// The commit cell as written: an alias for look-ups, not an identity.
    pub label: AgentText,
    /// Path of its source below the run directory.
    pub source: Arc<str>,
    /// Segment that it belongs to, from 0: an index into the snapshot's segments.
    pub session: usize,
    /// The row as read.
    pub row: Arc<Row>,
    /// What the agent claims.
    pub claim: Claim,
    /// What measuring gave.
    pub outcome: Outcome,
    /// True for the row that the others of its segment are held against.
    pub is_baseline: bool,
    /// Where its commit is.
    pub commit: CommitState,
    /// What it changes; `None` where there is nothing to look at, and `no_change` says why.
    pub change: Option<Change>,
    /// Why there is no change; `None` where there is one.
    pub no_change: Option<NoChange>,
    /// The commit that its own became when the history was rewritten; `None` where nothing tells of that. Its own
    /// commit may be gone: then the change is that of this one.
    pub found_as: Option<FoundAs>,
    /// True when the trunk held it already when the loop's session began.
    pub on_trunk: bool,
    /// True when the loop's head does not hold it any more although the agent kept it.
    pub left_behind: bool,
    /// Gain the agent claims over the incumbent at that time, in the metric's unit, positive is
    /// better; `None` where either value or the direction is not known.
    pub claimed_gain: Option<f64>,
    /// When it was made, in milliseconds since the epoch: the row's time, else the commit's.
    pub at_ms: Option<i64>,
    /// Proposals that ask about it, oldest first; empty where nobody asked.
    pub proposals: Vec<Arc<Proposal>>,
}

impl Experiment {
    /// True when the loop's results tell of it; false for what was proposed and has no row yet.
    pub fn has_row(&self) -> bool {
        self.row.line > 0
    }

    /// True when something tells that it ran: a row, or a value that its proposal claims. What only asks
    /// to be trained has neither.
    pub fn ran(&self) -> bool {
        self.has_row() || self.outcome.value().is_some()
    }

    /// The commit, where it is there.
    pub fn head(&self) -> Option<CommitId> {
        match self.commit {
            CommitState::Found(commit) | CommitState::Edits(commit) => Some(commit),
            _ => None,
        }
    }

    /// The name people see: the label, shortened, or the row's line where the cell is empty. An agent may have written
    /// anything for a commit, of any length.
    pub fn name(&self) -> AgentText {
        let cell = self.label.raw().trim();
        if !cell.is_empty() {
            return AgentText::from(shortened(cell, self.head().is_some()));
        }
        match self.head().filter(|_| !self.has_row()) {
            Some(head) => AgentText::from(head.short()),
            None => AgentText::from(format!("line {}", self.row.line)),
        }
    }
}

/// A label as short as people need it: seven digits of a commit's hash, and of anything else what fits into a line.
fn shortened(label: &str, is_commit: bool) -> String {
    const LONGEST: usize = 60;
    let hash = label.get(..7).filter(|start| start.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match hash.filter(|_| is_commit && label.len() > 12) {
        Some(hash) => hash.to_owned(),
        None if label.chars().nth(LONGEST).is_some() => label.chars().take(LONGEST - 3).chain("...".chars()).collect(),
        None => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_label_is_cut_at_a_letter() {
        let name = |label: &str| shortened(label, true);
        assert_eq!(name("日本語の名前"), "日本語の名前");
        assert_eq!(name("0707070707070707"), "0707070");
        assert_eq!(name("070707é0707070707"), "070707é0707070707");
        assert_eq!(name(&"é".repeat(99)), format!("{}...", "é".repeat(57)));
    }

    #[test]
    fn an_unknown_word_is_not_a_keep() {
        for word in ["keep", "KEEP", " kept ", "accepted"] {
            assert_eq!(Claim::of_word(word), Claim::Keep, "{word}");
        }
        for word in ["", "keeper", "tentative", "green", "pending", "baseline", "no-op", "keep?"] {
            assert_eq!(Claim::of_word(word), Claim::Other, "{word}");
        }
    }
}
