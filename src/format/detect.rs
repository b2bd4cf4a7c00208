//! Detects the kind of a directory from the names of its files and the first bytes of the likely ones.

use std::cmp::Reverse;

use super::results::{is_other_table, is_table_start};
use crate::model::LoopFormat;

/// A file of a run directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedFile {
    /// Path relative to the run directory.
    pub path: String,
    /// Its first bytes, if it may be a results table ([`may_be_table`]); empty for others.
    pub head: Vec<u8>,
    /// Last modification in milliseconds since the epoch; 0 for files whose first bytes were not read.
    pub modified_ms: i64,
}

/// A results table or log of a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTable {
    /// Path relative to the run directory.
    pub path: String,
    /// Its format.
    pub format: LoopFormat,
}

/// A source that was detected in a run directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetectedSource {
    /// Its format.
    pub format: LoopFormat,
    /// Path of the rows, relative to the run directory.
    pub results: String,
    /// Other tables that could be read instead, the likeliest first.
    pub others: Vec<FoundTable>,
    /// Paths of logs and metrics files that may hold curves, relative to the run directory.
    pub logs: Vec<String>,
}

/// Directories below the run directory whose files are listed for detection, the likeliest first.
pub const SEARCHED_DIRECTORIES: [&str; 29] = [
    "autoresearch-results",
    ".auto",
    "experiments",
    "autoresearch",
    "research",
    "results",
    ".autoresearch",
    ".lab",
    "lab",
    "logs",
    "output",
    "outputs",
    "runs",
    "exp",
    "eval",
    "evals",
    "bench",
    "benchmarks",
    "loop",
    ".loop",
    "data",
    "workspace",
    "state",
    "history",
    ".research",
    "experiment",
    ".pi",
    "docs/autoresearch",
    ".claude",
];

/// Names of tables that are accepted without reading them, the likeliest first.
const NAMES: [(&str, LoopFormat); 4] = [
    ("results.tsv", LoopFormat::Autoresearch),
    ("autoresearch.jsonl", LoopFormat::PiAutoresearch),
    ("autoresearch.tsv", LoopFormat::Autoresearch),
    ("experiments.tsv", LoopFormat::Autoresearch),
];

/// Stems of files that are tables if their first line is a table's.
const STEMS: [&str; 22] = [
    "results",
    "result",
    "experiments",
    "experiment",
    "autoresearch",
    "research",
    "runs",
    "run_log",
    "log",
    "history",
    "trials",
    "attempts",
    "iterations",
    "ledger",
    "leaderboard",
    "scoreboard",
    "evolve-log",
    "experiment_log",
    "experiments_log",
    "journal",
    "tracker",
    "lab",
];

/// True for a file that may be a results table: its first bytes decide.
pub fn may_be_table(path: &str) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let has_extension = matches!(extension, "tsv" | "csv" | "jsonl" | "ndjson" | "txt" | "md");
    has_extension && is_stem(stem)
        || extension == "md" && stem == "progress"
        || extension == "tsv" && !path.contains('/')
}

/// True for a table that no reader supports, or for a page that may contain one: a person may have taken it for the
/// loop's results.
pub fn may_be_unsupported_table(path: &str) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    const EXTENSIONS: [&str; 13] =
        ["json", "yaml", "yml", "toml", "xml", "html", "xlsx", "xls", "ods", "db", "sqlite", "sqlite3", "parquet"];
    may_be_table(path) || EXTENSIONS.contains(&extension) && is_stem(stem) || extension == "md" && stem == "readme"
}

fn is_stem(stem: &str) -> bool {
    STEMS.contains(&stem) || is_named_after_results(stem)
}

