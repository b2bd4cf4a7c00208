//! Opens a repository, and answers queries that need no walk of its history.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::home::Home;
use super::places::Site;
use super::waiting::WorkGuard;
use super::{RepoError, commit_id};
use crate::disk::read_plain;
use crate::model::CommitId;

/// Size limit in bytes of files that name commits or paths.
const LARGEST_TEXT: u64 = 16 << 20;

/// The repository around a run directory. Cheap to open; not shared between threads.
pub struct Repo {
    pub(super) git: git2::Repository,
    work_tree: PathBuf,
    asked: Vec<PathBuf>,
    common_dir: PathBuf,
    prefix: String,
    site: Arc<Site>,
    pub(super) home: Option<Home>,
}

/// The state of HEAD.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadState {
    /// The commit; `None` in a repository without commits.
    pub commit: Option<CommitId>,
    /// Short name of the branch, also during a rebase or with a detached HEAD if git still knows it.
    pub branch: Option<String>,
    /// True if HEAD is detached.
    pub detached: bool,
}

/// Changes whenever the state that the observer reads has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepoStamp(Vec<(PathBuf, Option<(SystemTime, u64)>)>);

impl RepoStamp {
    /// True if only our own references differ: decisions, and the branch that they move.
    pub fn same_except_ours(&self, other: &Self, repo: &Repo, approved: &str) -> bool {
        let (own, ours) = (repo.own_dir(), repo.ours_dir());
        let approved = [format!("refs/heads/{approved}"), format!("logs/refs/heads/{approved}")];
        let is_ours = |path: &Path| path.starts_with(&own) || approved.iter().any(|name| path == ours.join(name));
        let theirs = |stamp: &'_ Self| stamp.0.iter().filter(|(path, _)| !is_ours(path)).cloned().collect::<Vec<_>>();
        theirs(self) == theirs(other)
    }
}

/// Returns the absolute path of a directory as the person named it, and its canonical path. The shell tracks the links
/// by which it reached the current directory.
fn names_of(dir: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::MetadataExt as _;
    let file = |path: &Path| path.metadata().map(|meta| (meta.dev(), meta.ino())).ok();
    let shell = std::env::var_os("PWD").map(PathBuf::from).filter(|path| path.is_absolute());
    let shell = shell.filter(|path| file(path).is_some() && file(path) == file(Path::new(".")));
    let named = match shell {
        Some(shell) if dir == Path::new(".") => shell,
        Some(shell) if dir.is_relative() => shell.join(dir),
        _ => std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()),
    };
    // The target of a name with `..` depends on links along the way; the person's intention does not.
    let mut plain = PathBuf::new();
    for part in named.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    let mut names = vec![plain];
    names.extend(dir.canonicalize().ok().filter(|own| *own != names[0]));
    names
}

impl Repo {
    /// Opens the repository that contains `dir`, with the person's data next to it.
    pub fn open(dir: &Path) -> Result<Self, RepoError> {
        Self::open_with(dir, None)
    }

    /// Opens the repository that contains `dir`, with the home from the person's configuration.
    pub fn open_with(dir: &Path, home: Option<&Path>) -> Result<Self, RepoError> {
        if !dir.exists() {
            return Err(RepoError::Gone(dir.to_owned()));
        }
        let around = Site::around(dir)?.map(Arc::new);
        let _working = around.as_ref().map(WorkGuard::on);
        around.as_ref().map_or(Ok(()), |site| site.refuse_waiting())?;
        // Check the owner of the requested path: a git directory elsewhere does not show who owns it.
        let none: [&Path; 0] = [];
        let git = git2::Repository::open_ext(dir, git2::RepositoryOpenFlags::CROSS_FS, none)
            .map_err(|error| classify(dir, &error))?;
        let work_tree = git.workdir().ok_or_else(|| RepoError::Bare(dir.to_owned()))?;
        let work_tree = work_tree.canonicalize().map_err(RepoError::io(work_tree))?;
        let common_dir = git.commondir().canonicalize().map_err(RepoError::io(git.commondir()))?;
        let asked = names_of(dir);
        let dir = dir.canonicalize().map_err(RepoError::io(dir))?;
        let below = dir.strip_prefix(&work_tree).map_err(|_| RepoError::Unsupported {
            what: "a core.worktree that points elsewhere",
            remedy: "check `git config core.worktree`; open the directory that it points to if you trust it",
        })?;
        let mut prefix = below.to_string_lossy().into_owned();
        if !prefix.is_empty() {
            prefix.push('/');
        }
        let site = Arc::new(Site { git_dir: git.path().to_owned(), common_dir: common_dir.clone() });
        let home = home.map(|home| Home::of(home, &common_dir)).transpose()?;
        let repo = Self { git, work_tree, asked, common_dir, prefix, site, home };
        repo.refuse_unsupported()?;
        repo.see_home()?;
        Ok(repo)
    }

