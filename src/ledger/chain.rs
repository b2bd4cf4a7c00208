//! The records of a ledger, each checked against the line before it.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::{Body, CandidateRecord, Entry, GENESIS, LedgerError, LoopKey, Record, line_hash};
use crate::disk::{FileAccess, open_own};
use crate::model::{Baselines, CommitId, DecisionKind, LoopIdentity, RecordedSpend, Spent};

/// A last line without a line end, left by a crash during a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Offset of its first byte.
    pub at: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A ledger, read and checked.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Records in order.
    pub entries: Vec<Entry>,
    /// Records after the last anchored one. Somebody else appended them, and they are ignored.
    pub foreign: Vec<Entry>,
    /// A torn last line, which is ignored.
    pub torn: Option<Torn>,
}

impl Chain {
    /// Reads the records up to the first one that breaks the chain. Everything after that counts as torn.
    pub fn parse_valid_prefix(path: &Path, bytes: &[u8]) -> Self {
        let mut chain = Self::default();
        let _ = chain.read(path, bytes);
        let at = length_of(bytes, chain.entries.len());
        chain.torn = (at < bytes.len()).then(|| Torn { at: at as u64, bytes: bytes[at..].to_vec() });
        chain
    }

    /// Reads and checks the bytes of a ledger; `path` is for error messages.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, LedgerError> {
        let mut chain = Self::default();
        chain.read(path, bytes)?;
        Ok(chain)
    }

    fn read(&mut self, path: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
        let chain = self;
        let mut at = 0;
        while at < bytes.len() {
            let line = chain.entries.len() as u64 + 1;
            let broken = |what: String| LedgerError::Broken { path: path.to_owned(), line, what };
            let Some(len) = bytes[at..].iter().position(|byte| *byte == b'\n') else {
                chain.torn = Some(Torn { at: at as u64, bytes: bytes[at..].to_vec() });
                break;
            };
            let text = &bytes[at..at + len];
            let record: Record = serde_json::from_slice(text)
                .map_err(|error| broken(format!("not a record (column {})", error.column())))?;
            if record.v != 1 {
                return Err(broken(format!("unknown version {}", record.v)));
            }
            if record.seq != line {
                return Err(broken(format!("its number is {}, expected {line}", record.seq)));
            }
            if record.prev != chain.tip() {
                return Err(broken("it does not match the hash of the line before it".to_owned()));
            }
            chain.push(record, line_hash(text));
            at += len + 1;
        }
        Ok(())
    }

    pub(super) fn push(&mut self, record: Record, hash: String) {
        if let Body::Moved { from_tree, to_tree, .. } = &record.body {
            for entry in &mut self.entries {
                entry.loop_key.move_tree(from_tree, to_tree);
            }
        }
        if let Body::Continued { of, .. } = &record.body {
            for entry in self.entries.iter_mut().filter(|entry| entry.loop_key == *of) {
                entry.loop_key = record.loop_key.clone();
            }
        }
        let loop_key = record.loop_key.clone();
        self.entries.push(Entry { record, hash, loop_key });
    }

    /// Returns the ledger's identity: the hash of its newest [`Body::Opened`], or of its first line in a ledger from
    /// before such records. `None` without a record.
    pub fn identity(&self) -> Option<&str> {
        let opened = self.entries.iter().rev().find(|entry| matches!(entry.record.body, Body::Opened { .. }));
        opened.or(self.entries.first()).map(|entry| entry.hash.as_str())
    }

    /// Returns the current paths of its loops' work trees; a path may occur more than once.
    pub fn work_trees(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.loop_key.work_tree.as_str())
    }

    /// Moves the records after the first `records` to the foreign ones.
    pub fn set_trusted_records(&mut self, records: u64) {
        self.foreign = self.entries.split_off(usize::try_from(records).unwrap_or(usize::MAX).min(self.entries.len()));
    }

    /// Returns the hashes of the collected lines of the proposals register, each with its position: the order of the
    /// register itself could be changed by anybody. `None` in a ledger from before these were recorded.
    pub fn collected_lines(&self) -> Option<HashMap<&str, usize>> {
        let mut took: Option<HashMap<&str, usize>> = None;
        for entry in &self.entries {
            if let Body::Collected { lines, .. } = &entry.record.body {
                let took = took.get_or_insert_default();
                for line in lines {
                    let next = took.len();
                    took.entry(line).or_insert(next);
                }
            }
        }
        took
    }

    /// Returns the hashes of the lines that the register should have: those collected since a person last acknowledged
    /// missing ones.
    pub fn expected_lines(&self) -> HashSet<&str> {
        let mut listed = HashSet::new();
        for entry in &self.entries {
            match &entry.record.body {
                Body::Collected { lines, .. } => listed.extend(lines.iter().map(String::as_str)),
                Body::Struck { kept_in, .. } if kept_in.starts_with("proposals.") => listed.clear(),
                _ => {}
            }
        }
        listed
    }

    /// Returns the starts of a loop, recorded when the person joined it; `None` until they are recorded, together with
    /// the policy.
    pub fn began(&self, identity: &LoopIdentity) -> Option<Baselines> {
        let key = LoopKey::from(identity);
        let (mut found, mut is_on_record) = (Baselines::default(), false);
        for entry in &self.entries {
            if let Body::Began { commit, .. } = entry.record.body {
                found.last = Some(commit);
                found.own = if entry.loop_key == key { found.last } else { found.own };
            }
            is_on_record |= matches!(entry.record.body, Body::Policy { .. });
        }
        is_on_record.then_some(found)
    }

    /// Returns what the loops of this ledger have spent according to its records: the amounts recorded with collected
    /// proposals, and at least one experiment for each that the policy let run.
    pub fn spent(&self, identity: &LoopIdentity) -> RecordedSpend {
        let mut by_loop: HashMap<&LoopKey, (Spent, u64)> = HashMap::new();
        for entry in &self.entries {
            let (spent, let_run) = by_loop.entry(&entry.loop_key).or_default();
            match &entry.record.body {
                Body::Collected { spent: Some(reported), .. } => *spent = spent.most(*reported),
                Body::Decision { by_policy: true, decision: DecisionKind::Approved, .. } => *let_run += 1,
                _ => {}
            }
        }
        let own = LoopKey::from(identity);
        let mut on_record = RecordedSpend::default();
        for (key, (spent, experiments)) in by_loop {
            let spent = spent.most(Spent { experiments, gpu_s: 0 });
            if *key == own {
                on_record.own = spent;
            } else {
                on_record.others = on_record.others + spent;
            }
        }
        on_record
    }

    /// Returns the names of a loop in lists that were written before it got its current name; the current one comes
    /// first.
    pub fn names_of(&self, identity: &LoopIdentity) -> Vec<String> {
        let mut keys = vec![LoopKey::from(identity)];
        for entry in self.entries.iter().rev() {
            let before: Vec<LoopKey> = match &entry.record.body {
                Body::Moved { from_tree, to_tree, .. } => {
                    let moved_back = |key: &LoopKey| {
                        let mut before = key.clone();
                        before.move_tree(to_tree, from_tree);
                        before
                    };
                    keys.iter().map(moved_back).collect()
                }
                Body::Continued { of, .. } if keys.contains(&entry.record.loop_key) => vec![of.clone()],
                _ => continue,
            };
            for key in before {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        keys.iter().map(LoopKey::text).collect()
    }

    /// Returns the hash of the last line, or [`GENESIS`].
    pub fn tip(&self) -> &str {
        self.entries.last().map_or(GENESIS, |entry| &entry.hash)
    }

    /// Returns the sequence number of the last record, 0 without one.
    pub fn seq(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.record.seq)
    }

    /// Returns the record with a sequence number.
    pub fn entry(&self, seq: u64) -> Option<&Entry> {
        self.entries.get((seq as usize).checked_sub(1)?)
    }

    /// Returns the candidate of an intent; `None` for other records.
    pub fn intended(&self, intent: u64) -> Option<&CandidateRecord> {
        match &self.entry(intent)?.record.body {
            Body::Intent { candidate, .. } => Some(candidate),
            _ => None,
        }
    }

    /// Returns the number of outcomes of each intent, by its sequence number. In a complete ledger it is one each.
    pub fn outcomes(&self) -> HashMap<u64, usize> {
        let mut ends = HashMap::new();
        for entry in &self.entries {
            if let Body::Decision { intent: Some(intent), .. }
            | Body::Abandoned { intent, .. }
            | Body::Restored { intent, .. } = &entry.record.body
            {
                *ends.entry(*intent).or_default() += 1;
            }
        }
        ends
    }

    /// Returns the intents without an outcome, oldest first: decisions that were interrupted.
    pub fn open_intents(&self) -> Vec<&Entry> {
        let ends = self.outcomes();
        let is_open = |entry: &&Entry| entry.record.body.is_intent() && !ends.contains_key(&entry.record.seq);
        self.entries.iter().filter(is_open).collect()
    }

    /// Returns the branches that intents name, in the order of their first intent.
    pub fn branches(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for entry in &self.entries {
            if let Body::Intent { candidate, .. } = &entry.record.body
                && !found.contains(&candidate.branch.as_str())
            {
                found.push(&candidate.branch);
            }
        }
        found
    }

    /// Returns the foreign tips that were adopted on a branch, each with the tip before it.
    pub fn adoptions(&self, branch: &str) -> HashMap<CommitId, CommitId> {
        let adopted = self.entries.iter().filter_map(|entry| match &entry.record.body {
            Body::Adopted { branch: its, from, to, .. } if its == branch => Some((*to, *from)),
            _ => None,
        });
        adopted.collect()
    }

    /// Returns the person who adopted each foreign tip of a branch.
    pub fn adopters(&self, branch: &str) -> HashMap<CommitId, &str> {
        let adopted = self.entries.iter().filter_map(|entry| match &entry.record.body {
            Body::Adopted { branch: its, to, reviewer, .. } if its == branch => Some((*to, reviewer.as_str())),
            _ => None,
        });
        adopted.collect()
    }

    /// Returns the decision that made each commit.
    pub fn decided_commits(&self) -> HashMap<CommitId, &Entry> {
        let made = self.entries.iter().filter_map(|entry| match &entry.record.body {
            Body::Decision { commit: Some(commit), .. } => Some((*commit, entry)),
            _ => None,
        });
        made.collect()
    }
}

/// Returns the length in bytes of the first lines of a ledger.
pub(super) fn length_of(bytes: &[u8], lines: usize) -> usize {
    bytes.split_inclusive(|byte| *byte == b'\n').take(lines).map(<[u8]>::len).sum()
}

/// Size limit of a ledger in bytes: a decision takes about a thousand.
const LARGEST: u64 = 1 << 30;

pub(super) fn read_whole(mut file: &File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let too_large = || std::io::Error::other("it is larger than a gigabyte");
    // Check the size first, instead of reading a gigabyte.
    if file.metadata()?.len() > LARGEST {
        return Err(too_large());
    }
    file.seek(SeekFrom::Start(0))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Reads and checks a ledger. A missing file is an empty chain.
pub fn read_chain(path: &Path) -> Result<Chain, LedgerError> {
    match open_own(path, FileAccess::Read).and_then(|file| read_whole(&file)) {
        Ok(bytes) => Chain::parse(path, &bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Chain::default()),
        Err(error) => Err(LedgerError::io(path)(error)),
    }
}
