//! The lineage as rows: kept experiments, newest first, each with its rejected siblings below it.

use crate::model::{Claim, Decision, Snapshot};

/// One row of the lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineageRow {
    /// Index of the experiment.
    pub index: usize,
    /// True for an experiment that was tried at the same point and not kept.
    pub is_sibling: bool,
}

/// Returns all rows, newest first: every kept experiment and the baseline, each followed by the rejected experiments
/// since the kept one before it.
pub fn lineage_rows(snapshot: &Snapshot) -> Vec<LineageRow> {
    let mut steps = Vec::with_capacity(snapshot.experiments.len());
    let mut siblings = Vec::new();
    for (index, experiment) in snapshot.experiments.iter().enumerate() {
        // An approved change belongs to the line, whatever the agent claimed afterwards.
        let is_approved = || snapshot.decision(&experiment.id).is_some_and(Decision::is_approval);
        if experiment.claim == Claim::Keep || experiment.is_baseline || is_approved() {
            // Built oldest first and reversed at the end: siblings before their keep.
            steps.append(&mut siblings);
            steps.push(LineageRow { index, is_sibling: false });
        } else {
            siblings.push(LineageRow { index, is_sibling: true });
        }
    }
    steps.append(&mut siblings);
    steps.reverse();
    steps
}
