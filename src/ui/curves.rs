//! The curves: the shown experiment over its base's, what was laid over it, or what runs now; one metric
//! or all of them.

use ratatui::Frame;
use ratatui::style::Style;

use super::chart::{Axes, Curve, Reading, curves};
use super::{Theme, advice, frame, numbers};
use crate::app::{Area, Filter, Heights, Measure, SMOOTHINGS, State, Subject, Subjects};
use crate::model::{Curves, Gate, Trial, TrialEnd};
use crate::policy::text::Visible;
use crate::series::{Series, Strand};

pub(super) fn draw(frame: &mut Frame<'_>, area: Area, state: &State, theme: &Theme) {
    if area.height < 3 {
        return;
    }
    let Some(subjects) = state.subjects() else { return nothing(frame, area, state, theme) };
    let Some(metric) = state.metric_of(subjects.main.trial) else {
        return nothing(frame, area, state, theme);
    };
    let in_curves = state.in_curves();
    if in_curves && let Some(filter) = state.plot.filter.as_ref().filter(|filter| !filter.holds(metric)) {
        frame::title(frame, area, &subjects.main.name, theme);
        let text = format!(" no metric matches /{}/: f chooses others", Visible::of(filter.text()));
        return frame::line(frame, area.below_title(), 1, &[(text, theme.muted)]);
    }
    if in_curves && state.plot.grid {
        return tiles(frame, area, state, &subjects, metric, theme);
    }
    let all = chosen(state, &subjects, metric, in_curves, theme);
    frame::title(frame, area, &title(state, &subjects, metric, in_curves), theme);
    let body = area.below_title();
    let reference = state.differs_from(&subjects);
    if all.is_empty() && reference.is_some() && subjects.main.curves.is_some() {
        let text = format!(" nothing to differ from: no {} on these steps there", Visible::of(metric));
        return frame::line(frame, body, 1, &[(text, theme.muted)]);
    }
    let mut axes = if in_curves {
        axes(state, reference.is_some())
    } else {
        Axes { word: Measure::Step.word(), ..Axes::default() }
    };
    let mut legend = Vec::new();
    if in_curves {
        let advice = advice::of(state, &subjects, metric);
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

/// A curve with its name.
struct Named<'a> {
    curve: Curve<'a>,
    name: String,
    /// Why it is not drawn, although it was chosen.
    missing: Option<&'static str>,
}

/// All curves of one metric, the most important first.
fn chosen<'a>(
    state: &'a State,
    subjects: &Subjects<'a>,
    metric: &str,
    in_curves: bool,
    theme: &Theme,
) -> Vec<Named<'a>> {
    let difference = state.differs_from(subjects).is_some();
    // Against itself it is a line at zero, which is drawn anyway.
    let base = subjects.base.as_ref().filter(|_| !difference);
    let base = base.map(|base| (base, Some('b'), theme.base_curve, subjects.base_word));
    let overlays = subjects.overlays.iter().enumerate().map(|(at, overlay)| {
        let mark = char::from_digit(at as u32 + 1, 10);
        (overlay, mark, theme.overlay(at), "")
    });
    let several = in_curves && (base.is_some() || !subjects.overlays.is_empty());
    let main = (&subjects.main, several.then_some('●'), theme.curve, "");
    let measure = if in_curves { state.plot.measure } else { Measure::Step };
    let drawn = |trial: &'a Trial, curves: &'a Curves| {
        let values = curves.series.get(metric)?;
        let series = if difference { state.difference(trial, metric)? } else { values };
        Some((series, state.smoothed(trial, metric).filter(|_| in_curves), measure.ruler(curves)))
    };
    let named = |(subject, mark, style, word): (&Subject<'a>, Option<char>, Style, &str)| {
        let (series, smoothed, ruler) = drawn(subject.trial, subject.curves?)?;
        let others = subject.others.iter().filter_map(|(trial, curves)| {
            let (series, smoothed, ruler) = drawn(trial, (*curves)?)?;
            Some(Strand { series: smoothed.unwrap_or(series), ruler: ruler.ok()? })
        });
        Some(Named {
            missing: ruler.is_err().then_some("its log does not tell"),
            curve: Curve {
                series,
                smoothed,
                ruler: ruler.ok().flatten(),
                others: others.collect(),
                // One raw curve can be told from what is smoothed; several are a thicket.
                raw: std::ptr::eq(subject, &raw const subjects.main),
                style,
                mark: mark.filter(|_| in_curves),
            },
            name: if word.is_empty() { subject.name.clone() } else { format!("{word} {}", subject.name) },
        })
    };
    std::iter::once(main).chain(base).chain(overlays).filter_map(named).collect()
}

