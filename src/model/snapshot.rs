//! The loop as it stands: what every view draws and every command prints.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{
    AgentText, Blocks, Change, Claim, CommitId, Decision, DecisionKind, Experiment, ExperimentId, LoopFormat,
    LoopIdentity, MailboxState, NoChange, Objective, PassedOver, Proposal, ProposalId, ProposalState, Question,
    Recorder, SegmentSummary, TableReading, Trial, Warning, cell_is_hash,
};

/// One commit of the approved branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedCommit {
    /// Its id.
    pub commit: CommitId,
    /// First line of its message.
    pub subject: AgentText,
    /// Committer time in milliseconds since the epoch.
    pub at_ms: i64,
    /// True when a decision in the ledger made it.
    pub in_ledger: bool,
    /// True when somebody else made it and a person adopted it.
    pub is_adopted: bool,
    /// `Name <mail>` of who adopted it; `None` where nobody had to.
    pub adopted_by: Option<String>,
}

/// The approved branch as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approved {
    /// Short name, e.g. `countersign/approved`.
    pub branch: String,
    /// Its tip; `None` where the branch does not exist yet.
    pub tip: Option<CommitId>,
    /// The commit it was created at; `None` where it does not exist yet.
    pub start: Option<CommitId>,
    /// Its commits since the start, newest first, by first parent.
    pub commits: Vec<ApprovedCommit>,
    /// True when a decision was interrupted: the desk can end it.
    pub interrupted: bool,
    /// True when somebody moved it: a person can adopt or restore it.
    pub diverged: bool,
    /// Why no decision can be made now, with the remedy; `None` when all is well.
    pub trouble: Option<String>,
}

impl Approved {
    /// The branch that approvals move when nothing else is said.
    pub const DEFAULT_BRANCH: &'static str = "countersign/approved";
}

/// Experiments by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All rows that are experiments.
    pub total: usize,
    /// Rows the agent kept, the baseline included.
    pub kept: usize,
    /// Rows the agent threw away.
    pub discarded: usize,
    /// Rows that crashed.
    pub crashed: usize,
    /// Rows with any other word.
    pub other: usize,
    /// Experiments whose change is known and not empty.
    pub with_change: usize,
    /// Kept rows whose commit is nowhere any more.
    pub commit_gone: usize,
}

/// The loop at one moment. Shared by `Arc`; pausing is keeping the `Arc`.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Which loop.
    pub identity: LoopIdentity,
    /// What it was recognised as; `None` while nothing was.
    pub format: Option<LoopFormat>,
    /// Segments of the rows, oldest first; the last one is the current one.
    pub segments: Vec<SegmentSummary>,
    /// Index of the segment that `objective`, `baseline` and `best` are of.
    pub shown: usize,
    /// The metric that decides in the shown segment; `None` where no column looks like one.
    pub objective: Option<Objective>,
    /// Experiments in the source's order, oldest segment first.
    pub experiments: Arc<Vec<Arc<Experiment>>>,
    /// Index of the baseline of the shown segment.
    pub baseline: Option<usize>,
    /// Index of the best kept experiment of the shown segment; `None` without a direction or a value.
    pub best: Option<usize>,
    /// Indices of what waits for a decision, in lineage order.
    pub waiting: Arc<Vec<usize>>,
    /// Indices of kept experiments whose commit is gone.
    pub commit_gone: Arc<Vec<usize>>,
    /// Where the approved branch would start; `None` where no commit is known to start from.
    pub start: Option<CommitId>,
    /// The commit with the tree that gates compare with: the approved tip, else where the loop began when the person
    /// joined it, else where it seems to have begun.
    pub reference: Option<CommitId>,
    /// False where nobody but the rows says what that is: automatic gates pass nothing then.
    pub is_joined: bool,
    /// The approved branch.
    pub approved: Arc<Approved>,
    /// All decisions, oldest first.
    pub decisions: Arc<Vec<Decision>>,
    /// The decision that stands by experiment, as an index into `decisions`: the newest that settles it,
    /// else the newest answer that sent it back.
    pub decided: Arc<HashMap<ExperimentId, usize>>,
    /// All proposals, oldest first.
    pub proposals: Arc<Vec<Arc<Proposal>>>,
    /// How each of them stands.
    pub standing: Arc<HashMap<ProposalId, ProposalState>>,
    /// The agent's door.
    pub mailbox: Arc<MailboxState>,
    /// Trials, the one that changed last at the end.
    pub trials: Blocks<Arc<Trial>>,
    /// Trials of each experiment, as indices into `trials`, the one that changed last at the end.
    pub bound: Blocks<Vec<usize>>,
    /// The experiment of each trial; `None` where it is not known.
    pub(super) owners: Blocks<Option<usize>>,
    /// Index of the trial that runs now.
    pub running: Option<usize>,
    /// Who records the loop.
    pub recorder: Recorder,
    /// What could not be read.
    pub warnings: Arc<Vec<Warning>>,
    /// How the results were read.
    pub reading: Arc<TableReading>,
    /// What was seen beside the curves and not read.
    pub passed_over: Arc<Vec<PassedOver>>,
    /// Counts by outcome.
    pub counts: Counts,
    /// The commit the loop's work tree is on.
    pub head: Option<CommitId>,
    /// Commits that reflogs show and no row names, newest first.
    pub without_row: Arc<Vec<CommitId>>,
    /// The commit that the loop's session started from, where one is known.
    pub began_at: Option<CommitId>,
    /// The trunk that holds it, where one is known.
    pub trunk: Option<String>,
    /// True when the loop's history ends where a shallow clone is cut.
    pub is_cut: bool,
    pub(super) by_id: Arc<HashMap<ExperimentId, usize>>,
    pub(super) by_head: Arc<HashMap<CommitId, usize>>,
}

