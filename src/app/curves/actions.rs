//! Actions that change how curves are drawn.

use super::plot::{
    SMOOTHINGS, cycle_measure, cycle_reference, move_cursor, next_metric, pan, toggle_difference, toggle_overlay, zoom,
};
use super::{Filter, Plot};
use crate::app::navigate::step;
use crate::app::notice::{say, say_result};
use crate::app::runs::navigate::to_running;
use crate::app::{ChartAction, CurvesAction, Modal, NoticeKind, State};

pub(in crate::app) fn act(state: &mut State, action: CurvesAction) {
    let plot = &mut state.curves.plot;
    match action {
        CurvesAction::NextMetric => next_metric(state, true),
        CurvesAction::PreviousMetric => next_metric(state, false),
        CurvesAction::ToggleOverlay => {
            let result = toggle_overlay(state);
            say_result(state, result);
        }
        CurvesAction::ClearOverlays => plot.overlays.clear(),
        CurvesAction::ToggleGrid => plot.grid = !plot.grid,
        CurvesAction::SmoothMore => plot.smoothing = (plot.smoothing + 1).min(SMOOTHINGS.len() - 1),
        CurvesAction::SmoothLess => plot.smoothing = plot.smoothing.saturating_sub(1),
        CurvesAction::ToggleLog => plot.log = !plot.log,
        CurvesAction::CycleHeights => plot.heights = plot.heights.next(),
        CurvesAction::CycleReference => cycle_reference(state),
        CurvesAction::ToggleDifference => toggle_difference(state),
        CurvesAction::FilterMetrics => {
            let before = plot.filter.clone();
            let text = before.as_ref().map_or("", Filter::text).to_owned();
            state.open(Modal::Filter(tui_input::Input::new(text), before));
        }
        CurvesAction::CycleMeasure => {
            let before = plot.measure;
            cycle_measure(state);
            if state.curves.plot.measure == before {
                say(state, NoticeKind::Bad, "this log has no tokens or timestamps; using steps");
            }
        }
        CurvesAction::CursorLeft => move_cursor(state, false),
        CurvesAction::CursorRight => move_cursor(state, true),
        CurvesAction::FollowRunning if state.rows_are_runs() => to_running(state),
        // The running trial is shown when the newest row is selected.
        CurvesAction::FollowRunning => step(state, isize::MAX),
    }
}

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
