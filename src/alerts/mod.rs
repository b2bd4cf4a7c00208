//! Alerts for a person who is away: the terminal bell, a desktop notification, the person's own program.

mod program;

pub use program::run;

use serde::Deserialize;

use crate::model::{Snapshot, counted};
use crate::policy::text::json_for_terminals;

/// The condition for alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// While the person is away: another window has the focus or, if the terminal does not report focus, no key was
    /// pressed for a minute.
    #[default]
    Away,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The escape sequence for desktop notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Desktop {
    /// Chosen by terminal type.
    #[default]
    Auto,
    /// OSC 9.
    Osc9,
    /// OSC 777.
    Osc777,
    /// No notification.
    Off,
}

/// The person's alert settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertSettings {
    /// The condition for alerts.
    pub when: When,
    /// True to ring the terminal's bell.
    pub bell: bool,
    /// Desktop notifications sent through the terminal.
    pub desktop: Desktop,
    /// A program and its arguments, run with the alert as JSON on its standard input; empty for none.
    pub command: Vec<String>,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self { when: When::Away, bell: true, desktop: Desktop::Auto, command: Vec::new() }
    }
}

/// An alert about new changes in the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Number of new changes.
    pub new: usize,
    /// Number of changes in the inbox.
    pub waiting: usize,
    /// The alert as JSON, with terminal control characters escaped.
    pub json: String,
}

/// Changes listed in the JSON at most.
const MOST_LISTED: usize = 20;

impl Alert {
    /// Creates an alert about the experiments with these indices.
    pub fn about(snapshot: &Snapshot, new: &[usize]) -> Self {
        let changes: Vec<_> = new
            .iter()
            .take(MOST_LISTED)
            .map(|index| {
                let experiment = &snapshot.experiments[*index];
                let proposal = snapshot.pending(&experiment.id);
                serde_json::json!({
                    "experiment": experiment.id,
                    "title": experiment.row.description,
                    "gate": proposal.map(|proposal| proposal.gate),
                    "proposal": proposal.map(|proposal| &proposal.id),
                    "agent": proposal.map(|proposal| &proposal.agent.name),
                })
            })
            .collect();
        let json = serde_json::json!({
            "v": 1, "run": snapshot.identity.tag(), "new": new.len(), "waiting": snapshot.waiting.len(), "changes": changes,
        });
        // The program may print it.
        let json = json_for_terminals(&json.to_string());
        Self { new: new.len(), waiting: snapshot.waiting.len(), json }
    }

    /// Returns the text of the desktop notification; it contains no text of the agent's.
    pub fn words(&self) -> String {
        let new = format!("{} waiting for you", counted(self.new, "new change"));
        if self.waiting > self.new { format!("{new}, {} in total", self.waiting) } else { new }
    }
}
