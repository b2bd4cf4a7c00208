//! Results tables: the karpathy family's `results.tsv` and other tables with one row per experiment, separated by tabs,
//! commas or bars, or as JSON lines.
//!
//! The roles of columns depend on their cells, so rows are kept as cells until the roles are decided; they are decided
//! again at certain numbers of rows, and the rows are rebuilt if a role changed.

mod apart;
mod cells;
mod clauses;
mod decisions;
mod denied;
mod directions;
mod forms;
mod instructions;
mod late;
mod line;
mod mentions;
mod names;
mod notes;
mod object;
mod objective;
mod odd_bytes;
mod page;
mod passed;
mod quotes;
mod role_names;
mod roles;
mod sheet;
mod split;
mod stand_ins;
mod stated;
mod uneven;
mod units;
mod visible;

use std::borrow::Cow;
use std::sync::Arc;

pub(super) use cells::epoch_ms;
use instructions::Instructions;
use line::{ResultsLine, boxed};
use objective::{ObjectiveChoice, decide};
use odd_bytes::{OddBytes, text};
use page::is_fence;
pub(super) use page::{Page, page};
use passed::is_for_excel;
use quotes::OpenQuote;
use role_names::{is_column_name, is_description_name, is_status_name};
use roles::Roles;
use sheet::{Sheet, SheetRow, plain};
use split::Separator;
pub(super) use stand_ins::stand_ins;
use stated::Stated;

use super::decode::Decoder;
use super::lines::{Line, LineSplitter, UNFINISHED_LINE, row_hash};
use super::table::{Located, SegmentView, TableReader, TableRules, TableView, UnknownWords, unmeasured_note};
use crate::model::{AgentText, Claim, ColumnUse, Row, Status, StatusWords, TableInterpretation, cell_is_hash, status};

/// Warning about a line without a separator.
const SPILLED: &str = "text without cells, probably spilled from a description; skipped";
/// Number of rows up to which everything is decided again with each row; beyond it, with every sixteenth row.
const SMALL: usize = 128;
/// Maximum number of columns of a table.
const MOST_COLUMNS: usize = 2048;
/// Warning about rows below a header that is too wide.
const TOO_WIDE: &str = "this header has more than 2048 columns; rows up to the next header are not read";

/// Reader of a results table.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "the position in the file")]
pub struct ResultsTable {
    rules: TableRules,
    decoder: Decoder,
    lines: LineSplitter,
    shape: Option<LineForm>,
    sheet: Sheet,
    stated: Stated,
    /// The loop's instructions for the columns; read again when there are more columns.
    instructions: Instructions,
    /// The line from which columns have generated names.
    named_by_us: Option<u64>,
    /// The distinct headers, by line, with their columns.
    headers: Vec<(u64, Vec<usize>)>,
    warnings: Vec<Located>,
    /// A quote that is not closed yet, and the lines since.
    open_quote: Option<OpenQuote>,
    /// In a comment of a page, up to `-->`.
    is_in_comment: bool,
    /// A fence was seen: the table is part of a page, surrounded by prose.
    is_in_page: bool,
    /// Between fences.
    is_fenced: bool,
    /// The table began between fences.
    began_fenced: bool,
    /// In an unrelated table, further down in the page.
    is_aside: bool,
    /// The lines at which unrelated tables of a page begin.
    others: Vec<u64>,
    /// The lines of all headers of a page.
    tables: Vec<u64>,
    /// The last header has too many columns.
    is_too_wide: bool,
    notes: Vec<String>,
    odd_bytes: OddBytes,
    roles: Roles,
    decided: ObjectiveChoice,
    /// The input of the last decision: number of records and columns, and the statements of comments.
    decided_about: Option<(usize, usize, Stated)>,
    rows: Vec<Arc<Row>>,
}

/// The syntax of the lines.
#[derive(Clone, Debug, PartialEq)]
enum LineForm {
    /// Cells between separators.
    Cells(Layout),
    /// JSON lines.
    Objects,
}

/// The mapping of cells to columns.
#[derive(Clone, Debug, PartialEq)]
struct Layout {
    separator: Separator,
    /// The column of each cell.
    columns: Vec<usize>,
    /// The cell of the status, by the name of its column.
    status: Option<usize>,
    ends_in_words: bool,
    /// Number of trailing separators in the header: as many columns may follow without a name.
    nameless: usize,
}

