//! What no record of the program's own says, whoever wrote it and whoever anchored it.

use super::{Body, Chain, Record};
use crate::model::{DecisionKind, Gate};

/// Who decides where no person does.
const POLICY: &str = "policy";

impl Chain {
    /// Returns the first of some first records that cannot stand where it does, and why: a decision that grants more than its
    /// kind can, or that stands in a person's name without what a person's decision makes. `None` where all can.
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
            Some("a ledger begins with its first record, or where a person says so")
        }
        Body::Began { reviewer, .. } if reviewer.is_empty() && has_policy => {
            Some("after the policy only a person says where a loop began")
        }
        Body::Decision { by_policy: true, decision, intent, commit, proposal, reviewer, .. } => {
            let is_kind = matches!(decision, DecisionKind::Approved | DecisionKind::Stale | DecisionKind::Expired);
            if proposal.is_none() {
                Some("an automatic decision answers a proposal")
            } else if intent.is_some() || commit.is_some() {
                Some("the policy made a commit, which only a person's decision may")
            } else if reviewer != POLICY || !is_kind {
                Some("an automatic decision is the policy's, and approves or says stale or expired")
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
                Some("an answer at the run gate made a commit, which only a person's decision may")
            } else if reviewer.is_empty() || reviewer == POLICY {
                Some("a decision that is not automatic names the person")
            } else if commits != intent.is_some() || commits != commit.is_some() {
                Some("an approval or a revert has an intent and a commit, and no other decision has")
            } else {
                intent.and_then(|intent| unlike_intent(chain, record, intent))
            }
        }
        _ => None,
    }
}

/// Returns what a decision and the record that it names as its intent do not have in common.
fn unlike_intent(chain: &Chain, record: &Record, intent: u64) -> Option<&'static str> {
    let Body::Decision { experiment, decision, proposal, .. } = &record.body else { return None };
    let earlier = Some(intent).filter(|intent| *intent < record.seq);
    let Some(Body::Intent { experiment: its, decision: wanted, proposal: asked, .. }) =
        earlier.and_then(|intent| chain.entry(intent)).map(|entry| &entry.record.body)
    else {
        return Some("it names a record as its intent which is no intent");
    };
    if its != experiment {
        Some("it is about another experiment than its intent")
    } else if asked != proposal {
        Some("it answers another proposal than its intent")
    } else {
        (wanted != decision).then_some("it is another decision than its intent")
    }
}
