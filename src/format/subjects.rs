//! Splits rows of the same step that belong to different subjects: several processes, tasks, runs or parts of the data.
//! One curve of all of them would be meaningless.
//!
//! Whether a field distinguishes rows shows only in the rows. Until it does, the points of each of its values are kept
//! next to the combined curve, so that the combined curve can be corrected afterwards.

use std::collections::HashMap;
use std::sync::Arc;

use super::LogContents;
use super::console::DataSplit;
use super::fields::{Description, MOST_FREE, RowKey, is_value};
use crate::series::Series;

/// Maximum number of values of a field: one with more is free text, or a measurement.
const MOST_PIECES: usize = 64;
/// Maximum number of values of all fields.
const MOST_LABELS: usize = 4096;
/// The label of a field that a row does not have.
const ABSENT: usize = 0;

/// The fields that distinguish a file's rows.
pub(super) struct RowSubjects {
    labels: Vec<FieldLabel>,
    by_text: HashMap<Arc<str>, usize>,
    keys: Vec<SeenField>,
    /// The description of the current row: a label for each of the keys.
    row: Vec<usize>,
    /// Unlisted fields, and how many values of each are kept.
    free: Vec<(String, usize)>,
    /// Metrics that do not have the plain name: by the index of the plain one, and the prefix.
    asides: HashMap<(usize, usize), usize>,
}

/// The value of a field.
struct FieldLabel {
    text: Arc<str>,
    number: Option<f64>,
}

