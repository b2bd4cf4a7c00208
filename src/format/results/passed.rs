//! Lines of a table that look like rows and are not: commented-out rows, footers, a row of units.

use std::borrow::Cow;

use super::units::is_unit;
use super::{Layout, Line, LineForm, ResultsTable, Separator, cells, text};
use crate::model::{Claim, Status, cell_is_hash, status};

/// Words that name a footer, if its row has no decision, or in capitals.
const FOOTERS: &str = "total totals sum average avg mean median summary std stdev count overall best worst max min maximum \
    minimum 合计 合計 总计 平均 합계 평균 最佳 最高 최고";

fn is_in(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

impl ResultsTable {
    /// Skips the comments of a page, between `<!--` and `-->`; true for such a line.
    pub(super) fn is_hidden(&mut self, line: &Line<'_>) -> bool {
        let own = text(line);
        let (is_hidden, is_next_hidden) = self.hides(&own);
        self.is_in_comment = is_next_hidden;
        if is_hidden && own.matches('|').count() > 1 {
            self.warn_again(line.number, HIDDEN);
        }
        is_hidden
    }

    /// Returns whether a line is in a comment of a page, and whether the next one is.
    pub(super) fn hides(&self, own: &str) -> (bool, bool) {
        let is_page = match &self.shape {
            None => true,
            Some(LineForm::Cells(layout)) => layout.separator == Separator::Bar || self.is_in_page,
            Some(LineForm::Objects) => false,
        };
        let opens = is_page && own.trim_start().starts_with("<!--");
        let is_hidden = self.is_in_comment || opens;
        (is_hidden, is_hidden && !own.contains("-->"))
    }

    /// Returns why a line with cells is not a row; `None` for a row.
    pub(super) fn skip_reason(&self, own: &str, cells: &[Cow<'_, str>], layout: &Layout) -> Option<&'static str> {
        if self.is_commented(own, cells, layout) {
            return Some("a row that is commented out; skipped");
        }
        let claims = |cell: &str| matches!(status(cell, &self.rules.statuses), Status::Claim(_));
        let decides = layout.status.and_then(|at| cells.get(at)).is_some_and(|cell| claims(cell));
        let first = cells.iter().find(|cell| !cell.trim().is_empty())?;
        let dress = |c: char| !c.is_alphanumeric();
        let word = first.trim_matches(dress);
        let small = word.to_lowercase();
        let is_loud = word.len() > 2 && word.chars().all(char::is_uppercase);
        let is_footer = is_in(FOOTERS, &small) && (is_loud || !decides);
        if is_footer && !self.sheet.records.is_empty() {
            return Some("a footer, not an experiment; skipped");
        }
        (self.sheet.records.is_empty() && are_units(cells, layout, &claims))
            .then_some("units, not an experiment; skipped")
    }

    /// True for `# abc1234<TAB>0.93...`, `#abc1234<TAB>...`; `#4` is the name of a row.
    fn is_commented(&self, own: &str, cells: &[Cow<'_, str>], layout: &Layout) -> bool {
        let Some(rest) = own.trim_start().strip_prefix('#') else { return false };
        let first = rest.trim_start_matches('#').split(['\t', ',', ';', '|']).next().unwrap_or_default();
        let is_commit = first.bytes().any(|byte| byte.is_ascii_alphabetic()) && cell_is_hash(cells::commit(first).name);
        let is_row = cells.len() + 2 >= layout.columns.len();
        let is_crash = || cells.iter().any(|cell| status(cell, &self.rules.statuses).claim() == Claim::Crash);
        (rest.starts_with([' ', '#']) || is_commit) && (is_row || is_crash())
    }
}

/// True for a cell of a line that is a rule or an ellipsis: `---`, `===`, `...`.
pub(super) fn is_dashes(cell: &str) -> bool {
    let cell = cell.trim();
    cell.len() >= 3 && cell.chars().all(|sign| matches!(sign, '-' | '=' | ':' | '.' | '…' | '⋮'))
}

/// True for the line that gives Excel the separator: `sep=;`.
pub(super) fn is_for_excel(line: &str) -> bool {
    line.trim().strip_prefix("sep=").is_some_and(|sign| sign.chars().count() <= 1)
}

/// Warning about rows in a comment of a page.
const HIDDEN: &str = "rows between `<!--` and `-->`; skipped";

/// True for a row below the header with the units of its columns.
fn are_units(cells: &[Cow<'_, str>], layout: &Layout, claims: &dyn Fn(&str) -> bool) -> bool {
    let bare = |cell: &str| cell.trim().trim_matches(['(', ')', '[', ']']).to_lowercase();
    let is_word = |cell: &Cow<'_, str>| {
        cell.chars().count() <= 16
            && cells::number(cell).is_none()
            && !claims(cell)
            && !(cell.len() >= 7 && cell_is_hash(cell))
    };
    layout.status.is_some() && cells.iter().all(is_word) && cells.iter().any(|cell| is_unit(&bare(cell)))
}
