//! Assigns files to runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::directory::{FollowedDir, Passed};
use super::starts::Starts;
use super::states::{StateFiles, is_checkpoint};
use super::twins::Twins;
use crate::disk::shown;
use crate::format::{CurvesFormat, is_run_directory};

/// The curves of one run, or of runs that write to the same file one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::watch) struct CurvePlace {
    /// The name of its run: the path of its first file below the run directory, or of the file that all checkpoints
    /// describe.
    pub(super) name: String,
    /// The paths of its files.
    pub(super) names: Vec<String>,
    pub(super) format: CurvesFormat,
    /// Its files, in the order in which they were started.
    pub(super) files: Vec<PathBuf>,
    /// Latest modification time of its files.
    pub(super) modified: SystemTime,
    /// Total size of its files in bytes.
    pub(super) bytes: u64,
}

/// Results for files that have to be read to know their run.
#[derive(Default)]
pub(super) struct PlaceMemory {
    pub(super) twins: Twins,
    pub(super) starts: Starts,
    pub(super) states: StateFiles,
}

/// Number of neighbouring files that a file is compared with.
const MOST_COMPARED: usize = 8;

const AT_TOP: &str = "it has curves; next to a loop's rows it is followed only if the policy has `logs: [{}]`";

/// The places in all known directories. A file whose run has a better file is passed over.
pub(super) fn places(
    dir: &Path,
    is_whole: bool,
    known: &BTreeMap<PathBuf, FollowedDir>,
    memory: &mut PlaceMemory,
    passed_over: &mut Vec<Passed>,
) -> Vec<CurvePlace> {
    let mut found: Vec<(CurvesFormat, Vec<PathBuf>)> = Vec::new();
    for (path, directory) in known {
        // The files at the top of a loop's directory are overwritten by each run: those are followed by name.
        let is_top = *path == dir && !is_whole;
        let of = |format: CurvesFormat| -> Vec<PathBuf> {
            directory.files.iter().filter(|(_, of)| **of == format).map(|(file, _)| file.clone()).collect()
        };
        let (wandb, events) = (of(CurvesFormat::Wandb), memory.starts.runs(of(CurvesFormat::TfEvents)));
        // If a run has two files, the one with more information is read.
        let better_files: Vec<(CurvesFormat, PathBuf)> = wandb
            .iter()
            .map(|file| (CurvesFormat::Wandb, file.clone()))
            .chain(events.iter().flatten().take(1).map(|file| (CurvesFormat::TfEvents, file.clone())))
            .collect();
        found.extend(wandb.into_iter().map(|file| (CurvesFormat::Wandb, vec![file])));
        found.extend(events.into_iter().map(|files| (CurvesFormat::TfEvents, files)));
        // The state in a checkpoint belongs to the run above it, unless a person opened exactly that directory.
        let is_part = is_checkpoint(path) && *path != dir;
        let state = if is_part { None } else { memory.states.newest(path, directory, known, passed_over) };
        let mut tables: Vec<(CurvesFormat, PathBuf)> = Vec::new();
        for format in [CurvesFormat::Jsonl, CurvesFormat::Csv, CurvesFormat::Json] {
            for file in of(format) {
                let same = |(_, other): &&(CurvesFormat, PathBuf)| {
                    // Ray writes the same rows twice.
                    let is_ray = is_named(other, "result.json") && is_named(&file, "progress.csv");
                    other.file_stem() == file.file_stem() || is_ray
                };
                let better = better_of(&better_files, (format, &file), &mut memory.twins)
                    .or(tables.iter().find(same).map(|(_, file)| file));
                let is_of_viewer = is_named(path, "vis_data") && !is_named(&file, "scalars.json");
                let viewer = path.join("scalars.json");
                match better.or((is_of_viewer && directory.files.contains_key(&viewer)).then_some(&viewer)) {
                    Some(better) => passed_over.push(read_instead(&file, better)),
                    None => tables.push((format, file)),
                }
            }
        }
        if is_top {
            let logs = of(CurvesFormat::RunLog);
            let at_top = tables.drain(..).map(|(_, file)| file).chain(logs);
            passed_over.extend(at_top.map(|file| (2, file, AT_TOP.to_owned())));
        }
        let live = tables
            .iter()
            .find(|(_, file)| is_named(file, "trainer_log.jsonl") || is_named(file, "logging.jsonl"))
            .map(|(_, file)| file.clone());
        match (state, live) {
            // LLaMA-Factory and ms-swift write both; the log continues between two checkpoints.
            (Some(state), Some(live)) => passed_over.push(read_instead(&state, &live)),
            (Some(state), None) => found.push((CurvesFormat::TrainerState, vec![state])),
            (None, _) => {}
        }
        found.extend(tables.into_iter().map(|(format, file)| (format, vec![file])));
    }
    remove_logged_below(&mut found, passed_over);
    let logs = logs(dir, is_whole, known, &found, &mut memory.twins, passed_over);
    found.extend(logs.into_iter().map(|file| (CurvesFormat::RunLog, vec![file])));
    found.sort_by(|a, b| a.1.cmp(&b.1));
    found.into_iter().filter_map(|(format, files)| place(dir, format, files)).collect()
}

