//! Alerts about new items in the inbox; none while the person is at the terminal.

use std::collections::HashSet;
use std::sync::Arc;

use crate::alerts::{Alert, AlertSettings, When};
use crate::app::{Effect, Shell, State};
use crate::model::ExperimentId;

/// Without a key press for this long, and without focus events, the person is assumed to be away.
const QUIET_MS: i64 = 60_000;
/// Minimum time between two alerts.
const APART_MS: i64 = 5_000;

/// Settings and state of alerts.
#[derive(Clone, Debug, Default)]
pub struct AlertState {
    /// The person's settings.
    pub calling: AlertSettings,
    /// True if the terminal has the focus; `None` until it reports that.
    pub focus: Option<bool>,
    /// Time of the last key press, in milliseconds since the epoch.
    pub(in crate::app) key_ms: i64,
    /// Experiments in the inbox when the person was last here or was last alerted.
    pub(in crate::app) known: Option<HashSet<ExperimentId>>,
    /// The last inbox that was checked and had nothing new.
    pub(in crate::app) looked_at: Option<Arc<Vec<usize>>>,
    pub(in crate::app) last_ms: i64,
}

/// Alerts the person to new items in the inbox.
pub(in crate::app) fn call(state: &mut State, effects: &mut Vec<Effect>) {
    let snapshot = state.newest();
    if snapshot.format.is_none() || state.alerts.looked_at.as_ref().is_some_and(|at| Arc::ptr_eq(at, &snapshot.waiting))
    {
        return;
    }
    let now_ms = state.now_ms;
    let is_away = match state.alerts.focus {
        Some(focus) => !focus,
        None => now_ms - state.alerts.key_ms >= QUIET_MS,
    };
    let wants = match state.alerts.calling.when {
        When::Away => is_away,
        When::Always => true,
        When::Never => false,
    };
    let id = |index: &usize| &snapshot.experiments[*index].id;
    let Some(known) = &state.alerts.known else {
        // Whatever was in the inbox on opening is on the screen already.
        state.alerts.known = Some(snapshot.waiting.iter().map(id).cloned().collect());
        return;
    };
    let new: Vec<usize> = snapshot.waiting.iter().filter(|index| !known.contains(id(index))).copied().collect();
    if new.is_empty() {
        state.alerts.looked_at = Some(Arc::clone(&snapshot.waiting));
        return;
    }
    if wants && now_ms - state.alerts.last_ms < APART_MS {
        return;
    }
    let all = snapshot.waiting.iter().map(id).cloned().collect();
    if wants {
        effects.push(Effect::Shell(Shell::Call(Alert::about(snapshot, &new))));
        state.alerts.last_ms = now_ms;
    }
    state.alerts.known = Some(all);
}
