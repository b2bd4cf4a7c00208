//! Reading one copy of an object from its own bytes: a file of its own, or a place in a pack.

use std::path::Path;
use std::rc::Rc;

use super::bases::Bases;
use super::delta;
use super::hash::{Naming, ObjectKind};
use super::index::Index;
use super::inflate::Inflater;
use super::source::{FileStamp, Source};
use super::{Id, ObjectFault};

/// Commits, folders, and all that has to be rebuilt from differences are held in memory, up to this size.
const MOST_IN_MEMORY: u64 = 512 << 20;
/// Larger objects are not hashed.
const MOST_OF_ONE: u64 = 8 << 30;
/// So many bytes are unpacked in one run at most: a small file can say a large one.
const MOST_OF_ALL: u64 = 64 << 30;
/// Git makes chains of 50, and can be made to make some of 4,095.
const MOST_DIFFERENCES: usize = 4_095;

/// One copy as it was found.
pub(super) struct FoundCopy {
    pub(super) kind: ObjectKind,
    /// The name that its content has.
    pub(super) id: Id,
    /// Its content, where it was asked for.
    pub(super) bytes: Option<Rc<Vec<u8>>>,
}

/// A pack that is open.
pub(super) struct OpenPack<'a> {
    /// Tells it from the other packs of the run.
    pub(super) number: usize,
    pub(super) source: &'a Source,
    pub(super) index: Option<&'a Index>,
}

enum PackEntry {
    Whole(ObjectKind),
    /// What differs from the object at this place.
    Difference(u64),
}

struct ObjectHeader {
    entry: PackEntry,
    /// Length of what is packed.
    size: u64,
    /// Where the packed bytes begin.
    data: u64,
}

/// Reads copies, and keeps what the next ones are likely to be built from.
pub(super) struct ObjectReader {
    inflater: Inflater,
    bases: Bases,
    left: u64,
}

impl ObjectReader {
    pub(super) fn new() -> Self {
        Self { inflater: Inflater::new(), bases: Bases::default(), left: MOST_OF_ALL }
    }

    /// Lets go of what was kept: the packs have other numbers from now on.
    pub(super) fn forget(&mut self) {
        self.bases = Bases::default();
    }

    /// Reads a file that holds one object. Its content is kept where `keep` says so.
    pub(super) fn loose(&mut self, path: &Path, keep: bool) -> Result<(FoundCopy, FileStamp), ObjectFault> {
        let source = Source::open(path, false)?;
        self.inflater.begin(0);
        let (kind, size) = self.loose_head(&source)?;
        let found = self.named(&source, kind, size, keep)?;
        self.inflater.end(&source)?;
        if self.inflater.place() != source.len {
            return Err(ObjectFault::bad("more stands behind its end"));
        }
        Ok((found, source.stamp))
    }

    fn loose_head(&mut self, source: &Source) -> Result<(ObjectKind, u64), ObjectFault> {
        let mut head = Vec::new();
        loop {
            let mut byte = [0; 1];
            if self.inflater.read(source, &mut byte)? == 0 || head.len() > 31 {
                return Err(ObjectFault::bad("it does not begin as an object does"));
            }
            if byte[0] == 0 {
                break;
            }
            head.push(byte[0]);
        }
        let told = || {
            let at = head.iter().position(|byte| *byte == b' ')?;
            let (kind, size) = (ObjectKind::of_word(&head[..at])?, std::str::from_utf8(&head[at + 1..]).ok()?);
            let is_number = size.bytes().all(|byte| byte.is_ascii_digit()) && (size == "0" || !size.starts_with('0'));
            Some((kind, size.parse().ok().filter(|_| is_number)?))
        };
        told().ok_or_else(|| ObjectFault::bad("it does not begin as an object does"))
    }

    /// Reads the object at a place of a pack.
    pub(super) fn packed(&mut self, pack: &OpenPack<'_>, at: u64, keep: bool) -> Result<FoundCopy, ObjectFault> {
        let head = head(pack, at)?;
        if let PackEntry::Whole(kind) = head.entry {
            self.inflater.begin(head.data);
            let found = self.named(pack.source, kind, head.size, keep)?;
            self.inflater.end(pack.source)?;
            return Ok(found);
        }
        let (kind, bytes) = self.rebuilt(pack, at)?;
        let id = Naming::of(kind, &bytes)?;
        Ok(FoundCopy { kind, id, bytes: keep.then_some(bytes) })
    }

    /// Names what the stream holds from here on.
    fn named(&mut self, source: &Source, kind: ObjectKind, size: u64, keep: bool) -> Result<FoundCopy, ObjectFault> {
        if keep {
            let bytes = self.whole(source, size)?;
            return Ok(FoundCopy { kind, id: Naming::of(kind, &bytes)?, bytes: Some(Rc::new(bytes)) });
        }
        if size > MOST_OF_ONE {
            return Err(too_large(size, MOST_OF_ONE));
        }
        self.spend(size)?;
        let mut naming = Naming::begin(kind, size);
        let mut piece = vec![0; size.clamp(1, 128 << 10) as usize];
        let mut left = size;
        while left > 0 {
            let wanted = left.min(piece.len() as u64) as usize;
            let read = self.inflater.read(source, &mut piece[..wanted])?;
            if read < wanted {
                return Err(ObjectFault::bad("it is shorter than it says"));
            }
            naming.take(&piece[..read]);
            left -= read as u64;
        }
        Ok(FoundCopy { kind, id: naming.end()?, bytes: None })
    }

