//! The place of the person's data: next to the loop's repository, or in a home of its own that an agent under another
//! user cannot write to.
//!
//! A home has a bare repository with everything that was approved and pinned, down to the root commit, so that nothing
//! in it depends on the agent's repository.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::RepoError;
use super::places::Site;

/// The directories of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Their state directory for this program: anchors, visits.
    pub state: PathBuf,
    /// The directory with the ledgers, policies and approved objects of all loops; `None` to keep them next to each
    /// loop's own repository.
    pub home: Option<PathBuf>,
    /// The reason why the home is unknown, which blocks decisions; `None` if it is known.
    pub error: Option<String>,
}

impl From<&Path> for Places {
    fn from(state: &Path) -> Self {
        Self { state: state.to_owned(), home: None, error: None }
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

    /// Creates the directory and the repository in it, unless it exists.
    pub(super) fn make(&mut self) -> Result<(), RepoError> {
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
