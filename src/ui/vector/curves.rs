//! The curves as a picture, with the same curves, smoothing, axes and zoom as on the screen.

use crate::app::State;
use crate::series::Summary;
use crate::ui::chart::{ChartLayout, Scale};
use crate::ui::vector::axes::{ChartPlane, number, round, title, with_texts, words};
use crate::ui::vector::ink;
use crate::ui::{advice, curves as scene, numbers};
use crate::vector::{Colour, Drawing, Font, LineStyle, Shape, TextAnchor, width};

/// Pixels of a picture with one chart, and of each of several charts.
const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 640.0;
const TILE: (f64, f64) = (600.0, 320.0);
/// Columns of a chart: two per pixel, so that it can be shown at twice the size.
const COLUMNS: usize = 2000;

/// Returns the chart, or all tiles; `None` if no curve was recorded.
pub(super) fn picture(state: &State) -> Option<Drawing> {
    let subjects = state.subjects()?;
    if !state.curves.plot.grid {
        let mut picture = Drawing::new(WIDTH, HEIGHT, ink::PAPER);
        let metric = state.metric_of(subjects.main.trial)?;
        chart(&mut picture, state, &subjects, metric, (0.0, 0.0, WIDTH, HEIGHT));
        return Some(picture);
    }
    let metrics = state.filtered(subjects.main.trial);
    let down = metrics.len().div_ceil(2);
    let mut picture = Drawing::new(WIDTH, TILE.1 * down as f64, ink::PAPER);
    for (at, metric) in metrics.iter().enumerate() {
        let (column, row) = (at % 2, at / 2);
        chart(&mut picture, state, &subjects, metric, (TILE.0 * column as f64, TILE.1 * row as f64, TILE.0, TILE.1));
    }
    Some(picture)
}

/// Draws one chart on a part of the picture.
fn chart(
    picture: &mut Drawing,
    state: &State,
    subjects: &crate::app::Subjects<'_>,
    metric: &str,
    (left, top, wide, high): (f64, f64, f64, f64),
) {
    let all = scene::chosen(state, subjects, metric, true);
    let differs = state.difference_reference(subjects).is_some();
    let mut axes = scene::axes(state, differs);
    let advice = if state.curves.plot.grid { advice::Advice::default() } else { advice::of(state, subjects, metric) };
    axes.expected = advice.expected.filter(|_| !differs);
    let mut y = top + 28.0;
    picture.shapes.push(title(
        &fitted(&scene::title(state, subjects, metric, true), wide - 40.0, 16.0),
        (left + 20.0, y),
        16.0,
        TextAnchor::Start,
    ));
    // The legend, in as many rows as it needs.
    let (mut x, rows_end) = (left + 20.0, left + wide - 20.0);
    y += 24.0;
    for named in all.iter().filter(|_| all.len() > 1 || axes.cursor.is_some()) {
        let text = format!("{} {}", named.name, scene::reads(state, named, axes, metric));
        let text = fitted(&text, wide - 70.0, crate::ui::vector::axes::SIZE);
        let room = 34.0 + width(&text, Font::Sans, crate::ui::vector::axes::SIZE);
        if x + room > rows_end && x > left + 20.0 {
            (x, y) = (left + 20.0, y + 20.0);
        }
        let ink = ink::of(named.curve.role);
        picture.shapes.push(Shape::Path(vec![(x, y - 4.5), (x + 18.0, y - 4.5)], LineStyle::of(ink, 3.0)));
        picture.shapes.push(words(&text, (x + 24.0, y), ink::TEXT, TextAnchor::Start));
        x += room + 12.0;
    }
    for text in advice.texts() {
        y += if x > left + 20.0 { 20.0 } else { 0.0 };
        x = left + 21.0;
        picture.shapes.push(words(
            &fitted(text, wide - 40.0, crate::ui::vector::axes::SIZE),
            (left + 20.0, y),
            ink::EXPECTED,
            TextAnchor::Start,
        ));
    }
    y += if x > left + 20.0 { 14.0 } else { 0.0 };
    let curves = scene::drawable(all);
    let Some(layout) = ChartLayout::of(&curves, axes, COLUMNS) else {
        let text = if subjects.main.curves.is_none() { "its curves are being loaded" } else { "nothing to draw" };
        picture.shapes.push(words(text, (left + 20.0, y + 20.0), ink::MUTED, TextAnchor::Start));
        return;
    };
    let place = (left + 90.0, y, wide - 120.0, top + high - 62.0 - y);
    let (low, high) = layout.span.range;
    let room = (high - low) * 0.03;
    let plane = ChartPlane { place, x: layout.window, y: (low - room, high + room) };
    let unit = state.unit_of(metric);
    let show = |height: f64, apart: f64| {
        let value = layout.scale.value(height);
        match &unit {
            Some(unit) => numbers::with_unit(value, Some(unit)),
            None if axes.log => numbers::plain(value),
            None => number(value, apart),
        }
    };
    plane.draw(
        picture,
        &with_texts(round(plane.y, 6, false), show),
        &with_texts(round(plane.x, 8, false), |at, _| numbers::amount(at)),
    );
    if axes.zero {
        line(picture, &plane, vec![(plane.x.0, 0.0), (plane.x.1, 0.0)], ink::MUTED, 1.0, 1.0, true);
    }
    for (curve, binned) in curves.iter().zip(&layout.binned) {
        let ink = ink::of(curve.role);
        if let Some(band) = &binned.band {
            shade(picture, &plane, band, layout.scale, ink);
        }
        if let Some(raw) = &binned.raw {
            strokes(picture, &plane, raw, layout.scale, ink, 1.0, 0.3);
        }
        strokes(picture, &plane, &binned.own, layout.scale, ink, 1.8, 1.0);
    }
    if let Some((end, expected)) = axes.expected {
        let height = |value| layout.scale.of(value);
        if let (Some(low), Some(middle), Some(high)) =
            (height(expected.low), height(expected.middle), height(expected.high))
        {
            line(picture, &plane, vec![(end, low), (end, high)], ink::EXPECTED, 4.0, 0.6, false);
            let at = (plane.x_of(end), plane.y_of(middle));
            picture.shapes.push(Shape::Disc(at, 5.0, ink::PAPER, Some(ink::EXPECTED)));
        }
    }
    if let Some(at) = axes.cursor.filter(|at| (plane.x.0..=plane.x.1).contains(at)) {
        line(picture, &plane, vec![(at, plane.y.0), (at, plane.y.1)], ink::MUTED, 1.0, 1.0, true);
    }
    let below = (left + wide - 30.0, top + high - 14.0);
    picture.shapes.push(words(axes.word, below, ink::MUTED, TextAnchor::End));
    let mut notes: Vec<String> = layout.notes(&curves, axes).into_iter().map(|(note, _)| note).collect();
    notes.extend(axes.window.map(|_| "zoomed".to_owned()));
    if !notes.is_empty() {
        let text = fitted(&notes.join(" · "), wide - 200.0, crate::ui::vector::axes::SIZE);
        picture.shapes.push(words(&text, (left + 20.0, below.1), ink::WARNING, TextAnchor::Start));
    }
}

