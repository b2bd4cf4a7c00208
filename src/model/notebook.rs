//! A change of a notebook, by its cells.

use super::{AgentText, DiffLine};

/// What a change does to a notebook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotebookChange {
    /// The cells that change, in order; empty when nothing but the way the JSON is written does, and when it could
    /// not be read.
    pub rows: Vec<CellRow>,
    /// What changes, counted.
    pub counts: NotebookCounts,
    /// What a browser would run when it shows the notebook, in what the change adds: in which parts, in our words.
    pub runs: Vec<&'static str>,
    /// True when another kernel would run it.
    pub is_other_kernel: bool,
    /// Why it is not shown by cells; `None` when it is.
    pub unread: Option<Unread>,
}

/// Rows of one notebook; what is beyond is counted.
pub const MOST_CELL_ROWS: usize = 20_000;

impl NotebookChange {
    /// True where the source of all changed cells is among the rows, each line to its end.
    pub fn shows_all_source(&self) -> bool {
        let is_whole = |row: &CellRow| !matches!(row, CellRow::Line(line) if line.cut > 0);
        self.unread.is_none() && self.rows.len() <= MOST_CELL_ROWS && self.rows.iter().all(is_whole)
    }
}

/// One row of a change by cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CellRow {
    /// A cell begins: which, what it is, and what becomes of it.
    Heading(AgentText),
    /// A line of a cell's source; its numbers are those within the cell.
    Line(DiffLine),
    /// What else changes of the cell above, or of the notebook.
    Note(AgentText),
}

/// How many cells change, and in which of their parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotebookCounts {
    /// Cells of code that are added, deleted, moved, or whose source changes.
    pub code: usize,
    /// The same of cells that are no code.
    pub text: usize,
    /// Cells whose outputs change.
    pub outputs: usize,
    /// Cells whose metadata or attachments change, and one for the notebook's own.
    pub metadata: usize,
}

/// Why a notebook is not shown by its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The old file is no JSON of a notebook's shape.
    Old,
    /// The new file is no JSON of a notebook's shape.
    New,
    /// Both together are larger than is read.
    TooLarge,
}
