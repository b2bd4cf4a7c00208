//! State of the inbox.

use std::sync::Arc;

use crate::model::CommitId;
use crate::query::Shortlist;

/// The order of the inbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InboxOrder {
    /// Experiments that others build on come first.
    #[default]
    Lineage,
    /// The most severe findings first.
    Findings,
    /// The largest claimed gain first.
    Gain,
    /// The newest first.
    Age,
    /// The shortlist first: the smallest set with most of the claimed gain.
    Shortlist,
}

impl InboxOrder {
    /// Returns the next order, cyclically.
    pub(in crate::app) fn next(self) -> Self {
        match self {
            Self::Lineage => Self::Findings,
            Self::Findings => Self::Gain,
            Self::Gain => Self::Age,
            Self::Age => Self::Shortlist,
            Self::Shortlist => Self::Lineage,
        }
    }

    /// Returns the words in the list's title.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lineage => "lineage order",
            Self::Findings => "by findings",
            Self::Gain => "by claimed gain",
            Self::Age => "newest first",
            Self::Shortlist => "the few that matter first",
        }
    }
}

/// The inbox.
#[derive(Debug, Default)]
pub struct InboxState {
    /// The order.
    pub order: InboxOrder,
    /// The last shortlist that was computed.
    pub shortlist: Option<Arc<Shortlist>>,
    pub(in crate::app) shortlist_asked: Option<(Option<CommitId>, usize)>,
}
