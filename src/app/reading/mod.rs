//! How a change is read: rows laid out for a width, a cursor among them, what was seen of them.

mod colouring;
mod cursor;
mod doc;
mod laying;
mod pieces;
mod rows;
mod seek;
mod seen;
mod showing;
mod wording;

use std::collections::HashSet;

pub use colouring::Colouring;
pub use doc::{DiffDoc, GUTTER, SIDE_GUTTER};
pub use pieces::{Piece, Room, Written, wrap};
pub use rows::{DocOf, DocRow, LineAt, Manner, Recipe};
pub use seek::{count_found, ranges_found};
pub use seen::SeenLines;
pub use wording::Wording;

pub(super) use colouring::{ask_for_colours, ask_for_texts, coloured};
pub(super) use cursor::{jump, move_cursor, place_now, scroll, to_row, to_top};
pub(super) use pieces::as_patch;
pub(super) use seek::{find_in_diff, to_found};
pub(super) use seen::{drawn, unseen};
pub(super) use showing::refresh_doc;
pub(super) use wording::word_what_is_shown;

use super::State;
use super::notice::say;
use super::{Action, NoticeKind};
use crate::model::{AgentText, FileSide};

/// How many columns the diff has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiffColumns {
    /// Two where there is room for both.
    #[default]
    ByWidth,
    /// One, old above new.
    One,
    /// Two, old beside new.
    Two,
}

/// What of a change is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShownText {
    /// The change, with what is left out of it marked.
    #[default]
    Change,
    /// What would be committed after the person's amendment.
    Result,
    /// What taking an approved commit back would commit.
    Revert,
    /// One file as a whole, before or after the change.
    Whole(usize, FileSide),
}

/// Widths of the diff from which two columns fit.
const TWO_COLUMNS: usize = 150;
/// Lines around a change, by how often more was asked for.
const CONTEXTS: [usize; 5] = [3, 10, 25, 100, usize::MAX];
/// Cells that one press moves an unwrapped line.
const PAN: usize = 16;

/// Cells from one tab stop to the next, where the person's configuration says nothing.
pub const TAB_WIDTH: usize = 4;

/// How a change is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffView {
    /// One column or two.
    pub columns: DiffColumns,
    /// True when long lines go on in the next row; else they are cut and can be moved.
    pub wrap: bool,
    /// True when changes of nothing but white space are told in one row.
    pub quiet: bool,
    /// True when notebooks are shown as the JSON they are, not by their cells.
    pub raw: bool,
    /// Cells from one tab stop to the next.
    pub tab_width: usize,
    /// What is shown.
    pub face: ShownText,
    /// Row of the cursor, in the review.
    pub cursor: usize,
    /// Row where a range of lines begins; `None` without one.
    pub range_from: Option<usize>,
    /// Cells by which unwrapped lines are moved to the left.
    pub pan: usize,
    /// Words that are sought in the diff; empty without a search.
    pub sought: String,
    context: usize,
    folded: HashSet<AgentText>,
    opened: HashSet<(usize, usize)>,
}

impl Default for DiffView {
    fn default() -> Self {
        Self {
            columns: DiffColumns::default(),
            wrap: true,
            quiet: false,
            raw: false,
            tab_width: TAB_WIDTH,
            face: ShownText::default(),
            cursor: 0,
            range_from: None,
            pan: 0,
            sought: String::new(),
            context: 0,
            folded: HashSet::new(),
            opened: HashSet::new(),
        }
    }
}

impl DiffView {
    /// Lines around a change.
    pub fn context(&self) -> usize {
        CONTEXTS[self.context]
    }

    /// True when a diff of this width has two columns.
    pub fn is_two(&self, width: usize) -> bool {
        match self.columns {
            DiffColumns::ByWidth => width >= TWO_COLUMNS,
            DiffColumns::One => false,
            DiffColumns::Two => width >= 2 * SIDE_GUTTER + 20,
        }
    }

    /// True when a file shows its name alone.
    pub fn is_folded(&self, path: &AgentText) -> bool {
        self.folded.contains(path)
    }

    pub(super) fn folded(&self) -> &HashSet<AgentText> {
        &self.folded
    }

    pub(super) fn opened(&self) -> &HashSet<(usize, usize)> {
        &self.opened
    }

    /// What belongs to one change is forgotten; how a person likes to read stays.
    pub(super) fn begin(&mut self) {
        self.face = ShownText::Change;
        self.cursor = 0;
        self.range_from = None;
        self.pan = 0;
        self.folded.clear();
        self.opened.clear();
    }
}

