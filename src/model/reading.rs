//! How a results table was interpreted, for a person to check when the screen looks wrong.

use std::sync::Arc;

use super::counted;

/// The use of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnUse {
    /// The column's name in the source.
    pub name: Arc<str>,
    /// `commit`, `status`, `description`, `time`, `objective`, `metric`, or `not used`.
    pub used_as: &'static str,
    /// The reason; empty if the name is enough.
    pub why: String,
}

/// The interpretation of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableInterpretation {
    /// Its columns in order.
    pub columns: Vec<ColumnUse>,
    /// Unknown status words, most frequent first, with the number of rows that have each. None of them is a keep.
    pub unknown_words: Vec<(String, usize)>,
    /// Number of rows with further unknown words, if there are too many words to list.
    pub more_unknown_rows: usize,
    /// Other tables in the same directory, which are not read.
    pub other_tables: Vec<String>,
    /// Other remarks: rows whose number stands for `not measured`, an encoding, a missing header.
    pub notes: Vec<String>,
}

impl TableInterpretation {
    /// Number of rows with an unknown status word.
    pub fn unknown_rows(&self) -> usize {
        self.unknown_words.iter().map(|(_, rows)| rows).sum::<usize>() + self.more_unknown_rows
    }

    /// The problem with unknown status words; the words follow.
    pub fn unknown_words_text(&self) -> String {
        format!("unknown status words, counted as not kept, in {}", counted(self.unknown_rows(), "row"))
    }

    /// Columns with a use other than being one of the metrics.
    pub fn roles(&self) -> impl Iterator<Item = &ColumnUse> {
        self.columns.iter().filter(|column| !matches!(column.used_as, "metric" | "not used"))
    }
}
