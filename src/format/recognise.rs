//! What a directory is, by the names of its files.

use crate::model::LoopFormat;

/// A source that was recognised in a run directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// What it is.
    pub format: LoopFormat,
    /// Path of the rows below the run directory.
    pub results: String,
    /// Paths of logs and metrics files below the run directory that may hold curves.
    pub logs: Vec<String>,
}

/// Where rows may be, below the run directory, first match first. Folders that are looked into are
/// [`FOLDERS`].
const RESULTS: [(&str, LoopFormat); 5] = [
    ("results.tsv", LoopFormat::Autoresearch),
    ("autoresearch-results/results.tsv", LoopFormat::Autoresearch),
    ("autoresearch.jsonl", LoopFormat::PiAutoresearch),
    (".auto/log.jsonl", LoopFormat::PiAutoresearch),
    ("experiments/results.tsv", LoopFormat::Autoresearch),
];

/// Folders below the run directory whose files are listed for recognition.
pub const FOLDERS: [&str; 3] = ["autoresearch-results", ".auto", "experiments"];

/// Recognises a run directory from the paths of its files, relative to it.
pub fn recognise(listing: &[String]) -> Option<Recognised> {
    let has = |path: &str| listing.iter().any(|known| known == path);
    let (results, format) =
        RESULTS.iter().find(|(path, _)| has(path)).map(|(path, format)| ((*path).to_owned(), *format)).or_else(
            || {
                let mut others: Vec<_> =
                    listing.iter().filter(|path| path.ends_with("-results.tsv") && !path.contains('/')).collect();
                others.sort();
                others.first().map(|path| ((*path).clone(), LoopFormat::Autoresearch))
            },
        )?;
    Some(Recognised { format, results, logs: logs(listing) })
}

/// What a directory is in which an agent has a door and nothing else is known: rows are read when they
/// come, from where most loops write them.
pub fn recognise_door(listing: &[String]) -> Recognised {
    Recognised { format: LoopFormat::Proposals, results: RESULTS[0].0.to_owned(), logs: logs(listing) }
}

fn logs(listing: &[String]) -> Vec<String> {
    let mut logs: Vec<_> = listing.iter().filter(|path| is_log(path)).cloned().collect();
    // run.log first: it is the one every run overwrites.
    logs.sort_by_key(|path| (path != "run.log", path.clone()));
    logs
}

/// True for names under which loops write rows.
pub(super) fn is_results(path: &str) -> bool {
    RESULTS.iter().any(|(known, _)| path == *known) || (!path.contains('/') && path.ends_with("-results.tsv"))
}

/// True for names under which loops write curves, at the top or in a folder that is looked into.
pub(super) fn is_log(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(folder, name)| if FOLDERS.contains(&folder) { name } else { "" });
    matches!(name, "run.log" | "train.log" | "training.log" | "metrics.jsonl" | "metrics.csv")
}

/// What a directory is that holds nothing but curves: there is nothing to decide, and a loop may still begin in it.
pub fn recognise_curves(listing: &[String]) -> Recognised {
    Recognised { format: LoopFormat::Curves, results: RESULTS[0].0.to_owned(), logs: logs(listing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide() {
        let listing = |names: &[&str]| recognise(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(listing(&["train.py"]), None);
        let found = listing(&["metrics.jsonl", "run.log", "results.tsv"]);
        assert_eq!(found.as_ref().map(|f| f.results.as_str()), Some("results.tsv"));
        assert_eq!(found.map(|f| f.logs), Some(vec!["run.log".to_owned(), "metrics.jsonl".to_owned()]));
        assert_eq!(listing(&["b-results.tsv", "a-results.tsv"]).map(|f| f.results).as_deref(), Some("a-results.tsv"));
    }
}
