//! State of the decisions.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{Drafts, ExperimentId};
use crate::query::Assessment;

/// Decisions in progress, and preparations for the next ones.
#[derive(Debug, Default)]
pub struct DecideState {
    /// Changes whose decision is being written.
    pub under_way: HashSet<ExperimentId>,
    /// Comments and amendments of undecided changes.
    pub drafts: Drafts,
    /// Proposals refused while the screen was open: name and reason, visible text, newest last.
    pub refused: Vec<(String, String)>,
    pub(in crate::app) upkeep: Upkeep,
    pub(in crate::app) intake: IntakeNotice,
    pub(in crate::app) reverting: Option<ExperimentId>,
    /// The commit that a revert would make, while the person reads it.
    pub(in crate::app) revert: Option<Arc<Assessment>>,
    /// True while an interrupted decision is being finished, and after that failed.
    pub(in crate::app) ending: bool,
}

/// Pending work on the drafts.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::app) struct Upkeep {
    /// True if the drafts have changes that are not stored yet.
    pub(in crate::app) drafts_changed: bool,
    /// The time until which time on the screen was counted, in milliseconds since the epoch.
    pub(in crate::app) counted_ms: i64,
}

/// The last reports about the intake of proposals.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct IntakeNotice {
    /// The reason why an automatic answer could not be signed.
    pub(super) unsigned: Option<String>,
    /// The reason why a proposal could not be read. It is retried, but reported once.
    pub(super) trouble: Option<String>,
}
