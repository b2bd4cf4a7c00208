//! The agent's own verdict on an experiment.

/// The agent's own claim about an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// Kept.
    Keep,
    /// Discarded.
    Discard,
    /// Crashed.
    Crash,
    /// Any other word. Never a keep.
    Other,
}
