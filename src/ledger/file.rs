//! Reading the chain, and the one way it grows.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::lock::{Lock, has_name};
use super::{
    Anchor, Anchors, Body, CandidateRecord, Doubt, Entry, GENESIS, LoopKey, Mark, Record, Standing, line_hash,
};
use crate::disk::{Step, make_folder, open_own, reach, remedy, sync_folder, write_torn};
use crate::model::{CommitId, LoopIdentity};

/// What can go wrong with the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A line is not what it should be.
    #[error("{path}, line {line}: {what}; nothing is decided until this is settled (countersign ledger)")]
    Broken {
        /// The ledger.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What does not hold.
        what: String,
    },
    /// The ledger and its anchor do not agree.
    #[error("{path}: {doubt}. Nothing is decided until then")]
    InDoubt {
        /// The ledger.
        path: PathBuf,
        /// What does not hold.
        doubt: Doubt,
    },
    /// The anchor cannot be written, so nothing is appended either.
    #[error("the anchor {path}: {source}; {remedy}", remedy = remedy(source))]
    Anchor {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
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
    /// Records behind the last one that was anchored. Somebody else appended them, and they count for nothing.
    pub foreign: Vec<Entry>,
    /// A torn last line, which counts for nothing.
    pub torn: Option<Torn>,
}

impl Chain {
    /// Reads the records that follow from each other, as far as they do. What comes then is torn, whatever it is.
    pub fn parse_as_far(path: &Path, bytes: &[u8]) -> Self {
        let mut chain = Self::default();
        let _ = chain.read(path, bytes);
        let at: usize = bytes.split_inclusive(|byte| *byte == b'\n').take(chain.entries.len()).map(<[u8]>::len).sum();
        chain.torn = (at < bytes.len()).then(|| Torn { at: at as u64, bytes: bytes[at..].to_vec() });
        chain
    }

    /// Reads and checks the bytes of a ledger; `path` is for its errors.
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
                return Err(broken(format!("version {} is not known here", record.v)));
            }
            if record.seq != line {
                return Err(broken(format!("its number is {} where {line} is expected", record.seq)));
            }
            if record.prev != chain.tip() {
                return Err(broken("it does not follow from the line before it".to_owned()));
            }
            chain.push(record, line_hash(text));
            at += len + 1;
        }
        Ok(())
    }

    fn push(&mut self, record: Record, hash: String) {
        if let Body::Moved { from_tree, to_tree, .. } = &record.body {
            for entry in &mut self.entries {
                entry.loop_key.move_tree(from_tree, to_tree);
            }
        }
        let loop_key = record.loop_key.clone();
        self.entries.push(Entry { record, hash, loop_key });
    }

    /// The ledger's identity: the hash of its newest [`Body::Opened`], or of the first line of a ledger from before
    /// there were such records. `None` without a record.
    pub fn identity(&self) -> Option<&str> {
        let opened = self.entries.iter().rev().find(|entry| matches!(entry.record.body, Body::Opened { .. }));
        opened.or(self.entries.first()).map(|entry| entry.hash.as_str())
    }

    /// Leaves what somebody else appended to one side.
    pub fn believe(&mut self, records: u64) {
        self.foreign = self.entries.split_off(usize::try_from(records).unwrap_or(usize::MAX).min(self.entries.len()));
    }

    /// Hashes of the lines that the list of proposals got by being taken in; `None` in a ledger from before that was
    /// on record.
    pub fn took(&self) -> Option<HashSet<&str>> {
        let mut took = None;
        for entry in &self.entries {
            if let Body::Took { lines } = &entry.record.body {
                took.get_or_insert_with(HashSet::new).extend(lines.iter().map(String::as_str));
            }
        }
        took
    }

    /// What a loop is called in lists that were written before its work tree was moved, its name of today first.
    pub fn names_of(&self, identity: &LoopIdentity) -> Vec<String> {
        let mut key = LoopKey::from(identity);
        let mut names = vec![identity.key()];
        for entry in self.entries.iter().rev() {
            if let Body::Moved { from_tree, to_tree, .. } = &entry.record.body {
                let before = key.clone();
                key.move_tree(to_tree, from_tree);
                if key != before {
                    names.push(format!("{}\t{}\t{}", key.work_tree, key.branch, key.results));
                }
            }
        }
        names
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
    /// Bytes of the file, as we left it.
    end: u64,
    chain: Chain,
    lock: Lock,
    /// Where what is appended is anchored; `None` for a ledger that nobody keeps an anchor of.
    keep: Option<Keep>,
}

