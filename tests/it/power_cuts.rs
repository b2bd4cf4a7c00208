//! The power goes out in the middle of a decision. The real binary's writes, renames and syncs are taken from `strace`,
//! libgit2's included, and every prefix of them is put on a disk again: with what was never synced, and without it.
//!
//! What is assumed of a disk is less than any file system gives: the content of a file is what it was at its last sync,
//! a name in a folder what it was at the folder's last sync, each lost or kept without the other.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::tty::Tty;
use crate::support::{self, Loop};
use countersign::ledger::{Body, read_chain};
use countersign::model::ExperimentId;

const CALLS: &str = "trace=openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,\
    read,lseek,write,pwrite64,writev,pwritev,ftruncate,truncate,fsync,fdatasync,sync_file_range,copy_file_range,close";

/// A file or a folder: what is in it now, and what was in it when it was synced.
#[derive(Clone, Default)]
struct Inode {
    is_folder: bool,
    now: Vec<u8>,
    synced: Vec<u8>,
}

/// A disk under the loop's folder.
#[derive(Clone, Default)]
struct Disk {
    inodes: Vec<Inode>,
    now: BTreeMap<PathBuf, usize>,
    synced: BTreeMap<PathBuf, usize>,
    /// What each descriptor is open on, where it stands, and whether it appends.
    open: HashMap<i64, (usize, usize, bool)>,
}

impl Disk {
    fn of(base: &Path) -> Self {
        let mut disk = Self::default();
        disk.make(base, true);
        let mut folders = vec![base.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let is_folder = path.is_dir();
                let bytes = if is_folder { Vec::new() } else { std::fs::read(&path).unwrap() };
                disk.now.insert(path.clone(), disk.inodes.len());
                disk.inodes.push(Inode { is_folder, synced: bytes.clone(), now: bytes });
                if is_folder {
                    folders.push(path);
                }
            }
        }
        disk.synced = disk.now.clone();
        disk
    }

    fn make(&mut self, path: &Path, is_folder: bool) -> usize {
        self.inodes.push(Inode { is_folder, ..Inode::default() });
        self.now.insert(path.to_owned(), self.inodes.len() - 1);
        self.inodes.len() - 1
    }

    fn sync(&mut self, path: &Path, inode: usize) {
        if self.inodes[inode].is_folder {
            let is_in = |other: &PathBuf| other.parent() == Some(path);
            self.synced.retain(|name, _| !is_in(name));
            self.synced.extend(self.now.iter().filter(|(name, _)| is_in(name)).map(|(name, at)| (name.clone(), *at)));
        } else {
            self.inodes[inode].synced = self.inodes[inode].now.clone();
        }
    }

    fn write(&mut self, fd: i64, at: Option<usize>, bytes: &[u8]) {
        let Some((inode, offset, appends)) = self.open.get(&fd).copied() else { return };
        let content = &mut self.inodes[inode].now;
        let from = if appends { content.len() } else { at.unwrap_or(offset) };
        let to = from + bytes.len();
        content.resize(content.len().max(to), 0);
        content[from..to].copy_from_slice(bytes);
        if at.is_none() {
            self.open.insert(fd, (inode, to, appends));
        }
    }

    /// What is there after the power came back.
    fn after(&self, keeps_names: bool, keeps_data: bool) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let names = if keeps_names { &self.now } else { &self.synced };
        let mut left: BTreeMap<PathBuf, Option<Vec<u8>>> = BTreeMap::new();
        for (path, inode) in names {
            // The name of a folder is lost with all that is in it.
            let has_folder = path.parent().is_none_or(|above| {
                left.contains_key(above) || !names.keys().any(|other| other == above) && !self.now.contains_key(above)
            });
            if has_folder {
                let inode = &self.inodes[*inode];
                let bytes = if keeps_data { &inode.now } else { &inode.synced };
                left.insert(path.clone(), (!inode.is_folder).then(|| bytes.clone()));
            }
        }
        left
    }
}