    /// Returns the paths of the requested directory: as it was named, without resolving links, and canonical.
    pub fn requested_paths(&self) -> &[PathBuf] {
        &self.asked
    }

    /// Returns a second handle whose new objects stay in memory, for previews that write nothing.
    pub fn scratch(&self) -> Result<Self, RepoError> {
        let scratch = self.again()?;
        scratch.git.odb()?.add_new_mempack_backend(1000)?;
        Ok(scratch)
    }

    /// Opens the same repository again, without any cached state.
    pub(super) fn again(&self) -> Result<Self, RepoError> {
        let _working = self.begin_work();
        self.refuse_blocking()?;
        let home = match &self.home {
            None => None,
            Some(home) => Some(Home {
                directory: home.directory.clone(),
                git: home.git.as_ref().map(|git| git2::Repository::open_bare(git.path())).transpose()?,
            }),
        };
        let repo = Self {
            git: git2::Repository::open(self.git.path())?,
            work_tree: self.work_tree.clone(),
            asked: self.asked.clone(),
            common_dir: self.common_dir.clone(),
            prefix: self.prefix.clone(),
            site: Arc::clone(&self.site),
            home,
        };
        repo.see_home()?;
        Ok(repo)
    }

    /// Fails if the repository is gone, or at the first file that git would block on. Cheap if nothing changed.
    pub fn refuse_blocking(&self) -> Result<(), RepoError> {
        self.refuse_moved()?;
        self.site.refuse_waiting()?;
        let home = self.home.as_ref().and_then(|home| home.git.as_ref());
        home.map_or(Ok(()), |git| Site::of(git.path().to_owned())?.refuse_waiting())
    }

    /// Fails if the run directory or the repository was moved or deleted after it was opened. Writing would recreate
    /// its directories, and the repository could not be moved back.
    pub fn refuse_moved(&self) -> Result<(), RepoError> {
        let run_dir: PathBuf = self.work_tree.join(&self.prefix).components().collect();
        let heads = [&self.site.git_dir, &self.common_dir].map(|dir| dir.join("HEAD"));
        let mut places =
            [(&run_dir, &run_dir), (&self.site.git_dir, &heads[0]), (&self.common_dir, &heads[1])].into_iter();
        match places.find(|(_, sign)| sign.symlink_metadata().is_err()) {
            Some((gone, _)) => Err(RepoError::Gone(gone.clone())),
            None => Ok(()),
        }
    }

    /// Marks the beginning of work that may take long, so that a block on a FIFO is detected.
    pub fn begin_work(&self) -> WorkGuard {
        WorkGuard::on(&self.site)
    }

    fn refuse_unsupported(&self) -> Result<(), RepoError> {
        let config = self.git.config()?.snapshot()?;
        let extension = |name: &str| config.get_str(name).ok().map(str::to_ascii_lowercase);
        if extension("extensions.objectformat").is_some_and(|format| format != "sha1") {
            return Err(long_ids());
        }
        // Git reads this setting only from its own configuration, libgit2 also from included files.
        let has_reftable = self.common_dir.join("reftable").symlink_metadata().is_ok();
        if has_reftable || extension("extensions.refstorage").is_some_and(|storage| storage != "files") {
            return Err(reftable());
        }
        for directory in [&self.site.git_dir, &self.common_dir] {
            refuse_odd_head(&directory.join("HEAD"))?;
        }
        let grafts = self.common_dir.join("info/grafts");
        if std::fs::metadata(&grafts).is_ok_and(|file| file.len() > 0) {
            return Err(RepoError::Grafted);
        }
        if extension("extensions.partialclone").is_some() {
            return Err(RepoError::Unsupported {
                what: "a partial clone, whose objects may be missing",
                remedy: "fetch everything: git fetch --refetch --no-filter",
            });
        }
        Ok(())
    }

    /// Returns the absolute path of the work tree.
    pub fn work_tree(&self) -> &Path {
        &self.work_tree
    }

    /// True if the loop's repository has a branch with this short name. An invalid name does not count as missing.
    pub fn has_branch(&self, branch: &str) -> bool {
        let _working = self.begin_work();
        let name = format!("refs/heads/{branch}");
        !git2::Reference::is_valid_name(&name) || self.git.find_reference(&name).is_ok()
    }

    /// Returns the absolute path of the directory that all work trees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// Returns the path in a tree of a path below the run directory.
    pub fn tree_path(&self, below: &str) -> String {
        format!("{}{below}", self.prefix)
    }

