//! The list of runs: which are listed, in which order, what they are called, which one is selected.

pub(in crate::app) mod navigate;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::app::{State, ViewKind, main_metric};
use crate::model::{Blocks, Experiment, Goal, Snapshot, Trial, TrialEnd, TrialId, run_names};
use crate::policy::text::Visible;

/// How runs are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunOrder {
    /// What changed last first.
    #[default]
    Newest,
    /// By name, numbers within names by their value.
    Name,
    /// The most steps first.
    Steps,
    /// The best last value first; the smallest where nobody knows which is better.
    Value,
}

impl RunOrder {
    /// The next one, round and round.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Newest => Self::Name,
            Self::Name => Self::Steps,
            Self::Steps => Self::Value,
            Self::Value => Self::Newest,
        }
    }
}

/// The run list. It is made anew when a run comes, goes or ends, and when another order or filter is chosen: rows do not
/// change places under the cursor while several runs write.
#[derive(Clone, Debug, Default)]
pub struct RunList {
    /// How they are sorted.
    pub order: RunOrder,
    /// Only runs whose name holds these words; empty for all.
    pub filter: String,
    /// The run that the next one is compared with.
    pub marked: Option<TrialId>,
    /// The two runs that are compared.
    pub compared: Option<(TrialId, TrialId)>,
    /// Names that the person gave, by log and, where a log held several runs, the number. For display only.
    pub names: Arc<BTreeMap<String, String>>,
    /// The selected run.
    pub(super) selected: Option<TrialId>,
    /// Indices of the trials that are listed, in order.
    rows: Vec<usize>,
    /// Names by index, as they are shown.
    called: Vec<String>,
    /// What their names are kept by, by index.
    keys: Vec<String>,
    /// Index of a trial by its identity.
    places: HashMap<TrialId, usize>,
    /// The metric whose last values are listed.
    metric: Option<Arc<str>>,
    /// The metric whose curves are drawn in the rows.
    drawn: Option<Arc<str>>,
    newest: Option<TrialId>,
    made_of: Option<MadeOf>,
}

/// What the list was made of.
#[derive(Clone, Debug)]
struct MadeOf {
    snapshot: Arc<Snapshot>,
    stands: Vec<(TrialId, std::mem::Discriminant<TrialEnd>)>,
    order: RunOrder,
    filter: String,
    metric: Option<Arc<str>>,
    names: Arc<BTreeMap<String, String>>,
}

impl RunList {
    /// Indices of the listed trials, in order.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// The metric whose last values are listed; `None` where no run has one.
    pub fn metric(&self) -> Option<&Arc<str>> {
        self.metric.as_ref()
    }

    /// The metric whose curves are drawn in the rows: the listed one where a run has a curve of it, else what says most
    /// about the newest run; `None` where no run has a curve.
    pub fn drawn(&self) -> Option<&Arc<str>> {
        self.drawn.as_ref()
    }

    /// What a trial, by its index, is called; visible text.
    pub fn name(&self, trial: usize) -> &str {
        self.called.get(trial).map_or("", String::as_str)
    }

    /// The log of a trial, as it was when the list was made.
    fn log_of(&self, id: TrialId) -> Option<Arc<str>> {
        let trials = &self.made_of.as_ref()?.snapshot.trials;
        Some(Arc::clone(&trials.get(self.place_of(id)?)?.log))
    }

    /// What the name of a trial, by its index, is kept by.
    pub(super) fn key(&self, trial: usize) -> &str {
        self.keys.get(trial).map_or("", String::as_str)
    }

    /// Index of a trial.
    pub fn place_of(&self, id: TrialId) -> Option<usize> {
        self.places.get(&id).copied()
    }
}

impl State {
    /// Index of the selected run.
    pub fn selected_run(&self) -> Option<usize> {
        self.runs.place_of(self.runs.selected?)
    }

    /// Row of the selected run in the list.
    pub fn run_row(&self) -> Option<usize> {
        let selected = self.selected_run()?;
        self.runs.rows.iter().position(|trial| *trial == selected)
    }

    /// The run that is in question instead of an experiment, by its index: in the run list, where there is no loop, and
    /// after it was opened from the list.
    pub fn run_in_question(&self) -> Option<usize> {
        match self.view {
            _ if self.review.open.is_some() => None,
            ViewKind::Runs => self.selected_run(),
            ViewKind::Curves if self.snapshot.has_loop() => self.runs.place_of(self.curves.plot.run?),
            ViewKind::Curves => self.selected_run(),
            _ => None,
        }
    }

