//! Messages that can be neither collected nor removed: remembered, so that they are not retried with every poll and do
//! not block others.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Delay before a message is retried, in milliseconds: somebody may have fixed it.
const AGAIN_MS: i64 = 60_000;
/// Maximum number of remembered messages; the inbox is read only up to this limit.
const MOST: usize = 100_000;

/// The stuck messages of one inbox, for the lifetime of the process. Clones share it, because each request opens a
/// decider of its own.
#[derive(Clone, Debug, Default)]
pub struct Stuck(Arc<Mutex<HashMap<OsString, i64>>>);

impl Stuck {
    fn all(&self) -> MutexGuard<'_, HashMap<OsString, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True for a message that was tried a moment ago.
    pub(super) fn holds(&self, name: &OsStr, now_ms: i64) -> bool {
        self.all().get(name).is_some_and(|tried_ms| (now_ms - tried_ms).abs() < AGAIN_MS)
    }

    pub(super) fn add(&self, name: &OsStr, now_ms: i64) {
        let mut all = self.all();
        if all.len() < MOST || all.contains_key(name) {
            all.insert(name.to_owned(), now_ms);
        }
    }

    /// Forgets messages that are gone.
    pub(super) fn keep_only(&self, there: &HashSet<OsString>) {
        self.all().retain(|name, _| there.contains(name));
    }

    pub(super) fn count(&self) -> usize {
        self.all().len()
    }
}