    /// Returns the path of the run directory in a tree: empty, or ending in `/`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns a path in a tree relative to the run directory; `None` if it is outside of it.
    pub fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(self.prefix.as_str())
    }

    /// Returns the object directories of other repositories that this one borrows from.
    pub fn alternates(&self) -> Vec<String> {
        let text = small_text(&self.common_dir.join("objects/info/alternates"));
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
    }

    /// Returns the commits whose parents a shallow clone did not fetch; empty if the history is complete.
    pub fn shallow_edge(&self) -> std::collections::HashSet<CommitId> {
        let text = small_text(&self.common_dir.join("shallow"));
        text.lines().filter_map(|line| line.trim().parse().ok()).collect()
    }

    /// True for a partial clone, which may lack the contents of earlier commits.
    pub fn is_partial(&self) -> bool {
        let _working = self.begin_work();
        let Ok(config) = self.git.config().and_then(|mut config| config.snapshot()) else { return false };
        let Ok(mut entries) = config.entries(Some("^remote\\..*\\.promisor$")) else { return false };
        let mut partial = false;
        while let Some(Ok(entry)) = entries.next() {
            partial |= entry.value().is_ok_and(|value| value == "true");
        }
        partial
    }

    /// Returns the number of objects that `git replace` shows others for. Here the originals are read.
    pub fn replaced(&self) -> usize {
        let _working = self.begin_work();
        self.git.references_glob("refs/replace/*").map_or(0, Iterator::count)
    }

    /// Returns the state of HEAD.
    pub fn head(&self) -> HeadState {
        let _working = self.begin_work();
        let commit =
            self.git.head().ok().and_then(|head| head.peel_to_commit().ok()).map(|commit| commit_id(commit.id()));
        let git_dir = self.git.path();
        let detached = self.git.head_detached().unwrap_or(false);
        let branch = if detached {
            self.branch_before_detaching()
        } else {
            small_text(&git_dir.join("HEAD")).trim().strip_prefix("ref: refs/heads/").map(str::to_owned)
        };
        HeadState { commit, branch, detached }
    }

    /// Returns the branch that HEAD was on, from a rebase in progress or the reflog.
    fn branch_before_detaching(&self) -> Option<String> {
        let git_dir = self.git.path();
        for name in ["rebase-merge/head-name", "rebase-apply/head-name"] {
            let text = small_text(&git_dir.join(name));
            if !text.is_empty() {
                return text.trim().strip_prefix("refs/heads/").map(str::to_owned);
            }
        }
        let entries = super::reflog::read(&git_dir.join("logs/HEAD"));
        entries.iter().rev().find_map(|entry| {
            let moves = entry.message.strip_prefix("checkout: moving from ")?;
            let from = moves.split(" to ").next()?;
            self.git.find_branch(from, git2::BranchType::Local).ok().map(|_| from.to_owned())
        })
    }

    /// Returns a stamp of `HEAD`, the branches and the reflogs. Cheap: no object is read.
    pub fn stamp(&self) -> RepoStamp {
        let mut paths =
            vec![self.common_dir.join("packed-refs"), self.common_dir.join("shallow"), self.git.path().join("HEAD")];
        paths.extend(super::reflog::files(&self.common_dir));
        paths.push(self.own_dir().join("ledger.jsonl"));
        paths.push(self.own_dir().join("policy.yaml"));
        collect(&self.common_dir.join("refs/heads"), &mut paths, 0);
        if self.has_home() {
            collect(&self.ours_dir().join("refs/heads"), &mut paths, 0);
            paths.push(self.ours_dir().join("packed-refs"));
        }
        let stat = |path: &PathBuf| {
            let meta = std::fs::metadata(path).ok()?;
            Some((meta.modified().ok()?, meta.len()))
        };
        RepoStamp(paths.into_iter().map(|path| (path.clone(), stat(&path))).collect())
    }

    /// Returns the directories whose events indicate a change of HEAD, a branch or a reflog.
    pub fn watched_dirs(&self) -> Vec<PathBuf> {
        let mut directories = vec![self.common_dir.clone(), self.common_dir.join("logs"), self.own_dir()];
        if self.git.path() != self.common_dir {
            directories.push(self.git.path().to_owned());
            directories.push(self.git.path().join("logs"));
        }
        directories.retain(|directory| directory.is_dir());
        directories
    }

    /// Returns the path of a file in our own directory, after checking that neither the directory nor the file is a
    /// link.
    pub fn own_path(&self, name: &str) -> Result<PathBuf, RepoError> {
        let directory = self.own_dir();
        let path = directory.join(name);
        for checked in [&directory, &path] {
            if !crate::disk::is_plain(checked) {
                return Err(RepoError::Unsupported {
                    what: "a symlink, a pipe or a device in place of the countersign directory or a file in it",
                    remedy: "somebody created it: inspect it (ls -l .git/countersign, or in your `home`), then remove it",
                });
            }
        }
        Ok(path)
    }

    /// Fails if our files belong to another user, who can rewrite them, if they exist in two places, or if git would
    /// block on a file. Call it before taking a lock, under which nothing may block.
    pub fn refuse_foreign_owner(&self) -> Result<(), RepoError> {
        self.refuse_blocking()?;
        let directory = self.own_dir();
        let beside = self.common_dir.join("countersign/ledger.jsonl");
        if self.has_home() && beside.exists() && !directory.join("ledger.jsonl").exists() {
            return Err(RepoError::DecidedBeside(beside));
        }
        if self.ours_dir().join("objects").is_symlink() {
            return Err(RepoError::Unsupported {
                what: "a symlink in place of its objects directory",
                remedy: "somebody else could remove the objects: replace the link .git/objects by the directory itself",
            });
        }
        let mut places = vec![directory.clone()];
        places.extend(["ledger.jsonl", "policy.yaml", "lock"].map(|name| directory.join(name)));
        match places.into_iter().find_map(|path| Some((crate::disk::belongs_to_another(&path)?, path))) {
            Some((user, path)) => Err(RepoError::ForeignOwner { path, user }),
            None => Ok(()),
        }
    }
}

