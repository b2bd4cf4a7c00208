//! All the places where git looks for objects: the repository's own directory, and the directories it borrows from.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::index::{Index, MultiIndex};
use super::read::{FoundCopy, ObjectReader, OpenPack};
use super::source::{FileStamp, Source};
use super::{Id, ObjectFault};
use crate::disk::shown;

/// Maximum number of packs. Git itself gets slow long before.
const MOST_PACKS: usize = 10_000;
/// Maximum number of open packs.
const MOST_OPEN: usize = 32;
/// Maximum number of object directories that are borrowed from, directly or indirectly.
const MOST_LENDERS: usize = 64;
const NOT_REGULAR: &str = "it is not a regular file: inspect it, then remove it";

/// The location of a copy of an object. Copies sort in their order on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ObjectPlace {
    /// The object directory.
    pub(super) directory: usize,
    /// The pack and the offset in it; `None` for a loose file.
    pub(super) packed: Option<(usize, u64)>,
}

struct Pack {
    path: PathBuf,
    index: Option<Index>,
    /// Stamps of pack and index when the directory was listed.
    stamps: [FileStamp; 2],
    /// True if a multi-pack-index covers it.
    is_spoken_for: bool,
}

struct Multi {
    path: PathBuf,
    index: MultiIndex,
    /// Our number of each of its packs.
    packs: Vec<Option<usize>>,
}

struct ObjectDir {
    path: PathBuf,
    packs: std::ops::Range<usize>,
    multi: Vec<Multi>,
    /// The 256 directories of loose objects: true for those that exist.
    fan: Vec<OnceCell<bool>>,
}

/// The object store at one moment.
pub(super) struct ObjectStore {
    directories: Vec<ObjectDir>,
    packs: Vec<Pack>,
    open: RefCell<HashMap<usize, Rc<Source>>>,
    /// Files of the store that cannot be read as git would read them, by path, with the reason.
    pub(super) troubles: RefCell<BTreeSet<String>>,
}

impl ObjectStore {
    /// Lists a repository's object directory and those it borrows from.
    pub(super) fn look(objects: &Path) -> Self {
        let mut store =
            Self { directories: Vec::new(), packs: Vec::new(), open: RefCell::default(), troubles: RefCell::default() };
        let mut wanted = vec![objects.to_owned()];
        let mut at = 0;
        while at < wanted.len() && at < MOST_LENDERS {
            let path = wanted[at].clone();
            store.take(&path);
            // Git stops at a depth that varies between its versions.
            for lender in store.lenders(&path) {
                if !wanted.contains(&lender) {
                    wanted.push(lender);
                }
            }
            at += 1;
        }
        if wanted.len() > at {
            store.trouble(objects, &ObjectFault::bad("it borrows from too many object directories"));
        }
        store
    }

    fn trouble(&self, path: &Path, fault: &ObjectFault) {
        self.troubles.borrow_mut().insert(format!("{}: {}", shown(path), fault.text()));
    }

    /// Returns the object directory with a number. The first one is the repository's own.
    pub(super) fn directory(&self, number: usize) -> &Path {
        &self.directories[number].path
    }

    pub(super) fn directories(&self) -> impl Iterator<Item = &Path> {
        self.directories.iter().map(|directory| directory.path.as_path())
    }