/// The actions that change how a change is read; false for others.
pub(super) fn read_otherwise(state: &mut State, action: Action) -> bool {
    match action {
        Action::ToggleColumns => {
            let width = state.shape().diff.width as usize;
            let two = !state.review.view.is_two(width);
            state.review.view.columns = if two { DiffColumns::Two } else { DiffColumns::One };
            if two && !state.review.view.is_two(width) {
                say(state, NoticeKind::Bad, "there is no room for two columns here");
            }
        }
        Action::ToggleWrap => {
            state.review.view.wrap = !state.review.view.wrap;
            state.review.view.pan = 0;
            let how = if state.review.view.wrap {
                "long lines go on in the next row"
            } else {
                "long lines are cut; , and . move them"
            };
            say(state, NoticeKind::Good, how);
        }
        Action::ToggleSpace => {
            state.review.view.quiet = !state.review.view.quiet;
            let how = if state.review.view.quiet {
                "where only white space differs one row tells it (≈); such hunks do not count as seen"
            } else {
                "white space is shown like every other change"
            };
            say(state, NoticeKind::Good, how);
        }
        Action::ToggleCells => {
            let is_notebook = |doc: &DiffDoc| doc.files().iter().any(|file| file.nature.notebook.is_some());
            if !state.review.doc.as_ref().is_some_and(is_notebook) {
                say(state, NoticeKind::Bad, "no notebook changes here");
                return true;
            }
            state.review.view.raw = !state.review.view.raw;
            let how = if state.review.view.raw {
                "notebooks as the JSON they are, which is what would be committed"
            } else {
                "notebooks by their cells; what is shown so does not count as seen"
            };
            say(state, NoticeKind::Good, how);
        }
        Action::PanLeft => state.review.view.pan = state.review.view.pan.saturating_sub(PAN),
        Action::PanRight if !state.review.view.wrap => state.review.view.pan += PAN,
        Action::PanRight => say(state, NoticeKind::Bad, "nothing is cut while lines are wrapped"),
        Action::MoreContext => state.review.view.context = (state.review.view.context + 1).min(CONTEXTS.len() - 1),
        Action::LessContext => {
            state.review.view.context = state.review.view.context.saturating_sub(1);
            state.review.view.opened.clear();
        }
        Action::FoldFile => {
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
        Action::ShowWhole => show_whole(state),
        _ => return false,
    }
    true
}

/// The file under the cursor as a whole: after the change, before it, and the diff again.
fn show_whole(state: &mut State) {
    let Some(doc) = &state.review.doc else { return };
    state.review.view.face = match state.review.view.face {
        ShownText::Whole(at, FileSide::New) => ShownText::Whole(at, FileSide::Old),
        ShownText::Whole(_, FileSide::Old) => ShownText::Change,
        _ => {
            let at = doc.file_of(state.review.view.cursor).unwrap_or(0);
            let Some(both) = state.review.texts.as_ref().and_then(|texts| texts.both(at)) else {
                return say(state, NoticeKind::Bad, "this file cannot be shown whole: it is no text, or too large");
            };
            ShownText::Whole(at, if both.new.is_empty() { FileSide::Old } else { FileSide::New })
        }
    };
    let told = match state.review.view.face {
        ShownText::Whole(_, FileSide::New) => "the whole file after the change; again: before it",
        ShownText::Whole(_, FileSide::Old) => "the whole file before the change; again: the diff",
        _ => "the diff",
    };
    say(state, NoticeKind::Good, told);
}

/// Opens what is not shown between two hunks.
pub(super) fn open_gap(state: &mut State) -> bool {
    let row = state.review.doc.as_ref().and_then(|doc| doc.rows.get(state.review.view.cursor));
    let Some(DocRow::Gap(file, hunk, _)) = row else { return false };
    let at = (*file, *hunk);
    if state.review.texts.is_none() {
        say(state, NoticeKind::Bad, "the rest of this file is not here: it is too large");
    } else {
        state.review.view.opened.insert(at);
    }
    true
}

/// The hunk under the cursor is viewed: on to the next that is not. On one that is viewed the mark is taken back.
pub(super) fn mark_viewed(state: &mut State) {
    if open_gap(state) {
        return;
    }
    let cursor = state.review.view.cursor;
    let Some(doc) = &state.review.doc else { return };
    let Some(judged) = doc.assessment().cloned() else { return };
    let key_of = |(file, hunk): (usize, usize)| judged.keys.get(file)?.get(hunk).copied();
    let at = doc.hunk_of(cursor);
    let Some((at, key)) = at.and_then(|at| Some((at, key_of(at)?))) else {
        // On the name of a file, or a remark: to its first hunk.
        return jump(state, true, false);
    };
    state.decisions.upkeep.drafts_changed = true;
    if !state.decisions.drafts.viewed.insert(key) {
        state.decisions.drafts.viewed.remove(&key);
        return say(state, NoticeKind::Good, "not viewed any more");
    }
    let all: Vec<(usize, usize)> =
        judged.keys.iter().enumerate().flat_map(|(file, keys)| (0..keys.len()).map(move |hunk| (file, hunk))).collect();
    let here = all.iter().position(|one| *one == at).unwrap_or(0);
    let later = all[here..].iter().chain(&all[..here]);
    let open = |at: &&(usize, usize)| key_of(**at).is_some_and(|key| !state.decisions.drafts.viewed.contains(&key));
    let left = all.iter().filter(open).count();
    match later.clone().find(open).copied() {
        None => say(state, NoticeKind::Good, format!("all {} hunks are viewed", all.len())),
        Some((file, hunk)) => {
            let path = judged.built.files().get(file).map(|file| file.path.clone());
            if let Some(path) = path {
                // It is laid out again before the next key; the cursor goes to the file meanwhile.
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
