//! One value at one step.

/// One value at one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Step as the source counts it.
    pub step: f64,
    /// Value in the metric's unit; may be NaN or infinite, as the source wrote it.
    pub value: f64,
}
