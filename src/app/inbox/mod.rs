//! The inbox: changes that need a decision.

mod order;
pub(in crate::app) mod queue;
mod state;

pub use queue::{QueueSummary, summary};
pub use state::{InboxOrder, InboxState};
