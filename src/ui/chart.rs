//! Curves over one another on shared axes, decimated so that no spike is lost.

use ratatui::Frame;
use ratatui::style::Style;

use super::canvas::Canvas;
use super::{Theme, frame, numbers};
use crate::app::{AXIS, Area, Heights, main_metric};
use crate::model::{Objective, Trial};
use crate::series::{Band, Forecast, Ruler, Series, Strand, Summary, edges};

/// One curve.
pub(super) struct Curve<'a> {
    pub(super) series: &'a Series,
    /// The same, smoothed; `None` where it is drawn as it is.
    pub(super) smoothed: Option<&'a Series>,
    /// What stands along the x axis instead of the step.
    pub(super) ruler: Option<Ruler<'a>>,
    /// Further runs of the same, each as it is drawn: they are drawn as one, as a band with its mean.
    pub(super) others: Vec<Strand<'a>>,
    /// The raw curve is drawn under the smoothed one.
    pub(super) raw: bool,
    pub(super) style: Style,
    /// Stands at the end of the curve, so that it is told from others without colour; `None` for none.
    pub(super) mark: Option<char>,
}

/// How the axes are.
#[derive(Clone, Copy, Default)]
pub(super) struct Axes {
    /// Part of the x axis; `None` for all.
    pub(super) window: Option<(f64, f64)>,
    pub(super) log: bool,
    pub(super) cursor: Option<f64>,
    pub(super) heights: Heights,
    /// A line at zero: what is drawn are differences.
    pub(super) zero: bool,
    /// What stands along the x axis.
    pub(super) word: &'static str,
    /// Where on the x axis the one in question is expected to end, and at what.
    pub(super) expected: Option<(f64, Forecast)>,
}

/// What a curve reads at a place.
pub(super) struct Reading {
    pub(super) raw: f64,
    pub(super) smoothed: f64,
    /// Of several runs: how many, and between what they lie. The values are their means.
    pub(super) runs: Option<(usize, f64, f64)>,
}

/// What falls into the columns of a chart.
struct Fallen {
    /// The raw curve under a smoothed one.
    raw: Option<Vec<Summary>>,
    /// The curve itself, or the mean of its runs.
    own: Vec<Summary>,
    /// All values of all its runs.
    band: Option<Vec<Summary>>,
}

impl Fallen {
    fn all(&self) -> impl Iterator<Item = &[Summary]> + Clone {
        self.raw.iter().chain([&self.own]).chain(&self.band).map(Vec::as_slice)
    }
}

impl Curve<'_> {
    fn x(&self, step: f64) -> f64 {
        self.ruler.as_ref().map_or(step, |ruler| ruler.at(step))
    }

    /// All its runs, as they are drawn.
    fn strands(&self) -> Vec<Strand<'_>> {
        let own = Strand { series: self.smoothed.unwrap_or(self.series), ruler: self.ruler };
        std::iter::once(own).chain(self.others.iter().copied()).collect()
    }

    fn extent(&self) -> Option<(f64, f64)> {
        let own = (self.x(self.series.first()?.step), self.x(self.series.last()?.step));
        let ends = self.others.iter().filter_map(|other| {
            let x = |step: f64| other.ruler.as_ref().map_or(step, |ruler| ruler.at(step));
            Some((x(other.series.first()?.step), x(other.series.last()?.step)))
        });
        Some(ends.fold(own, |(a, b), (c, d)| (a.min(c), b.max(d))))
    }

    /// The last value at or before a place on the x axis.
    pub(super) fn read(&self, at: f64) -> Option<Reading> {
        let step = self.ruler.as_ref().map_or(at, |ruler| ruler.step_at(at));
        if !self.others.is_empty() {
            let strands = self.strands();
            let values: Vec<f64> = strands.iter().filter_map(|strand| strand.last_until(at)).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
            return (!values.is_empty()).then_some(Reading {
                raw: mean,
                smoothed: mean,
                runs: Some((values.len(), low, high)),
            });
        }
        let raw = self.series.last_until(step)?;
        let smoothed = self.smoothed.and_then(|smoothed| smoothed.last_until(step));
        Some(Reading { raw: raw.value, smoothed: smoothed.unwrap_or(raw).value, runs: None })
    }

    /// What falls into each part of the x axis.
    fn columns(&self, places: &[f64]) -> Fallen {
        if !self.others.is_empty() {
            let band = Band::of(&self.strands(), places);
            return Fallen { raw: None, own: band.mean, band: Some(band.all) };
        }
        let steps: Option<Vec<f64>> =
            self.ruler.as_ref().map(|ruler| places.iter().map(|place| ruler.step_at(*place)).collect());
        let steps = steps.as_deref().unwrap_or(places);
        let raw = self.smoothed.filter(|_| self.raw).map(|_| self.series.columns(steps));
        Fallen { raw, own: self.smoothed.unwrap_or(self.series).columns(steps), band: None }
    }
}

