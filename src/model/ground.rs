//! The base of a proposal, and the approval of its commits.

use std::collections::HashMap;

use super::{CommitId, Decision, DecisionKind, Gate};

/// The commit from which a proposal's change is judged, and the unapproved commits in its base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalBase {
    /// The commit from which the change is shown and judged.
    pub from: CommitId,
    /// Unapproved commits of the base, newest first; only the first few of them.
    pub unapproved: Vec<CommitId>,
    /// The number of all of them.
    pub count: usize,
    /// The newest of them that a person refused or sent back, with that decision; `None` if there is none.
    pub refused: Option<(CommitId, DecisionKind)>,
    /// True if they are part of the change that is shown.
    pub is_part: bool,
}

impl ProposalBase {
    /// A fully approved base.
    pub fn approved(from: CommitId) -> Self {
        Self { from, unapproved: Vec::new(), count: 0, refused: None, is_part: false }
    }

    /// True if all of the base was approved.
    pub fn is_approved(&self) -> bool {
        self.count == 0
    }
}

/// The newest decision of a person about each commit, at each gate.
#[derive(Clone, Debug, Default)]
pub struct PersonDecisions(HashMap<(CommitId, Gate), (DecisionKind, bool)>);

impl PersonDecisions {
    /// Collects decisions, which must be oldest first.
    pub fn of(decisions: &[Decision]) -> Self {
        let by_person = decisions.iter().filter(|decision| !decision.by_policy);
        let fate = |decision: &Decision| {
            let commit: CommitId = decision.experiment.as_str().parse().ok()?;
            Some(((commit, decision.gate), (decision.kind, decision.is_approval())))
        };
        Self(by_person.filter_map(fate).collect())
    }

    /// True if all of a commit's change is on the approved branch.
    pub fn is_approved(&self, commit: CommitId) -> bool {
        self.0.get(&(commit, Gate::Keep)).is_some_and(|(kind, is)| *is && *kind == DecisionKind::Approved)
    }

    /// The decision that refused a commit; `None` if it was not refused.
    pub fn refusal(&self, commit: CommitId) -> Option<DecisionKind> {
        if self.is_approved(commit) {
            return None;
        }
        let refused = |gate| self.0.get(&(commit, gate)).map(|(kind, _)| *kind).filter(|kind| is_refusal(*kind));
        refused(Gate::Keep).or_else(|| refused(Gate::Run))
    }

    /// All commits that were refused.
    pub fn refused(&self) -> impl Iterator<Item = (CommitId, DecisionKind)> {
        self.0.iter().map(|((commit, _), (kind, _))| (*commit, *kind)).filter(|(_, kind)| is_refusal(*kind))
    }
}

fn is_refusal(kind: DecisionKind) -> bool {
    matches!(kind, DecisionKind::Vetoed | DecisionKind::ChangesRequested | DecisionKind::Reverted)
}
