//! Whose turn it is to record: one process a loop.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::disk::open_own;

/// The right to record one loop, while it is held. The system takes it back from a process that ends, however it
/// ends.
pub struct Turn(File);

/// Another process records this loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its number; `None` when it did not say.
    pub process: Option<u32>,
}

impl Turn {
    /// Takes the turn for a loop, by the key of its identity; who has it, when it is taken.
    pub fn take(archive: &Path, loop_key: &str) -> std::io::Result<Result<Self, Taken>> {
        let mut lock = open_own(&path(archive, loop_key), true)?;
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

    /// Says that a process wants the turn that gives it to nobody before it ends; `None` when another one does.
    pub fn want(archive: &Path, loop_key: &str) -> std::io::Result<Option<Self>> {
        let lock = open_own(&wanted(archive, loop_key), true)?;
        Ok(lock.try_lock().is_ok().then_some(Self(lock)))
    }

    /// True while some process wants the turn.
    pub fn is_wanted(archive: &Path, loop_key: &str) -> bool {
        let Ok(lock) = open_own(&wanted(archive, loop_key), false) else { return false };
        let is_free = lock.try_lock_shared().is_ok();
        let _ = lock.unlock();
        !is_free
    }

    /// Who records a loop now; `None` when nobody does. Nothing is created.
    pub fn look(archive: &Path, loop_key: &str) -> Option<Taken> {
        let mut lock = open_own(&path(archive, loop_key), false).ok()?;
        match lock.try_lock_shared() {
            Err(std::fs::TryLockError::WouldBlock) => Some(who(&mut lock)),
            _ => {
                let _ = lock.unlock();
                None
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // A child that is just being started would hold it otherwise.
        let _ = self.0.unlock();
    }
}

fn who(lock: &mut File) -> Taken {
    let mut text = String::new();
    let _ = lock.take(16).read_to_string(&mut text);
    Taken { process: text.trim().parse().ok() }
}

fn path(archive: &Path, loop_key: &str) -> PathBuf {
    let digest = crate::model::hex(&Sha256::digest(loop_key.as_bytes())[..8]);
    archive.with_file_name(format!("recording-{digest}.lock"))
}

fn wanted(archive: &Path, loop_key: &str) -> PathBuf {
    path(archive, loop_key).with_extension("wanted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_by_loop() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let archive = folder.path().join("archive.db");
        assert_eq!(Turn::look(&archive, "loop"), None);
        assert!(std::fs::read_dir(folder.path())?.next().is_none(), "looking creates nothing");
        let mine = Turn::take(&archive, "loop")?;
        assert!(mine.is_ok());
        let ours = Taken { process: Some(std::process::id()) };
        assert_eq!(Turn::take(&archive, "loop")?.err(), Some(ours));
        assert_eq!(Turn::look(&archive, "loop"), Some(ours));
        assert!(Turn::take(&archive, "another")?.is_ok());
        assert!(!Turn::is_wanted(&archive, "loop"));
        let wish = Turn::want(&archive, "loop")?;
        assert!(wish.is_some() && Turn::is_wanted(&archive, "loop"));
        drop((mine, wish));
        assert!(!Turn::is_wanted(&archive, "loop"));
        assert_eq!(Turn::look(&archive, "loop"), None);
        assert!(Turn::take(&archive, "loop")?.is_ok());
        Ok(())
    }
}
