//! Detects the format of a file from its first bytes, whatever its name.

use memchr::{memchr, memchr_iter, memmem};

use super::along::is_a_curve;
use super::detect::starts_as_pi;
use super::fields::is_field;
use super::framing::{u32_at, u64_at};
use super::json::Scanner;
use super::metrics_csv::{header, split};
use super::number::parse_loose;
use super::results::is_table_start;
use super::step_names::StepRank;
use super::tfevents::is_sum_of;
use super::{CurvesFormat, LogReader, RunLog};

/// Number of bytes that are read for detection.
pub const HEAD_BYTES: usize = 8 * 1024;
/// Maximum number of metrics columns: more are data.
const MOST_COLUMNS: usize = 2048;
/// Parts of metric names.
const METRIC_WORDS: [&str; 21] = [
    "loss",
    "acc",
    "reward",
    "return",
    "perplexity",
    "ppl",
    "bpb",
    "error",
    "score",
    "auc",
    "f1",
    "map",
    "iou",
    "mse",
    "mae",
    "rmse",
    "bleu",
    "rouge",
    "wer",
    "entropy",
    "accuracy",
];

/// The detected content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DetectedContent {
    /// One format for certain.
    Certain(CurvesFormat),
    /// A table with a header.
    Table {
        /// True if one column counts steps, epochs or episodes and another one has numbers.
        is_of_metrics: bool,
        /// True if it has experiments, one per row.
        is_of_experiments: bool,
        /// True if it is not a program's measurements: it has columns of words, or times as steps.
        is_data: bool,
        /// True if every column is named like a metric: rows are counted then.
        is_all_metrics: bool,
    },
    /// JSON lines that are not metrics.
    OtherObjects,
    /// Text, or empty so far.
    Other,
}

/// Minimum number of consecutive NULs that count as a hole: the file was truncated while it was written to, or a disk
/// lost data.
pub(super) const HOLE: usize = 8;

/// Returns the number of NULs of a hole at the start of a file.
pub fn leading_hole(head: &[u8]) -> usize {
    let nuls = head.iter().take_while(|byte| **byte == 0).count();
    if nuls < HOLE { 0 } else { nuls }
}

/// Returns the first bytes after a hole, at most [`HEAD_BYTES`] of them.
pub fn head(bytes: &[u8]) -> &[u8] {
    let written = &bytes[leading_hole(bytes)..];
    &written[..written.len().min(HEAD_BYTES)]
}

/// True for text whose NULs are holes, but for a few.
fn is_text_with_holes(head: &[u8]) -> bool {
    let (mut text, mut lone) = (Vec::with_capacity(head.len()), 0);
    for run in head.chunk_by(|singular, other| (*singular == 0) == (*other == 0)) {
        match run {
            [0, ..] if run.len() < HOLE => lone += run.len(),
            [0, ..] => {}
            written => text.extend_from_slice(written),
        }
    }
    let is_control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, 7..=13 | 27);
    let is_utf8 = || match std::str::from_utf8(&text) {
        Ok(_) => true,
        // The last character may be cut.
        Err(error) => error.error_len().is_none(),
    };
    !text.is_empty() && lone * 32 <= text.len() && !text.iter().any(is_control) && is_utf8()
}

impl CurvesFormat {
    /// Returns the format by name and first bytes: a `training.log` may be a table, a `metrics.json` JSON lines. Where
    /// the bytes are inconclusive, the name decides.
    pub fn by_content(path: &str, head: &[u8]) -> Self {
        match (Self::by_name(path), content(head)) {
            // Their readers report bytes of another format.
            (named @ (Self::Wandb | Self::TfEvents | Self::TrainerState), _) => named,
            (_, DetectedContent::Certain(format)) => format,
            (Self::RunLog, DetectedContent::Table { is_of_metrics: true, .. }) => Self::Csv,
            (named, _) => named,
        }
    }
}

