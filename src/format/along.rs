//! How far along a run is at a step: elapsed seconds and tokens, where the log reports them.

use crate::model::TrialProgress;
use crate::series::Series;

/// Metrics that count the tokens seen so far.
const TOKENS: [&str; 7] =
    ["tokens", "num_tokens", "n_tokens", "total_tokens", "tokens_seen", "train_tokens", "num_input_tokens_seen"];
/// Metrics that report the training time so far; the value must carry its unit.
const ELAPSED: [&str; 5] = ["train_time", "elapsed", "elapsed_time", "time_elapsed", "total_time"];
/// Metrics that report the duration of a step; the value or the name must carry the unit.
const EACH: [&str; 3] = ["dt", "ms", "elapsed_time_per_iteration_(ms)"];
/// Metrics that count tokens per second.
const RATES: [&str; 4] = ["tok/sec", "tok/s", "tokens/sec", "tokens/s"];
/// The same in metrics files, where the unit is in the name or known.
const ELAPSED_SECONDS: [&str; 7] =
    ["_runtime", "runtime", "elapsed_s", "elapsed_seconds", "time_elapsed_s", "train_time_s", "time_total_s"];
/// Wall clock in seconds since the epoch.
const CLOCKS: [&str; 4] = ["_timestamp", "timestamp", "wall_time", "time"];
/// Numbers written next to the measurements that identify the time or the process.
const NO_CURVES: [&str; 6] = ["_timestamp", "timestamp", "wall_time", "_runtime", "pid", "ppid"];

/// Returns the name in lower case, with `_` for a space.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(' ', "_")
}

/// False for a number that is not a measurement: a process, a time of day.
pub(super) fn is_a_curve(name: &str) -> bool {
    !NO_CURVES.contains(&plain(name).as_str())
}

/// Progress information that a metric of a file carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProgressRole {
    /// No progress information.
    None,
    Tokens,
    Seconds,
    Clock,
}

impl ProgressRole {
    pub(super) fn of(name: &str) -> Self {
        let name = &*plain(name);
        if TOKENS.contains(&name) {
            Self::Tokens
        } else if ELAPSED_SECONDS.contains(&name) {
            Self::Seconds
        } else if CLOCKS.contains(&name) {
            Self::Clock
        } else {
            Self::None
        }
    }
}

/// Progress information that a line of a log carries.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProgressLine {
    /// Seconds of training so far.
    pub(super) elapsed: Option<f64>,
    /// Seconds per step.
    pub(super) each: Option<f64>,
    /// Tokens per second.
    pub(super) rate: Option<f64>,
    /// Tokens so far.
    pub(super) tokens: Option<f64>,
}

/// The progress quantity that a metric's value reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProgressQuantity {
    Elapsed,
    Each,
    Rate,
    Tokens,
}

impl ProgressQuantity {
    /// Returns the quantity for a metric's name; `None` for most.
    pub(super) fn of(name: &str) -> Option<Self> {
        if ELAPSED.contains(&name) {
            Some(Self::Elapsed)
        } else if EACH.contains(&name) {
            Some(Self::Each)
        } else if RATES.contains(&name) {
            Some(Self::Rate)
        } else if TOKENS.contains(&name) {
            Some(Self::Tokens)
        } else {
            None
        }
    }
}

impl ProgressLine {
    /// Records a value. `unit` is the number of seconds in one of its unit: a time without a unit is ignored.
    pub(super) fn take(&mut self, quantity: ProgressQuantity, value: f64, unit: Option<f64>) {
        if !value.is_finite() {
            return;
        }
        let time = unit.map(|unit| value * unit);
        match quantity {
            ProgressQuantity::Elapsed => self.elapsed = self.elapsed.or(time),
            ProgressQuantity::Each => self.each = self.each.or(time),
            ProgressQuantity::Rate => self.rate = self.rate.or(Some(value)),
            ProgressQuantity::Tokens => self.tokens = self.tokens.or(Some(value)),
        }
    }
}

/// Smaller than any wall clock since the year 2001.
const EARLIEST_CLOCK: f64 = 1e9;

/// Converts a time of day to seconds; it may be in milliseconds, microseconds or nanoseconds.
fn clock_seconds(value: f64) -> f64 {
    const LATEST: f64 = 4.1e9;
    [1.0, 1e3, 1e6, 1e9].map(|unit| value / unit).into_iter().find(|seconds| *seconds < LATEST).unwrap_or(value)
}

/// Follows the progress of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Follower {
    last_step: Option<f64>,
    seconds: f64,
    tokens: f64,
    first_clock: Option<f64>,
}

