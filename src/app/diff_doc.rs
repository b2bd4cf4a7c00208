//! A judgement as rows to scroll through, for one width.

use std::sync::Arc;

use super::pieces::wrapped_rows;
use crate::model::{AgentText, Built, Content, FileChange, FileKind, LineKind, Side};
use crate::policy::text::Visible;
use crate::query::{Comparison, Judgement};

/// Cells that stand before a line: two numbers, the sign, and spaces.
pub const GUTTER: usize = 13;

/// Lines of each side that a conflict shows; the whole change stands below it.
const CONFLICT_LINES: usize = 5;

/// One row of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocRow {
    /// A file begins; index of the file.
    File(usize),
    /// A hunk begins; indices of file and hunk.
    Hunk(usize, usize),
    /// A part of a line: indices of file, hunk, line, and which wrapped row of it.
    Line(usize, usize, usize, usize),
    /// A remark of ours about the file, already visible text.
    Remark(String),
    /// A line of a conflict: how it is marked, and visible text.
    Conflict(char, String),
}

/// A line of a file, as a row shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineAt {
    /// Path of the file.
    pub path: AgentText,
    /// Which file: the new one where the line is in both.
    pub side: Side,
    /// Its number there, from 1.
    pub line: u32,
    /// True when it is not the same on both sides.
    pub is_changed: bool,
}

/// What a document shows.
#[derive(Clone, Debug)]
pub enum DocOf {
    /// A change, to be judged.
    Judged(Arc<Judgement>),
    /// What differs between two experiments.
    Compared(Arc<Comparison>),
}

