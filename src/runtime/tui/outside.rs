//! The outside of the terminal UI: worker threads, the terminal, and the person's own files.

use std::path::PathBuf;

use crate::alerts::Alert;
use crate::app::{Editing, Event, NoticeKind, Shell, State};
use crate::model::Command;
use crate::query::{Pool, Request};
use crate::runtime::themes::ThemeFiles;
use crate::runtime::workers::{DecideWorker, DraftWriter};
use crate::runtime::{Outside, state_dir};
use crate::terminal;
use crate::user_state;

/// Everything that the terminal UI acts on beside its state.
pub(super) struct Threads {
    pub(super) pool: Pool,
    pub(super) decider: DecideWorker,
    pub(super) drafts: DraftWriter,
    pub(super) themes: ThemeFiles,
    /// The person's state directory.
    pub(super) user_state: PathBuf,
    /// Decisions that the decide worker has not answered yet.
    pub(super) writing: usize,
    /// A file to open in the person's editor.
    pub(super) editing: Option<Box<Editing>>,
    /// Symbols whose width the terminal is to be asked for.
    pub(super) measuring: Option<Vec<String>>,
    /// True once the person asked to leave.
    pub(super) is_leaving: bool,
}

impl Threads {
    /// Alerts a person who is away from the screen.
    fn alert(&self, alert: Alert, state: &State) {
        let calling = &state.alerts.settings;
        // The next frame detects a terminal that is gone.
        if calling.bell {
            let _ = terminal::ring();
        }
        let _ = terminal::notify(calling.desktop, &alert.words());
        if !calling.command.is_empty() {
            self.decider.run_alert(calling.command.clone(), alert.json);
        }
    }
}

impl Outside for Threads {
    fn ask(&mut self, request: Request, state: &State) -> Vec<Event> {
        self.pool.ask(request, &state.snapshot, &state.policy);
        Vec::new()
    }

    fn decide(&mut self, command: Command, state: &State) -> Vec<Event> {
        self.writing += usize::from(command.decides());
        // The loop as shown: it may have switched branches since the start.
        self.decider.send(command, &state.snapshot.identity);
        Vec::new()
    }

    fn shell(&mut self, shell: Shell, state: &State) -> Vec<Event> {
        let failed = |what: &str, error: std::io::Error| {
            vec![Event::Notice(NoticeKind::Bad, format!("the {what} could not be saved: {error}"))]
        };
        let identity = &state.snapshot.identity;
        match shell {
            Shell::Quit => self.is_leaving = true,
            Shell::Alert(alert) => self.alert(alert, state),
            // A clipboard cannot report a failure.
            Shell::Copy(text) => drop(terminal::copy(&text)),
            Shell::Save(path) => {
                let theme = self.themes.get(state.screen.themes.shown());
                self.decider.save(state, &theme, path);
            }
            Shell::Edit(editing) => self.editing = Some(editing),
            Shell::Measure(symbols) => self.measuring = Some(symbols),
            Shell::KeepDrafts(drafts) => self.drafts.keep(identity, drafts),
            Shell::KeepRunNames(names) => {
                if let Err(error) = user_state::save_run_names(&self.user_state, identity, &names) {
                    return failed("name", error);
                }
            }
            Shell::KeepTheme(name) => {
                if let Err(error) = user_state::save_theme(&state_dir(), &name) {
                    return failed("theme", error);
                }
            }
        }
        Vec::new()
    }
}
