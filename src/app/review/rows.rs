//! The rows of a change, and what they are made from.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{AgentText, Comment, FileSide, TreeId};
use crate::policy::text::MeasuredSigns;
use crate::query::{Assessment, Comparison, Texts};

/// One row of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocRow {
    /// A file begins; index of the file.
    File(usize),
    /// A hunk begins; indices of file and hunk.
    Hunk(usize, usize),
    /// Lines that are not shown: the file, the hunk that follows (as many as there are at the end), how many.
    Gap(usize, usize, usize),
    /// A part of a line: indices of file, hunk, line, and which wrapped row of it.
    Line(usize, usize, usize, usize),
    /// Two lines beside each other: indices of file and hunk, of the lines, and which wrapped row of both.
    Pair {
        /// Index of the file.
        file: usize,
        /// Index of the hunk.
        hunk: usize,
        /// Index of the line in the old file; `None` where it has none.
        left: Option<usize>,
        /// Index of the line in the new file; `None` where it has none.
        right: Option<usize>,
        /// Which wrapped row.
        part: usize,
    },
    /// Two lines that differ in white space alone, as one: indices of file, hunk, the old and the new line, and
    /// which wrapped row.
    Quiet(usize, usize, [usize; 2], usize),
    /// A line that did not change, beyond the hunks: index of the file, numbers in both files, which row of it.
    Around(usize, [u32; 2], usize),
    /// A line of a file that is shown whole.
    Whole {
        /// Index of the file.
        file: usize,
        /// Which of its two texts.
        side: FileSide,
        /// The number, from 1.
        line: u32,
        /// True when the change touches it.
        is_changed: bool,
        /// Which wrapped row.
        part: usize,
    },
    /// A row of a notebook by its cells.
    Cell {
        /// Index of the file.
        file: usize,
        /// Index of the row among those of the notebook's change.
        row: usize,
        /// Which wrapped row.
        part: usize,
    },
    /// A remark of ours about the file, already visible text.
    Remark(String),
    /// A line of a conflict: how it is marked, and visible text.
    Conflict(char, String),
    /// Something that policy saw at the line above; index of the finding.
    Finding(usize),
    /// Something that the person wrote of the line above; index of the comment.
    Comment(usize),
}

/// A line of a file, as a row shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineAt {
    /// Path of the file.
    pub path: AgentText,
    /// Which file: the new one where the line is in both.
    pub side: FileSide,
    /// Its number there, from 1.
    pub line: u32,
    /// True when it is not the same on both sides.
    pub is_changed: bool,
}

/// What a document shows.
#[derive(Clone, Debug)]
pub enum DocOf {
    /// A change, to be judged.
    Judged(Arc<Assessment>),
    /// What differs between two experiments.
    Compared(Arc<Comparison>),
}

impl DocOf {
    /// The trees whose difference is shown.
    pub fn between(&self) -> (TreeId, TreeId) {
        match self {
            Self::Judged(assessment) => assessment.between,
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

/// How lines are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Two columns, or one.
    pub two: bool,
    /// Long lines go on in the next row.
    pub wrap: bool,
    /// Changes of nothing but white space take one row.
    pub quiet: bool,
    /// Cells from one tab stop to the next.
    pub tab: usize,
}

/// Everything that rows are made from.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// What is shown.
    pub of: DocOf,
    /// The width in cells.
    pub width: usize,
    /// How lines are laid out.
    pub manner: Manner,
    /// Rows tell what is not shown between hunks.
    pub has_gaps: bool,
    /// Lines around a change.
    pub context: usize,
    /// Notebooks are shown as the JSON they are, not by their cells.
    pub raw: bool,
    /// The file that is shown whole, and which side of it.
    pub whole: Option<(usize, FileSide)>,
    /// Files that show their name alone.
    pub folded: HashSet<AgentText>,
    /// Gaps that are open: the file and the hunk that follows.
    pub opened: HashSet<(usize, usize)>,
    /// The whole files, where rows need them.
    pub texts: Option<Arc<Texts>>,
    /// What was written of lines.
    pub comments: Vec<Comment>,
    /// Signs of which the terminal said how wide they are.
    pub measured: MeasuredSigns,
}
