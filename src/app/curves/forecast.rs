//! Forecasts the final value of the running trial from earlier trials, and detects whether it is clearly worse than its
//! base. Both are advice: nothing here decides or stops anything.

use std::sync::Arc;

use crate::app::{State, Subjects};
use crate::model::{Claim, CurveOutline, Experiment, Goal, Trial, TrialEnd};
use crate::series::{Forecast, Series};

/// Number of earlier trials that a forecast uses, the newest ones: a loop moves on, and old trials mislead. On the
/// recording that is shipped, 79 to 86 of 100 runs ended within the interval, against 77 to 80 with 64 trials.
const NEWEST: usize = 16;
/// Maximum number of kept experiments that are compared with their bases.
const MOST_KEPT: usize = 64;
/// Shares of a run in which a forecast makes sense: earlier it is too uncertain, later there is nothing left to
/// forecast.
const USABLE: std::ops::Range<f64> = 0.05..0.99;

/// The expected end of the running trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForecastEnd {
    /// Share of the run that is done, 0 to 1.
    pub share: f64,
    /// The expected last step.
    pub step: f64,
    /// The expected final value of the drawn metric.
    pub value: Forecast,
    /// The expected objective, if that is another metric.
    pub objective: Option<Forecast>,
}

/// The forecast for the running trial, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TrialForecast {
    /// The expected end.
    Expected(ForecastEnd),
    /// Too few earlier runs of this metric ended; their number.
    TooFew(usize),
    /// No earlier run had a similar value at this point.
    Unlike,
    /// The log has no progress, and earlier runs differ in length.
    NoLength,
    /// The run has only just begun or is almost done.
    NotNow,
}

/// The running trial is clearly worse than its base.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behind {
    /// Mean difference to the base over the last quarter of its steps, in the metric's unit, with its sign.
    pub by: f64,
    /// Number of kept experiments known at this step; none of them was this far behind its base.
    pub kept: usize,
}

impl State {
    /// Returns the forecast for the trial on the screen; `None` if it is not running.
    pub fn ending(&self, subjects: &Subjects<'_>, metric: &str) -> Option<TrialForecast> {
        let trial = subjects.main.trial;
        let series = subjects.main.curves.filter(|_| subjects.is_running)?.series.get(metric)?;
        let earlier = self.earlier(trial, metric);
        if earlier.len() < Forecast::FEWEST {
            return Some(TrialForecast::TooFew(earlier.len()));
        }
        let last = series.last()?.step;
        let by_length = || Some(last / usual(earlier.iter().map(|trial| trial.outline.ends.1.step).collect())?);
        let Some(share) = trial.progress.or_else(by_length).filter(|share| share.is_finite()) else {
            return Some(TrialForecast::NoLength);
        };
        if !USABLE.contains(&share) {
            return Some(TrialForecast::NotNow);
        }
        let now = mean_of_last(series);
        let seen = |trial: &Earlier<'_>| trial.outline.at_share(share);
        let values: Vec<_> =
            earlier.iter().filter_map(|trial| Some((seen(trial)?, trial.outline.ends.1.value))).collect();
        let Some(value) = Forecast::of(&values, now) else {
            let few = values.len() < Forecast::FEWEST;
            return Some(if few { TrialForecast::TooFew(values.len()) } else { TrialForecast::Unlike });
        };
        let objective = self.objective_of(&earlier, metric, share, now);
        Some(TrialForecast::Expected(ForecastEnd { share, step: last / share, value, objective }))
    }

