//! The knobs: every value of every constant that was tried.

use std::sync::Arc;

use crate::model::{ExperimentId, Goal};
use crate::query::Knobs;

/// State of the knobs and instruments views.
#[derive(Debug, Default)]
pub struct KnobsState {
    /// The knobs as last computed.
    pub known: Option<Arc<Knobs>>,
    /// The selected row.
    pub row: usize,
    pub(in crate::app) asked: Option<(usize, usize)>,
}

impl KnobsState {
    /// Returns the knobs of a segment; `None` until they are known.
    pub(super) fn of_segment(&self, segment: usize) -> Option<&Knobs> {
        self.known.as_deref().filter(|knobs| knobs.segment == segment)
    }

    /// Returns the rows: each knob with its values below it, as indices of knob and value.
    pub(super) fn rows(&self, segment: usize) -> Vec<(usize, Option<usize>)> {
        let knobs = self.of_segment(segment).map_or(&[] as &[_], |knobs| knobs.knobs.as_slice());
        let rows = knobs.iter().enumerate();
        rows.flat_map(|(at, knob)| {
            std::iter::once((at, None)).chain((0..knob.values.len()).map(move |v| (at, Some(v))))
        })
        .collect()
    }

    /// Returns the best experiment with the selected value of a knob.
    pub(super) fn experiment(&self, segment: usize, goal: Option<Goal>) -> Option<ExperimentId> {
        let (knob, value) = *self.rows(segment).get(self.row)?;
        let knob = self.of_segment(segment)?.knobs.get(knob)?;
        knob.values.get(value?)?.best(goal).map(|best| best.experiment.clone())
    }
}
