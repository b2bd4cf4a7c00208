//! Facts in, snapshot out. Everything that is derived is derived here, in one pass over the rows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::proposed::proposed;
use super::{
    AgentText, Basis, Binding, Claim, CommitId, CommitState, Counts, DecisionKind, Experiment, ExperimentId, Facts,
    Gate, Goal, History, Objective, Outcome, Row, Snapshot, Table, Trial, TrialEnd, cell_is_hash, row_id, standing,
};

/// Makes the snapshot of a loop from all its facts.
pub fn fold(facts: &Facts) -> Snapshot {
    let mut snapshot = Snapshot {
        identity: facts.identity.clone(),
        approved: Arc::clone(&facts.approved),
        decisions: Arc::clone(&facts.decisions),
        proposals: Arc::clone(&facts.proposals),
        standing: standing(&facts.proposals, &facts.decisions),
        door: Arc::clone(&facts.door),
        trials: by_last_change(facts),
        head: facts.history.head,
        without_row: facts.history.without_row.clone(),
        recorder: facts.recorder,
        passed_over: Arc::clone(&facts.passed_over),
        warnings: facts.warnings.values().flatten().cloned().collect(),
        ..Snapshot::default()
    };
    // Of a log that another run took over nobody can look the lines up any more.
    let readable = snapshot.trials.iter().filter(|trial| trial.end != TrialEnd::Overwritten);
    let unread: Vec<_> = readable.flat_map(|trial| trial.unread.iter().cloned()).collect();
    snapshot.warnings.extend(unread);
    if let Some(table) = &facts.table {
        snapshot.format = Some(table.format);
        snapshot.reading = Arc::clone(&table.reading);
        snapshot.objective = objective(facts, table);
        snapshot.warnings.extend(table.warnings.iter().cloned());
        snapshot.experiments = experiments(table, facts, snapshot.objective.as_ref());
    }
    let with_row = std::mem::take(&mut snapshot.experiments);
    snapshot.experiments = proposed(facts, with_row, snapshot.objective.as_ref());
    for (index, decision) in facts.decisions.iter().enumerate() {
        let settled = snapshot.decided.get(&decision.experiment).is_some_and(|old| facts.decisions[*old].settles());
        let sends_back = !decision.by_policy && decision.kind != DecisionKind::Approved || decision.settles();
        let is_fact = matches!(decision.kind, DecisionKind::Stale | DecisionKind::Expired);
        if decision.settles() || (!settled && (sends_back || is_fact)) {
            snapshot.decided.insert(decision.experiment.clone(), index);
        }
    }
    snapshot.baseline = snapshot.experiments.iter().position(|experiment| experiment.is_baseline);
    snapshot.best = best(&snapshot);
    let depths = facts.history.depths();
    snapshot.index();
    snapshot.start = start(&snapshot, &facts.history, &depths);
    snapshot.waiting = waiting(&snapshot, &depths);
    snapshot.commit_gone = (0..snapshot.experiments.len())
        .filter(|index| {
            let experiment = &snapshot.experiments[*index];
            experiment.claim == Claim::Keep && !experiment.is_baseline && experiment.commit == CommitState::Gone
        })
        .collect();
    snapshot.counts = counts(&snapshot);
    bind_trials(&mut snapshot);
    snapshot
}

/// Trials in the order in which they last changed: numbers are given in the order of reading, which is another one.
fn by_last_change(facts: &Facts) -> Vec<Arc<Trial>> {
    let mut trials: Vec<Arc<Trial>> = facts.trials.values().cloned().collect();
    trials.sort_by_key(|trial| (trial.last_ms.or(trial.started_ms), trial.id));
    trials
}

