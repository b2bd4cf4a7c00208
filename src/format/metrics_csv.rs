//! Metrics in a table with a header: Lightning's `metrics.csv`, Keras' `CSVLogger`, Stable Baselines' `progress.csv`,
//! YOLO's `results.csv`, exports of W&B, `TensorBoard` and pandas.

use memchr::memchr_iter;

use super::cell_units::{self, CellUnits, Converted};
use super::decode::Decoder;
use super::fields::{Description, is_field};
use super::lines::{Line, LineSplitter, content};
use super::number::parse_loose;
use super::step_names::StepRank;
use super::steps::{NO_STEP, StepFollower};
use super::{Located, LogContents, LogReader};

/// A table with more columns is not a table of metrics.
const MOST_COLUMNS: usize = 8192;

/// Reader of a metrics table.
#[derive(Default)]
pub struct MetricsCsv {
    decoder: Decoder,
    lines: LineSplitter,
    contents: LogContents,
    header: Option<CsvHeader>,
    /// The last comment before the header: numpy writes its column names there.
    comment: Vec<u8>,
    steps: StepFollower,
    about: Description,
    values: Vec<(usize, f64)>,
    /// The unit of each of the values.
    written: Vec<String>,
    units: CellUnits,
    has_told_of_names: bool,
    has_rows: bool,
    /// By metric: how many of its cells are numbers, how many are not, and the line of the first of the latter.
    cells: Vec<(u64, u64, u64)>,
}

struct CsvHeader {
    line: Vec<u8>,
    separator: u8,
    /// The meaning of each cell of a row.
    cells: Vec<CsvCell>,
    /// The rank of the step.
    step: Option<StepRank>,
    /// Index and rank of the column with the step of the run, next to one that may restart.
    global: Option<(usize, StepRank)>,
    /// A name that two columns have.
    doubled: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CsvCell {
    Step,
    /// The epoch, which is a metric unless it serves as the step.
    Epoch(Option<usize>),
    Metric(usize),
    /// A column without a name is an index.
    Nothing,
}

impl CsvHeader {
    /// Joins a header of two or three lines, as pandas writes multi-level columns and the name of its index: names
    /// below each other in one column are joined. `None` if the first line is complete.
    fn joined(&self, below: &[String]) -> Option<Vec<u8>> {
        let names = split(&self.line, self.separator);
        let is_open = |(at, name): (usize, &String)| name.is_empty() || names[..at].contains(name);
        let is_name = |cell: &String| cell.is_empty() || parse_loose(cell).is_none() && !is_missing(cell);
        let is_part = names.len() == below.len()
            && names.iter().enumerate().any(is_open)
            && below.iter().any(String::is_empty)
            && below.iter().all(is_name);
        let join = |(name, own): (&String, &String)| match (name.is_empty(), own.is_empty()) {
            (false, false) => format!("{name}_{own}"),
            _ => format!("{name}{own}"),
        };
        is_part.then(|| {
            let all: Vec<String> = names.iter().zip(below).map(join).collect();
            all.join(&char::from(self.separator).to_string()).into_bytes()
        })
    }
}

impl LogReader for MetricsCsv {
    fn push(&mut self, bytes: &[u8]) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.push(&self.decoder.push(bytes), |line| self.line(&line));
        self.lines = lines;
    }

    /// A column of words is not a metric; among numbers, words are values that could not be read.
    fn at_end(&self) -> Vec<Located> {
        let has_numbers = self.cells.iter().any(|(numbers, ..)| *numbers > 0);
        let mixed = self.cells.iter().filter(|(numbers, words, _)| *words > 0 && (*numbers > 0 || !has_numbers));
        let (words, first) = mixed.fold((0, u64::MAX), |(sum, first), (_, words, at)| (sum + words, first.min(*at)));
        let text = match words {
            0 => return Vec::new(),
            1 => "1 cell is not a number; dropped".to_owned(),
            _ => format!("{words} cells are not numbers, the first one here; dropped"),
        };
        vec![Located::at(first, text)]
    }

    fn contents(&self) -> &LogContents {
        &self.contents
    }
}

