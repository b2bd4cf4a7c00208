//! Requests and their responses.

use std::sync::Arc;

use super::colour::{LineSyntax, Stretch};
use super::consequences::Consequences;
use super::knobs::Knobs;
use super::shortlist::Shortlist;
use super::texts::Texts;
use super::touched::Related;
use crate::model::{
    AgentText, Amendment, Built, CommitId, CommitText, Curves, ExperimentId, FileChange, Finding, Gate, HunkKey,
    ProposalId, TreeId, TrialId,
};

/// A request about a snapshot.
#[derive(Clone, Debug)]
pub enum Request {
    /// The candidate that approving this experiment would commit.
    Judge(ExperimentId),
    /// The candidate that approving this experiment would commit, as amended by the person.
    Amend(ExperimentId, Arc<Amendment>),
    /// The complete files of a change: experiment, trees before and after, and the amendment.
    Texts(ExperimentId, (TreeId, TreeId), Arc<Amendment>),
    /// The syntax of these lines.
    Colours(Arc<Texts>, Stretch),
    /// The contents of this file with conflict markers.
    Unresolved(ExperimentId, AgentText),
    /// The consequences of a veto of this experiment.
    Consequences(ExperimentId),
    /// The candidate that reverting this approved commit would commit.
    Revert(ExperimentId, CommitId),
    /// The difference between two experiments, from the first to the second.
    Compare(ExperimentId, ExperimentId),
    /// Other experiments that touched the same lines, or made the same change.
    Related(ExperimentId),
    /// The shortlist: the few waiting changes with most of the claimed gain.
    Shortlist,
    /// The constants changed in this segment of the results, given by its index, with their effects.
    Knobs(usize),
    /// The curves of this trial, from the store.
    Curves(TrialId),
}

impl Request {
    /// The experiment that the request is about; `None` if it is about all.
    pub fn experiment(&self) -> Option<&ExperimentId> {
        match self {
            Self::Judge(id)
            | Self::Amend(id, _)
            | Self::Texts(id, ..)
            | Self::Unresolved(id, _)
            | Self::Consequences(id)
            | Self::Revert(id, _)
            | Self::Compare(_, id) => Some(id),
            Self::Colours(texts, _) => Some(&texts.experiment),
            Self::Related(id) => Some(id),
            Self::Knobs(_) | Self::Shortlist | Self::Curves(_) => None,
        }
    }

    pub(super) fn same_as(&self, other: &Self) -> bool {
        let part = |question: &Self| match question {
            Self::Colours(_, stretch) => (Some(*stretch), None),
            Self::Curves(trial) => (None, Some(*trial)),
            _ => (None, None),
        };
        std::mem::discriminant(self) == std::mem::discriminant(other)
            && self.experiment() == other.experiment()
            && part(self) == part(other)
    }
}

/// Everything a person judges a change by.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The experiment.
    pub experiment: ExperimentId,
    /// The proposal by which it was shown; `None` if no agent asked about it.
    pub asked: Option<ProposalId>,
    /// The approved tip it was built on.
    pub tip: CommitId,
    /// The commit that the change is compared with.
    pub base: CommitId,
    /// The commit before the change according to its author: different if a refused base is included.
    pub own_base: CommitId,
    /// The number of decisions, if they determine whether its base is approved; `None` if all of the base is.
    pub by_decisions: Option<usize>,
    /// The result of building its candidate.
    pub built: Built,
    /// The trees before and after; the files of `built` are their difference.
    pub trees: (TreeId, TreeId),
    /// The keys of its hunks, by file and hunk.
    pub keys: Vec<Vec<HunkKey>>,
    /// The person's changes to it.
    pub amendment: Arc<Amendment>,
    /// Its findings.
    pub findings: Vec<Finding>,
    /// Unapproved experiments below it on whose lines it builds.
    pub depends_on: Vec<ExperimentId>,
    /// The parts of the commit message.
    pub text: CommitText,
    /// The agent's own commit message; empty if it is not known.
    pub message: AgentText,
    /// The gate at which the loop waits; [`Gate::Keep`] if it does not wait.
    pub gate: Gate,
}

/// The difference between two experiments.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The experiment to compare with.
    pub from: ExperimentId,
    /// The experiment that is compared.
    pub to: ExperimentId,
    /// Their trees.
    pub between: (TreeId, TreeId),
    /// The difference between their trees.
    pub files: Vec<FileChange>,
}

/// The response to a request.
#[derive(Clone, Debug)]
pub enum Response {
    /// Answers [`Request::Judge`].
    Judged(Arc<Assessment>),
    /// Answers [`Request::Amend`].
    Amended(Arc<Assessment>),
    /// Answers [`Request::Texts`].
    Texts(Arc<Texts>),
    /// Answers [`Request::Colours`] with the syntax of each line.
    Coloured(Arc<Texts>, Stretch, Vec<LineSyntax>),
    /// Answers [`Request::Unresolved`] with the file's bytes.
    Unresolved(ExperimentId, AgentText, Vec<u8>),
    /// Answers [`Request::Revert`] with the candidate of the revert.
    Reverting(Arc<Assessment>),
    /// Answers [`Request::Consequences`].
    WhatIf(ExperimentId, Consequences),
    /// Answers [`Request::Compare`].
    Compared(Arc<Comparison>),
    /// Answers [`Request::Related`].
    Related(Arc<Related>),
    /// Answers [`Request::Shortlist`].
    Few(Arc<Shortlist>),
    /// Answers [`Request::Knobs`].
    Knobs(Arc<Knobs>),
    /// Answers [`Request::Curves`]; `None` if the store has none.
    Curves(TrialId, Option<Arc<Curves>>),
    /// The request failed; with the reason, for the screen.
    Failed(Request, String),
}
