//! The places of a repository that libgit2 opens, looked at before it does: it waits for a pipe for ever, and reads a
//! file of any size into memory.
//!
//! Folders are looked into again when they changed. What is put there in the moment between the look and the opening
//! is found by [`super::waiting`].

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

/// Entries of folders that are looked at, whatever is there.
const MOST: usize = 500_000;
/// Folders inside one another below `.git`.
const DEEPEST: usize = 64;
/// Files that name a place or a commit, in bytes.
const LARGEST_NAME: u64 = 64 << 10;
/// References, in bytes.
const LARGEST_REFERENCE: u64 = 1 << 20;
/// Configuration and the like, in bytes.
const LARGEST_TEXT: u64 = 16 << 20;
/// All references of a large repository in one file, in bytes.
const LARGEST_PACKED: u64 = 512 << 20;
/// A million files, in bytes.
const LARGEST_INDEX: u64 = 1 << 30;
/// Files of configuration that are read because others include them.
const MOST_INCLUDED: usize = 1_000;
/// All of them together, in bytes.
const MOST_CONFIGURED: u64 = 64 << 20;
/// Lenders of a repository, and theirs.
const MOST_LENDERS: usize = 100;

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Site {
    /// The folder of HEAD and index.
    pub(super) git_dir: PathBuf,
    /// The folder of objects and references, which work trees share.
    pub(super) common_dir: PathBuf,
}

/// Fails for a name that git does not read as libgit2 does.
fn refuse_blanks(path: &Path, text: &[u8]) -> Result<(), RepoError> {
    if has_blanks_at_its_ends(text) {
        return waits(path, "names a folder with blanks at its ends, which git takes for another one");
    }
    Ok(())
}

impl Site {
    /// The repository around a folder, found as libgit2 finds it; `None` where there is none. What says where it is, and
    /// cannot be followed, is an error: libgit2 might follow it.
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

    /// The repository of a folder, wherever its objects are.
    pub(super) fn of(git_dir: PathBuf) -> Result<Self, RepoError> {
        refuse(&git_dir.join("HEAD"), LARGEST_NAME)?;
        let common = name_in(&git_dir.join("commondir"))?;
        refuse_blanks(&git_dir.join("commondir"), common.as_deref().unwrap_or_default())?;
        let common_dir = common.map_or_else(|| git_dir.clone(), |text| git_dir.join(in_common_dir(&text)));
        Ok(Self { git_dir, common_dir })
    }

    /// True where libgit2 takes it for a repository, and looks no further up.
    fn is_one(&self) -> bool {
        let has = |name: &str| self.common_dir.join(name).is_dir();
        self.git_dir.join("HEAD").is_file() && has("objects") && has("refs")
    }

    /// Fails with the first thing that libgit2 would wait for, or choke on.
    pub(super) fn refuse_waiting(&self) -> Result<(), RepoError> {
        for path in super::waiting::found() {
            refuse(&path, u64::MAX)?;
        }
        // All the rest would be looked at in one folder, and opened in another.
        let now = Self::of(self.git_dir.clone())?.common_dir;
        if now.canonicalize().ok() != self.common_dir.canonicalize().ok() {
            return waits(&self.git_dir.join("commondir"), "leads to another folder than before");
        }
        let mut look = PlaceScan { left: MOST, seen: HashSet::new() };
        for dir in [&self.git_dir, &self.common_dir] {
            look.top(dir)?;
        }
        for name in ["refs", "logs", "info", "worktrees"] {
            look.folder(&self.common_dir.join(name), DEEPEST)?;
        }
        if self.git_dir != self.common_dir {
            look.folder(&self.git_dir.join("logs"), DEEPEST)?;
            look.folder(&self.git_dir.join("refs"), DEEPEST)?;
        }
        for name in ["rebase-merge/head-name", "rebase-apply/head-name"] {
            refuse(&self.git_dir.join(name), LARGEST_NAME)?;
        }
        let mut stores = Vec::new();
        self.stores(&mut stores)?;
        for objects in stores {
            look.folder(&objects.join("info"), DEEPEST)?;
            look.folder(&objects.join("pack"), DEEPEST)?;
        }
        self.configured(&mut Vec::new())
    }

