//! Finds the curve files of runs: one directory per run, or one file per run, wherever their writers put them.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::directory::{DirLevel, FollowedDir, ReadBudget};
use super::places::{CurvePlace, PlaceMemory, places};
use crate::disk::shown;
use crate::format::{CurvesFormat, NameHint, is_run_directory};
use crate::model::PassedOver;
use crate::watch::reasons::NOTHING_WRITTEN;

/// Levels of nested directories that are searched.
pub(super) const DEEPEST: usize = 7;
/// Largest number of directories that are remembered.
const MOST_DIRECTORIES: usize = 10_000;
/// Largest number of files whose bytes are read to detect their format.
const MOST_LOOKED_INTO: usize = 20_000;
/// All directories are listed this often, in milliseconds; in between only those that can get new files.
const ALL_EVERY_MS: i64 = 30_000;
const SOME_EVERY_MS: i64 = 1_000;
/// Largest number of files in a directory that are checked every time for new curves.
const MOST_WAITING: usize = 256;
/// Largest number of files that were found and not read that are remembered.
const MOST_PASSED_OVER: usize = 100;

/// Searches a directory for curves, repeatedly.
pub(in crate::watch) struct Discovery {
    dir: PathBuf,
    /// True if the directory contains only runs.
    is_whole: bool,
    known: BTreeMap<PathBuf, FollowedDir>,
    budget: ReadBudget,
    memory: PlaceMemory,
    /// True if there were more directories or files than are read.
    is_cut: bool,
    passed_over: Vec<PassedOver>,
    next_all_ms: i64,
    next_ms: i64,
}

impl Discovery {
    /// Searches only the directories below a run directory in which writers put runs.
    pub(in crate::watch) fn below(dir: &Path) -> Self {
        Self::of(dir, false)
    }

    /// Searches all of a directory that contains only runs.
    pub(in crate::watch) fn whole(dir: &Path) -> Self {
        Self::of(dir, true)
    }

    fn of(dir: &Path, is_whole: bool) -> Self {
        Self {
            dir: dir.to_owned(),
            is_whole,
            known: BTreeMap::new(),
            budget: ReadBudget::default(),
            memory: PlaceMemory::default(),
            is_cut: false,
            passed_over: Vec::new(),
            next_all_ms: 0,
            next_ms: 0,
        }
    }

    /// Directories in which new runs appear.
    pub(super) fn directories(&self) -> impl Iterator<Item = &Path> {
        self.known.iter().filter(|(_, directory)| directory.files.is_empty()).map(|(path, _)| path.as_path())
    }

    /// Files and directories found by the last search and not read, the most important first.
    pub(in crate::watch) fn passed_over(&self) -> &[PassedOver] {
        &self.passed_over
    }

    /// Returns all places if it is time to search and something may have changed. An ended run can continue without a
    /// change of its directory, so all files are checked from time to time. Directories of running runs are checked
    /// each time.
    pub(in crate::watch) fn poll(&mut self, now_ms: i64, live: &HashSet<PathBuf>) -> Option<Vec<CurvePlace>> {
        if now_ms < self.next_ms {
            return None;
        }
        self.next_ms = now_ms + SOME_EVERY_MS;
        let all = now_ms >= self.next_all_ms;
        if all {
            self.next_all_ms = now_ms + ALL_EVERY_MS;
        }
        let mut before = std::mem::take(&mut self.known);
        self.is_cut = false;
        self.budget.left = MOST_LOOKED_INTO;
        let dir = self.dir.clone();
        let mut changed = self.walk(&dir, 0, &mut before, &|path| all || live.contains(path) || *path == dir);
        let is_due = |directory: &&mut FollowedDir| all || directory.waiting.len() <= MOST_WAITING;
        for directory in self.known.values_mut().filter(is_due) {
            changed |= directory.recheck(&mut self.budget);
        }
        for (_, directory) in self.known.iter().filter(|(path, _)| all || live.contains(*path)) {
            let events = directory.files.iter().filter(|(_, format)| **format == CurvesFormat::TfEvents);
            changed |= self.memory.starts.recheck(events.map(|(file, _)| file));
        }
        changed |= all || !before.is_empty();
        changed.then(|| self.places())
    }

    /// Returns true if a directory, or one below it, changed.
    fn walk(
        &mut self,
        path: &Path,
        depth: usize,
        before: &mut BTreeMap<PathBuf, FollowedDir>,
        is_live: &dyn Fn(&Path) -> bool,
    ) -> bool {
        if self.known.len() >= MOST_DIRECTORIES {
            self.is_cut = true;
            return false;
        }
        let old = before.remove(path);
        let is_leaf = |directory: &FollowedDir| directory.directories.is_empty() && !directory.files.is_empty();
        let mut changed = false;
        let directory = match old {
            // The directory of one run gets no others; an empty one may just have been created.
            Some(old) if !is_live(path) && (is_leaf(&old) || old.is_old()) => old,
            old => {
                let Ok(modified) = std::fs::metadata(path).and_then(|meta| meta.modified()) else {
                    return old.is_some();
                };
                match old {
                    Some(old) if old.modified == modified && old.is_settled => old,
                    old => {
                        let level = match (depth, self.is_whole) {
                            (0, true) => DirLevel::Opened,
                            (0, false) => DirLevel::Loop,
                            _ => DirLevel::Below,
                        };
                        let Some(directory) = FollowedDir::list(path, modified, old.as_ref(), level, &mut self.budget)
                        else {
                            return true;
                        };
                        changed = old.is_none_or(|old| !old.is_alike(&directory));
                        directory
                    }
                }
            }
        };
        let mut below = directory.directories.clone();
        self.known.insert(path.to_owned(), directory);
        if depth == 0 && !self.is_whole {
            // Next to a loop only the directories in which writers put runs are searched.
            below.retain(|directory| {
                directory.file_name().is_some_and(|name| is_run_directory(&name.to_string_lossy()))
            });
        }
        if depth <= DEEPEST {
            for directory in below {
                changed |= self.walk(&directory, depth + 1, before, is_live);
            }
        }
        changed
    }

