//! Checks the paths of a repository before libgit2 opens them: it blocks on a FIFO forever, and reads a file of any
//! size into memory.
//!
//! Directories are checked again when they changed. A file that is put there between the check and the opening is found
//! by [`super::waiting`].

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::{FileType, Metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use rustix::io::Errno;

use super::RepoError;
use super::named::{has_blanks_at_its_ends, in_common_dir, in_git_file, lenders, variables};
use crate::disk::read_plain;

/// Maximum number of directory entries that are checked.
const MOST: usize = 500_000;
/// Maximum directory depth below `.git`.
const DEEPEST: usize = 64;
/// Size limit in bytes of files that name a path or a commit.
const LARGEST_NAME: u64 = 64 << 10;
/// Size limit in bytes of a reference.
const LARGEST_REFERENCE: u64 = 1 << 20;
/// Size limit in bytes of configuration and other text files.
const LARGEST_TEXT: u64 = 16 << 20;
/// Size limit in bytes of `packed-refs`, which may hold all references of a large repository.
const LARGEST_PACKED: u64 = 512 << 20;
/// Size limit in bytes of an index, enough for a million files.
const LARGEST_INDEX: u64 = 1 << 30;
/// Maximum number of configuration files, with those that they include.
const MOST_INCLUDED: usize = 1_000;
/// Size limit in bytes of all of them together.
const MOST_CONFIGURED: u64 = 64 << 20;
/// Maximum number of lenders of a repository, with their lenders.
const MOST_LENDERS: usize = 100;

/// The location of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Site {
    /// The directory of HEAD and index.
    pub(super) git_dir: PathBuf,
    /// The directory of objects and references, which work trees share.
    pub(super) common_dir: PathBuf,
}

/// Fails for a name that git reads differently than libgit2.
fn refuse_blanks(path: &Path, text: &[u8]) -> Result<(), RepoError> {
    if has_blanks_at_its_ends(text) {
        return waits(path, "names a directory with blanks at its ends, which git reads as a different one");
    }
    Ok(())
}

impl Site {
    /// Finds the repository around a directory as libgit2 does; `None` if there is none. A reference to it that cannot
    /// be followed is an error, because libgit2 might follow it.
    pub(super) fn around(dir: &Path) -> Result<Option<Self>, RepoError> {
        let Ok(dir) = dir.canonicalize() else { return Ok(None) };
        for at in dir.ancestors() {
            let named = at.join(".git");
            match std::fs::metadata(&named) {
                Ok(meta) if meta.is_file() => {
                    let text = name_in(&named)?.unwrap_or_default();
                    refuse_blanks(&named, &text)?;
                    return in_git_file(&text).map(|path| Self::of(at.join(path))).transpose();
                }
                Ok(meta) if meta.is_dir() => {
                    let site = Self::of(named)?;
                    if site.is_one() {
                        return Ok(Some(site));
                    }
                }
                _ => {}
            }
            let bare = Self::of(at.to_owned())?;
            if bare.is_one() {
                return Ok(Some(bare));
            }
        }
        Ok(None)
    }

    /// Returns the repository of a directory, wherever its objects are.
    pub(super) fn of(git_dir: PathBuf) -> Result<Self, RepoError> {
        refuse(&git_dir.join("HEAD"), LARGEST_NAME)?;
        let common = name_in(&git_dir.join("commondir"))?;
        refuse_blanks(&git_dir.join("commondir"), common.as_deref().unwrap_or_default())?;
        let common_dir = common.map_or_else(|| git_dir.clone(), |text| git_dir.join(in_common_dir(&text)));
        Ok(Self { git_dir, common_dir })
    }

    /// True if libgit2 accepts it as a repository, and does not search further up.
    fn is_one(&self) -> bool {
        let has = |name: &str| self.common_dir.join(name).is_dir();
        self.git_dir.join("HEAD").is_file() && has("objects") && has("refs")
    }