/// Draws curves over one another on shared axes; the last one is on top.
pub(super) fn curves(frame: &mut Frame<'_>, area: Area, all: &[Curve<'_>], axes: Axes, theme: &Theme) {
    if area.height < 3 || area.width <= AXIS + 4 {
        return;
    }
    let plot = Area { x: area.x + AXIS, width: area.width - AXIS, height: area.height - 1, ..area };
    let mut canvas = Canvas::new(plot.width as usize, plot.height as usize);
    let Some(whole) = all.iter().filter_map(Curve::extent).reduce(|(a, b), (c, d)| (a.min(c), b.max(d))) else {
        return;
    };
    let whole = axes.expected.map_or(whole, |(end, _)| (whole.0, whole.1.max(end)));
    let (from, to) = axes.window.unwrap_or(whole);
    let window = from..=to;
    let columns = canvas.columns();
    // What is drawn, in order: the raw curve where it is wanted, then the curve itself.
    let places = edges(from, to, columns);
    let decimated: Vec<Fallen> = all.iter().map(|curve| curve.columns(&places)).collect();
    let scale = Scale { log: axes.log };
    let span = scale.range(&decimated.iter().flat_map(Fallen::all), axes);
    if axes.zero && span.range.0 < 0.0 && span.range.1 > 0.0 {
        let row = canvas.row_of(0.0, span.range);
        canvas.rule((0..columns).map(|x| (x, row)), '╌', theme.muted);
    }
    for band in decimated.iter().filter_map(|fallen| fallen.band.as_ref()) {
        shade(&mut canvas, band, &scale, span.range, theme);
    }
    for (curve, fallen) in all.iter().zip(&decimated) {
        if let Some(raw) = &fallen.raw {
            line(&mut canvas, raw, theme.raw_curve, &scale, span.range, theme);
        }
        line(&mut canvas, &fallen.own, curve.style, &scale, span.range, theme);
    }
    if let Some((end, expected)) = axes.expected.filter(|(end, _)| window.contains(end) && to > from) {
        let x = (((end - from) / (to - from)) * (columns - 1) as f64).round() as usize;
        let row = |value: f64| scale.of(value).map(|height| canvas.row_of(height, span.range));
        if let (Some(high), Some(low), Some(middle)) = (row(expected.high), row(expected.low), row(expected.middle)) {
            canvas.rule((high..=low).map(|y| (x, y)), '┃', theme.expected);
            canvas.glyph(x, middle, '◇', theme.expected);
        }
    }
    for (curve, fallen) in all.iter().zip(&decimated) {
        let last = fallen.own.iter().enumerate().rev().find_map(|(x, column)| Some((x, scale.of(column.last()?)?)));
        if let (Some(mark), Some((x, value))) = (curve.mark, last) {
            canvas.glyph(x, canvas.row_of(value, span.range), mark, curve.style);
        }
    }
    if let Some(at) = axes.cursor.filter(|at| window.contains(at) && to > from) {
        let x = (((at - from) / (to - from)) * (columns - 1) as f64).round() as usize;
        canvas.rule((0..canvas.rows()).map(|y| (x, y)), '┊', theme.cursor);
    }
    canvas.draw(frame, plot);
    y_labels(frame, area, plot.height, &scale, span.range, theme);
    x_labels(frame, Area { y: area.y + area.height - 1, height: 1, ..plot }, all, axes, (from, to), &span, theme);
}