impl TableReader for ResultsTable {
    fn push(&mut self, bytes: &[u8]) {
        let was_plain = !self.decoder.is_utf16();
        let decoded = self.decoder.push(bytes);
        if was_plain && self.decoder.is_utf16() {
            self.notes.push("read as UTF-16".to_owned());
        }
        let mut lines = std::mem::take(&mut self.lines);
        lines.push(&decoded, |line| self.line(&line));
        self.lines = lines;
    }

    fn view(&mut self) -> TableView {
        self.settle();
        let (rows, twice) = self.each_once();
        let mut view = TableView {
            complete_rows: rows.len(),
            rows,
            warnings: self.warnings.clone(),
            segments: vec![SegmentView {
                choice: self.decided.choice.clone(),
                is_newest_first: self.decided.counts_down,
                ..SegmentView::default()
            }],
            reading: Arc::new(self.reading(twice)),
        };
        let Some(line) = self.lines.open().filter(|_| !self.is_aside) else { return view };
        let unfinished = || Located::at(line.number, UNFINISHED_LINE);
        if self.hides(&text(&line)).0 || self.is_half_quoted(&line) {
            view.warnings.push(unfinished());
            return view;
        }
        match self.read(&line) {
            ResultsLine::Cells(cells) if self.is_whole(&cells) && self.has_final_end(&line, &cells) => {
                view.rows.push(self.open_row(&line, cells));
            }
            ResultsLine::Object(pairs) if pairs.iter().all(|(name, _)| self.sheet.find(name).is_some()) => {
                let mut cells: Vec<Box<str>> = vec!["".into(); self.sheet.names.len()];
                for (name, value) in pairs {
                    if let Some(column) = self.sheet.find(&name) {
                        cells[column] = value.into();
                    }
                }
                view.rows.push(self.open_row(&line, cells));
            }
            // An object's own columns are added once it is complete.
            ResultsLine::Object(_)
            | ResultsLine::Headerless { .. }
            | ResultsLine::Cells(_)
            | ResultsLine::Warning(_)
            | ResultsLine::Spilled => {
                view.warnings.push(unfinished());
            }
            ResultsLine::Nothing | ResultsLine::Comment(_) | ResultsLine::Header { .. } => {}
        }
        view
    }
}

impl ResultsTable {
    /// Creates a reader with the person's rules.
    pub fn new(rules: TableRules) -> Self {
        Self { rules, ..Self::default() }
    }

    fn line(&mut self, line: &Line<'_>) {
        self.odd_bytes.see(line);
        let is_fence = is_fence(&text(line));
        self.is_in_page |= is_fence;
        self.is_fenced ^= is_fence;
        if self.is_below_an_example(line) {
            let (first, last) = (self.tables[0], line.number - 1);
            self.start_over();
            self.warn(first, last, "an example of a row; skipped");
        } else if self.is_of_another_table(line) {
            self.start_over();
        }
        if self.is_in_unrelated_table(line) || self.is_hidden(line) || self.continues_quote(line) {
            return;
        }
        let reading = self.read(line);
        let number = line.number;
        if let ResultsLine::Header { names, .. } | ResultsLine::Headerless { names, .. } = &reading {
            // Columns without a name, and with a duplicate name, are columns, too.
            self.is_too_wide = named_width(names) > MOST_COLUMNS || self.sheet.names_with(names) > MOST_COLUMNS;
        }
        if self.is_too_wide {
            self.warn_again(number, TOO_WIDE);
            return;
        }
        let hash = || row_hash(line.bytes);
        match reading {
            ResultsLine::Nothing => {}
            ResultsLine::Comment(stated) => self.stated.add(stated),
            ResultsLine::Spilled if self.is_in_page => {}
            ResultsLine::Spilled => self.warn_again(number, SPILLED),
            ResultsLine::Warning(message) => self.warn(number, number, message),
            ResultsLine::Header { separator, names, warning } => {
                self.rename(number, &names);
                self.set_header(number, separator, &names);
                if let Some(message) = warning {
                    self.warn(number, number, message);
                }
            }
            ResultsLine::Headerless { separator, names, cells, warning } => {
                self.named_by_us = self.shape.is_none().then_some(number);
                self.set_header(number, separator, &names);
                self.warn(number, number, warning);
                self.record(number, hash(), cells);
            }
            ResultsLine::Cells(cells) => self.record(number, hash(), cells),
            ResultsLine::Object(pairs) => {
                let hash = hash();
                self.shape = Some(LineForm::Objects);
                let mut left_out = false;
                let mut cells: Vec<Box<str>> = vec!["".into(); self.sheet.names.len()];
                for (name, value) in pairs {
                    if self.sheet.names.len() >= MOST_COLUMNS && self.sheet.find(&name).is_none() {
                        left_out = true;
                        continue;
                    }
                    let column = self.sheet.column(&name);
                    cells.resize_with(self.sheet.names.len().max(cells.len()), || "".into());
                    cells[column] = value.into();
                }
                self.sheet.records.push(SheetRow { line: number, hash, cells });
                if left_out {
                    self.warn_again(number, "keys beyond the limit of 2048 are not read");
                }
            }
        }
    }

