//! Settings of the curves view: metrics, axes, visible range, smoothing.

use std::sync::Arc;

use regex_lite::Regex;

use crate::app::notice::{NOTHING_SELECTED, say};
use crate::app::{NoticeKind, State, ViewKind};
use crate::model::{Curves, ExperimentId, TrialId};
use crate::policy::text::Visible;
use crate::series::Ruler;

/// The quantity along the x axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum XAxis {
    /// Steps, as the log counts them.
    #[default]
    Step,
    /// Tokens seen.
    Tokens,
    /// Seconds of training.
    Seconds,
}

impl XAxis {
    fn next(self) -> Self {
        match self {
            Self::Step => Self::Tokens,
            Self::Tokens => Self::Seconds,
            Self::Seconds => Self::Step,
        }
    }

    /// Returns the word next to the axis.
    pub fn word(self) -> &'static str {
        match self {
            Self::Step => "steps",
            Self::Tokens => "tokens",
            Self::Seconds => "seconds",
        }
    }

    /// Returns the map from a trial's steps to this axis; `Ok(None)` for the steps themselves, an error if the trial's
    /// log does not contain the quantity.
    pub fn ruler(self, curves: &Curves) -> Result<Option<Ruler<'_>>, NotLogged> {
        let of = |measure| Ruler::new(measure).map(Some).ok_or(NotLogged);
        match self {
            Self::Step => Ok(None),
            Self::Tokens => of(&curves.along.tokens),
            Self::Seconds => of(&curves.along.seconds),
        }
    }
}

/// The log does not contain the quantity of the x axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLogged;

/// Weights of the past in the smoothed curve; the first means no smoothing.
pub const SMOOTHINGS: [f64; 6] = [0.0, 0.6, 0.8, 0.9, 0.97, 0.99];

/// The range of the y axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum YRange {
    /// Everything except a warm-up that would flatten the rest.
    #[default]
    Usual,
    /// The middle 98 % of the values; values beyond are marked at the edge.
    Middle,
    /// Everything.
    All,
}

impl YRange {
    /// Returns the next range.
    pub fn next(self) -> Self {
        match self {
            Self::Usual => Self::Middle,
            Self::Middle => Self::All,
            Self::All => Self::Usual,
        }
    }
}

/// The experiment that a curve is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reference {
    /// The experiment it was built on; for the running trial, the last kept one.
    #[default]
    Base,
    /// The best approved experiment; the best kept one if none is approved.
    Incumbent,
    /// Nothing.
    None,
}

/// The trial shown when the newest experiment is selected while a trial runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewestShows {
    /// The running trial, which is newer still.
    #[default]
    Running,
    /// The experiment itself: the person chose it by name.
    Itself,
}

/// A filter of metrics by a regular expression.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    regex: Regex,
}

impl Filter {
    /// Returns the filter for a regular expression; `None` if the text is blank. An error is the parser's message.
    pub fn of(text: &str) -> Result<Option<Self>, regex_lite::Error> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let regex = Regex::new(text)?;
        Ok(Some(Self { text: text.to_owned(), regex }))
    }

    /// Returns the expression as typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True if the filter accepts a metric.
    pub fn holds(&self, metric: &str) -> bool {
        self.regex.is_match(metric)
    }
}

/// An overlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// An experiment: its newest run, with its other runs.
    Experiment(ExperimentId),
    /// A single run.
    Run(TrialId),
}

/// Settings of the curves view.
#[derive(Clone, Debug, Default)]
pub struct Plot {
    /// The range of the y axis.
    pub heights: YRange,
    /// The experiment that the main curve is compared with.
    pub reference: Reference,
    /// Draw the difference to the reference instead of the values.
    pub difference: bool,
    /// The trial that the newest experiment stands for.
    pub newest: NewestShows,
    /// The accepted metrics; `None` for all.
    pub filter: Option<Filter>,
    /// The run opened from the list of runs, until another experiment is selected.
    pub run: Option<TrialId>,
    /// The overlays, in the order in which they were added.
    pub overlays: Vec<Chosen>,
    /// The chosen metric; `None` for the most informative one.
    pub metric: Option<Arc<str>>,
    /// Show all metrics of the trial in a grid.
    pub grid: bool,
    /// Index into [`SMOOTHINGS`].
    pub smoothing: usize,
    /// Use a logarithmic y axis.
    pub log: bool,
    /// The quantity along the x axis.
    pub measure: XAxis,
    /// The visible range of the x axis, in its unit; `None` for all of it.
    pub window: Option<(f64, f64)>,
    /// Position of the cursor on the x axis, in its unit; `None` without a cursor.
    pub cursor: Option<f64>,
}