/// Values as heights.
struct Scale {
    log: bool,
}

/// What of the values fits the chart.
struct Span {
    /// Lowest and highest height.
    range: (f64, f64),
    /// The lowest and the highest value of all, where they lie beyond it.
    beyond: (Option<f64>, Option<f64>),
    /// True when the start lies beyond it.
    start_is_off: bool,
}

impl Scale {
    /// The height of a value; `None` where the axis has no place for it.
    fn of(&self, value: f64) -> Option<f64> {
        if self.log { (value > 0.0).then(|| value.log10()) } else { Some(value) }
    }

    fn value(&self, height: f64) -> f64 {
        if self.log { 10f64.powf(height) } else { height }
    }

    /// The heights that are shown. What is off the scale is drawn at the edge, and the axis says so.
    fn range<'a>(&self, all: &(impl Iterator<Item = &'a [Summary]> + Clone), axes: Axes) -> Span {
        let span = |skip: bool| {
            let columns = all.clone().flat_map(|columns| &columns[if skip { columns.len() / 20 } else { 0 }..]);
            let heights = columns.flat_map(|column| [column.min(), column.max()]).flatten().filter_map(|v| self.of(v));
            let told = axes.expected.iter().filter(|_| axes.window.is_none()).flat_map(|(_, told)| [told.low, told.high]);
            heights.chain(told.filter_map(|v| self.of(v))).fold(None, |span: Option<(f64, f64)>, height| {
                Some(span.map_or((height, height), |(low, high)| (low.min(height), high.max(height))))
            })
        };
        let Some(everything) = span(false) else {
            return Span { range: (0.0, 1.0), beyond: (None, None), start_is_off: false };
        };
        let usual = axes.heights == Heights::Usual && axes.window.is_none();
        let rest =
            span(true).filter(|(low, high)| usual && (everything.1 - everything.0) > 2.0 * (high - low) && high > low);
        let middle = || self.middle(all).filter(|(low, high)| high > low);
        let (low, high) = match axes.heights {
            Heights::Usual => rest.unwrap_or(everything),
            Heights::Middle => middle().unwrap_or(everything),
            Heights::All => everything,
        };
        let range = if low < high { (low, high) } else { (low - 0.5, high + 0.5) };
        let below = Some(self.value(everything.0)).filter(|_| everything.0 < range.0);
        let above = Some(self.value(everything.1)).filter(|_| everything.1 > range.1);
        Span { range, beyond: (below, above), start_is_off: rest.is_some() }
    }

    /// Between which heights 98 of 100 values lie: of one value or two in each column, which are spread evenly.
    fn middle<'a>(&self, all: &(impl Iterator<Item = &'a [Summary]> + Clone)) -> Option<(f64, f64)> {
        let values = all.clone().flatten().flat_map(|column| [column.first(), column.last()]).flatten();
        let mut heights: Vec<f64> = values.filter_map(|value| self.of(value)).collect();
        heights.sort_by(f64::total_cmp);
        let last = heights.len().checked_sub(1)?;
        let at = |share: f64| heights[(last as f64 * share).round() as usize];
        Some((at(0.01), at(0.99)))
    }
}

