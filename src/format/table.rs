//! Types that all readers of rows share.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{AgentText, Claim, Goal, MetricChoice, Row, Status, StatusWords, TableInterpretation, status};

/// A warning with its place in the source; the path is added by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// First line, from 1.
    pub line: u64,
    /// Last line, inclusive.
    pub end_line: u64,
    /// The problem and its consequence.
    pub message: String,
}

impl Located {
    /// Creates a warning about one line.
    pub fn at(line: u64, message: impl Into<String>) -> Self {
        Self { line, end_line: line, message: message.into() }
    }
}

/// The rows parsed so far.
#[derive(Clone, Debug, Default)]
pub struct TableView {
    /// Rows in the source's order, including a complete but unterminated last line.
    pub rows: Vec<Arc<Row>>,
    /// Number of rows with their line end; at most the last one lacks it.
    pub complete_rows: usize,
    /// Parts that could not be read.
    pub warnings: Vec<Located>,
    /// The objective in each segment of the source, by the segment number of its rows; `None` where there is no
    /// candidate.
    pub segments: Vec<SegmentView>,
    /// The interpretation of the source: roles of columns, objective, notes.
    pub reading: Arc<TableInterpretation>,
}

/// The person's settings for a table, and the instructions of its loop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableRules {
    /// The column of the commit, by the policy; `None` leaves it to detection.
    pub commit: Option<String>,
    /// The column of the status.
    pub status: Option<String>,
    /// The column of the description.
    pub description: Option<String>,
    /// The column of the time.
    pub time: Option<String>,
    /// The meanings of status words.
    pub statuses: StatusWords,
    /// The loop's own instructions (`program.md`); empty where there are none.
    pub instructions: Arc<str>,
}

/// Content of one segment of a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SegmentView {
    /// Its name in the source; empty when it has none.
    pub name: AgentText,
    /// The objective of the segment.
    pub choice: Option<MetricChoice>,
    /// True where a column numbers its rows from the last one up: the newest row is first.
    pub is_newest_first: bool,
}

impl TableView {
    /// Returns the objective of the newest segment.
    pub fn choice(&self) -> Option<&MetricChoice> {
        self.segments.last()?.choice.as_ref()
    }

    /// Returns its name.
    pub fn metric(&self) -> Option<&Arc<str>> {
        Some(&self.choice()?.metric)
    }

    /// Returns its direction.
    pub fn goal(&self) -> Option<Goal> {
        self.choice()?.goal
    }
}

/// A reader of the loop's rows.
pub trait TableReader: Send {
    /// Accepts appended bytes.
    fn push(&mut self, bytes: &[u8]);
    /// Returns the rows parsed so far. Decisions that need all rows are made here, once for all new bytes.
    fn view(&mut self) -> TableView;
}

/// Maximum number of different unknown status words that are listed.
const MOST_WORDS: usize = 32;

/// Status words without a known meaning.
#[derive(Clone, Debug, Default)]
pub(super) struct UnknownWords {
    /// The most frequent ones, with the number of rows that have each.
    pub(super) listed: Vec<(String, usize)>,
    /// Number of further words, and of their rows.
    pub(super) more: (usize, usize),
}

impl UnknownWords {
    /// Collects those of rows, equally frequent ones in order of appearance.
    pub(super) fn of(rows: &[Arc<Row>], statuses: &StatusWords) -> Self {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut words: Vec<(&str, usize)> = Vec::new();
        for row in rows.iter().filter(|row| row.claim == Claim::Other) {
            let word = row.word.raw();
            let at = *places.entry(word).or_insert_with(|| {
                words.push((word, 0));
                words.len() - 1
            });
            words[at].1 += 1;
        }
        words.retain(|(word, _)| status(word, statuses) == Status::Unknown);
        words.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let more = words.split_off(words.len().min(MOST_WORDS));
        Self {
            listed: words.into_iter().map(|(word, count)| (word.to_owned(), count)).collect(),
            more: (more.len(), more.iter().map(|(_, count)| count).sum()),
        }
    }

    /// Returns the note about those beyond the list.
    pub(super) fn note(&self) -> Option<String> {
        (self.more.0 > 0).then(|| format!("{} more unknown status words", self.more.0))
    }
}

/// Returns the note about rows whose value of the objective means "not measured"; crashed rows need no note.
pub(super) fn unmeasured_note(rows: &[Arc<Row>], metric: &str) -> Option<String> {
    let unmeasured: Vec<&Arc<Row>> = rows.iter().filter(|row| row.is_unmeasured && row.claim != Claim::Crash).collect();
    let first = unmeasured.first()?;
    let value = first.metric(metric).map(|value| value.to_string()).unwrap_or_default();
    Some(match unmeasured.len() {
        1 => format!("line {} has the value {value}, read as `not measured`", first.line),
        count => format!("{count} rows have a value such as {value}, read as `not measured`"),
    })
}
