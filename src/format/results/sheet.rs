//! The cells of a results table by column, whatever the table's shape: a header may grow, an object may lack a key.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// One row of a table, before the roles of its columns are known.
#[derive(Clone, Debug)]
pub(super) struct SheetRow {
    /// Line of the source, from 1.
    pub(super) line: u64,
    /// First digits of the hash of its bytes.
    pub(super) hash: Arc<str>,
    /// Cells by column; shorter than the columns where the last ones are missing.
    pub(super) cells: Vec<Box<str>>,
}

impl SheetRow {
    /// Returns the cell of a column; empty where it is missing.
    pub(super) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell)
    }

    /// The same for an optional column; empty without one.
    pub(super) fn of(&self, column: Option<usize>) -> &str {
        column.map_or("", |column| self.cell(column))
    }
}

/// The table so far.
#[derive(Default)]
pub(super) struct Sheet {
    /// Names of the columns, in order of appearance.
    pub(super) names: Vec<Arc<str>>,
    /// The first column of each name, as written and in lower case.
    columns: HashMap<Box<str>, usize>,
    pub(super) records: Vec<SheetRow>,
}

impl Sheet {
    /// Returns the column of a name, and adds it if it is new.
    pub(super) fn column(&mut self, name: &str) -> usize {
        self.find(name).unwrap_or_else(|| {
            self.names.push(name.into());
            self.index(self.names.len() - 1);
            self.names.len() - 1
        })
    }

    fn index(&mut self, column: usize) {
        let name = &self.names[column];
        for name in [(**name).into(), name.to_ascii_lowercase().into_boxed_str()] {
            self.columns.entry(name).or_insert(column);
        }
    }

    /// Renames all columns.
    pub(super) fn rename(&mut self, names: Vec<Arc<str>>) {
        self.names = names;
        self.columns.clear();
        (0..self.names.len()).for_each(|column| self.index(column));
    }

    /// Returns the column of a name, in any case.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let name = name.trim();
        let exact = self.columns.get(name);
        exact.or_else(|| self.columns.get(&*name.to_ascii_lowercase())).copied()
    }

    /// Returns the number of columns with these names added.
    pub(super) fn names_with(&self, names: &[String]) -> usize {
        let new: HashSet<&String> = names.iter().filter(|name| self.find(name).is_none()).collect();
        self.names.len() + new.len()
    }

    /// Returns the column of the first name that has one; the order of the names decides.
    pub(super) fn first_of(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|wanted| self.names.iter().position(|name| plain(name) == **wanted))
    }

    /// Returns the non-empty cells of a column.
    pub(super) fn filled(&self, column: usize) -> impl Iterator<Item = &str> {
        self.records
            .iter()
            .map(move |record| record.cell(column))
            .filter(|cell| !matches!(*cell, "" | "-" | "--" | "n/a"))
    }
}

/// Returns the most frequent of these words, of equally frequent ones the first: otherwise each row could flip the
/// result.
pub(super) fn most_frequent<'a>(words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut counts: HashMap<&str, (usize, Reverse<usize>)> = HashMap::new();
    for (at, word) in words.enumerate() {
        counts.entry(word).or_insert((0, Reverse(at))).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(word, _)| word)
}

/// Normalises a name for comparison: lower case, `_` for spaces and dashes, trimmed.
pub(super) fn plain(name: &str) -> String {
    let name = name.trim().trim_matches(['*', '`', '"', '?', '#', ':']).trim().to_lowercase();
    name.replace([' ', '-', '.'], "_")
}

/// Returns the name in a cell of a header: `foo ↓` for `**foo** ↓`.
pub(super) fn column_name(cell: &str) -> String {
    cell.replace("**", "").trim_matches(['*', '`', '"', ' ']).trim().to_owned()
}
