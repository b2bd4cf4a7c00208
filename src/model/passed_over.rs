//! What was seen beside the curves and not read.

use std::sync::Arc;

/// A file or folder that was seen and not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct PassedOver {
    /// Path below the run directory; `.` for the directory itself.
    pub path: Arc<str>,
    /// What it is, and what to do to have it read where something can be done.
    pub why: Arc<str>,
}

impl PassedOver {
    /// One at a path.
    pub fn new(path: impl Into<Arc<str>>, why: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), why: why.into() }
    }
}
