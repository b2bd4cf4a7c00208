//! The curves: how they are shown, and what is derived of them.

pub(in crate::app) mod actions;
mod cache;
mod derived;
mod drawn;
pub(in crate::app) mod follow;
mod forecast;
mod metric;
mod plot;
mod state;
mod subjects;
mod tiles;
pub(in crate::app) mod zoom;

pub use cache::CurveCache;
pub use derived::Derived;
pub use drawn::{DrawnTrial, Subjects};
pub use forecast::{Behind, ForecastEnd, TrialForecast};
pub use metric::main_metric;
pub use plot::{Filter, MOST_OVERLAYS, NotLogged, Overlay, Plot, Reference, SMOOTHINGS, XAxis, YRange};
pub use state::CurvesState;
pub use tiles::Tiles;
