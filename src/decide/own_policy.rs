//! The person's policy: accepts it into the ledger, and writes the lines of it that a key press changes.

use super::author::By;
use super::gate_key::{GateKeys, named_key};
use super::{DecideError, Decider};
use crate::approved::{is_same_policy, policy_text, recorded_policy};
use crate::disk::{remedy, replace};
use crate::ledger::{Body, Chain};
use crate::model::Goal;
use crate::policy::Policy;

/// Returns the public key for automatic answers that a policy text names, if it differs from the one in force.
pub fn other_gate_key(chain: &Chain, text: &str) -> Result<Option<String>, DecideError> {
    let policy = Policy::parse(text).map_err(|error| DecideError::Policy(error.to_string()))?;
    Ok(named_key(&policy)?.filter(|named| GateKeys::of(chain).newest() != Some(named)))
}

impl Decider {
    /// Puts the policy file in force as it was shown, with its public key for automatic answers if that changed.
    /// Returns the number of the record.
    pub fn accept_policy(&self, shown: &str, shown_key: Option<&str>) -> Result<u64, DecideError> {
        let mut ledger = self.ready()?;
        let before = self.policy(&ledger)?;
        let text = policy_text(&self.repo)?;
        if text != shown {
            return Err(DecideError::Changed("policy.yaml changed since it was shown".to_owned()));
        }
        let after = Policy::parse(&text).map_err(|error| DecideError::Policy(error.to_string()))?;
        let person = self.person()?;
        self.refuse_unsigned(&ledger, &before)?;
        // A person cannot loosen a policy without the signature that it requires, nor put one in force that they cannot
        // sign for.
        let signing_required = before.signing_required || after.signing_required;
        let before = Policy { signing_required, ..before };
        let automatic = named_key(&after)?;
        if other_gate_key(ledger.chain(), &text)?.is_some_and(|other| shown_key != Some(&*other)) {
            return Err(DecideError::Changed(
                "the key for automatic answers differs from the accepted one (countersign policy shows it)".to_owned(),
            ));
        }
        let body = Body::Policy { text, automatic, reviewer: person.to_string() };
        let seq = self.record(&mut ledger, &before, By::Person(&person), body)?.record.seq;
        ledger.close()?;
        Ok(seq)
    }

    /// Writes metric and direction into the person's policy. Leaves a policy alone that already has an `objective`: a
    /// person wrote it.
    pub fn write_direction(&self, metric: &str, goal: Goal) -> Result<(), DecideError> {
        let word = match goal {
            Goal::Minimize => "minimize",
            Goal::Maximize => "maximize",
        };
        let line = format!("objective: {{metric: {}, goal: {word}}}", quoted(metric)?);
        self.change_policy(|text| {
            if text.lines().any(|line| line.trim_start().starts_with("objective")) {
                return Err("already has an `objective`: add `goal` there");
            }
            Ok(appended(text, &line))
        })
    }

    /// Writes the choice of the results table into the person's policy, replacing an earlier choice.
    pub fn write_table(&self, path: &str) -> Result<(), DecideError> {
        let line = format!("results: {}", quoted(path)?);
        self.change_policy(|text| {
            let others: String =
                text.lines().filter(|line| !line.starts_with("results:")).map(|line| format!("{line}\n")).collect();
            Ok(appended(&others, &line))
        })
    }

    /// Changes the policy file, if the result is a valid policy, and accepts it if one is in force already.
    fn change_policy(&self, change: impl Fn(&str) -> Result<String, &'static str>) -> Result<(), DecideError> {
        let path = self.repo.own_path("policy.yaml")?;
        let in_force = if self.ledger.exists() {
            let (ledger, _) = self.ready_for_person()?;
            recorded_policy(ledger.chain()).map(|(_, text)| text.to_owned())
        } else {
            None
        };
        // The file is read again after that check, and somebody may have replaced it in between: only what is in force
        // may be accepted with the line, nothing that the person did not see.
        let text = policy_text(&self.repo)?;
        if in_force.as_ref().is_some_and(|in_force| !is_same_policy(&text, in_force)) {
            return Err(DecideError::Changed("policy.yaml changed just now".to_owned()));
        }
        let text = change(&text).map_err(|why| DecideError::Policy(format!("{} {why}", path.display())))?;
        Policy::parse(&text).map_err(|error| DecideError::Policy(error.to_string()))?;
        replace(&path, text.as_bytes())
            .map_err(|error| DecideError::Policy(format!("{}: {error}; {}", path.display(), remedy(&error))))?;
        if in_force.is_some() {
            self.accept_policy(&text, None)?;
        }
        Ok(())
    }
}

/// Quotes a name that comes from the agent: a JSON string is also a YAML string, with everything escaped.
fn quoted(name: &str) -> Result<String, DecideError> {
    serde_json::to_string(name).map_err(|error| DecideError::Policy(error.to_string()))
}

fn appended(text: &str, line: &str) -> String {
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{gap}{line}\n")
}
