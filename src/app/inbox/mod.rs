//! The inbox: changes that need a decision.

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
    /// The order.
    pub order: InboxOrder,
    /// The last shortlist that was computed.
    pub shortlist: Option<Arc<Shortlist>>,
    pub(in crate::app) shortlist_asked: Option<(Option<CommitId>, usize)>,
}
