//! The JSONL log of pi-autoresearch: `config` lines, run lines, hook lines.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::decode::Decoder;
use super::json_line;
use super::lines::{Line, LineSplitter, UNFINISHED_LINE, row_hash, text};
use super::number::parse_strict;
use super::results::{epoch_ms, stand_ins};
use super::table::{Located, SegmentView, TableReader, TableView, UnknownWords, unmeasured_note};
use crate::model::{
    AgentText, Basis, Claim, Goal, MetricChoice, Row, StatusWords, TableInterpretation, baseline, status,
};

/// Reader of `autoresearch.jsonl`.
#[derive(Default)]
pub struct PiJsonl {
    decoder: Decoder,
    lines: LineSplitter,
    rows: Vec<Arc<Row>>,
    warnings: Vec<Located>,
    segments: Vec<Config>,
    /// The person's meanings of status words.
    statuses: StatusWords,
}

/// Content of one `config` line; it applies to the rows up to the next different one.
#[derive(Clone, Default)]
struct Config {
    name: AgentText,
    metric: Option<Arc<str>>,
    goal: Option<Goal>,
    /// The unit of the metric's values; `None` if the line has none.
    unit: Option<Arc<str>>,
    /// True when the line itself states the better direction.
    says_goal: bool,
    /// The newest `segment` number that its rows carry.
    number: Option<u64>,
    /// True when the same configuration was written again since the last row: the rows that follow continue the same
    /// benchmark, whatever number they carry.
    repeated: bool,
    has_rows: bool,
    /// Line number of the config line.
    line: u64,
}

impl Config {
    fn of(line: u64, object: &Map<String, Value>) -> Self {
        let word = |key: &str| object.get(key).and_then(Value::as_str).map(str::trim).filter(|word| !word.is_empty());
        // Other programs spell the keys differently.
        let first = |keys: &[&str]| keys.iter().find_map(|key| word(key));
        let metric: Option<Arc<str>> = first(&["metricName", "metric_name"]).map(Into::into);
        let stated = first(&["bestDirection", "best_direction", "direction"]).and_then(Goal::parse);
        Self {
            line,
            name: word("name").map(|name| AgentText::bounded(first_line(name))).unwrap_or_default(),
            goal: stated.or_else(|| metric.as_deref().and_then(Goal::of_metric)),
            says_goal: stated.is_some(),
            unit: first(&["metricUnit", "metric_unit"]).map(Into::into),
            metric,
            ..Self::default()
        }
    }

    /// True when both measure the same thing, so that values may be compared. A missing unit matches any.
    fn is_same(&self, other: &Self) -> bool {
        let same_unit = self.unit.as_deref().zip(other.unit.as_deref()).is_none_or(|(a, b)| plain(a) == plain(b));
        same_unit && (&self.name, &self.metric, self.goal) == (&other.name, &other.metric, other.goal)
    }

    /// Returns a doubt about the stated direction: every kept value moved the other way.
    fn doubt(&self, rows: &[&Row]) -> Option<Located> {
        let (goal, metric) = (self.goal.filter(|_| self.says_goal)?, self.metric.as_deref().unwrap_or(UNNAMED));
        // Repeated results of one commit are measurement noise.
        let mut newest: Option<&str> = None;
        let mut kept: Vec<f64> = Vec::new();
        for row in rows.iter().filter(|row| row.claim == Claim::Keep) {
            let (Some(value), commit) = (row.outcome(metric).value(), row.cell.raw()) else { continue };
            if newest != Some(commit) || commit.is_empty() {
                newest = Some(commit);
                kept.push(value);
            }
        }
        let is_against = kept.len() >= 3 && kept.windows(2).all(|two| goal.is_better(two[0], two[1]));
        let moved = if goal == Goal::Minimize { "rose" } else { "fell" };
        is_against.then(|| {
            let better = if goal == Goal::Minimize { "lower" } else { "higher" };
            Located::at(
                self.line,
                format!("it states that {better} is better, but kept values {moved} each time; read as stated"),
            )
        })
    }

