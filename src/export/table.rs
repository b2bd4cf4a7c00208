//! A view as rows of a table.

use std::io::{self, Write};
use std::sync::Arc;

use crate::app::{State, ViewKind, XAxis};
use crate::model::{Outcome, TrialEnd, TrialProgress};
use crate::policy::text::Visible;
use crate::series::{Ruler, Series, shortest};

/// A header and rows.
#[derive(Debug)]
pub struct ExportTable {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    curves: Vec<Points>,
}

/// One curve; its points are read while writing.
#[derive(Debug)]
struct Points {
    experiment: String,
    run: u64,
    metric: Arc<str>,
    series: Series,
    along: TrialProgress,
    /// The visible range of the x-axis and its measure; `None` for all of it.
    part: Option<(f64, f64, XAxis)>,
}

impl ExportTable {
    /// Returns the table of the current view.
    pub fn of(state: &State) -> Self {
        if state.review.open.is_some() {
            return changed_lines(state);
        }
        match state.view {
            ViewKind::Curves => curves(state),
            ViewKind::Inbox | ViewKind::Lineage => experiments(state, state.listed()),
            ViewKind::Progress => {
                let (from, to) = state.shown_span();
                experiments(state, (from..to).collect())
            }
            ViewKind::Instruments => instruments(state),
            ViewKind::Runs => runs(state),
            ViewKind::Knobs => knobs(state),
        }
    }

    fn new(header: Vec<&'static str>, rows: Vec<Vec<String>>) -> Self {
        Self { header, rows, curves: Vec::new() }
    }

    /// Writes it as CSV (RFC 4180, with line feeds).
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", self.header.join(","))?;
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
            writeln!(out, "{}", cells.join(","))?;
        }
        self.curves.iter().try_for_each(|points| points.write(out))
    }
}

impl Points {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let (experiment, metric) = (cell(&self.experiment), cell(Visible::of(&self.metric).as_str()));
        let (seconds, tokens) = (Ruler::new(&self.along.seconds), Ruler::new(&self.along.tokens));
        let at =
            |ruler: Option<Ruler<'_>>, step: f64| ruler.map(|ruler| ruler.at(step).to_string()).unwrap_or_default();
        let shown = |step: f64| match self.part {
            None => true,
            Some((from, to, measure)) => {
                let ruler = match measure {
                    XAxis::Step => None,
                    XAxis::Tokens => tokens,
                    XAxis::Seconds => seconds,
                };
                (from..=to).contains(&ruler.map_or(step, |ruler| ruler.at(step)))
            }
        };
        for point in self.series.points().filter(|point| shown(point.step)) {
            let (seconds, tokens) = (at(seconds, point.step), at(tokens, point.step));
            writeln!(
                out,
                "{experiment},{},{metric},{},{seconds},{tokens},{}",
                self.run,
                point.step,
                shortest(point.value)
            )?;
        }
        Ok(())
    }
}