/// Words of strace in quotes or angle brackets, all in hexadecimal.
fn strings(text: &str, open: char, close: char) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(open) {
        let (word, after) = after.split_once(close).unwrap_or((after, ""));
        let bytes = word.split("\\x").skip(1).map(|hex| u8::from_str_radix(&hex[..2], 16).unwrap());
        found.push(bytes.collect());
        rest = after;
    }
    found
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// Calls in the order in which they ended: what was interrupted by another thread's is put together again.
fn calls(trace: &str) -> Vec<String> {
    let mut begun: HashMap<&str, &str> = HashMap::new();
    let mut whole = Vec::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if let Some(first) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, first);
        } else if let Some((_, rest)) = call.split_once(" resumed>").filter(|_| call.starts_with("<...")) {
            whole.push(format!("{}{rest}", begun.remove(thread).unwrap_or_default()));
        } else {
            whole.push(call.to_owned());
        }
    }
    whole
}

/// Takes a call over; true when it may have changed what would be left.
fn take(disk: &mut Disk, base: &Path, call: &str) -> bool {
    let Some((name, rest)) = call.split_once('(') else { return false };
    let Some((arguments, result)) = rest.rsplit_once(") = ") else { return false };
    let number = |text: &str| {
        let digits: String = text.trim().chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
        digits.parse::<i64>().ok()
    };
    let Some(result_number) = number(result).filter(|result| *result >= 0) else { return false };
    let fd = number(arguments);
    let places = strings(arguments, '<', '>');
    let words = strings(arguments, '"', '"');
    // A path is whole, or stands below the folder of the descriptor before it.
    let path = |at: usize| -> PathBuf {
        let named = path_of(words.get(at).map_or(b"", Vec::as_slice));
        let folder = places.get(at.min(places.len().saturating_sub(1))).map(|bytes| path_of(bytes)).unwrap_or_default();
        folder.join(named)
    };
    let last_number = |nth: usize| arguments.rsplit(", ").nth(nth).and_then(number).unwrap_or(0) as usize;
    match name {
        "open" | "openat" | "creat" => {
            let path = path_of(strings(result, '<', '>').first().map_or(b"", Vec::as_slice));
            disk.open.remove(&result_number);
            if !path.starts_with(base) {
                return false;
            }
            let known = disk.now.get(&path).copied();
            let inode = match known {
                Some(inode) => inode,
                None if arguments.contains("O_CREAT") || name == "creat" => disk.make(&path, false),
                None => return false,
            };
            if arguments.contains("O_TRUNC") {
                disk.inodes[inode].now.clear();
            }
            disk.open.insert(result_number, (inode, 0, arguments.contains("O_APPEND")));
            known.is_none() || arguments.contains("O_TRUNC")
        }
        "close" => {
            disk.open.remove(&fd.unwrap_or(-1));
            false
        }
        "read" | "lseek" => {
            if let Some((_, offset, _)) = disk.open.get_mut(&fd.unwrap_or(-1)) {
                *offset = if name == "read" { *offset + result_number as usize } else { result_number as usize };
            }
            false
        }
        "write" | "pwrite64" | "writev" | "pwritev" => {
            let fd = fd.unwrap_or(-1);
            let bytes = words.concat();
            let at = name.starts_with('p').then(|| last_number(0));
            disk.write(fd, at, &bytes[..(result_number as usize).min(bytes.len())]);
            disk.open.contains_key(&fd)
        }
        "ftruncate" => {
            let Some((inode, ..)) = disk.open.get(&fd.unwrap_or(-1)).copied() else { return false };
            disk.inodes[inode].now.resize(last_number(0), 0);
            true
        }
        "mkdir" | "mkdirat" if path(0).starts_with(base) => {
            disk.make(&path(0), true);
            true
        }
        "rename" | "renameat" | "renameat2" | "link" | "linkat" if path(1).starts_with(base) => {
            let Some(inode) = disk.now.get(&path(0)).copied() else { return false };
            assert!(!disk.inodes[inode].is_folder, "no folder of ours is renamed: {call}");
            disk.now.insert(path(1), inode);
            if name.starts_with("rename") {
                disk.now.remove(&path(0));
            }
            true
        }
        "unlink" | "unlinkat" | "rmdir" => disk.now.remove(&path(0)).is_some(),
        "fsync" | "fdatasync" => {
            let place = path_of(places.first().map_or(b"", Vec::as_slice));
            let Some((inode, ..)) = disk.open.get(&fd.unwrap_or(-1)).copied() else { return false };
            disk.sync(&place, inode);
            true
        }
        "copy_file_range" | "truncate" => panic!("this is not played back: {call}"),
        _ => false,
    }
}

