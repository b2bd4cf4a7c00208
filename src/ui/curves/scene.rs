//! The content of the curves view, for the screen and for pictures.

use std::sync::Arc;

use crate::app::{DrawnTrial, SMOOTHINGS, State, Subjects, XAxis, YRange};
use crate::model::{Curves, Trial, TrialEnd};
use crate::policy::text::Visible;
use crate::series::{Series, Strand};
use crate::ui::chart::{Axes, CursorValue, Curve, CurveRole};
use crate::ui::numbers;

/// A curve with its name.
pub(in crate::ui) struct NamedCurve<'a> {
    pub(in crate::ui) curve: Curve<'a>,
    pub(in crate::ui) name: String,
    /// The reason why it cannot be drawn; `None` if it can.
    pub(in crate::ui) missing: Option<&'static str>,
}

/// Returns all curves of one metric, the most important first.
pub(in crate::ui) fn chosen<'a>(
    state: &'a State,
    subjects: &Subjects<'a>,
    metric: &str,
    in_curves: bool,
) -> Vec<NamedCurve<'a>> {
    let difference = state.difference_reference(subjects).is_some();
    // Its difference from itself is the line at zero, which is drawn anyway.
    let base = subjects.base.as_ref().filter(|_| !difference);
    let base = base.map(|base| (base, Some('b'), CurveRole::Base, subjects.base_word));
    let overlays = subjects.overlays.iter().enumerate().map(|(at, overlay)| {
        let mark = char::from_digit(at as u32 + 1, 10);
        (overlay, mark, CurveRole::Overlay(at), "")
    });
    let several = in_curves && (base.is_some() || !subjects.overlays.is_empty());
    let main = (&subjects.main, several.then_some('●'), CurveRole::Main, "");
    let measure = if in_curves { state.curves.plot.measure } else { XAxis::Step };
    let drawn = |trial: &'a Trial, curves: &'a Curves| {
        let values = curves.series.get(metric)?;
        let series = if difference { state.difference(trial, metric)? } else { values };
        Some((series, state.smoothed(trial, metric).filter(|_| in_curves), measure.ruler(curves)))
    };
    let named = |(subject, mark, role, word): (&DrawnTrial<'a>, Option<char>, CurveRole, &str)| {
        let (series, smoothed, ruler) = drawn(subject.trial, subject.curves?)?;
        let runs = if subject.others.is_empty() { Vec::new() } else { subject.runs_with(metric) };
        let others = runs.iter().filter(|(trial, ..)| !Arc::ptr_eq(trial, subject.trial));
        let others = others.filter_map(|(trial, curves, _)| {
            let (series, smoothed, ruler) = drawn(trial, curves)?;
            Some(Strand { series: smoothed.unwrap_or(series), ruler: ruler.ok()? })
        });
        Some(NamedCurve {
            missing: ruler.is_err().then_some("not in its log"),
            curve: Curve {
                series,
                smoothed,
                ruler: ruler.ok().flatten(),
                others: others.collect(),
                // Several raw curves would be unreadable: only the main one is drawn.
                raw: std::ptr::eq(subject, &raw const subjects.main),
                role,
                mark: mark.filter(|_| in_curves),
            },
            name: if word.is_empty() { subject.name.clone() } else { format!("{word} {}", subject.name) },
        })
    };
    std::iter::once(main).chain(base).chain(overlays).filter_map(named).collect()
}

/// Returns the curves that can be drawn on these axes, the most important last. A curve whose log lacks the unit of the
/// x axis cannot.
pub(in crate::ui) fn drawable(all: Vec<NamedCurve<'_>>) -> Vec<Curve<'_>> {
    all.into_iter().rev().filter(|named| named.missing.is_none()).map(|named| named.curve).collect()
}

pub(in crate::ui) fn axes(state: &State, difference: bool) -> Axes {
    let plot = &state.curves.plot;
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

pub(in crate::ui) fn title(state: &State, subjects: &Subjects<'_>, metric: &str, in_curves: bool) -> String {
    let end = match &subjects.main.trial.end {
        TrialEnd::Crashed(_) => ", crashed",
        TrialEnd::Overwritten => ", end not seen",
        TrialEnd::Silent => ", no end in its log",
        TrialEnd::Running | TrialEnd::Finished => "",
    };
    let reference = state.difference_reference(subjects);
    let drawn = |curves: &Curves| {
        let values = || curves.series.get(metric);
        let drawn = if reference.is_some() { state.difference(subjects.main.trial, metric) } else { values() };
        drawn.and_then(Series::last)
    };
    let last = match subjects.main.curves.map(drawn) {
        Some(Some(point)) => format!("  last {}", numbers::exact(point.value, state.unit_of(metric).as_ref(), 18)),
        Some(None) => String::new(),
        None if state.is_curve_missing(subjects.main.trial) => "  its curves are no longer in the store".to_owned(),
        None => "  loading from the store …".to_owned(),
    };
    let has_base = subjects.base.as_ref().is_some_and(|base| base.trial.metric(metric).is_some());
    let over = if has_base && !in_curves { " over its base (dim)" } else { "" };
    let against = minus(state, subjects);
    let mut text = format!("{}, {}{against}{over}{last}{end}", Visible::name(metric), subjects.main.name);
    if in_curves {
        let plot = &state.curves.plot;
        if plot.smoothing > 0 {
            text.push_str(&format!(" · smoothed {}", SMOOTHINGS[plot.smoothing]));
        }
        if plot.log && reference.is_none() {
            text.push_str(" · log axis");
        }
        match plot.heights {
            YRange::Usual => {}
            YRange::Middle => text.push_str(" · 1-99 %"),
            YRange::All => text.push_str(" · full range"),
        }
        if let Some(filter) = &plot.filter {
            text.push_str(&format!(" · /{}/", Visible::of(filter.text())));
        }
    }
    text
}

/// Returns the reference of a difference, for a title; empty if values are drawn.
pub(in crate::ui) fn minus(state: &State, subjects: &Subjects<'_>) -> String {
    let base = state.difference_reference(subjects);
    base.map(|base| format!(" minus {} {}", subjects.base_word, base.name)).unwrap_or_default()
}

/// Returns the value of a curve as text: at the cursor, or at its end without one.
pub(in crate::ui) fn reads(state: &State, named: &NamedCurve<'_>, axes: Axes, metric: &str) -> String {
    let unit = state.unit_of(metric);
    let show = |value: f64| numbers::with_unit(value, unit.as_ref());
    let curve = &named.curve;
    let end = curve.series.last().map(|point| point.step);
    let at = axes.cursor.or_else(|| Some(curve.ruler.as_ref().map_or(end?, |ruler| ruler.at(end.unwrap_or(0.0)))));
    match (named.missing, at.and_then(|at| curve.read(at))) {
        (Some(why), _) => why.to_owned(),
        (None, None) => "not started".to_owned(),
        (None, Some(CursorValue { raw, runs: Some((runs, low, high)), .. })) => {
            format!("mean of {runs} runs {} ({} to {})", show(raw), show(low), show(high))
        }
        (None, Some(CursorValue { raw, smoothed, .. })) if state.curves.plot.smoothing > 0 => {
            format!("{} (raw {})", show(smoothed), show(raw))
        }
        (None, Some(CursorValue { raw, .. })) => show(raw),
    }
}
