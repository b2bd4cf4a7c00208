//! Tables in pages for people: after an introduction, and after small unrelated tables.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::instructions::Instructions;
use super::role_names::{is_column_name, is_commit_name, is_description_name, is_status_name};
use super::sheet::{Sheet, SheetRow};
use super::split::Separator;
use super::{Line, LineForm, ResultsTable, cells, text};
use crate::model::{Row, Status, status as status_of};

/// True for a line that begins or ends a code block of a Markdown page.
pub(super) fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

/// Returns a row of a box-drawn table with Markdown's bars; other lines unchanged.
pub(super) fn with_bars(line: Cow<'_, str>) -> Cow<'_, str> {
    if line.trim_start().starts_with(['│', '┃', '║']) {
        Cow::Owned(line.replace(['│', '┃', '║'], "|"))
    } else {
        line
    }
}

/// Returns the columns of a line that is the header of a results table: names, among them a decision and another known
/// one.
pub(super) fn header(line: &str, is_between_bars: bool) -> Option<Vec<String>> {
    let separator = Separator::of(line).filter(|separator| !is_between_bars || *separator == Separator::Bar)?;
    let cells = separator.split(line).into_iter();
    let names: Vec<String> = cells.map(|cell| cell.trim_matches(['*', '`', '"', ' ']).to_owned()).collect();
    let has = |is: &dyn Fn(&str) -> bool| names.iter().any(|name| is(name));
    let is_header = names.len() >= 3
        && has(&is_status_name)
        && has(&|name| is_column_name(name) && !is_status_name(name))
        && !has(&|name| cells::number(name).is_some());
    is_header.then_some(names)
}

/// Returns the columns of the first results table in a text, wherever it is: between bars, or at the beginning of a
/// code block.
pub(super) fn first_header(text: &str) -> Option<Vec<String>> {
    let mut begins = false;
    text.lines().filter(|line| !line.trim().is_empty()).find_map(|line| {
        let line = with_bars(Cow::Borrowed(line));
        let is_first = std::mem::replace(&mut begins, is_fence(&line));
        let is_bar = line.trim_start().starts_with('|');
        (is_bar || is_first && !begins).then(|| header(&line, is_bar))?
    })
}

/// True if a header is more likely the loop's than that of the table so far, which has no decision, or no commit.
pub(super) fn is_more_likely(names: &[String], before: &[&str]) -> bool {
    let shared = names.iter().filter(|name| before.iter().any(|known| known.eq_ignore_ascii_case(name))).count();
    let lacks = |is: fn(&str) -> bool| names.iter().any(|name| is(name)) && !before.iter().any(|name| is(name));
    let is_words = before.iter().all(|name| !is_column_name(name) || is_status_name(name) || is_description_name(name));
    (shared < 2 || is_words) && (lacks(is_status_name) || lacks(is_commit_name))
}

impl ResultsTable {
    /// True for the header of the loop's table in a page that had an unrelated table before it.
    pub(super) fn is_of_another_table(&self, line: &Line<'_>) -> bool {
        let Some(LineForm::Cells(layout)) = &self.shape else { return false };
        // A bar, or the first byte of a drawn one.
        if !self.is_in_page && !matches!(line.bytes.trim_ascii_start().first(), Some(b'|' | 0xe2)) {
            return false;
        }
        let names: Vec<&str> = layout.columns.iter().map(|column| &*self.sheet.names[*column]).collect();
        if layout.status.is_some() && names.iter().any(|name| is_commit_name(name)) {
            return false;
        }
        let text = text(line);
        let text = with_bars(text.into());
        let is_bar = text.trim_start().starts_with('|');
        (is_bar || self.is_in_page)
            && header(&text, is_bar).is_some_and(|header| {
                is_more_likely(&header, &names) && !header.iter().any(|name| self.is_measured(name))
            })
    }

    /// True for a line of an unrelated table after the loop's own: it begins where a rule follows a line that is not a
    /// row, and ends with a header of the loop's.
    pub(super) fn is_in_unrelated_table(&mut self, line: &Line<'_>) -> bool {
        let Some(LineForm::Cells(layout)) = &self.shape else { return false };
        if layout.separator != Separator::Bar {
            return false;
        }
        let text = text(line);
        let cells = layout.separator.split(&text);
        let is_bar = text.trim_start().starts_with('|');
        let is_header = is_bar && (header(&text, true).is_some() || self.is_header(&cells));
        if is_header && self.is_unrelated_header(&cells) {
            self.is_aside = true;
            self.others.push(line.number);
        } else if self.is_aside {
            self.is_aside = !is_header;
        } else if layout.separator.is_rule(&text) {
            let status = layout.status.map(|at| layout.columns[at]);
            self.is_aside = self.takes_back(line.number.saturating_sub(1), status);
        }
        self.is_aside
    }

    /// True for the name of a column, besides decisions and words, in which rows have numbers.
    fn is_measured(&self, name: &str) -> bool {
        let is_words = is_status_name(name) || is_description_name(name);
        let column = self.sheet.find(name).filter(|_| !is_words);
        column.is_some_and(|at| self.sheet.filled(at).any(|cell| cells::number(cell).is_some()))
    }

    /// True for the header of a glossary or of a list of ideas: the loop's table has commits, and this one does not; or
    /// it shares only decisions and words with the loop's.
    fn is_unrelated_header(&self, cells: &[Cow<'_, str>]) -> bool {
        let is_words = |name: &str| is_status_name(name) || is_description_name(name);
        let names_commits = self.sheet.names.iter().any(|name| is_commit_name(name));
        let is_shared = |cell: &&Cow<'_, str>| self.sheet.find(cell).is_some() && !is_words(cell);
        // Another session may have no commits: then the other columns must be the loop's.
        let has = |is: &dyn Fn(&str) -> bool| cells.iter().any(|cell| self.sheet.find(cell).is_some() && is(cell));
        let is_session = has(&is_status_name) && has(&is_description_name) && has(&|name| self.is_measured(name));
        if names_commits {
            !cells.iter().any(|cell| is_commit_name(cell)) && !is_session
        } else {
            cells.iter().find(is_shared).is_none()
        }
    }

    /// True for the header of the loop's table below a few example rows between fences.
    pub(super) fn is_below_an_example(&self, line: &Line<'_>) -> bool {
        const MOST: usize = 3;
        if !self.began_fenced || self.is_fenced || self.sheet.records.len() > MOST {
            return false;
        }
        let text = text(line);
        let text = with_bars(text.into());
        text.trim_start().starts_with('|') && header(&text, true).is_some()
    }

    /// Returns the note about tables that were skipped although they have decisions.
    pub(super) fn other_tables(&self) -> Option<String> {
        let first = self.others.first()?;
        Some(match self.others.len() {
            1 => format!("the table at line {first} has other columns than the loop's; skipped"),
            count => format!("{count} tables from line {first} on have other columns than the loop's; skipped"),
        })
    }

    /// Returns the rows without those that a page repeats in another table, such as the best so far: they count in the
    /// longer one. Also returns the note about them.
    pub(super) fn each_once(&self) -> (Vec<Arc<Row>>, Option<String>) {
        if self.tables.len() < 2 {
            return (self.rows.clone(), None);
        }
        let table = |row: &Row| self.tables.partition_point(|line| *line < row.line);
        let mut sizes: HashMap<usize, usize> = HashMap::new();
        self.rows.iter().for_each(|row| *sizes.entry(table(row)).or_default() += 1);
        let value = |row: &Row| self.decided.column.and_then(|at| row.metric(&self.sheet.names[at])).map(f64::to_bits);
        let key = |row: &Row| (row.cell.raw().to_owned(), row.claim, value(row));
        let mut kept: HashMap<_, usize> = HashMap::new();
        for row in self.rows.iter().filter(|row| !row.cell.raw().is_empty()) {
            let best = kept.entry(key(row)).or_insert_with(|| table(row));
            if sizes[&table(row)] > sizes[best] {
                *best = table(row);
            }
        }
        let is_once = |row: &&Arc<Row>| kept.get(&key(row)).is_none_or(|best| *best == table(row));
        let rows: Vec<Arc<Row>> = self.rows.iter().filter(is_once).cloned().collect();
        let note = match self.rows.len() - rows.len() {
            0 => None,
            1 => Some("1 row is in two tables of the page; counted once".to_owned()),
            count => Some(format!("{count} rows are in two tables of the page; counted once")),
        };
        (rows, note)
    }

    /// Removes the row from the line above a rule, if it is not a row; true then.
    fn takes_back(&mut self, number: u64, status: Option<usize>) -> bool {
        let is_warned = self.warnings.last().is_some_and(|warning| warning.end_line == number);
        let decides = |cell: &str| matches!(status_of(cell, &self.rules.statuses), Status::Claim(_));
        let is_row = |record: &SheetRow| {
            status.is_some_and(|at| decides(record.cell(at)))
                || record.cells.iter().any(|cell| cells::number(cell).is_some())
        };
        let is_read = self.sheet.records.last().is_some_and(|record| record.line == number && !is_row(record));
        if is_warned {
            self.warnings.pop();
        }
        if is_read {
            self.sheet.records.pop();
            self.rows.truncate(self.sheet.records.len());
            self.decided_about = None;
        }
        is_warned || is_read
    }

    /// Discards the table so far.
    pub(super) fn start_over(&mut self) {
        (self.shape, self.sheet, self.instructions) = (None, Sheet::default(), Instructions::default());
        (self.decided_about, self.open_quote) = (None, None);
        self.headers.clear();
        self.tables.clear();
        self.others.clear();
        self.warnings.clear();
        self.rows.clear();
    }
}

/// The kind of a text that is searched for results.
pub(in crate::format) enum Page {
    /// It has a results table.
    Table,
    /// It has an unrelated table with these columns.
    Other(Vec<String>),
    /// Tables of two columns: a field and its value.
    Fields,
    /// Lines of `- key: value`.
    Lists,
    /// Anything else.
    Text,
}

/// Classifies a text by its tables and lists.
pub(in crate::format) fn page(text: &str) -> Page {
    if first_header(text).or_else(|| header(text.lines().next()?, false)).is_some() {
        return Page::Table;
    }
    let cells = |line: &str| -> Option<Vec<String>> {
        let line = with_bars(Cow::Borrowed(line));
        Some(Separator::of(&line)?.split(&line).into_iter().map(Cow::into_owned).collect())
    };
    let tables: Vec<Vec<String>> = text
        .lines()
        .filter(|line| line.contains('\t') || line.trim_start().starts_with(['|', '│', '┃', '║']))
        .chain(text.lines().next())
        .filter_map(cells)
        .take(1000)
        .collect();
    let is_of_two = |cells: &&Vec<String>| cells.len() == 2;
    match tables.iter().find(|cells| !is_of_two(cells)) {
        Some(names) => return Page::Other(names.clone()),
        None if tables.iter().any(|cells| cells.len() == 2) => return Page::Fields,
        None => {}
    }
    let is_item = |line: &&str| {
        let line = line.trim_start();
        line.starts_with(['-', '*']) && line.split_once(':').is_some_and(|(key, _)| key.split_whitespace().count() <= 4)
    };
    if text.lines().filter(is_item).count() >= 2 { Page::Lists } else { Page::Text }
}
