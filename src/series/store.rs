//! The store of one series.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::chunk::{CHUNK, Chunk};
use super::pyramid::{Pyramid, PyramidNode};
use super::{Point, Summary};

/// Series of a trial by metric name.
pub type SeriesMap = BTreeMap<Arc<str>, Series>;

/// Values of one metric by step. Steps never decrease: if a run restarted from an earlier step, the newer part replaces
/// the older one, whose points are counted.
#[derive(Clone, Debug, Default)]
pub struct Series {
    sealed: Pyramid,
    tail: Chunk,
    /// Cached: it is needed for every value.
    last_step: Option<f64>,
    superseded: usize,
}

impl Series {
    /// Appends one value. A step below the last one is a restart: points from that step on are replaced. A step that is
    /// not finite has no place on an axis: it is skipped here, and readers report it.
    pub fn push(&mut self, step: f64, value: f64) {
        if !step.is_finite() {
            return;
        }
        if self.last_step.is_some_and(|last| step < last) {
            self.supersede(step);
        }
        self.last_step = Some(step);
        self.tail.push(Point { step, value });
        if self.tail.len() == CHUNK {
            let full = std::mem::take(&mut self.tail);
            self.sealed.push(Arc::new(PyramidNode::leaf(full.sealed())));
        }
    }

    /// Removes the points at or after a step, because a newer part of the run starts there.
    pub fn supersede(&mut self, step: f64) {
        let before = self.len();
        let mut keep = self.tail.before(step);
        while keep == 0 {
            // None of the tail remains: the chunk before it may have to be reopened.
            self.tail = Chunk::default();
            let Some(chunk) = self.sealed.pop_from(step) else { break };
            keep = chunk.before(step);
            self.tail = chunk;
        }
        if keep < self.tail.len() {
            self.tail.truncate(keep);
        }
        self.superseded += before - self.len();
        self.last_step = self.last().map(|last| last.step);
    }

    /// Counts a point that a newer part of the run has already replaced.
    pub fn count_superseded(&mut self) {
        self.superseded += 1;
    }

    /// Replaces the last value at the same step: a correction, not a restart.
    pub fn amend(&mut self, value: f64) {
        if let Some(step) = self.last_step {
            let superseded = self.superseded;
            self.supersede(step);
            self.superseded = superseded;
            self.push(step, value);
        }
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.sealed.points() + self.tail.len()
    }

    /// True if the series is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of points that were replaced by a restart from an earlier step.
    pub fn superseded(&self) -> usize {
        self.superseded
    }

    /// Points in order.
    pub fn points(&self) -> impl Iterator<Item = Point> + '_ {
        self.points_from(0)
    }

    /// Points in order, from index `first` on.
    pub fn points_from(&self, first: usize) -> impl Iterator<Item = Point> + '_ {
        let in_tail = first.saturating_sub(self.sealed.points());
        let chunks = self.sealed.leaves_from(first).chain(std::iter::once((in_tail, &self.tail)));
        chunks.flat_map(|(from, chunk)| (from..chunk.len()).map(move |at| chunk.point(at)))
    }

    /// The point at an index; `None` past the end.
    pub fn get(&self, at: usize) -> Option<Point> {
        match at.checked_sub(self.sealed.points()) {
            Some(at) => (at < self.tail.len()).then(|| self.tail.point(at)),
            None => self.sealed.get(at),
        }
    }

    /// The first point.
    pub fn first(&self) -> Option<Point> {
        self.get(0)
    }

    /// The last point.
    pub fn last(&self) -> Option<Point> {
        self.get(self.len().checked_sub(1)?)
    }

    /// Number of points before a step.
    pub fn count_before(&self, step: f64) -> usize {
        match self.sealed.before(step) {
            all if all == self.sealed.points() => all + self.tail.before(step),
            some => some,
        }
    }

    /// The last point at or before a step; `None` if there is none.
    pub fn last_until(&self, step: f64) -> Option<Point> {
        self.get(self.count_before(step.next_up()).checked_sub(1)?)
    }

    /// The summary of all points.
    pub fn summary(&self) -> Summary {
        let mut all = self.sealed.summary();
        all.add(&self.tail.summary(0, self.tail.len()));
        all
    }

    /// Summarises the points in each column of a chart: a column covers the steps from its edge to before the next edge;
    /// the last column includes its end. Edges never decrease. The cost grows with the number of columns, not of
    /// points.
    pub fn columns(&self, edges: &[f64]) -> Vec<Summary> {
        let mut columns = ColumnWalk { edges, at: 0, out: vec![Summary::default(); edges.len().saturating_sub(1)] };
        if !columns.out.is_empty() && edges.iter().all(|edge| !edge.is_nan()) {
            for node in self.sealed.roots() {
                columns.node(node);
            }
            columns.chunk(&self.tail);
        }
        columns.out
    }

    /// Memory used by the points, in bytes.
    pub fn bytes(&self) -> usize {
        self.sealed.bytes() + self.tail.bytes()
    }
}

/// Walks columns and points together, from left to right.
struct ColumnWalk<'a> {
    edges: &'a [f64],
    at: usize,
    out: Vec<Summary>,
}

impl ColumnWalk<'_> {
    /// Advances to the column of a step; `None` if the step is outside.
    fn column(&mut self, step: f64) -> Option<usize> {
        let last = self.out.len() - 1;
        while self.at < last && step >= self.edges[self.at + 1] {
            self.at += 1;
        }
        let inside = step >= self.edges[self.at] && (self.at < last || step <= self.edges[last + 1]);
        inside.then_some(self.at)
    }

    /// True if a step is inside a column or before it.
    fn ends_within(&self, column: usize, step: f64) -> bool {
        let end = self.edges[column + 1];
        step < end || column + 1 == self.out.len() && step <= end
    }

    fn node(&mut self, node: &PyramidNode) {
        let (first, last) = node.steps();
        let end = self.edges.len() - 1;
        if last < self.edges[0] || first > self.edges[end] {
            return;
        }
        if let Some(column) = self.column(first)
            && self.ends_within(column, last)
        {
            self.out[column].add(node.summary());
            return;
        }
        match node.inner() {
            Ok(nodes) => nodes.iter().for_each(|node| self.node(node)),
            Err(chunk) => self.chunk(chunk),
        }
    }

    fn chunk(&mut self, chunk: &Chunk) {
        let mut from = chunk.before(self.edges[0]);
        while from < chunk.len() {
            let Some(column) = self.column(chunk.step(from)) else { return };
            let end = self.edges[column + 1];
            let end = if column + 1 == self.out.len() { end.next_up() } else { end };
            let to = chunk.before(end);
            self.out[column].add(&chunk.summary(from, to));
            from = to;
        }
    }
}

impl Extend<Point> for Series {
    fn extend<T: IntoIterator<Item = Point>>(&mut self, points: T) {
        points.into_iter().for_each(|point| self.push(point.step, point.value));
    }
}

impl FromIterator<(f64, f64)> for Series {
    fn from_iter<T: IntoIterator<Item = (f64, f64)>>(points: T) -> Self {
        let mut series = Self::default();
        points.into_iter().for_each(|(step, value)| series.push(step, value));
        series
    }
}
