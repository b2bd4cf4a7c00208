//! The knobs: every value of every constant that was tried.

use std::sync::Arc;

use crate::app::State;
use crate::model::ExperimentId;
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

impl State {
    /// Returns the knobs of the shown segment; `None` until they are known.
    pub fn shown_knobs(&self) -> Option<&Knobs> {
        self.knobs.known.as_deref().filter(|knobs| knobs.segment == self.snapshot.shown)
    }

    /// Returns the rows: each knob with its values below it, as indices of knob and value.
    pub fn knob_rows(&self) -> Vec<(usize, Option<usize>)> {
        let knobs = self.shown_knobs().map_or(&[] as &[_], |knobs| knobs.knobs.as_slice());
        let rows = knobs.iter().enumerate();
        rows.flat_map(|(at, knob)| {
            std::iter::once((at, None)).chain((0..knob.values.len()).map(move |v| (at, Some(v))))
        })
        .collect()
    }

    /// Returns the best experiment with the selected value of a knob.
    pub(in crate::app) fn knob_experiment(&self) -> Option<ExperimentId> {
        let (knob, value) = *self.knob_rows().get(self.knobs.row)?;
        let knob = self.shown_knobs()?.knobs.get(knob)?;
        let goal = self.snapshot.objective.as_ref()?.goal;
        knob.values.get(value?)?.best(goal).map(|best| best.experiment.clone())
    }
}