/// The anchor of a ledger that is being written.
struct Keep {
    anchors: Anchors,
    anchor: Anchor,
    /// True when the file of the anchor is behind `anchor`.
    is_behind: bool,
    /// True from the moment when a record may be in the file and is not in the chain yet.
    is_open: bool,
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // A record that was appended is on disk with its anchor prepared; who could be told of a failure was.
        let _ = self.close();
    }
}

impl Ledger {
    /// Locks and reads the ledger at `path`, creating it when it is not there. A torn last line is
    /// set aside in a file beside it.
    pub fn lock(path: &Path) -> Result<Self, LedgerError> {
        Self::lock_with(path, Chain::parse)
    }

    /// The same for one whose lines do not all follow from each other: as far as they do.
    pub fn lock_as_far(path: &Path) -> Result<Self, LedgerError> {
        Self::lock_with(path, |path, bytes| Ok(Chain::parse_as_far(path, bytes)))
    }

    fn lock_with(
        path: &Path,
        parse: impl FnOnce(&Path, &[u8]) -> Result<Chain, LedgerError>,
    ) -> Result<Self, LedgerError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        make_folder(folder).map_err(LedgerError::io(folder))?;
        let lock_path = folder.join("lock");
        let lock = Lock::take(&lock_path)?;
        reach(Step::Locked).map_err(LedgerError::io(&lock_path))?;
        let file = open_own(path, true).map_err(LedgerError::io(path))?;
        let bytes = read_whole(&file).map_err(LedgerError::io(path))?;
        let chain = parse(path, &bytes)?;
        if chain.entries.is_empty() {
            sync_folder(folder).map_err(LedgerError::io(folder))?;
        }
        let end = bytes.len() as u64;
        Ok(Self { path: path.to_owned(), file, end, chain, lock, keep: None })
    }

    /// The same, with its anchor: from now on each record is anchored before it is appended.
    pub fn anchored(mut self, anchors: Anchors, standing: &Standing) -> Self {
        self.chain.believe(standing.believed);
        let is_behind = standing.anchor.seq != self.chain.seq() || standing.anchor.next.is_some();
        let anchor = standing.anchor.clone();
        self.keep = Some(Keep { anchors, anchor, is_behind, is_open: false });
        self
    }

    /// What it holds.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Takes the lines behind the first `records` out of the file, into one beside it. Says what the record of that
    /// has to say: how many lines, the hash of their bytes, and the name of that file.
    pub fn strike(&mut self, records: u64) -> Result<(u64, String, String), LedgerError> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0)).map_err(LedgerError::io(&self.path))?;
        self.file.read_to_end(&mut bytes).map_err(LedgerError::io(&self.path))?;
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let at = if records == 0 { 0 } else { ends.take(records as usize).last().unwrap_or(0) };
        let struck = &bytes[at..];
        let lines = struck.split_inclusive(|byte| *byte == b'\n').count() as u64;
        let sha256 = line_hash(struck);
        let name = self.cut(at as u64, "struck", struck)?;
        self.chain.believe(records);
        self.chain.foreign.clear();
        self.chain.torn = None;
        Ok((lines, sha256, name))
    }

    /// Cuts the file at an offset; what stood behind it is in a file beside it first, whose name comes back.
    fn cut(&mut self, at: u64, why: &str, bytes: &[u8]) -> Result<String, LedgerError> {
        let name = format!("ledger.{why}-at-{at}");
        set_aside(&self.path.with_file_name(&name), bytes)?;
        self.file.set_len(at).map_err(LedgerError::io(&self.path))?;
        self.file.sync_all().map_err(LedgerError::io(&self.path))?;
        self.end = at;
        Ok(name)
    }

    /// Says in the anchor that everything which was prepared is appended. Until then a cut-off last record looks
    /// like one that never was.
    pub fn close(&mut self) -> Result<(), LedgerError> {
        if self.keep.is_some()
            && let Some(torn) = self.chain.torn.take()
        {
            self.cut(torn.at, "torn", &torn.bytes)?;
        }
        let end = Mark { seq: self.chain.seq(), hash: self.chain.tip().to_owned() };
        let Some(keep) =
            self.keep.as_mut().filter(|keep| keep.is_behind && !keep.is_open && !keep.anchor.id.is_empty())
        else {
            return Ok(());
        };
        keep.anchor = Anchor { seq: end.seq, hash: end.hash, next: None, ..keep.anchor.clone() };
        keep.anchors.write(&keep.anchor)?;
        keep.is_behind = false;
        Ok(())
    }

    /// Prepares the anchor for the next record.
    fn prepare(&mut self, record: &Record, hash: &str) -> Result<(), LedgerError> {
        let end = Mark { seq: self.chain.seq(), hash: self.chain.tip().to_owned() };
        let Some(keep) = &mut self.keep else { return Ok(()) };
        let next = Some(Mark { seq: record.seq, hash: hash.to_owned() });
        let mut anchor = Anchor { seq: end.seq, hash: end.hash, next, ..keep.anchor.clone() };
        if let Body::Opened { root, .. } = &record.body {
            hash.clone_into(&mut anchor.id);
            anchor.root.clone_from(root);
        } else if anchor.id.is_empty() {
            hash.clone_into(&mut anchor.id);
        }
        if matches!(record.body, Body::Opened { .. } | Body::Moved { .. }) {
            anchor.ledger = self.path.to_string_lossy().into_owned();
        }
        anchor.see(&record.loop_key.work_tree);
        keep.anchors.write(&anchor)?;
        keep.anchor = anchor;
        (keep.is_behind, keep.is_open) = (true, true);
        Ok(())
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
        let hash = line_hash(&line);
        line.push(b'\n');
        if let Some(torn) = self.chain.torn.take() {
            self.cut(torn.at, "torn", &torn.bytes)?;
        }
        self.prepare(&record, &hash)?;
        // A backup or an editor may put a copy in the place of the file while a key is waited for: what is written to
        // the old one then is in no file that anybody can find.
        for _ in 0..3 {
            if !self.follow(&hash)? {
                let end = self.end;
                if let Err(error) = self.write_durably(end, &line) {
                    // Half a line must not stand before the next one.
                    let undone = self.file.set_len(end).and_then(|()| self.file.sync_all());
                    self.has_ended(undone.is_ok());
                    return Err(LedgerError::io(&self.path)(error));
                }
            }
            if has_name(&self.file, &self.path) {
                self.end += line.len() as u64;
                self.chain.push(record, hash);
                self.has_ended(true);
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
        let is_as_left = self.file.metadata().is_ok_and(|meta| meta.len() == self.end);
        if is_as_left && has_name(&self.file, &self.path) {
            return Ok(false);
        }
        if !self.path.exists() {
            return Err(LedgerError::Replaced(self.path.clone()));
        }
        let io = || LedgerError::io(&self.path);
        let file = open_own(&self.path, true).map_err(io())?;
        let bytes = read_whole(&file).map_err(io())?;
        let chain = Chain::parse_as_far(&self.path, &bytes);
        // The hash of a line speaks for all lines before it.
        let has_next = chain.tip() == next;
        if chain.torn.is_some() || !(has_next || chain.tip() == self.chain.tip()) {
            return Err(LedgerError::Replaced(self.path.clone()));
        }
        file.sync_all().map_err(io())?;
        sync_folder(self.path.parent().unwrap_or(Path::new("."))).map_err(io())?;
        self.file = file;
        // Where the record is there already, its bytes are counted with it.
        let own =
            if has_next { bytes.split_inclusive(|byte| *byte == b'\n').next_back().map_or(0, <[u8]>::len) } else { 0 };
        self.end = (bytes.len() - own) as u64;
        Ok(has_next)
    }

    /// Chain and file say the same again, or cannot be made to.
    fn has_ended(&mut self, well: bool) {
        if let Some(keep) = &mut self.keep {
            keep.is_open = !well;
        }
    }

    fn write_durably(&mut self, end: u64, line: &[u8]) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(end))?;
        write_torn(Step::RecordHalf, &mut self.file, line)?;
        self.file.seek(SeekFrom::Start(end))?;
        self.file.write_all(line)?;
        reach(Step::RecordWritten)?;
        self.file.sync_all()?;
        reach(Step::RecordSynced)
    }
}

/// Keeps bytes that are taken out of the ledger, after those of earlier ones.
fn set_aside(path: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    let keep = || -> std::io::Result<()> {
        let mut file = open_own(path, true)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(bytes)?;
        if !bytes.ends_with(b"\n") {
            file.write_all(b"\n")?;
        }
        file.sync_all()?;
        sync_folder(path.parent().unwrap_or(Path::new(".")))
    };
    keep().map_err(LedgerError::io(path))
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
