//! The curves of the shown experiment or the running trial, with its base and overlays; one metric or all.

mod scene;

use ratatui::Frame;
use ratatui::style::Style;

pub(super) use scene::{NamedCurve, axes, chosen, drawable, minus, reads, title};

use crate::app::{Area, Filter, State, Subjects, XAxis};
use crate::model::{Gate, counted};
use crate::policy::text::Visible;
use crate::ui::chart::{Axes, curves};
use crate::ui::runs::SOURCES;
use crate::ui::{Theme, advice, frame, numbers};

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    if area.height == 1 {
        return nothing_in_a_line(frame, area, state, theme);
    }
    if area.height < 3 {
        return;
    }
    let Some(subjects) = state.subjects() else { return nothing(frame, area, state, theme) };
    let Some(metric) = state.metric_of(subjects.main.trial) else {
        return nothing(frame, area, state, theme);
    };
    let in_curves = state.in_curves();
    if in_curves && let Some(filter) = state.curves.plot.filter.as_ref().filter(|filter| !filter.accepts(metric)) {
        frame::title(frame, area, &subjects.main.name, theme);
        let text = format!(" no metric matches /{}/: f changes the filter", Visible::of(filter.text()));
        return frame::line(frame, area.below_title(), 1, &[(text, theme.muted)]);
    }
    if in_curves && state.curves.plot.grid {
        return tiles(frame, area, state, &subjects, metric, theme);
    }
    let all = chosen(state, &subjects, metric, in_curves);
    frame::title(frame, area, &title(state, &subjects, metric, in_curves), theme);
    let body = area.below_title();
    let reference = state.difference_reference(&subjects);
    if all.is_empty() && reference.is_some() && subjects.main.curves.is_some() {
        let text = format!(" no difference: the reference has no {} at these steps", Visible::name(metric));
        return frame::line(frame, body, 1, &[(text, theme.muted)]);
    }
    let mut axes =
        if in_curves { axes(state, reference.is_some()) } else { Axes { word: XAxis::Step.word(), ..Axes::default() } };
    let mut legend = Vec::new();
    if in_curves {
        // A run selected on its own has no earlier runs of its loop to forecast from.
        let advice = match state.main_run() {
            Some(_) => advice::Advice::default(),
            None => advice::of(state, &subjects, metric),
        };
        axes.expected = advice.expected.filter(|_| reference.is_none());
        legend = self::legend(state, &all, axes, metric, body.width as usize, theme);
        legend.extend(advice.rows(body.width as usize, theme));
    }
    let rows = (legend.len() as u16).min(body.height / 3);
    for (row, pieces) in legend.iter().take(rows as usize).enumerate() {
        frame::line(frame, body, row as u16, pieces);
    }
    let plot = Area { y: body.y + rows, height: body.height - rows, ..body };
    curves(frame, plot, &drawable(all), axes, theme);
}

