//! Splits a line into tokens: words, numbers, times, and separators.

use super::words;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Part of a name, or of prose.
    Word,
    /// Quoted text that is not a number.
    Quoted,
    /// A number; its unit, if it has one, follows directly.
    Number,
    /// `00:10`, `1:02:03`.
    Clock,
    /// A date, a version, an address, a range: digits that are not a measurement.
    Junk,
    /// `:` or `=`.
    Sep,
    /// `|`, `,`, `;`, ` - `, bars: the end of a cell.
    Divider,
    /// A separate `/`.
    Slash,
    Open,
    Close,
}

/// One token of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    /// End of the number, for a number with a unit.
    pub(super) end: usize,
    /// End of the unit; `end` without one.
    pub(super) unit: usize,
    /// True after at least one space, or at the beginning of the line.
    pub(super) spaced: bool,
    /// True after two or more spaces or a tab.
    pub(super) gap: bool,
}

impl Token {
    pub(super) fn text<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        &line[self.start..self.end]
    }

    /// True for a number of digits alone.
    pub(super) fn is_whole(&self, line: &[u8]) -> bool {
        self.text(line).iter().all(u8::is_ascii_digit)
    }

    /// `#10`: an ordinal number.
    pub(super) fn is_nth(&self, line: &[u8]) -> bool {
        self.kind == TokenKind::Number && self.start > 0 && line[self.start - 1] == b'#'
    }

    pub(super) fn unit_text<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        &line[self.end..self.unit]
    }
}

/// The minus sign (not a dash).
const MINUS: &[u8] = "\u{2212}".as_bytes();

/// The powers of ten that a double holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Reads a number at a position: `-1.5`, `1,690,000`, `1_000`, `9.1E-06`, `.5`, `21.`; `None` where none begins, one
/// overflows a double, or two may be one (`12 345.6`). Returns its value and its end.
#[inline]
pub(super) fn number(line: &[u8], start: usize) -> Option<(f64, usize)> {
    let (negative, sign) = match line.get(start) {
        Some(b'-') => (true, 1),
        Some(b'+') => (false, 1),
        Some(0xe2) if line[start..].starts_with(MINUS) => (true, MINUS.len()),
        _ => (false, 0),
    };
    let digits_at = start + sign;
    let mut at = digits_at;
    let (mut mantissa, mut digits, mut scale) = (0u64, 0u32, 0i32);
    let whole = at;
    while let Some(byte) = line.get(at).filter(|byte| byte.is_ascii_digit()) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        digits += 1;
        at += 1;
    }
    let mut has_groups = false;
    if (1..=3).contains(&(at - whole)) && line[whole] != b'0' {
        if line.get(at) == Some(&b' ') && is_doubtful(line, start, at) {
            return None;
        }
        let divider = divider(&line[at..]);
        while let Some([a, b, c]) = line[at..].strip_prefix(divider).and_then(<[u8]>::first_chunk)
            && !divider.is_empty()
            && a.is_ascii_digit()
            && b.is_ascii_digit()
            && c.is_ascii_digit()
            && !line
                .get(at + divider.len() + 3)
                .is_some_and(|next| next.is_ascii_digit() || divider == b"_" && next.is_ascii_alphabetic())
        {
            let group = u64::from(a - b'0') * 100 + u64::from(b - b'0') * 10 + u64::from(c - b'0');
            mantissa = mantissa.wrapping_mul(1000).wrapping_add(group);
            digits += 3;
            at += divider.len() + 3;
            has_groups = true;
        }
    }
    if line.get(at) == Some(&b'.') {
        let point = at;
        at += 1;
        while let Some(byte) = line.get(at).filter(|byte| byte.is_ascii_digit()) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            digits += 1;
            scale -= 1;
            at += 1;
        }
        // `3.` before a letter is the end of a sentence or a file's name, not a number with a point.
        if at == point + 1 && line.get(at).is_some_and(u8::is_ascii_alphabetic) {
            at = point;
        }
    }
    if digits == 0 {
        return None;
    }
    if let Some(b'e' | b'E') = line.get(at) {
        let sign = usize::from(matches!(line.get(at + 1), Some(b'-' | b'+')));
        let first = at + 1 + sign;
        let mut end = first;
        let mut power = 0i32;
        while let Some(byte) = line.get(end).filter(|byte| byte.is_ascii_digit()) {
            power = power.saturating_mul(10).saturating_add(i32::from(byte - b'0'));
            end += 1;
        }
        if end > first {
            scale = scale.saturating_add(if line[at + 1] == b'-' { -power } else { power });
            at = end;
        }
    }
    if line
        .get(at)
        .is_some_and(|byte| matches!(byte, b' ' | b'#' | b'*' | b'-' | b'D' | b'E' | b'^' | b'd' | b'e' | 128..))
        && is_continued(&line[at..])
    {
        return None;
    }
    let exact = digits <= 15 && scale.unsigned_abs() <= 22;
    let value = if exact {
        let mantissa = mantissa as f64;
        let ten = TENS[scale.unsigned_abs() as usize];
        let value = if scale < 0 { mantissa / ten } else { mantissa * ten };
        if negative { -value } else { value }
    } else {
        let text = std::str::from_utf8(&line[digits_at..at]).ok()?;
        let is_divider = |c: char| matches!(c, ',' | '_') || !c.is_ascii();
        let size: f64 = if has_groups { text.replace(is_divider, "").parse().ok()? } else { text.parse().ok()? };
        if negative { -size } else { size }
    };
    value.is_finite().then_some((value, at))
}

