//! Turns proposals into experiments: each is about one, with or without a row in the loop's results.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{
    AgentText, Claim, CommitId, CommitState, Decision, DecisionKind, Evidence, Experiment, ExperimentId, Facts, Gate,
    Objective, Outcome, Proposal, ProposalId, ProposalState, Row,
};

/// The state of each proposal: by the decision that names it, by an earlier one that settled its change, or by the
/// agent's own next proposal.
pub fn proposal_states(proposals: &[Arc<Proposal>], decisions: &[Decision]) -> HashMap<ProposalId, ProposalState> {
    let answered: HashMap<&ProposalId, usize> = decisions
        .iter()
        .enumerate()
        .filter_map(|(index, decision)| Some((decision.proposal.as_ref()?, index)))
        .collect();
    let mut settled: HashMap<(&ExperimentId, Gate), usize> = HashMap::new();
    for (index, decision) in decisions.iter().enumerate() {
        if decision.kind.is_final() && !decision.by_policy {
            settled.insert((&decision.experiment, decision.gate), index);
        }
    }
    let mut standing = HashMap::with_capacity(proposals.len());
    for proposal in proposals {
        let before = settled.get(&(&proposal.experiment(), proposal.gate)).copied();
        let state = match answered.get(&proposal.id).copied().or(before) {
            Some(index) => ProposalState::Answered(index),
            None => ProposalState::Pending,
        };
        standing.insert(proposal.id.clone(), state);
        if let Some(old) = &proposal.supersedes
            && *old != proposal.id
            && let Some(stands) = standing.get_mut(old)
            && *stands == ProposalState::Pending
        {
            *stands = ProposalState::Superseded(proposal.id.clone());
        }
    }
    standing
}

/// The proposal by which an experiment is shown, judged and committed, among those about it in the order of collection:
/// a pending one, or else one that a decision names, or else any. Of several agents the first to ask is shown, and of
/// its proposals the newest, so that no agent can change the title of a change that another one asked about.
pub(super) fn shown_of<'a>(
    proposals: &'a [Arc<Proposal>],
    standing: &HashMap<ProposalId, ProposalState>,
    decisions: &[Decision],
) -> Option<&'a Arc<Proposal>> {
    let waits = |one: &Arc<Proposal>| standing.get(&one.id) == Some(&ProposalState::Pending);
    let is_named = |one: &&Arc<Proposal>| match standing.get(&one.id) {
        Some(ProposalState::Answered(index)) => decisions[*index].proposal.as_ref() == Some(&one.id),
        _ => false,
    };
    let newest_of_first = |among: &dyn Fn(&Arc<Proposal>) -> bool| {
        let first = proposals.iter().find(|one| among(one))?;
        proposals.iter().rev().find(|one| among(one) && one.is_of(&first.owner, &first.agent))
    };
    let named = || proposals.iter().rev().find(is_named);
    newest_of_first(&waits).or_else(named).or_else(|| newest_of_first(&|_| true))
}

/// The experiments of the rows with their proposals, followed by the proposals without a row, in the order of
/// collection.
pub(super) fn proposed(
    facts: &Facts,
    standing: &HashMap<ProposalId, ProposalState>,
    mut experiments: Vec<Arc<Experiment>>,
    objective: Option<&Objective>,
) -> Vec<Arc<Experiment>> {
    if facts.proposals.is_empty() {
        return experiments;
    }
    let mut by_head: HashMap<CommitId, Vec<Arc<Proposal>>> = HashMap::new();
    for proposal in facts.proposals.iter() {
        by_head.entry(proposal.head).or_default().push(Arc::clone(proposal));
    }
    for experiment in &mut experiments {
        let CommitState::Found(head) = experiment.commit else { continue };
        let Some(proposals) = by_head.remove(&head) else { continue };
        let shown = shown_of(&proposals, standing, &facts.decisions);
        let change = shown.map(|shown| shown.change(between(facts, shown)));
        *experiment = Arc::new(Experiment {
            no_change: experiment.no_change.filter(|_| change.is_none()),
            change: change.or_else(|| experiment.change.clone()),
            on_trunk: false,
            // It continues from the approved commit, a different commit with the same change.
            left_behind: false,
            proposals,
            ..(**experiment).clone()
        });
    }
    let session = experiments.last().map_or(0, |experiment| experiment.session);
    let mut added = HashSet::new();
    for proposal in facts.proposals.iter() {
        if added.insert(proposal.head)
            && let Some(proposals) = by_head.remove(&proposal.head)
        {
            let shown = shown_of(&proposals, standing, &facts.decisions).unwrap_or(proposal);
            experiments.push(Arc::new(without_row(facts, &Arc::clone(shown), proposals, session, objective)));
        }
    }
    experiments
}

