//! Reads the cells of a results table: numbers with units, commits, times.

/// A number as a table writes it, with its unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number<'a> {
    pub(super) value: f64,
    /// `%`, `ms`, `tok/s`; empty without one.
    pub(super) unit: &'a str,
}

/// Reads a finite number in any notation: `0.95`, `~1,234.5 tok/s`, `**95%**`, `0.93 ± 0.01`, `0.95 -> 0.93` (the newer
/// one), `0,95`. `None` for anything else; a bound (`<0.1`) is not a number.
pub(super) fn number(cell: &str) -> Option<Number<'_>> {
    // `**73.1%** 🎉`, `🎯 71.2%`.
    let cell = cell.trim_end_matches(is_mark).trim_start_matches(|c| is_mark(c) && !is_arrow(c));
    // Before and after in one cell: the value after counts.
    for arrow in ["->", "→", "=>", "⇒"] {
        if let Some((before, after)) = cell.rsplit_once(arrow) {
            let _ = number(before)?;
            return number(after);
        }
    }
    // A remark in brackets after the number: `0.95 (best)`, `0.95 [3 seeds]`, `0.93 (±0.02)`.
    let cell = match cell.find(['(', '[']) {
        Some(at) if at > 0 && cell.ends_with([')', ']']) => cell[..at].trim_end(),
        _ => cell,
    };
    let cell = cell
        .split_once('±')
        .or_else(|| cell.split_once("+/-"))
        .or_else(|| cell.split_once("+-"))
        .map_or(cell, |(value, _)| value.trim());
    let bare = cell.trim_start_matches(['~', '≈', '$', '€', '£', '¥', '=']).trim_start();
    let end = number_end(bare);
    let (digits, rest) = bare.split_at(end);
    let value = plain(digits)?;
    let (value, rest) = match power_of_ten(rest) {
        Some((power, rest)) => (format!("{value}e{power}").parse().ok().filter(|value: &f64| value.is_finite())?, rest),
        None => (value, rest),
    };
    // `13.1k tok/s`, `1.2M`: the unit follows.
    let all = rest;
    let (value, rest) = match rest.split_at_checked(1) {
        Some((thousands, rest)) if rest.is_empty() || rest.starts_with(' ') => match thousands {
            "k" | "K" => (as_decimal(value, 3), rest),
            "M" => (as_decimal(value, 6), rest),
            "B" | "G" => (as_decimal(value, 9), rest),
            _ => (value, all),
        },
        _ => (value, rest),
    };
    let unit = rest.trim().trim_end_matches(['✅', '★', '*', '!', '⭐']).trim();
    let is_unit = unit.is_empty()
        || unit == "%"
        || unit.len() <= 16
            && unit.starts_with(|c: char| c.is_alphabetic() || matches!(c, '%' | '/' | '°' | '×'))
            && unit.chars().all(|c| c.is_alphanumeric() || matches!(c, '%' | '/' | '²' | '³' | '°' | '·' | '_' | '×'))
            && unit.split('/').enumerate().all(|(at, part)| is_unit_part(part, at == 0));
    is_unit.then_some(Number { value, unit })
}

/// True for decoration around a number, without meaning.
fn is_mark(c: char) -> bool {
    let is_emphasis =
        c.is_whitespace() || matches!(c, '`' | '*' | '_' | '"' | '\'' | '\u{fe0f}' | '▲' | '▼' | '★' | '☆');
    is_emphasis || is_arrow(c) || matches!(c, '\u{2600}'..='\u{27bf}' | '\u{2b50}' | '\u{1f300}'..='\u{1faff}')
}

/// True for an arrow; before a number it may indicate a change.
fn is_arrow(c: char) -> bool {
    matches!(c, '↑' | '↓' | '⬆' | '⬇' | '▲' | '▼' | '↗' | '↘')
}

/// True for one side of the `/` in a unit: a digit in it is a power at the end of a name. `1m30s` and `10/50` have
/// none.
fn is_unit_part(part: &str, is_first: bool) -> bool {
    let name = part.strip_suffix(['2', '3']).unwrap_or(part);
    !name.bytes().any(|byte| byte.is_ascii_digit()) && (!name.is_empty() || is_first && part.is_empty())
}