/// Cuts a text to a width in pixels, with `…`.
pub(super) fn fitted(text: &str, most: f64, size: f64) -> String {
    if width(text, Font::Sans, size) <= most {
        return text.to_owned();
    }
    let mut cut = text.to_owned();
    while cut.pop().is_some() && width(&cut, Font::Sans, size) + size > most {}
    cut.push('…');
    cut
}

fn line(
    picture: &mut Drawing,
    plane: &ChartPlane,
    points: Vec<(f64, f64)>,
    ink: Colour,
    wide: f64,
    opacity: f64,
    dashed: bool,
) {
    let points = points.into_iter().map(|(x, y)| (plane.x_of(x), plane.y_of(y))).collect();
    picture.shapes.push(Shape::Path(points, LineStyle { opacity, is_dashed: dashed, ..LineStyle::of(ink, wide) }));
}

/// Returns the pixel in the middle of a column.
fn middle(plane: &ChartPlane, column: usize, columns: usize) -> f64 {
    plane.place.0 + plane.place.2 * (column as f64 + 0.5) / columns as f64
}

/// Draws a curve by the first, smallest, largest and last value of each column; NaN and infinite values get a mark.
fn strokes(
    picture: &mut Drawing,
    plane: &ChartPlane,
    columns: &[Summary],
    scale: Scale,
    ink: Colour,
    wide: f64,
    opacity: f64,
) {
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut lines = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let x = middle(plane, at, columns.len());
        if column.nonfinite() > 0 {
            picture.shapes.push(words("×", (x, plane.place.1 + 10.0), ink::BAD, TextAnchor::Middle));
            lines.push(std::mem::take(&mut points));
        }
        let heights = [column.first(), column.min(), column.max(), column.last()];
        let heights = heights.into_iter().flatten().filter_map(|value| scale.of(value));
        let mut ys: Vec<f64> = heights.map(|height| plane.y_of(height)).collect();
        ys.dedup();
        points.extend(ys.into_iter().map(|y| (x, y)));
    }
    lines.push(points);
    for points in lines {
        match points.as_slice() {
            [] => {}
            [one] => picture.shapes.push(Shape::Disc(*one, wide, ink, None)),
            _ => picture.shapes.push(Shape::Path(points, LineStyle { opacity, ..LineStyle::of(ink, wide) })),
        }
    }
}

/// Shades the range of several runs.
fn shade(picture: &mut Drawing, plane: &ChartPlane, columns: &[Summary], scale: Scale, ink: Colour) {
    let edge = |of: fn(&Summary) -> Option<f64>| {
        let known = columns.iter().enumerate().filter_map(move |(at, column)| {
            Some((middle(plane, at, columns.len()), plane.y_of(scale.of(of(column)?)?)))
        });
        known.collect::<Vec<_>>()
    };
    let mut points = edge(Summary::max);
    points.extend(edge(|column| column.min().or(column.last())).into_iter().rev());
    if points.len() > 2 {
        picture.shapes.push(Shape::Area(points, ink, 0.18));
    }
}
