//! One attempt at an improvement, as described by its row.

use std::sync::Arc;

use super::{
    AgentText, Change, CommitId, ExperimentId, FoundAs, NoChange, Proposal, StatusWords, is_soft_failure, is_timeout,
    status,
};
use crate::series::shortest;

/// The agent's own claim about an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// Kept.
    Keep,
    /// Discarded.
    Discard,
    /// Crashed.
    Crash,
    /// Any other word. Never a keep.
    Other,
}

impl Claim {
    /// The claim of a status word; an unknown word is [`Claim::Other`], not a keep.
    pub fn of_word(word: &str) -> Self {
        status(word, &StatusWords::new()).claim()
    }
}

/// The outcome of measuring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// A finite value of the objective, in the metric's own unit.
    Value(f64),
    /// The trial ended with an error. A number next to it is not a measurement.
    Crashed,
    /// The trial ran out of time.
    TimedOut,
    /// The objective has no finite value.
    NotMeasured,
}

impl Outcome {
    /// The measured value; `None` if there is none.
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

    /// The shortest digits that identify the value, or else a word for people.
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

/// One row of a results table or log, as a reader found it. Only its words are interpreted.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Line of the source, from 1; 0 for a proposal without a row.
    pub line: u64,
    /// Index of the part of the source it is in, from 0: a log whose configuration changed begins a new part.
    pub segment: usize,
    /// First 8 hexadecimal digits of the SHA-256 of the row's bytes.
    pub hash: Arc<str>,
    /// The text where a commit is expected; empty without such a cell.
    pub cell: AgentText,
    /// True if the cell says that the work tree contained more than that commit: `abc1234+dirty`.
    pub is_dirty: bool,
    /// The status word as written; empty if there is none.
    pub word: AgentText,
    /// The meaning of that word, by the policy's words and the known ones.
    pub claim: Claim,
    /// The description as written, or the title if the source has both.
    pub description: AgentText,
    /// Other text by the agent, by lines: a report, its expectation, its next steps; usually empty.
    pub more: AgentText,
    /// Numeric cells by column, in the source's order. Only finite numbers.
    pub metrics: Vec<(Arc<str>, f64)>,
    /// True if the objective's number stands for "not measured": -999, 1e9.
    pub is_unmeasured: bool,
    /// The row's own time, in milliseconds since the epoch.
    pub at_ms: Option<i64>,
    /// True if a cell of the row says that it is the baseline.
    pub says_baseline: bool,
}

impl Row {
    /// The row's value of a metric; `None` if the cell is empty or not a finite number.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.iter().find(|(key, _)| &**key == name).map(|(_, value)| *value)
    }

    /// The agent's claim.
    pub fn claim(&self) -> Claim {
        self.claim
    }

    /// The outcome of measuring the objective `metric`.
    pub fn outcome(&self, metric: &str) -> Outcome {
        let value = || self.metric(metric).map(Outcome::Value);
        match self.claim {
            _ if self.is_unmeasured && self.claim != Claim::Crash => Outcome::NotMeasured,
            Claim::Crash if is_timeout(self.word.raw()) => Outcome::TimedOut,
            // `failed` with a number may mean that the idea failed; with a zero the run did.
            Claim::Crash
                if !self.is_unmeasured
                    && is_soft_failure(self.word.raw())
                    && self.metric(metric).is_some_and(|value| value != 0.0) =>
            {
                value().unwrap_or(Outcome::Crashed)
            }
            // A crash row says 0.000000, which is not a measurement.
            Claim::Crash => Outcome::Crashed,
            _ => value().unwrap_or(Outcome::NotMeasured),
        }
    }
}

/// The state of an experiment's commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitState {
    /// The row names exactly one commit, and it exists.
    Found(CommitId),
    /// The row names no commit of its own; a commit of ours contains the edits that were in the work tree when its run
    /// began.
    Edits(CommitId),
    /// The row names a commit that is on no branch, in no reflog and not pinned.
    Gone,
    /// More than one commit, or a commit that an earlier row already names.
    Ambiguous,
    /// The cell is not a commit name (`baseline`, `-`, empty, ...).
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
    /// Index of its segment in the snapshot's segments.
    pub session: usize,
    /// The row as read.
    pub row: Arc<Row>,
    /// The agent's claim.
    pub claim: Claim,
    /// The outcome of measuring.
    pub outcome: Outcome,
    /// True for the row that the others of its segment are measured against.
    pub is_baseline: bool,
    /// The state of its commit.
    pub commit: CommitState,
    /// Its change; `None` if there is nothing to review, in which case `no_change` gives the reason.
    pub change: Option<Change>,
    /// The reason why it has no change; `None` if it has one.
    pub no_change: Option<NoChange>,
    /// The commit that its own became when the history was rewritten; `None` if nothing shows that. If its own
    /// commit is gone, the change is that of this one.
    pub found_as: Option<FoundAs>,
    /// True if the trunk already contained it when the loop's session began.
    pub on_trunk: bool,
    /// True if the loop's head no longer contains it although the agent kept it.
    pub left_behind: bool,
    /// The gain the agent claims over the incumbent at that time, in the metric's unit, positive is better; `None` if
    /// either value or the direction is not known.
    pub claimed_gain: Option<f64>,
    /// Time in milliseconds since the epoch: the row's, or else the commit's.
    pub at_ms: Option<i64>,
    /// Proposals that ask about it, oldest first.
    pub proposals: Vec<Arc<Proposal>>,
}

impl Experiment {
    /// Shown where the rows of one commit name different uncommitted edits.
    pub const OTHER_EDITS: &str = "its rows name different edits: unknown which ran on exactly this commit";

    /// True if the loop's results contain it; false for a proposal without a row.
    pub fn has_row(&self) -> bool {
        self.row.line > 0
    }

    /// True if there is evidence that it ran: a row, or a value that its proposal claims. A request at the run gate has
    /// neither.
    pub fn ran(&self) -> bool {
        self.has_row() || self.outcome.value().is_some()
    }

    /// The commit, if it exists.
    pub fn head(&self) -> Option<CommitId> {
        match self.commit {
            CommitState::Found(commit) | CommitState::Edits(commit) => Some(commit),
            _ => None,
        }
    }

    /// The name shown to people: the label, shortened, or the row's line if the cell is empty. An agent may have
    /// written anything as a commit, at any length.
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

/// A label short enough for people: seven digits of a commit's hash, or as much other text as fits into a line.
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
