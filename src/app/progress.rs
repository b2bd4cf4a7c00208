//! The visible part of the progress plot.

use std::ops::Range;

use crate::app::ChartAction;

/// State of the progress plot.
#[derive(Debug, Default)]
pub struct ProgressState {
    /// The visible experiments, first and last (exclusive); `None` for the whole segment.
    pub span: Option<(usize, usize)>,
}

/// Minimum number of visible experiments when zooming in.
const FEWEST: usize = 8;

impl ProgressState {
    /// Zooms or pans the plot of all experiments of a segment; zooming keeps the selected one in the middle.
    pub(super) fn act(&mut self, action: ChartAction, all: &Range<usize>, selected: Option<usize>) {
        match action {
            ChartAction::ZoomIn => self.zoom(true, all, selected),
            ChartAction::ZoomOut => self.zoom(false, all, selected),
            ChartAction::ZoomAll => self.span = None,
            ChartAction::PanLeft => self.pan(false, all),
            ChartAction::PanRight => self.pan(true, all),
        }
    }

    fn zoom(&mut self, closer: bool, all: &Range<usize>, selected: Option<usize>) {
        let (from, to) = self.within(all);
        let width = if closer { ((to - from) / 2).max(FEWEST) } else { (to - from) * 2 };
        let centre = selected.unwrap_or(to.saturating_sub(1));
        self.set(centre.saturating_sub(width / 2), width, all);
    }

    fn pan(&mut self, later: bool, all: &Range<usize>) {
        let Some((from, to)) = self.span else { return };
        let width = to - from;
        let by = (width / 4).max(1);
        let from = if later { from + by } else { from.saturating_sub(by) };
        self.set(from, width, all);
    }

    fn set(&mut self, from: usize, width: usize, all: &Range<usize>) {
        if width >= all.len() {
            self.span = None;
            return;
        }
        let from = from.clamp(all.start, all.end - width);
        self.span = Some((from, from + width));
    }

    fn within(&self, all: &Range<usize>) -> (usize, usize) {
        let (from, to) = self.span.unwrap_or((all.start, all.end));
        (from.clamp(all.start, all.end), to.clamp(all.start, all.end))
    }

    /// Returns the experiments that the plot shows, first and last (exclusive): the zoomed range, moved so that it
    /// contains the selected experiment, within the segment.
    pub(super) fn shown(&self, all: &Range<usize>, selected: Option<usize>) -> (usize, usize) {
        let (from, to) = self.within(all);
        match selected.filter(|selected| all.contains(selected)) {
            Some(selected) if selected < from => (selected, selected + (to - from)),
            Some(selected) if selected >= to && to > from => (selected + 1 - (to - from), selected + 1),
            _ => (from, to),
        }
    }
}
