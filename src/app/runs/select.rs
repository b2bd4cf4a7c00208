//! The selected run, and the run that a view shows instead of an experiment.

use std::sync::Arc;

use crate::app::{State, ViewKind};
use crate::model::{Experiment, Goal, Trial, TrialEnd, TrialId};

impl State {
    /// Returns the index of the selected run.
    pub fn selected_run(&self) -> Option<usize> {
        self.runs.selected_place()
    }

    /// Returns the row of the selected run in the list.
    pub fn run_row(&self) -> Option<usize> {
        self.runs.row()
    }

    /// Returns the index of the run that is shown instead of an experiment: in the list of runs, in the curves without
    /// a loop, and after it was opened from the list.
    pub fn main_run(&self) -> Option<usize> {
        match self.view {
            _ if self.review.open.is_some() => None,
            ViewKind::Runs => self.selected_run(),
            ViewKind::Curves if self.snapshot.has_loop() => self.runs.index_of(self.curves.plot.run?),
            ViewKind::Curves => self.selected_run(),
            _ => None,
        }
    }

    /// True if rows are runs: in the list, and in the curves of a directory without a loop.
    pub fn rows_are_runs(&self) -> bool {
        self.review.open.is_none()
            && (self.view == ViewKind::Runs || (self.view == ViewKind::Curves && !self.snapshot.has_loop()))
    }

    /// Returns the name of a trial; visible text.
    pub fn run_name(&self, trial: &Trial) -> &str {
        self.runs.index_of(trial.id).map_or("", |place| self.runs.name(place))
    }

    /// Returns the experiment that a trial, by its index, belongs to.
    pub fn experiment_of_run(&self, trial: usize) -> Option<&Arc<Experiment>> {
        self.snapshot.bound_to(trial)
    }

    /// Returns the number of running runs.
    pub fn running_count(&self) -> usize {
        self.snapshot.trials.iter().filter(|trial| trial.end == TrialEnd::Running).count()
    }

    /// Returns the run that changed last.
    pub fn newest_run(&self) -> Option<&Arc<Trial>> {
        self.snapshot.trials.get(self.runs.newest_place()?)
    }

    /// Returns the direction of the listed metric; `None` if it is unknown.
    pub fn goal_of_runs(&self) -> Option<Goal> {
        self.runs.goal(&self.snapshot)
    }

    /// Selects the run in a row of the list.
    pub(in crate::app) fn select_run_row(&mut self, row: usize) {
        self.runs.select_row(row, &self.snapshot);
    }

    /// Selects a run; clears the filter if that hides it.
    pub(in crate::app) fn select_run(&mut self, id: TrialId) {
        self.runs.selected = Some(id);
        if self.run_row().is_none() {
            self.runs.filter.clear();
            self.refresh_runs();
        }
    }

    /// True in the list of runs.
    pub(in crate::app) fn is_run_list(&self) -> bool {
        self.view == ViewKind::Runs && self.review.open.is_none()
    }
}
