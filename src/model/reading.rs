//! How a results table was read: what a person checks when the screen looks wrong.

use std::sync::Arc;

/// What one column was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnUse {
    /// The column's name in the source.
    pub name: Arc<str>,
    /// `commit`, `status`, `description`, `time`, `objective`, `metric`, or `not used`.
    pub used_as: &'static str,
    /// Why; empty where the name says it.
    pub why: String,
}

/// How a table was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableReading {
    /// Its columns in order.
    pub columns: Vec<ColumnUse>,
    /// Status words that are not known, most frequent first, with the number of rows that have each. None of them is a
    /// keep.
    pub unknown_words: Vec<(String, usize)>,
    /// Rows with others of them, where there are too many to list.
    pub more_unknown_rows: usize,
    /// Other tables in the same directory, which are not read.
    pub other_tables: Vec<String>,
    /// What else a person should know: rows whose number stands for `not measured`, an encoding, a missing header.
    pub notes: Vec<String>,
}

impl TableReading {
    /// How many rows have a status word that is not known.
    pub fn unknown_rows(&self) -> usize {
        self.unknown_words.iter().map(|(_, rows)| rows).sum::<usize>() + self.more_unknown_rows
    }

    /// Columns that have a use beside being one of the metrics.
    pub fn roles(&self) -> impl Iterator<Item = &ColumnUse> {
        self.columns.iter().filter(|column| !matches!(column.used_as, "metric" | "not used"))
    }
}
