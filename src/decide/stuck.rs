//! Messages that can be neither taken in nor taken away: remembered, so that none of them is tried with every
//! look, and none of them holds another up.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A message is tried again after this long, in milliseconds: somebody may have put it right.
const AGAIN_MS: i64 = 60_000;
/// Messages that are remembered; the inbox is read no further than this.
const MOST: usize = 100_000;

/// What is stuck in one inbox, for as long as the process runs. Clones share it: a desk is opened for each thing
/// that is done there.
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

    /// Forgets what is not there any more.
    pub(super) fn keep_only(&self, there: &HashSet<OsString>) {
        self.all().retain(|name, _| there.contains(name));
    }

    pub(super) fn count(&self) -> usize {
        self.all().len()
    }
}
