//! The views, by their number keys, and the contexts of all keys.

macro_rules! views {
    ($($(#[$of:meta])+ $variant:ident = $name:literal, $word:literal;)+) => {
        /// The views on the number keys.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum ViewKind {
            $($(#[$of])+ $variant,)+
        }

        impl ViewKind {
            /// All views, in the order of their keys.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            fn names(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$variant => ($name, $word),)+
                }
            }
        }
    };
}

// Each view: the name on its tab, and its name in the configuration and on the command line.
views! {
    /// The changes that need a decision.
    #[default]
    Inbox = "Inbox", "inbox";
    /// The curves of an experiment, drawn over its base's.
    Curves = "Curves", "curves";
    /// The objective of every experiment.
    Progress = "Progress", "progress";
    /// Kept experiments, each with its rejected siblings.
    Lineage = "Lineage", "lineage";
    /// Budget, pace and load, one line each.
    Instruments = "Instruments", "instruments";
    /// Every value of every constant that was tried.
    Knobs = "Knobs", "knobs";
    /// Every training run.
    Runs = "Runs", "runs";
}

impl ViewKind {
    /// Returns the name on the view's tab.
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// Returns the view's name in the configuration and on the command line.
    pub fn word(self) -> &'static str {
        self.names().1
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, KeyPress, Keymap};

    #[test]
    fn every_view_is_on_its_number_key() {
        for (number, view) in ('1'..).zip(ViewKind::ALL) {
            let action = Keymap::default().action(Context::Everywhere, KeyPress::Char(number));
            let shows = format!("show_{}", view.word());
            assert_eq!(action.map(Action::name), Some(&*shows), "the key {number}");
        }
    }
}
