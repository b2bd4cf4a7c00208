//! The change on the screen: rows of its diff for a width, a cursor among them, the lines that were seen, and what the
//! person leaves out or edits.

pub(in crate::app) mod actions;
pub(in crate::app) mod amend;
mod colour;
mod cursor;
mod doc;
pub(in crate::app) mod edit;
mod layout;
mod pieces;
mod rows;
mod seek;
mod seen;
mod state;
mod view;
mod whole;
mod words;

pub use amend::{HunkShare, taken};
pub use colour::Colouring;
pub use doc::{DiffDoc, GUTTER, SIDE_GUTTER};
pub use edit::Editing;
pub use pieces::{Piece, Room, Written, wrap};
pub use rows::{DocOf, DocRow, LineAt, Manner, Recipe};
pub use seek::{count_found, ranges_found};
pub use seen::SeenLines;
pub use state::{Review, ReviewState};
pub use view::{DiffColumns, DiffView, ShownText, TAB_WIDTH};
pub use words::Wording;

pub(in crate::app) use colour::{ask_for_colours, ask_for_texts, coloured};
pub(in crate::app) use cursor::{Jump, jump, move_cursor, place_now, scroll, to_row, to_top};
pub(in crate::app) use pieces::as_patch;
pub(in crate::app) use seek::{find_in_diff, to_found};
pub(in crate::app) use seen::{drawn, unseen};
pub(in crate::app) use whole::refresh_doc;
pub(in crate::app) use words::word_what_is_shown;
