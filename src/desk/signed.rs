//! The signatures of commits and records: those of records made, all of them checked against whose they
//! should be.

use super::verify::Against;
use super::{DeskError, Report};
use crate::ledger::{Body, Chain, Entry, Record};
use crate::model::CommitId;
use crate::policy::Policy;
use crate::repo::{Person, Repo, commit_signature};
use crate::signature::{FOR_COMMITS, FOR_RECORDS, Settings, Verdict, check, sign};

/// Signs a record that makes no commit which could carry the signature, where the policy wants one.
pub(super) fn sign_record(policy: &Policy, person: &Person, record: &mut Record) -> Result<(), DeskError> {
    if policy.signing_required {
        let bytes = record.signed_bytes().map_err(|error| DeskError::Policy(error.to_string()))?;
        record.signature = Some(sign(&person.signing, FOR_RECORDS, &bytes)?);
    }
    Ok(())
}

/// What was found of signatures so far.
pub(super) struct Signatures<'a> {
    settings: &'a Settings,
    /// True when what is not signed is an objection.
    wanted: bool,
    /// True when the person said whose signatures count.
    has_list: bool,
    good: usize,
    without: Vec<String>,
    strangers: Vec<String>,
    objections: Vec<String>,
}

impl<'a> Signatures<'a> {
    pub(super) fn new(against: &Against<'a>) -> Self {
        Self {
            settings: against.signing,
            wanted: against.all_signed || against.policy.is_ok_and(|policy| policy.signing_required),
            has_list: against.signing.allowed_signers.is_some(),
            good: 0,
            without: Vec::new(),
            strangers: Vec::new(),
            objections: Vec::new(),
        }
    }

    /// Looks at the signature of a commit that a decision made, or that none made.
    pub(super) fn of_commit(&mut self, repo: &Repo, commit: CommitId, decision: Option<&Entry>) {
        let what = format!("commit {commit}");
        match commit_signature(repo, commit) {
            Err(error) => self.objections.push(format!("{what}: {error}")),
            Ok(None) => self.without.push(what),
            Ok(Some((signature, bytes))) => self.take(&what, FOR_COMMITS, &bytes, &signature, decision),
        }
    }

    /// Looks at the signatures of records that make no commit.
    pub(super) fn of_records(&mut self, chain: &Chain) {
        for entry in &chain.entries {
            let makes_none = matches!(
                entry.record.body,
                Body::Decision { commit: None, by_policy: false, .. } | Body::Adopted { .. } | Body::Restoring { .. }
            );
            let what = format!("record {}", entry.record.seq);
            match (&entry.record.signature, entry.record.signed_bytes()) {
                (None, _) if makes_none => self.without.push(what),
                (Some(signature), Ok(bytes)) => self.take(&what, FOR_RECORDS, &bytes, signature, Some(entry)),
                _ => {}
            }
        }
    }

    fn take(&mut self, what: &str, purpose: &str, bytes: &[u8], signature: &str, decision: Option<&Entry>) {
        let reviewer = decision.map(|entry| entry.record.body.reviewer()).unwrap_or_default();
        let mail = reviewer.rsplit_once('<').map_or("", |(_, mail)| mail.trim_end_matches('>'));
        let at = decision.map_or(jiff::Timestamp::UNIX_EPOCH, |entry| entry.record.at);
        match check(self.settings, purpose, bytes, signature, at, mail) {
            Verdict::Good(who) if !mail.is_empty() && !who.contains(mail) => {
                self.objections.push(format!("{what}: signed by {who}, and the ledger says that {reviewer} decided"));
            }
            Verdict::Good(_) => self.good += 1,
            Verdict::Stranger(key) if self.has_list || self.wanted => {
                self.objections.push(format!("{what}: signed with {key}, which is no allowed signer's"));
            }
            Verdict::Stranger(key) => self.strangers.push(key),
            Verdict::Bad(why) => self.objections.push(format!("{what}: its signature does not hold: {why}")),
        }
    }

    /// Puts what was found into the report.
    pub(super) fn tell(self, report: &mut Report) {
        report.signed = self.good;
        report.strangers = self.strangers.len();
        report.unsigned = self.without.len();
        report.objections.extend(self.objections);
        if self.wanted {
            report.objections.extend(self.without.into_iter().map(|what| format!("{what}: not signed")));
        } else if let Some(first) = self.without.first().filter(|_| self.good > 0) {
            let count = self.without.len();
            report.remarks.push(format!("{count} not signed, where others are: {first} is the first"));
        }
        if let Some(first) = self.strangers.first() {
            report.remarks.push(format!(
                "{} signatures hold, by a key that is not known here to be anybody's ({first}); name an allowed signers file: git config --global gpg.ssh.allowedSignersFile, or --allowed-signers",
                self.strangers.len()
            ));
        }
    }
}
