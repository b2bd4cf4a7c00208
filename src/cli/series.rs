//! `countersign series`: curves of an experiment or of metrics files.

use std::collections::BTreeMap;
use std::path::Path;

use color_eyre::eyre::{bail, eyre};
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::{Code, StdoutBuffer, find, out, poll_fully};
use crate::disk::DANGLING;
use crate::disk::shown;
use crate::model::{Lookup, PassedOver, Trial, Warning};
use crate::policy::text::Visible;
use crate::series::{Point, Series, SeriesMap, as_written, shortest};
use crate::store::CurveStore;
use crate::watch::{RunCurves, Watched, read_curves, read_directory};

/// The JSON of `series`. Stable: fields are added, never changed.
#[derive(Serialize)]
struct Printed {
    id: String,
    series: BTreeMap<String, SeriesPrinted>,
    /// Read errors; line 0 stands for the whole file.
    warnings: Vec<Warning>,
    /// Files found in a directory but not read.
    not_read: Vec<PassedOver>,
}

#[derive(Serialize)]
struct SeriesPrinted {
    points: usize,
    /// Step and value; the value is `null` if it is not finite.
    first: Option<(f64, Option<f64>)>,
    last: Option<(f64, Option<f64>)>,
    min: Option<f64>,
    /// The last value as printed, even if it is not finite.
    #[serde(skip)]
    shown: Option<f64>,
    #[serde(skip)]
    max: Option<f64>,
    nonfinite: usize,
}

pub(super) fn run(out: &mut StdoutBuffer, dir: &Path, target: &str, json: bool) -> color_eyre::Result<Code> {
    let path = Path::new(target);
    let printed = if path.exists() { of_path(target, path)? } else { of_experiment(dir, target)? };
    if json {
        out.json(&printed)?;
    } else {
        print(out, &printed)?;
    }
    for warning in &printed.warnings {
        let lines = match (warning.line, warning.end_line) {
            (0, _) => String::new(),
            (from, to) if from == to => format!(":{from}"),
            (from, to) => format!(":{from}-{to}"),
        };
        out::warn(&format!("{}{lines}: {}", Visible::of(&warning.path), Visible::of(&warning.message)));
    }
    for seen in &printed.not_read {
        out::warn(&format!("not read: {}: {}", Visible::of(&seen.path), Visible::of(&seen.why)));
    }
    Ok(Code::Good)
}

fn print(out: &mut StdoutBuffer, printed: &Printed) -> color_eyre::Result<()> {
    if printed.series.is_empty() {
        return out.line("no curves found");
    }
    // Names are never cut, as they distinguish the curves. A very long one shifts only its own line.
    let names: Vec<String> = printed.series.keys().map(|name| Visible::of(name).to_string()).collect();
    let widest = names.iter().map(|name| name.width()).max().unwrap_or(0).clamp(24, 60);
    for (name, series) in names.iter().zip(printed.series.values()) {
        let show = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), shortest);
        let space = " ".repeat(widest.saturating_sub(name.width()));
        out.line(format!(
            "{name}{space} {:>8} {:<6}  last {:<12} min {:<12} max {:<12} {} not finite",
            series.points,
            if series.points == 1 { "point" } else { "points" },
            show(series.shown),
            show(series.min),
            show(series.max),
            series.nonfinite
        ))?;
    }
    Ok(())
}

fn printed(series: &Series) -> SeriesPrinted {
    let point =
        |point: Point| (as_written(point.step), Some(as_written(point.value)).filter(|value| value.is_finite()));
    SeriesPrinted {
        points: series.len(),
        first: series.first().map(point),
        last: series.last().map(point),
        min: series.summary().min().map(as_written),
        shown: series.last().map(|point| point.value),
        max: series.summary().max().map(as_written),
        nonfinite: series.summary().nonfinite(),
    }
}

fn of_experiment(dir: &Path, target: &str) -> color_eyre::Result<Printed> {
    if Path::new(target).is_symlink() {
        bail!("{}: {DANGLING}", Visible::of(target));
    }
    let polled = poll_fully(dir);
    let is_known = polled.as_ref().is_ok_and(|(_, snapshot)| snapshot.look_up(target) != Lookup::Nothing);
    if !is_known && is_like_a_path(target) {
        bail!("{}: no such file or directory", Visible::of(target));
    }
    let (watched, snapshot) = polled?;
    let experiment = &snapshot.experiments[find(&snapshot, target)?];
    let Some(trial) = snapshot.trial(&experiment.id) else {
        bail!(
            "no curve was recorded for {}; run `countersign record` to record every later run",
            Visible::line(&experiment.name())
        );
    };
    let series = series_of(&watched, trial)?;
    let series = series.iter().map(|(name, series)| (name.to_string(), printed(series))).collect();
    Ok(Printed { id: experiment.id.to_string(), series, warnings: trial.unread.clone(), not_read: Vec::new() })
}

/// True for a word with a slash or an extension, which means a file.
fn is_like_a_path(word: &str) -> bool {
    let extension = Path::new(word).extension().unwrap_or_default().to_string_lossy();
    word.contains('/') || !word.contains(' ') && extension.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Returns the curves of a trial, read from the curve store if not in memory.
fn series_of(watched: &Watched, trial: &Trial) -> color_eyre::Result<SeriesMap> {
    if let Some(curves) = trial.curves() {
        return Ok(curves.series.clone());
    }
    let store = watched.store_path().and_then(|path| CurveStore::open_to_read(&path));
    Ok(store.map_or(Ok(None), |store| store.curves(trial.id))?.unwrap_or_default().series)
}

/// Reads a metrics file or log, or a directory of them; names in a directory are prefixed with their file.
fn of_path(target: &str, path: &Path) -> color_eyre::Result<Printed> {
    let mut all =
        Printed { id: target.to_owned(), series: BTreeMap::new(), warnings: Vec::new(), not_read: Vec::new() };
    let mut take = |run: RunCurves| {
        for (metric, series) in &run.curves.series {
            let name = if run.path.is_empty() { metric.to_string() } else { format!("{}:{metric}", run.path) };
            all.series.insert(name, printed(series));
        }
        all.warnings.extend(run.warnings);
    };
    let named = |error: std::io::Error| eyre!("{}: {error}", Visible::of(&shown(path)));
    if path.is_dir() {
        let not_read = read_directory(path, take).map_err(named)?;
        all.not_read = not_read;
    } else {
        take(read_curves(path).map_err(named)?);
    }
    Ok(all)
}
