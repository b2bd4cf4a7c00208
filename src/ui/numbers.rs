//! Formats numbers, times and directions.

use crate::app::State;
use crate::model::{Experiment, ExperimentId, Goal, Outcome, Snapshot, Unit, digits, size};
use crate::policy::text::Visible;
use crate::series::{as_written, shortest};

/// Shown in place of a gain whose sign nobody knows.
pub(super) const NO_DIRECTION: &str = "the metric's direction is unknown";

/// Heading of the column with the difference of two values.
pub(super) const DIFFERENCE: &str = "difference";

/// Returns the name of an experiment; empty if it is no longer in the results.
pub(super) fn name_of(state: &State, id: &ExperimentId) -> String {
    let index = state.snapshot.index_of(id);
    index.map(|index| Visible::line(&state.snapshot.experiments[index].name()).to_string()).unwrap_or_default()
}

/// Returns the names of the first `most` experiments, with `…` if there are more.
pub(super) fn names_of(state: &State, ids: &[ExperimentId], most: usize) -> String {
    let named: Vec<String> = ids.iter().take(most).map(|id| name_of(state, id)).collect();
    let more = if ids.len() > most { " …" } else { "" };
    format!("{}{more}", named.join(", "))
}

/// Formats a metric's value with enough digits to distinguish values.
pub(super) fn value(value: f64) -> String {
    digits(value)
}

/// Formats a value below others of its column: with two decimals, as values from 100 on have, if it needs no more.
pub(super) fn in_column(number: f64, largest: f64) -> String {
    let short = format!("{number:.2}");
    let is_enough = (1.0..100.0).contains(&number.abs()) && (100.0..1e6).contains(&largest);
    if is_enough && short.parse() == Ok(as_written(number)) { short } else { value(number) }
}

/// Formats a value with its unit: `15.2 GiB`, `41.5 %`, or `3:12` for two minutes or more.
pub(super) fn with_unit(number: f64, unit: Option<&Unit>) -> String {
    const STEPS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    match unit {
        None => value(number),
        Some(Unit::Seconds) if (120.0..1e9).contains(&number) => clock(number),
        Some(Unit::Bytes) if number.is_finite() => {
            let power = (number.abs().max(1.0).log2() / 10.0).floor().min(4.0);
            format!("{} {}", plain(number / 1024_f64.powf(power)), STEPS[power as usize])
        }
        Some(unit) => format!("{} {}", plain(number), unit.word()),
    }
}

/// Formats a value in at most `cells` cells: with its unit if it fits, else without it and with fewer digits.
pub(super) fn cell(number: f64, unit: Option<&Unit>, cells: usize) -> String {
    let whole = with_unit(number, unit);
    if whole.chars().count() <= cells {
        return whole;
    }
    fitted(number, cells)
}

/// Formats the difference of two values like the values, with its sign, in at most `cells` cells.
pub(super) fn difference(from: f64, to: f64, unit: Option<&Unit>, cells: usize) -> String {
    let (sign, size) = (if to < from { "−" } else { "+" }, (to - from).abs());
    if size == 0.0 {
        return "0".to_owned();
    }
    let decimals = |number: f64| Some(value(number).split_once('.')?.1.len()).filter(|_| !value(number).contains('e'));
    let alike = decimals(from).max(decimals(to)).map(|decimals| format!("{size:.decimals$}"));
    let alike = alike.filter(|text| unit.is_none() && text.len() < cells && text.parse() != Ok(0.0));
    format!("{sign}{}", alike.unwrap_or_else(|| cell(size, unit, cells - 1)))
}

/// Formats a value like `-4.5e-12`; zero as `0`.
pub(super) fn exponent(value: f64, decimals: usize) -> String {
    if value == 0.0 { "0".to_owned() } else { format!("{value:.decimals$e}") }
}

/// Formats one value with as many digits as fit into `cells`, but at least one.
pub(super) fn fitted(number: f64, cells: usize) -> String {
    let usual = value(number);
    if usual.len() <= cells {
        return usual;
    }
    let number = as_written(number);
    // A fixed-point number must keep two digits of the value.
    let fixed = (0..=6).rev().map(|decimals| format!("{number:.decimals$}"));
    let is_precise = |text: &String| text.parse::<f64>().is_ok_and(|back| (back - number).abs() <= number.abs() * 0.05);
    fixed
        .filter(is_precise)
        .chain((0..=6).rev().map(|decimals| exponent(number, decimals)))
        .find(|text| text.len() <= cells)
        .unwrap_or_else(|| format!("{number:.0e}"))
}

