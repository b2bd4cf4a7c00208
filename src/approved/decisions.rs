//! The decisions in the ledger for a loop, with questions and pauses.

use std::collections::HashSet;

use crate::ledger::{Body, Chain, Entry, LoopKey};
use crate::model::{Decision, DecisionKind, Gate, LoopIdentity, Question};

/// Returns the decisions of one loop, oldest first, and the person's vetoes in all other loops of this ledger: the
/// agent chooses the branch on which it proposes again.
pub fn decisions(chain: &Chain, identity: &LoopIdentity) -> Vec<Decision> {
    let key = LoopKey::from(identity);
    let of = |entry: &Entry| -> Option<Decision> {
        let decision = decision_of(chain, entry)?;
        let is_veto = decision.kind == DecisionKind::Vetoed && !decision.by_policy;
        (entry.loop_key == key || is_veto).then_some(decision)
    };
    chain.entries.iter().filter_map(of).collect()
}

/// Returns the sequence numbers of the decisions that were made for one loop only.
pub fn own_records(chain: &Chain, identity: &LoopIdentity) -> HashSet<u64> {
    let key = LoopKey::from(identity);
    chain.entries.iter().filter(|entry| entry.loop_key == key).map(|entry| entry.record.seq).collect()
}

/// Returns the decision of a record; `None` for other records.
pub fn decision_of(chain: &Chain, entry: &Entry) -> Option<Decision> {
    let Body::Decision {
        experiment,
        decision,
        intent,
        commit,
        proposal,
        comments,
        acknowledged: _,
        on_screen_s,
        by_policy,
        reviewer,
        reason,
    } = &entry.record.body
    else {
        return None;
    };
    let candidate = intent.and_then(|intent| chain.intended(intent));
    Some(Decision {
        experiment: experiment.clone(),
        kind: *decision,
        gate: proposal.as_ref().map_or(Gate::Keep, |asked| asked.gate),
        proposal: proposal.as_ref().map(|asked| asked.id.clone()),
        by_policy: *by_policy,
        comments: comments.clone(),
        commit: *commit,
        tree: candidate.map(|candidate| candidate.tree),
        measured_as_is: candidate.is_some_and(|candidate| candidate.measured_as_is),
        hunks: candidate.map(|candidate| candidate.hunks.clone()).unwrap_or_default(),
        on_screen_s: *on_screen_s,
        reviewer: reviewer.clone(),
        at_ms: entry.record.at.as_millisecond(),
        reason: reason.clone(),
        seq: entry.record.seq,
    })
}

/// Returns the questions about proposals of a loop, oldest first.
pub fn questions(chain: &Chain, identity: &LoopIdentity) -> Vec<Question> {
    let key = LoopKey::from(identity);
    let own = chain.entries.iter().filter(|entry| entry.loop_key == key);
    own.filter_map(|entry| match &entry.record.body {
        Body::Asked { proposal, comments, reviewer } => Some(Question {
            proposal: proposal.id.clone(),
            comments: comments.clone(),
            reviewer: reviewer.clone(),
            at_ms: entry.record.at.as_millisecond(),
            seq: entry.record.seq,
        }),
        _ => None,
    })
    .collect()
}

/// Returns why the loops of this ledger are paused; `None` if they are not. A pause applies to all of them, because the
/// agent chooses work tree and branch.
pub fn paused(chain: &Chain) -> Option<&str> {
    let last = chain.entries.iter().rev().find_map(|entry| match &entry.record.body {
        Body::Paused { paused, reason, .. } => Some((*paused, reason.as_str())),
        _ => None,
    });
    last.filter(|(paused, _)| *paused).map(|(_, reason)| reason)
}