    fn view(&self, has_unnamed: bool) -> SegmentView {
        let unnamed = || has_unnamed.then(|| Arc::from("metric"));
        let config = || Basis::stated("the log's config line");
        let goal_basis = || if self.says_goal { config() } else { Basis::stated("a known name") };
        let choice = self.metric.clone().or_else(unnamed).map(|metric| MetricChoice {
            metric,
            metric_basis: if self.metric.is_some() { config() } else { Basis::guess("the log has no config line") },
            goal: self.goal,
            goal_basis: self.goal.map(|_| goal_basis()).unwrap_or_default(),
            unit: self.unit.clone(),
        });
        SegmentView { name: self.name.clone(), choice, is_newest_first: false }
    }
}

impl PiJsonl {
    /// Creates a reader with the person's status words.
    pub fn new(statuses: StatusWords) -> Self {
        Self { statuses, ..Self::default() }
    }
}

enum ParsedLine {
    Nothing,
    Config(Config),
    Run(Run),
    Warning(Located),
}

/// Content of a run line.
struct Run {
    row: Row,
    /// The value that it measured.
    value: Option<f64>,
    /// The segment number that it carries.
    number: Option<u64>,
    /// True when it declares itself the baseline of the runs after it.
    is_baseline: bool,
}

impl Run {
    /// Returns its row, placed in its segment.
    fn placed(mut self, segments: &mut Vec<Config>) -> Arc<Row> {
        let at = place(segments, &self);
        self.row.segment = at;
        name_value(&mut self.row, self.value, &segments[at]);
        Arc::new(self.row)
    }
}

impl TableReader for PiJsonl {
    fn push(&mut self, bytes: &[u8]) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.push(&self.decoder.push(bytes), |line| match read(&line, &self.statuses) {
            ParsedLine::Nothing => {}
            ParsedLine::Config(config) => self.configure(config),
            ParsedLine::Run(run) => self.rows.push(run.placed(&mut self.segments)),
            ParsedLine::Warning(warning) => self.warnings.push(warning),
        });
        self.lines = lines;
    }

    fn view(&mut self) -> TableView {
        let unknown = UnknownWords::of(&self.rows, &self.statuses);
        let mut view = TableView {
            rows: self.rows.clone(),
            complete_rows: self.rows.len(),
            warnings: self.warnings.clone(),
            segments: Vec::new(),
            reading: Arc::default(),
        };
        let mut segments = self.segments.clone();
        if let Some(line) = self.lines.open() {
            match read(&line, &self.statuses) {
                ParsedLine::Run(run) => view.rows.push(run.placed(&mut segments)),
                ParsedLine::Warning(_) => {
                    view.warnings.push(Located::at(line.number, UNFINISHED_LINE));
                }
                _ => {}
            }
        }
        let utf16 = self.decoder.is_utf16().then(|| "read as UTF-16".to_owned());
        let notes = utf16.into_iter().chain(unknown.note()).chain(mark_unmeasured(&mut view.rows, &segments));
        view.reading = Arc::new(TableInterpretation {
            notes: notes.collect(),
            unknown_words: unknown.listed,
            more_unknown_rows: unknown.more.1,
            ..TableInterpretation::default()
        });
        let mut rows: Vec<Vec<&Row>> = vec![Vec::new(); segments.len()];
        view.rows.iter().filter(|row| row.segment < segments.len()).for_each(|row| rows[row.segment].push(row));
        let has_unnamed = |rows: &[&Row]| rows.iter().any(|row| row.metric("metric").is_some());
        view.segments = segments.iter().zip(&rows).map(|(config, rows)| config.view(has_unnamed(rows))).collect();
        let doubted = segments.iter().zip(&rows).filter(|(config, _)| config.says_goal);
        let doubts: Vec<Located> = doubted.filter_map(|(config, rows)| config.doubt(rows)).collect();
        view.warnings.extend(doubts);
        view
    }
}