/// What was there before the trace began, under the power cut as under no other.
fn put_back(base: &Path, files: &BTreeMap<PathBuf, Option<Vec<u8>>>) {
    for entry in std::fs::read_dir(base).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { std::fs::remove_dir_all(path).unwrap() } else { std::fs::remove_file(path).unwrap() }
    }
    for (path, bytes) in files {
        match bytes {
            None => std::fs::create_dir_all(path).unwrap(),
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
        }
    }
}

fn decided(a_loop: &Loop, id: &ExperimentId) -> Option<String> {
    let chain = read_chain(&a_loop.path(".git/countersign/ledger.jsonl")).unwrap();
    chain.entries.iter().find_map(|entry| match &entry.record.body {
        Body::Decision { experiment, commit: Some(commit), .. } if experiment == id => Some(commit.to_string()),
        _ => None,
    })
}

/// What must hold when the power is back: a decision that was told is there, any other is there whole or waits.
fn check(a_loop: &Loop, id: &ExperimentId, was_told: bool, context: &str) {
    let recovered = a_loop.decider().recover();
    assert!(recovered.is_ok(), "{context}: {recovered:?}");
    let (code, said) = a_loop.verify(&[]);
    assert_eq!(code, Some(0), "{context}: {said}");
    match decided(a_loop, id) {
        Some(commit) => {
            assert_eq!(a_loop.git(&["rev-parse", "countersign/approved"]), commit, "{context}");
            let whole = a_loop.try_git(&["rev-list", "--objects", "countersign/approved"]);
            assert!(whole.status.success(), "{context}: {}", String::from_utf8_lossy(&whole.stderr));
        }
        None => {
            assert!(!was_told, "{context}: it was told, and is gone");
            a_loop.approve(id).unwrap_or_else(|why| panic!("{context}: {why}"));
            assert_eq!(a_loop.verify(&[]).0, Some(0), "{context}");
        }
    }
}