    fn warn(&mut self, line: u64, end_line: u64, message: impl Into<String>) {
        self.warnings.push(Located { line, end_line, message: message.into() });
    }

    /// Extends the same warning about the line above to this line.
    fn warn_again(&mut self, line: u64, message: &str) {
        match self.warnings.last_mut() {
            Some(last) if last.end_line + 1 == line && last.message == message => last.end_line = line,
            _ => self.warn(line, line, message),
        }
    }

    fn set_header(&mut self, line: u64, separator: Separator, names: &[String]) {
        if separator == Separator::Bar || self.is_in_page {
            self.warnings.retain(|warning| warning.message != SPILLED);
            self.began_fenced = if self.tables.is_empty() { self.is_fenced } else { self.began_fenced };
            self.tables.push(line);
        }
        let named = named_width(names);
        let (names, nameless) = (&names[..named], names.len() - named);
        let mut columns: Vec<usize> = Vec::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            let name = if name.is_empty() { format!("column {}", at + 1) } else { name.clone() };
            let mut column = self.sheet.column(&name);
            // Two columns of one name: the later ones are numbered, as pandas does.
            for number in 1.. {
                if !columns.contains(&column) {
                    break;
                }
                column = self.sheet.column(&format!("{name}.{number}"));
            }
            columns.push(column);
        }
        let status = names.iter().position(|name| self.is_status_column(name));
        let ends_in_words = names.last().is_some_and(|name| is_description_name(name));
        if self.headers.last().is_none_or(|(_, last)| *last != columns) {
            self.headers.push((line, columns.clone()));
        }
        self.shape = Some(LineForm::Cells(Layout { separator, columns, status, ends_in_words, nameless }));
    }

    fn is_status_column(&self, name: &str) -> bool {
        self.rules.status.as_ref().map_or_else(|| is_status_name(name), |own| plain(own) == plain(name))
    }

    /// Maps the cells of a line to their columns.
    fn record(&mut self, line: u64, hash: Arc<str>, cells: Vec<Box<str>>) {
        let cells = self.placed(cells);
        self.sheet.records.push(SheetRow { line, hash, cells });
    }

    fn placed(&self, cells: Vec<Box<str>>) -> Vec<Box<str>> {
        let Some(LineForm::Cells(Layout { columns, .. })) = &self.shape else { return cells };
        if columns.iter().enumerate().all(|(at, column)| at == *column) {
            return cells;
        }
        let mut placed: Vec<Box<str>> = vec!["".into(); self.sheet.names.len()];
        for (cell, column) in cells.into_iter().zip(columns) {
            placed[*column] = cell;
        }
        placed
    }

    /// True if the last cell of an incomplete line cannot become another one: a number or a commit can still change,
    /// and half a description is harmless.
    fn has_final_end(&self, line: &Line<'_>, cells: &[Box<str>]) -> bool {
        match &self.shape {
            Some(LineForm::Cells(layout)) if layout.separator == Separator::Bar => {
                text(line).trim_end().ends_with(['|', '│', '┃', '║'])
            }
            Some(LineForm::Cells(layout)) => {
                let last = cells.len().checked_sub(1).and_then(|at| layout.columns.get(at)).copied();
                last.is_some() && last == self.roles.description
            }
            Some(LineForm::Objects) | None => true,
        }
    }

    /// True when no cell is missing.
    fn is_whole(&self, cells: &[Box<str>]) -> bool {
        !matches!(&self.shape, Some(LineForm::Cells(layout)) if cells.len() < layout.columns.len())
    }

    /// Decides again where due, and builds the rows.
    fn settle(&mut self) {
        let count = self.sheet.records.len();
        let due = checkpoint(count);
        let about = (due, self.sheet.names.len(), self.stated.clone());
        if self.decided_about.as_ref() != Some(&about) {
            // Only the rows up to that point count, or the result would depend on the chunks.
            let later = self.sheet.records.split_off(due);
            if !self.instructions.is_about(self.sheet.names.len()) {
                self.instructions = Instructions::read(&self.rules.instructions, &self.sheet.names);
            }
            let roles = Roles::of(&self.sheet, &self.rules);
            let decided = decide(&self.sheet, &roles, &self.rules, &self.instructions, &self.stated);
            self.sheet.records.extend(later);
            if roles != self.roles
                || decided.apart != self.decided.apart
                || decided.column != self.decided.column
                || decided.is_named_by_rows != self.decided.is_named_by_rows
                || decided.stand_ins != self.decided.stand_ins
                || decided.units != self.decided.units
            {
                self.rows.clear();
            }
            (self.roles, self.decided, self.decided_about) = (roles, decided, Some(about));
        }
        let kinds = self.kinds_of_rows();
        for record in &self.sheet.records[self.rows.len()..] {
            self.rows.push(Arc::new(self.row(record, &kinds)));
        }
    }

    fn open_row(&self, line: &Line<'_>, cells: Vec<Box<str>>) -> Arc<Row> {
        let cells = self.placed(cells);
        Arc::new(self.row(&SheetRow { line: line.number, hash: row_hash(line.bytes), cells }, &self.kinds_of_rows()))
    }

    fn row(&self, record: &SheetRow, kinds: &[usize]) -> Row {
        let roles = &self.roles;
        let word = record.of(roles.status());
        let claim = roles.claim(record, &self.rules.statuses).claim();
        let commit = cells::commit(record.of(roles.commit));
        let metric_name = roles.metric_name.filter(|_| self.decided.is_named_by_rows);
        let metric_name = metric_name.map(|column| record.cell(column)).filter(|name| !name.is_empty());
        let other = self.decided.apart.as_ref().and_then(|apart| apart.other(record));
        let of_column = |column: usize| self.decided.value(column, &roles.number(record, column)?);
        let objective = self.decided.column;
        let is_unmeasured =
            objective.and_then(of_column).is_some_and(|value| self.decided.stand_ins.include(value, claim));
        // A crashed run used no memory: the zeros next to it are not measurements either.
        let is_blank = |column: usize, value: f64| {
            (is_unmeasured || claim == Claim::Crash) && value == 0.0 && objective != Some(column)
        };
        let columns = self.sheet.names.iter().enumerate().filter(|(column, _)| !roles.is_taken(*column));
        let metrics = columns.filter_map(|(column, name)| {
            let value = of_column(column).filter(|value| !is_blank(column, *value))?;
            // Rows that name their own metric: another metric is another column.
            let name = match (metric_name, other) {
                _ if objective != Some(column) => Arc::clone(name),
                (Some(own), _) if self.sheet.find(own).is_none() => Arc::from(own),
                (_, Some(other)) => Arc::from(format!("{name} ({other})")),
                _ => Arc::clone(name),
            };
            Some((name, value))
        });
        let metrics: Vec<(Arc<str>, f64)> = metrics.collect();
        let clock = record.of(roles.clock);
        let time = record.of(roles.time);
        let at_ms = if clock.is_empty() { cells::time_ms(time) } else { cells::time_ms(&format!("{time} {clock}")) };
        Row {
            line: record.line,
            segment: 0,
            hash: Arc::clone(&record.hash),
            cell: AgentText::bounded(commit.name),
            is_dirty: commit.is_dirty,
            word: AgentText::bounded(word),
            claim,
            description: AgentText::bounded(record.of(roles.description)),
            more: AgentText::default(),
            metrics,
            is_unmeasured,
            at_ms,
            is_called_baseline: says_baseline(record, kinds),
        }
    }

    /// Returns the columns in which a row may call itself the baseline: its commit, status, description or kind. A
    /// column with the parent of each row may hold the word, too.
    fn kinds_of_rows(&self) -> Vec<usize> {
        const KINDS: [&str; 9] = ["tag", "kind", "type", "phase", "stage", "experiment", "name", "label", "exp"];
        let roles = [self.roles.commit, self.roles.status(), self.roles.description];
        let kinds = KINDS.iter().map(|name| self.sheet.first_of(&[name]));
        roles.into_iter().chain(kinds).flatten().collect()
    }

    fn reading(&self, twice: Option<String>) -> TableInterpretation {
        let has_status = self.roles.status().is_some();
        let unknown =
            if has_status { UnknownWords::of(&self.rows, &self.rules.statuses) } else { UnknownWords::default() };
        let mut notes = self.notes.clone();
        notes.extend(self.odd_bytes.note());
        notes.extend(self.other_tables());
        notes.extend(twice);
        notes.extend(self.renamed());
        notes.extend(self.contradicted());
        notes.extend(self.decided.conflict.clone());
        let name = self.decided.column.map(|column| &self.sheet.names[column]);
        notes.extend(self.decided.apart.as_ref().zip(name).map(|(apart, name)| apart.note(&self.sheet, name)));
        notes.extend(unknown.note());
        notes.extend(self.decided.choice.as_ref().and_then(|choice| unmeasured_note(&self.rows, &choice.metric)));
        notes.extend(self.unread());
        TableInterpretation {
            columns: self.column_uses(),
            unknown_words: unknown.listed,
            more_unknown_rows: unknown.more.1,
            notes,
            ..TableInterpretation::default()
        }
    }

    fn column_uses(&self) -> Vec<ColumnUse> {
        let of = |(column, name): (usize, &Arc<str>)| {
            let why =
                self.roles.why.iter().find(|(of, _)| *of == column).map(|(_, why)| why.clone()).unwrap_or_default();
            let choice = self.decided.choice.as_ref().filter(|_| self.decided.column == Some(column));
            let is_metric = || self.sheet.records.iter().any(|record| self.roles.number(record, column).is_some());
            let (used_as, why) = match (self.roles.word(column), choice) {
                (Some(word), _) => (word, why),
                (None, Some(choice)) if why.is_empty() => ("objective", choice.metric_basis.why.clone()),
                (None, Some(choice)) => ("objective", format!("{}; {why}", choice.metric_basis.why)),
                (None, None) if is_metric() => ("metric", why),
                (None, None) => ("not used", why),
            };
            ColumnUse { name: Arc::clone(name), used_as, why }
        };
        self.sheet.names.iter().enumerate().map(of).collect()
    }
}

