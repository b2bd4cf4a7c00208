//! The lineage as rows: what was kept, newest first, each with its rejected siblings below it.

use crate::model::{Claim, Decision, Snapshot};

/// One row of the lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineageRow {
    /// Index of the experiment.
    pub index: usize,
    /// True for an experiment that was tried at the same point and not kept.
    pub is_sibling: bool,
}

/// All rows, newest first: every kept experiment (and the baseline), and below it what was tried
/// since the one before it and thrown away.
pub fn steps(snapshot: &Snapshot) -> Vec<LineageRow> {
    let mut steps = Vec::with_capacity(snapshot.experiments.len());
    let mut siblings = Vec::new();
    for (index, experiment) in snapshot.experiments.iter().enumerate() {
        // What a person approved is of the line, whatever the agent made of it afterwards.
        let is_approved = || snapshot.decision(&experiment.id).is_some_and(Decision::is_approval);
        if experiment.claim == Claim::Keep || experiment.is_baseline || is_approved() {
            // Built oldest first and turned round at the end: siblings before their keep.
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