impl MetricsCsv {
    fn line(&mut self, line: &Line<'_>) {
        let bytes = content(line);
        // A row of separators only is a row.
        if bytes.trim_ascii().is_empty() {
            return;
        }
        if bytes.starts_with(b"#") {
            if self.header.is_none() {
                self.comment = bytes.trim_ascii_start().iter().copied().skip_while(|byte| *byte == b'#').collect();
            }
            return;
        }
        let Some(header) = self.header.take() else {
            self.header = self.read_header(bytes);
            // Names in a comment, and the first row below it.
            if self.header.is_none() && !self.comment.is_empty() {
                let comment = std::mem::take(&mut self.comment);
                self.header = self.read_header(&comment);
                if self.header.as_ref().is_some_and(|header| split(bytes, header.separator).len() == header.cells.len())
                {
                    return self.line(line);
                }
                self.header = None;
            }
            if self.header.is_none() {
                self.contents.warn(line.number, "not a header: a column has no name, or a number for a name; skipped");
            }
            return;
        };
        // A run that restarted may write its header again.
        if header.line != bytes {
            let cells = split(bytes, header.separator);
            if !self.has_rows
                && let Some(joined) = header.joined(&cells)
            {
                self.header = self.read_header(&joined);
                return;
            }
            if is_header(&cells) {
                self.header = self.read_header(bytes);
                return;
            }
            let wanted = header.cells.len();
            // A row may end with a separator that the header does not have.
            let is_closed = cells.len() == wanted + 1 && cells.last().is_some_and(String::is_empty);
            if cells.len() == wanted || is_closed {
                self.row(&header, &cells, line.number);
            } else {
                let text =
                    format!("{}, but the header has {wanted}; skipped", crate::model::counted(cells.len(), "cell"));
                self.contents.warn(line.number, &text);
            }
        }
        self.header = Some(header);
    }

    fn read_header(&mut self, bytes: &[u8]) -> Option<CsvHeader> {
        let (separator, names) = header(bytes)?;
        if names.len() > MOST_COLUMNS {
            self.contents.warn_of_file(&format!("more than {MOST_COLUMNS} columns: not a table of metrics; not read"));
            return None;
        }
        let ranks: Vec<Option<StepRank>> = names.iter().map(|name| StepRank::of(name)).collect();
        let best = ranks.iter().flatten().copied().min();
        // A column on its own is a metric, whatever its name; the epoch is found separately.
        let counts = best.filter(|rank| names.len() > 1 && !rank.is_epoch());
        let step = counts.and_then(|best| ranks.iter().position(|rank| *rank == Some(best)));
        let has_step = step.is_some();
        let global = ranks.iter().position(|rank| rank.is_some_and(StepRank::is_global));
        let global = global.filter(|at| step != Some(*at)).and_then(|at| Some((at, ranks[at]?)));
        let (mut cells, mut doubled) = (Vec::with_capacity(names.len()), None);
        for (at, name) in names.iter().enumerate() {
            let is_epoch = ranks[at].is_some_and(StepRank::is_epoch) && names.len() > 1;
            let is_double = names[..at].contains(name);
            cells.push(if step == Some(at) {
                CsvCell::Step
            } else if name.is_empty() || is_double && is_epoch {
                CsvCell::Nothing
            } else if is_epoch {
                CsvCell::Epoch(if has_step { self.contents.place(name.as_bytes()) } else { None })
            } else if is_double {
                // As pandas renames the second one: two columns of one name are two metrics.
                doubled = doubled.or_else(|| Some(name.clone()));
                let mut free = (1..).map(|nth| format!("{name}.{nth}")).filter(|free| !names.contains(free));
                let nth = names[..at].iter().filter(|known| *known == name).count();
                let free = free.nth(nth - 1).unwrap_or_default();
                self.contents.place(free.as_bytes()).map_or(CsvCell::Nothing, CsvCell::Metric)
            } else {
                self.contents.place(name.as_bytes()).map_or(CsvCell::Nothing, CsvCell::Metric)
            });
        }
        Some(CsvHeader { line: bytes.to_vec(), separator, cells, step: counts, global, doubled })
    }

