//! What a proposal stands on.

use std::collections::HashMap;

use super::{CommitId, Decision, DecisionKind, Gate};

/// Where the change of a proposal is judged from, and what its base holds that was not approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The commit that the change is shown and judged from.
    pub from: CommitId,
    /// Commits of the base that were not approved, newest first; the first ones of them.
    pub unapproved: Vec<CommitId>,
    /// How many there are.
    pub count: usize,
    /// The newest of them that a person refused or sent back, and with which answer; `None` when none was.
    pub refused: Option<(CommitId, DecisionKind)>,
    /// True when they are part of what is shown.
    pub is_part: bool,
}

impl Ground {
    /// On a base with which all is well.
    pub fn approved(from: CommitId) -> Self {
        Self { from, unapproved: Vec::new(), count: 0, refused: None, is_part: false }
    }

    /// True when all of the base was approved.
    pub fn is_approved(&self) -> bool {
        self.count == 0
    }
}

/// How a person's answers leave commits: the newest at each gate.
#[derive(Clone, Debug, Default)]
pub struct Fates(HashMap<(CommitId, Gate), (DecisionKind, bool)>);

impl Fates {
    /// By decisions, oldest first.
    pub fn of(decisions: &[Decision]) -> Self {
        let by_person = decisions.iter().filter(|decision| !decision.by_policy);
        let fate = |decision: &Decision| {
            let commit: CommitId = decision.experiment.as_str().parse().ok()?;
            Some(((commit, decision.gate), (decision.kind, decision.is_approval())))
        };
        Self(by_person.filter_map(fate).collect())
    }

    /// True when all of a commit's change is on the approved branch.
    pub fn is_approved(&self, commit: CommitId) -> bool {
        self.0.get(&(commit, Gate::Keep)).is_some_and(|(kind, is)| *is && *kind == DecisionKind::Approved)
    }

    /// How a commit was refused; `None` when it was not.
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
