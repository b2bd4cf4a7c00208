//! One training run, as described by its log.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{AgentText, CommitId, ExperimentId, Warning};
use crate::series::{Point, Series, SeriesMap, edges};

/// Number of a trial within this process, or its row in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrialId(pub u64);

/// The evidence that a trial belongs to an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The loop was on this commit when the log's first byte appeared.
    Head(CommitId),
    /// The log existed before us: only its numbers can show it.
    Unknown,
}

/// The end of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrialEnd {
    /// It has not ended, as far as its log shows.
    Running,
    /// The log has its summary block.
    Finished,
    /// The log ends in an error, with these last lines.
    Crashed(Vec<AgentText>),
    /// Another run overwrote the log before an end was seen.
    Overwritten,
    /// Nothing was written for a while, and no end was seen.
    Silent,
}

/// The progress of a run at a step, besides the step itself. Empty if the log does not contain it.
#[derive(Clone, Debug, Default)]
pub struct TrialProgress {
    /// Seconds of training so far, by step.
    pub seconds: Series,
    /// Tokens seen so far, by step.
    pub tokens: Series,
}

/// All points of a trial.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    /// Curves by metric.
    pub series: SeriesMap,
    /// Time and tokens by step.
    pub along: TrialProgress,
}

/// The result of comparing curves that were read again with the known ones; the greater value takes precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CurveMatch {
    /// All known points are there.
    Same,
    /// They begin alike and are shorter: the file may not be complete yet.
    Shorter,
    /// They belong to another run.
    Other,
}

impl Curves {
    /// Compares these curves with those known `before`, for a file that was rewritten as a whole.
    pub fn likeness(&self, before: &Self) -> CurveMatch {
        if self.series.is_empty() {
            // Whatever was written over them, it is not a curve.
            return CurveMatch::Shorter;
        }
        let bits = |point: Option<Point>| point.map(|point| (point.step.to_bits(), point.value.to_bits()));
        let likeness = |(name, before): (&Arc<str>, &Series)| {
            let Some(now) = self.series.get(name) else { return CurveMatch::Shorter };
            let last = before.len().saturating_sub(1);
            match (bits(now.get(0)) == bits(before.get(0)), now.get(last)) {
                (false, _) => CurveMatch::Other,
                (true, None) => CurveMatch::Shorter,
                (true, found) if bits(found) == bits(before.get(last)) => CurveMatch::Same,
                (true, Some(_)) => CurveMatch::Other,
            }
        };
        before.series.iter().map(likeness).max().unwrap_or(CurveMatch::Same)
    }
}

/// A summary of one curve.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveOutline {
    /// Its metric.
    pub metric: Arc<str>,
    /// Number of points.
    pub points: usize,
    /// The first and the last point.
    pub ends: (Point, Point),
    /// Its smallest and its largest finite value; `None` if it has none.
    pub range: Option<(f64, f64)>,
    /// Its last value in each of [`CurveOutline::PARTS`] equal parts of its steps; NaN if a part has no point, infinite
    /// if one of its values is not finite.
    pub shape: Arc<[f32]>,
}

impl CurveOutline {
    /// Number of parts of a curve's shape.
    pub const PARTS: usize = 7;

    /// Summarises a series; `None` if it has no points.
    pub fn of(metric: &Arc<str>, series: &Series) -> Option<Self> {
        let ends = (series.first()?, series.last()?);
        let columns = series.columns(&edges(ends.0.step, ends.1.step, Self::PARTS));
        let shape = columns.iter().map(|column| match column.last() {
            _ if column.nonfinite() > 0 => f32::INFINITY,
            last => last.map_or(f32::NAN, |last| last as f32),
        });
        let shape = shape.collect();
        let all = series.summary();
        let range = all.min().zip(all.max());
        Some(Self { metric: Arc::clone(metric), points: series.len(), ends, range, shape })
    }

