//! Draws curves on shared axes, decimated so that no spike is lost.

mod curve;
mod scale;

use std::sync::Arc;

use ratatui::Frame;
use ratatui::style::Style;

pub(super) use curve::{BinnedCurve, CursorValue, Curve, CurveRole};
pub(super) use scale::{Axes, Scale, ValueSpan};

use crate::app::{AXIS, Area};
use crate::model::{Trial, counted};
use crate::series::{Summary, edges};
use crate::ui::canvas::Canvas;
use crate::ui::labels::{AxisLabels, labels};
use crate::ui::{Theme, frame, numbers};

/// The layout of curves on shared axes, for the screen or for a picture.
pub(super) struct ChartLayout {
    /// The part of the x axis that is shown.
    pub(super) window: (f64, f64),
    /// The binned points of each curve, in the order of the curves.
    pub(super) binned: Vec<BinnedCurve>,
    pub(super) scale: Scale,
    pub(super) span: ValueSpan,
}

impl ChartLayout {
    /// Lays out curves over a number of columns; `None` without points.
    pub(super) fn of(all: &[Curve<'_>], axes: Axes, columns: usize) -> Option<Self> {
        let whole = all.iter().filter_map(Curve::extent).reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))?;
        let whole = axes.expected.map_or(whole, |(end, _)| (whole.0, whole.1.max(end)));
        let window = axes.window.unwrap_or(whole);
        let places = edges(window.0, window.1, columns);
        let binned: Vec<BinnedCurve> = all.iter().map(|curve| curve.columns(&places)).collect();
        let scale = Scale { log: axes.log };
        let span = scale.range(&binned.iter().flat_map(BinnedCurve::all), axes);
        Some(Self { window, binned, scale, span })
    }

    /// Returns notes on values that are not shown: each with true if it is a problem.
    pub(super) fn notes(&self, all: &[Curve<'_>], axes: Axes) -> Vec<(String, bool)> {
        let mut notes = Vec::new();
        let nonfinite: usize = all.iter().map(|curve| curve.series.summary().nonfinite()).sum();
        if nonfinite > 0 {
            notes.push((format!("× {} NaN or infinite", counted(nonfinite, "value")), true));
        }
        let hidden: usize = all.iter().map(|curve| curve.series.summary().not_positive()).sum();
        if axes.log && hidden > 0 {
            let hidden = counted(hidden, "value");
            notes.push((format!("{hidden} <= 0 hidden"), false));
        }
        let ends = [("▲", self.span.beyond.1), ("▼", self.span.beyond.0)];
        let ends: Vec<String> =
            ends.iter().filter_map(|(mark, end)| Some(format!("{mark} {}", numbers::value((*end)?)))).collect();
        if !ends.is_empty() {
            let title = if self.span.start_is_off { "the start is off the scale" } else { "off the scale" };
            notes.push((format!("{title}: {}", ends.join(" ")), false));
        }
        notes
    }
}

