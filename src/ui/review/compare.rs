//! Compares the measured values of two experiments.

use ratatui::Frame;
use ratatui::style::Style;

use crate::app::{Area, State};
use crate::model::{Experiment, ExperimentId, Unit};
use crate::policy::text::Visible;
use crate::ui::{Theme, frame, numbers};

pub(in crate::ui) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, against: &ExperimentId, theme: &Theme) {
    let snapshot = &state.snapshot;
    let (Some(from), Some(to)) = (snapshot.index_of(against), state.shown()) else { return };
    let pair = [from, to];
    let (from, to) = (&snapshot.experiments[from], &snapshot.experiments[to]);
    let name = |experiment: &Experiment| Visible::line(&experiment.name()).to_string();
    frame::title(frame, area, &format!("{} → {}", name(from), name(to)), theme);
    let body = area.below_title();
    let width = ((body.width as usize).saturating_sub(2) / 4).clamp(10, 14);
    let names = (body.width as usize).saturating_sub(3 * width + 1).min(24);
    let mut rows: Vec<Vec<(String, Style)>> = vec![vec![
        (format!(" {}", frame::cell("", names)), theme.label),
        (frame::right(&name(from), width), theme.title),
        (frame::right(&name(to), width), theme.title),
        (frame::right(numbers::DIFFERENCE, width), theme.muted),
    ]];
    for ComparedMetric { metric, unit, values } in measures(state, &pair) {
        let (a, b) = (values[0], values[1]);
        let show = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| numbers::with_unit(v, unit.as_ref()));
        let differs = a.zip(b).map(|(a, b)| numbers::difference(a, b, unit.as_ref(), width - 1)).unwrap_or_default();
        let objective = snapshot.objective.as_ref().filter(|objective| *objective.metric == *metric);
        let style = match objective.and_then(|objective| objective.goal).zip(a.zip(b)) {
            Some((goal, (a, b))) if goal.is_better(b, a) => theme.good,
            Some((goal, (a, b))) if goal.is_better(a, b) => theme.bad,
            _ => theme.text,
        };
        rows.push(vec![
            (format!(" {}", frame::cell(Visible::of(&metric).as_str(), names)), theme.label),
            (frame::right(&show(a), width), theme.text),
            (frame::right(&show(b), width), theme.text),
            (frame::right(&differs, width), style),
        ]);
    }
    for (at, pieces) in rows.iter().take(body.height as usize).enumerate() {
        frame::line(frame, body, at as u16, pieces);
    }
}

/// The values of one metric in several experiments.
pub struct ComparedMetric {
    /// The name of the metric.
    pub metric: String,
    /// The unit; `None` if it is unknown or differs between the experiments.
    pub unit: Option<Unit>,
    /// The values in the order of the experiments; `None` if an experiment has none.
    pub values: Vec<Option<f64>>,
}

/// Returns every metric of the experiments: the objectives, then the other columns of the rows and the logs' summaries.
pub fn measures(state: &State, experiments: &[usize]) -> Vec<ComparedMetric> {
    let snapshot = &state.snapshot;
    let experiments: Vec<&Experiment> = experiments.iter().map(|at| &*snapshot.experiments[*at]).collect();
    let objectives: Vec<_> = experiments.iter().map(|experiment| snapshot.objective_of(experiment)).collect();
    let value = |experiment: &Experiment, metric: &str| {
        if snapshot.objective_of(experiment).is_some_and(|objective| *objective.metric == *metric) {
            return experiment.outcome.value();
        }
        let in_summary = || snapshot.trial(&experiment.id).and_then(|trial| trial.summary_value(metric));
        experiment.row.metric(metric).or_else(in_summary)
    };
    let mut names: Vec<String> = Vec::new();
    for objective in objectives.iter().flatten() {
        if !names.iter().any(|known| **known == *objective.metric) {
            names.push(objective.metric.to_string());
        }
    }
    for experiment in &experiments {
        let summary = snapshot.trial(&experiment.id).map_or(&[] as &[_], |trial| trial.summary.as_slice());
        for (name, _) in experiment.row.metrics.iter().chain(summary) {
            if !names.iter().any(|known| **known == **name) {
                names.push(name.to_string());
            }
        }
    }
    let measured = |metric: String| {
        let values = experiments.iter().map(|experiment| value(experiment, &metric)).collect();
        // Two segments may use different units for one metric: then the common unit is unknown.
        let mut units = objectives
            .iter()
            .flatten()
            .filter(|objective| *objective.metric == *metric)
            .map(|objective| state.unit_in(objective));
        let unit = units.next().map_or_else(
            || state.unit_of(&metric),
            |unit| unit.filter(|unit| units.all(|other| other.as_ref() == Some(unit))),
        );
        ComparedMetric { metric, unit, values }
    };
    names.into_iter().map(measured).collect()
}
