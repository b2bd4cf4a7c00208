//! Detects renames, only where a change would otherwise conflict.

use std::collections::HashMap;

use imara_diff::sources::byte_lines;

use super::tree::{Delta, TreeEntry};
use super::{Repo, RepoError};

/// Minimum share of common lines for two files to count as renamed, as in git.
const ALIKE: f64 = 0.5;
/// Size limit in bytes; larger files are compared only by identity.
const LARGEST: usize = 1 << 20;
/// Maximum number of new files that are compared.
const MOST: usize = 100;

/// Returns the new path of a file that is gone from `path`: the most similar file that is new among `deltas`.
pub(super) fn renamed_to<'a>(
    repo: &Repo,
    deltas: &'a [Delta],
    path: &str,
) -> Result<Option<(&'a str, TreeEntry)>, RepoError> {
    let gone = deltas.iter().find(|delta| delta.path == path && delta.new.is_none());
    let Some(old) = gone.and_then(|delta| delta.old) else { return Ok(None) };
    let added = || {
        deltas.iter().filter(|delta| delta.old.is_none()).filter_map(|delta| Some((delta.path.as_str(), delta.new?)))
    };
    if let Some(same) = added().find(|(_, entry)| entry.id == old.id) {
        return Ok(Some(same));
    }
    let Some(content) = text(repo, old)? else { return Ok(None) };
    let mut best: Option<(f64, (&str, TreeEntry))> = None;
    for candidate in added().take(MOST) {
        let Some(other) = text(repo, candidate.1)? else { continue };
        let alike = likeness(&content, &other);
        if alike >= ALIKE && best.is_none_or(|(so_far, _)| alike > so_far) {
            best = Some((alike, candidate));
        }
    }
    Ok(best.map(|(_, found)| found))
}

fn text(repo: &Repo, entry: TreeEntry) -> Result<Option<Vec<u8>>, RepoError> {
    if !entry.is_file() {
        return Ok(None);
    }
    let blob = repo.find_blob(entry.id)?;
    Ok((blob.size() <= LARGEST && !blob.is_binary()).then(|| blob.content().to_vec()))
}

/// Returns the bytes in common lines over the bytes of the larger file, 0 to 1.
fn likeness(a: &[u8], b: &[u8]) -> f64 {
    let mut lines: HashMap<&[u8], usize> = HashMap::new();
    byte_lines(a).for_each(|line| *lines.entry(line).or_default() += 1);
    let mut common = 0;
    for line in byte_lines(b) {
        if let Some(left) = lines.get_mut(line).filter(|left| **left > 0) {
            *left -= 1;
            common += line.len();
        }
    }
    common as f64 / a.len().max(b.len()).max(1) as f64
}
