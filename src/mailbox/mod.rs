//! The agent's door: proposals in, answers out. Nothing here decides anything, and nothing of it is
//! written but what lies below `.countersign/` of the run directory, and the person's own list of
//! what was taken in.
//!
//! Three ways lead to it, and they are one: the folder itself, the commands that write to it and read
//! from it, and MCP, which does the same for a client. What lies in the folder is the agent's to
//! change: what is taken in is copied first and believed as little as anything else it writes, and
//! what is put out is a courtesy copy of the ledger.

mod answer;
mod ask;
mod compose;
mod inbox;
mod mcp;
mod message;
mod metrics;
mod outbox;
mod register;
mod token;
mod wait;

pub use answer::{answer_json, superseded_json};
pub use ask::{Ask, AskChange, AskError, Put, put};
pub use compose::{ProposalDraft, What, evidence_of, mailbox_of, propose, status_of};
pub use inbox::{Arrival, Arrived, Mailbox, Refused};
pub use mcp::serve;
pub use message::{Message, read_message};
pub use metrics::{METRICS, log_metrics};
pub use outbox::{Note, Outgoing};
pub use register::{RegisterEntry, append_register, lines_of, read_register, said_of_list};
pub use token::new_token;
pub use wait::{Reply, look, take_notes, wait};

/// The folder of the door in a run directory.
pub const FOLDER: &str = crate::model::DOOR;
/// The largest `proposal.json` that is read, in bytes.
pub const LARGEST_MESSAGE: usize = 256 * 1024;
/// The largest `change.patch` that is read, in bytes.
pub const LARGEST_PATCH: usize = 8 << 20;
/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 1 << 20;
