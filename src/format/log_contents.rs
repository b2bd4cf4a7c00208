//! The contents of a file of curves so far: the state that all readers share.

use std::sync::Arc;

use super::Located;
use super::columns::Columns;
use crate::model::{AgentText, Curves, TrialEnd};

/// Warnings beyond this are counted in the last one.
const MOST_WARNINGS: usize = 100;
/// Number of last lines that are kept.
pub(super) const LAST_LINES: usize = 20;

/// The contents of a log or metrics file so far.
#[derive(Clone, Debug, Default)]
pub struct LogView {
    /// Values without a step, newest wins, in the log's order.
    pub summary: Vec<(Arc<str>, f64)>,
    /// The end of the log; `None` while it may continue.
    pub end: Option<TrialEnd>,
    /// Completed fraction, 0 to 1.
    pub progress: Option<f64>,
    /// Seconds left.
    pub remaining_s: Option<f64>,
    /// Parts that could not be read.
    pub warnings: Vec<Located>,
    /// The last lines, oldest first, for a person to read after a failure.
    pub last_lines: Vec<AgentText>,
    /// Lines of console output that look like measurements and were not understood.
    pub unread_lines: UnreadLines,
}

/// Lines that look like measurements and were not read because their meaning is not certain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadLines {
    /// Number of lines.
    pub lines: u64,
    /// The first few: line number from 1, and the line, cut where it is long.
    pub samples: Vec<(u64, AgentText)>,
}

/// Maximum number of samples.
const MOST_SAMPLES: usize = 5;
/// Maximum length of a sample in bytes.
const LONGEST_SAMPLE: usize = 200;

impl UnreadLines {
    /// Returns the first such line and a sentence with their number; `None` without any.
    pub fn report(&self) -> Option<(u64, String)> {
        let (first, _) = self.samples.first()?;
        let lines = self.samples.iter().map(|(line, _)| line.to_string()).collect::<Vec<_>>().join(", ");
        let more = if self.lines > self.samples.len() as u64 { " and more" } else { "" };
        Some((
            *first,
            match self.lines {
                1 => format!("line {lines} looks like a measurement but was not read"),
                many => format!("{many} lines look like measurements but were not read: {lines}{more}"),
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
    /// Accepts appended bytes.
    fn push(&mut self, bytes: &[u8]);
    /// Switches to a file of the run, counted from 0; the contents so far stay.
    fn switch_file(&mut self, _file: usize) {}
    /// True if a file has data that belongs before that of a later file: all must be read again, in order.
    fn is_out_of_order(&self) -> bool {
        false
    }
    /// Returns the warnings about the current file if it has ended: it is cut, or some of its cells are not numbers.
    fn at_end(&self) -> Vec<Located> {
        Vec::new()
    }
    /// Returns the warning about steps that went back, over all files of the run.
    fn restarts(&self) -> Option<Located> {
        self.contents().columns.restarts()
    }
    /// Returns the collected contents.
    fn contents(&self) -> &LogContents;
    /// Returns the log's view so far.
    fn view(&self) -> &LogView {
        &self.contents().view
    }
    /// Returns the curves so far, and the progress of the run at each step. Their sealed parts are shared.
    fn curves(&self) -> Curves {
        self.contents().columns.curves()
    }
}

/// The contents that a reader collects.
#[derive(Default)]
pub struct LogContents {
    pub(super) view: LogView,
    pub(super) columns: Columns,
    has_told_of_metrics: bool,
}

impl LogContents {
    /// Creates the contents of a file that may have this many metrics.
    pub(super) fn with_most(metrics: usize) -> Self {
        Self { columns: Columns::with_most(metrics), ..Self::default() }
    }

    /// Records a warning about a line.
    pub(super) fn warn(&mut self, line: u64, message: &str) {
        let warnings = &mut self.view.warnings;
        if warnings.len() < MOST_WARNINGS {
            warnings.push(Located::at(line, message));
        } else if let Some(last) = warnings.last_mut() {
            last.end_line = last.end_line.max(line);
            "further lines could not be read".clone_into(&mut last.message);
        }
    }

    /// Records a warning about the file, or about a place in it that has no line number.
    pub(super) fn warn_of_file(&mut self, message: &str) {
        self.warn(0, message);
    }

    /// Returns the index of a metric by the bytes of its name; `None` when there are too many already, which is
    /// reported once.
    pub(super) fn place(&mut self, name: &[u8]) -> Option<usize> {
        let place = self.columns.place(name);
        if place.is_none() && !std::mem::replace(&mut self.has_told_of_metrics, true) {
            let most = self.columns.most();
            self.warn_of_file(&format!("more than {most} metrics; the rest are dropped"));
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

    /// Moves the values so far to the summary: they are not a curve.
    pub(super) fn summarise_all(&mut self) {
        for (name, value) in self.columns.remove_points() {
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
