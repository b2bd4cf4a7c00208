//! Folds facts into a snapshot. Everything derived is derived here, in one pass over the rows.

mod lineage;
mod trials;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use self::lineage::lineage_rows;
use self::trials::{bind_trials, by_last_change, followed};
use super::experiments::{Rows, named};
use super::proposed::proposed;
use super::{
    AgentText, Basis, Binding, Claim, CommitId, CommitState, Counts, DecisionKind, Experiment, ExperimentId, Facts,
    Gate, Goal, History, HistoryDoubt, NoChange, Objective, Segment, SegmentSummary, Snapshot, Table, TrialEnd,
    Warning, counted, proposal_states,
};

/// The source of a metric or a direction, as shown.
const BY_POLICY: &str = "named in the policy";

/// Derives the snapshot of a loop from all its facts.
pub fn fold(facts: &Facts) -> Snapshot {
    let mut snapshot = Snapshot {
        identity: facts.identity.clone(),
        approved: Arc::clone(&facts.approved),
        decisions: Arc::clone(&facts.decisions),
        proposals: Arc::clone(&facts.proposals),
        proposal_states: Arc::new(proposal_states(&facts.proposals, &facts.decisions)),
        mailbox: Arc::clone(&facts.mailbox),
        trials: by_last_change(facts),
        head: facts.history.head,
        without_row: Arc::new(facts.history.without_row.clone()),
        recorder: facts.recorder,
        unread_files: Arc::clone(&facts.passed_over),
        ..Snapshot::default()
    };
    let mut warnings: Vec<Warning> = facts.warnings.values().flatten().cloned().collect();
    // The lines of a log that another run overwrote can no longer be checked.
    let readable = snapshot.trials.iter().filter(|trial| trial.end != TrialEnd::Overwritten);
    let unread: Vec<_> = readable.flat_map(|trial| trial.unread.iter().cloned()).collect();
    warnings.extend(unread);
    let (mut objectives, mut with_row) = (Vec::new(), Vec::new());
    if let Some(table) = &facts.table {
        snapshot.format = Some(table.format);
        snapshot.reading = Arc::clone(&table.reading);
        objectives = objectives_of(facts, table);
        warnings.extend(table.warnings.iter().cloned());
        with_row = Rows::of(table, facts, &objectives).experiments();
    }
    let newest = objectives.last().and_then(Option::as_ref);
    snapshot.experiments = Arc::new(proposed(facts, &snapshot.proposal_states, with_row, newest));
    snapshot.trunk.clone_from(&facts.history.trunk);
    snapshot.began_at = facts.history.fork_point;
    snapshot.is_cut = !facts.history.cut.is_empty();
    let mut decided: HashMap<ExperimentId, usize> = HashMap::new();
    for (index, decision) in facts.decisions.iter().enumerate() {
        let settled = decided.get(&decision.experiment).is_some_and(|old| facts.decisions[*old].settles());
        let sends_back = !decision.by_policy && decision.kind != DecisionKind::Approved || decision.settles();
        let is_fact = matches!(decision.kind, DecisionKind::Stale | DecisionKind::Expired);
        if decision.settles() || (!settled && (sends_back || is_fact)) {
            decided.insert(decision.experiment.clone(), index);
        }
    }
    snapshot.decided = Arc::new(decided);
    let rows = facts.table.as_ref().map_or(&[] as &[_], |table| table.segments.as_slice());
    // Without rows the proposals are everything there is.
    let without = [Segment::default()];
    let rows = if rows.is_empty() && !objectives.is_empty() { &without } else { rows };
    let knows_words = snapshot.reading.unknown_words.is_empty();
    snapshot.segments = summaries(rows, objectives, &snapshot.experiments, knows_words);
    snapshot.show_segment(usize::MAX);
    let depths = facts.history.depths();
    snapshot.index();
    snapshot.start = start(&snapshot, facts, &depths);
    let joined = facts.baselines.own.or(facts.baselines.last);
    let known = snapshot.approved.tip.or(joined);
    (snapshot.reference, snapshot.is_joined) = (known.or(snapshot.start), known.is_some());
    if let Some(trouble) = snapshot.starts_at_an_edge() {
        Arc::make_mut(&mut snapshot.approved).trouble.get_or_insert(trouble);
    }
    warnings.extend(cut_off(&snapshot));
    warnings.extend(doubtful(&snapshot, &facts.history));
    snapshot.warnings = Arc::new(warnings);
    snapshot.waiting = Arc::new(waiting(&snapshot, &depths));
    snapshot.lineage = Arc::new(lineage_rows(&snapshot));
    let described = |index: &usize| snapshot.experiments[*index].row.description.raw().len();
    snapshot.longest_description = snapshot.waiting.iter().map(described).max().unwrap_or(0);
    let lost = (0..snapshot.experiments.len()).filter(|index| is_lost(&snapshot.experiments[*index]));
    snapshot.commit_gone = Arc::new(lost.collect());
    snapshot.counts = counts(&snapshot.experiments);
    bind_trials(&mut snapshot);
    snapshot
}

