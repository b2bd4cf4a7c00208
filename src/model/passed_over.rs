//! Files and directories found next to the curves and not read.

use std::sync::Arc;

/// A file or directory that was found and not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct PassedOver {
    /// Path below the run directory; `.` for the directory itself.
    pub path: Arc<str>,
    /// The reason, and what to do to have it read, if that is possible.
    pub why: Arc<str>,
}

impl PassedOver {
    /// Makes an entry for a path.
    pub fn new(path: impl Into<Arc<str>>, why: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), why: why.into() }
    }
}
