//! Orders trials by their last change and binds them to experiments, in one pass over all of them, or only where a log
//! grew.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::{Binding, Blocks, ExperimentId, Facts, Snapshot, Trial, TrialEnd, TrialId, row_id};

/// Number of trials after the first changed one beyond which everything is folded again.
const MOST_BEHIND: usize = 256;

/// The sort key of trials: the time of the last change, and the number if two changed at once. Numbers are given in the
/// order of reading, which may differ.
fn last_change(trial: &Trial) -> (Option<i64>, TrialId) {
    (trial.last_ms.or(trial.started_ms), trial.id)
}

/// Returns all trials, the most recently changed last.
pub(super) fn by_last_change(facts: &Facts) -> Blocks<Arc<Trial>> {
    let mut trials: Vec<Arc<Trial>> = facts.trials.values().cloned().collect();
    trials.sort_by_key(|trial| last_change(trial));
    trials.into_iter().collect()
}

/// Finds the experiment of each trial.
pub(super) fn bind_trials(snapshot: &mut Snapshot) {
    let index = |id: &ExperimentId| snapshot.index_of(id);
    let by_row: HashMap<ExperimentId, usize> = snapshot
        .experiments
        .iter()
        .filter_map(|experiment| Some((row_id(&experiment.row), index(&experiment.id)?)))
        .collect();
    let owner = |trial: &Arc<Trial>| match (&trial.row, &trial.binding) {
        (Some(row), _) if by_row.contains_key(row) => by_row.get(row).copied(),
        // It ran on edits that no commit contains: the commit below them is another experiment's.
        (_, Binding::Head(_)) if trial.edits.is_some() => None,
        (_, Binding::Head(commit)) => snapshot.by_head(*commit).and_then(|experiment| index(&experiment.id)),
        (_, Binding::Unknown) => by_value(snapshot, trial),
    };
    let owners: Blocks<Option<usize>> = snapshot.trials.iter().map(owner).collect();
    let mut trials_of = vec![Vec::new(); snapshot.experiments.len()];
    for (place, owner) in owners.iter().enumerate() {
        if let Some(owner) = owner {
            trials_of[*owner].push(place);
        }
    }
    (snapshot.owners, snapshot.trials_by_experiment) = (owners, trials_of.into_iter().collect());
    snapshot.running = running(&snapshot.trials);
}

/// Returns the index of the running trial that changed last; `None` if none is running.
fn running(trials: &Blocks<Arc<Trial>>) -> Option<usize> {
    trials.iter().rposition(|trial| trial.end == TrialEnd::Running)
}

/// Matches a log that existed before us with the one experiment whose value it ends with.
fn by_value(snapshot: &Snapshot, trial: &Trial) -> Option<usize> {
    let value = deciding_value(snapshot, trial)?;
    let mut matches = snapshot.in_segment().filter(|index| {
        // Rows have at most six decimals, summaries sometimes more.
        snapshot.experiments[*index].outcome.value().is_some_and(|other| (other - value).abs() <= 5.1e-7)
    });
    match (matches.next(), matches.next()) {
        (Some(one), None) => snapshot.index_of(&snapshot.experiments[one].id),
        _ => None,
    }
}

fn deciding_value(snapshot: &Snapshot, trial: &Trial) -> Option<f64> {
    trial.summary_value(&snapshot.objective.as_ref()?.metric)
}

