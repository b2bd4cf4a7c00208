//! Values by name and step into curves, quickly: most files tell the same metrics in the same order again and
//! again.

use std::collections::HashMap;
use std::sync::Arc;

use super::along::{Follower, Role};
use crate::model::{Along, Curves};
use crate::series::Series;

/// How many different metrics one file may have: what an agent writes must not grow without bound.
pub(super) const MOST_METRICS: usize = 4096;

struct Column {
    name: Arc<str>,
    series: Series,
    role: Role,
}

/// The curves of one file while it is read.
pub(super) struct Columns {
    all: Vec<Column>,
    by_name: HashMap<Arc<str>, usize>,
    /// Where the next name is expected.
    next: usize,
    most: usize,
    left_out: bool,
    along: Along,
    follower: Follower,
}

impl Default for Columns {
    fn default() -> Self {
        Self::with_most(MOST_METRICS)
    }
}

impl Columns {
    /// For a file that may have this many metrics.
    pub(super) fn with_most(most: usize) -> Self {
        Self {
            all: Vec::new(),
            by_name: HashMap::new(),
            next: 0,
            most,
            left_out: false,
            along: Along::default(),
            follower: Follower::default(),
        }
    }

    /// The place of a metric; `None` when there are too many already.
    pub(super) fn place(&mut self, name: &str) -> Option<usize> {
        if self.all.get(self.next).is_none_or(|column| *column.name != *name) {
            self.next = match self.by_name.get(name) {
                Some(at) => *at,
                None if self.all.len() < self.most => {
                    let name: Arc<str> = name.into();
                    self.by_name.insert(Arc::clone(&name), self.all.len());
                    self.all.push(Column { role: Role::of(&name), name, series: Series::default() });
                    self.all.len() - 1
                }
                None => {
                    self.left_out = true;
                    return None;
                }
            };
        }
        let at = self.next;
        self.next = if at + 1 == self.all.len() { 0 } else { at + 1 };
        Some(at)
    }

    /// The place of a metric by the bytes of its name; what of them is no text is replaced.
    pub(super) fn place_bytes(&mut self, name: &[u8]) -> Option<usize> {
        match self.all.get(self.next) {
            Some(column) if column.name.as_bytes() == name => {
                let at = self.next;
                self.next = if at + 1 == self.all.len() { 0 } else { at + 1 };
                Some(at)
            }
            _ => self.place(&String::from_utf8_lossy(name)),
        }
    }

    /// Appends a value to the metric at a place.
    pub(super) fn put(&mut self, place: usize, step: f64, value: f64) {
        let column = &mut self.all[place];
        column.series.push(step, value);
        if column.role != Role::None {
            self.follower.value(&mut self.along, step, column.role, value);
        }
    }

    /// Appends a value of a metric by its name.
    pub(super) fn put_named(&mut self, name: &str, step: f64, value: f64) {
        if let Some(place) = self.place(name) {
            self.put(place, step, value);
        }
    }

    /// The name of the metric at a place.
    pub(super) fn name(&self, place: usize) -> &str {
        &self.all[place].name
    }

    /// A step at a time on the wall, in seconds since the epoch.
    pub(super) fn clock(&mut self, step: f64, seconds: f64) {
        self.follower.value(&mut self.along, step, Role::Clock, seconds);
    }

    /// The metric at a place.
    pub(super) fn series(&mut self, place: usize) -> &mut Series {
        &mut self.all[place].series
    }

    /// How far along the run was, to be told of more.
    pub(super) fn along(&mut self) -> (&mut Follower, &mut Along) {
        (&mut self.follower, &mut self.along)
    }

    /// True when there were more metrics than are kept.
    pub(super) fn has_left_out(&self) -> bool {
        self.left_out
    }

    /// The curves so far. What is sealed in them is shared, not copied.
    pub(super) fn curves(&self) -> Curves {
        let with_points = self.all.iter().filter(|column| !column.series.is_empty());
        let series = with_points.map(|column| (Arc::clone(&column.name), column.series.clone())).collect();
        Curves { series, along: self.along.clone() }
    }
}
