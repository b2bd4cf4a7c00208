//! Taking proposals in: copied, checked against the repository, pinned, written to the person's list,
//! and only then taken out of the agent's inbox.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use super::publish::Register;
use super::recorded::By;
use super::{DecideError, Decider};
use crate::format::read_patch;
use crate::ledger::{Body, Ledger};
use crate::mailbox::{
    Arrival, Arrived, FOLDER, Mailbox, Refused, RegisterEntry, append_register, lines_of, read_register,
};
use crate::model::{AgentText, CommitId, Proposal, ProposalId, Spent, TakenIn};
use crate::policy::Policy;
use crate::policy::text::Visible;
use crate::repo::{RepoError, check_change, commit_patch, pin};

/// Messages that are looked at before others may decide.
const AT_ONCE: usize = 500;
/// Messages that stay where they are and are named.
const MOST_LEFT: usize = 100;

/// What was taken in before.
#[derive(Default)]
struct KnownMessages {
    by_id: HashMap<ProposalId, Arc<Proposal>>,
    /// By the key that its agent gave it. Two agents may use the same one.
    by_key: HashMap<AgentText, Vec<Arc<Proposal>>>,
    /// Other names of proposals.
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

    /// What a key says of a message: the same thing was asked before, or another thing under the same key.
    fn by_key_of(&self, arrived: &Arrived) -> Option<ArrivalKind> {
        let message = &arrived.message;
        let used = self.by_key.get(&message.idempotency_key)?;
        // Whoever asks for the very same thing is answered alike.
        if let Some(same) = used.iter().find(|one| one.content == arrived.content) {
            return Some(ArrivalKind::Alias(same.id.clone()));
        }
        let other = used.iter().find(|one| one.is_of(&message.owner, &message.agent))?;
        Some(ArrivalKind::refused(format!(
            "idempotency_key: it was used before for another proposal, {}: a key goes with gate, base, change, title, rationale, evidence and supersedes; use a new key",
            other.id
        )))
    }
}

/// What an arrival turns out to be.
enum ArrivalKind {
    New(Box<Proposal>),
    /// It was taken in before, and is only in the way.
    Known(ProposalId),
    Alias(ProposalId),
    /// It takes the place of one that is not known.
    After(ProposalId),
    /// Perhaps it is still being written.
    Settling,
    Refused(Refused),
    /// It cannot be read or checked now; why.
    Left(String),
}

impl ArrivalKind {
    fn refused(why: impl Into<String>) -> Self {
        Self::Refused(Refused::because(why))
    }
}

/// One round of taking in.
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
    /// What is to be cleared from the inbox, and the proposal that each of it is.
    taken: Vec<(OsString, ProposalId)>,
    /// What the agents are told of.
    touched: HashSet<ProposalId>,
    told: TakenIn,
}

impl Decider {
    /// Takes in what lies in the inbox, a part of it at a time, and answers where the policy says that
    /// no person has to. While the budget is used up the policy answers nothing. One message that cannot be
    /// taken in, refused or cleared holds no other up.
    pub fn take(&self, spent: Spent) -> Result<TakenIn, DecideError> {
        let io = |source| DecideError::Door { path: self.dir.join(FOLDER), source };
        let Some(mailbox) = Mailbox::open(&self.dir).map_err(io)? else { return Ok(TakenIn::default()) };
        let mut ledger = self.ready()?;
        // What nobody signed is no answer that an agent gets.
        if let Ok(policy) = self.policy(&ledger) {
            self.refuse_unsigned(&ledger, &policy)?;
        }
        // Under the lock: what another process takes in just now must not seem to be half a message.
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
            told: TakenIn::default(),
        };
        round.look_through(names);
        if !round.entries.is_empty() {
            self.put_down(&mut ledger, &round.entries, spent)?;
        }
        round.told.taken = round.entries.iter().filter(|entry| matches!(entry, RegisterEntry::Proposal { .. })).count();
        // A hold may have ended in another loop of the repository, which answers its own alone.
        let held_up = self.held_up(&ledger, &round.register);
        let is_new = |one: &Arc<Proposal>| round.new.iter().any(|new| new.id == one.id);
        let held_up: Vec<_> = held_up.into_iter().filter(|one| !is_new(one)).take(AT_ONCE).collect();
        round.touched.extend(held_up.iter().map(|one| one.id.clone()));
        round.new.extend(held_up);
        (round.told.answered, round.told.unsigned) =
            self.answer_without_person(&mut ledger, &round.register, &round.new, spent)?;
        round.publish_and_clear(&ledger);
        round.told.stuck = self.stuck.count();
        Ok(round.told)
    }

    /// Writes what is taken in into the list, and its hashes into the ledger first: a line that the ledger does not have
    /// is nobody's proposal.
    fn put_down(&self, ledger: &mut Ledger, entries: &[RegisterEntry], spent: Spent) -> Result<(), DecideError> {
        let path = self.repo.own_file("proposals.jsonl")?;
        let io = |source| DecideError::Door { path: path.clone(), source };
        let (lines, mut hashes) = lines_of(entries).map_err(io)?;
        // A list from before that was on record is taken as it is.
        if ledger.chain().took().is_none() {
            let before = read_register(&path, 0).map_err(io)?;
            hashes.splice(0..0, before.taken.into_iter().map(|(hash, _)| hash));
        }
        let policy = self.policy(ledger).unwrap_or_else(|_| Policy::standard());
        self.keep_lines(&lines)?;
        self.record(ledger, &policy, By::Policy, Body::Took { lines: hashes, spent: Some(spent) })?;
        append_register(&path, &lines).map_err(io)?;
        self.let_go_of_lines()
    }

    /// What a message is, checked against what is known and against the repository.
    fn find_out(&self, arrived: &Arrived, known: &KnownMessages, now_ms: i64) -> Result<ArrivalKind, DecideError> {
        let message = &arrived.message;
        match known.by_id.get(&arrived.id) {
            Some(before) if before.digest == arrived.digest => return Ok(ArrivalKind::Known(before.id.clone())),
            Some(_) => {
                return Ok(ArrivalKind::refused(
                    "this id was used before, and a proposal never changes: send another one that supersedes it",
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
                        "supersedes: {old} is another agent's; an agent takes the place of its own proposals alone, which it shows by the token it asked with, or without one by its name"
                    )));
                }
                Some(_) => {}
            }
        }
        let head = match self.head_of(arrived, now_ms) {
            Ok(head) => head,
            Err(DecideError::Repo(error)) if error.is_about_the_change() => {
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
            taken_ms: now_ms,
            digest: arrived.digest.clone(),
            content: arrived.content.clone(),
            owner: message.owner.clone(),
        })))
    }

    /// The commit after the change, there and pinned.
    fn head_of(&self, arrived: &Arrived, now_ms: i64) -> Result<CommitId, DecideError> {
        let message = &arrived.message;
        if let Some(head) = message.head {
            check_change(&self.repo, message.base, head)?;
            pin(&self.repo, [message.base, head])?;
            return Ok(head);
        }
        let patch = arrived.patch.as_deref().unwrap_or_default();
        let files = read_patch(patch).map_err(|bad| RepoError::Unfit { line: bad.line, what: bad.what })?;
        let (name, title) = (&message.agent.name, &message.title);
        Ok(commit_patch(&self.repo, message.base, &files, name, title, now_ms / 1000)?)
    }
}