    fn lenders(&self, objects: &Path) -> Vec<PathBuf> {
        let path = objects.join("info/alternates");
        let text = match read_small(&path) {
            Ok(text) => text,
            Err(ObjectFault::Gone) => return Vec::new(),
            Err(fault) => {
                self.trouble(&path, &fault);
                return Vec::new();
            }
        };
        let named = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && line[0] != b'#');
        named
            .filter_map(|line| {
                use std::os::unix::ffi::OsStrExt as _;
                // Git quotes names with unusual characters; no objects are borrowed from a name that is not read.
                if line[0] == b'"' {
                    self.trouble(&path, &ObjectFault::bad("it names a directory in quotes, which is not supported"));
                }
                let named = objects.join(std::ffi::OsStr::from_bytes(line));
                named.canonicalize().ok().filter(|path| path.is_dir())
            })
            .collect()
    }

    fn take(&mut self, objects: &Path) {
        let first = self.packs.len();
        let directory = objects.join("pack");
        let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|meta| !meta.is_dir());
        if is_link(&directory) {
            self.trouble(&directory, &ObjectFault::bad("it is not a directory: check where it leads, then remove it"));
        }
        let mut stems: Vec<String> = Vec::new();
        for entry in std::fs::read_dir(&directory).into_iter().flatten() {
            let name = match entry.map(|entry| entry.file_name().into_string()) {
                Ok(Ok(name)) => name,
                // Git reads a pack of any name.
                Ok(Err(name)) => {
                    self.trouble(
                        &directory.join(name),
                        &ObjectFault::bad("its name is not valid text, but git reads it: remove it"),
                    );
                    continue;
                }
                Err(error) => {
                    self.trouble(&directory, &ObjectFault::io(&error));
                    continue;
                }
            };
            if let Some(stem) = name.strip_suffix(".idx") {
                stems.push(stem.to_owned());
            }
        }
        stems.sort_unstable();
        let room = MOST_PACKS.saturating_sub(first);
        if stems.len() > room {
            self.trouble(&directory, &ObjectFault::bad("there are too many packs: git gc merges them"));
            stems.truncate(room);
        }
        for stem in &stems {
            self.take_pack(&directory, stem, true);
        }
        let indexes = multi_indexes(&directory);
        let mut multi: Vec<Multi> = Vec::new();
        for path in indexes.unwrap_or_else(|fault| {
            self.trouble(&directory.join("multi-pack-index.d"), &fault);
            Vec::new()
        }) {
            match MultiIndex::open(&path) {
                Err(ObjectFault::Gone) => {}
                Err(fault) => self.trouble(&path, &fault),
                Ok(index) => {
                    let packs = index.packs.clone();
                    let numbers = packs.iter().map(|stem| self.numbered(&directory, first, stem)).collect();
                    multi.push(Multi { path, index, packs: numbers });
                }
            }
        }
        // In a chain, each index also counts the packs of those before it.
        let all: Vec<Option<usize>> = multi.iter().flat_map(|multi| multi.packs.clone()).collect();
        if multi.len() > 1 {
            for multi in &mut multi {
                multi.packs.clone_from(&all);
            }
        }
        for number in all.into_iter().flatten() {
            self.packs[number].is_spoken_for = true;
        }
        let fan = (0..256).map(|_| OnceCell::new()).collect();
        self.directories.push(ObjectDir { path: objects.to_owned(), packs: first..self.packs.len(), multi, fan });
    }

    fn take_pack(&mut self, directory: &Path, stem: &str, has_index: bool) -> Option<usize> {
        let (path, beside) = (directory.join(format!("{stem}.pack")), directory.join(format!("{stem}.idx")));
        // Git skips an index without its pack.
        path.symlink_metadata().ok()?;
        let Some(stamp) = FileStamp::at(&path) else {
            // Git may have renamed it since.
            path.symlink_metadata().ok()?;
            self.trouble(&path, &ObjectFault::bad(NOT_REGULAR));
            return None;
        };
        let index = match has_index.then(|| Index::open(&beside)).transpose() {
            Ok(index) => index,
            Err(ObjectFault::Gone) => return None,
            Err(fault) => {
                self.trouble(&beside, &fault);
                return None;
            }
        };
        let stamps = [stamp, index.as_ref().map(Index::stamp).unwrap_or_default()];
        self.packs.push(Pack { path, index, stamps, is_spoken_for: false });
        Some(self.packs.len() - 1)
    }

    /// Returns our number of a pack that a multi-pack-index names, even if the pack has no index of its own.
    fn numbered(&mut self, directory: &Path, first: usize, stem: &str) -> Option<usize> {
        let path = directory.join(format!("{stem}.pack"));
        let known = self.packs[first..].iter().position(|pack| pack.path == path);
        known.map(|at| first + at).or_else(|| self.take_pack(directory, stem, false))
    }

    /// Returns every copy of an object that git could read.
    pub(super) fn copies(&self, id: &Id) -> Vec<ObjectPlace> {
        let mut found = Vec::new();
        for (number, directory) in self.directories.iter().enumerate() {
            let packed = |pack, at| ObjectPlace { directory: number, packed: Some((pack, at)) };
            let mut duration_text = false;
            for multi in &directory.multi {
                match multi.index.find(id) {
                    Ok(None) => {}
                    Ok(Some((pack, at))) => match multi.packs.get(pack).copied().flatten() {
                        Some(pack) => {
                            duration_text = true;
                            found.push(packed(pack, at));
                        }
                        None => self.trouble(&multi.path, &ObjectFault::bad("it names a pack that does not exist")),
                    },
                    Err(fault) => self.trouble(&multi.path, &fault),
                }
            }
            for pack in directory.packs.clone() {
                let Pack { path, index: Some(index), is_spoken_for, .. } = &self.packs[pack] else { continue };
                match index.find(id) {
                    Ok(None) => {}
                    Ok(Some(at)) => {
                        if *is_spoken_for && !duration_text {
                            let name = crate::model::hex(id);
                            let what = format!("omits object {name}, so git does not find it");
                            self.trouble(&directory.path.join("pack/multi-pack-index"), &ObjectFault::Bad(what));
                        }
                        found.push(packed(pack, at));
                    }
                    Err(fault) => self.trouble(path, &fault),
                }
            }
            if directory.has_fan(id[0]) && self.loose_path(number, id).symlink_metadata().is_ok() {
                found.push(ObjectPlace { directory: number, packed: None });
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn loose_path(&self, directory: usize, id: &Id) -> PathBuf {
        let name = crate::model::hex(id);
        {
            let (first, rest) = name.split_at_checked(2).unwrap_or((&name, ""));
            self.directories[directory].path.join(first).join(rest)
        }
    }

    /// Returns the file that a copy is in.
    pub(super) fn path(&self, id: &Id, place: ObjectPlace) -> PathBuf {
        match place.packed {
            Some((pack, _)) => self.packs[pack].path.clone(),
            None => self.loose_path(place.directory, id),
        }
    }

    /// Returns all files that a copy is read from, in the order of their stamps.
    pub(super) fn paths(&self, id: &Id, place: ObjectPlace) -> Vec<PathBuf> {
        let path = self.path(id, place);
        match place.packed.and_then(|(pack, _)| self.packs[pack].index.as_ref()) {
            Some(_) => vec![path.clone(), path.with_extension("idx")],
            None => vec![path],
        }
    }

    /// Returns the current stamps of a copy's files; with unchanged stamps the copy is unchanged.
    pub(super) fn stamps(&self, id: &Id, place: ObjectPlace) -> Result<[FileStamp; 2], ObjectFault> {
        match place.packed {
            Some((pack, _)) => Ok(self.packs[pack].stamps),
            None => {
                let path = self.loose_path(place.directory, id);
                // A link in place of its directory would borrow it too.
                if path.parent().is_some_and(|directory| directory.symlink_metadata().is_ok_and(|meta| !meta.is_dir()))
                {
                    return Err(ObjectFault::bad("its directory is a symlink: check where it points"));
                }
                match path.symlink_metadata() {
                    Err(error) => Err(ObjectFault::io(&error)),
                    Ok(_) => match FileStamp::at(&path) {
                        Some(stamp) => Ok([stamp, FileStamp::default()]),
                        None => Err(ObjectFault::bad(NOT_REGULAR)),
                    },
                }
            }
        }
    }

    /// Reads a copy.
    pub(super) fn read(
        &self,
        reader: &mut ObjectReader,
        id: &Id,
        place: ObjectPlace,
        keep: bool,
    ) -> Result<(FoundCopy, [FileStamp; 2]), ObjectFault> {
        let Some((number, at)) = place.packed else {
            let (found, stamp) = reader.loose(&self.loose_path(place.directory, id), keep)?;
            return Ok((found, [stamp, FileStamp::default()]));
        };
        let source = self.open_pack(number)?;
        let pack = &self.packs[number];
        let found = reader.packed(&OpenPack { number, source: &source, index: pack.index.as_ref() }, at, keep)?;
        Ok((found, pack.stamps))
    }

    fn open_pack(&self, number: usize) -> Result<Rc<Source>, ObjectFault> {
        if let Some(source) = self.open.borrow().get(&number) {
            return Ok(Rc::clone(source));
        }
        let pack = &self.packs[number];
        let source = Source::open(&pack.path, false)?;
        if source.stamp != pack.stamps[0] {
            return Err(ObjectFault::Gone);
        }
        let head: [u8; 12] = source.array(0)?;
        if &head[..7] != b"PACK\0\0\0" || !matches!(head[7], 2 | 3) {
            return Err(ObjectFault::bad("the pack does not begin like a pack"));
        }
        if let Some(index) = &pack.index {
            let fits = head[8..12] == index.names.count.to_be_bytes()
                && source.len >= 32
                && source.array::<20>(source.len - 20)? == index.pack_sum()?;
            if !fits {
                return Err(ObjectFault::bad("the pack does not match its index"));
            }
        }
        let mut open = self.open.borrow_mut();
        if open.len() >= MOST_OPEN {
            open.clear();
        }
        let source = Rc::new(source);
        open.insert(number, Rc::clone(&source));
        Ok(source)
    }
}

impl ObjectDir {
    fn has_fan(&self, first: u8) -> bool {
        *self.fan[usize::from(first)].get_or_init(|| self.path.join(format!("{first:02x}")).is_dir())
    }
}

/// Returns the multi-pack-indexes of a pack directory: one, or a chain of them.
fn multi_indexes(packs: &Path) -> Result<Vec<PathBuf>, ObjectFault> {
    let one = packs.join("multi-pack-index");
    if one.symlink_metadata().is_ok() {
        return Ok(vec![one]);
    }
    let directory = packs.join("multi-pack-index.d");
    listed(&directory, "multi-pack-index-chain", |name| format!("multi-pack-index-{name}.midx"))
}

/// Returns the files that a chain names, in order; none without a chain.
pub(super) fn listed(
    directory: &Path,
    chain: &str,
    name: impl Fn(&str) -> String,
) -> Result<Vec<PathBuf>, ObjectFault> {
    let text = match read_small(&directory.join(chain)) {
        Ok(text) => text,
        Err(ObjectFault::Gone) => return Ok(Vec::new()),
        Err(fault) => return Err(fault),
    };
    let text = String::from_utf8_lossy(&text).into_owned();
    let names: Vec<&str> = text.lines().collect();
    if names.len() > 1000 || names.iter().any(|name| name.len() != 40 || name.bytes().any(|b| !b.is_ascii_hexdigit())) {
        return Err(ObjectFault::bad("its chain names an invalid file"));
    }
    Ok(names.into_iter().map(|part| directory.join(name(part))).collect())
}

/// Reads a small file of the store whole.
pub(super) fn read_small(path: &Path) -> Result<Vec<u8>, ObjectFault> {
    const MOST: u64 = 1 << 20;
    let source = Source::open(path, true)?;
    if source.len > MOST {
        return Err(ObjectFault::bad("it is larger than such files ever are"));
    }
    let mut bytes = vec![0; source.len as usize];
    source.read(0, &mut bytes)?;
    Ok(bytes)
}
