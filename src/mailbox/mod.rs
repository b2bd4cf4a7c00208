//! The agent's mailbox: proposals in, answers out. Decides nothing, and writes only below `.countersign/` of the run
//! directory and to the person's list of received proposals.
//!
//! It has three equivalent transports: the directory itself, the commands that read and write it, and MCP. The agent
//! can change anything in the directory: messages are copied first and trusted as little as anything else it writes,
//! and answers are courtesy copies of the ledger.

mod answer;
mod ask;
mod compose;
mod inbox;
mod mcp;
mod message;
mod metrics;
mod outbox;
mod refused;
mod register;
mod token;
mod wait;

pub use answer::{answer_json, superseded_json};
pub use ask::{AskError, OutgoingChange, OutgoingProposal, Sent, send};
pub use compose::{ProposalDraft, ProposedChange, evidence_of, mailbox_of, propose, status_of};
pub use inbox::{Arrival, Arrived, Mailbox};
pub use mcp::serve;
pub use message::{Message, read_message};
pub use metrics::{METRICS, log_metrics};
pub use outbox::{Note, Outgoing};
pub use refused::Refused;
pub use register::{RegisterEntry, RegisterProblems, append_register, lines_of, read_register};
pub use token::new_token;
pub use wait::{Reply, read_status, take_notes, wait};

/// The mailbox directory in a run directory.
pub const MAILBOX_DIR: &str = crate::model::MAILBOX_DIR;
/// The largest `proposal.json` that is read, in bytes.
pub const LARGEST_MESSAGE: usize = 256 * 1024;
/// The largest `change.patch` that is read, in bytes.
pub const LARGEST_PATCH: usize = 8 << 20;
/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 1 << 20;
