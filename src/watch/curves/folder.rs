//! One folder as it was last listed: its files of curves, and what else was seen in it.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::disk::{leads_astray, next_written, open_plain};
use crate::format::{
    CurveVerdict, CurvesFormat, HEAD, Promise, hole, is_json_of_curves, is_never_a_run, is_run_folder, judge,
    may_hold_curves, promise, store,
};

/// Files of a folder that are waiting for curves are looked at again up to this many at a time.
const MOST_WAITING: usize = 64;
/// So many files of other names are looked into where a person opened the folder.
const MOST_OTHERS: usize = 64;
/// Of a log without a value in its first bytes so many of the last ones are looked at.
const TAIL: u64 = 32 * 1024;

/// How much was seen and is not read: the smaller, the more it matters to a person. Then where it is, and why; `{}`
/// stands for its path below the run directory.
pub(super) type Passed = (u8, PathBuf, String);

/// What looking into files costs, over all folders of one look.
#[derive(Default)]
pub(super) struct Looked {
    /// So many files may still be looked into.
    pub(super) left: usize,
}

#[derive(Clone, Debug)]
pub(super) struct FollowedDir {
    pub(super) modified: SystemTime,
    /// False when it was listed so soon after it changed that the next change may have the same time.
    pub(super) is_settled: bool,
    pub(super) folders: Vec<PathBuf>,
    /// Its files of curves.
    pub(super) files: BTreeMap<PathBuf, CurvesFormat>,
    /// Files that may get curves, and how long they were when that was last looked at.
    pub(super) waiting: HashMap<PathBuf, (Promise, u64)>,
    /// Files that have none, and how long they were then.
    others: HashMap<PathBuf, (u64, CurveVerdict)>,
    pub(super) passed_over: Vec<Passed>,
}

/// Where a folder stands, which says what becomes of links in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DirLevel {
    /// A person opened it, and it is nothing but runs.
    Opened,
    /// A loop's own.
    Loop,
    Below,
}

impl FollowedDir {
    /// Lists a folder; `None` if it cannot be read. What was known of its files before is known still. Links below
    /// it are not followed: they lead to what is found anyway, or out of the run directory, and then that is said. At
    /// the top a folder of runs may be a link to where there is more room, and a folder of nothing but links was put
    /// together to be opened.
    pub(super) fn list(
        path: &Path,
        modified: SystemTime,
        before: Option<&Self>,
        level: DirLevel,
        looked: &mut Looked,
    ) -> Option<Self> {
        let is_settled = modified.elapsed().is_ok_and(|age| age > Duration::from_secs(1));
        let mut folder = Self {
            modified,
            is_settled,
            folders: Vec::new(),
            files: BTreeMap::new(),
            waiting: HashMap::new(),
            others: HashMap::new(),
            passed_over: Vec::new(),
        };
        let (mut links, mut others) = (Vec::new(), 0);
        for entry in std::fs::read_dir(path).ok()?.flatten().take(100_000) {
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(what) = store(&name) {
                folder.passed_over.push((0, entry.path(), what.to_owned()));
            } else if kind.is_symlink() {
                links.push((entry.path(), name));
            } else if kind.is_dir() && !name.starts_with('.') && !is_never_a_run(&name) {
                folder.folders.push(entry.path());
            } else if kind.is_file()
                && let Some(promise) = promise(&name)
            {
                folder.file(entry.path(), promise, before, looked);
            } else if level == DirLevel::Opened && kind.is_file() && name.ends_with(".json") && others < MOST_OTHERS {
                others += 1;
                folder.other_json(entry.path());
            } else if !kind.is_dir() && !kind.is_file() && may_hold_curves(&name) {
                folder.passed_over.push((3, entry.path(), "a pipe or a device, and no file".to_owned()));
            }
        }
        let has_others = !folder.folders.is_empty() || !folder.files.is_empty() || !folder.waiting.is_empty();
        for (path, name) in links {
            folder.link(path, &name, level, !has_others, looked);
        }
        folder.folders.sort();
        Some(folder)
    }

