//! A person's amendment of a change: file contents that they wrote, and lines that they exclude.

use imara_diff::sources::byte_lines;

use super::diff::{content, line_edits};
use super::tree::entry_at;
use super::tree::{Changes, TreeEntry, deltas, updated, write_new};
use super::{Repo, RepoError};
use crate::model::{Amendment, LeftOut, LineSet, paired};
use crate::policy::refuse_path;

/// Applies an amendment to `tree`, the tree of the tip with the whole change.
pub(super) fn amended(
    repo: &Repo,
    tip: &git2::Tree<'_>,
    tree: git2::Oid,
    amendment: &Amendment,
) -> Result<git2::Oid, RepoError> {
    let mut tree = tree;
    if !amendment.edited.is_empty() {
        let whole = repo.find_tree(tree)?;
        let mut changes = Changes::new();
        for edited in &amendment.edited {
            let path = edited.path.raw();
            if let Some(why) = refuse_path(path) {
                return Err(RepoError::BadPath(why));
            }
            let there = entry_at(&whole, path).or_else(|| entry_at(tip, path));
            if there.is_some_and(|entry| !entry.is_file()) {
                return Err(RepoError::BadPath("is a symlink or a submodule, which cannot be edited"));
            }
            let mode = there.map_or(git2::FileMode::Blob, |entry| entry.mode);
            let id = write_new(repo, git2::ObjectType::Blob, &edited.content)?;
            changes.insert(path.to_owned(), Some(TreeEntry { id, mode }));
        }
        tree = updated(repo, &whole, &changes)?;
    }
    if amendment.excluded.is_empty() {
        return Ok(tree);
    }
    let whole = repo.find_tree(tree)?;
    let all = deltas(repo, tip, &whole)?;
    let mut changes = Changes::new();
    for left in &amendment.excluded {
        // An unchanged file has nothing left to exclude.
        let Some(delta) = all.iter().find(|delta| delta.path == left.path.raw()) else { continue };
        changes.insert(delta.path.clone(), without(repo, delta.old, delta.new, left)?);
    }
    updated(repo, &whole, &changes)
}

/// Returns one file without the excluded lines.
fn without(
    repo: &Repo,
    old: Option<TreeEntry>,
    new: Option<TreeEntry>,
    left: &LeftOut,
) -> Result<Option<TreeEntry>, RepoError> {
    let Some(lines) = &left.lines else { return Ok(old) };
    if [old, new].into_iter().flatten().any(|entry| !entry.is_file()) {
        return Err(RepoError::BadPath(
            "is a symlink or a submodule, which can only be included or excluded as a whole",
        ));
    }
    let (before, after) = (content(repo, old)?, content(repo, new)?);
    let bytes = exclude_lines(&before, &after, lines);
    if bytes == after {
        return Ok(new);
    }
    let mode = new.or(old).map_or(git2::FileMode::Blob, |entry| entry.mode);
    // A new file of which every line is excluded is not added; a deleted file of which every line stays is not deleted.
    if bytes == before && (old.is_none() || new.is_none()) {
        return Ok(old);
    }
    Ok(Some(TreeEntry { id: write_new(repo, git2::ObjectType::Blob, &bytes)?, mode }))
}

/// Returns the new text with some of its changes undone: excluded removals stay, excluded additions are dropped. Within
/// a block each line keeps the position of its counterpart.
pub fn exclude_lines(old: &[u8], new: &[u8], lines: &LineSet) -> Vec<u8> {
    let old_lines: Vec<&[u8]> = byte_lines(old).collect();
    let new_lines: Vec<&[u8]> = byte_lines(new).collect();
    let mut kept: Vec<&[u8]> = Vec::with_capacity(old_lines.len().max(new_lines.len()));
    let mut done = 0;
    for (before, after) in line_edits(old, new) {
        kept.extend(&old_lines[done..before.start]);
        done = before.end;
        let (removed, added) = (&old_lines[before.clone()], &new_lines[after.clone()]);
        for (gone, come) in paired(removed, added) {
            let stays = gone.filter(|at| lines.removed.contains(&((before.start + at) as u32 + 1)));
            let comes = come.filter(|at| !lines.added.contains(&((after.start + at) as u32 + 1)));
            kept.extend(stays.map(|at| removed[at]));
            kept.extend(comes.map(|at| added[at]));
        }
    }
    kept.extend(&old_lines[done..]);
    let mut bytes = Vec::with_capacity(old.len().max(new.len()));
    let last = kept.len().saturating_sub(1);
    for (at, line) in kept.iter().enumerate() {
        bytes.extend_from_slice(line);
        // The last line of a file without a final line end may no longer be the last.
        if at < last && !line.ends_with(b"\n") {
            bytes.push(b'\n');
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns all changed lines of a text, by kind and number.
    fn changed(old: &str, new: &str) -> LineSet {
        let mut all = LineSet::default();
        for (before, after) in line_edits(old.as_bytes(), new.as_bytes()) {
            all.removed.extend(before.map(|at| at as u32 + 1));
            all.added.extend(after.map(|at| at as u32 + 1));
        }
        all
    }

    fn left(old: &str, new: &str, removed: &[u32], added: &[u32]) -> String {
        let lines = LineSet { removed: removed.iter().copied().collect(), added: added.iter().copied().collect() };
        String::from_utf8(exclude_lines(old.as_bytes(), new.as_bytes(), &lines)).unwrap_or_default()
    }

    #[test]
    fn a_line_that_stays_keeps_its_position() {
        let (old, new) = ("A = 1\nB = 2\nC = 3\n", "A = 9\nB = 8\nC = 7\n");
        assert_eq!(left(old, new, &[2], &[2]), "A = 9\nB = 2\nC = 7\n");
        assert_eq!(left(old, new, &[1, 2, 3], &[1, 2, 3]), old);
        assert_eq!(left(old, new, &[], &[]), new);
        assert_eq!(left("a\n", "a\nb\nc\n", &[], &[2]), "a\nc\n");
        assert_eq!(left("a\nb\nc\n", "a\n", &[3], &[]), "a\nc\n");
    }

    #[test]
    fn a_missing_line_end_stays_where_it_was() {
        assert_eq!(left("a\nb", "a\nc\nd\n", &[2], &[2]), "a\nb\nd\n");
        assert_eq!(left("a\nb", "a\nc\n", &[2], &[2]), "a\nb");
        assert_eq!(left("a\nb\n", "a\nb", &[2], &[2]), "a\nb\n");
    }

    proptest! {
        #[test]
        fn excluding_nothing_is_the_new_text_and_everything_the_old(old in "([abcd]\n){0,12}[ab]?", new in "([abcd]\n){0,12}[ab]?", pick in any::<u64>()) {
            let none = LineSet::default();
            prop_assert_eq!(exclude_lines(old.as_bytes(), new.as_bytes(), &none), new.as_bytes());
            let all = changed(&old, &new);
            prop_assert_eq!(exclude_lines(old.as_bytes(), new.as_bytes(), &all), old.as_bytes());
            // Whatever is picked, exactly the picked lines are there.
            let some = |set: &std::collections::BTreeSet<u32>, shift: u32| set.iter().copied().filter(|n| pick >> ((n + shift) % 64) & 1 == 1).collect();
            let lines = LineSet { removed: some(&all.removed, 0), added: some(&all.added, 31) };
            let text = exclude_lines(old.as_bytes(), new.as_bytes(), &lines);
            let count = byte_lines(&text).count();
            let context = byte_lines(old.as_bytes()).count() - all.removed.len();
            prop_assert_eq!(count, context + lines.removed.len() + all.added.len() - lines.added.len());
        }
    }
}
