//! Walks from the commits of the branch down to every file of them, each object once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::hash::ObjectKind;
use super::read::ObjectReader;
use super::seen::{ObjectMemory, Whole};
use super::settled::Settled;
use super::store::{ObjectPlace, ObjectStore};
use super::{Commit, Id, ObjectFault, parse};
use crate::disk::shown;
use crate::model::hex;

/// Maximum number of objects; more would not fit in memory.
const MOST_OBJECTS: usize = 5_000_000;
/// Number of times the store is listed again if an object is missing: git may just have packed it.
const MOST_LOOKS: usize = 3;

/// Problems in the order in which they are reported: by part, depth, name.
type Problems = BTreeMap<(u8, u32, Id), Vec<String>>;

pub(super) struct Walk {
    objects: PathBuf,
    store: ObjectStore,
    reader: ObjectReader,
    pub(super) seen: ObjectMemory,
    settled: Settled,
    /// Each visited object, with an object that names it; a commit names itself.
    met: HashMap<Id, Id>,
    /// The parsed commits since the start.
    commits: BTreeMap<Id, Commit>,
    /// The start itself.
    start: Option<(Id, Commit)>,
    /// All objects except commits, in the order of the walk, and whether each is approved.
    listed: Vec<(Id, ObjectKind, bool)>,
    found: Problems,
    looks: usize,
    /// Number of copies that were hashed.
    pub(super) hashed: usize,
    is_too_much: bool,
    troubles: std::collections::BTreeSet<String>,
}

/// A part of the branch: the approved commits, or the start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BranchPart {
    Approved,
    Start,
}

impl Walk {
    pub(super) fn begin(objects: &Path, seen: ObjectMemory, now_ns: i64) -> Self {
        Self {
            objects: objects.to_owned(),
            store: ObjectStore::look(objects),
            reader: ObjectReader::new(),
            seen,
            settled: Settled::at(now_ns),
            met: HashMap::new(),
            commits: BTreeMap::new(),
            start: None,
            listed: Vec::new(),
            found: Problems::new(),
            looks: 0,
            hashed: 0,
            is_too_much: false,
            troubles: std::collections::BTreeSet::new(),
        }
    }

    /// Checks everything from `tips` down to `start`, including `start`.
    pub(super) fn all(&mut self, tips: &[Id], start: &Id) {
        let trees = self.above(tips, start);
        let known = self.seen.whole().filter(|whole| self.is_part_of_this(whole, start));
        let known = known.filter(|whole| self.still_holds(whole)).map(|whole| whole.objects).unwrap_or_default();
        let (approved, only_start): (Vec<_>, Vec<_>) = known.into_iter().partition(|(_, _, is_approved)| *is_approved);
        self.take_known(&approved);
        self.contents(trees, BranchPart::Approved);
        self.take_known(&only_start);
        if let Some(commit) = self.commit(start, BranchPart::Start) {
            self.contents(vec![(commit.tree, *start)], BranchPart::Start);
            self.start = Some((*start, commit));
        }
        let holds = self.found.is_empty() && !self.is_too_much && self.troubles.is_empty();
        let holds = holds && self.store.troubles.borrow().is_empty();
        let whole = holds.then(|| {
            let mut objects = std::mem::take(&mut self.listed);
            objects.sort_unstable_by_key(|(id, ..)| *id);
            Whole { start: *start, tips: tips.to_vec(), objects }
        });
        self.seen.set_whole(whole);
    }

    /// True if everything that was valid before is on the branch as it is now.
    fn is_part_of_this(&self, whole: &Whole, start: &Id) -> bool {
        let is_here = |tip: &Id| tip == start || self.commits.contains_key(tip);
        self.found.is_empty() && whole.start == *start && whole.tips.iter().all(is_here)
    }

    /// Checks every copy that was valid before; no tree is read unless a file changed. If something is no longer valid,
    /// everything is walked to find its path.
    fn still_holds(&mut self, whole: &Whole) -> bool {
        let mut placed: Vec<_> =
            whole.objects.iter().map(|(id, kind, approved)| (self.store.copies(id), id, *kind, *approved)).collect();
        placed.sort_unstable_by(|one, other| one.0.first().cmp(&other.0.first()));
        for (places, id, kind, is_approved) in placed {
            let part = if is_approved { BranchPart::Approved } else { BranchPart::Start };
            if self.every_copy((id, kind), &places, (part, 0), false).is_err() || !self.found.is_empty() {
                self.found.clear();
                return false;
            }
        }
        true
    }

    fn take_known(&mut self, known: &[(Id, ObjectKind, bool)]) {
        for (id, kind, is_approved) in known {
            if self.met.insert(*id, *id).is_none() {
                self.listed.push((*id, *kind, *is_approved));
            }
        }
    }

