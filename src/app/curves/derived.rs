//! Curves derived from the values: the difference to a reference, and smoothed curves. They are kept while they are
//! shown and updated with new points only.

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::{DrawnTrial, Subjects, XAxis};
use crate::model::{Curves, Trial, TrialId};
use crate::series::{Difference, Series, Smoothed};

/// The derived curves of the trials on the screen.
#[derive(Clone, Debug, Default)]
pub struct Derived(HashMap<TrialId, HashMap<Arc<str>, DerivedCurve>>);

#[derive(Clone, Debug, Default)]
struct DerivedCurve {
    difference: Option<(TrialId, XAxis, Difference)>,
    smoothed: Option<Smoothed>,
}

/// A way to derive curves from the values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Derivation<'a> {
    /// The trial to subtract; `None` for the values themselves.
    pub(super) reference: Option<&'a DrawnTrial<'a>>,
    /// The quantity along the x axis.
    pub(super) measure: XAxis,
    /// Weight of the past in the smoothed curve; 0 for none.
    pub(super) weight: f64,
}

impl Derived {
    /// Returns a metric of a trial as a difference to the reference; `None` if no difference is drawn.
    pub(super) fn difference(&self, trial: &Trial, metric: &str) -> Option<&Series> {
        let (.., difference) = self.0.get(&trial.id)?.get(metric)?.difference.as_ref()?;
        Some(difference.series())
    }

    /// Returns a metric of a trial with the chosen smoothing; `None` without smoothing.
    pub(super) fn smoothed(&self, trial: &Trial, metric: &str) -> Option<&Series> {
        self.0.get(&trial.id)?.get(metric)?.smoothed.as_ref().map(Smoothed::series)
    }

    /// Returns the derived curves of the drawn trials; those that are known get the new points only.
    pub(super) fn followed(mut self, subjects: &Subjects<'_>, metrics: &[Arc<str>], how: Derivation<'_>) -> Self {
        let mut shown: HashMap<TrialId, HashMap<Arc<str>, DerivedCurve>> = HashMap::new();
        for (trial, curves) in subjects.runs() {
            let mut known = self.0.remove(&trial.id).unwrap_or_default();
            let follow = |metric: &Arc<str>| {
                let before = known.remove(metric).unwrap_or_default();
                Some((Arc::clone(metric), follow(curves?, metric, how, before)?))
            };
            shown.insert(trial.id, metrics.iter().filter_map(follow).collect());
        }
        Self(shown)
    }
}

fn follow(curves: &Curves, metric: &str, how: Derivation<'_>, before: DerivedCurve) -> Option<DerivedCurve> {
    let Derivation { reference, measure, weight } = how;
    let mut drawn = curves.series.get(metric)?;
    let mut difference = None;
    // The smoothed curve stays valid while its source does: the values, or the same difference as before.
    let mut is_same = before.difference.is_none();
    if let Some(reference) = reference {
        let other = reference.curves?;
        let against = other.series.get(metric)?;
        let (own, its) = (measure.ruler(curves).ok()?, measure.ruler(other).ok()?);
        let known = before.difference.filter(|(id, by, _)| *id == reference.trial.id && *by == measure);
        is_same = known.is_some();
        let mut found = known.map(|(.., difference)| difference).unwrap_or_default();
        is_same &= !found.update(drawn, against, |step| match (own, its) {
            (Some(own), Some(its)) => its.step_at(own.at(step)),
            _ => step,
        });
        difference = Some((reference.trial.id, measure, found));
    }
    if let Some((.., difference)) = &difference {
        drawn = difference.series();
    }
    let smoothed = (weight > 0.0).then(|| {
        let known = before.smoothed.filter(|smoothed| is_same && smoothed.weight().total_cmp(&weight).is_eq());
        let mut smoothed = known.unwrap_or_else(|| Smoothed::new(weight));
        smoothed.update(drawn);
        smoothed
    });
    Some(DerivedCurve { difference, smoothed })
}