    /// Fails with the first file that libgit2 would block or choke on.
    pub(super) fn refuse_waiting(&self) -> Result<(), RepoError> {
        for path in super::pipes::found() {
            refuse(&path, u64::MAX)?;
        }
        // Otherwise one directory would be checked and another one opened.
        let now = Self::of(self.git_dir.clone())?.common_dir;
        if now.canonicalize().ok() != self.common_dir.canonicalize().ok() {
            return waits(&self.git_dir.join("commondir"), "now leads to a different directory");
        }
        let mut look = PlaceScan { left: MOST, seen: HashSet::new() };
        for dir in [&self.git_dir, &self.common_dir] {
            look.top(dir)?;
        }
        for name in ["refs", "logs", "info", "worktrees"] {
            look.directory(&self.common_dir.join(name), DEEPEST)?;
        }
        if self.git_dir != self.common_dir {
            look.directory(&self.git_dir.join("logs"), DEEPEST)?;
            look.directory(&self.git_dir.join("refs"), DEEPEST)?;
        }
        for name in ["rebase-merge/head-name", "rebase-apply/head-name"] {
            refuse(&self.git_dir.join(name), LARGEST_NAME)?;
        }
        let mut stores = Vec::new();
        self.stores(&mut stores)?;
        for objects in stores {
            look.directory(&objects.join("info"), DEEPEST)?;
            look.directory(&objects.join("pack"), DEEPEST)?;
        }
        self.configured(&mut Vec::new())
    }

    /// Collects the object directories: its own, and those that it borrows from. `stores` has those found so far even
    /// after an error.
    fn stores(&self, stores: &mut Vec<PathBuf>) -> Result<(), RepoError> {
        stores.push(self.common_dir.join("objects"));
        let mut at = 0;
        while let Some(store) = stores.get(at).cloned() {
            let named = store.join("info/alternates");
            let text = text_in(&named, LARGEST_TEXT)?.unwrap_or_default();
            for path in lenders(&text) {
                // libgit2 takes a path without a dot as relative to the current directory of this program.
                for lender in [store.join(path), path.to_owned()] {
                    if !stores.contains(&lender) {
                        stores.push(lender);
                    }
                }
                if stores.len() > 2 * MOST_LENDERS {
                    return waits(
                        &named,
                        "borrows from more than 100 other repositories (git repack -a -d, then remove it)",
                    );
                }
            }
            at += 1;
        }
        Ok(())
    }

    /// Checks the configuration files, the person's own and the repository's, and the files that they name. `files` has
    /// those found so far even after an error.
    fn configured(&self, files: &mut Vec<PathBuf>) -> Result<(), RepoError> {
        files.extend([self.common_dir.join("config"), self.git_dir.join("config.worktree")]);
        configured(files)
    }

    /// Returns every FIFO below the repository's directories and its object stores, for when something blocks.
    pub(super) fn pipes(&self) -> Vec<PathBuf> {
        let mut directories = vec![self.common_dir.clone(), self.git_dir.clone()];
        let (mut stores, mut found) = (Vec::new(), Vec::new());
        // Errors do not matter here: this is a rescue.
        let _ = self.stores(&mut stores);
        let _ = self.configured(&mut found);
        directories.extend(stores);
        found.retain(|path| kind_of(path).is_some_and(|kind| kind.is_fifo()));
        let mut seen = HashSet::new();
        let mut left = MOST;
        while let Some(directory) = directories.pop() {
            let Ok(meta) = std::fs::metadata(&directory) else { continue };
            if !seen.insert((meta.dev(), meta.ino())) {
                continue;
            }
            for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
                left = left.saturating_sub(1);
                if left == 0 {
                    return found;
                }
                let kind = match entry.file_type() {
                    Ok(kind) if kind.is_symlink() => kind_of(&entry.path()),
                    kind => kind.ok(),
                };
                match kind {
                    Some(kind) if kind.is_dir() => directories.push(entry.path()),
                    Some(kind) if kind.is_fifo() => found.push(entry.path()),
                    _ => {}
                }
            }
        }
        found
    }
}

/// Returns the type of a path, following links.
fn kind_of(path: &Path) -> Option<FileType> {
    std::fs::metadata(path).ok().map(|meta| meta.file_type())
}

/// Returns the content of a small file that names a path; `None` if it does not exist.
fn name_in(path: &Path) -> Result<Option<Vec<u8>>, RepoError> {
    text_in(path, LARGEST_NAME)
}

/// Returns the content of a file that names others; `None` if it does not exist. A file that cannot be read to its end
/// is an error, because libgit2 might read further.
fn text_in(path: &Path, most: u64) -> Result<Option<Vec<u8>>, RepoError> {
    refuse(path, most)?;
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_file() => {}
        _ => return Ok(None),
    }
    match read_plain(path, most) {
        // C ends a string there, and the text behind it would stay hidden.
        Ok(text) if text.contains(&0) => waits(path, "contains a zero byte, which is invalid in paths and settings"),
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RepoError::io(path)(error)),
    }
}