/// Returns the snapshot after a change of some trials only. `None` if that may affect more than the trials, for example
/// because of a new trial, or a different row or end: then everything has to be folded again.
pub(super) fn followed(before: &Snapshot, facts: &Facts, changed: &BTreeSet<TrialId>) -> Option<Snapshot> {
    let mut first = before.trials.len();
    let mut has_ended = false;
    for id in changed {
        let now = facts.trials.get(id)?;
        // A trial that changes now changed a moment ago: it is near the end.
        let near = before.trials.len().saturating_sub(MOST_BEHIND);
        let place = near + before.trials.range(near..before.trials.len()).rposition(|trial| trial.id == *id)?;
        let was = &before.trials[place];
        let says_the_same = (&was.row, &was.binding, was.edits, &was.unread)
            == (&now.row, &now.binding, now.edits, &now.unread)
            && (was.end == TrialEnd::Overwritten) == (now.end == TrialEnd::Overwritten)
            && (was.binding != Binding::Unknown || deciding_value(before, was) == deciding_value(before, now));
        // If the clock was set back, it moves among trials that did not change.
        if !says_the_same || last_change(now) < last_change(was) {
            return None;
        }
        has_ended |= was.end != now.end;
        first = first.min(place);
    }
    let mut snapshot = before.clone();
    // The old index of each trial, in the new order.
    let mut behind: Vec<(usize, &Arc<Trial>)> = (first..before.trials.len())
        .map(|place| (place, facts.trials.get(&before.trials[place].id).unwrap_or(&before.trials[place])))
        .collect();
    behind.sort_by_key(|(_, trial)| last_change(trial));
    let mut moved = false;
    for (place, (was, trial)) in (first..).zip(&behind) {
        if !Arc::ptr_eq(&snapshot.trials[place], trial) {
            snapshot.trials[place] = Arc::clone(trial);
        }
        if place != *was {
            moved = true;
            snapshot.owners[place] = before.owners[*was];
        }
    }
    if moved {
        let owners: BTreeSet<usize> = behind.iter().filter_map(|(was, _)| before.owners[*was]).collect();
        for owner in owners {
            let earlier = before.trials_by_experiment[owner].iter().copied().filter(|place| *place < first);
            let later = (first..before.trials.len()).filter(|place| snapshot.owners[*place] == Some(owner));
            snapshot.trials_by_experiment[owner] = earlier.chain(later).collect();
        }
    }
    if moved || has_ended {
        snapshot.running = running(&snapshot.trials);
    }
    Some(snapshot)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        AgentText, Basis, Claim, CommitId, Fact, Goal, LoopFormat, MetricChoice, Row, Segment, Table, Warning, fold,
    };

    /// One event in a loop of up to ninety runs.
    #[derive(Clone, Debug)]
    enum Step {
        /// A log line: the run, the time, and which other part changes.
        Line(u64, i64, u8),
        /// The number of rows in the table.
        Rows(u8),
        Gone(u64),
        Warned(u8),
        /// A snapshot is taken.
        Look,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            12 => (0_u64..90, 0_i64..40, 0_u8..12).prop_map(|(run, at, other)| Step::Line(run, at, other)),
            1 => (0_u8..70).prop_map(Step::Rows),
            1 => (0_u64..90).prop_map(Step::Gone),
            1 => (0_u8..3).prop_map(Step::Warned),
            6 => Just(Step::Look),
        ];
        prop::collection::vec(step, 1..200)
    }

    fn commit(run: u64) -> CommitId {
        format!("{run:040x}").parse().expect("an object id")
    }

    fn trial(run: u64, at: i64, other: u8) -> Trial {
        let binding = if run.is_multiple_of(3) { Binding::Unknown } else { Binding::Head(commit(run)) };
        let mut trial = Trial { last_ms: Some(at), ..Trial::begun(TrialId(run), "run.log", binding) };
        match other {
            0 => trial.end = TrialEnd::Finished,
            1 => trial.end = TrialEnd::Overwritten,
            2 => trial.row = Some(row_id(&row(run))),
            3 => trial.edits = Some(commit(run + 1)),
            4 => trial.summary = vec![("loss".into(), run as f64)],
            5 => trial.unread = vec![warning("a line")],
            _ => {}
        }
        trial
    }

    fn warning(message: &str) -> Warning {
        Warning { path: "run.log".into(), line: 1, end_line: 1, message: message.into() }
    }

    fn row(number: u64) -> Row {
        Row {
            line: number,
            segment: 0,
            hash: format!("{number:08x}").into(),
            cell: AgentText::default(),
            is_dirty: false,
            word: "keep".into(),
            claim: Claim::Keep,
            description: AgentText::default(),
            more: AgentText::default(),
            metrics: [(Arc::from("loss"), number as f64)].into_iter().collect(),
            is_unmeasured: false,
            at_ms: None,
            is_called_baseline: false,
        }
    }

    fn table(rows: u8) -> Table {
        let choice = MetricChoice {
            metric: "loss".into(),
            metric_basis: Basis::default(),
            goal: Some(Goal::Minimize),
            goal_basis: Basis::default(),
            unit: None,
        };
        let rows = (0..rows).map(|number| Arc::new(row(number.into()))).collect();
        Table {
            source: "results.tsv".into(),
            format: LoopFormat::Autoresearch,
            segments: vec![Segment { name: AgentText::default(), choice: Some(choice), counts_down: false, rows }],
            reading: Arc::default(),
            warnings: Vec::new(),
        }
    }

    /// Everything that a change of a trial can affect.
    fn seen(snapshot: &Snapshot) -> impl PartialEq + std::fmt::Debug + use<> {
        let trials: Vec<_> = snapshot
            .trials
            .iter()
            .map(|trial| (trial.id, trial.last_ms, trial.end.clone(), trial.row.clone()))
            .collect();
        let experiments: Vec<_> = snapshot.experiments.iter().map(|one| format!("{one:?}")).collect();
        let warnings = snapshot.warnings.to_vec();
        (
            trials,
            snapshot.trials_by_experiment.to_vec(),
            snapshot.owners.to_vec(),
            snapshot.running,
            experiments,
            warnings,
        )
    }

    proptest! {
        #[test]
        fn following_equals_folding_all_facts(steps in steps()) {
            let mut facts = Facts::default();
            let mut followed = 0;
            for step in steps {
                match step {
                    Step::Line(run, at, other) => facts.apply(Fact::Trial(Arc::new(trial(run, at, other)))),
                    Step::Rows(rows) => facts.apply(Fact::Table(Arc::new(table(rows)))),
                    Step::Gone(run) => facts.apply(Fact::RemovedTrials(vec![TrialId(run)])),
                    Step::Warned(of) => facts.apply(Fact::Warnings("it", vec![warning("it"); of.into()])),
                    Step::Look => {
                        followed += 1;
                        prop_assert_eq!(seen(&facts.snapshot()), seen(&fold(&facts)), "look {}", followed);
                    }
                }
            }
            prop_assert_eq!(seen(&facts.snapshot()), seen(&fold(&facts)));
        }
    }

    /// A log line leaves the rows shared, whichever of several runs writes it.
    #[test]
    fn a_line_of_a_log_folds_no_rows() {
        let mut facts = Facts::default();
        facts.apply(Fact::Table(Arc::new(table(70))));
        (0..200).for_each(|run| facts.apply(Fact::Trial(Arc::new(trial(run, run as i64, 9)))));
        let before = facts.snapshot();
        facts.apply(Fact::Trial(Arc::new(trial(197, 500, 9))));
        let after = facts.snapshot();
        assert!(Arc::ptr_eq(&before.experiments, &after.experiments));
        assert_eq!(after.trials.last().map(|trial| trial.id), Some(TrialId(197)));
        assert!(Arc::ptr_eq(&facts.snapshot(), &after), "nothing changed");
    }
}
