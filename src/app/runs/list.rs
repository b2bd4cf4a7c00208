//! The list of runs as data: filter, order, names, selection.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::app::main_metric;
use crate::model::{Blocks, Goal, Snapshot, Trial, TrialEnd, TrialId, run_names};
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
        Some(Arc::clone(&trials.get(self.index_of(id)?)?.log))
    }

    /// Returns the key of a trial's name in `names`, by its index.
    pub(super) fn key(&self, trial: usize) -> &str {
        self.keys.get(trial).map_or("", String::as_str)
    }

    /// Returns the index of a trial.
    pub fn index_of(&self, id: TrialId) -> Option<usize> {
        self.places.get(&id).copied()
    }

    /// Returns the index of the selected run.
    pub(super) fn selected_place(&self) -> Option<usize> {
        self.index_of(self.selected?)
    }

    /// Returns the row of the selected run.
    pub(super) fn row(&self) -> Option<usize> {
        let selected = self.selected_place()?;
        self.rows.iter().position(|trial| *trial == selected)
    }

    /// Selects the run in a row.
    pub(super) fn select_row(&mut self, row: usize, snapshot: &Snapshot) {
        let last = self.rows.len().saturating_sub(1);
        let trial = self.rows.get(row.min(last)).and_then(|trial| snapshot.trials.get(*trial));
        self.selected = trial.map(|trial| trial.id);
    }

    /// Returns the run that changed last, by its index.
    pub(super) fn newest_place(&self) -> Option<usize> {
        self.index_of(self.newest?)
    }

    /// Returns the direction of the listed metric; `None` if it is unknown.
    pub(super) fn goal(&self, snapshot: &Snapshot) -> Option<Goal> {
        let metric = self.metric.as_ref()?;
        let objective = snapshot.objective.as_ref().filter(|objective| objective.metric == *metric);
        objective.and_then(|objective| objective.goal).or_else(|| Goal::of_metric(metric))
    }

    /// Updates the list for the current runs, order and filter, and the metric that the person chose.
    pub(in crate::app) fn refresh(&mut self, snapshot: &Arc<Snapshot>, chosen: Option<&Arc<str>>) {
        let metric = listed_metric(snapshot, chosen);
        let is_same = |inputs: &ListInputs| {
            inputs.order == self.order
                && inputs.filter == self.filter
                && inputs.metric == metric
                && Arc::ptr_eq(&inputs.names, &self.names)
        };
        let settings_changed = !self.inputs.as_ref().is_some_and(is_same);
        if !settings_changed && self.inputs.as_ref().is_some_and(|inputs| Arc::ptr_eq(&inputs.snapshot, snapshot)) {
            return;
        }
        let end_states: Vec<_> =
            snapshot.trials.iter().map(|trial| (trial.id, std::mem::discriminant(&trial.end))).collect();
        let has_changed = runs_changed(self.inputs.as_ref(), &end_states);
        if !has_changed {
            self.realign(&end_states);
        }
        if settings_changed || has_changed {
            let row_before = self.row();
            let newest_before = self.newest;
            let log_before = self.selected.and_then(|id| self.log_of(id));
            let known = std::mem::take(&mut self.places);
            self.metric.clone_from(&metric);
            self.rebuild(snapshot);
            // The store gives a run another id: it is the run with the same log.
            if let (None, Some(log)) = (self.selected_place(), log_before) {
                self.selected = snapshot.trials.iter().rfind(|trial| trial.log == log).map(|trial| trial.id);
            }
            // If the newest run is selected, the selection moves to a run that begins after it.
            let has_begun = self.newest.is_some_and(|newest| !known.contains_key(&newest));
            if has_begun && self.selected == newest_before {
                self.selected = self.newest;
            }
            if self.row().is_none() {
                self.select_row(row_before.unwrap_or(0), snapshot);
            }
        }
        let has_curve = |metric: &Arc<str>| snapshot.trials.iter().any(|trial| trial.points_of(metric) > 1);
        let other = || newest(&snapshot.trials).and_then(|trial| main_metric(trial, None)).cloned();
        self.drawn = metric.clone().filter(has_curve).or_else(other);
        self.inputs = Some(ListInputs {
            snapshot: Arc::clone(snapshot),
            end_states,
            order: self.order,
            filter: self.filter.clone(),
            metric,
            names: Arc::clone(&self.names),
        });
    }

    /// Follows a new order of the same runs in the snapshot: everything kept by index is reordered.
    fn realign(&mut self, end_states: &EndStates) {
        let Some(before) = self.inputs.as_ref().map(|inputs| inputs.end_states.clone()) else { return };
        if before.iter().map(|(id, _)| id).eq(end_states.iter().map(|(id, _)| id)) {
            return;
        }
        let old: HashMap<TrialId, usize> = before.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
        self.places = end_states.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
        let in_order = |texts: &[String]| -> Vec<String> {
            end_states
                .iter()
                .map(|(id, _)| old.get(id).and_then(|place| texts.get(*place)).cloned().unwrap_or_default())
                .collect()
        };
        (self.called, self.keys) = (in_order(&self.called), in_order(&self.keys));
        self.rows = self.rows.iter().filter_map(|place| self.places.get(&before.get(*place)?.0).copied()).collect();
    }

    /// Rebuilds names, indices and rows.
    fn rebuild(&mut self, snapshot: &Snapshot) {
        let trials = &snapshot.trials;
        let given = Arc::clone(&self.names);
        let own = run_names(trials.iter());
        let called = own
            .iter()
            .zip(trials)
            .map(|(own, trial)| Visible::of(given.get(&key(own, &trial.log)).unwrap_or(own)).to_string());
        self.called = called.collect();
        let keys = own.iter().zip(trials).map(|(own, trial)| key(own, &trial.log));
        self.keys = keys.collect();
        self.places = trials.iter().enumerate().map(|(place, trial)| (trial.id, place)).collect();
        self.newest = newest(trials).map(|trial| trial.id);
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let matches_filter = |place: &usize| {
            let name = self.called[*place].to_lowercase();
            // A renamed run is also found by its original name and its experiment.
            let own = own[*place].to_lowercase();
            let of = snapshot.bound_to(*place).map(|experiment| experiment.name());
            let of = of.map(|name| Visible::line(&name).as_str().to_lowercase()).unwrap_or_default();
            words.iter().all(|word| [&name, &own, &of].iter().any(|text| text.contains(word)))
        };
        let mut rows: Vec<usize> =
            (0..trials.len()).filter(|place| words.is_empty() || matches_filter(place)).collect();
        let by_age = |a: usize, b: usize| age_key(&trials[b]).cmp(&age_key(&trials[a]));
        match self.order {
            RunOrder::Newest => rows.sort_by(|a, b| by_age(*a, *b)),
            RunOrder::Name => {
                let called = &self.called;
                rows.sort_by(|a, b| by_parts(&called[*a], &called[*b]).then_with(|| by_age(*a, *b)));
            }
            RunOrder::Steps => sort_by_number(&mut rows, by_age, |place| trials[place].last_step().map(|step| -step)),
            RunOrder::Value => {
                let metric = self.metric.clone();
                let sign = if self.goal(snapshot) == Some(Goal::Maximize) { -1.0 } else { 1.0 };
                let value = |place: usize| Some(trials[place].last_value(metric.as_deref()?)? * sign);
                sort_by_number(&mut rows, by_age, value);
            }
        }
        self.rows = rows;
    }
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

/// Returns the metric whose last values are listed: the chosen one, else the objective if a run has it, else the most
/// informative metric of the newest run.
fn listed_metric(snapshot: &Snapshot, chosen: Option<&Arc<str>>) -> Option<Arc<str>> {
    let trials = &snapshot.trials;
    let has = |metric: &str| trials.iter().any(|trial| trial.last_value(metric).is_some());
    let objective = snapshot.objective.as_ref().map(|objective| &objective.metric);
    let newest = || main_metric(newest(trials)?, objective.map(|name| &**name)).cloned();
    let named = chosen.into_iter().chain(objective).find(|metric| has(metric));
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
