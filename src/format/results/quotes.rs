//! Quoted cells that span lines, and quotes that are never closed.
//!
//! A CSV writer quotes a cell with a line end in it; an agent writes `"half` and means it. So a quote hides nothing: a
//! line that is a row by itself is one, and the others wait for the quote's end.

use std::sync::Arc;

use super::{Layout, Line, LineForm, ResultsLine, ResultsTable, row_hash, text};

/// Maximum number of lines of one quoted cell.
const MOST_LINES: usize = 64;

/// A quote that is not closed yet.
pub(super) struct OpenQuote {
    /// The line that opens it.
    line: u64,
    /// That line and those since.
    text: String,
    lines: usize,
    /// Number of warnings when it opened: if it closes, the later ones are withdrawn.
    warnings: usize,
    records: usize,
}

impl ResultsTable {
    /// Reads a line in or before an open quote; true if the line is done.
    pub(super) fn continues_quote(&mut self, line: &Line<'_>) -> bool {
        let Some(LineForm::Cells(layout)) = &self.shape else { return false };
        let (separator, own) = (layout.separator, text(line));
        if self.open_quote.is_none() {
            // An even number of quotes and none at a cell's start: most lines.
            if !line.cut && own.contains('"') && separator.is_open(&own) {
                self.open(line, own);
                return true;
            }
            return false;
        }
        if line.cut || self.stands_alone(line, &own, layout) {
            self.open_quote = None;
            return self.continues_quote(line);
        }
        let Some(mut quote) = self.open_quote.take() else { return false };
        quote.text.push('\n');
        quote.text.push_str(&own);
        quote.lines += 1;
        if separator.is_open(&quote.text) {
            self.warn_open(quote.line, line.number);
            if quote.lines < MOST_LINES {
                self.open_quote = Some(quote);
            }
            return true;
        }
        let whole = Line { number: quote.line, bytes: quote.text.as_bytes(), cut: false };
        if let ResultsLine::Cells(cells) = self.read(&whole) {
            self.warnings.truncate(quote.warnings);
            self.sheet.records.truncate(quote.records);
            self.rows.truncate(quote.records);
            // A row that was decided on has changed.
            self.decided_about = None;
            self.record(quote.line, row_hash(quote.text.as_bytes()), cells);
        } else {
            self.warn_open(quote.line, line.number);
        }
        true
    }

    /// Reads a line that opens a quote: a row all the same if it fits the header.
    fn open(&mut self, line: &Line<'_>, text: String) {
        let (warnings, records) = (self.warnings.len(), self.sheet.records.len());
        let hash: Arc<str> = row_hash(line.bytes);
        match self.read(line) {
            ResultsLine::Cells(cells) => self.record(line.number, hash, cells),
            ResultsLine::Nothing | ResultsLine::Comment(_) | ResultsLine::Header { .. } => {}
            _ => self.warn_open(line.number, line.number),
        }
        self.open_quote = Some(OpenQuote { line: line.number, text, lines: 1, warnings, records });
    }

    /// Adds one warning for all lines in a quote.
    fn warn_open(&mut self, from: u64, to: u64) {
        let message = format!("inside the unclosed quote of line {from}; skipped");
        match self.warnings.last_mut().filter(|last| last.message == message) {
            Some(last) => last.end_line = to,
            None => self.warn(to, to, message),
        }
    }

    /// True for a line that is a row or a header on its own: its status is in its place, and it has something like a
    /// commit.
    fn stands_alone(&self, line: &Line<'_>, own: &str, layout: &Layout) -> bool {
        let cells = layout.separator.split_for(own, layout.columns.len());
        if cells.len() < layout.columns.len().min(3) {
            return false;
        }
        let decides = layout.status.and_then(|at| cells.get(at)).is_some_and(|cell| self.decides(cell));
        let commits = layout.columns.iter().zip(&cells).filter(|(column, _)| self.is_commit_column(**column));
        let has_commit = commits.map(|(_, cell)| cell).all(|cell| !cell.is_empty() && !cell.contains(' '));
        match self.read(line) {
            ResultsLine::Cells(_) => decides && has_commit,
            ResultsLine::Header { .. } => true,
            _ => false,
        }
    }

    /// True for a last line that cannot be read yet: in a quote, or with one that may still be closed.
    pub(super) fn is_half_quoted(&self, line: &Line<'_>) -> bool {
        let Some(LineForm::Cells(layout)) = &self.shape else { return false };
        let own = text(line);
        match self.open_quote {
            Some(_) => !self.stands_alone(line, &own, layout),
            None => layout.separator != super::Separator::Tab && layout.separator.is_open(&own),
        }
    }
}
