//! Reading the chain, and the one way it grows.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Body, CandidateRecord, Entry, GENESIS, LoopKey, Record, line_hash};
use crate::disk::{Step, open_own, reach, remedy, sync_folder, write_torn};
use crate::model::CommitId;

/// A decision takes a few syncs of the disk: who comes second waits this long before giving up.
const PATIENCE: Duration = Duration::from_secs(3);

/// What can go wrong with the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A line is not what it should be.
    #[error("{path}, line {line}: {what}; nothing is decided until this is looked into (countersign verify)")]
    Broken {
        /// The ledger.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What does not hold.
        what: String,
    },
    /// The end that the anchor remembers is missing or different.
    #[error("{path}: {what}; nothing is decided until this is looked into (countersign verify)")]
    NotAnchored {
        /// The ledger.
        path: PathBuf,
        /// What does not hold.
        what: String,
    },
    /// Another supervisor decides right now.
    #[error(
        "another countersign is deciding right now, and has been for a while; nothing was decided, try again in a moment"
    )]
    Busy,
    /// The system said no.
    #[error("{path}: {source}; {remedy}", remedy = remedy(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl LedgerError {
    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// A last line without its end: a crash in the middle of a write.
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
    /// A torn last line, which counts for nothing.
    pub torn: Option<Torn>,
}

impl Chain {
    /// Reads and checks the bytes of a ledger; `path` is for its errors.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, LedgerError> {
        let mut chain = Self::default();
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
                return Err(broken(format!("version {} is not known here", record.v)));
            }
            if record.seq != line {
                return Err(broken(format!("its number is {} where {line} is expected", record.seq)));
            }
            if record.prev != chain.tip() {
                return Err(broken("it does not follow from the line before it".to_owned()));
            }
            chain.entries.push(Entry { record, hash: line_hash(text) });
            at += len + 1;
        }
        Ok(chain)
    }

    /// Hash of the last line, or [`GENESIS`].
    pub fn tip(&self) -> &str {
        self.entries.last().map_or(GENESIS, |entry| &entry.hash)
    }

    /// Sequence number of the last record, 0 without one.
    pub fn seq(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.record.seq)
    }

    /// The record with a sequence number.
    pub fn entry(&self, seq: u64) -> Option<&Entry> {
        self.entries.get((seq as usize).checked_sub(1)?)
    }

    /// What a decision was to commit; `None` for a record that is no intent.
    pub fn intended(&self, intent: u64) -> Option<&CandidateRecord> {
        match &self.entry(intent)?.record.body {
            Body::Intent { candidate, .. } => Some(candidate),
            _ => None,
        }
    }

    /// How many records end each intent, by its sequence number. Whole records have one each.
    pub fn ends(&self) -> HashMap<u64, usize> {
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

    /// Intents that no record ends, oldest first: a decision was interrupted there.
    pub fn open_intents(&self) -> Vec<&Entry> {
        let ends = self.ends();
        let is_open = |entry: &&Entry| entry.record.body.is_intent() && !ends.contains_key(&entry.record.seq);
        self.entries.iter().filter(is_open).collect()
    }

    /// Foreign tips that were adopted on a branch, each with the tip it came after.
    pub fn adoptions(&self, branch: &str) -> HashMap<CommitId, CommitId> {
        let adopted = self.entries.iter().filter_map(|entry| match &entry.record.body {
            Body::Adopted { branch: its, from, to, .. } if its == branch => Some((*to, *from)),
            _ => None,
        });
        adopted.collect()
    }

    /// Who adopted each foreign tip of a branch.
    pub fn adopters(&self, branch: &str) -> HashMap<CommitId, &str> {
        let adopted = self.entries.iter().filter_map(|entry| match &entry.record.body {
            Body::Adopted { branch: its, to, reviewer, .. } if its == branch => Some((*to, reviewer.as_str())),
            _ => None,
        });
        adopted.collect()
    }

    /// The decision that made each commit.
    pub fn decided_commits(&self) -> HashMap<CommitId, &Entry> {
        let made = self.entries.iter().filter_map(|entry| match &entry.record.body {
            Body::Decision { commit: Some(commit), .. } => Some((*commit, entry)),
            _ => None,
        });
        made.collect()
    }
}