    /// True where rows are runs: in the list, and in the curves of a folder without a loop.
    pub fn goes_through_runs(&self) -> bool {
        self.review.open.is_none()
            && (self.view == ViewKind::Runs || (self.view == ViewKind::Curves && !self.snapshot.has_loop()))
    }

    /// What a trial is called; visible text.
    pub fn run_name(&self, trial: &Trial) -> &str {
        self.runs.place_of(trial.id).map_or("", |place| self.runs.name(place))
    }

    /// The experiment that a trial, by its index, belongs to.
    pub fn experiment_of_run(&self, trial: usize) -> Option<&Arc<Experiment>> {
        self.snapshot.bound_to(trial)
    }

    /// How many runs go on.
    pub fn running_count(&self) -> usize {
        self.snapshot.trials.iter().filter(|trial| trial.end == TrialEnd::Running).count()
    }

    /// The run that changed last.
    pub fn newest_run(&self) -> Option<&Arc<Trial>> {
        self.snapshot.trials.get(self.runs.place_of(self.runs.newest?)?)
    }

    /// Which way is better for the listed metric; `None` where nobody says.
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

    /// Selects a run, also one that the filter hides.
    pub(super) fn select_run(&mut self, id: TrialId) {
        self.runs.selected = Some(id);
        if self.run_row().is_none() {
            self.runs.filter.clear();
            refresh(self);
        }
    }
}

/// Brings the list up to the runs, the order and the filter.
pub(super) fn refresh(state: &mut State) {
    let metric = listed_metric(state);
    let runs = &state.runs;
    let is_same = |made: &MadeOf| {
        made.order == runs.order
            && made.filter == runs.filter
            && made.metric == metric
            && Arc::ptr_eq(&made.names, &runs.names)
    };
    let chosen_anew = !runs.made_of.as_ref().is_some_and(is_same);
    if !chosen_anew && runs.made_of.as_ref().is_some_and(|made| Arc::ptr_eq(&made.snapshot, &state.snapshot)) {
        return;
    }
    let snapshot = Arc::clone(&state.snapshot);
    let stands: Vec<_> = snapshot.trials.iter().map(|trial| (trial.id, std::mem::discriminant(&trial.end))).collect();
    let has_changed = runs_changed(state.runs.made_of.as_ref(), &stands);
    if !has_changed {
        realign(&mut state.runs, &stands);
    }
    if chosen_anew || has_changed {
        let row_before = state.run_row();
        let newest_before = state.runs.newest;
        let log_before = state.runs.selected.and_then(|id| state.runs.log_of(id));
        let known = std::mem::take(&mut state.runs.places);
        state.runs.metric.clone_from(&metric);
        list(state, &snapshot);
        // An archive gives a run another number: it is the one in the same log.
        if let (None, Some(log)) = (state.selected_run(), log_before) {
            state.runs.selected = snapshot.trials.iter().rfind(|trial| trial.log == log).map(|trial| trial.id);
        }
        // Who stands on the newest run stands on the one that begins after it.
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
    let made_of = MadeOf { snapshot, stands, order: *order, filter: filter.clone(), metric, names: Arc::clone(names) };
    state.runs.made_of = Some(made_of);
}

/// How each trial stands, in the snapshot's order.
type Stands = [(TrialId, std::mem::Discriminant<TrialEnd>)];

/// True when a run came, went or ended. The snapshot has them in the order in which they last changed, which is another
/// one with each line that one of them writes.
fn runs_changed(made: Option<&MadeOf>, stands: &Stands) -> bool {
    let by_id =
        |stands: &Stands| -> HashMap<TrialId, std::mem::Discriminant<TrialEnd>> { stands.iter().copied().collect() };
    made.is_none_or(|made| made.stands != stands && by_id(&made.stands) != by_id(stands))
}

/// The same runs stand in another order in the snapshot: what is kept by index follows them.
fn realign(runs: &mut RunList, stands: &Stands) {
    let Some(before) = runs.made_of.as_ref().map(|made| made.stands.clone()) else { return };
    if before.iter().map(|(id, _)| id).eq(stands.iter().map(|(id, _)| id)) {
        return;
    }
    let old: HashMap<TrialId, usize> = before.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    runs.places = stands.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    let in_order = |texts: &[String]| -> Vec<String> {
        stands
            .iter()
            .map(|(id, _)| old.get(id).and_then(|place| texts.get(*place)).cloned().unwrap_or_default())
            .collect()
    };
    (runs.called, runs.keys) = (in_order(&runs.called), in_order(&runs.keys));
    runs.rows = runs.rows.iter().filter_map(|place| runs.places.get(&before.get(*place)?.0).copied()).collect();
}

/// The metric whose last values are told: the chosen one, else the objective where a run has it, else what says most
/// about the newest run.
fn listed_metric(state: &State) -> Option<Arc<str>> {
    let trials = &state.snapshot.trials;
    let has = |metric: &str| trials.iter().any(|trial| trial.last_value(metric).is_some());
    let objective = state.snapshot.objective.as_ref().map(|objective| &objective.metric);
    let newest = || main_metric(newest(trials)?, objective.map(|name| &**name)).cloned();
    let named = state.curves.plot.metric.iter().chain(objective).find(|metric| has(metric));
    named.cloned().or_else(newest)
}

fn newest(trials: &Blocks<Arc<Trial>>) -> Option<&Arc<Trial>> {
    // They are in the order in which they last changed.
    trials.last()
}

/// When a run changed last; what began later is newer where nobody saw when.
fn age_key(trial: &Trial) -> (Option<i64>, TrialId) {
    (trial.last_ms.or(trial.started_ms), trial.id)
}

/// Names, places and rows.
fn list(state: &mut State, snapshot: &Snapshot) {
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
    let holds = |place: &usize| {
        let name = runs.called[*place].to_lowercase();
        // A run that was renamed is found by its own name, too, and by the experiment that it was.
        let own = own[*place].to_lowercase();
        let of = snapshot.bound_to(*place).map(|experiment| experiment.name());
        let of = of.map(|name| Visible::line(&name).as_str().to_lowercase()).unwrap_or_default();
        words.iter().all(|word| [&name, &own, &of].iter().any(|text| text.contains(word)))
    };
    let mut rows: Vec<usize> = (0..trials.len()).filter(|place| words.is_empty() || holds(place)).collect();
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

/// What a name is kept by: the log, which stays when other logs come to lie beside it.
fn key(own: &str, log: &str) -> String {
    own.rsplit_once(" #").map_or_else(|| log.to_owned(), |(_, number)| format!("{log} #{number}"))
}

/// The smallest number first; what has none, or one that is no number, last.
fn sort_by_number(
    rows: &mut Vec<usize>,
    otherwise: impl Fn(usize, usize) -> Ordering,
    number: impl Fn(usize) -> Option<f64>,
) {
    let mut keyed: Vec<(f64, usize)> = rows
        .iter()
        .map(|place| (number(*place).filter(|number| !number.is_nan()).unwrap_or(f64::NAN), *place))
        .collect();
    // NaN is made positive above, and total order puts that last.
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| otherwise(a.1, b.1)));
    *rows = keyed.into_iter().map(|(_, place)| place).collect();
}

