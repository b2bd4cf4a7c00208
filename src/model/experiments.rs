//! Derives experiments from rows: the commit each row means, its change, its gain.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{
    Binding, Change, Claim, CommitId, CommitState, Experiment, ExperimentId, Facts, FoundAs, History, NoChange,
    Objective, Outcome, Row, Table, baseline, cell_is_hash, row_id,
};

/// A row's segment and its index there.
type RowPlace = (usize, usize);

/// The rows of a table, in the source's order, with data shared by all of them.
pub(super) struct Rows<'a> {
    table: &'a Table,
    history: &'a History,
    objectives: &'a [Option<Objective>],
    baselines: HashSet<RowPlace>,
    /// Index of the first row of each segment among all experiments.
    first: Vec<usize>,
    owners: HashMap<CommitId, RowPlace>,
    kept: HashSet<CommitId>,
    edits: HashMap<ExperimentId, (CommitId, CommitId)>,
    on_loop: HashSet<CommitId>,
    on_trunk: HashSet<CommitId>,
}

impl<'a> Rows<'a> {
    pub(super) fn of(table: &'a Table, facts: &'a Facts, objectives: &'a [Option<Objective>]) -> Self {
        let history = &*facts.history;
        let baselines: HashSet<RowPlace> = table
            .segments
            .iter()
            .zip(objectives)
            .enumerate()
            .filter_map(|(at, (segment, objective))| Some((at, segment.baseline(metric(objective.as_ref()))?)))
            .collect();
        let kept_rows = places(table).filter(|(place, row)| row.claim() == Claim::Keep || baselines.contains(place));
        let kept = kept_rows
            .flat_map(|(_, row)| [named(history, row), again(history, row).map(|found| found.commit)])
            .flatten()
            // An approved commit counts as kept, whatever the loop calls it.
            .chain(facts.decisions.iter().filter_map(|decision| decision.commit))
            .collect();
        let edits = facts.trials.values().filter_map(|trial| match (&trial.row, &trial.binding, trial.edits) {
            (Some(row), Binding::Head(base), Some(edits)) => Some((row.clone(), (*base, edits))),
            _ => None,
        });
        let first = table.segments.iter().scan(0, |next, segment| {
            let first = *next;
            *next += segment.rows.len();
            Some(first)
        });
        Self {
            owners: owners(table, history),
            first: first.collect(),
            edits: edits.collect(),
            on_loop: history.head.map(|head| history.ancestors(head)).unwrap_or_default(),
            on_trunk: match (&history.trunk, history.fork_point) {
                (Some(_), Some(fork)) => history.ancestors(fork),
                _ => HashSet::new(),
            },
            table,
            history,
            objectives,
            baselines,
            kept,
        }
    }

    /// Derives an experiment from each row.
    pub(super) fn experiments(&self) -> Vec<Arc<Experiment>> {
        let mut all = Vec::new();
        for (session, segment) in self.table.segments.iter().enumerate() {
            let goal = self.objectives[session].as_ref().and_then(|objective| objective.goal);
            let mut incumbent: Option<f64> = None;
            for (at, row) in segment.rows.iter().enumerate() {
                let mut experiment = self.experiment((session, at), row);
                experiment.claimed_gain = match (goal, experiment.outcome, incumbent) {
                    (Some(goal), Outcome::Value(value), Some(incumbent)) => Some(goal.gain(incumbent, value)),
                    _ => None,
                };
                if let (Outcome::Value(value), true) = (experiment.outcome, experiment.counts()) {
                    let better = incumbent.is_none_or(|old| goal.is_none_or(|goal| goal.is_better(value, old)));
                    if better {
                        incumbent = Some(value);
                    }
                }
                all.push(Arc::new(experiment));
            }
        }
        all
    }

    fn experiment(&self, place: RowPlace, row: &Arc<Row>) -> Experiment {
        let history = self.history;
        let is_baseline = self.baselines.contains(&place);
        let (state, shared) = self.commit_state(row, place);
        let named = match state {
            CommitState::Found(commit) => Some(commit),
            _ => None,
        };
        let on_trunk = named.is_some_and(|head| self.on_trunk.contains(&head));
        let own = named.map(|head| self.change(head, on_trunk));
        let is_change = own.as_ref().is_some_and(Result::is_ok) && self.is_kept_change(row, named, on_trunk);
        // The approved branch starts at the first baseline. A later baseline may be on top of a change of its own, and
        // so may a first row that does not call itself a baseline.
        let is_start = is_baseline && place.0 == 0 && !is_change;
        let edits = self.edits.get(&row_id(row)).filter(|_| named.is_none() && !is_start);
        let commit = edits.map_or(state, |(_, edits)| CommitState::Edits(*edits));
        let head = named.or(edits.map(|(_, edits)| *edits));
        let found_as = again(history, row).filter(|_| named.is_some());
        let change = match (edits, own) {
            (Some((base, edits)), _) => Ok(history.change_of_edits(*base, *edits, &self.kept)),
            (None, _) if is_start => Err(NoChange::Baseline),
            (None, Some(own)) => own,
            (None, None) => Err(shared.unwrap_or(match commit {
                CommitState::Gone if history.is_unread => NoChange::Unread,
                CommitState::Gone if matches!(history.rewritten.get(cell(row)), Some(None)) => NoChange::SeveralAlike,
                CommitState::Gone => NoChange::Gone,
                CommitState::Ambiguous => NoChange::Ambiguous,
                _ => NoChange::NoCommit,
            })),
        };
        let claim = row.claim();
        Experiment {
            id: named.map_or_else(|| row_id(row), Into::into),
            label: row.cell.clone(),
            source: Arc::clone(&self.table.source),
            session: place.0,
            row: Arc::clone(row),
            claim,
            outcome: row.outcome(metric(self.objectives[place.0].as_ref())),
            is_baseline,
            left_behind: claim == Claim::Keep
                && found_as.is_none()
                && named.is_some_and(|head| !self.on_loop.contains(&head)),
            commit,
            no_change: change.as_ref().err().copied(),
            change: change.ok(),
            found_as,
            on_trunk,
            claimed_gain: None,
            at_ms: row.at_ms.or_else(|| Some(history.nodes.get(&head?)?.at_ms)),
            proposals: Vec::new(),
        }
    }

