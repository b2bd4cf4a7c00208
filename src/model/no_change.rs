//! Why an experiment has no change that a person could review.

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
