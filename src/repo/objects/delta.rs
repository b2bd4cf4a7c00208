//! Deltas between objects, as packs store them.

use super::ObjectFault;

fn broken() -> ObjectFault {
    ObjectFault::bad("its delta is broken")
}

/// Reserves `more` bytes, and fails without enough memory.
pub(super) fn grow(bytes: &mut Vec<u8>, more: usize) -> Result<(), ObjectFault> {
    bytes.try_reserve(more).map_err(|_| ObjectFault::bad("not hashed: not enough memory"))
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

/// Returns the length of the result that a delta declares.
pub(super) fn result_size(mut delta: &[u8]) -> Result<u64, ObjectFault> {
    number(&mut delta)?;
    number(&mut delta)
}

/// Applies a delta to an object.
pub(super) fn apply(base: &[u8], mut delta: &[u8]) -> Result<Vec<u8>, ObjectFault> {
    if number(&mut delta)? != base.len() as u64 {
        return Err(broken());
    }
    let size = number(&mut delta)? as usize;
    let mut out = Vec::new();
    while let Some((command, rest)) = delta.split_first() {
        delta = rest;
        let piece = if command & 0x80 != 0 {
            let mut fields = [0u8; 7];
            for (bit, field) in fields.iter_mut().enumerate() {
                if command & (1 << bit) != 0 {
                    let (first, rest) = delta.split_first().ok_or_else(broken)?;
                    (*field, delta) = (*first, rest);
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
            if len == 0 || len > delta.len() {
                return Err(broken());
            }
            let (piece, rest) = delta.split_at(len);
            delta = rest;
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
    fn only_copies_and_insertions_make_the_result() {
        let base = b"the quick brown fox";
        let good = [&[19, 12][..], &[0x90, 4], &[5], b"slow ", &[0x91, 16, 3]].concat();
        assert_eq!(apply(base, &good).ok().as_deref(), Some(&b"the slow fox"[..]));
        assert_eq!(result_size(&good).ok(), Some(12));
        // Cut off anywhere, or with an invalid byte, it is an error and not a panic.
        for end in 0..good.len() {
            assert!(apply(base, &good[..end]).is_err(), "{end}");
        }
        for bad in [&[18, 12][..], &[19, 1, 0], &[19, 3, 0x91, 250, 3], &[19, 2, 3, b'a'], &[0xff; 12]] {
            assert!(apply(base, bad).is_err(), "{bad:?}");
        }
    }
}
