//! The curves: the shown experiment over its base's, what was laid over it, or what runs now; one metric
//! or all of them.

use ratatui::Frame;
use ratatui::style::Style;

use super::chart::{Axes, Curve, curves};
use super::{Theme, frame, numbers};
use crate::app::{Area, Measure, SMOOTHINGS, State, Subject, Subjects, ViewKind};
use crate::model::{Gate, TrialEnd};
use crate::policy::text::Visible;
use crate::series::Series;

/// Columns and rows of the smallest tile of the grid.
const TILE: (u16, u16) = (38, 7);

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    if area.height < 3 {
        return;
    }
    let Some(subjects) = state.subjects() else { return nothing(frame, area, state, theme) };
    let Some((metric, series)) = state.metric_of(subjects.main.trial) else {
        return nothing(frame, area, state, theme);
    };
    let in_curves = state.view == ViewKind::Curves && state.review.is_none();
    if in_curves && state.plot.grid {
        return tiles(frame, area, state, &subjects, metric, theme);
    }
    let all = chosen(state, &subjects, metric, in_curves, theme);
    frame::title(frame, area, &title(state, &subjects, metric, series, in_curves), theme);
    let body = area.below_title();
    let axes = if in_curves { axes(state) } else { Axes { word: Measure::Step.word(), ..Axes::default() } };
    let legend = if in_curves { legend(state, &all, axes, body.width as usize, theme) } else { Vec::new() };
    let rows = (legend.len() as u16).min(body.height / 3);
    for (row, pieces) in legend.iter().take(rows as usize).enumerate() {
        frame::line(frame, body, row as u16, pieces);
    }
    let plot = Area { y: body.y + rows, height: body.height - rows, ..body };
    curves(frame, plot, &drawable(all), axes, theme);
}

/// A curve with its name.
struct Named<'a> {
    curve: Curve<'a>,
    name: String,
    /// Why it is not drawn, although it was chosen.
    missing: Option<&'static str>,
}

/// All curves of one metric, the most important first.
fn chosen<'a>(state: &State, subjects: &Subjects<'a>, metric: &str, in_curves: bool, theme: &Theme) -> Vec<Named<'a>> {
    let base = subjects.base.as_ref().map(|base| (base, Some('b'), theme.base_curve, "base "));
    let overlays = subjects.overlays.iter().enumerate().map(|(at, overlay)| {
        let mark = char::from_digit(at as u32 + 1, 10);
        (overlay, mark, theme.overlay(at), "")
    });
    let several = in_curves && (base.is_some() || !subjects.overlays.is_empty());
    let main = (&subjects.main, several.then_some('●'), theme.curve, "");
    let named = |(subject, mark, style, word): (&Subject<'a>, Option<char>, Style, &str)| {
        let series = subject.trial.series.get(metric)?;
        let measure = if in_curves { state.plot.measure } else { Measure::Step };
        let ruler = measure.ruler(subject.trial);
        Some(Named {
            missing: ruler.is_err().then_some("its log does not tell"),
            curve: Curve {
                series,
                ruler: ruler.ok().flatten(),
                smoothing: if in_curves { SMOOTHINGS[state.plot.smoothing] } else { 0.0 },
                // One raw curve can be told from what is smoothed; several are a thicket.
                raw: std::ptr::eq(subject, &raw const subjects.main),
                style,
                mark: mark.filter(|_| in_curves),
            },
            name: format!("{word}{}", subject.name),
        })
    };
    std::iter::once(main).chain(base).chain(overlays).filter_map(named).collect()
}

