//! One training run, as its log tells it.

use std::sync::Arc;

use super::{AgentText, CommitId, ExperimentId};
use crate::series::{Series, SeriesMap};

/// Number of a trial within this process, or its row in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrialId(pub u64);

/// How a trial is known to belong to an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The loop was on this commit when the log's first byte appeared.
    Head(CommitId),
    /// The log was there before we were: only its numbers can tell.
    Unknown,
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrialEnd {
    /// It has not, as far as its log tells.
    Running,
    /// The log has its summary block.
    Finished,
    /// The log ends in an error; these are its last lines.
    Crashed(Vec<AgentText>),
    /// Another run took the log over before an end was seen.
    Overwritten,
    /// Nothing was written for a while, and no end was seen.
    Silent,
}

/// How far along a run was at a step, beside the step itself. Empty where the log does not say.
#[derive(Clone, Debug, Default)]
pub struct Along {
    /// Seconds of training so far, by step.
    pub seconds: Series,
    /// Tokens seen so far, by step.
    pub tokens: Series,
}

/// One training run.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Its number.
    pub id: TrialId,
    /// Path of its log below the run directory.
    pub log: Arc<str>,
    /// How it is known which experiment it belongs to.
    pub binding: Binding,
    /// A commit of ours that holds the edits that were not committed when it began; `None` when
    /// there were none, or nobody looked.
    pub edits: Option<CommitId>,
    /// Identity of the row that appeared when it had ended; `None` when no row was seen to.
    pub row: Option<ExperimentId>,
    /// When its first byte was seen, in milliseconds since the epoch.
    pub started_ms: Option<i64>,
    /// When its last byte was seen, in milliseconds since the epoch.
    pub last_ms: Option<i64>,
    /// How it ended.
    pub end: TrialEnd,
    /// Curves by metric.
    pub series: SeriesMap,
    /// Time and tokens by step.
    pub along: Along,
    /// The values of its summary block, in the log's order.
    pub summary: Vec<(Arc<str>, f64)>,
    /// Share of the run that is done, 0 to 1, where the log says so.
    pub progress: Option<f64>,
    /// Seconds left, where the log says so.
    pub remaining_s: Option<f64>,
}

impl Trial {
    /// The summary's value of a metric.
    pub fn summary_value(&self, metric: &str) -> Option<f64> {
        self.summary.iter().find(|(key, _)| &**key == metric).map(|(_, value)| *value)
    }
}
