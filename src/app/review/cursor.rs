//! The cursor in the rows of a diff, and the visible rows.

use crate::app::review::doc::{DiffDoc, DocUnit};
use crate::app::review::rows::DocRow;
use crate::app::{Modal, State};
use crate::model::{AgentText, FileSide, ScreenPlace};

/// Rows that stay visible above and below the cursor.
const MARGIN: usize = 2;

/// Scrolls. In the review, the cursor stays on the screen.
pub(in crate::app) fn scroll(state: &mut State, by: isize) {
    let rows = state.review.doc.as_ref().map_or(0, |doc| doc.rows.len());
    let height = state.diff_height();
    state.review.scroll = state.review.scroll.saturating_add_signed(by).min(rows.saturating_sub(height));
    if by != 0 {
        let last = (state.review.scroll + height).min(rows).saturating_sub(1);
        state.review.view.cursor = state.review.view.cursor.clamp(state.review.scroll.min(last), last);
    }
}

/// Moves the cursor, and scrolls with it.
pub(in crate::app) fn move_cursor(state: &mut State, by: isize) {
    to_row(state, state.review.view.cursor.saturating_add_signed(by));
}

/// Puts the cursor on a row, and makes it visible.
pub(in crate::app) fn to_row(state: &mut State, row: usize) {
    let rows = state.review.doc.as_ref().map_or(0, |doc| doc.rows.len());
    state.review.view.cursor = row.min(rows.saturating_sub(1));
    show_cursor(state);
}

/// Puts the cursor on a row and scrolls it to the top, if there are enough rows below.
pub(in crate::app) fn to_top(state: &mut State, row: usize) {
    let rows = state.review.doc.as_ref().map_or(0, |doc| doc.rows.len());
    state.review.view.cursor = row.min(rows.saturating_sub(1));
    // Near the end it cannot be at the top, but it is on the screen.
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

/// A target in a diff.
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

/// Goes to another hunk or file, and scrolls its start to the top if there are enough rows below.
pub(in crate::app) fn jump(state: &mut State, to: Jump) {
    let from = if state.review.open.is_some() { state.review.view.cursor } else { state.review.scroll };
    let Some(doc) = &state.review.doc else { return };
    let row = match to {
        Jump::NextHunk => doc.next(from, DocUnit::Hunk).unwrap_or(doc.rows.len()),
        Jump::NextFile => doc.next(from, DocUnit::File).unwrap_or(doc.rows.len()),
        Jump::PreviousHunk => doc.previous(from, DocUnit::Hunk).unwrap_or(0),
        Jump::PreviousFile => doc.previous(from, DocUnit::File).unwrap_or(0),
    };
    to_top(state, row);
}

/// Puts the cursor on a line of a file; if it is not shown, on the next one, else on the file.
pub(in crate::app) fn to_line(state: &mut State, path: &AgentText, side: FileSide, line: u32) {
    let Some(doc) = &state.review.doc else { return };
    let Some(file) = doc.files().iter().position(|file| file.path == *path) else { return };
    let row = doc.row_of_line(file, side, line).or_else(|| doc.row_of_file(file));
    if let Some(row) = row {
        to_row(state, row);
    }
}

/// Returns the place of the cursor, to restore it after the rows were rebuilt.
pub(in crate::app) fn place_now(state: &State) -> Option<ScreenPlace> {
    let review = state.review.open.as_ref()?;
    let doc = state.review.doc.as_ref()?;
    let (path, side, line) = match doc.place(state.review.view.cursor) {
        Some((file, side, line)) => (doc.files().get(file).map(|file| file.path.clone()), side, line),
        None => (None, FileSide::New, 0),
    };
    Some(ScreenPlace { experiment: review.experiment.clone(), path, side, line })
}

/// After the rows were rebuilt, finds the line of the comment being written by its text, so that the comment
/// cannot move to another line. Clears the marked range.
pub(in crate::app) fn keep_rows(state: &mut State) {
    state.review.view.range_from = None;
    let (Some(doc), Some(Modal::Comment(prompt))) = (&state.review.doc, &mut state.window.modal) else { return };
    let same = |row: &usize| doc.text_at(*row).is_some_and(|found| found == prompt.target) && doc.is_first_part(*row);
    let distance = |row: &usize| doc.place(*row).map_or(u32::MAX, |(_, _, line)| line.abs_diff(prompt.line));
    match (0..doc.rows.len()).filter(same).min_by_key(distance) {
        Some(row) => {
            prompt.row = row;
            prompt.line = doc.place(row).map_or(prompt.line, |(_, _, line)| line);
        }
        None => {
            state.window.drawn.change("the line is no longer in the change");
        }
    }
}

/// After the rows were rebuilt, keeps the cursor on its line or hunk, in the same row of the screen.
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
        // The same row of the same notebook, if it is still shown by cell.
        Some(DocRow::Cell { file, row, .. }) => in_new(*file).and_then(|file| {
            let same = DocRow::Cell { file, row: *row, part: 0 };
            doc.rows.iter().position(|row| *row == same).or_else(|| doc.row_of_file(file))
        }),
        Some(DocRow::Hunk { file, hunk }) => {
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
