//! A header below its rows.

use std::borrow::Cow;

use super::instructions::Instructions;
use super::role_names::{is_column_name, is_status_name};
use super::{LineForm, ResultsTable, cells};

impl ResultsTable {
    /// True for the first header of a table that began with its rows.
    pub(super) fn is_late_header(&self, cells: &[Cow<'_, str>]) -> bool {
        let names = || cells.iter().filter(|cell| is_column_name(cell)).count();
        self.named_by_us.is_some()
            && names() >= 2
            && cells.iter().any(|cell| is_status_name(cell))
            && cells.iter().all(|cell| cells::number(cell).is_none() && !crate::model::cell_is_hash(cell))
    }

    /// Renames the columns of rows above a header, if it has a name for each.
    pub(super) fn rename(&mut self, line: u64, names: &[String]) {
        let Some(first) = self.named_by_us.take() else { return };
        let Some(LineForm::Cells(layout)) = &self.shape else { return };
        let is_twice = |(at, name): (usize, &String)| name.is_empty() || names[..at].contains(name);
        let columns = &layout.columns;
        if columns.len() != names.len()
            || columns.len() != self.sheet.names.len()
            || names.iter().enumerate().any(is_twice)
        {
            return;
        }
        let mut renamed = self.sheet.names.clone();
        for (column, name) in columns.iter().zip(names) {
            renamed[*column] = name.as_str().into();
        }
        self.sheet.rename(renamed);
        self.warnings.retain(|warning| warning.line != first || !warning.message.starts_with("no header"));
        self.warn(line, line, "the header is below some rows; they are read by it, too");
        // Everything was decided under other names.
        self.headers.clear();
        (self.instructions, self.decided_about) = (Instructions::default(), None);
        self.rows.clear();
    }
}
