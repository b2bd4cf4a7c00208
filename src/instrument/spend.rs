//! What the loop has spent, as far as anybody saw it.

use crate::model::{Snapshot, Trial};

/// Seconds that a trial took; `None` where neither its log's bytes nor its summary tell.
pub(super) fn seconds_of(trial: &Trial) -> Option<f64> {
    // A log may be looked at a moment after its only byte was written: that is no time at all.
    let seen = trial.started_ms.zip(trial.last_ms).map(|(from, to)| (to - from).max(0) as f64 / 1000.0);
    // The summary knows of the time before the first byte, and of trials nobody saw begin.
    let said = trial.summary_value("total_seconds").or_else(|| trial.summary_value("training_seconds"));
    said.into_iter().chain(seen).filter(|seconds| *seconds >= 0.0).reduce(f64::max)
}

/// What was spent on trials.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct TrialSpend {
    /// Hours of all trials whose length is known.
    pub(super) hours: f64,
    /// Experiments with such a trial.
    pub(super) known: usize,
    /// Experiments that must have run and of which no length is known.
    pub(super) unknown: usize,
}

pub(super) fn spent(snapshot: &Snapshot) -> TrialSpend {
    let mut spent = TrialSpend::default();
    for (experiment, trials) in snapshot.experiments.iter().zip(&snapshot.bound) {
        let known = trials.iter().any(|at| seconds_of(&snapshot.trials[*at]).is_some());
        if known {
            spent.known += 1;
        } else if experiment.ran() {
            spent.unknown += 1;
        }
    }
    // Runs of no row that is known were paid for too.
    spent.hours = snapshot.trials.iter().filter_map(|trial| seconds_of(trial)).sum::<f64>() / 3600.0;
    spent
}
