//! A directory that an agent can write to, accessed by descriptor and not by name: links in it are not followed,
//! opening never blocks, and reads have a size limit.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{
    AtFlags, Dir as DirStream, FileType, Mode, OFlags, fchmod, fstat, mkdirat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

use super::own::regular;

/// An open directory. It stays the same even if its path is replaced.
#[derive(Debug)]
pub struct Dir(OwnedFd);

const INTO: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The kind of a directory entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A link, a FIFO, a device, a socket.
    Other,
}

fn explain(error: Errno, name: &OsStr) -> io::Error {
    let name = name.to_string_lossy();
    match error {
        Errno::LOOP => io::Error::other(format!("`{name}` is a symlink: check where it points, then remove it")),
        Errno::NOTDIR => io::Error::other(format!("`{name}` is not a directory: inspect it, then remove it")),
        _ => error.into(),
    }
}

impl Dir {
    /// Opens a directory by its path; the last component must not be a link.
    pub fn open(path: &Path) -> io::Result<Self> {
        rustix::fs::open(path, INTO, Mode::empty()).map(Self).map_err(|error| {
            // Linux returns the same error for a link to a directory.
            let is_link = path.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
            explain(if is_link { Errno::LOOP } else { error }, path.as_os_str())
        })
    }

    /// Opens a subdirectory; `None` if it does not exist.
    pub fn subdir(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Self>> {
        let name = name.as_ref();
        match openat(&self.0, name, INTO, Mode::empty()) {
            Ok(fd) => Ok(Some(Self(fd))),
            Err(Errno::NOENT) => Ok(None),
            // Linux returns the same error for a link to a directory.
            Err(Errno::NOTDIR) if self.kind(name)? == Some(EntryKind::Other) => Err(explain(Errno::LOOP, name)),
            Err(error) => Err(explain(error, name)),
        }
    }

    /// Opens a subdirectory, and creates it if it does not exist, with the same permissions as this one: two users who
    /// share this one share its content.
    pub fn create_subdir(&self, name: impl AsRef<OsStr>) -> io::Result<Self> {
        let name = name.as_ref();
        for _ in 0..3 {
            if let Some(found) = self.subdir(name)? {
                return Ok(found);
            }
            match mkdirat(&self.0, name, Mode::from_raw_mode(0o777)) {
                Ok(()) => {
                    let mode = Mode::from_raw_mode(fstat(&self.0)?.st_mode & 0o7777);
                    if let Some(made) = self.subdir(name)? {
                        fchmod(&made.0, mode)?;
                    }
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::Error::other(format!("`{}` keeps appearing and disappearing", name.to_string_lossy())))
    }

    /// Returns the kind of an entry; `None` if it does not exist.
    pub fn kind(&self, name: impl AsRef<OsStr>) -> io::Result<Option<EntryKind>> {
        match statat(&self.0, name.as_ref(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => EntryKind::File,
                FileType::Directory => EntryKind::Directory,
                _ => EntryKind::Other,
            })),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the time of an entry's last change, in nanoseconds since the epoch; `None` if it does not exist.
    pub fn changed_ns(&self, name: impl AsRef<OsStr>) -> Option<i64> {
        let stat = statat(&self.0, name.as_ref(), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let below_second = i64::try_from(stat.st_mtime_nsec).unwrap_or(0);
        stat.st_mtime.checked_mul(1_000_000_000)?.checked_add(below_second)
    }

    /// Returns the first `most` names in the directory, sorted.
    pub fn names(&self, most: usize) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in DirStream::read_from(&self.0)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                names.push(name.to_owned());
                if names.len() >= most {
                    break;
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Reads a whole file; `None` if it does not exist. Fails if it is not a regular file, has hard links, or exceeds
    /// `limit` bytes.
    pub fn read(&self, name: impl AsRef<OsStr>, limit: usize) -> io::Result<Option<Vec<u8>>> {
        let name = name.as_ref();
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.0, name, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(explain(error, name)),
        };
        let meta = file.metadata()?;
        let shown = name.to_string_lossy();
        if !meta.is_file() {
            return Err(io::Error::other(format!("`{shown}` is not a regular file")));
        }
        if meta.nlink() > 1 {
            return Err(io::Error::other(format!("`{shown}` has other names (hard links)")));
        }
        let mut bytes = Vec::new();
        file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > limit {
            return Err(io::Error::other(format!("`{shown}` has more than {limit} bytes")));
        }
        Ok(Some(bytes))
    }

    /// Replaces a file atomically: readers see the old or the new content, never half of it.
    pub fn put(&self, name: impl AsRef<OsStr>, bytes: &[u8]) -> io::Result<()> {
        let name = name.as_ref();
        let mut next = OsString::from(format!(".{}-", std::process::id()));
        next.push(name);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o644);
        let made = match openat(&self.0, &next, flags, mode) {
            Err(Errno::EXIST) => {
                // Left by a killed process, or put there by somebody: remove it.
                let _ = unlinkat(&self.0, &next, AtFlags::empty());
                openat(&self.0, &next, flags, mode)
            }
            made => made,
        };
        let mut file = File::from(made?);
        let written = file.write_all(bytes).and_then(|()| Ok(renameat(&self.0, &next, &self.0, name)?));
        if written.is_err() {
            let _ = unlinkat(&self.0, &next, AtFlags::empty());
        }
        written
    }

    /// Opens a file to append to.
    pub fn append(&self, name: impl AsRef<OsStr>) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&self.0, name.as_ref(), flags, Mode::empty()).map_err(|e| explain(e, name.as_ref()))?;
        regular(File::from(file))
    }

    /// Moves an entry to a name in another directory.
    pub fn rename(&self, name: impl AsRef<OsStr>, to: &Self, new: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(renameat(&self.0, name.as_ref(), &to.0, new.as_ref())?)
    }

    /// Removes a file, a link or a FIFO; the target of a link stays.
    pub fn remove(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(unlinkat(&self.0, name.as_ref(), AtFlags::empty())?)
    }

    /// Removes an empty directory.
    pub fn remove_directory(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(unlinkat(&self.0, name.as_ref(), AtFlags::REMOVEDIR)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_a_directory() -> io::Result<()> {
        let place = tempfile::tempdir()?;
        let precious = place.path().join("precious");
        std::fs::write(&precious, "theirs")?;
        std::fs::create_dir(place.path().join("in"))?;
        std::os::unix::fs::symlink(&precious, place.path().join("in/link"))?;
        std::os::unix::fs::symlink(place.path(), place.path().join("in/away"))?;
        std::fs::hard_link(&precious, place.path().join("in/hard"))?;
        assert!(std::process::Command::new("mkfifo").arg(place.path().join("in/pipe")).status()?.success());
        let dir = Dir::open(&place.path().join("in"))?;
        for name in ["link", "hard", "pipe", "away"] {
            assert!(dir.read(name, 100).is_err(), "{name}");
        }
        assert!(dir.subdir("away").is_err_and(|error| error.to_string().contains("symlink")));
        assert!(dir.create_subdir("away").is_err());
        // Writing replaces a link and leaves its target alone.
        dir.put("link", b"mine")?;
        assert_eq!(dir.read("link", 100)?.as_deref(), Some(&b"mine"[..]));
        assert_eq!(std::fs::read_to_string(&precious)?, "theirs");
        assert!(dir.read("link", 3).is_err_and(|error| error.to_string().contains("more than 3 bytes")));
        assert_eq!(dir.read("nothing", 3)?, None);
        assert_eq!(dir.names(100)?.len(), 4, "nothing is left beside it");
        assert!(Dir::open(&place.path().join("in/away")).is_err());
        Ok(())
    }
}