fn is_named_after_results(stem: &str) -> bool {
    ["-results", "_results", "-experiments", "_experiments", "-autoresearch"].iter().any(|end| stem.ends_with(end))
        || ["results-", "results_", "experiments-", "experiments_", "autoresearch-", "autoresearch_"]
            .iter()
            .any(|start| stem.starts_with(start))
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns all tables of a directory, the likeliest first.
fn tables(listing: &[ListedFile]) -> Vec<FoundTable> {
    let mut found: Vec<(TableRank, FoundTable)> = listing
        .iter()
        .filter_map(|file| {
            let format = format_of(file)?;
            Some((rank(file), FoundTable { path: file.path.clone(), format }))
        })
        .collect();
    found.sort_by(|a, b| (&a.0, &a.1.path).cmp(&(&b.0, &b.1.path)));
    // A table that has only its header, next to one that was written to since: the latter is in use.
    let of = |path: &str| listing.iter().find(|file| file.path == *path);
    if let Some(first) = found.first().and_then(|(_, table)| of(&table.path))
        && !has_rows(&first.head)
        && let Some(at) = found.iter().position(|(rank, table)| {
            of(&table.path).is_some_and(|file| has_rows(&file.head) && file.modified_ms > first.modified_ms) && !rank.0
        })
    {
        found.swap(0, at);
    }
    found.into_iter().map(|(_, table)| table).collect()
}

/// Returns the format of a file, if it is a table.
fn format_of(file: &ListedFile) -> Option<LoopFormat> {
    let name = file_name(&file.path).to_ascii_lowercase();
    let is_pi = || starts_as_pi(&file.head);
    // A name counts at the top and in the directories that loops make; elsewhere the first line has to agree.
    let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
    if !directory.is_empty()
        && !OWN_DIRECTORIES.contains(&directory)
        && !file.head.is_empty()
        && !is_table_start(&file.head)
        && !is_pi()
    {
        return None;
    }
    if let Some((_, format)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(if is_table_of_its_own(&file.head) { LoopFormat::Autoresearch } else { *format });
    }
    if name == "log.jsonl" && file.path.starts_with(".auto/") {
        return Some(LoopFormat::PiAutoresearch);
    }
    if !file.path.contains('/') && name.ends_with("-results.tsv") {
        return Some(LoopFormat::Autoresearch);
    }
    if !may_be_table(&file.path) {
        return None;
    }
    if is_pi() {
        return Some(LoopFormat::PiAutoresearch);
    }
    is_table_start(&file.head).then_some(LoopFormat::Autoresearch)
}

/// True if the first line is a table's and not one of pi-autoresearch, whatever the file's name.
fn is_table_of_its_own(start: &[u8]) -> bool {
    is_table_start(start) && !starts_as_pi(start)
}

/// True for a file whose name and first bytes are those of a results table.
pub fn is_results_table(file: &ListedFile) -> bool {
    format_of(file).is_some()
}

/// True for a log of pi-autoresearch or one of its ports.
pub(super) fn starts_as_pi(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start);
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let has = |key: &str| first.contains(&format!("\"{key}\""));
    first.starts_with('{') && (has("metricName") && has("type") || has("run") && has("status") && has("metric"))
}

/// The sort key of a table: invalid and old ones last, then unrelated ones, then pages for people, then by directory,
/// then by name, the newest first.
type TableRank = (bool, bool, bool, usize, usize, usize, usize, Reverse<i64>);

fn rank(file: &ListedFile) -> TableRank {
    let (directory, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let lower = file.path.to_ascii_lowercase();
    const SET_ASIDE: [&str; 19] = [
        "invalid",
        "old",
        "backup",
        "backups",
        "bak",
        "archive",
        "archives",
        "archived",
        "deprecated",
        "template",
        "templates",
        "example",
        "examples",
        "sample",
        "samples",
        "fixture",
        "fixtures",
        "test",
        "tests",
    ];
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_ascii_lowercase();
    let by_stem = STEMS.iter().position(|known| *known == stem).unwrap_or(STEMS.len());
    // An empty or unread file may become one.
    let is_strange = is_other_table(&file.head) && !starts_as_pi(&file.head);
    let is_set_aside = lower.split(|c: char| !c.is_alphanumeric()).any(|word| SET_ASIDE.contains(&word));
    let by_name = NAMES.iter().position(|(known, _)| known.eq_ignore_ascii_case(name)).unwrap_or(NAMES.len());
    // The traditional paths of loops come first, whatever their names.
    const FIRST: [&str; 6] = [
        "results.tsv",
        "autoresearch-results/results.tsv",
        "autoresearch.jsonl",
        ".auto/log.jsonl",
        "experiments/results.tsv",
        "autoresearch/results.tsv",
    ];
    let first = FIRST.iter().position(|known| *known == lower).unwrap_or(FIRST.len());
    let by_directory = if directory.is_empty() {
        0
    } else {
        1 + SEARCHED_DIRECTORIES.iter().position(|known| *known == directory).unwrap_or(SEARCHED_DIRECTORIES.len())
    };
    let is_page = lower.ends_with(".md") || lower.ends_with(".txt");
    (is_set_aside, is_strange, is_page, first, by_directory, by_name, by_stem, Reverse(file.modified_ms))
}

/// True if there is more than one line that is not a comment.
fn has_rows(start: &[u8]) -> bool {
    let lines =
        start.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty() && !line.starts_with(b"#"));
    lines.count() > 1
}

