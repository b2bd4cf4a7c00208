//! Demo loops: the tiny language model with its scripted agent, and the replay of a recording. Both run in directories
//! created for them.

mod agent;
mod directory;
mod error;
mod recording;
mod replay;
mod tiny_lm;

pub use agent::Agent;
pub use directory::DemoDir;
pub use error::DemoError;
pub use recording::{Recording, shipped, unpacked};
pub use replay::{Replay, ReplayThread, Speed};
pub use tiny_lm::{is_runnable, set_up};
