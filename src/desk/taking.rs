//! Taking proposals in: copied, checked against the repository, pinned, written to the person's list,
//! and only then taken out of the agent's inbox.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use super::{Desk, DeskError};
use crate::door::{Arrival, Arrived, Door, FOLDER, Refused, Taken, append_register};
use crate::format::read_patch;
use crate::model::{AgentText, CommitId, Proposal, ProposalId};
use crate::policy::text::Visible;
use crate::repo::{RepoError, check_change, commit_patch, pin};

/// Messages that are taken in before others may decide.
const AT_ONCE: usize = 500;

/// What was taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// Proposals that are new.
    pub taken: usize,
    /// What was refused: the name and why. Visible text.
    pub refused: Vec<(String, String)>,
    /// Proposals that were answered without a person: by policy, as stale, or as expired.
    pub answered: usize,
    /// What could not be taken in, and stays where it is: the name and why. Visible text.
    pub left: Vec<(String, String)>,
    /// True when there may be more to take in.
    pub more: bool,
}

/// What was taken in before.
#[derive(Default)]
struct Known {
    /// Digests by name.
    by_id: HashMap<ProposalId, String>,
    by_key: HashMap<AgentText, ProposalId>,
    /// Other names of proposals.
    aliases: HashSet<ProposalId>,
}

impl Known {
    fn add(&mut self, proposal: &Proposal) {
        self.by_id.insert(proposal.id.clone(), proposal.digest.clone());
        if !proposal.idempotency_key.is_blank() {
            self.by_key.entry(proposal.idempotency_key.clone()).or_insert_with(|| proposal.id.clone());
        }
    }
}

/// What an arrival turns out to be.
enum Found {
    New(Box<Proposal>),
    /// It was taken in before, and is only in the way.
    Known,
    Alias(ProposalId),
    /// It takes the place of one that is not known.
    After(ProposalId),
    Refused(Refused),
}

