//! Calling a person who is elsewhere: the bell, a notice on their desktop, a program of theirs.

mod program;

pub use program::run;

use serde::Deserialize;

use crate::model::Snapshot;
use crate::policy::text::json_for_terminals;

/// When to call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// While the screen is not in front: another window has the focus, or, where the terminal does not tell
    /// that, no key was pressed for a minute.
    #[default]
    Away,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a notice reaches the desktop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Desktop {
    /// By what the terminal is likely to know.
    #[default]
    Auto,
    /// OSC 9.
    Osc9,
    /// OSC 777.
    Osc777,
    /// Not at all.
    Off,
}

/// How the person wants to be called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Calling {
    /// When.
    pub when: When,
    /// True when the terminal's bell is rung.
    pub bell: bool,
    /// A notice on the desktop, by the terminal.
    pub desktop: Desktop,
    /// A program and its arguments, run with what happened as JSON on its standard input; empty for none.
    pub command: Vec<String>,
}

impl Default for Calling {
    fn default() -> Self {
        Self { when: When::Away, bell: true, desktop: Desktop::Auto, command: Vec::new() }
    }
}

/// Something new waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// How many are new.
    pub new: usize,
    /// How many wait in all.
    pub waiting: usize,
    /// The same for programs, as JSON with everything escaped that a terminal would act on.
    pub json: String,
}

/// Proposals that a program is told of by name.
const MOST_TOLD: usize = 20;

impl Alert {
    /// A call about the experiments with these indices.
    pub fn about(snapshot: &Snapshot, new: &[usize]) -> Self {
        let told: Vec<_> = new
            .iter()
            .take(MOST_TOLD)
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
            "v": 1, "run": snapshot.identity.tag(), "new": new.len(), "waiting": snapshot.waiting.len(), "changes": told,
        });
        // A program may well print it.
        let json = json_for_terminals(&json.to_string());
        Self { new: new.len(), waiting: snapshot.waiting.len(), json }
    }

    /// What a desktop shows: our words only.
    pub fn words(&self) -> String {
        let new = if self.new == 1 { "a change waits".to_owned() } else { format!("{} changes wait", self.new) };
        if self.waiting > self.new {
            format!("{new} for you, {} in all", self.waiting)
        } else {
            format!("{new} for you")
        }
    }
}
