//! Notes about a table besides its warnings: words and cells that were not read, a header that changes.

use super::sheet::SheetRow;
use super::{ResultsTable, cells};
use crate::model::Claim;

impl ResultsTable {
    /// Returns the note about rows whose objective is not a number, such as `<0.93`: they count as not measured, which
    /// was not intended. A crash has nothing to measure.
    pub(super) fn unread(&self) -> Option<String> {
        const LISTED: usize = 3;
        let objective = self.decided.column?;
        let is_read = |record: &SheetRow| {
            self.roles.number(record, objective).is_some_and(|number| self.decided.value(objective, &number).is_some())
        };
        if !self.sheet.records.iter().any(is_read) {
            return None;
        }
        let is_meant = |record: &&SheetRow| {
            let cell = record.cell(objective);
            !cells::is_missing_number(cell) && !self.decides(cell) && !is_read(record)
        };
        let ran = |record: &&SheetRow| self.roles.claim(record, &self.rules.statuses).claim() != Claim::Crash;
        let unread: Vec<&SheetRow> = self.sheet.records.iter().filter(ran).filter(is_meant).collect();
        let cell_at_line = |record: &&SheetRow| {
            let cell: String = record.cell(objective).chars().filter(|c| !c.is_control()).take(24).collect();
            format!("`{cell}` in line {}", record.line)
        };
        let listed: Vec<String> = unread.iter().take(LISTED).map(cell_at_line).collect();
        let (count, more) = (unread.len(), if unread.len() > LISTED { ", ..." } else { "" });
        let rows = if count == 1 { "1 row has" } else { &format!("{count} rows have") };
        let name = &self.sheet.names[objective];
        (count > 0).then(|| format!("{rows} no number in {name}, so no measurement: {}{more}", listed.join(", ")))
    }

    /// Returns the note about rows where one column means keep and another discard.
    pub(super) fn contradicted(&self) -> Option<String> {
        let own = &self.rules.statuses;
        let pair = |record: &SheetRow| Some((record.line, self.roles.contradicts(record, own)?));
        let rows: Vec<(u64, usize)> = self.sheet.records.iter().filter_map(pair).collect();
        let (first, other) = rows.first()?;
        let (status, other) = (&self.sheet.names[self.roles.status()?], &self.sheet.names[*other]);
        let count = if rows.len() == 1 { "1 row".to_owned() } else { format!("{} rows", rows.len()) };
        Some(format!("{count} where {status} and {other} disagree, first in line {first}: not counted as kept"))
    }

    /// Returns the note about a header in the middle of the table without the objective: values on either side are not
    /// compared.
    pub(super) fn renamed(&self) -> Option<String> {
        let objective = self.decided.column?;
        let names_it = |(_, columns): &(u64, Vec<usize>)| columns.contains(&objective);
        let is_first = self.headers.first().is_some_and(names_it);
        let (line, _) = self.headers.iter().find(|header| names_it(header) != is_first)?;
        let (name, place) = (&self.sheet.names[objective], if is_first { "from" } else { "before" });
        Some(format!("rows {place} line {line} have a different header, without the objective {name}"))
    }
}
