//! Drawn lines of tables: rules, trailing bars, leading signs, and the columns of cells.

use super::step_columns::header_rank;

/// Returns the byte ranges of cells in their line; empty where a character is wider than a byte.
pub(super) fn spans(line: &[u8], cells: &[&str]) -> Vec<(usize, usize)> {
    let Some(text) = std::str::from_utf8(line).ok().filter(|text| text.is_ascii()) else { return Vec::new() };
    let mut end = 0;
    let place = |cell: &&str| {
        let start = end + text[end..].find(cell)?;
        end = start + cell.len();
        Some((start, end))
    };
    cells.iter().map_while(place).collect()
}

/// `#  step  rmse`: returns a header without the sign that makes it a comment.
pub(super) fn without_comment(text: &str) -> &str {
    let rest = text.strip_prefix('#').map(str::trim_start);
    let names_step = |rest: &&str| {
        rest.split_whitespace().next().is_some_and(|first| first.len() > 1 && header_rank(first).is_some())
    };
    rest.filter(names_step).unwrap_or(text)
}

/// Returns a row without the progress bar after it: `… 640: 100%|███| 8/8 [00:01<00:00]`, `… 640: 100% ━━━ 8/8
/// 3.0it/s`.
pub(super) fn without_bar(text: &str) -> &str {
    let begins = |rest: &str| {
        rest.starts_with('|')
            || rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(|one: char| ('─'..='▟').contains(&one)))
    };
    let Some(bar) = text.match_indices('%').map(|(at, _)| at).find(|at| begins(&text[at + 1..])) else { return text };
    text[..bar].trim_end_matches(|digit: char| digit.is_ascii_digit()).trim_end().trim_end_matches(':')
}

/// True for a line that has a bar after its text.
pub(super) fn is_bar_behind(line: &[u8]) -> bool {
    memchr::memchr(b'%', line).is_some() && {
        let text = String::from_utf8_lossy(line);
        without_bar(&text).len() < text.len()
    }
}

/// True for a drawn line: dashes, equal signs, corners.
pub(super) fn is_rule(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    if text.len() < 3 || text[0].is_ascii_alphanumeric() {
        return false;
    }
    let mut drawn = 0;
    let mut at = 0;
    while at < text.len() {
        match &text[at..] {
            [b'-' | b'=', ..] => (drawn, at) = (drawn + 1, at + 1),
            [b'+' | b'|' | b':' | b' ', ..] => at += 1,
            [0xe2, 0x94 | 0x95, 0x80..=0xbf, ..] => (drawn, at) = (drawn + 1, at + 3),
            _ => return false,
        }
    }
    drawn >= 3
}
