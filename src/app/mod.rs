//! The application: state, events, actions, and the one function that connects them.
//!
//! Architecture invariant: `update` is synchronous and total, and never blocks. What is slow is an
//! [`Effect`]; it runs elsewhere and comes back as an [`Event`].

mod action;
mod arrivals;
mod confirm;
mod deciding;
mod diff_doc;
mod event;
mod keymap;
mod layout;
mod lineage;
mod pieces;
mod prompts;
mod select;
mod state;
mod update;

pub use action::{Action, Context};
pub use confirm::{Confirm, VetoPrompt};
pub use diff_doc::{DiffDoc, DocRow, GUTTER};
pub use event::{Effect, Event};
pub use keymap::{Binding, Key, bindings, key_name};
pub use layout::{Area, Shape, shape};
pub use lineage::{Step, steps};
pub use pieces::{Piece, wrap};
pub use select::InboxOrder;
pub use state::{Modal, Notice, NoticeKind, Review, State, ViewKind};
pub use update::update;
