//! A diff as rows to scroll through, built for one width.

use std::sync::Arc;

use crate::app::review::layout::lay_out;
use crate::app::review::pieces::Room;
use crate::app::review::rows::{DocOf, DocRow, LayoutInputs, LineAt};
use crate::model::{AgentText, CellRow, DiffLine, FileChange, FileSide, Hunk, LineKind};
use crate::query::Assessment;

/// Cells before a line: two line numbers, the sign, and spaces.
pub const GUTTER: usize = 13;
/// The same for each of two columns: one line number, the sign, and spaces.
pub const SIDE_GUTTER: usize = 8;

impl PartialEq for LayoutInputs {
    fn eq(&self, other: &Self) -> bool {
        let same_texts = match (&self.texts, &other.texts) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        same_texts
            && self.of == other.of
            && (self.width, self.manner) == (other.width, other.manner)
            && (self.has_gaps, self.raw) == (other.has_gaps, other.raw)
            && (self.context, self.whole) == (other.context, other.whole)
            && self.folded == other.folded
            && self.opened == other.opened
            && self.comments == other.comments
            && self.measured == other.measured
    }
}

/// The rows of a diff at a width.
#[derive(Clone, Debug)]
pub struct DiffDoc {
    /// All rows.
    pub rows: Vec<DocRow>,
    /// The inputs that the rows were built from.
    pub recipe: LayoutInputs,
}

/// A part of a diff that keys go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocUnit {
    /// A hunk, or a changed cell of a notebook.
    Hunk,
    /// A file.
    File,
}

impl DiffDoc {
    pub(crate) fn new(recipe: LayoutInputs) -> Self {
        Self { rows: lay_out(&recipe), recipe }
    }

    /// Returns the shown files.
    pub fn files(&self) -> &[FileChange] {
        match &self.recipe.of {
            DocOf::Judged(assessment) => assessment.built.files(),
            DocOf::Compared(comparison) => &comparison.files,
        }
    }

    /// Returns the assessment; `None` when two experiments are compared.
    pub fn assessment(&self) -> Option<&Arc<Assessment>> {
        match &self.recipe.of {
            DocOf::Judged(assessment) => Some(assessment),
            DocOf::Compared(_) => None,
        }
    }

    /// Returns a row of a notebook shown by cell.
    pub fn cell(&self, file: usize, row: usize) -> Option<&CellRow> {
        self.files().get(file)?.nature.notebook.as_ref()?.rows.get(row)
    }

    /// Returns a hunk by its indices.
    pub fn hunk(&self, file: usize, hunk: usize) -> Option<&Hunk> {
        self.files().get(file)?.hunks.get(hunk)
    }

    /// Returns a line of a hunk by its indices.
    pub fn line(&self, file: usize, hunk: usize, line: usize) -> Option<&DiffLine> {
        self.hunk(file, hunk)?.lines.get(line)
    }

    /// Returns the row where a file begins.
    pub fn row_of_file(&self, file: usize) -> Option<usize> {
        self.rows.iter().position(|row| *row == DocRow::File(file))
    }

    /// Returns the row where a hunk begins.
    pub fn row_of_hunk(&self, file: usize, hunk: usize) -> Option<usize> {
        self.rows.iter().position(|row| *row == DocRow::Hunk { file, hunk })
    }

    /// Returns the first row after `from` where a hunk (or a file) begins.
    pub fn next(&self, from: usize, unit: DocUnit) -> Option<usize> {
        (from + 1..self.rows.len()).find(|at| self.begins(*at, unit))
    }

    /// Returns the last row before `from` where a hunk (or a file) begins.
    pub fn previous(&self, from: usize, unit: DocUnit) -> Option<usize> {
        (0..from.min(self.rows.len())).rev().find(|at| self.begins(*at, unit))
    }

    fn begins(&self, at: usize, unit: DocUnit) -> bool {
        match self.rows[at] {
            DocRow::File(_) => unit == DocUnit::File,
            DocRow::Hunk { .. } => unit == DocUnit::Hunk,
            DocRow::Cell { file, row, .. } => {
                unit == DocUnit::Hunk && matches!(self.cell(file, row), Some(CellRow::Heading(_)))
            }
            _ => false,
        }
    }

    /// Returns the file that a row belongs to: its own, or that of the rows above it.
    pub fn file_of(&self, row: usize) -> Option<usize> {
        let rows = self.rows.get(..=row.min(self.rows.len().checked_sub(1)?))?;
        rows.iter().rev().find_map(|row| match row {
            DocRow::File(file)
            | DocRow::Hunk { file, .. }
            | DocRow::Gap { file, .. }
            | DocRow::Line { file, .. }
            | DocRow::Pair { file, .. }
            | DocRow::WhitespaceOnly { file, .. }
            | DocRow::Context { file, .. }
            | DocRow::Cell { file, .. }
            | DocRow::Whole { file, .. } => Some(*file),
            DocRow::Remark(_) | DocRow::Conflict(..) | DocRow::Finding(_) | DocRow::Comment(_) => None,
        })
    }

