//! Curves and dots in braille: two columns and four rows of dots in a cell.

use ratatui::Frame;
use ratatui::style::Style;

use super::{Theme, frame, numbers};
use crate::app::Area;
use crate::model::{Objective, Trial};
use crate::series::{Column, Series, decimate};

/// A grid of braille dots with a style a cell.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    dots: Vec<u8>,
    styles: Vec<Style>,
    glyphs: Vec<Option<char>>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let cells = width * height;
        Self { width, height, dots: vec![0; cells], styles: vec![Style::default(); cells], glyphs: vec![None; cells] }
    }

    /// Dots across.
    pub(super) fn columns(&self) -> usize {
        self.width * 2
    }

    fn rows(&self) -> usize {
        self.height * 4
    }

    /// The dot row of a value within a range; the top is the largest.
    pub(super) fn row_of(&self, value: f64, (low, high): (f64, f64)) -> usize {
        let share = if high > low { (high - value) / (high - low) } else { 0.5 };
        ((share.clamp(0.0, 1.0) * (self.rows().saturating_sub(1)) as f64).round()) as usize
    }

    pub(super) fn dot(&mut self, x: usize, y: usize, style: Style) {
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let (cell_x, cell_y) = (x / 2, y / 4);
        if cell_x < self.width && cell_y < self.height {
            let at = cell_y * self.width + cell_x;
            self.dots[at] |= BITS[x % 2][y % 4];
            self.styles[at] = style;
        }
    }

    pub(super) fn vertical(&mut self, x: usize, from: usize, to: usize, style: Style) {
        for y in from.min(to)..=from.max(to) {
            self.dot(x, y, style);
        }
    }

    /// A whole character at a dot's cell, over what is there.
    pub(super) fn glyph(&mut self, x: usize, y: usize, glyph: char, style: Style) {
        let (cell_x, cell_y) = (x / 2, y / 4);
        if cell_x < self.width && cell_y < self.height {
            let at = cell_y * self.width + cell_x;
            self.glyphs[at] = Some(glyph);
            self.styles[at] = style;
        }
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Area) {
        for y in 0..self.height {
            let pieces: Vec<(String, Style)> = (0..self.width)
                .map(|x| {
                    let at = y * self.width + x;
                    let braille = char::from_u32(0x2800 + u32::from(self.dots[at])).filter(|_| self.dots[at] != 0);
                    (self.glyphs[at].or(braille).unwrap_or(' ').to_string(), self.styles[at])
                })
                .collect();
            frame::line(frame, area, y as u16, &pieces);
        }
    }
}

/// Draws curves over one another on shared axes; the last one is on top.
pub(super) fn curves(frame: &mut Frame<'_>, area: Area, all: &[(&Series, Style)], theme: &Theme) {
    const AXIS: u16 = 10;
    if area.height < 3 || area.width <= AXIS + 4 {
        return;
    }
    let plot = Area { x: area.x + AXIS, width: area.width - AXIS, height: area.height - 1, ..area };
    let mut canvas = Canvas::new(plot.width as usize, plot.height as usize);
    let steps = all.iter().filter_map(|(series, _)| Some((series.first()?.step, series.last()?.step)));
    let Some((first, last)) = steps.reduce(|(a, b), (c, d)| (a.min(c), b.max(d))) else { return };
    let decimated: Vec<(Vec<Column>, Style)> = all
        .iter()
        .map(|(series, style)| (decimate(series.points(), &(first..=last), canvas.columns()), *style))
        .collect();
    let range = range(all);
    for (columns, style) in &decimated {
        line(&mut canvas, columns, *style, range, theme);
    }
    canvas.draw(frame, plot);
    let middle = plot.height / 2;
    for (row, value) in [(0, range.1), (middle, f64::midpoint(range.0, range.1)), (plot.height - 1, range.0)] {
        let label = format!("{} ", frame::right(&numbers::value(value), AXIS as usize - 2));
        frame::line(frame, Area { width: AXIS, ..area }, row, &[(label, theme.muted)]);
    }
    let steps = format!("step {first} to {last}");
    let axis = Area { y: area.y + area.height - 1, height: 1, x: plot.x, width: plot.width };
    let nonfinite: usize = all.iter().map(|(series, _)| series.nonfinite()).sum();
    let mut pieces = vec![(steps, theme.muted)];
    if nonfinite > 0 {
        pieces.push((format!("   × {nonfinite} values are NaN or infinite"), theme.bad));
    }
    if all.iter().any(|(series, _)| {
        series.max().is_some_and(|max| max > range.1) || series.min().is_some_and(|min| min < range.0)
    }) {
        pieces.push(("   the start is off the scale".to_owned(), theme.warning));
    }
    frame::line(frame, axis, 0, &pieces);
}

