//! What is asked, and what comes of it.

use std::sync::Arc;

use super::colour::{LineSyntax, Stretch};
use super::few::Shortlist;
use super::knobs::Knobs;
use super::texts::Texts;
use super::touched::Related;
use super::what_if::WhatIf;
use crate::model::{
    AgentText, Amendment, Built, CommitId, CommitText, Curves, ExperimentId, FileChange, Finding, Gate, HunkKey,
    ProposalId, TreeId, TrialId,
};

/// A question about a snapshot.
#[derive(Clone, Debug)]
pub enum Request {
    /// What would approving this experiment commit?
    Judge(ExperimentId),
    /// What would approving this experiment commit, as the person amended it?
    Amend(ExperimentId, Arc<Amendment>),
    /// What stands in the files of a change as a whole: experiment, trees before and after, and how the change
    /// was amended.
    Texts(ExperimentId, (TreeId, TreeId), Arc<Amendment>),
    /// What are the parts of these lines?
    Colours(Arc<Texts>, Stretch),
    /// What stands in this file, with marks where the change does not fit?
    Unresolved(ExperimentId, AgentText),
    /// What would follow from a veto of this experiment?
    WhatIf(ExperimentId),
    /// What would reverting this approved commit commit?
    Revert(ExperimentId, CommitId),
    /// What differs between two experiments, from the first to the second?
    Compare(ExperimentId, ExperimentId),
    /// Which other experiments touched the same lines, or made the same change?
    Related(ExperimentId),
    /// Which few of those that wait hold most of the claimed gain?
    Few,
    /// Which constants were turned in this segment of the results, by its index, and what came of it?
    Knobs(usize),
    /// What are the curves of this trial, which is in the archive?
    Curves(TrialId),
}

impl Request {
    /// The experiment it is about; `None` if it is about all.
    pub fn experiment(&self) -> Option<&ExperimentId> {
        match self {
            Self::Judge(id)
            | Self::Amend(id, _)
            | Self::Texts(id, ..)
            | Self::Unresolved(id, _)
            | Self::WhatIf(id)
            | Self::Revert(id, _)
            | Self::Compare(_, id) => Some(id),
            Self::Colours(texts, _) => Some(&texts.experiment),
            Self::Related(id) => Some(id),
            Self::Knobs(_) | Self::Few | Self::Curves(_) => None,
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
    /// Commit that the change is judged from.
    pub base: CommitId,
    /// Commit before the change, by whoever made it: another one where a refused base comes with it.
    pub own_base: CommitId,
    /// How many decisions there were, where they say what becomes of its base; `None` if all of that is approved.
    pub by_decisions: Option<usize>,
    /// What approving it would commit, or why it cannot.
    pub built: Built,
    /// The trees before and after, whose difference the files of `built` are.
    pub between: (TreeId, TreeId),
    /// The keys of its hunks, by file and hunk.
    pub keys: Vec<Vec<HunkKey>>,
    /// What the person changed of it.
    pub amendment: Arc<Amendment>,
    /// What stands out.
    pub findings: Vec<Finding>,
    /// Experiments below it that are not approved and whose lines it builds on.
    pub depends_on: Vec<ExperimentId>,
    /// What the commit's message is made of.
    pub text: CommitText,
    /// What the agent wrote when it committed; empty if it is not known.
    pub message: AgentText,
    /// Where the loop waits; [`Gate::Keep`] also where it does not.
    pub gate: Gate,
}

/// What differs between two experiments.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The one that is compared with.
    pub from: ExperimentId,
    /// The one in question.
    pub to: ExperimentId,
    /// Their trees.
    pub between: (TreeId, TreeId),
    /// What differs between their trees.
    pub files: Vec<FileChange>,
}

/// What came of a question.
#[derive(Clone, Debug)]
pub enum Response {
    /// To [`Request::Judge`].
    Judged(Arc<Assessment>),
    /// To [`Request::Amend`].
    Amended(Arc<Assessment>),
    /// To [`Request::Texts`].
    Texts(Arc<Texts>),
    /// To [`Request::Colours`]: the syntax of each line.
    Coloured(Arc<Texts>, Stretch, Vec<LineSyntax>),
    /// To [`Request::Unresolved`]: the file's bytes.
    Unresolved(ExperimentId, AgentText, Vec<u8>),
    /// To [`Request::Revert`]: what the undoing would be.
    Reverting(Arc<Assessment>),
    /// To [`Request::WhatIf`].
    WhatIf(ExperimentId, WhatIf),
    /// To [`Request::Compare`].
    Compared(Arc<Comparison>),
    /// To [`Request::Related`].
    Related(Arc<Related>),
    /// To [`Request::Few`].
    Few(Arc<Shortlist>),
    /// To [`Request::Knobs`].
    Knobs(Arc<Knobs>),
    /// To [`Request::Curves`]; `None` if the archive has none.
    Curves(TrialId, Option<Arc<Curves>>),
    /// It could not be answered; the reason, for the screen.
    Failed(Request, String),
}