/// Detects the source of a run directory from its files. `wanted` is the table that the person named; it is used even
/// if it does not exist yet.
pub fn detect(listing: &[ListedFile], wanted: Option<&str>) -> Option<DetectedSource> {
    let mut tables = tables(listing);
    let first = match wanted {
        Some(path) => {
            let at = tables.iter().position(|table| table.path == path);
            at.map_or_else(
                || FoundTable { path: path.to_owned(), format: format_named(path, listing) },
                |at| tables.remove(at),
            )
        }
        None if tables.is_empty() => return None,
        None => tables.remove(0),
    };
    Some(DetectedSource { format: first.format, results: first.path, others: tables, logs: logs(listing) })
}

/// Returns the format of the table that the person named, whatever its name.
fn format_named(path: &str, listing: &[ListedFile]) -> LoopFormat {
    let start = listing.iter().find(|file| file.path == path).map_or(&[] as &[u8], |file| &file.head);
    if starts_as_pi(start) || file_name(path).eq_ignore_ascii_case("autoresearch.jsonl") && !is_table_of_its_own(start)
    {
        LoopFormat::PiAutoresearch
    } else {
        LoopFormat::Autoresearch
    }
}

/// Returns the source for a directory with an agent's mailbox and nothing else: rows are expected where most loops
/// write them.
pub fn detect_mailbox(listing: &[ListedFile]) -> DetectedSource {
    without_table(LoopFormat::Proposals, listing)
}

/// Returns the source for a directory that holds only curves: there is nothing to decide, and a loop may still begin in
/// it.
pub fn detect_curves(listing: &[ListedFile]) -> DetectedSource {
    without_table(LoopFormat::Curves, listing)
}

fn without_table(format: LoopFormat, listing: &[ListedFile]) -> DetectedSource {
    DetectedSource { format, results: NAMES[0].0.to_owned(), others: Vec::new(), logs: logs(listing) }
}

fn logs(listing: &[ListedFile]) -> Vec<String> {
    let mut logs: Vec<_> = listing.iter().map(|file| &file.path).filter(|path| is_log(path)).cloned().collect();
    // run.log first: it is the one every run overwrites.
    logs.sort_by_key(|path| (path != "run.log", path.clone()));
    logs
}

/// Directories that loops make for what they write about themselves: tables and logs there are not part of a change. A
/// table in `data` or `eval` may be the data that is measured on.
pub(super) const OWN_DIRECTORIES: [&str; 6] =
    ["autoresearch-results", ".auto", "experiments", "autoresearch", ".autoresearch", ".lab"];

/// True for names under which loops write rows.
pub(super) fn is_results(path: &str) -> bool {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_known = NAMES.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) || path == ".auto/log.jsonl";
    is_known && (directory.is_empty() || OWN_DIRECTORIES.contains(&directory))
        || directory.is_empty() && name.to_ascii_lowercase().ends_with("-results.tsv")
}

