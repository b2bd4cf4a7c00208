//! What a file of curves has told so far: what every reader of one gathers, and nothing else.

use std::sync::Arc;

use super::Located;
use super::columns::Columns;
use crate::model::{AgentText, Curves, TrialEnd};

/// Warnings beyond this are counted in the last one.
const MOST_WARNINGS: usize = 100;
/// How many last lines are kept.
pub(super) const LAST_LINES: usize = 20;

/// What a log or metrics file says of its trial so far.
#[derive(Clone, Debug, Default)]
pub struct LogView {
    /// Values that stand without a step, newest wins, in the log's order.
    pub summary: Vec<(Arc<str>, f64)>,
    /// How the log ends; `None` while it may go on.
    pub end: Option<TrialEnd>,
    /// Share that is done, 0 to 1.
    pub progress: Option<f64>,
    /// Seconds left.
    pub remaining_s: Option<f64>,
    /// What could not be read.
    pub warnings: Vec<Located>,
    /// The last lines, oldest first: what a person reads when something went wrong.
    pub last_lines: Vec<AgentText>,
    /// Lines of console output that look like measurements and were not understood.
    pub passed_over: UnreadLines,
}

/// Lines that look like measurements, of which nothing was read because it is not certain what they say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadLines {
    /// How many there are.
    pub lines: u64,
    /// The first few: line number from 1, and the line, cut where it is long.
    pub samples: Vec<(u64, AgentText)>,
}

/// Samples beyond this are only counted.
const MOST_SAMPLES: usize = 5;
/// Bytes of a sample.
const LONGEST_SAMPLE: usize = 200;

impl UnreadLines {
    /// The first line of them, and the sentence that says how many there are; `None` without one.
    pub fn said(&self) -> Option<(u64, String)> {
        let (first, _) = self.samples.first()?;
        let lines = self.samples.iter().map(|(line, _)| line.to_string()).collect::<Vec<_>>().join(", ");
        let more = if self.lines > self.samples.len() as u64 { " and more" } else { "" };
        Some((
            *first,
            match self.lines {
                1 => format!("line {lines} looks like a measurement, and nothing was read of it"),
                many => format!("{many} lines look like measurements, and nothing was read of them: {lines}{more}"),
            },
        ))
    }

    pub(super) fn note(&mut self, number: u64, line: &[u8]) {
        self.lines += 1;
        if self.samples.len() < MOST_SAMPLES {
            let text = String::from_utf8_lossy(&line[..line.len().min(4 * LONGEST_SAMPLE)]);
            self.samples.push((number, AgentText::cut(text.trim(), LONGEST_SAMPLE)));
        }
    }
}

/// A reader of one trial's curves.
pub trait LogReader: Send {
    /// Takes appended bytes.
    fn push(&mut self, bytes: &[u8]);
    /// What is pushed from now on is of this file of the run, counted from 0; what was read stays.
    fn turn_to(&mut self, _file: usize) {}
    /// True when a file told what belongs before something that a later one told: all are to be read again, in order.
    fn is_out_of_order(&self) -> bool {
        false
    }
    /// What there is to say of the file that was turned to where nothing more comes: it breaks off, or cells of it are no numbers.
    fn at_end(&self) -> Vec<Located> {
        Vec::new()
    }
    /// What there is to say where steps went back, of all files of the run.
    fn restarts(&self) -> Option<Located> {
        self.told().columns.restarts()
    }
    /// What it gathered.
    fn told(&self) -> &LogContents;
    /// What was understood so far.
    fn view(&self) -> &LogView {
        &self.told().view
    }
    /// The curves so far, and how far along the run was at each step. What is sealed in them is shared.
    fn curves(&self) -> Curves {
        self.told().columns.curves()
    }
}

/// What a reader gathers.
#[derive(Default)]
pub struct LogContents {
    pub(super) view: LogView,
    pub(super) columns: Columns,
    has_told_of_metrics: bool,
}

impl LogContents {
    /// Of a file that may have this many metrics.
    pub(super) fn with_most(metrics: usize) -> Self {
        Self { columns: Columns::with_most(metrics), ..Self::default() }
    }

    /// What is wrong with a line, and what became of it.
    pub(super) fn warn(&mut self, line: u64, message: &str) {
        let warnings = &mut self.view.warnings;
        if warnings.len() < MOST_WARNINGS {
            warnings.push(Located::at(line, message));
        } else if let Some(last) = warnings.last_mut() {
            last.end_line = last.end_line.max(line);
            "and more that could not be read".clone_into(&mut last.message);
        }
    }

    /// The same of the file, or of a place in it that is no line.
    pub(super) fn warn_of_file(&mut self, message: &str) {
        self.warn(0, message);
    }

    /// The place of a metric by the bytes of its name; `None` when there are too many already, which is told once.
    pub(super) fn place(&mut self, name: &[u8]) -> Option<usize> {
        let place = self.columns.place(name);
        if place.is_none() && !std::mem::replace(&mut self.has_told_of_metrics, true) {
            let most = self.columns.most();
            self.warn_of_file(&format!("more than {most} metrics; the others are left out"));
        }
        place
    }

    /// Keeps a line among the last ones.
    pub(super) fn remember(&mut self, line: AgentText) {
        let lines = &mut self.view.last_lines;
        if lines.len() == LAST_LINES {
            lines.remove(0);
        }
        lines.push(line);
    }

    /// What was told so far is no curve, but the summary.
    pub(super) fn summarise_all(&mut self) {
        for (name, value) in self.columns.take_back() {
            self.summarise(&name, value);
        }
    }

    /// Sets a value of the summary: the newest wins.
    pub(super) fn summarise(&mut self, name: &str, value: f64) {
        let summary = &mut self.view.summary;
        if let Some(known) = summary.iter_mut().find(|(key, _)| **key == *name) {
            known.1 = value;
        } else if summary.len() < self.columns.most() {
            summary.push((name.into(), value));
        }
    }
}
