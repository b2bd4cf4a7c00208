//! Following one file that grows, is truncated, is replaced, or is written anew under the same name.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::archive::LogMark;
use crate::disk::open_plain;

/// Bytes at the start and before the end that are compared to know whether the file is still the
/// one that was read: a rewrite can have the same size by chance.
const WINDOW: usize = 4096;
/// Bytes taken at most by one look; the rest comes with the next one.
const MOST: u64 = 256 << 10;

/// What one look at a file found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing new.
    Nothing,
    /// Bytes were appended.
    Appended(Vec<u8>),
    /// The file is another one than before: these are its bytes from the start.
    Anew(Vec<u8>),
}

/// A position in a file that others write.
pub(super) struct Tail {
    path: PathBuf,
    inode: u64,
    offset: u64,
    stat: Option<(std::time::SystemTime, u64)>,
    start: Vec<u8>,
    end: Vec<u8>,
    /// True when the file goes on what was read of another one.
    goes_on: bool,
}

impl Tail {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, inode: 0, offset: 0, stat: None, start: Vec::new(), end: Vec::new(), goes_on: false }
    }

    /// A file that goes on what was read of another one: its first bytes are appended ones.
    pub(super) fn after_another(path: PathBuf) -> Self {
        Self { goes_on: true, ..Self::new(path) }
    }

    /// How far the file was read, and how what was read begins and ends.
    pub(super) fn mark(&self) -> LogMark {
        LogMark { bytes: self.offset, digest: digest(&self.start, &self.end) }
    }

    /// The last bytes that were read.
    pub(super) fn end(&self) -> &[u8] {
        &self.end
    }

    /// How far the file was read.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// True when the file begins with what a mark is of.
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

    /// All bytes that were read, while they are few.
    pub(super) fn all_so_far(&self) -> Option<&[u8]> {
        (self.start.len() as u64 == self.offset && !self.goes_on).then_some(&self.start)
    }

    /// Modification time in milliseconds since the epoch, as of the last look.
    pub(super) fn modified_ms(&self) -> Option<i64> {
        let since = self.stat?.0.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(since.as_millis() as i64)
    }

    /// True when all bytes were taken that the last look saw.
    pub(super) fn is_read(&self) -> bool {
        self.stat.is_some_and(|(_, len)| len <= self.offset)
    }

    /// True when the file was there at an earlier look, and is not now.
    pub(super) fn is_gone(&self) -> bool {
        self.stat.is_some()
            && std::fs::metadata(&self.path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    }

    /// Looks at the file. A file that is not there has nothing new: it may be in the middle of being
    /// replaced. A pipe or a device is an error: it is not waited for.
    pub(super) fn look(&mut self) -> std::io::Result<Found> {
        let meta = match std::fs::metadata(&self.path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(error),
        };
        let stat = Some((meta.modified()?, meta.len()));
        if stat == self.stat && meta.ino() == self.inode && meta.len() == self.offset {
            return Ok(Found::Nothing);
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
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::with_capacity(meta.len().saturating_sub(self.offset).min(MOST) as usize + 1);
        file.take(MOST).read_to_end(&mut bytes)?;
        self.take(&bytes);
        Ok(match (same, bytes.is_empty()) {
            (true, true) => Found::Nothing,
            (true, false) => Found::Appended(bytes),
            (false, false) if std::mem::take(&mut self.goes_on) => Found::Appended(bytes),
            (false, true) if first_look => Found::Nothing,
            (false, _) => Found::Anew(bytes),
        })
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

/// Where a file begins and ends tells it from others: all of it need not be read again.
fn digest(start: &[u8], end: &[u8]) -> String {
    let digest = Sha256::new().chain_update((start.len() as u64).to_le_bytes()).chain_update(start).chain_update(end);
    crate::model::hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appended_truncated_replaced_and_rewritten() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run.log");
        let mut tail = Tail::new(path.clone());
        assert_eq!(tail.look()?, Found::Nothing, "not there yet");
        std::fs::write(&path, "one\n")?;
        assert_eq!(tail.look()?, Found::Anew(b"one\n".to_vec()));
        assert_eq!(tail.look()?, Found::Nothing);
        std::fs::write(&path, "one\ntwo\n")?;
        assert_eq!(tail.look()?, Found::Appended(b"two\n".to_vec()));
        std::fs::write(&path, "ONE\ntwo\n")?;
        assert_eq!(tail.look()?, Found::Anew(b"ONE\ntwo\n".to_vec()), "same size, other bytes");
        std::fs::write(&path, "x")?;
        assert_eq!(tail.look()?, Found::Anew(b"x".to_vec()), "shorter");
        let other = folder.path().join("next");
        std::fs::write(&other, "x")?;
        std::fs::rename(&other, &path)?;
        assert_eq!(tail.look()?, Found::Anew(b"x".to_vec()), "another file of the same content");
        std::fs::remove_file(&path)?;
        assert_eq!(tail.look()?, Found::Nothing, "away for a moment");
        std::fs::write(&path, "")?;
        assert_eq!(tail.look()?, Found::Anew(Vec::new()));
        Ok(())
    }
}