/// Reads and checks a ledger. A file that is not there is an empty chain.
pub fn read_chain(path: &Path) -> Result<Chain, LedgerError> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        open_own(path, false)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => Chain::parse(path, &bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Chain::default()),
        Err(error) => Err(LedgerError::io(path)(error)),
    }
}

/// The ledger, locked: the right to decide. Dropping it lets go.
pub struct Ledger {
    path: PathBuf,
    file: File,
    chain: Chain,
    lock: File,
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // Closing alone is not enough: a child that another thread is just starting holds a copy of the
        // file until it runs its program, and with it the lock.
        let _ = self.lock.unlock();
    }
}

impl Ledger {
    /// Locks and reads the ledger at `path`, creating it when it is not there. A torn last line is
    /// set aside in a file beside it.
    pub fn lock(path: &Path) -> Result<Self, LedgerError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(LedgerError::io(folder))?;
        let lock_path = folder.join("lock");
        let lock = open_own(&lock_path, true).map_err(LedgerError::io(&lock_path))?;
        wait_for(&lock, &lock_path)?;
        reach(Step::Locked).map_err(LedgerError::io(&lock_path))?;
        let mut file = open_own(path, true).map_err(LedgerError::io(path))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(LedgerError::io(path))?;
        let mut chain = Chain::parse(path, &bytes)?;
        if let Some(torn) = chain.torn.take() {
            set_aside(folder, &torn)?;
            file.set_len(torn.at).map_err(LedgerError::io(path))?;
            file.sync_all().map_err(LedgerError::io(path))?;
        }
        if chain.entries.is_empty() {
            sync_folder(folder).map_err(LedgerError::io(folder))?;
        }
        Ok(Self { path: path.to_owned(), file, chain, lock })
    }

    /// What it holds.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The record that would come next.
    pub fn next(&self, loop_key: &LoopKey, at: jiff::Timestamp, body: Body) -> Record {
        Record {
            v: 1,
            seq: self.chain.seq() + 1,
            prev: self.chain.tip().to_owned(),
            at,
            loop_key: loop_key.clone(),
            body,
            signature: None,
        }
    }

    /// Appends what [`Ledger::next`] made.
    pub fn append(&mut self, loop_key: &LoopKey, at: jiff::Timestamp, body: Body) -> Result<&Entry, LedgerError> {
        self.append_record(self.next(loop_key, at, body))
    }

    /// Appends a record. It is on disk when this returns; when it fails, nothing was appended.
    pub fn append_record(&mut self, record: Record) -> Result<&Entry, LedgerError> {
        let mut line = serde_json::to_vec(&record).map_err(|error| LedgerError::io(&self.path)(error.into()))?;
        let hash = line_hash(&line);
        line.push(b'\n');
        let end = self.file.seek(SeekFrom::End(0)).map_err(LedgerError::io(&self.path))?;
        if let Err(error) = self.write_durably(end, &line) {
            // Half a line must not stand before the next one.
            let _ = self.file.set_len(end);
            let _ = self.file.sync_all();
            return Err(LedgerError::io(&self.path)(error));
        }
        self.chain.entries.push(Entry { record, hash });
        Ok(&self.chain.entries[self.chain.entries.len() - 1])
    }

    fn write_durably(&mut self, end: u64, line: &[u8]) -> std::io::Result<()> {
        write_torn(Step::RecordHalf, &mut self.file, line)?;
        self.file.seek(SeekFrom::Start(end))?;
        self.file.write_all(line)?;
        reach(Step::RecordWritten)?;
        self.file.sync_all()?;
        reach(Step::RecordSynced)
    }
}

/// The right to look at ledger and branch together: nobody decides meanwhile. Dropping it lets go.
/// Writes nothing.
pub struct Looking(Option<File>);

impl Looking {
    /// Begins to look; `None` while somebody decides. A ledger without a lock beside it has never been
    /// decided in.
    pub fn begin(ledger: &Path) -> Option<Self> {
        let Ok(lock) = open_own(&ledger.parent().unwrap_or(Path::new(".")).join("lock"), false) else {
            return Some(Self(None));
        };
        // Shared: two who look do not stand in each other's way.
        match lock.try_lock_shared() {
            Err(std::fs::TryLockError::WouldBlock) => None,
            _ => Some(Self(Some(lock))),
        }
    }