/// The objective of each segment. A metric named in the person's policy applies to every segment that measures it; if
/// none does it was misspelled, and it applies to all, so that this is visible.
fn objectives_of(facts: &Facts, table: &Table) -> Vec<Option<Objective>> {
    let measures = |segment: &Segment, metric: &str| segment.rows.iter().any(|row| row.metric(metric).is_some());
    let is_measured =
        facts.metric.as_ref().is_some_and(|metric| table.segments.iter().any(|segment| measures(segment, metric)));
    let newest = table.choice().map(|choice| &choice.metric);
    let of = |segment: &Segment| {
        let named = facts
            .metric
            .as_ref()
            .filter(|metric| segment.choice.is_none() || !is_measured || measures(segment, metric));
        // A direction without a metric refers to the metric that the source measures now.
        let is_about = match &facts.metric {
            Some(_) => named.is_some(),
            None => segment.choice.is_none() || segment.choice.as_ref().map(|choice| &choice.metric) == newest,
        };
        objective(facts, segment, named, facts.goal.filter(|_| is_about))
    };
    let without = [Segment::default()];
    let segments = if table.segments.is_empty() { &without } else { table.segments.as_slice() };
    segments.iter().map(of).collect()
}

fn objective(facts: &Facts, segment: &Segment, named: Option<&Arc<str>>, goal: Option<Goal>) -> Option<Objective> {
    // Without rows, the first metric that the newest proposal reports.
    let proposed = || {
        let evidence = facts.proposals.iter().rev().find_map(|proposal| proposal.evidence.first());
        evidence.map(|first| Arc::from(first.metric.raw()))
    };
    let choice = segment.choice.as_ref();
    let (metric, metric_basis) = match (named, choice) {
        (Some(metric), _) => (Arc::clone(metric), Basis::stated(BY_POLICY)),
        (None, Some(choice)) => (Arc::clone(&choice.metric), choice.metric_basis.clone()),
        (None, None) => (proposed()?, Basis::stated("named in the newest proposal")),
    };
    // If a source withdraws the direction of its metric, the direction that the name implies is withdrawn, too.
    let of_source = choice.filter(|choice| choice.metric == metric);
    let (goal, goal_basis) = match (goal, of_source) {
        (Some(goal), _) => (Some(goal), Basis::stated(BY_POLICY)),
        (None, Some(choice)) => (choice.goal, choice.goal_basis.clone()),
        (None, None) => match Goal::of_metric(&metric) {
            Some(goal) => (Some(goal), Basis::stated("a known name")),
            None => (None, Basis::default()),
        },
    };
    let bound = facts.bound.filter(|_| facts.metric.is_none() || named.is_some());
    let unit = of_source.and_then(|choice| choice.unit.clone());
    Some(Objective { metric, goal, metric_basis, goal_basis, unit, bound })
}

fn summaries(
    segments: &[Segment],
    objectives: Vec<Option<Objective>>,
    all: &[Arc<Experiment>],
    knows_words: bool,
) -> Vec<SegmentSummary> {
    let mut first = 0;
    let last = segments.len().saturating_sub(1);
    let of = |(at, (segment, objective)): (usize, (&Segment, Option<Objective>))| {
        // Proposals without a row belong to the newest segment.
        let end = if at == last { all.len() } else { first + segment.rows.len() };
        let experiments = std::mem::replace(&mut first, end)..end;
        let baseline = experiments.clone().find(|index| all[*index].is_baseline);
        let goal = objective.as_ref().and_then(|objective| objective.goal);
        let best = best(all, experiments.clone(), goal, knows_words);
        let counts = counts(&all[experiments.clone()]);
        SegmentSummary { name: segment.name.clone(), objective, baseline, best, experiments, counts }
    };
    segments.iter().zip(objectives).enumerate().map(of).collect()
}

fn best(all: &[Arc<Experiment>], among: Range<usize>, goal: Option<Goal>, knows_words: bool) -> Option<usize> {
    let goal = goal?;
    let mut best: Option<(usize, f64)> = None;
    // If a table never says what was kept, only what passed, measured rows count.
    let decides = |index: usize| matches!(all[index].claim, Claim::Keep | Claim::Discard);
    let is_undecided = knows_words && !among.clone().any(decides);
    for index in among {
        let experiment = &all[index];
        // A proposal without a row is not kept yet.
        let is_candidate = experiment.counts() || is_undecided && experiment.claim != Claim::Crash;
        let counts = experiment.has_row() && is_candidate;
        if let (Some(value), true) = (experiment.outcome.value(), counts)
            && best.is_none_or(|(_, old)| goal.is_better(value, old))
        {
            best = Some((index, value));
        }
    }
    best.map(|(index, _)| index)
}

