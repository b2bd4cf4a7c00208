//! The commit-graph: a table of parents and trees, which git uses instead of reading the commits.

use std::path::{Path, PathBuf};

use super::names::{NameTable, chunk, chunks, needed_chunk};
use super::source::Source;
use super::store::listed;
use super::{Commit, Id, ObjectFault};

/// Number for no parent.
const NONE: u32 = 0x7000_0000;
/// Flags: more parents are in another table, and the last of them.
const FLAG: u32 = 0x8000_0000;

struct Layer {
    source: Source,
    names: NameTable,
    data: u64,
    more: Option<std::ops::Range<u64>>,
    /// Number of commits in the layers below.
    below: u32,
}

/// The layers of one object directory's commit-graph.
pub(super) struct Graph {
    layers: Vec<Layer>,
    /// The file, for messages.
    pub(super) path: PathBuf,
}

impl Graph {
    /// Opens the commit-graph of an object directory; `None` if it has none.
    pub(super) fn open(objects: &Path) -> Result<Option<Self>, (PathBuf, ObjectFault)> {
        let one = objects.join("info/commit-graph");
        let (path, files) = if one.symlink_metadata().is_ok() {
            (one.clone(), vec![one])
        } else {
            let directory = objects.join("info/commit-graphs");
            let path = directory.join("commit-graph-chain");
            let files = listed(&directory, "commit-graph-chain", |name| format!("graph-{name}.graph"));
            (path.clone(), files.map_err(|fault| (path, fault))?)
        };
        let mut layers: Vec<Layer> = Vec::new();
        for file in files {
            let below = layers.last().map_or(0, |layer| layer.below + layer.names.count);
            layers.push(layer(&file, below).map_err(|fault| (file, fault))?);
        }
        Ok((!layers.is_empty()).then_some(Self { layers, path }))
    }

    /// Returns a commit as the table has it; `None` if it is not in the table.
    pub(super) fn find(&self, id: &Id) -> Result<Option<Commit>, ObjectFault> {
        // Git asks the newest layer first.
        for layer in self.layers.iter().rev() {
            let Some(number) = layer.names.find(&layer.source, id)? else { continue };
            let at = layer.data + u64::from(number) * 36;
            let tree = layer.source.array(at)?;
            let (first, second) = (layer.source.u32(at + 20)?, layer.source.u32(at + 24)?);
            let mut numbers = vec![first];
            if second & FLAG != 0 {
                let more =
                    layer.more.clone().ok_or_else(|| ObjectFault::bad("its table of extra parents is missing"))?;
                let mut at = more.start + u64::from(second & !FLAG) * 4;
                loop {
                    if at + 4 > more.end || numbers.len() > 10_000 {
                        return Err(ObjectFault::beyond_end());
                    }
                    let next = layer.source.u32(at)?;
                    numbers.push(next & !FLAG);
                    at += 4;
                    if next & FLAG != 0 {
                        break;
                    }
                }
            } else {
                numbers.push(second);
            }
            let mut parents = Vec::new();
            for number in numbers.into_iter().filter(|number| *number != NONE) {
                parents.push(self.numbered(number)?);
            }
            return Ok(Some(Commit { tree, parents }));
        }
        Ok(None)
    }

    fn numbered(&self, number: u32) -> Result<Id, ObjectFault> {
        let layer = self.layers.iter().find(|layer| number.wrapping_sub(layer.below) < layer.names.count);
        let layer = layer.ok_or_else(ObjectFault::beyond_end)?;
        layer.names.name(&layer.source, number - layer.below)
    }
}

fn layer(path: &Path, below: u32) -> Result<Layer, ObjectFault> {
    let source = Source::open(path, true)?;
    let head: [u8; 8] = source.array(0)?;
    if &head[..4] != b"CGPH" || head[4] != 1 || head[5] != 1 {
        return Err(ObjectFault::bad("its format is unknown"));
    }
    let parts = chunks(&source, 8, head[6])?;
    let part = |name: &[u8; 4]| needed_chunk(&parts, *name);
    let names = NameTable::read(&source, part(b"OIDF")?.start, part(b"OIDL")?.start)?;
    let data = part(b"CDAT")?;
    if data.end - data.start < u64::from(names.count) * 36 {
        return Err(ObjectFault::bad("a chunk is too short"));
    }
    let more = chunk(&parts, *b"EDGE");
    Ok(Layer { data: data.start, more, names, below, source })
}
