//! Differences between objects, as packs hold them.

use super::ObjectFault;

fn broken() -> ObjectFault {
    ObjectFault::bad("the difference that it is built from is broken")
}

/// Makes room for `more` bytes, and fails where there is none.
pub(super) fn grow(bytes: &mut Vec<u8>, more: usize) -> Result<(), ObjectFault> {
    bytes.try_reserve(more).map_err(|_| ObjectFault::bad("not hashed: there is no memory for it"))
}

fn number(bytes: &mut &[u8]) -> Result<u64, ObjectFault> {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (first, rest) = bytes.split_first().ok_or_else(broken)?;
        *bytes = rest;
        if shift > 56 {
            return Err(broken());
        }
        value |= u64::from(first & 0x7f) << shift;
        shift += 7;
        if first & 0x80 == 0 {
            return Ok(value);
        }
    }
}

/// The length that a difference says its result has.
pub(super) fn result_size(mut difference: &[u8]) -> Result<u64, ObjectFault> {
    number(&mut difference)?;
    number(&mut difference)
}

/// What comes of an object and a difference.
pub(super) fn apply(base: &[u8], mut difference: &[u8]) -> Result<Vec<u8>, ObjectFault> {
    if number(&mut difference)? != base.len() as u64 {
        return Err(broken());
    }
    let size = number(&mut difference)? as usize;
    let mut out = Vec::new();
    while let Some((command, rest)) = difference.split_first() {
        difference = rest;
        let piece = if command & 0x80 != 0 {
            let mut fields = [0u8; 7];
            for (bit, field) in fields.iter_mut().enumerate() {
                if command & (1 << bit) != 0 {
                    let (first, rest) = difference.split_first().ok_or_else(broken)?;
                    (*field, difference) = (*first, rest);
                }
            }
            let from = u32::from_le_bytes([fields[0], fields[1], fields[2], fields[3]]) as usize;
            let len = match u32::from_le_bytes([fields[4], fields[5], fields[6], 0]) as usize {
                0 => 0x10000,
                len => len,
            };
            base.get(from..).and_then(|rest| rest.get(..len)).ok_or_else(broken)?
        } else {
            let len = usize::from(*command);
            if len == 0 || len > difference.len() {
                return Err(broken());
            }
            let (piece, rest) = difference.split_at(len);
            difference = rest;
            piece
        };
        if out.len() + piece.len() > size {
            return Err(broken());
        }
        grow(&mut out, piece.len())?;
        out.extend_from_slice(piece);
    }
    if out.len() == size { Ok(out) } else { Err(broken()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_insertions_make_the_result_and_nothing_else_does() {
        let base = b"the quick brown fox";
        let good = [&[19, 12][..], &[0x90, 4], &[5], b"slow ", &[0x91, 16, 3]].concat();
        assert_eq!(apply(base, &good).ok().as_deref(), Some(&b"the slow fox"[..]));
        assert_eq!(result_size(&good).ok(), Some(12));
        // Cut anywhere, or with a byte that makes no sense, it is an error and no panic.
        for end in 0..good.len() {
            assert!(apply(base, &good[..end]).is_err(), "{end}");
        }
        for bad in [&[18, 12][..], &[19, 1, 0], &[19, 3, 0x91, 250, 3], &[19, 2, 3, b'a'], &[0xff; 12]] {
            assert!(apply(base, bad).is_err(), "{bad:?}");
        }
    }
}
