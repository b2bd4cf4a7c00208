//! The one way a record gets into the ledger: begun, signed, anchored.

use std::io::Read as _;

use super::gate_key::named_key;
use super::signed::sign_record;
use super::{DecideError, Decider};
use crate::approved::joined_loops;
use crate::approved::{policy_text, recorded_policy};
use crate::ledger::{Body, Entry, Ledger, LoopKey};
use crate::model::CommitId;
use crate::policy::Policy;
use crate::repo::Person;

/// Who makes a record.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    /// A person at the terminal.
    Person(&'a Person),
    /// The policy, or a fact: no person decided.
    Policy,
}

impl Decider {
    /// Appends a record, signed where the policy wants that. It is on disk when this returns.
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

    /// What stands before all decisions: the ledger's identity, the policy that they are made by, and where loops began.
    pub(super) fn begin(&self, ledger: &mut Ledger, policy: &Policy, by: By<'_>) -> Result<(), DecideError> {
        if ledger.chain().entries.is_empty() {
            let body = self.opened(None, String::new(), String::new())?;
            self.append(ledger, policy, by, body)?;
        }
        // The policy comes last of these: with it the beginning is over.
        if recorded_policy(ledger.chain()).is_none() {
            self.begin_joined_loops(ledger)?;
            let read = policy_text(&self.repo)
                .and_then(|text| Policy::parse(&text).map(|_| text).map_err(|error| error.to_string()));
            match (read, by) {
                (Ok(text), _) => {
                    // Where its key cannot be read, nothing passes by itself, and the person is asked.
                    let automatic = Policy::parse(&text).ok().and_then(|named| named_key(&named).ok()).flatten();
                    self.append(ledger, policy, by, Body::Policy { text, automatic, reviewer: String::new() })?;
                }
                // What cannot be read is in force for nobody; the first decision of a person needs it.
                (Err(_), By::Policy) => {}
                (Err(why), By::Person(_)) => return Err(DecideError::Policy(why)),
            }
        }
        Ok(())
    }

    /// Takes the loops that a person joined into the ledger, each with where it began.
    fn begin_joined_loops(&self, ledger: &mut Ledger) -> Result<(), DecideError> {
        for (key, commit) in joined_loops(&self.repo.own_file("baselines.jsonl")?) {
            let Some(key) = LoopKey::parse(&key) else { continue };
            let is_known = |entry: &Entry| entry.loop_key == key && matches!(entry.record.body, Body::Began { .. });
            if !ledger.chain().entries.iter().any(is_known) {
                let body = Body::Began { commit, reviewer: String::new() };
                ledger.append_record(ledger.next(&key, self.now(), body))?;
            }
        }
        Ok(())
    }

    /// Has the loop begin at a commit, as a person says. Says which record has it.
    pub fn begin_loop(&self, commit: CommitId) -> Result<u64, DecideError> {
        let (mut ledger, policy) = self.ready_for_person()?;
        let person = self.person()?;
        let body = Body::Began { commit, reviewer: person.to_string() };
        let seq = self.record(&mut ledger, &policy, By::Person(&person), body)?.record.seq;
        self.close(&mut ledger);
        Ok(seq)
    }

    /// The record with which a ledger begins.
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

    /// Closes the anchor after what was recorded. What is on disk stands also where that fails, which is said.
    pub(super) fn close(&self, ledger: &mut Ledger) {
        if let Err(error) = ledger.close() {
            *self.untold.borrow_mut() = Some(format!("it is on disk, but its anchor is not closed: {error}"));
        }
    }
}
