//! The places of a repository that libgit2 opens, looked at before it does: it waits for a pipe for ever, and reads a
//! file of any size into memory.
//!
//! Folders are looked into again when they changed. What is put there in the moment between the look and the opening
//! is found by [`super::waiting`].

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::FileType;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use rustix::io::Errno;

use super::RepoError;
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
/// A lender lends from others; libgit2 follows no further.
const MOST_LENDERS: usize = 5;

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Site {
    /// The folder of HEAD and index.
    pub(super) git_dir: PathBuf,
    /// The folder of objects and references, which work trees share.
    pub(super) common_dir: PathBuf,
}

impl Site {
    /// The repository around a folder, by the rules of git; `None` where there is none, or what says where it is cannot
    /// be read.
    pub(super) fn around(dir: &Path) -> Option<Self> {
        let dir = dir.canonicalize().ok()?;
        dir.ancestors().find_map(|at| {
            let named = at.join(".git");
            let git_dir = match std::fs::metadata(&named) {
                Ok(meta) if meta.is_dir() => named,
                Ok(meta) if meta.is_file() => at.join(first_line(&named, "gitdir:")?),
                _ if at.join("HEAD").exists() && at.join("objects").is_dir() => at.to_owned(),
                _ => return None,
            };
            Some(Self::of(git_dir))
        })
    }

    fn of(git_dir: PathBuf) -> Self {
        let common = first_line(&git_dir.join("commondir"), "");
        Self { common_dir: common.map_or_else(|| git_dir.clone(), |common| git_dir.join(common)), git_dir }
    }

    /// Fails with the first thing that libgit2 would wait for, or choke on.
    pub(super) fn refuse_waiting(&self) -> Result<(), RepoError> {
        for path in super::waiting::found() {
            refuse(&path, u64::MAX)?;
        }
        let mut look = Look { left: MOST, seen: HashSet::new() };
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
        for objects in self.stores() {
            refuse(&objects.join("info/alternates"), LARGEST_TEXT)?;
            look.folder(&objects.join("info"), DEEPEST)?;
            look.folder(&objects.join("pack"), DEEPEST)?;
        }
        for path in self.configured() {
            refuse(&path, LARGEST_TEXT)?;
        }
        Ok(())
    }

    /// The folders of objects: its own, and those that it borrows from.
    pub(super) fn stores(&self) -> Vec<PathBuf> {
        let mut stores = vec![self.common_dir.join("objects")];
        let mut at = 0;
        while at < stores.len() && stores.len() <= MOST_LENDERS {
            let text = read_plain(&stores[at].join("info/alternates"), LARGEST_TEXT).unwrap_or_default();
            for line in String::from_utf8_lossy(&text).lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
            {
                let lender = stores[at].join(line);
                if !stores.contains(&lender) && stores.len() <= MOST_LENDERS {
                    stores.push(lender);
                }
            }
            at += 1;
        }
        stores
    }

    /// Files that the repository's configuration names, and that are read with it or because of it.
    fn configured(&self) -> Vec<PathBuf> {
        let mut files = vec![self.common_dir.join("config"), self.git_dir.join("config.worktree")];
        let mut at = 0;
        while at < files.len() && files.len() < 64 {
            let text = read_plain(&files[at], LARGEST_TEXT).unwrap_or_default();
            let folder = files[at].parent().unwrap_or(Path::new("/")).to_owned();
            for named in named_in(&String::from_utf8_lossy(&text)) {
                let path = match named.strip_prefix("~/") {
                    Some(below) => etcetera::home_dir().unwrap_or_default().join(below),
                    None => folder.join(named),
                };
                if !files.contains(&path) {
                    files.push(path);
                }
            }
            at += 1;
        }
        files
    }

    /// Every pipe below the repository's folders and its stores of objects: for when something waits.
    pub(super) fn pipes(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.common_dir.clone(), self.git_dir.clone()];
        folders.extend(self.stores());
        let mut found: Vec<PathBuf> =
            self.configured().into_iter().filter(|path| kind_of(path).is_some_and(|kind| kind.is_fifo())).collect();
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

/// The first line of a file behind `prefix`; `None` where it does not begin so, or the file cannot be read.
fn first_line(path: &Path, prefix: &str) -> Option<String> {
    let bytes = read_plain(path, LARGEST_NAME).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    Some(text.lines().next()?.strip_prefix(prefix)?.trim().to_owned())
}

/// The paths that a configuration includes, and those of attributes and ignored files. Read generously: a path too many
/// is looked at, and nothing more.
fn named_in(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", "");
    let mut section = String::new();
    let mut found = Vec::new();
    for line in joined.lines() {
        let mut line = line.trim();
        if let Some(rest) = line.strip_prefix('[') {
            let (name, after) = rest.split_once(']').unwrap_or((rest, ""));
            section = name.trim().to_ascii_lowercase();
            line = after.trim();
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim().to_ascii_lowercase();
        let is_file = match key.as_str() {
            "path" => section.starts_with("include"),
            "attributesfile" | "excludesfile" => section == "core",
            _ => false,
        };
        if is_file {
            let value = value.trim().trim_matches('"');
            found.push(value.split(['#', ';']).next().unwrap_or(value).trim().trim_matches('"').to_owned());
            found.push(value.to_owned());
        }
    }
    found
}

/// Fails where a file would be waited for, or is far larger than any of its kind.
fn refuse(path: &Path, most: u64) -> Result<(), RepoError> {
    let waits = |what| Err(RepoError::Waits { path: path.to_owned(), what });
    match std::fs::metadata(path) {
        Ok(meta) if is_waited_for(meta.file_type()) => waits(what_it_is(meta.file_type())),
        Ok(meta) if meta.is_file() && meta.len() > most => waits("is far larger than such a file is"),
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            waits("is a link that leads to itself")
        }
        _ => Ok(()),
    }
}

/// A socket is not waited for: it cannot be opened at all.
fn is_waited_for(kind: FileType) -> bool {
    kind.is_fifo() || kind.is_char_device() || kind.is_block_device()
}

fn what_it_is(kind: FileType) -> &'static str {
    if kind.is_fifo() { "is a pipe" } else { "is a device" }
}

/// A folder as it was when nothing in it was amiss.
struct Seen {
    changed: (i64, i64),
    folders: Vec<OsString>,
}

static CLEAN: Mutex<Option<HashMap<PathBuf, Seen>>> = Mutex::new(None);

/// One look at a repository.
struct Look {
    left: usize,
    /// Folders that were looked into, by what they are: links may lead in a circle.
    seen: HashSet<(u64, u64)>,
}

impl Look {
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
            let seen = Seen { changed, folders: below.clone() };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_names_files() {
        let text = "[core]\n\texcludesFile = /a # why\n[Include]\n path = \"b c\"\n[includeIf \"gitdir:/x\"] path=~/d\n[alias]\npath = /no\n[include]\npa\\\nth = e\n";
        let found = named_in(text);
        for wanted in ["/a", "b c", "~/d", "e"] {
            assert!(found.iter().any(|path| path == wanted), "{wanted}: {found:?}");
        }
        assert!(!found.iter().any(|path| path == "/no"), "{found:?}");
    }
}
