//! Levels of log lines.

/// True for the name of a level.
pub(super) fn is_level(word: &[u8]) -> bool {
    level(word) == Some(word.len())
}

/// True for the levels of warnings and worse.
pub(super) fn complains(level: &[u8]) -> bool {
    matches!(level.first(), Some(b'W' | b'E' | b'C'))
}

/// Returns the length of the level that a text begins with.
pub(super) fn level(rest: &[u8]) -> Option<usize> {
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let ends = rest.get(length).is_none_or(|byte| matches!(byte, b' ' | b':' | b'|' | b']' | b'-' | b'\t' | b'.'));
    let known: [&[u8]; 10] =
        [b"INFO", b"DEBUG", b"WARNING", b"WARN", b"ERROR", b"CRITICAL", b"NOTICE", b"SUCCESS", b"TRACE", b"info"];
    (ends && known.contains(&&rest[..length])).then_some(length)
}