/// What a person's word for an experiment found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Index of the one experiment.
    Found(usize),
    /// Indices of all that it could mean.
    Ambiguous(Vec<usize>),
    /// Nothing.
    Nothing,
}

impl Snapshot {
    /// False in a folder of nothing but runs: there is no loop that anybody would have to decide on.
    pub fn has_loop(&self) -> bool {
        self.format != Some(LoopFormat::Curves) || !self.experiments.is_empty()
    }

    /// Why no decision can be made now; `None` when all is well, and where there is nothing to decide.
    pub fn trouble(&self) -> Option<&str> {
        self.approved.trouble.as_deref().filter(|_| self.has_loop())
    }

    /// The commit that approval would build on: the approved tip, else the start.
    pub fn tip(&self) -> Option<CommitId> {
        self.approved.tip.or(self.start)
    }

    /// The proposal about an experiment that somebody waits for; `None` where nobody does.
    pub fn pending(&self, id: &ExperimentId) -> Option<&Arc<Proposal>> {
        let experiment = &self.experiments[self.index_of(id)?];
        self.proposal_about(experiment).filter(|proposal| self.is_pending(&proposal.id))
    }

    /// True when nobody has answered a proposal.
    pub fn is_pending(&self, id: &ProposalId) -> bool {
        self.standing.get(id) == Some(&ProposalState::Pending)
    }

    /// True when the agent put another one in its place.
    pub fn is_superseded(&self, id: &ProposalId) -> bool {
        matches!(self.standing.get(id), Some(ProposalState::Superseded(_)))
    }

    /// The proposal of a name.
    pub fn proposal(&self, id: &ProposalId) -> Option<&Arc<Proposal>> {
        self.proposals.iter().find(|proposal| proposal.id == *id)
    }

    /// The decision that answered a proposal.
    pub fn answer(&self, id: &ProposalId) -> Option<&Decision> {
        match self.standing.get(id)? {
            ProposalState::Answered(index) => self.decisions.get(*index),
            _ => None,
        }
    }

    /// What was asked about a proposal, oldest first.
    pub fn questions<'a>(&'a self, id: &'a ProposalId) -> impl Iterator<Item = &'a Question> {
        self.mailbox.questions.iter().filter(move |question| question.proposal == *id)
    }

    /// The decision that settles an experiment; `None` while it may still be asked about.
    pub fn settled(&self, id: &ExperimentId) -> Option<&Decision> {
        self.decision(id).filter(|decision| decision.settles())
    }

    /// The decision about an experiment that stands.
    pub fn decision(&self, id: &ExperimentId) -> Option<&Decision> {
        self.decisions.get(*self.decided.get(id)?)
    }

