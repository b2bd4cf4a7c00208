//! The digits that begin a text, and those of a plain number.

/// Returns the number of digits that a text begins with.
pub(super) fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// True for a number without a point, a sign or an exponent.
pub(super) fn is_plain(number: &[u8]) -> bool {
    !number.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+'))
}
