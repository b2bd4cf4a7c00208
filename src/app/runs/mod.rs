//! The list of runs: filter, order, names, selection.

pub(in crate::app) mod navigate;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::app::{State, ViewKind, main_metric};
use crate::model::{Blocks, Experiment, Goal, Snapshot, Trial, TrialEnd, TrialId, run_names};
use crate::policy::text::Visible;

/// The order of the runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunOrder {
    /// The most recently changed first.
    #[default]
    Newest,
    /// By name, with numbers compared by value.
    Name,
    /// The most steps first.
    Steps,
    /// The best last value first; the smallest if the direction is unknown.
    Value,
}

impl RunOrder {
    /// Returns the next order, cyclically.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Newest => Self::Name,
            Self::Name => Self::Steps,
            Self::Steps => Self::Value,
            Self::Value => Self::Newest,
        }
    }
}

/// The list of runs. It is rebuilt when a run appears, disappears or ends, and when the order or the filter changes;
/// rows do not move under the cursor while several runs write.
#[derive(Clone, Debug, Default)]
pub struct RunList {
    /// The order.
    pub order: RunOrder,
    /// Words that the names must contain; empty for all runs.
    pub filter: String,
    /// The run marked for comparison.
    pub marked: Option<TrialId>,
    /// The two compared runs.
    pub compared: Option<(TrialId, TrialId)>,
    /// Names given by the person, by log and, if a log has several runs, the number. For display only.
    pub names: Arc<BTreeMap<String, String>>,
    /// The selected run.
    pub(super) selected: Option<TrialId>,
    /// Indices of the listed trials, in order.
    rows: Vec<usize>,
    /// Display names, by index.
    called: Vec<String>,
    /// Keys of the names in `names`, by index.
    keys: Vec<String>,
    /// Index of a trial by its id.
    places: HashMap<TrialId, usize>,
    /// The metric whose last values are listed.
    metric: Option<Arc<str>>,
    /// The metric whose curves are drawn in the rows.
    drawn: Option<Arc<str>>,
    newest: Option<TrialId>,
    inputs: Option<ListInputs>,
}

/// The inputs of the list.
#[derive(Clone, Debug)]
struct ListInputs {
    snapshot: Arc<Snapshot>,
    end_states: Vec<(TrialId, std::mem::Discriminant<TrialEnd>)>,
    order: RunOrder,
    filter: String,
    metric: Option<Arc<str>>,
    names: Arc<BTreeMap<String, String>>,
}

impl RunList {
    /// Returns the indices of the listed trials, in order.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// Returns the metric whose last values are listed; `None` if no run has one.
    pub fn metric(&self) -> Option<&Arc<str>> {
        self.metric.as_ref()
    }

    /// Returns the metric whose curves are drawn in the rows: the listed one if a run has a curve of it, else the most
    /// informative metric of the newest run; `None` if no run has a curve.
    pub fn drawn(&self) -> Option<&Arc<str>> {
        self.drawn.as_ref()
    }

    /// Returns the name of a trial, by its index; visible text.
    pub fn name(&self, trial: usize) -> &str {
        self.called.get(trial).map_or("", String::as_str)
    }

    /// Returns the log of a trial, as of when the list was built.
    fn log_of(&self, id: TrialId) -> Option<Arc<str>> {
        let trials = &self.inputs.as_ref()?.snapshot.trials;
        Some(Arc::clone(&trials.get(self.place_of(id)?)?.log))
    }

    /// Returns the key of a trial's name in `names`, by its index.
    pub(super) fn key(&self, trial: usize) -> &str {
        self.keys.get(trial).map_or("", String::as_str)
    }

    /// Returns the index of a trial.
    pub fn place_of(&self, id: TrialId) -> Option<usize> {
        self.places.get(&id).copied()
    }
}

impl State {
    /// Returns the index of the selected run.
    pub fn selected_run(&self) -> Option<usize> {
        self.runs.place_of(self.runs.selected?)
    }

    /// Returns the row of the selected run in the list.
    pub fn run_row(&self) -> Option<usize> {
        let selected = self.selected_run()?;
        self.runs.rows.iter().position(|trial| *trial == selected)
    }

    /// Returns the index of the run that is shown instead of an experiment: in the list of runs, in the curves without
    /// a loop, and after it was opened from the list.
    pub fn main_run(&self) -> Option<usize> {
        match self.view {
            _ if self.review.open.is_some() => None,
            ViewKind::Runs => self.selected_run(),
            ViewKind::Curves if self.snapshot.has_loop() => self.runs.place_of(self.curves.plot.run?),
            ViewKind::Curves => self.selected_run(),
            _ => None,
        }
    }

