//! A few hundred points in columns, each stored as narrowly as its values allow.

use super::{Point, Summary};

/// Number of points in a sealed chunk.
pub(super) const CHUNK: usize = 512;
/// 2^53: from here on a 64-bit float cannot represent every integer.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Steps, never decreasing.
#[derive(Clone, Debug)]
enum StepColumn {
    /// Evenly spaced integers: most logs.
    Even { first: i64, stride: u32 },
    /// Integers, as small offsets from the first.
    Near { first: i64, after: Box<[u16]> },
    /// Integers, as offsets from the first.
    Far { first: i64, after: Box<[u32]> },
    /// Anything else, unchanged.
    Any(Vec<f64>),
}

/// Values at the precision they need: 32 bits where that loses nothing.
#[derive(Clone, Debug)]
enum Values {
    Single(Box<[f32]>),
    Double(Vec<f64>),
}

/// Points in columns. An open chunk grows; sealing makes it compact.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    steps: StepColumn,
    values: Values,
}

impl Default for Chunk {
    fn default() -> Self {
        Self { steps: StepColumn::Any(Vec::new()), values: Values::Double(Vec::new()) }
    }
}

impl Chunk {
    pub(super) fn len(&self) -> usize {
        match &self.values {
            Values::Single(values) => values.len(),
            Values::Double(values) => values.len(),
        }
    }

    pub(super) fn step(&self, at: usize) -> f64 {
        match &self.steps {
            StepColumn::Even { first, stride } => (first + at as i64 * i64::from(*stride)) as f64,
            StepColumn::Near { first, after } => (first + i64::from(after[at])) as f64,
            StepColumn::Far { first, after } => (first + i64::from(after[at])) as f64,
            StepColumn::Any(steps) => steps[at],
        }
    }

    pub(super) fn point(&self, at: usize) -> Point {
        let value = match &self.values {
            Values::Single(values) => f64::from(values[at]),
            Values::Double(values) => values[at],
        };
        Point { step: self.step(at), value }
    }

    /// Appends to an open chunk.
    pub(super) fn push(&mut self, point: Point) {
        if !matches!((&self.steps, &self.values), (StepColumn::Any(_), Values::Double(_))) {
            *self = self.opened();
        }
        if let (StepColumn::Any(steps), Values::Double(values)) = (&mut self.steps, &mut self.values) {
            steps.push(point.step);
            values.push(point.value);
        }
    }

    /// Returns the same points as an open chunk.
    fn opened(&self) -> Self {
        let points = (0..self.len()).map(|at| self.point(at));
        let (steps, values) = points.map(|point| (point.step, point.value)).unzip();
        Self { steps: StepColumn::Any(steps), values: Values::Double(values) }
    }

    /// Keeps only the first `points` points.
    pub(super) fn truncate(&mut self, points: usize) {
        *self = self.opened();
        if let (StepColumn::Any(steps), Values::Double(values)) = (&mut self.steps, &mut self.values) {
            steps.truncate(points);
            values.truncate(points);
        }
    }

    /// Returns the same points in as few bytes as they need.
    pub(super) fn sealed(&self) -> Self {
        let steps = (0..self.len()).map(|at| self.step(at));
        let values = (0..self.len()).map(|at| self.point(at).value);
        // Compared bit by bit, so that a NaN keeps its payload.
        let single = values.clone().all(|value| f64::from(value as f32).to_bits() == value.to_bits());
        Self {
            steps: narrow(&steps),
            values: if single {
                Values::Single(values.map(|value| value as f32).collect())
            } else {
                Values::Double(values.collect())
            },
        }
    }

    /// Number of points before a step, which is the index of the first point at or after it.
    pub(super) fn before(&self, step: f64) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.step(middle) < step { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Summarises the points `from..to`.
    pub(super) fn summary(&self, from: usize, to: usize) -> Summary {
        let mut summary = Summary::default();
        match &self.values {
            Values::Single(values) => values[from..to].iter().for_each(|value| summary.take(f64::from(*value))),
            Values::Double(values) => values[from..to].iter().for_each(|value| summary.take(*value)),
        }
        summary
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let steps = match &self.steps {
            StepColumn::Even { .. } => 0,
            StepColumn::Near { after, .. } => after.len() * 2,
            StepColumn::Far { after, .. } => after.len() * 4,
            StepColumn::Any(steps) => steps.capacity() * 8,
        };
        steps
            + match &self.values {
                Values::Single(values) => values.len() * 4,
                Values::Double(values) => values.capacity() * 8,
            }
    }
}

fn narrow(steps: &(impl Iterator<Item = f64> + Clone)) -> StepColumn {
    let whole = |step: f64| (step.fract() == 0.0 && step.abs() < EXACT).then_some(step as i64);
    let any = || StepColumn::Any(steps.clone().collect());
    let Some(first) = steps.clone().next().and_then(whole) else { return any() };
    let after: Option<Box<[u32]>> =
        steps.clone().map(|step| u32::try_from(whole(step)?.checked_sub(first)?).ok()).collect();
    let Some(after) = after else { return any() };
    let stride = after.get(1).copied().unwrap_or(0);
    let even = after.iter().enumerate().all(|(at, after)| *after as usize == at * stride as usize);
    if even {
        return StepColumn::Even { first, stride };
    }
    match after.iter().map(|after| u16::try_from(*after)).collect() {
        Ok(after) => StepColumn::Near { first, after },
        Err(_) => StepColumn::Far { first, after },
    }
}
