//! Every knob with every value that was tried, discards included.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::judge::own_files;
use crate::model::{AgentText, Change, Claim, Experiment, ExperimentId, Goal, Snapshot, Turns, number_of, turns};
use crate::repo::Repo;

/// The newest experiments that are looked at; how many were not is told.
const MOST: usize = 5000;

/// All knobs of a loop.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Knobs {
    /// Those with most tries first.
    pub knobs: Vec<Knob>,
    /// Experiments there were when this was worked out.
    pub experiments: usize,
    /// Experiments whose change turns no knob.
    pub other: usize,
    /// Experiments whose change is not known, or that were not looked at.
    pub unknown: usize,
}

/// One constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// The file it stands in.
    pub path: AgentText,
    /// Its name.
    pub name: AgentText,
    /// Its values, smallest first.
    pub values: Vec<Value>,
    /// Index of the value that the newest kept change left it at; `None` where none was kept.
    pub kept: Option<usize>,
}

/// One value of a constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// As written.
    pub text: AgentText,
    /// Who tried it, oldest first.
    pub tries: Vec<Try>,
}

/// One experiment that ran with a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Try {
    /// The experiment.
    pub experiment: ExperimentId,
    /// Its value of the objective; `None` where nothing was measured.
    pub measured: Option<f64>,
    /// How much better it did than its base, in the metric's unit; `None` where either is not known,
    /// or where it is itself the base that others are held against.
    pub gain: Option<f64>,
    /// True when the agent kept it.
    pub kept: bool,
    /// True when its change did more than turn this one knob.
    pub not_alone: bool,
    /// True when it did not turn the knob but was the base of one that did.
    pub is_base: bool,
}

impl Value {
    /// The try that measured best; the newest one where the direction is not known. What merely stood
    /// on this value counts where nobody turned the knob to it.
    pub fn best(&self, goal: Option<Goal>) -> Option<&Try> {
        let turned = self.tries.iter().any(|one| !one.is_base && one.measured.is_some());
        let counts = |one: &&Try| one.measured.is_some() && !(turned && one.is_base);
        self.tries.iter().filter(counts).reduce(|best, one| {
            let better = goal.zip(one.measured).zip(best.measured).is_none_or(|((goal, a), b)| goal.is_better(a, b));
            if better { one } else { best }
        })
    }
}

/// What changes turn, worked out once.
#[derive(Default)]
pub(super) struct Turned(HashMap<Change, Turns>);

pub(super) fn knobs(repo: &Repo, turned: &mut Turned, snapshot: &Snapshot) -> Knobs {
    let mut found = Knobs { experiments: snapshot.experiments.len(), ..Knobs::default() };
    let mut by_name: HashMap<(AgentText, AgentText), Knob> = HashMap::new();
    let from = snapshot.experiments.len().saturating_sub(MOST);
    found.unknown = from;
    for experiment in &snapshot.experiments[from..] {
        let Some(change) = &experiment.change else {
            found.unknown += usize::from(!experiment.is_baseline);
            continue;
        };
        let turns = match turned.0.get(change) {
            Some(known) => known,
            None => match own_files(repo, change.base, change.head) {
                Ok(files) => turned.0.entry(change.clone()).or_insert_with(|| turns(&files)),
                Err(_) => {
                    found.unknown += 1;
                    continue;
                }
            },
        };
        found.other += usize::from(turns.turns.is_empty());
        let base = snapshot.by_head(change.base);
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
            knob.put(&turn.new, of(snapshot, experiment, base.map(|base| &**base), !alone));
        }
    }
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
    }
}

fn of(snapshot: &Snapshot, experiment: &Experiment, base: Option<&Experiment>, not_alone: bool) -> Try {
    let measured = experiment.outcome.value();
    let goal = snapshot.objective.as_ref().and_then(|objective| objective.goal);
    let before = base.and_then(|base| base.outcome.value());
    let gain = goal.zip(before).zip(measured).map(|((goal, before), value)| goal.gain(before, value));
    Try {
        experiment: experiment.id.clone(),
        measured,
        gain,
        kept: experiment.claim == Claim::Keep,
        not_alone,
        is_base: false,
    }
}

impl Knob {
    /// How often it was turned.
    pub fn tries(&self) -> usize {
        self.values.iter().flat_map(|value| &value.tries).filter(|one| !one.is_base).count()
    }

    fn put(&mut self, text: &AgentText, one: Try) {
        let at = self.values.iter().position(|value| value.text == *text).unwrap_or_else(|| {
            self.values.push(Value { text: text.clone(), tries: Vec::new() });
            self.values.len() - 1
        });
        if one.kept && !one.is_base {
            self.kept = Some(at);
        }
        let tries = &mut self.values[at].tries;
        match tries.iter_mut().find(|known| known.experiment == one.experiment) {
            // What turned the knob itself says more than that others were built on it.
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
        self
    }
}
