//! Explains why a file that a person may take for the loop's results is not read as such.

use super::ListedFile;
use super::detect::{is_results_table, may_be_unsupported_table};
use super::detect_curves::unsupported_binary;
use super::results::{Page, page};

/// The other entries of the directory of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBeside {
    /// Nothing: a page that mentions no experiments is reported, too.
    Nothing,
    /// Something that is read.
    Others,
}

/// Returns why a file named like results is not a results table, and what to do; `None` for a results table, an empty
/// file, and other files. `start` holds its first bytes.
pub fn reason_not_a_table(path: &str, start: &[u8], beside: FoundBeside) -> Option<String> {
    let file = ListedFile { path: path.to_owned(), head: start.to_vec(), modified_ms: 0 };
    if !may_be_unsupported_table(path) || start.trim_ascii().is_empty() || is_results_table(&file) {
        return None;
    }
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let (stem, extension) = name.rsplit_once('.')?;
    if matches!(extension, "xlsx" | "xls" | "ods" | "db" | "sqlite" | "sqlite3" | "parquet") {
        return Some(format!("a {extension} file is not text: have the loop write its rows to results.tsv"));
    }
    if let Some(what) = unsupported_binary(start) {
        return Some(what.to_owned());
    }
    let text = String::from_utf8_lossy(start);
    let found = page(&text);
    let by_policy = || format!("it has a results table; to read it, set in your policy: results: {path}");
    if stem == "readme" {
        // It may be a mere example of a table.
        return matches!(found, Page::Table).then(by_policy);
    }
    if beside == FoundBeside::Others && !speaks_of_experiments(&text) {
        return None;
    }
    let table = "results must be a table with one row per experiment and a status column (keep, discard)";
    Some(match extension {
        "json" if text.trim_start().starts_with('[') => {
            format!("a JSON list, but JSON lines are needed: jq -c '.[]' {name} > {stem}.jsonl")
        }
        "json" => format!("one JSON document, but JSON lines are needed: write its rows to {stem}.jsonl"),
        "yaml" | "yml" | "toml" | "xml" | "html" => {
            format!("{}: write the rows to results.tsv, or as JSON lines to {stem}.jsonl", extension.to_uppercase())
        }
        _ => match found {
            Page::Table => by_policy(),
            Page::Other(names) => {
                format!("it has no table with a status column (columns: {}): {table}", shortened(&names))
            }
            Page::Fields => format!("tables of fields and values: {table}"),
            Page::Lists => format!("a list of `key: value` per experiment: {table}"),
            Page::Text => format!("no table found: {table}"),
        },
    })
}

fn shortened(names: &[String]) -> String {
    const MOST: usize = 6;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| name.chars().take(24).collect()).collect();
    let more = if names.len() > MOST { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn speaks_of_experiments(text: &str) -> bool {
    const WORDS: [&str; 8] = ["keep", "kept", "discard", "discarded", "rejected", "reverted", "accepted", "verdict"];
    let text = text.to_ascii_lowercase();
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_named_results_that_is_not_a_table_has_a_reason() {
        for (path, text, expected) in [
            ("results.md", "# Runs\n\n- commit: abc1234\n- loss: 0.9\n- status: keep\n", "a list of `key: value`"),
            ("EXPERIMENTS.md", "| Field | Value |\n|---|---|\n| commit | abc1234 |\n", "fields and values"),
            ("results.txt", "run one was good\n", "no table found"),
            ("results.json", "[\n {\"commit\": \"abc1234\"}\n]\n", "jq -c '.[]' results.json > results.jsonl"),
            ("experiments.json", "{\"experiments\": [{}]}", "one JSON document"),
            ("experiments.yaml", "- commit: abc1234\n", "YAML: write the rows to results.tsv"),
            ("results.csv", "name,loss,when\na,0.9,1\n", "(columns: name, loss, when)"),
            ("results.xlsx", "PK\u{3}\u{4}", "not text"),
            (
                "README.md",
                "# x\n\n| commit | loss | status |\n|---|---|---|\n",
                "set in your policy: results: README.md",
            ),
        ] {
            let why = reason_not_a_table(path, text.as_bytes(), FoundBeside::Nothing).unwrap_or_default();
            assert!(why.contains(expected), "{path}: {why}");
        }
        for (path, text) in [
            ("results.md", ""),
            ("notes.md", "| a | b |\n"),
            ("README.md", "# A model\n\n| size | loss |\n|---|---|\n"),
            ("results.md", "| commit | loss | status |\n|---|---|---|\n"),
        ] {
            assert_eq!(reason_not_a_table(path, text.as_bytes(), FoundBeside::Nothing), None, "{path}");
        }
        // Next to runs only a file that mentions decisions is reported.
        assert_eq!(reason_not_a_table("results.json", b"{\"acc\": 0.9}", FoundBeside::Others), None);
        assert!(reason_not_a_table("results.json", b"[{\"status\": \"keep\"}]", FoundBeside::Others).is_some());
    }
}
