//! Cache of delta bases: objects that others in the same pack are built from.

use std::collections::HashMap;
use std::rc::Rc;

use super::hash::ObjectKind;

/// Size of one generation in bytes; two are kept.
const ROOM: usize = 64 << 20;

type KnownBases = HashMap<(usize, u64), (ObjectKind, Rc<Vec<u8>>)>;

/// Objects by pack and offset. An object that was not used for a whole generation is dropped.
#[derive(Default)]
pub(super) struct Bases {
    young: KnownBases,
    old: KnownBases,
    bytes: usize,
}

impl Bases {
    pub(super) fn get(&mut self, pack: usize, at: u64) -> Option<(ObjectKind, Rc<Vec<u8>>)> {
        if let Some((kind, bytes)) = self.young.get(&(pack, at)) {
            return Some((*kind, Rc::clone(bytes)));
        }
        let (kind, bytes) = self.old.remove(&(pack, at))?;
        self.put(pack, at, kind, &bytes);
        Some((kind, bytes))
    }

    pub(super) fn put(&mut self, pack: usize, at: u64, kind: ObjectKind, bytes: &Rc<Vec<u8>>) {
        if bytes.len() > ROOM {
            return;
        }
        self.bytes += bytes.len();
        if self.bytes > ROOM {
            self.old = std::mem::take(&mut self.young);
            self.bytes = bytes.len();
        }
        self.young.insert((pack, at), (kind, Rc::clone(bytes)));
    }
}
