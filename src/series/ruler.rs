//! A measure other than the step along the x axis.

use super::Series;

/// Maps steps to another measure of a run's progress: seconds, tokens. Interpolates linearly between known steps and
/// extrapolates from the nearest pair before the first and after the last.
#[derive(Clone, Copy, Debug)]
pub struct Ruler<'a> {
    /// The measure by step; it never decreases.
    measure: &'a Series,
}

impl<'a> Ruler<'a> {
    /// A ruler from the measure by step, which must never decrease; `None` with fewer than two steps, or if the measure
    /// is the same at all of them.
    pub fn new(measure: &'a Series) -> Option<Self> {
        let (first, last) = (measure.first()?, measure.last()?);
        (last.step > first.step && last.value > first.value).then_some(Self { measure })
    }

    /// The measure at a step.
    pub fn at(self, step: f64) -> f64 {
        self.between(self.measure.count_before(step), |point| (point.step, point.value), step)
    }

    /// The step at which the measure has a value; the last such step where the measure does not move.
    pub fn step_at(self, value: f64) -> f64 {
        let (mut low, mut high) = (0, self.measure.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let is_before = self.measure.get(middle).is_some_and(|point| point.value <= value);
            if is_before { low = middle + 1 } else { high = middle }
        }
        self.between(low, |point| (point.value, point.step), value)
    }

    /// Interpolates linearly between the two known points around a place.
    fn between(self, next: usize, of: impl Fn(super::Point) -> (f64, f64), x: f64) -> f64 {
        let last = self.measure.len() - 1;
        let mut next = next.clamp(1, last);
        let known = |at: usize| self.measure.get(at).map_or((0.0, 0.0), &of);
        // Beyond the ends the line of the nearest pair that differs is extended.
        let beyond = known(next).0 < x;
        while known(next - 1).0 >= known(next).0 && next > 1 && next < last + usize::from(beyond) {
            next = if beyond { next - 1 } else { next + 1 };
        }
        let ((a, at_a), (b, at_b)) = (known(next - 1), known(next));
        if b > a { at_a + (at_b - at_a) * (x - a) / (b - a) } else { at_b }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_between_beyond_and_inverse() -> Result<(), &'static str> {
        let measure: Series = [(0.0, 0.0), (10.0, 5.0), (20.0, 25.0)].into_iter().collect();
        let ruler = Ruler::new(&measure).ok_or("none")?;
        for (step, wanted) in [(5.0, 2.5), (10.0, 5.0), (15.0, 15.0), (25.0, 35.0), (-2.0, -1.0)] {
            assert!((ruler.at(step) - wanted).abs() < 1e-12, "{step}");
            assert!((ruler.step_at(wanted) - step).abs() < 1e-12, "{wanted}");
        }
        assert!(Ruler::new(&[(0.0, 1.0)].into_iter().collect()).is_none());
        assert!(Ruler::new(&[(0.0, 1.0), (5.0, 1.0)].into_iter().collect()).is_none(), "the measure never moves");
        let still: Series = [(0.0, 0.0), (10.0, 5.0), (20.0, 5.0), (30.0, 5.0)].into_iter().collect();
        let ruler = Ruler::new(&still).ok_or("none")?;
        assert!((ruler.at(25.0) - 5.0).abs() < 1e-12);
        assert!((ruler.step_at(2.5) - 5.0).abs() < 1e-12);
        assert!(ruler.step_at(6.0).is_finite() && ruler.step_at(5.0).is_finite());
        Ok(())
    }
}
