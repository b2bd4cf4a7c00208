//! Searching a diff, or the file that is shown whole.

use std::ops::Range;

use crate::app::State;
use crate::app::review::cursor::to_row;
use crate::app::review::doc::DiffDoc;
use crate::app::review::pieces::CodeLine;
use crate::app::review::rows::DocRow;
use crate::model::{CellRow, FileSide};
use crate::query::Texts;

/// Returns the ranges of the words in a text: case-sensitive if they contain a capital letter.
pub fn match_ranges(text: &str, words: &str) -> Vec<Range<usize>> {
    if words.is_empty() {
        return Vec::new();
    }
    if words.chars().any(char::is_uppercase) {
        return text.match_indices(words).map(|(at, found)| at..at + found.len()).collect();
    }
    let lower = text.to_lowercase();
    // If lowercasing changes the length of a letter, offsets do not carry over to the original text. The total length
    // is not enough to detect that: `İİK` keeps its length, but its letters do not.
    let is_as_long = |c: char| c.to_lowercase().map(char::len_utf8).sum::<usize>() == c.len_utf8();
    if !text.is_ascii() && !text.chars().all(is_as_long) {
        return text.match_indices(words).map(|(at, found)| at..at + found.len()).collect();
    }
    lower.match_indices(words).map(|(at, found)| at..at + found.len()).collect()
}

/// True if a row contains the words; a wrapped line matches in its first row.
fn contains_words(doc: &DiffDoc, texts: Option<&Texts>, row: usize, words: &str) -> bool {
    let in_text = |text: &str| !match_ranges(text, words).is_empty();
    let in_line = |file, hunk, line| doc.line(file, hunk, line).is_some_and(|line| in_text(CodeLine::of(line).raw()));
    let in_file = |file: usize, side: FileSide, number: u32| {
        texts.and_then(|texts| texts.both(file)?.side(side).line(number)).is_some_and(in_text)
    };
    match doc.rows[row] {
        DocRow::Line { file, hunk, line, part: 0 } => in_line(file, hunk, line),
        DocRow::Pair { file, hunk, left, right, part: 0 } => {
            [left, right].into_iter().flatten().any(|line| in_line(file, hunk, line))
        }
        DocRow::WhitespaceOnly { file, hunk, lines: both, part: 0 } => {
            both.into_iter().any(|line| in_line(file, hunk, line))
        }
        DocRow::Context { file, numbers: [_, new], part: 0 } => in_file(file, FileSide::New, new),
        DocRow::Whole { file, side, line, part: 0, .. } => in_file(file, side, line),
        DocRow::Cell { file, row, part: 0 } => match doc.cell(file, row) {
            Some(CellRow::Line(line)) => in_text(CodeLine::of(line).raw()),
            Some(CellRow::Heading(text) | CellRow::Note(text)) => in_text(text.raw()),
            None => false,
        },
        DocRow::File(file) => doc.files().get(file).is_some_and(|file| in_text(file.path.raw())),
        _ => false,
    }
}

/// Returns the next row with the words, starting from `from` (including it if `here`) and wrapping around.
pub(in crate::app) fn find_in_diff(
    state: &State,
    words: &str,
    from: usize,
    forward: bool,
    here: bool,
) -> Option<usize> {
    let doc = state.review.doc.as_ref().filter(|doc| !doc.rows.is_empty() && !words.is_empty())?;
    let count = doc.rows.len();
    let from = from.min(count - 1);
    (usize::from(!here)..=count)
        .map(|step| if forward { (from + step) % count } else { (from + count - step % count) % count })
        .find(|row| contains_words(doc, state.review.texts.as_deref(), *row, words))
}

/// Returns how many rows contain the words.
pub fn match_count(state: &State, words: &str) -> usize {
    let Some(doc) = state.review.doc.as_ref().filter(|_| !words.is_empty()) else { return 0 };
    (0..doc.rows.len()).filter(|row| contains_words(doc, state.review.texts.as_deref(), *row, words)).count()
}

/// Goes to the next or previous match of the search; an error is a message for the person.
pub(in crate::app) fn to_next_found(state: &mut State, forward: bool) -> Result<(), String> {
    let words = state.review.view.search.clone();
    let found = find_in_diff(state, &words, state.review.view.cursor, forward, false);
    let row = found.ok_or_else(|| format!("no match for `{words}` here; o shows the whole file"))?;
    to_row(state, row);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capital_letter_makes_the_search_case_sensitive() {
        assert_eq!(match_ranges("lr = LR", "lr"), [0..2, 5..7]);
        assert_eq!(match_ranges("lr = LR", "LR"), vec![5..7; 1]);
        assert_eq!(match_ranges("İ lr", "lr"), vec![3..5; 1], "ranges refer to the original text");
        assert!(match_ranges("x", "").is_empty());
        let text = "İİ\u{212a}é lré";
        assert_eq!(text.len(), text.to_lowercase().len());
        for range in match_ranges(text, "é") {
            assert_eq!(text.get(range), Some("é"));
        }
    }
}
