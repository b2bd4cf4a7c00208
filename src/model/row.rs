//! One row of a results table or log.

use std::sync::Arc;

use super::{AgentText, Claim, Outcome, is_soft_failure, is_timeout};

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
    pub is_called_baseline: bool,
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