/// Checks the configuration of the system and of the person, which is read with every repository.
pub(super) fn refuse_waiting_for_person() -> Result<(), RepoError> {
    configured(&mut Vec::new())
}

fn configured(files: &mut Vec<PathBuf>) -> Result<(), RepoError> {
    let own = [git2::Config::find_system(), git2::Config::find_xdg(), git2::Config::find_global()];
    files.extend(own.into_iter().flatten());
    let home = etcetera::home_dir().unwrap_or_default();
    let xdg = std::env::var_os("XDG_CONFIG_HOME").filter(|path| !path.is_empty());
    let beside = xdg.map_or_else(|| home.join(".config"), PathBuf::from).join("git");
    let mut others = vec![beside.join("attributes"), beside.join("ignore"), PathBuf::from("/etc/gitattributes")];
    let (mut at, mut bytes) = (0, 0);
    while let Some(file) = files.get(at).cloned() {
        let text = text_in(&file, LARGEST_TEXT)?.unwrap_or_default();
        bytes += text.len() as u64;
        if files.len() > MOST_INCLUDED || bytes > MOST_CONFIGURED {
            return waits(&file, "is one of more than a thousand files, or 64 MiB, that configurations include");
        }
        let directory = file.parent().unwrap_or(Path::new("/"));
        for (key, value) in variables(&text) {
            let value = Path::new(OsStr::from_bytes(&value));
            let path = match value.strip_prefix("~/") {
                Ok(below) => home.join(below),
                Err(_) => directory.join(value),
            };
            if key == b"include.path" || key.starts_with(b"includeif.") && key.ends_with(b".path") {
                if !files.contains(&path) {
                    files.push(path);
                }
            } else if key == b"core.attributesfile" || key == b"core.excludesfile" {
                // A relative path is resolved against the current directory of this program.
                others.extend([path, value.to_owned()]);
            }
        }
        at += 1;
    }
    files.extend_from_slice(&others);
    others.iter().try_for_each(|path| refuse(path, LARGEST_TEXT))
}

fn waits<T>(path: &Path, what: &'static str) -> Result<T, RepoError> {
    Err(RepoError::WouldBlock { path: path.to_owned(), what })
}

/// Fails if opening a file would block, or if it is far larger than expected.
fn refuse(path: &Path, most: u64) -> Result<(), RepoError> {
    match std::fs::metadata(path) {
        // People use it to have nothing read.
        Ok(meta) if is_waited_for(meta.file_type()) && !is_null(&meta) => waits(path, what_it_is(meta.file_type())),
        Ok(meta) if meta.is_file() && meta.len() > most => waits(path, "is far larger than such files ever are"),
        Ok(meta) if meta.is_file() && is_of_the_system(&meta) => waits(path, "leads to a special file of the system"),
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => waits(path, "is a symlink to itself"),
        _ => Ok(()),
    }
}

/// True for `/dev/null`, by device number and not by name: it is empty and never blocks.
fn is_null(meta: &Metadata) -> bool {
    static NULL: OnceLock<Option<u64>> = OnceLock::new();
    let null = NULL.get_or_init(|| {
        let meta = Path::new("/dev/null").metadata().ok()?;
        meta.file_type().is_char_device().then(|| meta.rdev())
    });
    meta.file_type().is_char_device() && Some(meta.rdev()) == *null
}

/// True for a file of a virtual file system: some of those (`/proc/kmsg`) are regular files but block like a FIFO.
fn is_of_the_system(meta: &Metadata) -> bool {
    static DEVICES: OnceLock<Vec<u64>> = OnceLock::new();
    let devices = DEVICES.get_or_init(|| {
        let directories = ["/proc", "/sys", "/sys/kernel/debug", "/sys/kernel/tracing"].map(Path::new);
        let apart = directories.into_iter().filter_map(|directory| directory.metadata().ok()).map(|meta| meta.dev());
        let root = Path::new("/").metadata().map_or(0, |meta| meta.dev());
        apart.filter(|device| *device != root).collect()
    });
    devices.contains(&meta.dev())
}

/// True for types that block when opened. A socket does not: it cannot be opened at all.
fn is_waited_for(kind: FileType) -> bool {
    kind.is_fifo() || kind.is_char_device() || kind.is_block_device()
}

