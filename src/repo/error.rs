//! Errors of a repository, with their remedies.

use std::path::PathBuf;

use crate::model::CommitId;

/// An error of the repo room. Messages contain no text from the repository itself.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    /// The run directory is not in a repository.
    #[error("{0} is not in a git work tree; changes cannot be reviewed or approved there")]
    NotARepository(PathBuf),
    /// The opened repository is no longer in its place.
    #[error(
        "{0} is gone: it was moved or deleted; nothing is written here. Move it back, or quit and open it at its new place"
    )]
    Gone(PathBuf),
    /// A repository without a work tree.
    #[error("{0} is a bare repository; name the work tree the loop runs in")]
    Bare(PathBuf),
    /// Somebody replaced the parents of commits, and libgit2 honours that.
    #[error(
        "info/grafts makes git show parents that the commits do not have; nothing is read here. Inspect .git/info/grafts, then remove it: rm .git/info/grafts"
    )]
    Grafted,
    /// A format that libgit2 cannot read.
    #[error("this repository uses {what}, which is not supported; {remedy}")]
    Unsupported {
        /// The feature.
        what: &'static str,
        /// The remedy.
        remedy: &'static str,
    },
    /// An existing branch blocks the directory that ours needs.
    #[error(
        "branch `{blocking}` blocks the name `{wanted}`; rename it (git branch -m {blocking} <other>) or set approved_branch in the policy"
    )]
    BranchBlocked {
        /// The existing branch.
        blocking: String,
        /// The branch to be created.
        wanted: String,
    },
    /// The branch is no longer at the tip that the candidate was built on.
    #[error(
        "{branch} moved since it was shown (expected {expected}, found {found}); nothing was decided, review it again"
    )]
    Moved {
        /// Short name of the branch.
        branch: String,
        /// The expected tip, shortened.
        expected: String,
        /// The actual tip, shortened, or `no branch`.
        found: String,
    },
    /// A reference that git and libgit2 may read differently.
    #[error(
        "{name} {what}, so git may show a different commit than the approved one: delete it (rm, or git symbolic-ref -d), then run countersign restore"
    )]
    OddReference {
        /// Its full name.
        name: String,
        /// The problem with it.
        what: String,
    },
    /// The branch is a symbolic reference to a branch that anybody may move.
    #[error(
        "{branch} is a symbolic reference to another branch, which anybody may move; delete it (git --git-dir={git_dir} symbolic-ref -d refs/heads/{branch}), then put the branch back (countersign restore)", git_dir = shell_words::quote(&.git_dir.to_string_lossy())
    )]
    Symbolic {
        /// Short name of the branch.
        branch: String,
        /// The repository that has it.
        git_dir: PathBuf,
    },
    /// An object that was approved, or that something approved depends on, is missing.
    #[error(
        "object {0} is missing: restore it from a backup of .git, or from a clone that has it (git fetch --refetch --no-filter CLONE BRANCH)"
    )]
    MissingObject(String),
    /// An expected commit is missing.
    #[error("commit {0} is no longer in the repository")]
    Missing(CommitId),
    /// The person's own git configuration has no name or mail.
    #[error("your git configuration has no {0}; decisions carry your name: git config --global {0} \"...\"")]
    NoIdentity(&'static str),
    /// A file of ours belongs to another user.
    #[error(
        "{path} belongs to another user (id {user}), who can rewrite it; decide as that user, or set `home` in your configuration to keep decisions elsewhere"
    )]
    ForeignOwner {
        /// The file or directory.
        path: PathBuf,
        /// Its owner.
        user: u32,
    },
    /// Decisions were made before `home` was set.
    #[error(
        "this loop was decided before `home` was set: its ledger is {0}; remove `home` from your configuration to continue it, or move that file away to start over"
    )]
    DecidedBeside(PathBuf),
    /// An invalid value in the person's own git configuration.
    #[error("{0} in your git configuration must be {1}")]
    BadSetting(&'static str, &'static str),
    /// Git is collecting garbage, which may remove the new objects.
    #[error(
        "git gc is collecting garbage in this repository ({by}, according to {path}); nothing was decided, try again when it is done. If none is running, remove that file; it is ignored 12 hours after it was written"
    )]
    Collecting {
        /// Git's own file for it.
        path: PathBuf,
        /// A description of the process.
        by: String,
    },
    /// A file that would block on opening, or is not of the expected kind.
    #[error("{path} {what}: it is not opened, and nothing was decided; inspect it (ls -l), then remove it", path = .path.display())]
    WouldBlock {
        /// Its path.
        path: PathBuf,
        /// The problem with it.
        what: &'static str,
    },
    /// A pin, which protects an experiment from garbage collection, cannot be made.
    #[error("{path} {what}: inspect it, then remove it", path = .path.display())]
    NoPin {
        /// The path in the way.
        path: PathBuf,
        /// The problem with it.
        what: &'static str,
    },
    /// Another process is updating the branch, or left its lock when it was killed.
    #[error(
        "{0} exists: another git process is moving the branch, or was killed while doing so; nothing was decided. If none is running, remove that file"
    )]
    Locked(PathBuf),
    /// The loop works on the branch that only decisions may move.
    #[error("the loop's own work tree has {0} checked out; switch it back to its own branch before deciding")]
    CheckedOut(String),
    /// Another work tree is on the branch, and its next commit would undo what is approved.
    #[error(
        "{place} has {branch} checked out and would fall behind; there: git checkout --detach, and after deciding: git checkout --detach {branch}", place = .place.display()
    )]
    CheckedOutIn {
        /// Short name of the branch.
        branch: String,
        /// The work tree.
        place: PathBuf,
    },
    /// A new commit lost objects while it was being made.
    #[error(
        "objects of the new commit vanished while it was being made (is `git prune` running?); nothing was decided, try again"
    )]
    Vanished,
    /// A path that must not be committed.
    #[error("the change has a path that {0}; it cannot be committed")]
    BadPath(&'static str),
    /// Exceeds a limit of automatic reading.
    #[error("{0}: too large to check automatically; inspect it with git, and request a smaller change")]
    TooLarge(&'static str),
    /// A name that does not resolve to a commit.
    #[error("`{0}` is not a commit in this repository")]
    NoSuchCommit(String),
    /// A patch that does not apply to its base.
    #[error("change.patch, line {line}: {what}")]
    PatchConflict {
        /// Line of the patch, from 1; 0 if it is about a whole file.
        line: usize,
        /// The problem.
        what: &'static str,
    },
    /// A proposal whose commits are not a change.
    #[error("{0}")]
    NoChange(&'static str),
    /// A file of the repository could not be read or written.
    #[error("{path}: {source}; {remedy}", remedy = crate::disk::remedy(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// An error of libgit2.
    #[error("git: {0}")]
    Git(String),
}

impl From<git2::Error> for RepoError {
    fn from(error: git2::Error) -> Self {
        // libgit2's messages may quote names from the repository.
        let message = crate::policy::text::Visible::of(error.message()).fit(300);
        let missing = message.strip_prefix("object not found").and_then(|rest| rest.split_once('('));
        if let Some((_, named)) = missing {
            return Self::MissingObject(named.trim_end_matches(')').to_owned());
        }
        if message.contains("2^16 parents") {
            return Self::NoChange("a commit with more than 65535 parents is not read here");
        }
        // libgit2 reports the system's errors only as text.
        let known = [
            ("No space left", std::io::ErrorKind::StorageFull),
            ("Disk quota", std::io::ErrorKind::QuotaExceeded),
            ("File too large", std::io::ErrorKind::FileTooLarge),
            ("Read-only file system", std::io::ErrorKind::ReadOnlyFilesystem),
            ("Permission denied", std::io::ErrorKind::PermissionDenied),
        ];
        let kind = known.iter().find(|(words, _)| message.contains(words)).map(|(_, kind)| *kind);
        // The failed read may be one that was blocked by a pipe.
        let pipes = super::pipes::found();
        let pipe = pipes.iter().find(|path| path.symlink_metadata().is_ok());
        Self::Git(match (kind, pipe) {
            (Some(kind), _) => format!("{message}; {}", crate::disk::remedy(&kind.into())),
            (None, Some(pipe)) => format!("{message}; {} is a pipe: inspect it, then remove it", pipe.display()),
            (None, None) => message,
        })
    }
}

impl RepoError {
    /// True if the error is about the change, not about the repository or the disk.
    pub fn is_about_change(&self) -> bool {
        matches!(
            self,
            Self::Missing(_) | Self::NoChange(_) | Self::PatchConflict { .. } | Self::BadPath(_) | Self::TooLarge(_)
        )
    }

    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
