//! Metrics in one JSON document: a history as lists by metric (`{"loss": [0.5, 0.4]}`, Keras), a list of objects, or a
//! `TensorBoard` download (`[[wall time, step, value], ...]`).

use memchr::memchr_iter;

use super::json::{NotJson, Scanner};
use super::metrics_jsonl::JsonRow;
use super::step_names::StepRank;
use super::{Located, LogContents, LogReader};

/// Maximum length in bytes; a longer document is not read.
const LONGEST: usize = 16 << 20;

/// Reader of a document.
#[derive(Default)]
pub struct MetricsJson {
    bytes: Vec<u8>,
    is_read: bool,
    /// True if bytes followed the document.
    is_followed: bool,
    contents: LogContents,
}

impl LogReader for MetricsJson {
    fn push(&mut self, bytes: &[u8]) {
        if self.is_read && !self.is_followed && !bytes.trim_ascii().is_empty() {
            // The same result as if all had been read at once.
            self.is_followed = true;
            self.contents = LogContents::default();
            self.contents.warn_of_file("not JSON: more text follows the document; the file is not read");
        }
        if self.is_read || self.bytes.len() > LONGEST {
            return;
        }
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > LONGEST {
            return self.contents.warn_of_file("longer than 16 MB; not read");
        }
        // One document: while its end is missing it is still being written.
        if matches!(self.bytes.trim_ascii_end().last(), Some(b'}' | b']')) {
            self.read();
        }
    }

    fn at_end(&self) -> Vec<Located> {
        breaks_off(&self.bytes).filter(|_| self.bytes.len() <= LONGEST).into_iter().collect()
    }

    fn contents(&self) -> &LogContents {
        &self.contents
    }
}

