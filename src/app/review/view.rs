//! How a change is shown: columns, wrapping, context, folding, cursor.

use std::collections::HashSet;

use super::SIDE_GUTTER;
use crate::model::{AgentText, FileSide};

/// Number of columns of the diff.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiffColumns {
    /// Two if there is enough room.
    #[default]
    ByWidth,
    /// One, old above new.
    One,
    /// Two, old beside new.
    Two,
}

/// The shown form of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShownText {
    /// The change, with exclusions marked.
    #[default]
    Change,
    /// The commit after the person's amendment.
    Result,
    /// The commit that would revert an approved one.
    Revert,
    /// A whole file, by its index, before or after the change.
    Whole(usize, FileSide),
}

/// Minimum width of the diff for two columns.
const TWO_COLUMNS: usize = 150;
/// Context lines around a change, by level.
pub(super) const CONTEXTS: [usize; 5] = [3, 10, 25, 100, usize::MAX];
/// Default distance between tab stops, in cells.
pub const TAB_WIDTH: usize = 4;

/// Settings for reading a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffView {
    /// One column or two.
    pub columns: DiffColumns,
    /// True to wrap long lines; otherwise they are cut and can be scrolled.
    pub wrap: bool,
    /// True to collapse whitespace-only changes into one row.
    pub collapses_whitespace: bool,
    /// True to show notebooks as raw JSON, not by cell.
    pub raw: bool,
    /// Cells between tab stops.
    pub tab_width: usize,
    /// The shown form of the change.
    pub shown: ShownText,
    /// Row of the cursor, in the review.
    pub cursor: usize,
    /// Row where a range of lines begins; `None` without a range.
    pub range_from: Option<usize>,
    /// Cells that cut lines are scrolled to the left.
    pub pan: usize,
    /// Words of the search in the diff; empty without a search.
    pub search: String,
    pub(super) context: usize,
    pub(super) folded: HashSet<AgentText>,
    pub(super) opened: HashSet<(usize, usize)>,
}

impl Default for DiffView {
    fn default() -> Self {
        Self {
            columns: DiffColumns::default(),
            wrap: true,
            collapses_whitespace: false,
            raw: false,
            tab_width: TAB_WIDTH,
            shown: ShownText::default(),
            cursor: 0,
            range_from: None,
            pan: 0,
            search: String::new(),
            context: 0,
            folded: HashSet::new(),
            opened: HashSet::new(),
        }
    }
}

impl DiffView {
    /// Returns the number of context lines around a change.
    pub fn context(&self) -> usize {
        CONTEXTS[self.context]
    }

    /// True if a diff of this width has two columns.
    pub fn is_two(&self, width: usize) -> bool {
        match self.columns {
            DiffColumns::ByWidth => width >= TWO_COLUMNS,
            DiffColumns::One => false,
            DiffColumns::Two => width >= 2 * SIDE_GUTTER + 20,
        }
    }

    /// True if the file is folded and shows only its name.
    pub fn is_folded(&self, path: &AgentText) -> bool {
        self.folded.contains(path)
    }

    pub(in crate::app) fn folded(&self) -> &HashSet<AgentText> {
        &self.folded
    }

    pub(in crate::app) fn opened(&self) -> &HashSet<(usize, usize)> {
        &self.opened
    }

    /// Resets the settings that belong to one change; the person's reading preferences stay.
    pub(in crate::app) fn begin(&mut self) {
        self.shown = ShownText::Change;
        self.cursor = 0;
        self.range_from = None;
        self.pan = 0;
        self.folded.clear();
        self.opened.clear();
    }
}
