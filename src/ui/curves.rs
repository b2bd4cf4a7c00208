//! The curve of the shown experiment over its base's; or of what runs now.

use std::sync::Arc;

use ratatui::Frame;

use super::chart::{curves, main_series};
use super::{Theme, frame};
use crate::app::{Area, State, ViewKind};
use crate::model::{Claim, Experiment, Trial, TrialEnd};
use crate::policy::text::Visible;

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    if area.height < 3 {
        return;
    }
    let snapshot = &state.snapshot;
    let experiment = state.shown().map(|index| &snapshot.experiments[index]);
    let own = experiment.and_then(|experiment| snapshot.trial(&experiment.id));
    // Nothing recorded of the selected one: what runs now is better than nothing, and named as such.
    let running = snapshot.running.and_then(|index| snapshot.trials.get(index));
    let live_first = state.view == ViewKind::Curves && state.selection_is_newest();
    let (trial, name) = match (own, running) {
        (Some(own), _) if !(live_first && running.is_some()) => {
            (own, experiment.map(|e| Visible::line(&e.name()).to_string()).unwrap_or_default())
        }
        (_, Some(running)) => (
            running,
            format!(
                "{} running now",
                snapshot.running_name().map(|name| Visible::line(&name).to_string()).unwrap_or_default()
            ),
        ),
        (Some(own), None) => (own, experiment.map(|e| Visible::line(&e.name()).to_string()).unwrap_or_default()),
        (None, None) => match snapshot
            .trials
            .last()
            .filter(|_| state.view == ViewKind::Curves && !snapshot.is_bound(snapshot.trials.len() - 1))
        {
            Some(last) => (last, format!("the last run in {}, of no row that is known", Visible::of(&last.log))),
            None => return nothing(frame, area, state, theme),
        },
    };
    let base = if running.is_some_and(|running| Arc::ptr_eq(running, trial)) {
        newest_kept(state)
    } else {
        experiment.and_then(|experiment| base_trial(state, experiment))
    };
    let base = base.filter(|base| !Arc::ptr_eq(base, trial));
    let Some((metric, series)) = pick(trial, state) else { return nothing(frame, area, state, theme) };
    let base_series = base.and_then(|base| base.series.get(metric));
    let over = if base_series.is_some() { " over its base's (dim)" } else { "" };
    let end = match &trial.end {
        TrialEnd::Crashed(_) => ", crashed",
        TrialEnd::Overwritten => ", end not seen",
        TrialEnd::Silent => ", no end in its log",
        TrialEnd::Running | TrialEnd::Finished => "",
    };
    let last = series.last().map(|point| super::numbers::value(point.value)).unwrap_or_default();
    frame::title(frame, area, &format!("{}, {name}{over}  last {last}{end}", Visible::of(metric)), theme);
    let mut all = Vec::new();
    if let Some(base) = base_series {
        all.push((base, theme.base_curve));
    }
    all.push((series, theme.curve));
    curves(frame, area.below_title(), &all, theme);
}

fn pick<'a>(trial: &'a Trial, state: &State) -> Option<(&'a str, &'a crate::series::Series)> {
    let (main, _) = main_series(trial, state.snapshot.objective.as_ref())?;
    let names: Vec<&str> = trial.series.keys().map(|name| &**name).collect();
    let start = names.iter().position(|name| *name == main)?;
    let at = (start as isize + state.metric as isize).rem_euclid(names.len() as isize) as usize;
    trial.series.get_key_value(names[at]).map(|(name, series)| (&**name, series))
}

fn base_trial<'a>(state: &'a State, experiment: &Experiment) -> Option<&'a Arc<Trial>> {
    let base = state.snapshot.by_head(experiment.change.as_ref()?.base)?;
    state.snapshot.trial(&base.id)
}

/// What a running trial builds on, as far as anybody knows yet: the newest kept experiment.
fn newest_kept(state: &State) -> Option<&Arc<Trial>> {
    let kept = state.snapshot.experiments.iter().rev().find(|experiment| experiment.claim == Claim::Keep)?;
    state.snapshot.trial(&kept.id)
}

fn nothing(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    frame::title(frame, area, "curve", theme);
    let body = area.below_title();
    let text = if state.snapshot.trials.is_empty() {
        "No curve was recorded yet. Logs are recorded while countersign is open: run.log, metrics.jsonl, and what the policy names under logs."
    } else {
        "No curve was recorded of this one: it ran before countersign was open, and the next run overwrote its log."
    };
    for (row, part) in frame::sentence(text, body.width.saturating_sub(2) as usize).iter().enumerate() {
        frame::line(frame, body, row as u16, &[(format!(" {part}"), theme.muted)]);
    }
}

impl State {
    /// True when the selected experiment is the newest one: then what runs now is shown instead.
    fn selection_is_newest(&self) -> bool {
        self.selected().is_none_or(|index| index + 1 == self.snapshot.experiments.len())
    }
}
