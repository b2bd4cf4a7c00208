//! What could not be read of a file, within bounds.

use super::{Located, LogView};

/// Warnings beyond this are counted in the last one.
const MOST: usize = 100;

/// Warnings about one file.
#[derive(Clone, Debug, Default)]
pub(super) struct Warnings {
    all: Vec<Located>,
    is_new: bool,
    has_told_of_metrics: bool,
}

impl Warnings {
    /// About one line.
    pub(super) fn line(&mut self, line: u64, message: &str) {
        self.is_new = true;
        if self.all.len() < MOST {
            self.all.push(Located::at(line, message));
        } else if let Some(last) = self.all.last_mut() {
            last.end_line = line;
            "and more lines that could not be read".clone_into(&mut last.message);
        }
    }

    /// About the file.
    pub(super) fn file(&mut self, message: &str) {
        self.line(0, message);
    }

    /// There are more metrics than are kept.
    pub(super) fn too_many_metrics(&mut self) {
        if !std::mem::replace(&mut self.has_told_of_metrics, true) {
            self.file(&format!("more than {} metrics; the others are left out", super::columns::MOST_METRICS));
        }
    }

    /// Shows what came since.
    pub(super) fn put_into(&mut self, view: &mut LogView) {
        if std::mem::take(&mut self.is_new) {
            view.warnings.clone_from(&self.all);
        }
    }
}