    /// Its approximate value at a share of its steps, 0 to 1, interpolated linearly between the ends of its parts.
    /// `None` if a value is not finite.
    pub fn at_share(&self, share: f64) -> Option<f64> {
        let share = share.clamp(0.0, 1.0);
        let parts = self.shape.iter().enumerate();
        let known = parts.map(|(at, value)| ((at + 1) as f64 / Self::PARTS as f64, f64::from(*value)));
        let mut before = (0.0, self.ends.0.value);
        for next in known.filter(|(_, value)| !value.is_nan()) {
            if next.0 >= share {
                let along = (share - before.0) / (next.0 - before.0);
                return Some(before.1 + (next.1 - before.1) * along).filter(|value| value.is_finite());
            }
            before = next;
        }
        Some(before.1).filter(|value| value.is_finite())
    }
}

/// The place of a trial's points.
#[derive(Clone, Debug)]
pub enum Recorded {
    /// In memory: it is running, or was the last to run.
    InMemory(Arc<Curves>),
    /// In the store; these are the summaries of its curves.
    InStore(Arc<[CurveOutline]>),
}

impl Recorded {
    /// The summaries of its curves, by metric.
    pub fn outlines(&self) -> Arc<[CurveOutline]> {
        match self {
            Self::InMemory(curves) => {
                curves.series.iter().filter_map(|(metric, series)| CurveOutline::of(metric, series)).collect()
            }
            Self::InStore(outlines) => Arc::clone(outlines),
        }
    }
}

/// One training run.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Its number.
    pub id: TrialId,
    /// Path of its log below the run directory.
    pub log: Arc<str>,
    /// The evidence for the experiment it belongs to.
    pub binding: Binding,
    /// A commit of ours that contains the uncommitted edits when it began; `None` if there were none, or nobody
    /// checked.
    pub edits: Option<CommitId>,
    /// Identity of the row that appeared when it ended; `None` if no row was seen to appear.
    pub row: Option<ExperimentId>,
    /// Time at which its first byte was seen, in milliseconds since the epoch.
    pub started_ms: Option<i64>,
    /// Time at which its last byte was seen, in milliseconds since the epoch.
    pub last_ms: Option<i64>,
    /// Its end.
    pub end: TrialEnd,
    /// Its curves, or their place.
    pub recorded: Recorded,
    /// The parts of its log that could not be read.
    pub unread: Vec<Warning>,
    /// The last lines of its log, oldest first.
    pub last_lines: Vec<AgentText>,
    /// The values of its summary block, in the log's order.
    pub summary: Vec<(Arc<str>, f64)>,
    /// Share of the run that is done, 0 to 1, if the log gives it.
    pub progress: Option<f64>,
    /// Seconds left, if the log gives them.
    pub remaining_s: Option<f64>,
}

impl Trial {
    /// A trial that has just begun, of which nothing more is known.
    pub fn begun(id: TrialId, log: &str, binding: Binding) -> Self {
        Self {
            id,
            log: log.into(),
            binding,
            edits: None,
            row: None,
            started_ms: None,
            last_ms: None,
            end: TrialEnd::Running,
            recorded: Recorded::InMemory(Arc::default()),
            unread: Vec::new(),
            last_lines: Vec::new(),
            summary: Vec::new(),
            progress: None,
            remaining_s: None,
        }
    }

    /// Its name: the directory of a run if its file has the same name in every run, or else the path of its log.
    pub fn run_name(&self) -> &str {
        super::run_name::run_name(&self.log)
    }

    /// Its curves; `None` if they are in the store.
    pub fn curves(&self) -> Option<&Arc<Curves>> {
        match &self.recorded {
            Recorded::InMemory(curves) => Some(curves),
            Recorded::InStore(_) => None,
        }
    }

    /// Names of its metrics, in order.
    pub fn metrics(&self) -> Vec<&Arc<str>> {
        match &self.recorded {
            Recorded::InMemory(curves) => curves.series.keys().collect(),
            Recorded::InStore(outlines) => outlines.iter().map(|outline| &outline.metric).collect(),
        }
    }