/// What can be drawn on these axes, the most important last. A log that does not tell the measure of the x
/// axis has no place on it.
fn drawable(all: Vec<Named<'_>>) -> Vec<Curve<'_>> {
    all.into_iter().rev().filter(|named| named.missing.is_none()).map(|named| named.curve).collect()
}

fn axes(state: &State, difference: bool) -> Axes {
    let plot = &state.plot;
    Axes {
        window: plot.window,
        // A difference may be negative.
        log: plot.log && !difference,
        cursor: plot.cursor,
        heights: plot.heights,
        zero: difference,
        word: plot.measure.word(),
        expected: None,
    }
}

fn title(state: &State, subjects: &Subjects<'_>, metric: &str, in_curves: bool) -> String {
    let end = match &subjects.main.trial.end {
        TrialEnd::Crashed(_) => ", crashed",
        TrialEnd::Overwritten => ", end not seen",
        TrialEnd::Silent => ", no end in its log",
        TrialEnd::Running | TrialEnd::Finished => "",
    };
    let reference = state.differs_from(subjects);
    let drawn = |curves: &Curves| {
        let values = || curves.series.get(metric);
        let drawn = if reference.is_some() { state.difference(subjects.main.trial, metric) } else { values() };
        drawn.and_then(Series::last)
    };
    let last = match subjects.main.curves.map(drawn) {
        Some(Some(point)) => format!("  last {}", numbers::with_unit(point.value, state.unit_of(metric).as_ref())),
        Some(None) => String::new(),
        None if state.has_lost(subjects.main.trial) => "  its curves are not in the archive any more".to_owned(),
        None => "  on its way from the archive …".to_owned(),
    };
    let has_base = subjects.base.as_ref().is_some_and(|base| base.trial.metric(metric).is_some());
    let over = if has_base && !in_curves { " over its base's (dim)" } else { "" };
    let against = minus(state, subjects);
    let mut text = format!("{}, {}{against}{over}{last}{end}", Visible::of(metric), subjects.main.name);
    if in_curves {
        let plot = &state.plot;
        if plot.smoothing > 0 {
            text.push_str(&format!(" · smoothed {}", SMOOTHINGS[plot.smoothing]));
        }
        if plot.log && reference.is_none() {
            text.push_str(" · log axis");
        }
        match plot.heights {
            Heights::Usual => {}
            Heights::Middle => text.push_str(" · 1 to 99 %"),
            Heights::All => text.push_str(" · all heights"),
        }
        if let Some(filter) = &plot.filter {
            text.push_str(&format!(" · /{}/", Visible::of(filter.text())));
        }
    }
    text
}

/// What curves are drawn as differences to, for a title.
fn minus(state: &State, subjects: &Subjects<'_>) -> String {
    let base = state.differs_from(subjects);
    base.map(|base| format!(" minus {} {}", subjects.base_word, base.name)).unwrap_or_default()
}

/// What each curve is, and what it reads: at the cursor, else at its end.
fn legend(
    state: &State,
    all: &[Named<'_>],
    axes: Axes,
    metric: &str,
    width: usize,
    theme: &Theme,
) -> Vec<Vec<(String, Style)>> {
    let is_plain = |named: &Named<'_>| named.missing.is_none() && named.curve.others.is_empty();
    if all.len() < 2 && axes.cursor.is_none() && all.iter().all(is_plain) {
        return Vec::new();
    }
    let unit = state.unit_of(metric);
    let show = |value: f64| numbers::with_unit(value, unit.as_ref());
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
            (None, Some(Reading { raw, runs: Some((runs, low, high)), .. })) => {
                format!("mean of {runs} runs {} ({} to {})", show(raw), show(low), show(high))
            }
            (None, Some(Reading { raw, smoothed, .. })) if state.plot.smoothing > 0 => {
                format!("{} (raw {})", show(smoothed), show(raw))
            }
            (None, Some(Reading { raw, .. })) => show(raw),
        };
        items.push((format!("{mark}{} {reads}", named.name), curve.style));
    }
    frame::flowed(&items, width)
}

/// All metrics of the trial, from the chosen one on.
fn tiles(frame: &mut Frame<'_>, area: Area, state: &State, subjects: &Subjects<'_>, metric: &str, theme: &Theme) {
    let tiles = state.tiles(subjects, area);
    let rest = if tiles.more > 0 { format!(" · {} more: m goes on", tiles.more) } else { String::new() };
    let plot = &state.plot;
    let at = plot.cursor.map(|at| format!(" · at {} {}", numbers::amount(at), plot.measure.word()));
    let all = subjects.main.trial.metrics().len();
    let shown = tiles.metrics.len() + tiles.more;
    let count = match state.plot.filter.as_ref().map(Filter::text) {
        Some(text) => format!("{shown} of {all} metrics /{}/", Visible::of(text)),
        None => numbers::counted(all, "metric"),
    };
    let against = minus(state, subjects);
    let title = format!("{}{against}, {count}{}{rest}", subjects.main.name, at.unwrap_or_default());
    frame::title(frame, area, &title, theme);
    let axes = axes(state, state.differs_from(subjects).is_some());
    for (at, name) in tiles.metrics.iter().enumerate() {
        let tile = tiles.area(at, area.below_title());
        let all = chosen(state, subjects, name, true, theme);
        let main = all.first().filter(|named| named.missing.is_none());
        let at_cursor = state.plot.cursor.zip(main).and_then(|(at, main)| Some(main.curve.read(at)?.smoothed));
        let last = || main.and_then(|main| main.curve.series.last()).map(|point| point.value);
        let unit = state.unit_of(name);
        let reads = at_cursor.or_else(last).map(|value| numbers::with_unit(value, unit.as_ref()));
        let mark = if **name == *metric { "▸ " } else { "" };
        frame::title(frame, tile, &format!("{mark}{}  {}", Visible::of(name), reads.unwrap_or_default()), theme);
        curves(frame, tile.below_title(), &drawable(all), axes, theme);
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
            "No curve was recorded yet. They come from run.log, metrics.jsonl or .csv, W&B, TensorBoard and Hugging Face files, and what the policy names under logs. `countersign record` records also while no screen is open."
        }
        None => {
            "No curve was recorded of this one: it ran while nobody recorded, and the next run overwrote its log. `countersign record` records also while no screen is open."
        }
    };
    for (row, part) in frame::sentence(text, body.width.saturating_sub(2) as usize).iter().enumerate() {
        frame::line(frame, body, row as u16, &[(format!(" {part}"), theme.muted)]);
    }
}
