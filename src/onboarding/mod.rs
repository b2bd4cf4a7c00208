//! How a loop is joined: what an agent must be told, and where that is written. Texts only; `init` writes
//! them, and nobody else.

mod place;

pub use place::{FileOutcome, Join, all, placed};
