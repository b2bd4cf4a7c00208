//! Selects the runs that the curves view shows, and their metrics.

use std::sync::Arc;

use crate::app::curves::plot::NewestShows;
use crate::app::{DrawnTrial, Overlay, Reference, State, Subjects, ViewKind, main_metric};
use crate::model::{Curves, Experiment, ExperimentId, Objective, Snapshot, Trial, TrialEnd, Unit};
use crate::policy::text::Visible;
use crate::series::Series;

/// Maximum number of further runs that are drawn together with the newest run of an experiment.
const MOST_OTHERS: usize = 15;

impl State {
    /// True if the curves view or the list of runs is on the screen, so that the person's curve settings apply.
    pub fn in_curves(&self) -> bool {
        matches!(self.view, ViewKind::Curves | ViewKind::Runs) && self.review.open.is_none()
    }

    /// Returns the curves of a trial; `None` while they are being loaded, and if the store does not have them.
    pub fn curves_of<'a>(&'a self, trial: &'a Trial) -> Option<&'a Curves> {
        self.curves.cache.of(trial)
    }

    /// True if the curves of a trial cannot be loaded.
    pub fn is_curve_missing(&self, trial: &Trial) -> bool {
        self.curves.cache.is_missing(trial)
    }

    /// Returns a trial with the other runs of its experiment.
    fn subject<'a>(&'a self, trial: &'a Arc<Trial>, name: String, of: Option<&ExperimentId>) -> DrawnTrial<'a> {
        let snapshot = &self.snapshot;
        let all = of.filter(|_| self.in_curves()).map(|id| snapshot.trials_of(id));
        let others = all.into_iter().flatten().rev().filter_map(|at| snapshot.trials.get(*at));
        let others = others.filter(|other| !Arc::ptr_eq(other, trial) && !matches!(other.end, TrialEnd::Crashed(_)));
        let others = others.take(MOST_OTHERS).map(|other| (other, self.curves_of(other))).collect();
        DrawnTrial { trial, curves: self.curves_of(trial), name, others }
    }

