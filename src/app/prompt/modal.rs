//! The windows over the view.

use tui_input::Input;

use super::Palette;
use super::window::WindowState;
use crate::app::decide::policy_line::PolicyPrompt;
use crate::app::{AnswerPrompt, CommentPrompt, Confirm, DivergedPrompt, Filter, SteerPrompt};
use crate::model::{ExperimentId, TrialId};

/// The window over the view.
#[derive(Debug, Default)]
pub struct Window {
    /// The open window; `None` without one.
    pub modal: Option<Modal>,
    /// How much of it the person has seen.
    pub drawn: WindowState,
}

/// What lies over the view.
#[derive(Clone, Debug)]
pub enum Modal {
    /// The keys of the current view; rows scrolled.
    Help(usize),
    /// What could not be read; rows scrolled.
    Warnings(usize),
    /// What would be committed.
    Confirm(Box<Confirm>),
    /// A branch that somebody moved.
    Diverged(Box<DivergedPrompt>),
    /// A veto, or what goes back to the agent, being written.
    Answer(Box<AnswerPrompt>),
    /// A comment on a line being written.
    Comment(Box<CommentPrompt>),
    /// A note to the agent, or what holds the loop up.
    Steer(Box<SteerPrompt>),
    /// A line for the person's policy.
    Policy(Box<PolicyPrompt>),
    /// Something that the person asked to decide on is being worked out.
    Waiting(Waiting),
    /// What happened since the last visit; rows scrolled.
    Since(usize),
    /// All that is known of the shown change; rows scrolled.
    Evidence(usize),
    /// The files of the change; the selected one.
    Files(usize),
    /// Actions, experiments, files and themes by a few letters.
    Palette(Box<Palette>),
    /// What came of going through the queue; rows scrolled.
    Summary(usize),
    /// Words being sought in the diff, and the row of the cursor before.
    Seek(Input, usize),
    /// A filter of metrics being typed, and the one before.
    Filter(Input, Option<Filter>),
    /// Two runs beside each other; rows scrolled.
    ComparedRuns(usize),
    /// Words that the names of runs must hold, being typed.
    RunFilter(Input),
    /// Another name for a run, being typed.
    Rename(Input, TrialId),
    /// The name of a file for what the view shows.
    Save(Input),
    /// Words being searched for, and where the selection was before.
    Search(Input, Option<ExperimentId>),
}

/// What the person waits for, with a key that decides at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// What a revert would commit.
    Revert,
    /// What somebody did to the approved branch.
    Branch,
}

impl Modal {
    /// Returns the line that is being typed; `None` where nothing is.
    pub(in crate::app) fn input(&mut self) -> Option<&mut Input> {
        match self {
            Self::Palette(palette) => Some(&mut palette.input),
            Self::Search(input, _) | Self::Seek(input, _) | Self::Filter(input, _) => Some(input),
            Self::Save(input) | Self::RunFilter(input) | Self::Rename(input, _) => Some(input),
            Self::Confirm(confirm) => Some(&mut confirm.input),
            Self::Diverged(prompt) => Some(&mut prompt.input),
            Self::Answer(prompt) => Some(&mut prompt.input),
            Self::Comment(prompt) => Some(&mut prompt.input),
            Self::Steer(prompt) => Some(&mut prompt.input),
            Self::Help(_)
            | Self::Warnings(_)
            | Self::Policy(_)
            | Self::Waiting(_)
            | Self::Since(_)
            | Self::Evidence(_)
            | Self::Files(_)
            | Self::Summary(_)
            | Self::ComparedRuns(_) => None,
        }
    }
}