fn between(facts: &Facts, proposal: &Proposal) -> Vec<CommitId> {
    let is_known = facts.history.nodes.contains_key(&proposal.head);
    if is_known { facts.history.between(proposal.base, proposal.head) } else { Vec::new() }
}

fn without_row(
    facts: &Facts,
    shown: &Proposal,
    proposals: Vec<Arc<Proposal>>,
    session: usize,
    objective: Option<&Objective>,
) -> Experiment {
    let metric = objective.map_or("", |objective| &*objective.metric);
    let reported =
        |pick: fn(&Evidence) -> Option<f64>| shown.evidence_of(metric).and_then(pick).filter(|v| v.is_finite());
    let (before, after) = (reported(|evidence| evidence.before), reported(|evidence| evidence.after));
    let goal = objective.and_then(|objective| objective.goal);
    let claimed_gain = goal.zip(before.zip(after)).map(|(goal, (before, after))| goal.gain(before, after));
    let (claim, word) = match shown.gate {
        Gate::Run => (Claim::Other, ""),
        Gate::Keep => (Claim::Keep, "keep"),
    };
    let metrics = shown.evidence.iter().filter_map(|evidence| {
        let value = evidence.after.filter(|value| value.is_finite())?;
        Some((Arc::from(evidence.metric.raw()), value))
    });
    let row = Row {
        line: 0,
        segment: 0,
        hash: "".into(),
        cell: AgentText::default(),
        is_dirty: false,
        word: word.into(),
        claim,
        description: shown.title.clone(),
        more: AgentText::default(),
        metrics: metrics.collect(),
        is_unmeasured: false,
        at_ms: Some(shown.collected_ms),
        is_called_baseline: false,
    };
    Experiment {
        id: shown.experiment(),
        label: AgentText::default(),
        source: ".countersign".into(),
        session,
        row: Arc::new(row),
        claim,
        outcome: after.map_or(Outcome::NotMeasured, Outcome::Value),
        is_baseline: false,
        commit: CommitState::Found(shown.head),
        change: Some(shown.change(between(facts, shown))),
        no_change: None,
        found_as: None,
        on_trunk: false,
        left_behind: false,
        claimed_gain,
        at_ms: Some(shown.collected_ms),
        proposals,
    }
}

impl super::Snapshot {
    /// The proposal by which an experiment is shown, judged and committed; `None` if no agent asked about it.
    pub fn proposal_about<'a>(&self, experiment: &'a Experiment) -> Option<&'a Arc<Proposal>> {
        shown_of(&experiment.proposals, &self.proposal_states, &self.decisions)
    }

    /// The experiment of the earlier proposal that this one replaces.
    pub fn round_before(&self, proposal: &Proposal) -> Option<&Arc<Experiment>> {
        let before = self.proposal(proposal.supersedes.as_ref()?)?;
        self.experiments.get(self.index_of(&before.experiment())?)
    }

    /// The round of a proposal, from 1: one more than the number of proposals it replaces.
    pub fn round(&self, proposal: &Proposal) -> usize {
        let mut round = 1;
        let mut at = proposal.supersedes.clone();
        while let Some(before) = at.and_then(|id| self.proposal(&id)) {
            round += 1;
            // A proposal is collected before any proposal that names it; otherwise this would not end.
            at = before.supersedes.clone().filter(|_| round <= self.proposals.len());
        }
        round
    }

    /// The newest decision about an experiment at a gate, by a person or by policy.
    pub fn decision_at(&self, id: &ExperimentId, gate: Gate) -> Option<&Decision> {
        self.decisions.iter().rev().find(|decision| decision.experiment == *id && decision.gate == gate)
    }

    /// True if a decision at the run gate allowed the experiment to train.
    pub fn may_run(&self, id: &ExperimentId) -> bool {
        self.decision_at(id, Gate::Run).is_some_and(|decision| decision.kind == DecisionKind::Approved)
    }
}