/// Draws curves on shared axes; the last one is on top.
pub(super) fn curves(frame: &mut Frame<'_>, area: Area, all: &[Curve<'_>], axes: Axes, theme: &Theme) {
    if area.height < 3 || area.width <= AXIS + 4 {
        return;
    }
    let plot = Area { x: area.x + AXIS, width: area.width - AXIS, height: area.height - 1, ..area };
    let mut canvas = Canvas::new(plot.width as usize, plot.height as usize);
    let columns = canvas.columns();
    let Some(layout) = ChartLayout::of(all, axes, columns) else { return };
    let ChartLayout { window: (from, to), binned, scale, span } = &layout;
    let (window, scale) = (*from..=*to, *scale);
    let is_zero_inside = axes.zero && span.range.0 < 0.0 && span.range.1 > 0.0;
    let zero = is_zero_inside.then(|| canvas.row_of(0.0, span.range));
    if let Some(row) = zero {
        canvas.rule((0..columns).map(|x| (x, row)), '╌', theme.muted);
    }
    for band in binned.iter().filter_map(|curve| curve.band.as_ref()) {
        shade(&mut canvas, band, scale, span.range, theme);
    }
    for (curve, points) in all.iter().zip(binned) {
        if let Some(raw) = &points.raw {
            line(&mut canvas, raw, theme.raw_curve, scale, span.range, theme);
        }
        line(&mut canvas, &points.own, curve.role.style(theme), scale, span.range, theme);
    }
    if let Some((end, expected)) = axes.expected.filter(|(end, _)| window.contains(end) && to > from) {
        let x = (((end - from) / (to - from)) * (columns - 1) as f64).round() as usize;
        let row = |value: f64| scale.of(value).map(|height| canvas.row_of(height, span.range));
        if let (Some(high), Some(low), Some(middle)) = (row(expected.high), row(expected.low), row(expected.middle)) {
            canvas.rule((high..=low).map(|y| (x, y)), '┃', theme.expected);
            canvas.glyph(x, middle, '◇', theme.expected);
        }
    }
    for (curve, points) in all.iter().zip(binned) {
        let last = points.own.iter().enumerate().rev().find_map(|(x, column)| Some((x, scale.of(column.last()?)?)));
        if let (Some(mark), Some((x, value))) = (curve.mark, last) {
            canvas.glyph(x, canvas.row_of(value, span.range), mark, curve.role.style(theme));
        }
    }
    if let Some(at) = axes.cursor.filter(|at| window.contains(at) && to > from) {
        let x = (((at - from) / (to - from)) * (columns - 1) as f64).round() as usize;
        canvas.rule((0..canvas.rows()).map(|y| (x, y)), '┊', theme.cursor);
    }
    canvas.draw(frame, plot);
    let from = y_labels(frame, area, plot.height, scale, span.range, theme);
    if let Some(row) = zero.filter(|_| from.is_none()) {
        let label = format!("{} ", frame::right("0", AXIS as usize - 2));
        frame::line(frame, Area { width: AXIS, ..area }, (row / 4) as u16, &[(label, theme.muted)]);
    }
    x_labels(frame, Area { y: area.y + area.height - 1, height: 1, ..plot }, all, axes, &layout, from, theme);
}

fn line(canvas: &mut Canvas, columns: &[Summary], style: Style, scale: Scale, range: (f64, f64), theme: &Theme) {
    let mut before: Option<(usize, usize)> = None;
    for (x, column) in columns.iter().enumerate() {
        let height = |value: Option<f64>| value.and_then(|value| scale.of(value));
        // A log axis cannot show the part of a column at or below zero.
        let low = height(column.min()).or_else(|| height(column.last())).or_else(|| height(column.max()));
        if let (Some(low), Some(high)) = (low, height(column.max())) {
            let first = canvas.row_of(height(column.first()).unwrap_or(low), range);
            if let Some((before_x, row)) = before {
                canvas.join((before_x, row), (x, first), style);
            }
            canvas.vertical(x, canvas.row_of(high, range), canvas.row_of(low, range), style);
            off_scale(canvas, x, (low, high), range, style);
            before = Some((x, canvas.row_of(height(column.last()).unwrap_or(low), range)));
        }
        if column.nonfinite() > 0 {
            // A gap is always marked.
            canvas.glyph(x, 0, '×', theme.bad);
            before = None;
        }
    }
}

/// Shades the range of several runs with every fourth dot. Between columns with points its edges are straight lines.
fn shade(canvas: &mut Canvas, columns: &[Summary], scale: Scale, range: (f64, f64), theme: &Theme) {
    let mut before: Option<(usize, usize, usize)> = None;
    for (x, column) in columns.iter().enumerate() {
        let height = |value: Option<f64>| value.and_then(|value| scale.of(value));
        let (Some(low), Some(high)) = (height(column.min()).or_else(|| height(column.last())), height(column.max()))
        else {
            continue;
        };
        let (top, bottom) = (canvas.row_of(high, range), canvas.row_of(low, range));
        let (from, from_top, from_bottom) = before.unwrap_or((x, top, bottom));
        for at in (from + usize::from(before.is_some()))..=x {
            let along = (at - from) as f64 / (x - from).max(1) as f64;
            let row = |from: usize, to: usize| (from as f64 + (to as f64 - from as f64) * along).round() as usize;
            let rows = row(from_top, top)..=row(from_bottom, bottom);
            rows.filter(|row| (row + 2 * at) % 4 == 0).for_each(|row| canvas.dot(at, row, theme.raw_curve));
        }
        before = Some((x, top, bottom));
        off_scale(canvas, x, (low, high), range, theme.raw_curve);
    }
}

