//! The visible part of the x axis, and the cursor on it.

use super::Plot;
use crate::app::layout::AXIS;
use crate::app::{ChartAction, State};

/// Zooms or pans along the x axis.
pub(in crate::app) fn move_part(state: &mut State, action: ChartAction) {
    match action {
        ChartAction::ZoomIn => zoom(state, true),
        ChartAction::ZoomOut => zoom(state, false),
        ChartAction::ZoomAll => {
            let plot = std::mem::take(&mut state.curves.plot);
            state.curves.plot = Plot { window: None, cursor: None, ..plot };
        }
        ChartAction::PanLeft => pan(state, false),
        ChartAction::PanRight => pan(state, true),
    }
}

/// Returns the start and end of the x axis over all drawn curves.
fn extent(state: &State) -> Option<(f64, f64)> {
    let subjects = state.subjects()?;
    let metric = state.metric_of(subjects.main.trial)?;
    let ends = subjects.runs().filter_map(|(_, curves)| {
        let curves = curves?;
        let series = curves.series.get(metric)?;
        let ruler = state.curves.plot.measure.ruler(curves).ok()?;
        let at = |step: f64| ruler.as_ref().map_or(step, |ruler| ruler.at(step));
        Some((at(series.first()?.step), at(series.last()?.step)))
    });
    ends.reduce(|(a, b), (c, d)| (a.min(c), b.max(d))).filter(|(from, to)| to > from)
}

/// Factor of the visible range when zooming in.
const ZOOM: f64 = 0.5;
/// Share of the visible range that one pan moves.
const PAN: f64 = 0.25;
/// The visible range is at least this share of the whole: below it, floats run out of digits.
const SMALLEST: f64 = 1e-9;

fn zoom(state: &mut State, closer: bool) {
    let Some((first, last)) = extent(state) else { return };
    let (from, to) = state.curves.plot.window.unwrap_or((first, last));
    let centre = state.curves.plot.cursor.filter(|at| (from..=to).contains(at)).unwrap_or(f64::midpoint(from, to));
    let factor = if closer { ZOOM } else { 1.0 / ZOOM };
    let width = ((to - from) * factor).max((last - first) * SMALLEST);
    // The point under the cursor stays in place.
    let share = (centre - from) / (to - from);
    set_window(state, centre - width * share, width, (first, last));
}

fn pan(state: &mut State, later: bool) {
    let Some((first, last)) = extent(state) else { return };
    let Some((from, to)) = state.curves.plot.window else { return };
    let by = (to - from) * if later { PAN } else { -PAN };
    set_window(state, from + by, to - from, (first, last));
}

fn set_window(state: &mut State, from: f64, width: f64, (first, last): (f64, f64)) {
    if width >= last - first {
        state.curves.plot.window = None;
        return;
    }
    let from = from.clamp(first, last - width);
    state.curves.plot.window = Some((from, from + width));
}

/// Moves the cursor by one cell; the first press puts it at the right edge.
pub(super) fn move_cursor(state: &mut State, right: bool) {
    let Some((first, last)) = extent(state) else { return };
    let (from, to) = state.curves.plot.window.unwrap_or((first, last));
    let cells = f64::from(state.layout().chart.width.saturating_sub(AXIS).max(2));
    let step = (to - from) / cells;
    let at = match state.curves.plot.cursor {
        Some(at) => (at + if right { step } else { -step }).clamp(first, last),
        None => to,
    };
    state.curves.plot.cursor = Some(at);
    // The visible range follows the cursor.
    if at < from {
        pan(state, false);
    } else if at > to {
        pan(state, true);
    }
}
