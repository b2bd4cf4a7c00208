//! The running program: the state, what happens outside of it, and the loop that draws. `cli` starts it.
//!
//! Architecture invariant: effects have one interpreter, [`take`]; the terminal, a screen without one, and tests are
//! three kinds of [`Outside`].

pub(crate) mod deadline;
pub(crate) mod descriptors;
pub(crate) mod headless;
mod input;
mod keyboard;
mod measuring;
pub(crate) mod opening;
mod outside;
pub(crate) mod places;
mod polled;
pub(crate) mod signals;
pub(crate) mod themes;
pub(crate) mod tui;
pub(crate) mod workers;

pub use outside::{Outside, take};
pub use workers::carry_out;

pub(crate) use places::{config_dir, places, state_dir};
pub(crate) use polled::{poll, poll_fully};
