//! The listing of one directory: its curve files, and the other files that were found in it.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::disk::{DANGLING, next_written, open_plain, refused_link};
use crate::format::{
    CurveVerdict, CurvesFormat, HEAD_BYTES, NameHint, classify, foreign_store, is_excluded, is_json_of_curves,
    is_run_directory, leading_hole, may_hold_curves, name_hint,
};

/// Number of files without curves yet that are checked again at a time.
const MOST_WAITING: usize = 64;
/// Number of files with unknown names that are read in a directory that a person opened.
const MOST_OTHERS: usize = 64;
/// Number of final bytes of a log that are read if its first bytes contain no value.
const TAIL: u64 = 32 * 1024;

/// A file that was found and not read: its rank, where a smaller one matters more to a person; its path; and the
/// reason, in which `{}` stands for its path below the run directory.
pub(super) type Passed = (u8, PathBuf, String);

/// The remaining budget for reading files, across all directories of one search.
#[derive(Default)]
pub(super) struct ReadBudget {
    /// Number of files that may still be read.
    pub(super) left: usize,
}

#[derive(Clone, Debug)]
pub(super) struct FollowedDir {
    pub(super) modified: SystemTime,
    /// False if it was listed so soon after a change that the next change may have the same time.
    pub(super) is_settled: bool,
    pub(super) directories: Vec<PathBuf>,
    /// Its curve files.
    pub(super) files: BTreeMap<PathBuf, CurvesFormat>,
    /// Files that may get curves, and their length when that was last checked.
    pub(super) waiting: HashMap<PathBuf, (NameHint, u64)>,
    /// Files without curves, and their length when they were checked.
    others: HashMap<PathBuf, (u64, CurveVerdict)>,
    pub(super) passed_over: Vec<Passed>,
}

/// The position of a directory, which decides how links in it are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DirLevel {
    /// A person opened it, and it contains only runs.
    Opened,
    /// It is a loop's own.
    Loop,
    Below,
}

impl FollowedDir {
    /// Lists a directory; `None` if it cannot be read. Earlier knowledge of its files is kept. Links in it are not
    /// followed: they lead to files that are found anyway, or out of the run directory, which is then reported. At the
    /// top level the directory of runs may be a link to a larger disk, and a directory of links only was put together
    /// to be opened.
    pub(super) fn list(
        path: &Path,
        modified: SystemTime,
        before: Option<&Self>,
        level: DirLevel,
        budget: &mut ReadBudget,
    ) -> Option<Self> {
        let is_settled = modified.elapsed().is_ok_and(|age| age > Duration::from_secs(1));
        let mut directory = Self {
            modified,
            is_settled,
            directories: Vec::new(),
            files: BTreeMap::new(),
            waiting: HashMap::new(),
            others: HashMap::new(),
            passed_over: Vec::new(),
        };
        let (mut links, mut others) = (Vec::new(), 0);
        for entry in std::fs::read_dir(path).ok()?.flatten().take(100_000) {
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(what) = foreign_store(&name) {
                directory.passed_over.push((0, entry.path(), what.to_owned()));
            } else if kind.is_symlink() {
                links.push((entry.path(), name));
            } else if kind.is_dir() && !name.starts_with('.') && !is_excluded(&name) {
                directory.directories.push(entry.path());
            } else if kind.is_file()
                && let Some(promise) = name_hint(&name)
            {
                directory.file(entry.path(), promise, before, budget);
            } else if level == DirLevel::Opened && kind.is_file() && name.ends_with(".json") && others < MOST_OTHERS {
                others += 1;
                directory.other_json(entry.path());
            } else if !kind.is_dir() && !kind.is_file() && may_hold_curves(&name) {
                directory.passed_over.push((3, entry.path(), "a pipe or a device, not a file".to_owned()));
            }
        }
        let has_others =
            !directory.directories.is_empty() || !directory.files.is_empty() || !directory.waiting.is_empty();
        for (path, name) in links {
            directory.link(path, &name, level, !has_others, budget);
        }
        directory.directories.sort();
        Some(directory)
    }

