//! Files of ours in places where an agent may have been.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use super::{Step, reach};

/// Opens a file of ours, creating it where `write` says so: no link is followed, and nothing but a
/// regular file is opened, so that a pipe or a device put in its place cannot hold the program up.
pub fn open_own(path: &Path, write: bool) -> io::Result<File> {
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
                io::Error::other("a symbolic link stands in its place: look where it points, then remove it")
            }
            _ => error,
        })?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("this is not a regular file: somebody put it there; look at it, then remove it"));
    }
    Ok(file)
}

/// Opens a file of the loop's for reading. Links are followed; a pipe, a device or a folder is refused
/// and never waited for.
pub fn open_plain(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("not a regular file")) }
}

/// Opens a file or a folder for syncing it; a pipe or a device is refused and never waited for.
pub fn open_any(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() || kind.is_dir() { Ok(file) } else { Err(io::Error::other("neither a file nor a folder")) }
}

/// Where the next bytes are that somebody wrote: a file may be far larger than the disk, of nothing but holes. `None`
/// where only a hole follows.
pub fn next_written(file: &File, from: u64) -> Option<u64> {
    match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(from)) {
        Ok(at) => Some(at),
        Err(rustix::io::Errno::NXIO) => None,
        // A file system that tells of no holes.
        Err(_) => Some(from),
    }
}

/// Reads a file of the loop's; what is no regular file, or holds more than `most` bytes, is refused.
pub fn read_plain(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_plain(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("has more than {most} bytes")));
    }
    Ok(bytes)
}

/// The same for a text; what is no UTF-8 is an error.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read_plain(path, most)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Why a link that leads to `target` from a folder is followed by nobody: below it is the whole file system, or what is
/// no file of a person's. `None` for any other.
pub fn leads_astray(target: &Path, folder: &Path) -> Option<&'static str> {
    const SYSTEM: [&str; 3] = ["/proc", "/sys", "/dev"];
    // Where people keep files in memory.
    let is_in_memory = target.starts_with("/dev/shm") && target != Path::new("/dev/shm");
    if folder.starts_with(target) {
        Some("a link to a folder that holds this one: not followed")
    } else if SYSTEM.iter().any(|system| target.starts_with(system)) && !is_in_memory {
        Some("a link to a folder of the system's own: not followed")
    } else {
        None
    }
}

/// A path as people read it. Bytes that are no UTF-8 are shown by their number: `a\xFF`.
pub fn shown(path: &Path) -> String {
    let mut shown = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        shown.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| shown.push_str(&format!("\\x{byte:02X}")));
    }
    shown
}

/// True when `path` is a regular file or a folder, or is not there: no link, pipe or device.
pub fn is_plain(path: &Path) -> bool {
    std::fs::symlink_metadata(path).map_or(true, |meta| meta.is_file() || meta.is_dir())
}

/// The user id a file or folder belongs to, when that is neither this user nor root (nor, under
/// `sudo`, the user who called it). A file that is not there belongs to nobody else.
pub fn belongs_to_another(path: &Path) -> Option<u32> {
    let owner = std::fs::symlink_metadata(path).ok().map(|meta: Metadata| meta.uid())?;
    let me = rustix::process::geteuid().as_raw();
    let caller = std::env::var("SUDO_UID").ok().and_then(|id| id.parse().ok()).filter(|_| me == 0);
    (owner != me && owner != 0 && Some(owner) != caller).then_some(owner)
}

/// Puts a text in the place of a file: after a crash the old one or the new one is there, never half
/// of one. It is on disk when this returns.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    make_folder(folder)?;
    // Errors name the folder: the name of the file would be another one each time.
    let unmade = |error: io::Error| io::Error::new(error.kind(), format!("{}: {}", folder.display(), error.kind()));
    let mut next = tempfile::NamedTempFile::new_in(folder).map_err(unmade)?;
    next.as_file_mut().write_all(bytes)?;
    next.as_file().sync_all()?;
    reach(Step::AnchorWritten)?;
    next.persist(path).map_err(|error| error.error)?;
    reach(Step::AnchorMoved)?;
    sync_folder(folder)
}

/// Makes a folder and those above it; their names are on disk when this returns.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut made: Vec<&Path> = folder.ancestors().take_while(|at| !at.as_os_str().is_empty() && !at.is_dir()).collect();
    std::fs::create_dir_all(folder)?;
    while let Some(new) = made.pop() {
        sync_folder(new.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

/// Syncs a folder: what was created or renamed in it is there after a crash.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    open_any(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_pipes_and_folders_are_not_opened() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("ledger.jsonl");
        let elsewhere = folder.path().join("elsewhere");
        std::fs::write(&elsewhere, "theirs")?;
        std::os::unix::fs::symlink(&elsewhere, &path)?;
        assert!(open_own(&path, true).is_err_and(|error| error.to_string().contains("symbolic link")));
        std::fs::remove_file(&path)?;
        let made = std::process::Command::new("mkfifo").arg(&path).status()?;
        assert!(made.success());
        assert!(open_own(&path, false).is_err_and(|error| error.to_string().contains("not a regular file")));
        assert!(!is_plain(&path) && is_plain(&elsewhere) && is_plain(folder.path()));
        std::fs::remove_file(&path)?;
        std::fs::create_dir(&path)?;
        assert!(open_own(&path, true).is_err());
        assert_eq!(belongs_to_another(&path), None);
        assert_eq!(std::fs::read_to_string(&elsewhere)?, "theirs");
        Ok(())
    }

    #[test]
    fn links_to_all_or_to_no_files_lead_astray() {
        let of = |target: &str| leads_astray(Path::new(target), Path::new("/home/ada/run")).is_some();
        for target in ["/", "/home", "/home/ada/run", "/proc", "/proc/1", "/sys", "/dev", "/dev/shm"] {
            assert!(of(target), "{target}");
        }
        for target in ["/home/ada/logs", "/home/ada/runs", "/mnt", "/dev/shm/runs", "/process"] {
            assert!(!of(target), "{target}");
        }
    }

    #[test]
    fn paths_that_are_no_utf_8_are_told_apart() {
        use std::os::unix::ffi::OsStrExt as _;
        let of = |bytes: &[u8]| shown(Path::new(std::ffi::OsStr::from_bytes(bytes)));
        assert_eq!(of("a/ü.csv".as_bytes()), "a/ü.csv");
        assert_eq!(of(b"a\xff/\xc3("), "a\\xFF/\\xC3(");
    }

    #[test]
    fn what_is_replaced_leaves_nothing_beside_it() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("below/anchor.json");
        replace(&path, b"one")?;
        replace(&path, b"two")?;
        assert_eq!(std::fs::read_to_string(&path)?, "two");
        assert_eq!(std::fs::read_dir(folder.path().join("below"))?.count(), 1);
        Ok(())
    }
}