impl MetricsJson {
    fn read(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut contents = LogContents::default();
        let mut scanner = Scanner::new(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
        match document(&mut scanner, &mut contents).and_then(|()| scanner.end()) {
            Ok(()) => {
                self.is_read = true;
                if contents.columns.curves().series.is_empty() {
                    contents.warn_of_file("a JSON document without a list of numbers or rows; nothing is read");
                }
                self.contents = contents;
            }
            Err(_) if scanner.has_run_out() => self.bytes = bytes,
            Err(NotJson(at)) => {
                let line = memchr_iter(b'\n', &bytes[..at.min(bytes.len())]).count() + 1;
                self.is_read = true;
                let problem = scanner.problem();
                self.contents.warn(line as u64, &format!("{problem}; the file is not read"));
            }
        }
    }
}

/// Returns the warning about an incomplete document; `None` for a complete one.
pub(super) fn breaks_off(bytes: &[u8]) -> Option<Located> {
    let line = memchr_iter(b'\n', bytes.trim_ascii_end()).count() as u64 + 1;
    let text = "the JSON document is incomplete (possibly still being written); nothing is read";
    (!bytes.trim_ascii().is_empty()).then(|| Located::at(line, text))
}

fn document(scanner: &mut Scanner<'_>, contents: &mut LogContents) -> Result<(), NotJson> {
    if scanner.peek() == Some(b'{') {
        return lists(scanner, contents);
    }
    let mut row = JsonRow::default();
    scanner.elements(|scanner| match scanner.peek() {
        Some(b'{') => {
            row.read(scanner, contents)?;
            row.put(contents);
            Ok(())
        }
        Some(b'[') => {
            let mut numbers = Vec::new();
            scanner.elements(|scanner| scanner.number().map(|number| numbers.extend(number)))?;
            if let [clock, step, value] = numbers[..] {
                contents.columns.put_named("Value", step, value);
                contents.columns.clock(step, clock);
            }
            Ok(())
        }
        _ => scanner.pass(),
    })
}

/// Reads lists by metric: the step of a value is that of the list of steps, if it has the same length, else its index.
fn lists(scanner: &mut Scanner<'_>, contents: &mut LogContents) -> Result<(), NotJson> {
    let mut all: Vec<(String, Vec<Option<f64>>)> = Vec::new();
    scanner.entries(|scanner, name| {
        match scanner.peek() {
            Some(b'[') => all.push((name.to_owned(), numbers(scanner)?)),
            Some(b'{') => steps_and_values(scanner, name, contents)?,
            _ => scanner.pass()?,
        }
        Ok(())
    })?;
    let ranked = all.iter().enumerate().filter_map(|(at, (name, _))| Some((StepRank::of(name)?, at)));
    let steps = ranked.min().filter(|_| all.len() > 1).map(|(_, at)| all.remove(at).1);
    let is_of = |steps: &[Option<f64>], values: &[Option<f64>]| steps.len() == values.len();
    let counts_for_another = |name: &str| all.iter().any(|(other, _)| other != name && counts_for(name, other));
    for (name, values) in all.iter().filter(|(name, _)| !counts_for_another(name)) {
        // `val_step` next to `val_loss`
        let own = all.iter().find(|(steps, list)| steps != name && is_of(list, values) && counts_for(steps, name));
        let steps = own.map(|(_, list)| list).or(steps.as_ref().filter(|steps| is_of(steps, values)));
        for (at, value) in values.iter().enumerate() {
            let step = steps.map_or(Some(at as f64), |steps| steps[at]).filter(|step| step.is_finite());
            if let (Some(step), Some(value)) = (step, value) {
                contents.columns.put_named(name, step, *value);
            }
        }
        if steps.is_none() {
            warn_without_steps(name, values.len(), &all, contents);
        }
    }
    Ok(())
}

/// True for the steps of a metric with the same prefix: `val_step` and `val_loss`.
fn counts_for(steps: &str, name: &str) -> bool {
    let own = |name: &str| name.split_once('_').map(|(part, rest)| (part.to_owned(), rest.to_owned()));
    let (Some((of, counted)), Some((part, _))) = (own(steps), own(name)) else { return false };
    let singular = counted.strip_suffix('s').unwrap_or(&counted);
    of == part && StepRank::of(singular).is_some_and(|rank| rank.is_step_itself() || rank.is_epoch())
}

/// Warns that a list much shorter than another has no steps and is counted from 0.
fn warn_without_steps(name: &str, values: usize, all: &[(String, Vec<Option<f64>>)], contents: &mut LogContents) {
    // The last one may still be incomplete.
    let longest = all.iter().rev().max_by_key(|(_, list)| list.len()).filter(|(_, list)| list.len() > values + 1);
    if let Some((other, list)) = longest.filter(|_| values > 0) {
        contents.warn_of_file(&format!(
            "{name} has {values} values and {other} has {}: no steps are given, so they are counted from 0",
            list.len()
        ));
    }
}

fn numbers(scanner: &mut Scanner<'_>) -> Result<Vec<Option<f64>>, NotJson> {
    let mut values = Vec::new();
    scanner.elements(|scanner| scanner.number().map(|number| values.push(number)))?;
    Ok(values)
}

/// Reads `{"steps": [...], "values": [...]}`, as Sacred stores a metric.
fn steps_and_values(scanner: &mut Scanner<'_>, metric: &str, contents: &mut LogContents) -> Result<(), NotJson> {
    let (mut steps, mut values) = (Vec::new(), Vec::new());
    scanner.entries(|scanner, name| {
        match (name, scanner.peek()) {
            ("steps", Some(b'[')) => steps = numbers(scanner)?,
            ("values", Some(b'[')) => values = numbers(scanner)?,
            _ => scanner.pass()?,
        }
        Ok(())
    })?;
    for (step, value) in steps.iter().zip(&values).filter(|_| steps.len() == values.len()) {
        if let (Some(step), Some(value)) = (step.filter(|step| step.is_finite()), value) {
            contents.columns.put_named(metric, step, *value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str, metric: &str) -> Vec<(f64, f64)> {
        let mut whole = MetricsJson::default();
        whole.push(text.as_bytes());
        let all = |reader: &MetricsJson| -> Vec<(f64, f64)> {
            let curves = reader.curves();
            curves.series.get(metric).map(|s| s.points().map(|p| (p.step, p.value)).collect()).unwrap_or_default()
        };
        for cut in 0..text.len() {
            let mut parts = MetricsJson::default();
            parts.push(&text.as_bytes()[..cut]);
            assert!(parts.view().warnings.is_empty() && parts.curves().series.is_empty(), "{cut}");
            parts.push(&text.as_bytes()[cut..]);
            assert_eq!(all(&parts), all(&whole), "{cut}");
        }
        all(&whole)
    }

    #[test]
    fn documents() {
        assert_eq!(points(r#"{"loss": [3, 2], "val_loss": [3.5, null]}"#, "val_loss"), [(0.0, 3.5)]);
        assert_eq!(points(r#"{"epoch": [1, 2], "loss": [3, 2]}"#, "loss"), [(1.0, 3.0), (2.0, 2.0)]);
        assert_eq!(points(r#"[{"step": 5, "loss": 3}, {"step": 6, "loss": 2}]"#, "loss"), [(5.0, 3.0), (6.0, 2.0)]);
        let sacred = r#"{"loss": {"steps": [1, 5], "timestamps": ["a", "b"], "values": [3, 2.5]}}"#;
        assert_eq!(points(sacred, "loss"), [(1.0, 3.0), (5.0, 2.5)]);
        assert_eq!(points("[[1700000000.5, 10, 0.5], [1700000001.5, 20, 0.25]]", "Value"), [(10.0, 0.5), (20.0, 0.25)]);
    }
}
