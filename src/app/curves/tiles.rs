//! The layout of the grid of curves.

use std::sync::Arc;

use crate::app::{Area, State, Subjects};

/// Minimum size of a tile, in columns and rows.
const TILE: (u16, u16) = (38, 7);

/// The tiles of the grid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tiles {
    /// The metrics, one a tile, in order.
    pub metrics: Vec<Arc<str>>,
    /// Number of tiles in a row.
    pub across: u16,
    /// Number of metrics without room.
    pub more: usize,
}

impl Tiles {
    /// Returns the area of a tile within `body`.
    pub fn area(&self, at: usize, body: Area) -> Area {
        let across = self.across.max(1);
        let down = (self.metrics.len() as u16).div_ceil(across).max(1);
        let (width, height) = (body.width / across, body.height / down);
        let (column, row) = (at as u16 % across, at as u16 / across);
        Area { x: body.x + column * width, y: body.y + row * height, width: width.saturating_sub(1), height }
    }
}

impl State {
    /// Returns the tiles that fit in an area. The order is fixed while all fit; otherwise the chosen metric comes
    /// first.
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

    /// Returns the metrics that are currently drawn.
    pub(in crate::app) fn shown_metrics(&self, subjects: &Subjects<'_>) -> Vec<Arc<str>> {
        if self.curves.plot.grid && self.in_curves() {
            self.tiles(subjects, self.layout().chart).metrics
        } else {
            self.metric_of(subjects.main.trial).cloned().into_iter().collect()
        }
    }
}
