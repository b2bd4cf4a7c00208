//! Moves references, the only way we do it: a new file replaces the old one once it is on disk, so that no power cut
//! leaves an empty one. libgit2 does not sync its files.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::durable::sync_reference;
use super::{Repo, RepoError};
use crate::disk::create_dir;

/// The required state of a reference before it moves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ExpectedTarget {
    /// Any state.
    Anything,
    /// It must not exist.
    Nothing,
    /// It must be at this object.
    At(git2::Oid),
}

/// The moment at which a reference is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// At the end of the call: a decision depends on it.
    Synced,
    /// At a time that the system chooses.
    Later,
}

/// Moves a reference to `to`, or creates it; false if it is not in the required state.
pub(super) fn move_reference(
    repo: &Repo,
    name: &str,
    (expected, to): (ExpectedTarget, git2::Oid),
    why: &str,
    durability: Durability,
) -> Result<bool, RepoError> {
    let is_synced = durability == Durability::Synced;
    let ours = repo.ours_to_write()?;
    let path = repo.ours_dir().join(name);
    let directory = path.parent().unwrap_or(&path);
    create_dir(directory).map_err(RepoError::io(directory))?;
    let lock = RefLock::take(repo.ours_dir().join(format!("{name}.lock")))?;
    let found = match ours.find_reference(name) {
        Ok(found) => Some(found.target()),
        Err(error) if error.code() == git2::ErrorCode::NotFound => None,
        Err(_) if expected == ExpectedTarget::Anything => None,
        Err(error) => return Err(error.into()),
    };
    let is_expected = match expected {
        ExpectedTarget::Anything => true,
        ExpectedTarget::Nothing => found.is_none(),
        // A reference to another reference is not ours.
        ExpectedTarget::At(id) => found == Some(Some(id)),
    };
    if !is_expected {
        return Ok(false);
    }
    lock.put(&path, format!("{to}\n").as_bytes(), is_synced)?;
    if is_synced {
        sync_reference(repo, name)?;
    }
    // Only for people who read git's log: the branch has moved, with or without this line.
    let _ = log(repo, name, found.flatten(), to, why);
    Ok(true)
}

/// The lock file by which all git programs keep others from a reference. Dropping it removes the file.
struct RefLock {
    path: PathBuf,
    file: std::fs::File,
    is_there: bool,
}

impl RefLock {
    fn take(path: PathBuf) -> Result<Self, RepoError> {
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => Ok(Self { path, file, is_there: true }),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(RepoError::Locked(path)),
            Err(error) => Err(RepoError::io(path)(error)),
        }
    }

    /// Writes the content and moves the file into the place of the reference.
    fn put(mut self, path: &Path, bytes: &[u8], is_synced: bool) -> Result<(), RepoError> {
        self.file.write_all(bytes).map_err(RepoError::io(&self.path))?;
        if is_synced {
            self.file.sync_all().map_err(RepoError::io(&self.path))?;
        }
        // Git leaves empty directories behind.
        let _ = std::fs::remove_dir(path);
        std::fs::rename(&self.path, path).map_err(RepoError::io(path))?;
        self.is_there = false;
        Ok(())
    }
}

impl Drop for RefLock {
    fn drop(&mut self) {
        // After a rename the path may belong to another process.
        if self.is_there {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Writes a line of the reflog, if git itself would keep one.
fn log(repo: &Repo, name: &str, from: Option<git2::Oid>, to: git2::Oid, why: &str) -> Result<(), RepoError> {
    let ours = repo.ours_to_write()?;
    let path = repo.ours_dir().join("logs").join(name);
    let is_wanted =
        name.starts_with("refs/heads/") && ours.config()?.get_bool("core.logallrefupdates").unwrap_or(!ours.is_bare());
    if !(is_wanted || path.exists()) {
        return Ok(());
    }
    let who = ours.signature().or_else(|_| git2::Signature::now("unknown", "unknown"))?;
    let (name, mail) = (String::from_utf8_lossy(who.name_bytes()), String::from_utf8_lossy(who.email_bytes()));
    let when = who.when();
    let (sign, minutes) = (when.sign(), when.offset_minutes().abs());
    let from = from.map_or_else(|| "0".repeat(40), |from| from.to_string());
    let at = format!("{} {sign}{:02}{:02}", when.seconds(), minutes / 60, minutes % 60);
    let line = format!("{from} {to} {name} <{mail}> {at}\t{why}\n");
    let directory = path.parent().unwrap_or(&path);
    std::fs::create_dir_all(directory).map_err(RepoError::io(directory))?;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = OpenOptions::new().append(true).create(true).custom_flags(flags.bits() as i32).open(&path);
    let mut file = opened.map_err(RepoError::io(&path))?;
    file.write_all(line.as_bytes()).map_err(RepoError::io(&path))
}