    /// Checks the commits, and returns the tree of each.
    fn above(&mut self, tips: &[Id], start: &Id) -> Vec<(Id, Id)> {
        // With a linear history, commits older than the start need no check.
        let older =
            if tips.iter().all(|tip| self.is_one_line(tip, start)) { HashSet::new() } else { self.older(start) };
        let mut wanted: Vec<Id> = tips.to_vec();
        let mut trees = Vec::new();
        while let Some(id) = wanted.pop() {
            if id == *start || older.contains(&id) || self.commits.contains_key(&id) || self.met.contains_key(&id) {
                continue;
            }
            if let Some(commit) = self.commit(&id, BranchPart::Approved) {
                trees.push((commit.tree, id));
                wanted.extend(&commit.parents);
                self.commits.insert(id, commit);
            }
        }
        trees
    }

    fn is_one_line(&mut self, tip: &Id, start: &Id) -> bool {
        let mut at = *tip;
        for _ in 0..MOST_OBJECTS {
            if at == *start {
                return true;
            }
            match self.any(&at).map(|commit| commit.parents) {
                Some(parents) if parents.len() == 1 => at = parents[0],
                _ => return false,
            }
        }
        false
    }

    /// Returns the ancestors of the start, as far as they exist: a shallow clone has a boundary.
    fn older(&mut self, start: &Id) -> HashSet<Id> {
        let mut older = HashSet::new();
        let mut wanted = vec![*start];
        while let Some(id) = wanted.pop() {
            if older.len() < MOST_OBJECTS && older.insert(id) {
                wanted.extend(self.any(&id).map(|commit| commit.parents).unwrap_or_default());
            }
        }
        older
    }

    /// Returns a commit from the first copy whose content matches its name; the others are not reported.
    fn any(&mut self, id: &Id) -> Option<Commit> {
        self.store.copies(id).into_iter().find_map(|place| {
            let (found, _) = self.store.read(&mut self.reader, id, place, true).ok()?;
            let bytes = found.bytes.filter(|_| found.id == *id && found.kind == ObjectKind::Commit)?;
            parse::commit(&bytes)
        })
    }

    fn commit(&mut self, id: &Id, part: BranchPart) -> Option<Commit> {
        self.met.insert(*id, *id);
        let places = self.store.copies(id);
        let bytes = self.look((id, ObjectKind::Commit), places, (part, 0))?;
        let commit = parse::commit(&bytes);
        if commit.is_none() {
            self.object((part, 0), id, "it is not a commit that git can read".to_owned());
        }
        commit
    }

    /// Checks trees and everything below them, level by level, each level in the order on disk.
    fn contents(&mut self, trees: Vec<(Id, Id)>, part: BranchPart) {
        let mut level: Vec<(Id, ObjectKind)> = Vec::new();
        for (tree, commit) in trees {
            self.meet(&mut level, (tree, ObjectKind::Tree, commit), part);
        }
        let mut depth = 1;
        while !level.is_empty() && !self.is_too_much {
            let mut placed: Vec<(Vec<ObjectPlace>, Id, ObjectKind)> =
                level.drain(..).map(|(id, kind)| (self.store.copies(&id), id, kind)).collect();
            placed.sort_unstable_by(|one, other| one.0.first().cmp(&other.0.first()));
            let looks = self.looks;
            for (mut places, id, kind) in placed {
                if self.looks != looks {
                    places = self.store.copies(&id);
                }
                let Some(bytes) = self.look((&id, kind), places, (part, depth)) else { continue };
                let Some(entries) = parse::tree(&bytes) else {
                    self.object((part, depth), &id, "it is not a tree that git can read".to_owned());
                    continue;
                };
                for entry in entries {
                    if let Some(kind) = entry.kind {
                        self.meet(&mut level, (entry.id, kind, id), part);
                    }
                }
            }
            depth += 1;
        }
    }

    fn meet(&mut self, level: &mut Vec<(Id, ObjectKind)>, (id, kind, by): (Id, ObjectKind, Id), part: BranchPart) {
        if self.met.len() >= MOST_OBJECTS {
            self.is_too_much = true;
        } else if let std::collections::hash_map::Entry::Vacant(vacant) = self.met.entry(id) {
            vacant.insert(by);
            level.push((id, kind));
            self.listed.push((id, kind, part == BranchPart::Approved));
        }
    }

    /// Checks every copy of an object, and returns the content if it names other objects.
    fn look(
        &mut self,
        object: (&Id, ObjectKind),
        places: Vec<ObjectPlace>,
        at: (BranchPart, u32),
    ) -> Option<Rc<Vec<u8>>> {
        let mut places = places;
        loop {
            match self.every_copy(object, &places, at, object.1 != ObjectKind::Blob) {
                Ok(bytes) => return bytes,
                // Git may have packed it just now, or dropped the packs it was in.
                Err(()) if self.looks < MOST_LOOKS => {
                    self.looks += 1;
                    self.troubles.append(&mut self.store.troubles.borrow_mut());
                    self.store = ObjectStore::look(&self.objects);
                    // The packs are renumbered.
                    self.reader.forget();
                    places = self.store.copies(object.0);
                }
                Err(()) => {
                    self.object(at, object.0, "it is not in the repository".to_owned());
                    return None;
                }
            }
        }
    }

