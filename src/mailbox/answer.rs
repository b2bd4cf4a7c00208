//! The JSON of a decision, read by agents. Readers must treat an unknown value as *not approved*.

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
    /// File in the outbox that contains the commit, if the agent's repository does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<&'a str>,
    /// The hunks that were not approved as proposed.
    hunks: Vec<Value>,
    comments: &'a [Comment],
    reason: &'a str,
    reviewer: &'a str,
    by_policy: bool,
    at: String,
    seq: u64,
}

/// Returns the decision's word in JSON.
fn word(kind: DecisionKind) -> &'static str {
    match kind {
        DecisionKind::Approved => "approved",
        DecisionKind::Partial => "partial",
        // Reverted after approval: a late reader must not build on it.
        DecisionKind::Vetoed | DecisionKind::Reverted => "vetoed",
        DecisionKind::ChangesRequested => "changes_requested",
        DecisionKind::Stale => "stale",
        DecisionKind::Expired => "expired",
    }
}

/// Returns the answer to a proposal. A refusal contains the person's reason, but not which check fired. If
/// `is_as_proposed` is false, another tree was approved and the answer is `partial`. `bundle` names the file that
/// contains the approved commit, if the agent needs one.
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
        // A different tree than the proposed one: the agent must run its checks again, whatever the person changed.
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

/// Returns the hunks' verdicts, each with the comments on its lines.
fn hunks(decision: &Decision) -> Vec<Value> {
    let comments_on = |hunk: &HunkVerdict| {
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
    let hunk_json = |hunk: &HunkVerdict| {
        let mut json = serde_json::to_value(hunk).unwrap_or_default();
        let comment = comments_on(hunk);
        if let (Value::Object(fields), false) = (&mut json, comment.is_empty()) {
            fields.insert("comment".to_owned(), comment.into());
        }
        json
    };
    decision.hunks.iter().map(hunk_json).collect()
}

/// Returns the answer to a proposal that the agent superseded with another.
pub fn superseded_json(id: &ProposalId, proposal: &Proposal, by: &ProposalId) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&json!({
        "v": 1, "id": id, "decision": "stale", "gate": proposal.gate, "base": proposal.base, "head": proposal.head,
        "commit": null, "reason": format!("superseded by {by}"), "superseded_by": by,
    }))
}

/// Formats a time in milliseconds since the epoch as RFC 3339.
pub(super) fn at(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|at| at.to_string()).unwrap_or_default()
}
