//! Tables in a log: names and values between bars, and columns under a header.

use super::super::fields::{Description, is_field, is_long};
use super::blocks::{InBlock, ResultBlock, begun, results_for};
pub(super) use super::drawing::{is_bar_behind, is_rule};
use super::drawing::{spans, without_bar, without_comment};
use super::lexer;
use super::meaning::names_result;
use super::step_columns::{header_rank, step_rank};
use super::units::{self, LogUnit};
use super::words::{self, TABLE_STEPS};

/// Maximum number of rows and columns of a table of measurements.
const MOST_ROWS: usize = 512;

/// A parsed row: its step, the total number of steps, and its values.
#[derive(Debug, Default, PartialEq)]
pub(super) struct TableRow {
    pub(super) step: Option<f64>,
    pub(super) of: Option<f64>,
    /// The epoch, where another column counts the steps.
    pub(super) epoch: Option<f64>,
    /// True when the step is an epoch.
    pub(super) is_epoch: bool,
    /// True for an evaluation, which belongs to the last step.
    pub(super) is_of_last: bool,
    /// Names, numbers, and their units.
    pub(super) values: Vec<(String, f64, LogUnit)>,
    /// True if columns of one name were dropped as ambiguous.
    pub(super) has_doubles: bool,
    /// Its description, if the table has columns for that.
    pub(super) about: Option<Description>,
}

/// The measurement in a cell.
#[derive(Clone, Copy)]
struct CellMeasure {
    value: f64,
    unit: LogUnit,
    of: Option<f64>,
}

impl CellMeasure {
    /// Returns the number of a step, which is an integer: `1.2k` is ambiguous.
    fn step(self) -> Option<f64> {
        (self.unit == LogUnit::NONE).then_some(self.value)
    }
}

/// The role of a line in the tables.
#[derive(Debug, PartialEq)]
pub(super) enum TableLine {
    /// Outside of a table.
    Other,
    /// Part of a table.
    Taken,
    /// Values that cannot be assigned to a step.
    Unclear,
    Row(TableRow),
}

/// The separation of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Division {
    Bars,
    /// Bars between columns, and none at the edges.
    Between,
    Commas,
    Gaps,
    Spaces,
}

#[derive(Debug, PartialEq)]
struct TableHeader {
    names: Vec<String>,
    division: Division,
    key: RowLabel,
    /// True if a column may distinguish rows: `split`, `rank`, `metric`.
    has_fields: bool,
    /// The range of each name in the line, for columns separated by spaces.
    spans: Vec<(usize, usize)>,
    /// The number of spaces before the first name.
    indent: usize,
}

/// Determines the step of a row's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowLabel {
    /// This column counts the steps.
    Step(usize),
    /// The row that begins with `all` is the evaluation's.
    All,
    /// Each row is an evaluation's.
    Last,
}

/// Follows the tables of a log.
#[derive(Default)]
pub(super) struct Tables {
    group: String,
    rows: Vec<(String, CellMeasure)>,
    header: Option<TableHeader>,
    /// Number of headers so far.
    headers: u64,
    /// Between two rules of dashes in two columns: names and values without bars.
    in_columns: bool,
    above: Vec<String>,
    /// An empty line came after the last row.
    is_apart: bool,
    /// The number of value columns in a table of Lightning: one for each evaluated dataset.
    loaders: usize,
    blocks: ResultBlock,
    /// The subject of the next table, from a line above it.
    results_of: Option<String>,
}

impl Tables {
    /// True when the next line may belong to an open table.
    pub(super) fn is_open(&self) -> bool {
        self.is_gathering() || self.header.is_some()
    }

    /// Returns a number that changes with the header.
    pub(super) fn headers(&self) -> u64 {
        self.headers
    }

    /// True while names and values are collected.
    pub(super) fn is_gathering(&self) -> bool {
        self.in_columns || self.loaders > 0 || self.blocks.is_open() || !self.rows.is_empty()
    }

