//! The one line of policy that a key writes: which direction of the objective is better.

use super::{Desk, DeskError};
use crate::disk::{remedy, replace};
use crate::model::Goal;
use crate::policy::Policy;

/// Writes metric and direction into the person's policy. A policy that speaks of the objective
/// already is left alone: a person wrote that.
pub fn write_direction(desk: &Desk, metric: &str, goal: Goal) -> Result<(), DeskError> {
    let path = desk.repo.own_file("policy.yaml")?;
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(DeskError::Policy(format!("{}: {error}", path.display()))),
    };
    if text.lines().any(|line| line.trim_start().starts_with("objective")) {
        return Err(DeskError::Policy(format!("{} speaks of the objective already: add `goal` there", path.display())));
    }
    let word = match goal {
        Goal::Minimize => "minimize",
        Goal::Maximize => "maximize",
    };
    // The metric's name comes from the agent: a JSON string is a YAML string with everything escaped.
    let name = serde_json::to_string(metric).map_err(|error| DeskError::Policy(error.to_string()))?;
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let text = format!("{text}{gap}objective: {{metric: {name}, goal: {word}}}\n");
    Policy::parse(&text).map_err(|error| DeskError::Policy(error.to_string()))?;
    replace(&path, text.as_bytes())
        .map_err(|error| DeskError::Policy(format!("{}: {error}; {}", path.display(), remedy(&error))))
}
