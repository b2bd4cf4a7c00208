//! The views, by their number keys.

use crate::app::Context;

/// The views on the number keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ViewKind {
    /// The changes that need a decision.
    #[default]
    Inbox,
    /// The curves of an experiment, drawn over its base's.
    Curves,
    /// The objective of every experiment.
    Progress,
    /// Kept experiments, each with its rejected siblings.
    Lineage,
    /// Budget, pace and load, one line each.
    Instruments,
    /// Every value of every constant that was tried.
    Knobs,
    /// Every training run.
    Runs,
}

impl ViewKind {
    /// All views, in the order of their keys.
    pub const ALL: [Self; 7] =
        [Self::Inbox, Self::Curves, Self::Progress, Self::Lineage, Self::Instruments, Self::Knobs, Self::Runs];

    /// Returns the context of keys in the view.
    pub fn context(self) -> Context {
        match self {
            Self::Inbox => Context::Inbox,
            Self::Curves => Context::Curves,
            Self::Progress => Context::Progress,
            Self::Lineage => Context::Lineage,
            Self::Instruments => Context::Instruments,
            Self::Knobs => Context::Knobs,
            Self::Runs => Context::Runs,
        }
    }

    /// Returns the name on the view's tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbox => "Inbox",
            Self::Curves => "Curves",
            Self::Progress => "Progress",
            Self::Lineage => "Lineage",
            Self::Instruments => "Instruments",
            Self::Knobs => "Knobs",
            Self::Runs => "Runs",
        }
    }
}
