//! A curve, and its points binned into the columns of a chart.

use ratatui::style::Style;

use crate::series::{Band, Ruler, Series, Strand, Summary, under_way};
use crate::ui::Theme;

/// The role of a curve on a chart, which determines its style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui) enum CurveRole {
    /// The shown trial.
    Main,
    /// The curve it is compared with.
    Base,
    /// An overlay, by its number from 0.
    Overlay(usize),
}

impl CurveRole {
    pub(in crate::ui) fn style(self, theme: &Theme) -> Style {
        match self {
            Self::Main => theme.curve,
            Self::Base => theme.base_curve,
            Self::Overlay(at) => theme.overlay(at),
        }
    }
}

/// A curve with its style.
pub(in crate::ui) struct Curve<'a> {
    pub(in crate::ui) series: &'a Series,
    /// The smoothed curve; `None` if the raw one is drawn.
    pub(in crate::ui) smoothed: Option<&'a Series>,
    /// Converts steps to the unit of the x axis; `None` if that is the step.
    pub(in crate::ui) ruler: Option<Ruler<'a>>,
    /// Further runs of the same experiment. All runs are drawn as one band with its mean.
    pub(in crate::ui) others: Vec<Strand<'a>>,
    /// True if the raw curve is drawn under the smoothed one.
    pub(in crate::ui) raw: bool,
    /// Its role on the chart.
    pub(in crate::ui) role: CurveRole,
    /// The mark at its end, which distinguishes curves without colour; `None` for none.
    pub(in crate::ui) mark: Option<char>,
}

/// The value of a curve at a place.
pub(in crate::ui) struct CursorValue {
    pub(in crate::ui) raw: f64,
    pub(in crate::ui) smoothed: f64,
    /// For several runs, their number, minimum and maximum; the other fields are their means.
    pub(in crate::ui) runs: Option<(usize, f64, f64)>,
}

/// The points of a curve in each column of a chart.
pub(in crate::ui) struct BinnedCurve {
    /// The raw curve under a smoothed one.
    pub(in crate::ui) raw: Option<Vec<Summary>>,
    /// The curve itself, or the mean of its runs.
    pub(in crate::ui) own: Vec<Summary>,
    /// All values of all its runs.
    pub(in crate::ui) band: Option<Vec<Summary>>,
}

impl BinnedCurve {
    pub(super) fn all(&self) -> impl Iterator<Item = &[Summary]> + Clone {
        self.raw.iter().chain([&self.own]).chain(&self.band).map(Vec::as_slice)
    }
}

impl Curve<'_> {
    fn x(&self, step: f64) -> f64 {
        self.ruler.as_ref().map_or(step, |ruler| ruler.at(step))
    }

    /// Returns all its runs, smoothed if the curve is.
    fn strands(&self) -> Vec<Strand<'_>> {
        let own = Strand { series: self.smoothed.unwrap_or(self.series), ruler: self.ruler };
        std::iter::once(own).chain(self.others.iter().copied()).collect()
    }

    pub(super) fn extent(&self) -> Option<(f64, f64)> {
        let own = (self.x(self.series.first()?.step), self.x(self.series.last()?.step));
        let ends = self.others.iter().filter_map(|other| {
            let x = |step: f64| other.ruler.as_ref().map_or(step, |ruler| ruler.at(step));
            Some((x(other.series.first()?.step), x(other.series.last()?.step)))
        });
        Some(ends.fold(own, |(a, b), (c, d)| (a.min(c), b.max(d))))
    }

    /// Returns the last value at or before a place on the x axis; `None` before the first point.
    pub(in crate::ui) fn read(&self, at: f64) -> Option<CursorValue> {
        let step = self.ruler.as_ref().map_or(at, |ruler| ruler.step_at(at));
        if !self.others.is_empty() {
            let strands = self.strands();
            let values = under_way(&strands, at);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let (low, high) =
                values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
            return (!values.is_empty()).then_some(CursorValue {
                raw: mean,
                smoothed: mean,
                runs: Some((values.len(), low, high)),
            });
        }
        let raw = self.series.last_until(step)?;
        let smoothed = self.smoothed.and_then(|smoothed| smoothed.last_until(step));
        Some(CursorValue { raw: raw.value, smoothed: smoothed.unwrap_or(raw).value, runs: None })
    }

    /// Bins its points into the parts of the x axis between `places`.
    pub(super) fn columns(&self, places: &[f64]) -> BinnedCurve {
        if !self.others.is_empty() {
            let band = Band::of(&self.strands(), places);
            return BinnedCurve { raw: None, own: band.mean, band: Some(band.all) };
        }
        let steps: Option<Vec<f64>> =
            self.ruler.as_ref().map(|ruler| places.iter().map(|place| ruler.step_at(*place)).collect());
        let steps = steps.as_deref().unwrap_or(places);
        let raw = self.smoothed.filter(|_| self.raw).map(|_| self.series.columns(steps));
        BinnedCurve { raw, own: self.smoothed.unwrap_or(self.series).columns(steps), band: None }
    }
}