fn says_baseline(record: &SheetRow, kinds: &[usize]) -> bool {
    let is_baseline = |cell: &str| cell.trim().trim_matches(['*', '`', '(', ')']).eq_ignore_ascii_case("baseline");
    kinds.iter().any(|column| is_baseline(record.cell(*column)))
}

/// Returns the number of columns up to the last one with a name; one where none has.
fn named_width(names: &[String]) -> usize {
    names.iter().rposition(|name| !name.is_empty()).map_or(1, |last| last + 1)
}

/// True if a file begins like a results table: names of columns, among them a decision and a measurement; an object
/// that has both; or, without a header, a row with a commit, a number and a decision.
pub(super) fn is_table_start(start: &[u8]) -> bool {
    let Some(cells) = first_cells(start) else { return false };
    let has = |is: &dyn Fn(&str) -> bool| cells.iter().any(|cell| is(cell));
    let is_header = has(&is_status_name) && has(&|name| is_column_name(name) && !is_status_name(name));
    let own = StatusWords::new();
    let is_row = || {
        has(&|cell| cell.len() >= 7 && cell_is_hash(cell))
            && has(&|cell| cells::number(cell).is_some())
            && has(&|cell| matches!(status(cell, &own), Status::Claim(_)))
    };
    cells.len() >= 3 && (is_header || is_row())
}

