//! How far a series is above another one.

use super::{Point, Series};

/// The values of a series less those of a reference at the same place: its last one there or before. Where the
/// reference has none, before its first value and behind its last, there is no difference. Following series that
/// grew takes only what is new.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    out: Series,
    taken: usize,
    passed: usize,
    last: Option<Point>,
    superseded: (usize, usize),
}

impl Difference {
    /// Goes on to what both series are now. `at` gives the step of the reference for a step of the series; it never
    /// falls. True when it had to begin anew, because a restart took points away.
    pub fn follow(&mut self, series: &Series, reference: &Series, at: impl Fn(f64) -> f64) -> bool {
        let superseded = (series.superseded(), reference.superseded());
        let anew = superseded != self.superseded || series.len() < self.taken || reference.len() < self.passed;
        if anew {
            *self = Self { superseded, ..Self::default() };
        }
        let Some(end) = reference.last().map(|last| last.step) else { return anew };
        let mut known = reference.points_from(self.passed).peekable();
        for point in series.points_from(self.taken) {
            let step = at(point.step);
            while let Some(next) = known.next_if(|next| next.step <= step) {
                self.last = Some(next);
                self.passed += 1;
            }
            // The reference may grow beyond it.
            if step > end {
                break;
            }
            self.taken += 1;
            if let Some(last) = self.last {
                self.out.push(point.step, point.value - last.value);
            }
        }
        anew
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
        fn it_is_what_subtracting_gives(
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
            // Both grow while it is followed.
            for look in 1..=looks {
                let part = |all: &[(f64, f64)]| -> Series { all[..all.len() * look / looks].iter().copied().collect() };
                difference.follow(&part(&series), &part(&reference), |step| step);
            }
            let end = reference.last().map_or(f64::NEG_INFINITY, |(step, _)| *step);
            let wanted: Vec<(f64, f64)> = series
                .iter()
                .filter(|(step, _)| *step <= end)
                .filter_map(|(step, value)| {
                    let (_, there) = reference.iter().rev().find(|(known, _)| known <= step)?;
                    Some((*step, value - there))
                })
                .collect();
            let got: Vec<(f64, f64)> = difference.series().points().map(|point| (point.step, point.value)).collect();
            prop_assert_eq!(got, wanted);
        }
    }
}