/// True if a number continues in an unsupported way: `1.#INF`, `1.5D-03`, `2^10`, `1.5×10^-3`, `1½`. The number after a
/// `+` is a spread: `0.801+0.002`.
fn is_continued(rest: &[u8]) -> bool {
    let is_digit = |at: usize| rest.get(at).is_some_and(u8::is_ascii_digit);
    match rest {
        [b'#' | b'^', ..] | [b'*', b'*', ..] => true,
        [b'*', next, ..] => next.is_ascii_digit(),
        [b'D' | b'd', b'+' | b'-', ..] => is_digit(2),
        [b'D' | b'd' | b'E' | b'e', 0xe2, 0x88, 0x92, ..] => true,
        // Times, a middle dot, powers, fractions, wide digits.
        [0xc3, 0x97, ..] | [0xc2, 0xb2 | 0xb3 | 0xb7 | 0xb9 | 0xbc..=0xbe, ..] => true,
        [0xe2, 0x81, 0xb0..=0xbf, ..] | [0xef, 0xbc, 0x90..=0x99, ..] => true,
        // A minus or a dash; `1-acc`.
        [0xe2, 0x88, 0x92, next, ..] | [0xe2, 0x80, 0x93, next, ..] => next.is_ascii_alphanumeric(),
        [b'-', next, ..] => next.is_ascii_alphabetic(),
        [b' ', b'e' | b'E', b'+' | b'-', ..] => is_digit(3),
        // `1.5 × 10^-3`
        [b' ', b'*' | b'x', b' ', b'1', b'0', b'^' | b'*', ..] => true,
        [b' ', 0xc3, 0x97, b' ', b'1', b'0', ..] | [b' ', 0xc2, 0xb7, b' ', b'1', b'0', ..] => true,
        _ => false,
    }
}

/// Returns the thousands separator that bytes begin with, if any: a comma, an underscore, a non-breaking space (wide,
/// narrow, thin).
#[inline]
fn divider(bytes: &[u8]) -> &[u8] {
    match bytes {
        [b',' | b'_', ..] => &bytes[..1],
        [0xc2, 0xa0, ..] => &bytes[..2],
        [0xe2, 0x80, 0x89 | 0xaf, ..] => &bytes[..3],
        _ => &[],
    }
}

/// True if a plain space may separate thousands, as in `loss: 12 345` and `loss 12 345.6`: one number or two is
/// ambiguous. Without a sign before it the fraction has to show it, or another group.
fn is_doubtful(line: &[u8], start: usize, space: usize) -> bool {
    let end = groups(line, space);
    let behind = line.get(end).copied();
    let is_plain = behind.is_none_or(|byte| matches!(byte, b' ' | b'\t' | b',' | b';' | b'|' | b')' | b']' | b'}'));
    let has_fraction = behind == Some(b'.') && line.get(end + 1).is_some_and(u8::is_ascii_digit);
    let is_named = matches!(line[..start].trim_ascii_end().last(), Some(b':' | b'='));
    end > space && (has_fraction || is_plain && (is_named || end - space > 4))
}

