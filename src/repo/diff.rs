//! Compares trees into files, hunks and lines for review.
//!
//! Content is always compared as it is: the repository's `.gitattributes` cannot hide it.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, sources::byte_lines};

use super::tree::{Delta, TreeEntry, deltas};
use super::{Repo, RepoError, oid};
use crate::format::{generated_rules, nature};
use crate::model::path_matches;
use crate::model::{AgentText, Content, DiffLine, FileChange, FileKind, Hunk, LineKind, Nature, TreeId};
use crate::policy::source_findings;

/// Number of unchanged lines around a change.
const CONTEXT: usize = 3;
/// Line count above which files are compared by Myers' algorithm, as git does: the histogram algorithm reads better,
/// but takes seconds if every other line of 50,000 differs.
const MOST_BY_HISTOGRAM: usize = 10_000;
/// Size limit in bytes of files that are compared line by line.
const LARGEST: usize = 64 << 20;
/// Maximum number of lines shown of one change; further lines are counted.
const MOST_LINES: usize = 250_000;
/// Maximum number of files of a change that are compared; further files are listed and counted.
const MOST_FILES: usize = 5_000;
/// Maximum number of bytes shown of one line.
const LONGEST_LINE: usize = 4096;
/// Size limit in bytes of a `.gitattributes` file.
const LARGEST_ATTRIBUTES: usize = 64 << 10;

/// Returns the differences between two trees for review.
pub fn files_between(repo: &Repo, old: TreeId, new: TreeId) -> Result<Vec<FileChange>, RepoError> {
    let _working = repo.begin_work();
    let old = repo.find_tree(oid(old.as_bytes())?)?;
    let new = repo.find_tree(oid(new.as_bytes())?)?;
    let mut room = MOST_LINES;
    let all = deltas(repo, &old, &new)?;
    let rules = generated_by_attributes(repo, &new);
    let change = |(at, delta): (usize, &Delta)| {
        if at < MOST_FILES {
            let mut file = file_change(repo, delta, &mut room)?;
            let fits = rules.iter().rev().find(|(rule, _)| path_matches(rule, &delta.path));
            file.nature.is_generated = fits.map_or(file.nature.is_generated, |(_, is)| *is);
            return Ok(file);
        }
        let unread = unread(&delta.path, kind(delta.old), kind(delta.new));
        Ok(FileChange { content: Content::Beyond, ..unread })
    };
    all.iter().enumerate().map(change).collect()
}

/// Returns the files that the repository itself marks as generated. This hides nothing: they are shown like any other.
fn generated_by_attributes(repo: &Repo, tree: &git2::Tree<'_>) -> Vec<(String, bool)> {
    let blob = tree.get_name(".gitattributes").and_then(|entry| repo.find_blob(entry.id()).ok());
    blob.filter(|blob| blob.size() <= LARGEST_ATTRIBUTES)
        .map(|blob| generated_rules(blob.content()))
        .unwrap_or_default()
}

/// Returns the differences between two texts of one file for review.
pub fn text_change(path: &str, old: &[u8], new: &[u8]) -> FileChange {
    let mut file = unread(path, FileKind::Regular, FileKind::Regular);
    let mut room = MOST_LINES;
    take_content(old, new, &mut file, &mut room);
    file
}

/// Receives the path of a file with its old and new bytes; returns the number of bytes that it has room for.
pub(super) type TakeContents<'a> = dyn FnMut(&str, Option<(Vec<u8>, Vec<u8>)>) -> usize + 'a;

/// Passes the contents of the files that differ between two trees to `take`, in the order of [`files_between`]: path,
/// old and new bytes, `None` for files that are not text. `take` returns the number of bytes it has room for: larger
/// files are not read.
pub fn contents_between(repo: &Repo, old: TreeId, new: TreeId, take: &mut TakeContents<'_>) -> Result<(), RepoError> {
    let _working = repo.begin_work();
    let old = repo.find_tree(oid(old.as_bytes())?)?;
    let new = repo.find_tree(oid(new.as_bytes())?)?;
    let mut room = usize::MAX;
    for delta in deltas(repo, &old, &new)?.iter().take(MOST_FILES) {
        let size = |entry: Option<TreeEntry>| -> Result<usize, RepoError> {
            let Some(entry) = entry.filter(|entry| entry.mode != git2::FileMode::Commit) else { return Ok(0) };
            Ok(repo.git.odb()?.read_header(entry.id)?.0)
        };
        if size(delta.old)? + size(delta.new)? > room {
            room = take(&delta.path, None);
            continue;
        }
        let both = (content(repo, delta.old)?, content(repo, delta.new)?);
        room = take(&delta.path, Some(both).filter(|(old, new)| !is_binary(old) && !is_binary(new)));
    }
    Ok(())
}

fn file_change(repo: &Repo, delta: &Delta, room: &mut usize) -> Result<FileChange, RepoError> {
    let mut file = unread(&delta.path, kind(delta.old), kind(delta.new));
    take_content(&content(repo, delta.old)?, &content(repo, delta.new)?, &mut file, room);
    Ok(file)
}

fn unread(path: &str, old: FileKind, new: FileKind) -> FileChange {
    FileChange {
        path: AgentText::from(path),
        old,
        new,
        content: Content::Text,
        added: 0,
        removed: 0,
        hunks: Vec::new(),
        hunks_left_out: 0,
        nature: Nature::default(),
    }
}