/// Formats a value with all its digits, or as many as fit into `cells`, so that different values look different.
pub(super) fn exact(number: f64, unit: Option<&Unit>, cells: usize) -> String {
    let usual = value(number);
    // Digits beyond the twelfth are rounding errors.
    let written = as_written(number);
    let is_whole = |back: f64| (back - written).abs() <= written.abs() * 1e-12;
    if unit.is_some() || usual.parse().is_ok_and(is_whole) {
        return cell(number, unit, cells);
    }
    let whole = shortest(number);
    if whole.len() <= cells {
        return whole;
    }
    let fixed = (0..=15).rev().map(|decimals| format!("{written:.decimals$}"));
    let exponents = (0..=15).rev().map(|decimals| format!("{written:.decimals$e}"));
    let is_fixed = (1e-3..1e9).contains(&written.abs());
    fixed.filter(|_| is_fixed).chain(exponents).find(|text| text.len() <= cells).unwrap_or(usual)
}

/// Formats a number with an uncertainty of `within`: to two digits of that uncertainty.
pub(super) fn rough(number: f64, within: f64, unit: Option<&Unit>) -> String {
    if !(1e-9..1e6).contains(&within) || matches!(unit, Some(Unit::Bytes | Unit::Seconds)) {
        return with_unit(number, unit);
    }
    let places = (1.0 - within.log10().floor()).max(0.0) as usize;
    let word = unit.map(|unit| format!(" {}", unit.word())).unwrap_or_default();
    format!("{number:.places$}{word}")
}

/// Formats a number of unknown meaning, without trailing zeros.
pub(super) fn plain(number: f64) -> String {
    let number = as_written(number);
    if number != 0.0 && !(0.01..1e6).contains(&number.abs()) {
        return value(number);
    }
    let digits = if number.abs() >= 100.0 { 1 } else { 3 };
    let text = format!("{number:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Adds a plural noun to an amount: `1 step`, `2175 steps`.
pub(super) fn of(amount: &str, word: &str) -> String {
    let word = if amount == "1" { word.strip_suffix('s').unwrap_or(word) } else { word };
    format!("{amount} {word}")
}

/// Formats a step, a time or a count of tokens on an axis: `2175`, `169.6K`, `1.30M`.
pub(super) fn amount(value: f64) -> String {
    let size = value.abs();
    if size >= 1e12 {
        format!("{value:.2e}")
    } else if size >= 1e9 {
        format!("{:.2}G", value / 1e9)
    } else if size >= 1e6 {
        format!("{:.2}M", value / 1e6)
    } else if size >= 1e5 {
        format!("{:.1}K", value / 1e3)
    } else if value.fract() == 0.0 || size >= 1000.0 {
        format!("{value:.0}")
    } else if size >= 0.1 {
        format!("{value:.2}")
    } else if size >= 0.001 {
        format!("{value:.3}")
    } else {
        format!("{:.1e}", as_written(value))
    }
}

/// Formats both ends of the x axis, with more digits if they would look the same.
pub(super) fn amounts(from: f64, to: f64) -> (String, String) {
    let usual = (amount(from), amount(to));
    if from.to_bits() == to.to_bits() || usual.0 != usual.1 {
        return usual;
    }
    (as_written(from).to_string(), as_written(to).to_string())
}

/// Formats a change in percent: `0.27`, `1.2e-4`, `3.1e7`.
pub(super) fn percent(size: f64) -> String {
    if size != 0.0 && !(0.005..1e5).contains(&size) { format!("{size:.1e}") } else { format!("{size:.2}") }
}

/// Formats the outcome of an experiment in at most ten cells.
pub(super) fn outcome(experiment: &Experiment) -> String {
    match experiment.outcome {
        Outcome::Value(number) => value(number),
        Outcome::NotMeasured => "no value".to_owned(),
        other => other.word().to_owned(),
    }
}

/// Formats a claimed gain as the change of the metric, with its sign: `−0.000570` if the goal is to minimize.
pub(super) fn gain(gain: f64, goal: Goal) -> String {
    let moved = goal.moved(gain);
    let sign = if moved < 0.0 { "−" } else { "+" };
    format!("{sign}{}", size(moved.abs()))
}

/// Returns `better`, `worse` or `equal`.
pub(super) fn better(gain: f64) -> &'static str {
    if gain > 0.0 {
        "better"
    } else if gain < 0.0 {
        "worse"
    } else {
        "equal"
    }
}

/// Formats the time since a moment in at most four cells: `45s`, `12m`, `7h`, `3d`; `-` if it is unknown.
pub(super) fn age(state: &State, at_ms: Option<i64>) -> String {
    let Some(at_ms) = at_ms else { return "-".to_owned() };
    let seconds = (state.now_ms - at_ms).max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        86400..86_400_000 => format!("{}d", seconds / 86400),
        _ => format!("{}y", seconds / 31_557_600),
    }
}

