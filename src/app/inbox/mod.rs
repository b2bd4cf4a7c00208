//! The inbox: changes that wait for a decision.

pub(in crate::app) mod queue;
pub(in crate::app) mod select;

use std::sync::Arc;

pub use queue::{QueueSummary, summary};
pub use select::InboxOrder;

use crate::model::CommitId;
use crate::query::Shortlist;

/// The inbox.
#[derive(Debug, Default)]
pub struct InboxState {
    /// How it is sorted.
    pub order: InboxOrder,
    /// The few that matter, as of the last time they were asked for.
    pub shortlist: Option<Arc<Shortlist>>,
    pub(in crate::app) shortlist_asked: Option<(Option<CommitId>, usize)>,
}
