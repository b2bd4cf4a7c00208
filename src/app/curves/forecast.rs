//! Where the trial that runs will end, by how earlier ones went on; and whether it is clearly worse than its
//! base. Both are advice: nothing here decides, and nothing is stopped.

use std::sync::Arc;

use crate::app::{State, Subjects};
use crate::model::{Claim, CurveOutline, Experiment, Goal, Trial, TrialEnd};
use crate::series::{Forecast, Series};

/// Earlier trials that a forecast rests on, the newest: a loop moves on, and old ones mislead (on the recording that
/// is shipped, 79 to 86 of 100 runs came to lie within, against 77 to 80 with 64).
const NEWEST: usize = 16;
/// Kept experiments that are compared with their bases.
const MOST_KEPT: usize = 64;
/// Before this share of a run its start says too little, and behind it there is nothing left to tell.
const TELLING: std::ops::Range<f64> = 0.05..0.99;

/// Where the trial that runs is expected to end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpectedEnd {
    /// Share of the run that is done, 0 to 1.
    pub share: f64,
    /// The step that it will end at.
    pub step: f64,
    /// What the drawn metric will come to there.
    pub value: Forecast,
    /// What the objective will come to, where that is another metric.
    pub objective: Option<Forecast>,
}

/// What is known of the end of the trial that runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ending {
    /// It is expected there.
    Expected(ExpectedEnd),
    /// So many earlier runs of this metric ended: too few to tell.
    TooFew(usize),
    /// No earlier run was like it at this place.
    Unlike,
    /// Its log does not say how far it is, and earlier ones were not all as long.
    NoLength,
    /// It has only just begun, or is all but over.
    NotNow,
}

/// The trial that runs is clearly worse than its base.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behind {
    /// By how much, in the metric's unit, as the metric moves: over the last quarter of its steps.
    pub by: f64,
    /// How many kept experiments are known at this step; none of them was so far behind its base.
    pub kept: usize,
}

impl State {
    /// Where the trial that is shown and runs will end; `None` when none is.
    pub fn ending(&self, subjects: &Subjects<'_>, metric: &str) -> Option<Ending> {
        let trial = subjects.main.trial;
        let series = subjects.main.curves.filter(|_| subjects.is_running)?.series.get(metric)?;
        let earlier = self.earlier(trial, metric);
        if earlier.len() < Forecast::FEWEST {
            return Some(Ending::TooFew(earlier.len()));
        }
        let last = series.last()?.step;
        let by_length = || Some(last / usual(earlier.iter().map(|one| one.outline.ends.1.step).collect())?);
        let Some(share) = trial.progress.or_else(by_length).filter(|share| share.is_finite()) else {
            return Some(Ending::NoLength);
        };
        if !TELLING.contains(&share) {
            return Some(Ending::NotNow);
        }
        let now = mean_of_last(series);
        let seen = |one: &Earlier<'_>| one.outline.at_share(share);
        let values: Vec<_> = earlier.iter().filter_map(|one| Some((seen(one)?, one.outline.ends.1.value))).collect();
        let Some(value) = Forecast::of(&values, now) else {
            let few = values.len() < Forecast::FEWEST;
            return Some(if few { Ending::TooFew(values.len()) } else { Ending::Unlike });
        };
        let objective = self.objective_of(&earlier, metric, share, now);
        Some(Ending::Expected(ExpectedEnd { share, step: last / share, value, objective }))
    }

    /// Whether the trial that is shown and runs is clearly worse than its base at the same steps: in all parts of the
    /// last quarter, by three times as much as that varies, farther than any kept one was, and not expected
    /// to end better. `None` when it is not, or nobody can tell.
    pub fn behind(&self, subjects: &Subjects<'_>, metric: &str) -> Option<Behind> {
        const PARTS: usize = 8;
        let base = subjects.base.as_ref().filter(|_| subjects.is_running)?;
        let own = subjects.main.curves?.series.get(metric)?;
        let its = base.curves?.series.get(metric)?;
        let goal = self.goal_of(metric)?;
        let (first, last) = (own.first()?.step, own.last()?.step);
        let from = last - (last - first) / 4.0;
        let points = |series: &Series| series.before(last.next_up()) - series.before(from);
        if its.last()?.step < last || points(own) < PARTS || points(its) < PARTS {
            return None;
        }
        let part = (last - from) / PARTS as f64;
        let differences: Option<Vec<f64>> = (0..PARTS)
            .map(|at| {
                let start = from + part * at as f64;
                Some(mean_between(own, start, start + part)? - mean_between(its, start, start + part)?)
            })
            .collect();
        let differences = differences?;
        let by = differences.iter().sum::<f64>() / PARTS as f64;
        let varies = differences.iter().map(|one| (one - by).powi(2)).sum::<f64>() / (PARTS - 1) as f64;
        let is_worse = |difference: f64| goal.is_better(0.0, difference);
        if !differences.iter().all(|one| is_worse(*one)) || by.abs() <= 3.0 * varies.sqrt() {
            return None;
        }
        if let Some(Ending::Expected(expected)) = self.ending(subjects, metric) {
            let best = if goal == Goal::Minimize { expected.value.low } else { expected.value.high };
            if goal.is_better(best, its.last()?.value) {
                return None;
            }
        }
        let kept = self.kept_differences(metric, last);
        // One that was as far behind was kept in the end.
        (!kept.iter().any(|one| is_worse(*one) && one.abs() >= by.abs())).then_some(Behind { by, kept: kept.len() })
    }