/// True for names under which loops write curves, at the top or in a directory of the loop's own.
pub(super) fn is_log(path: &str) -> bool {
    let is_own = |directory: &str| OWN_DIRECTORIES.contains(&directory);
    let name = path.rsplit_once('/').map_or(path, |(directory, name)| if is_own(directory) { name } else { "" });
    matches!(name, "run.log" | "train.log" | "training.log" | "metrics.jsonl" | "metrics.csv")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, start: &str) -> ListedFile {
        ListedFile { path: path.to_owned(), head: start.as_bytes().to_vec(), modified_ms: 0 }
    }

    fn named(names: &[&str]) -> Vec<ListedFile> {
        names.iter().map(|name| file(name, "")).collect()
    }

    #[test]
    fn a_table_of_something_else_gives_way_and_one_after_a_heading_is_found() {
        let rows = "commit\tloss\tstatus\n1\t2\tkeep\n";
        let listing = [file("autoresearch/results.tsv", rows), file("results.tsv", "gene\tlogFC\tpvalue\nA\t1\t0.1\n")];
        assert_eq!(detect(&listing, None).map(|found| found.results).as_deref(), Some("autoresearch/results.tsv"));
        let markdown = "# Experiments\n\nTried so far.\n\n| commit | loss | status |\n|---|---|---|\n";
        let found = detect(&[file("experiments.md", markdown)], None);
        assert_eq!(found.map(|found| found.results).as_deref(), Some("experiments.md"));
    }

    #[test]
    fn names_decide() {
        assert_eq!(detect(&named(&["train.py"]), None), None);
        let found = detect(&named(&["metrics.jsonl", "run.log", "results.tsv"]), None);
        assert_eq!(found.as_ref().map(|f| f.results.as_str()), Some("results.tsv"));
        assert_eq!(found.map(|f| f.logs), Some(vec!["run.log".to_owned(), "metrics.jsonl".to_owned()]));
        let results = |names: &[&str]| detect(&named(names), None).map(|found| found.results);
        assert_eq!(results(&["b-results.tsv", "a-results.tsv"]).as_deref(), Some("a-results.tsv"));
        for place in [
            "autoresearch/results.tsv",
            "research/results.tsv",
            ".autoresearch/results.tsv",
            ".lab/results.tsv",
            "experiments.tsv",
            "somewhere/results.tsv",
        ] {
            assert_eq!(results(&[place]).as_deref(), Some(place));
        }
    }

    #[test]
    fn content_decides_where_a_name_is_ambiguous() {
        let found = |path: &str, start: &str| detect(&[file(path, start)], None).map(|found| found.format);
        let table = "commit,val_bpb,status,description\nabc1234,0.9,keep,x\n";
        assert_eq!(found("results.csv", table), Some(LoopFormat::Autoresearch));
        assert_eq!(found("results.csv", "abc1234,0.9,keep,x\n"), Some(LoopFormat::Autoresearch), "a row, no header");
        assert_eq!(found("docs/autoresearch/results.csv", table), Some(LoopFormat::Autoresearch));
        assert_eq!(found(".claude/experiments.md", "| commit | loss | status |\n"), Some(LoopFormat::Autoresearch));
        // Unrelated measurements, without a header.
        assert_eq!(found("results.csv", "1.5,0.9,keep,x\n"), None);
        // The curves of one training run, by ultralytics.
        assert_eq!(found("results.csv", "epoch,time,train/box_loss,metrics/mAP50(B)\n1,2.5,1.1,0.4\n"), None);
        assert_eq!(
            found("experiments.jsonl", "{\"commit\":\"abc1234\",\"val_bpb\":0.9,\"status\":\"keep\"}\n"),
            Some(LoopFormat::Autoresearch)
        );
        assert_eq!(found("experiments.jsonl", "{\"step\":1,\"loss\":2.5}\n"), None);
        let pi = "{\"type\":\"config\",\"name\":\"x\",\"metricName\":\"s\",\"bestDirection\":\"lower\"}\n";
        assert_eq!(found(".autoresearch/log.jsonl", pi), Some(LoopFormat::PiAutoresearch));
        // A file name of pi-autoresearch for a custom table.
        let own = "{\"iter\":0,\"change\":\"baseline\",\"bleu\":2.35,\"keep\":true}\n";
        assert_eq!(found("autoresearch.jsonl", own), Some(LoopFormat::Autoresearch));
        assert_eq!(found("autoresearch.jsonl", pi), Some(LoopFormat::PiAutoresearch));
        assert_eq!(found("autoresearch.jsonl", ""), Some(LoopFormat::PiAutoresearch));
        let named = |start: &str| detect(&[file("autoresearch.jsonl", start)], Some("autoresearch.jsonl"));
        assert_eq!(named(own).map(|found| found.format), Some(LoopFormat::Autoresearch));
    }

    #[test]
    fn of_several_tables_the_one_in_use_is_read_and_the_others_are_named() {
        let header = "commit\tval_bpb\tstatus\tdescription\n";
        let row = "abc1234\t0.9\tkeep\tx\n";
        let mut all = vec![
            file("results.tsv", header),
            file("autoresearch/results.tsv", &format!("{header}{row}")),
            file("results_invalid.tsv", &format!("{header}{row}")),
        ];
        all[1].modified_ms = 5;
        let found = detect(&all, None);
        assert_eq!(found.as_ref().map(|found| found.results.as_str()), Some("autoresearch/results.tsv"));
        let others = found.map(|found| found.others.into_iter().map(|table| table.path).collect::<Vec<_>>());
        assert_eq!(others, Some(vec!["results.tsv".to_owned(), "results_invalid.tsv".to_owned()]));
        let own = detect(&all, Some("results_invalid.tsv"));
        assert_eq!(own.map(|found| (found.results, found.others.len())), Some(("results_invalid.tsv".to_owned(), 2)));
        // A page for people ranks after what a program writes.
        let page = file("LEADERBOARD.md", "| commit | loss | status |\n|---|---|---|\n| abc1234 | 1.0 | keep |\n");
        let found = detect(&[page, all[1].clone()], None);
        assert_eq!(found.map(|found| found.results).as_deref(), Some("autoresearch/results.tsv"));
        // A new session has only its header yet, and an old table was not touched since.
        all[0].modified_ms = 9;
        assert_eq!(detect(&all, None).map(|found| found.results).as_deref(), Some("results.tsv"));
    }
}
