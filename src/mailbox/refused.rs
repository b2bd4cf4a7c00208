//! The reason why a message was rejected.

use std::io;

/// The reason why a message was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The problem and its place, with the remedy if there is one.
    pub why: String,
    /// True if it may only be incomplete so far.
    pub incomplete: bool,
}

impl Refused {
    /// Creates a rejection with a reason.
    pub fn because(why: impl Into<String>) -> Self {
        Self { why: why.into(), incomplete: false }
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::because(error.to_string())
    }
}