    /// A metric by its name; `None` if the trial does not have it.
    pub fn metric(&self, name: &str) -> Option<&Arc<str>> {
        match &self.recorded {
            Recorded::InMemory(curves) => curves.series.get_key_value(name).map(|(name, _)| name),
            Recorded::InStore(outlines) => {
                outlines.iter().map(|outline| &outline.metric).find(|metric| &***metric == name)
            }
        }
    }

    /// Number of points of a metric.
    pub fn points_of(&self, metric: &str) -> usize {
        match &self.recorded {
            Recorded::InMemory(curves) => curves.series.get(metric).map_or(0, Series::len),
            Recorded::InStore(outlines) => {
                outlines.iter().find(|outline| *outline.metric == *metric).map_or(0, |outline| outline.points)
            }
        }
    }

    /// The summary of a metric; `None` if the trial does not have it.
    pub fn outline(&self, metric: &Arc<str>) -> Option<CurveOutline> {
        match &self.recorded {
            Recorded::InMemory(curves) => CurveOutline::of(metric, curves.series.get(metric)?),
            Recorded::InStore(outlines) => outlines.iter().find(|outline| outline.metric == *metric).cloned(),
        }
    }

    /// The last step of any of its metrics; `None` without points.
    pub fn last_step(&self) -> Option<f64> {
        let most = |a: f64, b: f64| a.max(b);
        match &self.recorded {
            Recorded::InMemory(curves) => curves.series.values().filter_map(|s| Some(s.last()?.step)).reduce(most),
            Recorded::InStore(outlines) => outlines.iter().map(|outline| outline.ends.1.step).reduce(most),
        }
    }

    /// The last value of a metric, or else the one in its summary; `None` if it has neither.
    pub fn last_value(&self, metric: &str) -> Option<f64> {
        let in_curve = match &self.recorded {
            Recorded::InMemory(curves) => curves.series.get(metric).and_then(Series::last).map(|point| point.value),
            Recorded::InStore(outlines) => {
                outlines.iter().find(|outline| *outline.metric == *metric).map(|outline| outline.ends.1.value)
            }
        };
        in_curve.or_else(|| self.summary_value(metric))
    }

    /// The summary's value of a metric.
    pub fn summary_value(&self, metric: &str) -> Option<f64> {
        self.summary.iter().find(|(key, _)| &**key == metric).map(|(_, value)| *value)
    }
}

/// The names of runs, in their order: [`Trial::run_name`], or the path of the log if several runs would have the same
/// name. If one log contained several runs one after the other, each has its number: `run.log #3`. No two names are
/// equal. Raw text.
pub fn run_names<'a>(trials: impl Iterator<Item = &'a Arc<Trial>> + Clone) -> Vec<String> {
    let mut log_of: HashMap<&str, &Arc<str>> = HashMap::new();
    let mut shared: HashSet<&str> = HashSet::new();
    let mut runs_in: HashMap<&str, usize> = HashMap::new();
    for trial in trials.clone() {
        *runs_in.entry(&trial.log).or_default() += 1;
        let name = trial.run_name();
        if log_of.insert(name, &trial.log).is_some_and(|known| *known != trial.log) {
            shared.insert(name);
        }
    }
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut names = Vec::new();
    for trial in trials {
        let name = Some(trial.run_name()).filter(|name| !shared.contains(name)).unwrap_or(&trial.log);
        let number = seen.entry(&trial.log).or_default();
        *number += 1;
        names.push(if runs_in[&*trial.log] == 1 { name.to_owned() } else { format!("{name} #{number}") });
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_its_directory_unless_that_contains_several() {
        let logs = [
            "runs/lr_low/events.out.tfevents.1.h",
            "run.log",
            "out/a.csv",
            "out/b.csv",
            "runs/x/metrics.jsonl",
            "runs/x/metrics.jsonl",
        ];
        let trials: Vec<Arc<Trial>> =
            logs.iter().map(|log| Arc::new(Trial::begun(TrialId(0), log, Binding::Unknown))).collect();
        assert_eq!(
            run_names(trials.iter()),
            ["runs/lr_low", "run.log", "out/a.csv", "out/b.csv", "runs/x #1", "runs/x #2"]
        );
    }
}
