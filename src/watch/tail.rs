//! Follows one file that grows, is truncated, is replaced, or is rewritten under the same name.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::disk::{next_written, open_plain};
use crate::store::LogMark;

/// Bytes at the start and before the read position that are compared to detect a rewritten file: a rewrite can have the
/// same size by chance.
const WINDOW: usize = 4096;
/// Largest number of bytes read in one pass; the rest comes with the next one.
const MOST: u64 = 256 << 10;

/// Longer holes are skipped: they were never written, and may be larger than the disk.
const LONG_HOLE: u64 = 1 << 20;

/// The result of reading a file once.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TailRead {
    /// Nothing new.
    Nothing,
    /// Bytes were appended.
    Appended(Vec<u8>),
    /// The file was replaced: these are its bytes from the start.
    Replaced(Vec<u8>),
}

impl TailRead {
    /// Number of bytes that were read.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Appended(bytes) | Self::Replaced(bytes) => bytes.len(),
        }
    }
}

/// A position in a file that others write.
pub(super) struct Tail {
    path: PathBuf,
    inode: u64,
    offset: u64,
    stat: Option<(std::time::SystemTime, u64)>,
    start: Vec<u8>,
    end: Vec<u8>,
    /// True if the file continues another one.
    goes_on: bool,
    /// The file is not read past this offset.
    most: u64,
    /// Bytes of long holes that were reached or skipped.
    holes: u64,
    /// Bytes of the long hole at the end of the file; 0 if there is none.
    last_hole: u64,
}

