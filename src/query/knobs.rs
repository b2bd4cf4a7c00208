//! Every knob with every value that was tried, including discarded ones.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::files::own_files;
use crate::model::{
    AgentText, Change, Claim, Experiment, ExperimentId, Goal, KnobChanges, Snapshot, knob_changes, number_of,
};
use crate::repo::Repo;

/// Largest number of rounds in which effects settle; knobs have about a dozen values and need fewer.
const SWEEPS: usize = 200;
/// Number of newest experiments that are read; the number of the others is reported.
const MOST: usize = 5000;

/// All knobs that were changed in one segment of a loop: values of different segments cannot be compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Knobs {
    /// The knobs, those with most tries first.
    pub knobs: Vec<Knob>,
    /// Number of experiments in the loop when this was computed.
    pub experiments: usize,
    /// Index of their segment.
    pub segment: usize,
    /// Number of experiments whose change affects no knob.
    pub other: usize,
    /// Number of experiments whose change is not known, or was not read.
    pub unknown: usize,
    /// Number of files with such lines that nobody edits by hand, over all changes.
    pub files_left_out: usize,
}

/// One constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// The file it is in.
    pub path: AgentText,
    /// Its name.
    pub name: AgentText,
    /// Its values, smallest first.
    pub values: Vec<KnobValue>,
    /// Index of its value in the newest kept change; `None` if none was kept.
    pub kept: Option<usize>,
}

/// One value of a constant.
#[derive(Clone, Debug, PartialEq)]
pub struct KnobValue {
    /// As written.
    pub text: AgentText,
    /// The experiments that tried it, oldest first.
    pub tries: Vec<Try>,
    /// The improvement over the kept value, in the metric's unit; `None` if no chain of measured changes connects the
    /// two. Computed by `Knob::effects`.
    pub effect: Option<f64>,
}

/// One experiment that ran with a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Try {
    /// The experiment.
    pub experiment: ExperimentId,
    /// Its value of the objective; `None` if it was not measured.
    pub measured: Option<f64>,
    /// Its improvement over its base, in the metric's unit; `None` if either is not known, or if it is itself the base
    /// of a comparison.
    pub gain: Option<f64>,
    /// True if the agent kept it.
    pub kept: bool,
    /// True if its change did more than set this knob.
    pub not_alone: bool,
    /// True if it did not set the knob itself but is the base of an experiment that did.
    pub is_base: bool,
    /// The value before, as written; `None` for a base.
    pub from: Option<AgentText>,
}

impl KnobValue {
    /// The try with the best measurement; the newest one if the direction is not known. Bases count only if no
    /// experiment set the knob to this value.
    pub fn best(&self, goal: Option<Goal>) -> Option<&Try> {
        let turned = self.tries.iter().any(|one| !one.is_base && one.measured.is_some());
        let counts = |one: &&Try| one.measured.is_some() && !(turned && one.is_base);
        self.tries.iter().filter(counts).reduce(|best, one| {
            let better = goal.zip(one.measured).zip(best.measured).is_none_or(|((goal, a), b)| goal.is_better(a, b));
            if better { one } else { best }
        })
    }
}

/// The knobs that changes set, computed once.
#[derive(Default)]
pub(super) struct Turned(HashMap<Change, KnobChanges>);

