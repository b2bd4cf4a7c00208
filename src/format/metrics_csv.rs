//! Metrics in a table with a header: Lightning's `metrics.csv`, Keras' `CSVLogger`, Stable Baselines'
//! `progress.csv`, pandas' exports.

use memchr::memchr_iter;

use super::lines::{Line, Lines, content};
use super::metrics_jsonl::STEPS;
use super::number::parse_loose;
use super::steps::Steps;
use super::{LogReader, Told};

/// Reader of a metrics table.
#[derive(Default)]
pub struct MetricsCsv {
    lines: Lines,
    told: Told,
    header: Option<Header>,
    steps: Steps,
}

struct Header {
    line: Vec<u8>,
    separator: u8,
    /// What each cell of a row is.
    cells: Vec<Cell>,
    has_step: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Step,
    /// The epoch, which is a metric unless it stands for the step.
    Epoch(Option<usize>),
    Metric(usize),
    /// A column without a name is an index.
    Nothing,
}

impl LogReader for MetricsCsv {
    fn push(&mut self, bytes: &[u8]) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.push(bytes, |line| self.line(&line));
        self.lines = lines;
    }

    fn told(&self) -> &Told {
        &self.told
    }
}

impl MetricsCsv {
    fn line(&mut self, line: &Line<'_>) {
        let bytes = content(line);
        // A row of nothing but separators is a row; comments stand before the header at most.
        if bytes.trim_ascii().is_empty() || self.header.is_none() && bytes.starts_with(b"#") {
            return;
        }
        let Some(header) = self.header.take() else {
            self.header = self.read_header(bytes);
            if self.header.is_none() {
                self.told
                    .warn(line.number, "not a header: a column without a name, or with a number for one; passed over");
            }
            return;
        };
        // A run that was begun again may write its header again.
        if header.line != bytes {
            let cells = split(bytes, header.separator);
            if is_header(&cells) {
                self.header = self.read_header(bytes);
                return;
            }
            if cells.len() == header.cells.len() {
                self.row(&header, &cells, line.number);
            } else {
                let text = format!("{} cells where the header has {}; passed over", cells.len(), header.cells.len());
                self.told.warn(line.number, &text);
            }
        }
        self.header = Some(header);
    }

    fn read_header(&mut self, bytes: &[u8]) -> Option<Header> {
        let separator =
            [b',', b'\t', b';'].into_iter().max_by_key(|separator| memchr_iter(*separator, bytes).count())?;
        let names = split(bytes, separator);
        if names.iter().any(|name| parse_loose(name).is_some()) || names.iter().all(String::is_empty) {
            return None;
        }
        let step = STEPS.iter().find_map(|known| names.iter().position(|name| name == known));
        // Without a step the epoch counts, then whatever else says how far along it is.
        let step = step.or_else(|| names.iter().position(|name| name == "time/total_timesteps"));
        let alone = names.len() == 1;
        let cells = names.iter().enumerate().map(|(at, name)| match name.as_str() {
            _ if step == Some(at) => Cell::Step,
            "" => Cell::Nothing,
            name if name.eq_ignore_ascii_case("epoch") && !alone => {
                Cell::Epoch(if step.is_some() { self.told.place(name.as_bytes()) } else { None })
            }
            name => self.told.place(name.as_bytes()).map_or(Cell::Nothing, Cell::Metric),
        });
        Some(Header { line: bytes.to_vec(), separator, cells: cells.collect(), has_step: step.is_some() })
    }

    fn row(&mut self, header: &Header, cells: &[String], number: u64) {
        let read = |cell: &str| {
            if header.separator == b';' && cell.matches(',').count() == 1 && !cell.contains('.') {
                return parse_loose(&cell.replace(',', "."));
            }
            parse_loose(cell)
        };
        let at = |wanted: fn(&Cell) -> bool| header.cells.iter().position(wanted).and_then(|at| read(&cells[at]));
        let epoch = at(|cell| matches!(cell, Cell::Epoch(_))).filter(|epoch| epoch.is_finite());
        let step = at(|cell| *cell == Cell::Step).filter(|step| step.is_finite());
        let step = match (step, epoch) {
            (Some(step), epoch) => self.steps.named(step, epoch),
            (None, _) if header.has_step => {
                return self.told.warn(number, "a row without a step; passed over");
            }
            (None, Some(epoch)) => epoch,
            (None, None) => self.steps.counted(),
        };
        for (cell, text) in header.cells.iter().zip(cells) {
            let (Cell::Metric(place) | Cell::Epoch(Some(place))) = cell else { continue };
            // Most rows of Lightning have only some of the metrics.
            if let Some(value) = read(text) {
                self.told.columns.put(*place, step, value);
            }
        }
    }
}

/// A header of its own, in the middle of a table: names, and among them one that a table of metrics has.
fn is_header(cells: &[String]) -> bool {
    let is_name = |cell: &String| cell.starts_with(|c: char| c.is_alphabetic() || c == '_');
    cells.len() > 1
        && cells.iter().all(|cell| cell.is_empty() || is_name(cell) && parse_loose(cell).is_none())
        && cells.iter().any(|cell| STEPS.contains(&cell.as_str()) || cell == "epoch" || cell.contains("loss"))
}

/// The cells of a row, with quotes taken off. A quoted cell ends with its line.
fn split(bytes: &[u8], separator: u8) -> Vec<String> {
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
    fn dialects() {
        let (series, warnings) = read("epoch,step,train_loss,val_loss\n0,9,0.5,\n0,19,0.4,\n0,19,,0.45\n");
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(points(&series, "train_loss"), [(9.0, 0.5), (19.0, 0.4)]);
        assert_eq!(points(&series, "val_loss"), [(19.0, 0.45)]);
        assert_eq!(points(&series, "epoch"), [(9.0, 0.0), (19.0, 0.0), (19.0, 0.0)]);
        let (series, _) = read("epoch;accuracy;loss\r\n0;0,25;1,5\r\n1;0,5;1,25\r\n");
        assert_eq!(points(&series, "loss"), [(0.0, 1.5), (1.0, 1.25)], "a comma for a point");
        let (series, _) = read(",\"loss, train\",step\n0,0.5,10\n1,nan,20\n");
        assert_eq!(series["loss, train"].len(), 2, "pandas with its index, and a quoted name");
        let (series, _) = read("loss\n3\n2\n");
        assert_eq!(points(&series, "loss"), [(0.0, 3.0), (1.0, 2.0)]);
        let (series, warnings) = read("step,loss\n1,3\nstep,loss\n2,2\nstep,loss,lr\n3,1,0.1\n4,1\nx,1,1\n");
        assert_eq!(points(&series, "loss"), [(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]);
        assert_eq!(
            warnings,
            ["7: 2 cells where the header has 3; passed over", "8: a row without a step; passed over"]
        );
    }
}