/// Returns the exponent of `×10^-3` or `x10⁻³` after a number, and the text after it.
fn power_of_ten(rest: &str) -> Option<(i32, &str)> {
    const SMALL: [char; 11] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹', '⁻'];
    let power = rest.trim_start().strip_prefix(['×', 'x', '·', '⋅', '*'])?.trim_start().strip_prefix("10")?;
    if let Some(power) = power.strip_prefix('^') {
        let power = power.trim_start_matches('{');
        let sign = usize::from(power.starts_with('-'));
        let end = power[sign..].find(|c: char| !c.is_ascii_digit()).map_or(power.len(), |at| at + sign);
        return Some((power[..end].parse().ok()?, power[end..].trim_start_matches('}')));
    }
    let end = power.find(|c| !SMALL.contains(&c)).unwrap_or(power.len());
    let digit = |c: char| match SMALL.iter().position(|small| *small == c) {
        Some(10) | None => '-',
        Some(value) => char::from(b'0' + value as u8),
    };
    Some((power[..end].chars().map(digit).collect::<String>().parse().ok()?, &power[end..]))
}

/// True for a cell that marks a missing number: empty, a dash, `n/a`, `inf`. Status words are handled elsewhere.
pub(super) fn is_missing_number(cell: &str) -> bool {
    let word = cell.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    matches!(
        word.as_str(),
        "" | "null" | "nil" | "none" | "nan" | "inf" | "infinity" | "na" | "n/a" | "tbd" | "undefined"
    )
}

/// Multiplies a number by a power of ten without adding digits.
fn as_decimal(value: f64, power: usize) -> f64 {
    format!("{value}e{power}").parse().unwrap_or(value)
}

/// Returns the end of a number's characters.
fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    if matches!(bytes.first(), Some(b'+' | b'-')) {
        at += 1;
    } else if text.starts_with(['−', '–']) {
        at += '−'.len_utf8();
    }
    while at < bytes.len() {
        match bytes[at] {
            b'0'..=b'9' | b'.' | b',' => at += 1,
            // An exponent has digits: `1e-3`, not `1em`.
            b'e' | b'E' if at > 0 => {
                let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
                if !bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
                    break;
                }
                at += 2 + sign;
                while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                    at += 1;
                }
                break;
            }
            _ => break,
        }
    }
    at
}

/// Parses digits with a point, thousands separators or a decimal comma.
fn plain(text: &str) -> Option<f64> {
    let text = text.replace(['−', '–'], "-");
    let unsigned = text.trim_start_matches(['+', '-']);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') || unsigned.ends_with(',') {
        return None;
    }
    let value: f64 = match unsigned.matches(',').count() {
        0 => text.parse().ok()?,
        // `1.234,56`: points between the thousands and a decimal comma.
        1 if text.find('.').is_some_and(|point| Some(point) < text.find(',')) => {
            let (whole, rest) = text.split_once(',')?;
            let mut groups = whole.trim_start_matches(['+', '-']).split('.');
            let head = groups.next().unwrap_or_default();
            if !(1..=3).contains(&head.len()) || !groups.all(|group| group.len() == 3) {
                return None;
            }
            format!("{}.{rest}", whole.replace('.', "")).parse().ok()?
        }
        commas => {
            if text.rfind(',') > text.find('.').or(Some(usize::MAX)) {
                return None;
            }
            let whole = unsigned.split(['.', 'e', 'E']).next().unwrap_or(unsigned);
            let mut groups = whole.split(',');
            let head = groups.next().unwrap_or_default();
            let grouped = (1..=3).contains(&head.len()) && head != "0" && groups.all(|group| group.len() == 3);
            if grouped {
                text.replace(',', "").parse().ok()?
            } else if commas == 1 && !unsigned.contains('.') {
                // A decimal comma: `0,95`.
                text.replace(',', ".").parse().ok()?
            } else {
                return None;
            }
        }
    };
    value.is_finite().then_some(value)
}