    /// True while collected names and values are pending.
    pub(super) fn has_rows(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Returns the collected names and values, and discards them.
    pub(super) fn finish(&mut self) -> Option<TableRow> {
        if self.rows.is_empty() {
            return None;
        }
        let values = std::mem::take(&mut self.rows);
        self.group.clear();
        self.loaders = 0;
        let rank = |name: &str| step_rank(name.rsplit('/').next().unwrap_or(name));
        let best =
            values.iter().filter_map(|(name, value)| Some((rank(name)?, value.step()?))).min_by_key(|(rank, ..)| *rank);
        let step = best.as_ref().map(|(.., value)| *value);
        let is_epoch = best.is_some_and(|(rank, ..)| TABLE_STEPS[rank] == "epoch");
        let values = values.into_iter().filter(|(name, _)| rank(name).is_none()).map(measured_value).collect();
        Some(TableRow { step, is_epoch, values, ..TableRow::default() })
    }

    /// Reads a line between bars, a rule, or a line in a table of two columns without bars.
    pub(super) fn drawn(&mut self, line: &[u8]) -> TableLine {
        if is_rule(line) {
            let runs = line.split(|byte| *byte == b' ').filter(|run| run.len() > 2).count();
            let is_columns = runs == 2 && !line.contains(&b'|') && !line.contains(&b'+');
            let finished = self.finish();
            self.in_columns = is_columns && !self.in_columns;
            self.is_apart = false;
            return finished.map_or(TableLine::Taken, TableLine::Row);
        }
        let text = String::from_utf8_lossy(line);
        if let Some(read) = self.block(line, &text) {
            return read;
        }
        if self.evaluated(&text) {
            return TableLine::Taken;
        }
        if self.in_columns {
            // Anything else than a name and its value ends the table, with or without a rule.
            let cells = divide(text.trim(), Division::Gaps);
            let &[name, value] = cells.as_slice() else { return self.leave_columns() };
            match measure(value) {
                _ if self.is_apart => return self.leave_columns(),
                Some(value) => self.gather(name.to_owned(), value),
                // `Algorithm    PPO`
                None if !value.contains(|c: char| c.is_ascii_digit()) => {}
                None => return self.leave_columns(),
            }
            return TableLine::Taken;
        }
        let Some(cells) = between_bars(&text) else {
            if self.rows.is_empty() {
                self.loaders = 0;
            }
            return TableLine::Other;
        };
        if let Some(header) =
            self.header.as_ref().filter(|header| header.division == Division::Bars && header.names.len() == cells.len())
        {
            let trimmed: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
            if let Some(row) = header.row(&trimmed) {
                return row;
            }
        }
        if let [only] = cells.as_slice()
            && let [name, .., value] = divide(only, Division::Gaps).as_slice()
            && names_result(name)
            && measure(value).is_some()
        {
            // Ray's result of one of its trials.
            return TableLine::Unclear;
        }
        let [name, value] = cells.as_slice() else { return self.heads(&cells, Division::Bars) };
        let (label, value) = (name.trim(), value.trim());
        if label.is_empty() {
            return TableLine::Taken;
        }
        if value.is_empty() {
            label.clone_into(&mut self.group);
        } else if let Some(value) = measure(value) {
            let is_indented = name.starts_with("  ") && self.group.ends_with('/');
            self.gather(if is_indented { format!("{}{label}", self.group) } else { label.to_owned() }, value);
        } else {
            return self.heads(&cells, Division::Bars);
        }
        TableLine::Taken
    }

    /// Reads a line that begins a block of results, or is part of one.
    fn block(&mut self, line: &[u8], text: &str) -> Option<TableLine> {
        if let Some(name) = begun(line) {
            let finished = self.finish();
            let begins = if self.blocks.open(name) { TableLine::Taken } else { TableLine::Unclear };
            return Some(finished.map_or(begins, TableLine::Row));
        }
        if !self.blocks.is_open() {
            return None;
        }
        match self.blocks.line(text) {
            InBlock::Pair(name, value) => {
                if let Some(value) = measure(&value) {
                    self.gather(name, value);
                }
            }
            InBlock::Part => {}
            InBlock::Not => return Some(TableLine::Other),
        }
        Some(TableLine::Taken)
    }

    fn leave_columns(&mut self) -> TableLine {
        self.in_columns = false;
        TableLine::Other
    }

    /// Reads a line of Lightning's `Test metric │ DataLoader 0 │`. True when it was one.
    fn evaluated(&mut self, text: &str) -> bool {
        let cells = between_bars(text).unwrap_or_else(|| divide(text.trim(), Division::Gaps));
        let [name, values @ ..] = cells.as_slice() else { return false };
        let name = name.trim();
        if name.ends_with(" metric") && values.iter().all(|label| label.trim().starts_with("DataLoader ")) {
            self.loaders = values.len();
            return self.loaders > 0;
        }
        let measures: Vec<CellMeasure> = values.iter().filter_map(|value| measure(value)).collect();
        if self.loaders == 0 || values.len() != self.loaders || measures.len() != self.loaders {
            return false;
        }
        for (at, measure) in measures.into_iter().enumerate() {
            let of = if self.loaders > 1 { format!("/dataloader_idx_{at}") } else { String::new() };
            self.gather(format!("{name}{of}"), measure);
        }
        true
    }

    fn gather(&mut self, name: String, value: CellMeasure) {
        let is_known = self.rows.iter().any(|(known, _)| *known == name);
        if !is_known && self.rows.len() < MOST_ROWS && !words::is_remaining(name.as_bytes()) {
            self.rows.push((name, value));
        }
    }

    fn heads(&mut self, cells: &[&str], division: Division) -> TableLine {
        let results = self.results_of.take().and_then(|of| TableHeader::of_results(cells, &of));
        match TableHeader::of(cells, division).or(results) {
            Some(header) => self.set_header(Some(header)),
            None if self.header.as_ref().is_some_and(|header| header.division == Division::Bars) => {
                self.set_header(None);
            }
            None => {}
        }
        TableLine::Taken
    }

    fn set_header(&mut self, header: Option<TableHeader>) {
        self.is_apart = false;
        if self.header != header {
            self.header = header;
            self.headers += 1;
        }
    }

    /// Reads a row under a header without bars.
    pub(super) fn row(&mut self, line: &[u8]) -> TableLine {
        let read = self.read_row(line);
        self.is_apart &= read == TableLine::Other;
        read
    }

    fn read_row(&self, line: &[u8]) -> TableLine {
        let Some(header) = self.header.as_ref().filter(|header| header.division != Division::Bars) else {
            return TableLine::Other;
        };
        let text = String::from_utf8_lossy(line);
        let text = without_bar(text.trim());
        let mut read = TableLine::Other;
        for division in [header.division, Division::Spaces] {
            let cells = divide(text, division);
            let cells = header.without_index(line, header.without_mark(&cells));
            if cells.len() == header.names.len() {
                read = header.row(cells).unwrap_or(TableLine::Other);
            }
            if read != TableLine::Other {
                return read;
            }
        }
        header.row_with_blanks(line)
    }

    /// Records an empty line: words after it begin something else. True where it ended a block of results, or a table
    /// of names and values.
    pub(super) fn end_paragraph(&mut self) -> bool {
        let ends_block = self.blocks.is_open() || !self.rows.is_empty() && !self.in_columns && self.loaders == 0;
        self.blocks.close();
        self.is_apart = true;
        ends_block
    }

    /// Reads a line that may be a header of columns. True when it is.
    pub(super) fn head(&mut self, line: &[u8], has_columns: bool) -> bool {
        self.results_of = results_for(line).or_else(|| self.results_of.take());
        let is_header = self.heads_columns(line, has_columns);
        if !is_header && self.header.is_some() && !line.iter().any(u8::is_ascii_digit) {
            self.end_before(line);
        }
        is_header
    }

    /// Words in all columns head another table of any kind; so may any words after an empty line.
    fn end_before(&mut self, line: &[u8]) {
        let Some(header) = self.header.as_ref().filter(|header| header.division != Division::Bars) else { return };
        let text = String::from_utf8_lossy(line);
        let cells = divide(text.trim(), header.division);
        let is_word =
            |cell: &&str| cell.chars().any(char::is_alphabetic) && words::not_finite(cell.as_bytes()).is_none();
        if self.is_apart || cells.len() == header.names.len() && cells.iter().all(is_word) {
            self.set_header(None);
        }
    }

    fn heads_columns(&mut self, line: &[u8], has_columns: bool) -> bool {
        if !has_columns && !begins_with_a_step(line) {
            self.above.clear();
            return false;
        }
        let text = String::from_utf8_lossy(line);
        let text = without_bar(without_comment(text.trim()));
        if text.len() > 400 {
            return false;
        }
        for division in [Division::Between, Division::Gaps, Division::Commas, Division::Spaces] {
            let cells = divide(text, division);
            if let Some(mut header) = TableHeader::of(&cells, division) {
                header.indent = line.len() - line.trim_ascii_start().len();
                if division == Division::Gaps {
                    header.spans = spans(line, &cells);
                }
                self.set_header(Some(header));
                return true;
            }
        }
        // Two lines that head the same columns.
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let is_words = words.len() >= 4 && words.iter().all(|word| word.chars().all(char::is_alphabetic));
        if is_words && words.len() == self.above.len() {
            let both: Vec<String> =
                self.above.iter().zip(&words).map(|(above, below)| format!("{above} {below}")).collect();
            let step = both.iter().position(|name| step_rank(name).is_some());
            if let Some(step) = step {
                self.set_header(Some(TableHeader::new(both, Division::Spaces, RowLabel::Step(step))));
                self.above.clear();
                return true;
            }
        }
        self.above = if is_words { words } else { Vec::new() };
        false
    }
}

impl TableHeader {
    fn new(names: Vec<String>, division: Division, key: RowLabel) -> Self {
        let has_fields = matches!(key, RowLabel::Step(_)) && names.iter().any(|name| is_field(name));
        Self { names, division, key, has_fields, spans: Vec::new(), indent: 0 }
    }

