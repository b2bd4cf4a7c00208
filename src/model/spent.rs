//! The part of a budget that loops have spent.

use serde::{Deserialize, Serialize};

/// The amount a loop has spent, as far as it was recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Number of experiments.
    pub experiments: u64,
    /// GPU seconds; 0 if no trial's length is known.
    pub gpu_s: u64,
}

impl Spent {
    /// The larger of each part: an amount once spent stays spent.
    pub fn most(self, other: Self) -> Self {
        Self { experiments: self.experiments.max(other.experiments), gpu_s: self.gpu_s.max(other.gpu_s) }
    }
}

impl std::ops::Add for Spent {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { experiments: self.experiments + other.experiments, gpu_s: self.gpu_s + other.gpu_s }
    }
}

/// The amounts spent according to the ledger: the agent can change rows and branches, but not these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordedSpend {
    /// By this loop.
    pub own: Spent,
    /// By all other loops of the repository.
    pub others: Spent,
}

impl RecordedSpend {
    /// The total of all loops, given that this one has spent `now` so far.
    pub fn with(self, now: Spent) -> Spent {
        self.own.most(now) + self.others
    }
}
