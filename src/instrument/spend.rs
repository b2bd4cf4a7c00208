//! What the loop has spent, as far as was recorded.

use crate::model::{Snapshot, Trial};

/// The length of a trial in seconds; `None` if neither its log nor its summary gives one.
pub(super) fn seconds_of(trial: &Trial) -> Option<f64> {
    // A log may be read a moment after its only byte was written: the difference is not the trial's length.
    let seen = trial.started_ms.zip(trial.last_ms).map(|(from, to)| (to - from).max(0) as f64 / 1000.0);
    // The summary includes the time before the first byte, and covers trials whose start was not recorded.
    let reported = trial.summary_value("total_seconds").or_else(|| trial.summary_value("training_seconds"));
    reported.into_iter().chain(seen).filter(|seconds| *seconds >= 0.0).reduce(f64::max)
}

/// Training time spent on trials.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct TrialSpend {
    /// Hours of all trials of known length.
    pub(super) hours: f64,
    /// Number of experiments with such a trial.
    pub(super) known: usize,
    /// Number of experiments that must have run but have no trial of known length.
    pub(super) unknown: usize,
}

pub(super) fn spent(snapshot: &Snapshot) -> TrialSpend {
    let mut spent = TrialSpend::default();
    for (experiment, trials) in snapshot.experiments.iter().zip(&snapshot.trials_by_experiment) {
        let known = trials.iter().any(|at| seconds_of(&snapshot.trials[*at]).is_some());
        if known {
            spent.known += 1;
        } else if experiment.ran() {
            spent.unknown += 1;
        }
    }
    // Runs that match no row were paid for too.
    spent.hours = snapshot.trials.iter().filter_map(|trial| seconds_of(trial)).sum::<f64>() / 3600.0;
    spent
}
