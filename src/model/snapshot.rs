//! The state of the loop: drawn by every view and printed by every command.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{
    Approved, Blocks, Change, Claim, CommitId, Counts, Decision, DecisionKind, Experiment, ExperimentId, LineageRow,
    LoopFormat, LoopIdentity, MailboxState, NoChange, Objective, PassedOver, Proposal, ProposalId, ProposalState,
    Question, Recorder, SegmentSummary, TableInterpretation, Trial, Warning, cell_is_hash,
};

/// The loop at one moment. Shared by `Arc`; pausing the screen keeps the `Arc`.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The identity of the loop.
    pub identity: LoopIdentity,
    /// The recognised format; `None` until one is recognised.
    pub format: Option<LoopFormat>,
    /// Segments of the rows, oldest first; the last one is the current one.
    pub segments: Vec<SegmentSummary>,
    /// Index of the segment that `objective`, `baseline` and `best` are of.
    pub shown: usize,
    /// The metric that decides in the shown segment; `None` if no column looks like one.
    pub objective: Option<Objective>,
    /// Experiments in the source's order, oldest segment first.
    pub experiments: Arc<Vec<Arc<Experiment>>>,
    /// Index of the baseline of the shown segment.
    pub baseline: Option<usize>,
    /// Index of the best kept experiment of the shown segment; `None` without a direction or a value.
    pub best: Option<usize>,
    /// Indices of the experiments that wait for a decision, in lineage order.
    pub waiting: Arc<Vec<usize>>,
    /// Bytes of the longest description among them, for the height of their rows in a list; 0 where none waits.
    pub longest_description: usize,
    /// The lineage, newest first: kept experiments, each with its rejected siblings below it.
    pub lineage: Arc<Vec<LineageRow>>,
    /// Indices of kept experiments whose commit no longer exists.
    pub commit_gone: Arc<Vec<usize>>,
    /// The commit at which the approved branch would start; `None` if there is none.
    pub start: Option<CommitId>,
    /// The commit whose tree gates compare with: the approved tip, or else the loop's start when the person joined it,
    /// or else its apparent start.
    pub reference: Option<CommitId>,
    /// False if only the rows define that commit: automatic gates then let nothing through.
    pub is_joined: bool,
    /// The approved branch.
    pub approved: Arc<Approved>,
    /// All decisions, oldest first.
    pub decisions: Arc<Vec<Decision>>,
    /// The decision in force by experiment, as an index into `decisions`: the newest that settles it, or else the
    /// newest that sent it back.
    pub decided: Arc<HashMap<ExperimentId, usize>>,
    /// All proposals, oldest first.
    pub proposals: Arc<Vec<Arc<Proposal>>>,
    /// The state of each proposal.
    pub proposal_states: Arc<HashMap<ProposalId, ProposalState>>,
    /// The state of the agent's mailbox.
    pub mailbox: Arc<MailboxState>,
    /// Trials, the most recently changed last.
    pub trials: Blocks<Arc<Trial>>,
    /// Trials of each experiment, as indices into `trials`, the most recently changed last.
    pub trials_by_experiment: Blocks<Vec<usize>>,
    /// The experiment of each trial; `None` if not known.
    pub(super) owners: Blocks<Option<usize>>,
    /// Index of the running trial.
    pub running: Option<usize>,
    /// The process that records the loop.
    pub recorder: Recorder,
    /// Warnings about anything that could not be read.
    pub warnings: Arc<Vec<Warning>>,
    /// The interpretation of the results.
    pub reading: Arc<TableInterpretation>,
    /// Files and directories found next to the curves and not read.
    pub unread_files: Arc<Vec<PassedOver>>,
    /// Counts by outcome.
    pub counts: Counts,
    /// The commit the loop's work tree is on.
    pub head: Option<CommitId>,
    /// Commits that reflogs contain and no row names, newest first.
    pub without_row: Arc<Vec<CommitId>>,
    /// The commit that the loop's session started from, if known.
    pub began_at: Option<CommitId>,
    /// The trunk that contains it, if known.
    pub trunk: Option<String>,
    /// True if the loop's history ends at the edge of a shallow clone.
    pub is_cut: bool,
    pub(super) by_id: Arc<HashMap<ExperimentId, usize>>,
    pub(super) by_head: Arc<HashMap<CommitId, usize>>,
}