/// Detects the content from at most [`HEAD_BYTES`] first bytes.
pub(super) fn content(head: &[u8]) -> DetectedContent {
    let head = &head[leading_hole(head)..];
    if let Some(format) = binary(head) {
        return DetectedContent::Certain(format);
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    match head.trim_ascii_start().first() {
        Some(b'{') => objects(head),
        Some(b'[') if is_list(head) => DetectedContent::Certain(CurvesFormat::Json),
        Some(_) => table(head),
        None => DetectedContent::Other,
    }
}

/// True for JSON with values by step, whatever its name and whether or not it is complete.
pub fn is_json_of_curves(head: &[u8]) -> bool {
    match head.trim_ascii_start() {
        [b'[', rest @ ..] if is_list(head) => match rest.trim_ascii_start() {
            row @ [b'{', ..] => {
                let end = memchr(b'}', row).map_or(row.len(), |at| at + 1);
                objects(&row[..end]) == DetectedContent::Certain(CurvesFormat::Jsonl)
            }
            _ => true,
        },
        // An object of settings may have a step, too.
        [b'{', ..] => {
            matches!(objects(head), DetectedContent::Certain(CurvesFormat::Json | CurvesFormat::TrainerState))
        }
        _ => false,
    }
}

/// Returns the binary format, if it is one.
fn binary(head: &[u8]) -> Option<CurvesFormat> {
    let is_event = || {
        let sum = u32_at(head, 8);
        u64_at(head, 0).is_some_and(|length| length < 1 << 20) && sum.is_some_and(|sum| is_sum_of(sum, &head[..8]))
    };
    if head.starts_with(b":W&B") { Some(CurvesFormat::Wandb) } else { is_event().then_some(CurvesFormat::TfEvents) }
}

/// True for a list of rows or of points, not for a log line that begins with a bracket.
fn is_list(head: &[u8]) -> bool {
    let inside = head.trim_ascii_start()[1..].trim_ascii_start();
    let first = |bytes: &[u8]| bytes.trim_ascii_start().first().copied();
    match inside.first() {
        Some(b'{') => first(&inside[1..]) == Some(b'"'),
        Some(b'[') => first(&inside[1..]).is_some_and(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

/// Returns the complete lines; the last one of a growing file may be incomplete.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = line_end(head);
    head.split_inclusive(move |byte| *byte == end).map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

/// Returns the line terminator: `\r` alone on old Macs and in some spreadsheet exports.
fn line_end(head: &[u8]) -> u8 {
    if memchr(b'\n', head).is_none() && memchr(b'\r', head).is_some() { b'\r' } else { b'\n' }
}

/// Describes a file that is not text and that no reader supports, and what to do about it; `None` for all others.
pub fn unsupported_binary(head: &[u8]) -> Option<&'static str> {
    const PACKED: [&[u8]; 5] = [b"\x1f\x8b", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"BZh9", b"PK\x03\x04"];
    const TABLES: [&[u8]; 5] = [b"PAR1", b"ARROW1", b"FEA1", b"\x93NUMPY", b"\x89HDF"];
    const PICTURES: [&[u8]; 3] = [b"\x89PNG", b"\xff\xd8\xff", b"GIF8"];
    let begins = |all: &[&[u8]]| all.iter().any(|first| head.starts_with(first));
    let is_utf16 = begins(&[b"\xff\xfe", b"\xfe\xff"])
        || matches!(head, [a, 0, b, 0, ..] | [0, a, 0, b, ..] if a.is_ascii_graphic() && b.is_ascii_graphic());
    match binary(head) {
        Some(_) => None,
        _ if begins(&PACKED) => Some(COMPRESSED_FILE),
        _ if begins(&TABLES) => Some(BINARY_TABLE),
        _ if begins(&PICTURES) => Some("a picture"),
        _ if is_utf16 => Some("UTF-16; convert it with iconv -f UTF-16 -t UTF-8"),
        _ if head.get(257..262) == Some(b"ustar") => Some(COMPRESSED_FILE),
        // A log may have a few, or holes where a disk was full or another process truncated it.
        _ if memchr_iter(0, head).count() * 32 > head.len() && !is_text_with_holes(head) => Some("not text"),
        _ => None,
    }
}

/// Description of compressed files.
pub(super) const COMPRESSED_FILE: &str = "compressed; unpack it to have it read";
/// Description of tables that need another program.
pub(super) const BINARY_TABLE: &str = "a binary table; export it as CSV or JSON lines";

fn objects(head: &[u8]) -> DetectedContent {
    let (mut rows, mut of_metrics, mut strange) = (0, false, false);
    for line in lines(head).take(20) {
        let mut scanner = Scanner::new(line);
        let (mut has_step, mut numbers) = (false, 0);
        let read = scanner.numbers(&mut |name, _| {
            let name = name.strip_prefix("data.").unwrap_or(name);
            has_step |= StepRank::of(name).is_some();
            numbers += usize::from(is_a_curve(name));
        });
        if read.and_then(|()| scanner.end()).is_err() {
            strange |= !scanner.has_run_out();
            break;
        }
        rows += 1;
        of_metrics |= has_step && numbers > 1;
    }
    let has = |name: &str| memmem::find(head, name.as_bytes()).is_some();
    match (rows, of_metrics) {
        (1.., _) if is_of_an_agent(head) => DetectedContent::OtherObjects,
        (1.., true) => DetectedContent::Certain(CurvesFormat::Jsonl),
        _ if has("\"log_history\"") || has("\"global_step\"") && has("\"is_world_process_zero\"") => {
            DetectedContent::Certain(CurvesFormat::TrainerState)
        }
        // Sacred stores steps and values of each metric side by side.
        (0 | 1, false) if !strange && (has_list_of_numbers(head) || has("\"steps\"") && has("\"values\"")) => {
            DetectedContent::Certain(CurvesFormat::Json)
        }
        (1.., false) => DetectedContent::OtherObjects,
        _ => DetectedContent::Other,
    }
}

/// True for rows that record actions or text at each step: a conversation, an episode, answers of a model.
fn is_of_an_agent(head: &[u8]) -> bool {
    const NAMES: [&str; 16] = [
        "action",
        "observation",
        "obs",
        "thought",
        "tool",
        "tool_calls",
        "role",
        "content",
        "messages",
        "prompt",
        "completion",
        "response",
        "question",
        "answer",
        "trajectory",
        "generated_text",
    ];
    lines(head).take(20).any(|line| {
        let mut is_one = false;
        // Of a cut row the names so far count.
        let _ = Scanner::new(line).entries(|scanner, name| {
            is_one |= NAMES.contains(&name);
            scanner.pass()
        });
        is_one
    })
}

/// True for `{"loss": [0.5, 0.4]`: the first entry of an object is a list of numbers, not an axis of a plot.
fn has_list_of_numbers(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    if head.is_empty() {
        return false;
    }
    let first_list = memchr(b'[', head);
    let first_object = memchr(b'{', &head[1..]).map(|at| at + 1);
    let Some(at) = first_list.filter(|at| first_object.is_none_or(|object| *at < object)) else { return false };
    let inside = head[at + 1..].trim_ascii_start();
    let end = inside.iter().position(|byte| matches!(byte, b',' | b']')).unwrap_or(inside.len());
    let is_number = std::str::from_utf8(inside[..end].trim_ascii()).is_ok_and(|text| text.parse::<f64>().is_ok());
    let before = &head[..at];
    let is_axis = ["x", "y", "fpr", "tpr", "bins", "thresholds"].iter().any(|name| {
        let name = format!("\"{name}\"");
        memmem::find(before, name.as_bytes()).is_some()
    });
    is_number && !is_axis && inside.get(end) == Some(&b',') && memchr_iter(b':', before).count() == 1
}

/// True for a name with a metric word in it: `valloss`, `top1_acc`, `mAP50`; not `mapping`, not `accelerator`.
fn has_metric_word(name: &str) -> bool {
    const SHORT: usize = 3;
    let name = name.to_ascii_lowercase();
    let is_metric = |word: &str| {
        METRIC_WORDS.iter().any(|metric| match word.strip_suffix(metric) {
            Some("" | "train" | "val" | "valid" | "test" | "eval" | "dev" | "m") => true,
            Some(_) => metric.len() > SHORT,
            None if *metric == "f1" => false,
            None => word.strip_prefix(metric).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit())),
        })
    };
    let is_one = |word: &str| {
        let singular = ["es", "s"].iter().filter_map(|plural| word.strip_suffix(plural));
        is_metric(word) || singular.into_iter().any(is_metric)
    };
    name.contains("grad_norm") || name.split(|c: char| !c.is_alphanumeric()).any(is_one)
}

fn table(head: &[u8]) -> DetectedContent {
    let mut all = lines(head).skip_while(|line| line.starts_with(b"#"));
    let (Some(first), second) = (all.next(), all.next()) else { return DetectedContent::Other };
    let Some((separator, names)) = header(first) else { return DetectedContent::Other };
    let is_plain = |name: &String| name.len() <= 200 && !name.contains(": ") && !name.contains(" = ");
    if names.len() > MOST_COLUMNS || !names.iter().all(is_plain) {
        return DetectedContent::Other;
    }
    let has_any = |words: &[&str]| names.iter().any(|name| words.iter().any(|word| name.eq_ignore_ascii_case(word)));
    // A metrics table may have a status, but not the reason for one.
    const REASONS: [&str; 9] =
        ["commit", "sha", "description", "decision", "rationale", "reason", "hypothesis", "idea", "change"];
    let is_of_experiments = has_any(&["commit", "sha"]) && has_any(&["status", "description", "decision"])
        || is_table_start(head) && has_any(&REASONS);
    let ranks: Vec<bool> = names.iter().map(|name| StepRank::of(name).is_some()).collect();
    let has_numbers = |row: &[u8]| {
        let cells = split(row, separator);
        let pairs = cells.iter().zip(&ranks);
        cells.len().abs_diff(names.len()) <= 1 && pairs.filter(|(cell, _)| parse_loose(cell).is_some()).count() > 0
    };
    // The second row may be incomplete: it is not used then.
    let is_whole = memchr_iter(line_end(head), head).nth(1).is_some();
    let is_of_metrics = ranks.contains(&true)
        && !is_of_experiments
        && names.iter().zip(&ranks).any(|(name, is_rank)| !is_rank && is_a_curve(name))
        && second.is_none_or(|row| !is_whole || has_numbers(row));
    let is_all_metrics =
        names.iter().all(|name| name.is_empty() || has_metric_word(name)) && second.is_some_and(has_numbers);
    let is_data = is_of_metrics && is_data(head, separator, &names, &ranks);
    DetectedContent::Table { is_of_metrics, is_of_experiments, is_data, is_all_metrics }
}

/// True for a table with a column of steps that is unrelated all the same: episodes of a series, market prices,
/// iterations of a benchmark.
fn is_data(head: &[u8], separator: u8, names: &[String], ranks: &[bool]) -> bool {
    // Words that tables of metrics have next to their numbers, besides those that distinguish rows.
    const WORDS: [&str; 4] = ["date", "time", "timestamp", "status"];
    const EARLIEST: f64 = 9e8;
    if names.iter().any(|name| has_metric_word(name)) {
        return false;
    }
    let rows: Vec<Vec<_>> = lines(head)
        .skip_while(|line| line.starts_with(b"#"))
        .skip(1)
        .take(20)
        .map(|line| split(line, separator))
        .filter(|cells| cells.len() == names.len())
        .collect();
    let of = |column: usize| rows.iter().map(move |cells| &cells[column]);
    let is_word = |column: usize| {
        let mut filled = of(column).filter(|cell| !cell.is_empty()).peekable();
        filled.peek().is_some() && filled.all(|cell| parse_loose(cell).is_none())
    };
    let is_time =
        |column: usize| rows.len() > 1 && of(column).all(|cell| parse_loose(cell).is_some_and(|step| step > EARLIEST));
    let is_other = |column: usize, name: &String| {
        !is_field(name) && !WORDS.contains(&name.to_ascii_lowercase().as_str()) && is_word(column)
    };
    names.iter().enumerate().any(|(column, name)| if ranks[column] { is_time(column) } else { is_other(column, name) })
}

/// The verdict on whether a file has curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurveVerdict {
    /// It has, in this format.
    Curves(CurvesFormat),
    /// Not so far; it may once more is written.
    NotYet,
    /// It has none, for this reason.
    Not(&'static str),
    /// It is unrelated; there is nothing to report.
    Unrelated,
}

/// The kind of file that a name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameHint {
    /// Curves, without reading it.
    Certain(CurvesFormat),
    /// A table; `true` under a name that only tables of metrics have.
    Table(bool),
    /// JSON; `true` under a name that only metrics have.
    Json(bool),
    /// Console output; `true` under a name that only logs have.
    Log(bool),
    /// A file that is not read, with its description.
    Named(&'static str),
    /// The rows of a loop, not curves.
    Results,
}

/// Description of the rows of a loop; `{folder}` is replaced by their directory.
const RESULTS: &str = "a results table: `countersign {folder}` opens its loop"; // prose: ok

/// Decides whether a file has curves, from the kind that its name promises, its first bytes and its last ones.
pub fn classify(promise: NameHint, head: &[u8], tail: &[u8]) -> CurveVerdict {
    const NO_COLUMN: &str = "a table without a step, epoch or episode column";
    let is_empty = head.trim_ascii().is_empty();
    let is_results = || is_table_start(head) || starts_as_pi(head);
    if let Some(what) =
        unsupported_binary(head).filter(|_| !matches!(promise, NameHint::Certain(_) | NameHint::Named(_)))
    {
        return CurveVerdict::Not(what);
    }
    match (promise, content(head)) {
        (NameHint::Certain(format), _) => CurveVerdict::Curves(format),
        (NameHint::Named(what), _) => CurveVerdict::Not(what),
        (_, _) if is_empty => CurveVerdict::NotYet,
        (NameHint::Results, _) => {
            if is_results() {
                CurveVerdict::Not(RESULTS)
            } else {
                CurveVerdict::Unrelated
            }
        }
        (NameHint::Table(_), DetectedContent::Table { is_of_experiments: true, .. }) => CurveVerdict::Not(RESULTS),
        (NameHint::Table(_) | NameHint::Json(_), DetectedContent::Table { is_data: true, .. }) if is_results() => {
            CurveVerdict::Not(RESULTS)
        }
        (NameHint::Table(_) | NameHint::Json(_), DetectedContent::Table { is_of_metrics: false, .. })
            if is_results() =>
        {
            CurveVerdict::Not(RESULTS)
        }
        (NameHint::Json(_), _) if starts_as_pi(head) => CurveVerdict::Not(RESULTS),
        (_, DetectedContent::Certain(format)) => CurveVerdict::Curves(format),
        (
            NameHint::Table(false) | NameHint::Log(_) | NameHint::Json(_),
            DetectedContent::Table { is_data: true, .. },
        ) => CurveVerdict::Not("a table with steps, but with words or times instead of metrics"),
        (_, DetectedContent::Table { is_of_metrics: true, .. }) => CurveVerdict::Curves(CurvesFormat::Csv),
        (NameHint::Table(true), _) | (NameHint::Table(_), DetectedContent::Table { is_all_metrics: true, .. }) => {
            CurveVerdict::Curves(CurvesFormat::Csv)
        }
        (NameHint::Table(false), DetectedContent::Table { .. }) => CurveVerdict::Not(NO_COLUMN),
        (NameHint::Table(false), _) => CurveVerdict::Not("not a table with a header"),
        (NameHint::Json(true), DetectedContent::OtherObjects | DetectedContent::Other) if !is_pretty(head) => {
            CurveVerdict::Curves(CurvesFormat::Jsonl)
        }
        (NameHint::Json(_), DetectedContent::OtherObjects) => {
            CurveVerdict::Not("JSON without a step and a measurement")
        }
        (NameHint::Json(_), _) if is_row_longer_than(head) => {
            CurveVerdict::Not("JSON lines with a first line longer than 8 KiB; not searched")
        }
        (NameHint::Json(_), _) => CurveVerdict::Not("JSON without a list of numbers"),
        (NameHint::Log(is_log), _) => log(is_log, head, tail),
    }
}

/// True if the first bytes do not contain the entire first row.
fn is_row_longer_than(head: &[u8]) -> bool {
    head.len() >= HEAD_BYTES && memchr(b'\n', head).is_none() && head.trim_ascii_start().starts_with(b"{")
}

/// True for JSON over several lines.
fn is_pretty(head: &[u8]) -> bool {
    lines(head).next().is_none_or(|line| line.len() < 2 || !line.starts_with(b"{"))
}

/// Decides on a log: its first or its last bytes must name steps and values.
fn log(is_log: bool, head: &[u8], tail: &[u8]) -> CurveVerdict {
    const TESTS: [&str; 5] =
        ["= test session starts =", "Test project /", "[==========] Running", "=== RUN ", " tests\ntest "];
    if TESTS.iter().any(|begin| memmem::find(head, begin.as_bytes()).is_some()) {
        return CurveVerdict::Not("output of a test run");
    }
    let points = |bytes: &[u8]| {
        let mut reader = RunLog::default();
        reader.push(bytes);
        let series = reader.curves().series;
        series.values().map(crate::series::Series::len).max().unwrap_or(0)
    };
    let wanted = if is_log { 1 } else { 2 };
    let from_line = |bytes: &'_ [u8]| memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
    if points(head) >= wanted || !tail.is_empty() && points(&tail[from_line(tail)..]) >= wanted {
        CurveVerdict::Curves(CurvesFormat::RunLog)
    } else {
        CurveVerdict::NotYet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_the_word_of_a_metric() {
        for name in
            ["loss", "valloss", "Val Loss", "top1_acc", "mAP50", "train/losses", "f1", "ep_reward", "grad_norm/all"]
        {
            assert!(has_metric_word(name), "{name}");
        }
        for name in ["mapping", "accelerator", "heatmap", "account", "returned_by", "scoreboard", "f16", ""] {
            assert!(!has_metric_word(name), "{name}");
        }
    }
}
