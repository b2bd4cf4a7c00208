//! Where runs keep curves of their own: a folder a run, a file a run, wherever their writers put them.

use std::collections::{BTreeMap, HashSet};
use std::fs::FileType;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::format::{CurvesFormat, RUN_FOLDERS, is_metrics_file};

/// Folders within folders that are looked into.
const DEEPEST: usize = 4;
/// Folders that are remembered at most.
const MOST_FOLDERS: usize = 10_000;
/// All folders are looked at this often; in between only those that can get new ones.
const ALL_EVERY_MS: i64 = 30_000;
const SOME_EVERY_MS: i64 = 1_000;

/// Curves of one run, or of runs that write to the same file one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::observe) struct Place {
    /// What its run is called: the path of its first file below the run directory, or that of what all checkpoints
    /// tell of.
    pub(super) name: String,
    /// That, and the paths of its other files.
    pub(super) names: Vec<String>,
    pub(super) format: CurvesFormat,
    /// Its files, in the order in which they were written.
    pub(super) files: Vec<PathBuf>,
    /// When the last of them changed.
    pub(super) modified: SystemTime,
    /// Bytes of the last of them.
    pub(super) bytes: u64,
}

#[derive(Clone, Debug)]
struct Folder {
    modified: SystemTime,
    /// False when it was listed so soon after it changed that the next change may have the same time.
    is_settled: bool,
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Folder {
    /// True when it has had no folders for a while.
    fn is_old(&self) -> bool {
        let age = self.modified.elapsed().unwrap_or_default();
        self.folders.is_empty() && age > Duration::from_secs(60)
    }
}

/// Looks for places, and looks again.
pub(in crate::observe) struct Discovery {
    dir: PathBuf,
    roots: Vec<PathBuf>,
    known: BTreeMap<PathBuf, Folder>,
    next_all_ms: i64,
    next_ms: i64,
}

impl Discovery {
    /// In the folders where writers put runs, below a run directory.
    pub(in crate::observe) fn below(dir: &Path) -> Self {
        Self::of(dir, RUN_FOLDERS.iter().map(|folder| dir.join(folder)).collect())
    }

    /// In a directory that is nothing but runs.
    pub(in crate::observe) fn whole(dir: &Path) -> Self {
        Self::of(dir, vec![dir.to_owned()])
    }

    fn of(dir: &Path, roots: Vec<PathBuf>) -> Self {
        Self { dir: dir.to_owned(), roots, known: BTreeMap::new(), next_all_ms: 0, next_ms: 0 }
    }

    /// Folders in which new runs appear.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.known.iter().filter(|(_, folder)| folder.files.is_empty()).map(|(path, _)| path.as_path())
    }

    /// All places, when it is time to look and something may be different: a run that was over can go on without its
    /// folder changing, so that now and then all files are looked at. Folders of runs that go on are looked at each time.
    pub(in crate::observe) fn look(&mut self, now_ms: i64, live: &HashSet<PathBuf>) -> Option<Vec<Place>> {
        if now_ms < self.next_ms {
            return None;
        }
        self.next_ms = now_ms + SOME_EVERY_MS;
        let all = now_ms >= self.next_all_ms;
        if all {
            self.next_all_ms = now_ms + ALL_EVERY_MS;
        }
        let mut before = std::mem::take(&mut self.known);
        let mut changed = false;
        let roots = self.roots.clone();
        for root in &roots {
            changed |= self.walk(root, 0, &mut before, &|path| all || live.contains(path));
        }
        if !roots.contains(&self.dir) {
            let dir = self.dir.clone();
            changed |= self.walk(&dir, DEEPEST, &mut before, &|_| true);
        }
        changed |= all || !before.is_empty();
        changed.then(|| self.places())
    }

    fn walk(
        &mut self,
        path: &Path,
        depth: usize,
        before: &mut BTreeMap<PathBuf, Folder>,
        is_live: &dyn Fn(&Path) -> bool,
    ) -> bool {
        if self.known.len() >= MOST_FOLDERS {
            return false;
        }
        let old = before.remove(path);
        let is_leaf = |folder: &Folder| folder.folders.is_empty() && !folder.files.is_empty();
        let mut changed = false;
        let folder = match old {
            // A folder of one run gets no others; one that is empty may just have been made.
            Some(old) if !is_live(path) && (is_leaf(&old) || old.is_old()) => old,
            old => {
                let Ok(modified) = std::fs::metadata(path).and_then(|meta| meta.modified()) else {
                    return old.is_some();
                };
                match old {
                    Some(old) if old.modified == modified && old.is_settled => old,
                    old => {
                        let Some(folder) = list(path, modified) else { return true };
                        changed = old.is_none_or(|old| (&old.folders, &old.files) != (&folder.folders, &folder.files));
                        folder
                    }
                }
            }
        };
        let below = folder.folders.clone();
        self.known.insert(path.to_owned(), folder);
        if depth < DEEPEST {
            for folder in below {
                changed |= self.walk(&folder, depth + 1, before, is_live);
            }
        }
        changed
    }

    fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for (path, folder) in &self.known {
            // At the top of a loop's directory lie the files that each run overwrites: those are followed by name.
            let is_top = *path == self.dir && !self.roots.contains(path);
            let of = |format: CurvesFormat| {
                let is_of = |file: &&PathBuf| CurvesFormat::of(&file.to_string_lossy()) == format;
                folder.files.iter().filter(is_of).cloned().collect::<Vec<PathBuf>>()
            };
            let mut put = |format, files: Vec<PathBuf>| places.extend(self.place(format, files));
            let (wandb, events) = (of(CurvesFormat::Wandb), of(CurvesFormat::TfEvents));
            // A run that is told in two ways is told by the one that tells more.
            let is_told = !wandb.is_empty() || !events.is_empty();
            for file in wandb {
                put(CurvesFormat::Wandb, vec![file]);
            }
            put(CurvesFormat::TfEvents, events);
            if !is_told && !is_top {
                for format in [CurvesFormat::Csv, CurvesFormat::Jsonl] {
                    for file in of(format) {
                        put(format, vec![file]);
                    }
                }
            }
            let mut states = of(CurvesFormat::TrainerState);
            let is_checkpoint =
                |path: &Path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("checkpoint-"));
            if is_checkpoint(path) {
                continue;
            }
            // Each checkpoint tells all that the ones before it told.
            for checkpoint in folder.folders.iter().filter(|folder| is_checkpoint(folder)) {
                let file = checkpoint.join("trainer_state.json");
                let is_there = self.known.get(checkpoint).is_some_and(|folder| folder.files.contains(&file));
                states.extend(Some(file).filter(|_| is_there));
            }
            let newest = states.into_iter().max_by_key(|file| modified(file));
            put(CurvesFormat::TrainerState, newest.into_iter().collect());
        }
        places
    }

    fn place(&self, format: CurvesFormat, files: Vec<PathBuf>) -> Option<Place> {
        let (first, last) = (files.first()?, files.last()?);
        let meta = std::fs::metadata(last).ok()?;
        let named = if format == CurvesFormat::TrainerState {
            // Whichever checkpoint it is read from, it is the same run's.
            let folder = first.parent()?;
            let is_checkpoint = folder.file_name()?.to_string_lossy().starts_with("checkpoint-");
            let folder = if is_checkpoint { folder.parent()? } else { folder };
            folder.join("trainer_state.json")
        } else {
            first.clone()
        };
        let below = |path: &Path| path.strip_prefix(&self.dir).unwrap_or(path).to_string_lossy().into_owned();
        let name = below(&named);
        let names = std::iter::once(name.clone()).chain(files.iter().skip(1).map(|file| below(file))).collect();
        Some(Place { name, names, format, modified: meta.modified().ok()?, bytes: meta.len(), files })
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

/// What of a folder matters; `None` when it cannot be read. Links are not followed: they lead to what is found
/// anyway, or out of the run directory.
fn list(path: &Path, modified: SystemTime) -> Option<Folder> {
    let is_settled = modified.elapsed().is_ok_and(|age| age > Duration::from_secs(1));
    let mut folder = Folder { modified, is_settled, folders: Vec::new(), files: Vec::new() };
    for entry in std::fs::read_dir(path).ok()?.flatten().take(100_000) {
        let Ok(kind) = entry.file_type() else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        if FileType::is_dir(&kind) && !name.starts_with('.') {
            folder.folders.push(entry.path());
        } else if FileType::is_file(&kind) && is_metrics_file(&name) {
            folder.files.push(entry.path());
        }
    }
    folder.folders.sort();
    folder.files.sort();
    Some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_wherever_their_writers_put_them_and_when_they_come() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let dir = folder.path();
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
        let names = |places: Vec<Place>| {
            let mut names: Vec<String> =
                places.into_iter().map(|place| format!("{} {}", place.name, place.files.len())).collect();
            names.sort();
            names
        };
        let found = names(discovery.look(0, &live).unwrap_or_default());
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
        assert_eq!(discovery.look(10, &live), None, "not yet");
        assert_eq!(discovery.look(5_000, &live), None, "nothing is different");
        assert!(discovery.look(40_000, &live).is_some(), "files may have grown");
        put("wandb/offline-run-2-b/run-b.wandb")?;
        let found = names(discovery.look(50_000, &live).unwrap_or_default());
        assert!(found.contains(&"wandb/offline-run-2-b/run-b.wandb 1".to_owned()), "{found:?}");
        Ok(())
    }
}