    fn row(&mut self, header: &CsvHeader, cells: &[String], number: u64) {
        let read = |cell: &str| {
            if header.separator == b';' && cell.matches(',').count() == 1 && !cell.contains('.') {
                return cell_units::read(&cell.replace(',', "."));
            }
            cell_units::read(cell)
        };
        let at = |wanted: fn(&CsvCell) -> bool| {
            header.cells.iter().position(wanted).and_then(|at| Some(read(&cells[at])?.0))
        };
        let epoch = at(|cell| matches!(cell, CsvCell::Epoch(_))).filter(|epoch| epoch.is_finite());
        let step = at(|cell| *cell == CsvCell::Step).filter(|step| step.is_finite());
        let of_run = |step: f64| {
            let Some(((at, global), rank)) = header.global.zip(header.step) else { return step };
            read(&cells[at]).map_or(step, |(value, _)| StepRank::of_run((rank, step), (global, value)).1)
        };
        let step = step.map(of_run);
        if step.is_none() && header.step.is_some() {
            return self.contents.warn(number, NO_STEP);
        }
        self.has_rows = true;
        if let Some(name) = header.doubled.as_ref().filter(|_| !std::mem::replace(&mut self.has_told_of_names, true)) {
            self.contents.warn_of_file(&format!("two columns are named {name}; the second one is shown as {name}.1"));
        }
        self.contents.columns.at_line(number);
        self.values.clear();
        self.written.clear();
        self.about.clear();
        for (cell, text) in header.cells.iter().zip(cells) {
            let (CsvCell::Metric(place) | CsvCell::Epoch(Some(place))) = cell else { continue };
            if self.cells.len() <= *place {
                self.cells.resize(*place + 1, (0, 0, 0));
            }
            let (numbers, words, first) = &mut self.cells[*place];
            let name = self.contents.columns.name(*place);
            match read(text) {
                // A dataset may be called `5k`.
                Some((_, unit)) if !unit.is_empty() && is_field(name) => self.about.text(name, text),
                Some((value, unit)) => {
                    *numbers += 1;
                    self.values.push((*place, value));
                    self.written.push(unit);
                }
                // Most rows of Lightning have only some of the metrics.
                None if is_missing(text) => {}
                None if is_field(name) => self.about.text(name, text),
                None => {
                    self.about.text(name, text);
                    *words += 1;
                    *first = if *first == 0 { number } else { *first };
                }
            }
        }
        self.contents.about(&mut self.about, &mut self.values);
        let step = match (step, epoch) {
            // Its steps belong to a process that is not read.
            (Some(step), _) if self.contents.is_from_unread_process() => self.steps.as_before(step),
            (Some(step), epoch) if self.about.part.is_some() => self.steps.named_in_evaluation(step, epoch, false),
            (Some(step), epoch) => self.steps.named(step, epoch),
            (None, Some(epoch)) => epoch,
            (None, None) => self.steps.counted(),
        };
        let mut units = self.written.iter();
        self.values.retain_mut(|(place, value)| {
            let unit = units.next().map_or("", String::as_str);
            let converted = self.units.convert(*place, *value, unit);
            if let Converted::Other { is_new: true } = converted {
                let name_of = |unit: &str| if unit.is_empty() { "no unit".to_owned() } else { unit.to_owned() };
                let (name, here, before) =
                    (self.contents.columns.name(*place), name_of(unit), name_of(self.units.of(*place)));
                let text = format!("{name} has {here} here and {before} before; values in the new unit are dropped");
                self.contents.warn(number, &text);
            }
            let Converted::To(converted) = converted else { return false };
            *value = converted;
            true
        });
        self.contents.put_row(&self.about, step, self.values.iter().copied());
    }
}

/// True for a cell that marks a missing value.
fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.is_empty() || ["none", "null", "na", "n/a", "<na>", "-", "--"].iter().any(|no| cell.eq_ignore_ascii_case(no))
}

/// Returns separator and names of a header; `None` when the line is not a header.
pub(super) fn header(bytes: &[u8]) -> Option<(u8, Vec<String>)> {
    let separator = [b',', b'\t', b';'].into_iter().max_by_key(|separator| memchr_iter(*separator, bytes).count())?;
    let names = split(bytes, separator);
    let is_none = names.iter().any(|name| parse_loose(name).is_some()) || names.iter().all(String::is_empty);
    (!is_none).then_some((separator, names))
}

/// True for another header in the middle of a table: names, one of them typical of a table of metrics.
fn is_header(cells: &[String]) -> bool {
    let is_name = |cell: &String| cell.starts_with(|c: char| c.is_alphabetic() || c == '_');
    cells.len() > 1
        && cells.iter().all(|cell| cell.is_empty() || is_name(cell) && parse_loose(cell).is_none())
        && cells.iter().any(|cell| StepRank::of(cell).is_some() || cell.contains("loss"))
}

