//! The visible part of the progress plot.

use crate::app::{ChartAction, State};

/// State of the progress plot.
#[derive(Debug, Default)]
pub struct ProgressState {
    /// The visible experiments, first and last (exclusive); `None` for the whole segment.
    pub span: Option<(usize, usize)>,
}

/// Minimum number of visible experiments when zooming in.
const FEWEST: usize = 8;

/// Zooms or pans the plot.
pub(super) fn act(state: &mut State, action: ChartAction) {
    match action {
        ChartAction::ZoomIn => zoom_span(state, true),
        ChartAction::ZoomOut => zoom_span(state, false),
        ChartAction::ZoomAll => state.progress.span = None,
        ChartAction::PanLeft => pan_span(state, false),
        ChartAction::PanRight => pan_span(state, true),
    }
}

fn zoom_span(state: &mut State, closer: bool) {
    let (from, to) = span_of(state);
    let width = if closer { ((to - from) / 2).max(FEWEST) } else { (to - from) * 2 };
    let centre = state.selected().unwrap_or(to.saturating_sub(1));
    set(state, centre.saturating_sub(width / 2), width);
}

fn pan_span(state: &mut State, later: bool) {
    let Some((from, to)) = state.progress.span else { return };
    let width = to - from;
    let by = (width / 4).max(1);
    let from = if later { from + by } else { from.saturating_sub(by) };
    set(state, from, width);
}

fn set(state: &mut State, from: usize, width: usize) {
    let all = state.snapshot.in_segment();
    if width >= all.len() {
        state.progress.span = None;
        return;
    }
    let from = from.clamp(all.start, all.end - width);
    state.progress.span = Some((from, from + width));
}

fn span_of(state: &State) -> (usize, usize) {
    let all = state.snapshot.in_segment();
    let (from, to) = state.progress.span.unwrap_or((all.start, all.end));
    (from.clamp(all.start, all.end), to.clamp(all.start, all.end))
}

impl State {
    /// Returns the experiments that the plot shows, first and last (exclusive): the zoomed range, moved so that it
    /// contains the selected experiment, within the shown segment.
    pub fn shown_span(&self) -> (usize, usize) {
        let (from, to) = span_of(self);
        let all = self.snapshot.in_segment();
        match self.selected().filter(|selected| all.contains(selected)) {
            Some(selected) if selected < from => (selected, selected + (to - from)),
            Some(selected) if selected >= to && to > from => (selected + 1 - (to - from), selected + 1),
            _ => (from, to),
        }
    }
}