/// Returns the segment of the next row. Only config lines state what is measured, so they take precedence; a number
/// that increases without one indicates a missing line. A repeated configuration begins a new segment if the first run
/// after it is a baseline: what the loop measures by changed, and its name did not.
fn place(segments: &mut Vec<Config>, run: &Run) -> usize {
    let number = run.number;
    if segments.is_empty() {
        segments.push(Config::default());
    }
    let last = segments.len() - 1;
    let now = &segments[last];
    let went = |to: Ordering| now.number.zip(number).is_some_and(|(before, number)| number.cmp(&before) == to);
    // Two sessions may write one log: a run of the older session can follow the newer one's configuration, unless it
    // names its value by the newer metric.
    let older = segments[..last].iter().rposition(|one| one.has_rows && one.number == number);
    let is_of_now =
        run.value.is_some() && now.metric.as_ref().is_some_and(|metric| run.row.metric(metric) == run.value);
    if let (true, false, Some(older)) = (went(Ordering::Less), is_of_now, older) {
        return older;
    }
    let went_up = went(Ordering::Greater);
    if now.has_rows && if now.repeated { run.is_baseline } else { went_up } {
        segments.push(Config { number: None, repeated: false, has_rows: false, ..segments[last].clone() });
    }
    let at = segments.len() - 1;
    let now = &mut segments[at];
    now.number = now.number.max(number);
    now.has_rows = true;
    now.repeated = false;
    at
}

/// Adds a run's main value before its others, under the name from the config line of its segment.
fn name_value(row: &mut Row, value: Option<f64>, config: &Config) {
    let Some(value) = value else { return };
    let name = config.metric.clone().unwrap_or_else(|| UNNAMED.into());
    row.metrics.retain(|(key, _)| *key != name);
    row.metrics.insert(0, (name, value));
}

/// Marks the rows of a segment whose value means "not measured", and reports them.
fn mark_unmeasured(rows: &mut [Arc<Row>], segments: &[Config]) -> Vec<String> {
    let mut notes = Vec::new();
    for (at, config) in segments.iter().enumerate() {
        let metric = config.metric.as_deref().unwrap_or(UNNAMED);
        let own = || rows.iter().filter(|row| row.segment == at);
        let values: Vec<Option<f64>> = own().map(|row| row.metric(metric)).collect();
        let claims: Vec<Claim> = own().map(|row| row.claim).collect();
        let found = stand_ins(&values, &claims, config.goal);
        for row in rows.iter_mut().filter(|row| row.segment == at) {
            if row.metric(metric).is_some_and(|value| found.include(value, row.claim)) {
                Arc::make_mut(row).is_unmeasured = true;
            }
        }
        let own: Vec<Arc<Row>> = rows.iter().filter(|row| row.segment == at).cloned().collect();
        notes.extend(unmeasured_note(&own, metric));
    }
    notes
}

/// Normalises a unit for comparison: it may be spelled in several ways.
fn plain(unit: &str) -> String {
    let unit = unit.to_lowercase();
    let known = match unit.as_str() {
        "sec" | "secs" | "second" | "seconds" => "s",
        "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => "ms",
        "us" | "μs" | "usec" | "microsecond" | "microseconds" => "µs",
        "nsec" | "nanosecond" | "nanoseconds" => "ns",
        "mins" | "minute" | "minutes" => "min",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "pct" | "percent" => "%",
        "byte" | "bytes" => "b",
        _ => return unit,
    };
    known.to_owned()
}

/// The name of a run's value where no config line names it.
const UNNAMED: &str = "metric";

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default().trim()
}

impl PiJsonl {
    /// Applies a configuration: a new segment, or the same one again. pi-autoresearch writes a line each time its agent
    /// sets up the experiment, also after a restart: while name, metric, unit and direction stay, the values continue
    /// the same benchmark, and its best remains, unless the next run is a baseline.
    fn configure(&mut self, config: Config) {
        match self.segments.last_mut() {
            Some(now) if now.has_rows && now.is_same(&config) => {
                now.repeated = true;
                now.unit = now.unit.take().or(config.unit);
            }
            // A configuration before any run begins nothing new.
            Some(now) if !now.has_rows => *now = config,
            _ => self.segments.push(config),
        }
    }
}

