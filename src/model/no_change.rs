//! Why an experiment has no change that a person could review.

use super::{Claim, CommitId, Experiment, LoopFormat, Snapshot};

/// The reason why an experiment has no change to review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoChange {
    /// It is the baseline that the loop started from.
    Baseline,
    /// Its row names no commit.
    NoCommit,
    /// Its commit no longer exists in this repository.
    Gone,
    /// The history could not be read, so the state of its commit is not known.
    Unread,
    /// Its commit no longer exists, and several commits of the branch could be its successor.
    SeveralAlike,
    /// The digits in its row are a prefix of several commits' ids.
    Ambiguous,
    /// Its commit belongs to another row; this row is one more result of the same change.
    SharedWith {
        /// Index of the experiment that owns the commit.
        index: usize,
        /// Line of its row.
        line: u64,
    },
    /// The clone is shallow: the base of its commit was not fetched.
    BeyondShallow,
    /// Its commit is the first of its history, or has no ancestor that the loop started from.
    NoBase,
    /// It belongs to an earlier session that was already on the trunk when this one began, and its base is not known.
    OnTrunk,
    /// Its commit contains the same files as its base, ignored paths aside.
    Equal,
}

impl NoChange {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::NoCommit => "no_commit",
            Self::Gone => "commit_gone",
            Self::Unread => "history_unread",
            Self::SeveralAlike => "several_alike",
            Self::Ambiguous => "ambiguous",
            Self::SharedWith { .. } => "shared",
            Self::BeyondShallow => "beyond_shallow",
            Self::NoBase => "no_base",
            Self::OnTrunk => "on_trunk",
            Self::Equal => "equal_tree",
        }
    }
}

impl Snapshot {
    /// Indices of the kept experiments without a change for one of these reasons.
    pub fn kept_without(&self, why: &[NoChange]) -> Vec<usize> {
        let is_it = |one: &Experiment| {
            one.claim == Claim::Keep && one.has_row() && one.no_change.is_some_and(|reason| why.contains(&reason))
        };
        self.experiments.iter().enumerate().filter(|(_, one)| is_it(one)).map(|(index, _)| index).collect()
    }

    /// The reason why an experiment has no change, as a sentence for people; `None` if it has one.
    pub fn why_no_change(&self, experiment: &Experiment) -> Option<String> {
        Some(match experiment.no_change? {
            NoChange::Baseline => {
                "this is the baseline: the approved branch starts here, there is nothing to approve".to_owned()
            }
            NoChange::NoCommit => "its row names no commit, so it has no change to review".to_owned(),
            NoChange::Gone if self.is_cut => {
                "its commit is not in this shallow clone: git fetch --unshallow fetches the rest".to_owned()
            }
            NoChange::Gone => {
                "its commit is gone: it is on no branch, in no reflog and not pinned; only the row is left".to_owned()
            }
            NoChange::Unread => {
                "the history could not be read, so its commit is not known: `countersign status` shows why".to_owned()
            }
            NoChange::SeveralAlike => {
                "its commit is gone, and several commits of the branch could be its successor: none is used".to_owned()
            }
            NoChange::Ambiguous => {
                "its row names a prefix of several commits' ids".to_owned()
            }
            NoChange::SharedWith { line, .. } => {
                let here = if self.is_discarded_there(experiment) { ", which this row discards" } else { "" };
                format!("one more result of the commit of line {line}{here}: the change is shown and decided there")
            }
            NoChange::BeyondShallow => {
                "its base is beyond the edge of this shallow clone, so its change is not known: git fetch --unshallow fetches the rest".to_owned()
            }
            NoChange::NoBase => {
                "nothing below its commit is a baseline, a kept row or the start of the loop, so its change is not known"
                    .to_owned()
            }
            NoChange::OnTrunk => {
                format!("it is already on {}, where this session began", self.trunk_name())
            }
            NoChange::Equal => "its commit contains the same files as its base, ignored paths aside".to_owned(),
        })
    }

    /// A description of the base of a change, for people.
    pub fn base_is(&self, base: CommitId) -> String {
        // A kept row whose commit was rewritten is the base of changes on the new commit.
        let is_again = |one: &&std::sync::Arc<Experiment>| one.found_as.is_some_and(|found| found.commit == base);
        let again = || self.experiments.iter().find(is_again);
        let owner = self.by_head(base).or_else(again).filter(|owner| owner.has_row());
        match owner {
            Some(owner) if owner.is_baseline => "the baseline".to_owned(),
            Some(owner) if owner.claim == Claim::Keep => format!("the kept row in line {}", owner.row.line),
            _ if Some(base) == self.began_at => match &self.trunk {
                Some(trunk) => format!("where the session left {trunk}"),
                None => "where the loop began".to_owned(),
            },
            _ => String::new(),
        }
    }

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
