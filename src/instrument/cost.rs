//! The cost of an experiment, next to the cost of its base.

use std::sync::Arc;

use super::spend::seconds_of;
use crate::model::{Experiment, Snapshot, Trial};

/// The unit of a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostUnit {
    /// The unit that the metric's name or the policy implies.
    AsNamed,
    /// Seconds.
    Seconds,
    /// Training steps.
    Steps,
    /// Dollars, by the price in the policy.
    Dollars,
}

/// One cost of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Its name: a metric, or `time`, `steps`, `cost`.
    pub name: Arc<str>,
    /// Its unit.
    pub unit: CostUnit,
    /// The amount, in that unit.
    pub value: f64,
    /// The amount for the base; `None` if it is not known.
    pub base: Option<f64>,
}

/// Memory and everything else the loop measured besides its objective, then time, steps and money.
pub fn costs(
    snapshot: &Snapshot,
    experiment: &Experiment,
    usd_per_gpu_hour: Option<f64>,
    gpus: Option<f64>,
) -> Vec<Cost> {
    let base = experiment.change.as_ref().and_then(|change| snapshot.by_head(change.base));
    let objective = snapshot.objective.as_ref().map(|objective| &*objective.metric);
    let trial = snapshot.trial(&experiment.id);
    let base_trial = base.and_then(|base| snapshot.trial(&base.id));
    let mut found: Vec<Cost> = Vec::new();
    for (name, value) in experiment.row.metrics.iter().filter(|(name, _)| Some(&**name) != objective) {
        let base = base.and_then(|base| base.row.metric(name));
        found.push(Cost { name: Arc::clone(name), unit: CostUnit::AsNamed, value: *value, base });
    }
    let cost = |name: &str, unit, of: &dyn Fn(&Trial) -> Option<f64>| {
        let value = trial.and_then(|trial| of(trial))?;
        Some(Cost { name: name.into(), unit, value, base: base_trial.and_then(|trial| of(trial)) })
    };
    if !found.iter().any(|cost| cost.name.contains("mem")) {
        found.extend(cost("peak_vram_mb", CostUnit::AsNamed, &|trial| trial.summary_value("peak_vram_mb")));
    }
    found.extend(cost("time", CostUnit::Seconds, &seconds_of));
    found.extend(cost("steps", CostUnit::Steps, &Trial::last_step));
    if let Some(price) = usd_per_gpu_hour {
        let price = price * gpus.unwrap_or(1.0) / 3600.0;
        found.extend(cost("cost", CostUnit::Dollars, &|trial| seconds_of(trial).map(|seconds| seconds * price)));
    }
    found
}