/// The file of the same run with more information, among those next to a table or log: the only candidate if the names
/// are those of such a pair, or else one with the same values.
fn better_of<'a>(
    beside: &'a [(CurvesFormat, PathBuf)],
    file: (CurvesFormat, &Path),
    twins: &mut Twins,
) -> Option<&'a PathBuf> {
    let is_log = file.0 == CurvesFormat::RunLog;
    if let [(format, only)] = beside
        && (if is_log { is_own(*format, only) } else { is_own(file.0, file.1) })
    {
        return Some(only);
    }
    let mut compared = beside.iter().take(MOST_COMPARED);
    compared.find(|(format, better)| twins.are_same(file, (*format, better))).map(|(_, better)| better)
}

/// True for a file that a writer puts into the directory of a single run, by its name.
fn is_own(format: CurvesFormat, file: &Path) -> bool {
    const NAMES: [&str; 17] = [
        "metrics",
        "progress",
        "history",
        "log",
        "trainer_log",
        "logging",
        "result",
        "results",
        "scalars",
        "summary",
        "training",
        "training_log",
        "evaluations",
        "losses",
        "loss",
        "stats",
        "scores",
    ];
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    format.has_file_per_run()
        || format == CurvesFormat::TrainerState
        || NAMES.contains(&stem.as_str())
        || ["_metrics", "-metrics", "monitor"].iter().any(|end| stem.ends_with(end))
}

/// Removes the state or the table in a run's directory if W&B or TensorBoard have a directory for that run below it:
/// `output/trainer_state.json` and `output/runs/DATE/events...`.
fn remove_logged_below(found: &mut Vec<(CurvesFormat, Vec<PathBuf>)>, passed_over: &mut Vec<Passed>) {
    let events = |(format, files): &(CurvesFormat, Vec<PathBuf>)| {
        files.first().filter(|_| matches!(format, CurvesFormat::Wandb | CurvesFormat::TfEvents)).cloned()
    };
    let events: Vec<PathBuf> = found.iter().filter_map(events).collect();
    found.retain(|(format, files)| {
        let Some(file) = files.first() else { return false };
        let Some(directory) = own_directory(*format, file) else { return true };
        let below: Vec<&PathBuf> = events.iter().filter(|event| is_of_run(event, directory)).collect();
        let better = match below.as_slice() {
            [only] => *only,
            // A resumed run has a directory of events for each start, and one state.
            [.., newest] if *format == CurvesFormat::TrainerState => *newest,
            _ => return true,
        };
        passed_over.push(read_instead(file, better));
        false
    });
}

/// The directory of the run of a file; `None` if it may be of another run, or of several.
fn own_directory(format: CurvesFormat, file: &Path) -> Option<&Path> {
    const TABLES: [&str; 6] = ["metrics", "progress", "history", "log", "trainer_log", "logging"];
    let directory = file.parent()?;
    let is_table = || file.file_stem().is_some_and(|stem| TABLES.iter().any(|known| stem == *known));
    match format {
        CurvesFormat::TrainerState if is_checkpoint(directory) => directory.parent(),
        CurvesFormat::TrainerState => Some(directory),
        CurvesFormat::Csv | CurvesFormat::Jsonl | CurvesFormat::Json if is_table() => Some(directory),
        _ => None,
    }
}

