//! What could not be read.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Something in a source that could not be read as data, with its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Warning {
    /// Path below the run directory.
    pub path: Arc<str>,
    /// First line, from 1; 0 if it is about the whole file.
    pub line: u64,
    /// Last line, inclusive.
    pub end_line: u64,
    /// The problem and its effect.
    pub message: String,
}