pub(super) fn knobs(repo: &Repo, turned: &mut Turned, snapshot: &Snapshot, segment: usize) -> Knobs {
    let mut found = Knobs { experiments: snapshot.experiments.len(), segment, ..Knobs::default() };
    let mut by_name: HashMap<(AgentText, AgentText), Knob> = HashMap::new();
    let among = snapshot.segments.get(segment).map_or(0..snapshot.experiments.len(), |one| one.experiments.clone());
    found.unknown = among.len().saturating_sub(MOST);
    let mut left_out: HashSet<AgentText> = HashSet::new();
    for experiment in &snapshot.experiments[among][found.unknown..] {
        let Some(change) = &experiment.change else {
            found.unknown += usize::from(!experiment.is_baseline);
            continue;
        };
        let turns = match turned.0.get(change) {
            Some(known) => known,
            None => match own_files(repo, change.base, change.head) {
                Ok(files) => turned.0.entry(change.clone()).or_insert_with(|| knob_changes(&files)),
                Err(_) => {
                    found.unknown += 1;
                    continue;
                }
            },
        };
        left_out.extend(turns.left_out.iter().cloned());
        found.other += usize::from(turns.turns.is_empty());
        let base = snapshot.by_head(change.base).filter(|base| base.session == experiment.session);
        for turn in &turns.turns {
            let knob = by_name.entry((turn.path.clone(), turn.name.clone())).or_insert_with(|| Knob {
                path: turn.path.clone(),
                name: turn.name.clone(),
                values: Vec::new(),
                kept: None,
            });
            if let Some(base) = base {
                knob.put(&turn.old, of_base(base));
            }
            let alone = turns.nothing_else && turns.turns.len() == 1;
            let from = turn.old.clone();
            knob.put(&turn.new, Try { from: Some(from), ..of(snapshot, experiment, base.map(|base| &**base), !alone) });
        }
    }
    found.files_left_out = left_out.len();
    found.knobs = by_name.into_values().map(Knob::sorted).collect();
    found.knobs.sort_by(|a, b| (b.tries(), &a.name, &a.path).cmp(&(a.tries(), &b.name, &b.path)));
    found
}

fn of_base(base: &Experiment) -> Try {
    Try {
        experiment: base.id.clone(),
        measured: base.outcome.value(),
        gain: None,
        kept: base.claim == Claim::Keep || base.is_baseline,
        not_alone: false,
        is_base: true,
        from: None,
    }
}

fn of(snapshot: &Snapshot, experiment: &Experiment, base: Option<&Experiment>, not_alone: bool) -> Try {
    let measured = experiment.outcome.value();
    let goal = snapshot.goal_of(experiment);
    let before = base.and_then(|base| base.outcome.value());
    let gain = goal.zip(before).zip(measured).map(|((goal, before), value)| goal.gain(before, value));
    Try {
        experiment: experiment.id.clone(),
        measured,
        gain,
        kept: experiment.claim == Claim::Keep,
        not_alone,
        is_base: false,
        from: None,
    }
}

impl Knob {
    /// Number of times it was set.
    pub fn tries(&self) -> usize {
        self.values.iter().flat_map(|value| &value.tries).filter(|one| !one.is_base).count()
    }

    fn put(&mut self, text: &AgentText, one: Try) {
        let at = self.values.iter().position(|value| value.text == *text).unwrap_or_else(|| {
            self.values.push(KnobValue { text: text.clone(), tries: Vec::new(), effect: None });
            self.values.len() - 1
        });
        if one.kept && !one.is_base {
            self.kept = Some(at);
        }
        let tries = &mut self.values[at].tries;
        match tries.iter_mut().find(|other| other.experiment == one.experiment) {
            // An experiment that set the knob itself takes precedence over one that is only a base.
            Some(known) if known.is_base => *known = one,
            Some(_) => {}
            None => tries.push(one),
        }
    }

