//! `countersign compare`: compares experiments side by side, as plain text.

use std::path::{Path, PathBuf};

use color_eyre::eyre::{bail, eyre};
use serde::Serialize;

use crate::app::{Filter, MOST_OVERLAYS, Reference, State};
use crate::cli::args::DisplayOptions;
use crate::cli::{Code, StdoutBuffer, find};
use crate::export::{ExportedView, FileFormat};
use crate::model::{AgentText, ExperimentId, counted};
use crate::policy::text::Visible;
use crate::runtime::headless::Headless;
use crate::ui::{ComparedMetric, Theme, chart, comparison, measures};

/// Charts drawn at most; further metrics are counted.
const MOST_CHARTS: usize = 12;

/// The JSON of `compare`. Stable: fields are added, never changed.
#[derive(Serialize)]
struct Compared<'a> {
    experiments: Vec<ComparedJson<'a>>,
    measures: Vec<MeasureJson>,
    curves: Vec<AtStep>,
}

#[derive(Serialize)]
struct ComparedJson<'a> {
    id: &'a ExperimentId,
    label: &'a AgentText,
    description: &'a AgentText,
    /// The agent's own word.
    claim: &'a AgentText,
    decision: Option<&'static str>,
}

/// A value for each experiment, and its difference from the first one's; `null` if there is none.
#[derive(Serialize)]
struct MeasureJson {
    metric: String,
    values: Vec<Option<f64>>,
    differences: Vec<Option<f64>>,
}

/// The values at the last step that all experiments have.
#[derive(Serialize)]
struct AtStep {
    metric: String,
    step: f64,
    values: Vec<Option<f64>>,
    differences: Vec<Option<f64>>,
}

pub(super) fn run(
    out: &mut StdoutBuffer,
    dir: &Path,
    words: &[String],
    display: &DisplayOptions,
    save: Option<&PathBuf>,
    json: bool,
) -> color_eyre::Result<Code> {
    let kind =
        save.map(|path| FileFormat::of(path).ok_or_else(|| eyre!("--save: {}", crate::app::EXTENSIONS))).transpose()?;
    let mut rest = Headless::open(dir, (display.width, display.height))?;
    let found: color_eyre::Result<Vec<usize>> = words.iter().map(|word| find(&rest.state.snapshot, word)).collect();
    let mut experiments = found?;
    if experiments.len() > MOST_OVERLAYS + 1 {
        bail!("{} experiments at most: more curves cannot be distinguished", MOST_OVERLAYS + 1);
    }
    if let ([only], snapshot) = (experiments.as_slice(), &rest.state.snapshot) {
        let base = snapshot.experiments[*only].change.as_ref().and_then(|change| snapshot.by_head(change.base));
        let base = base.and_then(|base| snapshot.index_of(&base.id));
        experiments.insert(
            0,
            base.ok_or_else(|| eyre!("its base is not an experiment here: name a second experiment to compare with"))?,
        );
    }
    display.apply(&mut rest.state)?;
    rest.state.curves.plot.reference = Reference::None;
    let has_curves = |at: &usize| {
        let snapshot = &rest.state.snapshot;
        snapshot.trial(&snapshot.experiments[*at].id).is_some()
    };
    let drawn: Vec<usize> = experiments.iter().copied().filter(has_curves).collect();
    rest.state.compare_curves(&drawn);
    rest.settle();
    let state = &rest.state;
    if json {
        return out.json(&compared(state, &experiments)).map(|()| Code::Good);
    }
    heading(out, state, &experiments)?;
    let at_steps = at_steps(state, &experiments).into_iter().map(|at_step| {
        let unit = state.unit_of(&at_step.metric);
        ComparedMetric { metric: format!("{} at step {}", at_step.metric, at_step.step), unit, values: at_step.values }
    });
    let all = measures(state, &experiments).into_iter().chain(at_steps).collect();
    comparison(state, &experiments, all).iter().try_for_each(|line| out.line(line))?;
    if drawn.is_empty() {
        return Ok(Code::Good);
    }
    draw(out, &mut rest, display)?;
    if let (Some(path), Some(kind)) = (save, kind) {
        let bytes = ExportedView::of(&rest.state, &Theme::dark(), kind).write(path)?;
        out.line(format!("saved {}, {} KB", crate::cli::args::visible_path(path), bytes.div_ceil(1000)))?;
    }
    Ok(Code::Good)
}

