//! Actions of the review: reading a change, and choosing the parts of it to approve.

use super::amend::{Reach, discard_edits, exclude, merge_tokens, show_result};
use super::edit::{edit_file, open_file};
use super::view::CONTEXTS;
use super::{DiffColumns, DiffDoc, DocRow, Jump, ShownText, jump, scroll, to_top};
use crate::app::notice::say;
use crate::app::{Effect, Modal, NoticeKind, ReviewAction, State};
use crate::model::FileSide;

/// Columns that one press moves cut lines.
const PAN: usize = 16;

/// Performs an action of the review; in the inbox, on the diff next to the list.
pub(in crate::app) fn act(state: &mut State, action: ReviewAction, effects: &mut Vec<Effect>) {
    match action {
        ReviewAction::ScrollDown => scroll(state, 1),
        ReviewAction::ScrollUp => scroll(state, -1),
        ReviewAction::NextHunk => jump(state, Jump::NextHunk),
        ReviewAction::PreviousHunk => jump(state, Jump::PreviousHunk),
        ReviewAction::NextFile => jump(state, Jump::NextFile),
        ReviewAction::PreviousFile => jump(state, Jump::PreviousFile),
        ReviewAction::ShowFiles => {
            let at = state.review.doc.as_ref().and_then(|doc| doc.file_of(state.review.view.cursor)).unwrap_or(0);
            state.open(Modal::Files(at));
        }
        ReviewAction::ShowEvidence => state.open(Modal::Evidence(0)),
        ReviewAction::MarkViewed => mark_viewed(state),
        ReviewAction::Exclude => exclude(state, Reach::Hunk),
        ReviewAction::ExcludeLine => exclude(state, Reach::Line),
        ReviewAction::MarkLines => {
            let from = state.review.view.cursor;
            state.review.view.range_from = if state.review.view.range_from.is_some() { None } else { Some(from) };
        }
        ReviewAction::ShowResult => show_result(state),
        ReviewAction::DiscardEdits => discard_edits(state),
        ReviewAction::EditFile => edit_file(state, effects),
        ReviewAction::OpenFile => open_file(state, effects),
        ReviewAction::MergeTokens => merge_tokens(state),
        ReviewAction::ToggleColumns => toggle_columns(state),
        ReviewAction::ToggleWrap => toggle_wrap(state),
        ReviewAction::ToggleSpace => toggle_space(state),
        ReviewAction::ToggleCells => toggle_cells(state),
        ReviewAction::MoreContext => {
            state.review.view.context = (state.review.view.context + 1).min(CONTEXTS.len() - 1);
        }
        ReviewAction::LessContext => {
            state.review.view.context = state.review.view.context.saturating_sub(1);
            state.review.view.opened.clear();
        }
        ReviewAction::FoldFile => fold_file(state),
        ReviewAction::ShowWhole => show_whole(state),
    }
}

fn toggle_columns(state: &mut State) {
    let width = state.layout().diff.width as usize;
    let two = !state.review.view.is_two(width);
    state.review.view.columns = if two { DiffColumns::Two } else { DiffColumns::One };
    if two && !state.review.view.is_two(width) {
        say(state, NoticeKind::Bad, "not enough room for two columns");
    }
}

fn toggle_wrap(state: &mut State) {
    state.review.view.wrap = !state.review.view.wrap;
    state.review.view.pan = 0;
    let message =
        if state.review.view.wrap { "long lines are wrapped" } else { "long lines are cut; , and . scroll them" };
    say(state, NoticeKind::Good, message);
}

fn toggle_space(state: &mut State) {
    state.review.view.collapses_whitespace = !state.review.view.collapses_whitespace;
    let message = if state.review.view.collapses_whitespace {
        "whitespace-only changes are collapsed (≈); those hunks do not count as seen"
    } else {
        "whitespace-only changes are shown in full"
    };
    say(state, NoticeKind::Good, message);
}

fn toggle_cells(state: &mut State) {
    let is_notebook = |doc: &DiffDoc| doc.files().iter().any(|file| file.nature.notebook.is_some());
    if !state.review.doc.as_ref().is_some_and(is_notebook) {
        return say(state, NoticeKind::Bad, "no notebook changes here");
    }
    state.review.view.raw = !state.review.view.raw;
    let message = if state.review.view.raw {
        "notebooks are shown as raw JSON, which is what would be committed"
    } else {
        "notebooks are shown by cell; cells do not count as seen"
    };
    say(state, NoticeKind::Good, message);
}

/// Scrolls cut lines, to the right if `right`.
pub(in crate::app) fn pan_lines(state: &mut State, right: bool) {
    let view = &mut state.review.view;
    if !right {
        view.pan = view.pan.saturating_sub(PAN);
    } else if !view.wrap {
        view.pan += PAN;
    } else {
        say(state, NoticeKind::Bad, "no lines are cut while lines are wrapped");
    }
}