fn line(canvas: &mut Canvas, columns: &[Column], style: Style, range: (f64, f64), theme: &Theme) {
    let mut before: Option<(usize, usize)> = None;
    for (x, column) in columns.iter().enumerate() {
        if let (Some(min), Some(max), Some(first), Some(last)) = (column.min, column.max, column.first, column.last) {
            let first = canvas.row_of(first, range);
            if let Some((before_x, row)) = before {
                join(canvas, (before_x, row), (x, first), style);
            }
            canvas.vertical(x, canvas.row_of(max, range), canvas.row_of(min, range), style);
            before = Some((x, canvas.row_of(last, range)));
        }
        if column.nonfinite {
            // Never a silent hole.
            canvas.glyph(x, 0, '×', theme.bad);
            before = None;
        }
    }
}

/// Connects two points: across the columns between them and up or down beside the second.
fn join(canvas: &mut Canvas, (x, row): (usize, usize), (to_x, to_row): (usize, usize), style: Style) {
    let across = to_x - x;
    for step in 1..=across {
        let at =
            |step: usize| (row as f64 + (to_row as f64 - row as f64) * step as f64 / across as f64).round() as usize;
        canvas.vertical(x + step, at(step - 1), at(step), style);
    }
}

/// The range of values: all finite ones, but for a start that would flatten the rest. What is off
/// the scale is drawn at the edge, and the axis says so.
fn range(all: &[(&Series, Style)]) -> (f64, f64) {
    let span = |skip_start: bool| {
        let points = all.iter().flat_map(|(series, _)| {
            let skip = if skip_start { series.len() / 20 } else { 0 };
            series.points().skip(skip)
        });
        let finite = points.map(|point| point.value).filter(|value| value.is_finite());
        finite.fold(None, |span: Option<(f64, f64)>, value| {
            Some(span.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        })
    };
    let Some(whole) = span(false) else { return (0.0, 1.0) };
    let (low, high) =
        span(true).filter(|rest| (whole.1 - whole.0) > 2.0 * (rest.1 - rest.0) && rest.1 > rest.0).unwrap_or(whole);
    if low < high { (low, high) } else { (low - 0.5, high + 0.5) }
}

/// The series that says most about a trial: the objective's, else a loss.
pub(super) fn main_series<'a>(trial: &'a Trial, objective: Option<&Objective>) -> Option<(&'a str, &'a Series)> {
    let named = |name: &str| trial.series.get_key_value(name).map(|(name, series)| (&**name, series));
    objective
        .and_then(|objective| named(&objective.metric))
        .filter(|(_, series)| series.len() > 2)
        .or_else(|| ["loss", "train_loss", "train/loss", "val_loss"].iter().find_map(|name| named(name)))
        .or_else(|| trial.series.iter().next().map(|(name, series)| (&**name, series)))
}

/// A curve in a few cells.
pub(super) fn sparkline(trial: &Trial, objective: Option<&Objective>, width: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let Some((_, series)) = main_series(trial, objective) else { return String::new() };
    let (Some(first), Some(last), Some(low), Some(high)) = (series.first(), series.last(), series.min(), series.max())
    else {
        return String::new();
    };
    decimate(series.points(), &(first.step..=last.step), width)
        .iter()
        .map(|column| match column.last {
            _ if column.nonfinite => '×',
            None => ' ',
            Some(value) if high > low => BARS[(((value - low) / (high - low)) * 7.0).round() as usize % 8],
            Some(_) => BARS[0],
        })
        .collect()
}