/// The result of looking up an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Index of the only match.
    Found(usize),
    /// Indices of all matches.
    Ambiguous(Vec<usize>),
    /// No match.
    Nothing,
}

impl Snapshot {
    /// False in a directory that contains only runs, without a loop to decide on.
    pub fn has_loop(&self) -> bool {
        self.format != Some(LoopFormat::Curves) || !self.experiments.is_empty()
    }

    /// The reason why no decision can be made now; `None` if there is none, or nothing to decide.
    pub fn trouble(&self) -> Option<&str> {
        self.approved.trouble.as_deref().filter(|_| self.has_loop())
    }

    /// The commit that an approval would build on: the approved tip, or else the start.
    pub fn tip(&self) -> Option<CommitId> {
        self.approved.tip.or(self.start)
    }

    /// The pending proposal about an experiment; `None` if no agent is waiting.
    pub fn pending(&self, id: &ExperimentId) -> Option<&Arc<Proposal>> {
        let experiment = &self.experiments[self.index_of(id)?];
        self.proposal_about(experiment).filter(|proposal| self.is_pending(&proposal.id))
    }

    /// True if a proposal has not been answered.
    pub fn is_pending(&self, id: &ProposalId) -> bool {
        self.proposal_states.get(id) == Some(&ProposalState::Pending)
    }

    /// True if the agent replaced it with another proposal.
    pub fn is_superseded(&self, id: &ProposalId) -> bool {
        matches!(self.proposal_states.get(id), Some(ProposalState::Superseded(_)))
    }

    /// The proposal with an id.
    pub fn proposal(&self, id: &ProposalId) -> Option<&Arc<Proposal>> {
        self.proposals.iter().find(|proposal| proposal.id == *id)
    }

    /// The decision that answered a proposal.
    pub fn answer(&self, id: &ProposalId) -> Option<&Decision> {
        match self.proposal_states.get(id)? {
            ProposalState::Answered(index) => self.decisions.get(*index),
            _ => None,
        }
    }

    /// The questions about a proposal, oldest first.
    pub fn questions<'a>(&'a self, id: &'a ProposalId) -> impl Iterator<Item = &'a Question> {
        self.mailbox.questions.iter().filter(move |question| question.proposal == *id)
    }

    /// The decision that settles an experiment; `None` while it may still be decided.
    pub fn settled(&self, id: &ExperimentId) -> Option<&Decision> {
        self.decision(id).filter(|decision| decision.settles())
    }

    /// The decision in force about an experiment.
    pub fn decision(&self, id: &ExperimentId) -> Option<&Decision> {
        self.decisions.get(*self.decided.get(id)?)
    }

    /// Number of experiments whose decision in force is of this kind.
    pub fn count_decided(&self, kind: DecisionKind) -> usize {
        self.decided.values().filter(|index| self.decisions.get(**index).is_some_and(|d| d.kind == kind)).count()
    }