    /// True if rows are runs: in the list, and in the curves of a directory without a loop.
    pub fn rows_are_runs(&self) -> bool {
        self.review.open.is_none()
            && (self.view == ViewKind::Runs || (self.view == ViewKind::Curves && !self.snapshot.has_loop()))
    }

    /// Returns the name of a trial; visible text.
    pub fn run_name(&self, trial: &Trial) -> &str {
        self.runs.place_of(trial.id).map_or("", |place| self.runs.name(place))
    }

    /// Returns the experiment that a trial, by its index, belongs to.
    pub fn experiment_of_run(&self, trial: usize) -> Option<&Arc<Experiment>> {
        self.snapshot.bound_to(trial)
    }

    /// Returns the number of running runs.
    pub fn running_count(&self) -> usize {
        self.snapshot.trials.iter().filter(|trial| trial.end == TrialEnd::Running).count()
    }

    /// Returns the run that changed last.
    pub fn newest_run(&self) -> Option<&Arc<Trial>> {
        self.snapshot.trials.get(self.runs.place_of(self.runs.newest?)?)
    }

    /// Returns the direction of the listed metric; `None` if it is unknown.
    pub fn goal_of_runs(&self) -> Option<Goal> {
        let metric = self.runs.metric.as_ref()?;
        let objective = self.snapshot.objective.as_ref().filter(|objective| objective.metric == *metric);
        objective.and_then(|objective| objective.goal).or_else(|| Goal::of_metric(metric))
    }

    /// Selects the run in a row of the list.
    pub(super) fn select_run_row(&mut self, row: usize) {
        let last = self.runs.rows.len().saturating_sub(1);
        let trial = self.runs.rows.get(row.min(last)).and_then(|trial| self.snapshot.trials.get(*trial));
        self.runs.selected = trial.map(|trial| trial.id);
    }

    /// Selects a run; clears the filter if that hides it.
    pub(super) fn select_run(&mut self, id: TrialId) {
        self.runs.selected = Some(id);
        if self.run_row().is_none() {
            self.runs.filter.clear();
            refresh(self);
        }
    }
}

/// Updates the list for the current runs, order and filter.
pub(super) fn refresh(state: &mut State) {
    let metric = listed_metric(state);
    let runs = &state.runs;
    let is_same = |inputs: &ListInputs| {
        inputs.order == runs.order
            && inputs.filter == runs.filter
            && inputs.metric == metric
            && Arc::ptr_eq(&inputs.names, &runs.names)
    };
    let settings_changed = !runs.inputs.as_ref().is_some_and(is_same);
    if !settings_changed && runs.inputs.as_ref().is_some_and(|inputs| Arc::ptr_eq(&inputs.snapshot, &state.snapshot)) {
        return;
    }
    let snapshot = Arc::clone(&state.snapshot);
    let end_states: Vec<_> =
        snapshot.trials.iter().map(|trial| (trial.id, std::mem::discriminant(&trial.end))).collect();
    let has_changed = runs_changed(state.runs.inputs.as_ref(), &end_states);
    if !has_changed {
        realign(&mut state.runs, &end_states);
    }
    if settings_changed || has_changed {
        let row_before = state.run_row();
        let newest_before = state.runs.newest;
        let log_before = state.runs.selected.and_then(|id| state.runs.log_of(id));
        let known = std::mem::take(&mut state.runs.places);
        state.runs.metric.clone_from(&metric);
        rebuild(state, &snapshot);
        // The store gives a run another id: it is the run with the same log.
        if let (None, Some(log)) = (state.selected_run(), log_before) {
            state.runs.selected = snapshot.trials.iter().rfind(|trial| trial.log == log).map(|trial| trial.id);
        }
        // If the newest run is selected, the selection moves to a run that begins after it.
        let has_begun = state.runs.newest.is_some_and(|newest| !known.contains_key(&newest));
        if has_begun && state.runs.selected == newest_before {
            state.runs.selected = state.runs.newest;
        }
        if state.run_row().is_none() {
            state.select_run_row(row_before.unwrap_or(0));
        }
    }
    let has_curve = |metric: &Arc<str>| snapshot.trials.iter().any(|trial| trial.points_of(metric) > 1);
    let other = || newest(&snapshot.trials).and_then(|trial| main_metric(trial, None)).cloned();
    state.runs.drawn = metric.clone().filter(has_curve).or_else(other);
    let RunList { order, filter, names, .. } = &state.runs;
    let inputs =
        ListInputs { snapshot, end_states, order: *order, filter: filter.clone(), metric, names: Arc::clone(names) };
    state.runs.inputs = Some(inputs);
}