/// Returns the end of groups of three digits, each after a space.
fn groups(line: &[u8], mut at: usize) -> usize {
    // Longer than any number in a log.
    let last = at + 8 * 4;
    while at < last
        && let Some([b' ', a, b, c]) = line[at..].first_chunk()
        && a.is_ascii_digit()
        && b.is_ascii_digit()
        && c.is_ascii_digit()
        && !line.get(at + 4).is_some_and(u8::is_ascii_digit)
    {
        at += 4;
    }
    at
}

/// Splits a line into tokens.
pub(super) fn tokens(line: &[u8], from: usize, all: &mut Vec<Token>) {
    all.clear();
    let mut at = from;
    let mut spaces = 0;
    let mut spaced = true;
    while let Some(&byte) = line.get(at) {
        let start = at;
        let mut put = |kind, end: usize, unit: usize| {
            let gap = spaces >= 2;
            all.push(Token { kind, start, end, unit, spaced, gap });
            unit.max(end)
        };
        match byte {
            b' ' => {
                spaces += 1;
                spaced = true;
                at += 1;
                continue;
            }
            b'\t' => {
                spaces += 2;
                spaced = true;
                at += 1;
                continue;
            }
            b'0'..=b'9' => at = digits(line, at, put),
            b'-' | b'+' | b'.' if begins_number(line, at) => at = digits(line, at, put),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => at = word(line, at, put),
            b':' | b'=' => {
                let mut end = at;
                while line.get(end) == Some(&byte) {
                    end += 1;
                }
                at = put(if end - at > 2 { TokenKind::Divider } else { TokenKind::Sep }, end, end);
            }
            b'|' if let Some(end) = norm(line, at) => at = put(TokenKind::Word, end, end),
            b'|' | b',' | b';' => at = put(TokenKind::Divider, at + 1, at + 1),
            b'(' | b'[' | b'{' => at = put(TokenKind::Open, at + 1, at + 1),
            b')' | b']' | b'}' => at = put(TokenKind::Close, at + 1, at + 1),
            b'/' => at = put(TokenKind::Slash, at + 1, at + 1),
            b'"' | b'\'' if let Some((slash, end)) = quoted_place(line, at) => {
                put(TokenKind::Number, slash, slash);
                let token = |kind, start, end| Token { kind, start, end, unit: end, spaced: false, gap: false };
                if let Some(first) = all.last_mut() {
                    first.start = at + 1;
                }
                all.push(token(TokenKind::Slash, slash, slash + 1));
                all.push(token(TokenKind::Number, slash + 1, end));
                at = end + 1;
            }
            b'"' | b'\'' => {
                let (end, token) = quoted(line, at);
                if let Some(token) = token {
                    all.push(Token { spaced, gap: spaces >= 2, ..token });
                }
                at = end;
            }
            b'-' | b'+'
                if (at == 0 || !line[at - 1].is_ascii_alphanumeric())
                    && matches!(line.get(at + 1..at + 4), Some(b"inf" | b"nan" | b"Inf" | b"NaN")) =>
            {
                let end = at + 1 + line[at + 1..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                at = put(TokenKind::Word, end, end);
            }
            b'-' => {
                let mut end = at;
                while line.get(end) == Some(&b'-') {
                    end += 1;
                }
                // `0.9 -> 0.8`
                let is_arrow = line.get(end) == Some(&b'>');
                let kind = if is_arrow { TokenKind::Junk } else { TokenKind::Divider };
                end += usize::from(is_arrow);
                at = put(kind, end, end);
            }
            // `~0.5`, `#1`, `**`, `$5`: meaningless signs.
            b'~' | b'#' | b'*' | b'$' | b'`' => {
                at += 1;
                continue;
            }
            0xe2 if line[at..].starts_with(MINUS) && begins_number(line, at + MINUS.len()) => {
                at = digits(line, at, put);
            }
            128.. => {
                let (end, kind) = wide(line, at);
                at = if kind == TokenKind::Word { word(line, at, put) } else { put(kind, end, end) };
            }
            _ => at = put(TokenKind::Junk, at + 1, at + 1),
        }
        spaces = 0;
        spaced = false;
    }
}

/// `f 2.0 |g| 3.0`: returns the end of a norm's name, which is between bars.
fn norm(line: &[u8], at: usize) -> Option<usize> {
    const LONGEST: usize = 8;
    let inside = line[at + 1..].iter().take(LONGEST).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let end = at + 1 + inside + 1;
    let is_apart = at > 1 && line[at - 1] == b' ' && matches!(line[at - 2], b'0'..=b'9' | b'.');
    let is_number = || line.get(end) == Some(&b' ') && number(line, end + 1).is_some();
    (inside > 0 && is_apart && line.get(end - 1) == Some(&b'|') && is_number()).then_some(end)
}

fn begins_number(line: &[u8], at: usize) -> bool {
    let digit = |at: usize| line.get(at).is_some_and(u8::is_ascii_digit);
    match line.get(at).copied().unwrap_or_default() {
        b'.' => digit(at + 1),
        b'0'..=b'9' => true,
        // `mAP50-95`, `a-1`: not a sign.
        _ if at > 0 && (line[at - 1].is_ascii_alphanumeric() || matches!(line[at - 1], b'.' | b')' | b']')) => false,
        _ => digit(at + 1) || line.get(at + 1) == Some(&b'.') && digit(at + 2),
    }
}

/// Reads a token that begins like a number.
fn digits(line: &[u8], start: usize, mut put: impl FnMut(TokenKind, usize, usize) -> usize) -> usize {
    let junk = |line: &[u8]| {
        let rest = line[start + 1..].iter();
        let end =
            rest.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_' | b'+'));
        start + 1 + end.count()
    };
    let Some((_, end)) = number(line, start) else {
        let mut end = groups(line, junk(line));
        end += line[end..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        if line.get(end).is_some_and(|byte| matches!(byte, b'#' | b'^' | b'*' | b'+' | 128..)) {
            let is_inside = |byte: &&u8| !matches!(byte, b' ' | b'\t' | b',' | b';' | b'|' | b')' | b']' | b'}');
            end += line[end..].iter().take_while(is_inside).count();
        }
        return put(TokenKind::Junk, end, end);
    };
    let digit = |at: usize| line.get(at).is_some_and(u8::is_ascii_digit);
    match line.get(end) {
        // A time of day, or a duration.
        Some(b':') if end - start <= 4 && digit(end + 1) && digit(end + 2) && !digit(end + 3) => {
            let rest = line[end..].iter();
            let end = end + rest.take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.')).count();
            return put(TokenKind::Clock, end, end);
        }
        // Versions, dates, ranges, identifiers.
        Some(b'.' | b'_') if digit(end + 1) || line[end] == b'_' => {
            let end = junk(line);
            return put(TokenKind::Junk, end, end);
        }
        Some(b'-') if digit(end + 1) => {
            let end = junk(line);
            return put(TokenKind::Junk, end, end);
        }
        // `1'234.5`
        Some(b'\'') if digit(end + 1) => {
            let rest = line[end..].iter();
            let end = end + rest.take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'\'' | b'.')).count();
            return put(TokenKind::Junk, end, end);
        }
        Some(b'/') if end - start == 4 && is_date(&line[start..]) => {
            return put(TokenKind::Junk, start + 10, start + 10);
        }
        _ => {}
    }
    let unit = line[end..].iter().take_while(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'%')).count();
    let mut unit = end + unit;
    // `500.1/s`, `2.0s/it`; but `250/1750`, and `3 / 4`.
    while line.get(unit) == Some(&b'/') && line.get(unit + 1).is_some_and(u8::is_ascii_alphabetic) {
        let per = line[unit + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        // `epoch=0/global_step=10`: two pairs.
        if matches!(line.get(unit + 1 + per), Some(b'=' | b':')) {
            break;
        }
        unit += 1 + per;
    }
    if unit - end > 16 || line.get(unit).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'_') {
        let end = junk(line);
        return put(TokenKind::Junk, end, end);
    }
    put(TokenKind::Number, end, unit)
}

