//! Alerts about new items in the inbox; none while the person is at the terminal.

use std::collections::HashSet;
use std::sync::Arc;

use crate::alerts::{Alert, AlertSettings, When};
use crate::model::{ExperimentId, Snapshot};

/// Without a key press for this long, and without focus events, the person is assumed to be away.
const QUIET_MS: i64 = 60_000;
/// Minimum time between two alerts.
const APART_MS: i64 = 5_000;

/// Settings and state of alerts.
#[derive(Clone, Debug, Default)]
pub struct AlertState {
    /// The person's settings.
    pub settings: AlertSettings,
    /// True if the terminal has the focus; `None` until it reports that.
    pub focus: Option<bool>,
    /// Time of the last key press, in milliseconds since the epoch.
    pub(in crate::app) key_ms: i64,
    /// Experiments in the inbox when the person was last here or was last alerted.
    known: Option<HashSet<ExperimentId>>,
    /// The last inbox that was checked and had nothing new.
    looked_at: Option<Arc<Vec<usize>>>,
    last_ms: i64,
}

impl AlertState {
    /// Returns the initial state: the person is here.
    pub(super) fn new(now_ms: i64) -> Self {
        Self { key_ms: now_ms, ..Self::default() }
    }

    /// Returns the alert that the person needs now, about new items in the inbox.
    pub(super) fn due(&mut self, newest: &Snapshot, now_ms: i64) -> Option<Alert> {
        if newest.format.is_none() || self.looked_at.as_ref().is_some_and(|at| Arc::ptr_eq(at, &newest.waiting)) {
            return None;
        }
        let is_away = match self.focus {
            Some(focus) => !focus,
            None => now_ms - self.key_ms >= QUIET_MS,
        };
        let wants = match self.settings.when {
            When::Away => is_away,
            When::Always => true,
            When::Never => false,
        };
        let id = |index: &usize| &newest.experiments[*index].id;
        let all = || newest.waiting.iter().map(id).cloned().collect();
        let Some(known) = &self.known else {
            // Whatever was in the inbox on opening is on the screen already.
            self.known = Some(all());
            return None;
        };
        let new: Vec<usize> = newest.waiting.iter().filter(|index| !known.contains(id(index))).copied().collect();
        if new.is_empty() {
            self.looked_at = Some(Arc::clone(&newest.waiting));
            return None;
        }
        if wants && now_ms - self.last_ms < APART_MS {
            return None;
        }
        self.known = Some(all());
        wants.then(|| {
            self.last_ms = now_ms;
            Alert::about(newest, &new)
        })
    }
}
