//! Indexes of packs: the index of one pack, and the multi-pack-index.

use std::path::Path;

use super::names::{NameTable, chunk, chunks, needed_chunk};
use super::source::{FileStamp, Source};
use super::{Id, ObjectFault};

/// The index of one pack, version 2.
pub(super) struct Index {
    source: Source,
    pub(super) names: NameTable,
}

impl Index {
    pub(super) fn open(path: &Path) -> Result<Self, ObjectFault> {
        let source = Source::open(path, true)?;
        if source.array(0)? != *b"\xfftOc\0\0\0\x02" {
            return Err(ObjectFault::bad("it is not a version 2 index: git repack -a -d rebuilds it"));
        }
        let names = NameTable::read(&source, 8, 8 + 1024)?;
        let least = 8 + 1024 + u64::from(names.count) * 28 + 40;
        if source.len < least || source.len > least + u64::from(names.count) * 8 {
            return Err(ObjectFault::bad("its length does not match its names"));
        }
        Ok(Self { source, names })
    }

    pub(super) fn stamp(&self) -> FileStamp {
        self.source.stamp
    }

    /// Returns the offset of an object in the pack; `None` if it is not in it.
    pub(super) fn find(&self, id: &Id) -> Result<Option<u64>, ObjectFault> {
        let Some(number) = self.names.find(&self.source, id)? else { return Ok(None) };
        let offsets = 8 + 1024 + u64::from(self.names.count) * 24;
        let large = offsets + u64::from(self.names.count) * 4;
        let short = self.source.u32(offsets + u64::from(number) * 4)?;
        if short & 0x8000_0000 == 0 {
            return Ok(Some(u64::from(short)));
        }
        let at = large + u64::from(short & 0x7fff_ffff) * 8;
        if at + 8 + 40 > self.source.len {
            return Err(ObjectFault::beyond_end());
        }
        self.source.u64(at).map(Some)
    }

    /// Returns the checksum of the pack that it indexes.
    pub(super) fn pack_sum(&self) -> Result<Id, ObjectFault> {
        self.source.array(self.source.len - 40)
    }
}

/// An index over many packs, which git asks before each pack's own.
pub(super) struct MultiIndex {
    source: Source,
    names: NameTable,
    offsets: std::ops::Range<u64>,
    large: Option<std::ops::Range<u64>>,
    /// Names of the packs, without their extensions.
    pub(super) packs: Vec<String>,
}

impl MultiIndex {
    pub(super) fn open(path: &Path) -> Result<Self, ObjectFault> {
        let source = Source::open(path, true)?;
        let head: [u8; 12] = source.array(0)?;
        if &head[..4] != b"MIDX" || !matches!(head[4], 1 | 2) || head[5] != 1 {
            return Err(ObjectFault::bad("its format is unknown: git multi-pack-index write rebuilds it"));
        }
        let parts = chunks(&source, 12, head[6])?;
        let part = |name: &[u8; 4]| needed_chunk(&parts, *name);
        let (fan, table, offsets) = (part(b"OIDF")?, part(b"OIDL")?, part(b"OOFF")?);
        let names = NameTable::read(&source, fan.start, table.start)?;
        if offsets.end - offsets.start < u64::from(names.count) * 8 {
            return Err(ObjectFault::bad("it has fewer offsets than names"));
        }
        let listed = part(b"PNAM")?;
        if listed.end - listed.start > 4 << 20 {
            return Err(ObjectFault::bad("it names too many packs"));
        }
        let mut text = vec![0; (listed.end - listed.start) as usize];
        source.read(listed.start, &mut text)?;
        let count = u32::from_be_bytes([head[8], head[9], head[10], head[11]]) as usize;
        let packs: Vec<String> = text
            .split(|byte| *byte == 0)
            .take(count)
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .map(|name| name.trim_end_matches(".idx").trim_end_matches(".pack").to_owned())
            .collect();
        if packs.iter().any(|name| name.contains('/') || name.is_empty()) {
            return Err(ObjectFault::bad("it names packs in other directories"));
        }
        let large = chunk(&parts, *b"LOFF");
        Ok(Self { source, names, offsets, large, packs })
    }

    /// Returns the number of the pack that has an object, and its offset; `None` if no pack has it.
    pub(super) fn find(&self, id: &Id) -> Result<Option<(usize, u64)>, ObjectFault> {
        let Some(number) = self.names.find(&self.source, id)? else { return Ok(None) };
        let at = self.offsets.start + u64::from(number) * 8;
        let (pack, short) = (self.source.u32(at)?, self.source.u32(at + 4)?);
        let offset = match &self.large {
            Some(large) if short & 0x8000_0000 != 0 => {
                let at = large.start + u64::from(short & 0x7fff_ffff) * 8;
                if at + 8 > large.end {
                    return Err(ObjectFault::beyond_end());
                }
                self.source.u64(at)?
            }
            _ => u64::from(short),
        };
        Ok(Some((pack as usize, offset)))
    }
}