    /// The folders of objects: its own, and those that it borrows from. Those that were found stand in `stores` also
    /// where the rest cannot be told.
    fn stores(&self, stores: &mut Vec<PathBuf>) -> Result<(), RepoError> {
        stores.push(self.common_dir.join("objects"));
        let mut at = 0;
        while let Some(store) = stores.get(at).cloned() {
            let named = store.join("info/alternates");
            let text = text_in(&named, LARGEST_TEXT)?.unwrap_or_default();
            for path in lenders(&text) {
                // libgit2 takes a path without a dot for one below the folder that this program was started in.
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

    /// Looks at the files that are read as configuration, the person's own and the repository's, and at those that they
    /// name. Those that were found stand in `files` also where the rest cannot be told.
    fn configured(&self, files: &mut Vec<PathBuf>) -> Result<(), RepoError> {
        files.extend([self.common_dir.join("config"), self.git_dir.join("config.worktree")]);
        configured(files)
    }

    /// Every pipe below the repository's folders and its stores of objects: for when something waits.
    pub(super) fn pipes(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.common_dir.clone(), self.git_dir.clone()];
        let (mut stores, mut found) = (Vec::new(), Vec::new());
        // What cannot be told stops nobody here: this is a rescue.
        let _ = self.stores(&mut stores);
        let _ = self.configured(&mut found);
        folders.extend(stores);
        found.retain(|path| kind_of(path).is_some_and(|kind| kind.is_fifo()));
        let mut seen = HashSet::new();
        let mut left = MOST;
        while let Some(folder) = folders.pop() {
            let Ok(meta) = std::fs::metadata(&folder) else { continue };
            if !seen.insert((meta.dev(), meta.ino())) {
                continue;
            }
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                left = left.saturating_sub(1);
                if left == 0 {
                    return found;
                }
                let kind = match entry.file_type() {
                    Ok(kind) if kind.is_symlink() => kind_of(&entry.path()),
                    kind => kind.ok(),
                };
                match kind {
                    Some(kind) if kind.is_dir() => folders.push(entry.path()),
                    Some(kind) if kind.is_fifo() => found.push(entry.path()),
                    _ => {}
                }
            }
        }
        found
    }
}

/// What a name leads to.
fn kind_of(path: &Path) -> Option<FileType> {
    std::fs::metadata(path).ok().map(|meta| meta.file_type())
}

/// A small file that names a place, whole; `None` where it is not there.
fn name_in(path: &Path) -> Result<Option<Vec<u8>>, RepoError> {
    text_in(path, LARGEST_NAME)
}

/// A file that names others, whole; `None` where it is not there. What is not read to its end here is an error: libgit2
/// might read further.
fn text_in(path: &Path, most: u64) -> Result<Option<Vec<u8>>, RepoError> {
    refuse(path, most)?;
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_file() => {}
        _ => return Ok(None),
    }
    match read_plain(path, most) {
        // C ends a text there, and what stands behind it is for nobody to see.
        Ok(text) if text.contains(&0) => waits(path, "holds a zero byte, which no path and no setting has"),
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RepoError::io(path)(error)),
    }
}

/// The configuration of the system and of the person, which is read with that of every repository.
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
        let folder = file.parent().unwrap_or(Path::new("/"));
        for (key, value) in variables(&text) {
            let value = Path::new(OsStr::from_bytes(&value));
            let path = match value.strip_prefix("~/") {
                Ok(below) => home.join(below),
                Err(_) => folder.join(value),
            };
            if key == b"include.path" || key.starts_with(b"includeif.") && key.ends_with(b".path") {
                if !files.contains(&path) {
                    files.push(path);
                }
            } else if key == b"core.attributesfile" || key == b"core.excludesfile" {
                // A relative one is looked for where this program was started.
                others.extend([path, value.to_owned()]);
            }
        }
        at += 1;
    }
    files.extend_from_slice(&others);
    others.iter().try_for_each(|path| refuse(path, LARGEST_TEXT))
}

fn waits<T>(path: &Path, what: &'static str) -> Result<T, RepoError> {
    Err(RepoError::Waits { path: path.to_owned(), what })
}

/// Fails where a file would be waited for, or is far larger than any of its kind.
fn refuse(path: &Path, most: u64) -> Result<(), RepoError> {
    match std::fs::metadata(path) {
        // People write it where they want nothing to be read.
        Ok(meta) if is_waited_for(meta.file_type()) && !is_null(&meta) => waits(path, what_it_is(meta.file_type())),
        Ok(meta) if meta.is_file() && meta.len() > most => waits(path, "is far larger than such a file is"),
        Ok(meta) if meta.is_file() && is_of_the_system(&meta) => waits(path, "leads to a file of the system's own"),
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            waits(path, "is a link that leads to itself")
        }
        _ => Ok(()),
    }
}

/// `/dev/null`, by what it is and not by its name: it is at its end at once.
fn is_null(meta: &Metadata) -> bool {
    static NULL: OnceLock<Option<u64>> = OnceLock::new();
    let null = NULL.get_or_init(|| {
        let meta = Path::new("/dev/null").metadata().ok()?;
        meta.file_type().is_char_device().then(|| meta.rdev())
    });
    meta.file_type().is_char_device() && Some(meta.rdev()) == *null
}

