//! `metrics.jsonl`: one object per line, each with a step.

use super::columns::Columns;
use super::fields::Description;
use super::json::{JsonField, NotJson, Scanner};
use super::json_line::NOT_AN_OBJECT;
use super::lines::{Line, LineSplitter, content};
use super::step_names::StepRank;
use super::steps::{NO_STEP, StepFollower};
use super::{LogContents, LogReader};
use crate::model::TrialEnd;

/// Prefix under which Ray and others repeat the run's configuration in each row.
const CONFIG: &str = "config.";
/// Prefix under which verl puts its measurements.
const DATA: &str = "data.";

/// Reader of a metrics file.
#[derive(Default)]
pub struct MetricsJsonl {
    lines: LineSplitter,
    contents: LogContents,
    row: JsonRow,
}

impl LogReader for MetricsJsonl {
    fn push(&mut self, bytes: &[u8]) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.push(bytes, |line| self.line(&line));
        self.lines = lines;
    }

    fn contents(&self) -> &LogContents {
        &self.contents
    }
}

impl MetricsJsonl {
    fn line(&mut self, line: &Line<'_>) {
        let bytes = content(line);
        if bytes.trim_ascii().is_empty() {
            return;
        }
        let mut scanner = Scanner::new(bytes);
        if scanner.peek().is_some_and(|first| first != b'{') {
            return self.contents.warn(line.number, NOT_AN_OBJECT);
        }
        let read = self.row.read(&mut scanner, &mut self.contents).and_then(|()| scanner.end());
        match read {
            Ok(()) if self.row.step.is_some_and(|step| !step.is_finite()) => {
                self.contents.warn(line.number, "the step is not a number; skipped");
            }
            Ok(()) => {
                self.contents.columns.at_line(line.number);
                self.row.put(&mut self.contents);
                if let Some(share) = self.row.share() {
                    self.contents.view.progress = Some(share);
                    self.contents.view.end = (share >= 1.0).then_some(TrialEnd::Finished);
                }
            }
            Err(at) => {
                let problem = scanner.problem();
                self.contents.warn(line.number, &format!("{problem} (column {}); skipped", at.0 + 1));
            }
        }
    }
}

/// The numbers of one object, kept until all of it was read: its step may come last.
#[derive(Default)]
pub(super) struct JsonRow {
    values: Vec<(usize, f64)>,
    /// The step that it names.
    step: Option<f64>,
    epoch: Option<(usize, f64)>,
    /// The field that counts rows where there is neither a step nor an epoch.
    count: Option<(usize, f64)>,
    /// The total number of steps, if it accompanies each step.
    total: Option<f64>,
    steps: StepFollower,
    about: Description,
    is_iter: bool,
    /// True once a row had a step.
    has_steps: bool,
    /// The last step that a row named.
    last_step: Option<f64>,
    /// The epoch of the last row that had an epoch only, and the step it was placed at.
    last_epoch: Option<(f64, f64)>,
    /// By index: true if a row with a step had the metric.
    by_step: Vec<bool>,
}

