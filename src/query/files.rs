//! The files of one change.

use crate::model::{CommitId, FileChange};
use crate::repo::{Repo, files_between};

/// Returns the difference between two commits, file by file, or the reason why it cannot be read.
pub(super) fn own_files(repo: &Repo, base: CommitId, head: CommitId) -> Result<Vec<FileChange>, String> {
    let tree = |commit| repo.tree_id(commit);
    let files = tree(base).and_then(|base| files_between(repo, base, tree(head)?));
    files.map_err(|error| error.to_string())
}
