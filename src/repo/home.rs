//! The place of the person's data: next to the loop's repository, or in a home of its own that an agent under another
//! user cannot write to.
//!
//! A home has a bare repository with everything that was approved and pinned, down to the root commit, so that nothing
//! in it depends on the agent's repository.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::places::Site;
use super::{Repo, RepoError, oid};
use crate::model::CommitId;

/// The directories of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Their state directory for this program: anchors, visits.
    pub state: PathBuf,
    /// The directory with the ledgers, policies and approved objects of all loops; `None` to keep them next to each
    /// loop's own repository.
    pub home: Option<PathBuf>,
    /// The reason why the home is unknown, which blocks decisions; `None` if it is known.
    pub trouble: Option<String>,
}

impl From<&Path> for Places {
    fn from(state: &Path) -> Self {
        Self { state: state.to_owned(), home: None, trouble: None }
    }
}

impl From<&PathBuf> for Places {
    fn from(state: &PathBuf) -> Self {
        Self::from(state.as_path())
    }
}

impl From<&Self> for Places {
    fn from(places: &Self) -> Self {
        places.clone()
    }
}

/// The data of one loop's repository in a home.
pub(super) struct Home {
    pub(super) directory: PathBuf,
    /// The repository in it; `None` before anything is stored.
    pub(super) git: Option<git2::Repository>,
}

impl Home {
    /// Returns the place for a repository without creating it.
    pub(super) fn of(home: &Path, common_dir: &Path) -> Result<Self, RepoError> {
        let name = |path: Option<&Path>| path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let named = match name(Some(common_dir)).as_deref() {
            Some(".git") => name(common_dir.parent()),
            other => other.map(str::to_owned),
        };
        let digest = Sha256::digest(common_dir.as_os_str().as_encoded_bytes());
        let safe: String =
            named.unwrap_or_default().chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        let directory = home.join(format!("{safe}-{}", crate::model::hex(&digest[..8])));
        let path = directory.join("approved.git");
        let git = if path.is_dir() {
            Site::of(path.clone())?.refuse_waiting()?;
            Some(git2::Repository::open_bare(&path)?)
        } else {
            None
        };
        Ok(Self { directory, git })
    }

    fn make(&mut self) -> Result<(), RepoError> {
        if self.git.is_none() {
            std::fs::create_dir_all(&self.directory).map_err(RepoError::io(&self.directory))?;
            std::fs::set_permissions(&self.directory, std::fs::Permissions::from_mode(0o700))
                .map_err(RepoError::io(&self.directory))?;
            let mut options = git2::RepositoryInitOptions::new();
            options.bare(true).external_template(false).initial_head(crate::model::Approved::DEFAULT_BRANCH);
            self.git = Some(git2::Repository::init_opts(self.directory.join("approved.git"), &options)?);
        }
        Ok(())
    }
}

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
        self.refuse_gone()?;
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
    pub fn own_folder(&self) -> PathBuf {
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
        let _working = self.working();
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
        super::durable::write_pack(&mut pack, &home.path().join("objects"))?;
        // Make a pack visible that arrived after the repository was opened.
        home.odb()?.refresh()?;
        Ok(self.git.odb()?.refresh()?)
    }

    /// Returns the approved branch from `start` (exclusive) to `tip` as a git bundle, for an agent that cannot read the
    /// home: `git fetch FILE BRANCH`.
    pub fn bundle(&self, branch: &str, start: CommitId, tip: CommitId) -> Result<Vec<u8>, RepoError> {
        let _working = self.working();
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
