//! The axes of a chart, and which heights it shows.

use crate::app::Heights;
use crate::series::{Forecast, Summary};

/// How the axes are.
#[derive(Clone, Copy, Default)]
pub(in crate::ui) struct Axes {
    /// Part of the x axis; `None` for all.
    pub(in crate::ui) window: Option<(f64, f64)>,
    pub(in crate::ui) log: bool,
    pub(in crate::ui) cursor: Option<f64>,
    pub(in crate::ui) heights: Heights,
    /// A line at zero: what is drawn are differences.
    pub(in crate::ui) zero: bool,
    /// What stands along the x axis.
    pub(in crate::ui) word: &'static str,
    /// Where on the x axis the one in question is expected to end, and at what.
    pub(in crate::ui) expected: Option<(f64, Forecast)>,
}

/// Values as heights.
#[derive(Clone, Copy)]
pub(in crate::ui) struct Scale {
    pub(super) log: bool,
}

/// What of the values fits the chart.
pub(in crate::ui) struct ValueSpan {
    /// Lowest and highest height.
    pub(in crate::ui) range: (f64, f64),
    /// The lowest and the highest value of all, where they lie beyond it.
    pub(super) beyond: (Option<f64>, Option<f64>),
    /// True when the start lies beyond it.
    pub(super) start_is_off: bool,
}

impl Scale {
    /// The height of a value; `None` where the axis has no place for it.
    pub(in crate::ui) fn of(self, value: f64) -> Option<f64> {
        if self.log { (value > 0.0).then(|| value.log10()) } else { Some(value) }
    }

    pub(in crate::ui) fn value(self, height: f64) -> f64 {
        if self.log { 10f64.powf(height) } else { height }
    }

    /// The heights that are shown. What is off the scale is drawn at the edge, and the axis says so.
    pub(super) fn range<'a>(self, all: &(impl Iterator<Item = &'a [Summary]> + Clone), axes: Axes) -> ValueSpan {
        let span = |skip: bool| {
            let columns = all.clone().flat_map(|columns| &columns[if skip { columns.len() / 20 } else { 0 }..]);
            let heights = columns.flat_map(|column| [column.min(), column.max()]).flatten().filter_map(|v| self.of(v));
            let told =
                axes.expected.iter().filter(|_| axes.window.is_none()).flat_map(|(_, told)| [told.low, told.high]);
            heights.chain(told.filter_map(|v| self.of(v))).fold(None, |span: Option<(f64, f64)>, height| {
                Some(span.map_or((height, height), |(low, high)| (low.min(height), high.max(height))))
            })
        };
        let Some(everything) = span(false) else {
            return ValueSpan { range: (0.0, 1.0), beyond: (None, None), start_is_off: false };
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
        ValueSpan { range, beyond: (below, above), start_is_off: rest.is_some() }
    }

    /// Between which heights 98 of 100 values lie: of one value or two in each column, which are spread evenly.
    fn middle<'a>(self, all: &(impl Iterator<Item = &'a [Summary]> + Clone)) -> Option<(f64, f64)> {
        let values = all.clone().flatten().flat_map(|column| [column.first(), column.last()]).flatten();
        let mut heights: Vec<f64> = values.filter_map(|value| self.of(value)).collect();
        heights.sort_by(f64::total_cmp);
        let last = heights.len().checked_sub(1)?;
        let at = |share: f64| heights[(last as f64 * share).round() as usize];
        Some((at(0.01), at(0.99)))
    }
}
