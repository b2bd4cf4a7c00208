//! Records of a binary file that is written while it is read.

use super::Located;

/// Bytes that were pushed and not parsed yet.
#[derive(Default)]
pub(super) struct Framing {
    pending: Vec<u8>,
    /// Offset of `pending` in the file.
    offset: u64,
}

impl Framing {
    /// Accepts appended bytes. `read` is given all unparsed bytes and their offset in the file, and returns how many
    /// bytes it parsed: it gets the rest again with the next ones.
    pub(super) fn push(&mut self, bytes: &[u8], read: impl FnOnce(&[u8], u64) -> usize) {
        // If nothing is pending, the new bytes are read without a copy.
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
    /// Returns the offset of an incomplete record; `None` between records.
    pub(super) fn open_at(&self) -> Option<u64> {
        (!self.pending.is_empty()).then_some(self.offset)
    }
}

/// Returns the warning about a file that ends within a record.
pub(super) fn breaks_off(at: u64) -> Located {
    let text = format!("ends within the record at byte {at}, which is not counted (possibly still being written)");
    Located::at(0, text)
}

/// Reads a little-endian number at an offset; `None` when there are too few bytes.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The same for 64 bits.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}
