//! Smoothing as TensorBoard does it.

use super::Point;

/// An exponential moving average over the points, in order, freed of its bias to zero: each value is
/// divided by the weight that has been given out so far. `weight` is the share of the past, 0 (no
/// smoothing) to below 1. A value that is NaN or infinite passes as it is and leaves no trace, as in
/// TensorBoard.
pub fn smooth(points: impl Iterator<Item = Point>, weight: f64) -> impl Iterator<Item = Point> {
    let mut average = 0.0;
    let mut left = 1.0;
    points.map(move |point| {
        if weight <= 0.0 || !point.value.is_finite() {
            return point;
        }
        average = average * weight + (1.0 - weight) * point.value;
        left *= weight;
        Point { value: average / (1.0 - left), ..point }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// TensorBoard's own rule, written out: the sum of all values by their weights.
    fn by_definition(values: &[f64], weight: f64) -> Vec<f64> {
        let mut out = Vec::new();
        for end in 0..values.len() {
            let (mut sum, mut weights, mut age) = (0.0, 0.0, 0);
            for value in values[..=end].iter().rev() {
                if value.is_finite() {
                    sum += value * weight.powi(age);
                    weights += weight.powi(age);
                    age += 1;
                }
            }
            out.push(if values[end].is_finite() { sum / weights } else { values[end] });
        }
        out
    }

    proptest! {
        #[test]
        fn it_is_the_weighted_mean_of_what_came(
            values in proptest::collection::vec(prop_oneof![9 => -100.0..100.0f64, 1 => Just(f64::NAN)], 1..60),
            weight in 0.01..0.99f64,
        ) {
            let points = values.iter().enumerate().map(|(step, value)| Point { step: step as f64, value: *value });
            let got: Vec<f64> = smooth(points, weight).map(|point| point.value).collect();
            for (got, wanted) in got.iter().zip(by_definition(&values, weight)) {
                prop_assert!((got - wanted).abs() < 1e-9 || (got.is_nan() && wanted.is_nan()), "{} {}", got, wanted);
            }
        }
    }
}
