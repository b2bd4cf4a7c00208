//! The subject of a window, to notice that it changed while the window is open.

use std::sync::Arc;

use crate::model::{CommitId, ExperimentId, ProposalId, Snapshot};
use crate::policy::Policy;

/// The subject of a window, as far as a change to it would change the answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum WindowSubject {
    Change(Box<JudgedChange>),
    Branch(Option<CommitId>, bool),
    Trial(Option<String>),
    Mailbox(bool, bool),
    Objective(Option<String>),
}

impl WindowSubject {
    /// Returns the difference between the subject when the window opened and now, in words.
    pub(super) fn differs(&self, now: &Self) -> &'static str {
        match (self, now) {
            (Self::Change(before), Self::Change(now)) => before.differs(now),
            (Self::Branch(..), _) => "the approved branch moved again",
            (Self::Trial(_), _) => "the trial ended or another one started",
            (Self::Mailbox(..), _) => "the loop was paused or resumed meanwhile",
            _ => "the objective changed",
        }
    }
}

/// A change, and everything that a decision about it depends on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct JudgedChange {
    pub(super) is_there: bool,
    pub(super) head: Option<CommitId>,
    /// Record number and kind of the decision about it.
    pub(super) decided: Option<(u64, &'static str)>,
    pub(super) asked: Option<ProposalId>,
    /// False if the assessment is not about the current change.
    pub(super) is_current: bool,
    /// `None` if the answer does not depend on the tip.
    pub(super) tip: Option<CommitId>,
    pub(super) policy: Option<Arc<Policy>>,
}

impl JudgedChange {
    /// Returns the change of an experiment, without what only some answers depend on.
    pub(super) fn of(snapshot: &Snapshot, id: &ExperimentId) -> Self {
        let index = snapshot.index_of(id);
        Self {
            is_there: index.is_some(),
            head: index.and_then(|index| snapshot.experiments[index].head()),
            decided: snapshot.decision(id).map(|decision| (decision.seq, decision.kind.word())),
            asked: snapshot.pending(id).map(|proposal| proposal.id.clone()),
            is_current: true,
            tip: None,
            policy: None,
        }
    }

    /// Returns the difference, in words.
    fn differs(&self, now: &Self) -> &'static str {
        match (&self.asked, &now.asked) {
            _ if !now.is_there => "the change is gone",
            _ if self.decided != now.decided => "it was decided meanwhile",
            (Some(before), Some(after)) if before != after => "the agent proposed it again",
            (Some(_), None) => "the agent withdrew or replaced its proposal",
            (None, Some(_)) => "the agent proposed it meanwhile",
            _ if self.head != now.head => "the change is a different one now",
            _ if self.tip != now.tip => "the approved branch moved",
            _ if self.policy != now.policy => "the policy changed",
            _ => "the evidence about the change is outdated",
        }
    }
}
