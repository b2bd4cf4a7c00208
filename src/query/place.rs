//! The places in a snapshot that most requests begin at.

use crate::model::{CommitId, ExperimentId, Snapshot};

/// The refusal of a request about an experiment that the results no longer have.
pub const GONE: &str = "this experiment is no longer in the results";
/// The refusal of a request that needs a pending change.
pub const NOT_WAITING: &str = "this change is not waiting for a decision";

/// Returns the commit that changes are applied to.
pub(super) fn tip_of(snapshot: &Snapshot) -> Result<CommitId, String> {
    snapshot.tip().ok_or_else(|| "the loop has no commit to start from".to_owned())
}

/// Returns the index of an experiment.
pub(super) fn index_of(snapshot: &Snapshot, id: &ExperimentId) -> Result<usize, String> {
    snapshot.index_of(id).ok_or_else(|| GONE.to_owned())
}
