//! Repositories that we create ourselves, for the demo and for replays. Only here may a work tree and its branch be
//! changed.

use std::path::Path;

use git2::build::CheckoutBuilder;

use super::{Person, Repo, RepoError, commit_id, oid};
use crate::model::CommitId;

impl Repo {
    /// Creates a repository in an empty directory, on a branch without commits. `excluded` are patterns of files that
    /// git ignores.
    pub fn init_own(dir: &Path, branch: &str, excluded: &[&str]) -> Result<Self, RepoError> {
        let mut options = git2::RepositoryInitOptions::new();
        options.external_template(false).initial_head(branch);
        let git = git2::Repository::init_opts(dir, &options)?;
        // The checked-out content is not trusted: a link in it must not lead out of the directory.
        git.config()?.set_bool("core.symlinks", false)?;
        let info = git.path().join("info");
        let written = std::fs::create_dir_all(&info)
            .and_then(|()| std::fs::write(info.join("exclude"), excluded.join("\n") + "\n"));
        written.map_err(|source| RepoError::Io { path: info, source })?;
        Self::open(dir)
    }

    /// Commits everything in the work tree of our own repository.
    pub fn commit_own(&self, message: &str, who: &Person, at_s: i64) -> Result<CommitId, RepoError> {
        let mut index = self.git.index()?;
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None)?;
        index.write()?;
        let tree = self.find_tree(index.write_tree()?)?;
        let who = git2::Signature::new(&who.name, &who.email, &git2::Time::new(at_s, 0))?;
        Ok(commit_id(self.git.commit(Some("HEAD"), &who, &who, message, &tree, &[])?))
    }

    /// Moves the branch, the index and the work tree of our own repository to a commit.
    pub fn go_to_own(&self, commit: CommitId) -> Result<(), RepoError> {
        let id = oid(commit.as_bytes())?;
        if self.git.head().is_err_and(|error| error.code() == git2::ErrorCode::UnbornBranch) {
            let head = self.git.find_reference("HEAD")?;
            let branch = head.symbolic_target()?.ok_or_else(|| RepoError::Git("HEAD is not on a branch".to_owned()))?;
            self.git.reference(branch, id, false, "countersign: replay")?;
        }
        let object = self.git.find_object(id, Some(git2::ObjectType::Commit))?;
        let mut checkout = CheckoutBuilder::new();
        checkout.force();
        Ok(self.git.reset(&object, git2::ResetType::Hard, Some(&mut checkout))?)
    }

    /// Copies commits with their ancestors into our own repository. Missing commits are skipped.
    pub fn copy_commits(&self, into: &Self, commits: impl Iterator<Item = CommitId>) -> Result<(), RepoError> {
        let mut walk = self.git.revwalk()?;
        let mut any = false;
        for commit in commits {
            any |= walk.push(oid(commit.as_bytes())?).is_ok();
        }
        if !any {
            return Ok(());
        }
        let mut pack = self.git.packbuilder()?;
        pack.insert_walk(&mut walk)?;
        let directory = into.git.commondir().join("objects/pack");
        std::fs::create_dir_all(&directory).map_err(|source| RepoError::Io { path: directory.clone(), source })?;
        pack.write(&directory, 0)?;
        // Make a pack visible that arrived after the repository was opened.
        into.git.odb()?.refresh()?;
        Ok(())
    }
}
