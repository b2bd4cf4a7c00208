//! The signatures of commits and records: signs new records, and checks every signature against the person or key that
//! should have made it.

use std::collections::HashSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use jiff::Timestamp;

use super::author::By;
use super::gate_key::{GateKeys, check_key, named_key, sign_with};
use super::{Against, DecideError, Decider, Report};
use crate::ledger::{Body, Chain, Entry, Ledger, Record};
use crate::model::{CommitId, DecisionKind, Gate};
use crate::policy::Policy;
use crate::repo::{Person, Repo, commit_signature, ledger_trailer, signing};
use crate::signature::{FOR_COMMITS, FOR_RECORDS, Settings, SignatureError, SignatureVerdict, check, sign};

/// The signer that a record needs where signatures are required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signer {
    /// The person that the record names.
    Person,
    /// The key that the policy names for automatic answers.
    Automatic,
    /// No signer: a signed commit covers the record, or it grants nothing that needs a person.
    Nobody,
}

/// Returns the required signer. Every kind of record is listed, so that a new one must be considered.
fn signer(body: &Body) -> Signer {
    match body {
        Body::Decision { by_policy: true, decision: DecisionKind::Approved, .. } => Signer::Automatic,
        // An expired or stale answer grants nothing, and the change may be proposed again.
        Body::Decision { by_policy: true, .. } => Signer::Nobody,
        Body::Decision { commit: None, .. }
        | Body::Adopted { .. }
        | Body::Restoring { .. }
        | Body::Asked { .. }
        | Body::Note { .. }
        | Body::Paused { .. }
        | Body::AdoptedRecords { .. }
        | Body::Struck { .. }
        | Body::Moved { .. }
        | Body::Continued { .. } => Signer::Person,
        // Nobody vouches for the beginning of the ledger, nor for the policy and the loops that existed then.
        Body::Opened { reviewer, .. } | Body::Policy { reviewer, .. } | Body::Began { reviewer, .. }
            if reviewer.is_empty() =>
        {
            Signer::Nobody
        }
        Body::Opened { .. } | Body::Policy { .. } | Body::Began { .. } => Signer::Person,
        // The signed commit names the intent by its hash, and the decision names the commit.
        Body::Intent { .. } | Body::Decision { commit: Some(_), .. } => Signer::Nobody,
        Body::Abandoned { .. } | Body::Restored { .. } | Body::Collected { .. } => Signer::Nobody,
    }
}

/// Signs a record without a commit that could carry the signature, if the policy requires one.
pub(super) fn sign_record(chain: &Chain, policy: &Policy, by: By<'_>, record: &mut Record) -> Result<(), DecideError> {
    if !policy.signing_required {
        return Ok(());
    }
    let bytes = || record.signed_bytes().map_err(|error| DecideError::Policy(error.to_string()));
    let signature = match (signer(&record.body), by) {
        (Signer::Nobody, _) => None,
        (Signer::Person, By::Person(person)) => Some(sign_as(person, FOR_RECORDS, &bytes()?, record.at)?),
        (Signer::Automatic, By::Policy) => {
            let keys = GateKeys::of(chain);
            Some(sign_with(policy, keys.for_record(record.seq), &bytes()?, record.at)?)
        }
        (Signer::Person | Signer::Automatic, _) => return Err(DecideError::NotApplicable(AUTOMATIC)),
    };
    record.signature = signature;
    Ok(())
}

const AUTOMATIC: &str = "signatures are required, and only a person can sign this (signing: {automatic: KEY.pub} names a key for the run gate)";

/// Signs as a person, with a key that verification accepts for them, so that later decisions can build on it.
pub(super) fn sign_as(person: &Person, purpose: &str, bytes: &[u8], at: Timestamp) -> Result<String, SignatureError> {
    let signature = sign(&person.signing, purpose, bytes)?;
    if let Some(allowed) = &person.signing.allowed_signers {
        let other = match check(&person.signing, purpose, bytes, &signature, at, &person.email) {
            SignatureVerdict::UnknownKey(key) => Some(key),
            SignatureVerdict::Good(who) if !person.email.is_empty() && !is_of(&who, &person.email) => {
                Some(format!("{who}'s key"))
            }
            SignatureVerdict::Good(_) | SignatureVerdict::Bad(_) => None,
        };
        if let Some(key) = other {
            let (allowed, mail) = (allowed.display().to_string(), person.email.clone());
            return Err(SignatureError::NotAllowed { key, allowed, mail });
        }
    }
    Ok(signature)
}