fn line(canvas: &mut Canvas, columns: &[Summary], style: Style, scale: &Scale, range: (f64, f64), theme: &Theme) {
    let mut before: Option<(usize, usize)> = None;
    for (x, column) in columns.iter().enumerate() {
        let height = |value: Option<f64>| value.and_then(|value| scale.of(value));
        // On a log axis the part of a column at or below zero has no place.
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
            // Never a silent hole.
            canvas.glyph(x, 0, '×', theme.bad);
            before = None;
        }
    }
}

/// All that several runs had, as a shade: every fourth dot. Between columns with points its edges go straight, as
/// lines do.
fn shade(canvas: &mut Canvas, columns: &[Summary], scale: &Scale, range: (f64, f64), theme: &Theme) {
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

/// Marks at the edge of what lies beyond it: a curve that is cut off must not look as if it ended there.
fn off_scale(canvas: &mut Canvas, x: usize, (low, high): (f64, f64), range: (f64, f64), style: Style) {
    if high > range.1 {
        canvas.glyph(x, 0, '▲', style);
    }
    if low < range.0 {
        canvas.glyph(x, canvas.rows().saturating_sub(1), '▼', style);
    }
}

fn y_labels(frame: &mut Frame<'_>, area: Area, height: u16, scale: &Scale, range: (f64, f64), theme: &Theme) {
    let middle = height / 2;
    for (row, at) in [(0, range.1), (middle, f64::midpoint(range.0, range.1)), (height - 1, range.0)] {
        if row == middle && height < 4 {
            continue;
        }
        let label =
            format!("{} ", frame::right(&numbers::on_axis(scale.value(at), AXIS as usize - 2), AXIS as usize - 2));
        frame::line(frame, Area { width: AXIS, ..area }, row, &[(label, theme.muted)]);
    }
}

fn x_labels(
    frame: &mut Frame<'_>,
    area: Area,
    all: &[Curve<'_>],
    axes: Axes,
    (from, to): (f64, f64),
    span: &Span,
    theme: &Theme,
) {
    let right = format!("{} {}", numbers::amount(to), axes.word);
    let mut pieces = vec![(numbers::amount(from), theme.muted)];
    let nonfinite: usize = all.iter().map(|curve| curve.series.summary().nonfinite()).sum();
    if nonfinite > 0 {
        pieces.push((format!("   × {} NaN or infinite", numbers::counted(nonfinite, "value")), theme.bad));
    }
    if axes.log {
        let left_out: usize = all.iter().map(|curve| curve.series.summary().not_positive()).sum();
        if left_out > 0 {
            let text = format!("   {} at or below 0: no place on a log axis", numbers::counted(left_out, "value"));
            pieces.push((text, theme.warning));
        }
    }
    let ends = [("▲", span.beyond.1), ("▼", span.beyond.0)];
    let ends: Vec<String> =
        ends.iter().filter_map(|(mark, end)| Some(format!("{mark} {}", numbers::value((*end)?)))).collect();
    if !ends.is_empty() {
        let what = if span.start_is_off { "the start is off the scale" } else { "off the scale" };
        pieces.push((format!("   {what}: {}", ends.join(" ")), theme.warning));
    }
    if axes.window.is_some() {
        pieces.push(("   a part: 0 shows all".to_owned(), theme.warning));
    }
    let used: usize = pieces.iter().map(|(text, _)| unicode_width::UnicodeWidthStr::width(text.as_str())).sum();
    let room = (area.width as usize).saturating_sub(used);
    pieces.push((frame::right(&right, room.max(1)), theme.muted));
    frame::line(frame, area, 0, &pieces);
}

/// The main curve of a trial in a few cells.
pub(super) fn sparkline(trial: &Trial, objective: Option<&Objective>) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let metric = main_metric(trial, objective.map(|objective| &*objective.metric));
    let Some(outline) = metric.and_then(|metric| trial.outline(metric)) else { return String::new() };
    let Some((low, high)) = outline.range else { return String::new() };
    // A start far above the rest would press the rest flat.
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
