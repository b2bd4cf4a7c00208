//! A curve, and what of it falls into the columns of a chart.

use ratatui::style::Style;

use crate::series::{Band, Ruler, Series, Strand, Summary, under_way};
use crate::ui::Theme;

/// What a curve is on a chart: how it is drawn follows from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui) enum CurveRole {
    /// The one in question.
    Main,
    /// What it is compared with.
    Base,
    /// What was laid over it, by its number from 0.
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

/// One curve.
pub(in crate::ui) struct Curve<'a> {
    pub(in crate::ui) series: &'a Series,
    /// The same, smoothed; `None` where it is drawn as it is.
    pub(in crate::ui) smoothed: Option<&'a Series>,
    /// What stands along the x axis instead of the step.
    pub(in crate::ui) ruler: Option<Ruler<'a>>,
    /// Further runs of the same, each as it is drawn: they are drawn as one, as a band with its mean.
    pub(in crate::ui) others: Vec<Strand<'a>>,
    /// The raw curve is drawn under the smoothed one.
    pub(in crate::ui) raw: bool,
    /// What it is on the chart.
    pub(in crate::ui) role: CurveRole,
    /// Stands at the end of the curve, so that it is told from others without colour; `None` for none.
    pub(in crate::ui) mark: Option<char>,
}

/// What a curve reads at a place.
pub(in crate::ui) struct CursorValue {
    pub(in crate::ui) raw: f64,
    pub(in crate::ui) smoothed: f64,
    /// Of several runs: how many, and between what they lie. The values are their means.
    pub(in crate::ui) runs: Option<(usize, f64, f64)>,
}

/// What falls into the columns of a chart.
pub(in crate::ui) struct Fallen {
    /// The raw curve under a smoothed one.
    pub(in crate::ui) raw: Option<Vec<Summary>>,
    /// The curve itself, or the mean of its runs.
    pub(in crate::ui) own: Vec<Summary>,
    /// All values of all its runs.
    pub(in crate::ui) band: Option<Vec<Summary>>,
}

impl Fallen {
    pub(super) fn all(&self) -> impl Iterator<Item = &[Summary]> + Clone {
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

    pub(super) fn extent(&self) -> Option<(f64, f64)> {
        let own = (self.x(self.series.first()?.step), self.x(self.series.last()?.step));
        let ends = self.others.iter().filter_map(|other| {
            let x = |step: f64| other.ruler.as_ref().map_or(step, |ruler| ruler.at(step));
            Some((x(other.series.first()?.step), x(other.series.last()?.step)))
        });
        Some(ends.fold(own, |(a, b), (c, d)| (a.min(c), b.max(d))))
    }

    /// The last value at or before a place on the x axis.
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

    /// What falls into each part of the x axis.
    pub(super) fn columns(&self, places: &[f64]) -> Fallen {
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