/// A field that occurred.
struct SeenField {
    key: RowKey,
    name: String,
    /// Its first value: if that has a curve, the curve keeps the plain name.
    first: usize,
    /// The lowest number, and whether its numbers are known to be processes.
    lowest: usize,
    is_apart: bool,
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
    fn label(&mut self, text: &str, number: Option<f64>) -> usize {
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

    fn mark(&mut self, key: RowKey, name: &str, text: &str, number: Option<f64>) {
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
    fn mark_free(&mut self, name: &str, text: &str) {
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
    fn is_below(&self, one: usize, other: usize) -> bool {
        let order = |label: usize| match (&self.labels[label], label) {
            (_, ABSENT) => f64::NEG_INFINITY,
            (label, _) => label.number.unwrap_or(f64::INFINITY),
        };
        order(one).total_cmp(&order(other)).then_with(|| self.labels[one].text.cmp(&self.labels[other].text)).is_lt()
    }
}

/// The split of one metric's points by one field.
pub(super) struct Split {
    key: RowKey,
    /// The value whose points have the plain name; before they are split, the first one.
    plain: usize,
    /// The value of the last point.
    last: usize,
    /// The points of each value, once there are two.
    pieces: Vec<(usize, Series)>,
    is_apart: bool,
    /// True if it has too many values.
    is_idle: bool,
}

impl Split {
    fn new(key: RowKey, plain: usize) -> Self {
        Self { key, plain, last: plain, pieces: Vec::new(), is_apart: false, is_idle: false }
    }

    /// Returns the same split without points.
    fn without_points(&self) -> Self {
        Self { last: self.last, is_idle: self.is_idle, ..Self::new(self.key, self.plain) }
    }

    /// True if a value cannot be the next one of the curve.
    fn has_another(&self, subjects: &RowSubjects, series: &Series, label: usize, (step, value): (f64, f64)) -> bool {
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
    fn keep(&mut self, series: &Series, label: usize, step: f64, value: f64) {
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

impl LogContents {
    /// Records the description of a row, before its values are put.
    pub(super) fn about(&mut self, about: &mut Description, values: &mut [(usize, f64)]) {
        let is_named = |place: usize| is_value(self.columns.name(place));
        let of_value =
            (!about.names.is_empty()).then(|| values.iter().position(|(place, _)| is_named(*place))).flatten();
        if let (Some(name), Some(at)) = (about.name(of_value.is_some()), of_value)
            && let Some(place) = self.place(name.as_bytes())
        {
            values[at].0 = place;
        }
        let columns = &mut self.columns;
        if !columns.subjects.row.is_empty() {
            columns.subjects.row.fill(ABSENT);
        }
        for (key, name, text) in &about.texts {
            columns.subjects.mark(*key, name, text, None);
        }
        for (name, text) in &about.others {
            columns.subjects.mark_free(name, text);
        }
        for (place, value) in values {
            let column = &columns.all[*place];
            // Numbers name things if they are integers.
            let is_name = |key: &RowKey| value.fract() == 0.0 && (0.0..1e15).contains(value) || key.is_of_fractions();
            if let Some(key) = column.key.filter(is_name) {
                let name = column.name.rsplit('.').next().unwrap_or(&column.name).to_owned();
                columns.subjects.mark(key, &name, &format!("{name}_{value}"), Some(*value));
            }
        }
    }

    /// True for a row of a process that is not read.
    pub(super) fn is_from_unread_process(&self) -> bool {
        let subjects = &self.columns.subjects;
        let mut keys =
            subjects.keys.iter().zip(&subjects.row).filter(|(seen, _)| seen.is_apart && seen.key.is_process());
        keys.any(|(seen, label)| subjects.is_below(seen.lowest, *label))
    }

    /// Puts the values of a row into the curves of its subject.
    pub(super) fn put_row(
        &mut self,
        about: &Description,
        step: f64,
        values: impl Iterator<Item = (usize, f64)> + Clone,
    ) {
        let mut is_aside = false;
        for (place, value) in values.clone() {
            if self.columns.all[place].may_differ {
                is_aside |= !self.put_value(about, place, step, value);
            }
        }
        // Clock, epoch and similar values belong to the rows that have the plain names.
        let columns = &mut self.columns;
        for (place, value) in values.filter(|_| !is_aside) {
            let column = &columns.all[place];
            let goes_back = || column.series.last().is_some_and(|last| step < last.step);
            if !column.may_differ && (about.part.is_none() || !goes_back()) {
                columns.put(place, step, value);
            }
        }
    }

    /// Puts a value; false if it did not get the plain name.
    fn put_value(&mut self, about: &Description, metric: usize, step: f64, value: f64) -> bool {
        let mut place = metric;
        if let Some(set) = &about.own_set {
            let label = Some(self.columns.subjects.label(set, None)).filter(|label| *label != ABSENT);
            let Some(aside) = label.and_then(|label| self.aside(place, Before::Label(label))) else { return true };
            place = aside;
        } else if let Some(part) = about.part.filter(|part| !part.is_in_name(&self.columns.all[place].name)) {
            let Some(aside) = self.aside(place, Before::Part(part)) else { return true };
            place = aside;
        }
        let plain = place;
        for at in 0..self.columns.subjects.keys.len() {
            let (key, label) = (self.columns.subjects.keys[at].key, self.columns.subjects.row[at]);
            let Some(next) = self.curve_of(place, key, label, (step, value)) else { return false };
            place = next;
        }
        let (column, subjects) = (&mut self.columns.all[place], &self.columns.subjects);
        for split in &mut column.splits {
            let label =
                subjects.keys.iter().position(|seen| seen.key == split.key).map_or(ABSENT, |at| subjects.row[at]);
            split.keep(&column.series, label, step, value);
        }
        self.columns.put(place, step, value);
        place == plain
    }

    /// Returns the index of a metric for a row with this label; `None` where it is not read.
    fn curve_of(&mut self, place: usize, key: RowKey, label: usize, point: (f64, f64)) -> Option<usize> {
        let columns = &mut self.columns;
        let column = &mut columns.all[place];
        let at = column.splits.iter().position(|split| split.key == key);
        let at = match at {
            Some(at) => at,
            None if label == ABSENT => return Some(place),
            None => {
                let first = if column.series.is_empty() { label } else { ABSENT };
                column.splits.push(Split::new(key, first));
                column.splits.len() - 1
            }
        };
        let split = &column.splits[at];
        if !split.is_apart {
            if !split.has_another(&columns.subjects, &column.series, label, point) {
                return Some(place);
            }
            self.split_metric(place, at, label);
        }
        let columns = &mut self.columns;
        let column = &mut columns.all[place];
        let split = column.splits.iter_mut().find(|split| split.key == key)?;
        if split.plain == label {
            return Some(place);
        }
        if key.is_process() {
            if !columns.subjects.is_below(label, split.plain) {
                return None;
            }
            // The values of the higher one are no longer the curve.
            split.plain = label;
            column.series = Series::default();
            return Some(place);
        }
        if label == ABSENT {
            // It has no name but the plain one.
            let known = std::mem::replace(&mut split.plain, ABSENT);
            let series = std::mem::take(&mut column.series);
            self.put_aside(place, known, series, Vec::new());
            return Some(place);
        }
        self.aside(place, Before::Label(label))
    }

    /// Splits a metric whose points turned out to belong to several subjects.
    fn split_metric(&mut self, place: usize, at: usize, label: usize) {
        let Self { columns, .. } = self;
        let column = &mut columns.all[place];
        let mut split = column.splits.swap_remove(at);
        let mut pieces = std::mem::take(&mut split.pieces);
        if pieces.is_empty() {
            pieces.push((split.plain, column.series.clone()));
        }
        let Some(known) = columns.subjects.keys.iter().position(|seen| seen.key == split.key) else { return };
        let all = || pieces.iter().map(|(label, _)| *label).chain([label]);
        let has = |wanted: usize| all().any(|label| label == wanted).then_some(wanted);
        let lowest = all().reduce(|low, next| if columns.subjects.is_below(next, low) { next } else { low });
        split.plain =
            if split.key.is_process() { lowest } else { has(ABSENT).or(has(columns.subjects.keys[known].first)) }
                .unwrap_or(split.plain);
        split.is_apart = true;
        let (key, plain) = (split.key, split.plain);
        let kept = pieces.iter().position(|(label, _)| *label == plain).map(|at| pieces.swap_remove(at).1);
        column.series = kept.unwrap_or_default();
        // Points that another field distinguishes, too, are no longer kept: those of one value stay known.
        for other in &mut column.splits {
            other.pieces = Vec::new();
        }
        let others: Vec<Split> =
            column.splits.iter().filter(|other| !other.is_apart).map(Split::without_points).collect();
        column.splits.push(split);
        if !key.is_process() {
            for (label, series) in pieces {
                self.put_aside(place, label, series, others.iter().map(Split::without_points).collect());
            }
        }
        let subjects = &mut self.columns.subjects;
        let (seen, line) = (&mut subjects.keys[known], self.columns.line);
        let is_first = !std::mem::replace(&mut seen.is_apart, true);
        if subjects.labels[label].number.is_some() {
            self.columns.hide(key);
        }
        if is_first {
            let RowSubjects { labels, keys, .. } = &self.columns.subjects;
            let (name, metric) = (&keys[known].name, &self.columns.all[place].name);
            let other = if label == plain { lowest.unwrap_or(label) } else { label };
            let text = if key.is_process() {
                format!("several values of {name} at one step: only the lowest is read")
            } else if plain == ABSENT {
                format!(
                    "rows of one step differ in {name}: rows that have one are read as {}/{metric}",
                    labels[other].text
                )
            } else {
                let (plain, other) = (&labels[plain].text, &labels[other].text);
                format!(
                    "rows of one step differ in {name}: {metric} is that of {plain}, the others are {other}/{metric} etc."
                )
            };
            self.warn(line, &text);
        }
    }

    fn put_aside(&mut self, place: usize, label: usize, series: Series, splits: Vec<Split>) {
        if let Some(aside) = self.aside(place, Before::Label(label)) {
            let column = &mut self.columns.all[aside];
            (column.series, column.splits) = (series, splits);
        }
    }

    /// Returns the index of a metric with a prefix before its name.
    fn aside(&mut self, place: usize, before: Before) -> Option<usize> {
        let nth = match before {
            Before::Part(part) => part as usize,
            Before::Label(label) => label + 8,
        };
        if let Some(known) = self.columns.subjects.asides.get(&(place, nth)) {
            return Some(*known);
        }
        let metric = &self.columns.all[place].name;
        let mut name = match before {
            Before::Part(part) => format!("{}{metric}", part.prefix()),
            Before::Label(label) => format!("{}/{metric}", self.columns.subjects.labels[label].text),
        };
        // Another metric may have this name.
        if let Before::Label(_) = before {
            while self.columns.has(&name) {
                name.push_str(".1");
            }
        }
        let aside = self.place(name.as_bytes())?;
        self.columns.subjects.asides.insert((place, nth), aside);
        Some(aside)
    }
}

/// A prefix of a metric's name.
#[derive(Clone, Copy)]
enum Before {
    Part(DataSplit),
    Label(usize),
}
