//! The pace of the loop, and the time since its last gain.

use crate::model::{Claim, Goal, Snapshot};

use super::spend::seconds_of;

/// Number of newest experiments used to compute the pace.
const WINDOW: usize = 24;
/// Fewer experiments than this give no pace.
const FEWEST: usize = 3;

/// The pace over the newest experiments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pace {
    /// Number of experiments it is computed from.
    pub(super) experiments: usize,
    /// Experiments per hour.
    pub(super) per_hour: f64,
    /// Claimed gain per hour, in the metric's unit; `None` if the direction is not known.
    pub(super) gain_per_hour: Option<f64>,
    /// Claimed gain per hour of training; `None` if the length of a trial is not known.
    pub(super) gain_per_trial_hour: Option<f64>,
}

pub(super) fn pace(snapshot: &Snapshot) -> Option<Pace> {
    let all = &snapshot.experiments;
    // An experiment that waits for approval to train has taken no time yet.
    let mut window: Vec<usize> = (0..all.len()).rev().filter(|at| all[*at].ran()).take(WINDOW).collect();
    window.reverse();
    let session = all[*window.last()?].session;
    window.retain(|at| all[*at].session == session);
    let times: Vec<i64> = window.iter().filter_map(|at| all[*at].at_ms).collect();
    let (first, last) = (times.iter().min()?, times.iter().max()?);
    let hours = (last - first) as f64 / 3_600_000.0;
    if times.len() < FEWEST || hours <= 0.0 {
        return None;
    }
    let gain = snapshot.objective.as_ref().and_then(|objective| objective.goal).and_then(|goal| {
        let before = incumbent(snapshot, goal, *window.first()? + 1)?;
        Some(goal.gain(before, incumbent(snapshot, goal, all.len())?))
    });
    let trained: Option<f64> = window[1..]
        .iter()
        .map(|at| snapshot.trial(&all[*at].id).and_then(|trial| seconds_of(trial)))
        .sum::<Option<f64>>()
        .map(|seconds| seconds / 3600.0)
        .filter(|hours| *hours > 0.0);
    Some(Pace {
        experiments: times.len(),
        per_hour: (times.len() - 1) as f64 / hours,
        gain_per_hour: gain.map(|gain| gain / hours),
        gain_per_trial_hour: gain.zip(trained).map(|(gain, hours)| gain / hours),
    })
}

/// The best kept value among the first `count` experiments.
fn incumbent(snapshot: &Snapshot, goal: Goal, count: usize) -> Option<f64> {
    let from = snapshot.in_segment().start.min(count);
    let kept = snapshot.experiments[from..count].iter().filter(|e| e.claim == Claim::Keep || e.is_baseline);
    kept.filter_map(|experiment| experiment.outcome.value())
        .reduce(|best, value| if goal.is_better(value, best) { value } else { best })
}

/// The newest experiment that became the best one, by its index.
pub(super) fn last_gain(snapshot: &Snapshot) -> Option<usize> {
    let goal = snapshot.objective.as_ref()?.goal?;
    let mut best: Option<f64> = None;
    let mut newest = None;
    let among = snapshot.in_segment();
    for (index, experiment) in snapshot.experiments.iter().enumerate().take(among.end).skip(among.start) {
        let counts = experiment.claim == Claim::Keep || experiment.is_baseline;
        if let (Some(value), true) = (experiment.outcome.value(), counts)
            && best.is_none_or(|old| goal.is_better(value, old))
        {
            best = Some(value);
            newest = Some(index);
        }
    }
    newest
}
