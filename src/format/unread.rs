//! What a person may have taken for the loop's results, and why it is not read as such.

use super::ListedFile;
use super::recognise::{is_results_table, may_be_unread};
use super::recognise_curves::foreign;
use super::results::{Page, page};

/// Why a file that is called as results are is no results table, and what to do; `None` for one that is, for an empty
/// one, and for other files. `start` is how it begins; `is_alone` is true where nothing else was found: then a page
/// without a word of experiments is named, too.
pub fn why_no_table(path: &str, start: &[u8], is_alone: bool) -> Option<String> {
    let file = ListedFile { path: path.to_owned(), start: start.to_vec(), modified_ms: 0 };
    if !may_be_unread(path) || start.trim_ascii().is_empty() || is_results_table(&file) {
        return None;
    }
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let (stem, ending) = name.rsplit_once('.')?;
    if matches!(ending, "xlsx" | "xls" | "ods" | "db" | "sqlite" | "sqlite3" | "parquet") {
        return Some(format!("a {ending} file is no text: have the loop write its rows as results.tsv"));
    }
    if let Some(what) = foreign(start) {
        return Some(what.to_owned());
    }
    let text = String::from_utf8_lossy(start);
    let found = page(&text);
    let by_policy = || format!("it has a results table; to have it read, in your policy: results: {path}");
    if stem == "readme" {
        // It may as well show how a table would look.
        return matches!(found, Page::Table).then(by_policy);
    }
    if !is_alone && !speaks_of_experiments(&text) {
        return None;
    }
    let table = "rows are read from a table with a row an experiment, with a status column (keep, discard)";
    Some(match ending {
        "json" if text.trim_start().starts_with('[') => {
            format!("a JSON list: an object a line is read; write one with jq -c '.[]' {name} > {stem}.jsonl")
        }
        "json" => format!("one JSON document: an object a line is read; write its rows as {stem}.jsonl"),
        "yaml" | "yml" | "toml" | "xml" | "html" => {
            format!("{}: write the rows as results.tsv, or an object a line as {stem}.jsonl", ending.to_uppercase())
        }
        _ => match found {
            Page::Table => by_policy(),
            Page::Other(names) => {
                format!("no table in it has a status column (its columns: {}): {table}", shortened(&names))
            }
            Page::Fields => format!("tables of a field and its value: {table}"),
            Page::Lists => format!("a list of `key: value` an experiment: {table}"),
            Page::Text => format!("no table in it: {table}"),
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
    fn what_is_called_results_and_is_no_table_is_named_with_the_reason() {
        for (path, text, said) in [
            ("results.md", "# Runs\n\n- commit: abc1234\n- loss: 0.9\n- status: keep\n", "a list of `key: value`"),
            ("EXPERIMENTS.md", "| Field | Value |\n|---|---|\n| commit | abc1234 |\n", "a field and its value"),
            ("results.txt", "run one was good\n", "no table in it"),
            ("results.json", "[\n {\"commit\": \"abc1234\"}\n]\n", "jq -c '.[]' results.json > results.jsonl"),
            ("experiments.json", "{\"experiments\": [{}]}", "one JSON document"),
            ("experiments.yaml", "- commit: abc1234\n", "YAML: write the rows as results.tsv"),
            ("results.csv", "name,loss,when\na,0.9,1\n", "(its columns: name, loss, when)"),
            ("results.xlsx", "PK\u{3}\u{4}", "no text"),
            ("README.md", "# x\n\n| commit | loss | status |\n|---|---|---|\n", "in your policy: results: README.md"),
        ] {
            let why = why_no_table(path, text.as_bytes(), true).unwrap_or_default();
            assert!(why.contains(said), "{path}: {why}");
        }
        for (path, text) in [
            ("results.md", ""),
            ("notes.md", "| a | b |\n"),
            ("README.md", "# A model\n\n| size | loss |\n|---|---|\n"),
            ("results.md", "| commit | loss | status |\n|---|---|---|\n"),
        ] {
            assert_eq!(why_no_table(path, text.as_bytes(), true), None, "{path}");
        }
        // Beside runs only what speaks of decisions is worth a word.
        assert_eq!(why_no_table("results.json", b"{\"acc\": 0.9}", false), None);
        assert!(why_no_table("results.json", b"[{\"status\": \"keep\"}]", false).is_some());
    }
}
