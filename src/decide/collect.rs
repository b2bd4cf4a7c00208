//! Collects proposals: copies them, checks them against the repository, pins them, adds them to the person's register,
//! and only then removes them from the agent's inbox.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use super::author::By;
use super::publish::Register;
use super::{DecideError, Decider};
use crate::format::read_patch;
use crate::ledger::{Body, Ledger};
use crate::mailbox::{
    Arrival, Arrived, MAILBOX_DIR, Mailbox, Refused, RegisterEntry, append_register, lines_of, read_register,
};
use crate::model::{AgentText, CommitId, IntakeReport, Proposal, ProposalId, Spent};
use crate::policy::Policy;
use crate::policy::text::Visible;
use crate::repo::{RepoError, check_change, commit_patch, pin};

/// Number of messages that are processed before the ledger's lock is released.
const BATCH: usize = 500;
/// Maximum number of unprocessed messages that are reported.
const MAX_REPORTED: usize = 100;

/// The proposals that were collected before.
#[derive(Default)]
struct KnownMessages {
    by_id: HashMap<ProposalId, Arc<Proposal>>,
    /// Proposals by idempotency key. Two agents may use the same key.
    by_key: HashMap<AgentText, Vec<Arc<Proposal>>>,
    /// Aliases of proposals.
    aliases: HashMap<ProposalId, ProposalId>,
}

impl KnownMessages {
    fn of(register: &Register) -> Self {
        let mut known = Self::default();
        register.proposals.iter().for_each(|proposal| known.add(proposal));
        known.aliases.extend(register.aliases.iter().cloned());
        known
    }

    fn add(&mut self, proposal: &Arc<Proposal>) {
        self.by_id.insert(proposal.id.clone(), Arc::clone(proposal));
        if !proposal.idempotency_key.is_blank() {
            self.by_key.entry(proposal.idempotency_key.clone()).or_default().push(Arc::clone(proposal));
        }
    }

    /// Looks up a message by its key: the same content is an alias, other content under the same key is refused.
    fn by_key_of(&self, arrived: &Arrived) -> Option<ArrivalKind> {
        let message = &arrived.message;
        let used = self.by_key.get(&message.idempotency_key)?;
        // The very same request gets the same answer.
        if let Some(same) = used.iter().find(|one| one.content == arrived.content) {
            return Some(ArrivalKind::Alias(same.id.clone()));
        }
        let other = used.iter().find(|one| one.is_of(&message.owner, &message.agent))?;
        Some(ArrivalKind::refused(format!(
            "idempotency_key: already used for another proposal, {}: a key is bound to gate, base, change, title, rationale, evidence and supersedes; use a new key",
            other.id
        )))
    }
}

/// The outcome of checking an arrival.
enum ArrivalKind {
    New(Box<Proposal>),
    /// It was collected before and only has to be removed.
    Known(ProposalId),
    Alias(ProposalId),
    /// It supersedes a proposal that is not known.
    After(ProposalId),
    /// It may still be incomplete.
    Settling,
    Refused(Refused),
    /// It cannot be read or checked now, for this reason.
    Left(String),
}

impl ArrivalKind {
    fn refused(why: impl Into<String>) -> Self {
        Self::Refused(Refused::because(why))
    }
}

/// One round of collecting.
struct Round<'a> {
    decider: &'a Decider,
    mailbox: &'a Mailbox,
    loop_key: String,
    now_ms: i64,
    register: Register,
    known: KnownMessages,
    entries: Vec<RegisterEntry>,
    /// Proposals that the policy may answer.
    new: Vec<Arc<Proposal>>,
    /// Messages to clear from the inbox, each with its proposal.
    taken: Vec<(OsString, ProposalId)>,
    /// Proposals whose agents are notified.
    touched: HashSet<ProposalId>,
    result: IntakeReport,
}

impl Decider {
    /// Collects the messages of the inbox, a limited number at a time, and answers those that the policy allows without
    /// a person. While the budget is used up the policy answers nothing. A message that cannot be collected, refused or
    /// cleared does not block the others.
    pub fn collect_proposals(&self, spent: Spent) -> Result<IntakeReport, DecideError> {
        let io = |source| DecideError::Mailbox { path: self.dir.join(MAILBOX_DIR), source };
        let Some(mailbox) = Mailbox::open(&self.dir).map_err(io)? else { return Ok(IntakeReport::default()) };
        let mut ledger = self.ready()?;
        // No agent gets an answer that nobody signed.
        if let Ok(policy) = self.policy(&ledger) {
            self.refuse_unsigned(&ledger, &policy)?;
        }
        // Under the lock, so that a message which another process is collecting does not look incomplete.
        let names = mailbox.arrivals().map_err(io)?;
        let register = (*self.register(&ledger)?).clone();
        let mut round = Round {
            decider: self,
            mailbox: &mailbox,
            loop_key: self.identity.key(),
            now_ms: self.now().as_millisecond(),
            known: KnownMessages::of(&register),
            register,
            entries: Vec::new(),
            new: Vec::new(),
            taken: Vec::new(),
            touched: HashSet::new(),
            result: IntakeReport::default(),
        };
        round.process(names);
        if !round.entries.is_empty() {
            self.list_entries(&mut ledger, &round.entries, spent)?;
        }
        round.result.accepted =
            round.entries.iter().filter(|entry| matches!(entry, RegisterEntry::Proposal { .. })).count();
        // A pause may have ended in another loop of the repository, which answers only its own proposals.
        let paused = self.pending_from_pause(&ledger, &round.register);
        let is_new = |one: &Arc<Proposal>| round.new.iter().any(|new| new.id == one.id);
        let paused: Vec<_> = paused.into_iter().filter(|one| !is_new(one)).take(BATCH).collect();
        round.touched.extend(paused.iter().map(|one| one.id.clone()));
        round.new.extend(paused);
        (round.result.answered, round.result.unsigned) =
            self.answer_without_person(&mut ledger, &round.register, &round.new, spent)?;
        round.publish_and_clear(&ledger);
        round.result.stuck = self.stuck.count();
        Ok(round.result)
    }

