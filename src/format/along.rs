//! How far along a run is at a step, beside the step itself: seconds and tokens, where the log says so.

use crate::model::Along;
use crate::series::Series;

/// Metrics that count the tokens seen so far.
const TOKENS: [&str; 7] =
    ["tokens", "num_tokens", "n_tokens", "total_tokens", "tokens_seen", "train_tokens", "num_input_tokens_seen"];
/// Metrics that say how long training has run so far; the unit must stand with the value.
const ELAPSED: [&str; 5] = ["train_time", "elapsed", "elapsed_time", "time_elapsed", "total_time"];
/// The same in metrics files, where the unit is in the name or known.
const ELAPSED_SECONDS: [&str; 6] =
    ["_runtime", "runtime", "elapsed_s", "elapsed_seconds", "time_elapsed_s", "train_time_s"];
/// Wall clock in seconds since the epoch.
const CLOCKS: [&str; 4] = ["_timestamp", "timestamp", "wall_time", "time"];

/// What a metric of a file says of how far along the run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing.
    None,
    Tokens,
    Seconds,
    Clock,
}

impl Role {
    pub(super) fn of(name: &str) -> Self {
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

/// Smaller than any wall clock since the year 2001.
const EARLIEST_CLOCK: f64 = 1e9;

/// Follows a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Follower {
    last_step: Option<f64>,
    seconds: f64,
    tokens: f64,
    first_clock: Option<f64>,
}

impl Follower {
    /// A progress line of a log: its keys with their values as written.
    pub(super) fn line<'a>(
        &mut self,
        along: &mut Along,
        step: f64,
        pairs: &(impl Iterator<Item = (&'a str, &'a str, f64)> + Clone),
    ) {
        let steps = match self.last_step {
            Some(last) => step - last,
            // A log that begins at step 0 tells of one step, one that begins at 50 of all before it.
            None => step.max(1.0),
        };
        // A step that was there already: the run began anew from a checkpoint, and tells of no new time.
        let steps = steps.max(0.0);
        self.last_step = Some(step);
        let elapsed = pairs.clone().find(|(key, ..)| ELAPSED.contains(key)).and_then(|(_, text, _)| seconds(text));
        let dt = pairs.clone().find(|(key, ..)| *key == "dt").and_then(|(_, text, _)| seconds(text));
        let rate = pairs.clone().find(|(key, ..)| matches!(*key, "tok/sec" | "tok/s" | "tokens/sec" | "tokens/s"));
        let total = pairs.clone().find(|(key, ..)| TOKENS.contains(key)).map(|(.., value)| value);
        if let Some(elapsed) = elapsed {
            go_on(&mut along.seconds, step, elapsed);
        } else if let Some(dt) = dt {
            self.seconds += dt * steps;
            go_on(&mut along.seconds, step, self.seconds);
        }
        if let Some(total) = total.filter(|total| total.is_finite()) {
            go_on(&mut along.tokens, step, total);
        } else if let (Some((.., rate)), Some(dt)) = (rate.filter(|(.., rate)| rate.is_finite()), dt) {
            self.tokens += rate * dt * steps;
            go_on(&mut along.tokens, step, self.tokens);
        }
    }

    /// A value of a metrics file.
    pub(super) fn value(&mut self, along: &mut Along, step: f64, role: Role, value: f64) {
        if !value.is_finite() {
            return;
        }
        match role {
            Role::Tokens => go_on(&mut along.tokens, step, value),
            Role::Seconds => go_on(&mut along.seconds, step, value),
            Role::Clock if value >= EARLIEST_CLOCK && self.clock_counts(along) => {
                let first = *self.first_clock.get_or_insert(value);
                go_on(&mut along.seconds, step, value - first);
            }
            Role::Clock | Role::None => {}
        }
    }

    /// A wall clock counts only where no elapsed time is written beside it.
    fn clock_counts(&self, along: &Along) -> bool {
        self.first_clock.is_some() || along.seconds.is_empty()
    }
}

/// Appends to a measure that never falls: a count that went back began anew, after a restart, and is not
/// followed until it is beyond where it was.
fn go_on(measure: &mut Series, step: f64, value: f64) {
    if measure.last().is_some_and(|last| step < last.step) {
        measure.supersede(step);
    }
    if measure.last().is_none_or(|last| value >= last.value) {
        measure.push(step, value);
    }
}

/// Seconds in a value with its unit: `310ms`, `31.2s`, `0.8m`, `1.5h`; `None` without a unit.
fn seconds(text: &str) -> Option<f64> {
    let text = text.trim_end_matches([',', ';', ')']);
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let number: f64 = text[..at].replace(',', "").parse().ok()?;
    let factor = match &text[at..] {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" | "sec" | "secs" | "seconds" => 1.0,
        "m" | "min" | "mins" => 60.0,
        "h" | "hr" | "hours" => 3600.0,
        _ => return None,
    };
    Some(number * factor).filter(|seconds| seconds.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Line<'a> = (f64, &'a [(&'a str, &'a str, f64)]);

    fn follow(lines: &[Line<'_>]) -> Along {
        let mut follower = Follower::default();
        let mut along = Along::default();
        for (step, pairs) in lines {
            follower.line(&mut along, *step, &pairs.iter().copied());
        }
        along
    }

    #[test]
    fn time_and_tokens_come_from_what_a_log_says_with_its_unit() {
        let along = follow(&[
            (0.0, &[("dt", "500ms", 500.0), ("tok/sec", "1,000", 1000.0)]),
            (10.0, &[("dt", "500ms", 500.0), ("tok/sec", "1,000", 1000.0)]),
        ]);
        assert_eq!(along.seconds.last().map(|p| p.value), Some(5.5), "ten steps since the last line");
        assert_eq!(along.tokens.last().map(|p| p.value), Some(5500.0));
        let along = follow(&[(250.0, &[("train_time", "31200ms", 31200.0)])]);
        assert_eq!(along.seconds.last().map(|p| p.value), Some(31.2));
        let along = follow(&[(1.0, &[("dt", "310", 310.0), ("tok/sec", "5", 5.0)])]);
        assert!(along.seconds.is_empty() && along.tokens.is_empty(), "without a unit nothing is known");
    }

    #[test]
    fn a_wall_clock_counts_from_its_first_value() {
        let mut follower = Follower::default();
        let mut along = Along::default();
        follower.value(&mut along, 1.0, Role::of("_timestamp"), 1_700_000_000.0);
        follower.value(&mut along, 2.0, Role::of("_timestamp"), 1_700_000_004.5);
        follower.value(&mut along, 2.0, Role::of("time"), 0.3);
        assert_eq!(along.seconds.last().map(|p| p.value), Some(4.5));
    }
}
