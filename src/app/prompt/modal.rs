//! The windows over the view.

use tui_input::Input;

use super::Palette;
use super::window::WindowState;
use crate::app::{AnswerPrompt, CommentPrompt, Confirm, DivergedPrompt, Filter, PolicyPrompt, SteerPrompt};
use crate::model::{ExperimentId, TrialId};

/// State of the window over the view.
#[derive(Debug, Default)]
pub struct Window {
    /// The open window; `None` if there is none.
    pub modal: Option<Modal>,
    /// State of its drawing.
    pub drawn: WindowState,
}

/// A window over the view.
#[derive(Clone, Debug)]
pub enum Modal {
    /// The keys of the current view; number of scrolled rows.
    Help(usize),
    /// The warnings; number of scrolled rows.
    Warnings(usize),
    /// The confirmation of a commit.
    Confirm(Box<Confirm>),
    /// The inspection of a diverged branch.
    Diverged(Box<DivergedPrompt>),
    /// A veto or another answer to the agent being written.
    Answer(Box<AnswerPrompt>),
    /// A comment on a line being written.
    Comment(Box<CommentPrompt>),
    /// A steering action: a note, pausing, resuming, stopping a trial.
    Steer(Box<SteerPrompt>),
    /// A line of the person's policy to confirm.
    Policy(Box<PolicyPrompt>),
    /// A placeholder while something to decide on is being computed.
    Waiting(Waiting),
    /// Changes since the last visit; number of scrolled rows.
    Since(usize),
    /// All evidence about the shown change; number of scrolled rows.
    Evidence(usize),
    /// The files of the change; index of the selected one.
    Files(usize),
    /// The palette: actions, experiments, files and themes by a few letters.
    Palette(Box<Palette>),
    /// The results of this session; number of scrolled rows.
    Summary(usize),
    /// A search in the diff being typed, and the row of the cursor before it.
    Seek(Input, usize),
    /// A filter of metrics being typed, and the previous filter.
    Filter(Input, Option<Filter>),
    /// Two runs side by side; number of scrolled rows.
    ComparedRuns(usize),
    /// A filter of run names being typed.
    RunFilter(Input),
    /// A new name for a run being typed.
    Rename(Input, TrialId),
    /// The file name to save the view to, being typed.
    Save(Input),
    /// A search for experiments being typed, and the selection before it.
    Search(Input, Option<ExperimentId>),
}

/// A computation whose result the person will decide on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// The commit of a revert.
    Revert,
    /// The inspection of a diverged branch.
    Branch,
}

impl Modal {
    /// True if keys of the window decide something or send text to an agent.
    pub(in crate::app) fn decides(&self) -> bool {
        matches!(self, Self::Confirm(_) | Self::Diverged(_) | Self::Answer(_) | Self::Steer(_) | Self::Policy(_))
    }

    /// Returns the input line; `None` if the window has none.
    pub(in crate::app) fn input(&mut self) -> Option<&mut Input> {
        match self {
            Self::Palette(palette) => Some(&mut palette.input),
            Self::Search(input, _) | Self::Seek(input, _) | Self::Filter(input, _) => Some(input),
            Self::Save(input) | Self::RunFilter(input) | Self::Rename(input, _) => Some(input),
            Self::Confirm(confirm) => confirm.reply.line(),
            Self::Diverged(prompt) => prompt.reply.line(),
            Self::Answer(prompt) => prompt.reply.line(),
            Self::Comment(prompt) => prompt.reply.line(),
            Self::Steer(prompt) => prompt.reply.line(),
            Self::Policy(prompt) => prompt.reply.line(),
            Self::Help(_)
            | Self::Warnings(_)
            | Self::Waiting(_)
            | Self::Since(_)
            | Self::Evidence(_)
            | Self::Files(_)
            | Self::Summary(_)
            | Self::ComparedRuns(_) => None,
        }
    }
}
