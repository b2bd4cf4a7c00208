//! The list of experiments that all views of a loop share: selection and search.

mod select;
mod state;

pub use state::ExperimentList;
