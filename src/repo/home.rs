//! Where what is the person's is kept: beside the loop's repository, or in a home of its own that an
//! agent under another user cannot write to.
//!
//! A home has a bare repository with everything that was approved and pinned, down to the first
//! commit: nothing in it depends on what the agent does to its own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::places::Site;
use super::{Repo, RepoError, oid};
use crate::model::CommitId;

/// The places of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Their state directory for this program: anchors, visits.
    pub state: PathBuf,
    /// Where ledgers, policies and approved objects of all loops are kept; `None` for beside each
    /// loop's own repository.
    pub home: Option<PathBuf>,
    /// Why it cannot be told where the home is; nothing is decided then.
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

/// What is kept of one loop's repository in a home.
pub(super) struct Home {
    pub(super) folder: PathBuf,
    /// The repository in it; `None` before the first thing is kept.
    pub(super) git: Option<git2::Repository>,
}

impl Home {
    /// The place for a repository; nothing is made.
    pub(super) fn of(home: &Path, common_dir: &Path) -> Result<Self, RepoError> {
        let name = |path: Option<&Path>| path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let named = match name(Some(common_dir)).as_deref() {
            Some(".git") => name(common_dir.parent()),
            other => other.map(str::to_owned),
        };
        let digest = Sha256::digest(common_dir.as_os_str().as_encoded_bytes());
        let safe: String =
            named.unwrap_or_default().chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        let folder = home.join(format!("{safe}-{}", crate::model::hex(&digest[..8])));
        let path = folder.join("approved.git");
        let git = if path.is_dir() {
            Site::of(path.clone())?.refuse_waiting()?;
            Some(git2::Repository::open_bare(&path)?)
        } else {
            None
        };
        Ok(Self { folder, git })
    }

    fn make(&mut self) -> Result<(), RepoError> {
        if self.git.is_none() {
            std::fs::create_dir_all(&self.folder).map_err(RepoError::io(&self.folder))?;
            std::fs::set_permissions(&self.folder, std::fs::Permissions::from_mode(0o700))
                .map_err(RepoError::io(&self.folder))?;
            let mut options = git2::RepositoryInitOptions::new();
            options.bare(true).external_template(false).initial_head(crate::model::Approved::DEFAULT_BRANCH);
            self.git = Some(git2::Repository::init_opts(self.folder.join("approved.git"), &options)?);
        }
        Ok(())
    }
}

impl Repo {
    /// Makes the home's repository, where there is a home and it has none yet.
    pub fn make_home(&mut self) -> Result<(), RepoError> {
        if let Some(home) = &mut self.home {
            home.make()?;
        }
        self.see_home()
    }

    /// Objects that are kept in the home are read like the loop's own.
    pub(super) fn see_home(&self) -> Result<(), RepoError> {
        if let Some(git) = self.home.as_ref().and_then(|home| home.git.as_ref()) {
            let objects = git.path().join("objects");
            let path = objects.to_str().ok_or_else(|| RepoError::Git("the path of `home` is not UTF-8".to_owned()))?;
            self.git.odb()?.add_disk_alternate(path)?;
        }
        Ok(())
    }

    /// The repository that holds the approved branch and the pins; `None` where the home has none yet.
    pub(super) fn ours(&self) -> Option<&git2::Repository> {
        match &self.home {
            Some(home) => home.git.as_ref(),
            None => Some(&self.git),
        }
    }

    /// The same where it must be there: somebody is about to write.
    pub(super) fn ours_to_write(&self) -> Result<&git2::Repository, RepoError> {
        self.refuse_gone()?;
        self.ours().ok_or_else(|| RepoError::Git("the home of this loop was not made".to_owned()))
    }

    /// The directory of its references and objects.
    pub fn ours_dir(&self) -> PathBuf {
        match &self.home {
            Some(home) => home.folder.join("approved.git"),
            None => self.common_dir().to_owned(),
        }
    }

    /// The folder of ledger, policy and archive.
    pub fn own_folder(&self) -> PathBuf {
        match &self.home {
            Some(home) => home.folder.clone(),
            None => self.common_dir().join("countersign"),
        }
    }

    /// True when what is the person's is kept apart from the loop's repository.
    pub fn has_home(&self) -> bool {
        self.home.is_some()
    }

    /// Copies commits and all they stand on into the home, where they are not there yet. Without a home
    /// there is nothing to copy. They are on disk when this returns.
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
        // The pack that came after the repository was opened must be seen.
        home.odb()?.refresh()?;
        Ok(self.git.odb()?.refresh()?)
    }

    /// The approved branch from `start` (exclusive) to `tip` as a git bundle, for an agent that cannot read
    /// the home: `git fetch FILE BRANCH`.
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