impl Tail {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            inode: 0,
            offset: 0,
            stat: None,
            start: Vec::new(),
            end: Vec::new(),
            goes_on: false,
            most: u64::MAX,
            holes: 0,
            last_hole: 0,
        }
    }

    /// A file that continues another one: its first bytes count as appended.
    pub(super) fn after_another(path: PathBuf) -> Self {
        Self { goes_on: true, ..Self::new(path) }
    }

    /// A file of which only the first bytes are read.
    pub(super) fn up_to(path: PathBuf, most: u64) -> Self {
        Self { most, ..Self::new(path) }
    }

    /// The read position, with the beginning and the end of the part that was read.
    pub(super) fn mark(&self) -> LogMark {
        LogMark { bytes: self.offset, digest: digest(&self.start, &self.end) }
    }

    /// The last bytes that were read.
    pub(super) fn end(&self) -> &[u8] {
        &self.end
    }

    /// The read position in bytes.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// True if the file begins with the contents that a mark describes.
    pub(super) fn continues(&self, mark: &LogMark) -> bool {
        let ends = || {
            let mut file = open_plain(&self.path).ok()?;
            let length = mark.bytes.min(WINDOW as u64) as usize;
            let mut start = vec![0; length];
            file.read_exact(&mut start).ok()?;
            let mut end = vec![0; length];
            file.seek(SeekFrom::Start(mark.bytes - length as u64)).ok()?;
            file.read_exact(&mut end).ok()?;
            Some(digest(&start, &end))
        };
        mark.bytes > 0 && mark.bytes <= self.offset && ends().as_ref() == Some(&mark.digest)
    }

    /// All bytes that were read, as long as they are few.
    pub(super) fn all_so_far(&self) -> Option<&[u8]> {
        (self.start.len() as u64 == self.offset && !self.goes_on).then_some(&self.start)
    }

    /// Modification time in milliseconds since the epoch, as of the last pass.
    pub(super) fn modified_ms(&self) -> Option<i64> {
        let since = self.stat?.0.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(since.as_millis() as i64)
    }

    /// True if all bytes were read that were there in the last pass.
    pub(super) fn is_read(&self) -> bool {
        self.stat.is_some_and(|(_, len)| len <= self.offset || self.last_hole > 0)
    }

    /// Bytes that were there in the last pass and are still to be read.
    pub(super) fn is_behind(&self) -> u64 {
        self.stat.filter(|_| self.last_hole == 0).map_or(0, |(_, len)| len.saturating_sub(self.offset))
    }

    /// A warning about its holes; `None` if it has none.
    pub(super) fn holes_warning(&self) -> Option<String> {
        let holes = self.holes >> 20;
        (self.holes > 0).then(|| {
            format!(
                "{holes} MiB of it were never written (holes) and are not read: check what made it so long (ls -ls)"
            )
        })
    }

    /// True if the file existed in an earlier pass and no longer does.
    pub(super) fn is_gone(&self) -> bool {
        self.stat.is_some()
            && std::fs::metadata(&self.path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    }

    /// True if the next pass will find the first bytes of a file, or a different file than before.
    pub(super) fn starts_over(&self) -> std::io::Result<bool> {
        let meta = match std::fs::metadata(&self.path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        if self.offset == 0 {
            return Ok(meta.len() > 0);
        }
        if self.stat == Some((meta.modified()?, meta.len())) && meta.ino() == self.inode {
            return Ok(false);
        }
        Ok(meta.ino() != self.inode || meta.len() < self.offset || !self.is_same(&mut open_plain(&self.path)?)?)
    }

    /// Reads the file. A missing file has nothing new: it may be in the middle of being replaced. A pipe or a device is
    /// an error, because reading it could block.
    pub(super) fn read_new(&mut self) -> std::io::Result<TailRead> {
        let meta = match std::fs::metadata(&self.path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(TailRead::Nothing),
            Err(error) => return Err(error),
        };
        let stat = Some((meta.modified()?, meta.len()));
        if stat == self.stat && meta.ino() == self.inode && meta.len() == self.offset {
            return Ok(TailRead::Nothing);
        }
        let mut file = open_plain(&self.path)?;
        let meta = file.metadata()?;
        let first_look = self.stat.is_none();
        let same = !first_look && meta.ino() == self.inode && meta.len() >= self.offset && self.is_same(&mut file)?;
        self.stat = stat;
        self.inode = meta.ino();
        if !same {
            self.offset = 0;
            self.start.clear();
            self.end.clear();
            (self.holes, self.last_hole) = (0, 0);
        }
        self.pass_hole(&file, meta.len());
        if self.last_hole > 0 {
            return Ok(if same || first_look { TailRead::Nothing } else { TailRead::Replaced(Vec::new()) });
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let part = MOST.min(self.most.saturating_sub(self.offset));
        let mut bytes = Vec::with_capacity(meta.len().saturating_sub(self.offset).min(part) as usize + 1);
        file.take(part).read_to_end(&mut bytes)?;
        self.take(&bytes);
        Ok(match (same, bytes.is_empty()) {
            (true, true) => TailRead::Nothing,
            (true, false) => TailRead::Appended(bytes),
            (false, false) if std::mem::take(&mut self.goes_on) => TailRead::Appended(bytes),
            (false, true) if first_look => TailRead::Nothing,
            (false, _) => TailRead::Replaced(bytes),
        })
    }

    /// Skips to the next written part. The last NULs of a hole remain, so that the text before it and the text after it
    /// are not joined to one line.
    fn pass_hole(&mut self, file: &File, length: u64) {
        // It may have been filled since.
        self.holes -= std::mem::take(&mut self.last_hole);
        let next = next_written(file, self.offset);
        let hole = next.unwrap_or(length).saturating_sub(self.offset);
        if hole <= LONG_HOLE {
            return;
        }
        self.holes += hole;
        match next {
            None => self.last_hole = hole,
            Some(next) => {
                self.start.resize(WINDOW.max(self.start.len()), 0);
                self.end.clear();
                self.offset = next - WINDOW as u64;
            }
        }
    }

    fn is_same(&self, file: &mut File) -> std::io::Result<bool> {
        let mut at_start = vec![0; self.start.len()];
        file.seek(SeekFrom::Start(0))?;
        file.read_exact(&mut at_start)?;
        let mut at_end = vec![0; self.end.len()];
        file.seek(SeekFrom::Start(self.offset - self.end.len() as u64))?;
        file.read_exact(&mut at_end)?;
        Ok(at_start == self.start && at_end == self.end)
    }

    fn take(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        let room = WINDOW - self.start.len();
        self.start.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.end.extend_from_slice(&bytes[bytes.len().saturating_sub(WINDOW)..]);
        let extra = self.end.len().saturating_sub(WINDOW);
        self.end.drain(..extra);
    }
}

/// Identifies a file by its beginning and end, so that it need not be read again in full.
fn digest(start: &[u8], end: &[u8]) -> String {
    let digest = Sha256::new().chain_update((start.len() as u64).to_le_bytes()).chain_update(start).chain_update(end);
    crate::model::hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_skipped_and_reported() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("run.log");
        std::fs::write(&path, "one\n")?;
        let file = std::fs::File::options().write(true).open(&path)?;
        file.set_len(1 << 40)?;
        let mut tail = Tail::new(path.clone());
        let TailRead::Replaced(bytes) = tail.read_new()? else { return Err(std::io::Error::other("no bytes")) };
        // The part of a hole up to the next read comes with the written part, as NULs.
        assert!(bytes.starts_with(b"one\n\0") && bytes.len() as u64 == MOST);
        assert_eq!(tail.read_new()?, TailRead::Nothing);
        assert!(tail.is_read() && tail.holes_warning().is_some_and(|said| said.starts_with("1048575 MiB")));
        // A write in the middle of it.
        use std::os::unix::fs::FileExt as _;
        file.write_all_at(b"two\n", 1 << 39)?;
        let TailRead::Appended(bytes) = tail.read_new()? else { return Err(std::io::Error::other("no bytes")) };
        assert!(bytes.starts_with(&[0; WINDOW]) && bytes[WINDOW..].starts_with(b"two\n"));
        assert_eq!(tail.read_new()?, TailRead::Nothing, "it is still the same file");
        let mark = tail.mark();
        assert!(tail.continues(&mark));
        Ok(())
    }

    #[test]
    fn appended_truncated_replaced_and_rewritten() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("run.log");
        let mut tail = Tail::new(path.clone());
        // Whether it begins again is known before it is read, and a pass over the logs alone then does not read it.
        let mut look = |begins: bool, found: &TailRead| {
            assert_eq!(tail.starts_over()?, begins);
            assert_eq!(tail.read_new()?, *found);
            Ok::<_, std::io::Error>(())
        };
        let replaced = |text: &str| TailRead::Replaced(text.into());
        look(false, &TailRead::Nothing)?;
        std::fs::write(&path, "one\n")?;
        look(true, &replaced("one\n"))?;
        look(false, &TailRead::Nothing)?;
        std::fs::write(&path, "one\ntwo\n")?;
        look(false, &TailRead::Appended("two\n".into()))?;
        // The same size, other bytes.
        std::fs::write(&path, "ONE\ntwo\n")?;
        look(true, &replaced("ONE\ntwo\n"))?;
        std::fs::write(&path, "x")?;
        look(true, &replaced("x"))?;
        let other = directory.path().join("next");
        std::fs::write(&other, "x")?;
        std::fs::rename(&other, &path)?;
        // Another file with the same content.
        look(true, &replaced("x"))?;
        // Missing for a moment.
        std::fs::remove_file(&path)?;
        look(false, &TailRead::Nothing)?;
        std::fs::write(&path, "")?;
        look(true, &replaced(""))?;
        std::fs::write(&path, "y")?;
        look(true, &TailRead::Appended("y".into()))?;
        Ok(())
    }
}