    /// What the objective will come to: its difference to the base's by that of the metric, for the base moves on
    /// while a loop gets better. `None` where the metric decides itself, or the bases are not known.
    fn objective_of(&self, earlier: &[Earlier<'_>], metric: &str, share: f64, now: f64) -> Option<Forecast> {
        let snapshot = &self.snapshot;
        snapshot.objective.as_ref().filter(|objective| *objective.metric != *metric)?;
        let known = |experiment: &Experiment| {
            let trial = snapshot.trial(&experiment.id)?;
            Some((trial.outline(trial.metric(metric)?)?.at_share(share)?, experiment.outcome.value()?))
        };
        let same = |one: &&Earlier<'_>| one.experiment.session == snapshot.shown;
        let differences = earlier.iter().filter(same).filter_map(|one| {
            let base = known(snapshot.by_head(one.experiment.change.as_ref()?.base)?)?;
            let own = (one.outline.at_share(share)?, one.experiment.outcome.value()?);
            Some((own.0 - base.0, own.1 - base.1))
        });
        let base = known(snapshot.last_kept()?)?;
        let told = Forecast::of(&differences.collect::<Vec<_>>(), now - base.0)?;
        Some(Forecast { middle: told.middle + base.1, low: told.low + base.1, high: told.high + base.1, ..told })
    }

    /// Which direction of a metric is better; `None` where nothing says so.
    fn goal_of(&self, metric: &str) -> Option<Goal> {
        let decides = self.snapshot.objective.as_ref().filter(|objective| *objective.metric == *metric);
        decides.map_or_else(|| Goal::of_metric(metric), |objective| objective.goal)
    }

    /// Experiments whose trial came to its end and has the metric.
    fn earlier<'a>(&'a self, trial: &Arc<Trial>, metric: &str) -> Vec<Earlier<'a>> {
        let snapshot = &self.snapshot;
        let all = snapshot.experiments.iter().enumerate().rev().filter_map(|(index, experiment)| {
            let known = snapshot.newest_trial(index)?;
            let ended = known.end == TrialEnd::Finished && !Arc::ptr_eq(known, trial);
            let outline = known.outline(known.metric(metric).filter(|_| ended)?)?;
            Some(Earlier { experiment, outline })
        });
        all.take(NEWEST).collect()
    }

    /// How far kept experiments were from their bases at a step.
    fn kept_differences(&self, metric: &str, step: f64) -> Vec<f64> {
        let snapshot = &self.snapshot;
        let value = |experiment: &Experiment| {
            let trial = snapshot.trial(&experiment.id)?;
            let outline = trial.outline(trial.metric(metric)?)?;
            outline.at_share(step / outline.ends.1.step)
        };
        let kept = snapshot.experiments.iter().rev().filter(|experiment| experiment.claim == Claim::Keep);
        let differences = kept.filter_map(|experiment| {
            let base = snapshot.by_head(experiment.change.as_ref()?.base)?;
            Some(value(experiment)? - value(base)?)
        });
        differences.take(MOST_KEPT).collect()
    }
}

struct Earlier<'a> {
    experiment: &'a Experiment,
    outline: CurveOutline,
}

/// The middle one, where the shortest of nine in ten is at most a fifth away from it.
fn usual(mut lengths: Vec<f64>) -> Option<f64> {
    lengths.sort_by(f64::total_cmp);
    let middle = *lengths.get(lengths.len() / 2)?;
    let (low, high) = (lengths[lengths.len() / 10], lengths[lengths.len() - 1 - lengths.len() / 10]);
    (low >= 0.8 * middle && high <= 1.2 * middle && middle > 0.0).then_some(middle)
}

/// The mean of the last points: a fiftieth of all, 64 at most.
fn mean_of_last(series: &Series) -> f64 {
    let count = (series.len() / 50).clamp(1, 64);
    mean(series.points_from(series.len() - count).map(|point| point.value)).unwrap_or(f64::NAN)
}

/// The mean between two steps, of 16 places: it does not take longer when there are more points.
fn mean_between(series: &Series, from: f64, to: f64) -> Option<f64> {
    const PLACES: usize = 16;
    let (first, end) = (series.before(from), series.before(to.next_up()));
    let stride = ((end - first) / PLACES).max(1);
    let places = (first..end).step_by(stride);
    // Where a part has no point of its own, the one before it stands.
    let before = || series.last_until(to).map(|point| point.value);
    mean(places.filter_map(|at| series.get(at)).map(|point| point.value)).or_else(before)
}

/// The mean of finite numbers; `None` without one.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.filter(|value| value.is_finite()).fold((0.0, 0_u32), |(sum, n), v| (sum + v, n + 1));
    (count > 0).then(|| sum / f64::from(count))
}
