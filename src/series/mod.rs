//! Values of one metric by step: append, put into the columns of a chart, smooth. Knows no format and no
//! screen.
//!
//! A series is columns of numbers in sealed chunks, a pyramid of what stretches of them come to, and a short
//! open tail. What is sealed is shared: a copy for a snapshot is a copy of a few pointers, and a chart
//! looks at the pyramid, not at the points.

mod band;
mod chunk;
mod difference;
mod forecast;
mod pyramid;
mod ruler;
mod shortest;
mod smooth;
mod store;
mod summary;

pub use band::{Band, Strand, under_way};
pub use difference::Difference;
pub use forecast::Forecast;
pub use ruler::Ruler;
pub use shortest::{as_written, shortest};
pub use smooth::Smoothed;
pub use store::{Point, Series, SeriesMap};
pub use summary::Summary;

/// The edges of `columns` equal parts from one place to another: one more than there are columns.
pub fn edges(from: f64, to: f64, columns: usize) -> Vec<f64> {
    let width = to - from;
    (0..=columns).map(|at| if at == columns { to } else { from + width * (at as f64 / columns as f64) }).collect()
}

#[cfg(test)]
mod tests;
