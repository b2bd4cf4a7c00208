//! Who is called when something new waits: nobody, while the person sits in front of it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::alerts::{Alert, Calling, When};
use crate::app::{Effect, Shell, State};
use crate::model::ExperimentId;

/// Without a key for this long, and without a word from the terminal, the person is taken to be elsewhere.
const QUIET_MS: i64 = 60_000;
/// Calls are at least this far apart.
const APART_MS: i64 = 5_000;

/// What calling goes by.
#[derive(Clone, Debug, Default)]
pub struct Called {
    /// How the person wants it.
    pub calling: Calling,
    /// Whether the terminal has the focus; `None` while it never said so.
    pub focus: Option<bool>,
    /// When the last key was pressed, in milliseconds since the epoch.
    pub(in crate::app) key_ms: i64,
    /// What waited when the person was last here or was called.
    pub(in crate::app) known: Option<HashSet<ExperimentId>>,
    /// The inbox in which nothing was new.
    pub(in crate::app) looked_at: Option<Arc<Vec<usize>>>,
    pub(in crate::app) last_ms: i64,
}

/// Calls the person when something new waits.
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
        // What waited on opening is in front of the person already.
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
