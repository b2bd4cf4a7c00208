//! Objects by id, with size limits: a few thousand bytes on disk may expand to gigabytes in memory.

use super::{Repo, RepoError};

/// Size limit of a commit in bytes; an honest one is a page of text.
const LARGEST_COMMIT: usize = 16 << 20;
/// Size limit of a tree in bytes, enough for a million files.
const LARGEST_TREE: usize = 64 << 20;
/// Size limit of files that are read in one piece, in bytes.
pub(super) const LARGEST_BLOB: usize = 256 << 20;

impl Repo {
    /// Returns a commit; an error if it is missing, or far larger than any honest one.
    pub(super) fn find_commit(&self, id: git2::Oid) -> Result<git2::Commit<'_>, RepoError> {
        let _working = self.begin_work();
        self.limit(id, LARGEST_COMMIT)?;
        Ok(self.git.find_commit(id)?)
    }

    /// Returns a tree; an error if it is missing, or lists far more than a million files.
    pub(super) fn find_tree(&self, id: git2::Oid) -> Result<git2::Tree<'_>, RepoError> {
        let _working = self.begin_work();
        self.limit(id, LARGEST_TREE)?;
        Ok(self.git.find_tree(id)?)
    }

    /// Returns the content of a file; an error if it is missing, or larger than 256 MiB.
    pub(super) fn find_blob(&self, id: git2::Oid) -> Result<git2::Blob<'_>, RepoError> {
        let _working = self.begin_work();
        self.limit(id, LARGEST_BLOB)?;
        Ok(self.git.find_blob(id)?)
    }

    fn limit(&self, id: git2::Oid, most: usize) -> Result<(), RepoError> {
        if self.git.odb()?.read_header(id)?.0 > most {
            return Err(RepoError::TooLarge("one of its objects exceeds the size limit"));
        }
        Ok(())
    }
}