/// The commit at which the approved branch would start: where the person joined the loop; or else the loop's first
/// baseline, if the first kept change is built on it; or else the base of that change.
fn start(snapshot: &Snapshot, facts: &Facts, depths: &HashMap<CommitId, usize>) -> Option<CommitId> {
    let history = &facts.history;
    // The agent can write any rows: the commit at which the person joined the loop takes precedence.
    let known = snapshot.approved.start.or(facts.baselines.own);
    if known.is_some() {
        return known;
    }
    let baseline = snapshot.segments.first().and_then(|first| snapshot.experiments.get(first.baseline?));
    // A second row of the same commit may own it: the cell still names the start.
    let baseline = baseline.and_then(|baseline| baseline.head().or_else(|| named(history, &baseline.row)));
    let first_of = |wanted: fn(&Experiment) -> bool| {
        let changes = snapshot.experiments.iter().filter(|experiment| wanted(experiment));
        let changes = changes.filter_map(|experiment| experiment.change.as_ref());
        changes.min_by_key(|change| depths.get(&change.base).copied()).map(|change| change.base)
    };
    let is_next = |one: &Experiment| {
        one.has_row() && one.claim == Claim::Keep && !one.left_behind && !one.on_trunk && one.head().is_some()
    };
    let Some(first) = first_of(is_next) else { return baseline.or_else(|| first_of(|_| true)) };
    let session_starts_later = |baseline: &CommitId| {
        let fork = history.fork_point.filter(|fork| snapshot.trunk.is_some() && fork != baseline);
        fork.is_some_and(|fork| history.ancestors(fork).contains(baseline))
    };
    let below = history.ancestors(first);
    baseline.filter(|baseline| below.contains(baseline) && !session_starts_later(baseline)).or(Some(first))
}

/// A warning about changes that are not known because the clone is shallow.
fn cut_off(snapshot: &Snapshot) -> Option<Warning> {
    let is_cut_off = |experiment: &&Arc<Experiment>| {
        let kept = experiment.claim == Claim::Keep;
        experiment.no_change == Some(NoChange::BeyondShallow)
            || snapshot.is_cut && kept && experiment.no_change == Some(NoChange::Gone)
    };
    let rows = snapshot.experiments.iter().filter(is_cut_off).count();
    (rows > 0).then(|| Warning {
        path: ".git/shallow".into(),
        line: 0,
        end_line: 0,
        message: format!(
            "this clone is shallow: the changes of {} are not known; `git fetch --unshallow` fetches the rest, `git fetch --deepen=100` a part of it",
            counted(rows, "row")
        ),
    })
}

/// Warnings about kept rows that the history contradicts.
fn doubtful(snapshot: &Snapshot, history: &History) -> Vec<Warning> {
    let of = |(cell, doubt): &(String, HistoryDoubt)| {
        let row = snapshot.experiments.iter().find(|one| one.claim == Claim::Keep && one.label.raw().trim() == cell)?;
        let message = match doubt {
            HistoryDoubt::OneBefore { next } => format!(
                "it names {cell}, but its description is that of the commit after it, {}: the change of {cell} is shown",
                next.short()
            ),
            HistoryDoubt::Reverted { by } => format!("its change was reverted by `git revert` in {}", by.short()),
        };
        let (line, path) = (row.row.line, Arc::clone(&row.source));
        Some(Warning { path, line, end_line: line, message })
    };
    history.doubts.iter().filter_map(of).collect()
}

fn waiting(snapshot: &Snapshot, depths: &HashMap<CommitId, usize>) -> Vec<usize> {
    let approvals = snapshot.decisions.iter().filter(|decision| decision.is_approval());
    let approved: HashSet<CommitId> = approvals.filter_map(|decision| decision.commit).collect();
    let mut waiting: Vec<_> = (0..snapshot.experiments.len())
        .filter(|index| waits(snapshot, &approved, &snapshot.experiments[*index]))
        .collect();
    waiting.sort_by_cached_key(|index| {
        let experiment = &snapshot.experiments[*index];
        // A proposal that was collected just now is not in the history that was read: it comes right after its base.
        let known = experiment.head().and_then(|head| depths.get(&head).copied());
        let after_base = || Some(depths.get(&experiment.change.as_ref()?.base)? + 1);
        (experiment.left_behind, known.or_else(after_base), *index)
    });
    waiting
}