    /// Returns the trials to draw; `None` without curves to show.
    pub fn subjects(&self) -> Option<Subjects<'_>> {
        let snapshot = &self.snapshot;
        if self.rows_are_runs() || self.main_run().is_some() {
            return self.subjects_of_run(self.main_run()?);
        }
        let experiment = self.shown().map(|index| &snapshot.experiments[index]);
        let own = experiment.and_then(|experiment| snapshot.trial(&experiment.id));
        let running = snapshot.running.and_then(|index| snapshot.trials.get(index));
        let in_curves = self.in_curves();
        let is_named = self.curves.plot.newest == NewestShows::Itself;
        let newest = !is_named && self.selected().is_none_or(|index| index + 1 == snapshot.experiments.len());
        let name_of = |experiment: &Experiment| Visible::line(&experiment.name()).to_string();
        let (trial, name) = match (own, running) {
            (Some(own), None) => (own, experiment.map(|e| name_of(e)).unwrap_or_default()),
            (Some(own), Some(_)) if !(in_curves && newest) => (own, experiment.map(|e| name_of(e)).unwrap_or_default()),
            (None, _) if is_named => return None,
            (_, Some(running)) if in_curves || experiment.is_none() => (running, self.running_label()),
            // In the inbox, the running trial's curve next to the evidence could be mistaken for this experiment's.
            (None, Some(_)) => return None,
            (Some(_), Some(running)) => (running, self.running_label()),
            (None, None) => {
                let last = snapshot
                    .trials
                    .len()
                    .checked_sub(1)
                    .filter(|last| in_curves && snapshot.bound_to(*last).is_none())?;
                let trial = &snapshot.trials[last];
                (trial, format!("the last run in {}, matched to no row", self.runs.name(last)))
            }
        };
        let is_running = running.is_some_and(|running| Arc::ptr_eq(running, trial));
        // The running trial may belong to a known experiment: another seed, or a repetition.
        let of = match snapshot.running.filter(|_| is_running) {
            Some(running) => snapshot.bound_to(running),
            None => experiment.filter(|_| own.is_some_and(|own| Arc::ptr_eq(own, trial))),
        };
        let mut base_word = "base";
        let base = if in_curves && self.curves.plot.reference != Reference::Base {
            let incumbent = incumbent(snapshot).filter(|_| self.curves.plot.reference == Reference::Incumbent);
            incumbent.and_then(|(best, word)| {
                base_word = word;
                Some((best, snapshot.trial(&best.id)?))
            })
        } else {
            let base = match of {
                None if is_running => snapshot.last_kept(),
                of => of.or(experiment).and_then(|experiment| snapshot.by_head(experiment.change.as_ref()?.base)),
            };
            base.and_then(|base| Some((base, snapshot.trial(&base.id)?)))
        };
        let base = base.filter(|(base, _)| of.is_none_or(|of| of.id != base.id));
        Some(Subjects {
            main: self.subject(trial, name, of.map(|experiment| &experiment.id)),
            base: base.map(|(experiment, trial)| self.subject(trial, name_of(experiment), Some(&experiment.id))),
            base_word,
            overlays: if in_curves { self.overlays(trial) } else { Vec::new() },
            is_running,
        })
    }

    /// Returns the trials to draw for a single run, with its overlays.
    fn subjects_of_run(&self, place: usize) -> Option<Subjects<'_>> {
        let trial = self.snapshot.trials.get(place)?;
        Some(Subjects {
            main: self.subject(trial, self.runs.name(place).to_owned(), None),
            base: None,
            base_word: "base",
            overlays: self.overlays(trial),
            is_running: trial.end == TrialEnd::Running,
        })
    }

    /// Returns the overlays over a trial, each run once.
    fn overlays<'a>(&'a self, over: &Arc<Trial>) -> Vec<DrawnTrial<'a>> {
        let snapshot = &self.snapshot;
        let mut overlays: Vec<DrawnTrial<'a>> = Vec::new();
        for chosen in &self.curves.plot.overlays {
            let subject = match chosen {
                Overlay::Experiment(id) => snapshot.trial(id).zip(snapshot.index_of(id)).map(|(trial, index)| {
                    let name = Visible::line(&snapshot.experiments[index].name()).to_string();
                    self.subject(trial, name, Some(id))
                }),
                Overlay::Run(id) => self.runs.index_of(*id).and_then(|place| {
                    let trial = snapshot.trials.get(place)?;
                    Some(self.subject(trial, self.runs.name(place).to_owned(), None))
                }),
            };
            let is_drawn = |trial: &Arc<Trial>| {
                Arc::ptr_eq(trial, over) || overlays.iter().any(|known| Arc::ptr_eq(known.trial, trial))
            };
            overlays.extend(subject.filter(|subject| !is_drawn(subject.trial)));
        }
        overlays
    }

    fn running_label(&self) -> String {
        let name = self.snapshot.running_name().map(|name| Visible::line(&name).to_string()).unwrap_or_default();
        format!("{name} running now")
    }

    /// Returns the metric to draw: the chosen one if the trial has it, else the most informative one.
    pub fn metric_of<'a>(&self, trial: &'a Trial) -> Option<&'a Arc<str>> {
        let passes = |metric: &&Arc<str>| self.curves.plot.filter.as_ref().is_none_or(|filter| filter.accepts(metric));
        let chosen = self.curves.plot.metric.as_ref().and_then(|metric| trial.metric(metric)).filter(passes);
        let first = || self.curves.plot.filter.as_ref().and_then(|_| self.filtered(trial).first().copied());
        chosen
            .or_else(first)
            .or_else(|| main_metric(trial, self.snapshot.objective.as_ref().map(|objective| &*objective.metric)))
    }

    /// Returns the drawn metric of the main trial with its values; `None` while they are being loaded.
    pub fn main_series<'a>(&self, subjects: &Subjects<'a>) -> Option<(&'a Arc<str>, &'a Series)> {
        let metric = self.metric_of(subjects.main.trial)?;
        Some((metric, subjects.main.curves?.series.get(metric)?))
    }

    /// Returns the unit of a metric, from the policy, the results or the metric's name; `None` if it is unknown.
    pub fn unit_of(&self, metric: &str) -> Option<Unit> {
        let objective = self.snapshot.objective.as_ref().filter(|objective| *objective.metric == *metric);
        self.unit(metric, objective.and_then(|objective| objective.unit.as_deref()))
    }

    /// Returns the unit of an objective, in its own segment.
    pub fn unit_in(&self, objective: &Objective) -> Option<Unit> {
        self.unit(&objective.metric, objective.unit.as_deref())
    }

    fn unit(&self, metric: &str, beside: Option<&str>) -> Option<Unit> {
        // A unit given next to the numbers in the results is more reliable than a guess from the name.
        let word = self.policy.units.get(metric).map(String::as_str).or(beside);
        word.map(|word| Unit::of_word(Visible::of(word).as_str())).or_else(|| Unit::of_metric(metric))
    }

    /// Returns the metrics of a trial that pass the filter, in order.
    pub fn filtered<'a>(&self, trial: &'a Trial) -> Vec<&'a Arc<str>> {
        let mut metrics = trial.metrics();
        metrics.retain(|metric| self.curves.plot.filter.as_ref().is_none_or(|filter| filter.accepts(metric)));
        metrics
    }
}

/// Returns the best approved experiment, else the best kept one, with its role.
fn incumbent(snapshot: &Snapshot) -> Option<(&Arc<Experiment>, &'static str)> {
    let goal = snapshot.objective.as_ref()?.goal?;
    let approved = snapshot.decided.iter().filter(|(_, at)| snapshot.decisions[**at].is_approval());
    let approved = approved.filter_map(|(id, _)| Some(&snapshot.experiments[snapshot.index_of(id)?]));
    let approved = approved.filter(|experiment| snapshot.segments.is_empty() || experiment.session == snapshot.shown);
    let measured = approved.filter_map(|experiment| Some((experiment, experiment.outcome.value()?)));
    let best = measured.reduce(|a, b| if goal.is_better(b.1, a.1) { b } else { a });
    let kept = || Some((&snapshot.experiments[snapshot.best?], "best kept"));
    best.map(|(experiment, _)| (experiment, "best approved")).or_else(kept)
}
