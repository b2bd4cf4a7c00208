//! What can go wrong with a repository, and what to do about it.

use std::path::PathBuf;

use crate::model::CommitId;

/// An error of the repo room. Messages hold no text from the repository itself.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    /// No repository around the run directory.
    #[error("{0} is not in a git work tree; changes cannot be judged or approved there")]
    NotARepository(PathBuf),
    /// A repository without a work tree.
    #[error("{0} is a bare repository; name the work tree the loop runs in")]
    Bare(PathBuf),
    /// A format that libgit2 cannot read.
    #[error("this repository uses {what}, which cannot be read here; {remedy}")]
    Unsupported {
        /// The feature.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A branch stands where ours needs a folder.
    #[error(
        "a branch named `{blocking}` stands in the way of `{wanted}`; rename it (git branch -m {blocking} <other>) or set approved_branch in the policy"
    )]
    BranchBlocked {
        /// The branch that is there.
        blocking: String,
        /// The branch that is wanted.
        wanted: String,
    },
    /// The branch is not where the candidate was built.
    #[error(
        "{branch} moved while you were looking (expected {expected}, found {found}); nothing was decided, look again"
    )]
    Moved {
        /// Short name of the branch.
        branch: String,
        /// Where it should be, shortened.
        expected: String,
        /// Where it is, shortened, or `no branch`.
        found: String,
    },
    /// A commit that should be there is not.
    #[error("commit {0} is not in the repository any more")]
    Missing(CommitId),
    /// The person's own git configuration has no name or mail.
    #[error("your git configuration has no {0}; decisions carry your name: git config --global {0} \"...\"")]
    NoIdentity(&'static str),
    /// A path that must not be committed.
    #[error("the change holds a path that {0}; it cannot be committed")]
    BadPath(&'static str),
    /// A file of the repository could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// libgit2 said no.
    #[error("git: {0}")]
    Git(String),
}

impl From<git2::Error> for RepoError {
    fn from(error: git2::Error) -> Self {
        // libgit2's messages may quote names from the repository.
        Self::Git(crate::policy::text::Visible::of(error.message()).fit(300))
    }
}

impl RepoError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