/// The results of the signature checks so far.
pub(super) struct Signatures<'a> {
    settings: &'a Settings,
    /// True if a missing signature is an objection.
    wanted: bool,
    /// The first record that this applies to.
    since: u64,
    gate_keys: GateKeys,
    /// True if a key that belongs to no known person is an objection.
    wants_known: bool,
    good: usize,
    without: Vec<String>,
    strangers: Vec<String>,
    objections: Vec<String>,
}

impl<'a> Signatures<'a> {
    pub(super) fn new(against: &Against<'a>, chain: &Chain) -> Self {
        let policy = against.policy.ok();
        let wanted = against.all_signed || policy.is_some_and(|policy| policy.signing_required);
        Self {
            settings: against.signing,
            wanted,
            since: if against.all_signed { 1 } else { required_since(chain) },
            gate_keys: GateKeys::of(chain),
            wants_known: wanted || against.signing.allowed_signers.is_some(),
            good: 0,
            without: Vec::new(),
            strangers: Vec::new(),
            objections: Vec::new(),
        }
    }

    /// Checks the signature of a commit, made by a decision or not.
    pub(super) fn of_commit(&mut self, repo: &Repo, commit: CommitId, decision: Option<&Entry>) {
        let what = format!("commit {commit}");
        let is_earlier = decision.is_some_and(|entry| entry.record.seq < self.since);
        match commit_signature(repo, commit) {
            Err(error) => self.objections.push(format!("{what}: {error}")),
            Ok(None) if is_earlier => {}
            Ok(None) => self.without.push(what),
            Ok(Some((signature, bytes))) => {
                // A commit without a decision was signed at the time that it states itself.
                let at = decision.map_or_else(|| committed_at(&bytes), |entry| entry.record.at);
                self.take(&what, FOR_COMMITS, &bytes, &signature, (decision, at));
            }
        }
    }

    /// Checks the signatures of records that make no commit.
    pub(super) fn of_records(&mut self, chain: &Chain) {
        for entry in &chain.entries {
            let what = format!("record {}", entry.record.seq);
            match (signer(&entry.record.body), &entry.record.signature, entry.record.signed_bytes()) {
                (Signer::Nobody, None, _) => {}
                (Signer::Automatic, ..) if at_the_keep_gate(&entry.record.body) && self.wanted => {
                    self.objections
                        .push(format!("{what}: where signatures are required, only a person may allow this"));
                }
                (_, None, _) if entry.record.seq < self.since => {}
                (_, None, _) => self.without.push(what),
                (Signer::Automatic, Some(signature), Ok(bytes)) => {
                    let key = self.gate_keys.for_record(entry.record.seq);
                    match check_key(key, signature, &bytes, entry.record.at) {
                        Ok(()) => self.good += 1,
                        Err(why) => self.objections.push(format!("{what}: {why}")),
                    }
                }
                (_, Some(signature), Ok(bytes)) => {
                    self.take(&what, FOR_RECORDS, &bytes, signature, (Some(entry), entry.record.at));
                }
                (_, Some(_), Err(error)) => self.objections.push(format!("{what}: {error}")),
            }
        }
    }

    fn take(
        &mut self,
        what: &str,
        purpose: &str,
        bytes: &[u8],
        signature: &str,
        (decision, at): (Option<&Entry>, Timestamp),
    ) {
        let reviewer = decision.map(|entry| entry.record.body.reviewer()).unwrap_or_default();
        let mail = reviewer.rsplit_once('<').map_or("", |(_, mail)| mail.trim_end_matches('>'));
        match check(self.settings, purpose, bytes, signature, at, mail) {
            SignatureVerdict::Good(who) if !mail.is_empty() && !is_of(&who, mail) => {
                self.objections.push(format!("{what}: signed by {who}, but the ledger says that {reviewer} decided"));
            }
            SignatureVerdict::Good(_) => self.good += 1,
            SignatureVerdict::UnknownKey(key) if self.wants_known => {
                self.objections.push(format!("{what}: signed with {key}, which belongs to no allowed signer"));
            }
            SignatureVerdict::UnknownKey(key) => self.strangers.push(key),
            SignatureVerdict::Bad(why) => self.objections.push(format!("{what}: its signature is not valid: {why}")),
        }
    }

    /// Returns the first objection; `None` if there is none.
    fn objection(self) -> Option<String> {
        let wanted = self.wanted;
        let unsigned = self.without.into_iter().filter(|_| wanted).map(|what| format!("{what}: not signed"));
        self.objections.into_iter().chain(unsigned).next()
    }

