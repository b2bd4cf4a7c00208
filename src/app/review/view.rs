//! How a change is shown: columns, wrapping, context, folding, cursor.

use std::collections::HashSet;

use super::SIDE_GUTTER;
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
pub(super) const CONTEXTS: [usize; 5] = [3, 10, 25, 100, usize::MAX];
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
    pub(super) context: usize,
    pub(super) folded: HashSet<AgentText>,
    pub(super) opened: HashSet<(usize, usize)>,
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

    pub(in crate::app) fn folded(&self) -> &HashSet<AgentText> {
        &self.folded
    }

    pub(in crate::app) fn opened(&self) -> &HashSet<(usize, usize)> {
        &self.opened
    }

    /// What belongs to one change is forgotten; how a person likes to read stays.
    pub(in crate::app) fn begin(&mut self) {
        self.face = ShownText::Change;
        self.cursor = 0;
        self.range_from = None;
        self.pan = 0;
        self.folded.clear();
        self.opened.clear();
    }
}
