//! The lock that lets one process per loop record.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::disk::{FileAccess, open_own};

/// The right to record one loop. The system releases it when the process ends, for whatever reason.
pub struct RecorderLock(File);

/// The process that is recording this loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockHolder {
    /// Its process id; `None` if it did not write one.
    pub process: Option<u32>,
}

impl RecorderLock {
    /// Takes the lock for a loop, by its key; returns the holder if it is taken.
    pub fn take(store: &Path, loop_key: &str) -> std::io::Result<Result<Self, LockHolder>> {
        let mut lock = open_own(&path(store, loop_key), FileAccess::Write)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Ok(Err(who(&mut lock))),
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
        lock.set_len(0)?;
        lock.rewind()?;
        writeln!(lock, "{}", std::process::id())?;
        Ok(Ok(Self(lock)))
    }

    /// Announces a process that will keep the lock until it ends; `None` if another has already announced itself.
    pub fn announce(store: &Path, loop_key: &str) -> std::io::Result<Option<Self>> {
        let lock = open_own(&wanted(store, loop_key), FileAccess::Write)?;
        Ok(lock.try_lock().is_ok().then_some(Self(lock)))
    }

    /// True while a process has announced that it wants the lock.
    pub fn is_announced(store: &Path, loop_key: &str) -> bool {
        let Ok(lock) = open_own(&wanted(store, loop_key), FileAccess::Read) else { return false };
        let is_free = lock.try_lock_shared().is_ok();
        let _ = lock.unlock();
        !is_free
    }

    /// The process that records a loop; `None` if there is none. Creates nothing.
    pub fn holder(store: &Path, loop_key: &str) -> Option<LockHolder> {
        let mut lock = open_own(&path(store, loop_key), FileAccess::Read).ok()?;
        match lock.try_lock_shared() {
            Err(std::fs::TryLockError::WouldBlock) => Some(who(&mut lock)),
            _ => {
                let _ = lock.unlock();
                None
            }
        }
    }
}

impl Drop for RecorderLock {
    fn drop(&mut self) {
        // Otherwise a child that is just being started would keep it.
        let _ = self.0.unlock();
    }
}

fn who(lock: &mut File) -> LockHolder {
    let mut text = String::new();
    let _ = lock.take(16).read_to_string(&mut text);
    LockHolder { process: text.trim().parse().ok() }
}

fn path(store: &Path, loop_key: &str) -> PathBuf {
    let digest = crate::model::hex(&Sha256::digest(loop_key.as_bytes())[..8]);
    store.with_file_name(format!("recording-{digest}.lock"))
}

fn wanted(store: &Path, loop_key: &str) -> PathBuf {
    path(store, loop_key).with_extension("wanted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_by_loop() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let store = directory.path().join("archive.db");
        assert_eq!(RecorderLock::holder(&store, "loop"), None);
        assert!(std::fs::read_dir(directory.path())?.next().is_none(), "looking creates nothing");
        let mine = RecorderLock::take(&store, "loop")?;
        assert!(mine.is_ok());
        let ours = LockHolder { process: Some(std::process::id()) };
        assert_eq!(RecorderLock::take(&store, "loop")?.err(), Some(ours));
        assert_eq!(RecorderLock::holder(&store, "loop"), Some(ours));
        assert!(RecorderLock::take(&store, "another")?.is_ok());
        assert!(!RecorderLock::is_announced(&store, "loop"));
        let wish = RecorderLock::announce(&store, "loop")?;
        assert!(wish.is_some() && RecorderLock::is_announced(&store, "loop"));
        drop((mine, wish));
        assert!(!RecorderLock::is_announced(&store, "loop"));
        assert_eq!(RecorderLock::holder(&store, "loop"), None);
        assert!(RecorderLock::take(&store, "loop")?.is_ok());
        Ok(())
    }
}
