//! What every reader of rows has in common.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{AgentText, Claim, Goal, MetricChoice, Row, Status, StatusWords, TableReading, status};

/// A warning with its place in the source; the path is the observer's to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// First line, from 1.
    pub line: u64,
    /// Last line, inclusive.
    pub end_line: u64,
    /// What is wrong and what became of it.
    pub message: String,
}

impl Located {
    /// A warning about one line.
    pub fn at(line: u64, message: impl Into<String>) -> Self {
        Self { line, end_line: line, message: message.into() }
    }
}

/// What a reader has understood so far.
#[derive(Clone, Debug, Default)]
pub struct TableView {
    /// Rows in the source's order, a complete but unterminated last line included.
    pub rows: Vec<Arc<Row>>,
    /// How many of them have their line end; at most the last one lacks it.
    pub finished: usize,
    /// What could not be read.
    pub warnings: Vec<Located>,
    /// The metric that decides in each segment of the source, by the number that its rows carry; `None` where nothing
    /// looks like one.
    pub segments: Vec<SegmentView>,
    /// How the source was read.
    pub reading: Arc<TableReading>,
}

/// What the person says of a table, and what its loop was told to do with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableRules {
    /// The column of the commit, by the policy; `None` leaves it to the table.
    pub commit: Option<String>,
    /// The column of the status.
    pub status: Option<String>,
    /// The column of the description.
    pub description: Option<String>,
    /// The column of the time.
    pub time: Option<String>,
    /// What status words mean.
    pub statuses: StatusWords,
    /// The loop's own instructions (`program.md`); empty where there are none.
    pub instructions: Arc<str>,
}

/// What a source says of one of its segments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SegmentView {
    /// What the source calls it; empty when it has no name.
    pub name: AgentText,
    /// The metric that decides in it.
    pub choice: Option<MetricChoice>,
    /// True where a column numbers its rows from the last one up: the newest stands first.
    pub counts_down: bool,
}

impl TableView {
    /// The metric that decides in the newest segment.
    pub fn choice(&self) -> Option<&MetricChoice> {
        self.segments.last()?.choice.as_ref()
    }

    /// Its name.
    pub fn metric(&self) -> Option<&Arc<str>> {
        Some(&self.choice()?.metric)
    }

    /// Its direction.
    pub fn goal(&self) -> Option<Goal> {
        self.choice()?.goal
    }
}

/// A reader of the loop's rows.
pub trait TableReader: Send {
    /// Takes appended bytes.
    fn push(&mut self, bytes: &[u8]);
    /// What was understood so far. What has to be decided over all rows is decided here, once for all that came.
    fn view(&mut self) -> TableView;
}

/// Different unknown status words that are listed.
const MOST_WORDS: usize = 32;

/// Status words that are not known.
#[derive(Clone, Debug, Default)]
pub(super) struct UnknownWords {
    /// The most frequent ones, with the number of rows that have each.
    pub(super) listed: Vec<(String, usize)>,
    /// How many more there are, and in how many rows.
    pub(super) more: (usize, usize),
}

impl UnknownWords {
    /// Those of rows, of equally frequent ones the first.
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

    /// What is said of those beyond the list.
    pub(super) fn note(&self) -> Option<String> {
        (self.more.0 > 0).then(|| format!("{} more status words are not known", self.more.0))
    }
}

/// What is said of rows whose value of the objective stands for "not measured"; that of a crash goes without saying.
pub(super) fn unmeasured_note(rows: &[Arc<Row>], metric: &str) -> Option<String> {
    let unmeasured: Vec<&Arc<Row>> = rows.iter().filter(|row| row.is_unmeasured && row.claim != Claim::Crash).collect();
    let first = unmeasured.first()?;
    let value = first.metric(metric).map(|value| value.to_string()).unwrap_or_default();
    Some(match unmeasured.len() {
        1 => format!("line {} has the value {value}, which stands for `not measured`", first.line),
        count => format!("{count} rows have a value such as {value}, which stands for `not measured`"),
    })
}
