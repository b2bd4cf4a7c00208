//! The numbers of a line other than values: its position, and the time left.

use super::meaning::Use;

/// The numbers of a line, by use.
#[derive(Clone, Copy, Default)]
pub(super) struct Numbers {
    pub(super) step: Option<f64>,
    pub(super) of: Option<f64>,
    pub(super) epoch: Option<f64>,
    pub(super) epochs: Option<f64>,
    pub(super) percent: Option<f64>,
    pub(super) remaining: Option<f64>,
}

impl Numbers {
    pub(super) fn of(values: &[(Use, f64)]) -> Self {
        let mut numbers = Self::default();
        for (used, value) in values {
            match used {
                Use::Step => numbers.step = Some(*value),
                Use::Of => numbers.of = Some(*value).filter(|of| *of > 0.0),
                Use::Epoch => numbers.epoch = Some(*value),
                Use::EpochOf => numbers.epochs = Some(*value).filter(|of| *of > 0.0),
                Use::Percent => numbers.percent = Some(*value),
                Use::Remaining(weight) => numbers.remaining = Some(numbers.remaining.unwrap_or(0.0) + value * weight),
                Use::Value(_) | Use::Part(..) | Use::Which(_) | Use::Ignored => {}
            }
        }
        numbers
    }
}
