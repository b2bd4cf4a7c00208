//! The lock next to the ledger: its holder may decide.
//!
//! It is a file lock (`flock`), which anybody who can open the file can take. Therefore the file is private to the
//! person (mode 600). Another process of the same user can still hold it; the message names that process. Byte-range
//! locks (`fcntl`) would require write permission, but the first of two threads to close the file would release them
//! for both.

use std::fs::File;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::LedgerError;
use crate::disk::{FileAccess, open_own};

/// Time to wait for another decision, which takes a few disk syncs.
const PATIENCE: Duration = Duration::from_secs(3);
/// Interval between attempts: a file lock cannot be waited for with a timeout.
const AGAIN: Duration = Duration::from_millis(10);

/// The held lock. Dropping it releases it.
pub(super) struct LedgerLock {
    file: File,
    path: PathBuf,
}

impl LedgerLock {
    /// Takes the lock at `path`, waiting briefly for a decision in progress.
    pub(super) fn take(path: &Path) -> Result<Self, LedgerError> {
        let end = Instant::now() + PATIENCE;
        loop {
            let file = open_own(path, FileAccess::Write).map_err(LedgerError::io(path))?;
            let lock = match file.try_lock() {
                Ok(()) => Self { file, path: path.to_owned() },
                Err(std::fs::TryLockError::WouldBlock) if Instant::now() >= end => {
                    return Err(LedgerError::Busy { path: path.to_owned(), by: holder(&file) });
                }
                Err(std::fs::TryLockError::WouldBlock) => {
                    std::thread::sleep(AGAIN);
                    continue;
                }
                Err(std::fs::TryLockError::Error(error)) => return Err(LedgerError::io(path)(error)),
            };
            // By now another file may have the name, and be locked by another process.
            if lock.has_its_name() {
                lock.keep_private();
                return Ok(lock);
            }
            if Instant::now() >= end {
                return Err(LedgerError::Replaced(path.to_owned()));
            }
            std::thread::sleep(AGAIN);
        }
    }

    /// False if somebody removed or replaced the file: others can then lock the new one.
    pub(super) fn has_its_name(&self) -> bool {
        has_name(&self.file, &self.path)
    }

    /// Removes access for others, who could open the file and hold the lock.
    fn keep_private(&self) {
        if self.file.metadata().is_ok_and(|meta| meta.mode() & 0o077 != 0) {
            // If the file is not ours to change, deciding is refused for that reason.
            let _ = self.file.set_permissions(std::fs::Permissions::from_mode(0o600));
        }
    }
}

impl Drop for LedgerLock {
    fn drop(&mut self) {
        // Closing is not enough: a child that another thread is just starting has a copy of the descriptor, and with it
        // the lock, until it runs its program.
        let _ = self.file.unlock();
    }
}

/// True while an open file is still the one at its path.
pub(super) fn has_name(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), std::fs::symlink_metadata(path)) else { return false };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

/// Returns the process that holds the lock of a file, from the system's list; `None` if it is not listed.
fn holder(file: &File) -> Option<(u32, String)> {
    let inode = file.metadata().ok()?.ino();
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let pid = holder_in(&locks, inode)?;
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    // A process may choose any name.
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    Some((pid, name.chars().filter(plain).collect()))
}

/// Returns the holder from lines like `1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF`; waiting processes have an
/// arrow.
fn holder_in(locks: &str, inode: u64) -> Option<u32> {
    let ending = format!(":{inode}");
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, pid, place, ..] = words[..] else { return None };
        place.ends_with(&ending).then(|| pid.parse().ok()).flatten()
    })
}

/// The right to read ledger and branch consistently: no decision is made meanwhile. Dropping it releases it. Writes
/// nothing.
pub struct ReadGuard(Option<File>);

impl ReadGuard {
    /// Begins a read; `None` during a decision. A ledger without a lock file has never had a decision.
    pub fn try_acquire(ledger: &Path) -> Option<Self> {
        let path = ledger.parent().unwrap_or(Path::new(".")).join("lock");
        let Ok(lock) = open_own(&path, FileAccess::Read) else { return Some(Self(None)) };
        // Shared: readers do not block each other.
        match lock.try_lock_shared() {
            Err(std::fs::TryLockError::WouldBlock) => None,
            _ if has_name(&lock, &path) => Some(Self(Some(lock))),
            _ => None,
        }
    }

    /// Begins a read, waiting briefly for a decision in progress.
    pub fn wait(ledger: &Path) -> Option<Self> {
        let end = Instant::now() + PATIENCE;
        loop {
            let guard = Self::try_acquire(ledger);
            if guard.is_some() || Instant::now() >= end {
                return guard;
            }
            std::thread::sleep(AGAIN);
        }
    }
}

impl Drop for ReadGuard {
    fn drop(&mut self) {
        // As with the lock itself: a child that is just starting would hold it.
        if let Some(lock) = &self.0 {
            let _ = lock.unlock();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_is_found_in_the_systems_list() {
        let locks = "1: POSIX  ADVISORY  READ 29 fe:00:77 128 128\n\
                     2: FLOCK  ADVISORY  WRITE 31 fe:00:177 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 32 fe:00:77 0 EOF\n\
                     3: FLOCK  ADVISORY  READ 33 fe:00:77 0 EOF\n";
        assert_eq!(holder_in(locks, 77), Some(33));
        assert_eq!(holder_in(locks, 7), None);
    }

    #[test]
    fn the_holder_is_named() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("lock");
        std::fs::write(&path, "")?;
        let reader = File::open(&path)?;
        reader.lock()?;
        let Err(error) = LedgerLock::take(&path) else { return Err("it was taken".into()) };
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        if Path::new("/proc/locks").exists() {
            assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
        }
        drop(reader);
        let lock = LedgerLock::take(&path)?;
        assert_eq!(std::fs::metadata(&path)?.mode() & 0o777, 0o600, "nobody else can open it");
        // A lock without its name is invalid: another process would lock the file that has it.
        std::fs::remove_file(&path)?;
        assert!(!lock.has_its_name());
        let second = LedgerLock::take(&path)?;
        assert!(second.has_its_name() && ReadGuard::try_acquire(&dir.path().join("ledger.jsonl")).is_none());
        drop(second);
        std::fs::remove_file(&path)?;
        assert!(std::process::Command::new("mkfifo").arg(&path).status()?.success());
        assert!(matches!(LedgerLock::take(&path), Err(LedgerError::Io { .. })));
        Ok(())
    }
}
