//! The views, by their number keys, and the contexts of all keys.

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

    /// Returns the name on the view's tab.
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// Returns the view's name in the configuration and on the command line.
    pub fn word(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Inbox => ("Inbox", "inbox"),
            Self::Curves => ("Curves", "curves"),
            Self::Progress => ("Progress", "progress"),
            Self::Lineage => ("Lineage", "lineage"),
            Self::Instruments => ("Instruments", "instruments"),
            Self::Knobs => ("Knobs", "knobs"),
            Self::Runs => ("Runs", "runs"),
        }
    }
}

/// The part of the screen that a key was pressed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere except in a prompt.
    Everywhere,
    /// A view.
    View(ViewKind),
    /// The review, over a view.
    Review,
}

impl Context {
    /// Returns all contexts, in the order of the documents.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Everywhere].into_iter().chain(ViewKind::ALL.map(Self::View)).chain([Self::Review])
    }

    /// Returns the context's name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::View(view) => view.word(),
            Self::Review => "review",
        }
    }

    /// Returns the context with this name in the configuration.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::all().find(|context| context.name() == name)
    }
}