    /// Writes the collected proposals into the register, after their hashes are in the ledger: a line that the ledger
    /// does not have is not a proposal.
    fn list_entries(&self, ledger: &mut Ledger, entries: &[RegisterEntry], spent: Spent) -> Result<(), DecideError> {
        let path = self.repo.own_path("proposals.jsonl")?;
        let io = |source| DecideError::Mailbox { path: path.clone(), source };
        let (lines, mut hashes) = lines_of(entries).map_err(io)?;
        // A register from before its lines were recorded is accepted as it is.
        if ledger.chain().collected_lines().is_none() {
            let before = read_register(&path, 0).map_err(io)?;
            hashes.splice(0..0, before.taken.into_iter().map(|(hash, _)| hash));
        }
        let policy = self.policy(ledger).unwrap_or_else(|_| Policy::standard());
        self.save_lines(&lines)?;
        self.record(ledger, &policy, By::Policy, Body::Collected { lines: hashes, spent: Some(spent) })?;
        append_register(&path, &lines).map_err(io)?;
        self.remove_saved_lines()
    }

    /// Checks a message against the known proposals and against the repository.
    fn classify(&self, arrived: &Arrived, known: &KnownMessages, now_ms: i64) -> Result<ArrivalKind, DecideError> {
        let message = &arrived.message;
        match known.by_id.get(&arrived.id) {
            Some(before) if before.digest == arrived.digest => return Ok(ArrivalKind::Known(before.id.clone())),
            Some(_) => {
                return Ok(ArrivalKind::refused(
                    "this id is already in use and a proposal cannot change; send a new one that supersedes it",
                ));
            }
            None => {}
        }
        if let Some(of) = known.aliases.get(&arrived.id) {
            return Ok(ArrivalKind::Known(of.clone()));
        }
        if let Some(found) = known.by_key_of(arrived) {
            return Ok(found);
        }
        if let Some(old) = &message.supersedes {
            match known.by_id.get(old) {
                None => return Ok(ArrivalKind::After(old.clone())),
                Some(before) if !before.is_of(&message.owner, &message.agent) => {
                    return Ok(ArrivalKind::refused(format!(
                        "supersedes: {old} belongs to another agent; an agent can supersede only its own proposals (matched by token, or by name without one)"
                    )));
                }
                Some(_) => {}
            }
        }
        let head = match self.head_of(arrived, now_ms) {
            Ok(head) => head,
            Err(DecideError::Repo(error)) if error.is_about_change() => {
                return Ok(ArrivalKind::refused(error.to_string()));
            }
            Err(error) => return Err(error),
        };
        Ok(ArrivalKind::New(Box::new(Proposal {
            id: arrived.id.clone(),
            gate: message.gate,
            base: message.base,
            head,
            from_patch: arrived.patch.is_some(),
            title: message.title.clone(),
            rationale: message.rationale.clone(),
            agent: message.agent.clone(),
            evidence: message.evidence.clone(),
            supersedes: message.supersedes.clone(),
            idempotency_key: message.idempotency_key.clone(),
            collected_ms: now_ms,
            digest: arrived.digest.clone(),
            content: arrived.content.clone(),
            owner: message.owner.clone(),
        })))
    }

    /// Returns the head of the change, after checking and pinning it.
    fn head_of(&self, arrived: &Arrived, now_ms: i64) -> Result<CommitId, DecideError> {
        let message = &arrived.message;
        if let Some(head) = message.head {
            check_change(&self.repo, message.base, head)?;
            pin(&self.repo, [message.base, head])?;
            return Ok(head);
        }
        let patch = arrived.patch.as_deref().unwrap_or_default();
        let files = read_patch(patch).map_err(|bad| RepoError::PatchConflict { line: bad.line, what: bad.problem })?;
        let (name, title) = (&message.agent.name, &message.title);
        Ok(commit_patch(&self.repo, message.base, &files, name, title, now_ms / 1000)?)
    }
}

