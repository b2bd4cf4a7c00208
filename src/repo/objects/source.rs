//! A file of the object store: small ones are read whole into memory, large ones piece by piece.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use super::ObjectFault;
use crate::disk::{FileAccess, open_own};

/// Files up to this size in bytes are read whole: many small reads of a table are slower than one large one.
const SMALL: u64 = 32 << 20;

/// Identifies the state of a file: device, inode, size, and the times of its last change of content and of anything, in
/// nanoseconds. The owner of the file cannot set the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct FileStamp(pub(super) [i64; 5]);

impl FileStamp {
    fn of(meta: &std::fs::Metadata) -> Self {
        let ns = |seconds: i64, below: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(below);
        Self([
            meta.dev() as i64,
            meta.ino() as i64,
            meta.size() as i64,
            ns(meta.mtime(), meta.mtime_nsec()),
            ns(meta.ctime(), meta.ctime_nsec()),
        ])
    }

    /// Returns the stamp of a path; `None` if it does not exist or is not a regular file.
    pub(super) fn at(path: &Path) -> Option<Self> {
        std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file).map(|meta| Self::of(&meta))
    }

    /// Returns the device of the file.
    pub(super) fn device(&self) -> i64 {
        self.0[0]
    }

    /// Returns the time of the last change, in nanoseconds since the epoch.
    pub(super) fn changed_ns(&self) -> i64 {
        self.0[3].max(self.0[4])
    }
}

enum OpenSource {
    Memory(Vec<u8>),
    File(File),
}

/// An open file of the store.
pub(super) struct Source {
    held: OpenSource,
    /// Size in bytes when it was opened.
    pub(super) len: u64,
    /// Its stamp at that time.
    pub(super) stamp: FileStamp,
}

impl Source {
    /// Opens a regular file; fails for a link, FIFO or device.
    pub(super) fn open(path: &Path, into_memory: bool) -> Result<Self, ObjectFault> {
        let file = open_own(path, FileAccess::Read).map_err(|error| ObjectFault::io(&error))?;
        let meta = file.metadata().map_err(|error| ObjectFault::io(&error))?;
        let (len, stamp) = (meta.len(), FileStamp::of(&meta));
        if into_memory && len <= SMALL {
            let mut bytes = Vec::new();
            (&file).take(len).read_to_end(&mut bytes).map_err(|error| ObjectFault::io(&error))?;
            let len = bytes.len() as u64;
            return Ok(Self { held: OpenSource::Memory(bytes), len, stamp });
        }
        Ok(Self { held: OpenSource::File(file), len, stamp })
    }

    /// Fills `out` from an offset of the file.
    pub(super) fn read(&self, at: u64, out: &mut [u8]) -> Result<(), ObjectFault> {
        match &self.held {
            OpenSource::File(file) => file.read_exact_at(out, at).map_err(|error| ObjectFault::io(&error)),
            OpenSource::Memory(bytes) => {
                let from = bytes.get(at as usize..).and_then(|rest| rest.get(..out.len()));
                out.copy_from_slice(from.ok_or_else(ObjectFault::ends_early)?);
                Ok(())
            }
        }
    }

    /// Reads as much as there is, up to the length of `out`.
    pub(super) fn read_some(&self, at: u64, out: &mut [u8]) -> Result<usize, ObjectFault> {
        match &self.held {
            OpenSource::File(file) => loop {
                match file.read_at(out, at) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => return read.map_err(|error| ObjectFault::io(&error)),
                }
            },
            OpenSource::Memory(bytes) => {
                let rest = bytes.get(at as usize..).unwrap_or_default();
                let len = rest.len().min(out.len());
                out[..len].copy_from_slice(&rest[..len]);
                Ok(len)
            }
        }
    }

    pub(super) fn array<const N: usize>(&self, at: u64) -> Result<[u8; N], ObjectFault> {
        let mut out = [0; N];
        self.read(at, &mut out)?;
        Ok(out)
    }

    /// Reads a big-endian number of four bytes.
    pub(super) fn u32(&self, at: u64) -> Result<u32, ObjectFault> {
        Ok(u32::from_be_bytes(self.array(at)?))
    }

    pub(super) fn u64(&self, at: u64) -> Result<u64, ObjectFault> {
        Ok(u64::from_be_bytes(self.array(at)?))
    }
}