fn objective(facts: &Facts, table: &Table) -> Option<Objective> {
    // Where there are no rows, what the newest proposal tells of first.
    let proposed = || {
        let told = facts.proposals.iter().rev().find_map(|proposal| proposal.evidence.first());
        told.map(|evidence| Arc::from(evidence.metric.raw()))
    };
    let choice = table.choice();
    let (metric, metric_basis) = match (&facts.metric, choice) {
        (Some(metric), _) => (Arc::clone(metric), Basis::stated("named in the policy")),
        (None, Some(choice)) => (Arc::clone(&choice.metric), choice.metric_basis.clone()),
        (None, None) => (proposed()?, Basis::stated("named in the newest proposal")),
    };
    let of_source = choice.filter(|choice| choice.metric == metric && choice.goal.is_some());
    let (goal, goal_basis) = match (facts.goal, of_source) {
        (Some(goal), _) => (Some(goal), Basis::stated("named in the policy")),
        (None, Some(choice)) => (choice.goal, choice.goal_basis.clone()),
        (None, None) => match Goal::of_metric(&metric) {
            Some(goal) => (Some(goal), Basis::guess("a known name")),
            None => (None, Basis::default()),
        },
    };
    Some(Objective { metric, metric_basis, goal, goal_basis, bound: facts.bound })
}

fn experiments(table: &Table, facts: &Facts, objective: Option<&Objective>) -> Vec<Arc<Experiment>> {
    let history = &*facts.history;
    let metric = objective.map_or("", |objective| &*objective.metric);
    let goal = objective.and_then(|objective| objective.goal);
    let owners = owners(table, history);
    let baselines: HashSet<_> = table
        .segments
        .iter()
        .enumerate()
        .filter_map(|(at, segment)| Some((at, baseline_row(&segment.rows, metric)?)))
        .collect();
    let kept: HashSet<CommitId> = table
        .segments
        .iter()
        .enumerate()
        .flat_map(|(of, segment)| segment.rows.iter().enumerate().map(move |(at, row)| ((of, at), row)))
        .filter(|(place, row)| row.claim() == Claim::Keep || baselines.contains(place))
        .filter_map(|(_, row)| named_commit(history, row))
        // What was approved is kept, by whatever name the loop knows it.
        .chain(facts.decisions.iter().filter_map(|decision| decision.commit))
        .collect();
    let edits: HashMap<ExperimentId, (CommitId, CommitId)> = facts
        .trials
        .values()
        .filter_map(|trial| match (&trial.row, &trial.binding, trial.edits) {
            (Some(row), Binding::Head(base), Some(edits)) => Some((row.clone(), (*base, edits))),
            _ => None,
        })
        .collect();
    let on_loop = history.head.map(|head| history.ancestors(head)).unwrap_or_default();
    let mut all = Vec::new();
    for (session, segment) in table.segments.iter().enumerate() {
        let mut incumbent: Option<f64> = None;
        for (at, row) in segment.rows.iter().enumerate() {
            let place = (session, at);
            let is_baseline = baselines.contains(&place);
            let found = commit_state(history, row, place, &owners);
            let named = match found {
                CommitState::Found(commit) => Some(commit),
                _ => None,
            };
            let kept_edits = edits.get(&row_id(row)).filter(|_| named.is_none() && !is_baseline);
            let commit = kept_edits.map_or(found, |(_, edits)| CommitState::Edits(*edits));
            let head = named.or(kept_edits.map(|(_, edits)| *edits));
            let outcome = row.outcome(metric);
            let claim = row.claim();
            let claimed_gain = match (goal, outcome, incumbent) {
                (Some(goal), Outcome::Value(value), Some(incumbent)) => Some(goal.gain(incumbent, value)),
                _ => None,
            };
            if let (Outcome::Value(value), true) = (outcome, claim == Claim::Keep || is_baseline) {
                let better = incumbent.is_none_or(|old| goal.is_none_or(|goal| goal.is_better(value, old)));
                if better {
                    incumbent = Some(value);
                }
            }
            let change = match kept_edits {
                Some((base, edits)) => Some(history.change_of_edits(*base, *edits, &kept)),
                None => named
                    .filter(|_| !is_baseline)
                    .and_then(|head| history.change(head, &kept))
                    .filter(|change| !is_empty(history, change.base, change.head)),
            };
            all.push(Arc::new(Experiment {
                id: named.map_or_else(|| row_id(row), Into::into),
                label: row.cell.clone(),
                source: Arc::clone(&table.source),
                session,
                row: Arc::clone(row),
                claim,
                outcome,
                is_baseline,
                left_behind: claim == Claim::Keep && named.is_some_and(|head| !on_loop.contains(&head)),
                commit,
                change,
                claimed_gain,
                at_ms: row.at_ms.or_else(|| Some(history.nodes.get(&head?)?.at_ms)),
                proposals: Vec::new(),
            }));
        }
    }
    all
}

