//! A value in as many digits as tell values apart.

/// The decimal number that a value was written as: for what is exactly a float32, the shortest one that a float32 is
/// read from; any other is itself. Whole numbers stay as they are.
pub fn as_written(value: f64) -> f64 {
    let short = value as f32;
    if !value.is_finite() || value.fract() == 0.0 || f64::from(short).to_bits() != value.to_bits() {
        return value;
    }
    format!("{short:e}").parse().unwrap_or(value)
}

/// A value in at most ten cells: six decimals where it is small, an exponent where those would not do.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_float32_is_written_as_one() {
        for (value, wanted) in [
            (f64::from(0.1_f32), "0.1"),
            (f64::from(99.123_45_f32), "99.12345"),
            (f64::from(1e-40_f32), "0.0000000000000000000000000000000000000001"),
            (0.1, "0.1"),
            (0.123_456_789_012, "0.123456789012"),
            (16_777_217.0, "16777217"),
        ] {
            assert_eq!(as_written(value).to_string(), wanted);
        }
        assert!(as_written(f64::NAN).is_nan() && as_written(f64::INFINITY).is_infinite());
    }

    proptest! {
        #[test]
        fn a_float32_comes_back(value in proptest::num::f32::NORMAL) {
            let written = as_written(f64::from(value));
            prop_assert_eq!((written as f32).to_bits(), value.to_bits());
            let (short, shortest) = (format!("{written:e}"), format!("{value:e}"));
            // Whole numbers have no noise.
            prop_assert!(value.fract() == 0.0 || short == shortest, "{short} {shortest}");
        }

        /// What is shown is near what it is, is never zero for what is not, and has room.
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
