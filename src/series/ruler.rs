//! Another measure than the step along the x axis.

use super::Series;

/// Maps steps to another measure of how far a run is: seconds, tokens. Between two known steps it goes
/// straight; before the first and after the last it goes on as at the nearest pair.
#[derive(Clone, Debug, Default)]
pub struct Ruler {
    /// Step and measure, steps rising.
    knots: Vec<(f64, f64)>,
}

impl Ruler {
    /// From the measure by step; `None` with fewer than two steps, where nothing can be told. Of a run
    /// that began anew from an earlier step, the newer part counts.
    pub fn new(measure: &Series) -> Option<Self> {
        let mut knots: Vec<(f64, f64)> = Vec::with_capacity(measure.len());
        for point in measure.points().filter(|point| point.step.is_finite() && point.value.is_finite()) {
            while knots.last().is_some_and(|(step, _)| *step >= point.step) {
                knots.pop();
            }
            knots.push((point.step, point.value));
        }
        (knots.len() > 1).then_some(Self { knots })
    }

    /// The measure at a step.
    pub fn at(&self, step: f64) -> f64 {
        let next = self.knots.partition_point(|(known, _)| *known < step).clamp(1, self.knots.len() - 1);
        let ((a, x), (b, y)) = (self.knots[next - 1], self.knots[next]);
        x + (y - x) * (step - a) / (b - a)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straight_between_and_beyond() -> Result<(), &'static str> {
        let ruler = Ruler::new(&[(0.0, 0.0), (10.0, 5.0), (20.0, 25.0)].into_iter().collect()).ok_or("none")?;
        let near = |step: f64, wanted: f64| assert!((ruler.at(step) - wanted).abs() < 1e-12, "{step}");
        near(5.0, 2.5);
        near(10.0, 5.0);
        near(15.0, 15.0);
        near(25.0, 35.0);
        near(-2.0, -1.0);
        assert!(Ruler::new(&[(0.0, 1.0)].into_iter().collect()).is_none());
        let again = Ruler::new(&[(0.0, 0.0), (10.0, 5.0), (5.0, 9.0)].into_iter().collect()).ok_or("none")?;
        assert!((again.at(5.0) - 9.0).abs() < 1e-12, "the newer part counts");
        Ok(())
    }
}
