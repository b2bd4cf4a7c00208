//! Whether the content of the approved branch is what its names say: every object is hashed from its own
//! bytes, read by code of our own.
//!
//! Git finds the right content by believing its files: it hashes nothing when it reads a pack, asks tables
//! (multi-pack-index, commit-graph) that name objects by number, and shows others where `refs/replace`,
//! `info/grafts` and `shallow` say so. An object may be there many times, and which copy git reads depends on times
//! and order. So every copy that git could come to read must hold, and every table must agree with it.

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

/// A name of an object.
type Id = [u8; 20];

/// Objects that are named of those that do not hold.
const MOST_NAMED: usize = 20;

/// Why a copy of an object does not hold.
#[derive(Clone, Debug)]
enum ObjectFault {
    /// It went away, or moved, since it was looked for.
    Gone,
    /// It is not what it should be, or cannot be read.
    Bad(String),
}

impl ObjectFault {
    fn bad(what: &str) -> Self {
        Self::Bad(what.to_owned())
    }

    fn io(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Gone,
            std::io::ErrorKind::UnexpectedEof => Self::bad("it ends too early"),
            _ => Self::Bad(format!("it cannot be read: {error}")),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Gone => "it came and went while it was read",
            Self::Bad(what) => what,
        }
    }
}

/// What a commit is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Commit {
    tree: Id,
    parents: Vec<Id>,
}

/// What is to be checked.
#[derive(Clone, Copy, Debug)]
pub struct Branch<'a> {
    /// Commits that the branch is at, or should be at.
    pub tips: &'a [CommitId],
    /// The commit that it began on, which nobody approved: its content is hashed too, as changes are shown
    /// against it.
    pub start: CommitId,
    /// The file that remembers what was hashed; `None` hashes everything and remembers nothing.
    pub memory: Option<&'a Path>,
    /// True when what is remembered is not believed.
    pub anew: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Objects of the branch.
    pub objects: usize,
    /// Copies of them that were hashed now; the others have not moved since they were.
    pub hashed: usize,
    /// What does not hold: commits first, then folders and files from the top down.
    pub objections: Vec<String>,
    /// What is worth knowing and is no objection.
    pub remarks: Vec<String>,
}

/// Hashes every object of a branch since its start. Reads what is on disk now, whatever was read before; with a home
/// that is the home's own repository. Writes nothing but its memory.
pub fn check_contents(repo: &Repo, branch: &Branch<'_>) -> Result<Contents, RepoError> {
    let folder = repo.ours_dir().join("objects");
    let objects = folder.canonicalize().map_err(RepoError::io(&folder))?;
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
        objections.push(format!("and {more} more objects do not hold"));
    }
    if folder.is_symlink() {
        objections
            .push(format!("{} is a link: all objects are somebody else's to take away", crate::disk::shown(&folder)));
    }
    objections.extend(disguises(repo, &walk));
    contents.objections = objections;
    if let Some(path) = branch.memory
        && let Err(error) = walk.seen.write(path)
    {
        let path = crate::disk::shown(path);
        contents
            .remarks
            .push(format!("what was hashed is not remembered, and is hashed again next time: {path}: {error}"));
    }
    Ok(contents)
}

/// What makes git show something else than the objects that are there.
fn disguises(repo: &Repo, walk: &Walk) -> Vec<String> {
    let mut found = Vec::new();
    if repo.ours().is_none() {
        return found;
    }
    match replaced::names(&repo.ours_dir()) {
        Err(trouble) => found.push(trouble),
        Ok(names) => {
            for (name, id) in names.iter().filter(|(_, id)| walk.has(id)) {
                found.push(format!("{name} makes git show another object in the place of {id}"));
            }
        }
    }
    if repo.ours_dir().join("info/grafts").symlink_metadata().is_ok() {
        found.push("info/grafts makes git show other parents than commits have".to_owned());
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
    for objects in walk.folders() {
        let graph = match Graph::open(&objects) {
            Ok(None) => continue,
            Ok(Some(graph)) => graph,
            Err((path, fault)) => {
                found.push(table(&path, &fault));
                continue;
            }
        };
        for (id, commit) in walk.commits() {
            match graph.told(id) {
                Ok(None) => {}
                Ok(Some(told)) if told == *commit => {}
                Ok(Some(_)) => {
                    let path = crate::disk::shown(&graph.path);
                    let id = hex(id);
                    found.push(format!(
                        "{path} makes git show another folder or other parents than commit {id} has: remove it"
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
    format!("{}: {}; remove it, git makes it anew", crate::disk::shown(path), fault.text())
}
