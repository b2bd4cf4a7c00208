//! Read-only queries of an agent's own call about its repository.

use super::{Repo, RepoError, commit_id, oid};
use crate::format::IgnoredPaths;
use crate::model::CommitId;

impl Repo {
    /// Returns the commit that a name refers to: a branch, `HEAD~1`, an abbreviated id.
    pub fn resolve(&self, name: &str) -> Result<CommitId, RepoError> {
        let _working = self.begin_work();
        let found = self.git.revparse_single(name).and_then(|object| object.peel_to_commit());
        found.map(|commit| commit_id(commit.id())).map_err(|_| RepoError::NoSuchCommit(name.chars().take(80).collect()))
    }

    /// Returns the default base of a change that ends in `head`: the approved branch if it is an ancestor, else the
    /// first parent. `approved` is the short name of that branch.
    pub fn base_of(&self, head: CommitId, approved: &str) -> Result<CommitId, RepoError> {
        let _working = self.begin_work();
        let id = oid(head.as_bytes())?;
        let approved = self.git.refname_to_id(&format!("refs/heads/{approved}")).ok();
        if let Some(approved) = approved.filter(|approved| *approved != id)
            && self.git.graph_descendant_of(id, approved)?
        {
            return Ok(commit_id(approved));
        }
        let commit = self.find_commit(id).map_err(|_| RepoError::Missing(head))?;
        let parent =
            commit.parent_id(0).map_err(|_| RepoError::NoChange("the first commit has no parent to use as base"))?;
        Ok(commit_id(parent))
    }

    /// Returns the difference between the work tree and a commit as a patch, without ignored paths.
    pub fn work_tree_patch(&self, base: CommitId, ignored: &IgnoredPaths) -> Result<Vec<u8>, RepoError> {
        let _working = self.begin_work();
        let tree = super::tree::tree_of(self, base)?;
        let mut options = git2::DiffOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .show_untracked_content(true)
            .include_typechange(true)
            .ignore_submodules(true)
            // An attribute must not hide content from the person.
            .force_text(true)
            .update_index(false);
        let diff = self.git.diff_tree_to_workdir_with_index(Some(&tree), Some(&mut options))?;
        let mut patch = Vec::new();
        diff.print(git2::DiffFormat::Patch, |delta, _, line| {
            let path = delta.new_file().path().or_else(|| delta.old_file().path());
            let path = path.and_then(std::path::Path::to_str).unwrap_or_default();
            if ignored.contains(path) || path.split('/').any(|part| part == crate::model::MAILBOX_DIR) {
                return true;
            }
            if matches!(line.origin(), '+' | '-' | ' ') {
                patch.push(line.origin() as u8);
            }
            patch.extend_from_slice(line.content());
            true
        })?;
        Ok(patch)
    }

    /// Makes git ignore a path in this repository only, outside its history; false if it does already.
    pub fn exclude(&self, pattern: &str) -> Result<bool, RepoError> {
        let path = self.common_dir().join("info/exclude");
        let text = match crate::disk::read_text(&path, 16 << 20) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(RepoError::io(path)(error)),
        };
        if text.lines().any(|line| line.trim().trim_start_matches('/') == pattern) {
            return Ok(false);
        }
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let text = format!("{text}{gap}/{pattern}\n");
        crate::disk::replace(&path, text.as_bytes()).map_err(RepoError::io(path))?;
        Ok(true)
    }

    /// Returns the main work tree of the repository if this one is linked to it; `None` if this is the main one.
    pub fn main_work_tree(&self) -> Option<std::path::PathBuf> {
        self.git.is_worktree().then(|| self.common_dir().parent().map(std::path::Path::to_owned)).flatten()
    }
}
