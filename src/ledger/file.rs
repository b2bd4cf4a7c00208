//! Appends to a ledger, the only way it grows: locked, anchored, on disk.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::chain::{length_of, read_whole};
use super::lock::{LedgerLock, has_name};
use super::{Anchor, Anchors, Body, Chain, Entry, LedgerError, LedgerStatus, LoopKey, Mark, Record, line_hash};
use crate::disk::{FileAccess, Step, create_dir, open_own, reach, sync_directory, write_torn};

/// The locked ledger: the right to decide. Dropping it releases the lock.
pub struct Ledger {
    path: PathBuf,
    file: File,
    /// Length of the file in bytes after our last write.
    end: u64,
    chain: Chain,
    lock: LedgerLock,
    /// The anchor that is updated; `None` for a ledger without one.
    keep: Option<AnchorUpdate>,
}

/// The anchor of a ledger that is being written.
struct AnchorUpdate {
    anchors: Anchors,
    anchor: Anchor,
    /// True if the anchor's file is older than `anchor`.
    is_behind: bool,
    /// True while a record may be in the file but is not in the chain yet.
    is_open: bool,
    /// True once the anchor has the places of all loops.
    knows_places: bool,
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // An appended record is on disk with its anchor prepared; a failure was already reported where possible.
        let _ = self.close();
    }
}

impl Ledger {
    /// Locks and reads the ledger at `path`, creating it if it does not exist. A torn last line is moved to a file next
    /// to it.
    pub fn lock(path: &Path) -> Result<Self, LedgerError> {
        Self::lock_with(path, Chain::parse)
    }

    /// Locks a ledger whose chain may be broken, and reads it up to the break.
    pub fn lock_valid_prefix(path: &Path) -> Result<Self, LedgerError> {
        Self::lock_with(path, |path, bytes| Ok(Chain::parse_valid_prefix(path, bytes)))
    }

    fn lock_with(
        path: &Path,
        parse: impl FnOnce(&Path, &[u8]) -> Result<Chain, LedgerError>,
    ) -> Result<Self, LedgerError> {
        let dir = path.parent().unwrap_or(Path::new("."));
        create_dir(dir).map_err(LedgerError::io(dir))?;
        let lock_path = dir.join("lock");
        let lock = LedgerLock::take(&lock_path)?;
        reach(Step::Locked).map_err(LedgerError::io(&lock_path))?;
        let file = open_own(path, FileAccess::Write).map_err(LedgerError::io(path))?;
        let bytes = read_whole(&file).map_err(LedgerError::io(path))?;
        let chain = parse(path, &bytes)?;
        if chain.entries.is_empty() {
            sync_directory(dir).map_err(LedgerError::io(dir))?;
        }
        let end = bytes.len() as u64;
        Ok(Self { path: path.to_owned(), file, end, chain, lock, keep: None })
    }

    /// Returns the ledger with its anchor: from now on each record is anchored before it is appended.
    pub fn anchored(mut self, anchors: Anchors, custody: &LedgerStatus) -> Self {
        self.chain.set_trusted_records(custody.believed);
        let is_behind = custody.anchor.seq != self.chain.seq() || custody.anchor.next.is_some();
        let anchor = custody.anchor.clone();
        self.keep = Some(AnchorUpdate { anchors, anchor, is_behind, is_open: false, knows_places: false });
        self
    }

    /// Returns the records.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Moves the lines after the first `records` from the ledger to a file next to it. Returns what the record of this
    /// needs: the number of lines, the hash of their bytes, and the name of that file.
    pub fn strike(&mut self, records: u64) -> Result<(u64, String, String), LedgerError> {
        let bytes = read_whole(&self.file).map_err(LedgerError::io(&self.path))?;
        let at = length_of(&bytes, records as usize);
        let struck = &bytes[at..];
        let lines = struck.split_inclusive(|byte| *byte == b'\n').count() as u64;
        let sha256 = line_hash(struck);
        let name = self.cut(at as u64, "struck", struck)?;
        self.chain.set_trusted_records(records);
        self.chain.foreign.clear();
        self.chain.torn = None;
        Ok((lines, sha256, name))
    }

    /// Truncates the file at an offset, after saving the rest in a file next to it, whose name is returned.
    fn cut(&mut self, at: u64, why: &str, bytes: &[u8]) -> Result<String, LedgerError> {
        let name = format!("ledger.{why}-at-{at}");
        set_aside(&self.path.with_file_name(&name), bytes)?;
        self.file.set_len(at).map_err(LedgerError::io(&self.path))?;
        self.file.sync_all().map_err(LedgerError::io(&self.path))?;
        self.end = at;
        Ok(name)
    }