/// True if the first line names no typical column and has no commit: an unrelated table.
pub(super) fn is_other_table(start: &[u8]) -> bool {
    let is_known = |name: &String| is_column_name(name) || cell_is_hash(cells::commit(name).name);
    first_cells(start).is_some_and(|names| names.len() >= 3 && !names.iter().any(is_known))
}

/// Returns the cells of the first line that is not a comment, or the keys of its object; `None` for prose. In a
/// Markdown file the table may follow a heading.
fn first_cells(start: &[u8]) -> Option<Vec<String>> {
    let text = String::from_utf8_lossy(&Decoder::default().push(start)).into_owned();
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !is_for_excel(line));
    let first = lines.clone().find(|line| !line.starts_with('#'))?;
    if let Ok(pairs) = object::pairs(first.trim()) {
        return Some(pairs.into_iter().map(|(name, _)| name).collect());
    }
    let of = |line: &str| Some(Separator::of(line)?.split(line).into_iter().map(Cow::into_owned).collect());
    let in_bars = |line: &&str| Separator::of(line) == Some(Separator::Bar);
    if page::header(first, false).is_none()
        && let Some(names) = page::first_header(text)
    {
        return Some(names);
    }
    let fenced = lines.clone().skip_while(|line| !is_fence(line)).nth(1);
    of(first).or_else(|| of(lines.find(in_bars)?)).or_else(|| of(fenced?))
}

/// Returns the number of records that a decision over `count` of them uses: all of a few, else a number that depends on
/// the count alone, so that the result does not depend on the chunks.
fn checkpoint(count: usize) -> usize {
    if count <= SMALL {
        return count;
    }
    let step = count.next_power_of_two() / 32;
    count / step * step
}

#[cfg(test)]
mod tests;