    /// How many experiments have a newest decision of this kind.
    pub fn count_decided(&self, kind: DecisionKind) -> usize {
        self.decided.values().filter(|index| self.decisions.get(**index).is_some_and(|d| d.kind == kind)).count()
    }

    /// Makes the look-up tables of the experiments.
    pub(super) fn index(&mut self) {
        let all = || self.experiments.iter().enumerate();
        let by_id: HashMap<_, _> = all().map(|(index, experiment)| (experiment.id.clone(), index)).collect();
        // A loop may go on from what was approved: that commit is the experiment's, too.
        let approved = |decision: &Decision| Some((decision.commit?, *by_id.get(&decision.experiment)?));
        let mut by_head: HashMap<_, _> =
            self.decisions.iter().filter(|decision| decision.is_approval()).filter_map(approved).collect();
        let again = |(index, experiment): (usize, &Arc<Experiment>)| Some((experiment.found_as?.commit, index));
        by_head.extend(self.experiments.iter().enumerate().filter_map(again).collect::<Vec<_>>());
        by_head.extend(
            self.experiments
                .iter()
                .enumerate()
                .filter_map(|(index, experiment)| Some((experiment.head()?, index)))
                .collect::<Vec<_>>(),
        );
        (self.by_id, self.by_head) = (Arc::new(by_id), Arc::new(by_head));
    }

    /// The index of an experiment by its identity.
    pub fn index_of(&self, id: &ExperimentId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Trials of an experiment, as indices into `trials`, the one that changed last at the end.
    pub fn trials_of(&self, id: &ExperimentId) -> &[usize] {
        self.index_of(id).and_then(|index| self.bound.get(index)).map_or(&[], Vec::as_slice)
    }

    /// The newest trial of an experiment.
    pub fn trial(&self, id: &ExperimentId) -> Option<&Arc<Trial>> {
        self.trials.get(*self.trials_of(id).last()?)
    }

    /// The newest trial of an experiment by its index.
    pub fn newest_trial(&self, index: usize) -> Option<&Arc<Trial>> {
        self.trials.get(*self.bound.get(index)?.last()?)
    }

    /// The commit whose tree was measured for an experiment: the end of its change, or the edits that its run began with;
    /// `None` where its row says that it ran on edits that no commit holds.
    pub fn measured_on(&self, change: &Change, experiment: &Experiment) -> Option<CommitId> {
        let edits = self.trial(&experiment.id).and_then(|trial| trial.edits);
        edits.or_else(|| (!experiment.row.is_dirty).then_some(change.head))
    }

    /// The experiment that a trial, by its index, is known to belong to.
    pub fn bound_to(&self, trial: usize) -> Option<&Arc<Experiment>> {
        self.experiments.get((*self.owners.get(trial)?)?)
    }

    /// The newest experiment that the agent kept: what runs now is built on it.
    pub fn last_kept(&self) -> Option<&Arc<Experiment>> {
        self.experiments.iter().rev().find(|experiment| experiment.claim == Claim::Keep)
    }

    /// The experiment that ends in this commit.
    pub fn by_head(&self, commit: CommitId) -> Option<&Arc<Experiment>> {
        self.by_head.get(&commit).and_then(|index| self.experiments.get(*index))
    }

    /// What the trunk is called, for people.
    pub fn trunk_name(&self) -> &str {
        self.trunk.as_deref().unwrap_or("its trunk")
    }

    /// Finds an experiment by id, label or unique prefix of either; else by the commit that was made of it, or what its agent
    /// was given when it proposed it. Several rows of one commit are one change: the
    /// row that owns it is meant.
    pub fn look_up(&self, word: &str) -> Lookup {
        let word = word.trim();
        let all = |matches: &dyn Fn(&Experiment) -> bool| -> Vec<usize> {
            (0..self.experiments.len()).filter(|index| matches(&self.experiments[*index])).collect()
        };
        let starts = |text: &str| !word.is_empty() && text.trim().starts_with(word);
        let made = |decision: &&Decision| decision.commit.is_some_and(|commit| starts(&commit.to_string()));
        let asked = self.proposals.iter().filter(|proposal| starts(proposal.id.as_str()));
        let also: HashSet<ExperimentId> = asked
            .map(|proposal| proposal.experiment())
            .chain(self.decisions.iter().filter(made).map(|decision| decision.experiment.clone()))
            .collect();
        for found in [
            all(&|e| e.id.as_str() == word),
            all(&|e| e.label.raw().trim() == word),
            all(&|e| starts(e.id.as_str()) || starts(e.label.raw())),
            all(&|e| also.contains(&e.id)),
        ] {
            match self.meant(&found).as_slice() {
                [] => {}
                [one] => return Lookup::Found(*one),
                more => return Lookup::Ambiguous(more.to_vec()),
            }
        }
        Lookup::Nothing
    }

    /// Of several rows of one commit the one that owns it, else the first that was kept.
    fn meant(&self, found: &[usize]) -> Vec<usize> {
        if found.len() < 2 {
            return found.to_vec();
        }
        let mut meant: Vec<usize> = found.iter().map(|index| self.owner_of(*index)).collect();
        meant.sort_unstable();
        meant.dedup();
        let label = |index: &usize| self.experiments[*index].label.raw().trim();
        let same = meant.windows(2).all(|two| label(&two[0]) == label(&two[1]));
        let kept = meant.iter().find(|index| self.experiments[**index].claim == Claim::Keep);
        match kept {
            Some(kept) if same && cell_is_hash(label(kept)) => vec![*kept],
            _ => meant,
        }
    }

    /// The experiment that owns the commit of another one's row; itself where it shares none.
    fn owner_of(&self, index: usize) -> usize {
        match self.experiments[index].no_change {
            Some(NoChange::SharedWith { index: owner, .. }) => owner,
            _ => index,
        }
    }
}

impl Snapshot {
    /// The value that stands at the approved tip before a decision, for comparing it in one segment: of the newest
    /// earlier approval whose very tree was measured, or the baseline's. `None` where nobody measured that tree there.
    fn value_before(&self, seq: u64, segment: usize) -> Option<f64> {
        let earlier = self.decisions.iter().rev().find(|decision| decision.seq < seq && decision.commit.is_some());
        match earlier {
            None => {
                let baseline = match self.segments.get(segment) {
                    // A first row that waits as a change is nothing that was approved.
                    Some(summary) => summary.baseline.filter(|index| match segment {
                        0 => self.experiments[*index].change.is_none(),
                        _ => self.is_start(*index),
                    })?,
                    None => self.baseline?,
                };
                self.experiments.get(baseline)?.outcome.value()
            }
            Some(decision) if decision.measured_as_is => self.value_of(&decision.experiment, segment),
            Some(_) => None,
        }
    }

