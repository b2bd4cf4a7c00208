//! The wire format of protocol buffers, as far as training logs need it.

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum WireValue<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
    Fixed32([u8; 4]),
}

impl<'a> WireValue<'a> {
    /// Returns its bytes; empty for a number.
    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            _ => &[],
        }
    }

    /// Returns its text; invalid UTF-8 is replaced.
    pub(super) fn text(self) -> std::borrow::Cow<'a, str> {
        String::from_utf8_lossy(self.bytes())
    }

    /// Returns its integer, which may be negative; 0 for anything else.
    pub(super) fn int(self) -> i64 {
        match self {
            Self::Varint(number) => number as i64,
            _ => 0,
        }
    }

    /// Returns its 64-bit float; NaN for anything else.
    pub(super) fn double(self) -> f64 {
        match self {
            Self::Fixed64(bytes) => f64::from_le_bytes(bytes),
            _ => f64::NAN,
        }
    }

    /// Returns its 32-bit float; NaN for anything else.
    pub(super) fn float(self) -> f32 {
        match self {
            Self::Fixed32(bytes) => f32::from_le_bytes(bytes),
            _ => f32::NAN,
        }
    }
}

/// The fields of a message: number and value, in order. Ends at the first field that cannot be read.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    broken: bool,
}

pub(super) fn fields(message: &[u8]) -> Fields<'_> {
    Fields { rest: message, broken: false }
}

impl Fields<'_> {
    /// True if the message is malformed or cut.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u32, WireValue<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let found = field(&mut self.rest);
        if found.is_none() {
            self.broken = true;
            self.rest = &[];
        }
        found
    }
}

#[inline]
fn field<'a>(rest: &mut &'a [u8]) -> Option<(u32, WireValue<'a>)> {
    let key = varint(rest)?;
    let number = u32::try_from(key >> 3).ok().filter(|number| *number > 0)?;
    let value = match key & 7 {
        0 => WireValue::Varint(varint(rest)?),
        1 => WireValue::Fixed64(take(rest, 8)?.try_into().ok()?),
        2 => {
            let length = usize::try_from(varint(rest)?).ok()?;
            WireValue::Bytes(take(rest, length)?)
        }
        5 => WireValue::Fixed32(take(rest, 4)?.try_into().ok()?),
        _ => return None,
    };
    Some((number, value))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

/// Reads a number of up to ten bytes, seven bits in each.
#[inline]
pub(super) fn varint(rest: &mut &[u8]) -> Option<u64> {
    // Most are of one byte.
    if let [byte @ ..0x80, left @ ..] = *rest {
        *rest = left;
        return Some(u64::from(*byte));
    }
    let mut number = 0;
    for shift in (0..70).step_by(7) {
        let (byte, left) = rest.split_first()?;
        *rest = left;
        number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_by_hand() {
        let message =
            [0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i', 0x1d, 0, 0, 0x80, 0x3f, 0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f];
        let all: Vec<_> = fields(&message).collect();
        assert_eq!((all[0].0, all[0].1.int()), (1, 150));
        assert_eq!(all[1].1.text(), "hi");
        assert_eq!((all[2].1.float().to_bits(), all[3].1.double().to_bits()), (1f32.to_bits(), 1f64.to_bits()));
        let mut cut = fields(&message[..6]);
        assert_eq!(cut.by_ref().count(), 1);
        assert!(cut.is_broken());
    }

    proptest! {
        #[test]
        fn strange_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(fields(&bytes).count() <= bytes.len());
        }
    }
}