/// Marks values beyond the range at the edge: a curve that is cut off must not look as if it ended there.
fn off_scale(canvas: &mut Canvas, x: usize, (low, high): (f64, f64), range: (f64, f64), style: Style) {
    if high > range.1 {
        canvas.glyph(x, 0, '▲', style);
    }
    if low < range.0 {
        canvas.glyph(x, canvas.rows().saturating_sub(1), '▼', style);
    }
}

/// Draws the labels of the y axis; returns their offset, if there is one.
fn y_labels(
    frame: &mut Frame<'_>,
    area: Area,
    height: u16,
    scale: Scale,
    range: (f64, f64),
    theme: &Theme,
) -> Option<String> {
    let heights = [range.1, f64::midpoint(range.0, range.1), range.0];
    side_labels(frame, area, height, &heights.map(|height| scale.value(height)), theme)
}

/// Draws labels at the top, the middle and the bottom of a chart; returns their offset, if there is one.
pub(super) fn side_labels(
    frame: &mut Frame<'_>,
    area: Area,
    height: u16,
    values: &[f64; 3],
    theme: &Theme,
) -> Option<String> {
    let AxisLabels { texts, from } = labels(values, AXIS as usize - 2);
    let middle = height / 2;
    for (row, text) in [0, middle, height.saturating_sub(1)].into_iter().zip(texts) {
        if row == middle && height < 4 {
            continue;
        }
        let text = text.strip_prefix('-').map_or_else(|| text.clone(), |size| format!("−{size}"));
        let label = format!("{} ", frame::right(&text, AXIS as usize - 2));
        frame::line(frame, Area { width: AXIS, ..area }, row, &[(label, theme.muted)]);
    }
    from
}

fn x_labels(
    frame: &mut Frame<'_>,
    area: Area,
    all: &[Curve<'_>],
    axes: Axes,
    layout: &ChartLayout,
    y_from: Option<String>,
    theme: &Theme,
) {
    let (from, to) = numbers::amounts(layout.window.0, layout.window.1);
    let right = numbers::of(&to, axes.word);
    let mut pieces = vec![(from, theme.muted)];
    pieces.extend(y_from.map(|from| (format!("   y: {from} + label"), theme.label)));
    let notes = layout.notes(all, axes).into_iter();
    pieces.extend(notes.map(|(note, bad)| (format!("   {note}"), if bad { theme.bad } else { theme.warning })));
    if axes.window.is_some() {
        pieces.push(("   zoomed: 0 shows all".to_owned(), theme.warning));
    }
    let used: usize = pieces.iter().map(|(text, _)| unicode_width::UnicodeWidthStr::width(text.as_str())).sum();
    let room = (area.width as usize).saturating_sub(used);
    pieces.push((frame::right(&right, room.max(1)), theme.muted));
    frame::line(frame, area, 0, &pieces);
}

/// Returns the curve of a metric in a few cells; empty if the trial has none.
pub(super) fn sparkline(trial: &Trial, metric: &Arc<str>) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let Some(outline) = trial.outline(metric) else { return String::new() };
    let Some((low, high)) = outline.range else { return String::new() };
    // A start far above the rest would flatten the rest.
    let height = |value: f64| if low > 0.0 { value.ln() } else { value };
    let (bottom, top) = (height(low), height(high));
    let bar = |value: &f32| match f64::from(*value) {
        value if value.is_nan() => ' ',
        value if value.is_infinite() => '×',
        value if top > bottom => BARS[(((height(value) - bottom) / (top - bottom)) * 7.0).round() as usize % 8],
        _ => BARS[0],
    };
    outline.shape.iter().map(bar).collect()
}