fn what_it_is(kind: FileType) -> &'static str {
    if kind.is_fifo() { "is a pipe" } else { "is a device" }
}

/// A directory that was checked and found in order.
struct CheckedDir {
    changed: (i64, i64),
    directories: Vec<OsString>,
}

static CLEAN: Mutex<Option<HashMap<PathBuf, CheckedDir>>> = Mutex::new(None);

/// One check of a repository.
struct PlaceScan {
    left: usize,
    /// Directories that were checked, by device and inode: links may form a cycle.
    seen: HashSet<(u64, u64)>,
}

impl PlaceScan {
    /// Checks the files directly in `.git` that git opens by name.
    fn top(&mut self, dir: &Path) -> Result<(), RepoError> {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            self.count(dir)?;
            let name = entry.file_name();
            let most = match name.to_string_lossy().as_ref() {
                "packed-refs" => LARGEST_PACKED,
                "index" => LARGEST_INDEX,
                "HEAD" | "commondir" | "gitdir" => LARGEST_NAME,
                "config" | "config.worktree" | "shallow" | "FETCH_HEAD" | "ORIG_HEAD" | "MERGE_HEAD" => LARGEST_TEXT,
                _ => u64::MAX,
            };
            if most < u64::MAX {
                refuse(&entry.path(), most)?;
            }
        }
        Ok(())
    }

    /// Checks a directory and everything below it that has changed, down to `deepest` levels.
    fn directory(&mut self, directory: &Path, deepest: usize) -> Result<(), RepoError> {
        let mut directories = vec![(directory.to_owned(), deepest)];
        while let Some((directory, deeper)) = directories.pop() {
            let meta = match std::fs::metadata(&directory) {
                Ok(meta) if meta.is_dir() => meta,
                Ok(meta) if is_waited_for(meta.file_type()) => return refuse(&directory, u64::MAX),
                _ => continue,
            };
            if !self.seen.insert((meta.dev(), meta.ino())) {
                continue;
            }
            let Some(deeper) = deeper.checked_sub(1) else {
                return Err(RepoError::WouldBlock { path: directory, what: "is nested more than 64 directories deep" });
            };
            let changed = (meta.ctime(), meta.ctime_nsec());
            let below = match clean(&directory, changed) {
                Some(below) => below,
                None => self.read(&directory, changed)?,
            };
            directories.extend(below.into_iter().map(|name| (directory.join(name), deeper)));
        }
        Ok(())
    }

    fn read(&mut self, directory: &Path, changed: (i64, i64)) -> Result<Vec<OsString>, RepoError> {
        let is_reference = directory.components().any(|part| part.as_os_str() == "refs");
        let mut below = Vec::new();
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            self.count(directory)?;
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() || (kind.is_symlink() && kind_of(&entry.path()).is_some_and(|kind| kind.is_dir())) {
                below.push(entry.file_name());
            } else if is_reference || !kind.is_file() {
                refuse(&entry.path(), if is_reference { LARGEST_REFERENCE } else { u64::MAX })?;
            }
        }
        // A directory that changed within the last seconds may change again without a new time.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        if (changed.0 + 2) < now {
            let seen = CheckedDir { changed, directories: below.clone() };
            let mut known = CLEAN.lock().unwrap_or_else(PoisonError::into_inner);
            known.get_or_insert_default().insert(directory.to_owned(), seen);
        }
        Ok(below)
    }

    fn count(&mut self, directory: &Path) -> Result<(), RepoError> {
        self.left = self.left.checked_sub(1).ok_or_else(|| RepoError::WouldBlock {
            path: directory.to_owned(),
            what: "is one of the directories with more than half a million files in total: pack the references (git pack-refs --all)",
        })?;
        Ok(())
    }
}

fn clean(directory: &Path, changed: (i64, i64)) -> Option<Vec<OsString>> {
    let known = CLEAN.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = known.as_ref()?.get(directory).filter(|seen| seen.changed == changed)?;
    Some(seen.directories.clone())
}

/// Fails if a file with ignore rules or attributes would block: libgit2 reads them in every directory of a work tree.
pub(super) fn refuse_in_work_tree(work_tree: &Path, directories: &HashSet<PathBuf>) -> Result<(), RepoError> {
    for directory in directories {
        for name in [".gitignore", ".gitattributes"] {
            refuse(&work_tree.join(directory).join(name), LARGEST_TEXT)?;
        }
    }
    Ok(())
}
