//! Instruments: one line each, and a summary of what happened since the last visit.
//!
//! Architecture invariant: pure. Numbers come from the snapshot, time is an argument, and where there is too little
//! data an instrument shows nothing.

mod cost;
mod pace;
mod panel;
mod since;
mod spend;

pub use cost::{Cost, CostUnit, costs};
pub use panel::{
    Instrument, MedianTrial, TIP_NOT_MEASURED, budget_used, is_budget_used_up, median_trial, panel, spent_by,
};
pub use since::{Since, since};

/// A duration as people say it: `45 s`, `12 min`, `3.2 h`, `2.1 d`.
pub fn duration_text(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} d", s / 86_400.0),
    }
}