/// Cuts the power at every moment of a decision. `is_fresh` says that the agent committed a moment ago, so that none of
/// its objects is on disk: then it counts what is there once the decision was told.
fn cut_everywhere(a_loop: &Loop, id: &ExperimentId, is_fresh: bool) {
    let base = a_loop.folder().to_owned();
    a_loop.environment();
    let before = Disk::of(&base);
    let outside = tempfile::tempdir().unwrap();
    let trace = outside.path().join("trace");
    let dir = a_loop.dir().to_string_lossy().into_owned();
    let (binary, to) = (support::binary(), trace.to_string_lossy().into_owned());
    let mut args = vec!["-f", "-y", "-xx", "-s", "4000000", "-o", &to, "-e", CALLS, &binary];
    args.extend(["decide", id.as_str(), "approve", "-C", &dir]);
    let mut tty = Tty::program(a_loop, 200, 30, &[], "strace", &args);
    tty.sees("type `approve`");
    tty.keys("approve\r");
    assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
    let calls = calls(&std::fs::read_to_string(&trace).unwrap());
    let mut disk = before;
    if is_fresh {
        let objects = a_loop.path(".git/objects");
        let is_lost = |path: &Path| {
            path.starts_with(&objects)
                && path.strip_prefix(&objects).unwrap().iter().next().is_some_and(|name| name.len() == 2)
        };
        disk.synced.retain(|path, _| !is_lost(path));
        disk.now.iter().filter(|(path, _)| is_lost(path)).for_each(|(_, inode)| disk.inodes[*inode].synced.clear());
    }
    let mut seen = HashSet::new();
    let (mut was_told, mut cuts) = (false, 0);
    for call in &calls {
        was_told |=
            call.starts_with("write(1<") && strings(call, '"', '"').concat().windows(11).any(|at| at == b"approved as");
        if !take(&mut disk, &base, call) && !was_told {
            continue;
        }
        if is_fresh && !was_told {
            continue;
        }
        for (keeps_names, keeps_data) in [(false, false), (true, false), (false, true), (true, true)] {
            let left = disk.after(keeps_names, keeps_data);
            let mut hasher = DefaultHasher::new();
            (was_told, &left).hash(&mut hasher);
            if seen.insert(hasher.finish()) {
                cuts += 1;
                put_back(&base, &left);
                let name = call.split('(').next().unwrap_or_default();
                let place = strings(call, '<', '>').first().map(|place| path_of(place)).unwrap_or_default();
                let context = format!(
                    "{name} {} (told: {was_told}, names kept: {keeps_names}, data kept: {keeps_data})",
                    place.display()
                );
                check(a_loop, id, was_told, &context);
            }
        }
    }
    assert!(was_told && (is_fresh || cuts > 20), "{cuts} cuts, {} calls", calls.len());
    assert_eq!(disk.after(true, true).len(), disk.now.len());
}

fn has_strace() -> bool {
    let has =
        Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output().is_ok_and(|out| out.status.success());
    if !has {
        eprintln!("skipped: no strace that may trace here (apt install strace)");
    }
    has
}

/// A loop with changes that wait; objects that an agent made are where git put them, on disk.
fn a_loop() -> Loop {
    let a_loop = Loop::new(&[("train.py", "A = 1\nB = 1\nC = 1\n"), ("sub/model.py", "D = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    for (value, text) in
        [(0.9, "A = 2\nB = 1\nC = 1\n"), (0.8, "A = 2\nB = 2\nC = 1\n"), (0.7, "A = 2\nB = 2\nC = 2\n")]
    {
        a_loop.write("train.py", text);
        a_loop.write("sub/model.py", format!("D = {value}\n"));
        let commit = a_loop.commit("change");
        a_loop.row(&commit[..7], value, "keep", "change");
    }
    a_loop
}

#[test]
fn the_first_decision_survives_a_power_cut_at_any_moment() {
    if has_strace() {
        let a_loop = a_loop();
        let id = a_loop.waiting()[0].clone();
        cut_everywhere(&a_loop, &id, false);
    }
}

#[test]
fn what_an_agent_wrote_a_moment_ago_is_on_disk_with_the_decision() {
    if has_strace() {
        let a_loop = a_loop();
        let id = a_loop.waiting()[0].clone();
        cut_everywhere(&a_loop, &id, true);
    }
}

#[test]
fn a_later_decision_survives_a_power_cut_at_any_moment() {
    if has_strace() {
        let a_loop = a_loop();
        let first = a_loop.waiting()[0].clone();
        a_loop.approve(&first).unwrap();
        // Beside the tip, so that its tree is made by nobody but us.
        a_loop.git(&["checkout", "-q", "HEAD~2"]);
        a_loop.write("notes.md", "beside\n");
        let commit = a_loop.commit("beside");
        a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
        a_loop.row(&commit[..7], 0.85, "keep", "beside");
        let later = ExperimentId::new(&a_loop.snapshot().experiments.last().unwrap().id.to_string());
        cut_everywhere(&a_loop, &later, false);
    }
}
