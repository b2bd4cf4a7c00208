//! Decisions: opening them, their windows, and messages to the agent.

pub(in crate::app) mod actions;
pub(in crate::app) mod answer;
pub(in crate::app) mod confirm;
pub(in crate::app) mod diverged;
pub(in crate::app) mod open;
pub(in crate::app) mod policy_line;
mod prompts;
mod state;
pub(in crate::app) mod steer;

pub use answer::{comment_location, remeasure_reason};
pub use open::EVERYTHING_EXCLUDED;
pub use prompts::{
    AnswerKind, AnswerPrompt, CommentPrompt, Confirm, DivergedPrompt, PolicyLine, PolicyPrompt, Steer, SteerPrompt,
};
pub use state::DecideState;

pub(in crate::app) use open::{approve, forget_revert, leave_revert, pick_direction, revert, show_revert};
pub(in crate::app) use state::Upkeep;