impl Desk {
    /// Takes in what lies in the inbox, a part of it at a time, and answers where the policy says that
    /// no person has to. While the budget is used up the policy answers nothing.
    pub fn take(&self, budget_used: bool) -> Result<TakenIn, DeskError> {
        let io = |source| DeskError::Door { path: self.dir.join(FOLDER), source };
        let mut told = TakenIn::default();
        let Some(door) = Door::open(&self.dir).map_err(io)? else { return Ok(told) };
        let mut ledger = self.ready()?;
        // Under the lock: what another process takes in just now must not seem to be half a message.
        let names = door.arrivals().map_err(io)?;
        let mut register = (*self.register()?).clone();
        let mut known = Known::default();
        register.proposals.iter().for_each(|proposal| known.add(proposal));
        known.aliases.extend(register.aliases.iter().map(|(alias, _)| alias.clone()));
        let (mut entries, mut new, mut taken) = (Vec::new(), Vec::new(), Vec::new());
        let mut touched: HashSet<ProposalId> = HashSet::new();
        let now_ms = self.now().as_millisecond();
        let loop_key = self.identity.key();
        let mut there: HashSet<OsString> = names.iter().cloned().collect();
        let mut queue = VecDeque::from(names);
        let mut put_off = 0;
        while let Some(name) = queue.pop_front() {
            if taken.len() + told.refused.len() >= AT_ONCE {
                told.more = true;
                break;
            }
            let shown = || Visible::of(&name.to_string_lossy()).fit(64);
            let (id, found) = match door.read(&name, now_ms).map_err(io)? {
                Arrival::Settling => continue,
                Arrival::Refused(refused) => (None, Found::Refused(refused)),
                Arrival::Message(arrived) => match self.find_out(&arrived, &known, now_ms) {
                    // What it takes the place of lies there, too: that one first, unless they wait for
                    // each other.
                    Ok(Found::After(old)) if there.contains(OsStr::new(old.as_str())) && put_off <= queue.len() => {
                        put_off += 1;
                        queue.push_back(name);
                        continue;
                    }
                    Ok(Found::After(old)) => {
                        let why = format!("supersedes: no proposal was taken in under the name {old}");
                        (None, Found::Refused(Refused::because(why)))
                    }
                    Ok(found) => (Some(arrived.id), found),
                    Err(error) => {
                        told.left.push((shown(), error.to_string()));
                        continue;
                    }
                },
            };
            put_off = 0;
            there.remove(&name);
            match (id, found) {
                (_, Found::Refused(refused)) => {
                    door.reject(&name, &refused).map_err(io)?;
                    told.refused.push((shown(), Visible::of(&refused.why).fit(300)));
                    continue;
                }
                (_, Found::New(proposal)) => {
                    touched.extend(proposal.supersedes.clone());
                    touched.insert(proposal.id.clone());
                    entries.push(Taken::Proposal { loop_key: loop_key.clone(), proposal: proposal.clone() });
                    let proposal: Arc<Proposal> = (*proposal).into();
                    known.add(&proposal);
                    register.proposals.push(Arc::clone(&proposal));
                    new.push(proposal);
                }
                (Some(id), Found::Alias(of)) => {
                    touched.insert(of.clone());
                    register.aliases.push((id.clone(), of.clone()));
                    known.aliases.insert(id.clone());
                    entries.push(Taken::Alias { loop_key: loop_key.clone(), id, of });
                }
                (Some(id), Found::Known) => {
                    // Taken in before, and not cleared: whoever did was stopped, perhaps before the policy
                    // had answered.
                    new.extend(register.proposals.iter().filter(|one| one.id == id).cloned());
                    touched.insert(id);
                }
                (_, Found::After(_)) | (None, _) => {}
            }
            taken.push(name);
        }
        if !entries.is_empty() {
            let path = self.repo.own_file("proposals.jsonl")?;
            append_register(&path, &entries).map_err(|source| DeskError::Door { path, source })?;
        }
        told.taken = entries.iter().filter(|entry| matches!(entry, Taken::Proposal { .. })).count();
        told.answered = self.answer_without_person(&mut ledger, &register, &new, budget_used)?;
        if !taken.is_empty() {
            self.publish(&ledger, &register, &|proposal| touched.contains(&proposal.id))?;
        }
        // Last: until here a crash leaves everything where it was, and once more does no harm.
        for name in taken {
            door.clear(&name).map_err(io)?;
        }
        Ok(told)
    }

    /// What a message is, checked against what is known and against the repository.
    fn find_out(&self, arrived: &Arrived, known: &Known, now_ms: i64) -> Result<Found, DeskError> {
        let message = &arrived.message;
        let refused = |why: &str| Ok(Found::Refused(Refused::because(why)));
        match known.by_id.get(&arrived.id) {
            Some(digest) if *digest == arrived.digest => return Ok(Found::Known),
            Some(_) => {
                return refused(
                    "this id was used before, and a proposal never changes: send another one that supersedes it",
                );
            }
            None => {}
        }
        if known.aliases.contains(&arrived.id) {
            return Ok(Found::Known);
        }
        if let Some(of) = known.by_key.get(&message.idempotency_key) {
            return Ok(Found::Alias(of.clone()));
        }
        if let Some(old) = message.supersedes.as_ref().filter(|old| !known.by_id.contains_key(old)) {
            return Ok(Found::After(old.clone()));
        }
        let head = match self.head_of(arrived, now_ms) {
            Ok(head) => head,
            Err(DeskError::Repo(error)) if error.is_about_the_change() => return refused(&error.to_string()),
            Err(error) => return Err(error),
        };
        Ok(Found::New(Box::new(Proposal {
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
        })))
    }

    /// The commit after the change, there and pinned.
    fn head_of(&self, arrived: &Arrived, now_ms: i64) -> Result<CommitId, DeskError> {
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