/// The commit in a cell, and whether the cell marks the work tree as dirty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CommitCell<'a> {
    pub(super) name: &'a str,
    pub(super) is_dirty: bool,
}

/// Reads a commit in any notation: in backticks, as a link, as `commit abc1234`, `abc1234 (amended)`, `abc1234+dirty1`,
/// `abc1234-dirty`. A cell without a commit is returned as is.
pub(super) fn commit(cell: &str) -> CommitCell<'_> {
    let plain = CommitCell { name: cell.trim(), is_dirty: false };
    let is_hash = |word: &str| crate::model::cell_is_hash(word);
    if is_hash(cell) || cell.len() > 400 {
        return plain;
    }
    let is_dirty = ["dirty", "uncommitted", "modified", "+wip", "-wip"].iter().any(|mark| cell.contains(mark))
        || cell.trim_end().ends_with('+');
    let hex = |c: char| c.is_ascii_hexdigit();
    // Only runs of digits at word boundaries count: `deadbeef` in `a-deadbeef.py` is part of another name.
    let mut found: Vec<&str> = Vec::new();
    let mut rest = cell;
    while let Some(from) = rest.find(hex) {
        let before = rest[..from].chars().next_back();
        let len = rest[from..].find(|c| !hex(c)).unwrap_or(rest.len() - from);
        let word = &rest[from..from + len];
        let after = rest[from + len..].chars().next();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        // `v1.2-3-gabc1234`, as `git describe` writes it.
        let described = |before: &str| before == "g" || before.ends_with("-g");
        let ends = rest[from + len..].trim_start_matches('.').is_empty();
        let is_separate = (before.is_none_or(|c| !is_part(c) && c != '-')
            || rest[..from].ends_with("..")
            || described(&rest[..from]))
            && (after.is_none_or(|c| !is_part(c)) || ends || rest[from + len..].starts_with(".."));
        if is_separate && is_plainly_hash(word) {
            found.push(word);
        }
        rest = &rest[from + len..];
    }
    found.dedup();
    match found[..] {
        [name] => CommitCell { name, is_dirty },
        // A range: its end. A link with the commit as its text and its target: the longer one.
        [first, last] if ["..", "->", "→"].iter().any(|to| cell.contains(to)) || last.starts_with(first) => {
            CommitCell { name: last, is_dirty }
        }
        [first, last] if first.starts_with(last) => CommitCell { name: first, is_dirty },
        [] => named(cell).map_or(plain, |name| CommitCell { name, is_dirty }),
        _ => plain,
    }
}

/// True for a hash beyond doubt: words such as `added` or `face` are letters alone, and few are as long as a short
/// commit. Eight digits that begin like a year are a date.
fn is_plainly_hash(word: &str) -> bool {
    let is_digits = word.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = word.len() == 8 && word.starts_with("20") && is_digits;
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    word.len() >= 7 && has_digit && !is_date && crate::model::cell_is_hash(word)
}

/// Returns the commit after a name: `mar5-abc1234`, `exp12_abc1234+`, `mar5-abc1234 (dirty)`. Digits alone are a number
/// or a date, a path is a branch or a file, and two hashes are ambiguous.
fn named(cell: &str) -> Option<&str> {
    let cell = cell.trim().trim_matches(['`', '*']);
    let (word, remark) = cell.split_once([' ', '+']).unwrap_or((cell, ""));
    let word = word.strip_suffix("-dirty").unwrap_or(word);
    let (name, hash) = word.rsplit_once(['-', '_'])?;
    let is_alone = |text: &str| !text.split(|c: char| !c.is_alphanumeric()).any(is_plainly_hash);
    let is_name = !word.contains(['/', '.', ':']) && is_alone(&name.replace('_', "-")) && is_alone(remark);
    let has_letter = hash.bytes().any(|byte| byte.is_ascii_alphabetic());
    (is_name && has_letter && is_plainly_hash(hash)).then_some(hash)
}

