//! Verifies the content of the approved branch: every object is hashed from its own bytes, with code of our own.
//!
//! Git trusts its files: it hashes nothing when it reads a pack, uses tables (multi-pack-index, commit-graph) that name
//! objects by number, and shows other objects where `refs/replace`, `info/grafts` and `shallow` tell it to. An object
//! may exist many times, and which copy git reads depends on times and order. Therefore every copy that git could read
//! must match, and every table must agree with it.

mod bases;
mod delta;
mod graph;
mod hash;
mod index;
mod inflate;
mod names;
mod parse;
mod read;
mod replaced;
mod seen;
mod settled;
mod source;
mod store;
mod walk;

use std::path::Path;

use super::{Repo, RepoError};
use crate::model::{CommitId, hex};
use graph::Graph;
use seen::ObjectMemory;
use walk::Walk;

/// The name of an object.
type Id = [u8; 20];

/// Maximum number of invalid objects that are listed.
const MOST_NAMED: usize = 20;

/// The reason why a copy of an object is invalid.
#[derive(Clone, Debug)]
enum ObjectFault {
    /// It was removed or moved since it was found.
    Gone,
    /// Its content is wrong, or cannot be read.
    Bad(String),
}

impl ObjectFault {
    fn bad(what: &str) -> Self {
        Self::Bad(what.to_owned())
    }

    fn beyond_end() -> Self {
        Self::bad("it points beyond its end")
    }

    fn ends_early() -> Self {
        Self::bad("it ends too early")
    }

    fn io(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Gone,
            std::io::ErrorKind::UnexpectedEof => Self::ends_early(),
            _ => Self::Bad(format!("it cannot be read: {error}")),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Gone => "it kept changing while it was read",
            Self::Bad(what) => what,
        }
    }
}

/// The contents of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Commit {
    tree: Id,
    parents: Vec<Id>,
}

/// The branch to check.
#[derive(Clone, Copy, Debug)]
pub struct Branch<'a> {
    /// Commits that the branch is at, or should be at.
    pub tips: &'a [CommitId],
    /// The commit that it began on, which nobody approved: its content is hashed too, because changes are shown against
    /// it.
    pub start: CommitId,
    /// The cache file of hashed objects; `None` hashes everything and caches nothing.
    pub memory: Option<&'a Path>,
    /// True to ignore the cache.
    pub anew: bool,
}

/// The result of a check.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Number of objects of the branch.
    pub objects: usize,
    /// Number of object copies hashed now; the others are unchanged since they were hashed.
    pub hashed: usize,
    /// Failed checks: commits first, then trees and files from the top down.
    pub objections: Vec<String>,
    /// Remarks that are not objections.
    pub remarks: Vec<String>,
}

/// Hashes every object of a branch since its start. Reads the current state on disk, whatever was read before; with a
/// home, the home's own repository. Writes only its cache.
pub fn check_contents(repo: &Repo, branch: &Branch<'_>) -> Result<Contents, RepoError> {
    let directory = repo.ours_dir().join("objects");
    let objects = directory.canonicalize().map_err(RepoError::io(&directory))?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now_ns = now.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX));
    let seen = ObjectMemory::read(branch.memory.filter(|_| !branch.anew), now_ns);
    let mut walk = Walk::begin(&objects, seen, now_ns);
    let tips: Vec<Id> = branch.tips.iter().map(|tip| *tip.as_bytes()).collect();
    walk.all(&tips, branch.start.as_bytes());
    let mut contents = Contents { objects: walk.count(), hashed: walk.hashed, ..Contents::default() };
    let mut objections = walk.objections();
    let more = objections.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        objections.truncate(MOST_NAMED);
        objections.push(format!("and {more} more invalid objects"));
    }
    if directory.is_symlink() {
        objections
            .push(format!("{} is a symlink: somebody else can remove all objects", crate::disk::shown(&directory)));
    }
    objections.extend(disguises(repo, &walk));
    contents.objections = objections;
    if let Some(path) = branch.memory
        && let Err(error) = walk.seen.write(path)
    {
        let path = crate::disk::shown(path);
        contents.remarks.push(format!(
            "the cache of hashed objects could not be written, so they are hashed again next time: {path}: {error}"
        ));
    }
    Ok(contents)
}

/// Returns the settings that make git show something other than the existing objects.
fn disguises(repo: &Repo, walk: &Walk) -> Vec<String> {
    let mut found = Vec::new();
    if repo.ours().is_none() {
        return found;
    }
    match replaced::names(&repo.ours_dir()) {
        Err(trouble) => found.push(trouble),
        Ok(names) => {
            for (name, id) in names.iter().filter(|(_, id)| walk.has(id)) {
                found.push(format!("{name} makes git show a different object in place of {id}"));
            }
        }
    }
    if repo.ours_dir().join("info/grafts").symlink_metadata().is_ok() {
        found.push("info/grafts makes git show parents that the commits do not have".to_owned());
    }
    match store::read_small(&repo.ours_dir().join("shallow")) {
        Err(ObjectFault::Gone) => {}
        Err(fault) => found.push(format!("shallow: {}", fault.text())),
        Ok(text) => {
            let text = String::from_utf8_lossy(&text).into_owned();
            let cut = text.lines().map(str::trim).find(|line| walk.is_commit(line));
            found.extend(cut.map(|id| format!("shallow makes git show no parents of commit {id}")));
        }
    }
    for objects in walk.directories() {
        let graph = match Graph::open(&objects) {
            Ok(None) => continue,
            Ok(Some(graph)) => graph,
            Err((path, fault)) => {
                found.push(table(&path, &fault));
                continue;
            }
        };
        for (id, commit) in walk.commits() {
            match graph.find(id) {
                Ok(None) => {}
                Ok(Some(listed)) if listed == *commit => {}
                Ok(Some(_)) => {
                    let path = crate::disk::shown(&graph.path);
                    let id = hex(id);
                    found.push(format!(
                        "{path} makes git show a different tree or different parents than commit {id} has: remove it"
                    ));
                    break;
                }
                Err(fault) => {
                    found.push(table(&graph.path, &fault));
                    break;
                }
            }
        }
    }
    found
}

fn table(path: &Path, fault: &ObjectFault) -> String {
    format!("{}: {}; remove it, git rebuilds it", crate::disk::shown(path), fault.text())
}
