//! What an agent reads: a decision, as JSON. What is not known by a reader means *not approved*.

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::{Comment, CommitId, Decision, DecisionKind, FileSide, HunkVerdict, Proposal, ProposalId, TreeId};

#[derive(Serialize)]
struct AnswerJson<'a> {
    v: u32,
    id: &'a ProposalId,
    decision: &'static str,
    gate: crate::model::Gate,
    base: CommitId,
    head: CommitId,
    proposed_tree: Option<TreeId>,
    approved_tree: Option<TreeId>,
    commit: Option<CommitId>,
    /// File in the outbox that holds the commit, where the agent's repository does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<&'a str>,
    /// Those that were not taken as they were proposed.
    hunks: Vec<Value>,
    comments: &'a [Comment],
    reason: &'a str,
    reviewer: &'a str,
    by_policy: bool,
    at: String,
    seq: u64,
}

/// The word for programs.
fn word(kind: DecisionKind) -> &'static str {
    match kind {
        DecisionKind::Approved => "approved",
        DecisionKind::Partial => "partial",
        // Undone after it was approved: a late reader must not build on it.
        DecisionKind::Vetoed | DecisionKind::Reverted => "vetoed",
        DecisionKind::ChangesRequested => "changes_requested",
        DecisionKind::Stale => "stale",
        DecisionKind::Expired => "expired",
    }
}

/// The answer to a proposal. What the agent is told of a refusal is the person's reason; which check
/// fired is nowhere in it. `is_as_proposed` is false where another tree was approved: then it is `partial`.
/// `bundle` names the file that holds the approved commit, where the agent needs one.
pub fn answer_json(
    id: &ProposalId,
    proposal: &Proposal,
    proposed_tree: Option<TreeId>,
    is_as_proposed: bool,
    bundle: Option<&str>,
    decision: &Decision,
) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&AnswerJson {
        v: 1,
        id,
        // Another tree than the proposed one: its checks must run again, whatever the person changed of it.
        decision: match decision.kind {
            DecisionKind::Approved if !is_as_proposed => word(DecisionKind::Partial),
            kind => word(kind),
        },
        gate: proposal.gate,
        base: proposal.base,
        head: proposal.head,
        proposed_tree,
        approved_tree: match decision.kind {
            DecisionKind::Approved | DecisionKind::Partial => decision.tree.or(proposed_tree),
            _ => None,
        },
        commit: decision.commit.filter(|_| decision.is_approval()),
        bundle,
        hunks: hunks(decision),
        comments: &decision.comments,
        reason: &decision.reason,
        reviewer: &decision.reviewer,
        by_policy: decision.by_policy,
        at: at(decision.at_ms),
        seq: decision.seq,
    })
}

/// What was said of hunks, each with what was said of its lines.
fn hunks(decision: &Decision) -> Vec<Value> {
    let said = |hunk: &HunkVerdict| {
        let on = |comment: &&Comment| {
            let lines = match comment.side {
                Some(FileSide::Old) => hunk.old,
                _ => hunk.new,
            };
            comment.path.as_ref() == Some(&hunk.path)
                && comment.line.zip(lines).is_some_and(|(line, [first, last])| (first..=last).contains(&line))
        };
        let bodies: Vec<&str> = decision.comments.iter().filter(on).map(|comment| comment.body.as_str()).collect();
        bodies.join("; ")
    };
    let told = |hunk: &HunkVerdict| {
        let mut told = serde_json::to_value(hunk).unwrap_or_default();
        let comment = said(hunk);
        if let (Value::Object(fields), false) = (&mut told, comment.is_empty()) {
            fields.insert("comment".to_owned(), comment.into());
        }
        told
    };
    decision.hunks.iter().map(told).collect()
}

/// The answer to a proposal in whose place the agent put another.
pub fn superseded_json(id: &ProposalId, proposal: &Proposal, by: &ProposalId) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&json!({
        "v": 1, "id": id, "decision": "stale", "gate": proposal.gate, "base": proposal.base, "head": proposal.head,
        "commit": null, "reason": format!("superseded by {by}"), "superseded_by": by,
    }))
}

/// A moment, as RFC 3339.
pub(super) fn at(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|at| at.to_string()).unwrap_or_default()
}