/// True if a person has to decide: an agent asks, or a loop that asks nobody kept a change. `approved` are the commits
/// that approvals made.
fn waits(snapshot: &Snapshot, approved: &HashSet<CommitId>, experiment: &Experiment) -> bool {
    if experiment.proposals.iter().any(|proposal| snapshot.is_pending(&proposal.id)) {
        return true;
    }
    let is_kept = experiment.claim == Claim::Keep && experiment.change.is_some() && !experiment.on_trunk;
    let is_approved_already = experiment.head().is_some_and(|head| approved.contains(&head));
    // After a person's answer at the keep gate an agent has to ask again.
    let was_answered = experiment.proposals.iter().filter(|proposal| proposal.gate == Gate::Keep).any(|proposal| {
        snapshot.answer(&proposal.id).is_none_or(|answer| !answer.by_policy || answer.kind != DecisionKind::Approved)
    });
    is_kept && !is_approved_already && !was_answered && snapshot.settled(&experiment.id).is_none()
}

fn counts(experiments: &[Arc<Experiment>]) -> Counts {
    let mut counts = Counts::default();
    // Proposals without a row are counted as waiting.
    for experiment in experiments.iter().filter(|experiment| experiment.has_row()) {
        counts.total += 1;
        counts.with_change += usize::from(experiment.change.is_some());
        counts.commit_gone += usize::from(is_lost(experiment));
        match experiment.claim {
            Claim::Keep => counts.kept += 1,
            Claim::Discard => counts.discarded += 1,
            Claim::Crash => counts.crashed += 1,
            Claim::Other => counts.other += 1,
        }
    }
    counts
}

/// True for a kept row whose commit no longer exists.
fn is_lost(experiment: &Experiment) -> bool {
    let is_other = matches!(experiment.no_change, Some(NoChange::Baseline | NoChange::Unread));
    experiment.claim == Claim::Keep && !is_other && experiment.commit == CommitState::Gone
}

impl Snapshot {
    /// The reason why nothing can be decided if the approved branch would start on a kept change whose content is not
    /// known, because its commit is the edge of a shallow clone.
    pub fn starts_at_an_edge(&self) -> Option<String> {
        let start = self.start.filter(|_| self.approved.tip.is_none())?;
        let owner = self.by_head(start)?;
        (owner.no_change == Some(NoChange::BeyondShallow)).then(|| {
            format!(
                "the approved branch would start at {}, the edge of this shallow clone: changes up to it cannot be reviewed; `git fetch --unshallow` fetches the rest",
                start.short()
            )
        })
    }

    /// A name for the running trial: its experiment's, or else the commit it runs on.
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

impl Facts {
    /// Returns the same snapshot as [`fold()`], at the cost of the changes since the last one: a new log line costs its
    /// trial, not all rows.
    pub fn snapshot(&mut self) -> Arc<Snapshot> {
        let changed = std::mem::take(&mut self.changed);
        let before = self.folded.take();
        let snapshot = match before {
            Some(before) if changed.is_empty() => before,
            Some(before) => Arc::new(followed(&before, self, &changed).unwrap_or_else(|| fold(self))),
            None => Arc::new(fold(self)),
        };
        self.folded = Some(Arc::clone(&snapshot));
        snapshot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CommitNode, Fact, Proposal};

    fn commit(digit: char) -> CommitId {
        digit.to_string().repeat(40).parse().expect("an object id")
    }

    #[test]
    fn a_proposal_newer_than_the_history_is_queued_after_those_in_it() {
        let proposal = |id: &str, head: char| {
            let text = serde_json::json!({
                "id": id, "gate": "keep", "base": commit('a').to_string(), "head": commit(head).to_string(),
                "from_patch": false, "title": "t", "rationale": "", "agent": {}, "evidence": [], "supersedes": null,
                "idempotency_key": "", "taken_ms": 1, "digest": "",
            });
            Arc::new(serde_json::from_value::<Proposal>(text).expect("a proposal"))
        };
        let node = |parent: Option<char>| CommitNode {
            parents: parent.map(commit).into_iter().collect(),
            bare_tree: None,
            at_ms: 0,
        };
        // The second one's head is not among the commits that were read.
        let nodes = [(commit('a'), node(None)), (commit('b'), node(Some('a')))].into();
        let history = History { nodes, ..History::default() };
        let mut facts = Facts::default();
        facts.apply(Fact::History(Arc::new(history)));
        facts.apply(Fact::Proposals(Arc::new(vec![proposal("p1", 'b'), proposal("p2", 'c')])));
        let snapshot = fold(&facts);
        let heads: Vec<_> = snapshot.waiting.iter().filter_map(|index| snapshot.experiments[*index].head()).collect();
        assert_eq!(heads, [commit('b'), commit('c')]);
    }
}