/// Parses a row's time to milliseconds since the epoch; without a zone it is UTC, a date alone is its midnight.
pub(super) fn time_ms(text: &str) -> Option<i64> {
    let text = text.trim().trim_matches(['`', '"']);
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_millisecond());
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let dated = match text.len() {
        14 if digits => jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", text).ok(),
        12 if digits => jiff::civil::DateTime::strptime("%Y%m%d%H%M", text).ok(),
        _ => None,
    };
    if let Some(time) = dated.filter(|time| (2001..2100).contains(&time.year())) {
        return Some(jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?.as_millisecond());
    }
    if let Ok(number) = text.parse::<f64>() {
        return epoch_ms(number);
    }
    let utc = |time: jiff::civil::DateTime| Some(jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?.as_millisecond());
    let text = text.trim_end_matches(" UTC");
    if let Ok(time) = text.parse::<jiff::civil::DateTime>() {
        return utc(time);
    }
    let shapes = [
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%Y/%m/%d %H:%M:%S",
        "%Y/%m/%d %H:%M",
        "%Y%m%d_%H%M%S",
        "%Y%m%d-%H%M%S",
        "%Y%m%dT%H%M%S",
    ];
    if let Some(time) = shapes.iter().find_map(|shape| jiff::civil::DateTime::strptime(shape, text).ok()) {
        return utc(time);
    }
    let date: jiff::civil::Date = text.parse().or_else(|_| jiff::civil::Date::strptime("%Y/%m/%d", text)).ok()?;
    utc(date.to_datetime(jiff::civil::Time::midnight()))
}