fn read(line: &Line<'_>, statuses: &StatusWords) -> ParsedLine {
    let text = text(line);
    if text.trim().is_empty() {
        return ParsedLine::Nothing;
    }
    let object = match json_line::object(&text) {
        Ok(object) => object,
        Err(message) => return ParsedLine::Warning(Located::at(line.number, message)),
    };
    let kind = object.get("type").and_then(Value::as_str);
    match kind {
        Some("config") => ParsedLine::Config(Config::of(line.number, &object)),
        Some(kind) if kind.contains("hook") => ParsedLine::Nothing,
        None | Some("run") if object.contains_key("run") && object.contains_key("status") => {
            let row = row(line, &object, statuses);
            let word = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
            let is_marked =
                row.is_called_baseline || ["title", "description"].iter().any(|key| baseline::begins(word(key)));
            ParsedLine::Run(Run {
                value: object.get("metric").and_then(number),
                number: object.get("segment").and_then(Value::as_u64),
                // A discarded run is not a baseline.
                is_baseline: is_marked && row.claim != Claim::Discard,
                row,
            })
        }
        _ => ParsedLine::Warning(Located::at(line.number, "neither a config nor a run line; skipped")),
    }
}

/// Returns a number, also one that was written as text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| parse_strict(value.as_str()?))
}

fn row(line: &Line<'_>, object: &Map<String, Value>, statuses: &StatusWords) -> Row {
    let word = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut metrics: Vec<(Arc<str>, f64)> = Vec::new();
    if let Some(Value::Object(more)) = object.get("metrics") {
        metrics.extend(more.iter().filter_map(|(key, value)| Some((Arc::from(key.as_str()), number(value)?))));
    }
    let (title, more) = words(object);
    Row {
        line: line.number,
        segment: 0,
        hash: row_hash(line.bytes),
        cell: AgentText::bounded(word("commit").trim()),
        is_dirty: false,
        word: AgentText::bounded(word("status").trim()),
        claim: status(word("status"), statuses).claim(),
        description: AgentText::bounded(&title),
        more: AgentText::bounded(&more),
        metrics,
        is_unmeasured: false,
        at_ms: object.get("timestamp").and_then(Value::as_f64).and_then(epoch_ms),
        is_called_baseline: [word("status"), word("description"), word("title"), word("commit")]
            .iter()
            .any(|word| word.trim().eq_ignore_ascii_case("baseline")),
    }
}