fn fold_file(state: &mut State) {
    let at = state.review.doc.as_ref().and_then(|doc| doc.file_of(state.review.view.cursor));
    let path = at.and_then(|at| Some(state.review.doc.as_ref()?.files().get(at)?.path.clone()));
    if let (Some(path), Some(at)) = (path, at)
        && !state.review.view.folded.remove(&path)
    {
        state.review.view.folded.insert(path);
        // The cursor stays with the file.
        if let Some(row) = state.review.doc.as_ref().and_then(|doc| doc.row_of_file(at)) {
            state.review.view.cursor = row;
        }
    }
}

/// Cycles the file under the cursor: whole after the change, whole before it, diff.
fn show_whole(state: &mut State) {
    let Some(doc) = &state.review.doc else { return };
    state.review.view.shown = match state.review.view.shown {
        ShownText::Whole(at, FileSide::New) => ShownText::Whole(at, FileSide::Old),
        ShownText::Whole(_, FileSide::Old) => ShownText::Change,
        ShownText::Change | ShownText::Result | ShownText::Revert => {
            let at = doc.file_of(state.review.view.cursor).unwrap_or(0);
            let Some(both) = state.review.texts.as_ref().and_then(|texts| texts.both(at)) else {
                return say(state, NoticeKind::Bad, "this file cannot be shown whole: it is not text, or too large");
            };
            ShownText::Whole(at, if both.new.is_empty() { FileSide::Old } else { FileSide::New })
        }
    };
    let message = match state.review.view.shown {
        ShownText::Whole(_, FileSide::New) => "the whole file after the change (again: before it)",
        ShownText::Whole(_, FileSide::Old) => "the whole file before the change (again: the diff)",
        ShownText::Change | ShownText::Result | ShownText::Revert => "the diff",
    };
    say(state, NoticeKind::Good, message);
}

/// Expands the hidden lines between two hunks, if the cursor is on such a gap.
pub(in crate::app) fn open_gap(state: &mut State) -> bool {
    let row = state.review.doc.as_ref().and_then(|doc| doc.rows.get(state.review.view.cursor));
    let Some(DocRow::Gap { file, hunk, .. }) = row else { return false };
    let at = (*file, *hunk);
    if state.review.texts.is_none() {
        say(state, NoticeKind::Bad, "the rest of this file is too large to show");
    } else {
        state.review.view.opened.insert(at);
    }
    true
}

/// Marks the hunk under the cursor as viewed and goes to the next unviewed one. On a viewed hunk, removes the mark.
pub(in crate::app) fn mark_viewed(state: &mut State) {
    if open_gap(state) {
        return;
    }
    let cursor = state.review.view.cursor;
    let Some(doc) = &state.review.doc else { return };
    let Some(judged) = doc.assessment().cloned() else { return };
    let key_of = |(file, hunk): (usize, usize)| judged.keys.get(file)?.get(hunk).copied();
    let at = doc.hunk_of(cursor);
    let Some((at, key)) = at.and_then(|at| Some((at, key_of(at)?))) else {
        // On a file name or a remark: goes to its first hunk.
        return jump(state, Jump::NextHunk);
    };
    state.decisions.upkeep.drafts_changed = true;
    if !state.decisions.drafts.viewed.insert(key) {
        state.decisions.drafts.viewed.remove(&key);
        return say(state, NoticeKind::Good, "no longer viewed");
    }
    let all: Vec<(usize, usize)> =
        judged.keys.iter().enumerate().flat_map(|(file, keys)| (0..keys.len()).map(move |hunk| (file, hunk))).collect();
    let here = all.iter().position(|hunk| *hunk == at).unwrap_or(0);
    let later = all[here..].iter().chain(&all[..here]);
    let open = |at: &&(usize, usize)| key_of(**at).is_some_and(|key| !state.decisions.drafts.viewed.contains(&key));
    let left = all.iter().filter(open).count();
    match later.clone().find(open).copied() {
        None => say(state, NoticeKind::Good, format!("all {} hunks are viewed", all.len())),
        Some((file, hunk)) => {
            let path = judged.built.files().get(file).map(|file| file.path.clone());
            if let Some(path) = path {
                // The rows are rebuilt before the next key; until then the cursor is on the file.
                state.review.view.folded.remove(&path);
            }
            let row =
                state.review.doc.as_ref().and_then(|doc| doc.row_of_hunk(file, hunk).or_else(|| doc.row_of_file(file)));
            if let Some(row) = row {
                to_top(state, row);
            }
            say(state, NoticeKind::Good, format!("viewed; {left} of {} to go", all.len()));
        }
    }
}
