//! Objects by their ids, with a limit: a few thousand bytes on disk may stand for gigabytes in memory.

use super::{Repo, RepoError};

/// A commit is a page of text, in bytes.
const LARGEST_COMMIT: usize = 16 << 20;
/// A folder of a million files, in bytes.
const LARGEST_TREE: usize = 64 << 20;
/// Larger files are not read whole, in bytes.
pub(super) const LARGEST_BLOB: usize = 256 << 20;

impl Repo {
    /// A commit; an error where it is missing, or far larger than any that a person wrote.
    pub(super) fn find_commit(&self, id: git2::Oid) -> Result<git2::Commit<'_>, RepoError> {
        let _working = self.working();
        self.limit(id, LARGEST_COMMIT)?;
        Ok(self.git.find_commit(id)?)
    }

    /// A folder; an error where it is missing, or lists far more than a million files.
    pub(super) fn find_tree(&self, id: git2::Oid) -> Result<git2::Tree<'_>, RepoError> {
        let _working = self.working();
        self.limit(id, LARGEST_TREE)?;
        Ok(self.git.find_tree(id)?)
    }

    /// The content of a file; an error where it is missing, or larger than 256 MiB.
    pub(super) fn find_blob(&self, id: git2::Oid) -> Result<git2::Blob<'_>, RepoError> {
        let _working = self.working();
        self.limit(id, LARGEST_BLOB)?;
        Ok(self.git.find_blob(id)?)
    }

    fn limit(&self, id: git2::Oid, most: usize) -> Result<(), RepoError> {
        if self.git.odb()?.read_header(id)?.0 > most {
            return Err(RepoError::TooMuch("an object of it is larger than any that is read"));
        }
        Ok(())
    }
}
