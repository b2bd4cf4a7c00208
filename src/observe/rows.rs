//! The results: rows appended, half written, truncated, replaced.

use std::path::Path;
use std::sync::Arc;

use super::tail::{Found, Tail};
use crate::format::{Recognised, TableReader, table_reader};
use crate::model::{Fact, Facts, LoopFormat, Row, Table, Warning, cell_is_hash};

/// Follows the file that holds the rows.
pub(super) struct Rows {
    source: Arc<str>,
    format: LoopFormat,
    tail: Tail,
    reader: Box<dyn TableReader>,
    /// Sessions that are over: the file was truncated or replaced since.
    past: Vec<Vec<Arc<Row>>>,
    now: Vec<Arc<Row>>,
}

impl Rows {
    pub(super) fn new(dir: &Path, recognised: &Recognised) -> Self {
        Self {
            source: recognised.results.as_str().into(),
            format: recognised.format,
            tail: Tail::new(dir.join(&recognised.results)),
            reader: table_reader(recognised.format),
            past: Vec::new(),
            now: Vec::new(),
        }
    }

    /// Takes in what is new; true when something was.
    pub(super) fn look(&mut self, facts: &mut Facts) -> bool {
        let mut changed = false;
        loop {
            match self.tail.look() {
                Ok(Found::Nothing) => break,
                Ok(Found::Appended(bytes)) => self.reader.push(&bytes),
                Ok(Found::Anew(bytes)) => {
                    self.reader = table_reader(self.format);
                    self.reader.push(&bytes);
                }
                Err(error) => {
                    let message = format!("could not be read: {error}");
                    let warning = Warning { path: Arc::clone(&self.source), line: 0, end_line: 0, message };
                    facts.apply(Fact::Warnings("rows", vec![warning]));
                    return true;
                }
            }
            changed = true;
        }
        if !changed {
            return false;
        }
        facts.apply(Fact::Warnings("rows", Vec::new()));
        let view = self.reader.view();
        if !view.rows.is_empty() {
            let same_session = match (self.now.first(), view.rows.first()) {
                (Some(old), Some(new)) => old == new,
                _ => true,
            };
            let old = std::mem::replace(&mut self.now, view.rows);
            if !same_session {
                self.past.push(old);
            }
        }
        let mut sessions = self.past.clone();
        sessions.push(self.now.clone());
        let warnings = view.warnings.into_iter().map(|located| Warning {
            path: Arc::clone(&self.source),
            line: located.line,
            end_line: located.end_line,
            message: located.message,
        });
        facts.apply(Fact::Table(Arc::new(Table {
            source: Arc::clone(&self.source),
            format: self.format,
            sessions,
            metric: view.metric,
            goal: view.goal,
            warnings: warnings.collect(),
        })));
        true
    }

    /// Commit cells that could name a commit, in order.
    pub(super) fn cells(&self) -> Vec<String> {
        let rows = self.past.iter().flatten().chain(&self.now);
        rows.map(|row| row.cell.raw().trim()).filter(|cell| cell_is_hash(cell)).map(str::to_owned).collect()
    }
}
