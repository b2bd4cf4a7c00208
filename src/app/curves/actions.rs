//! Actions that change how curves are drawn.

use std::sync::Arc;

use super::plot::NewestShows;
use super::zoom::move_cursor;
use super::{Filter, MOST_OVERLAYS, Overlay, Reference, SMOOTHINGS};
use crate::app::navigate::step;
use crate::app::notice::{NOTHING_SELECTED, say, say_result};
use crate::app::runs::navigate::to_running;
use crate::app::{CurvesAction, Modal, NoticeKind, State, ViewKind};
use crate::policy::text::Visible;

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
        CurvesAction::ToggleTiles => plot.grid = !plot.grid,
        CurvesAction::SmoothMore => plot.smoothing = (plot.smoothing + 1).min(SMOOTHINGS.len() - 1),
        CurvesAction::SmoothLess => plot.smoothing = plot.smoothing.saturating_sub(1),
        CurvesAction::ToggleLog => plot.log = !plot.log,
        CurvesAction::CycleYRange => plot.heights = plot.heights.next(),
        CurvesAction::CycleReference => cycle_reference(state),
        CurvesAction::ToggleDifference => toggle_difference(state),
        CurvesAction::FilterMetrics => {
            let before = plot.filter.clone();
            let text = before.as_ref().map_or("", Filter::text).to_owned();
            state.open(Modal::Filter(tui_input::Input::new(text), before));
        }
        CurvesAction::CycleXAxis => {
            let before = plot.measure;
            cycle_x_axis(state);
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

fn cycle_x_axis(state: &mut State) {
    let Some(curves) = state.subjects().and_then(|subjects| subjects.main.curves) else { return };
    let mut next = state.curves.plot.measure.next();
    while next.ruler(curves).is_err() {
        next = next.next();
    }
    state.curves.plot.measure = next;
    state.curves.plot.window = None;
    state.curves.plot.cursor = None;
}

fn next_metric(state: &mut State, forward: bool) {
    let Some(subjects) = state.subjects() else { return };
    let trial = subjects.main.trial;
    let Some(now) = state.metric_of(trial) else { return };
    let names = state.filtered(trial);
    let at = names.iter().position(|name| *name == now).unwrap_or(0);
    let by = if forward { 1 } else { names.len().saturating_sub(1) };
    let Some(next) = names.get((at + by) % names.len().max(1)) else { return };
    state.curves.plot.metric = Some(Arc::clone(next));
}

fn cycle_reference(state: &mut State) {
    state.curves.plot.reference = match state.curves.plot.reference {
        Reference::Base => Reference::Incumbent,
        Reference::Incumbent => Reference::None,
        Reference::None => Reference::Base,
    };
    let message =
        match (state.curves.plot.reference, state.subjects().and_then(|subjects| subjects.base.map(|b| b.name))) {
            (Reference::None, _) => Ok("no reference curve".to_owned()),
            (Reference::Base, Some(name)) => Ok(format!("compared with its base, {name}")),
            (Reference::Incumbent, Some(name)) => Ok(format!("compared with the best one, {name}")),
            (_, None) => Err("nothing to compare with: the reference has no curve, or is this one"),
        };
    match message {
        Ok(text) => say(state, NoticeKind::Good, text),
        Err(text) => say(state, NoticeKind::Bad, text),
    }
}

fn toggle_difference(state: &mut State) {
    state.curves.plot.difference = !state.curves.plot.difference;
    let has_base = state.subjects().is_some_and(|subjects| subjects.base.is_some());
    if state.curves.plot.difference && !has_base {
        state.curves.plot.difference = false;
        say(state, NoticeKind::Bad, "no reference to subtract; B chooses one");
    }
}

/// Adds the selected trial to the overlays, or removes it; returns a message for the person.
fn toggle_overlay(state: &mut State) -> Result<String, String> {
    let (chosen, name) = if let Some(run) = state.main_run() {
        (Overlay::Run(state.snapshot.trials[run].id), state.runs.name(run).to_owned())
    } else {
        let index = state.selected().ok_or(NOTHING_SELECTED)?;
        let experiment = &state.snapshot.experiments[index];
        (Overlay::Experiment(experiment.id.clone()), Visible::line(&experiment.name()).to_string())
    };
    if let Some(at) = state.curves.plot.overlays.iter().position(|known| *known == chosen) {
        state.curves.plot.overlays.remove(at);
        return Ok(format!("{name} is no longer an overlay"));
    }
    if let Overlay::Experiment(id) = &chosen
        && state.snapshot.trial(id).is_none()
    {
        return Err(format!("no curve was recorded for {name}"));
    }
    if state.curves.plot.overlays.len() == MOST_OVERLAYS {
        return Err(format!("there are {MOST_OVERLAYS} overlays already; X removes all"));
    }
    state.curves.plot.overlays.push(chosen);
    let others = if state.view == ViewKind::Runs { "j and k" } else { "[ and ]" };
    Ok(format!("{name} is an overlay now; select others with {others}"))
}

impl State {
    /// Shows a view with an experiment selected, or its default selection.
    pub fn open_view(&mut self, view: ViewKind, selected: Option<usize>) {
        self.view = view;
        if let Some(experiment) = selected.and_then(|at| self.snapshot.experiments.get(at)) {
            self.experiments.selection.insert(view, experiment.id.clone());
            self.curves.plot.newest = NewestShows::Itself;
        }
        self.repair_selection(None);
    }

    /// Shows the curves of several experiments together, the first as the main one; each must have curves.
    pub fn compare_curves(&mut self, experiments: &[usize]) {
        let Some((first, others)) = experiments.split_first() else { return };
        self.open_view(ViewKind::Curves, Some(*first));
        self.curves.plot.overlays =
            others.iter().map(|at| Overlay::Experiment(self.snapshot.experiments[*at].id.clone())).collect();
    }
}
