//! Parses and validates an agent's message, with its required and optional fields.

use serde::Deserialize;

use super::Refused;
use super::token::owner_of;
use crate::model::{AgentText, Asker, CommitId, Evidence, Gate, ProposalId};

/// Metrics allowed in a proposal's evidence.
const MOST_EVIDENCE: usize = 64;
/// Longest rationale in bytes; the rest is cut.
const LONGEST_RATIONALE: usize = 16 * 1024;

/// A message, checked as far as possible without the repository.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its id; `None` if it has none.
    pub id: Option<ProposalId>,
    /// The agent's idempotency key; empty if missing.
    pub idempotency_key: AgentText,
    /// The gate where the loop waits.
    pub gate: Gate,
    /// Commit before the change.
    pub base: CommitId,
    /// Commit after the change; `None` if the change is a patch.
    pub head: Option<CommitId>,
    /// One-line summary.
    pub title: AgentText,
    /// The rationale; empty if missing.
    pub rationale: AgentText,
    /// The agent.
    pub agent: Asker,
    /// The measured values, self-reported.
    pub evidence: Vec<Evidence>,
    /// The earlier proposal that this one replaces.
    pub supersedes: Option<ProposalId>,
    /// The hash of the agent's token, which identifies it; empty if it has none.
    pub owner: String,
}

#[derive(Deserialize)]
struct Raw {
    v: u64,
    id: Option<String>,
    idempotency_key: Option<String>,
    gate: Option<Gate>,
    base: String,
    change: Option<RawChange>,
    title: String,
    rationale: Option<String>,
    agent: Option<RawAgent>,
    evidence: Option<Vec<RawEvidence>>,
    supersedes: Option<String>,
    token: Option<String>,
}

#[derive(Deserialize)]
struct RawChange {
    head: Option<String>,
}

#[derive(Deserialize)]
struct RawAgent {
    name: Option<String>,
    model: Option<String>,
    session: Option<String>,
}

#[derive(Deserialize)]
struct RawEvidence {
    metric: String,
    before: Option<f64>,
    after: Option<f64>,
}

/// Parses `proposal.json`. Errors name the line and column, or the field.
pub fn read_message(bytes: &[u8]) -> Result<Message, Refused> {
    let raw: Raw = serde_json::from_slice(bytes).map_err(|error| Refused {
        incomplete: error.is_eof(),
        ..Refused::because(format!("proposal.json: {error}"))
    })?;
    if raw.v != 1 {
        return Err(Refused::because(format!("proposal.json: unknown version {}; `v` must be 1", raw.v)));
    }
    let id = |name: &str, text: Option<String>| -> Result<Option<ProposalId>, Refused> {
        let parsed = text.map(|text| text.parse()).transpose();
        parsed.map_err(|why| Refused::because(format!("proposal.json: {name}: {why}")))
    };
    let commit = |name: &str, text: &str| -> Result<CommitId, Refused> {
        text.parse().map_err(|why| Refused::because(format!("proposal.json: {name}: {why}")))
    };
    if raw.title.trim().is_empty() {
        return Err(Refused::because("proposal.json: title: must not be empty"));
    }
    let evidence = raw.evidence.unwrap_or_default();
    if evidence.len() > MOST_EVIDENCE {
        return Err(Refused::because(format!("proposal.json: evidence: more than {MOST_EVIDENCE} metrics")));
    }
    let text = |text: Option<String>| AgentText::bounded(&text.unwrap_or_default());
    let agent = raw.agent.unwrap_or(RawAgent { name: None, model: None, session: None });
    let head = raw.change.and_then(|change| change.head);
    Ok(Message {
        id: id("id", raw.id)?,
        idempotency_key: text(raw.idempotency_key),
        gate: raw.gate.unwrap_or_default(),
        base: commit("base", &raw.base)?,
        head: head.map(|head| commit("change.head", &head)).transpose()?,
        title: AgentText::bounded(&raw.title),
        rationale: AgentText::cut(&raw.rationale.unwrap_or_default(), LONGEST_RATIONALE),
        agent: Asker { name: text(agent.name), model: text(agent.model), session: text(agent.session) },
        evidence: evidence
            .into_iter()
            .map(|raw| Evidence { metric: AgentText::bounded(&raw.metric), before: raw.before, after: raw.after })
            .collect(),
        supersedes: id("supersedes", raw.supersedes)?,
        owner: owner_of(raw.token.as_deref().unwrap_or_default())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "1111111111111111111111111111111111111111";

    #[test]
    fn few_fields_are_required_and_none_is_guessed() -> Result<(), Refused> {
        let least = read_message(format!(r#"{{"v":1,"base":"{BASE}","title":"x"}}"#).as_bytes())?;
        assert_eq!((least.gate, least.head, least.id), (Gate::Keep, None, None));
        for (text, wanted) in [
            ("{", "line 1 column 1"),
            ("[]", "line 1"),
            (r#"{"v":2,"base":"B","title":"x"}"#, "unknown version 2"),
            (r#"{"v":1,"base":"abc","title":"x"}"#, "base: not a full object id"),
            (r#"{"v":1,"base":"B","title":" "}"#, "title"),
            (r#"{"v":1,"base":"B","title":"x","id":"../x"}"#, "id: a proposal's id"),
            (r#"{"v":1,"base":"B","title":"x","gate":"auto"}"#, "unknown variant"),
            (r#"{"v":1,"base":"B","title":"x","evidence":[{"metric":"m","after":NaN}]}"#, "line 1"),
            (r#"{"v":1,"base":"B","title":"x","title":"y"}"#, "duplicate field"),
            (r#"{"v":1,"base":"B","title":"x","token":"short"}"#, "token: 16 to 128"),
            (&format!("{{\"x\":{}", "[".repeat(200_000)), "EOF while parsing"),
        ] {
            let error = read_message(text.replace(r#""B""#, &format!("{BASE:?}")).as_bytes()).err();
            let error = error.map(|refused| refused.why).unwrap_or_default();
            assert!(error.contains(wanted), "{text:.60}: {error}");
        }
        Ok(())
    }
}
