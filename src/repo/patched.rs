//! Commits an agent's patch on its base. libgit2's own `apply` is never used: it follows links of the tree, and the
//! effects of paths and modes are checked here.

use std::collections::HashSet;

use super::durable::persist_tree;
use super::tree::entry_at;
use super::tree::{Changes, TreeEntry, tree_of, updated, write_new};
use super::{Repo, RepoError, commit_id, oid, pin, tree_id};
use crate::format::{FilePatch, PatchHunk};
use crate::model::{AgentText, CommitId};
use crate::policy::refuse_path;
use crate::policy::text::Visible;

/// Size limit in bytes of a patched file.
const LARGEST: usize = 16 << 20;

/// Commits a patch on `base`, as `author`, and pins it. Every hunk must match exactly at its position.
pub fn commit_patch(
    repo: &Repo,
    base: CommitId,
    files: &[FilePatch],
    author: &AgentText,
    title: &AgentText,
    at_s: i64,
) -> Result<CommitId, RepoError> {
    let _working = repo.begin_work();
    let scratch = &repo.scratch()?;
    let tree = tree_of(scratch, base)?;
    let changes = changes(scratch, &tree, files)?;
    let patched = updated(scratch, &tree, &changes)?;
    if patched == tree.id() {
        return Err(RepoError::NoChange("the patch changes nothing"));
    }
    repo.keep_history(&[base])?;
    persist_tree(scratch, repo, tree_id(patched), base)?;
    let name = Visible::line(author).fit(200).replace(['<', '>'], "");
    let name = if name.trim().is_empty() { "agent".to_owned() } else { name.trim().to_owned() };
    let who = git2::Signature::new(&name, "agent@countersign.invalid", &git2::Time::new(at_s, 0))?;
    let message = format!("{}\n", Visible::line(title));
    let parent = scratch.find_commit(oid(base.as_bytes())?)?;
    let patched = scratch.find_tree(patched)?;
    let buffer = scratch.git.commit_create_buffer(&who, &who, &message, &patched, &[&parent])?;
    let commit = commit_id(repo.ours_to_write()?.odb()?.write(git2::ObjectType::Commit, &buffer)?);
    pin(repo, [commit])?;
    Ok(commit)
}

/// Fails if `base..head` is not a change that could be proposed.
pub fn check_change(repo: &Repo, base: CommitId, head: CommitId) -> Result<(), RepoError> {
    let _working = repo.begin_work();
    tree_of(repo, base)?;
    tree_of(repo, head)?;
    if base == head {
        return Err(RepoError::NoChange("base and head are the same commit, so nothing is changed"));
    }
    if !repo.git.graph_descendant_of(oid(head.as_bytes())?, oid(base.as_bytes())?)? {
        return Err(RepoError::NoChange("the base is not an ancestor of the head: propose a commit that builds on it"));
    }
    Ok(())
}

fn changes(repo: &Repo, tree: &git2::Tree<'_>, files: &[FilePatch]) -> Result<Changes, RepoError> {
    let mut changes = Changes::new();
    for file in files {
        for path in file.old.iter().chain(&file.new) {
            if let Some(why) = refuse_path(path) {
                return Err(RepoError::BadPath(why));
            }
        }
        let line = file.hunks.first().map_or(0, |hunk| hunk.patch_line);
        let unfit = |what: &'static str| RepoError::PatchConflict { line, what };
        let old = match &file.old {
            Some(path) => Some(entry_at(tree, path).ok_or_else(|| unfit("the file is not in the base"))?),
            None => None,
        };
        let is_move = file.old != file.new;
        if let (Some(path), true) = (&file.new, is_move)
            && tree.get_path(std::path::Path::new(path)).is_ok()
            && !changes.get(path).is_some_and(Option::is_none)
        {
            return Err(unfit("a new file's name is in the base already"));
        }
        let new = match &file.new {
            Some(_) => Some(patched(repo, old, file, &unfit)?),
            None => None,
        };
        if let Some(path) = file.old.as_ref().filter(|_| is_move) {
            changes.insert(path.clone(), None);
        }
        if let (Some(path), Some(entry)) = (&file.new, new) {
            changes.insert(path.clone(), Some(entry));
        }
    }
    refuse_within_files(tree, &changes)?;
    Ok(changes)
}

/// Fails if a file would be inside another file.
fn refuse_within_files(tree: &git2::Tree<'_>, changes: &Changes) -> Result<(), RepoError> {
    let gone: HashSet<&str> =
        changes.iter().filter(|(_, entry)| entry.is_none()).map(|(path, _)| path.as_str()).collect();
    for path in changes.iter().filter(|(_, entry)| entry.is_some()).map(|(path, _)| path) {
        for (at, _) in path.match_indices('/') {
            let above = &path[..at];
            let in_patch = changes.get(above).is_some_and(Option::is_some);
            if in_patch || (entry_at(tree, above).is_some() && !gone.contains(above)) {
                return Err(RepoError::PatchConflict {
                    line: 0,
                    what: "a file or a symlink exists where it needs a directory",
                });
            }
        }
    }
    Ok(())
}