    /// True if another listing has the same contents.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        self.directories == other.directories && self.files == other.files && self.passed_over == other.passed_over
    }

    /// Handles a JSON file: JSON is read under the names that writers give to curves, because most JSON is something
    /// else.
    fn other_json(&mut self, path: PathBuf) {
        let head = open_plain(&path).and_then(|mut file| head_of(&mut file)).unwrap_or_default();
        if is_json_of_curves(&head) {
            let why = "JSON with steps, under an unusual name for curves; read it with countersign series {}";
            self.passed_over.push((3, path, why.to_owned()));
        }
    }

    fn link(&mut self, path: PathBuf, name: &str, level: DirLevel, is_among_links: bool, budget: &mut ReadBudget) {
        let promise = name_hint(name).filter(|promise| *promise != NameHint::Results);
        if name.starts_with('.') || is_excluded(name) {
            return;
        }
        let Ok(target) = path.canonicalize() else {
            return self.passed_over.push((2, path, DANGLING.to_owned()));
        };
        let directory = path.parent().and_then(|directory| directory.canonicalize().ok());
        let is_within = directory.as_ref().is_some_and(|directory| target.starts_with(directory));
        let astray = directory.and_then(|directory| refused_link(&target, &directory));
        // W&B's `latest-run`, and `latest` of Ray and others: their targets are found anyway.
        if is_within {
            return;
        }
        let is_followed = level == DirLevel::Opened && is_among_links && astray.is_none();
        if target.is_dir() {
            if let Some(why) = astray.filter(|_| level != DirLevel::Below) {
                self.passed_over.push((1, path, why.to_owned()));
            } else if is_followed || level != DirLevel::Below && is_run_directory(name) {
                self.directories.push(path);
            } else {
                let why = "a symlink: symlinks are not followed; open it with countersign {}";
                self.passed_over.push((1, path, why.to_owned()));
            }
        } else if let Some(promise) = promise.filter(|_| target.is_file()) {
            if is_followed {
                return self.file(path, promise, None, budget);
            }
            let why = "a symlink to a file: symlinks are not followed; read it with countersign series {}";
            self.passed_over.push((1, path, why.to_owned()));
        }
    }

    fn file(&mut self, path: PathBuf, promise: NameHint, before: Option<&Self>, budget: &mut ReadBudget) {
        if let NameHint::Certain(format) = promise {
            self.files.insert(path, format);
            return;
        }
        if let Some(format) = before.and_then(|before| before.files.get(&path)) {
            self.files.insert(path, *format);
            return;
        }
        if let Some(waiting) = before.and_then(|before| before.waiting.get(&path)) {
            self.waiting.insert(path, *waiting);
            return;
        }
        let length = std::fs::metadata(&path).map_or(0, |meta| meta.len());
        match before.and_then(|before| before.others.get(&path)) {
            Some((known, judged)) if *known == length || *known > HEAD_BYTES as u64 => {
                let judged = *judged;
                self.judged(path, promise, length, judged);
            }
            _ => self.look_into(path, promise, length, budget),
        }
    }

    fn look_into(&mut self, path: PathBuf, promise: NameHint, length: u64, budget: &mut ReadBudget) {
        if budget.left == 0 {
            return;
        }
        budget.left -= 1;
        let judged = look_into(&path, promise);
        self.judged(path, promise, length, judged);
    }

    fn judged(&mut self, path: PathBuf, promise: NameHint, length: u64, judged: CurveVerdict) {
        match judged {
            CurveVerdict::Curves(format) => {
                self.files.insert(path, format);
            }
            CurveVerdict::NotYet => {
                self.waiting.insert(path, (promise, length));
            }
            CurveVerdict::Not(why) => {
                self.others.insert(path.clone(), (length, judged));
                self.passed_over.push((3, path, why.to_owned()));
            }
            CurveVerdict::Unrelated => {
                self.others.insert(path, (length, judged));
            }
        }
    }

    /// Checks files again that had no curves yet and grew; true if one has some now.
    pub(super) fn recheck(&mut self, budget: &mut ReadBudget) -> bool {
        let grown: Vec<(PathBuf, NameHint, u64)> = self
            .waiting
            .iter()
            .filter_map(|(path, (promise, known))| {
                let length = std::fs::metadata(path).ok()?.len();
                (length != *known).then(|| (path.clone(), *promise, length))
            })
            .take(MOST_WAITING)
            .collect();
        let count = self.files.len();
        for (path, promise, length) in grown {
            self.waiting.remove(&path);
            self.look_into(path, promise, length, budget);
        }
        self.files.len() != count
    }
}

/// Checks whether a file contains curves. Reads only its first bytes and, of a log, its last ones.
pub(super) fn look_into(path: &Path, promise: NameHint) -> CurveVerdict {
    let read = || -> std::io::Result<CurveVerdict> {
        let mut file = open_plain(path)?;
        let head = head_of(&mut file)?;
        let judged = classify(promise, &head, &[]);
        if judged != CurveVerdict::NotYet || head.len() < HEAD_BYTES {
            return Ok(judged);
        }
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        file.take(TAIL).read_to_end(&mut tail)?;
        Ok(classify(promise, &head, &tail))
    };
    read().unwrap_or(CurveVerdict::Not("cannot be opened"))
}

/// Longest hole at the beginning of a file that is skipped, in bytes.
const LONGEST_HOLE: usize = 64 << 20;

/// The first bytes of a file that were written, after any hole.
pub(super) fn head_of(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let mut over = 0;
    loop {
        // A hole reads as NULs and need not be read.
        let at = file.stream_position()?;
        let Some(next) = next_written(file, at) else { return Ok(head) };
        let skipped = if head.is_empty() { next.saturating_sub(at + HEAD_BYTES as u64) } else { 0 };
        file.seek(SeekFrom::Start(at + skipped))?;
        let read = file.by_ref().take((HEAD_BYTES - head.len()) as u64).read_to_end(&mut head)?;
        // Inside a hole all NULs belong to it.
        let nuls = if over > 0 { head.iter().take_while(|byte| **byte == 0).count() } else { leading_hole(&head) };
        head.drain(..nuls);
        over += nuls;
        if read == 0 || nuls == 0 || over > LONGEST_HOLE {
            return Ok(head);
        }
    }
}