    fn places(&mut self) -> Vec<CurvePlace> {
        let mut passed_over = Vec::new();
        let places = places(&self.dir, self.is_whole, &self.known, &mut self.memory, &mut passed_over);
        for directory in self.known.values() {
            passed_over.extend(directory.passed_over.iter().cloned());
            // A loop's own logs come and go; a person who opens a directory of runs wants to know about each file.
            let waiting = directory.waiting.iter().filter(|_| self.is_whole);
            passed_over.extend(waiting.map(|(path, (promise, length))| {
                let why = match (promise, length) {
                    (_, 0) => NOTHING_WRITTEN,
                    (NameHint::Log(_), _) => "a log without a step and a value so far",
                    _ => "no rows so far",
                };
                (5, path.clone(), why.to_owned())
            }));
        }
        let below = |path: &Path| match path.strip_prefix(&self.dir) {
            Ok(path) if path.as_os_str().is_empty() => ".".to_owned(),
            Ok(path) => shown(path),
            Err(_) => shown(path),
        };
        passed_over.sort_by_key(|(weight, path, _)| (*weight, path.clone()));
        let many = passed_over.len();
        self.passed_over = passed_over
            .into_iter()
            .take(MOST_PASSED_OVER)
            .map(|(_, path, why)| {
                let name = below(&path);
                // Commands run in any directory; the policy uses paths in the run directory.
                let place = if why.contains("countersign {}") || why.contains("series {}") {
                    shown(&self.dir.join(&name))
                } else {
                    name.clone()
                };
                let directory = || shown(path.parent().unwrap_or(&self.dir));
                let why = why.replace("{}", &place);
                // `format` writes this placeholder.
                let why = if why.contains("{folder}") { why.replace("{folder}", &directory()) } else { why }; // prose: ok
                PassedOver::new(name.as_str(), why)
            })
            .collect();
        if many > MOST_PASSED_OVER {
            self.passed_over.push(PassedOver::new(".", format!("{} other files, not listed", many - MOST_PASSED_OVER)));
        }
        if self.is_cut || self.budget.left == 0 {
            let why = format!(
                "more than {MOST_DIRECTORIES} directories or {MOST_LOOKED_INTO} files: the others were not read; open a directory further down"
            );
            self.passed_over.insert(0, PassedOver::new(".", why));
        }
        places
    }
}

impl FollowedDir {
    /// True if it has had no subdirectories for a while.
    fn is_old(&self) -> bool {
        let age = self.modified.elapsed().unwrap_or_default();
        self.directories.is_empty() && self.waiting.is_empty() && age > Duration::from_secs(60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_wherever_writers_put_them_and_as_they_appear() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let dir = directory.path();
        let put = |path: &str| {
            let path = dir.join(path);
            std::fs::create_dir_all(path.parent().unwrap_or(dir))?;
            std::fs::write(path, "x")
        };
        for path in [
            "wandb/offline-run-1-a/run-a.wandb",
            "wandb/offline-run-1-a/files/metrics.csv",
            "runs/exp/events.out.tfevents.1.h",
            "runs/exp/events.out.tfevents.2.h",
            "lightning_logs/version_0/metrics.csv",
            "lightning_logs/version_1/metrics.csv",
            "lightning_logs/version_1/events.out.tfevents.1.h",
            "output/checkpoint-10/trainer_state.json",
            "output/checkpoint-20/trainer_state.json",
            "data/events.out.tfevents.9",
            "runs/notes.txt",
        ] {
            put(path)?;
        }
        std::os::unix::fs::symlink("offline-run-1-a", dir.join("wandb/latest-run"))?;
        let mut discovery = Discovery::below(dir);
        let live = HashSet::new();
        let names = |places: Vec<CurvePlace>| {
            let mut names: Vec<String> =
                places.into_iter().map(|place| format!("{} {}", place.name, place.files.len())).collect();
            names.sort();
            names
        };
        let found = names(discovery.poll(0, &live).unwrap_or_default());
        assert_eq!(
            found,
            [
                "lightning_logs/version_0/metrics.csv 1",
                "lightning_logs/version_1/events.out.tfevents.1.h 1",
                "output/trainer_state.json 1",
                "runs/exp/events.out.tfevents.1.h 2",
                "wandb/offline-run-1-a/files/metrics.csv 1",
                "wandb/offline-run-1-a/run-a.wandb 1",
            ]
        );
        assert_eq!(discovery.poll(10, &live), None, "not yet");
        assert_eq!(discovery.poll(5_000, &live), None, "nothing has changed");
        assert!(discovery.poll(40_000, &live).is_some(), "files may have grown");
        put("wandb/offline-run-2-b/run-b.wandb")?;
        let found = names(discovery.poll(50_000, &live).unwrap_or_default());
        assert!(found.contains(&"wandb/offline-run-2-b/run-b.wandb 1".to_owned()), "{found:?}");
        Ok(())
    }
}