impl JsonRow {
    pub(super) fn read(&mut self, scanner: &mut Scanner<'_>, contents: &mut LogContents) -> Result<(), NotJson> {
        let Self { values, epoch, count, total, about, .. } = self;
        values.clear();
        about.clear();
        (*epoch, *count, *total) = (None, None, None);
        let mut named: Option<(StepRank, f64, Option<usize>)> = None;
        let mut of_total = Vec::new();
        scanner.fields(&mut |name, field| {
            // A configuration value is not a measurement.
            if name.starts_with(CONFIG) {
                return;
            }
            // verl puts its measurements into one object next to the step.
            let name = name.strip_prefix(DATA).unwrap_or(name);
            let value = match field {
                JsonField::Number(value) => value,
                JsonField::Text(text) => return about.text(name, text),
                JsonField::Flag(flag) => return about.flag(name, flag),
            };
            let rank = StepRank::of(name);
            if let Some(rank) = rank.filter(|rank| rank.is_step_itself()) {
                let known = named.filter(|(known, ..)| known.is_step_itself());
                let (rank, value) =
                    known.map_or((rank, value), |(known, step, _)| StepRank::of_run((known, step), (rank, value)));
                named = Some((rank, value, None));
                return;
            }
            let Some(place) = contents.place(name.as_bytes()) else { return };
            match rank {
                Some(rank) if rank.is_epoch() => {
                    *epoch = Some((place, value));
                    values.push((place, value));
                }
                Some(rank) if rank.is_count() => {
                    *count = count.or(Some((place, value)));
                    values.push((place, value));
                }
                Some(rank) => {
                    values.push((place, value));
                    if named.is_none_or(|(known, ..)| rank < known) {
                        named = Some((rank, value, Some(place)));
                    }
                }
                None if matches!(name, "total_steps" | "percentage") => {
                    of_total.push((name == "total_steps", place, value));
                }
                None => values.push((place, value)),
            }
        })?;
        self.step = named.map(|(_, step, _)| step);
        self.is_iter = named.is_some_and(|(rank, ..)| rank.is_iter());
        if let Some((.., Some(place))) = named {
            self.values.retain(|(known, _)| *known != place);
        }
        let counts_to = of_total.iter().find(|(is_total, ..)| *is_total).map(|(.., value)| *value);
        if named.is_some_and(|(rank, ..)| rank.counts_to_a_total()) && counts_to.is_some() {
            self.total = counts_to;
        } else {
            self.values.extend(of_total.iter().map(|(_, place, value)| (*place, *value)));
        }
        Ok(())
    }

    /// Returns the completed fraction of the run, 0 to 1, if the row reports it.
    pub(super) fn share(&self) -> Option<f64> {
        let share = self.step? / self.total.filter(|total| *total > 0.0)?;
        Some(share).filter(|share| (0.0..=1.0).contains(share))
    }

    /// True if the row had this metric.
    pub(super) fn has(&self, columns: &Columns, name: &str) -> bool {
        self.values.iter().any(|(place, _)| columns.name(*place) == name)
    }

    /// Returns the values of the row by name.
    pub(super) fn named(&self, columns: &Columns) -> Vec<(String, f64)> {
        self.values.iter().map(|(place, value)| (columns.name(*place).to_owned(), *value)).collect()
    }

    /// Puts the values of the row into the curves.
    pub(super) fn put(&mut self, contents: &mut LogContents) {
        contents.about(&mut self.about, &mut self.values);
        let finite = |named: Option<(usize, f64)>| named.filter(|(_, value)| value.is_finite());
        // Without a step, the epoch serves as one, else a field that counts rows; a value alone is a metric.
        let counts = finite(self.epoch).or(finite(self.count)).filter(|_| self.step.is_none() && self.values.len() > 1);
        let epoch = finite(self.epoch).map(|(_, epoch)| epoch);
        let step = match (self.step, counts) {
            // Its steps belong to a process that is not read.
            (Some(step), _) if contents.is_from_unread_process() => self.steps.as_before(step),
            (Some(step), _) if self.about.part.is_some() => {
                self.steps.named_in_evaluation(step, epoch, self.about.is_mode && self.is_iter)
            }
            (Some(step), _) => self.steps.named(step, epoch),
            (None, Some((counting, count))) => match self.after_steps(contents, counting, count) {
                Some(step) => step,
                None => {
                    return contents
                        .warn(contents.columns.line, "a second epoch without a step at the same step; skipped");
                }
            },
            // A line without values is not a row.
            (None, None) if self.values.is_empty() => return,
            (None, None) if self.values.iter().any(|(place, _)| contents.columns.has_steps(*place)) => {
                return contents.warn(contents.columns.line, NO_STEP);
            }
            (None, None) => self.steps.counted(),
        };
        if self.step.is_some() {
            self.last_step = Some(step);
            for (place, _) in &self.values {
                if self.by_step.len() <= *place {
                    self.by_step.resize(*place + 1, false);
                }
                self.by_step[*place] = true;
            }
        }
        let is_counted = self.step.is_none() && counts.is_none();
        if !is_counted && !std::mem::replace(&mut self.has_steps, true) && self.steps.is_one_counted() {
            // A single row before the first step describes the run, not a step.
            contents.summarise_all();
        }
        contents.columns.count_rows(is_counted);
        let counting = counts.map(|(counting, _)| counting);
        let values = self.values.iter().copied().filter(|(place, _)| Some(*place) != counting);
        contents.put_row(&self.about, step, values);
    }

