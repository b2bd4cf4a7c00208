//! The known candidates and findings, and the pending requests for more.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::{Amendment, Built, ExperimentId, Gate, Snapshot};
use crate::query::{Assessment, Related, reference_tip};

/// Candidates and findings of changes, for the current approved tip.
#[derive(Debug, Default)]
pub struct Assessments {
    /// Assessments by change.
    pub known: HashMap<ExperimentId, Arc<Assessment>>,
    /// Errors of failed assessments, by change.
    pub failures: HashMap<ExperimentId, String>,
    /// Assessments with the person's amendments, by change.
    pub amended: HashMap<ExperimentId, Vec<Arc<Assessment>>>,
    /// Experiments that touch the same lines, by change.
    pub related: HashMap<ExperimentId, Arc<Related>>,
    pub(in crate::app) asked: HashSet<ExperimentId>,
    pub(in crate::app) amend_asked: Option<(ExperimentId, Arc<Amendment>)>,
    pub(in crate::app) related_asked: Option<(ExperimentId, usize)>,
}

/// True while an assessment is about the current change: a new row, proposal, commit or run may have given it another
/// base or text, or shown that something else was measured.
pub(super) fn is_current(snapshot: &Snapshot, judged: &Assessment) -> bool {
    let Some(index) = snapshot.index_of(&judged.experiment) else { return false };
    let experiment = &snapshot.experiments[index];
    let Some(change) = &experiment.change else { return false };
    let asked = snapshot.proposal_about(experiment).map(|proposal| &proposal.id);
    let same_text = judged.asked.as_ref() == asked && judged.text.is_of_row(snapshot, experiment);
    let same_tip = Some(judged.tip) == reference_tip(snapshot, experiment);
    let gate = snapshot.pending(&experiment.id).map_or(Gate::Keep, |proposal| proposal.gate);
    let same_run = match &judged.built {
        Built::Ready(candidate) => {
            candidate.source == change.head && candidate.measured_on == snapshot.measured_on(change, experiment)
        }
        _ => true,
    };
    let same_ground = judged.by_decisions.is_none_or(|count| count == snapshot.decisions.len());
    same_text && same_tip && same_run && same_ground && judged.own_base == change.base && judged.gate == gate
}
