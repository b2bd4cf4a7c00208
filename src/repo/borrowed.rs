//! Copies objects that are borrowed from another repository before the person's decision depends on them: whoever lends
//! them can remove them.

use std::collections::HashSet;
use std::path::Path;

use super::durable::write_pack;
use super::tree::{DEEPEST, TOO_DEEP};
use super::{Repo, RepoError, oid};
use crate::model::CommitId;

/// Maximum number of ancestors of a pinned commit that are copied, without their trees, so that the history still leads
/// to them.
const MOST_COMMITS: usize = 10_000;
/// Maximum number of objects that are copied at once.
const MOST_OBJECTS: usize = 1_000_000;

/// Copies borrowed commits with their trees, and their ancestors, into the repository that holds the pins. They are on
/// disk when this returns.
pub(super) fn keep_borrowed(repo: &Repo, commits: &[CommitId]) -> Result<(), RepoError> {
    if repo.has_home() || repo.alternates().is_empty() {
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
        copying.record(id?)?;
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

/// The objects that a repository has itself.
struct Own<'a> {
    objects: &'a Path,
    packs: git2::Odb<'static>,
    /// A temporary object directory with the packs but without lenders, which libgit2 would follow.
    _view: tempfile::TempDir,
}

impl<'a> Own<'a> {
    fn of(objects: &'a Path) -> Result<Self, RepoError> {
        let view = tempfile::tempdir().map_err(RepoError::io("a temporary directory"))?;
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
    /// Objects that were visited: a tree that occurs at a thousand places is read once.
    seen: HashSet<git2::Oid>,
    lent: Vec<git2::Oid>,
}

impl Copying<'_> {
    /// Records an object; false if it was recorded before.
    fn record(&mut self, id: git2::Oid) -> Result<bool, RepoError> {
        if !self.seen.insert(id) {
            return Ok(false);
        }
        if self.seen.len() > MOST_OBJECTS {
            return Err(RepoError::TooLarge("it borrows a million objects from another repository"));
        }
        if !self.own.has(id) {
            self.lent.push(id);
        }
        Ok(true)
    }

    fn tree(&mut self, id: git2::Oid, deeper: usize) -> Result<(), RepoError> {
        let deeper = deeper.checked_sub(1).ok_or(TOO_DEEP)?;
        if !self.record(id)? {
            return Ok(());
        }
        for entry in &self.repo.find_tree(id)? {
            match entry.kind() {
                Some(git2::ObjectType::Tree) => self.tree(entry.id(), deeper)?,
                // A submodule's commit is in another repository.
                Some(git2::ObjectType::Commit) => {}
                _ => drop(self.record(entry.id())?),
            }
        }
        Ok(())
    }
}
