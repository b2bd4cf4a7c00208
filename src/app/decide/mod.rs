//! Decisions: opening them, their windows, and messages to the agent.

pub(in crate::app) mod actions;
pub(in crate::app) mod answer;
pub(in crate::app) mod confirm;
pub(in crate::app) mod diverged;
pub(in crate::app) mod open;
pub(in crate::app) mod policy_line;
pub(in crate::app) mod steer;

use std::collections::HashSet;
use std::sync::Arc;

pub use answer::{AnswerKind, AnswerPrompt, CommentPrompt, place_of, remeasure_reason};
pub use confirm::Confirm;
pub use diverged::DivergedPrompt;
pub use open::EVERYTHING_EXCLUDED;
pub use policy_line::{PolicyLine, PolicyPrompt};
pub use steer::{Steer, SteerPrompt};

use steer::IntakeNotice;

pub(in crate::app) use open::{approve, forget_revert, leave_revert, pick_direction, revert, show_revert};

use crate::app::inbox::queue::Upkeep;
use crate::model::{Drafts, ExperimentId};
use crate::query::{Assessment, WhatIf};

/// Decisions in progress, and preparations for the next ones.
#[derive(Debug, Default)]
pub struct DecideState {
    /// Changes whose decision is being written.
    pub under_way: HashSet<ExperimentId>,
    /// Comments and amendments of undecided changes.
    pub drafts: Drafts,
    /// Proposals refused while the screen was open: name and reason, visible text, newest last.
    pub refused: Vec<(String, String)>,
    pub(in crate::app) upkeep: Upkeep,
    pub(in crate::app) intake: IntakeNotice,
    pub(in crate::app) reverting: Option<ExperimentId>,
    /// The commit that a revert would make, while the person reads it.
    pub(in crate::app) revert: Option<Arc<Assessment>>,
    /// The consequences of the veto being written.
    pub(in crate::app) follows: Option<WhatIf>,
    /// True while an interrupted decision is being finished, and after that failed.
    pub(in crate::app) ending: bool,
}