fn is_date(bytes: &[u8]) -> bool {
    let shape = |at: usize, byte: u8| match at {
        4 | 7 => byte == b'/' || byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    bytes.len() >= 10 && bytes[..10].iter().enumerate().all(|(at, byte)| shape(at, *byte))
}

/// True for lines, bars and blocks, which separate cells, and wide signs.
fn is_drawn(bytes: &[u8]) -> bool {
    matches!(bytes, [0xe2, 0x94..=0x97, ..] | [0xef, 0xbc | 0xbd, ..] | [0xe3, 0x80, ..] | [0xc2, 0xa0, ..])
}

fn word(line: &[u8], start: usize, mut put: impl FnMut(TokenKind, usize, usize) -> usize) -> usize {
    let mut end = start + line[start..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    // Most words are nothing but letters.
    if matches!(line.get(end), None | Some(b' ' | b'=' | b',' | b'|')) && end > start {
        return put(TokenKind::Word, end, end);
    }
    while let Some(&byte) = line.get(end) {
        let next = line.get(end + 1);
        let is_inside = match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'/' | b'@' | b'%' | b'.' | b'-' | b'+' | b'#' | b'*' => {
                true
            }
            // `training's`, but not the end of a quotation.
            b'\'' => next.is_some_and(u8::is_ascii_lowercase) && end > start,
            128.. => wide(line, end).1 == TokenKind::Word,
            _ => false,
        };
        if !is_inside {
            break;
        }
        end += if byte < 128 { 1 } else { wide(line, end).0 - end };
    }
    // `old→loss`, an invisible mark within a word: the name is ambiguous.
    if end > start
        && line.get(end).is_some_and(|byte| *byte >= 128)
        && line.get(wide(line, end).0).is_some_and(u8::is_ascii_alphanumeric)
        && !is_drawn(&line[end..])
    {
        let is_inside = |byte: &&u8| !byte.is_ascii_whitespace() && !matches!(byte, b':' | b'=' | b',' | b'|');
        let end = end + line[end..].iter().take_while(is_inside).count();
        return put(TokenKind::Junk, end, end);
    }
    // An address is not a name and has no number.
    if line[end..].starts_with(b"://") {
        let end = end + line[end..].iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
        return put(TokenKind::Junk, end, end);
    }
    end = threshold(line, start, end);
    let whole = end;
    // The end of a sentence is not part of its last word; `10%|` is not part of a name.
    while end > start + 1 && matches!(line[end - 1], b'.' | b'-' | b'/' | b'%' | b'+' | b'#') {
        end -= 1;
    }
    // `train.py:55`
    let is_source = [&b".py"[..], b".cc", b".cpp", b".cu", b".rs", b".go", b".h"]
        .iter()
        .any(|ending| line[start..end].ends_with(ending));
    if is_source {
        let end = end + line[end..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b':').count();
        return put(TokenKind::Junk, end, end);
    }
    // The point of `Avg.` is skipped.
    let is_point = end + 1 == whole && line[end] == b'.';
    put(TokenKind::Word, end, if is_point { whole } else { end })
}

/// Returns the end of a name with its thresholds: `mAP@0.5:0.95`, `AP@[0.5:0.95]`. A number before its sign is not a
/// value.
fn threshold(line: &[u8], start: usize, end: usize) -> usize {
    let Some(at) = line[start..end].iter().rposition(|byte| *byte == b'@') else { return end };
    let part = |from: usize| {
        from + line[from..].iter().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-')).count()
    };
    let inside = start + at + 1;
    if inside == end && matches!(line.get(end), Some(b'[' | b'(')) {
        let rest = &line[end + 1..];
        let length = rest
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b':' | b'-' | b',' | b' ' | b'='))
            .count();
        return if length > 0 && matches!(rest.get(length), Some(b']' | b')')) { end + length + 2 } else { end };
    }
    if inside == end || part(inside) != end {
        return end;
    }
    // One or two more of them, and then a sign.
    let mut last = end;
    for _ in 0..2 {
        let next = if line.get(last) == Some(&b':') { part(last + 1) } else { last };
        if next <= last + 1 {
            break;
        }
        last = next;
    }
    let sign = last + line[last..].iter().take_while(|byte| **byte == b' ').count();
    if last > end && (matches!(line.get(sign), Some(b':' | b'=')) || sign > last) { last } else { end }
}

