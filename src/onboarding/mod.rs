//! The agent's instructions and the files they go into. Only computes texts; `init` writes them.

mod place;

pub use place::{FileOutcome, Integration, all, with_integration};