impl Round<'_> {
    /// Looks at each message once, those that others take the place of first.
    fn look_through(&mut self, names: Vec<OsString>) {
        let mut there: HashSet<OsString> = names.iter().cloned().collect();
        self.decider.stuck.keep_only(&there);
        let mut queue = VecDeque::from(names);
        let mut put_off = 0;
        let mut tried = 0;
        while let Some(name) = queue.pop_front() {
            if self.decider.stuck.holds(&name, self.now_ms) {
                continue;
            }
            if tried >= AT_ONCE {
                self.told.more = true;
                break;
            }
            let found = match self.find(&name) {
                ArrivalKind::Settling => continue,
                // What it takes the place of lies there, too: that one first, unless they wait for each other.
                ArrivalKind::After(old) if there.contains(OsStr::new(old.as_str())) && put_off <= queue.len() => {
                    put_off += 1;
                    queue.push_back(name);
                    continue;
                }
                found => found,
            };
            put_off = 0;
            tried += 1;
            there.remove(&name);
            self.take(name, found);
        }
    }

    fn find(&self, name: &OsStr) -> ArrivalKind {
        match self.mailbox.read(name, self.now_ms) {
            Ok(Arrival::Settling) => ArrivalKind::Settling,
            Ok(Arrival::Refused(refused)) => ArrivalKind::Refused(refused),
            Ok(Arrival::Message(arrived)) => self
                .decider
                .find_out(&arrived, &self.known, self.now_ms)
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
                let why = format!("supersedes: no proposal was taken in under the name {old}");
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
                // The name of the folder is the proposal's: it was checked when it was read.
                let Some(id) = name.to_str().and_then(|name| name.parse::<ProposalId>().ok()) else { return };
                self.register.aliases.push((id.clone(), of.clone()));
                self.known.aliases.insert(id.clone(), of.clone());
                self.entries.push(RegisterEntry::Alias { loop_key: self.loop_key.clone(), id, of: of.clone() });
                of
            }
            ArrivalKind::Known(id) => {
                // Taken in before, and not cleared: whoever did was stopped, perhaps before the policy
                // had answered.
                self.new.extend(self.known.by_id.get(&id).cloned());
                id
            }
        };
        self.touched.insert(id.clone());
        self.taken.push((name, id));
    }

    /// Tells the agents, and takes away what was taken in. Last: until here a crash leaves everything where it
    /// was, and once more does no harm.
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
            // Whoever asked would wait for nothing: it lies there, and is told of again.
            if let Some(why) = untold.get(&id).or(all.as_ref()) {
                self.leave(&name, format!("it was taken in, and its agent cannot be told: {why}"));
            } else if let Err(error) = self.mailbox.clear(&name) {
                self.leave(&name, format!("it was taken in, and cannot be taken away: {error}"));
            }
        }
    }

    fn refuse(&mut self, name: &OsStr, refused: &Refused) {
        let why = Visible::of(&refused.why).fit(300);
        match self.mailbox.reject(name, refused) {
            Ok(()) => self.told.refused.push((shown(name), why)),
            Err(error) => self.leave(name, format!("refused ({why}), and it cannot be put aside: {error}")),
        }
    }

    /// Lets a message lie: it is tried again later.
    fn leave(&mut self, name: &OsStr, why: String) {
        self.decider.stuck.add(name, self.now_ms);
        if self.told.left.len() < MOST_LEFT {
            self.told.left.push((shown(name), why));
        }
    }
}

fn shown(name: &OsStr) -> String {
    Visible::of(&name.to_string_lossy()).fit(64)
}