/// Returns the end of a non-ASCII character and its token kind.
fn wide(line: &[u8], at: usize) -> (usize, TokenKind) {
    let length = match line[at] {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => 1,
    };
    let end = (at + length).min(line.len());
    let character = std::str::from_utf8(&line[at..end]).ok().and_then(|text| text.chars().next());
    let kind = match character {
        Some('±' | '→') => TokenKind::Junk,
        Some('：' | '＝') => TokenKind::Sep,
        Some(character) if character.is_alphabetic() => TokenKind::Word,
        // `∇loss`, `√loss`, `¬loss`: not the loss.
        Some('\u{2200}'..='\u{22ff}' | '¬') => TokenKind::Word,
        _ => TokenKind::Divider,
    };
    (if character.is_some() { end } else { at + 1 }, kind)
}

/// `'10/1000'`: returns the ends of its slash and its quotation.
fn quoted_place(line: &[u8], at: usize) -> Option<(usize, usize)> {
    let (_, slash) = number(line, at + 1)?;
    let (_, end) = number(line, slash + 1).filter(|_| line.get(slash) == Some(&b'/'))?;
    let is_place = line.get(end) == Some(&line[at]);
    is_place.then_some((slash, end))
}

/// Returns the end of a quotation, and its token when it holds a number or a name.
fn quoted(line: &[u8], at: usize) -> (usize, Option<Token>) {
    let quote = line[at];
    let close = line[at + 1..].iter().take(96).position(|byte| *byte == quote).map(|close| at + 1 + close);
    let Some(close) = close else { return (at + 1, None) };
    let token = |kind, start, end| Token { kind, start, end, unit: end, spaced: true, gap: false };
    let (mut start, mut end) = (at + 1, close);
    while start < end && line[start] == b' ' {
        start += 1;
    }
    while end > start && line[end - 1] == b' ' {
        end -= 1;
    }
    if let Some((_, number_end)) = number(line, start)
        && (number_end == end || line[number_end..end] == *b"%")
    {
        return (close + 1, Some(Token { unit: end, ..token(TokenKind::Number, start, number_end) }));
    }
    if words::not_finite(&line[start..end]).is_some() {
        return (close + 1, Some(token(TokenKind::Word, start, end)));
    }
    (close + 1, Some(token(TokenKind::Quoted, start, end)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<f64> {
        number(text.as_bytes(), 0).filter(|(_, end)| *end == text.len()).map(|(value, _)| value)
    }

    #[test]
    fn numbers_of_real_logs() {
        for (text, value) in
            [("1,690,000", 1_690_000.0), ("9.150E-06", 9.15e-6), (".5", 0.5), ("21.", 21.0), ("-0.0012", -0.0012)]
        {
            assert_eq!(read(text), Some(value), "{text}");
        }
        for no in ["", "-", "abc", "12,34", "1e999", "0x10"] {
            assert_eq!(read(no), None, "{no}");
        }
    }

    fn kinds(text: &str) -> Vec<(TokenKind, String)> {
        let mut all = Vec::new();
        tokens(text.as_bytes(), 0, &mut all);
        all.iter()
            .map(|token| (token.kind, String::from_utf8_lossy(token.text(text.as_bytes())).into_owned()))
            .collect()
    }

    #[test]
    fn digits_that_are_not_a_measurement() {
        for (text, kind) in [
            ("2024-01-01", TokenKind::Junk),
            ("2024/01/01", TokenKind::Junk),
            ("1.2.3", TokenKind::Junk),
            ("10.0.0.1", TokenKind::Junk),
            ("0-100", TokenKind::Junk),
            ("3f2a9c", TokenKind::Junk),
            ("00:10", TokenKind::Clock),
            ("1:02:03.5", TokenKind::Clock),
            ("310ms", TokenKind::Number),
            ("2.00s/it", TokenKind::Number),
            ("mAP50-95", TokenKind::Word),
            ("https://a.b/1", TokenKind::Junk),
        ] {
            assert_eq!(kinds(text).iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [kind], "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_equal_those_of_the_standard_library(text in "-?[0-9]{1,9}(\\.[0-9]{1,9})?(e-?[0-9]{1,2})?") {
            prop_assert_eq!(read(&text), text.parse::<f64>().ok());
        }

        #[test]
        fn tokens_are_in_order_within_any_line(line in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut all = Vec::new();
            tokens(&line, 0, &mut all);
            let mut last = 0;
            for token in all {
                prop_assert!(last <= token.start && token.start <= token.end && token.end <= token.unit && token.unit <= line.len());
                last = token.unit;
            }
        }
    }
}
