//! Opening a repository, and what can be told without walking it.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::home::Home;
use super::places::Site;
use super::waiting::Working;
use super::{RepoError, commit_id};
use crate::disk::read_plain;
use crate::model::CommitId;

/// Files that name commits or places, in bytes.
const LARGEST_TEXT: u64 = 16 << 20;

/// A repository around a run directory. Cheap to open; not shared between threads.
pub struct Repo {
    pub(super) git: git2::Repository,
    work_tree: PathBuf,
    asked: Vec<PathBuf>,
    common_dir: PathBuf,
    prefix: String,
    site: Arc<Site>,
    pub(super) home: Option<Home>,
}

/// Where HEAD is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadState {
    /// The commit; `None` in a repository without commits.
    pub commit: Option<CommitId>,
    /// Short name of the branch, also through a detached HEAD or a rebase where git still knows it.
    pub branch: Option<String>,
    /// True when HEAD names no branch now.
    pub detached: bool,
}

/// Changes whenever something the observer must look at again changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepoStamp(Vec<(PathBuf, Option<(SystemTime, u64)>)>);

impl RepoStamp {
    /// True when nothing differs but what is ours: decisions, and the branch that they move.
    pub fn same_beside_ours(&self, other: &Self, repo: &Repo, approved: &str) -> bool {
        let (own, ours) = (repo.own_folder(), repo.ours_dir());
        let approved = [format!("refs/heads/{approved}"), format!("logs/refs/heads/{approved}")];
        let is_ours = |path: &Path| path.starts_with(&own) || approved.iter().any(|name| path == ours.join(name));
        let theirs = |stamp: &'_ Self| stamp.0.iter().filter(|(path, _)| !is_ours(path)).cloned().collect::<Vec<_>>();
        theirs(self) == theirs(other)
    }
}