    /// True for a kept row that does not call itself the baseline and whose commit the loop made after it began.
    fn is_kept_change(&self, row: &Row, named: Option<CommitId>, on_trunk: bool) -> bool {
        let is_above = |fork| named.is_some_and(|head| head != fork && self.on_loop.contains(&head));
        row.claim() == Claim::Keep
            && !(row.is_called_baseline || baseline::is_named(row.description.raw()))
            && !on_trunk
            && self.history.fork_point.is_some_and(is_above)
    }

    fn change(&self, head: CommitId, on_trunk: bool) -> Result<Change, NoChange> {
        let history = self.history;
        match history.change(head, &self.kept) {
            Some(change) if is_empty(history, change.base, change.head) => Err(NoChange::Equal),
            Some(change) => Ok(change),
            None if Some(head) == history.fork_point && !on_trunk => Err(NoChange::Baseline),
            None if on_trunk => Err(NoChange::OnTrunk),
            None if history.is_cut_below(head) => Err(NoChange::BeyondShallow),
            None => Err(NoChange::NoBase),
        }
    }

    /// The state of a row's commit, and the row that owns it if that is another one.
    fn commit_state(&self, row: &Row, place: RowPlace) -> (CommitState, Option<NoChange>) {
        let found = self.history.cells.get(cell(row)).map_or(&[] as &[_], Vec::as_slice);
        match (found, self.means(row)) {
            (_, Some(commit)) => match self.owners.get(&commit) {
                Some(owner) if *owner != place => {
                    let index = self.first[owner.0] + owner.1;
                    let line = self.table.segments[owner.0].rows[owner.1].line;
                    (CommitState::Ambiguous, Some(NoChange::SharedWith { index, line }))
                }
                _ => (CommitState::Found(commit), None),
            },
            ([], None) if !cell_is_hash(cell(row)) => (CommitState::None, None),
            ([], None) => (CommitState::Gone, None),
            _ => (CommitState::Ambiguous, None),
        }
    }

    fn means(&self, row: &Row) -> Option<CommitId> {
        means(self.history, row)
    }
}

impl Experiment {
    /// True if later values are measured against it: it was kept, or is the baseline of its segment.
    pub(super) fn counts(&self) -> bool {
        self.claim == Claim::Keep || self.is_baseline
    }
}

fn metric(objective: Option<&Objective>) -> &str {
    objective.map_or("", |objective| &*objective.metric)
}

fn cell(row: &Row) -> &str {
    row.cell.raw().trim()
}

fn places(table: &Table) -> impl Iterator<Item = (RowPlace, &Arc<Row>)> {
    let rows = table.segments.iter().enumerate();
    rows.flat_map(|(of, segment)| segment.rows.iter().enumerate().map(move |(at, row)| ((of, at), row)))
}

/// The row that a commit belongs to if several name it: the first that was kept, or else the first.
fn owners(table: &Table, history: &History) -> HashMap<CommitId, RowPlace> {
    let mut owners: HashMap<CommitId, (RowPlace, bool)> = HashMap::new();
    for (place, row) in places(table) {
        let Some(commit) = means(history, row) else { continue };
        let kept = row.claim() == Claim::Keep;
        let owner = owners.entry(commit).or_insert((place, kept));
        if kept && !owner.1 {
            *owner = (place, true);
        }
    }
    owners.into_iter().map(|(commit, (place, _))| (commit, place)).collect()
}

/// The commit that a row names; `None` if it names none, or several.
pub(super) fn named(history: &History, row: &Row) -> Option<CommitId> {
    match history.cells.get(cell(row)).map(Vec::as_slice) {
        Some([one]) => Some(*one),
        _ => None,
    }
}

/// The commit that a row's commit became when the history was rewritten, if it was found again.
fn again(history: &History, row: &Row) -> Option<FoundAs> {
    *history.rewritten.get(cell(row))?
}

/// The commit that a row means: the one it names, or else the rewritten one.
fn means(history: &History, row: &Row) -> Option<CommitId> {
    named(history, row).or_else(|| Some(again(history, row)?.commit))
}

/// True if both commits contain the same files, ignored paths aside.
fn is_empty(history: &History, base: CommitId, head: CommitId) -> bool {
    let tree = |commit| history.nodes.get(&commit).and_then(|node| node.bare_tree);
    tree(base).is_some() && tree(base) == tree(head)
}