    /// Builds the look-up tables of the experiments.
    pub(super) fn index(&mut self) {
        let all = || self.experiments.iter().enumerate();
        let by_id: HashMap<_, _> = all().map(|(index, experiment)| (experiment.id.clone(), index)).collect();
        // A loop may continue from the approved commit: that commit is the experiment's, too.
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

    /// Shown before the trouble that stops all decisions.
    pub const UNDECIDABLE: &str = "nothing can be decided";

    /// The index of an experiment with an id.
    pub fn index_of(&self, id: &ExperimentId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Trials of an experiment, as indices into `trials`, the most recently changed last.
    pub fn trials_of(&self, id: &ExperimentId) -> &[usize] {
        self.index_of(id).and_then(|index| self.trials_by_experiment.get(index)).map_or(&[], Vec::as_slice)
    }

    /// The newest trial of an experiment.
    pub fn trial(&self, id: &ExperimentId) -> Option<&Arc<Trial>> {
        self.trials.get(*self.trials_of(id).last()?)
    }

    /// The newest trial of an experiment by its index.
    pub fn newest_trial(&self, index: usize) -> Option<&Arc<Trial>> {
        self.trials.get(*self.trials_by_experiment.get(index)?.last()?)
    }

    /// The commit whose tree was measured for an experiment: the head of its change, or the edits that its run began
    /// with; `None` if its row says that it ran on edits that no commit contains.
    pub fn measured_on(&self, change: &Change, experiment: &Experiment) -> Option<CommitId> {
        let edits = self.trial(&experiment.id).and_then(|trial| trial.edits);
        edits.or_else(|| (!experiment.row.is_dirty).then_some(change.head))
    }

    /// The experiment that a trial, by its index, belongs to; `None` if not known.
    pub fn bound_to(&self, trial: usize) -> Option<&Arc<Experiment>> {
        self.experiments.get((*self.owners.get(trial)?)?)
    }

    /// The newest experiment that the agent kept: the current run is built on it.
    pub fn last_kept(&self) -> Option<&Arc<Experiment>> {
        self.experiments.iter().rev().find(|experiment| experiment.claim == Claim::Keep)
    }

    /// The experiment whose head is this commit.
    pub fn by_head(&self, commit: CommitId) -> Option<&Arc<Experiment>> {
        self.by_head.get(&commit).and_then(|index| self.experiments.get(*index))
    }

    /// The name of the trunk, for people.
    pub fn trunk_name(&self) -> &str {
        self.trunk.as_deref().unwrap_or("its trunk")
    }

    /// Finds an experiment by id, label or a unique prefix of either; or else by the commit that approving it made, or
    /// the commit its agent proposed. Several rows of one commit are one change: then the row that owns it is found.
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

    /// Of several rows of one commit, its owner, or else the first that was kept.
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

    /// The experiment that owns the commit of another one's row; the experiment itself if it shares none.
    fn owner_of(&self, index: usize) -> usize {
        match self.experiments[index].no_change {
            Some(NoChange::SharedWith { index: owner, .. }) => owner,
            _ => index,
        }
    }
}

impl Snapshot {
    /// The value at the approved tip before a decision, for comparison within one segment: of the newest earlier
    /// approval whose exact tree was measured, or of the baseline. `None` if that tree was not measured in this
    /// segment.
    fn value_before(&self, seq: u64, segment: usize) -> Option<f64> {
        let earlier = self.decisions.iter().rev().find(|decision| decision.seq < seq && decision.commit.is_some());
        match earlier {
            None => {
                let baseline = match self.segments.get(segment) {
                    // A first row that waits as a change has not been approved.
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

    /// The value measured at the approved tip in the shown segment; `None` if that exact tree was not measured.
    pub fn value_at_tip(&self) -> Option<f64> {
        self.value_before(u64::MAX, self.shown)
    }

    fn value_of(&self, id: &ExperimentId, segment: usize) -> Option<f64> {
        let experiment = &self.experiments[self.index_of(id)?];
        experiment.outcome.value().filter(|_| experiment.session == segment)
    }

    /// Gain of a decision on the approved branch, positive is better; `None` if either tree was not measured as is.
    pub fn gain_on_branch(&self, decision: &Decision) -> Option<f64> {
        let experiment = &self.experiments[self.index_of(&decision.experiment)?];
        let value = experiment.outcome.value().filter(|_| decision.measured_as_is)?;
        Some(self.goal_of(experiment)?.gain(self.value_before(decision.seq, experiment.session)?, value))
    }

    /// The amount by which an experiment's value exceeds the bound of the policy, in the metric's unit; `None` if it
    /// does not, or without a bound.
    pub fn beyond_bound(&self, experiment: &Experiment) -> Option<f64> {
        let objective = self.objective_of(experiment)?;
        let beyond = objective.goal?.gain(objective.bound?, experiment.outcome.value()?);
        Some(beyond).filter(|beyond| *beyond > 0.0)
    }

    /// Gain over the approved tip from approving an experiment as measured.
    pub fn gain_over_tip(&self, id: &ExperimentId) -> Option<f64> {
        let experiment = &self.experiments[self.index_of(id)?];
        let before = self.value_before(u64::MAX, experiment.session)?;
        Some(self.goal_of(experiment)?.gain(before, experiment.outcome.value()?))
    }
}
