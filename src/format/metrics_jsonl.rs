//! `metrics.jsonl`: objects, a line each, a step in each.

use super::columns::Columns;
use super::fields::Description;
use super::json::{JsonField, NotJson, Scanner};
use super::lines::{Line, LineSplitter, content};
use super::step_names::StepRank;
use super::steps::StepFollower;
use super::{LogContents, LogReader};
use crate::model::TrialEnd;

/// Where Ray and others repeat what the run was started with, row by row.
const CONFIG: &str = "config.";
/// Where verl puts what it measured.
const DATA: &str = "data.";

/// Reader of a metrics file.
#[derive(Default)]
pub struct MetricsJsonl {
    lines: LineSplitter,
    told: LogContents,
    row: JsonRow,
}

impl LogReader for MetricsJsonl {
    fn push(&mut self, bytes: &[u8]) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.push(bytes, |line| self.line(&line));
        self.lines = lines;
    }

    fn told(&self) -> &LogContents {
        &self.told
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
            return self.told.warn(line.number, "not a JSON object; passed over");
        }
        let read = self.row.read(&mut scanner, &mut self.told).and_then(|()| scanner.end());
        match read {
            Ok(()) if self.row.step.is_some_and(|step| !step.is_finite()) => {
                self.told.warn(line.number, "a step that is no number; passed over");
            }
            Ok(()) => {
                self.told.columns.at_line(line.number);
                self.row.put(&mut self.told);
                if let Some(share) = self.row.share() {
                    self.told.view.progress = Some(share);
                    self.told.view.end = (share >= 1.0).then_some(TrialEnd::Finished);
                }
            }
            Err(at) => {
                let what = if scanner.is_deep() { "JSON that is nested too deep" } else { "not JSON" };
                self.told.warn(line.number, &format!("{what} (column {}); passed over", at.0 + 1));
            }
        }
    }
}

/// The numbers of one object, until all of it was read: its step may come last.
#[derive(Default)]
pub(super) struct JsonRow {
    values: Vec<(usize, f64)>,
    /// The step that it names.
    step: Option<f64>,
    epoch: Option<(usize, f64)>,
    /// What counts rows where it names neither.
    count: Option<(usize, f64)>,
    /// How many steps there will be, where that stands beside each step.
    total: Option<f64>,
    steps: StepFollower,
    about: Description,
    is_iter: bool,
    /// True once a row had a step.
    has_steps: bool,
    /// The last step that a row named.
    last_step: Option<f64>,
    /// The epoch of the last row that named nothing else, and the step it was put at.
    last_epoch: Option<(f64, f64)>,
    /// By place: whether a row with a step told it.
    by_step: Vec<bool>,
}

