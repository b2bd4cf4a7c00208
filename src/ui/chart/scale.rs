//! The axes of a chart, and its range of values.

use crate::app::YRange;
use crate::series::{Forecast, Summary};

/// The settings of the axes.
#[derive(Clone, Copy, Default)]
pub(in crate::ui) struct Axes {
    /// The visible part of the x axis; `None` for all.
    pub(in crate::ui) window: Option<(f64, f64)>,
    pub(in crate::ui) log: bool,
    pub(in crate::ui) cursor: Option<f64>,
    pub(in crate::ui) heights: YRange,
    /// True if differences are drawn, with a line at zero.
    pub(in crate::ui) zero: bool,
    /// The unit of the x axis.
    pub(in crate::ui) word: &'static str,
    /// The expected end of the main curve on the x axis, and the forecast of its value.
    pub(in crate::ui) expected: Option<(f64, Forecast)>,
}

/// Converts values to heights on the y axis.
#[derive(Clone, Copy)]
pub(in crate::ui) struct Scale {
    pub(super) log: bool,
}

/// The range of values on the chart.
pub(in crate::ui) struct ValueSpan {
    /// The lowest and the highest visible height.
    pub(in crate::ui) range: (f64, f64),
    /// The lowest and the highest value of all, if they are outside of the range.
    pub(super) beyond: (Option<f64>, Option<f64>),
    /// True if the start of the curves is outside of the range.
    pub(super) start_is_off: bool,
}

impl Scale {
    /// Returns the height of a value; `None` if a log axis cannot show it.
    pub(in crate::ui) fn of(self, value: f64) -> Option<f64> {
        if self.log { (value > 0.0).then(|| value.log10()) } else { Some(value) }
    }

    pub(in crate::ui) fn value(self, height: f64) -> f64 {
        if self.log { 10f64.powf(height) } else { height }
    }

    /// Returns the visible range. Values outside of it are drawn at the edge, and noted on the axis.
    pub(super) fn range<'a>(self, all: &(impl Iterator<Item = &'a [Summary]> + Clone), axes: Axes) -> ValueSpan {
        let span = |skip: bool| {
            let columns = all.clone().flat_map(|columns| &columns[if skip { columns.len() / 20 } else { 0 }..]);
            let heights = columns.flat_map(|column| [column.min(), column.max()]).flatten().filter_map(|v| self.of(v));
            let forecast =
                axes.expected.iter().filter(|_| axes.window.is_none()).flat_map(|(_, end)| [end.low, end.high]);
            heights.chain(forecast.filter_map(|v| self.of(v))).fold(None, |span: Option<(f64, f64)>, height| {
                Some(span.map_or((height, height), |(low, high)| (low.min(height), high.max(height))))
            })
        };
        let Some(everything) = span(false) else {
            return ValueSpan { range: (0.0, 1.0), beyond: (None, None), start_is_off: false };
        };
        let usual = axes.heights == YRange::Usual && axes.window.is_none();
        let rest =
            span(true).filter(|(low, high)| usual && (everything.1 - everything.0) > 2.0 * (high - low) && high > low);
        let middle = || self.middle(all).filter(|(low, high)| high > low);
        let (low, high) = match axes.heights {
            YRange::Usual => rest.unwrap_or(everything),
            YRange::Middle => middle().unwrap_or(everything),
            YRange::All => everything,
        };
        let range = if low < high { (low, high) } else { (low - 0.5, high + 0.5) };
        let below = Some(self.value(everything.0)).filter(|_| everything.0 < range.0);
        let above = Some(self.value(everything.1)).filter(|_| everything.1 > range.1);
        ValueSpan { range, beyond: (below, above), start_is_off: rest.is_some() }
    }

    /// Returns the 1st and the 99th percentile of the heights, from the first and last values of the columns, which are
    /// evenly spaced.
    fn middle<'a>(self, all: &(impl Iterator<Item = &'a [Summary]> + Clone)) -> Option<(f64, f64)> {
        let values = all.clone().flatten().flat_map(|column| [column.first(), column.last()]).flatten();
        let mut heights: Vec<f64> = values.filter_map(|value| self.of(value)).collect();
        heights.sort_by(f64::total_cmp);
        let last = heights.len().checked_sub(1)?;
        let at = |share: f64| heights[(last as f64 * share).round() as usize];
        Some((at(0.01), at(0.99)))
    }
}
