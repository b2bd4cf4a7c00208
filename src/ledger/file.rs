//! Reading the chain, and the one way it grows.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::lock::{Lock, has_name};
use super::{Body, CandidateRecord, Entry, GENESIS, LoopKey, Record, line_hash};
use crate::disk::{Step, make_folder, open_own, reach, remedy, sync_folder, write_torn};
use crate::model::CommitId;

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
    /// Another supervisor decides right now, or another process holds the lock.
    #[error("{}; nothing was decided, {}", busy(path, by.as_ref()), busy_remedy(by.as_ref()))]
    Busy {
        /// The lock.
        path: PathBuf,
        /// The process that holds it, by number and name; `None` where the system does not tell.
        by: Option<(u32, String)>,
    },
    /// Another file has the name of one that is open.
    #[error(
        "{0}: somebody took it away while a decision was made, or put another one in its place; look at it (ls -l, countersign verify), then decide again"
    )]
    Replaced(PathBuf),
    /// The system said no.
    #[error("{path}: {source}; {remedy}", remedy = remedy(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

fn is_countersign(by: Option<&(u32, String)>) -> bool {
    by.is_none_or(|(_, name)| name.starts_with("countersign"))
}

fn busy(path: &Path, by: Option<&(u32, String)>) -> String {
    let place = path.display();
    match by {
        Some((pid, name)) if !is_countersign(by) => {
            format!("process {pid} ({name}) holds {place}, and it is not countersign")
        }
        Some((pid, _)) => {
            format!("another countersign is deciding right now, and has been for a while (process {pid} holds {place})")
        }
        None => format!("another countersign is deciding right now, and has been for a while ({place} is held)"),
    }
}

fn busy_remedy(by: Option<&(u32, String)>) -> &'static str {
    if is_countersign(by) { "try again in a moment" } else { "look what it is (ps), end it, then try again" }
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

/// Larger ledgers are not read, in bytes: a decision takes about a thousand.
const LARGEST: u64 = 1 << 30;

fn read_whole(mut file: &File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(std::io::Error::other("it is larger than a gigabyte"));
    }
    Ok(bytes)
}

