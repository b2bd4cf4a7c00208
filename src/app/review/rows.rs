//! The rows of a diff, and the inputs that they are built from.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{AgentText, Comment, FileSide, TreeId};
use crate::policy::text::MeasuredSigns;
use crate::query::{Assessment, Comparison, Texts};

/// One row of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocRow {
    /// The start of a file; index of the file.
    File(usize),
    /// The start of a hunk.
    Hunk {
        /// Index of the file.
        file: usize,
        /// Index of the hunk.
        hunk: usize,
    },
    /// Hidden lines.
    Gap {
        /// Index of the file.
        file: usize,
        /// Index of the hunk after them; the number of hunks at the end.
        hunk: usize,
        /// Their number.
        lines: usize,
    },
    /// A row of a line.
    Line {
        /// Index of the file.
        file: usize,
        /// Index of the hunk.
        hunk: usize,
        /// Index of the line in the hunk.
        line: usize,
        /// The wrapped part.
        part: usize,
    },
    /// Two lines side by side.
    Pair {
        /// Index of the file.
        file: usize,
        /// Index of the hunk.
        hunk: usize,
        /// Index of the line in the old file; `None` if there is none.
        left: Option<usize>,
        /// Index of the line in the new file; `None` if there is none.
        right: Option<usize>,
        /// The wrapped part.
        part: usize,
    },
    /// Two lines that differ only in whitespace, as one.
    WhitespaceOnly {
        /// Index of the file.
        file: usize,
        /// Index of the hunk.
        hunk: usize,
        /// Indices of the old and the new line.
        lines: [usize; 2],
        /// The wrapped part.
        part: usize,
    },
    /// An unchanged line outside the hunks.
    Context {
        /// Index of the file.
        file: usize,
        /// The line's number in both files.
        numbers: [u32; 2],
        /// The wrapped part.
        part: usize,
    },
    /// A line of a file that is shown whole.
    Whole {
        /// Index of the file.
        file: usize,
        /// The shown side.
        side: FileSide,
        /// The line number, from 1.
        line: u32,
        /// True if the change touches the line.
        is_changed: bool,
        /// The wrapped part.
        part: usize,
    },
    /// A row of a notebook shown by cell.
    Cell {
        /// Index of the file.
        file: usize,
        /// Index of the row in the notebook's change.
        row: usize,
        /// The wrapped part.
        part: usize,
    },
    /// A remark about the file or the change; visible text.
    Remark(String),
    /// A line of a conflict: its mark, and visible text.
    Conflict(char, String),
    /// A finding about the line above; its index.
    Finding(usize),
    /// A comment of the person on the line above; its index.
    Comment(usize),
}

/// The line of a file in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineAt {
    /// Path of the file.
    pub path: AgentText,
    /// The side: the new one if the line is on both.
    pub side: FileSide,
    /// The line number on that side, from 1.
    pub line: u32,
    /// True if the line differs between the sides.
    pub is_changed: bool,
}

/// The subject of a diff.
#[derive(Clone, Debug)]
pub enum DocOf {
    /// A change to decide on.
    Judged(Arc<Assessment>),
    /// The difference between two experiments.
    Compared(Arc<Comparison>),
}

impl DocOf {
    /// Returns the trees whose difference is shown.
    pub fn between(&self) -> (TreeId, TreeId) {
        match self {
            Self::Judged(assessment) => assessment.trees,
            Self::Compared(comparison) => comparison.between,
        }
    }
}

impl PartialEq for DocOf {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Judged(a), Self::Judged(b)) => Arc::ptr_eq(a, b),
            (Self::Compared(a), Self::Compared(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// Options of the layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayoutOptions {
    /// Use two columns.
    pub two: bool,
    /// Wrap long lines.
    pub wrap: bool,
    /// Collapse whitespace-only changes into one row.
    pub collapse_whitespace: bool,
    /// Cells between tab stops.
    pub tab: usize,
}

/// All inputs of the layout.
#[derive(Clone, Debug)]
pub struct LayoutInputs {
    /// The subject.
    pub of: DocOf,
    /// The width in cells.
    pub width: usize,
    /// Options of the layout.
    pub manner: LayoutOptions,
    /// Show gaps between hunks.
    pub has_gaps: bool,
    /// Context lines around a change.
    pub context: usize,
    /// Show notebooks as raw JSON, not by cell.
    pub raw: bool,
    /// The file that is shown whole, and its side.
    pub whole: Option<(usize, FileSide)>,
    /// Folded files, which show only their name.
    pub folded: HashSet<AgentText>,
    /// Expanded gaps: index of the file and of the hunk after it.
    pub opened: HashSet<(usize, usize)>,
    /// The whole files, if rows need them.
    pub texts: Option<Arc<Texts>>,
    /// The person's comments.
    pub comments: Vec<Comment>,
    /// Characters whose width the terminal reported.
    pub measured: MeasuredSigns,
}
