//! Cache of hashed objects: a valid copy is not hashed again as long as its files are unchanged.
//!
//! A file is unchanged if device, inode, size and both times of its last change are the same. The owner of a file
//! cannot set the later of these times, but whoever can write the person's state directory can write anything into this
//! cache: it is as strong as that directory, and `verify --all` does without it.

use std::collections::{HashMap, HashSet};
use std::io::Read as _;
use std::path::Path;

use super::Id;
use super::hash::ObjectKind;
use super::source::FileStamp;

const HEAD: &[u8; 16] = b"countersign ids2";
/// Size limit of the cache in bytes; without it everything is hashed again.
const MOST: u64 = 512 << 20;
/// A file that changed less than this long before it was read may change again with the same times.
const TOO_NEW_NS: i64 = 3_000_000_000;

type Files = [FileStamp; 2];

/// A branch that was completely valid, with all its objects: as long as its tips are on the branch, no tree has to be
/// read to list them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) start: Id,
    pub(super) tips: Vec<Id>,
    /// All objects except commits, and whether each is approved; the others belong only to the start.
    pub(super) objects: Vec<(Id, ObjectKind, bool)>,
}

/// The cache of one object directory.
#[derive(Default)]
pub(super) struct ObjectMemory {
    files: HashMap<Files, u32>,
    known: HashSet<(Id, u32, u64)>,
    /// Valid copies of this run, to be saved.
    kept: Vec<(Id, Files, u64)>,
    whole: Option<Whole>,
    now_ns: i64,
    is_new: bool,
}

impl ObjectMemory {
    /// Reads the cache. A missing or incomplete one is empty.
    pub(super) fn read(path: Option<&Path>, now_ns: i64) -> Self {
        let mut seen = Self { now_ns, ..Self::default() };
        if let Some(bytes) = path.and_then(whole) {
            seen.parse(&bytes);
        }
        seen
    }

    fn parse(&mut self, bytes: &[u8]) -> Option<()> {
        let mut rest = bytes.strip_prefix(HEAD)?;
        let mut take = |len: usize| {
            let (now, later) = rest.split_at_checked(len)?;
            rest = later;
            Some(now)
        };
        let files = u32::from_le_bytes(take(4)?.try_into().ok()?);
        for number in 0..files {
            let mut stamps = [FileStamp::default(); 2];
            for field in stamps.iter_mut().flat_map(|stamp| &mut stamp.0) {
                *field = i64::from_le_bytes(take(8)?.try_into().ok()?);
            }
            self.files.insert(stamps, number);
        }
        let mut whole = Whole { start: take(20)?.try_into().ok()?, ..Whole::default() };
        for _ in 0..u32::from_le_bytes(take(4)?.try_into().ok()?) {
            whole.tips.push(take(20)?.try_into().ok()?);
        }
        for _ in 0..u32::from_le_bytes(take(4)?.try_into().ok()?) {
            let entry = take(21)?;
            let kind = ObjectKind::numbered(entry[20] & 0x7f)?;
            whole.objects.push((entry[..20].try_into().ok()?, kind, entry[20] & 0x80 != 0));
        }
        self.whole = Some(whole).filter(|whole| !whole.tips.is_empty());
        while let Some(entry) = take(32) {
            let file = u32::from_le_bytes(entry[20..24].try_into().ok()?);
            let at = u64::from_le_bytes(entry[24..].try_into().ok()?);
            self.known.insert((entry[..20].try_into().ok()?, file, at));
        }
        Some(())
    }

    /// Returns the branch as it was last valid; `None` if it never was.
    pub(super) fn whole(&self) -> Option<Whole> {
        self.whole.clone()
    }

    /// Saves the branch as it is now; `None` if something is invalid.
    pub(super) fn set_whole(&mut self, whole: Option<Whole>) {
        self.is_new |= self.whole != whole;
        self.whole = whole;
    }

    /// True for a copy that was valid, in unchanged files.
    pub(super) fn holds(&mut self, id: &Id, files: Files, at: u64) -> bool {
        let is_known = self.files.get(&files).is_some_and(|file| self.known.contains(&(*id, *file, at)));
        if is_known {
            self.kept.push((*id, files, at));
        }
        is_known
    }

    /// Adds a valid copy.
    pub(super) fn keep(&mut self, id: &Id, files: Files, at: u64) {
        if files.iter().all(|stamp| stamp.changed_ns() < self.now_ns - TOO_NEW_NS) {
            self.is_new = true;
            self.kept.push((*id, files, at));
        }
    }

    /// Writes the cache of this run, if it has something new.
    pub(super) fn write(&self, path: &Path) -> std::io::Result<()> {
        if !self.is_new {
            return Ok(());
        }
        let mut numbers: HashMap<Files, u32> = HashMap::new();
        let mut table = Vec::new();
        let mut entries = Vec::new();
        for (id, files, at) in &self.kept {
            let next = numbers.len() as u32;
            let number = *numbers.entry(*files).or_insert_with(|| {
                table.extend(files.iter().flat_map(|stamp| stamp.0).flat_map(i64::to_le_bytes));
                next
            });
            entries.extend_from_slice(id);
            entries.extend_from_slice(&number.to_le_bytes());
            entries.extend_from_slice(&at.to_le_bytes());
        }
        let count = (numbers.len() as u32).to_le_bytes();
        let whole = self.whole.clone().unwrap_or_default();
        let mut held = whole.start.to_vec();
        held.extend((whole.tips.len() as u32).to_le_bytes());
        held.extend(whole.tips.iter().flatten());
        held.extend((whole.objects.len() as u32).to_le_bytes());
        for (id, kind, is_approved) in &whole.objects {
            held.extend(id);
            held.push(kind.number() | if *is_approved { 0x80 } else { 0 });
        }
        crate::disk::replace(path, &[&HEAD[..], &count, &table, &held, &entries].concat())
    }
}

fn whole(path: &Path) -> Option<Vec<u8>> {
    let file = crate::disk::open_own(path, crate::disk::FileAccess::Read).ok()?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes).ok()?;
    (bytes.len() < MOST as usize).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_copy_is_cached_only_with_its_file_and_offset() -> std::io::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("objects/seen");
        let file = |last| [FileStamp([1, 2, 3, 4, last]), FileStamp::default()];
        let mut seen = ObjectMemory::read(None, 10_000_000_000);
        seen.keep(&[1; 20], file(5), 12);
        seen.keep(&[2; 20], file(5), 30);
        // Just changed: it may change again within the same clock tick.
        seen.keep(&[3; 20], file(9_000_000_000), 0);
        let whole = Whole { start: [7; 20], tips: vec![[8; 20]], objects: vec![([1; 20], ObjectKind::Blob, true)] };
        seen.set_whole(Some(whole.clone()));
        seen.write(&path)?;
        assert_eq!(ObjectMemory::read(Some(&path), 0).whole(), Some(whole));
        let mut read = ObjectMemory::read(Some(&path), 0);
        assert!(read.holds(&[1; 20], file(5), 12) && read.holds(&[2; 20], file(5), 30));
        assert!(!read.holds(&[1; 20], file(5), 30) && !read.holds(&[1; 20], file(6), 12));
        assert!(!read.holds(&[3; 20], file(9_000_000_000), 0));
        // A truncated cache has fewer entries, and does no harm.
        let bytes = std::fs::read(&path)?;
        for end in 0..bytes.len() {
            std::fs::write(&path, &bytes[..end])?;
            assert!(!ObjectMemory::read(Some(&path), 0).holds(&[2; 20], file(5), 30), "{end}");
        }
        Ok(())
    }
}
