//! The shortest digits that identify a number.

/// The number as its source had it: a value that is exactly a `float32` gets the digits of a `float32`, so that 0.02 is
/// 0.02 and not 0.019999999552965164. Integers, NaN and infinities stay as they are.
pub fn as_written(value: f64) -> f64 {
    let narrow = value as f32;
    // Counts are integers, exact up to 2^53; above that a float has no more information than its digits.
    const LARGEST_COUNT: f64 = 9_007_199_254_740_992.0;
    let may_be = value.is_finite() && (value.fract() != 0.0 || value.abs() > LARGEST_COUNT);
    let was_narrow = may_be && f64::from(narrow).to_bits() == value.to_bits();
    if was_narrow { narrow.to_string().parse().unwrap_or(value) } else { value }
}

/// The digits of [`as_written`]: `0.02`, `1e-12`, `3.2e18`, `12345`, `nan`, `inf`, `-inf`. Uses an exponent below 1e-4
/// and from 1e16 on; integers up to 2^53 are exact.
pub fn shortest(value: f64) -> String {
    let value = as_written(value);
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = value.abs();
    if size > 0.0 && !(1e-4..1e16).contains(&size) { format!("{value:e}") } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits() {
        let cases: [(f64, &str); 18] = [
            (f64::from(0.02_f32), "0.02"),
            (f64::from(1e-7_f32), "1e-7"),
            (f64::from(1.0_f32 / 6.0), "0.16666667"),
            (f64::from(2.5e-5_f32), "2.5e-5"),
            (f64::from(f32::from_bits(1)), "1e-45"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.3333333333333333"),
            (1e-12, "1e-12"),
            (3.2e18, "3.2e18"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (16_777_217.0, "16777217"),
            (f64::from(6.02e23_f32), "6.02e23"),
            (f64::from(1e16_f32), "1e16"),
            (-0.5, "-0.5"),
            (0.0, "0"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, wanted) in cases {
            assert_eq!(shortest(value), wanted);
        }
    }

    proptest! {
        /// The digits identify the value, or the float32 that it was.
        #[test]
        fn the_digits_identify_the_value(value in any::<f64>().prop_filter("a number", |value| value.is_finite())) {
            let read: f64 = shortest(value).parse().unwrap_or(f64::NAN);
            prop_assert!(read.to_bits() == value.to_bits() || (read as f32).to_bits() == (value as f32).to_bits() && f64::from(value as f32).to_bits() == value.to_bits(), "{} from {}", read, value);
        }

        #[test]
        fn a_float32_has_the_digits_of_one(value in any::<f32>().prop_filter("a number", |value| value.is_finite())) {
            let text = shortest(f64::from(value));
            prop_assert_eq!(text.parse::<f32>().map(f32::to_bits), Ok(value.to_bits()));
            prop_assert!(value.fract() == 0.0 || text.chars().filter(char::is_ascii_digit).count() <= 9 + 5, "{}", text);
        }
    }
}
