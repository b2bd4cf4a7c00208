//! Events that the application handles, and the effects it requests.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::alerts::Alert;
use crate::app::{Drawn, KeyPress, NoticeKind};
use crate::editor::EditOutcome;
use crate::model::Failure;
use crate::model::{AgentText, Command, CommitId, Decision, Diverged, Drafts, ExperimentId, Host, IntakeReport};
use crate::query::{Request, Response};
use crate::watch::View;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyPress),
    /// The mouse was used.
    Mouse(Mouse),
    /// The terminal gained or lost the focus.
    Focus(bool),
    /// Text was pasted.
    Paste(String),
    /// The terminal was resized, in columns and rows.
    Resize(u16, u16),
    /// The loop changed.
    Observed(View),
    /// The editor was closed: the new text, `None` if nothing changed; or an error.
    Edited(Box<Editing>, Result<EditOutcome, Failure>),
    /// A query was answered.
    Answered(Response),
    /// A decision was made, or failed.
    Decided(Result<Box<Decision>, Failure>),
    /// Questions about an experiment were sent, with the number of their record; or sending failed.
    Asked(Result<(ExperimentId, u64), Failure>),
    /// Proposals were read from the mailbox.
    ProposalsCollected(Result<IntakeReport, Failure>),
    /// The result of inspecting the approved branch; `None` if it has not diverged.
    DivergedFound(Result<Option<Box<Diverged>>, Failure>),
    /// A message for the person.
    Notice(NoticeKind, String),
    /// A line of the policy was written, with a message; or writing failed.
    PolicyWritten(Result<&'static str, Failure>),
    /// The terminal received a complete frame.
    Drawn(Drawn),
    /// Later keys were read after the terminal had received this frame.
    SeenUntil(Drawn),
    /// Measured widths of characters: whether the terminal draws each as wide as it is counted; `None` if the terminal
    /// did not answer.
    Measured(Option<Vec<(String, bool)>>),
    /// The host was sampled.
    Host(Host),
    /// The time, in milliseconds since the epoch.
    Tick(i64),
}

/// A mouse event, in cells from the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// The left button was pressed, at a column and a row.
    Click(u16, u16),
    /// The wheel turned, at a column and a row; true for down.
    Wheel(u16, u16, bool),
}

/// Something to be done outside the application state.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Sends a request to the query threads.
    Ask(Request),
    /// Sends a command to the decision thread.
    Decide(Command),
    /// Something at the terminal, or in the person's stored state.
    Shell(Shell),
}

/// Something that the process at the terminal does.
#[derive(Clone, Debug)]
pub enum Shell {
    /// Copies this text to the clipboard, through the terminal.
    Copy(String),
    /// Alerts the person.
    Alert(Alert),
    /// Opens a file in the person's editor.
    Edit(Box<Editing>),
    /// Stores the drafts.
    KeepDrafts(Arc<Drafts>),
    /// Stores the chosen theme.
    KeepTheme(String),
    /// Stores the names that the person gave to runs, by log.
    KeepRunNames(Arc<BTreeMap<String, String>>),
    /// Asks the terminal how wide these characters are.
    Measure(Vec<String>),
    /// Saves the view to a file, in the format of its extension.
    Save(PathBuf),
    /// Quits.
    Quit,
}

/// A file for the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editing {
    /// The change that it amends, and the approved tip that it is based on; `None` for read-only.
    pub amends: Option<(ExperimentId, CommitId)>,
    /// Path in the tree.
    pub path: AgentText,
    /// The content.
    pub text: Arc<str>,
    /// The line to open at, from 1.
    pub line: u32,
}
