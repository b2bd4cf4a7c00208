//! Polls a run directory without a screen.

use std::path::Path;

use crate::model::Snapshot;
use crate::runtime::places;
use crate::watch::{WatchError, Watched, now_ms};

/// Polls a run directory once without writing anything.
pub(crate) fn poll(dir: &Path) -> Result<(Watched, Snapshot), WatchError> {
    let mut watched = Watched::open(dir, places())?;
    watched.poll(now_ms());
    let snapshot = watched.snapshot();
    Ok((watched, snapshot))
}

/// Polls until every log is read to its end, however long that takes: for commands that need the curves.
pub(crate) fn poll_fully(dir: &Path) -> Result<(Watched, Snapshot), WatchError> {
    let (mut watched, _) = poll(dir)?;
    while watched.is_reading() {
        watched.poll(now_ms());
    }
    let snapshot = watched.snapshot();
    Ok((watched, snapshot))
}