fn patched(
    repo: &Repo,
    old: Option<TreeEntry>,
    file: &FilePatch,
    unfit: &dyn Fn(&'static str) -> RepoError,
) -> Result<TreeEntry, RepoError> {
    let was = old.map(|entry| entry.mode);
    let mode = match file.mode {
        None => was.unwrap_or(git2::FileMode::Blob),
        Some(0o100_644) => git2::FileMode::Blob,
        Some(0o100_755) => git2::FileMode::BlobExecutable,
        Some(0o120_000) => git2::FileMode::Link,
        Some(_) => return Err(unfit("its mode is neither that of a file nor of a symlink (a submodule?)")),
    };
    let is_link = |mode: git2::FileMode| mode == git2::FileMode::Link;
    if was == Some(git2::FileMode::Commit) {
        return Err(unfit("a patch cannot change a submodule"));
    }
    // A link whose target changes without a hunk, or a file that becomes a link: git itself writes those as a deletion
    // and a new file.
    if was.is_some_and(|was| is_link(was) != is_link(mode)) || (was.is_some_and(is_link) && !file.hunks.is_empty()) {
        return Err(unfit("a symlink is changed: propose a deletion and a new file, or a commit"));
    }
    let before = match old {
        Some(entry) => repo.find_blob(entry.id)?.content().to_vec(),
        None => Vec::new(),
    };
    if before.len() > LARGEST {
        return Err(unfit("the file is larger than 16 MiB"));
    }
    let id = match old.filter(|_| file.hunks.is_empty()) {
        Some(entry) => entry.id,
        None => write_new(repo, git2::ObjectType::Blob, &replaced(&before, &file.hunks)?)?,
    };
    Ok(TreeEntry { id, mode })
}

/// Returns the text with its hunks applied: in order, each exactly at its position.
fn replaced(text: &[u8], hunks: &[PatchHunk]) -> Result<Vec<u8>, RepoError> {
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for hunk in hunks {
        let unfit = |what| RepoError::PatchConflict { line: hunk.patch_line, what };
        // With an empty old side the number is that of the line before.
        let from = if hunk.old.is_empty() { hunk.old_start } else { hunk.old_start.saturating_sub(1) };
        if from < at || from > lines.len() {
            return Err(unfit("the hunk is out of order, or beyond the end of the file"));
        }
        let until = from + hunk.old.len();
        if lines.get(from..until).is_none_or(|there| there.iter().zip(&hunk.old).any(|(a, b)| *a != b.as_slice())) {
            return Err(unfit("the hunk does not apply: the base has different lines there"));
        }
        out.extend(lines[at..from].iter().flat_map(|line| line.iter().copied()));
        out.extend(hunk.new.iter().flatten());
        at = until;
    }
    out.extend(lines[at..].iter().flat_map(|line| line.iter().copied()));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::read_patch;

    fn apply(text: &str, patch: &str) -> Result<String, String> {
        let files = read_patch(patch.as_bytes()).map_err(|error| error.to_string())?;
        let done = replaced(text.as_bytes(), &files[0].hunks).map_err(|error| error.to_string())?;
        String::from_utf8(done).map_err(|error| error.to_string())
    }

    #[test]
    fn hunks_apply_exactly_or_not_at_all() {
        let head = "--- a/x\n+++ b/x\n";
        let good = |hunks: &str, wanted: &str| {
            assert_eq!(apply("a\nb\nc\n", &format!("{head}{hunks}")).as_deref(), Ok(wanted));
        };
        good("@@ -2 +2 @@\n-b\n+B\n", "a\nB\nc\n");
        good("@@ -1,0 +2 @@\n+new\n", "a\nnew\nb\nc\n");
        good("@@ -0,0 +1 @@\n+new\n", "new\na\nb\nc\n");
        good("@@ -1 +0,0 @@\n-a\n@@ -3 +2 @@\n-c\n+C\n", "b\nC\n");
        good("@@ -3 +3 @@\n-c\n+c\n\\ No newline at end of file\n", "a\nb\nc");
        for bad in [
            "@@ -1 +1 @@\n-b\n+B\n",
            "@@ -3 +3 @@\n-c\n+C\n@@ -1 +1 @@\n-a\n+A\n",
            "@@ -9 +9 @@\n-b\n+B\n",
            "@@ -2 +2 @@\n-b\n\\ No newline at end of file\n+B\n",
            "@@ -0,0 +1 @@\n+x\n@@ -9,0 +9 @@\n+y\n",
        ] {
            assert!(apply("a\nb\nc\n", &format!("{head}{bad}")).is_err(), "{bad}");
        }
    }
}
