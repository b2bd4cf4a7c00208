//! What loops have spent of a budget.

use serde::{Deserialize, Serialize};

/// What a loop has spent, as far as anybody saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Experiments that were tried.
    pub experiments: u64,
    /// Seconds of one GPU; 0 where no trial's length is known.
    pub gpu_s: u64,
}

impl Spent {
    /// The larger part of each: what was spent once stays spent.
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

/// What the ledger says was spent: rows and branches are the agent's to change, and take nothing back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordedSpend {
    /// By this loop.
    pub own: Spent,
    /// By all other loops of the repository.
    pub others: Spent,
}

impl RecordedSpend {
    /// What all loops have spent, where this one has spent that much by now.
    pub fn with(self, now: Spent) -> Spent {
        self.own.most(now) + self.others
    }
}