/// True for a file next to a run's own, or where writers put theirs below it: `runs/DATE/`, `wandb/run-1/`, `logs/`.
fn is_of_run(file: &Path, directory: &Path) -> bool {
    let Ok(below) = file.strip_prefix(directory) else { return false };
    let mut parts = below.parent().into_iter().flat_map(Path::iter);
    parts.next().is_none_or(|first| is_run_directory(&first.to_string_lossy())) && parts.count() <= 1
}

/// Adds the logs of runs that have nothing else. The only log of a directory next to, or above, the only file of a run
/// belongs to that run.
fn logs(
    dir: &Path,
    is_whole: bool,
    known: &BTreeMap<PathBuf, FollowedDir>,
    found: &[(CurvesFormat, Vec<PathBuf>)],
    twins: &mut Twins,
    passed_over: &mut Vec<Passed>,
) -> Vec<PathBuf> {
    let mut runs: BTreeMap<&Path, Vec<(CurvesFormat, PathBuf)>> = BTreeMap::new();
    for (format, files) in found {
        let Some(first) = files.first() else { continue };
        runs.entry(first.parent().unwrap_or(first)).or_default().push((*format, first.clone()));
    }
    let mut all = Vec::new();
    for (path, directory) in known.iter().filter(|(path, _)| is_whole || *path != dir) {
        let mut of_directory: Vec<&PathBuf> = Vec::new();
        let logs = directory.files.iter().filter(|(_, format)| **format == CurvesFormat::RunLog);
        let mut logs: Vec<&PathBuf> = logs.map(|(file, _)| file).collect();
        // Of Slurm's `.out` and `.err` the first contains the program's output.
        logs.sort_by_key(|file| file.extension().is_some_and(|ending| ending == "err"));
        for file in logs {
            match of_directory.iter().find(|other| other.file_stem() == file.file_stem()) {
                Some(other) => passed_over.push(read_instead(file, other)),
                None => of_directory.push(file),
            }
        }
        if let [only] = of_directory[..] {
            let beside = runs.get(path.as_path());
            let mut below = runs.range(path.as_path()..).take_while(|(run, _)| run.starts_with(path));
            let alone = below.next().filter(|(_, files)| files.len() == 1 && below.next().is_none());
            let near = beside.or(alone.map(|(_, files)| files)).map(Vec::as_slice).unwrap_or_default();
            // W&B keeps the run's console output in a directory of its own.
            let above = path.parent().filter(|_| is_named(path, "files")).and_then(|run| runs.get(run)?.first());
            let better = better_of(near, (CurvesFormat::RunLog, only), twins);
            if let Some(better) = better.or(above.filter(|_| beside.is_none()).map(|(_, file)| file)) {
                passed_over.push(read_instead(only, better));
                continue;
            }
        }
        all.extend(of_directory.into_iter().cloned());
    }
    all
}

fn read_instead(file: &Path, better: &Path) -> Passed {
    let name = shown(Path::new(better.file_name().unwrap_or_default()));
    (4, file.to_owned(), format!("its run is read from {name}"))
}

fn is_named(path: &Path, name: &str) -> bool {
    path.file_name().is_some_and(|known| known == name)
}

fn place(dir: &Path, format: CurvesFormat, files: Vec<PathBuf>) -> Option<CurvePlace> {
    let first = files.first()?;
    let named = if format == CurvesFormat::TrainerState {
        // Whichever checkpoint it is read from, it belongs to the same run.
        let directory = first.parent()?;
        let directory = if is_checkpoint(directory) && directory != dir { directory.parent()? } else { directory };
        directory.join("trainer_state.json")
    } else {
        first.clone()
    };
    let below = |path: &Path| shown(path.strip_prefix(dir).unwrap_or(path));
    let names = files.iter().map(|file| below(file)).collect();
    let mut place = CurvePlace {
        name: below(&named),
        names,
        format,
        modified: SystemTime::UNIX_EPOCH,
        bytes: 0,
        files: Vec::new(),
    };
    for file in &files {
        let Ok(meta) = std::fs::metadata(file) else { continue };
        place.modified = place.modified.max(meta.modified().ok()?);
        place.bytes += meta.len();
    }
    Some(CurvePlace { files, ..place }).filter(|place| place.modified > SystemTime::UNIX_EPOCH)
}
