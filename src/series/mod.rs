//! Values of one metric by step: append, aggregate into chart columns, smooth. Independent of file formats and of the
//! screen.
//!
//! A series is columns of numbers in sealed chunks, a pyramid of summaries over stretches of them, and a short open
//! tail. Sealed parts are shared: copying a series for a snapshot copies a few pointers, and drawing a chart reads the
//! pyramid instead of the points.

mod band;
mod chunk;
mod difference;
mod forecast;
mod point;
mod pyramid;
mod ruler;
mod shortest;
mod smooth;
mod store;
mod summary;

pub use band::{Band, Strand, under_way};
pub use difference::Difference;
pub use forecast::Forecast;
pub use point::Point;
pub use ruler::Ruler;
pub use shortest::{as_written, shortest};
pub use smooth::Smoothed;
pub use store::{Series, SeriesMap};
pub use summary::Summary;

/// The `columns + 1` edges of `columns` equal parts between two places.
pub fn edges(from: f64, to: f64, columns: usize) -> Vec<f64> {
    let width = to - from;
    (0..=columns).map(|at| if at == columns { to } else { from + width * (at as f64 / columns as f64) }).collect()
}

#[cfg(test)]
mod tests;