impl JsonRow {
    pub(super) fn read(&mut self, scanner: &mut Scanner<'_>, told: &mut LogContents) -> Result<(), NotJson> {
        let Self { values, epoch, count, total, about, .. } = self;
        values.clear();
        about.clear();
        (*epoch, *count, *total) = (None, None, None);
        let mut named: Option<(StepRank, f64, Option<usize>)> = None;
        let mut of_total = Vec::new();
        scanner.fields(&mut |name, field| {
            // What a run was started with is no measurement.
            if name.starts_with(CONFIG) {
                return;
            }
            // verl puts what it measured into one object beside the step.
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
            let Some(place) = told.place(name.as_bytes()) else { return };
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

    /// Share of the run that is done, 0 to 1, where the row says so.
    pub(super) fn share(&self) -> Option<f64> {
        let share = self.step? / self.total.filter(|total| *total > 0.0)?;
        Some(share).filter(|share| (0.0..=1.0).contains(share))
    }

    /// True when this was among what was read.
    pub(super) fn has(&self, columns: &Columns, name: &str) -> bool {
        self.values.iter().any(|(place, _)| columns.name(*place) == name)
    }

    /// What was read, by name.
    pub(super) fn named(&self, columns: &Columns) -> Vec<(String, f64)> {
        self.values.iter().map(|(place, value)| (columns.name(*place).to_owned(), *value)).collect()
    }

    /// Puts what was read into the curves.
    pub(super) fn put(&mut self, told: &mut LogContents) {
        told.about(&mut self.about, &mut self.values);
        let finite = |named: Option<(usize, f64)>| named.filter(|(_, value)| value.is_finite());
        // Where there is no step, the epoch stands for it, else what counts rows; a value alone is a metric.
        let counts = finite(self.epoch).or(finite(self.count)).filter(|_| self.step.is_none() && self.values.len() > 1);
        let epoch = finite(self.epoch).map(|(_, epoch)| epoch);
        let step = match (self.step, counts) {
            // Its steps are not those of the process that is read.
            (Some(step), _) if told.is_of_another_process() => self.steps.as_before(step),
            (Some(step), _) if self.about.part.is_some() => {
                self.steps.named_of_part(step, epoch, self.about.is_mode && self.is_iter)
            }
            (Some(step), _) => self.steps.named(step, epoch),
            (None, Some((counting, count))) => match self.after_steps(told, counting, count) {
                Some(step) => step,
                None => {
                    return told
                        .warn(told.columns.line, "an epoch without a step behind one at the same step; passed over");
                }
            },
            // What tells of nothing is no row.
            (None, None) if self.values.is_empty() => return,
            (None, None) if self.values.iter().any(|(place, _)| told.columns.has_steps(*place)) => {
                return told.warn(told.columns.line, "a row without a step; passed over");
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
            // One row before the first step tells of the run and of no step.
            told.summarise_all();
        }
        told.columns.count_rows(is_counted);
        let counting = counts.map(|(counting, _)| counting);
        let values = self.values.iter().copied().filter(|(place, _)| Some(*place) != counting);
        told.tell(&self.about, step, values);
    }

    /// Where a row stands that names an epoch, or what else counts, and no step: at the last step, if rows have any.
    /// `None` where steps do not go on with it. An average over an epoch is not the value of its last step, and has a
    /// name of its own.
    fn after_steps(&mut self, told: &mut LogContents, counting: usize, count: f64) -> Option<f64> {
        let Some(step) = self.last_step else { return Some(count) };
        if self.last_epoch.is_some_and(|(last, at)| count > last && at.to_bits() == step.to_bits()) {
            return None;
        }
        self.last_epoch = Some((count, step));
        let is_by_step = |place: usize| self.by_step.get(place).copied().unwrap_or_default();
        for (place, _) in self.values.iter_mut().filter(|_| !self.about.is_of_one()) {
            if *place != counting && is_by_step(*place) && StepRank::of(told.columns.name(*place)).is_none() {
                let name = format!("epoch_{}", told.columns.name(*place));
                *place = told.place(name.as_bytes())?;
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
        assert_eq!(steps("{\"loss\":1,\"step\":7}\n{\"loss\":1,\"step\":9}\n"), [7.0, 9.0], "after the value");
        assert_eq!(steps("{\"loss\":1,\"_step\":3,\"step\":4}\n"), [4.0], "the plain name first");
        assert_eq!(steps("{\"loss\":1}\n{\"loss\":1}\n"), [0.0, 1.0], "none: lines are counted");
        assert_eq!(steps("{\"loss\":1,\"epoch\":0.5}\n"), [0.5], "a file that counts epochs only");
        assert_eq!(
            steps(
                "{\"loss\":1,\"epoch\":1,\"step\":98}\n{\"loss\":1,\"epoch\":1,\"step\":99}\n{\"loss\":1,\"epoch\":2,\"step\":0}\n{\"loss\":1,\"epoch\":2,\"step\":1}\n"
            ),
            [98.0, 99.0, 100.0, 101.0],
            "steps that begin anew with each epoch go on"
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
