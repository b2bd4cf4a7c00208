//! Follows the agents' proposals: the person's register of collected ones, and the mailbox.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use crate::approved::read_baselines;
use crate::ledger::Chain;
use crate::mailbox::{MAILBOX_DIR, Mailbox, RegisterEntry, RegisterProblems, read_register};
use crate::model::{Baselines, Fact, Facts, LoopIdentity, MailboxState, Proposal, Warning};
use crate::repo::Repo;

/// Largest number of rejected messages that are counted.
const MOST_REJECTED: usize = 1000;

/// Follows the register and the mailbox.
#[derive(Default)]
pub(super) struct Proposals {
    /// The loop of the proposals, as the register names it.
    loop_key: String,
    /// Hashes of all lines of the register.
    there: HashSet<String>,
    /// All proposals of the register, each with its line's hash and its loop.
    listed: Vec<(String, String, Arc<Proposal>)>,
    /// Proposals that the ledger says were collected for this loop.
    all: Vec<Arc<Proposal>>,
    /// The lines of this loop that do not match the ledger.
    problems: RegisterProblems,
    /// The problems that were reported.
    reported: RegisterProblems,
    /// Names of the loop before its work tree was moved.
    names: Vec<String>,
    on_record: ListRecord,
    next: u64,
    bad: Vec<u64>,
    mailbox: MailboxState,
    /// Number of consecutive passes in which the mailbox was not empty.
    looks: u64,
    baselines: Baselines,
    warnings: Vec<Warning>,
}

/// The ledger's data about the register, for all loops.
#[derive(Default)]
struct ListRecord {
    /// Hashes of the collected lines, each with its position; `None` if that is not on record.
    took: Option<HashMap<String, usize>>,
    /// Hashes of the lines that should be there.
    wanted: HashSet<String>,
    /// The starts of loops; `None` if they are not on record.
    began: Option<Baselines>,
}

impl ListRecord {
    fn of(chain: &Chain, identity: &LoopIdentity) -> Self {
        Self {
            took: chain
                .collected_lines()
                .map(|took| took.into_iter().map(|(hash, place)| (hash.to_owned(), place)).collect()),
            wanted: chain.expected_lines().into_iter().map(str::to_owned).collect(),
            began: chain.began(identity),
        }
    }
}

impl Proposals {
    /// Reads everything new; true if there was anything.
    pub(super) fn poll(&mut self, dir: &Path, repo: &Repo, identity: &LoopIdentity, facts: &mut Facts) -> bool {
        let key = identity.key();
        let mut changed = self.loop_key != key;
        if changed {
            let mut on_record = std::mem::take(&mut self.on_record);
            on_record.began = on_record.began.map(|known| Baselines { own: None, ..known });
            *self = Self { loop_key: key.clone(), on_record, ..Self::default() };
        }
        let mut warnings = Vec::new();
        let mut warn = |path: &str, message: String| {
            warnings.push(Warning { path: path.into(), line: 0, end_line: 0, message });
        };
        match self.read_list(repo) {
            Ok(is_longer) => changed |= is_longer,
            Err(message) => warn("proposals.jsonl", message),
        }
        if changed {
            self.choose();
        }
        let listed = || repo.own_path("baselines.jsonl").map(|path| read_baselines(&path, &key)).unwrap_or_default();
        let baselines = self.on_record.began.unwrap_or_else(listed);
        if baselines != self.baselines {
            changed = true;
            self.baselines = baselines;
        }
        if !self.bad.is_empty() {
            warn("proposals.jsonl", format!("{} lines are not proposals and are ignored", self.bad.len()));
        }
        let mut mailbox = MailboxState {
            questions: self.mailbox.questions.clone(),
            paused: self.mailbox.paused,
            on_record: self.mailbox.on_record,
            ..MailboxState::default()
        };
        let looked = Mailbox::open(dir).and_then(|found| {
            let Some(found) = found else { return Ok(()) };
            mailbox.is_there = true;
            mailbox.unread = found.unread()?;
            mailbox.rejected = found.rejected(MOST_REJECTED)?;
            mailbox.notes_waiting = found.notes_waiting()?;
            Ok(())
        });
        if let Err(error) = looked {
            warn(MAILBOX_DIR, format!("cannot use the agent's mailbox: {error}"));
        }
        // Messages in the mailbox are retried until they are collected, at growing intervals.
        self.looks = if mailbox.unread > 0 { self.looks + 1 } else { 0 };
        mailbox.attempts = if self.looks.is_power_of_two() || self.looks.is_multiple_of(64) {
            self.looks
        } else {
            self.mailbox.attempts
        };
        if mailbox != self.mailbox {
            changed = true;
            self.mailbox = mailbox;
        }
        if warnings != self.warnings {
            changed = true;
            self.warnings.clone_from(&warnings);
            facts.apply(Fact::Warnings("mailbox", warnings));
        }
        if changed {
            facts.apply(Fact::Proposals(Arc::new(self.all.clone())));
            facts.apply(Fact::Mailbox(Arc::new(self.mailbox.clone())));
            facts.apply(Fact::Baselines(self.baselines));
        }
        changed
    }

