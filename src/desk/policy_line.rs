//! The lines of policy that a key writes: which direction of the objective is better, which table is read.

use super::{Desk, DeskError};
use crate::disk::{read_text, remedy, replace};
use crate::model::Goal;
use crate::policy::Policy;

/// Writes metric and direction into the person's policy. A policy that speaks of the objective
/// already is left alone: a person wrote that.
pub fn write_direction(desk: &Desk, metric: &str, goal: Goal) -> Result<(), DeskError> {
    let word = match goal {
        Goal::Minimize => "minimize",
        Goal::Maximize => "maximize",
    };
    let line = format!("objective: {{metric: {}, goal: {word}}}", quoted(metric)?);
    write(desk, |text| {
        if text.lines().any(|line| line.trim_start().starts_with("objective")) {
            return Err("speaks of the objective already: add `goal` there");
        }
        Ok(appended(text, &line))
    })
}

/// Writes which results table is read into the person's policy, in the place of an earlier choice.
pub fn write_table(desk: &Desk, path: &str) -> Result<(), DeskError> {
    let line = format!("results: {}", quoted(path)?);
    write(desk, |text| {
        let others: String =
            text.lines().filter(|line| !line.starts_with("results:")).map(|line| format!("{line}\n")).collect();
        Ok(appended(&others, &line))
    })
}

/// Changes the person's policy, if it can still be read then.
fn write(desk: &Desk, change: impl Fn(&str) -> Result<String, &'static str>) -> Result<(), DeskError> {
    let path = desk.repo.own_file("policy.yaml")?;
    let text = match read_text(&path, 1 << 20) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(DeskError::Policy(format!("{}: {error}", path.display()))),
    };
    let text = change(&text).map_err(|why| DeskError::Policy(format!("{} {why}", path.display())))?;
    Policy::parse(&text).map_err(|error| DeskError::Policy(error.to_string()))?;
    replace(&path, text.as_bytes())
        .map_err(|error| DeskError::Policy(format!("{}: {error}; {}", path.display(), remedy(&error))))
}

/// A name that comes from the agent: a JSON string is a YAML string with everything escaped.
fn quoted(name: &str) -> Result<String, DeskError> {
    serde_json::to_string(name).map_err(|error| DeskError::Policy(error.to_string()))
}

fn appended(text: &str, line: &str) -> String {
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{gap}{line}\n")
}
