//! What can go wrong with a repository, and what to do about it.

use std::path::PathBuf;

use crate::model::CommitId;

/// An error of the repo room. Messages hold no text from the repository itself.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    /// No repository around the run directory.
    #[error("{0} is not in a git work tree; changes cannot be judged or approved there")]
    NotARepository(PathBuf),
    /// What was opened is not in its place any more.
    #[error(
        "{0} is gone: it was moved or deleted; nothing is written here. Put it back, or leave and open it where it is now"
    )]
    Gone(PathBuf),
    /// A repository without a work tree.
    #[error("{0} is a bare repository; name the work tree the loop runs in")]
    Bare(PathBuf),
    /// Somebody gave commits other parents, and libgit2 believes it.
    #[error(
        "info/grafts makes git show other parents than commits have: nothing is read here; look at .git/info/grafts, then remove it: rm .git/info/grafts"
    )]
    Grafted,
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
    /// A reference that git and libgit2 may not read alike.
    #[error(
        "{name} {what}, so git may show another commit than the one that was approved: take it away (rm, or git symbolic-ref -d), then countersign restore"
    )]
    OddReference {
        /// Its full name.
        name: String,
        /// What is odd about it.
        what: String,
    },
    /// The branch is another name for one that anybody may move.
    #[error(
        "{branch} is a symbolic reference: it follows another branch, which anybody may move; take it away (git --git-dir={git_dir} symbolic-ref -d refs/heads/{branch}), then put the branch back (countersign restore)", git_dir = shell_words::quote(&.git_dir.to_string_lossy())
    )]
    Symbolic {
        /// Short name of the branch.
        branch: String,
        /// The repository that has it.
        git_dir: PathBuf,
    },
    /// An object that was approved, or that something approved stands on, is not there.
    #[error(
        "object {0} is missing here: bring it back from a backup of .git, or from a clone that has it (git fetch --refetch --no-filter CLONE BRANCH)"
    )]
    Lost(String),
    /// A commit that should be there is not.
    #[error("commit {0} is not in the repository any more")]
    Missing(CommitId),
    /// The person's own git configuration has no name or mail.
    #[error("your git configuration has no {0}; decisions carry your name: git config --global {0} \"...\"")]
    NoIdentity(&'static str),
    /// What is ours belongs to somebody else.
    #[error(
        "{path} belongs to another user (id {user}), who can rewrite it; decide as that user, or set `home` in your configuration to keep decisions elsewhere"
    )]
    ForeignOwner {
        /// The file or folder.
        path: PathBuf,
        /// Its owner.
        user: u32,
    },
    /// Decisions were made before there was a home.
    #[error(
        "this loop was decided before `home` was set: its ledger is {0}; take `home` out of your configuration to go on with it, or move that file away to begin anew"
    )]
    DecidedBeside(PathBuf),
    /// A value of the person's own git configuration that means nothing.
    #[error("{0} in your git configuration must be {1}")]
    BadSetting(&'static str, &'static str),
    /// The branch and the pins are collected as garbage right now.
    #[error(
        "git gc is collecting garbage in this repository ({by}, says {path}); nothing was decided, try again when it is done. If none runs there, remove that file, which counts for nothing 12 hours after it was written"
    )]
    Collecting {
        /// Git's own file for it.
        path: PathBuf,
        /// The process, in words.
        by: String,
    },
    /// A file that would be waited for, or is no file of its kind.
    #[error("{path} {what}: it is not opened, and nothing is decided; look at it (ls -l), then remove it", path = .path.display())]
    Waits {
        /// Its place.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A pin, which keeps an experiment from being collected as garbage, cannot be made.
    #[error("{path} {what}: look at it, then remove it", path = .path.display())]
    NoPin {
        /// What stands in the way.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// Another process updates the branch, or left its lock when it was killed.
    #[error(
        "{0} is there: another git process moves the branch, or was killed while it did; nothing was decided. If none runs, remove that file"
    )]
    Locked(PathBuf),
    /// The loop works on the branch that only decisions may move.
    #[error("the loop's own work tree has {0} checked out; put it back on its branch before deciding")]
    CheckedOut(String),
    /// Another work tree is on it, and would take back what is approved with its next commit.
    #[error(
        "{place} has {branch} checked out and would fall behind; there: git checkout --detach, and after deciding: git checkout --detach {branch}", place = .place.display()
    )]
    CheckedOutIn {
        /// Short name of the branch.
        branch: String,
        /// The work tree.
        place: PathBuf,
    },
    /// A commit of ours lost objects while it was being made.
    #[error(
        "objects of the new commit vanished while it was made (is `git prune` running?); nothing was decided, try again"
    )]
    Vanished,
    /// A path that must not be committed.
    #[error("the change holds a path that {0}; it cannot be committed")]
    BadPath(&'static str),
    /// More than is read on a person's behalf.
    #[error("{0}: too large to judge automatically; look at it with git, and ask for a smaller change")]
    TooMuch(&'static str),
    /// A name that means no commit.
    #[error("`{0}` names no commit here")]
    NoSuchCommit(String),
    /// A patch that does not fit its base.
    #[error("change.patch, line {line}: {what}")]
    Unfit {
        /// Line of the patch, from 1; 0 when it is about a whole file.
        line: usize,
        /// What does not fit.
        what: &'static str,
    },
    /// A proposal that names commits which are no change.
    #[error("{0}")]
    NoChange(&'static str),
    /// A file of the repository could not be read or written.
    #[error("{path}: {source}; {remedy}", remedy = crate::disk::remedy(source))]
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
        let said = crate::policy::text::Visible::of(error.message()).fit(300);
        let lost = said.strip_prefix("object not found").and_then(|rest| rest.split_once('('));
        if let Some((_, named)) = lost {
            return Self::Lost(named.trim_end_matches(')').to_owned());
        }
        if said.contains("2^16 parents") {
            return Self::NoChange("a commit with more than 65535 parents is not read here");
        }
        // It tells the system's errors in words only.
        let known = [
            ("No space left", std::io::ErrorKind::StorageFull),
            ("Disk quota", std::io::ErrorKind::QuotaExceeded),
            ("File too large", std::io::ErrorKind::FileTooLarge),
            ("Read-only file system", std::io::ErrorKind::ReadOnlyFilesystem),
            ("Permission denied", std::io::ErrorKind::PermissionDenied),
        ];
        let kind = known.iter().find(|(words, _)| said.contains(words)).map(|(_, kind)| *kind);
        // What could not be read may be what was waited for.
        let pipes = super::waiting::found();
        let pipe = pipes.iter().find(|path| path.symlink_metadata().is_ok());
        Self::Git(match (kind, pipe) {
            (Some(kind), _) => format!("{said}; {}", crate::disk::remedy(&kind.into())),
            (None, Some(pipe)) => format!("{said}; {} is a pipe: look at it, then remove it", pipe.display()),
            (None, None) => said,
        })
    }
}

impl RepoError {
    /// True when it says what is wrong with a change, and not with the repository or the disk.
    pub fn is_about_the_change(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::NoChange(_) | Self::Unfit { .. } | Self::BadPath(_) | Self::TooMuch(_))
    }

    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
