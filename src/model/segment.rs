//! A stretch of the loop's rows that are compared with one another.

use std::sync::Arc;

use super::{AgentText, MetricChoice, Row};

/// Rows with one objective, one baseline and one best: the rows after one `config` line of a pi-autoresearch log,
/// or what a table held before it was truncated or replaced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Segment {
    /// What the source calls it; empty when it has no name.
    pub name: AgentText,
    /// The metric that decides; `None` where no column looks like one.
    pub choice: Option<MetricChoice>,
    /// Its rows, in the source's order.
    pub rows: Vec<Arc<Row>>,
}
