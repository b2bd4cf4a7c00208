//! Sealed chunks, and a tree of summaries over them.

use std::sync::Arc;

use super::chunk::Chunk;
use super::{Point, Summary};

/// Number of children of a node.
const FAN: usize = 32;

/// An immutable stretch of points: a chunk, or neighbouring stretches.
#[derive(Debug)]
pub(super) struct PyramidNode {
    summary: Summary,
    steps: (f64, f64),
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Leaf(Chunk),
    Nodes(Box<[Arc<PyramidNode>]>),
}

impl PyramidNode {
    /// A node of one sealed chunk, which must not be empty.
    pub(super) fn leaf(chunk: Chunk) -> Self {
        let steps = (chunk.step(0), chunk.step(chunk.len() - 1));
        Self { summary: chunk.summary(0, chunk.len()), steps, inner: Inner::Leaf(chunk) }
    }

    fn over(nodes: Vec<Arc<PyramidNode>>) -> Self {
        let mut summary = Summary::default();
        for node in &nodes {
            summary.add(&node.summary);
        }
        let steps = (nodes[0].steps.0, nodes[nodes.len() - 1].steps.1);
        Self { summary, steps, inner: Inner::Nodes(nodes.into()) }
    }

    pub(super) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The first and the last step.
    pub(super) fn steps(&self) -> (f64, f64) {
        self.steps
    }

    /// The children: nodes, or a chunk.
    pub(super) fn inner(&self) -> Result<&[Arc<PyramidNode>], &Chunk> {
        match &self.inner {
            Inner::Nodes(nodes) => Ok(nodes),
            Inner::Leaf(chunk) => Err(chunk),
        }
    }

    fn bytes(&self) -> usize {
        size_of::<Self>()
            + match &self.inner {
                Inner::Leaf(chunk) => chunk.bytes(),
                Inner::Nodes(nodes) => nodes.iter().map(|node| node.bytes() + size_of::<Arc<PyramidNode>>()).sum(),
            }
    }
}

/// Nodes by level: `levels[0]` are chunks, and each node of a level stands for [`FAN`] of the level below. A level has
/// fewer than [`FAN`] nodes, so copying the pyramid copies a few pointers. Points are in order from the highest level
/// to the lowest.
#[derive(Clone, Debug, Default)]
pub(super) struct Pyramid {
    levels: Vec<Vec<Arc<PyramidNode>>>,
    points: usize,
}

impl Pyramid {
    /// Appends a chunk.
    pub(super) fn push(&mut self, leaf: Arc<PyramidNode>) {
        let mut node = leaf;
        self.points += node.summary.points();
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::with_capacity(FAN));
            }
            self.levels[level].push(node);
            if self.levels[level].len() < FAN {
                return;
            }
            node = Arc::new(PyramidNode::over(std::mem::take(&mut self.levels[level])));
        }
    }

    /// Removes all chunks that begin at or after a step and returns the chunk before them, some of whose points may
    /// also be there; `None` if nothing is left.
    pub(super) fn pop_from(&mut self, step: f64) -> Option<Chunk> {
        loop {
            let level = self.levels.iter().position(|nodes| !nodes.is_empty())?;
            let node = self.levels[level].pop()?;
            let begins_before = node.steps.0 < step;
            if let (Inner::Nodes(nodes), true) = (&node.inner, begins_before) {
                self.levels[level - 1].extend(nodes.iter().cloned());
                continue;
            }
            self.points -= node.summary.points();
            if let (Inner::Leaf(chunk), true) = (&node.inner, begins_before) {
                return Some(chunk.clone());
            }
        }
    }

    /// The highest nodes, in order.
    pub(super) fn roots(&self) -> impl Iterator<Item = &Arc<PyramidNode>> {
        self.levels.iter().rev().flatten()
    }

    pub(super) fn summary(&self) -> Summary {
        let mut all = Summary::default();
        for node in self.roots() {
            all.add(&node.summary);
        }
        all
    }

    pub(super) fn points(&self) -> usize {
        self.points
    }

    /// Number of points before a step.
    pub(super) fn before(&self, step: f64) -> usize {
        let mut count = 0;
        let mut nodes: Vec<&Arc<PyramidNode>> = self.roots().collect();
        loop {
            let full = nodes.iter().take_while(|node| node.steps.1 < step).count();
            count += nodes[..full].iter().map(|node| node.summary.points()).sum::<usize>();
            match nodes.get(full).map(|node| node.inner()) {
                None => return count,
                Some(Err(chunk)) => return count + chunk.before(step),
                Some(Ok(below)) => nodes = below.iter().collect(),
            }
        }
    }

    /// The point at an index; `None` past the end.
    pub(super) fn get(&self, at: usize) -> Option<Point> {
        let (at, chunk) = self.leaves_from(at).next()?;
        Some(chunk.point(at))
    }

    /// Chunks in order from a point on, each with the index at which to start in it.
    pub(super) fn leaves_from(&self, first: usize) -> impl Iterator<Item = (usize, &Chunk)> {
        let mut stack: Vec<&Arc<PyramidNode>> = self.levels.iter().flat_map(|nodes| nodes.iter().rev()).collect();
        let mut skip = first;
        std::iter::from_fn(move || {
            loop {
                let node = stack.pop()?;
                if skip >= node.summary.points() {
                    skip -= node.summary.points();
                    continue;
                }
                match node.inner() {
                    Ok(below) => stack.extend(below.iter().rev()),
                    Err(chunk) => return Some((std::mem::take(&mut skip), chunk)),
                }
            }
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.roots().map(|node| node.bytes() + size_of::<Arc<PyramidNode>>()).sum()
    }
}