    /// True if another listing found the same.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        self.folders == other.folders && self.files == other.files && self.passed_over == other.passed_over
    }

    /// JSON is read under the names that writers give to curves: most of it is something else.
    fn other_json(&mut self, path: PathBuf) {
        let head = open_plain(&path).and_then(|mut file| head_of(&mut file)).unwrap_or_default();
        if is_json_of_curves(&head) {
            let why = "JSON with steps, under a name that curves seldom have; read it with countersign series {}";
            self.passed_over.push((3, path, why.to_owned()));
        }
    }

    fn link(&mut self, path: PathBuf, name: &str, level: DirLevel, is_among_links: bool, looked: &mut Looked) {
        let promise = promise(name).filter(|promise| *promise != Promise::Results);
        if name.starts_with('.') || is_never_a_run(name) {
            return;
        }
        let Ok(target) = path.canonicalize() else {
            return self.passed_over.push((2, path, "a link that leads nowhere".to_owned()));
        };
        let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
        let is_within = folder.as_ref().is_some_and(|folder| target.starts_with(folder));
        let astray = folder.and_then(|folder| leads_astray(&target, &folder));
        // W&B's `latest-run`, Ray's and others' `latest`: what they lead to is found by itself.
        if is_within {
            return;
        }
        let is_followed = level == DirLevel::Opened && is_among_links && astray.is_none();
        if target.is_dir() {
            if let Some(why) = astray.filter(|_| level != DirLevel::Below) {
                self.passed_over.push((1, path, why.to_owned()));
            } else if is_followed || level != DirLevel::Below && is_run_folder(name) {
                self.folders.push(path);
            } else {
                let why = "a link: links are not followed; open it with countersign {}";
                self.passed_over.push((1, path, why.to_owned()));
            }
        } else if let Some(promise) = promise.filter(|_| target.is_file()) {
            if is_followed {
                return self.file(path, promise, None, looked);
            }
            let why = "a link to a file: links are not followed; read it with countersign series {}";
            self.passed_over.push((1, path, why.to_owned()));
        }
    }

    fn file(&mut self, path: PathBuf, promise: Promise, before: Option<&Self>, looked: &mut Looked) {
        if let Promise::Certain(format) = promise {
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
            Some((known, judged)) if *known == length || *known > HEAD as u64 => {
                let judged = *judged;
                self.judged(path, promise, length, judged);
            }
            _ => self.look_into(path, promise, length, looked),
        }
    }

    fn look_into(&mut self, path: PathBuf, promise: Promise, length: u64, looked: &mut Looked) {
        if looked.left == 0 {
            return;
        }
        looked.left -= 1;
        let judged = look_into(&path, promise);
        self.judged(path, promise, length, judged);
    }

    fn judged(&mut self, path: PathBuf, promise: Promise, length: u64, judged: CurveVerdict) {
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
            CurveVerdict::Else => {
                self.others.insert(path, (length, judged));
            }
        }
    }

    /// Looks at files that had no curves yet and grew; true when one has some now.
    pub(super) fn look_again(&mut self, looked: &mut Looked) -> bool {
        let grown: Vec<(PathBuf, Promise, u64)> = self
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
            self.look_into(path, promise, length, looked);
        }
        self.files.len() != count
    }
}

/// Whether a file has curves. Only its first bytes are read and, of a log, its last ones.
pub(super) fn look_into(path: &Path, promise: Promise) -> CurveVerdict {
    let read = || -> std::io::Result<CurveVerdict> {
        let mut file = open_plain(path)?;
        let head = head_of(&mut file)?;
        let judged = judge(promise, &head, &[]);
        if judged != CurveVerdict::NotYet || head.len() < HEAD {
            return Ok(judged);
        }
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        file.take(TAIL).read_to_end(&mut tail)?;
        Ok(judge(promise, &head, &tail))
    };
    read().unwrap_or(CurveVerdict::Not("could not be opened"))
}

/// A longer hole at the beginning of a file is not looked over.
const LONGEST_HOLE: usize = 64 << 20;

/// The first bytes of a file that somebody wrote.
pub(super) fn head_of(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    let mut over = 0;
    loop {
        // What nobody wrote need not be read to know that it is NULs.
        let at = file.stream_position()?;
        let Some(next) = next_written(file, at) else { return Ok(head) };
        let skipped = if head.is_empty() { next.saturating_sub(at + HEAD as u64) } else { 0 };
        file.seek(SeekFrom::Start(at + skipped))?;
        let read = file.by_ref().take((HEAD - head.len()) as u64).read_to_end(&mut head)?;
        // Within a hole all NULs are of it.
        let nuls = if over > 0 { head.iter().take_while(|byte| **byte == 0).count() } else { hole(&head) };
        head.drain(..nuls);
        over += nuls;
        if read == 0 || nuls == 0 || over > LONGEST_HOLE {
            return Ok(head);
        }
    }
}