    /// Adds the results to the report.
    pub(super) fn add_to(self, report: &mut Report) {
        report.signed = self.good;
        report.unknown_signers = self.strangers.len();
        report.unsigned = self.without.len();
        report.objections.extend(self.objections);
        if self.wanted {
            report.objections.extend(self.without.into_iter().map(|what| format!("{what}: not signed")));
        } else if let Some(first) = self.without.first().filter(|_| self.good > 0) {
            let count = self.without.len();
            report.remarks.push(format!("{count} not signed although others are, first {first}"));
        }
        if let Some(first) = self.strangers.first() {
            report.remarks.push(format!(
                "{} valid signatures by unknown keys (first: {first}); set an allowed signers file: git config --global gpg.ssh.allowedSignersFile, or --allowed-signers",
                self.strangers.len()
            ));
        }
    }
}

/// True if a signer, as allowed signers or a key ring name them, has exactly that mail address, not one that contains
/// it.
fn is_of(who: &str, mail: &str) -> bool {
    who == mail || who.rsplit_once('<').is_some_and(|(_, its)| its.trim_end_matches('>') == mail)
}

/// Returns the commit time from the text of a commit.
fn committed_at(commit: &[u8]) -> Timestamp {
    let text = String::from_utf8_lossy(commit);
    let line = text.lines().find_map(|line| line.strip_prefix("committer "));
    let seconds = line.and_then(|line| line.rsplit(' ').nth(1)?.parse().ok());
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Returns the first record that must be signed: the record of the policy that first required signatures. In a ledger
/// without a policy, the first of all.
fn required_since(chain: &Chain) -> u64 {
    let mut since = None;
    for entry in &chain.entries {
        if let Body::Policy { text, .. } = &entry.record.body {
            let requires = Policy::parse(text).is_ok_and(|policy| policy.signing_required);
            since = requires.then(|| since.unwrap_or(entry.record.seq));
        }
    }
    since.unwrap_or(1)
}

fn at_the_keep_gate(body: &Body) -> bool {
    matches!(body, Body::Decision { proposal, .. } if proposal.as_ref().is_none_or(|asked| asked.gate != Gate::Run))
}

impl Decider {
    /// Fails if decisions would be refused because of a signature, or if the key for automatic answers is not the
    /// accepted one.
    pub fn check_signatures(&self) -> Result<(), DecideError> {
        let ledger = self.locked()?;
        let policy = self.policy(&ledger)?;
        self.refuse_unsigned(&ledger, &policy)?;
        let named = named_key(&policy)?;
        let keys = GateKeys::of(ledger.chain());
        if named.is_some() && keys.for_record(u64::MAX) != named.as_deref() && !ledger.chain().entries.is_empty() {
            let path = policy.automatic_key.unwrap_or_default();
            return Err(DecideError::Signature(SignatureError::OtherKey { path }));
        }
        Ok(())
    }

    /// Fails if `verify` would object to a signature: nothing builds on unsigned decisions. A signature found good is
    /// not checked again by this process.
    pub(super) fn refuse_unsigned(&self, ledger: &Ledger, policy: &Policy) -> Result<(), DecideError> {
        static GOOD: OnceLock<Mutex<HashSet<String>>> = OnceLock::new();
        if !policy.signing_required {
            return Ok(());
        }
        let signing = self.who.as_ref().map_or_else(signing, |who| Ok(who.signing.clone()))?;
        let against = Against {
            state: std::path::Path::new(""),
            identity: &self.identity,
            branch: "",
            policy: Ok(policy),
            signing: &signing,
            all_signed: false,
            rehash: false,
        };
        let chain = ledger.chain();
        let mut good = GOOD.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        let mut signatures = Signatures::new(&against, chain);
        // Without a list of signers no key is known, not even the person's own: only validity can be checked.
        signatures.wants_known = signing.allowed_signers.is_some();
        let new: Vec<&Entry> = chain.entries.iter().filter(|entry| !good.contains(&entry.hash)).collect();
        let part = Chain { entries: new.iter().map(|entry| (*entry).clone()).collect(), ..Chain::default() };
        signatures.of_records(&part);
        for entry in &new {
            if let Body::Decision { commit: Some(commit), intent: Some(intent), .. } = entry.record.body {
                signatures.of_commit(&self.repo, commit, Some(entry));
                // A signed commit vouches only for the intent that it names.
                let intent = chain.entry(intent).map(|intent| (intent.record.seq, intent.hash.clone()));
                if ledger_trailer(&self.repo, commit) != intent {
                    signatures
                        .objections
                        .push(format!("commit {commit}: it was not made for the record that names it"));
                }
            }
        }
        match signatures.objection() {
            Some(what) => Err(DecideError::Unsigned(what)),
            None => {
                good.extend(new.iter().map(|entry| entry.hash.clone()));
                Ok(())
            }
        }
    }
}
