//! The segment of each experiment, and the shown one.

use std::ops::Range;

use super::{Experiment, Goal, Objective, SegmentSummary, Snapshot};

impl Snapshot {
    /// The segment that an experiment belongs to; `None` without a table.
    pub fn segment_of(&self, experiment: &Experiment) -> Option<&SegmentSummary> {
        self.segments.get(experiment.session)
    }

    /// The objective that an experiment is judged by: that of its own segment.
    pub fn objective_of(&self, experiment: &Experiment) -> Option<&Objective> {
        match self.segment_of(experiment) {
            Some(segment) => segment.objective.as_ref(),
            None => self.objective.as_ref(),
        }
    }

    /// The direction that an experiment is judged by.
    pub fn goal_of(&self, experiment: &Experiment) -> Option<Goal> {
        self.objective_of(experiment)?.goal
    }

    /// The segment of the shown objective, baseline and best: the newest one, until a person selects another.
    pub fn segment(&self) -> Option<&SegmentSummary> {
        self.segments.get(self.shown)
    }

    /// Indices of the experiments of that segment; all of them without a table.
    pub fn in_segment(&self) -> Range<usize> {
        self.segment().map_or(0..self.experiments.len(), |segment| segment.experiments.clone())
    }

    /// Shows a segment, by its index: objective, baseline and best are then its own; the newest if there are fewer.
    pub fn show_segment(&mut self, at: usize) {
        let Some(last) = self.segments.len().checked_sub(1) else { return };
        self.shown = at.min(last);
        let segment = &self.segments[self.shown];
        self.objective.clone_from(&segment.objective);
        (self.baseline, self.best) = (segment.baseline, segment.best);
    }
}
