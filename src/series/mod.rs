//! Values of one metric by step: append, decimate, smooth. Knows no format and no screen.
//!
//! A series is a list of sealed chunks behind `Arc` and a short open tail, so that a snapshot
//! shares what does not change any more.

mod column;
mod ruler;
mod smooth;
mod store;

pub use column::{Column, decimate};
pub use ruler::Ruler;
pub use smooth::smooth;
pub use store::{Point, Series, SeriesMap};