    /// The same, waiting a moment for a decision that is being made.
    pub fn wait(ledger: &Path) -> Option<Self> {
        let end = Instant::now() + PATIENCE;
        loop {
            let looking = Self::begin(ledger);
            if looking.is_some() || Instant::now() >= end {
                return looking;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        // As with the ledger's own lock: a child that is just starting would hold it.
        if let Some(lock) = &self.0 {
            let _ = lock.unlock();
        }
    }
}

/// Takes the lock, waiting a moment for a decision that is being made.
fn wait_for(lock: &File, path: &Path) -> Result<(), LedgerError> {
    let end = Instant::now() + PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(std::fs::TryLockError::WouldBlock) if Instant::now() >= end => return Err(LedgerError::Busy),
            // The lock of a file cannot be waited for with a deadline.
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Err(std::fs::TryLockError::Error(error)) => return Err(LedgerError::io(path)(error)),
        }
    }
}

/// Keeps the bytes of a torn line, after those of earlier ones.
fn set_aside(folder: &Path, torn: &Torn) -> Result<(), LedgerError> {
    let path = folder.join(format!("ledger.torn-at-{}", torn.at));
    let keep = || -> std::io::Result<()> {
        let mut file = open_own(&path, true)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(&torn.bytes)?;
        file.write_all(b"\n")?;
        file.sync_all()
    };
    keep().map_err(LedgerError::io(&path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DecisionKind, ExperimentId};

    fn veto(name: &str) -> Body {
        Body::Decision {
            experiment: ExperimentId::new(name),
            decision: DecisionKind::Vetoed,
            intent: None,
            commit: None,
            proposal: None,
            comments: Vec::new(),
            acknowledged: Vec::new(),
            on_screen_s: None,
            by_policy: false,
            reviewer: "A <a@b>".into(),
            reason: "why".into(),
        }
    }

    fn filled(path: &Path, names: &[&str]) -> Result<(), LedgerError> {
        let key = LoopKey { work_tree: "/w".into(), branch: "b".into(), results: "results.tsv".into() };
        let mut ledger = Ledger::lock(path)?;
        for name in names {
            ledger.append(&key, jiff::Timestamp::UNIX_EPOCH, veto(name))?;
        }
        Ok(())
    }

    #[test]
    fn any_tampering_breaks_the_chain() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("ledger.jsonl");
        filled(&path, &["a", "b", "c"])?;
        let good = std::fs::read_to_string(&path)?;
        let lines: Vec<&str> = good.lines().collect();
        assert_eq!(read_chain(&path)?.entries.len(), 3);
        let edited = good.replace("\"why\"", "\"hmm\"");
        let dropped = format!("{}\n{}\n", lines[0], lines[2]);
        let first_dropped = format!("{}\n{}\n", lines[1], lines[2]);
        let swapped = format!("{}\n{}\n{}\n", lines[1], lines[0], lines[2]);
        let renumbered = first_dropped.replace("\"seq\":2", "\"seq\":1").replace("\"seq\":3", "\"seq\":2");
        for (what, bad) in [edited, dropped, first_dropped, swapped, renumbered].iter().enumerate() {
            std::fs::write(&path, bad)?;
            assert!(read_chain(&path).is_err(), "case {what}");
        }
        Ok(())
    }

    #[test]
    fn a_torn_line_is_set_aside_and_the_chain_goes_on() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("ledger.jsonl");
        filled(&path, &["a"])?;
        let mut bytes = std::fs::read(&path)?;
        bytes.extend_from_slice(b"{\"v\":1,\"se");
        std::fs::write(&path, &bytes)?;
        assert!(read_chain(&path)?.torn.is_some());
        filled(&path, &["b"])?;
        assert_eq!(read_chain(&path)?.entries.len(), 2);
        let aside =
            std::fs::read_dir(folder.path())?.flatten().any(|e| e.file_name().to_string_lossy().contains("torn"));
        assert!(aside);
        Ok(())
    }

    #[test]
    fn the_lock_lets_one_decide() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("ledger.jsonl");
        let first = Ledger::lock(&path)?;
        assert!(matches!(Ledger::lock(&path), Err(LedgerError::Busy)));
        drop(first);
        assert!(Ledger::lock(&path).is_ok());
        Ok(())
    }
}