    fn is_start(&self, index: usize) -> bool {
        self.start.is_some() && self.experiments.get(self.owner_of(index)).and_then(|one| one.head()) == self.start
    }

    /// The value measured at the approved tip in the shown segment; `None` where nobody measured that very tree.
    pub fn value_at_tip(&self) -> Option<f64> {
        self.value_before(u64::MAX, self.shown)
    }

    fn value_of(&self, id: &ExperimentId, segment: usize) -> Option<f64> {
        let experiment = &self.experiments[self.index_of(id)?];
        experiment.outcome.value().filter(|_| experiment.session == segment)
    }

    /// Gain of a decision on the approved branch, positive is better; `None` where either tree was
    /// not measured as it is.
    pub fn gain_on_branch(&self, decision: &Decision) -> Option<f64> {
        let experiment = &self.experiments[self.index_of(&decision.experiment)?];
        let value = experiment.outcome.value().filter(|_| decision.measured_as_is)?;
        Some(self.goal_of(experiment)?.gain(self.value_before(decision.seq, experiment.session)?, value))
    }

    /// How far an experiment's value lies beyond the bound of the policy, in the metric's unit; `None`
    /// when it does not, or there is no bound.
    pub fn beyond_bound(&self, experiment: &Experiment) -> Option<f64> {
        let objective = self.objective_of(experiment)?;
        let beyond = objective.goal?.gain(objective.bound?, experiment.outcome.value()?);
        Some(beyond).filter(|beyond| *beyond > 0.0)
    }

    /// Gain that approving an experiment as measured would bring over the approved tip.
    pub fn gain_over_tip(&self, id: &ExperimentId) -> Option<f64> {
        let experiment = &self.experiments[self.index_of(id)?];
        let before = self.value_before(u64::MAX, experiment.session)?;
        Some(self.goal_of(experiment)?.gain(before, experiment.outcome.value()?))
    }
}
