//! Which metrics the grid of curves has room for.

use std::sync::Arc;

use crate::app::{Area, State, Subjects};

/// Columns and rows of the smallest tile of the grid.
const TILE: (u16, u16) = (38, 7);

/// The tiles of a grid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tiles {
    /// The metric of each, in order.
    pub metrics: Vec<Arc<str>>,
    /// Tiles beside one another.
    pub across: u16,
    /// Metrics that found no room.
    pub more: usize,
}

impl Tiles {
    /// Where a tile is within an area.
    pub fn area(&self, at: usize, body: Area) -> Area {
        let across = self.across.max(1);
        let down = (self.metrics.len() as u16).div_ceil(across).max(1);
        let (width, height) = (body.width / across, body.height / down);
        let (column, row) = (at as u16 % across, at as u16 / across);
        Area { x: body.x + column * width, y: body.y + row * height, width: width.saturating_sub(1), height }
    }
}

impl State {
    /// The tiles that an area has room for. Nothing moves while all fit; else the chosen metric comes first.
    pub fn tiles(&self, subjects: &Subjects<'_>, area: Area) -> Tiles {
        let names = self.filtered(subjects.main.trial);
        let across = (area.width / TILE.0).max(1);
        let down = (area.height.saturating_sub(1) / TILE.1).max(1);
        let room = usize::from(across * down);
        let chosen = self.metric_of(subjects.main.trial);
        let first =
            if names.len() <= room { 0 } else { names.iter().position(|name| Some(*name) == chosen).unwrap_or(0) };
        let metrics = names.iter().cycle().skip(first).take(names.len().min(room)).map(|name| Arc::clone(name));
        Tiles { metrics: metrics.collect(), across, more: names.len().saturating_sub(room) }
    }

    /// The metrics that are drawn now.
    pub(in crate::app) fn shown_metrics(&self, subjects: &Subjects<'_>) -> Vec<Arc<str>> {
        if self.curves.plot.grid && self.in_curves() {
            self.tiles(subjects, self.shape().chart).metrics
        } else {
            self.metric_of(subjects.main.trial).cloned().into_iter().collect()
        }
    }
}
