//! Reads one copy of an object from its own bytes: a loose file, or an offset in a pack.

use std::path::Path;
use std::rc::Rc;

use super::bases::Bases;
use super::delta;
use super::hash::{Naming, ObjectKind};
use super::index::Index;
use super::inflate::Inflater;
use super::source::{FileStamp, Source};
use super::{Id, ObjectFault};

/// Size limit in bytes of objects that are held in memory: commits, trees, and those rebuilt from deltas.
const MOST_IN_MEMORY: u64 = 512 << 20;
/// Size limit in bytes of objects that are hashed.
const MOST_OF_ONE: u64 = 8 << 30;
/// Maximum number of bytes decompressed in one run: a small file can expand to a huge one.
const MOST_OF_ALL: u64 = 64 << 30;
/// Maximum length of a delta chain. Git makes chains of 50, and can be configured for up to 4,095.
const MAX_DELTAS: usize = 4_095;
const NO_OBJECT_HEAD: &str = "it does not begin like an object";
const TOO_SHORT: &str = "it is shorter than its header says";
const BASE_OUTSIDE: &str = "its delta base is outside of the pack";

/// One copy as it was found.
pub(super) struct FoundCopy {
    pub(super) kind: ObjectKind,
    /// The name of its actual content.
    pub(super) id: Id,
    /// Its content, if requested.
    pub(super) bytes: Option<Rc<Vec<u8>>>,
}

/// An open pack.
pub(super) struct OpenPack<'a> {
    /// Distinguishes it from the other packs of the run.
    pub(super) number: usize,
    pub(super) source: &'a Source,
    pub(super) index: Option<&'a Index>,
}

enum PackEntry {
    Whole(ObjectKind),
    /// A delta against the object at this offset.
    Delta(u64),
}

struct ObjectHeader {
    entry: PackEntry,
    /// Length of the uncompressed content.
    size: u64,
    /// Offset of the compressed content.
    data: u64,
}

/// Reads copies, and caches the ones that later copies are likely to be built from.
pub(super) struct ObjectReader {
    inflater: Inflater,
    bases: Bases,
    left: u64,
}

impl ObjectReader {
    pub(super) fn new() -> Self {
        Self { inflater: Inflater::new(), bases: Bases::default(), left: MOST_OF_ALL }
    }

    /// Clears the cache: the packs are renumbered.
    pub(super) fn forget(&mut self) {
        self.bases = Bases::default();
    }

    /// Reads a loose object file. Keeps its content if `keep` is set.
    pub(super) fn loose(&mut self, path: &Path, keep: bool) -> Result<(FoundCopy, FileStamp), ObjectFault> {
        let source = Source::open(path, false)?;
        self.inflater.begin(0);
        let (kind, size) = self.loose_head(&source)?;
        let found = self.named(&source, kind, size, keep)?;
        self.inflater.end(&source)?;
        if self.inflater.place() != source.len {
            return Err(ObjectFault::bad("there is data after its end"));
        }
        Ok((found, source.stamp))
    }

    fn loose_head(&mut self, source: &Source) -> Result<(ObjectKind, u64), ObjectFault> {
        let mut head = Vec::new();
        loop {
            let mut byte = [0; 1];
            if self.inflater.read(source, &mut byte)? == 0 || head.len() > 31 {
                return Err(ObjectFault::bad(NO_OBJECT_HEAD));
            }
            if byte[0] == 0 {
                break;
            }
            head.push(byte[0]);
        }
        let parsed = || {
            let at = head.iter().position(|byte| *byte == b' ')?;
            let (kind, size) = (ObjectKind::of_word(&head[..at])?, std::str::from_utf8(&head[at + 1..]).ok()?);
            let is_number = size.bytes().all(|byte| byte.is_ascii_digit()) && (size == "0" || !size.starts_with('0'));
            Some((kind, size.parse().ok().filter(|_| is_number)?))
        };
        parsed().ok_or_else(|| ObjectFault::bad(NO_OBJECT_HEAD))
    }

    /// Reads the object at an offset of a pack.
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

    /// Computes the name of the rest of the stream.
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
                return Err(ObjectFault::bad(TOO_SHORT));
            }
            naming.take(&piece[..read]);
            left -= read as u64;
        }
        Ok(FoundCopy { kind, id: naming.end()?, bytes: None })
    }

    /// Decompresses a whole stream into memory, which grows with the actual data, not with the declared size.
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
                return Err(ObjectFault::bad(TOO_SHORT));
            }
        }
        Ok(bytes)
    }

    /// Rebuilds an object that is stored as deltas.
    fn rebuilt(&mut self, pack: &OpenPack<'_>, at: u64) -> Result<(ObjectKind, Rc<Vec<u8>>), ObjectFault> {
        let mut deltas = Vec::new();
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
                PackEntry::Delta(_) if deltas.len() >= MAX_DELTAS => {
                    return Err(ObjectFault::bad("its delta chain is too long: git repack -a -d -f repacks it"));
                }
                PackEntry::Delta(base) => {
                    deltas.push((place, head));
                    place = base;
                }
            }
        };
        while let Some((place, head)) = deltas.pop() {
            let delta = self.unpack(pack, &head)?;
            let size = delta::result_size(&delta)?;
            if size > MOST_IN_MEMORY {
                return Err(too_large(size, MOST_IN_MEMORY));
            }
            self.spend(size)?;
            bytes = Rc::new(delta::apply(&bytes, &delta)?);
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
            ObjectFault::Bad(format!("not hashed: over the limit of {} GiB per run", MOST_OF_ALL >> 30))
        })?;
        Ok(())
    }
}

fn too_large(size: u64, most: u64) -> ObjectFault {
    ObjectFault::Bad(format!("not hashed: its header says {size} bytes, the limit is {most}"))
}

/// Reads the header of an object in a pack.
fn head(pack: &OpenPack<'_>, at: u64) -> Result<ObjectHeader, ObjectFault> {
    let mut bytes = [0; 64];
    // The last twenty bytes are the checksum.
    if at < 12 || at >= pack.source.len.saturating_sub(20) {
        return Err(ObjectFault::bad("its offset is outside of the pack"));
    }
    let len = pack.source.read_some(at, &mut bytes)?;
    let mut rest = bytes[..len].iter();
    let mut next = || rest.next().copied().map(u64::from).ok_or_else(|| ObjectFault::bad("the pack ends too early"));
    let first = next()?;
    let (mut size, mut shift, mut byte) = (first & 15, 4, first);
    let mut used = 1;
    while byte & 0x80 != 0 {
        if shift > 56 {
            return Err(ObjectFault::bad("its length is invalid"));
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
                    return Err(ObjectFault::bad(BASE_OUTSIDE));
                }
                byte = next()?;
                used += 1;
                back = ((back + 1) << 7) | (byte & 0x7f);
            }
            let base = at.checked_sub(back).filter(|_| back > 0);
            PackEntry::Delta(base.ok_or_else(|| ObjectFault::bad(BASE_OUTSIDE))?)
        }
        7 => {
            let mut id = [0; 20];
            for byte in &mut id {
                *byte = next()? as u8;
            }
            used += 20;
            let base = pack.index.map(|index| index.find(&id)).transpose()?.flatten();
            PackEntry::Delta(base.ok_or_else(|| ObjectFault::bad("its delta base is not in the pack"))?)
        }
        number => PackEntry::Whole(
            ObjectKind::numbered(number as u8).ok_or_else(|| ObjectFault::bad("git does not know its type"))?,
        ),
    };
    Ok(ObjectHeader { entry, size, data: at + used })
}