    /// Reads the register from where it was last read; true if there was anything new.
    fn read_list(&mut self, repo: &Repo) -> Result<bool, String> {
        let path = repo.own_path("proposals.jsonl").map_err(|error| error.to_string())?;
        let read = |from| read_register(&path, from).map_err(|error| format!("could not be read: {error}"));
        let mut found = read(self.next)?;
        let is_another = found.next < self.next;
        if is_another {
            found = read(0)?;
            self.there.clear();
            self.listed.clear();
            self.bad.clear();
        }
        self.next = found.next;
        let is_longer = is_another || !found.taken.is_empty();
        self.bad.extend(found.bad);
        for (hash, taken) in found.taken {
            self.there.insert(hash.clone());
            if let RegisterEntry::Proposal { loop_key, proposal } = taken {
                self.listed.push((hash, loop_key, (*proposal).into()));
            }
        }
        Ok(is_longer)
    }

    /// Keeps the proposals that the ledger says were collected for this loop.
    fn choose(&mut self) {
        let is_own = |name: &String| *name == self.loop_key || self.names.contains(name);
        let of_loop = self.listed.iter().filter(|(_, loop_key, _)| is_own(loop_key));
        let took = self.on_record.took.as_ref();
        let (mut own, others): (Vec<_>, Vec<_>) =
            of_loop.partition(|(hash, ..)| took.is_none_or(|took| took.contains_key(hash)));
        let listed = own.len();
        // Each line once, in the order of collection: a repeated line replaces nothing.
        own.sort_by_key(|(hash, ..)| took.and_then(|took| took.get(hash).copied()));
        own.dedup_by(|a, b| a.0 == b.0);
        self.problems.foreign = others.len() + listed - own.len();
        self.all = own.into_iter().map(|(.., proposal)| Arc::clone(proposal)).collect();
        self.problems.missing = self.on_record.wanted.iter().filter(|hash| !self.there.contains(*hash)).count();
    }

    /// Reads the questions and notes from the ledger. While somebody decides, the register may be ahead of the ledger
    /// or behind it: then lines that only one of them has are not reported.
    pub(super) fn read_ledger(
        &mut self,
        repo: &Repo,
        chain: &Chain,
        identity: &LoopIdentity,
        being_decided: bool,
        facts: &mut Facts,
    ) {
        let before = self.all.len();
        self.names = chain.names_of(identity);
        self.on_record = ListRecord::of(chain, identity);
        // The register was read before the ledger: lines collected in between must not seem missing. Every pass reports
        // why it cannot be read.
        let is_longer = self.read_list(repo).unwrap_or_default();
        self.choose();
        if is_longer || self.all.len() != before {
            facts.apply(Fact::Proposals(Arc::new(self.all.clone())));
        }
        if !being_decided && self.reported != self.problems {
            self.reported = self.problems;
            let warning = |message| Warning { path: "proposals.jsonl".into(), line: 0, end_line: 0, message };
            let warnings = self.problems.sentences();
            facts.apply(Fact::Warnings("taken", warnings.into_iter().map(warning).collect()));
        }
        if let Some(baselines) = self.on_record.began.filter(|began| *began != self.baselines) {
            self.baselines = baselines;
            facts.apply(Fact::Baselines(baselines));
        }
        self.mailbox.questions = crate::approved::questions(chain, identity);
        self.mailbox.paused = crate::approved::paused(chain).is_some();
        self.mailbox.on_record = chain.spent(identity);
        facts.apply(Fact::Mailbox(Arc::new(self.mailbox.clone())));
    }

    /// Number of bytes of the register that were read: if it grows, the ledger is read again.
    pub(super) fn read(&self) -> u64 {
        self.next
    }

    /// Commits that proposals name.
    pub(super) fn commits(&self) -> Vec<crate::model::CommitId> {
        self.all.iter().flat_map(|proposal| [proposal.head, proposal.base]).collect()
    }
}
