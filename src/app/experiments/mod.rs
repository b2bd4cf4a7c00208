//! The list of experiments that all views of a loop share: selection and search.

pub(in crate::app) mod search;
mod select;
mod state;

pub use search::count_matches;
pub use state::ExperimentList;