/// Formats seconds as `m:ss`, or `h:mm:ss` from one hour on.
pub(super) fn clock(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Returns the change from the baseline to the best value in percent, with the sign of the metric's change.
pub(super) fn percent_of_baseline(snapshot: &Snapshot) -> Option<f64> {
    let best = snapshot.experiments[snapshot.best?].outcome.value()?;
    let baseline = snapshot.experiments[snapshot.baseline?].outcome.value()?;
    Some((best - baseline) / baseline.abs() * 100.0).filter(|percent| percent.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nonzero_values_are_not_shown_as_zero() {
        for (shown, wanted) in [
            (amount(2e-7), "2.0e-7"),
            (amount(0.25), "0.25"),
            (amount(0.0125), "0.013"),
            (amount(1e300), "1.00e300"),
            (percent(0.0), "0.00"),
            (percent(12.345), "12.35"),
            (percent(1e-7), "1.0e-7"),
            (percent(3e12), "3.0e12"),
            (gain(1e-12, Goal::Maximize), "+1.0e-12"),
            (with_unit(f64::from(0.3_f32), Some(&Unit::Word("%".into()))), "0.3 %"),
        ] {
            assert_eq!(shown, wanted);
        }
        assert_eq!((in_column(99.67, 102.25), in_column(99.67, 99.9)), ("99.67".into(), "99.670000".into()));
        assert_eq!(in_column(99.671, 102.25), "99.671000");
        let gigabytes = Unit::Word("GB".into());
        assert_eq!(difference(23.2, 23.1, Some(&gigabytes), 12), "−0.1 GB");
        assert_eq!(
            (difference(1571.0, 1583.0, None, 12), difference(5e7, 3e9, None, 12)),
            ("+12.00".into(), "+2.950e9".into())
        );
        assert_eq!((difference(0.5, 0.75, None, 12), difference(2.0, 2.0, None, 12)), ("+0.250000".into(), "0".into()));
        assert_eq!(amounts(1_300_000.0, 1_300_400.0), ("1300000".to_owned(), "1300400".to_owned()));
        assert_eq!(amounts(0.0, 1_300_400.0), ("0".to_owned(), "1.30M".to_owned()));
    }

    proptest! {
        /// The text of any number fits, and is zero only for zero.
        #[test]
        fn texts_are_short_and_never_a_false_zero(number in proptest::num::f64::NORMAL) {
            for text in [amount(number), value(number), percent(number.abs()), plain(number), cell(number, None, 10)] {
                prop_assert!(text.len() <= 12, "{text}");
                let digits = text.trim_start_matches(['-', '+']).split(['e', 'G', 'M', 'K']).next().unwrap();
                prop_assert!(digits.parse::<f64>().unwrap() != 0.0, "{number} {text}");
            }
        }

        #[test]
        fn both_ends_of_an_axis_differ(from in -1e12..1e12_f64, by in prop_oneof![1e-9..1e9_f64, 0.1..1e3_f64]) {
            let to = from + by;
            prop_assume!(to > from);
            let (a, b) = amounts(from, to);
            prop_assert_ne!(a, b);
        }

        /// One value alone keeps its first digit, in any room.
        #[test]
        fn one_value_fits(value in proptest::num::f64::NORMAL, cells in 8_usize..14) {
            let text = fitted(value, cells);
            prop_assert!(text.len() <= cells, "{text}");
            let back: f64 = text.parse().unwrap();
            prop_assert!((back - value).abs() <= value.abs() * 0.5 + f64::MIN_POSITIVE || back.is_infinite(), "{value} {text}");
        }
    }
}