/// Converts a time in seconds, milliseconds, microseconds or nanoseconds since the epoch to milliseconds, in the unit
/// that yields a date between 2001 and 2100.
pub(in crate::format) fn epoch_ms(time: f64) -> Option<i64> {
    const FROM_S: f64 = 1e9;
    const TO_S: f64 = 4.1e9;
    let seconds = [1.0, 1e3, 1e6, 1e9].map(|unit| time / unit).into_iter().find(|s| (FROM_S..TO_S).contains(s))?;
    Some((seconds * 1000.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decorated_numbers() {
        let read = |cell: &str| number(cell).map(|number| (number.value, number.unit.to_owned()));
        let with = |value: f64, unit: &str| Some((value, unit.to_owned()));
        assert_eq!(read("0.95"), with(0.95, ""));
        assert_eq!(read("🎯 71.2%"), with(71.2, "%"));
        assert_eq!(read("**73.1%** 🎉"), with(73.1, "%"));
        assert_eq!(read("3.10+-0.02"), with(3.1, ""));
        assert_eq!(read("0.93 ↓"), with(0.93, ""));
        assert_eq!(read("↓ 0.02"), None, "the amount of a change");
        assert_eq!(read("**95.5%**"), with(95.5, "%"));
        assert_eq!(read("~1,234.5 tok/s"), with(1234.5, "tok/s"));
        assert_eq!(read("0.93 ± 0.01"), with(0.93, ""));
        assert_eq!(read("0.95 -> 0.93"), with(0.93, ""));
        assert_eq!(read("`0.91` (best)"), None, "a backtick within");
        assert_eq!(read("0.91 (best)"), with(0.91, ""));
        assert_eq!(read("0,95"), with(0.95, ""));
        assert_eq!(read("1,234"), with(1234.0, ""));
        assert_eq!(read("1.234,56"), with(1234.56, ""));
        assert_eq!(read("1,234.56"), with(1234.56, ""));
        assert_eq!(read("−0.5"), with(-0.5, ""));
        assert_eq!(read("$12.5"), with(12.5, ""));
        assert_eq!(read("1.2e-3"), with(0.0012, ""));
        assert_eq!(read("3.4GB"), with(3.4, "GB"));
        assert_eq!(read("2x"), with(2.0, "x"));
        assert_eq!(read("0.93 (±0.02)"), with(0.93, ""));
        assert_eq!(read("0.92 ± 0.01 (n=3)"), with(0.92, ""));
        assert_eq!(read("13.1k tok/s"), with(13100.0, "tok/s"));
        assert_eq!(read("1.2M"), with(1.2e6, ""));
        for cell in ["1.5×10^-3", "1.5x10^-3", "1.5 × 10^{-3}", "1.5·10⁻³"] {
            assert_eq!(read(cell), with(0.0015, ""), "{cell}");
        }
        assert_eq!(read("1.2×10^3 tok/s"), with(1200.0, "tok/s"));
        assert_eq!(read("–0.4"), with(-0.4, ""), "an en dash");
        assert_eq!(read("5 kg/m3"), with(5.0, "kg/m3"));
        for no in [
            "",
            "-",
            "nan",
            "inf",
            "<0.1",
            ">0.9",
            "1.2.3",
            "2026-03-21",
            "3f2a1b",
            "12:30",
            "a1",
            "v2",
            "1,2,3",
            "10 of 20",
            "10/50",
            "10/32",
            "2:30",
            "1m30s",
            "1m32s",
            "2h23m",
            "1h02m",
            "0.5 then 0.6",
            "1e999",
            "1×10^999",
            "2x10",
            "0.4–0.5",
            "–",
            "0.8.1",
            "1.23,4",
            "1.234,5,6",
            "None",
            "4x (HRRR 2x, rest 1x)x",
        ] {
            assert_eq!(read(no), None, "{no}");
        }
    }

    #[test]
    fn decorated_commits() {
        for cell in [
            "438a26e",
            "`438a26e`",
            "438a26e (amended)",
            "commit 438a26e",
            "438a26e+dirty1",
            "438a26e-dirty",
            "[438a26e](https://x/commit/438a26e)",
            "https://github.com/a/b/commit/438a26e",
            "main@438a26e",
            "1111111..438a26e",
            "**438a26e**",
            "438a26e ← best",
            "sha:438a26e",
            "v1.2-3-g438a26e",
            "438a26e.",
            "1111111 -> 438a26e",
            "mar5-438a26e",
            "exp12_438a26e",
            "438a26e (dirty)",
            "438a26e+",
            "git:438a26e",
            "mar5-438a26e (best)",
            "mar5-438a26e-dirty",
        ] {
            assert_eq!(commit(cell).name, "438a26e", "{cell}");
        }
        let long = "4".repeat(40);
        assert_eq!(commit(&format!("[438a26e](https://x/commit/438a26e{})", &long[7..])).name.len(), 40);
        for cell in [
            "baseline",
            "-",
            "none",
            "001",
            "exp-12",
            "run 20260321",
            "feedback",
            "thesis/1-cache-1234567890abc",
            "run 1234",
            "438a26e and 538a26e",
            "x-1111111-438a26e",
            "run-1234567",
            "mar5-feedbac",
            "exp_438a26e.py",
            "lr-550e8400-e29b-41d4-a716-44665544000a",
            "two words-438a26e",
            "a-438a26e and b-538a26e",
        ] {
            assert_eq!(commit(cell).name, cell, "{cell}");
        }
        for cell in ["438a26e+dirty1", "438a26e (dirty)", "438a26e+", "mar5-438a26e-dirty", "exp12_438a26e+"] {
            assert!(commit(cell).is_dirty, "{cell}");
        }
        assert!(!commit("438a26e").is_dirty && !commit("mar5-438a26e").is_dirty);
    }

    #[test]
    fn forms_of_times() {
        let minute = 60_000;
        let first = time_ms("2026-06-17T14:30:00Z");
        for text in [
            "2026-06-17T14:30",
            "2026-06-17 14:30",
            "2026-06-17 14:30:00",
            "2026/06/17 14:30",
            "20260617_143000",
            "1781706600",
            "1781706600000",
            "1781706600000000",
            "20260617143000",
            "202606171430",
            "2026-06-17 14:30 UTC",
        ] {
            assert_eq!(time_ms(text), first, "{text}");
        }
        assert_eq!(time_ms("2026-06-17"), first.map(|ms| ms - (14 * 60 + 30) * minute));
        for no in ["", "0.5", "first", "17", "12:30", "99999999999999999999", "1000000"] {
            assert_eq!(time_ms(no), None, "{no}");
        }
    }
}
