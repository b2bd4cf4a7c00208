//! The shown segment of the results, whose objective, baseline and best the views use.

use std::sync::Arc;

use crate::app::notice::say;
use crate::app::{NoticeKind, State, ViewKind};
use crate::model::Snapshot;
use crate::policy::text::Visible;

/// Returns the snapshot with the segment that the person chose; the newest if none was chosen.
pub(super) fn as_shown(state: &mut State, snapshot: &Arc<Snapshot>) -> Arc<Snapshot> {
    let newest = snapshot.segments.len().saturating_sub(1);
    state.live.segment = state.live.segment.filter(|segment| *segment < newest);
    match state.live.segment {
        None => Arc::clone(snapshot),
        Some(segment) => {
            let mut shown = Snapshot::clone(snapshot);
            shown.show_segment(segment);
            Arc::new(shown)
        }
    }
}

/// Goes to the next or previous segment.
pub(super) fn step(state: &mut State, later: bool) {
    let (shown, count) = (state.snapshot.shown, state.snapshot.segments.len());
    let to = if later { Some(shown + 1).filter(|to| *to < count) } else { shown.checked_sub(1) };
    match to {
        Some(to) => show(state, to),
        None if count < 2 => say(state, NoticeKind::Bad, "these results have one segment"),
        None if later => say(state, NoticeKind::Bad, "this is the newest segment"),
        None => say(state, NoticeKind::Bad, "this is the first segment"),
    }
}

/// Shows a segment, and selects its newest experiment in the views that list all; in the inbox, its first pending
/// change.
pub(super) fn show(state: &mut State, to: usize) {
    state.live.segment = Some(to);
    let snapshot = Arc::clone(&state.snapshot);
    state.snapshot = as_shown(state, &snapshot);
    if state.live.segment.is_none() {
        // The newest segment is shown as in the original snapshot.
        let mut shown = Snapshot::clone(&snapshot);
        shown.show_segment(usize::MAX);
        state.snapshot = Arc::new(shown);
    }
    state.progress.span = None;
    let snapshot = Arc::clone(&state.snapshot);
    let among = snapshot.in_segment();
    if let Some(newest) = snapshot.experiments[among.clone()].last() {
        for view in [ViewKind::Progress, ViewKind::Lineage, ViewKind::Curves] {
            state.experiments.selection.insert(view, newest.id.clone());
        }
    }
    let first = state.inbox().into_iter().find(|index| among.contains(index));
    if let Some(first) = first {
        state.experiments.selection.insert(ViewKind::Inbox, snapshot.experiments[first].id.clone());
    }
    if let Some(segment) = snapshot.segment() {
        let name = Visible::line(&segment.display_name(snapshot.shown)).fit(60);
        say(state, NoticeKind::Good, format!("segment {} of {}: {name}", snapshot.shown + 1, snapshot.segments.len()));
    }
}
