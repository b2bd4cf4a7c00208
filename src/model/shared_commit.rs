//! Several rows of one commit: one change, measured more than once.

use super::{Claim, Experiment, LoopFormat, NoChange, Snapshot};

impl Snapshot {
    /// True for one more result of a commit whose row says that it was discarded. A row of pi-autoresearch names the
    /// commit that was reset to: the discarded change is another one.
    pub fn is_discarded_there(&self, other: &Experiment) -> bool {
        matches!(other.no_change, Some(NoChange::SharedWith { .. }))
            && other.claim == Claim::Discard
            && !other.row.is_dirty
            && self.format != Some(LoopFormat::PiAutoresearch)
    }

    /// True if rows of one commit describe different edits: not all of them can have run on exactly its files. Rows
    /// that differ only in numbers are the seeds or sizes of one sweep.
    pub fn has_other_edits(&self, owner: usize) -> bool {
        let described = |index: usize| {
            let text = self.experiments[index].row.description.raw().to_lowercase();
            text.chars().filter(|c| c.is_alphabetic()).collect::<String>()
        };
        let kept = |index: &usize| self.experiments[*index].claim == Claim::Keep;
        let is_table = self.format != Some(LoopFormat::PiAutoresearch);
        is_table && self.also_measured(owner).filter(kept).any(|other| described(other) != described(owner))
    }

    /// The other results of the commit that this experiment owns, by index.
    pub fn also_measured(&self, owner: usize) -> impl Iterator<Item = usize> {
        let shares = move |experiment: &Experiment| matches!(experiment.no_change, Some(NoChange::SharedWith { index, .. }) if index == owner);
        (0..self.experiments.len()).filter(move |index| shares(&self.experiments[*index]))
    }
}