    /// Returns how far the running trial on the screen is clearly behind its base at the same steps: throughout the
    /// last quarter, by more than three standard deviations, by more than any kept run ever was, and without a forecast
    /// of a better end. `None` if it is not behind, or if that is unknown.
    pub fn behind(&self, subjects: &Subjects<'_>, metric: &str) -> Option<Behind> {
        const PARTS: usize = 8;
        let base = subjects.base.as_ref().filter(|_| subjects.is_running)?;
        let own = subjects.main.curves?.series.get(metric)?;
        let its = base.curves?.series.get(metric)?;
        let goal = self.goal_of(metric)?;
        let (first, last) = (own.first()?.step, own.last()?.step);
        let from = last - (last - first) / 4.0;
        let points = |series: &Series| series.count_before(last.next_up()) - series.count_before(from);
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
        let varies = differences.iter().map(|difference| (difference - by).powi(2)).sum::<f64>() / (PARTS - 1) as f64;
        let is_worse = |difference: f64| goal.is_better(0.0, difference);
        if !differences.iter().all(|difference| is_worse(*difference)) || by.abs() <= 3.0 * varies.sqrt() {
            return None;
        }
        if let Some(TrialForecast::Expected(expected)) = self.ending(subjects, metric) {
            let best = if goal == Goal::Minimize { expected.value.low } else { expected.value.high };
            if goal.is_better(best, its.last()?.value) {
                return None;
            }
        }
        let kept = self.kept_differences(metric, last);
        // An experiment that was as far behind was kept in the end.
        (!kept.iter().any(|difference| is_worse(*difference) && difference.abs() >= by.abs()))
            .then_some(Behind { by, kept: kept.len() })
    }

    /// Forecasts the objective: its difference to the base's, from the metric's difference to the base's, because the
    /// base moves while a loop improves. `None` if the metric is the objective itself, or if the bases are unknown.
    fn objective_of(&self, earlier: &[Earlier<'_>], metric: &str, share: f64, now: f64) -> Option<Forecast> {
        let snapshot = &self.snapshot;
        snapshot.objective.as_ref().filter(|objective| *objective.metric != *metric)?;
        let known = |experiment: &Experiment| {
            let trial = snapshot.trial(&experiment.id)?;
            Some((trial.outline(trial.metric(metric)?)?.at_share(share)?, experiment.outcome.value()?))
        };
        let same = |trial: &&Earlier<'_>| trial.experiment.session == snapshot.shown;
        let differences = earlier.iter().filter(same).filter_map(|trial| {
            let base = known(snapshot.by_head(trial.experiment.change.as_ref()?.base)?)?;
            let own = (trial.outline.at_share(share)?, trial.experiment.outcome.value()?);
            Some((own.0 - base.0, own.1 - base.1))
        });
        let base = known(snapshot.last_kept()?)?;
        let forecast = Forecast::of(&differences.collect::<Vec<_>>(), now - base.0)?;
        Some(Forecast {
            middle: forecast.middle + base.1,
            low: forecast.low + base.1,
            high: forecast.high + base.1,
            ..forecast
        })
    }

    /// Returns the direction in which a metric is better; `None` if it is unknown.
    fn goal_of(&self, metric: &str) -> Option<Goal> {
        let decides = self.snapshot.objective.as_ref().filter(|objective| *objective.metric == *metric);
        decides.map_or_else(|| Goal::of_metric(metric), |objective| objective.goal)
    }

    /// Returns the newest experiments whose trial finished and has the metric.
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

    /// Returns the differences of kept experiments to their bases at a step.
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

/// Returns the median length if nine in ten lengths are within a fifth of it.
fn usual(mut lengths: Vec<f64>) -> Option<f64> {
    lengths.sort_by(f64::total_cmp);
    let middle = *lengths.get(lengths.len() / 2)?;
    let (low, high) = (lengths[lengths.len() / 10], lengths[lengths.len() - 1 - lengths.len() / 10]);
    (low >= 0.8 * middle && high <= 1.2 * middle && middle > 0.0).then_some(middle)
}

/// Returns the mean of the last fiftieth of the points, at most 64.
fn mean_of_last(series: &Series) -> f64 {
    let count = (series.len() / 50).clamp(1, 64);
    mean(series.points_from(series.len() - count).map(|point| point.value)).unwrap_or(f64::NAN)
}

/// Returns the mean between two steps, sampled at about 16 points, so that the cost does not grow with their number.
fn mean_between(series: &Series, from: f64, to: f64) -> Option<f64> {
    const PLACES: usize = 16;
    let (first, end) = (series.count_before(from), series.count_before(to.next_up()));
    let stride = ((end - first) / PLACES).max(1);
    let places = (first..end).step_by(stride);
    // A part without a point of its own takes the value before it.
    let before = || series.last_until(to).map(|point| point.value);
    mean(places.filter_map(|at| series.get(at)).map(|point| point.value)).or_else(before)
}

/// Returns the mean of the finite values; `None` if there is none.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.filter(|value| value.is_finite()).fold((0.0, 0_u32), |(sum, n), v| (sum + v, n + 1));
    (count > 0).then(|| sum / f64::from(count))
}