/// Returns the text of a small file of the repository; empty if it does not exist or is not a regular file.
pub(super) fn small_text(path: &Path) -> String {
    crate::disk::read_text(path, LARGEST_TEXT).unwrap_or_default()
}

fn collect(directory: &Path, out: &mut Vec<PathBuf>, depth: usize) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten().take(10_000) {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < 8 => collect(&entry.path(), out, depth + 1),
            Ok(kind) if kind.is_file() => out.push(entry.path()),
            _ => {}
        }
    }
}

/// Fails if git does not accept a directory with such a HEAD as a repository, and would search further up.
fn refuse_odd_head(path: &Path) -> Result<(), RepoError> {
    if path.is_symlink() {
        return Err(RepoError::Unsupported {
            what: "a symlink as HEAD (core.preferSymlinkRefs)",
            remedy: "git config core.preferSymlinkRefs false, then git symbolic-ref HEAD refs/heads/BRANCH",
        });
    }
    let text = match read_plain(path, 4096) {
        // libgit2 reports a missing HEAD elsewhere.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        read => read.map_err(RepoError::io(path))?,
    };
    let text = text.strip_suffix(b"\n").unwrap_or(&text);
    let is_commit = text.len() == 40 && text.iter().all(u8::is_ascii_hexdigit);
    let name = text.strip_prefix(b"ref: ").unwrap_or_default();
    let is_name = name.starts_with(b"refs/") && name.iter().all(|byte| byte.is_ascii_graphic() || !byte.is_ascii());
    if is_commit || is_name {
        return Ok(());
    }
    Err(RepoError::Unsupported {
        what: "a HEAD that git does not accept (it would use a repository further up instead)",
        remedy: "restore it as git writes it: `ref: refs/heads/BRANCH` in .git/HEAD",
    })
}

fn long_ids() -> RepoError {
    RepoError::Unsupported {
        what: "SHA-256 object ids",
        remedy: "clone it into a repository made with --object-format=sha1",
    }
}

fn reftable() -> RepoError {
    RepoError::Unsupported {
        what: "reftable for its references",
        remedy: "convert it: git refs migrate --ref-format=files",
    }
}

fn classify(dir: &Path, error: &git2::Error) -> RepoError {
    let message = error.message();
    if error.code() == git2::ErrorCode::NotFound {
        return RepoError::NotARepository(dir.to_owned());
    }
    if error.code() == git2::ErrorCode::Owner {
        return RepoError::Unsupported {
            what: "files that belong to another user",
            remedy: "if you trust it: git config --global --add safe.directory <path of the work tree>",
        };
    }
    if message.contains("refstorage") || message.contains("reftable") {
        return reftable();
    }
    if message.contains("objectformat") || message.contains("object format") {
        return long_ids();
    }
    if message.contains("unsupported extension") {
        return RepoError::Unsupported {
            what: "a repository extension that libgit2 does not know",
            remedy: "see `git config --get-regexp ^extensions` and turn it off in a clone",
        };
    }
    RepoError::Git(crate::policy::text::Visible::of(message).fit(300))
}
