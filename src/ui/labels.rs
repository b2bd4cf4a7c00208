//! Axis labels: as many digits as distinguish them, in a limited number of cells.

use crate::series::as_written;
use crate::ui::numbers;

/// The labels of one axis, from one end to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AxisLabels {
    /// The labels in the order of their values.
    pub(super) texts: Vec<String>,
    /// The offset to add to each label; `None` if the labels are the values themselves.
    pub(super) from: Option<String>,
}

/// Returns labels of at most `cells` cells. Different values get different labels: if the cells do not suffice, the
/// labels are differences from an offset, which is shown next to the axis. Values closer than 1e-290 may look the same.
pub(super) fn labels(values: &[f64], cells: usize) -> AxisLabels {
    let span = values.iter().map(|value| value.abs()).fold(0.0, f64::max);
    let values: Vec<f64> = values.iter().map(|value| as_written(*value)).collect();
    let apart = apart(&values);
    // Zero in the middle of an axis is rarely exactly zero.
    let values: Vec<f64> =
        values.iter().map(|value| if value.abs() < apart * 1e-6 && span > 0.0 { 0.0 } else { *value }).collect();
    if let Some(texts) = distinct(&values, apart, cells) {
        return AxisLabels { texts, from: None };
    }
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Try round numbers below the values, the roundest first: the remainders have few digits.
    let power = (most - least).log10().ceil();
    // Below this the grain is a subnormal number, and too imprecise to divide by.
    const SMALLEST: f64 = -300.0;
    for power in [power, power - 1.0, power - 2.0].into_iter().filter(|power| power.is_finite() && *power > SMALLEST) {
        let text = round_down(least, power as i32);
        let from: f64 = text.parse().unwrap_or(0.0);
        let rest: Vec<f64> = values.iter().map(|value| value - from).collect();
        if let Some(texts) = distinct(&rest, apart, cells) {
            return AxisLabels { texts, from: Some(text) };
        }
    }
    AxisLabels { texts: values.iter().map(|value| numbers::fitted(*value, cells)).collect(), from: None }
}

/// Returns the next multiple of a power of ten below a value, with all its digits.
fn round_down(value: f64, power: i32) -> String {
    let grain = 10_f64.powi(power);
    let from = (value / grain).floor() * grain;
    let plain = format!("{from:.*}", (-power).clamp(0, 300) as usize);
    if from == 0.0 || plain.len() <= 20 {
        return plain;
    }
    let digits = (from.abs().log10().floor() as i32 - power).clamp(0, 16);
    format!("{from:.*e}", digits as usize)
}

/// Returns the smallest distance between two different values; 0 if all are equal.
fn apart(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let all = sorted.windows(2).map(|two| two[1] - two[0]).filter(|apart| *apart > 0.0);
    all.reduce(f64::min).unwrap_or(0.0)
}

/// Returns texts precise enough to place each value between its neighbours; `None` if the cells do not suffice.
fn distinct(values: &[f64], apart: f64, cells: usize) -> Option<Vec<String>> {
    let fixed = |decimals: usize| values.iter().map(|value| format!("{value:.decimals$}")).collect::<Vec<_>>();
    let exponents =
        |decimals: usize| values.iter().map(|value| numbers::exponent(*value, decimals)).collect::<Vec<_>>();
    let usual = values.iter().map(|value| numbers::value(*value)).collect();
    let is_good = |texts: &Vec<String>| {
        texts.iter().zip(values).all(|(text, value)| {
            let back = text.parse::<f64>().unwrap_or(f64::NAN);
            text.len() <= cells
                && ((back - value).abs() <= 0.25 * apart || back.to_bits() == value.to_bits())
                && (back == 0.0) == (*value == 0.0)
        })
    };
    let all = [usual].into_iter().chain((0..=6).rev().map(fixed));
    all.chain((0..=6).rev().map(exponents)).find(is_good)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(values: &[f64]) -> (Vec<String>, Option<String>) {
        let AxisLabels { texts, from } = labels(values, 8);
        (texts, from)
    }

    #[test]
    fn tiny_huge_and_near_values_keep_their_digits() {
        for (values, wanted, from) in [
            (vec![3.5, 2.25, 1.0], vec!["3.500000", "2.250000", "1.000000"], None),
            (vec![-4.5e-12, -1.575e-11, -2.7e-11], vec!["-4.5e-12", "-1.6e-11", "-2.7e-11"], None),
            (vec![1.2e9, 9e8, 6e8], vec!["1.2000e9", "9.0000e8", "6.0000e8"], None),
            (vec![1e-3, 1e-8, 1e-13], vec!["1.00e-3", "1.00e-8", "1.00e-13"], None),
            (vec![1e-12, 0.0, -1e-12], vec!["1.0e-12", "0", "-1.0e-12"], None),
            (vec![1_234_567.3, 1_234_567.2, 1_234_567.1], vec!["0.300000", "0.200000", "0.100000"], Some("1234567")),
            (
                vec![0.123_456_783, 0.123_456_782, 0.123_456_781],
                vec!["3.000e-9", "2.000e-9", "1.000e-9"],
                Some("0.12345678"),
            ),
            (vec![123_456.5, 123_456.25, 123_456.0], vec!["123456.5", "123456.2", "123456.0"], None),
            (vec![100.002, 100.001, 100.0], vec!["100.0020", "100.0010", "100.0000"], None),
            (vec![7.0, 7.0, 7.0], vec!["7.000000", "7.000000", "7.000000"], None),
            (vec![1e300, 0.0, -1e300], vec!["1.0e300", "0", "-1.0e300"], None),
        ] {
            let (texts, beside) = texts(&values);
            assert_eq!((texts, beside.as_deref()), (wanted.iter().map(|text| (*text).to_owned()).collect(), from));
        }
    }

    fn axis() -> impl Strategy<Value = (f64, f64)> {
        let size = |power: i32, share: f64| share * 10_f64.powi(power);
        let number = move || (-300..300_i32, -10.0..10.0_f64).prop_map(move |(power, share)| size(power, share));
        // Wide axes, and narrow ones far from zero.
        prop_oneof![
            (number(), number()),
            (number(), 1..12_i32, 1.0..10.0_f64)
                .prop_map(move |(at, near, share)| (at, at + at.abs() * size(-near, share)))
        ]
    }

    proptest! {
        /// No two labels of an axis look the same, none is too wide, and each is close to its value.
        #[test]
        fn labels_stay_distinct((a, b) in axis()) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assume!(high > low && (high - low) > low.abs().max(high.abs()) * 1e-13);
            // For closer values there is no power of ten to use as a grain.
            prop_assume!(high - low > 1e-290);
            let values = [high, f64::midpoint(low, high), low];
            let AxisLabels { texts, from } = labels(&values, 8);
            let from: f64 = from.map_or(0.0, |from| from.parse().unwrap());
            for (text, value) in texts.iter().zip(values) {
                prop_assert!(text.len() <= 8, "{text}");
                let back: f64 = text.parse::<f64>().unwrap() + from;
                prop_assert!((back - value).abs() <= (high - low) * 0.13 + value.abs() * 1e-15, "{texts:?} {from} {value}");
            }
            prop_assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2], "{texts:?} {values:?}");
        }
    }
}