/// Reads and checks a ledger. A file that is not there is an empty chain.
pub fn read_chain(path: &Path) -> Result<Chain, LedgerError> {
    match open_own(path, false).and_then(|file| read_whole(&file)) {
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
    lock: Lock,
}

impl Ledger {
    /// Locks and reads the ledger at `path`, creating it when it is not there. A torn last line is
    /// set aside in a file beside it.
    pub fn lock(path: &Path) -> Result<Self, LedgerError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        make_folder(folder).map_err(LedgerError::io(folder))?;
        let lock_path = folder.join("lock");
        let lock = Lock::take(&lock_path)?;
        reach(Step::Locked).map_err(LedgerError::io(&lock_path))?;
        let file = open_own(path, true).map_err(LedgerError::io(path))?;
        let bytes = read_whole(&file).map_err(LedgerError::io(path))?;
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

    /// Appends a record. It is on disk when this returns, in the file that has the ledger's name; when it fails,
    /// nothing was appended.
    pub fn append_record(&mut self, record: Record) -> Result<&Entry, LedgerError> {
        let mut line = serde_json::to_vec(&record).map_err(|error| LedgerError::io(&self.path)(error.into()))?;
        let entry = Entry { hash: line_hash(&line), record };
        line.push(b'\n');
        // A backup or an editor may put a copy in the place of the file while a key is waited for: what is written to
        // the old one then is in no file that anybody can find.
        for _ in 0..3 {
            if !self.follow(&entry.hash)? {
                let end = self.file.seek(SeekFrom::End(0)).map_err(LedgerError::io(&self.path))?;
                if let Err(error) = self.write_durably(end, &line) {
                    // Half a line must not stand before the next one.
                    let _ = self.file.set_len(end);
                    let _ = self.file.sync_all();
                    return Err(LedgerError::io(&self.path)(error));
                }
            }
            if has_name(&self.file, &self.path) {
                self.chain.entries.push(entry);
                return Ok(&self.chain.entries[self.chain.entries.len() - 1]);
            }
        }
        Err(LedgerError::Replaced(self.path.clone()))
    }

    /// Goes on in the file that has the name, where another one has it now and holds the same records. True when it
    /// holds the one to be appended, `next`, too. Fails where it holds others, or where the lock is no lock any more.
    fn follow(&mut self, next: &str) -> Result<bool, LedgerError> {
        if !self.lock.has_its_name() {
            return Err(LedgerError::Replaced(self.path.with_file_name("lock")));
        }
        if has_name(&self.file, &self.path) {
            return Ok(false);
        }
        if !self.path.exists() {
            return Err(LedgerError::Replaced(self.path.clone()));
        }
        let io = || LedgerError::io(&self.path);
        let file = open_own(&self.path, true).map_err(io())?;
        let chain = Chain::parse(&self.path, &read_whole(&file).map_err(io())?)?;
        // The hash of a line speaks for all lines before it.
        let has_next = chain.tip() == next;
        if chain.torn.is_some() || !(has_next || chain.tip() == self.chain.tip()) {
            return Err(LedgerError::Replaced(self.path.clone()));
        }
        file.sync_all().map_err(io())?;
        sync_folder(self.path.parent().unwrap_or(Path::new("."))).map_err(io())?;
        self.file = file;
        Ok(has_next)
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

/// Keeps the bytes of a torn line, after those of earlier ones.
fn set_aside(folder: &Path, torn: &Torn) -> Result<(), LedgerError> {
    let path = folder.join(format!("ledger.torn-at-{}", torn.at));
    let keep = || -> std::io::Result<()> {
        let mut file = open_own(&path, true)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(&torn.bytes)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        sync_folder(folder)
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
    fn what_is_on_disk_is_in_the_file_that_has_the_name() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("ledger.jsonl");
        filled(&path, &["a"])?;
        let replace = |bytes: &[u8]| {
            let copy = folder.path().join("copy");
            std::fs::write(&copy, bytes).and_then(|()| std::fs::rename(&copy, &path))
        };
        let key = LoopKey { work_tree: "/w".into(), branch: "b".into(), results: "results.tsv".into() };
        let at = jiff::Timestamp::UNIX_EPOCH;
        let mut ledger = Ledger::lock(&path)?;
        // A copy of itself: it goes on in the copy.
        let one = std::fs::read(&path)?;
        replace(&one)?;
        ledger.append(&key, at, veto("b"))?;
        assert_eq!(read_chain(&path)?.entries.len(), 2);
        let two = std::fs::read(&path)?;
        // One that lost the end, or has another one.
        replace(&one)?;
        let failed = ledger.append(&key, at, veto("c")).map(|_| ());
        assert!(matches!(failed, Err(LedgerError::Replaced(_))), "{failed:?}");
        assert_eq!(std::fs::read(&path)?, one, "nothing was written to what was not expected");
        replace(&two)?;
        ledger.append(&key, at, veto("c"))?;
        std::fs::remove_file(&path)?;
        assert!(matches!(ledger.append(&key, at, veto("d")), Err(LedgerError::Replaced(_))));
        assert!(!path.exists(), "a ledger that is gone is not begun anew in the middle");
        // A lock that was taken away: another process may hold the one that has the name.
        replace(&two)?;
        drop(ledger);
        let mut ledger = Ledger::lock(&path)?;
        std::fs::remove_file(folder.path().join("lock"))?;
        assert!(matches!(ledger.append(&key, at, veto("e")), Err(LedgerError::Replaced(_))));
        assert_eq!(std::fs::read(&path)?, two);
        Ok(())
    }

    #[test]
    fn the_lock_lets_one_decide() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("ledger.jsonl");
        let first = Ledger::lock(&path)?;
        assert!(matches!(Ledger::lock(&path), Err(LedgerError::Busy { .. })));
        drop(first);
        assert!(Ledger::lock(&path).is_ok());
        Ok(())
    }
}
