//! State of the curves.

use super::{CurveCache, Derived, Plot};

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
