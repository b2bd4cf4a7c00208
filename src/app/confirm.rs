//! The prompt that ends in an approval.

use std::sync::Arc;

use tui_input::Input;

use crate::model::{Built, Candidate, CandidateKind, Proposal, critical_words};
use crate::query::Assessment;

/// What would be committed, and what the person has typed so far.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// What is to be approved or reverted.
    pub assessment: Arc<Assessment>,
    /// The proposal it answers; `None` where nobody asked.
    pub proposal: Option<Arc<Proposal>>,
    /// Hunks that were never on the screen, by file and hunk.
    pub unseen: Vec<(usize, usize)>,
    /// Hunks that were left out and are not in the change any more.
    pub lost: usize,
    /// Words of critical findings that are still to be typed.
    pub to_type: Vec<&'static str>,
    /// Words that were typed.
    pub typed: Vec<String>,
    /// The word or the reason being typed.
    pub input: Input,
    /// What was wrong with the last Enter.
    pub complaint: Option<String>,
}

impl Confirm {
    pub(super) fn new(
        assessment: Arc<Assessment>,
        proposal: Option<Arc<Proposal>>,
        unseen: Vec<(usize, usize)>,
    ) -> Self {
        let to_type = critical_words(&assessment.findings);
        Self {
            assessment,
            proposal,
            unseen,
            lost: 0,
            to_type,
            typed: Vec::new(),
            input: Input::default(),
            complaint: None,
        }
    }

    /// True where a commit that was approved would be taken back.
    pub fn is_revert(&self) -> bool {
        self.candidate().is_some_and(|candidate| matches!(candidate.kind, CandidateKind::Revert(_)))
    }

    /// The candidate that is shown; `None` when there is none.
    pub fn candidate(&self) -> Option<&Candidate> {
        match &self.assessment.built {
            Built::Ready(candidate) => Some(candidate),
            _ => None,
        }
    }
}
