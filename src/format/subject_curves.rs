//! Puts the values of rows into the curves of their subjects.

use super::LogContents;
use super::console::DataSplit;
use super::fields::{Description, RowKey, is_value};
use super::subjects::{ABSENT, RowSubjects, Split};
use crate::series::Series;

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
