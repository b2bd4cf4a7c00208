//! The curves: how they are shown, and what is derived of them.

pub(in crate::app) mod actions;
pub(in crate::app) mod cache;
pub(in crate::app) mod derived;
pub(in crate::app) mod forecast;
mod metric;
pub(in crate::app) mod plot;
pub(in crate::app) mod subjects;
pub(in crate::app) mod tiles;

pub use cache::CurveCache;
pub use derived::Derived;
pub use forecast::{Behind, ForecastEnd, TrialForecast};
pub use metric::main_metric;
pub use plot::{Chosen, Filter, MOST_OVERLAYS, NotLogged, Plot, Reference, SMOOTHINGS, XAxis, YRange};
pub use subjects::{DrawnTrial, Subjects};
pub use tiles::Tiles;

/// State of the curves view, and a cache of curves read from the store.
#[derive(Debug, Default)]
pub struct CurvesState {
    /// Metric, zoom, smoothing, overlays.
    pub plot: Plot,
    /// Curves from the store.
    pub cache: CurveCache,
    /// Smoothed curves, differences and forecasts of those that are shown.
    pub derived: Derived,
}
