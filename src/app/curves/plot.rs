//! How the curves are looked at: which ones, along which axis, how much of it, how smooth.

use std::sync::Arc;

use regex_lite::Regex;

use crate::app::notice::say;
use crate::app::{NoticeKind, State, ViewKind};
use crate::model::{Curves, ExperimentId, TrialId};
use crate::policy::text::Visible;
use crate::series::Ruler;

/// What stands along the x axis.
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

    /// The word beside the axis.
    pub fn word(self) -> &'static str {
        match self {
            Self::Step => "steps",
            Self::Tokens => "tokens",
            Self::Seconds => "seconds",
        }
    }

    /// Maps the steps of a trial; `Ok(None)` for the steps themselves, an error where the trial's log
    /// does not tell.
    pub fn ruler(self, curves: &Curves) -> Result<Option<Ruler<'_>>, NotTold> {
        let of = |measure| Ruler::new(measure).map(Some).ok_or(NotTold);
        match self {
            Self::Step => Ok(None),
            Self::Tokens => of(&curves.along.tokens),
            Self::Seconds => of(&curves.along.seconds),
        }
    }
}

/// The log does not tell the measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotTold;

/// Shares of the past in the smoothed curve; the first is no smoothing.
pub const SMOOTHINGS: [f64; 6] = [0.0, 0.6, 0.8, 0.9, 0.97, 0.99];

/// Which heights the y axis shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Heights {
    /// All, but for a start that would flatten the rest.
    #[default]
    Usual,
    /// The middle 98 of 100 values; what lies beyond is marked at the edge.
    Middle,
    /// All.
    All,
}

impl Heights {
    /// The one after it.
    pub fn next(self) -> Self {
        match self {
            Self::Usual => Self::Middle,
            Self::Middle => Self::All,
            Self::All => Self::Usual,
        }
    }
}

/// What a curve is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reference {
    /// The experiment it was built on; for what runs now the last one that was kept.
    #[default]
    Base,
    /// The best approved experiment; the best kept one where nothing is approved.
    Incumbent,
    /// Nothing.
    None,
}

/// What is shown when the newest experiment is selected while a trial runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Newest {
    /// What runs now: that is newer still.
    #[default]
    Running,
    /// The experiment itself: it was named.
    Itself,
}

/// Metrics by a regular expression.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    regex: Regex,
}

impl Filter {
    /// A filter; why not, where the text is no regular expression. `None` for nothing but space.
    pub fn of(text: &str) -> Result<Option<Self>, String> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let regex = Regex::new(text).map_err(|error| error.to_string())?;
        Ok(Some(Self { text: text.to_owned(), regex }))
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True when it lets a metric through.
    pub fn holds(&self, metric: &str) -> bool {
        self.regex.is_match(metric)
    }
}

/// What was chosen to be drawn over what is in question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The newest run of an experiment, with the others of it.
    Experiment(ExperimentId),
    /// One run.
    Run(TrialId),
}

/// How the curves are looked at.
#[derive(Clone, Debug, Default)]
pub struct Plot {
    /// Which heights the y axis shows.
    pub heights: Heights,
    /// What the one in question is compared with.
    pub reference: Reference,
    /// Draw the difference to that instead of the values.
    pub difference: bool,
    /// What the newest experiment stands for.
    pub newest: Newest,
    /// Only these metrics; `None` for all.
    pub filter: Option<Filter>,
    /// The run that was opened from the list of runs, until another experiment is gone to.
    pub run: Option<TrialId>,
    /// What is drawn over the selected one, in the order it was chosen.
    pub overlays: Vec<Chosen>,
    /// The metric that is drawn; `None` for the one that says most.
    pub metric: Option<Arc<str>>,
    /// All metrics of the trial in a grid.
    pub grid: bool,
    /// Index into [`SMOOTHINGS`].
    pub smoothing: usize,
    /// A logarithmic y axis.
    pub log: bool,
    /// What stands along the x axis.
    pub measure: XAxis,
    /// The part of the x axis that is shown, in its measure; `None` for all of it.
    pub window: Option<(f64, f64)>,
    /// Where the curves are read, in the measure of the x axis; `None` without a cursor.
    pub cursor: Option<f64>,
}

/// Overlays at most: more cannot be told apart.
pub const MOST_OVERLAYS: usize = 6;

