//! What happens to the application, and what it wants done.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::alerts::Alert;
use crate::app::{Drawn, Editing, KeyPress, Mouse, NoticeKind};
use crate::model::{Command, Decision, Diverged, Drafts, ExperimentId, Host, TakenIn};
use crate::query::{Request, Response};
use crate::watch::View;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyPress),
    /// The mouse was used.
    Mouse(Mouse),
    /// The terminal got the focus, or lost it.
    Focus(bool),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The loop changed.
    Observed(View),
    /// The editor is closed: what was written, `None` where nothing was changed; or why it could not be used.
    Edited(Box<Editing>, Result<Option<String>, String>),
    /// A question was answered.
    Answered(Response),
    /// The desk is done: the decision, or why there is none.
    Decided(Result<Box<Decision>, String>),
    /// Questions about an experiment are out, and which record tells of them; or why not.
    Asked(Result<(ExperimentId, u64), String>),
    /// The desk took in what lay at the agent's door.
    TakenIn(Result<TakenIn, String>),
    /// What somebody did to the approved branch; `None` when it is where it should be.
    DivergedFound(Result<Option<Box<Diverged>>, String>),
    /// Something that the person should be told.
    Notice(NoticeKind, String),
    /// A line of the person's policy was written, with what to say of it; or why not.
    PolicyWritten(Result<&'static str, String>),
    /// The terminal took a whole frame.
    Drawn(Drawn),
    /// Keys from now on were read after the terminal had taken this frame.
    Faced(Drawn),
    /// The terminal was asked how wide signs are: each with whether it draws it as it is counted; `None` where it did
    /// not answer.
    Measured(Option<Vec<(String, bool)>>),
    /// The machine was looked at.
    Host(Host),
    /// Milliseconds since the epoch.
    Tick(i64),
}

/// Something to be done elsewhere.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Ask the query pool.
    Ask(Request),
    /// Have the desk do something.
    Decide(Command),
    /// Something at the terminal, or among what is kept between visits.
    Shell(Shell),
}

/// What is done where the screen is.
#[derive(Clone, Debug)]
pub enum Shell {
    /// Put this text into the person's clipboard, through the terminal.
    Copy(String),
    /// Call the person: something new waits.
    Call(Alert),
    /// Hand a file to the person's editor.
    Edit(Box<Editing>),
    /// Keep what was written and not decided.
    KeepDrafts(Arc<Drafts>),
    /// Remember the theme that was chosen.
    KeepTheme(String),
    /// Keep the names that the person gave to runs, by their logs.
    KeepRunNames(Arc<BTreeMap<String, String>>),
    /// Ask the terminal how wide these signs are.
    Measure(Vec<String>),
    /// Save what the view shows to a file, by its ending.
    Save(PathBuf),
    /// Leave.
    Quit,
}