impl Follower {
    /// Records a progress line of a log.
    pub(super) fn line(&mut self, along: &mut TrialProgress, step: f64, line_progress: ProgressLine) {
        let steps = match self.last_step {
            Some(last) => step - last,
            // A log that begins at step 0 covers one step, one that begins at 50 covers all steps before it.
            None => step.max(1.0),
        };
        // A repeated step: the run restarted from a checkpoint, so no new time has passed.
        let steps = steps.max(0.0);
        self.last_step = Some(step);
        if let Some(elapsed) = line_progress.elapsed {
            append_monotonic(&mut along.seconds, step, elapsed);
        } else if let Some(each) = line_progress.each {
            self.seconds += each * steps;
            append_monotonic(&mut along.seconds, step, self.seconds);
        }
        if let Some(tokens) = line_progress.tokens {
            append_monotonic(&mut along.tokens, step, tokens);
        } else if let (Some(rate), Some(each)) = (line_progress.rate, line_progress.each) {
            self.tokens += rate * each * steps;
            append_monotonic(&mut along.tokens, step, self.tokens);
        }
    }

    /// Records a value of a metrics file.
    pub(super) fn value(&mut self, along: &mut TrialProgress, step: f64, role: ProgressRole, value: f64) {
        if !value.is_finite() {
            return;
        }
        match role {
            ProgressRole::Tokens => append_monotonic(&mut along.tokens, step, value),
            ProgressRole::Seconds => append_monotonic(&mut along.seconds, step, value),
            ProgressRole::Clock if value >= EARLIEST_CLOCK && self.clock_counts(along) => {
                let seconds = clock_seconds(value);
                let first = *self.first_clock.get_or_insert(seconds);
                append_monotonic(&mut along.seconds, step, seconds - first);
            }
            ProgressRole::Clock | ProgressRole::None => {}
        }
    }

    /// True if the wall clock is used: only where no elapsed time is written as well.
    fn clock_counts(&self, along: &TrialProgress) -> bool {
        self.first_clock.is_some() || along.seconds.is_empty()
    }
}

/// Appends to a measure that never decreases: a count that went back has restarted, and is ignored until it exceeds its
/// earlier maximum.
fn append_monotonic(measure: &mut Series, step: f64, value: f64) {
    if measure.last().is_some_and(|last| step < last.step) {
        measure.supersede(step);
    }
    if measure.last().is_none_or(|last| value >= last.value) {
        measure.push(step, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A step, and names with their values and the number of seconds in one of their unit.
    type Line<'a> = (f64, &'a [(&'a str, f64, Option<f64>)]);

    fn follow(lines: &[Line<'_>]) -> TrialProgress {
        let mut follower = Follower::default();
        let mut along = TrialProgress::default();
        for (step, pairs) in lines {
            let mut line_progress = ProgressLine::default();
            for (name, value, unit) in *pairs {
                if let Some(quantity) = ProgressQuantity::of(name) {
                    line_progress.take(quantity, *value, *unit);
                }
            }
            follower.line(&mut along, *step, line_progress);
        }
        along
    }

    #[test]
    fn time_and_tokens_come_from_values_with_units() {
        let ms = Some(1e-3);
        let along = follow(&[
            (0.0, &[("dt", 500.0, ms), ("tok/sec", 1000.0, None)]),
            (10.0, &[("dt", 500.0, ms), ("tok/sec", 1000.0, None)]),
        ]);
        assert_eq!(along.seconds.last().map(|p| p.value), Some(5.5), "ten steps since the last line");
        assert_eq!(along.tokens.last().map(|p| p.value), Some(5500.0));
        let along = follow(&[(250.0, &[("train_time", 31200.0, ms)])]);
        assert_eq!(along.seconds.last().map(|p| p.value), Some(31.2));
        let along = follow(&[(1.0, &[("dt", 310.0, None), ("tok/sec", 5.0, None)])]);
        assert!(along.seconds.is_empty() && along.tokens.is_empty(), "a value without a unit is ignored");
    }

    #[test]
    fn a_wall_clock_counts_from_its_first_value() {
        let mut follower = Follower::default();
        let mut along = TrialProgress::default();
        follower.value(&mut along, 1.0, ProgressRole::of("_timestamp"), 1_700_000_000.0);
        follower.value(&mut along, 2.0, ProgressRole::of("_timestamp"), 1_700_000_004.5);
        follower.value(&mut along, 2.0, ProgressRole::of("time"), 0.3);
        assert_eq!(along.seconds.last().map(|p| p.value), Some(4.5));
    }
}
