//! Smoothing as TensorBoard does it.

use super::Series;

/// A series and its bias-corrected exponential moving average: each value is divided by the total weight so far. NaN
/// and infinite values pass through unchanged and do not affect the average, as in TensorBoard. Following a series that
/// grew processes only the new points.
#[derive(Clone, Debug)]
pub struct Smoothed {
    weight: f64,
    average: f64,
    left: f64,
    superseded: usize,
    out: Series,
}

impl Smoothed {
    /// A smoother with the given weight of the past, from 0 (no smoothing) to below 1.
    pub fn new(weight: f64) -> Self {
        Self { weight, average: 0.0, left: 1.0, superseded: 0, out: Series::default() }
    }

    /// The weight of the past.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// Updates to the current state of a series; starts over if a restart removed points.
    pub fn update(&mut self, raw: &Series) {
        if raw.superseded() != self.superseded || raw.len() < self.out.len() {
            *self = Self { superseded: raw.superseded(), ..Self::new(self.weight) };
        }
        for point in raw.points_from(self.out.len()) {
            let mut value = point.value;
            if self.weight > 0.0 && value.is_finite() {
                self.average = self.average * self.weight + (1.0 - self.weight) * value;
                self.left *= self.weight;
                value = self.average / (1.0 - self.left);
            }
            self.out.push(point.step, value);
        }
    }

    /// The smoothed series.
    pub fn series(&self) -> &Series {
        &self.out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// TensorBoard's rule written out: the weighted sum of all values.
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
        fn it_is_the_weighted_mean_of_the_values(
            values in proptest::collection::vec(prop_oneof![9 => -100.0..100.0f64, 1 => Just(f64::NAN)], 1..60),
            weight in 0.01..0.99f64,
            looks in 1usize..5,
        ) {
            let mut raw = Series::default();
            let mut smoothed = Smoothed::new(weight);
            for (step, value) in values.iter().enumerate() {
                raw.push(step as f64, *value);
                if step % looks == 0 {
                    smoothed.update(&raw);
                }
            }
            smoothed.update(&raw);
            let got = smoothed.series().points().map(|point| point.value);
            for (got, wanted) in got.zip(by_definition(&values, weight)) {
                prop_assert!((got - wanted).abs() < 1e-9 || (got.is_nan() && wanted.is_nan()), "{} {}", got, wanted);
            }
        }
    }

    #[test]
    fn a_restart_is_smoothed_from_scratch() {
        let mut raw: Series = (0..2000).map(|step| (f64::from(step), f64::from(step))).collect();
        let mut smoothed = Smoothed::new(0.9);
        smoothed.update(&raw);
        raw.push(700.0, 3.0);
        (701..2600).for_each(|step| raw.push(f64::from(step), 3.0));
        smoothed.update(&raw);
        let mut fresh = Smoothed::new(0.9);
        fresh.update(&raw);
        assert!(smoothed.series().points().eq(fresh.series().points()));
    }
}