/// Prints the compared experiments, with the marks of their curves.
fn heading(out: &mut StdoutBuffer, state: &State, experiments: &[usize]) -> color_eyre::Result<()> {
    let snapshot = &state.snapshot;
    // As on the chart: experiments without a curve have no mark.
    let mut marks = std::iter::once('●').chain('1'..='9');
    for index in experiments {
        let has_curves = snapshot.trial(&snapshot.experiments[*index].id).is_some();
        let mark = if has_curves { marks.next().unwrap_or(' ') } else { ' ' };
        let experiment = &snapshot.experiments[*index];
        let decision = snapshot.decision(&experiment.id).map(|decision| format!(", {}", decision.kind.word()));
        out.line(format!(
            "{mark} {}  {}  ({}{})",
            Visible::line(&experiment.name()),
            Visible::line(&experiment.row.description),
            Visible::line(&experiment.row.word),
            decision.unwrap_or_default()
        ))?;
        if !has_curves {
            out.line("  no recorded curve")?;
        }
    }
    out.line("")
}

/// Prints charts of the chosen metrics, or of the most informative one.
fn draw(out: &mut StdoutBuffer, rest: &mut Headless, display: &DisplayOptions) -> color_eyre::Result<()> {
    let metrics = drawn_metrics(&rest.state);
    for metric in metrics.iter().take(MOST_CHARTS) {
        rest.state.curves.plot.metric = Some(metric.clone());
        rest.settle();
        out.line("")?;
        chart(&rest.state, display.width, display.height).iter().try_for_each(|line| out.line(line))?;
    }
    if metrics.len() > MOST_CHARTS {
        out.line(format!("and {}; select with --metric", counted(metrics.len() - MOST_CHARTS, "more metric")))?;
    }
    Ok(())
}

fn drawn_metrics(state: &State) -> Vec<std::sync::Arc<str>> {
    let Some(subjects) = state.subjects() else { return Vec::new() };
    match &state.curves.plot.filter {
        Some(_) => state.filtered(subjects.main.trial).into_iter().cloned().collect(),
        None => state.metric_of(subjects.main.trial).cloned().into_iter().collect(),
    }
}

/// Returns the value of each drawn curve at the last step that all of them have.
fn at_steps(state: &State, experiments: &[usize]) -> Vec<AtStep> {
    let snapshot = &state.snapshot;
    let at_last_step = |metric: std::sync::Arc<str>| {
        let series: Vec<_> = experiments
            .iter()
            .map(|at| state.curves_of(snapshot.trial(&snapshot.experiments[*at].id)?)?.series.get(&metric))
            .collect();
        let step = series.iter().flatten().filter_map(|series| Some(series.last()?.step)).reduce(f64::min)?;
        let values: Vec<Option<f64>> =
            series.iter().map(|series| Some((*series)?.last_until(step)?.value).filter(|v| v.is_finite())).collect();
        Some(AtStep { metric: metric.to_string(), step, differences: differences(&values), values })
    };
    drawn_metrics(state).into_iter().filter_map(at_last_step).collect()
}

fn differences(values: &[Option<f64>]) -> Vec<Option<f64>> {
    values.iter().map(|value| Some((*value)? - values.first().copied()??)).collect()
}

fn compared<'a>(state: &'a State, experiments: &[usize]) -> Compared<'a> {
    let snapshot = &state.snapshot;
    let experiment_json = |at: &usize| {
        let experiment = &snapshot.experiments[*at];
        ComparedJson {
            id: &experiment.id,
            label: &experiment.label,
            description: &experiment.row.description,
            claim: &experiment.row.word,
            decision: snapshot.decision(&experiment.id).map(|decision| decision.kind.word()),
        }
    };
    let measure = |measured: ComparedMetric| MeasureJson {
        metric: measured.metric,
        differences: differences(&measured.values),
        values: measured.values,
    };
    Compared {
        experiments: experiments.iter().map(experiment_json).collect(),
        measures: measures(state, experiments).into_iter().map(measure).collect(),
        curves: at_steps(state, experiments),
    }
}

impl DisplayOptions {
    /// Applies the display options to a state.
    pub(super) fn apply(&self, state: &mut State) -> color_eyre::Result<()> {
        let plot = &mut state.curves.plot;
        if let Some(text) = &self.metric {
            plot.filter = Filter::parse(text).map_err(|why| eyre!("--metric is not a regular expression: {why}"))?;
        }
        plot.measure = self.along;
        plot.log = self.log_axis;
        plot.smoothing = usize::from(self.smooth);
        Ok(())
    }
}
