//! The JSONL log of pi-autoresearch: `config` lines, run lines, hook lines.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::lines::{Line, Lines, row_hash, text};
use super::results::epoch_ms;
use super::table::{Located, SegmentView, TableReader, TableView};
use crate::model::{AgentText, Basis, Claim, Goal, MetricChoice, Row};

/// Reader of `autoresearch.jsonl`.
#[derive(Default)]
pub struct PiJsonl {
    lines: Lines,
    rows: Vec<Arc<Row>>,
    warnings: Vec<Located>,
    metric: Option<Arc<str>>,
    goal: Option<Goal>,
    segment: usize,
}

enum Reading {
    Nothing,
    Config(Option<Arc<str>>, Option<Goal>),
    Row(Row),
    Warning(Located),
}

impl TableReader for PiJsonl {
    fn push(&mut self, bytes: &[u8]) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.push(bytes, |line| match self.read(&line) {
            Reading::Nothing => {}
            Reading::Config(metric, goal) => {
                // A configuration before any run begins nothing new.
                self.segment += usize::from(self.rows.last().is_some_and(|row| row.segment == self.segment));
                self.goal = goal.or_else(|| metric.as_deref().and_then(Goal::of_metric));
                self.metric = metric;
            }
            Reading::Row(row) => self.rows.push(Arc::new(row)),
            Reading::Warning(warning) => self.warnings.push(warning),
        });
        self.lines = lines;
    }

    fn view(&self) -> TableView {
        let mut view = TableView {
            rows: self.rows.clone(),
            finished: self.rows.len(),
            warnings: self.warnings.clone(),
            segments: Vec::new(),
            reading: Arc::default(),
        };
        if let Some(line) = self.lines.open() {
            match self.read(&line) {
                Reading::Row(row) => view.rows.push(Arc::new(row)),
                Reading::Warning(_) => {
                    view.warnings.push(Located::at(line.number, "the last line is not finished; it counts when it is"));
                }
                _ => {}
            }
        }
        let unnamed = || view.rows.iter().any(|row| row.metric("metric").is_some()).then(|| Arc::from("metric"));
        let choice = self.metric.clone().or_else(unnamed).map(|metric| MetricChoice {
            metric,
            metric_basis: Basis::stated("the log's config line"),
            goal: self.goal,
            goal_basis: self.goal.map(|_| Basis::stated("the log's config line")).unwrap_or_default(),
            unit: None,
        });
        view.segments =
            (0..=self.segment).map(|_| SegmentView { choice: choice.clone(), ..SegmentView::default() }).collect();
        view
    }
}

impl PiJsonl {
    fn read(&self, line: &Line<'_>) -> Reading {
        let text = text(line);
        if text.trim().is_empty() {
            return Reading::Nothing;
        }
        let object = match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Reading::Warning(Located::at(line.number, "not a JSON object; passed over")),
            Err(error) => {
                let message = format!("not JSON (column {}); passed over", error.column());
                return Reading::Warning(Located::at(line.number, message));
            }
        };
        let kind = object.get("type").and_then(Value::as_str);
        match kind {
            Some("config") => {
                let word = |key: &str| object.get(key).and_then(Value::as_str);
                Reading::Config(word("metricName").map(Into::into), word("bestDirection").and_then(Goal::parse))
            }
            Some(kind) if kind.contains("hook") => Reading::Nothing,
            None | Some("run") if object.contains_key("run") && object.contains_key("status") => {
                Reading::Row(self.row(line, &object))
            }
            _ => Reading::Warning(Located::at(line.number, "neither a config nor a run line; passed over")),
        }
    }

    fn row(&self, line: &Line<'_>, object: &Map<String, Value>) -> Row {
        let word = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
        let mut metrics = Vec::new();
        if let Some(value) = object.get("metric").and_then(Value::as_f64) {
            metrics.push((self.metric.clone().unwrap_or_else(|| "metric".into()), value));
        }
        if let Some(Value::Object(more)) = object.get("metrics") {
            let more = more.iter().filter_map(|(key, value)| Some((Arc::from(key.as_str()), value.as_f64()?)));
            for (key, value) in more {
                if !metrics.iter().any(|(known, _)| *known == key) {
                    metrics.push((key, value));
                }
            }
        }
        Row {
            line: line.number,
            segment: self.segment,
            hash: row_hash(line.bytes),
            cell: AgentText::bounded(word("commit").trim()),
            is_dirty: false,
            word: AgentText::bounded(word("status").trim()),
            claim: Claim::of_word(word("status")),
            description: AgentText::bounded(word("description").trim()),
            metrics,
            is_unmeasured: false,
            at_ms: object.get("timestamp").and_then(Value::as_f64).and_then(epoch_ms),
            says_baseline: [word("status"), word("description"), word("commit")]
                .iter()
                .any(|word| word.trim().eq_ignore_ascii_case("baseline")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Outcome;

    #[test]
    fn runs_hooks_and_strangers() {
        let mut reader = PiJsonl::default();
        reader.push(
            br#"{"type":"config","name":"x","metricName":"seconds","bestDirection":"lower"}
{"run":1,"commit":"a1b2c3d","metric":10,"metrics":{"mb":1},"status":"keep","description":"Baseline","timestamp":1776690000000}
{"run":2,"commit":"a1b2c3e","metric":0,"metrics":{},"status":"crash","description":"boom","timestamp":1776690001}
{"type":"hook","stage":"after"}
{"event":"other"}
{"run":3,"commit":"a1b2c3f","metric":9,"status":"checks_failed","description":"d"}
{"run":4,"comm"#,
        );
        let view = reader.view();
        assert_eq!(view.rows.len(), 3);
        assert_eq!((view.metric().map(|metric| &**metric), view.goal()), (Some("seconds"), Some(Goal::Minimize)));
        assert_eq!(view.rows[1].outcome("seconds"), Outcome::Crashed);
        assert_eq!(view.rows[2].claim(), Claim::Other);
        assert_eq!(view.rows[0].at_ms, Some(1_776_690_000_000));
        assert_eq!(view.rows[1].at_ms, Some(1_776_690_001_000));
        assert!(view.rows[0].says_baseline);
        assert_eq!(view.warnings.iter().map(|w| w.line).collect::<Vec<_>>(), [5, 7]);
    }
}
