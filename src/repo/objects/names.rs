//! The sorted table of names in an index: of a pack, of several packs, of a commit-graph.

use super::source::Source;
use super::{Id, ObjectFault};

/// Bytes of a name.
const NAME: u64 = 20;

/// The location of the table in its file.
#[derive(Debug)]
pub(super) struct NameTable {
    fan: Vec<u32>,
    at: u64,
    /// Number of names.
    pub(super) count: u32,
}

impl NameTable {
    /// Reads the table whose 256 counts are at `fan` and whose names are at `at`. Git finds names by binary search: in
    /// a table that is out of order, or has a name twice, two readers may find different objects, so such a table is
    /// refused.
    pub(super) fn read(source: &Source, fan: u64, at: u64) -> Result<Self, ObjectFault> {
        let counts: [u8; 1024] = source.array(fan)?;
        let counts: Vec<u32> =
            counts.chunks_exact(4).map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]])).collect();
        if counts.windows(2).any(|pair| pair[0] > pair[1]) {
            return Err(ObjectFault::bad("its counts of names decrease"));
        }
        let count = counts[255];
        if at.checked_add(u64::from(count) * NAME).is_none_or(|end| end > source.len) {
            return Err(ObjectFault::bad("it has fewer names than it says"));
        }
        let names = Self { fan: counts, at, count };
        names.refuse_disorder(source)?;
        Ok(names)
    }

    fn refuse_disorder(&self, source: &Source) -> Result<(), ObjectFault> {
        const AT_ONCE: usize = 4096;
        let mut piece = vec![0; AT_ONCE * NAME as usize];
        let mut last: Option<Id> = None;
        let mut seen = 0u32;
        while seen < self.count {
            let now = (self.count - seen).min(AT_ONCE as u32);
            let bytes = &mut piece[..now as usize * NAME as usize];
            source.read(self.at + u64::from(seen) * NAME, bytes)?;
            for (number, name) in bytes.chunks_exact(NAME as usize).enumerate() {
                if last.is_some_and(|last| last[..] >= *name) {
                    return Err(ObjectFault::bad("its names are out of order, or one occurs twice"));
                }
                let first = usize::from(name[0]);
                let number = seen + number as u32;
                let from = if first == 0 { 0 } else { self.fan[first - 1] };
                if number < from || number >= self.fan[first] {
                    return Err(ObjectFault::bad("its counts do not match its names"));
                }
                let mut id = [0; 20];
                id.copy_from_slice(name);
                last = Some(id);
            }
            seen += now;
        }
        Ok(())
    }

    /// Returns the number of a name in the table; `None` if it is not in it.
    pub(super) fn find(&self, source: &Source, id: &Id) -> Result<Option<u32>, ObjectFault> {
        let first = usize::from(id[0]);
        let mut low = if first == 0 { 0 } else { self.fan[first - 1] };
        let mut high = self.fan[first];
        while low < high {
            let middle = low + (high - low) / 2;
            match self.name(source, middle)?.cmp(id) {
                std::cmp::Ordering::Equal => return Ok(Some(middle)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    /// Returns the name with a number.
    pub(super) fn name(&self, source: &Source, number: u32) -> Result<Id, ObjectFault> {
        source.array(self.at + u64::from(number) * NAME)
    }
}

/// A chunk of a table file: its four letters, and its byte range.
pub(super) type TableChunk = ([u8; 4], std::ops::Range<u64>);

/// Returns the chunks of such a file.
pub(super) fn chunks(source: &Source, at: u64, count: u8) -> Result<Vec<TableChunk>, ObjectFault> {
    let mut found = Vec::new();
    for number in 0..u64::from(count) {
        let name = source.array(at + number * 12)?;
        let (from, to) = (source.u64(at + number * 12 + 4)?, source.u64(at + number * 12 + 16)?);
        if from > to || to > source.len {
            return Err(ObjectFault::bad("its chunks exceed the file"));
        }
        found.push((name, from..to));
    }
    Ok(found)
}

/// Returns a chunk that such a file must have.
pub(super) fn needed_chunk(all: &[TableChunk], name: [u8; 4]) -> Result<std::ops::Range<u64>, ObjectFault> {
    chunk(all, name).ok_or_else(|| ObjectFault::bad("a chunk is missing"))
}

/// Returns the chunk with a name.
pub(super) fn chunk(all: &[TableChunk], name: [u8; 4]) -> Option<std::ops::Range<u64>> {
    all.iter().find(|(its, _)| *its == name).map(|(_, range)| range.clone())
}
