//! Folds the lineage: kept experiments, newest first, each with its rejected siblings below it.

use crate::model::{Claim, Decision, LineageRow, Snapshot};

/// Returns all rows, newest first: every kept experiment and the baseline, each followed by the rejected experiments
/// since the kept one before it.
pub(super) fn lineage_rows(snapshot: &Snapshot) -> Vec<LineageRow> {
    let mut rows = Vec::with_capacity(snapshot.experiments.len());
    let mut siblings = Vec::new();
    for (index, experiment) in snapshot.experiments.iter().enumerate() {
        // An approved change belongs to the line, whatever the agent claimed afterwards.
        let is_approved = || snapshot.decision(&experiment.id).is_some_and(Decision::is_approval);
        if experiment.claim == Claim::Keep || experiment.is_baseline || is_approved() {
            // Built oldest first and reversed at the end: siblings before their keep.
            rows.append(&mut siblings);
            rows.push(LineageRow { index, is_sibling: false });
        } else {
            siblings.push(LineageRow { index, is_sibling: true });
        }
    }
    rows.append(&mut siblings);
    rows.reverse();
    rows
}
