//! Two experiments beside each other: what each measured.

use ratatui::Frame;
use ratatui::style::Style;

use super::{Theme, frame, numbers};
use crate::app::{Area, State};
use crate::model::{Experiment, ExperimentId};
use crate::policy::text::Visible;

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, against: &ExperimentId, theme: &Theme) {
    let snapshot = &state.snapshot;
    let (Some(from), Some(to)) = (snapshot.index_of(against), state.shown()) else { return };
    let (from, to) = (&snapshot.experiments[from], &snapshot.experiments[to]);
    let name = |experiment: &Experiment| Visible::line(&experiment.name()).to_string();
    frame::title(frame, area, &format!("{} against {}", name(to), name(from)), theme);
    let body = area.below_title();
    let width = ((body.width as usize).saturating_sub(2) / 4).clamp(10, 14);
    let names = (body.width as usize).saturating_sub(3 * width + 1).min(24);
    let mut rows: Vec<Vec<(String, Style)>> = vec![vec![
        (format!(" {}", frame::cell("", names)), theme.label),
        (frame::right(&name(from), width), theme.title),
        (frame::right(&name(to), width), theme.title),
        (frame::right("differs by", width), theme.muted),
    ]];
    for (metric, a, b) in metrics(state, from, to) {
        let show = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), numbers::value);
        let differs = a.zip(b).map(|(a, b)| signed(b - a)).unwrap_or_default();
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

fn signed(difference: f64) -> String {
    let sign = if difference < 0.0 { "−" } else { "+" };
    format!("{sign}{}", numbers::value(difference.abs()))
}

/// Every metric that either of them has: the objective, the row's other columns, the log's summary.
fn metrics(state: &State, from: &Experiment, to: &Experiment) -> Vec<(String, Option<f64>, Option<f64>)> {
    let snapshot = &state.snapshot;
    let objective = snapshot.objective.as_ref().map(|objective| objective.metric.to_string());
    let value = |experiment: &Experiment, metric: &str| {
        if objective.as_deref() == Some(metric) {
            return experiment.outcome.value();
        }
        let in_summary = || snapshot.trial(&experiment.id).and_then(|trial| trial.summary_value(metric));
        experiment.row.metric(metric).or_else(in_summary)
    };
    let mut names: Vec<String> = objective.clone().into_iter().collect();
    for experiment in [from, to] {
        let summary = snapshot.trial(&experiment.id).map_or(&[] as &[_], |trial| trial.summary.as_slice());
        for (name, _) in experiment.row.metrics.iter().chain(summary) {
            if !names.iter().any(|known| **known == **name) {
                names.push(name.to_string());
            }
        }
    }
    names
        .into_iter()
        .map(|name| (value(from, &name), value(to, &name), name))
        .map(|(a, b, name)| (name, a, b))
        .collect()
}