    /// Unpacks all of a stream into memory, which grows with what comes and not with what was said.
    fn whole(&mut self, source: &Source, size: u64) -> Result<Vec<u8>, ObjectFault> {
        if size > MOST_IN_MEMORY {
            return Err(too_large(size, MOST_IN_MEMORY));
        }
        self.spend(size)?;
        let (size, mut bytes) = (size as usize, Vec::new());
        while bytes.len() < size {
            let more = (size - bytes.len()).min(bytes.len().max(64 << 10));
            delta::grow(&mut bytes, more)?;
            let from = bytes.len();
            bytes.resize(from + more, 0);
            if self.inflater.read(source, &mut bytes[from..])? < more {
                return Err(ObjectFault::bad("it is shorter than it says"));
            }
        }
        Ok(bytes)
    }

    /// Rebuilds an object that is kept as differences.
    fn rebuilt(&mut self, pack: &OpenPack<'_>, at: u64) -> Result<(ObjectKind, Rc<Vec<u8>>), ObjectFault> {
        let mut differences = Vec::new();
        let mut place = at;
        let (kind, mut bytes) = loop {
            if let Some(known) = self.bases.get(pack.number, place) {
                break known;
            }
            let head = head(pack, place)?;
            match head.entry {
                PackEntry::Whole(kind) => {
                    let bytes = Rc::new(self.unpack(pack, &head)?);
                    self.bases.put(pack.number, place, kind, &bytes);
                    break (kind, bytes);
                }
                PackEntry::Difference(_) if differences.len() >= MOST_DIFFERENCES => {
                    return Err(ObjectFault::bad(
                        "it is built from too many others: git repack -a -d -f packs it anew",
                    ));
                }
                PackEntry::Difference(base) => {
                    differences.push((place, head));
                    place = base;
                }
            }
        };
        while let Some((place, head)) = differences.pop() {
            let difference = self.unpack(pack, &head)?;
            let size = delta::result_size(&difference)?;
            if size > MOST_IN_MEMORY {
                return Err(too_large(size, MOST_IN_MEMORY));
            }
            self.spend(size)?;
            bytes = Rc::new(delta::apply(&bytes, &difference)?);
            self.bases.put(pack.number, place, kind, &bytes);
        }
        Ok((kind, bytes))
    }

    fn unpack(&mut self, pack: &OpenPack<'_>, head: &ObjectHeader) -> Result<Vec<u8>, ObjectFault> {
        self.inflater.begin(head.data);
        let bytes = self.whole(pack.source, head.size)?;
        self.inflater.end(pack.source)?;
        Ok(bytes)
    }

    fn spend(&mut self, bytes: u64) -> Result<(), ObjectFault> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            ObjectFault::Bad(format!(
                "not hashed: there is more than the {} GiB that are hashed at one time",
                MOST_OF_ALL >> 30
            ))
        })?;
        Ok(())
    }
}

fn too_large(size: u64, most: u64) -> ObjectFault {
    ObjectFault::Bad(format!(
        "not hashed: it says that it has {size} bytes, and {most} are the most that are read here"
    ))
}

/// Reads what stands before an object in a pack.
fn head(pack: &OpenPack<'_>, at: u64) -> Result<ObjectHeader, ObjectFault> {
    let mut bytes = [0; 64];
    // Twenty bytes at the end are the checksum.
    if at < 12 || at >= pack.source.len.saturating_sub(20) {
        return Err(ObjectFault::bad("its place is outside of the pack"));
    }
    let len = pack.source.read_some(at, &mut bytes)?;
    let mut rest = bytes[..len].iter();
    let mut next = || rest.next().copied().map(u64::from).ok_or_else(|| ObjectFault::bad("the pack ends too early"));
    let first = next()?;
    let (mut size, mut shift, mut byte) = (first & 15, 4, first);
    let mut used = 1;
    while byte & 0x80 != 0 {
        if shift > 56 {
            return Err(ObjectFault::bad("its length is none"));
        }
        byte = next()?;
        used += 1;
        size |= (byte & 0x7f) << shift;
        shift += 7;
    }
    let entry = match first >> 4 & 7 {
        6 => {
            let mut byte = next()?;
            used += 1;
            let mut back = byte & 0x7f;
            while byte & 0x80 != 0 {
                if back > u64::MAX >> 9 {
                    return Err(ObjectFault::bad("it is built from what is outside of the pack"));
                }
                byte = next()?;
                used += 1;
                back = ((back + 1) << 7) | (byte & 0x7f);
            }
            let base = at.checked_sub(back).filter(|_| back > 0);
            PackEntry::Difference(base.ok_or_else(|| ObjectFault::bad("it is built from what is outside of the pack"))?)
        }
        7 => {
            let mut id = [0; 20];
            for byte in &mut id {
                *byte = next()? as u8;
            }
            used += 20;
            let base = pack.index.map(|index| index.find(&id)).transpose()?.flatten();
            PackEntry::Difference(base.ok_or_else(|| ObjectFault::bad("it is built from what is not in the pack"))?)
        }
        number => PackEntry::Whole(
            ObjectKind::numbered(number as u8)
                .ok_or_else(|| ObjectFault::bad("it is of a kind that git does not know"))?,
        ),
    };
    Ok(ObjectHeader { entry, size, data: at + used })
}
