//! The difference between two series.

use super::{Point, Series};

/// A series minus a reference at the same place, where the reference counts with its last value there or before. There
/// is nothing to subtract before the reference's first value or after its last. Following a series that grew processes
/// only the new points.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    out: Series,
    processed: usize,
    passed: usize,
    last: Option<Point>,
    superseded: (usize, usize),
}

impl Difference {
    /// Updates to the current state of both series. `at` maps a step of the series to a step of the reference and must
    /// never decrease. True if it had to start over because a restart removed points.
    pub fn update(&mut self, series: &Series, reference: &Series, at: impl Fn(f64) -> f64) -> bool {
        let superseded = (series.superseded(), reference.superseded());
        let restarted = superseded != self.superseded || series.len() < self.processed || reference.len() < self.passed;
        if restarted {
            *self = Self { superseded, ..Self::default() };
        }
        let Some(end) = reference.last().map(|last| last.step) else { return restarted };
        let mut upcoming = reference.points_from(self.passed).peekable();
        for point in series.points_from(self.processed) {
            let step = at(point.step);
            while let Some(next) = upcoming.next_if(|next| next.step <= step) {
                self.last = Some(next);
                self.passed += 1;
            }
            // The reference may still grow past it.
            if step > end {
                break;
            }
            self.processed += 1;
            if let Some(last) = self.last {
                self.out.push(point.step, point.value - last.value);
            }
        }
        restarted
    }

    /// The difference, at the steps of the series.
    pub fn series(&self) -> &Series {
        &self.out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_equals_pointwise_subtraction(
            series in proptest::collection::vec((1u8..4, -9.0..9.0f64), 0..80),
            reference in proptest::collection::vec((1u8..4, -9.0..9.0f64), 0..80),
            looks in 1usize..6,
        ) {
            let steps = |values: &[(u8, f64)]| -> Vec<(f64, f64)> {
                let mut step = 0.0;
                values.iter().map(|(by, value)| { step += f64::from(*by); (step, *value) }).collect()
            };
            let (series, reference) = (steps(&series), steps(&reference));
            let mut difference = Difference::default();
            // Both grow while they are followed.
            for look in 1..=looks {
                let part = |all: &[(f64, f64)]| -> Series { all[..all.len() * look / looks].iter().copied().collect() };
                difference.update(&part(&series), &part(&reference), |step| step);
            }
            let end = reference.last().map_or(f64::NEG_INFINITY, |(step, _)| *step);
            let expected: Vec<(f64, f64)> = series
                .iter()
                .filter(|(step, _)| *step <= end)
                .filter_map(|(step, value)| {
                    let (_, there) = reference.iter().rev().find(|(known, _)| known <= step)?;
                    Some((*step, value - there))
                })
                .collect();
            let got: Vec<(f64, f64)> = difference.series().points().map(|point| (point.step, point.value)).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
