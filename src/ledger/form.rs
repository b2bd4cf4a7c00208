//! Checks for records that the program itself never writes, whoever wrote and anchored them.

use super::{Body, Chain, Record};
use crate::model::{DecisionKind, Gate};

/// Reviewer of decisions that no person made.
const POLICY: &str = "policy";

impl Chain {
    /// Returns the first invalid one of the first `records` records, with the reason: a decision that grants more than
    /// its kind can, or that names a person without the parts of a person's decision. `None` if all are valid.
    pub fn fault(&self, records: u64) -> Option<(u64, &'static str)> {
        let believed = self.entries.iter().map(|entry| &entry.record).take_while(|record| record.seq <= records);
        let mut has_policy = false;
        for record in believed {
            if let Some(why) = fault_of(self, record, has_policy) {
                return Some((record.seq, why));
            }
            has_policy |= matches!(record.body, Body::Policy { .. });
        }
        None
    }
}

fn fault_of(chain: &Chain, record: &Record, has_policy: bool) -> Option<&'static str> {
    match &record.body {
        Body::Opened { reviewer, .. } if reviewer.is_empty() && record.seq > 1 => {
            Some("a ledger begins with its first record, or where a person restarts it")
        }
        Body::Began { reviewer, .. } if reviewer.is_empty() && has_policy => {
            Some("once there is a policy, only a person can set the start of a loop")
        }
        Body::Decision { by_policy: true, decision, intent, commit, proposal, reviewer, .. } => {
            let is_kind = matches!(decision, DecisionKind::Approved | DecisionKind::Stale | DecisionKind::Expired);
            if proposal.is_none() {
                Some("an automatic decision must answer a proposal")
            } else if intent.is_some() || commit.is_some() {
                Some("the policy made a commit; only a person's decision may")
            } else if reviewer != POLICY || !is_kind {
                Some("an automatic decision must be the policy's, and one of approved, stale, expired")
            } else {
                None
            }
        }
        Body::Decision { decision, intent, commit, proposal, reviewer, .. } => {
            let at_run_gate = proposal.as_ref().is_some_and(|asked| asked.gate == Gate::Run);
            let commits = match decision {
                DecisionKind::Approved | DecisionKind::Partial | DecisionKind::Reverted => !at_run_gate,
                DecisionKind::Vetoed | DecisionKind::ChangesRequested | DecisionKind::Stale | DecisionKind::Expired => {
                    false
                }
            };
            if at_run_gate && commit.is_some() {
                Some("an answer at the run gate made a commit; only a person's decision may")
            } else if reviewer.is_empty() || reviewer == POLICY {
                Some("a decision that is not automatic must name the person")
            } else if commits != intent.is_some() || commits != commit.is_some() {
                Some("approvals and reverts must have an intent and a commit; other decisions must not")
            } else {
                intent.and_then(|intent| unlike_intent(chain, record, intent))
            }
        }
        _ => None,
    }
}

/// Returns the difference between a decision and the record that it names as its intent.
fn unlike_intent(chain: &Chain, record: &Record, intent: u64) -> Option<&'static str> {
    let Body::Decision { experiment, decision, proposal, .. } = &record.body else { return None };
    let earlier = Some(intent).filter(|intent| *intent < record.seq);
    let Some(Body::Intent { experiment: its, decision: wanted, proposal: asked, .. }) =
        earlier.and_then(|intent| chain.entry(intent)).map(|entry| &entry.record.body)
    else {
        return Some("it names as its intent a record which is not an intent");
    };
    if its != experiment {
        Some("its experiment differs from that of its intent")
    } else if asked != proposal {
        Some("its proposal differs from that of its intent")
    } else {
        (wanted != decision).then_some("its decision differs from that of its intent")
    }
}
