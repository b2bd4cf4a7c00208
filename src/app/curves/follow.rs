//! Keeps the curves that are derived from the values up to date with those on the screen.

use super::derived::Derivation;
use crate::app::{DrawnTrial, SMOOTHINGS, State, Subjects};
use crate::model::Trial;
use crate::series::Series;

impl State {
    /// Returns a metric of a trial as a difference to the reference; `None` if no difference is drawn.
    pub fn difference(&self, trial: &Trial, metric: &str) -> Option<&Series> {
        self.curves.derived.difference(trial, metric)
    }

    /// Returns a metric of a trial with the chosen smoothing; `None` without smoothing.
    pub fn smoothed(&self, trial: &Trial, metric: &str) -> Option<&Series> {
        self.curves.derived.smoothed(trial, metric)
    }

    /// Returns the trial whose curves are subtracted; `None` if no difference is drawn.
    pub fn difference_reference<'a, 'b>(&self, subjects: &'b Subjects<'a>) -> Option<&'b DrawnTrial<'a>> {
        subjects.base.as_ref().filter(|_| self.curves.plot.difference && self.in_curves())
    }
}

/// Brings the derived curves up to date with the curves on the screen.
pub(in crate::app) fn follow_curves(state: &mut State) {
    let known = std::mem::take(&mut state.curves.derived);
    let Some(subjects) = state.subjects().filter(|_| state.in_curves()) else { return };
    let plot = &state.curves.plot;
    let weight = SMOOTHINGS[plot.smoothing];
    let reference = state.difference_reference(&subjects);
    if weight == 0.0 && reference.is_none() {
        return;
    }
    let how = Derivation { reference, measure: plot.measure, weight };
    state.curves.derived = known.followed(&subjects, &state.shown_metrics(&subjects), how);
}
