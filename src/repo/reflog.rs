//! Reads reflogs from their files: those of every work tree and every branch.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::model::CommitId;

/// Maximum number of entries read from the end of one reflog.
const MOST_ENTRIES: usize = 20_000;

/// One move of a reference.
pub(super) struct ReflogEntry {
    pub(super) old: CommitId,
    pub(super) new: CommitId,
    pub(super) message: String,
}

/// Maximum number of bytes read from the end of one reflog.
const MOST_BYTES: u64 = 16 << 20;

/// Returns the entries of one reflog, oldest first. A missing file has none; of an overlong one only the end is read.
pub(super) fn read(path: &Path) -> Vec<ReflogEntry> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = crate::disk::open_plain(path)?;
        let from = file.metadata()?.len().saturating_sub(MOST_BYTES);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let Ok(bytes) = read() else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(MOST_ENTRIES)..].iter().filter_map(|line| parse(line)).collect()
}

fn parse(line: &str) -> Option<ReflogEntry> {
    let (head, message) = line.split_once('\t').unwrap_or((line, ""));
    let mut words = head.split(' ');
    let old = words.next()?.parse().ok()?;
    let new = words.next()?.parse().ok()?;
    Some(ReflogEntry { old, new, message: message.to_owned() })
}

/// Returns all reflog files below a common directory: `HEAD` of every work tree, and every branch.
pub(super) fn files(common_dir: &Path) -> Vec<PathBuf> {
    let mut files = vec![common_dir.join("logs/HEAD")];
    if let Ok(entries) = std::fs::read_dir(common_dir.join("worktrees")) {
        files.extend(entries.flatten().map(|entry| entry.path().join("logs/HEAD")));
    }
    let mut directories = vec![common_dir.join("logs/refs/heads")];
    while let Some(directory) = directories.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => directories.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    files.retain(|file| file.is_file());
    files
}
