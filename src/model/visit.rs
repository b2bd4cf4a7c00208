//! The state of a loop as a person left it, kept until they come back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ExperimentId;

/// One visit, from opening the loop to leaving it, as it ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Visit {
    /// Time at which it ended, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The same as a local clock time, `23:10` or `Mon 23:10`; recomputed when it is read.
    #[serde(skip)]
    pub at: String,
    /// Number of experiments.
    pub experiments: usize,
    /// The newest of them, by its row; `None` if there was none.
    pub newest: Option<ExperimentId>,
    /// The best kept value, in the metric's unit; `None` if there was none.
    pub best: Option<f64>,
    /// Number of changes that waited for a decision.
    pub waiting: usize,
    /// The view that was open, by its name.
    pub view: String,
    /// The selected experiment by view.
    pub selection: BTreeMap<String, ExperimentId>,
}