/// Returns the title of a run and its further text: a newer log has a title and a report, an older one a description
/// whose first line is the title.
fn words(object: &Map<String, Value>) -> (String, String) {
    let word = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default().trim();
    let (title, description) = (first_line(word("title")), word("description"));
    let others = ["summary", "hypothesis", "name"].map(|key| first_line(word(key)));
    let names = [title, first_line(description)].into_iter().chain(others);
    let called = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let mut more = Vec::new();
    if ![description, called, ""].contains(&word("summary")) {
        more.push(word("summary").to_owned());
    }
    let report = if title.is_empty() { description[first_line(description).len()..].trim() } else { description };
    if !report.is_empty() && report != called {
        more.push(report.to_owned());
    }
    if let Some(Value::Object(asi)) = object.get("asi") {
        let lines = asi.iter().filter_map(|(key, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (!value.trim().is_empty()).then(|| format!("{}: {}", key.replace('_', " "), value.trim()))
        });
        more.extend(lines);
    }
    if let Some(confidence) = object.get("confidence").and_then(Value::as_f64) {
        more.push(format!("confidence: {confidence}"));
    }
    (called.to_owned(), more.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Claim, Outcome};

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
        assert!(view.rows[0].is_called_baseline);
        assert_eq!(view.warnings.iter().map(|w| w.line).collect::<Vec<_>>(), [5, 7]);
    }

    fn table(text: &str) -> TableView {
        let mut reader = PiJsonl::default();
        reader.push(text.as_bytes());
        reader.view()
    }

    fn config(name: &str, metric: &str) -> String {
        format!("{{\"type\":\"config\",\"name\":\"{name}\",\"metricName\":\"{metric}\",\"bestDirection\":\"lower\"}}\n")
    }

    fn run(value: f64, segment: &str) -> String {
        format!(
            "{{\"run\":1,\"commit\":\"a1b2c3d\",\"metric\":{value},\"metrics\":{{}},\"status\":\"keep\",\"description\":\"d\"{segment}}}\n"
        )
    }

    #[test]
    fn a_sentinel_value_is_not_a_baseline() {
        let text = format!("{}{}{}{}", config("a", "s"), run(-999.0, ""), run(1.0, ""), run(1.1, ""));
        let view = table(&text);
        let values: Vec<_> = view.rows.iter().map(|row| row.outcome("s").value()).collect();
        assert_eq!(values, [None, Some(1.0), Some(1.1)]);
        assert_eq!(view.reading.notes, ["line 2 has the value -999, read as `not measured`"]);
    }

    #[test]
    fn utf_16_is_read_and_a_summary_names_a_run() {
        let text = run(1.0, "").replace("\"description\":\"d\"", "\"summary\":\"it did this\"");
        let units: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let mut reader = PiJsonl::default();
        reader.push(&units);
        let view = reader.view();
        assert_eq!(view.rows[0].description.raw(), "it did this");
        assert_eq!(view.reading.notes, ["read as UTF-16"]);
    }

    fn places(text: &str) -> Vec<usize> {
        table(text).rows.iter().map(|row| row.segment).collect()
    }

    #[test]
    fn each_different_config_begins_a_segment() {
        let other = |config: &str| config.replace("lower", "higher");
        let (a, b, metric) = (config("a", "s"), config("b", "s"), config("a", "t"));
        let unit = |unit: &str| a.replace("}\n", &format!(",\"metricUnit\":\"{unit}\"}}\n"));
        let called = |text: &str| run(9.0, "").replace("\"d\"", &format!("\"{text}\""));
        for (text, expected) in [
            (format!("{a}{}{b}{}", run(1.0, ""), run(2.0, "")), [0, 1]),
            (format!("{a}{}{metric}{}", run(1.0, ""), run(2.0, "")), [0, 1]),
            (format!("{a}{}{}{}", run(1.0, ""), other(&a), run(2.0, "")), [0, 1]),
            // The same again, after a restart: it continues, whatever number the rows carry from there.
            (format!("{a}{}{a}{}", run(1.0, ""), run(2.0, "")), [0, 0]),
            (format!("{a}{}{a}{}", run(1.0, ",\"segment\":0"), run(2.0, ",\"segment\":1")), [0, 0]),
            // Another unit is another benchmark, another spelling of it is not; a missing unit matches.
            (format!("{}{}{}{}", unit("s"), run(1.0, ""), unit("ms"), run(2.0, "")), [0, 1]),
            (format!("{}{}{}{}", unit("s"), run(1.0, ""), unit("Seconds"), run(2.0, "")), [0, 0]),
            (format!("{}{}{a}{}", unit("s"), run(1.0, ""), run(2.0, "")), [0, 0]),
            (format!("{a}{}{}{}", run(1.0, ""), unit("s"), run(2.0, "")), [0, 0]),
            // The same again, and then a baseline.
            (format!("{a}{}{a}{}", run(1.0, ""), called("baseline of the longer one")), [0, 1]),
            (format!("{a}{}{a}{}", run(1.0, ""), called("baseline + dropout")), [0, 0]),
            (format!("{a}{}{a}{}", run(1.0, ""), called("baseline").replace("keep", "discard")), [0, 0]),
            (format!("{a}{}{a}{}", run(1.0, ""), run(9.0, "").replace("keep", "baseline")), [0, 1]),
            (format!("{a}{}{}", run(1.0, ""), called("baseline of the longer one")), [0, 0]),
            // Without a config line the number decides.
            (format!("{a}{}{}", run(1.0, ",\"segment\":0"), run(2.0, ",\"segment\":1")), [0, 1]),
            (format!("{}{}", run(1.0, ""), run(2.0, "")), [0, 0]),
            // A decreasing number means nothing.
            (format!("{a}{}{}", run(1.0, ",\"segment\":4"), run(2.0, ",\"segment\":3")), [0, 0]),
            // A configuration without a run is ignored.
            (format!("{a}{b}{}{}", run(1.0, ""), run(2.0, "")), [0, 0]),
        ] {
            assert_eq!(places(&text), expected, "{text}");
        }
        assert_eq!(places(&format!("{a}{}{b}{}{a}{}", run(1.0, ""), run(1.0, ""), run(1.0, ""))), [0, 1, 2]);
        // An older session that is still running writes after the configuration of a new one.
        let numbered = |number: u64| run(1.0, &format!(",\"segment\":{number}"));
        assert_eq!(
            places(&format!("{a}{}{b}{}{}{}", numbered(0), numbered(1), numbered(0), numbered(1))),
            [0, 1, 0, 1]
        );
        let named = numbered(0).replace("\"metrics\":{}", "\"metrics\":{\"t\":1.0}");
        assert_eq!(
            places(&format!("{a}{}{metric}{}{named}", numbered(0), numbered(1))),
            [0, 1, 1],
            "the measured metric decides"
        );
    }

    #[test]
    fn numbers_as_text_and_other_spellings_are_read() {
        let config = "{\"type\":\"config\",\"name\":\"a\",\"metric_name\":\"s\",\"direction\":\"lower\",\"metric_unit\":\"ms\"}\n";
        let text = run(10.0, "").replace(":10,", ":\"10.0\",").replace("{}", "{\"mb\":\"1,024\"}");
        let view = table(&format!("{config}{text}"));
        assert_eq!((view.metric().map(|metric| &**metric), view.goal()), (Some("s"), Some(Goal::Minimize)));
        assert_eq!(view.choice().and_then(|choice| choice.unit.as_deref()), Some("ms"));
        assert_eq!(view.rows[0].outcome("s"), Outcome::Value(10.0));
        assert_eq!(view.rows[0].metric("mb"), Some(1024.0));
    }

    #[test]
    fn a_direction_that_all_keeps_speak_against_is_doubted_and_stays() {
        let of = |values: &[f64]| {
            let one = |(at, value): (usize, &f64)| run(*value, "").replace("a1b2c3d", &format!("a1b2c{at:02}"));
            let runs: String = values.iter().enumerate().map(one).collect();
            let view = table(&format!("{}{runs}", config("a", "s")));
            (view.goal(), view.warnings.iter().map(|warning| warning.line).collect::<Vec<_>>())
        };
        let lower = Some(Goal::Minimize);
        assert_eq!(of(&[1.0, 2.0, 3.0]), (lower, vec![1]));
        let noise: String = [1.0, 2.0, 3.0].map(|value| run(value, "")).concat();
        assert!(table(&format!("{}{noise}", config("a", "s"))).warnings.is_empty(), "three results of one commit");
        for values in [&[1.0, 2.0][..], &[1.0, 2.0, 1.5], &[1.0, 2.0, 2.0], &[3.0, 2.0, 1.0]] {
            assert_eq!(of(values), (lower, vec![]), "{values:?}");
        }
    }

    #[test]
    fn each_row_is_measured_by_the_metric_of_its_segment() {
        let view = table(&format!("{}{}{}{}", config("a", "s"), run(1.5, ""), config("b", "calls"), run(4.0, "")));
        assert_eq!(view.rows[0].outcome("s"), Outcome::Value(1.5));
        assert_eq!(view.rows[1].outcome("calls"), Outcome::Value(4.0));
        assert_eq!(view.rows[0].outcome("calls"), Outcome::NotMeasured);
        let names: Vec<_> = view.segments.iter().map(|segment| segment.name.raw().to_owned()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn a_row_is_called_by_its_title_and_the_report_is_text() {
        let row = |more: &str| {
            let line = format!("{{\"run\":1,\"commit\":\"\",\"metric\":1,\"status\":\"keep\",{more}}}\n");
            let row = Arc::clone(&table(&line).rows[0]);
            (row.description.raw().to_owned(), row.more.raw().to_owned())
        };
        let two = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            row("\"description\":\"v5\\n\\n(1) x\",\"title\":\"EXP-05\",\"summary\":\"works\""),
            two("EXP-05", "works\nv5\n\n(1) x")
        );
        assert_eq!(row("\"description\":\"one\\r\\ntwo\""), two("one", "two"));
        assert_eq!(row("\"description\":\"one\""), two("one", ""));
        assert_eq!(row("\"description\":\"\",\"title\":\" \""), two("", ""));
        assert_eq!(
            row("\"description\":\"d\",\"asi\":{\"hypothesis\":\"h\",\"next_action_hint\":\"n\"}"),
            two("d", "hypothesis: h\nnext action hint: n")
        );
    }
}
