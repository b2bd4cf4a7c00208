//! The repository with the approved branch and the pins: that of the home, or else the loop's own.

use std::path::PathBuf;

use super::durable::write_pack;
use super::{Repo, RepoError, oid};
use crate::model::CommitId;

impl Repo {
    /// Creates the home's repository, if there is a home without one.
    pub fn create_home(&mut self) -> Result<(), RepoError> {
        if let Some(home) = &mut self.home {
            home.make()?;
        }
        self.see_home()
    }

    /// Makes the objects in the home readable like the loop's own.
    pub(super) fn see_home(&self) -> Result<(), RepoError> {
        if let Some(git) = self.home.as_ref().and_then(|home| home.git.as_ref()) {
            let objects = git.path().join("objects");
            let path = objects.to_str().ok_or_else(|| RepoError::Git("the path of `home` is not UTF-8".to_owned()))?;
            self.git.odb()?.add_disk_alternate(path)?;
        }
        Ok(())
    }

    /// Returns the repository with the approved branch and the pins; `None` if the home has none yet.
    pub(super) fn ours(&self) -> Option<&git2::Repository> {
        match &self.home {
            Some(home) => home.git.as_ref(),
            None => Some(&self.git),
        }
    }

    /// Returns the same repository for writing; fails if there is none.
    pub(super) fn ours_to_write(&self) -> Result<&git2::Repository, RepoError> {
        self.refuse_moved()?;
        self.ours().ok_or_else(|| RepoError::Git("the home of this loop does not exist".to_owned()))
    }

    /// Returns the directory of its references and objects.
    pub fn ours_dir(&self) -> PathBuf {
        match &self.home {
            Some(home) => home.directory.join("approved.git"),
            None => self.common_dir().to_owned(),
        }
    }

    /// Returns the directory of ledger, policy and curve store.
    pub fn own_dir(&self) -> PathBuf {
        match &self.home {
            Some(home) => home.directory.clone(),
            None => self.common_dir().join("countersign"),
        }
    }

    /// True if the person's data is kept apart from the loop's repository.
    pub fn has_home(&self) -> bool {
        self.home.is_some()
    }

    /// Copies commits and their ancestors into the home, unless they are there. Does nothing without a home. They are
    /// on disk when this returns.
    pub(super) fn keep_history(&self, commits: &[CommitId]) -> Result<(), RepoError> {
        let _working = self.begin_work();
        let Some(home) = self.home.as_ref().and_then(|home| home.git.as_ref()) else { return Ok(()) };
        let store = home.odb()?;
        let mut walk = self.git.revwalk()?;
        let mut any = false;
        for commit in commits {
            let id = oid(commit.as_bytes())?;
            if !store.exists(id) {
                walk.push(id)?;
                any = true;
            }
        }
        if !any {
            return Ok(());
        }
        for known in home.references()? {
            if let Some(id) = known?.target() {
                walk.hide(id)?;
            }
        }
        let mut pack = self.git.packbuilder()?;
        pack.insert_walk(&mut walk)?;
        write_pack(&mut pack, &home.path().join("objects"))?;
        // Make a pack visible that arrived after the repository was opened.
        home.odb()?.refresh()?;
        Ok(self.git.odb()?.refresh()?)
    }

    /// Returns the approved branch from `start` (exclusive) to `tip` as a git bundle, for an agent that cannot read the
    /// home: `git fetch FILE BRANCH`.
    pub fn bundle(&self, branch: &str, start: CommitId, tip: CommitId) -> Result<Vec<u8>, RepoError> {
        let _working = self.begin_work();
        let ours = self.ours_to_write()?;
        let mut walk = ours.revwalk()?;
        walk.push(oid(tip.as_bytes())?)?;
        walk.hide(oid(start.as_bytes())?)?;
        let mut pack = ours.packbuilder()?;
        pack.insert_walk(&mut walk)?;
        let mut bytes = git2::Buf::new();
        pack.write_buf(&mut bytes)?;
        let head = format!("# v2 git bundle\n-{start}\n{tip} refs/heads/{branch}\n\n");
        Ok([head.as_bytes(), &bytes].concat())
    }
}
