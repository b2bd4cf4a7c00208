//! Smoothed curves, kept while they are shown: following what came takes only what came.

use std::collections::HashMap;
use std::sync::Arc;

use super::{SMOOTHINGS, State};
use crate::model::{Trial, TrialId};
use crate::series::{Series, Smoothed};

/// The smoothed curves of what is shown.
#[derive(Clone, Debug, Default)]
pub struct Smoothing(HashMap<(TrialId, Arc<str>), Smoothed>);

impl State {
    /// A metric of a trial, smoothed as it is shown; `None` where nothing is smoothed.
    pub fn smoothed(&self, trial: &Trial, metric: &str) -> Option<&Series> {
        self.smooth.0.get(&(trial.id, metric.into())).map(Smoothed::series)
    }
}

/// Brings the smoothed curves up to what is shown now.
pub(super) fn follow_curves(state: &mut State) {
    let weight = SMOOTHINGS[state.plot.smoothing];
    if weight == 0.0 || !state.in_curves() {
        state.smooth.0.clear();
        return;
    }
    let mut known = std::mem::take(&mut state.smooth.0);
    let mut shown = HashMap::new();
    if let Some(subjects) = state.subjects() {
        let metrics = state.shown_metrics(&subjects);
        for subject in subjects.all() {
            for metric in &metrics {
                let Some(series) = subject.curves.and_then(|curves| curves.series.get(metric)) else { continue };
                let key = (subject.trial.id, Arc::clone(metric));
                let before = known.remove(&key).filter(|smoothed| smoothed.weight().total_cmp(&weight).is_eq());
                let mut smoothed = before.unwrap_or_else(|| Smoothed::new(weight));
                smoothed.follow(series);
                shown.insert(key, smoothed);
            }
        }
    }
    state.smooth.0 = shown;
}
