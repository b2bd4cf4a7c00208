//! Records of a binary file that is written while it is read.

use super::Located;

/// Bytes that were pushed and not understood yet.
#[derive(Default)]
pub(super) struct Framing {
    pending: Vec<u8>,
    /// Where in the file `pending` begins.
    offset: u64,
}

impl Framing {
    /// Takes appended bytes. `read` is given all that is not understood yet and where in the file it begins, and
    /// says how many bytes it understood: it is given the rest again when more came.
    pub(super) fn push(&mut self, bytes: &[u8], read: impl FnOnce(&[u8], u64) -> usize) {
        // What came is read where it lies when nothing waits before it.
        if self.pending.is_empty() {
            let taken = read(bytes, self.offset).min(bytes.len());
            self.pending.extend_from_slice(&bytes[taken..]);
            self.offset += taken as u64;
        } else {
            self.pending.extend_from_slice(bytes);
            let taken = read(&self.pending, self.offset).min(self.pending.len());
            self.pending.drain(..taken);
            self.offset += taken as u64;
        }
    }
}

impl Framing {
    /// Where a record begins whose end is not there; `None` between records.
    pub(super) fn open_at(&self) -> Option<u64> {
        (!self.pending.is_empty()).then_some(self.offset)
    }
}

/// What is said of a file that ends within a record.
pub(super) fn breaks_off(at: u64) -> Located {
    let text = format!("ends within the record at byte {at}, which is not counted; it may still be written");
    Located::at(0, text)
}

/// A little-endian number at the beginning of some bytes; `None` when there are too few.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The same of 64 bits.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}