    fn sorted(mut self) -> Self {
        let kept = self.kept.map(|at| self.values[at].text.clone());
        self.values.sort_by(|a, b| match (number_of(a.text.raw()), number_of(b.text.raw())) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.text.cmp(&b.text),
        });
        self.kept = kept.and_then(|text| self.values.iter().position(|value| value.text == text));
        self.effects();
        self
    }

    /// Computes how the values compare, independent of their bases: later experiments have better bases, so the latest
    /// measurements look best whatever the value. Each change of this knob alone gives the improvement of the new value
    /// over the old one on the same base; the effects are the numbers, one per value, that fit all these differences
    /// best (least squares), relative to the kept value.
    fn effects(&mut self) {
        let at = |text: &AgentText| self.values.iter().position(|value| value.text == *text);
        let tries = self.values.iter().enumerate().flat_map(|(to, value)| value.tries.iter().map(move |one| (to, one)));
        let steps: Vec<(usize, usize, f64)> = tries
            .filter(|(_, one)| !one.not_alone)
            .filter_map(|(to, one)| Some((at(one.from.as_ref()?)?, to, one.gain?)))
            .collect();
        let from = self.kept.or_else(|| steps.first().map(|(from, ..)| *from)).unwrap_or(0);
        let mut effects: Vec<Option<f64>> = vec![None; self.values.len()];
        if let Some(start) = effects.get_mut(from) {
            *start = Some(0.0);
        }
        // Every value reached by a chain of changes gets a first number …
        for _ in 0..self.values.len() {
            for (a, b, gain) in &steps {
                match (effects[*a], effects[*b]) {
                    (Some(known), None) => effects[*b] = Some(known + gain),
                    (None, Some(known)) => effects[*a] = Some(known - gain),
                    _ => {}
                }
            }
        }
        // … and then each becomes the mean of what its neighbours imply, until the numbers settle.
        for _ in 0..SWEEPS {
            for value in (0..effects.len()).filter(|value| *value != from) {
                let implied = steps.iter().filter_map(|(a, b, gain)| match (*a == value, *b == value) {
                    (true, false) => effects[*b].map(|other| other - gain),
                    (false, true) => effects[*a].map(|other| other + gain),
                    _ => None,
                });
                let (sum, count) = implied.fold((0.0, 0), |(sum, count), one| (sum + one, count + 1));
                if count > 0 {
                    effects[value] = Some(sum / f64::from(count));
                }
            }
        }
        for (value, effect) in self.values.iter_mut().zip(effects) {
            value.effect = effect;
        }
    }

    /// Index of the value with the best effect; `None` if fewer than two are connected.
    pub fn best(&self) -> Option<usize> {
        let known = self.values.iter().enumerate().filter_map(|(at, value)| Some((at, value.effect?)));
        let best = known.clone().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at);
        best.filter(|_| known.count() > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knob(turns: &[(&str, &str, f64)], kept: Option<&str>) -> Knob {
        let mut knob = Knob { path: "train.py".into(), name: "LR".into(), values: Vec::new(), kept: None };
        for (number, (from, to, gain)) in turns.iter().enumerate() {
            let one = |id: String, is_base: bool| Try {
                experiment: ExperimentId::new(&id),
                measured: Some(0.5),
                gain: (!is_base).then_some(*gain),
                kept: !is_base && kept == Some(*to),
                not_alone: false,
                is_base,
                from: (!is_base).then(|| (*from).into()),
            };
            knob.put(&(*from).into(), one(format!("base {number}"), true));
            knob.put(&(*to).into(), one(format!("{number}"), false));
        }
        knob.sorted()
    }

    fn effect(knob: &Knob, value: &str) -> Option<f64> {
        knob.values.iter().find(|other| other.text.raw() == value)?.effect
    }

    #[test]
    fn effects_follow_the_changes_and_not_their_order_in_time() {
        // Up twice, gaining each time; down from the middle, with a loss.
        let knob = knob(&[("1", "2", 0.3), ("2", "4", 0.1), ("4", "8", -0.2)], Some("4"));
        let near = |value: &str, expected: f64| {
            let found = effect(&knob, value).unwrap_or(f64::NAN);
            assert!((found - expected).abs() < 1e-9, "{value}: {found}");
        };
        near("4", 0.0);
        near("2", -0.1);
        near("1", -0.4);
        near("8", -0.2);
        assert_eq!(knob.best().map(|at| knob.values[at].text.raw()), Some("4"));
    }

    #[test]
    fn disagreements_are_averaged_and_unconnected_values_have_no_effect() {
        let knob = knob(&[("1", "2", 0.2), ("1", "2", 0.4), ("16", "32", 0.1)], Some("2"));
        assert!(effect(&knob, "1").is_some_and(|effect| (effect + 0.3).abs() < 1e-9));
        assert_eq!((effect(&knob, "16"), effect(&knob, "32")), (None, None));
    }

    #[test]
    fn a_cycle_of_changes_settles() {
        let knob = knob(&[("1", "2", 0.1), ("2", "3", 0.1), ("3", "1", -0.1)], Some("1"));
        // The three differences do not sum to zero; least squares distributes the rest.
        assert!(effect(&knob, "2").is_some_and(|effect| (effect - 0.1 + 0.1 / 3.0).abs() < 1e-6));
        assert!(effect(&knob, "3").is_some_and(|effect| (effect - 0.2 + 0.2 / 3.0).abs() < 1e-6));
    }
}
