//! Origins at the beginning of a line: a place in the source, a program on a machine, a process, one of many parallel
//! workers.

use super::digits::digits;
use super::level::level;
use super::parts::DataSplit;
use super::words;

/// True for a word that is not a step, a part of the data, a measurement, or the name of a process or thing: with a
/// number after it, it may be a module and its line.
fn has_no_meaning(word: &[u8]) -> bool {
    words::count(word).is_none()
        && DataSplit::of(word).is_none()
        && !words::is_measured(word)
        && words::which(word).is_none()
        && !words::is_never_a_metric(word)
        && !words::is_remaining(word)
}

/// Returns the names before the number in `trainer:fit:55`.
fn names_before_a_line(text: &[u8]) -> Option<&[u8]> {
    let colon = text.iter().rposition(|byte| *byte == b':')?;
    (colon > 0 && colon + 1 < text.len() && digits(&text[colon + 1..]) == text.len() - colon - 1)
        .then_some(&text[..colon])
}

/// True for a place in the source: `__main__:train:55 - `, `llamafactory.train.callbacks:143 >> `, `trainer:55 - `.
pub(super) fn is_source(text: &[u8], after: &[u8]) -> bool {
    let Some(names) = names_before_a_line(text) else { return false };
    if after.starts_with(b">>") {
        return true;
    }
    let ends = after.starts_with(b"- ") || after.starts_with(b"|") || after.starts_with(b"]");
    if names.iter().any(|byte| matches!(byte, b'.' | b'_' | b':')) {
        return ends;
    }
    // `samples:320 - loss:2.5`: values, not a place.
    let behind = after.get(1..).unwrap_or_default().trim_ascii_start();
    let word = behind.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/')).count();
    let is_pair = matches!(behind.get(word..), Some([b':' | b'=', next, ..]) if next.is_ascii_digit());
    ends && has_no_meaning(names) && !is_pair
}

/// True for the content of the brackets of `[trainer:55]`.
pub(super) fn is_bracketed_source(inside: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':');
    names_before_a_line(inside)
        .is_some_and(|names| names[0].is_ascii_alphabetic() && names.iter().all(is_name) && has_no_meaning(names))
}

/// `(main.py 226): `, as Swin prints it after a date.
pub(super) fn parenthesised(rest: &[u8]) -> Option<usize> {
    let inside = rest.strip_prefix(b"(")?;
    let close = inside.iter().take(96).position(|byte| *byte == b')')?;
    let (file, line) = inside[..close].split_at(inside[..close].iter().rposition(|byte| matches!(byte, b' ' | b':'))?);
    let is_place = file.ends_with(b".py") && line.len() > 1 && digits(&line[1..]) == line.len() - 1;
    is_place.then_some(close + 2 + usize::from(inside.get(close + 1) == Some(&b':')))
}

/// `[1] "` as R prints a text.
pub(super) fn printed_by_r(line: &[u8]) -> Option<usize> {
    let number = digits(line.strip_prefix(b"[")?);
    let is_text = number > 0 && line[1 + number..].starts_with(b"] \"") && line.ends_with(b"\"");
    is_text.then_some(number + 4)
}

/// `gpu01 python3[1234]: ` after a date: a machine and its program.
pub(super) fn program(rest: &[u8]) -> Option<usize> {
    let host =
        rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')).count();
    let program = rest.get(host..)?.strip_prefix(b" ")?;
    let name = program.iter().take(64).take_while(|byte| byte.is_ascii_graphic() && **byte != b'[').count();
    let number = program[name..].strip_prefix(b"[")?;
    let end = digits(number);
    let is_one = host > 0 && name > 0 && end > 0 && number[end..].starts_with(b"]:");
    (is_one && has_no_meaning(&rest[..host])).then_some(host + 1 + name + 1 + end + 2)
}

/// `12345 INFO`: a process before a level.
pub(super) fn process_before_a_level(rest: &[u8]) -> Option<usize> {
    let length = digits(rest);
    let behind = rest.get(length..)?.strip_prefix(b" ")?;
    (length > 0 && level(behind).is_some()).then_some(length)
}

/// `trainer 1234 step 10`, `trainer 1234 140 step 10` after a level and a date: a module, its process and thread.
pub(super) fn module_and_process(rest: &[u8]) -> Option<usize> {
    let mut words = rest.split(|byte| *byte == b' ').take(4);
    let module =
        words.next().filter(|word| word.first().is_some_and(u8::is_ascii_alphabetic) && has_no_meaning(word))?;
    let is_number = |word: &&[u8]| word.len() > 1 && digits(word) == word.len();
    let numbers: Vec<&[u8]> = words.clone().take_while(is_number).collect();
    let next = words.nth(numbers.len())?;
    let length: usize = numbers.iter().map(|number| number.len() + 1).sum();
    (!numbers.is_empty() && words::count(next).is_some()).then_some(module.len() + length)
}

/// `dp1-tp0`, `2024-01-01 10:00:00 DP0 TP1`: returns the range of the parallel groups, and one number for all of them.
pub(super) fn side_by_side(inside: &[u8]) -> Option<(usize, usize, u32)> {
    const NAMES: [&[u8]; 6] = [b"dp", b"tp", b"pp", b"ep", b"cp", b"sp"];
    let group = |word: &[u8]| {
        let number = word.get(2..).filter(|number| !number.is_empty() && digits(number) == number.len())?;
        let is_known = NAMES.iter().any(|name| word[..2].eq_ignore_ascii_case(name));
        std::str::from_utf8(number).ok()?.parse::<u32>().ok().filter(|_| is_known)
    };
    let (mut at, mut first, mut sum, mut last) = (0, None, 0u32, 0);
    for word in inside.split(|byte| !byte.is_ascii_alphanumeric()) {
        if let Some(number) = group(word) {
            first.get_or_insert(at);
            sum = sum.saturating_mul(64).saturating_add(number);
            last = at + word.len();
        } else if first.is_some() || word.iter().any(u8::is_ascii_alphabetic) {
            return None;
        }
        at += word.len() + 1;
    }
    Some((first?, last, sum))
}