type Place = (usize, usize);

/// Which row a commit belongs to when several name it: the first that was kept, else the first.
fn owners(table: &Table, history: &History) -> HashMap<CommitId, Place> {
    let mut owners: HashMap<CommitId, (Place, bool)> = HashMap::new();
    for (session, segment) in table.segments.iter().enumerate() {
        for (at, row) in segment.rows.iter().enumerate() {
            let Some(commit) = named_commit(history, row) else { continue };
            let kept = row.claim() == Claim::Keep;
            let owner = owners.entry(commit).or_insert(((session, at), kept));
            if kept && !owner.1 {
                *owner = ((session, at), true);
            }
        }
    }
    owners.into_iter().map(|(commit, (place, _))| (commit, place)).collect()
}

fn named_commit(history: &History, row: &Row) -> Option<CommitId> {
    match history.cells.get(row.cell.raw().trim()).map(Vec::as_slice) {
        Some([one]) => Some(*one),
        _ => None,
    }
}

fn commit_state(history: &History, row: &Row, place: Place, owners: &HashMap<CommitId, Place>) -> CommitState {
    let cell = row.cell.raw().trim();
    if !cell_is_hash(cell) {
        return CommitState::None;
    }
    match history.cells.get(cell).map_or(&[] as &[_], Vec::as_slice) {
        [] => CommitState::Gone,
        [one] if owners.get(one) == Some(&place) => CommitState::Found(*one),
        _ => CommitState::Ambiguous,
    }
}

/// The row of a session that says it is the baseline, else its first measured row.
fn baseline_row(rows: &[Arc<Row>], metric: &str) -> Option<usize> {
    let measured = |row: &Row| row.outcome(metric).value().is_some();
    let says_so_first = |row: &Row| {
        let text = row.description.raw().trim_start().as_bytes();
        measured(row) && text.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"baseline"))
    };
    let first_kept = rows.iter().position(|row| measured(row) && row.claim() == Claim::Keep);
    rows.iter()
        .position(|row| row.says_baseline)
        // Later rows speak of baselines too: only one before the first keep, or that keep itself, is it.
        .or_else(|| {
            rows.iter().position(|row| says_so_first(row)).filter(|at| first_kept.is_none_or(|first| *at <= first))
        })
        .or_else(|| rows.iter().position(|row| measured(row)))
}

/// True when both commits hold the same files, bookkeeping aside.
fn is_empty(history: &History, base: CommitId, head: CommitId) -> bool {
    let tree = |commit| history.nodes.get(&commit).and_then(|node| node.bare_tree);
    tree(base).is_some() && tree(base) == tree(head)
}

fn best(snapshot: &Snapshot) -> Option<usize> {
    let goal = snapshot.objective.as_ref()?.goal?;
    let mut best: Option<(usize, f64)> = None;
    for (index, experiment) in snapshot.experiments.iter().enumerate() {
        // What was only proposed is not kept yet.
        let counts = experiment.has_row() && (experiment.claim == Claim::Keep || experiment.row.says_baseline);
        if let (Some(value), true) = (experiment.outcome.value(), counts)
            && best.is_none_or(|(_, old)| goal.is_better(value, old))
        {
            best = Some((index, value));
        }
    }
    best.map(|(index, _)| index)
}

fn start(snapshot: &Snapshot, history: &History, depths: &HashMap<CommitId, usize>) -> Option<CommitId> {
    snapshot
        .approved
        .start
        .or_else(|| {
            let baseline = snapshot.experiments.get(snapshot.baseline?)?;
            baseline.head().or_else(|| {
                // A second row of the same commit may own it: the cell still says where the start is.
                named_commit(history, &baseline.row)
            })
        })
        .or_else(|| {
            let changes = snapshot.experiments.iter().filter_map(|experiment| experiment.change.as_ref());
            changes.min_by_key(|change| depths.get(&change.base).copied()).map(|change| change.base)
        })
}

