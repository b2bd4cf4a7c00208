//! The change on the screen: its diff as rows, the cursor, the lines that were seen, and the person's amendments.

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

pub use amend::{HunkShare, included_share};
pub use colour::Colouring;
pub use doc::{DiffDoc, GUTTER, SIDE_GUTTER};
pub use pieces::{CodeLine, Piece, Room, wrap};
pub use rows::{DocOf, DocRow, LayoutInputs, LayoutOptions, LineAt};
pub use seek::{match_count, match_ranges};
pub use seen::SeenLines;
pub use state::{Review, ReviewState};
pub use view::{DiffColumns, DiffView, ShownText, TAB_WIDTH};
pub use words::ChangedWords;

pub(in crate::app) use cursor::{Jump, jump, move_cursor, place_now, scroll, to_row, to_top};
pub(in crate::app) use pieces::as_patch;
pub(in crate::app) use seek::{find_in_diff, to_next_found};
pub(in crate::app) use whole::refresh_doc;