/// What can be drawn on these axes, the most important last. A log that does not tell the measure of the x
/// axis has no place on it.
fn drawable(all: Vec<Named<'_>>) -> Vec<Curve<'_>> {
    all.into_iter().rev().filter(|named| named.missing.is_none()).map(|named| named.curve).collect()
}

fn axes(state: &State) -> Axes {
    let plot = &state.plot;
    Axes { window: plot.window, log: plot.log, cursor: plot.cursor, word: plot.measure.word() }
}

fn title(state: &State, subjects: &Subjects<'_>, metric: &str, series: &Series, in_curves: bool) -> String {
    let end = match &subjects.main.trial.end {
        TrialEnd::Crashed(_) => ", crashed",
        TrialEnd::Overwritten => ", end not seen",
        TrialEnd::Silent => ", no end in its log",
        TrialEnd::Running | TrialEnd::Finished => "",
    };
    let last = series.last().map(|point| numbers::value(point.value)).unwrap_or_default();
    let has_base = subjects.base.as_ref().is_some_and(|base| base.trial.series.contains_key(metric));
    let over = if has_base && !in_curves { " over its base's (dim)" } else { "" };
    let mut text = format!("{}, {}{over}  last {last}{end}", Visible::of(metric), subjects.main.name);
    if in_curves {
        let plot = &state.plot;
        if plot.smoothing > 0 {
            text.push_str(&format!(" · smoothed {}", SMOOTHINGS[plot.smoothing]));
        }
        if plot.log {
            text.push_str(" · log axis");
        }
    }
    text
}

/// What each curve is, and what it reads: at the cursor, else at its end.
fn legend(state: &State, all: &[Named<'_>], axes: Axes, width: usize, theme: &Theme) -> Vec<Vec<(String, Style)>> {
    if all.len() < 2 && axes.cursor.is_none() && all.iter().all(|named| named.missing.is_none()) {
        return Vec::new();
    }
    let cursor = axes.cursor.map(|at| (format!("at {} {}:", numbers::amount(at), axes.word), theme.title));
    let mut items: Vec<(String, Style)> = cursor.into_iter().collect();
    for named in all {
        let curve = &named.curve;
        let mark = curve.mark.map(|mark| format!("{mark} ")).unwrap_or_default();
        let end = curve.series.last().map(|point| point.step);
        let at = axes.cursor.or_else(|| Some(curve.ruler.as_ref().map_or(end?, |ruler| ruler.at(end.unwrap_or(0.0)))));
        let reads = match (named.missing, at.and_then(|at| curve.read(at))) {
            (Some(why), _) => why.to_owned(),
            (None, None) => "not begun".to_owned(),
            (None, Some((raw, smoothed))) if state.plot.smoothing > 0 => {
                format!("{} (raw {})", numbers::value(smoothed), numbers::value(raw))
            }
            (None, Some((raw, _))) => numbers::value(raw),
        };
        items.push((format!("{mark}{} {reads}", named.name), curve.style));
    }
    frame::flowed(&items, width)
}

/// All metrics of the trial, from the chosen one on.
fn tiles(frame: &mut Frame<'_>, area: Area, state: &State, subjects: &Subjects<'_>, metric: &str, theme: &Theme) {
    let trial = subjects.main.trial;
    let names: Vec<&str> = trial.series.keys().map(|name| &**name).collect();
    let across = (area.width / TILE.0).max(1);
    let down = (area.height.saturating_sub(1) / TILE.1).max(1);
    let room = usize::from(across * down);
    // Nothing moves while all fit; else the chosen metric comes first.
    let first = if names.len() <= room { 0 } else { names.iter().position(|name| *name == metric).unwrap_or(0) };
    let more = names.len().saturating_sub(room);
    let rest = if more > 0 { format!(" · {more} more: m goes on") } else { String::new() };
    let plot = &state.plot;
    let at = plot.cursor.map(|at| format!(" · at {} {}", numbers::amount(at), plot.measure.word()));
    let count = numbers::counted(names.len(), "metric");
    let title = format!("{}, {count}{}{rest}", subjects.main.name, at.unwrap_or_default());
    frame::title(frame, area, &title, theme);
    let shown = names.len().min(room);
    let down = (shown as u16).div_ceil(across).max(1);
    let body = area.below_title();
    let (width, height) = (body.width / across, body.height / down);
    for at in 0..shown {
        let name = names[(first + at) % names.len()];
        let (column, row) = (at as u16 % across, at as u16 / across);
        let tile = Area { x: body.x + column * width, y: body.y + row * height, width: width - 1, height };
        let all = chosen(state, subjects, name, true, theme);
        let main = all.first().filter(|named| named.missing.is_none());
        let at_cursor = state.plot.cursor.zip(main).and_then(|(at, main)| Some(main.curve.read(at)?.1));
        let last = || trial.series.get(name).and_then(Series::last).map(|point| point.value);
        let reads = at_cursor.or_else(last).map(numbers::value);
        let mark = if name == metric { "▸ " } else { "" };
        frame::title(frame, tile, &format!("{mark}{}  {}", Visible::of(name), reads.unwrap_or_default()), theme);
        curves(frame, tile.below_title(), &drawable(all), axes(state), theme);
    }
}

fn nothing(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    frame::title(frame, area, "curve", theme);
    let body = area.below_title();
    let snapshot = &state.snapshot;
    let asked = state.shown().and_then(|index| snapshot.experiments[index].proposals.last());
    let text = match asked.map(|proposal| proposal.gate) {
        Some(Gate::Run) => "No curve: it was proposed before its training, and no log tells of that training.",
        Some(Gate::Keep) => {
            "No curve was recorded of this one: no log that is read here told of it. The policy names the logs that are read under logs."
        }
        None if snapshot.trials.is_empty() => {
            "No curve was recorded yet. Logs are recorded while countersign is open: run.log, metrics.jsonl, and what the policy names under logs."
        }
        None => {
            "No curve was recorded of this one: it ran before countersign was open, and the next run overwrote its log."
        }
    };
    for (row, part) in frame::sentence(text, body.width.saturating_sub(2) as usize).iter().enumerate() {
        frame::line(frame, body, row as u16, &[(format!(" {part}"), theme.muted)]);
    }
}
