//! Objects that another repository lends, copied before the person's decision depends on them: whoever lends them can
//! take them away.

use std::collections::HashSet;
use std::path::Path;

use super::durable::write_pack;
use super::tree::{DEEPEST, TOO_DEEP};
use super::{Repo, RepoError, oid};
use crate::model::CommitId;

/// Commits below a pinned one that are copied, without their trees: the history still leads to them.
const MOST_COMMITS: usize = 10_000;
/// Objects that are copied at once.
const MOST_OBJECTS: usize = 1_000_000;

/// Copies commits with their whole trees, and the commits below them, into the repository that holds the pins, where it
/// only borrows them. They are on disk when this returns.
pub(super) fn keep_borrowed(repo: &Repo, commits: &[CommitId]) -> Result<(), RepoError> {
    if repo.has_home() || repo.lenders().is_empty() {
        return Ok(());
    }
    let objects = repo.ours_dir().join("objects");
    let mut copying = Copying { repo, own: Own::of(&objects)?, seen: HashSet::new(), lent: Vec::new() };
    for commit in commits {
        let found = repo.find_commit(oid(commit.as_bytes())?)?;
        copying.tree(found.tree_id(), DEEPEST)?;
    }
    let mut walk = repo.git.revwalk()?;
    for commit in commits {
        walk.push(oid(commit.as_bytes())?)?;
    }
    for id in walk.take(MOST_COMMITS) {
        copying.take(id?)?;
    }
    if copying.lent.is_empty() {
        return Ok(());
    }
    let mut pack = repo.git.packbuilder()?;
    for id in &copying.lent {
        pack.insert_object(*id, None)?;
    }
    write_pack(&mut pack, &objects)?;
    Ok(repo.git.odb()?.refresh()?)
}

/// What a repository holds itself.
struct Own<'a> {
    objects: &'a Path,
    packs: git2::Odb<'static>,
    /// A folder of objects that has the packs and names no lender: libgit2 would follow those.
    _view: tempfile::TempDir,
}

impl<'a> Own<'a> {
    fn of(objects: &'a Path) -> Result<Self, RepoError> {
        let view = tempfile::tempdir().map_err(RepoError::io("a temporary folder"))?;
        let link = view.path().join("pack");
        std::os::unix::fs::symlink(objects.join("pack"), &link).map_err(RepoError::io(&link))?;
        let packs = git2::Odb::new()?;
        let path = view.path().to_str().ok_or_else(|| RepoError::Git("TMPDIR is not UTF-8".to_owned()))?;
        packs.add_disk_alternate(path)?;
        Ok(Self { objects, packs, _view: view })
    }

    fn has(&self, id: git2::Oid) -> bool {
        let hex = id.to_string();
        self.objects.join(&hex[..2]).join(&hex[2..]).is_file() || self.packs.exists(id)
    }
}

struct Copying<'a> {
    repo: &'a Repo,
    own: Own<'a>,
    /// A folder that stands at a thousand places is looked into once.
    seen: HashSet<git2::Oid>,
    lent: Vec<git2::Oid>,
}

impl Copying<'_> {
    /// Notes an object; false for one that was noted before.
    fn take(&mut self, id: git2::Oid) -> Result<bool, RepoError> {
        if !self.seen.insert(id) {
            return Ok(false);
        }
        if self.seen.len() > MOST_OBJECTS {
            return Err(RepoError::TooMuch("it borrows a million objects from another repository"));
        }
        if !self.own.has(id) {
            self.lent.push(id);
        }
        Ok(true)
    }

    fn tree(&mut self, id: git2::Oid, deeper: usize) -> Result<(), RepoError> {
        let deeper = deeper.checked_sub(1).ok_or(TOO_DEEP)?;
        if !self.take(id)? {
            return Ok(());
        }
        for entry in &self.repo.find_tree(id)? {
            match entry.kind() {
                Some(git2::ObjectType::Tree) => self.tree(entry.id(), deeper)?,
                // A submodule's commit lives elsewhere.
                Some(git2::ObjectType::Commit) => {}
                _ => drop(self.take(entry.id())?),
            }
        }
        Ok(())
    }
}
