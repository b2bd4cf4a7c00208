//! Numbers for people: values with as many digits as distinguish them, counts with their noun.

use crate::series::as_written;

/// A value in at most ten cells: six decimals if it is small, an exponent where those are not enough.
pub fn digits(value: f64) -> String {
    let value = as_written(value);
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if (0.001..100.0).contains(&size) {
        format!("{value:.6}")
    } else if (100.0..1e6).contains(&size) {
        format!("{value:.2}")
    } else if size < 1e9 && value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.3e}")
    }
}

/// A difference with its sign, at any magnitude: `+0.031000`, `−1.0e-13`, `0`.
pub fn signed(difference: f64) -> String {
    let sign = if difference < 0.0 { "−" } else { "+" };
    if difference == 0.0 { "0".to_owned() } else { format!("{sign}{}", size(difference.abs())) }
}

/// The magnitude of a difference, never shown as zero unless it is zero: `0.031000`, `1.0e-13`, `1200.0`.
pub fn size(size: f64) -> String {
    if size == 0.0 {
        "0".to_owned()
    } else if !(1e-5..1e7).contains(&size) {
        format!("{size:.1e}")
    } else if size < 100.0 {
        format!("{size:.6}")
    } else {
        format!("{size:.1}")
    }
}

/// A count with its noun: `1 place`, `2 places`.
pub fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The digits are close to the value, never zero for a non-zero value, and fit the width.
        #[test]
        fn digits_are_near_and_few(value in proptest::num::f64::ANY) {
            let text = digits(value);
            prop_assert!(text.len() <= 11, "{text}");
            if value.is_finite() {
                let back: f64 = text.parse().unwrap();
                prop_assert!((back - value).abs() <= value.abs() * 1e-3, "{value} {text}");
                prop_assert_eq!(back == 0.0, value == 0.0);
            }
        }
    }
}