/// The end state of each trial, in the snapshot's order.
type EndStates = [(TrialId, std::mem::Discriminant<TrialEnd>)];

/// True if a run appeared, disappeared or ended. The snapshot orders runs by their last change, so that the order
/// changes with each line that one of them logs.
fn runs_changed(inputs: Option<&ListInputs>, end_states: &EndStates) -> bool {
    let by_id = |end_states: &EndStates| -> HashMap<TrialId, std::mem::Discriminant<TrialEnd>> {
        end_states.iter().copied().collect()
    };
    inputs.is_none_or(|inputs| inputs.end_states != end_states && by_id(&inputs.end_states) != by_id(end_states))
}

/// Follows a new order of the same runs in the snapshot: everything kept by index is reordered.
fn realign(runs: &mut RunList, end_states: &EndStates) {
    let Some(before) = runs.inputs.as_ref().map(|inputs| inputs.end_states.clone()) else { return };
    if before.iter().map(|(id, _)| id).eq(end_states.iter().map(|(id, _)| id)) {
        return;
    }
    let old: HashMap<TrialId, usize> = before.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    runs.places = end_states.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    let in_order = |texts: &[String]| -> Vec<String> {
        end_states
            .iter()
            .map(|(id, _)| old.get(id).and_then(|place| texts.get(*place)).cloned().unwrap_or_default())
            .collect()
    };
    (runs.called, runs.keys) = (in_order(&runs.called), in_order(&runs.keys));
    runs.rows = runs.rows.iter().filter_map(|place| runs.places.get(&before.get(*place)?.0).copied()).collect();
}

/// Returns the metric whose last values are listed: the chosen one, else the objective if a run has it, else the most
/// informative metric of the newest run.
fn listed_metric(state: &State) -> Option<Arc<str>> {
    let trials = &state.snapshot.trials;
    let has = |metric: &str| trials.iter().any(|trial| trial.last_value(metric).is_some());
    let objective = state.snapshot.objective.as_ref().map(|objective| &objective.metric);
    let newest = || main_metric(newest(trials)?, objective.map(|name| &**name)).cloned();
    let named = state.curves.plot.metric.iter().chain(objective).find(|metric| has(metric));
    named.cloned().or_else(newest)
}

fn newest(trials: &Blocks<Arc<Trial>>) -> Option<&Arc<Trial>> {
    // Trials are in the order in which they last changed.
    trials.last()
}

/// Returns the sort key of a run's age: its last change; the later id is newer if that is unknown.
fn age_key(trial: &Trial) -> (Option<i64>, TrialId) {
    (trial.last_ms.or(trial.started_ms), trial.id)
}

/// Rebuilds names, indices and rows.
fn rebuild(state: &mut State, snapshot: &Snapshot) {
    let trials = &snapshot.trials;
    let given = Arc::clone(&state.runs.names);
    let own = run_names(trials.iter());
    let called = own
        .iter()
        .zip(trials)
        .map(|(own, trial)| Visible::of(given.get(&key(own, &trial.log)).unwrap_or(own)).to_string());
    let runs = &mut state.runs;
    runs.called = called.collect();
    let keys = own.iter().zip(trials).map(|(own, trial)| key(own, &trial.log));
    runs.keys = keys.collect();
    runs.places = trials.iter().enumerate().map(|(place, trial)| (trial.id, place)).collect();
    runs.newest = newest(trials).map(|trial| trial.id);
    let words: Vec<String> = runs.filter.split_whitespace().map(str::to_lowercase).collect();
    let matches_filter = |place: &usize| {
        let name = runs.called[*place].to_lowercase();
        // A renamed run is also found by its original name and its experiment.
        let own = own[*place].to_lowercase();
        let of = snapshot.bound_to(*place).map(|experiment| experiment.name());
        let of = of.map(|name| Visible::line(&name).as_str().to_lowercase()).unwrap_or_default();
        words.iter().all(|word| [&name, &own, &of].iter().any(|text| text.contains(word)))
    };
    let mut rows: Vec<usize> = (0..trials.len()).filter(|place| words.is_empty() || matches_filter(place)).collect();
    let by_age = |a: usize, b: usize| age_key(&trials[b]).cmp(&age_key(&trials[a]));
    match runs.order {
        RunOrder::Newest => rows.sort_by(|a, b| by_age(*a, *b)),
        RunOrder::Name => {
            let called = &runs.called;
            rows.sort_by(|a, b| by_parts(&called[*a], &called[*b]).then_with(|| by_age(*a, *b)));
        }
        RunOrder::Steps => sort_by_number(&mut rows, by_age, |place| trials[place].last_step().map(|step| -step)),
        RunOrder::Value => {
            let metric = runs.metric.clone();
            let sign = if state.goal_of_runs() == Some(Goal::Maximize) { -1.0 } else { 1.0 };
            let value = |place: usize| Some(trials[place].last_value(metric.as_deref()?)? * sign);
            sort_by_number(&mut rows, by_age, value);
        }
    }
    state.runs.rows = rows;
}

