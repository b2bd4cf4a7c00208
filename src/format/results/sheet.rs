//! The cells of a results table by column, whatever the table's shape: a header may grow, an object may lack a key.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// One row of a table, before anybody knows what its columns mean.
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
    /// The cell of a column; empty where it is missing.
    pub(super) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell)
    }

    /// The same, where there is such a column.
    pub(super) fn of(&self, column: Option<usize>) -> &str {
        column.map_or("", |column| self.cell(column))
    }
}

/// A table so far.
#[derive(Default)]
pub(super) struct Sheet {
    /// Names of the columns, in the order in which they appeared.
    pub(super) names: Vec<Arc<str>>,
    /// The first column of each name as it is written, and in small letters.
    columns: HashMap<Box<str>, usize>,
    pub(super) records: Vec<SheetRow>,
}

impl Sheet {
    /// The column of a name, new where it is not known yet.
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

    /// Gives all columns other names.
    pub(super) fn rename(&mut self, names: Vec<Arc<str>>) {
        self.names = names;
        self.columns.clear();
        (0..self.names.len()).for_each(|column| self.index(column));
    }

    /// The column of a name, in any case.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let name = name.trim();
        let exact = self.columns.get(name);
        exact.or_else(|| self.columns.get(&*name.to_ascii_lowercase())).copied()
    }

    /// How many columns there would be with these names.
    pub(super) fn names_with(&self, names: &[String]) -> usize {
        let new: HashSet<&String> = names.iter().filter(|name| self.find(name).is_none()).collect();
        self.names.len() + new.len()
    }

    /// The first of these names that is a column's, the names before the columns.
    pub(super) fn first_of(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|wanted| self.names.iter().position(|name| plain(name) == **wanted))
    }

    /// Cells of a column that hold something.
    pub(super) fn filled(&self, column: usize) -> impl Iterator<Item = &str> {
        self.records
            .iter()
            .map(move |record| record.cell(column))
            .filter(|cell| !matches!(*cell, "" | "-" | "--" | "n/a"))
    }
}

/// The most frequent of these words, of equally frequent ones the first: or each row would turn the answer round.
pub(super) fn most_frequent<'a>(words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut counts: HashMap<&str, (usize, Reverse<usize>)> = HashMap::new();
    for (at, word) in words.enumerate() {
        counts.entry(word).or_insert((0, Reverse(at))).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(word, _)| word)
}

/// A name for comparing: small letters, spaces and dashes as `_`, nothing around it.
pub(super) fn plain(name: &str) -> String {
    let name = name.trim().trim_matches(['*', '`', '"', '?', '#', ':']).trim().to_lowercase();
    name.replace([' ', '-', '.'], "_")
}

/// The name in a cell of a header: `**foo** ↓` is `foo ↓`.
pub(super) fn column_name(cell: &str) -> String {
    cell.replace("**", "").trim_matches(['*', '`', '"', ' ']).trim().to_owned()
}
