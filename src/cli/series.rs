//! `countersign series`: curves of an experiment or of metrics files.

use std::collections::BTreeMap;
use std::path::Path;

use color_eyre::eyre::{WrapErr as _, bail};
use serde::Serialize;

use super::{Code, Out, find, look};
use crate::archive::Archive;
use crate::format::{CurvesFormat, is_metrics_file};
use crate::model::Trial;
use crate::observe::Watched;
use crate::policy::text::Visible;
use crate::series::{Point, Series, SeriesMap};

/// The JSON of `series`. Stable: fields are added, never changed.
#[derive(Serialize)]
struct Printed {
    id: String,
    series: BTreeMap<String, SeriesPrinted>,
}

#[derive(Serialize)]
struct SeriesPrinted {
    points: usize,
    /// Step and value; a value that is no finite number is `null`.
    first: Option<(f64, Option<f64>)>,
    last: Option<(f64, Option<f64>)>,
    min: Option<f64>,
    #[serde(skip)]
    max: Option<f64>,
    nonfinite: usize,
}

pub(super) fn run(out: &mut Out, dir: &Path, what: &str, json: bool) -> color_eyre::Result<Code> {
    let path = Path::new(what);
    let (id, series) = if path.exists() {
        (what.to_owned(), of_path(path)?)
    } else {
        let (watched, snapshot) = look(dir)?;
        let experiment = &snapshot.experiments[find(&snapshot, what)?];
        let Some(trial) = snapshot.trial(&experiment.id) else {
            bail!(
                "no curve was recorded for {}; `countersign record` records every run from now on",
                Visible::line(&experiment.name())
            );
        };
        (experiment.id.to_string(), series_of(&watched, trial)?)
    };
    let printed =
        Printed { id, series: series.iter().map(|(name, series)| (name.to_string(), printed(series))).collect() };
    if json {
        out.json(&printed)?;
        return Ok(Code::Good);
    }
    if printed.series.is_empty() {
        out.line("no curves in it")?;
    }
    for (name, series) in &printed.series {
        let show = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        let last = series.last.and_then(|(_, value)| value);
        out.line(format!(
            "{:<24} {:>8} points  last {:<12} min {:<12} max {:<12} {} not finite",
            Visible::of(name).fit(24),
            series.points,
            show(last),
            show(series.min),
            show(series.max),
            series.nonfinite
        ))?;
    }
    Ok(Code::Good)
}

fn printed(series: &Series) -> SeriesPrinted {
    let point = |point: Point| (point.step, Some(point.value).filter(|value| value.is_finite()));
    SeriesPrinted {
        points: series.len(),
        first: series.first().map(point),
        last: series.last().map(point),
        min: series.summary().min(),
        max: series.summary().max(),
        nonfinite: series.summary().nonfinite(),
    }
}

/// The curves of a trial, from the archive where they are there.
fn series_of(watched: &Watched, trial: &Trial) -> color_eyre::Result<SeriesMap> {
    if let Some(curves) = trial.curves() {
        return Ok(curves.series.clone());
    }
    let archive = watched.archive_path().and_then(|path| Archive::open_to_read(&path));
    Ok(archive.map_or(Ok(None), |archive| archive.curves(trial.id))?.unwrap_or_default().series)
}

/// A metrics file or log, or a folder of them: then names carry the file they come from.
fn of_path(path: &Path) -> color_eyre::Result<SeriesMap> {
    if path.is_file() {
        return of_file(path);
    }
    let mut all = SeriesMap::new();
    let mut entries: Vec<_> = std::fs::read_dir(path).wrap_err_with(|| path.display().to_string())?.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = [".jsonl", ".log"].iter().any(|ending| name.ends_with(ending)) || is_metrics_file(&name);
        if known && entry.path().is_file() {
            for (metric, series) in of_file(&entry.path())? {
                all.insert(format!("{name}:{metric}").into(), series);
            }
        }
    }
    Ok(all)
}

fn of_file(path: &Path) -> color_eyre::Result<SeriesMap> {
    let bytes = std::fs::read(path).wrap_err_with(|| path.display().to_string())?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut reader = CurvesFormat::of(&name).reader();
    reader.push(&bytes);
    if !bytes.ends_with(b"\n") {
        reader.push(b"\n");
    }
    Ok(reader.curves().series)
}
