//! One attempt at an improvement, as described by its row.

use std::sync::Arc;

use super::{AgentText, Change, Claim, CommitId, ExperimentId, FoundAs, NoChange, Outcome, Proposal, Row};

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
}