/// Names in the order in which people count: `version_2` before `version_10`.
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
            (one, other) => {
                let (x, y) = (a[..one].trim_start_matches('0'), b[..other].trim_start_matches('0'));
                let order =
                    if is_fraction { a[..one].cmp(&b[..other]) } else { x.len().cmp(&y.len()).then_with(|| x.cmp(y)) };
                if order != Ordering::Equal {
                    return order;
                }
                // `v1.10.2` is a version, whose parts are numbers.
                before_is_digit = !is_fraction;
                is_fraction = false;
                (a, b) = (&a[one..], &b[other..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_sorted_as_people_count() {
        let mut names = ["v10", "v2", "v02b", "v2a", "b", "a/1", "a/10", "a/9", "lr_0.1", "lr_0.01", "lr_0.012"];
        names.sort_by(|a, b| by_parts(a, b));
        assert_eq!(names, ["a/1", "a/9", "a/10", "b", "lr_0.01", "lr_0.012", "lr_0.1", "v2", "v2a", "v02b", "v10"]);
    }

    proptest! {
        /// Sorting panics on an order that is none.
        #[test]
        fn names_have_one_order(mut names in proptest::collection::vec("[a0-2/]{0,6}", 0..40)) {
            names.sort_by(|a, b| by_parts(a, b));
            for two in names.windows(2) {
                prop_assert_ne!(by_parts(&two[0], &two[1]), Ordering::Greater);
            }
        }

        #[test]
        fn what_has_no_number_comes_last(values in proptest::collection::vec(proptest::option::of(proptest::num::f64::ANY), 0..30)) {
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