/// Some of those (`/proc/kmsg`) are files by their kind and are waited for like a pipe.
fn is_of_the_system(meta: &Metadata) -> bool {
    static DEVICES: OnceLock<Vec<u64>> = OnceLock::new();
    let devices = DEVICES.get_or_init(|| {
        let folders = ["/proc", "/sys", "/sys/kernel/debug", "/sys/kernel/tracing"].map(Path::new);
        let apart = folders.into_iter().filter_map(|folder| folder.metadata().ok()).map(|meta| meta.dev());
        let root = Path::new("/").metadata().map_or(0, |meta| meta.dev());
        apart.filter(|device| *device != root).collect()
    });
    devices.contains(&meta.dev())
}

/// A socket is not waited for: it cannot be opened at all.
fn is_waited_for(kind: FileType) -> bool {
    kind.is_fifo() || kind.is_char_device() || kind.is_block_device()
}

fn what_it_is(kind: FileType) -> &'static str {
    if kind.is_fifo() { "is a pipe" } else { "is a device" }
}

/// A folder as it was when nothing in it was amiss.
struct CheckedDir {
    changed: (i64, i64),
    folders: Vec<OsString>,
}

static CLEAN: Mutex<Option<HashMap<PathBuf, CheckedDir>>> = Mutex::new(None);

/// One look at a repository.
struct PlaceScan {
    left: usize,
    /// Folders that were looked into, by what they are: links may lead in a circle.
    seen: HashSet<(u64, u64)>,
}

impl PlaceScan {
    /// The files of `.git` itself that git opens by their names.
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

    /// A folder and all below it, as far as it changed: `deepest` folders inside one another.
    fn folder(&mut self, folder: &Path, deepest: usize) -> Result<(), RepoError> {
        let mut folders = vec![(folder.to_owned(), deepest)];
        while let Some((folder, deeper)) = folders.pop() {
            let meta = match std::fs::metadata(&folder) {
                Ok(meta) if meta.is_dir() => meta,
                Ok(meta) if is_waited_for(meta.file_type()) => return refuse(&folder, u64::MAX),
                _ => continue,
            };
            if !self.seen.insert((meta.dev(), meta.ino())) {
                continue;
            }
            let Some(deeper) = deeper.checked_sub(1) else {
                return Err(RepoError::Waits { path: folder, what: "lies in more than 64 folders inside one another" });
            };
            let changed = (meta.ctime(), meta.ctime_nsec());
            let below = match clean(&folder, changed) {
                Some(below) => below,
                None => self.read(&folder, changed)?,
            };
            folders.extend(below.into_iter().map(|name| (folder.join(name), deeper)));
        }
        Ok(())
    }

    fn read(&mut self, folder: &Path, changed: (i64, i64)) -> Result<Vec<OsString>, RepoError> {
        let is_reference = folder.components().any(|part| part.as_os_str() == "refs");
        let mut below = Vec::new();
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            self.count(folder)?;
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() || (kind.is_symlink() && kind_of(&entry.path()).is_some_and(|kind| kind.is_dir())) {
                below.push(entry.file_name());
            } else if is_reference || !kind.is_file() {
                refuse(&entry.path(), if is_reference { LARGEST_REFERENCE } else { u64::MAX })?;
            }
        }
        // A folder that changed within the last seconds may change again without another time.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        if (changed.0 + 2) < now {
            let seen = CheckedDir { changed, folders: below.clone() };
            let mut known = CLEAN.lock().unwrap_or_else(PoisonError::into_inner);
            known.get_or_insert_default().insert(folder.to_owned(), seen);
        }
        Ok(below)
    }

    fn count(&mut self, folder: &Path) -> Result<(), RepoError> {
        self.left = self.left.checked_sub(1).ok_or_else(|| RepoError::Waits {
            path: folder.to_owned(),
            what: "is one of folders that hold more than half a million files: pack the references (git pack-refs --all)",
        })?;
        Ok(())
    }
}

fn clean(folder: &Path, changed: (i64, i64)) -> Option<Vec<OsString>> {
    let known = CLEAN.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = known.as_ref()?.get(folder).filter(|seen| seen.changed == changed)?;
    Some(seen.folders.clone())
}

/// Fails where the files that say what is ignored, or how files are converted, would be waited for: libgit2 reads them
/// in every folder of a work tree.
pub(super) fn refuse_in_work_tree(work_tree: &Path, folders: &HashSet<PathBuf>) -> Result<(), RepoError> {
    for folder in folders {
        for name in [".gitignore", ".gitattributes"] {
            refuse(&work_tree.join(folder).join(name), LARGEST_TEXT)?;
        }
    }
    Ok(())
}