fn take_content(old: &[u8], new: &[u8], file: &mut FileChange, room: &mut usize) {
    let largest = old.len().max(new.len());
    file.nature = nature(file.path.raw(), [(file.old, old), (file.new, new)]);
    if largest > LARGEST {
        file.content = Content::TooLarge(largest as u64);
    } else if is_binary(old) || is_binary(new) {
        file.content = Content::Binary;
    } else {
        compare(old, new, file, room);
        file.nature.found = source_findings(file, new);
    }
}

fn kind(entry: Option<TreeEntry>) -> FileKind {
    match entry.map(|entry| entry.mode) {
        None => FileKind::Absent,
        Some(git2::FileMode::BlobExecutable) => FileKind::Executable,
        Some(git2::FileMode::Link) => FileKind::Symlink,
        Some(git2::FileMode::Commit) => FileKind::Gitlink,
        Some(_) => FileKind::Regular,
    }
}

pub(super) fn content(repo: &Repo, entry: Option<TreeEntry>) -> Result<Vec<u8>, RepoError> {
    match entry {
        None => Ok(Vec::new()),
        Some(entry) if entry.mode == git2::FileMode::Commit => Ok(format!("submodule at {}\n", entry.id).into_bytes()),
        Some(entry) => {
            let (size, _) = repo.git.odb()?.read_header(entry.id)?;
            // Do not read a file only to find that it is too large.
            if size > LARGEST * 4 {
                return Ok(vec![0; LARGEST + 1]);
            }
            Ok(repo.find_blob(entry.id)?.content().to_vec())
        }
    }
}

pub(super) fn is_binary(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(8000)].contains(&0)
}

/// Returns the ranges of lines that differ, in the old and in the new text, from 0.
pub(super) fn line_edits(old: &[u8], new: &[u8]) -> Vec<(Range<usize>, Range<usize>)> {
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    line_diff(old, new).hunks().map(|hunk| (range(hunk.before), range(hunk.after))).collect()
}

fn line_diff(old: &[u8], new: &[u8]) -> Diff {
    let input = InternedInput::new(byte_lines(old), byte_lines(new));
    let lines = input.before.len().max(input.after.len());
    let algorithm = if lines > MOST_BY_HISTOGRAM { Algorithm::Myers } else { Algorithm::Histogram };
    let mut diff = Diff::compute(algorithm, &input);
    diff.postprocess_lines(&input);
    diff
}

fn compare(old: &[u8], new: &[u8], file: &mut FileChange, room: &mut usize) {
    let diff = line_diff(old, new);
    file.added = diff.count_additions() as usize;
    file.removed = diff.count_removals() as usize;
    let old_lines: Vec<&[u8]> = byte_lines(old).collect();
    let new_lines: Vec<&[u8]> = byte_lines(new).collect();
    let mut group: Vec<imara_diff::Hunk> = Vec::new();
    let mut flush = |group: &mut Vec<imara_diff::Hunk>| {
        if group.is_empty() {
            return;
        }
        let size: usize = group.iter().map(|hunk| hunk.before.len() + hunk.after.len()).sum();
        if size > *room {
            file.hunks_left_out += 1;
        } else {
            *room -= size;
            file.hunks.push(hunk(group, &old_lines, &new_lines));
        }
        group.clear();
    };
    for next in diff.hunks() {
        let far = group.last().is_some_and(|last| next.before.start as usize > last.before.end as usize + 2 * CONTEXT);
        if far {
            flush(&mut group);
        }
        group.push(next);
    }
    flush(&mut group);
}

fn hunk(group: &[imara_diff::Hunk], old: &[&[u8]], new: &[&[u8]]) -> Hunk {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return Hunk { lines: Vec::new() } };
    let mut lines = Vec::new();
    let context = |lines: &mut Vec<DiffLine>, old_range: Range<usize>, shift: isize| {
        for at in old_range {
            let new_at = (at as isize + shift) as usize;
            lines.push(line(LineKind::Context, Some(at), Some(new_at), old[at]));
        }
    };
    let shift_of = |hunk: &imara_diff::Hunk| hunk.after.end as isize - hunk.before.end as isize;
    let first_shift = first.after.start as isize - first.before.start as isize;
    let start = first.before.start as usize;
    context(&mut lines, start.saturating_sub(CONTEXT)..start, first_shift);
    for (at, change) in group.iter().enumerate() {
        for old_at in change.before.clone() {
            lines.push(line(LineKind::Removed, Some(old_at as usize), None, old[old_at as usize]));
        }
        for new_at in change.after.clone() {
            lines.push(line(LineKind::Added, None, Some(new_at as usize), new[new_at as usize]));
        }
        let end = change.before.end as usize;
        let next = group.get(at + 1).map_or((end + CONTEXT).min(old.len()), |next| next.before.start as usize);
        let until = if std::ptr::eq(change, last) { (end + CONTEXT).min(old.len()) } else { next };
        context(&mut lines, end..until, shift_of(change));
    }
    Hunk { lines }
}

fn line(kind: LineKind, old: Option<usize>, new: Option<usize>, bytes: &[u8]) -> DiffLine {
    let (text, no_newline) = match bytes.strip_suffix(b"\n") {
        Some(text) => (text, false),
        None => (bytes, true),
    };
    let mut end = text.len().min(LONGEST_LINE);
    while end < text.len() && end > 0 && (text[end] & 0xC0) == 0x80 {
        end -= 1;
    }
    DiffLine {
        kind,
        old: old.map(|at| at as u32 + 1),
        new: new.map(|at| at as u32 + 1),
        text: AgentText::from_bytes(&text[..end]),
        cut: text.len() - end,
        no_newline,
    }
}
