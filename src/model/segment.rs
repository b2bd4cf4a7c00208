//! A stretch of the loop's rows that are compared with one another.

use std::ops::Range;
use std::sync::Arc;

use super::{AgentText, Claim, Experiment, Goal, MetricChoice, Objective, Row, Snapshot};

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

impl Segment {
    /// Index of the row that the others are held against: the one that says it is the baseline, else the first
    /// measured one; `None` where nothing was measured.
    pub fn baseline(&self, metric: &str) -> Option<usize> {
        let rows = &self.rows;
        let measured = |row: &Row| row.outcome(metric).value().is_some();
        let says_so_first = |row: &Row| {
            let text = row.description.raw().trim_start().as_bytes();
            measured(row) && text.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"baseline"))
        };
        let first_kept = rows.iter().position(|row| measured(row) && row.claim() == Claim::Keep);
        rows.iter()
            .position(|row| row.says_baseline)
            // Later rows speak of baselines too: only one before the first keep, or that keep itself, is it.
            .or_else(|| {
                rows.iter().position(|row| says_so_first(row)).filter(|at| first_kept.is_none_or(|first| *at <= first))
            })
            .or_else(|| rows.iter().position(|row| measured(row)))
    }
}

/// What is derived of one segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// What the source calls it; empty when it has no name.
    pub name: AgentText,
    /// The metric that decides in it; `None` where none is known.
    pub objective: Option<Objective>,
    /// Index of its baseline among all experiments; `None` where nothing was measured.
    pub baseline: Option<usize>,
    /// Index of its best kept experiment; `None` without a direction or a value.
    pub best: Option<usize>,
    /// Its experiments, as indices.
    pub experiments: Range<usize>,
}

impl Summary {
    /// The direction of its objective, where one is known.
    pub fn goal(&self) -> Option<Goal> {
        self.objective.as_ref()?.goal
    }

    /// What people call it: its name, else its number from 1.
    pub fn called(&self, at: usize) -> AgentText {
        if self.name.is_blank() { AgentText::from(format!("{}", at + 1)) } else { self.name.clone() }
    }
}

impl Snapshot {
    /// The segment that an experiment belongs to; `None` where there is no table.
    pub fn segment_of(&self, experiment: &Experiment) -> Option<&Summary> {
        self.segments.get(experiment.session)
    }

    /// The objective by which an experiment is judged: that of its own segment.
    pub fn objective_of(&self, experiment: &Experiment) -> Option<&Objective> {
        match self.segment_of(experiment) {
            Some(segment) => segment.objective.as_ref(),
            None => self.objective.as_ref(),
        }
    }

    /// The direction by which an experiment is judged.
    pub fn goal_of(&self, experiment: &Experiment) -> Option<Goal> {
        self.objective_of(experiment)?.goal
    }

    /// The segment that objective, baseline and best are of; the newest one, until a person looks at another.
    pub fn segment(&self) -> Option<&Summary> {
        self.segments.get(self.shown)
    }

    /// The experiments of that segment, as indices; all of them where there is no table.
    pub fn in_segment(&self) -> Range<usize> {
        self.segment().map_or(0..self.experiments.len(), |segment| segment.experiments.clone())
    }

    /// Lets objective, baseline and best be those of a segment, by its index; the newest where there are fewer.
    pub fn show_segment(&mut self, at: usize) {
        let Some(last) = self.segments.len().checked_sub(1) else { return };
        self.shown = at.min(last);
        let segment = &self.segments[self.shown];
        self.objective.clone_from(&segment.objective);
        (self.baseline, self.best) = (segment.baseline, segment.best);
    }
}
