//! Parses commits and trees.

use super::hash::ObjectKind;
use super::{Commit, Id};

/// Returns the tree and the parents of a commit; `None` if it is malformed.
pub(super) fn commit(bytes: &[u8]) -> Option<Commit> {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let tree = id(lines.next()?.strip_prefix(b"tree ")?)?;
    let parents: Option<Vec<Id>> = lines.map_while(|line| line.strip_prefix(b"parent ")).map(id).collect();
    Some(Commit { tree, parents: parents? })
}

/// Parses a name from its forty digits.
pub(super) fn id(text: &[u8]) -> Option<Id> {
    let digit = |byte: u8| (byte as char).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
    let mut id = [0; 20];
    if text.len() != 40 {
        return None;
    }
    for (byte, two) in id.iter_mut().zip(text.chunks_exact(2)) {
        *byte = (digit(two[0])? << 4 | digit(two[1])?) as u8;
    }
    Some(id)
}

/// One entry of a tree.
pub(super) struct ParsedEntry<'a> {
    pub(super) name: &'a [u8],
    pub(super) id: Id,
    /// The required type; `None` for a submodule, which is in another repository.
    pub(super) kind: Option<ObjectKind>,
}

/// Returns the entries of a tree; `None` if it is malformed.
pub(super) fn tree(mut bytes: &[u8]) -> Option<Vec<ParsedEntry<'_>>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let space = memchr::memchr(b' ', bytes).filter(|at| (5..=6).contains(at))?;
        let mode = bytes[..space]
            .iter()
            .try_fold(0, |mode: u32, byte| (b'0'..=b'7').contains(byte).then(|| mode << 3 | u32::from(byte - b'0')))?;
        let end = space + 1 + memchr::memchr(0, &bytes[space + 1..])?;
        let id = bytes.get(end + 1..end + 21)?;
        let kind = match mode & 0o170_000 {
            0o040_000 => Some(ObjectKind::Tree),
            0o160_000 => None,
            _ => Some(ObjectKind::Blob),
        };
        entries.push(ParsedEntry { name: &bytes[space + 1..end], id: id.try_into().ok()?, kind });
        bytes = &bytes[end + 21..];
    }
    Some(entries)
}
