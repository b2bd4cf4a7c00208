//! The author of a record.

use crate::repo::Person;

/// The author of a record.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    /// A person at the terminal.
    Person(&'a Person),
    /// The policy, or a fact: no person decided.
    Policy,
}
