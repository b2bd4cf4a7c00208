//! What an agent's message says, with everything it may leave out and everything it may not.

use serde::Deserialize;

use super::Refused;
use super::token::owner_of;
use crate::model::{AgentText, Asker, CommitId, Evidence, Gate, ProposalId};

/// Metrics of which a proposal may tell.
const MOST_EVIDENCE: usize = 64;
/// Bytes of a rationale beyond which it is cut.
const LONGEST_RATIONALE: usize = 16 * 1024;

/// A message, read and checked as far as it can be without the repository.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its name, when it says one.
    pub id: Option<ProposalId>,
    /// What the agent calls the whole of it; empty when not said.
    pub idempotency_key: AgentText,
    /// Where the loop waits.
    pub gate: Gate,
    /// Commit before the change.
    pub base: CommitId,
    /// Commit after the change; `None` when a patch says what changes.
    pub head: Option<CommitId>,
    /// What it is, in a line.
    pub title: AgentText,
    /// Why; empty when not said.
    pub rationale: AgentText,
    /// Who asks.
    pub agent: Asker,
    /// What measuring gave, by the agent's words.
    pub evidence: Vec<Evidence>,
    /// The earlier proposal that this one takes the place of.
    pub supersedes: Option<ProposalId>,
    /// What shows who asks: the hash of the agent's token; empty when it has none.
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

/// Reads `proposal.json`. What is wrong is told with line and column, or with the field's name.
pub fn read_message(bytes: &[u8]) -> Result<Message, Refused> {
    let raw: Raw = serde_json::from_slice(bytes).map_err(|error| Refused {
        incomplete: error.is_eof(),
        ..Refused::because(format!("proposal.json: {error}"))
    })?;
    if raw.v != 1 {
        return Err(Refused::because(format!("proposal.json: version {} is not known here; `v` is 1", raw.v)));
    }
    let id = |name: &str, text: Option<String>| -> Result<Option<ProposalId>, Refused> {
        let parsed = text.map(|text| text.parse()).transpose();
        parsed.map_err(|why| Refused::because(format!("proposal.json: {name}: {why}")))
    };
    let commit = |name: &str, text: &str| -> Result<CommitId, Refused> {
        text.parse().map_err(|why| Refused::because(format!("proposal.json: {name}: {why}")))
    };
    if raw.title.trim().is_empty() {
        return Err(Refused::because("proposal.json: title: it must say what is proposed"));
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
            .map(|told| Evidence { metric: AgentText::bounded(&told.metric), before: told.before, after: told.after })
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
    fn little_is_needed_and_nothing_is_guessed() -> Result<(), Refused> {
        let least = read_message(format!(r#"{{"v":1,"base":"{BASE}","title":"x"}}"#).as_bytes())?;
        assert_eq!((least.gate, least.head, least.id), (Gate::Keep, None, None));
        for (text, wanted) in [
            ("{", "line 1 column 1"),
            ("[]", "line 1"),
            (r#"{"v":2,"base":"B","title":"x"}"#, "version 2"),
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
