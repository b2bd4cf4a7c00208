//! `metrics.jsonl`: objects, a line each, a step in each.

use super::columns::Columns;
use super::json::{NotJson, Scanner};
use super::lines::{Line, Lines, content};
use super::steps::Steps;
use super::{LogReader, Told};

/// Names under which a step may be, the first that is there counts.
pub(super) const STEPS: [&str; 7] =
    ["step", "_step", "iteration", "global_step", "trainer/global_step", "iter", "train_step"];

/// Reader of a metrics file.
#[derive(Default)]
pub struct MetricsJsonl {
    lines: Lines,
    told: Told,
    row: JsonRow,
}

impl LogReader for MetricsJsonl {
    fn push(&mut self, bytes: &[u8]) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.push(bytes, |line| self.line(&line));
        self.lines = lines;
    }

    fn told(&self) -> &Told {
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
            Ok(()) => self.row.put(&mut self.told.columns),
            Err(at) => self.told.warn(line.number, &format!("not JSON (column {}); passed over", at.0 + 1)),
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
    steps: Steps,
}

impl JsonRow {
    pub(super) fn read(&mut self, scanner: &mut Scanner<'_>, told: &mut Told) -> Result<(), NotJson> {
        self.values.clear();
        self.epoch = None;
        let mut named: Option<(usize, f64)> = None;
        let values = &mut self.values;
        let epoch = &mut self.epoch;
        scanner.numbers(&mut |name, value| {
            // Longer names are nobody's step.
            let rank = if name.len() <= 19 { STEPS.iter().position(|known| *known == name) } else { None };
            if let Some(rank) = rank {
                if named.is_none_or(|(known, _)| rank < known) {
                    named = Some((rank, value));
                }
            } else if let Some(place) = told.place(name.as_bytes()) {
                if name == "epoch" {
                    *epoch = Some((place, value));
                }
                values.push((place, value));
            }
        })?;
        self.step = named.map(|(_, step)| step);
        Ok(())
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
    pub(super) fn put(&mut self, columns: &mut Columns) {
        let epoch = self.epoch.map(|(_, epoch)| epoch).filter(|epoch| epoch.is_finite());
        let is_alone = self.values.len() == 1 && self.epoch.is_some();
        let step = match (self.step, epoch) {
            (Some(step), _) => self.steps.named(step, epoch),
            (None, Some(epoch)) if !is_alone => epoch,
            _ => self.steps.counted(),
        };
        let stands_for_step = self.step.is_none() && !is_alone;
        for (place, value) in &self.values {
            if !(stands_for_step && self.epoch.is_some_and(|(epoch, _)| epoch == *place)) {
                columns.put(*place, step, *value);
            }
        }
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
