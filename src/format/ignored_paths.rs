//! Files that the loop writes about itself: results, logs, progress pictures.
//!
//! They are read from the approved tip, never from a proposal: otherwise one veto would make every later change
//! conflict.

use super::detect::{OWN_DIRECTORIES, is_log, is_results};
use crate::model::path_matches;

/// The ignored paths of one loop, as paths in a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoredPaths {
    prefix: String,
    results: String,
    logs: Vec<String>,
    /// Rules for paths that are never ignored, whatever their name: those that the policy protects.
    except: Vec<String>,
    /// True if no path is ignored.
    is_none: bool,
}

impl IgnoredPaths {
    /// Creates the set for a run directory at `prefix` of the tree (empty, or ending in `/`), with its results and the
    /// logs that the policy names, both relative to the run directory.
    pub fn new(prefix: &str, results: &str, logs: &[String]) -> Self {
        Self { prefix: prefix.to_owned(), results: results.to_owned(), logs: logs.to_vec(), ..Self::default() }
    }

    /// Excludes the paths that match these rules, whatever their names.
    pub fn never(self, rules: &[String]) -> Self {
        Self { except: rules.to_vec(), ..self }
    }

    /// The empty set, for when everything that would be trained is reviewed.
    pub fn none() -> Self {
        Self { is_none: true, ..Self::default() }
    }

    /// True if a path in a tree is ignored.
    pub fn contains(&self, path: &str) -> bool {
        if self.is_none || self.except.iter().any(|rule| path_matches(rule, path)) {
            return false;
        }
        let Some(below) = path.strip_prefix(self.prefix.as_str()) else { return false };
        below == self.results
            || is_results(below)
            || is_log(below)
            || self.logs.iter().any(|log| log == below)
            || is_picture(below)
    }

    /// Returns the directories of a tree in which ignored paths can be; the empty path is the top.
    pub fn directories(&self) -> Vec<String> {
        let parent_of = |path: &str| path.rfind('/').map_or(String::new(), |at| path[..at].to_owned());
        let named = self.logs.iter().chain([&self.results]).map(|path| parent_of(path));
        let known = OWN_DIRECTORIES.iter().map(|directory| (*directory).to_owned());
        let mut directories: Vec<String> = known
            .chain(named)
            .chain([String::new()])
            .map(|directory| format!("{}{directory}", self.prefix).trim_end_matches('/').to_owned())
            .collect();
        directories.sort();
        directories.dedup();
        directories
    }
}

/// True for `progress.png` and similar names at the top of the run directory.
fn is_picture(path: &str) -> bool {
    path.starts_with("progress") && !path.contains('/') && [".png", ".svg"].iter().any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_the_loop_writes_about_itself() {
        let ignored = IgnoredPaths::new("exp/", "results.tsv", &["logs/a.log".to_owned()]);
        for yes in [
            "exp/results.tsv",
            "exp/run.log",
            "exp/progress.png",
            "exp/logs/a.log",
            "exp/.auto/log.jsonl",
            "exp/metrics.jsonl",
        ] {
            assert!(ignored.contains(yes), "{yes}");
        }
        for no in [
            "results.tsv",
            "exp/train.py",
            "exp/logs/b.log",
            "exp/src/progress.png",
            "exp/src/metrics.jsonl",
            "run.log",
            "exp/data/results.tsv",
            "exp/eval/metrics.csv",
        ] {
            assert!(!ignored.contains(no), "{no}");
        }
        assert_eq!(
            ignored.directories(),
            [
                "exp",
                "exp/.auto",
                "exp/.autoresearch",
                "exp/.lab",
                "exp/autoresearch",
                "exp/autoresearch-results",
                "exp/experiments",
                "exp/logs"
            ]
        );
        assert_eq!(IgnoredPaths::new("", "results.tsv", &[]).directories()[0], "");
        let ignored =
            IgnoredPaths::new("", "results.tsv", &[]).never(&["metrics.csv".to_owned(), "experiments/".to_owned()]);
        assert!(
            ignored.contains("results.tsv")
                && !ignored.contains("metrics.csv")
                && !ignored.contains("experiments/results.tsv")
        );
        assert!(!IgnoredPaths::none().contains("results.tsv"));
    }
}
