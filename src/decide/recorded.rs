//! The only way to add a record to the ledger: begin it if needed, sign the record, update the anchor.

use std::io::Read as _;

use super::author::By;
use super::gate_key::named_key;
use super::signed::sign_record;
use super::{DecideError, Decider};
use crate::approved::joined_loops;
use crate::approved::{decision_of, policy_text, recorded_policy};
use crate::ledger::{Body, Entry, Ledger, LoopKey};
use crate::model::{CommitId, Decision};
use crate::policy::Policy;

/// Returns the decision that a record makes.
pub(super) fn decision_in(ledger: &Ledger, entry: &Entry) -> Result<Decision, DecideError> {
    decision_of(ledger.chain(), entry).ok_or_else(|| DecideError::Changed("the record is not a decision".to_owned()))
}

impl Decider {
    /// Appends a record, signed if the policy requires it. It is on disk when this returns.
    pub(super) fn record(
        &self,
        ledger: &mut Ledger,
        policy: &Policy,
        by: By<'_>,
        body: Body,
    ) -> Result<Entry, DecideError> {
        self.begin(ledger, policy, by)?;
        self.append(ledger, policy, by, body)
    }

    pub(super) fn append(
        &self,
        ledger: &mut Ledger,
        policy: &Policy,
        by: By<'_>,
        body: Body,
    ) -> Result<Entry, DecideError> {
        let mut record = ledger.next(&LoopKey::from(&self.identity), self.now(), body);
        sign_record(ledger.chain(), policy, by, &mut record)?;
        self.refuse_given_up()?;
        Ok(ledger.append_record(record)?.clone())
    }

    /// Writes the records that precede all decisions: the ledger's identity, the policy that decisions follow, and the
    /// start of each loop.
    pub(super) fn begin(&self, ledger: &mut Ledger, policy: &Policy, by: By<'_>) -> Result<(), DecideError> {
        if ledger.chain().entries.is_empty() {
            let body = self.opened(None, String::new(), String::new())?;
            self.append(ledger, policy, by, body)?;
        }
        // The policy is the last of these records: with it the beginning is complete.
        if recorded_policy(ledger.chain()).is_none() {
            self.begin_joined_loops(ledger)?;
            let read = policy_text(&self.repo).map_err(DecideError::from).and_then(|text| {
                Policy::parse(&text).map(|_| text).map_err(|error| DecideError::Policy(error.to_string()))
            });
            match (read, by) {
                (Ok(text), _) => {
                    // Without a readable key no gate opens automatically, and the person is asked.
                    let automatic = Policy::parse(&text).ok().and_then(|named| named_key(&named).ok()).flatten();
                    self.append(ledger, policy, by, Body::Policy { text, automatic, reviewer: String::new() })?;
                }
                // An unreadable policy is never in force; the first decision of a person needs a readable one.
                (Err(_), By::Policy) => {}
                (Err(error), By::Person(_)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Records the loops that a person joined, each with its start.
    fn begin_joined_loops(&self, ledger: &mut Ledger) -> Result<(), DecideError> {
        for (key, commit) in joined_loops(&self.repo.own_path("baselines.jsonl")?) {
            let Some(key) = LoopKey::parse(&key) else { continue };
            let is_known = |entry: &Entry| entry.loop_key == key && matches!(entry.record.body, Body::Began { .. });
            if !ledger.chain().entries.iter().any(is_known) {
                let body = Body::Began { commit, reviewer: String::new() };
                ledger.append_record(ledger.next(&key, self.now(), body))?;
            }
        }
        Ok(())
    }

    /// Records the start of the loop at a commit that a person chose. Returns the number of the record.
    pub fn begin_loop(&self, commit: CommitId) -> Result<u64, DecideError> {
        let (mut ledger, policy) = self.ready_for_person()?;
        let person = self.person()?;
        let body = Body::Began { commit, reviewer: person.to_string() };
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        self.close(&mut ledger);
        Ok(seq)
    }

    /// Returns the first record of a ledger.
    pub(super) fn opened(&self, after: Option<String>, reviewer: String, reason: String) -> Result<Body, DecideError> {
        let path = "/dev/urandom";
        let mut random = [0; 16];
        std::fs::File::open(path)
            .and_then(|mut file| file.read_exact(&mut random))
            .map_err(|source| DecideError::Ledger(crate::ledger::LedgerError::Io { path: path.into(), source }))?;
        Ok(Body::Opened {
            nonce: crate::model::hex(&random),
            root: self.repo.root().map(|root| root.to_string()),
            place: self.ledger.to_string_lossy().into_owned(),
            after,
            reviewer,
            reason,
        })
    }

    /// Closes the anchor after a record. The record stands if that fails; the failure is reported.
    pub(super) fn close(&self, ledger: &mut Ledger) {
        if let Err(error) = ledger.close() {
            *self.unreported.borrow_mut() = Some(format!("it is on disk, but its anchor is not closed: {error}"));
        }
    }
}
