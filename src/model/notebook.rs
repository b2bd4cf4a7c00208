//! A change of a notebook, by cells.

use super::{AgentText, DiffLine};

/// A change of a notebook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotebookChange {
    /// The cells that change, in order; empty if only the formatting of the JSON changes, or if it could not be read.
    pub rows: Vec<CellRow>,
    /// The number of changes by kind.
    pub counts: NotebookCounts,
    /// The parts of the added content that a browser would execute when it shows the notebook, in our words.
    pub runs: Vec<&'static str>,
    /// True if another kernel would run it.
    pub is_other_kernel: bool,
    /// The reason why it is not shown by cells; `None` if it is.
    pub unread: Option<Unread>,
}

/// Largest number of rows of one notebook; further ones are only counted.
pub const MOST_CELL_ROWS: usize = 20_000;

impl NotebookChange {
    /// True if the complete source of all changed cells is among the rows.
    pub fn shows_all_source(&self) -> bool {
        let is_whole = |row: &CellRow| !matches!(row, CellRow::Line(line) if line.cut > 0);
        self.unread.is_none() && self.rows.len() <= MOST_CELL_ROWS && self.rows.iter().all(is_whole)
    }
}

/// One row of a change by cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CellRow {
    /// The start of a cell: its number, its kind and its change.
    Heading(AgentText),
    /// A line of a cell's source, numbered within the cell.
    Line(DiffLine),
    /// Another change of the cell above, or of the notebook.
    Note(AgentText),
}

/// The number of cells that change, by part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotebookCounts {
    /// Cells of code that are added, deleted, moved, or whose source changes.
    pub code: usize,
    /// The same for cells that are not code.
    pub text: usize,
    /// Cells whose outputs change.
    pub outputs: usize,
    /// Cells whose metadata or attachments change, and one for the notebook's own.
    pub metadata: usize,
}

/// The reason why a notebook is not shown by cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The old file is not the JSON of a notebook.
    Old,
    /// The new file is not the JSON of a notebook.
    New,
    /// Both together exceed the size limit.
    TooLarge,
}