fn waiting(snapshot: &Snapshot, depths: &HashMap<CommitId, usize>) -> Vec<usize> {
    let approvals = snapshot.decisions.iter().filter(|decision| decision.is_approval());
    let approved: HashSet<CommitId> = approvals.filter_map(|decision| decision.commit).collect();
    let mut waiting: Vec<_> = (0..snapshot.experiments.len())
        .filter(|index| waits(snapshot, &approved, &snapshot.experiments[*index]))
        .collect();
    waiting.sort_by_cached_key(|index| {
        let experiment = &snapshot.experiments[*index];
        (experiment.left_behind, experiment.head().and_then(|head| depths.get(&head).copied()), *index)
    });
    waiting
}

/// True when a person is to decide: an agent asks, or a loop that asks nobody kept a change. `approved` are
/// the commits that approvals made.
fn waits(snapshot: &Snapshot, approved: &HashSet<CommitId>, experiment: &Experiment) -> bool {
    if experiment.proposals.iter().any(|proposal| snapshot.is_pending(&proposal.id)) {
        return true;
    }
    let is_kept = experiment.claim == Claim::Keep && experiment.change.is_some();
    let is_approved_already = experiment.head().is_some_and(|head| approved.contains(&head));
    // Who asked at the keep gate and got an answer from a person asks again, or lets it be.
    let was_answered = experiment.proposals.iter().filter(|proposal| proposal.gate == Gate::Keep).any(|proposal| {
        snapshot.answer(&proposal.id).is_none_or(|answer| !answer.by_policy || answer.kind != DecisionKind::Approved)
    });
    is_kept && !is_approved_already && !was_answered && snapshot.settled(&experiment.id).is_none()
}

fn counts(snapshot: &Snapshot) -> Counts {
    let mut counts = Counts { commit_gone: snapshot.commit_gone.len(), ..Counts::default() };
    // What was only proposed is counted where it waits.
    for experiment in snapshot.experiments.iter().filter(|experiment| experiment.has_row()) {
        counts.total += 1;
        counts.with_change += usize::from(experiment.change.is_some());
        match experiment.claim {
            Claim::Keep => counts.kept += 1,
            Claim::Discard => counts.discarded += 1,
            Claim::Crash => counts.crashed += 1,
            Claim::Other => counts.other += 1,
        }
    }
    counts
}

fn bind_trials(snapshot: &mut Snapshot) {
    let by_row: HashMap<ExperimentId, ExperimentId> =
        snapshot.experiments.iter().map(|experiment| (row_id(&experiment.row), experiment.id.clone())).collect();
    for (index, trial) in snapshot.trials.iter().enumerate() {
        let experiment = match (&trial.row, &trial.binding) {
            (Some(row), _) if by_row.contains_key(row) => by_row.get(row).cloned(),
            // It ran on edits that no commit holds: the commit below them is another experiment's.
            (_, Binding::Head(_)) if trial.edits.is_some() => None,
            (_, Binding::Head(commit)) => snapshot.by_head(*commit).map(|experiment| experiment.id.clone()),
            (_, Binding::Unknown) => by_value(snapshot, trial),
        };
        if let Some(id) = experiment {
            snapshot.trials_of.entry(id).or_default().push(index);
        }
    }
    snapshot.running = snapshot.trials.iter().rposition(|trial| trial.end == TrialEnd::Running);
}

/// A log that was there before us belongs to the one experiment whose value it ends with.
fn by_value(snapshot: &Snapshot, trial: &Trial) -> Option<ExperimentId> {
    let metric = &snapshot.objective.as_ref()?.metric;
    let value = trial.summary_value(metric)?;
    let mut matches = snapshot.experiments.iter().filter(|experiment| {
        // Rows carry six decimals at most, summaries sometimes more.
        experiment.outcome.value().is_some_and(|other| (other - value).abs() <= 5.1e-7)
    });
    match (matches.next(), matches.next()) {
        (Some(one), None) => Some(one.id.clone()),
        _ => None,
    }
}

impl Snapshot {
    /// A name for the running trial: its experiment's, else the commit it runs on.
    pub fn running_name(&self) -> Option<AgentText> {
        let trial = self.trials.get(self.running?)?;
        Some(match &trial.binding {
            Binding::Head(commit) if trial.edits.is_some() => AgentText::from(format!("{}+", commit.short())),
            Binding::Head(commit) => {
                self.by_head(*commit).map_or_else(|| AgentText::from(commit.short()), |experiment| experiment.name())
            }
            Binding::Unknown => AgentText::from(trial.run_name()),
        })
    }
}