/// A directory by the name it was called, from the root on, and by its own. The shell remembers by which links it came to
/// where it is.
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
    // What a name with `..` leads to depends on links on the way; what the person means by it does not.
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
    /// Opens the repository that holds `dir`; what is the person's is kept beside it.
    pub fn open(dir: &Path) -> Result<Self, RepoError> {
        Self::open_with(dir, None)
    }

    /// Opens the repository that holds `dir`, with the home that the person's configuration names.
    pub fn open_with(dir: &Path, home: Option<&Path>) -> Result<Self, RepoError> {
        if !dir.exists() {
            return Err(RepoError::Gone(dir.to_owned()));
        }
        let around = Site::around(dir)?.map(Arc::new);
        let _working = around.as_ref().map(Working::on);
        around.as_ref().map_or(Ok(()), |site| site.refuse_waiting())?;
        // By the path that was asked for: a git directory elsewhere does not say whose it is.
        let none: [&Path; 0] = [];
        let git = git2::Repository::open_ext(dir, git2::RepositoryOpenFlags::CROSS_FS, none)
            .map_err(|error| classify(dir, &error))?;
        let work_tree = git.workdir().ok_or_else(|| RepoError::Bare(dir.to_owned()))?;
        let work_tree = work_tree.canonicalize().map_err(RepoError::io(work_tree))?;
        let common_dir = git.commondir().canonicalize().map_err(RepoError::io(git.commondir()))?;
        let asked = names_of(dir);
        let dir = dir.canonicalize().map_err(RepoError::io(dir))?;
        let below = dir.strip_prefix(&work_tree).map_err(|_| RepoError::Unsupported {
            what: "a core.worktree that leads elsewhere",
            remedy: "look at `git config core.worktree`; name the directory it leads to if you trust it",
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

    /// The directory that was asked for: as it was called, without following links, and as it is.
    pub fn asked(&self) -> &[PathBuf] {
        &self.asked
    }

    /// A second handle whose new objects stay in memory: for looking without writing.
    pub fn scratch(&self) -> Result<Self, RepoError> {
        let scratch = self.again()?;
        scratch.git.odb()?.add_new_mempack_backend(1000)?;
        Ok(scratch)
    }

    /// The same repository, opened anew: nothing that was read before is believed.
    pub(super) fn again(&self) -> Result<Self, RepoError> {
        let _working = self.working();
        self.refuse_waiting()?;
        let home = match &self.home {
            None => None,
            Some(home) => Some(Home {
                folder: home.folder.clone(),
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

    /// Fails where the repository is gone, or with the first file that git would wait for if it opened it. Cheap where
    /// nothing changed.
    pub fn refuse_waiting(&self) -> Result<(), RepoError> {
        self.refuse_gone()?;
        self.site.refuse_waiting()?;
        let home = self.home.as_ref().and_then(|home| home.git.as_ref());
        home.map_or(Ok(()), |git| Site::of(git.path().to_owned())?.refuse_waiting())
    }

    /// Fails where the run directory or the repository was moved or deleted after it was opened. What is written then
    /// makes its folders anew, and the repository cannot be moved back.
    pub fn refuse_gone(&self) -> Result<(), RepoError> {
        let run_dir: PathBuf = self.work_tree.join(&self.prefix).components().collect();
        let heads = [&self.site.git_dir, &self.common_dir].map(|dir| dir.join("HEAD"));
        let mut places =
            [(&run_dir, &run_dir), (&self.site.git_dir, &heads[0]), (&self.common_dir, &heads[1])].into_iter();
        match places.find(|(_, sign)| sign.symlink_metadata().is_err()) {
            Some((gone, _)) => Err(RepoError::Gone(gone.clone())),
            None => Ok(()),
        }
    }

    /// Work on it begins that may take long: where it waits for a pipe all the same, that is noticed.
    pub fn working(&self) -> Working {
        Working::on(&self.site)
    }

    fn refuse_unsupported(&self) -> Result<(), RepoError> {
        let config = self.git.config()?.snapshot()?;
        let extension = |name: &str| config.get_str(name).ok().map(str::to_ascii_lowercase);
        if extension("extensions.objectformat").is_some_and(|format| format != "sha1") {
            return Err(RepoError::Unsupported {
                what: "sha256 object ids",
                remedy: "clone it into a repository made with --object-format=sha1",
            });
        }
        // Git believes its own configuration alone in that, and libgit2 what is included, too.
        let has_reftable = self.common_dir.join("reftable").symlink_metadata().is_ok();
        if has_reftable || extension("extensions.refstorage").is_some_and(|storage| storage != "files") {
            return Err(reftable());
        }
        for folder in [&self.site.git_dir, &self.common_dir] {
            refuse_odd_head(&folder.join("HEAD"))?;
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

    /// Absolute path of the work tree.
    pub fn work_tree(&self) -> &Path {
        &self.work_tree
    }

    /// True when the loop's repository has a branch, by its short name. What is no name of a branch is not missing.
    pub fn has_branch(&self, branch: &str) -> bool {
        let _working = self.working();
        let name = format!("refs/heads/{branch}");
        !git2::Reference::is_valid_name(&name) || self.git.find_reference(&name).is_ok()
    }

    /// Absolute path of the directory that all work trees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// Path in a tree of a path below the run directory.
    pub fn tree_path(&self, below: &str) -> String {
        format!("{}{below}", self.prefix)
    }

    /// Where the run directory is in a tree: empty, or ending in `/`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A path in a tree, seen from the run directory; `None` when it lies elsewhere.
    pub fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(self.prefix.as_str())
    }

    /// Object folders of other repositories that this one borrows from.
    pub fn lenders(&self) -> Vec<String> {
        let text = small_text(&self.common_dir.join("objects/info/alternates"));
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
    }

    /// Commits whose parents a shallow clone did not fetch; empty where the history is whole.
    pub fn shallow_edge(&self) -> std::collections::HashSet<CommitId> {
        let text = small_text(&self.common_dir.join("shallow"));
        text.lines().filter_map(|line| line.trim().parse().ok()).collect()
    }

    /// True for a partial clone: contents of earlier commits may not have been fetched.
    pub fn is_partial(&self) -> bool {
        let _working = self.working();
        let Ok(config) = self.git.config().and_then(|mut config| config.snapshot()) else { return false };
        let Ok(mut entries) = config.entries(Some("^remote\\..*\\.promisor$")) else { return false };
        let mut partial = false;
        while let Some(Ok(entry)) = entries.next() {
            partial |= entry.value().is_ok_and(|value| value == "true");
        }
        partial
    }

    /// Objects that `git replace` shows others for. They are read as they are here.
    pub fn replaced(&self) -> usize {
        let _working = self.working();
        self.git.references_glob("refs/replace/*").map_or(0, Iterator::count)
    }

    /// Where HEAD is.
    pub fn head(&self) -> HeadState {
        let _working = self.working();
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

    /// What a rebase or the reflog remembers of the branch that HEAD was on.
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

    /// What `HEAD`, the branches and the reflogs look like now. Cheap: no object is read.
    pub fn stamp(&self) -> RepoStamp {
        let mut paths =
            vec![self.common_dir.join("packed-refs"), self.common_dir.join("shallow"), self.git.path().join("HEAD")];
        paths.extend(super::reflog::files(&self.common_dir));
        paths.push(self.own_folder().join("ledger.jsonl"));
        paths.push(self.own_folder().join("policy.yaml"));
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

    /// Folders whose events say that HEAD, a branch or a reflog moved.
    pub fn watched_folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.common_dir.clone(), self.common_dir.join("logs"), self.own_folder()];
        if self.git.path() != self.common_dir {
            folders.push(self.git.path().to_owned());
            folders.push(self.git.path().join("logs"));
        }
        folders.retain(|folder| folder.is_dir());
        folders
    }

    /// Path of a file in our own folder, with that folder checked: it must not be a link, and what it
    /// holds must not be one either.
    pub fn own_file(&self, name: &str) -> Result<PathBuf, RepoError> {
        let folder = self.own_folder();
        let path = folder.join(name);
        for checked in [&folder, &path] {
            if !crate::disk::is_plain(checked) {
                return Err(RepoError::Unsupported {
                    what: "a symbolic link, a pipe or a device in place of the countersign folder or a file in it",
                    remedy: "somebody put it there: look at it (ls -l .git/countersign, or your home for it), then remove it",
                });
            }
        }
        Ok(path)
    }

    /// Fails when what is ours belongs to another user, who can rewrite it, when there are two places
    /// of it, or when git would wait for a file: before a lock is taken, under which nobody may wait.
    pub fn refuse_foreign_owner(&self) -> Result<(), RepoError> {
        self.refuse_waiting()?;
        let folder = self.own_folder();
        let beside = self.common_dir.join("countersign/ledger.jsonl");
        if self.has_home() && beside.exists() && !folder.join("ledger.jsonl").exists() {
            return Err(RepoError::DecidedBeside(beside));
        }
        if self.ours_dir().join("objects").is_symlink() {
            return Err(RepoError::Unsupported {
                what: "a link in place of the folder of all objects",
                remedy: "they are somebody else's to take away: put the folder itself back in .git/objects",
            });
        }
        let mut places = vec![folder.clone()];
        places.extend(["ledger.jsonl", "policy.yaml", "lock"].map(|name| folder.join(name)));
        match places.into_iter().find_map(|path| Some((crate::disk::belongs_to_another(&path)?, path))) {
            Some((user, path)) => Err(RepoError::ForeignOwner { path, user }),
            None => Ok(()),
        }
    }
}

/// A small file of the repository; empty where it is not there, or is no such file.
pub(super) fn small_text(path: &Path) -> String {
    crate::disk::read_text(path, LARGEST_TEXT).unwrap_or_default()
}

fn collect(folder: &Path, out: &mut Vec<PathBuf>, depth: usize) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten().take(10_000) {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < 8 => collect(&entry.path(), out, depth + 1),
            Ok(kind) if kind.is_file() => out.push(entry.path()),
            _ => {}
        }
    }
}

/// Fails where git takes no folder with such a HEAD for a repository, and looks for another one further up.
fn refuse_odd_head(path: &Path) -> Result<(), RepoError> {
    if path.is_symlink() {
        return Err(RepoError::Unsupported {
            what: "a link for HEAD (core.preferSymlinkRefs)",
            remedy: "git config core.preferSymlinkRefs false, then git symbolic-ref HEAD refs/heads/BRANCH",
        });
    }
    let text = match read_plain(path, 4096) {
        // What a libgit2 without it says is said elsewhere.
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
        remedy: "put it back as git writes it: `ref: refs/heads/BRANCH` in .git/HEAD",
    })
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
        return RepoError::Unsupported {
            what: "sha256 object ids",
            remedy: "clone it into a repository made with --object-format=sha1",
        };
    }
    if message.contains("unsupported extension") {
        return RepoError::Unsupported {
            what: "a repository extension that libgit2 does not know",
            remedy: "see `git config --get-regexp ^extensions` and turn it off in a clone",
        };
    }
    RepoError::Git(crate::policy::text::Visible::of(message).fit(300))
}