impl Round<'_> {
    /// Processes each message once, superseded ones first.
    fn process(&mut self, names: Vec<OsString>) {
        let mut present: HashSet<OsString> = names.iter().cloned().collect();
        self.decider.stuck.keep_only(&present);
        let mut queue = VecDeque::from(names);
        let mut put_off = 0;
        let mut tried = 0;
        while let Some(name) = queue.pop_front() {
            if self.decider.stuck.holds(&name, self.now_ms) {
                continue;
            }
            if tried >= BATCH {
                self.result.more = true;
                break;
            }
            let found = match self.find(&name) {
                ArrivalKind::Settling => continue,
                // The superseded message is in the inbox too: process it first, unless the two wait for each other.
                ArrivalKind::After(old) if present.contains(OsStr::new(old.as_str())) && put_off <= queue.len() => {
                    put_off += 1;
                    queue.push_back(name);
                    continue;
                }
                found => found,
            };
            put_off = 0;
            tried += 1;
            present.remove(&name);
            self.take(name, found);
        }
    }

    fn find(&self, name: &OsStr) -> ArrivalKind {
        match self.mailbox.read(name, self.now_ms) {
            Ok(Arrival::Settling) => ArrivalKind::Settling,
            Ok(Arrival::Refused(refused)) => ArrivalKind::Refused(refused),
            Ok(Arrival::Message(arrived)) => self
                .decider
                .classify(&arrived, &self.known, self.now_ms)
                .unwrap_or_else(|error| ArrivalKind::Left(error.to_string())),
            Err(error) => ArrivalKind::Left(error.to_string()),
        }
    }

    fn take(&mut self, name: OsString, found: ArrivalKind) {
        let id = match found {
            ArrivalKind::Settling => return,
            ArrivalKind::Left(why) => return self.leave(&name, why),
            ArrivalKind::Refused(refused) => return self.refuse(&name, &refused),
            ArrivalKind::After(old) => {
                let why = format!("supersedes: no proposal {old} is known");
                return self.refuse(&name, &Refused::because(why));
            }
            ArrivalKind::New(proposal) => {
                self.touched.extend(proposal.supersedes.clone());
                self.entries
                    .push(RegisterEntry::Proposal { loop_key: self.loop_key.clone(), proposal: proposal.clone() });
                let proposal: Arc<Proposal> = (*proposal).into();
                self.known.add(&proposal);
                self.register.proposals.push(Arc::clone(&proposal));
                self.new.push(Arc::clone(&proposal));
                proposal.id.clone()
            }
            ArrivalKind::Alias(of) => {
                // The directory is named after the proposal's id, which was checked when it was read.
                let Some(id) = name.to_str().and_then(|name| name.parse::<ProposalId>().ok()) else { return };
                self.register.aliases.push((id.clone(), of.clone()));
                self.known.aliases.insert(id.clone(), of.clone());
                self.entries.push(RegisterEntry::Alias { loop_key: self.loop_key.clone(), id, of: of.clone() });
                of
            }
            ArrivalKind::Known(id) => {
                // It was collected but not cleared: the process was stopped, perhaps before the policy had answered.
                self.new.extend(self.known.by_id.get(&id).cloned());
                id
            }
        };
        self.touched.insert(id.clone());
        self.taken.push((name, id));
    }

    /// Notifies the agents and clears the collected messages. Comes last: a crash before this point leaves the messages
    /// in place, and processing them again does no harm.
    fn publish_and_clear(&mut self, ledger: &Ledger) {
        if self.touched.is_empty() {
            return;
        }
        let wanted = |proposal: &Proposal| self.touched.contains(&proposal.id);
        let (untold, all) = match self.decider.publish_each(ledger, &self.register, &wanted) {
            Ok(untold) => (untold.into_iter().map(|(id, error)| (id, error.to_string())).collect(), None),
            Err(error) => (HashMap::new(), Some(error.to_string())),
        };
        for (name, id) in std::mem::take(&mut self.taken) {
            // The message stays, so that it is published again; otherwise its agent would wait forever.
            if let Some(why) = untold.get(&id).or(all.as_ref()) {
                self.leave(&name, format!("it was collected, but its agent cannot be notified: {why}"));
            } else if let Err(error) = self.mailbox.clear(&name) {
                self.leave(&name, format!("it was collected, but cannot be removed: {error}"));
            }
        }
    }

    fn refuse(&mut self, name: &OsStr, refused: &Refused) {
        let why = Visible::of(&refused.why).fit(300);
        match self.mailbox.reject(name, refused) {
            Ok(()) => self.result.refused.push((shown(name), why)),
            Err(error) => self.leave(name, format!("rejected ({why}), but it cannot be moved aside: {error}")),
        }
    }

    /// Leaves a message in the inbox, to be tried again later.
    fn leave(&mut self, name: &OsStr, why: String) {
        self.decider.stuck.add(name, self.now_ms);
        if self.result.left.len() < MAX_REPORTED {
            self.result.left.push((shown(name), why));
        }
    }
}

fn shown(name: &OsStr) -> String {
    Visible::of(&name.to_string_lossy()).fit(64)
}