impl State {
    /// Shows a view with an experiment selected; without one, as it opens.
    pub fn open_view(&mut self, view: ViewKind, selected: Option<usize>) {
        self.view = view;
        if let Some(experiment) = selected.and_then(|at| self.snapshot.experiments.get(at)) {
            self.experiments.selection.insert(view, experiment.id.clone());
            self.curves.plot.newest = Newest::Itself;
        }
        self.repair_selection(None);
    }

    /// Shows the curves of experiments over one another, the first as the one in question; all have some.
    pub fn compare_curves(&mut self, experiments: &[usize]) {
        let Some((first, others)) = experiments.split_first() else { return };
        self.open_view(ViewKind::Curves, Some(*first));
        self.curves.plot.overlays =
            others.iter().map(|at| Chosen::Experiment(self.snapshot.experiments[*at].id.clone())).collect();
    }
}

/// The x axis from its start to its end, over everything that is drawn.
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

/// Zooming in makes the part this much smaller.
const ZOOM: f64 = 0.5;
/// Panning moves by this share of what is shown.
const PAN: f64 = 0.25;
/// No part is smaller than this share of the whole: beyond it numbers have no digits left.
const SMALLEST: f64 = 1e-9;

pub(in crate::app) fn zoom(state: &mut State, closer: bool) {
    let Some((first, last)) = extent(state) else { return };
    let (from, to) = state.curves.plot.window.unwrap_or((first, last));
    let centre = state.curves.plot.cursor.filter(|at| (from..=to).contains(at)).unwrap_or(f64::midpoint(from, to));
    let factor = if closer { ZOOM } else { 1.0 / ZOOM };
    let width = ((to - from) * factor).max((last - first) * SMALLEST);
    // What is under the cursor stays under it.
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

/// Moves the cursor by one cell; the first time it stands at the right end.
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
    // The part that is shown follows.
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
    let told = match (state.curves.plot.reference, state.subjects().and_then(|subjects| subjects.base.map(|b| b.name)))
    {
        (Reference::None, _) => Ok("compared with nothing".to_owned()),
        (Reference::Base, Some(name)) => Ok(format!("compared with its base, {name}")),
        (Reference::Incumbent, Some(name)) => Ok(format!("compared with the best one, {name}")),
        (_, None) => Err("no curve was recorded of what it would be compared with, or it is that itself"),
    };
    match told {
        Ok(text) => say(state, NoticeKind::Good, text),
        Err(text) => say(state, NoticeKind::Bad, text),
    }
}

pub(in crate::app) fn toggle_difference(state: &mut State) {
    state.curves.plot.difference = !state.curves.plot.difference;
    let has_base = state.subjects().is_some_and(|subjects| subjects.base.is_some());
    if state.curves.plot.difference && !has_base {
        state.curves.plot.difference = false;
        say(state, NoticeKind::Bad, "there is nothing to differ from: B chooses what it is compared with");
    }
}

/// Lays what is in question over the others, or takes it away; a sentence for the person.
pub(in crate::app) fn toggle_overlay(state: &mut State) -> Result<String, String> {
    let (chosen, name) = if let Some(run) = state.run_in_question() {
        (Chosen::Run(state.snapshot.trials[run].id), state.runs.name(run).to_owned())
    } else {
        let index = state.selected().ok_or("nothing is selected")?;
        let experiment = &state.snapshot.experiments[index];
        (Chosen::Experiment(experiment.id.clone()), Visible::line(&experiment.name()).to_string())
    };
    if let Some(at) = state.curves.plot.overlays.iter().position(|known| *known == chosen) {
        state.curves.plot.overlays.remove(at);
        return Ok(format!("{name} is drawn only when it is selected"));
    }
    if let Chosen::Experiment(id) = &chosen
        && state.snapshot.trial(id).is_none()
    {
        return Err(format!("no curve was recorded of {name}"));
    }
    if state.curves.plot.overlays.len() == MOST_OVERLAYS {
        return Err(format!("{MOST_OVERLAYS} curves lie over one another already; X takes them all away"));
    }
    state.curves.plot.overlays.push(chosen);
    let others = if state.view == ViewKind::Runs { "j and k" } else { "[ and ]" };
    Ok(format!("{name} stays drawn; choose others with {others}"))
}
