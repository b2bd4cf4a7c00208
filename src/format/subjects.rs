//! Splits rows of the same step that belong to different subjects: several processes, tasks, runs or parts of the data.
//! One curve of all of them would be meaningless.
//!
//! Whether a field distinguishes rows shows only in the rows. Until it does, the points of each of its values are kept
//! next to the combined curve, so that the combined curve can be corrected afterwards.

use std::collections::HashMap;
use std::sync::Arc;

use super::fields::{MOST_FREE, RowKey};
use crate::series::Series;

/// Maximum number of values of a field: one with more is free text, or a measurement.
const MOST_PIECES: usize = 64;
/// Maximum number of values of all fields.
const MOST_LABELS: usize = 4096;
/// The label of a field that a row does not have.
pub(super) const ABSENT: usize = 0;

/// The fields that distinguish a file's rows.
pub(super) struct RowSubjects {
    pub(super) labels: Vec<FieldLabel>,
    by_text: HashMap<Arc<str>, usize>,
    pub(super) keys: Vec<SeenField>,
    /// The description of the current row: a label for each of the keys.
    pub(super) row: Vec<usize>,
    /// Unlisted fields, and how many values of each are kept.
    free: Vec<(String, usize)>,
    /// Metrics that do not have the plain name: by the index of the plain one, and the prefix.
    pub(super) asides: HashMap<(usize, usize), usize>,
}

/// The value of a field.
pub(super) struct FieldLabel {
    pub(super) text: Arc<str>,
    pub(super) number: Option<f64>,
}

/// A field that occurred.
pub(super) struct SeenField {
    pub(super) key: RowKey,
    pub(super) name: String,
    /// Its first value: if that has a curve, the curve keeps the plain name.
    pub(super) first: usize,
    /// The lowest number, and whether its numbers are known to be processes.
    pub(super) lowest: usize,
    pub(super) is_apart: bool,
}

impl Default for RowSubjects {
    fn default() -> Self {
        let absent = FieldLabel { text: "".into(), number: None };
        Self {
            labels: vec![absent],
            by_text: HashMap::new(),
            keys: Vec::new(),
            row: Vec::new(),
            free: Vec::new(),
            asides: HashMap::new(),
        }
    }
}

impl RowSubjects {
    pub(super) fn label(&mut self, text: &str, number: Option<f64>) -> usize {
        if let Some(known) = self.by_text.get(text) {
            return *known;
        }
        if self.labels.len() == MOST_LABELS {
            return ABSENT;
        }
        let text: Arc<str> = text.into();
        self.by_text.insert(Arc::clone(&text), self.labels.len());
        self.labels.push(FieldLabel { text, number });
        self.labels.len() - 1
    }

    pub(super) fn mark(&mut self, key: RowKey, name: &str, text: &str, number: Option<f64>) {
        let label = self.label(text, number);
        if label == ABSENT {
            return;
        }
        let at = self.keys.partition_point(|known| known.key < key);
        if self.keys.get(at).is_none_or(|known| known.key != key) {
            let seen = SeenField { key, name: name.to_owned(), first: label, lowest: label, is_apart: false };
            self.keys.insert(at, seen);
            self.row.insert(at, ABSENT);
        }
        self.row[at] = label;
        if self.is_below(label, self.keys[at].lowest) {
            self.keys[at].lowest = label;
        }
    }

    /// Records the value of an unlisted field. One with many values is free text.
    pub(super) fn mark_free(&mut self, name: &str, text: &str) {
        let known = self.free.iter().position(|(known, _)| known == name);
        let Some(nth) = known.or_else(|| (self.free.len() < MOST_FREE).then_some(self.free.len())) else { return };
        if nth == self.free.len() {
            self.free.push((name.to_owned(), 0));
        }
        let (_, values) = &mut self.free[nth];
        if !self.by_text.contains_key(text) {
            if *values == MOST_PIECES {
                return;
            }
            *values += 1;
        }
        self.mark(RowKey::free(nth), name, text, None);
    }

