//! The outcome of measuring an experiment.

use crate::series::shortest;

/// The outcome of measuring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// A finite value of the objective, in the metric's own unit.
    Value(f64),
    /// The trial ended with an error. A number next to it is not a measurement.
    Crashed,
    /// The trial ran out of time.
    TimedOut,
    /// The objective has no finite value.
    NotMeasured,
}

impl Outcome {
    /// The measured value; `None` if there is none.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Value(_) => "value",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed_out",
            Self::NotMeasured => "not_measured",
        }
    }

    /// The shortest digits that identify the value, or else a word for people.
    pub fn text(self) -> String {
        self.value().map_or_else(|| self.word().to_owned(), shortest)
    }

    /// A word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Value(_) => "value",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed out",
            Self::NotMeasured => "not measured",
        }
    }
}
