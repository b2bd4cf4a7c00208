//! Files of ours in places that an agent can write to.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use super::{Step, reach};

/// The use of a file that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAccess {
    /// It is read.
    Read,
    /// It is read and written, and created if it does not exist.
    Write,
}

/// Opens a file of ours. Links are not followed and only regular files are opened, so
/// that a FIFO or a device in its place cannot block the program.
pub fn open_own(path: &Path, access: FileAccess) -> io::Result<File> {
    let write = access == FileAccess::Write;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .write(write)
        .create(write)
        .truncate(false)
        .custom_flags(flags.bits() as i32)
        .open(path)
        .map_err(|error| match error.raw_os_error() {
            Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => {
                io::Error::other("it is a symlink: check where it points, then remove it")
            }
            _ => error,
        })?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("this is not a regular file: somebody put it there; inspect it, then remove it"));
    }
    Ok(file)
}

/// Opens a file of the loop for reading. Links are followed; a FIFO, a device or a directory is refused and never
/// blocks.
pub fn open_plain(path: &Path) -> io::Result<File> {
    regular(OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?)
}

/// Refuses an open file that is not a regular one.
pub(super) fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("not a regular file")) }
}

/// Opens a file or a directory to sync it; a FIFO or a device is refused and never blocks.
pub fn open_any(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() || kind.is_dir() { Ok(file) } else { Err(io::Error::other("neither a file nor a directory")) }
}

/// Returns the offset of the next written bytes: a sparse file may be far larger than the disk. `None` if only a hole
/// follows.
pub fn next_written(file: &File, from: u64) -> Option<u64> {
    match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(from)) {
        Ok(at) => Some(at),
        Err(rustix::io::Errno::NXIO) => None,
        // The file system does not report holes.
        Err(_) => Some(from),
    }
}

/// Reads a file of the loop; fails if it is not a regular file, or exceeds `most` bytes.
pub fn read_plain(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_plain(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("has more than {most} bytes")));
    }
    Ok(bytes)
}

/// Reads a text file of the loop; fails if it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read_plain(path, most)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The reason why a symlink without a target is not read.
pub const DANGLING: &str = "a dangling symlink";

/// Returns why a link from a directory to `target` is not followed: the target contains the directory itself, or
/// belongs to a virtual file system. `None` for other links.
pub fn refused_link(target: &Path, dir: &Path) -> Option<&'static str> {
    const SYSTEM: [&str; 3] = ["/proc", "/sys", "/dev"];
    // People keep files in memory there.
    let is_in_memory = target.starts_with("/dev/shm") && target != Path::new("/dev/shm");
    if dir.starts_with(target) {
        Some("a symlink to a directory that contains this one: not followed")
    } else if SYSTEM.iter().any(|system| target.starts_with(system)) && !is_in_memory {
        Some("a symlink to a system directory: not followed")
    } else {
        None
    }
}

/// Formats a path for people. Bytes that are not UTF-8 are shown by number: `a\xFF`.
pub fn shown(path: &Path) -> String {
    let mut shown = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        shown.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| shown.push_str(&format!("\\x{byte:02X}")));
    }
    shown
}

/// True if `path` is a regular file or a directory, or does not exist.
pub fn is_plain(path: &Path) -> bool {
    std::fs::symlink_metadata(path).map_or(true, |meta| meta.is_file() || meta.is_dir())
}

/// Returns the owner of a file or directory, if that is neither this user nor root (nor, under `sudo`, the user who
/// called it); `None` for a missing file.
pub fn belongs_to_another(path: &Path) -> Option<u32> {
    let owner = std::fs::symlink_metadata(path).ok().map(|meta: Metadata| meta.uid())?;
    let me = rustix::process::geteuid().as_raw();
    let caller = std::env::var("SUDO_UID").ok().and_then(|id| id.parse().ok()).filter(|_| me == 0);
    (owner != me && owner != 0 && Some(owner) != caller).then_some(owner)
}

/// Replaces a file atomically: after a crash it has the old or the new content, never half of it. It is on disk when
/// this returns.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(path);
    create_dir(dir)?;
    // Errors name the directory, because the name of the temporary file varies.
    let unmade = |error: io::Error| io::Error::new(error.kind(), format!("{}: {}", dir.display(), error.kind()));
    let mut next = tempfile::NamedTempFile::new_in(dir).map_err(unmade)?;
    next.as_file_mut().write_all(bytes)?;
    next.as_file().sync_all()?;
    reach(Step::AnchorWritten)?;
    next.persist(path).map_err(|error| error.error)?;
    reach(Step::AnchorMoved)?;
    sync_directory(dir)
}

/// Creates a directory and its parents; their names are on disk when this returns.
pub fn create_dir(dir: &Path) -> io::Result<()> {
    let mut made: Vec<&Path> = dir.ancestors().take_while(|at| !at.as_os_str().is_empty() && !at.is_dir()).collect();
    std::fs::create_dir_all(dir)?;
    while let Some(new) = made.pop() {
        sync_directory(new.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

/// Syncs a directory, so that files created or renamed in it survive a crash.
pub fn sync_directory(dir: &Path) -> io::Result<()> {
    open_any(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_pipes_and_directories_are_not_opened() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("ledger.jsonl");
        let elsewhere = dir.path().join("elsewhere");
        std::fs::write(&elsewhere, "theirs")?;
        std::os::unix::fs::symlink(&elsewhere, &path)?;
        assert!(open_own(&path, FileAccess::Write).is_err_and(|error| error.to_string().contains("symlink")));
        std::fs::remove_file(&path)?;
        let made = std::process::Command::new("mkfifo").arg(&path).status()?;
        assert!(made.success());
        assert!(open_own(&path, FileAccess::Read).is_err_and(|error| error.to_string().contains("not a regular file")));
        assert!(!is_plain(&path) && is_plain(&elsewhere) && is_plain(dir.path()));
        std::fs::remove_file(&path)?;
        std::fs::create_dir(&path)?;
        assert!(open_own(&path, FileAccess::Write).is_err());
        assert_eq!(belongs_to_another(&path), None);
        assert_eq!(std::fs::read_to_string(&elsewhere)?, "theirs");
        Ok(())
    }

    #[test]
    fn links_to_parents_or_system_directories_lead_astray() {
        let of = |target: &str| refused_link(Path::new(target), Path::new("/home/ada/run")).is_some();
        for target in ["/", "/home", "/home/ada/run", "/proc", "/proc/1", "/sys", "/dev", "/dev/shm"] {
            assert!(of(target), "{target}");
        }
        for target in ["/home/ada/logs", "/home/ada/runs", "/mnt", "/dev/shm/runs", "/process"] {
            assert!(!of(target), "{target}");
        }
    }

    #[test]
    fn paths_that_are_not_utf_8_are_distinguished() {
        use std::os::unix::ffi::OsStrExt as _;
        let of = |bytes: &[u8]| shown(Path::new(std::ffi::OsStr::from_bytes(bytes)));
        assert_eq!(of("a/ü.csv".as_bytes()), "a/ü.csv");
        assert_eq!(of(b"a\xff/\xc3("), "a\\xFF/\\xC3(");
    }

    #[test]
    fn a_replaced_file_leaves_nothing_next_to_it() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("below/anchor.json");
        replace(&path, b"one")?;
        replace(&path, b"two")?;
        assert_eq!(std::fs::read_to_string(&path)?, "two");
        assert_eq!(std::fs::read_dir(dir.path().join("below"))?.count(), 1);
        Ok(())
    }
}