    /// Checks every copy once; fails if the object is missing.
    fn every_copy(
        &mut self,
        (id, kind): (&Id, ObjectKind),
        places: &[ObjectPlace],
        at: (BranchPart, u32),
        keep: bool,
    ) -> Result<Option<Rc<Vec<u8>>>, ()> {
        let mut bytes = None;
        let mut wrong = Vec::new();
        for place in places {
            match self.copy(id, kind, *place, keep && bytes.is_none()) {
                Ok(read) => bytes = bytes.or(read),
                Err(ObjectFault::Gone) => return Err(()),
                Err(ObjectFault::Bad(what)) => wrong.push(format!("{}: {what}", shown(&self.store.path(id, *place)))),
            }
        }
        let Some(first) = places.first() else { return Err(()) };
        if first.directory > 0 && at.0 == BranchPart::Approved {
            let lender = shown(self.store.directory(first.directory));
            wrong.push(format!(
                "it is borrowed from {lender} and is lost if that is removed: git repack -a -d copies it, then remove objects/info/alternates"
            ));
        }
        for what in wrong {
            self.object(at, id, what);
        }
        Ok(bytes)
    }

    fn copy(
        &mut self,
        id: &Id,
        kind: ObjectKind,
        place: ObjectPlace,
        keep: bool,
    ) -> Result<Option<Rc<Vec<u8>>>, ObjectFault> {
        let offset = place.packed.map_or(0, |(_, at)| at);
        let files = self.store.stamps(id, place)?;
        let is_known = self.seen.holds(id, files, offset);
        if is_known && !keep {
            return Ok(None);
        }
        // Before the file is read: later stores into it then show in its times.
        let paths = self.store.paths(id, place);
        let settled = paths.iter().zip(files).all(|(path, stamp)| self.settled.settle(path, stamp));
        let (found, files) = self.store.read(&mut self.reader, id, place, keep)?;
        if found.id != *id {
            return Err(ObjectFault::Bad(format!(
                "its content has a different name: it is {} {}",
                found.kind.word(),
                hex(&found.id)
            )));
        }
        if found.kind != kind {
            return Err(ObjectFault::Bad(format!("it is a {}, but is named as a {}", found.kind.word(), kind.word())));
        }
        if !is_known {
            self.hashed += 1;
            if settled {
                self.seen.keep(id, files, offset);
            }
        }
        Ok(found.bytes)
    }

    fn object(&mut self, (part, depth): (BranchPart, u32), id: &Id, what: String) {
        self.found.entry((part as u8, depth, *id)).or_default().push(what);
    }

    /// Returns the number of checked objects.
    pub(super) fn count(&self) -> usize {
        self.met.len()
    }

    pub(super) fn directories(&self) -> Vec<PathBuf> {
        self.store.directories().map(Path::to_owned).collect()
    }

    /// Returns the commits since the start, and the start.
    pub(super) fn commits(&self) -> impl Iterator<Item = (&Id, &Commit)> {
        self.commits.iter().chain(self.start.iter().map(|(id, commit)| (id, commit)))
    }

    pub(super) fn has(&self, id: &str) -> bool {
        parse::id(id.as_bytes()).is_some_and(|id| self.met.contains_key(&id))
    }

    pub(super) fn is_commit(&self, id: &str) -> bool {
        parse::id(id.as_bytes()).is_some_and(|id| self.commits.contains_key(&id))
    }

    /// Returns one message per invalid object, and the problems with the store's own tables.
    pub(super) fn objections(&mut self) -> Vec<String> {
        let mut messages = Vec::new();
        for ((_, _, id), wrong) in std::mem::take(&mut self.found) {
            let what = self.described(&id);
            messages.extend(wrong.into_iter().map(|why| format!("object {}{what}: {why}", hex(&id))));
        }
        self.troubles.append(&mut self.store.troubles.borrow_mut());
        messages.extend(std::mem::take(&mut self.troubles));
        if self.is_too_much {
            messages.push(format!("there are more than {MOST_OBJECTS} objects: the rest was not checked"));
        }
        messages
    }

    /// Describes which file of which commit an object is, if known.
    fn described(&mut self, id: &Id) -> String {
        let mut names = Vec::new();
        let mut at = *id;
        while let Some(by) = self.met.get(&at).copied() {
            if by == at {
                let commit = &hex(&at)[..7];
                let path = names.iter().rev().map(String::as_str).collect::<Vec<_>>().join("/");
                return match (path.is_empty(), at == *id) {
                    (_, true) => " (a commit)".to_owned(),
                    (true, false) => format!(" (all files of commit {commit})"),
                    (false, false) => format!(" ({path} of commit {commit})"),
                };
            }
            names.extend(self.name_in(&by, &at));
            at = by;
        }
        String::new()
    }

    fn name_in(&mut self, tree: &Id, id: &Id) -> Option<String> {
        self.store.copies(tree).into_iter().find_map(|place| {
            let (found, _) = self.store.read(&mut self.reader, tree, place, true).ok()?;
            let bytes = found.bytes.filter(|_| found.kind == ObjectKind::Tree && found.id == *tree)?;
            let entry = parse::tree(&bytes)?.into_iter().find(|entry| entry.id == *id)?;
            Some(String::from_utf8_lossy(entry.name).into_owned())
        })
    }
}