/// Maximum number of overlays: more could not be distinguished.
pub const MOST_OVERLAYS: usize = 6;

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
            others.iter().map(|at| Chosen::Experiment(self.snapshot.experiments[*at].id.clone())).collect();
    }
}

/// Returns the start and end of the x axis over all drawn curves.
pub(in crate::app) fn extent(state: &State) -> Option<(f64, f64)> {
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

pub(in crate::app) fn zoom(state: &mut State, closer: bool) {
    let Some((first, last)) = extent(state) else { return };
    let (from, to) = state.curves.plot.window.unwrap_or((first, last));
    let centre = state.curves.plot.cursor.filter(|at| (from..=to).contains(at)).unwrap_or(f64::midpoint(from, to));
    let factor = if closer { ZOOM } else { 1.0 / ZOOM };
    let width = ((to - from) * factor).max((last - first) * SMALLEST);
    // The point under the cursor stays in place.
    let share = (centre - from) / (to - from);
    set_window(state, centre - width * share, width, (first, last));
}

pub(in crate::app) fn pan(state: &mut State, later: bool) {
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
pub(in crate::app) fn move_cursor(state: &mut State, right: bool) {
    let Some((first, last)) = extent(state) else { return };
    let (from, to) = state.curves.plot.window.unwrap_or((first, last));
    let cells = f64::from(state.shape().chart.width.saturating_sub(crate::app::AXIS).max(2));
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

pub(in crate::app) fn cycle_measure(state: &mut State) {
    let Some(curves) = state.subjects().and_then(|subjects| subjects.main.curves) else { return };
    let mut next = state.curves.plot.measure.next();
    while next.ruler(curves).is_err() {
        next = next.next();
    }
    state.curves.plot.measure = next;
    state.curves.plot.window = None;
    state.curves.plot.cursor = None;
}

pub(in crate::app) fn next_metric(state: &mut State, forward: bool) {
    let Some(subjects) = state.subjects() else { return };
    let trial = subjects.main.trial;
    let Some(now) = state.metric_of(trial) else { return };
    let names = state.filtered(trial);
    let at = names.iter().position(|name| *name == now).unwrap_or(0);
    let by = if forward { 1 } else { names.len().saturating_sub(1) };
    let Some(next) = names.get((at + by) % names.len().max(1)) else { return };
    state.curves.plot.metric = Some(Arc::clone(next));
}

pub(in crate::app) fn cycle_reference(state: &mut State) {
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

pub(in crate::app) fn toggle_difference(state: &mut State) {
    state.curves.plot.difference = !state.curves.plot.difference;
    let has_base = state.subjects().is_some_and(|subjects| subjects.base.is_some());
    if state.curves.plot.difference && !has_base {
        state.curves.plot.difference = false;
        say(state, NoticeKind::Bad, "no reference to subtract; B chooses one");
    }
}

/// Adds the selected trial to the overlays, or removes it; returns a message for the person.
pub(in crate::app) fn toggle_overlay(state: &mut State) -> Result<String, String> {
    let (chosen, name) = if let Some(run) = state.main_run() {
        (Chosen::Run(state.snapshot.trials[run].id), state.runs.name(run).to_owned())
    } else {
        let index = state.selected().ok_or(NOTHING_SELECTED)?;
        let experiment = &state.snapshot.experiments[index];
        (Chosen::Experiment(experiment.id.clone()), Visible::line(&experiment.name()).to_string())
    };
    if let Some(at) = state.curves.plot.overlays.iter().position(|known| *known == chosen) {
        state.curves.plot.overlays.remove(at);
        return Ok(format!("{name} is no longer an overlay"));
    }
    if let Chosen::Experiment(id) = &chosen
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