    fn of(cells: &[&str], division: Division) -> Option<Self> {
        let names = names(cells);
        let good = |name: &String| {
            !name.is_empty()
                && name.len() <= 32
                && !name.contains('=')
                // `mAP@.5:.95`, and no two names with one space between.
                && (!name.contains(':') || name.contains('@') && !name.contains(' '))
                && !(name.contains(' ') && name.matches('@').count() > 1)
                && !name.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '.' | '['))
        };
        if names.len() < 2 || names.len() > 64 || !names.iter().all(good) {
            return None;
        }
        let step =
            names.iter().enumerate().filter_map(|(at, name)| Some((header_rank(name)?, at))).min().map(|(_, at)| at);
        let measured = names.iter().filter(|name| words::is_measured(name.as_bytes())).count();
        let others = names.len() - 1;
        let is_classes = matches!(&*names[0], "Class" | "classes") && measured > 0;
        let vouched = is_classes
            || match division {
                Division::Bars => true,
                Division::Commas => (measured > 0 || is_long(&names)) && names.iter().all(|name| !name.contains(' ')),
                Division::Gaps | Division::Between => measured > 0 || others >= 3,
                Division::Spaces => measured * 2 >= others && measured > 0,
            };
        let key = match step {
            Some(step) => RowLabel::Step(step),
            None if is_classes => RowLabel::All,
            None => return None,
        };
        vouched.then(|| Self::new(names, division, key))
    }

    /// Returns the header of a table below a line with its subject.
    fn of_results(cells: &[&str], of: &str) -> Option<Self> {
        let is_name = |cell: &&str| cell.trim().starts_with(char::is_alphabetic) && measure(cell).is_none();
        let names = || cells.iter().map(|cell| format!("{of}/{}", cell.trim())).collect();
        cells.iter().all(is_name).then(|| Self::new(names(), Division::Bars, RowLabel::Last))
    }

    /// Returns a row without the mark after it, as for the best so far: `*`, `+`.
    fn without_mark<'a>(&self, cells: &'a [&'a str]) -> &'a [&'a str] {
        match cells {
            [rest @ .., mark]
                if rest.len() == self.names.len() && mark.bytes().all(|byte| byte.is_ascii_punctuation()) =>
            {
                rest
            }
            all => all,
        }
    }

    /// Returns a row without the number that pandas prints before it, where its header is blank.
    fn without_index<'a>(&self, line: &[u8], cells: &'a [&'a str]) -> &'a [&'a str] {
        let is_index = |index: &str| {
            index.bytes().all(|byte| byte.is_ascii_digit())
                && line.starts_with(index.as_bytes())
                && self.indent > index.len()
        };
        match cells {
            [index, rest @ ..]
                if rest.len() == self.names.len()
                    && is_index(index)
                    && rest.iter().all(|cell| measure(cell).is_some()) =>
            {
                rest
            }
            all => all,
        }
    }

    fn row(&self, cells: &[&str]) -> Option<TableLine> {
        let step = match self.key {
            RowLabel::Step(step) => step,
            RowLabel::All if cells[0] != "all" => return None,
            RowLabel::Last if cells.iter().any(|cell| measure(cell).is_none()) => return None,
            RowLabel::All | RowLabel::Last => {
                let values = self.values(cells).map(|(name, value, unit)| (format!("val_{name}"), value, unit));
                return Some(TableLine::Row(TableRow {
                    values: values.collect(),
                    is_of_last: true,
                    ..TableRow::default()
                }));
            }
        };
        let count = measure(cells[step])?;
        let Some(value) = count.step() else { return Some(TableLine::Unclear) };
        let of = count.of;
        // An unlabelled name before the step: rows of several things, each with steps of its own. If two columns count,
        // the row has two steps: `Min. | Epoch | Max. | Epoch`.
        let is_only = self.names.iter().filter(|name| **name == self.names[step]).count() == 1;
        let mut before = self.names.iter().zip(&cells[..step]);
        if before.any(|(name, cell)| measure(cell).is_none() && !cell.is_empty() && !(is_only && is_field(name))) {
            return Some(TableLine::Unclear);
        }
        // `100 files in 3.2s` has as many words as the header, and is prose.
        let is_word = |cell: &str| cell.chars().next().is_some_and(char::is_alphabetic) && measure(cell).is_none();
        let is_missing = |cell: &str| matches!(cell.to_ascii_lowercase().as_str(), "none" | "null" | "n/a" | "na");
        let is_measured = |name: &str| words::is_measured(name.as_bytes()) && !(self.has_fields && is_field(name));
        let mut measured = self.names.iter().zip(cells).filter(|(name, _)| is_measured(name));
        if self.division != Division::Bars && measured.any(|(_, cell)| is_word(cell) && !is_missing(cell)) {
            return None;
        }
        let values: Vec<_> = self.values(cells).collect();
        let is_epoch = matches!(self.names[step].to_ascii_lowercase().as_str(), "epoch" | "e");
        let about = self.has_fields.then(|| self.about(cells));
        let names_epoch = |name: &String| !is_epoch && name.trim().eq_ignore_ascii_case("epoch");
        let epoch = self.names.iter().position(names_epoch).and_then(|at| measure(cells[at])?.step());
        let has_doubles = (0..self.names.len()).any(|at| self.is_double(at));
        let row =
            TableRow { step: Some(value), of, epoch, is_epoch, values, has_doubles, about, ..TableRow::default() };
        (!row.values.is_empty()).then_some(TableLine::Row(row))
    }

    /// Reads a row with fewer cells than there are names: each is in the column above it. If that is ambiguous, nothing
    /// is read.
    fn row_with_blanks(&self, line: &[u8]) -> TableLine {
        let Some(text) = std::str::from_utf8(line).ok().filter(|text| !self.spans.is_empty() && text.is_ascii()) else {
            return TableLine::Other;
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let is_cell = |word: &&str| measure(word).is_some() || !word.contains(|one: char| one.is_ascii_alphanumeric());
        let numbers = words.iter().filter(|word| measure(word).is_some()).count();
        if words.len() >= self.names.len() || numbers < 2 || !words.iter().all(is_cell) {
            return TableLine::Other;
        }
        let mut cells = vec![""; self.names.len()];
        for (word, (start, end)) in words.iter().zip(spans(line, &words)) {
            let mut under = (0..cells.len()).filter(|at| start < self.spans[*at].1 && self.spans[*at].0 < end);
            match (under.next(), under.next()) {
                (Some(at), None) if cells[at].is_empty() => cells[at] = word,
                _ => return TableLine::Unclear,
            }
        }
        self.row(&cells).unwrap_or(TableLine::Other)
    }

    /// Returns the description of a row from its words.
    fn about(&self, cells: &[&str]) -> Description {
        let mut about = Description::default();
        let words = self.names.iter().zip(cells).filter(|(name, cell)| is_field(name) && measure(cell).is_none());
        words.for_each(|(name, cell)| about.text(name, cell));
        about
    }

    /// True for a column with a duplicate name.
    fn is_double(&self, at: usize) -> bool {
        let is_step = self.key == RowLabel::Step(at) || step_rank(&self.names[at]).is_some();
        !is_step && self.names.iter().enumerate().any(|(other, name)| other != at && *name == self.names[at])
    }

    fn values<'a>(&'a self, cells: &'a [&str]) -> impl Iterator<Item = (String, f64, LogUnit)> + 'a {
        let named = self
            .names
            .iter()
            .zip(cells)
            .enumerate()
            .filter(|(at, (name, _))| {
                self.key != RowLabel::Step(*at)
                    && !self.is_double(*at)
                    && step_rank(name).is_none()
                    && !words::is_remaining(name.as_bytes())
            })
            .map(|(_, named)| named);
        named.filter_map(|(name, cell)| Some(measured_value((name.clone(), measure(cell)?))))
    }
}

/// Returns the names in a header. YOLO groups them: `Box(P  R  mAP50)  Mask(P  R  mAP50)`; all its models have the box.
fn names(cells: &[&str]) -> Vec<String> {
    let mut group = "";
    let mut names = Vec::with_capacity(cells.len());
    for cell in cells {
        let cell = cell.trim();
        let (own, name) = cell.split_once('(').filter(|(_, inside)| !inside.contains(')')).unwrap_or((group, cell));
        let plain = name.trim_end_matches([':', ')']);
        group = if plain.len() < name.trim_end_matches(':').len() { "" } else { own };
        names.push(if matches!(own, "" | "Box") { plain.to_owned() } else { format!("{own}_{plain}") });
    }
    names
}

/// True for a line that begins with the name of a step, which prose hardly does.
fn begins_with_a_step(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    let first = text.iter().take_while(|byte| !matches!(byte, b' ' | b'\t' | b',' | b'|')).count();
    let name = &text[..first];
    first < text.len()
        && (matches!(name, b"Class" | b"classes" | b"E" | b"#" | b"Nr.") || first > 2 && words::count(name).is_some())
}

/// Returns a cell and its name as a value: tokens are scaled to single ones.
fn measured_value((name, measure): (String, CellMeasure)) -> (String, f64, LogUnit) {
    match units::scale(&name, measure.unit) {
        Some(scale) => (name, measure.value * scale, LogUnit::NONE),
        None => (name, measure.value, measure.unit),
    }
}

/// Reads a cell that is a number, with a unit or a total at most.
fn measure(cell: &str) -> Option<CellMeasure> {
    let cell = cell.trim().trim_end_matches(':');
    let plain = |value| CellMeasure { value, unit: LogUnit::NONE, of: None };
    if let Some(value) = words::not_finite(cell.as_bytes()) {
        return Some(plain(value));
    }
    let (value, end) = lexer::number(cell.as_bytes(), 0)?;
    // `2.6 *`: the best so far.
    let rest = cell[end..].trim().trim_end_matches(['*', '+', '!', '↑', '↓', '▲', '▼', '✓', '★']).trim_end();
    let is_unit = rest.len() <= 4 && rest.chars().all(|unit| unit.is_ascii_alphabetic() || unit == '%');
    if is_unit || words::is_unit(rest.as_bytes()) {
        return Some(CellMeasure { unit: LogUnit::named(rest.as_bytes()), ..plain(value) });
    }
    let total = rest.as_bytes().strip_prefix(b"/")?.trim_ascii();
    let (of, end) = lexer::number(total, 0)?;
    (end == total.len()).then_some(CellMeasure { of: Some(of), ..plain(value) })
}

/// Returns the cells of `| a | b |`.
fn between_bars(text: &str) -> Option<Vec<&str>> {
    let text = text.trim();
    let bar = |one: char| matches!(one, '|' | '│' | '┃' | '║');
    let inside = text.strip_prefix(bar)?.strip_suffix(bar)?;
    Some(inside.split(bar).collect())
}

fn divide(text: &str, division: Division) -> Vec<&str> {
    match division {
        Division::Bars => Vec::new(),
        Division::Between => text.split(['|', '│', '┃', '║']).map(str::trim).collect(),
        Division::Commas => text.split(',').map(str::trim).collect(),
        Division::Spaces => text.split_whitespace().collect(),
        Division::Gaps => text
            .split(['\t'])
            .flat_map(|part| part.split("  "))
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect(),
    }
}