/// Returns a CSV cell. Text that a spreadsheet would read as a formula is marked as text, as the agent may have written
/// it.
fn cell(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok();
    let is_formula = !is_number && text.starts_with(['=', '+', '-', '@', '\t', '\r', '−']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Returns all recorded points of the drawn curves within the visible range.
fn curves(state: &State) -> ExportTable {
    let header = vec!["experiment", "run", "metric", "step", "seconds", "tokens", "value"];
    let mut table = ExportTable::new(header, Vec::new());
    let Some(subjects) = state.subjects() else { return table };
    let trial = subjects.main.trial;
    let metrics: Vec<Arc<str>> = if state.curves.plot.grid {
        state.filtered(trial).into_iter().cloned().collect()
    } else {
        state.metric_of(trial).into_iter().cloned().collect()
    };
    let part = state.curves.plot.window.map(|(from, to)| (from, to, state.curves.plot.measure));
    for metric in &metrics {
        for subject in subjects.all() {
            table.curves.extend(subject.runs_with(metric).into_iter().enumerate().map(|(at, (_, curves, series))| {
                Points {
                    experiment: subject.name.clone(),
                    run: at as u64 + 1,
                    metric: Arc::clone(metric),
                    series: series.clone(),
                    along: curves.along.clone(),
                    part,
                }
            }));
        }
    }
    table
}

fn experiments(state: &State, indices: Vec<usize>) -> ExportTable {
    let header = vec![
        "number",
        "id",
        "name",
        "commit",
        "outcome",
        "value",
        "claim",
        "gain",
        "decision",
        "by",
        "at",
        "reason",
        "description",
        "metric",
        "segment",
    ];
    let snapshot = &state.snapshot;
    let row = |index: usize| {
        let experiment = &snapshot.experiments[index];
        let outcome = match experiment.outcome {
            Outcome::Value(_) => "measured",
            other => other.word(),
        };
        let number = |number: Option<f64>| number.map(shortest).unwrap_or_default();
        let objective = snapshot.objective_of(experiment);
        let segment = snapshot.segment_of(experiment).map(|segment| segment.display_name(experiment.session));
        let decision = snapshot.decision(&experiment.id);
        vec![
            index.to_string(),
            Visible::of(experiment.id.as_str()).to_string(),
            Visible::line(&experiment.name()).to_string(),
            experiment.head().map(|head| head.to_string()).unwrap_or_default(),
            outcome.to_owned(),
            number(experiment.outcome.value()),
            Visible::line(&experiment.row.word).to_string(),
            number(experiment.claimed_gain),
            decision.map(|decision| decision.kind.word().to_owned()).unwrap_or_default(),
            decision.map(|decision| Visible::of(&decision.reviewer).to_string()).unwrap_or_default(),
            decision.map(|decision| at(decision.at_ms)).unwrap_or_default(),
            decision.map(|decision| Visible::of(&decision.reason).to_string()).unwrap_or_default(),
            Visible::line(&experiment.row.description).to_string(),
            objective.map(|objective| Visible::of(&objective.metric).to_string()).unwrap_or_default(),
            segment.map(|name| Visible::line(&name).to_string()).unwrap_or_default(),
        ]
    };
    ExportTable::new(header, indices.into_iter().map(row).collect())
}

/// Returns the list of runs in its current order.
fn runs(state: &State) -> ExportTable {
    let header = vec!["run", "log", "state", "changed", "steps", "metric", "last", "min", "max", "experiment"];
    let snapshot = &state.snapshot;
    let metric = state.runs.metric();
    let row = |place: usize| {
        let trial = &snapshot.trials[place];
        let state_word = match trial.end {
            TrialEnd::Running => "running",
            TrialEnd::Finished => "finished",
            TrialEnd::Crashed(_) => "crashed",
            TrialEnd::Silent | TrialEnd::Overwritten => "no end",
        };
        let number = |number: Option<f64>| number.map(shortest).unwrap_or_default();
        let range = metric.and_then(|metric| trial.outline(metric)?.range);
        vec![
            state.runs.name(place).to_owned(),
            Visible::of(&trial.log).to_string(),
            state_word.to_owned(),
            trial.last_ms.map(at).unwrap_or_default(),
            number(trial.last_step()),
            metric.map(|metric| Visible::of(metric).to_string()).unwrap_or_default(),
            number(metric.and_then(|metric| trial.last_value(metric))),
            number(range.map(|range| range.0)),
            number(range.map(|range| range.1)),
            state
                .experiment_of_run(place)
                .map(|experiment| Visible::of(experiment.id.as_str()).to_string())
                .unwrap_or_default(),
        ]
    };
    ExportTable::new(header, state.runs.rows().iter().map(|place| row(*place)).collect())
}

fn at(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|at| at.to_string()).unwrap_or_default()
}

fn instruments(state: &State) -> ExportTable {
    let row = |instrument: crate::instrument::Instrument| {
        vec![instrument.name.to_owned(), instrument.reading.unwrap_or_else(|| "not enough data".to_owned())]
    };
    ExportTable::new(vec!["instrument", "reading"], state.panel().into_iter().map(row).collect())
}

fn knobs(state: &State) -> ExportTable {
    let knobs = state.shown_knobs().map_or(&[] as &[_], |knobs| knobs.knobs.as_slice());
    let rows = knobs.iter().flat_map(|knob| {
        knob.values.iter().flat_map(move |value| {
            value.tries.iter().map(move |attempt| {
                vec![
                    Visible::line(&knob.path).to_string(),
                    Visible::line(&knob.name).to_string(),
                    Visible::line(&value.text).to_string(),
                    Visible::of(attempt.experiment.as_str()).to_string(),
                    attempt.measured.map(shortest).unwrap_or_default(),
                ]
            })
        })
    });
    ExportTable::new(vec!["file", "knob", "value", "experiment", "measured"], rows.collect())
}

/// Returns the lines that the shown change adds and removes.
fn changed_lines(state: &State) -> ExportTable {
    use crate::model::LineKind;
    let header = vec!["file", "old_line", "new_line", "change", "text"];
    let shown = state.shown().map(|index| &state.snapshot.experiments[index].id);
    let files = shown.and_then(|id| state.assessments.known.get(id)).map(|judged| judged.built.files());
    let mut rows = Vec::new();
    for file in files.into_iter().flatten() {
        for line in file.hunks.iter().flat_map(|hunk| &hunk.lines) {
            let kind = match line.kind {
                LineKind::Context => continue,
                LineKind::Added => "added",
                LineKind::Removed => "removed",
            };
            let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
            rows.push(vec![
                Visible::line(&file.path).to_string(),
                number(line.old),
                number(line.new),
                kind.to_owned(),
                Visible::line(&line.text).to_string(),
            ]);
        }
    }
    ExportTable::new(header, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula_is_left() {
        for (text, wanted) in [
            ("plain", "plain"),
            ("-0.5", "-0.5"),
            ("1e-3", "1e-3"),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-rm", "'-rm"),
            ("a, b", "\"a, b\""),
        ] {
            assert_eq!(cell(text), wanted);
        }
    }
}
