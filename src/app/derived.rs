//! What is drawn of curves beside their own values: the difference to a reference, and both smoothed. It is kept while
//! it is shown: following what came takes only what came.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Measure, SMOOTHINGS, State, Subject};
use crate::model::{Trial, TrialId};
use crate::series::{Difference, Series, Smoothed};

/// What is derived of the curves that are shown.
#[derive(Clone, Debug, Default)]
pub struct Derived(HashMap<(TrialId, Arc<str>), One>);

#[derive(Clone, Debug, Default)]
struct One {
    difference: Option<(TrialId, Measure, Difference)>,
    smoothed: Option<Smoothed>,
}

impl State {
    /// A metric of a trial as a difference to the reference; `None` where none is drawn.
    pub fn difference(&self, trial: &Trial, metric: &str) -> Option<&Series> {
        let (.., difference) = self.derived.0.get(&(trial.id, metric.into()))?.difference.as_ref()?;
        Some(difference.series())
    }

    /// A metric of a trial, smoothed as it is shown; `None` where nothing is smoothed.
    pub fn smoothed(&self, trial: &Trial, metric: &str) -> Option<&Series> {
        self.derived.0.get(&(trial.id, metric.into()))?.smoothed.as_ref().map(Smoothed::series)
    }

    /// True when curves are drawn as differences: it was asked for, and there is a reference.
    pub fn draws_difference(&self) -> bool {
        self.plot.difference && self.in_curves() && self.subjects().is_some_and(|subjects| subjects.base.is_some())
    }
}

/// Brings what is derived up to what is shown now.
pub(super) fn follow_curves(state: &mut State) {
    let weight = SMOOTHINGS[state.plot.smoothing];
    let is_difference = state.draws_difference();
    if (weight == 0.0 && !is_difference) || !state.in_curves() {
        state.derived.0.clear();
        return;
    }
    let mut known = std::mem::take(&mut state.derived.0);
    let mut shown = HashMap::new();
    if let Some(subjects) = state.subjects() {
        let metrics = state.shown_metrics(&subjects);
        let reference = subjects.base.as_ref().filter(|_| is_difference);
        for subject in subjects.all() {
            for metric in &metrics {
                let key = (subject.trial.id, Arc::clone(metric));
                let before = known.remove(&key).unwrap_or_default();
                shown.extend(
                    follow(state.plot.measure, subject, reference, metric, weight, before).map(|one| (key, one)),
                );
            }
        }
    }
    state.derived.0 = shown;
}

fn follow(
    measure: Measure,
    subject: &Subject<'_>,
    reference: Option<&Subject<'_>>,
    metric: &str,
    weight: f64,
    before: One,
) -> Option<One> {
    let curves = subject.curves?;
    let mut drawn = curves.series.get(metric)?;
    let mut difference = None;
    if let Some(reference) = reference {
        let other = reference.curves?;
        let against = other.series.get(metric)?;
        let (own, its) = (measure.ruler(curves).ok()?, measure.ruler(other).ok()?);
        let known = before.difference.filter(|(id, by, _)| *id == reference.trial.id && *by == measure);
        let mut found = known.map(|(.., difference)| difference).unwrap_or_default();
        found.follow(drawn, against, |step| match (own, its) {
            (Some(own), Some(its)) => its.step_at(own.at(step)),
            _ => step,
        });
        difference = Some((reference.trial.id, measure, found));
    }
    if let Some((.., difference)) = &difference {
        drawn = difference.series();
    }
    let smoothed = (weight > 0.0).then(|| {
        let known = before.smoothed.filter(|smoothed| smoothed.weight().total_cmp(&weight).is_eq());
        let mut smoothed = known.unwrap_or_else(|| Smoothed::new(weight));
        smoothed.follow(drawn);
        smoothed
    });
    Some(One { difference, smoothed })
}