    /// Returns the place of a row that has an epoch, or another counter, and no step: the last step, if rows have any.
    /// `None` where steps do not advance with it. An average over an epoch is not the value of its last step, and gets
    /// a name of its own.
    fn after_steps(&mut self, contents: &mut LogContents, counting: usize, count: f64) -> Option<f64> {
        let Some(step) = self.last_step else { return Some(count) };
        if self.last_epoch.is_some_and(|(last, at)| count > last && at.to_bits() == step.to_bits()) {
            return None;
        }
        self.last_epoch = Some((count, step));
        let is_by_step = |place: usize| self.by_step.get(place).copied().unwrap_or_default();
        for (place, _) in self.values.iter_mut().filter(|_| !self.about.has_subject()) {
            if *place != counting && is_by_step(*place) && StepRank::of(contents.columns.name(*place)).is_none() {
                let name = format!("epoch_{}", contents.columns.name(*place));
                *place = contents.place(name.as_bytes())?;
            }
        }
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> MetricsJsonl {
        let mut reader = MetricsJsonl::default();
        reader.push(text.as_bytes());
        reader
    }

    #[test]
    fn bare_nan_is_a_value_and_not_a_hole() {
        let reader = read(
            "{\"step\":1,\"loss\":2.5,\"note\":\"NaN \\\" x\"}\n{\"step\":2,\"loss\":NaN,\"lr\":-Infinity}\n[1]\n{\"step\":3,\"lo",
        );
        let series = reader.curves().series;
        assert_eq!(series["loss"].len(), 2);
        assert_eq!(series["loss"].summary().nonfinite(), 1);
        assert_eq!(series["lr"].summary().nonfinite(), 1);
        assert_eq!(reader.view().warnings.len(), 1);
        assert_eq!(reader.view().warnings[0].line, 3);
    }

    #[test]
    fn where_the_step_is() {
        let series = |text: &str| read(text).curves().series;
        let steps = |text: &str| -> Vec<f64> { series(text)["loss"].points().map(|point| point.step).collect() };
        assert_eq!(steps("{\"loss\":1,\"step\":7}\n{\"loss\":1,\"step\":9}\n"), [7.0, 9.0], "the step after the value");
        assert_eq!(steps("{\"loss\":1,\"_step\":3,\"step\":4}\n"), [4.0], "the plain name wins");
        assert_eq!(steps("{\"loss\":1}\n{\"loss\":1}\n"), [0.0, 1.0], "no step: lines are counted");
        assert_eq!(steps("{\"loss\":1,\"epoch\":0.5}\n"), [0.5], "a file with epochs only");
        assert_eq!(
            steps(
                "{\"loss\":1,\"epoch\":1,\"step\":98}\n{\"loss\":1,\"epoch\":1,\"step\":99}\n{\"loss\":1,\"epoch\":2,\"step\":0}\n{\"loss\":1,\"epoch\":2,\"step\":1}\n"
            ),
            [98.0, 99.0, 100.0, 101.0],
            "steps that restart with each epoch continue"
        );
        assert_eq!(
            steps(
                "{\"loss\":1,\"epoch\":1,\"step\":98}\n{\"loss\":1,\"epoch\":1,\"step\":99}\n{\"loss\":2,\"epoch\":1,\"step\":50}\n"
            ),
            [50.0],
            "a restart from a checkpoint"
        );
        let nested = series("{\"step\":1,\"train\":{\"loss\":2,\"lr\":{\"a\":3}}}\n");
        assert_eq!(nested.keys().map(|name| &**name).collect::<Vec<_>>(), ["train.loss", "train.lr.a"]);
    }
}