    /// Orders processes: no number first, then numbers, then words.
    pub(super) fn is_below(&self, one: usize, other: usize) -> bool {
        let order = |label: usize| match (&self.labels[label], label) {
            (_, ABSENT) => f64::NEG_INFINITY,
            (label, _) => label.number.unwrap_or(f64::INFINITY),
        };
        order(one).total_cmp(&order(other)).then_with(|| self.labels[one].text.cmp(&self.labels[other].text)).is_lt()
    }
}

/// The split of one metric's points by one field.
pub(super) struct Split {
    pub(super) key: RowKey,
    /// The value whose points have the plain name; before they are split, the first one.
    pub(super) plain: usize,
    /// The value of the last point.
    last: usize,
    /// The points of each value, once there are two.
    pub(super) pieces: Vec<(usize, Series)>,
    pub(super) is_apart: bool,
    /// True if it has too many values.
    is_idle: bool,
}

impl Split {
    pub(super) fn new(key: RowKey, plain: usize) -> Self {
        Self { key, plain, last: plain, pieces: Vec::new(), is_apart: false, is_idle: false }
    }

    /// Returns the same split without points.
    pub(super) fn without_points(&self) -> Self {
        Self { last: self.last, is_idle: self.is_idle, ..Self::new(self.key, self.plain) }
    }

    /// True if a value cannot be the next one of the curve.
    pub(super) fn has_another(
        &self,
        subjects: &RowSubjects,
        series: &Series,
        label: usize,
        (step, value): (f64, f64),
    ) -> bool {
        let Some(last) = series.last().filter(|_| !self.is_idle && label != self.last) else { return false };
        if step.to_bits() == last.step.to_bits() {
            let is_same = value.to_bits() == last.value.to_bits() || value.is_nan() && last.value.is_nan();
            // The values of an unlisted field have to recur at another step.
            if self.key.is_free() {
                return !is_same && self.pieces.iter().any(|(known, _)| *known == label);
            }
            // A value that is reduced over all processes is the same in all of them.
            return !is_same || self.key.is_process();
        }
        if self.key.is_free() {
            return false;
        }
        // A field that existed before goes back where the run restarted from a checkpoint.
        let is_new = !self.pieces.iter().any(|(known, _)| *known == label) && (label != self.plain);
        let number = |label: usize| subjects.labels[label].number;
        let is_sure = || {
            let (Some(one), Some(other)) = (number(label), number(self.last)) else {
                return number(label).is_none() && number(self.last).is_none() || self.key.is_sure();
            };
            self.key.is_sure() || self.key.is_process() && one.min(other) <= 0.0
        };
        step < last.step && is_new && is_sure()
    }

    /// True if a different value of the same step and label is known.
    fn has_at(&self, series: &Series, label: usize, step: f64, value: f64) -> bool {
        let piece = self.pieces.iter().find(|(known, _)| *known == label).map(|(_, piece)| piece);
        let own = piece.or_else(|| Some(series).filter(|_| self.pieces.is_empty() && label == self.plain));
        let last = own.and_then(Series::last);
        last.is_some_and(|last| last.step.to_bits() == step.to_bits() && last.value.to_bits() != value.to_bits())
    }

    /// Keeps a point of one of the values.
    pub(super) fn keep(&mut self, series: &Series, label: usize, step: f64, value: f64) {
        if self.is_apart || self.is_idle {
            return;
        }
        // Two rows of one step with the same label: this field does not distinguish them.
        if self.key.is_free() && self.has_at(series, label, step, value) {
            (self.is_idle, self.pieces) = (true, Vec::new());
            return;
        }
        self.last = label;
        if self.pieces.is_empty() {
            if label == self.plain {
                return;
            }
            self.pieces.push((self.plain, series.clone()));
        }
        if let Some((_, piece)) = self.pieces.iter_mut().find(|(known, _)| *known == label) {
            return piece.push(step, value);
        }
        if self.pieces.len() == MOST_PIECES {
            self.is_idle = true;
            return self.pieces = Vec::new();
        }
        let mut piece = Series::default();
        piece.push(step, value);
        self.pieces.push((label, piece));
    }
}
