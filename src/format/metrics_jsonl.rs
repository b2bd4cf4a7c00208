//! `metrics.jsonl`: flat objects, a line each, a step in each.

use serde_json::Value;

use super::along::Follower;
use super::lines::{Line, Lines, text};
use super::{Located, LogReader, LogView};
use crate::model::Along;

/// Warnings beyond this are counted in the last one.
const MOST_WARNINGS: usize = 100;

/// Reader of a metrics file.
#[derive(Default)]
pub struct MetricsJsonl {
    lines: Lines,
    view: LogView,
    without_step: u64,
    follower: Follower,
}

impl LogReader for MetricsJsonl {
    fn push(&mut self, bytes: &[u8]) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.push(bytes, |line| self.line(&line));
        self.lines = lines;
    }

    fn view(&self) -> &LogView {
        &self.view
    }

    fn along(&self) -> &Along {
        self.follower.along()
    }
}

impl MetricsJsonl {
    fn line(&mut self, line: &Line) {
        let text = text(line);
        if text.trim().is_empty() {
            return;
        }
        let object = match serde_json::from_str(&text).or_else(|_| serde_json::from_str(&quote_nonfinite(&text))) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return self.warn(line.number, "not a JSON object; passed over".to_owned()),
            Err(error) => {
                return self.warn(line.number, format!("not JSON (column {}); passed over", error.column()));
            }
        };
        const STEPS: [&str; 4] = ["step", "_step", "iteration", "global_step"];
        let named = STEPS.iter().find_map(|key| object.get(*key).and_then(Value::as_f64));
        let step = named.unwrap_or_else(|| {
            self.without_step += 1;
            (self.without_step - 1) as f64
        });
        for (key, value) in object.iter().filter(|(key, _)| !STEPS.contains(&key.as_str())) {
            let value = match value {
                Value::String(text) if text == NAN => f64::NAN,
                Value::String(text) if text == INF => f64::INFINITY,
                Value::String(text) if text == NEG_INF => f64::NEG_INFINITY,
                value => match value.as_f64() {
                    Some(value) => value,
                    None => continue,
                },
            };
            self.follower.value(step, key, value);
            self.view.series.entry(key.as_str().into()).or_default().push(step, value);
        }
    }

    fn warn(&mut self, line: u64, message: String) {
        if self.view.warnings.len() < MOST_WARNINGS {
            self.view.warnings.push(Located::at(line, message));
        } else if let Some(last) = self.view.warnings.last_mut() {
            last.end_line = line;
            "and more lines that are not JSON objects".clone_into(&mut last.message);
        }
    }
}

const NAN: &str = "NaN";
const INF: &str = "Infinity";
const NEG_INF: &str = "-Infinity";

/// Python writes bare `NaN` and `Infinity`, which is not JSON: puts them in quotes.
fn quote_nonfinite(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut in_string = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if !in_string && let Some(word) = [NEG_INF, NAN, INF].into_iter().find(|word| rest.starts_with(word)) {
            out.push('"');
            out.push_str(word);
            out.push('"');
            rest = &rest[word.len()..];
            continue;
        }
        out.push(first);
        rest = &rest[first.len_utf8()..];
        if in_string
            && first == '\\'
            && let Some(escaped) = rest.chars().next()
        {
            out.push(escaped);
            rest = &rest[escaped.len_utf8()..];
        } else if first == '"' {
            in_string = !in_string;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_nan_is_a_value_and_not_a_hole() {
        let mut reader = MetricsJsonl::default();
        reader.push(b"{\"step\":1,\"loss\":2.5,\"note\":\"NaN \\\" x\"}\n{\"step\":2,\"loss\":NaN,\"lr\":-Infinity}\n[1]\n{\"step\":3,\"lo");
        let view = reader.view();
        assert_eq!(view.series["loss"].len(), 2);
        assert_eq!(view.series["loss"].nonfinite(), 1);
        assert_eq!(view.series["lr"].nonfinite(), 1);
        assert_eq!(view.warnings.len(), 1);
        assert_eq!(view.warnings[0].line, 3);
    }
}