/// Returns the legend: the name and the value of each curve. Empty for a single plain curve without a cursor.
fn legend(
    state: &State,
    all: &[NamedCurve<'_>],
    axes: Axes,
    metric: &str,
    width: usize,
    theme: &Theme,
) -> Vec<Vec<(String, Style)>> {
    let is_plain = |named: &NamedCurve<'_>| named.missing.is_none() && named.curve.others.is_empty();
    if all.len() < 2 && axes.cursor.is_none() && all.iter().all(is_plain) {
        return Vec::new();
    }
    let cursor = axes.cursor.map(|at| (format!("at {}:", numbers::of(&numbers::amount(at), axes.word)), theme.title));
    let mut items: Vec<(String, Style)> = cursor.into_iter().collect();
    items.extend(all.iter().map(|named| {
        let mark = named.curve.mark.map(|mark| format!("{mark} ")).unwrap_or_default();
        (format!("{mark}{} {}", named.name, reads(state, named, axes, metric)), named.curve.role.style(theme))
    }));
    frame::flowed(&items, width)
}

/// Draws all metrics of the trial, from the selected one on.
fn tiles(frame: &mut Frame<'_>, area: Area, state: &State, subjects: &Subjects<'_>, metric: &str, theme: &Theme) {
    let tiles = state.tiles(subjects, area);
    let rest = if tiles.more > 0 { format!(" · {} more: m shows them", tiles.more) } else { String::new() };
    let plot = &state.curves.plot;
    let at = plot.cursor.map(|at| format!(" · at {}", numbers::of(&numbers::amount(at), plot.measure.word())));
    let all = subjects.main.trial.metrics().len();
    let shown = tiles.metrics.len() + tiles.more;
    let count = match state.curves.plot.filter.as_ref().map(Filter::text) {
        Some(text) => format!("{shown} of {all} metrics /{}/", Visible::of(text)),
        None => counted(all, "metric"),
    };
    let against = minus(state, subjects);
    let title = format!("{}{against}, {count}{}{rest}", subjects.main.name, at.unwrap_or_default());
    frame::title(frame, area, &title, theme);
    let axes = axes(state, state.difference_reference(subjects).is_some());
    for (at, name) in tiles.metrics.iter().enumerate() {
        let tile = tiles.area(at, area.below_title());
        let all = chosen(state, subjects, name, true);
        let main = all.first().filter(|named| named.missing.is_none());
        let at_cursor = state.curves.plot.cursor.zip(main).and_then(|(at, main)| Some(main.curve.read(at)?.smoothed));
        let last = || main.and_then(|main| main.curve.series.last()).map(|point| point.value);
        let unit = state.unit_of(name);
        let reads = at_cursor.or_else(last).map(|value| numbers::with_unit(value, unit.as_ref()));
        let mark = if **name == *metric { "▸ " } else { "" };
        frame::title(frame, tile, &format!("{mark}{}  {}", Visible::name(name), reads.unwrap_or_default()), theme);
        curves(frame, tile.below_title(), &drawable(all), axes, theme);
    }
}

/// Draws one line if no curve was recorded at all.
fn nothing_in_a_line(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    let snapshot = &state.snapshot;
    let asked = state.shown().and_then(|index| snapshot.proposal_about(&snapshot.experiments[index]));
    let text = match asked.map(|proposal| proposal.gate) {
        Some(Gate::Run) => "no curve: not trained yet",
        Some(Gate::Keep) => "no curve: no log has one; add the log under `logs` in the policy",
        None => "no curve recorded yet; `countersign record` also records without a screen",
    };
    frame::title(frame, area, text, theme);
}

const RECORD: &str = "`countersign record` also records without a screen.";

fn nothing(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    frame::title(frame, area, "curve", theme);
    let body = area.below_title();
    let snapshot = &state.snapshot;
    if state.rows_are_runs() || state.main_run().is_some() {
        let text = match state.main_run() {
            None => " No run selected.",
            Some(_) => " No curve of this run could be read yet; w shows what could not be read.",
        };
        return frame::line(frame, body, 0, &[(text.to_owned(), theme.muted)]);
    }
    let asked = state.shown().and_then(|index| snapshot.proposal_about(&snapshot.experiments[index]));
    let text = match asked.map(|proposal| proposal.gate) {
        Some(Gate::Run) => "No curve: not trained yet, or no log covers its training.",
        Some(Gate::Keep) => {
            "No curve was recorded for this experiment: no known log contains one. Add the log under `logs` in the policy."
        }
        None if snapshot.trials.is_empty() => &format!("No curves recorded yet. {SOURCES} {RECORD}"),
        None => &format!(
            "No curve was recorded for this one: nothing was recording while it ran, and the next run overwrote its log. {RECORD}"
        ),
    };
    for (row, part) in frame::sentence(text, body.width.saturating_sub(2) as usize).iter().enumerate() {
        frame::line(frame, body, row as u16, &[(format!(" {part}"), theme.muted)]);
    }
}
