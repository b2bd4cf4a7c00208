//! The list of runs.

mod list;
pub(in crate::app) mod navigate;
mod select;

pub use list::{RunList, RunOrder};