/// Returns the key of a name: the log, which does not change when other logs are added.
fn key(own: &str, log: &str) -> String {
    own.rsplit_once(" #").map_or_else(|| log.to_owned(), |(_, number)| format!("{log} #{number}"))
}

/// Sorts by the smallest number first; rows without a number, or with NaN, come last.
fn sort_by_number(
    rows: &mut Vec<usize>,
    otherwise: impl Fn(usize, usize) -> Ordering,
    number: impl Fn(usize) -> Option<f64>,
) {
    let mut keyed: Vec<(f64, usize)> = rows
        .iter()
        .map(|place| (number(*place).filter(|number| !number.is_nan()).unwrap_or(f64::NAN), *place))
        .collect();
    // The NaN used above is positive, which total order puts last.
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| otherwise(a.1, b.1)));
    *rows = keyed.into_iter().map(|(_, place)| place).collect();
}

/// Compares names naturally: `version_2` before `version_10`.
fn by_parts(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    // Digits after a point are a fraction: 0.01 comes before 0.1.
    let (mut is_fraction, mut before_is_digit) = (false, false);
    loop {
        let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match (digits(a), digits(b)) {
            (0, _) | (_, 0) => {
                let (mut left, mut right) = (a.chars(), b.chars());
                match (left.next(), right.next()) {
                    (None, None) => return Ordering::Equal,
                    (x, y) if x != y => return x.cmp(&y),
                    (x, _) => {
                        is_fraction = x == Some('.') && before_is_digit;
                        before_is_digit = false;
                        (a, b) = (left.as_str(), right.as_str());
                    }
                }
            }
            (left_digits, right_digits) => {
                let (x, y) = (a[..left_digits].trim_start_matches('0'), b[..right_digits].trim_start_matches('0'));
                let order = if is_fraction {
                    a[..left_digits].cmp(&b[..right_digits])
                } else {
                    x.len().cmp(&y.len()).then_with(|| x.cmp(y))
                };
                if order != Ordering::Equal {
                    return order;
                }
                // `v1.10.2` is a version: its parts are numbers.
                before_is_digit = !is_fraction;
                is_fraction = false;
                (a, b) = (&a[left_digits..], &b[right_digits..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_sorted_naturally() {
        let mut names = ["v10", "v2", "v02b", "v2a", "b", "a/1", "a/10", "a/9", "lr_0.1", "lr_0.01", "lr_0.012"];
        names.sort_by(|a, b| by_parts(a, b));
        assert_eq!(names, ["a/1", "a/9", "a/10", "b", "lr_0.01", "lr_0.012", "lr_0.1", "v2", "v2a", "v02b", "v10"]);
    }

    proptest! {
        /// Sorting panics on an inconsistent order.
        #[test]
        fn names_have_a_total_order(mut names in proptest::collection::vec("[a0-2/]{0,6}", 0..40)) {
            names.sort_by(|a, b| by_parts(a, b));
            for two in names.windows(2) {
                prop_assert_ne!(by_parts(&two[0], &two[1]), Ordering::Greater);
            }
        }

        #[test]
        fn rows_without_a_number_come_last(values in proptest::collection::vec(proptest::option::of(proptest::num::f64::ANY), 0..30)) {
            let mut rows: Vec<usize> = (0..values.len()).collect();
            sort_by_number(&mut rows, |a, b| a.cmp(&b), |place| values[place]);
            let known = |place: &usize| values[*place].filter(|value| !value.is_nan());
            for two in rows.windows(2) {
                match (known(&two[0]), known(&two[1])) {
                    (Some(a), Some(b)) => prop_assert!(a <= b),
                    (None, Some(_)) => prop_assert!(false, "{:?}", rows),
                    _ => {}
                }
            }
        }
    }
}
