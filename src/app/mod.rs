//! The application: state, events, actions, and the function that connects them.
//!
//! Architecture invariant: `update` is synchronous and total, and never blocks. Slow work is an [`Effect`]: it runs
//! elsewhere and its result comes back as an [`Event`].
//!
//! A part of the [`State`] is a directory (`inbox`, `review`, `decide`, `curves`, `runs`, `prompt`, `experiments`) or a
//! file (`progress`, `knobs`) with the functions that need only that part. [`Feature`] names the parts that handle
//! [`Action`]s: `general`, `navigate` (which also sorts the inbox), `review`, `decide` (which also skips a change), the
//! charts in `update`, `curves`, `runs`. `ui` has the names of the views; its `prompt` draws the windows of all parts.
//!
//! No file imports another in a circle. From the ground up:
//!
//! 1. Data: actions, keys, events, windows, and `state.rs` of each feature, with what needs only that part.
//! 2. `state.rs`: [`State`] composes the parts.
//! 3. What all features use: `notice`, `show`, `segment`, `tabs`, `experiments`, and opening a window (`prompt::open`).
//! 4. The handlers of the features. One calls another's only downwards; what would go up is returned.
//! 5. `prompt::keys` and [`update()`], which alone know every feature.

mod action;
mod alerts;
mod arrivals;
mod assessments;
mod copy;
mod curves;
mod decide;
mod event;
mod experiments;
mod general;
mod inbox;
mod jobs;
mod keymap;
mod knobs;
mod layout;
mod live;
mod mouse;
mod navigate;
mod notice;
mod progress;
mod prompt;
mod review;
mod runs;
mod screen;
mod segment;
mod show;
mod signs;
mod state;
mod tabs;
mod target;
mod update;
mod view;

pub use action::{
    Action, ChartAction, CurvesAction, DecideAction, Feature, GeneralAction, GoAction, ReviewAction, RunsAction,
};
pub use alerts::AlertState;
pub use assessments::Assessments;
pub use curves::{
    Behind, CurveCache, CurvesState, Derived, DrawnTrial, Filter, ForecastEnd, MOST_OVERLAYS, NotLogged, Overlay, Plot,
    Reference, SMOOTHINGS, Subjects, Tiles, TrialForecast, XAxis, YRange, main_metric,
};
pub use decide::{
    AnswerKind, AnswerPrompt, CommentPrompt, Confirm, DecideState, DivergedPrompt, EVERYTHING_EXCLUDED, PolicyLine,
    PolicyPrompt, Steer, SteerPrompt, comment_location, remeasure_reason,
};
pub use event::{Editing, Effect, Event, Mouse, Shell};
pub use experiments::{ExperimentList, count_matches};
pub use inbox::{InboxOrder, InboxState, QueueSummary, summary};
pub use keymap::{KeyBinding, KeyChange, KeyPress, Keymap, key_name, key_of_name};
pub use knobs::KnobsState;
pub use layout::{AXIS, Area, FullScreen, LayoutOf, RUN_HEAD, ScreenLayout, layout, top_row};
pub use live::Live;
pub use notice::NOTHING_SELECTED;
pub use progress::ProgressState;
pub use prompt::{
    Drawn, EXTENSIONS, Modal, Palette, PaletteEntry, PaletteTarget, TypedReply, Waiting, Window, WindowState,
    directory_for, has_supported_extension,
};
pub use review::{
    ChangedWords, CodeLine, Colouring, DiffColumns, DiffDoc, DiffView, DocOf, DocRow, GUTTER, HunkShare, LayoutInputs,
    LayoutOptions, LineAt, Piece, Review, ReviewState, Room, SIDE_GUTTER, SeenLines, ShownText, TAB_WIDTH,
    included_share, match_count, match_ranges, wrap,
};
pub use runs::{RunList, RunOrder};
pub use screen::{Notice, NoticeKind, Screen, Themes};
pub use signs::CharacterWidths;
pub use state::State;
pub use tabs::tabs;
pub use update::update;
pub use view::{Context, ViewKind};
