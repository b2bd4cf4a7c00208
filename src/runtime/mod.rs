//! The running program: the state, what happens outside of it, and the loop that draws. `cli` starts it.
//!
//! Architecture invariant: effects have one interpreter, [`apply`]; the terminal, a screen without one, and tests are
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

use color_eyre::eyre::WrapErr as _;

pub use outside::{Outside, apply};
pub use workers::carry_out;

pub(crate) use places::{config_dir, places, state_dir};
pub(crate) use polled::{poll, poll_fully};

/// Starts the runtime of the asynchronous parts, on this thread.
pub(crate) fn single_threaded() -> color_eyre::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().wrap_err("the runtime could not be started")
}