    /// Marks in the anchor that every prepared record was appended. Until then, a cut-off last record cannot be
    /// distinguished from one that was never written.
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
        // An anchor of an earlier version has no run directories, and one that was lost has nothing. The records that a
        // copy inherited belong to another ledger, and a moved ledger gets its new places with the next record.
        if !keep.knows_places && !matches!(record.body, Body::Moved { .. } | Body::Opened { .. }) {
            let opened = self.chain.entries.iter().rposition(|entry| matches!(entry.record.body, Body::Opened { .. }));
            for entry in self.chain.entries.get(opened.unwrap_or_default()..).unwrap_or_default() {
                anchor.add_place(&entry.loop_key);
            }
            keep.knows_places = true;
        }
        anchor.add_place(&record.loop_key);
        keep.anchors.write(&anchor)?;
        keep.anchor = anchor;
        (keep.is_behind, keep.is_open) = (true, true);
        Ok(())
    }

    /// Returns the record that would come next.
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

    /// Appends the record that [`Ledger::next`] returns.
    pub fn append(&mut self, loop_key: &LoopKey, at: jiff::Timestamp, body: Body) -> Result<&Entry, LedgerError> {
        self.append_record(self.next(loop_key, at, body))
    }

    /// Appends a record. When this returns it is on disk, in the file that has the ledger's name; on failure nothing
    /// was appended.
    pub fn append_record(&mut self, record: Record) -> Result<&Entry, LedgerError> {
        let mut line = serde_json::to_vec(&record).map_err(|error| LedgerError::io(&self.path)(error.into()))?;
        let hash = line_hash(&line);
        line.push(b'\n');
        if let Some(torn) = self.chain.torn.take() {
            self.cut(torn.at, "torn", &torn.bytes)?;
        }
        self.prepare(&record, &hash)?;
        // A backup or an editor may replace the file by a copy while signing waits for a key: a record written to the
        // old file would be lost.
        for _ in 0..3 {
            if !self.follow(&hash)? {
                let end = self.end;
                if let Err(error) = self.write_durably(end, &line) {
                    // No torn line may precede the next record.
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

    /// Switches to the file that now has the ledger's name, if it has the same records. True if it also has the record
    /// to be appended, `next`. Fails if its records differ, or if the lock has become invalid.
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
        let file = open_own(&self.path, FileAccess::Write).map_err(io())?;
        let bytes = read_whole(&file).map_err(io())?;
        let chain = Chain::parse_valid_prefix(&self.path, &bytes);
        // The hash of a line covers all lines before it.
        let has_next = chain.tip() == next;
        if chain.torn.is_some() || !(has_next || chain.tip() == self.chain.tip()) {
            return Err(LedgerError::Replaced(self.path.clone()));
        }
        file.sync_all().map_err(io())?;
        sync_directory(self.path.parent().unwrap_or(Path::new("."))).map_err(io())?;
        self.file = file;
        // If the record is there already, its bytes are counted with it.
        let own =
            if has_next { bytes.split_inclusive(|byte| *byte == b'\n').next_back().map_or(0, <[u8]>::len) } else { 0 };
        self.end = (bytes.len() - own) as u64;
        Ok(has_next)
    }

    /// Records whether chain and file match again.
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

/// Saves bytes that are removed from the ledger, after those of earlier removals.
fn set_aside(path: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    let keep = || -> std::io::Result<()> {
        let mut file = open_own(path, FileAccess::Write)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(bytes)?;
        if !bytes.ends_with(b"\n") {
            file.write_all(b"\n")?;
        }
        file.sync_all()?;
        sync_directory(path.parent().unwrap_or(Path::new(".")))
    };
    keep().map_err(LedgerError::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::read_chain;
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
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("ledger.jsonl");
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
    fn a_torn_line_is_set_aside_and_the_chain_continues() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("ledger.jsonl");
        filled(&path, &["a"])?;
        let mut bytes = std::fs::read(&path)?;
        bytes.extend_from_slice(b"{\"v\":1,\"se");
        std::fs::write(&path, &bytes)?;
        assert!(read_chain(&path)?.torn.is_some());
        filled(&path, &["b"])?;
        assert_eq!(read_chain(&path)?.entries.len(), 2);
        let aside = std::fs::read_dir(dir.path())?.flatten().any(|e| e.file_name().to_string_lossy().contains("torn"));
        assert!(aside);
        Ok(())
    }

    #[test]
    fn records_are_in_the_file_that_has_the_name() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("ledger.jsonl");
        filled(&path, &["a"])?;
        let replace = |bytes: &[u8]| {
            let copy = dir.path().join("copy");
            std::fs::write(&copy, bytes).and_then(|()| std::fs::rename(&copy, &path))
        };
        let key = LoopKey { work_tree: "/w".into(), branch: "b".into(), results: "results.tsv".into() };
        let at = jiff::Timestamp::UNIX_EPOCH;
        let mut ledger = Ledger::lock(&path)?;
        // A copy of itself: writing continues in the copy.
        let one = std::fs::read(&path)?;
        replace(&one)?;
        ledger.append(&key, at, veto("b"))?;
        assert_eq!(read_chain(&path)?.entries.len(), 2);
        let two = std::fs::read(&path)?;
        // A copy without the last record, or with a different one.
        replace(&one)?;
        let failed = ledger.append(&key, at, veto("c")).map(|_| ());
        assert!(matches!(failed, Err(LedgerError::Replaced(_))), "{failed:?}");
        assert_eq!(std::fs::read(&path)?, one, "nothing was written to what was not expected");
        replace(&two)?;
        ledger.append(&key, at, veto("c"))?;
        std::fs::remove_file(&path)?;
        assert!(matches!(ledger.append(&key, at, veto("d")), Err(LedgerError::Replaced(_))));
        assert!(!path.exists(), "a ledger that is gone is not begun anew in the middle");
        // A removed lock: another process may hold the one that has the name.
        replace(&two)?;
        drop(ledger);
        let mut ledger = Ledger::lock(&path)?;
        std::fs::remove_file(dir.path().join("lock"))?;
        assert!(matches!(ledger.append(&key, at, veto("e")), Err(LedgerError::Replaced(_))));
        assert_eq!(std::fs::read(&path)?, two);
        Ok(())
    }

    #[test]
    fn the_lock_lets_one_decide() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("ledger.jsonl");
        let first = Ledger::lock(&path)?;
        assert!(matches!(Ledger::lock(&path), Err(LedgerError::Busy { .. })));
        drop(first);
        assert!(Ledger::lock(&path).is_ok());
        Ok(())
    }
}
