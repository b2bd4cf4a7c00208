//! A folder that an agent can write to, used by what it is and not by its name: no link in it is
//! followed, nothing is waited for, and what is read has a limit.

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

/// An open folder. What it was opened as it stays, whatever is put in its place.
#[derive(Debug)]
pub struct Dir(OwnedFd);

const INTO: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What stands under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// An ordinary file.
    File,
    /// A folder.
    Folder,
    /// A link, a pipe, a device, a socket.
    Other,
}

fn explain(error: Errno, name: &OsStr) -> io::Error {
    let name = name.to_string_lossy();
    match error {
        Errno::LOOP => io::Error::other(format!("`{name}` is a symbolic link: look where it points, then remove it")),
        Errno::NOTDIR => io::Error::other(format!("`{name}` is no folder: look at it, then remove it")),
        _ => error.into(),
    }
}

impl Dir {
    /// Opens a folder by its path; the last part of it must be no link.
    pub fn open(path: &Path) -> io::Result<Self> {
        rustix::fs::open(path, INTO, Mode::empty()).map(Self).map_err(|error| {
            // Linux says so of a link to a folder, too.
            let is_link = path.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
            explain(if is_link { Errno::LOOP } else { error }, path.as_os_str())
        })
    }

    /// A folder in this one; `None` when nothing is there.
    pub fn below(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Self>> {
        let name = name.as_ref();
        match openat(&self.0, name, INTO, Mode::empty()) {
            Ok(fd) => Ok(Some(Self(fd))),
            Err(Errno::NOENT) => Ok(None),
            // Linux says so of a link to a folder, too.
            Err(Errno::NOTDIR) if self.kind(name)? == Some(EntryKind::Other) => Err(explain(Errno::LOOP, name)),
            Err(error) => Err(explain(error, name)),
        }
    }

    /// A folder in this one, made when nothing is there, and then as open to others as this one: two users
    /// who share it share what is in it.
    pub fn make_below(&self, name: impl AsRef<OsStr>) -> io::Result<Self> {
        let name = name.as_ref();
        for _ in 0..3 {
            if let Some(found) = self.below(name)? {
                return Ok(found);
            }
            match mkdirat(&self.0, name, Mode::from_raw_mode(0o777)) {
                Ok(()) => {
                    let mode = Mode::from_raw_mode(fstat(&self.0)?.st_mode & 0o7777);
                    if let Some(made) = self.below(name)? {
                        fchmod(&made.0, mode)?;
                    }
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::Error::other(format!("`{}` comes and goes", name.to_string_lossy())))
    }

    /// What stands under a name; `None` when nothing does.
    pub fn kind(&self, name: impl AsRef<OsStr>) -> io::Result<Option<EntryKind>> {
        match statat(&self.0, name.as_ref(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => EntryKind::File,
                FileType::Directory => EntryKind::Folder,
                _ => EntryKind::Other,
            })),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// When what stands under a name was last changed, in nanoseconds since the epoch; `None` when nothing
    /// does.
    pub fn changed_ns(&self, name: impl AsRef<OsStr>) -> Option<i64> {
        let stat = statat(&self.0, name.as_ref(), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let below_second = i64::try_from(stat.st_mtime_nsec).unwrap_or(0);
        stat.st_mtime.checked_mul(1_000_000_000)?.checked_add(below_second)
    }

    /// Names in the folder, in order, `most` of them.
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

    /// Reads a file whole; `None` when it is not there. What is not a regular file, has another name
    /// elsewhere (a hard link), or holds more than `limit` bytes is refused.
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
            return Err(io::Error::other(format!("`{shown}` is a file that has other names, too (hard links)")));
        }
        let mut bytes = Vec::new();
        file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > limit {
            return Err(io::Error::other(format!("`{shown}` has more than {limit} bytes")));
        }
        Ok(Some(bytes))
    }

    /// Puts a file in the place of what has its name: who reads sees the old one or the new one, never
    /// half of one.
    pub fn put(&self, name: impl AsRef<OsStr>, bytes: &[u8]) -> io::Result<()> {
        let name = name.as_ref();
        let mut next = OsString::from(format!(".{}-", std::process::id()));
        next.push(name);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o644);
        let made = match openat(&self.0, &next, flags, mode) {
            Err(Errno::EXIST) => {
                // Left by a process that was killed, or put there by somebody: it goes.
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
        let file =
            File::from(openat(&self.0, name.as_ref(), flags, Mode::empty()).map_err(|e| explain(e, name.as_ref()))?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("not a regular file")) }
    }

    /// Gives what stands under a name another one, in another folder.
    pub fn rename(&self, name: impl AsRef<OsStr>, to: &Self, new: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(renameat(&self.0, name.as_ref(), &to.0, new.as_ref())?)
    }

    /// Takes a file, a link or a pipe away; what it points to stays.
    pub fn remove(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(unlinkat(&self.0, name.as_ref(), AtFlags::empty())?)
    }

    /// Takes an empty folder away.
    pub fn remove_folder(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(unlinkat(&self.0, name.as_ref(), AtFlags::REMOVEDIR)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_a_folder() -> io::Result<()> {
        let place = tempfile::tempdir()?;
        let precious = place.path().join("precious");
        std::fs::write(&precious, "theirs")?;
        std::fs::create_dir(place.path().join("in"))?;
        std::os::unix::fs::symlink(&precious, place.path().join("in/link"))?;
        std::os::unix::fs::symlink(place.path(), place.path().join("in/away"))?;
        std::fs::hard_link(&precious, place.path().join("in/hard"))?;
        assert!(std::process::Command::new("mkfifo").arg(place.path().join("in/pipe")).status()?.success());
        let folder = Dir::open(&place.path().join("in"))?;
        for name in ["link", "hard", "pipe", "away"] {
            assert!(folder.read(name, 100).is_err(), "{name}");
        }
        assert!(folder.below("away").is_err_and(|error| error.to_string().contains("symbolic link")));
        assert!(folder.make_below("away").is_err());
        // Writing takes the place of a link and leaves what it points to.
        folder.put("link", b"mine")?;
        assert_eq!(folder.read("link", 100)?.as_deref(), Some(&b"mine"[..]));
        assert_eq!(std::fs::read_to_string(&precious)?, "theirs");
        assert!(folder.read("link", 3).is_err_and(|error| error.to_string().contains("more than 3 bytes")));
        assert_eq!(folder.read("nothing", 3)?, None);
        assert_eq!(folder.names(100)?.len(), 4, "nothing is left beside it");
        assert!(Dir::open(&place.path().join("in/away")).is_err());
        Ok(())
    }
}
