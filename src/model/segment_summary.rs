//! The data derived from one segment.

use std::ops::Range;

use super::{AgentText, Counts, Goal, Objective};

/// The data derived from one segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SegmentSummary {
    /// Its name in the source; empty if it has none.
    pub name: AgentText,
    /// The metric that decides in it; `None` if not known.
    pub objective: Option<Objective>,
    /// Index of its baseline among all experiments; `None` if nothing was measured.
    pub baseline: Option<usize>,
    /// Index of its best kept experiment; `None` without a direction or a value.
    pub best: Option<usize>,
    /// Indices of its experiments.
    pub experiments: Range<usize>,
    /// Its experiments, counted by outcome.
    pub counts: Counts,
}

impl SegmentSummary {
    /// The direction of its objective, if known.
    pub fn goal(&self) -> Option<Goal> {
        self.objective.as_ref()?.goal
    }

    /// The name shown to people: its own, or else its number from 1.
    pub fn display_name(&self, at: usize) -> AgentText {
        if self.name.is_blank() { AgentText::from(format!("{}", at + 1)) } else { self.name.clone() }
    }
}
