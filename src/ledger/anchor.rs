//! The anchor: what the person's own directory remembers of a ledger, so that a cut-off end, appended lines and a
//! replaced ledger are noticed.
//!
//! An anchor is prepared with the hash of a record before the record is appended, and closed afterwards: a line without
//! a prepared anchor is nobody's decision.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::place::is_own;
use super::{GENESIS, LedgerError, LedgerPlace, LoopKey, line_hash};
use crate::disk::{read_plain, replace};

/// Maximum number of anchors that are read if a ledger is not the expected one.
const MOST_ANCHORS: usize = 10_000;
/// Size limit of an anchor in bytes.
const LONGEST: u64 = 1 << 20;
/// Maximum number of work trees that an anchor remembers.
const MOST_TREES: usize = 2000;

/// A record, by number and hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Its sequence number.
    pub seq: u64,
    /// The hash of its line.
    pub hash: String,
}

/// The remembered state of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Identity of the ledger; empty in anchors from before ledgers had one.
    #[serde(default)]
    pub id: String,
    /// Absolute path of the ledger.
    pub ledger: String,
    /// Root commit of the repository's history; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Work trees of its loops, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub work_trees: Vec<String>,
    /// Run directories of its loops that are subdirectories of work trees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<String>,
    /// Work trees that belong to another ledger now, as a person stated.
    #[serde(rename = "let_go", default, skip_serializing_if = "Vec::is_empty")]
    pub released_work_trees: Vec<String>,
    /// Its last sequence number.
    pub seq: u64,
    /// The hash of its last line.
    pub hash: String,
    /// The record that is being appended; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Mark>,
}

impl Anchor {
    /// Returns the anchor of a ledger without records.
    pub fn of_new(ledger: &Path) -> Self {
        Self {
            id: String::new(),
            ledger: ledger.to_string_lossy().into_owned(),
            root: None,
            work_trees: Vec::new(),
            runs: Vec::new(),
            released_work_trees: Vec::new(),
            seq: 0,
            hash: GENESIS.to_owned(),
            next: None,
        }
    }

    /// Replaces work trees, and those below them, by their new paths.
    pub fn move_trees(&mut self, from: &str, to: &str) {
        for tree in self.work_trees.iter_mut().chain(&mut self.runs) {
            let below = tree.strip_prefix(from).filter(|below| below.is_empty() || below.starts_with('/'));
            if let Some(below) = below {
                *tree = format!("{to}{below}");
            }
        }
    }

    /// Remembers the place of a loop.
    pub fn add_place(&mut self, key: &LoopKey) {
        self.released_work_trees.retain(|tree| *tree != key.work_tree);
        remember(&mut self.work_trees, &key.work_tree);
        if let Some(run) = key.run().filter(|run| *run != key.work_tree) {
            self.released_work_trees.retain(|tree| *tree != run);
            remember(&mut self.runs, &run);
        }
    }

    /// Returns work trees and run directories: the places from which a person may refer to this ledger.
    pub fn places(&self) -> impl Iterator<Item = &String> {
        self.work_trees.iter().chain(&self.runs)
    }
}

/// Appends a place to a list. The first one stays first and is never dropped, however many follow; of the others,
/// places that no longer exist are dropped first.
fn remember(known: &mut Vec<String>, place: &str) {
    if known.first().is_some_and(|first| first == place) || known.last().is_some_and(|last| last == place) {
        return;
    }
    known.retain(|known| known != place);
    known.push(place.to_owned());
    if known.len() > MOST_TREES {
        let gone = known.iter().skip(1).position(|tree| !Path::new(tree).exists()).unwrap_or_default();
        known.remove(gone + 1);
    }
}

/// The anchors of a person, below their state directory.
#[derive(Clone, Debug)]
pub struct Anchors(PathBuf);

impl Anchors {
    /// Returns the anchors below a state directory.
    pub fn below(state: &Path) -> Self {
        Self(state.join("anchors"))
    }

    /// Returns the file of a ledger's anchor.
    pub fn path(&self, id: &str) -> PathBuf {
        self.0.join(format!("{}.json", id.get(..32).unwrap_or(id)))
    }

    /// Returns the anchor of a ledger by its identity; `None` if it does not exist.
    pub fn of(&self, id: &str) -> Result<Option<Anchor>, LedgerError> {
        read(&self.path(id))
    }

    /// Returns the anchor that an earlier version filed by the ledger's path.
    pub fn by_path(&self, ledger: &Path) -> Result<Option<Anchor>, LedgerError> {
        read(&self.of_path(ledger))
    }

    /// Returns the path of a file about this ledger among the anchors, derived from the ledger's path, not its identity.
    pub fn of_path(&self, ledger: &Path) -> PathBuf {
        self.0.join(format!("{}.json", &line_hash(ledger.to_string_lossy().as_bytes())[..16]))
    }

    /// Returns all readable anchors, in no particular order.
    pub fn all(&self) -> Result<Vec<Anchor>, LedgerError> {
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(LedgerError::io(&self.0)(error)),
        };
        let paths =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "json"));
        // A damaged anchor does not hide the others: it is an error only for its own ledger.
        Ok(paths.take(MOST_ANCHORS).filter_map(|path| read(&path).ok().flatten()).collect())
    }

    /// Writes an anchor atomically. It is on disk when this returns.
    pub fn write(&self, anchor: &Anchor) -> Result<(), LedgerError> {
        let path = self.path(&anchor.id);
        let is_new = !path.exists();
        let bytes = serde_json::to_vec(anchor).map_err(|error| LedgerError::io(&path)(error.into()))?;
        replace(&path, &bytes).map_err(|source| LedgerError::Anchor { path: path.clone(), source })?;
        if is_new {
            let old = self.of_path(Path::new(&anchor.ledger));
            match std::fs::remove_file(&old) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(LedgerError::io(&old)(error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Records that the work trees of a place belong to another ledger from now on.
    pub fn let_go(&self, anchor: &Anchor, place: &LedgerPlace<'_>) -> Result<(), LedgerError> {
        let mut anchor = anchor.clone();
        for places in [&mut anchor.work_trees, &mut anchor.runs] {
            let (gone, stay) = places.drain(..).partition::<Vec<_>, _>(|tree| is_own(tree, place));
            *places = stay;
            anchor.released_work_trees.extend(gone);
        }
        if !anchor.released_work_trees.iter().any(|tree| tree == place.work_tree) {
            anchor.released_work_trees.push(place.work_tree.to_owned());
        }
        self.write(&anchor)
    }

    /// Deletes the anchor of a ledger that a person left for another.
    pub fn forget(&self, anchor: &Anchor) -> Result<(), LedgerError> {
        let path = if anchor.id.is_empty() { self.of_path(Path::new(&anchor.ledger)) } else { self.path(&anchor.id) };
        let left = path.with_extension("left");
        std::fs::rename(&path, &left).map_err(LedgerError::io(&path))
    }
}

fn read(path: &Path) -> Result<Option<Anchor>, LedgerError> {
    let bytes = match read_plain(path, LONGEST) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LedgerError::io(path)(error)),
    };
    // A malformed anchor counts as missing: the person is asked, and the next record replaces it.
    Ok(serde_json::from_slice(&bytes).ok())
}