    /// Returns the file, side and number of the line in a row: the new side if the line is on both.
    pub fn place(&self, row: usize) -> Option<(usize, FileSide, u32)> {
        let of = |file: usize, line: &DiffLine| match (line.new, line.old) {
            (Some(new), _) => Some((file, FileSide::New, new)),
            (None, old) => Some((file, FileSide::Old, old?)),
        };
        match *self.rows.get(row)? {
            DocRow::Line { file, hunk, line, .. } => of(file, self.line(file, hunk, line)?),
            DocRow::Pair { file, hunk, left, right, .. } => of(file, self.line(file, hunk, right.or(left)?)?),
            DocRow::WhitespaceOnly { file, hunk, lines: [_, new], .. } => of(file, self.line(file, hunk, new)?),
            DocRow::Context { file, numbers: [_, new], .. } => Some((file, FileSide::New, new)),
            DocRow::Whole { file, side, line, .. } => Some((file, side, line)),
            _ => None,
        }
    }

    /// Returns the line of a file in a row; `None` for other rows.
    pub fn line_at(&self, row: usize) -> Option<LineAt> {
        let (file, side, line) = self.place(row)?;
        let path = self.files().get(file)?.path.clone();
        Some(LineAt { path, side, line, is_changed: !self.changed(row).is_empty() })
    }

    /// Returns the file, side and text of the line in a row.
    pub fn text_at(&self, row: usize) -> Option<(AgentText, FileSide, AgentText)> {
        let (file, side, _) = self.place(row)?;
        let (file_at, hunk, line) = match *self.rows.get(row)? {
            DocRow::Line { file, hunk, line, .. } => (file, hunk, line),
            DocRow::Pair { file, hunk, left, right, .. } => (file, hunk, right.or(left)?),
            DocRow::WhitespaceOnly { file, hunk, lines: [_, new], .. } => (file, hunk, new),
            _ => return None,
        };
        let path = self.files().get(file)?.path.clone();
        Some((path, side, self.line(file_at, hunk, line)?.text.clone()))
    }

    /// True for the first of the rows of a wrapped line.
    pub fn is_first_part(&self, row: usize) -> bool {
        match self.rows.get(row) {
            Some(
                DocRow::Line { part, .. }
                | DocRow::Pair { part, .. }
                | DocRow::WhitespaceOnly { part, .. }
                | DocRow::Context { part, .. }
                | DocRow::Cell { part, .. }
                | DocRow::Whole { part, .. },
            ) => *part == 0,
            _ => true,
        }
    }

    /// Returns the row of a line of a file, or of the next shown line after it; `None` if there is none.
    pub fn row_of_line(&self, file: usize, side: FileSide, line: u32) -> Option<usize> {
        let numbers = |row: &DocRow| -> Option<(usize, Option<u32>)> {
            let of =
                |line: Option<&DiffLine>| line.and_then(|line| if side == FileSide::New { line.new } else { line.old });
            match *row {
                DocRow::Line { file, hunk, line, part: 0 } => Some((file, of(self.line(file, hunk, line)))),
                DocRow::Pair { file, hunk, left, right, part: 0 } => {
                    let line = if side == FileSide::New { right } else { left };
                    Some((file, line.and_then(|line| of(self.line(file, hunk, line)))))
                }
                DocRow::WhitespaceOnly { file, hunk, lines: [old, new], part: 0 } => {
                    Some((file, of(self.line(file, hunk, if side == FileSide::New { new } else { old }))))
                }
                DocRow::Context { file, numbers: [old, new], part: 0 } => {
                    Some((file, Some(if side == FileSide::New { new } else { old })))
                }
                DocRow::Whole { file, side: own, line, part: 0, .. } => Some((file, (own == side).then_some(line))),
                _ => None,
            }
        };
        let found = |row: &DocRow| {
            numbers(row).is_some_and(|(its, number)| its == file && number.is_some_and(|number| number >= line))
        };
        self.rows.iter().position(found)
    }

    /// Returns the hunk that a row belongs to.
    pub fn hunk_of(&self, at: usize) -> Option<(usize, usize)> {
        match *self.rows.get(at)? {
            DocRow::Line { file, hunk, .. }
            | DocRow::Hunk { file, hunk }
            | DocRow::Pair { file, hunk, .. }
            | DocRow::WhitespaceOnly { file, hunk, .. } => Some((file, hunk)),
            _ => None,
        }
    }

    /// Returns the changed lines in a row, by their indices in its hunk.
    pub fn changed(&self, row: usize) -> Vec<usize> {
        let (file, hunk, lines) = match self.rows.get(row) {
            Some(DocRow::Line { file, hunk, line, .. }) => (*file, *hunk, vec![*line]),
            Some(DocRow::Pair { file, hunk, left, right, .. }) => {
                let mut both: Vec<usize> = left.iter().chain(right).copied().collect();
                both.dedup();
                (*file, *hunk, both)
            }
            Some(DocRow::WhitespaceOnly { file, hunk, lines: both, .. }) => (*file, *hunk, both.to_vec()),
            _ => return Vec::new(),
        };
        let is_changed = |line: &usize| self.line(file, hunk, *line).is_some_and(|line| line.kind != LineKind::Context);
        lines.into_iter().filter(is_changed).collect()
    }
}

impl LayoutInputs {
    /// Returns the room for the text of a line, in one column or in each of two.
    pub fn room(&self) -> Room {
        if self.manner.two && self.whole.is_none() {
            Room { width: (self.width.saturating_sub(1) / 2).saturating_sub(SIDE_GUTTER), ..self.whole_room() }
        } else {
            self.whole_room()
        }
    }

    /// Returns the room for the text of a line in one column over the whole width.
    pub(super) fn whole_room(&self) -> Room {
        let measured = self.measured.clone();
        Room { width: self.width.saturating_sub(GUTTER), tab: self.manner.tab, measured }
    }
}