/// Splits a row into its cells, without quotes. A quoted cell ends with its line.
pub(super) fn split(bytes: &[u8], separator: u8) -> Vec<String> {
    let mut cells = Vec::new();
    let mut cell: Vec<u8> = Vec::new();
    let mut quoted = false;
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' if quoted && rest.peek() == Some(&b'"') => {
                cell.push(b'"');
                rest.next();
            }
            b'"' if quoted || cell.is_empty() => quoted = !quoted,
            byte if byte == separator && !quoted => {
                cells.push(String::from_utf8_lossy(cell.trim_ascii()).into_owned());
                cell.clear();
            }
            byte => cell.push(byte),
        }
    }
    cells.push(String::from_utf8_lossy(cell.trim_ascii()).into_owned());
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::SeriesMap;

    fn read(text: &str) -> (SeriesMap, Vec<String>) {
        let mut reader = MetricsCsv::default();
        reader.push(text.as_bytes());
        let warnings = reader.view().warnings.iter().map(|w| format!("{}: {}", w.line, w.message)).collect();
        (reader.curves().series, warnings)
    }

    fn points(series: &SeriesMap, metric: &str) -> Vec<(f64, f64)> {
        series[metric].points().map(|point| (point.step, point.value)).collect()
    }

    #[test]
    fn a_second_column_of_a_name_takes_no_name_that_is_there() {
        let (series, _) = read("step,loss,loss,loss.1\n1,0.5,0.6,0.7\n2,0.4,0.5,0.6\n");
        assert_eq!(points(&series, "loss.1"), [(1.0, 0.7), (2.0, 0.6)]);
        assert_eq!(points(&series, "loss.2"), [(1.0, 0.6), (2.0, 0.5)]);
        let header: Vec<String> = (0..10_000).map(|at| format!("c{at}")).collect();
        let (series, warnings) = read(&format!("{}\n1\n", header.join(",")));
        assert!(series.is_empty() && warnings[0].contains("more than 8192 columns"), "{warnings:?}");
    }

    #[test]
    fn dialects() {
        let (series, warnings) = read("epoch,step,train_loss,val_loss\n0,9,0.5,\n0,19,0.4,\n0,19,,0.45\n");
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(points(&series, "train_loss"), [(9.0, 0.5), (19.0, 0.4)]);
        assert_eq!(points(&series, "val_loss"), [(19.0, 0.45)]);
        assert_eq!(points(&series, "epoch"), [(9.0, 0.0), (19.0, 0.0), (19.0, 0.0)]);
        let (series, _) = read("epoch;accuracy;loss\r\n0;0,25;1,5\r\n1;0,5;1,25\r\n");
        assert_eq!(points(&series, "loss"), [(0.0, 1.5), (1.0, 1.25)], "a decimal comma");
        let (series, _) = read(",\"loss, train\",step\n0,0.5,10\n1,nan,20\n");
        assert_eq!(series["loss, train"].len(), 2, "pandas with its index, and a quoted name");
        let (series, _) = read("loss\n3\n2\n");
        assert_eq!(points(&series, "loss"), [(0.0, 3.0), (1.0, 2.0)]);
        let (series, warnings) = read("step,loss\n1,3\nstep,loss\n2,2\nstep,loss,lr\n3,1,0.1\n4,1\nx,1,1\n");
        assert_eq!(points(&series, "loss"), [(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]);
        assert_eq!(warnings, ["7: 2 cells, but the header has 3; skipped", "8: a row without a step; skipped"]);
        let (series, warnings) = read("step,loss\r1,0.5\r2,0.25\r3,0.1");
        assert_eq!(points(&series, "loss"), [(1.0, 0.5), (2.0, 0.25)], "line ends of old Macs: {warnings:?}");
    }

    #[test]
    fn words_among_numbers_are_counted_and_a_column_of_words_is_not_a_metric() {
        let warnings_of = |text: &str| -> Vec<(u64, String)> {
            let mut reader = MetricsCsv::default();
            reader.push(text.as_bytes());
            reader.at_end().into_iter().map(|at| (at.line, at.message)).collect()
        };
        let two = (2, "2 cells are not numbers, the first one here; dropped".to_owned());
        assert_eq!(warnings_of("step,loss,acc\n0,1,x\n1,oops,0.5\n2,,None\n"), [two]);
        let one = (3, "1 cell is not a number; dropped".to_owned());
        assert_eq!(warnings_of("step,loss,split\n0,1,train\n1,oops,val\n"), [one]);
        assert!(warnings_of("step,loss,split\n0,1,train\n1,nan,val\n2,-,train\n").is_empty());
        assert_eq!(warnings_of("step,loss\n0,one\n1,two\n").len(), 1, "a table of words only");
    }
}
