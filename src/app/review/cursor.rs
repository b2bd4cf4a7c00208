//! The cursor among the rows of a change, and the part of them that is on the screen.

use crate::app::review::doc::DiffDoc;
use crate::app::review::rows::DocRow;
use crate::app::{Modal, State};
use crate::model::{AgentText, FileSide, ScreenPlace};

/// Rows that stay visible above and below the cursor.
const MARGIN: usize = 2;

/// Moves what is on the screen. In the review the cursor stays on it.
pub(in crate::app) fn scroll(state: &mut State, by: isize) {
    let rows = state.review.doc.as_ref().map_or(0, |doc| doc.rows.len());
    let height = state.diff_height();
    state.review.scroll = state.review.scroll.saturating_add_signed(by).min(rows.saturating_sub(height));
    if by != 0 {
        let last = (state.review.scroll + height).min(rows).saturating_sub(1);
        state.review.view.cursor = state.review.view.cursor.clamp(state.review.scroll.min(last), last);
    }
}

/// Moves the cursor, and what is on the screen with it.
pub(in crate::app) fn move_cursor(state: &mut State, by: isize) {
    to_row(state, state.review.view.cursor.saturating_add_signed(by));
}

/// Puts the cursor on a row, and shows it.
pub(in crate::app) fn to_row(state: &mut State, row: usize) {
    let rows = state.review.doc.as_ref().map_or(0, |doc| doc.rows.len());
    state.review.view.cursor = row.min(rows.saturating_sub(1));
    show_cursor(state);
}

/// Puts the cursor on a row, and that at the top of the screen, where there is enough below it.
pub(in crate::app) fn to_top(state: &mut State, row: usize) {
    let rows = state.review.doc.as_ref().map_or(0, |doc| doc.rows.len());
    state.review.view.cursor = row.min(rows.saturating_sub(1));
    // Near the end it cannot stand at the top; it is on the screen all the same.
    state.review.scroll = row.min(rows.saturating_sub(state.diff_height()));
}

fn show_cursor(state: &mut State) {
    let rows = state.review.doc.as_ref().map_or(0, |doc| doc.rows.len());
    let height = state.diff_height().max(1);
    let margin = MARGIN.min((height - 1) / 2);
    let cursor = state.review.view.cursor;
    let (lowest, highest) = ((cursor + margin + 1).saturating_sub(height), cursor.saturating_sub(margin));
    state.review.scroll = state.review.scroll.clamp(lowest, highest.max(lowest)).min(rows.saturating_sub(height));
}

/// Where to go in a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Jump {
    /// The next hunk.
    NextHunk,
    /// The previous hunk.
    PreviousHunk,
    /// The next file.
    NextFile,
    /// The previous file.
    PreviousFile,
}

/// Goes to another hunk or file: it begins at the top of the screen, where there is enough below it.
pub(in crate::app) fn jump(state: &mut State, to: Jump) {
    let from = if state.review.open.is_some() { state.review.view.cursor } else { state.review.scroll };
    let Some(doc) = &state.review.doc else { return };
    let row = match to {
        Jump::NextHunk => doc.next(from, false).unwrap_or(doc.rows.len()),
        Jump::NextFile => doc.next(from, true).unwrap_or(doc.rows.len()),
        Jump::PreviousHunk => doc.previous(from, false).unwrap_or(0),
        Jump::PreviousFile => doc.previous(from, true).unwrap_or(0),
    };
    to_top(state, row);
}

/// Puts the cursor on a line of a file; where it is not shown, on the next one, else on the file.
pub(in crate::app) fn to_line(state: &mut State, path: &AgentText, side: FileSide, line: u32) {
    let Some(doc) = &state.review.doc else { return };
    let Some(file) = doc.files().iter().position(|file| file.path == *path) else { return };
    let row = doc.row_of_line(file, side, line).or_else(|| doc.row_of_file(file));
    if let Some(row) = row {
        to_row(state, row);
    }
}

/// Where the cursor is, to come back to it after the rows were laid out anew.
pub(in crate::app) fn place_now(state: &State) -> Option<ScreenPlace> {
    let review = state.review.open.as_ref()?;
    let doc = state.review.doc.as_ref()?;
    let (path, side, line) = match doc.place(state.review.view.cursor) {
        Some((file, side, line)) => (doc.files().get(file).map(|file| file.path.clone()), side, line),
        None => (None, FileSide::New, 0),
    };
    Some(ScreenPlace { experiment: review.experiment.clone(), path, side, line })
}

/// The rows were laid out anew: what was pointed at by its row is pointed at again, or not any more. What is said of
/// one line must not come to stand at another: it is known by what stands in it.
pub(in crate::app) fn keep_rows(state: &mut State) {
    state.review.view.range_from = None;
    let (Some(doc), Some(Modal::Comment(prompt))) = (&state.review.doc, &mut state.window.modal) else { return };
    let same = |row: &usize| doc.text_at(*row).is_some_and(|found| found == prompt.on) && doc.is_first_part(*row);
    let distance = |row: &usize| doc.place(*row).map_or(u32::MAX, |(_, _, line)| line.abs_diff(prompt.line));
    match (0..doc.rows.len()).filter(same).min_by_key(distance) {
        Some(row) => {
            prompt.row = row;
            prompt.line = doc.place(row).map_or(prompt.line, |(_, _, line)| line);
        }
        None => {
            state.window.drawn.change("the line is not in the change any more");
        }
    }
}

/// The rows were laid out anew: the cursor stays on its line, or its hunk, and that on its row of the screen.
pub(in crate::app) fn keep_place(state: &mut State, before: &DiffDoc) {
    let Some(doc) = &state.review.doc else { return };
    let cursor = if state.review.open.is_some() { state.review.view.cursor } else { state.review.scroll };
    let offset = cursor.saturating_sub(state.review.scroll);
    let in_new = |file: usize| {
        let path = &before.files().get(file)?.path;
        doc.files().iter().position(|file| file.path == *path)
    };
    let row = match before.rows.get(cursor) {
        Some(DocRow::File(file)) => in_new(*file).and_then(|file| doc.row_of_file(file)),
        // The same row of the same notebook, where it is still shown by cells.
        Some(DocRow::Cell { file, row, .. }) => in_new(*file).and_then(|file| {
            let same = DocRow::Cell { file, row: *row, part: 0 };
            doc.rows.iter().position(|row| *row == same).or_else(|| doc.row_of_file(file))
        }),
        Some(DocRow::Hunk(file, hunk)) => {
            in_new(*file).and_then(|file| doc.row_of_hunk(file, *hunk).or_else(|| doc.row_of_file(file)))
        }
        _ => before.place(cursor).and_then(|(file, side, line)| {
            let file = in_new(file)?;
            doc.row_of_line(file, side, line).or_else(|| doc.row_of_file(file))
        }),
    };
    let row = row.unwrap_or(cursor).min(doc.rows.len().saturating_sub(1));
    state.review.scroll = row.saturating_sub(offset).min(doc.rows.len().saturating_sub(state.diff_height()));
    if state.review.open.is_some() {
        state.review.view.cursor = row;
        show_cursor(state);
    }
}
