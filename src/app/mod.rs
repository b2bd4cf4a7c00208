//! The application: state, events, actions, and the one function that connects them.
//!
//! Architecture invariant: `update` is synchronous and total, and never blocks. What is slow is an
//! [`Effect`]; it runs elsewhere and comes back as an [`Event`].

mod action;
mod amending;
mod among_runs;
mod answering;
mod arrivals;
mod calling;
mod confirm;
mod deciding;
mod derived;
mod diverged;
mod editing;
mod event;
mod forecast;
mod going;
mod keymap;
mod layout;
mod line;
mod lineage;
mod mouse;
mod notice;
mod palette;
mod plot;
mod policy_line;
mod prompts;
mod queue;
mod reading;
mod runs;
mod saving;
mod search;
mod segment;
mod select;
mod shelf;
mod signs;
mod span;
mod standing;
mod state;
mod steering;
mod subjects;
mod swapped;
mod tiles;
mod update;

pub use action::{Action, Context};
pub use amending::{HunkShare, taken};
pub use answering::{AnswerKind, AnswerPrompt, CommentPrompt, place_of};
pub use calling::Called;
pub use confirm::Confirm;
pub use derived::Derived;
pub use diverged::DivergedPrompt;
pub use editing::Editing;
pub use event::{Effect, Event, Shell};
pub use forecast::{Behind, Ending, ExpectedEnd};
pub use keymap::{KeyBinding, KeyChange, KeyPress, Keymap, key_name, key_of_name};
pub use layout::{AXIS, Area, FullScreen, RUN_HEAD, ScreenLayout, shape, tabs, top_row};
pub use lineage::{LineageRow, steps};
pub use mouse::Mouse;
pub use palette::{Offer, Palette, PaletteEntry};
pub use plot::{Chosen, Filter, Heights, MOST_OVERLAYS, NotTold, Plot, Reference, SMOOTHINGS, XAxis};
pub use policy_line::{PolicyLine, PolicyPrompt};
pub use queue::{QueueSummary, summary};
pub use reading::{
    Colouring, DiffColumns, DiffDoc, DiffView, DocOf, DocRow, GUTTER, LineAt, Manner, Piece, Recipe, Room, SIDE_GUTTER,
    SeenLines, ShownText, TAB_WIDTH, Wording, Written, count_found, ranges_found, wrap,
};
pub use runs::{RunList, RunOrder};
pub use saving::{ENDINGS, folder_for, is_understood};
pub use search::count as count_matches;
pub use select::InboxOrder;
pub use shelf::CurveCache;
pub use signs::Signs;
pub use standing::{Drawn, WindowState};
pub use state::{Modal, Notice, NoticeKind, Review, State, Themes, ViewKind, Waiting};
pub use steering::{Steer, SteerPrompt};
pub use subjects::{DrawnTrial, Subjects, main_metric};
pub use tiles::Tiles;
pub use update::update;
