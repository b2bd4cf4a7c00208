//! Collects values by name and step into curves, quickly: most files repeat the same metrics in the same order.

use std::collections::HashMap;
use std::sync::Arc;

use super::Located;
use super::along::{Follower, ProgressRole, is_a_curve};
use super::fields::RowKey;
use super::step_names::StepRank;
use super::subjects::{RowSubjects, Split};
use crate::model::{Curves, TrialProgress};
use crate::series::Series;

/// Maximum number of different metrics in a file: what an agent writes must not grow without bound.
pub(super) const MOST_METRICS: usize = 4096;

pub(super) struct MetricColumn {
    pub(super) name: Arc<str>,
    pub(super) series: Series,
    role: ProgressRole,
    /// False for a field that only identifies the time or the process.
    is_curve: bool,
    /// True for a measurement, which may belong to one of several things that rows are about.
    pub(super) may_differ: bool,
    /// The field kind, if the column may distinguish rows.
    pub(super) key: Option<RowKey>,
    /// True where its points are at row numbers, for lack of a step.
    is_counted: bool,
    /// The fields by which its points are split.
    pub(super) splits: Vec<Split>,
}

/// The curves of one file while it is read.
pub(super) struct Columns {
    pub(super) all: Vec<MetricColumn>,
    by_name: HashMap<Arc<str>, usize>,
    /// The expected position of the next name.
    next: usize,
    most: usize,
    along: TrialProgress,
    follower: Follower,
    pub(super) line: u64,
    are_counted: bool,
    pub(super) subjects: RowSubjects,
    /// Lines at which steps went back: the first one, the last one, and how many.
    went_back: Option<(u64, u64, usize)>,
}

impl Default for Columns {
    fn default() -> Self {
        Self::with_most(MOST_METRICS)
    }
}

impl Columns {
    /// Creates the columns of a file that may have this many metrics.
    pub(super) fn with_most(most: usize) -> Self {
        Self {
            all: Vec::new(),
            by_name: HashMap::new(),
            next: 0,
            most,
            along: TrialProgress::default(),
            follower: Follower::default(),
            line: 0,
            are_counted: false,
            subjects: RowSubjects::default(),
            went_back: None,
        }
    }

    /// Returns the index of a metric by the bytes of its name, with invalid UTF-8 replaced; `None` when there are too
    /// many already.
    pub(super) fn place(&mut self, name: &[u8]) -> Option<usize> {
        let at = match self.all.get(self.next) {
            Some(column) if column.name.as_bytes() == name => self.next,
            _ => self.find(&String::from_utf8_lossy(name))?,
        };
        self.next = if at + 1 == self.all.len() { 0 } else { at + 1 };
        Some(at)
    }

    fn find(&mut self, name: &str) -> Option<usize> {
        let known = self.by_name.get(name).copied();
        known.or_else(|| {
            let at = self.all.len();
            if at == self.most {
                return None;
            }
            let name: Arc<str> = name.into();
            self.by_name.insert(Arc::clone(&name), at);
            let (role, is_curve) = (ProgressRole::of(&name), is_a_curve(&name));
            let key = RowKey::of(&name);
            // Clock and tokens belong to the run.
            let is_shared = matches!(role, ProgressRole::Tokens | ProgressRole::Seconds)
                || key.is_some()
                || StepRank::of(&name).is_some();
            let may_differ = is_curve && !is_shared;
            let (series, splits) = (Series::default(), Vec::new());
            self.all.push(MetricColumn { name, series, role, is_curve, may_differ, key, is_counted: false, splits });
            Some(at)
        })
    }

    /// Sets the line of the values that follow.
    pub(super) fn at_line(&mut self, line: u64) {
        self.line = line;
    }

    /// Returns the warning about steps that went back: the newest part of a run is shown, the part before it is not.
    pub(super) fn restarts(&self) -> Option<Located> {
        let points: usize = self.all.iter().map(|column| column.series.superseded()).sum();
        let (line, _, times) = self.went_back.unwrap_or_default();
        let often = if times > 1 { format!(" {times} times, first here") } else { String::new() };
        let these = if points == 1 { "1 point before is".to_owned() } else { format!("{points} points before are") };
        (points > 0)
            .then(|| Located::at(line, format!("steps went back{often}: {these} not shown, only the later ones")))
    }

    /// Appends a value to the metric at an index.
    pub(super) fn put(&mut self, place: usize, step: f64, value: f64) {
        let column = &mut self.all[place];
        if column.is_curve {
            if self.line > 0 && column.series.last().is_some_and(|last| step < last.step) {
                let (first, last, times) = self.went_back.unwrap_or((self.line, 0, 0));
                // All metrics of a line go back together.
                self.went_back = Some((first, self.line, times + usize::from(last != self.line)));
            }
            column.is_counted = self.are_counted;
            column.series.push(step, value);
        }
        if column.role != ProgressRole::None {
            self.follower.value(&mut self.along, step, column.role, value);
        }
    }

    /// Returns the maximum number of metrics.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Appends a value of a metric by its name.
    pub(super) fn put_named(&mut self, name: &str, step: f64, value: f64) {
        if let Some(place) = self.place(name.as_bytes()) {
            self.put(place, step, value);
        }
    }

    /// True if a metric has this name already.
    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Sets whether the rows that follow are counted, because they have no step.
    pub(super) fn count_rows(&mut self, are_counted: bool) {
        self.are_counted = are_counted;
    }

    /// True for a metric that has points at steps which rows named.
    pub(super) fn has_steps(&self, place: usize) -> bool {
        let column = &self.all[place];
        !column.is_counted && !column.series.is_empty()
    }

    /// Removes all points; returns the metrics that had any, with their last values.
    pub(super) fn remove_points(&mut self) -> Vec<(Arc<str>, f64)> {
        let with_points = self.all.iter_mut().filter(|column| !column.series.is_empty());
        let take = |column: &mut MetricColumn| {
            column.splits = Vec::new();
            let series = std::mem::take(&mut column.series);
            Some((Arc::clone(&column.name), series.last()?.value))
        };
        with_points.filter_map(take).collect()
    }

    /// Hides the curves of a field whose numbers distinguish rows.
    pub(super) fn hide(&mut self, key: RowKey) {
        for column in self.all.iter_mut().filter(|column| column.key == Some(key)) {
            column.is_curve = false;
            column.series = Series::default();
        }
    }

    /// Returns the name of the metric at an index.
    pub(super) fn name(&self, place: usize) -> &str {
        &self.all[place].name
    }

    /// Records the wall-clock time of a step, in seconds since the epoch.
    pub(super) fn clock(&mut self, step: f64, seconds: f64) {
        self.follower.value(&mut self.along, step, ProgressRole::Clock, seconds);
    }

    /// Returns the metric at an index.
    pub(super) fn series(&mut self, place: usize) -> &mut Series {
        &mut self.all[place].series
    }

    /// Returns the progress tracker, to be fed more values.
    pub(super) fn along(&mut self) -> (&mut Follower, &mut TrialProgress) {
        (&mut self.follower, &mut self.along)
    }

    /// Returns the curves so far. Their sealed parts are shared, not copied.
    pub(super) fn curves(&self) -> Curves {
        let with_points = self.all.iter().filter(|column| !column.series.is_empty());
        let series = with_points.map(|column| (Arc::clone(&column.name), column.series.clone())).collect();
        Curves { series, along: self.along.clone() }
    }
}
