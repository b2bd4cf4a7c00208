//! The store of one series.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Points in a sealed chunk.
const CHUNK: usize = 512;

/// Series of a trial by metric name.
pub type SeriesMap = BTreeMap<Arc<str>, Series>;

/// One value at one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Step as the source counts it.
    pub step: f64,
    /// Value in the metric's unit; may be NaN or infinite, as the source wrote it.
    pub value: f64,
}

/// Values of one metric by step, in the order they came.
#[derive(Clone, Debug, Default)]
pub struct Series {
    sealed: Vec<Arc<[Point]>>,
    tail: Vec<Point>,
    nonfinite: usize,
    min: Option<f64>,
    max: Option<f64>,
}

impl Series {
    /// Appends one value.
    pub fn push(&mut self, step: f64, value: f64) {
        if value.is_finite() {
            self.min = Some(self.min.map_or(value, |min| min.min(value)));
            self.max = Some(self.max.map_or(value, |max| max.max(value)));
        } else {
            self.nonfinite += 1;
        }
        self.tail.push(Point { step, value });
        if self.tail.len() == CHUNK {
            self.sealed.push(std::mem::take(&mut self.tail).into());
        }
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.sealed.len() * CHUNK + self.tail.len()
    }

    /// True without points.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Points in the order they came.
    pub fn points(&self) -> impl Iterator<Item = Point> + '_ {
        self.sealed.iter().flat_map(|chunk| chunk.iter()).chain(&self.tail).copied()
    }

    /// The first point.
    pub fn first(&self) -> Option<Point> {
        self.points().next()
    }

    /// The last point.
    pub fn last(&self) -> Option<Point> {
        self.tail.last().copied().or_else(|| self.sealed.last()?.last().copied())
    }

    /// The last point that is not beyond a step; `None` when all are.
    pub fn last_until(&self, step: f64) -> Option<Point> {
        let sealed = self.sealed.iter().rev().flat_map(|chunk| chunk.iter().rev());
        self.tail.iter().rev().chain(sealed).find(|point| point.step <= step).copied()
    }

    /// Smallest finite value; `None` without one.
    pub fn min(&self) -> Option<f64> {
        self.min
    }

    /// Largest finite value; `None` without one.
    pub fn max(&self) -> Option<f64> {
        self.max
    }

    /// How many values are NaN or infinite.
    pub fn nonfinite(&self) -> usize {
        self.nonfinite
    }
}

impl FromIterator<(f64, f64)> for Series {
    fn from_iter<T: IntoIterator<Item = (f64, f64)>>(points: T) -> Self {
        let mut series = Self::default();
        points.into_iter().for_each(|(step, value)| series.push(step, value));
        series
    }
}
