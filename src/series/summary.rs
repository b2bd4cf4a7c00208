//! The summary of a stretch of points.

/// First, smallest, largest and last finite value of a stretch of points, and the number of values that an axis cannot
/// show. Summaries of neighbouring stretches can be added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    points: usize,
    nonfinite: usize,
    not_positive: usize,
    /// NaN without a finite value.
    first: f64,
    last: f64,
    /// Infinite without a finite value, so that comparisons need no special case.
    min: f64,
    max: f64,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            points: 0,
            nonfinite: 0,
            not_positive: 0,
            first: f64::NAN,
            last: f64::NAN,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }
}

impl Summary {
    /// Adds one value.
    pub fn take(&mut self, value: f64) {
        self.points += 1;
        if !value.is_finite() {
            self.nonfinite += 1;
            return;
        }
        self.not_positive += usize::from(value <= 0.0);
        if self.first.is_nan() {
            self.first = value;
        }
        self.last = value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Adds the summary of the stretch that follows.
    pub fn add(&mut self, next: &Self) {
        self.points += next.points;
        self.nonfinite += next.nonfinite;
        self.not_positive += next.not_positive;
        if self.first.is_nan() {
            self.first = next.first;
        }
        if !next.last.is_nan() {
            self.last = next.last;
        }
        self.min = self.min.min(next.min);
        self.max = self.max.max(next.max);
    }

    /// Number of points.
    pub fn points(&self) -> usize {
        self.points
    }

    /// Number of values that are NaN or infinite.
    pub fn nonfinite(&self) -> usize {
        self.nonfinite
    }

    /// Number of finite values at or below zero.
    pub fn not_positive(&self) -> usize {
        self.not_positive
    }

    /// The first finite value; `None` if there is none.
    pub fn first(&self) -> Option<f64> {
        Some(self.first).filter(|value| value.is_finite())
    }

    /// The last finite value; `None` if there is none.
    pub fn last(&self) -> Option<f64> {
        Some(self.last).filter(|value| value.is_finite())
    }

    /// The smallest finite value; `None` if there is none.
    pub fn min(&self) -> Option<f64> {
        Some(self.min).filter(|value| value.is_finite())
    }

    /// The largest finite value; `None` if there is none.
    pub fn max(&self) -> Option<f64> {
        Some(self.max).filter(|value| value.is_finite())
    }
}
