//! Classifies a line of a results table: a header, a row, a comment, something to skip.

use std::borrow::Cow;

use super::odd_bytes::text;
use super::page::{is_fence, with_bars};
use super::passed::{is_dashes, is_for_excel};
use super::role_names::is_column_name;
use super::sheet::column_name;
use super::split::Separator;
use super::stated::{self, Stated};
use super::{Layout, Line, LineForm, ResultsTable, cells, object};
use crate::format::json_line::NOT_AN_OBJECT;
use crate::model::{Status, status};

/// The kind of a line.
pub(super) enum ResultsLine {
    Nothing,
    /// Prose that spilled out of a description.
    Spilled,
    Warning(String),
    Comment(Stated),
    Header {
        separator: Separator,
        names: Vec<String>,
        warning: Option<&'static str>,
    },
    /// A row without a header; the columns get these names from there on.
    Headerless {
        separator: Separator,
        names: Vec<String>,
        cells: Vec<Box<str>>,
        warning: String,
    },
    Cells(Vec<Box<str>>),
    Object(Vec<(String, String)>),
}

impl ResultsTable {
    pub(super) fn read(&self, line: &Line<'_>) -> ResultsLine {
        let text = with_bars(text(line).into());
        let trimmed = text.trim();
        if trimmed.is_empty() || is_fence(trimmed) {
            return ResultsLine::Nothing;
        }
        if line.cut {
            return ResultsLine::Warning("a line of more than 1 MiB; skipped".to_owned());
        }
        if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|marker| trimmed.starts_with(marker)) {
            return ResultsLine::Warning("a merge conflict marker; skipped".to_owned());
        }
        let may_be_object = matches!(self.shape, None | Some(LineForm::Objects));
        if may_be_object && trimmed.starts_with('{') {
            return object::pairs(trimmed).map_or_else(ResultsLine::Warning, ResultsLine::Object);
        }
        match &self.shape {
            Some(LineForm::Objects) => ResultsLine::Warning(NOT_AN_OBJECT.to_owned()),
            None => self.read_first(&text),
            Some(LineForm::Cells(layout)) => self.read_cells(line.number, &text, layout),
        }
    }

    /// Reads a line before the layout is known: a comment, the header, or a row.
    fn read_first(&self, text: &str) -> ResultsLine {
        if text.trim_start().starts_with('#') && !names_columns(text) {
            return comment(text);
        }
        if is_for_excel(text) {
            return ResultsLine::Nothing;
        }
        let Some(separator) = Separator::of(text) else { return ResultsLine::Spilled };
        let cells: Vec<Cow<'_, str>> = separator.split(text);
        if separator != Separator::WrittenTab && self.is_data(&cells) {
            let cells = boxed(cells);
            let names = self.names_without_header(&cells);
            let shown = if names[0] == "commit" { names.join(", ") } else { "numbered columns".to_owned() };
            return ResultsLine::Headerless { separator, names, cells, warning: format!("no header; read as {shown}") };
        }
        let names = cells.iter().map(|cell| column_name(cell)).collect();
        let written = separator == Separator::WrittenTab;
        let warning = written.then_some("the header has literal \\t instead of tabs");
        // Rows may have real tabs all the same.
        ResultsLine::Header { separator: if written { Separator::Tab } else { separator }, names, warning }
    }

    /// True for a first line that is a row: it has a number or a decision, and hardly a name of a column.
    fn is_data(&self, cells: &[Cow<'_, str>]) -> bool {
        let names = cells.iter().filter(|cell| is_column_name(cell) && !cell.trim().is_empty()).count();
        let numbers = cells.iter().filter(|cell| cells::number(cell).is_some()).count();
        let claims = cells.iter().filter(|cell| matches!(status(cell, &self.rules.statuses), Status::Claim(_))).count();
        let hashes = cells.iter().filter(|cell| crate::model::cell_is_hash(cell)).count();
        names == 0 && ((claims > 0 || hashes > 0) && numbers > 0 || numbers * 2 > cells.len())
            || names <= 1 && claims > 0 && numbers > 0
    }

    fn read_cells(&self, line: u64, text: &str, layout: &Layout) -> ResultsLine {
        let separator = layout.separator;
        if separator.is_rule(text) {
            return ResultsLine::Nothing;
        }
        let mut cells = separator.split_for(text, layout.columns.len());
        if text.trim_start().starts_with('#') && cells.len() == 1 {
            return comment(text);
        }
        let wanted = layout.columns.len();
        // Trailing separators make no cells.
        while cells.len() > wanted && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        if self.is_header(&cells) || self.is_late_header(&cells) {
            return ResultsLine::Header {
                separator,
                names: cells.iter().map(|cell| column_name(cell)).collect(),
                warning: None,
            };
        }
        if cells.iter().all(|cell| is_dashes(cell) || cell.trim().is_empty()) {
            return ResultsLine::Nothing;
        }
        if is_heading(&cells, wanted) {
            return ResultsLine::Warning("a single cell (a heading or note); skipped".to_owned());
        }
        if let Some(why) = self.skip_reason(text, &cells, layout) {
            return comment_or(text, why);
        }
        match cells.len() {
            1 if wanted != 1 => self.read_alone(text, layout),
            count if count == wanted => ResultsLine::Cells(boxed(cells)),
            _ => self.read_uneven(line, cells, layout),
        }
    }

    /// Reads a line without a separator: prose, or one with literal `\t` instead of tabs.
    fn read_alone(&self, text: &str, layout: &Layout) -> ResultsLine {
        if !text.contains("\\t") {
            // A table in a page is surrounded by prose.
            return if layout.separator == Separator::Bar { ResultsLine::Nothing } else { ResultsLine::Spilled };
        }
        let written = Separator::WrittenTab.split(text);
        let fits = written.len() == layout.columns.len() && layout.separator == Separator::Tab;
        if fits && layout.status.is_some_and(|at| self.decides(&written[at])) {
            ResultsLine::Cells(boxed(written))
        } else {
            ResultsLine::Warning("literal \\t instead of tabs; skipped".to_owned())
        }
    }

    /// True for a cell with a status word in it.
    pub(super) fn decides(&self, cell: &str) -> bool {
        !cell.trim().is_empty() && status(cell, &self.rules.statuses) != Status::Unknown
    }

    /// True for a header in the middle of a table: the known names, perhaps with others.
    pub(super) fn is_header(&self, cells: &[Cow<'_, str>]) -> bool {
        let names = cells.iter().filter(|cell| self.sheet.find(cell).is_some() && !cell.trim().is_empty()).count();
        let has_status = || cells.iter().any(|cell| self.is_status_column(cell) && self.sheet.find(cell).is_some());
        names >= 2
            && (names * 2 >= cells.len() || has_status())
            && cells.iter().any(|cell| self.is_status_column(cell) || is_column_name(cell))
            && {
                !cells
                    .iter()
                    .any(|cell| cells::number(cell).is_some() || crate::model::cell_is_hash(cell) && cell.len() >= 7)
            }
    }

    /// Returns the canonical names where a row has the canonical shape, else numbers.
    fn names_without_header(&self, cells: &[Box<str>]) -> Vec<String> {
        let claims = |cell: &str| matches!(status(cell, &self.rules.statuses), Status::Claim(_));
        let is_number = |cell: &str| cells::number(cell).is_some();
        let is_karpathys = cells.len() == 5
            && claims(&cells[3])
            && is_number(&cells[1])
            && (is_number(&cells[2]) || cells[2].is_empty())
            && cells::time_ms(&cells[0]).is_none();
        if is_karpathys {
            return ["commit", "val_bpb", "memory_gb", "status", "description"].map(str::to_owned).to_vec();
        }
        (1..=cells.len()).map(|number| format!("column {number}")).collect()
    }
}

/// True for `| **Session 2** | | | |`, or the second line of a description: a row has more than one cell.
fn is_heading(cells: &[Cow<'_, str>], wanted: usize) -> bool {
    let mut filled = cells.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty());
    let (first, more) = (filled.next(), filled.next());
    let Some((at, only)) = first.filter(|_| more.is_none() && wanted > 2 && cells.len() == wanted) else {
        return false;
    };
    (at == 0 || at + 1 == wanted)
        && !crate::model::cell_is_hash(cells::commit(only).name)
        && cells::number(only).is_none()
}

pub(super) fn boxed(cells: Vec<Cow<'_, str>>) -> Vec<Box<str>> {
    cells.into_iter().map(Cow::into_owned).map(String::into_boxed_str).collect()
}

/// True for a header whose first column is named `#`, which is not a comment.
fn names_columns(text: &str) -> bool {
    text.contains('\t')
        || Separator::of(text).is_some_and(|separator| {
            let cells = separator.split(text);
            cells.len() >= 3 && cells.iter().filter(|cell| is_column_name(cell)).count() >= 2
        })
}

/// Reads a comment's statement about the objective.
fn comment(text: &str) -> ResultsLine {
    stated::comment(text).map_or(ResultsLine::Nothing, ResultsLine::Comment)
}

/// Reads a comment's statement about the objective, else returns the reason for skipping it.
fn comment_or(text: &str, why: &str) -> ResultsLine {
    match comment(text) {
        ResultsLine::Comment(stated) if text.trim_start().starts_with('#') => ResultsLine::Comment(stated),
        _ => ResultsLine::Warning(why.to_owned()),
    }
}