impl DocOf {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Judged(a), Self::Judged(b)) => Arc::ptr_eq(a, b),
            (Self::Compared(a), Self::Compared(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// Rows of a diff at a width, and which of them were on the screen.
#[derive(Clone, Debug)]
pub struct DiffDoc {
    /// What it shows.
    pub of: DocOf,
    /// All rows.
    pub rows: Vec<DocRow>,
    /// The width they were made for, in cells.
    pub width: usize,
}

impl DiffDoc {
    pub(super) fn new(of: DocOf, width: usize) -> Self {
        let text_width = width.saturating_sub(GUTTER);
        let mut rows = match &of {
            DocOf::Judged(judgement) => remarks_of(&judgement.built),
            DocOf::Compared(comparison) if comparison.files.is_empty() => {
                vec![DocRow::Remark("both hold the same files".to_owned())]
            }
            DocOf::Compared(_) => Vec::new(),
        };
        for (at, file) in files_of(&of).iter().enumerate() {
            rows.push(DocRow::File(at));
            rows.extend(remark(file).map(DocRow::Remark));
            for (hunk_at, hunk) in file.hunks.iter().enumerate() {
                rows.push(DocRow::Hunk(at, hunk_at));
                for (line_at, line) in hunk.lines.iter().enumerate() {
                    let parts = wrapped_rows(line, text_width);
                    rows.extend((0..parts).map(|part| DocRow::Line(at, hunk_at, line_at, part)));
                    if line.no_newline {
                        rows.push(DocRow::Remark("no line end at the end of the file".to_owned()));
                    }
                }
            }
            if file.hunks_left_out > 0 {
                let left_out = file.hunks_left_out;
                rows.push(DocRow::Remark(format!("{left_out} more hunks are not shown: the change is too large")));
            }
        }
        Self { of, rows, width }
    }

    /// The files that are shown.
    pub fn files(&self) -> &[FileChange] {
        files_of(&self.of)
    }

    /// The judgement that is shown; `None` when two experiments are compared.
    pub fn judgement(&self) -> Option<&Arc<Judgement>> {
        match &self.of {
            DocOf::Judged(judgement) => Some(judgement),
            DocOf::Compared(_) => None,
        }
    }

    /// True when this is a document of the same thing at the same width.
    pub(super) fn is_fresh(&self, of: &DocOf, width: usize) -> bool {
        self.of.is(of) && self.width == width
    }

    /// The row where a file begins.
    pub(super) fn row_of_file(&self, file: usize) -> Option<usize> {
        self.rows.iter().position(|row| *row == DocRow::File(file))
    }

    /// The first row after `from` that begins a hunk (or a file).
    pub(super) fn next(&self, from: usize, files_only: bool) -> Option<usize> {
        (from + 1..self.rows.len()).find(|at| self.begins(*at, files_only))
    }

    /// The last row before `from` that begins a hunk (or a file).
    pub(super) fn previous(&self, from: usize, files_only: bool) -> Option<usize> {
        (0..from.min(self.rows.len())).rev().find(|at| self.begins(*at, files_only))
    }

    fn begins(&self, at: usize, files_only: bool) -> bool {
        match self.rows[at] {
            DocRow::File(_) => files_only,
            DocRow::Hunk(..) => !files_only,
            _ => false,
        }
    }

    /// The line of a file that a row shows; `None` for rows that show none.
    pub fn line_at(&self, row: usize) -> Option<LineAt> {
        let DocRow::Line(file, hunk, line, _) = self.rows.get(row)? else { return None };
        let file = self.files().get(*file)?;
        let line = file.hunks.get(*hunk)?.lines.get(*line)?;
        let (side, number) = match (line.new, line.old) {
            (Some(new), _) => (Side::New, new),
            (None, old) => (Side::Old, old?),
        };
        let is_changed = line.kind != LineKind::Context;
        Some(LineAt { path: file.path.clone(), side, line: number, is_changed })
    }

    /// The hunk a row belongs to.
    pub(super) fn hunk_of(&self, at: usize) -> Option<(usize, usize)> {
        match self.rows.get(at)? {
            DocRow::Line(file, hunk, ..) | DocRow::Hunk(file, hunk) => Some((*file, *hunk)),
            _ => None,
        }
    }
}

fn files_of(of: &DocOf) -> &[FileChange] {
    match of {
        DocOf::Judged(judgement) => judgement.built.files(),
        DocOf::Compared(comparison) => &comparison.files,
    }
}

/// What must be said before the files: why a change does not fit, or that it is there already.
fn remarks_of(built: &Built) -> Vec<DocRow> {
    let mut rows = Vec::new();
    if let Built::Conflict(conflict) = built {
        for place in &conflict.places {
            let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
            rows.push(DocRow::Conflict('!', format!("{}{line}: {}", Visible::line(&place.path), place.why)));
            for (mark, lines) in [('≠', &place.found), ('←', &place.expected), ('→', &place.wanted)] {
                rows.extend(
                    lines
                        .iter()
                        .take(CONFLICT_LINES)
                        .map(|line| DocRow::Conflict(mark, Visible::line(line).to_string())),
                );
                if lines.len() > CONFLICT_LINES {
                    rows.push(DocRow::Conflict(mark, "…".to_owned()));
                }
            }
        }
        if !conflict.places.is_empty() {
            rows.push(DocRow::Remark(
                "≠ on the approved branch   ← what this change expects   → what it makes of it".to_owned(),
            ));
            rows.push(DocRow::Remark("the change as the loop made it:".to_owned()));
        }
    }
    if let Built::Contained(_) = built {
        rows.push(DocRow::Remark("the approved branch holds this change already; as the loop made it:".to_owned()));
    }
    rows
}

/// What must be said of a file beside its lines.
fn remark(file: &FileChange) -> Option<String> {
    let kind = match (file.old, file.new) {
        (_, FileKind::Symlink) => Some("becomes a symbolic link; its target:"),
        (FileKind::Symlink, _) => Some("was a symbolic link"),
        (_, FileKind::Gitlink) => Some("becomes a submodule"),
        (FileKind::Gitlink, _) => Some("was a submodule"),
        (FileKind::Regular | FileKind::Absent, FileKind::Executable) => Some("becomes executable"),
        (FileKind::Executable, FileKind::Regular) => Some("is not executable any more"),
        (_, FileKind::Absent) => Some("is deleted"),
        _ => None,
    };
    let content = match file.content {
        Content::Text => None,
        Content::Binary => Some("binary: its content cannot be shown".to_owned()),
        Content::Beyond => Some("not shown: more files change than are shown here".to_owned()),
        Content::TooLarge(bytes) => Some(format!("{bytes} bytes: too large to compare line by line")),
    };
    match (kind, content) {
        (None, None) => None,
        (kind, content) => {
            Some([kind.map(str::to_owned), content].into_iter().flatten().collect::<Vec<_>>().join("; "))
        }
    }
}
