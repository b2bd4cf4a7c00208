//! Rows that have fewer or more cells than their header: they are read if the cells make the columns clear.

use std::borrow::Cow;
use std::ops::Range;

use super::role_names::is_commit_name;
use super::{Layout, ResultsLine, ResultsTable, boxed, cells};
use crate::model::{Claim, Status, cell_is_hash, counted};

/// Number of rows that determine the content of a column.
const ROWS_CHECKED: usize = 8;

/// Number of rows that show a column without a status name to be one.
const LEAST_TO_DECIDE: usize = 3;

/// The kind of a column's cells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CellKind {
    Commit,
    Number,
    Time,
    Status,
    /// Anything else, or not known yet.
    Words,
}

impl ResultsTable {
    /// Reads a row whose number of cells differs from the header's.
    pub(super) fn read_uneven(&self, line: u64, mut cells: Vec<Cow<'_, str>>, layout: &Layout) -> ResultsLine {
        let (count, wanted) = (cells.len(), layout.columns.len());
        let wrong = || ResultsLine::Warning(format!("{}, but the header has {wanted}", counted(count, "cell")));
        let by_content = || self.kinds(layout).iter().position(|kind| *kind == CellKind::Status);
        let status = layout.status.or_else(by_content);
        let is_in_place = status.is_some_and(|at| cells.get(at).is_some_and(|cell| self.decides(cell)));
        if count > wanted && is_in_place && layout.ends_in_words {
            // Words where the rows before have numbers: the additional cell is ambiguous.
            let kinds = self.kinds(layout);
            let is_read = |cell: &str| cell.is_empty() || cells::is_missing_number(cell) || self.decides(cell);
            let fits = |(cell, kind): (&Cow<'_, str>, &CellKind)| self.is_a(cell, *kind) || is_read(cell);
            let numbers = cells.iter().zip(&kinds).filter(|(_, kind)| **kind == CellKind::Number);
            if !numbers.take(wanted).all(fits) {
                return wrong();
            }
            // A tab in the last cell's words.
            let words = cells.split_off(wanted - 1).join(" ");
            cells.push(words.into());
            return ResultsLine::Cells(boxed(cells));
        }
        if count > wanted {
            let is_nameless = count <= wanted + layout.nameless;
            let added = if is_nameless { Some(wanted..count) } else { self.added(&cells, layout) };
            let added = added.filter(|_| is_nameless || !is_in_place);
            let added = added.or_else(|| self.behind_status(&cells, layout).filter(|_| is_in_place));
            return added.map_or_else(wrong, |added| self.with_added(line, cells, layout, added));
        }
        if is_in_place && wanted - count <= 2 {
            // The last cells are missing: a row without a description.
            return ResultsLine::Cells(boxed(cells));
        }
        self.crash(&cells, layout, status).map_or_else(wrong, ResultsLine::Cells)
    }

    /// Returns a row that adds columns to the header, in these places.
    fn with_added(&self, line: u64, cells: Vec<Cow<'_, str>>, layout: &Layout, added: Range<usize>) -> ResultsLine {
        let mut names: Vec<String> =
            layout.columns.iter().map(|column| self.sheet.names[*column].to_string()).collect();
        for at in added {
            names.insert(at, format!("column {} of line {line}", at + 1));
        }
        // Trailing separators of the header may still get their columns.
        names.resize(names.len().max(layout.columns.len() + layout.nameless), String::new());
        let columns = if cells.len() - layout.columns.len() == 1 { "a new column" } else { "new columns" };
        let warning =
            format!("{}, but the header has {}; read as {columns}", counted(cells.len(), "cell"), layout.columns.len());
        ResultsLine::Headerless { separator: layout.separator, names, cells: boxed(cells), warning }
    }

    /// Returns the range of cells after a status that ends the header, if all before it match the rows before: columns
    /// that were added later.
    fn behind_status(&self, cells: &[Cow<'_, str>], layout: &Layout) -> Option<Range<usize>> {
        const MOST: usize = 4;
        let wanted = layout.columns.len();
        let kinds = self.kinds(layout);
        let fits = cells
            .iter()
            .zip(&kinds)
            .all(|(cell, kind)| self.is_a(cell, *kind) || *kind == CellKind::Number && cells::is_missing_number(cell));
        let is_last = layout.status == Some(wanted - 1);
        (is_last && fits && cells.len() <= wanted + MOST).then_some(wanted..cells.len())
    }

    /// Returns the place of a single additional cell, if all others then match the rows before; `None` where there are
    /// several such places, or only words to compare.
    fn added(&self, cells: &[Cow<'_, str>], layout: &Layout) -> Option<Range<usize>> {
        if cells.len() != layout.columns.len() + 1 {
            return None;
        }
        let kinds = self.kinds(layout);
        if !kinds.contains(&CellKind::Commit) || !kinds.contains(&CellKind::Status) {
            return None;
        }
        let fits = |added: &usize| {
            let others = cells.iter().enumerate().filter(|(at, _)| at != added).map(|(_, cell)| cell);
            others.zip(&kinds).all(|(cell, kind)| self.is_a(cell, *kind))
        };
        let mut places = (0..cells.len()).filter(fits);
        places.next().filter(|_| places.next().is_none()).map(|at| at..at + 1)
    }

    /// True for a column of commits by its name.
    pub(super) fn is_commit_column(&self, column: usize) -> bool {
        is_commit_name(&self.sheet.names[column])
    }

    /// Returns the kind of each cell of a row, by names and by the rows before.
    fn kinds(&self, layout: &Layout) -> Vec<CellKind> {
        let of = |(at, column): (usize, &usize)| {
            if layout.status == Some(at) {
                return CellKind::Status;
            }
            if is_commit_name(&self.sheet.names[*column]) {
                return CellKind::Commit;
            }
            let last = || self.sheet.records.iter().rev().take(ROWS_CHECKED).map(|record| record.cell(*column));
            let is_all =
                |kind: &CellKind| last().any(|cell| !cell.is_empty()) && last().all(|cell| self.is_a(cell, *kind));
            let may_decide = layout.status.is_none() && self.sheet.records.len() >= LEAST_TO_DECIDE;
            let all = [CellKind::Number, CellKind::Time, CellKind::Status];
            all.into_iter()
                .filter(|kind| may_decide || *kind != CellKind::Status)
                .find(is_all)
                .unwrap_or(CellKind::Words)
        };
        layout.columns.iter().enumerate().map(of).collect()
    }

    fn is_a(&self, cell: &str, kind: CellKind) -> bool {
        match kind {
            CellKind::Commit => cell_is_hash(cells::commit(cell).name),
            CellKind::Status => self.decides(cell),
            CellKind::Number => cell.is_empty() || cells::number(cell).is_some(),
            CellKind::Time => cell.is_empty() || cells::time_ms(cell).is_some(),
            CellKind::Words => true,
        }
    }

    /// Returns a crash with only the commit, the word and perhaps the reason: no number was written.
    fn crash(&self, cells: &[Cow<'_, str>], layout: &Layout, at: Option<usize>) -> Option<Vec<Box<str>>> {
        let (commit, word, reason) = match cells {
            [commit, word] => (commit, word, ""),
            [commit, word, reason] => (commit, word, &**reason),
            _ => return None,
        };
        let is_crash = crate::model::status(word, &self.rules.statuses) == Status::Claim(Claim::Crash);
        let (at, last) = (at?, layout.columns.len() - 1);
        let is_first = is_commit_name(&self.sheet.names[layout.columns[0]]) && !self.decides(commit);
        if !is_crash || !is_first || !reason.is_empty() && (at == last || !layout.ends_in_words) {
            return None;
        }
        let mut row: Vec<Box<str>> = vec!["".into(); layout.columns.len()];
        row[0] = (**commit).into();
        if at != last {
            row[last] = reason.into();
        }
        row[at] = (**word).into();
        Some(row)
    }
}
