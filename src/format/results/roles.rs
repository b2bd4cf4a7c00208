//! Determines the roles of the columns of a results table: by the policy, by name, by content.

use std::collections::HashSet;

use unicode_width::UnicodeWidthStr as _;

use super::cells::{self, Number};
use super::forms::CellForm;
use super::role_names::{
    ALSO_KEPT, BRANCHES, CHECKS, COMMITS, DESCRIPTIONS, DISCARDED, KEPT, METRIC_NAMES, STATUSES, TIMES, goal_in_cell,
    is_passed,
};
use super::sheet::{Sheet, SheetRow, plain};
use crate::format::TableRules;
use crate::model::{Claim, Status, StatusWords, cell_is_hash, compares, own_claim, status, yes_or_no};

/// The column that gives the status of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatusColumn {
    /// A status word.
    Word(usize),
    /// Yes or no, in these marks.
    Kept(usize, YesNoMarks),
    /// A yes means that the row was discarded.
    Discarded(usize),
    /// A time or reason of the discard.
    Revoked(usize),
}

/// The meaning of marks in a column of yes and no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct YesNoMarks {
    cross: Cross,
    /// True if there is another no: then a dash is not one, as for a baseline.
    has_no: bool,
}

/// The meaning of `x` in a column of yes and no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cross {
    /// The only mark: ticked.
    Yes,
    /// Next to `✓`: not ticked.
    No,
    /// Next to `yes`: ambiguous.
    Unclear,
}

impl StatusColumn {
    fn at(self) -> usize {
        let (Self::Word(column) | Self::Kept(column, _) | Self::Discarded(column) | Self::Revoked(column)) = self;
        column
    }

    /// Reads a column of yes and no.
    fn kept(sheet: &Sheet, column: usize) -> Self {
        let has = |marks: &[&str]| sheet.filled(column).any(|cell| marks.iter().any(|mark| cell.contains(mark)));
        let answers = |claim: Claim| {
            let mut others = sheet.filled(column).filter(|cell| !is_cross(cell) && !is_dash(cell));
            others.any(|cell| yes_or_no(cell) == Some(Status::Claim(claim)))
        };
        let cross = match () {
            () if has(&["✓", "✔", "✅", "☑"]) => Cross::No,
            () if answers(Claim::Keep) => Cross::Unclear,
            () => Cross::Yes,
        };
        Self::Kept(column, YesNoMarks { cross, has_no: answers(Claim::Discard) })
    }
}

fn is_cross(cell: &str) -> bool {
    cell.trim().eq_ignore_ascii_case("x")
}

fn is_dash(cell: &str) -> bool {
    matches!(cell.trim(), "-" | "--" | "–" | "—")
}

/// The share of cells of a column of yes and no that must be an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum YesNoRule {
    /// Every cell.
    All,
    /// Most cells: the name is clear, and a run may be pending, a baseline, a crash.
    Most,
}

/// The roles of a table's columns; `None` for roles without a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Roles {
    pub(super) commit: Option<usize>,
    pub(super) status: Option<StatusColumn>,
    /// Columns next to the status with the same meaning in other words; where one contradicts it, the status is
    /// unclear.
    repeated: Vec<StatusColumn>,
    /// The column of how a run ended, next to the one of the decision.
    pub(super) ended: Option<usize>,
    /// The column of whether the measurement is valid: `correctness`.
    check: Option<usize>,
    pub(super) description: Option<usize>,
    pub(super) time: Option<usize>,
    /// The column of a time of day, next to a date.
    pub(super) clock: Option<usize>,
    pub(super) direction: Option<usize>,
    pub(super) metric_name: Option<usize>,
    /// Columns without a role whose numbers have a special format.
    forms: Vec<(usize, CellForm)>,
    /// The reasons, by column, if its name is not enough.
    pub(super) why: Vec<(usize, String)>,
}

impl Roles {
    /// Determines the roles of a table's columns.
    pub(super) fn of(sheet: &Sheet, rules: &TableRules) -> Self {
        let mut roles = Self::default();
        let named = |column: &Option<String>| column.as_deref().and_then(|name| sheet.find(name));
        roles.status = named(&rules.status).map(StatusColumn::Word);
        roles.commit = named(&rules.commit);
        roles.description = named(&rules.description);
        roles.time = named(&rules.time);
        let own = [roles.status(), roles.commit, roles.description, roles.time];
        roles.why.extend(own.into_iter().flatten().map(|column| (column, "named in the policy (columns)".to_owned())));
        if roles.status.is_none() {
            roles.find_status(sheet, &rules.statuses);
            roles.find_ended(sheet, &rules.statuses);
            roles.find_repeated(sheet, &rules.statuses);
        }
        if roles.commit.is_none() {
            roles.find_commit(sheet);
        }
        roles.find_check(sheet, &rules.statuses);
        roles.direction = (0..sheet.names.len()).find(|column| {
            let mut cells = sheet.filled(*column).peekable();
            let name = &sheet.names[*column];
            !roles.is_taken(*column) && cells.peek().is_some() && cells.all(|cell| goal_in_cell(name, cell).is_some())
        });
        roles.metric_name = METRIC_NAMES.iter().find_map(|name| {
            let column = sheet.first_of(&[name])?;
            let mut cells = sheet.filled(column).peekable();
            let is_free = !roles.is_taken(column);
            (is_free && cells.peek().is_some() && cells.all(is_metric_name)).then_some(column)
        });
        if roles.time.is_none() {
            roles.find_time(sheet);
        }
        if roles.description.is_none() {
            roles.find_description(sheet);
        }
        for column in (0..sheet.names.len()).filter(|column| !roles.is_taken(*column)).collect::<Vec<_>>() {
            match CellForm::of(sheet, column) {
                Some(Ok(form)) => roles.forms.push((column, form)),
                Some(Err(doubt)) => roles.why.push((column, doubt)),
                None => {}
            }
        }
        roles
    }

    /// Returns the number in a column of a row, in the format of that column; `None` where there is none.
    pub(super) fn number<'a>(&self, record: &'a SheetRow, column: usize) -> Option<Number<'a>> {
        let cell = record.cell(column);
        match self.forms.iter().find(|(of, _)| *of == column) {
            Some((_, form)) => form.number(cell),
            None => cells::number(cell),
        }
    }

    /// Returns the column of the status, in whatever form.
    pub(super) fn status(&self) -> Option<usize> {
        self.status.map(StatusColumn::at)
    }

    /// True for a column that has a role.
    pub(super) fn is_taken(&self, column: usize) -> bool {
        let all = [
            self.commit,
            self.status(),
            self.ended,
            self.check,
            self.description,
            self.time,
            self.clock,
            self.direction,
            self.metric_name,
        ];
        all.contains(&Some(column))
    }

    /// Returns the role of a column in a word; `None` where it has none.
    pub(super) fn word(&self, column: usize) -> Option<&'static str> {
        let column = Some(column);
        let roles = [
            (self.commit, "commit"),
            (self.status(), "status"),
            (self.ended, "failures"),
            (self.check, "check"),
            (self.description, "description"),
            (self.time, "time"),
            (self.clock, "time"),
            (self.direction, "direction"),
            (self.metric_name, "metric name"),
        ];
        roles.iter().find(|(of, _)| *of == column).map(|(_, word)| *word)
    }

    /// Finds the status column: by name if the cells agree, else by the cells alone.
    fn find_status(&mut self, sheet: &Sheet, own: &StatusWords) {
        let share = |column: usize| known_share(sheet, column, own);
        let by_name: Vec<usize> = STATUSES.iter().filter_map(|name| sheet.first_of(&[name])).collect();
        // A column with the right name and a decision in it, the clearest name first.
        if let Some(column) =
            by_name.iter().copied().find(|column| share(*column).decides && share(*column).known >= 0.3)
        {
            self.status = Some(StatusColumn::Word(column));
            return;
        }
        let says = |names: &[&str], wanted: YesNoRule| {
            let mut named = names.iter().filter_map(|name| sheet.first_of(&[name]));
            named.find(|column| {
                // Without its question mark an improvement of 0 or 1 is an amount.
                let name = &sheet.names[*column];
                let may_count = plain(name) == "improvement" && !name.contains('?');
                answers(sheet, *column, wanted)
                    && !(may_count && sheet.filled(*column).any(|cell| cells::number(cell).is_some()))
            })
        };
        if let Some(column) = says(&KEPT, YesNoRule::Most) {
            self.status = Some(StatusColumn::kept(sheet, column));
            return;
        }
        // `✅` below `reverted` is not a keep.
        let thrown_away = says(&DISCARDED, YesNoRule::Most);
        let by_content = (0..sheet.names.len())
            .filter(|column| Some(*column) != thrown_away)
            .map(|column| (column, share(column)))
            .filter(|(_, share)| share.decides && share.known >= 0.6 && share.distinct <= 16)
            .max_by(|a, b| a.1.known.total_cmp(&b.1.known));
        if let (None, Some(column)) = (&by_content, says(&ALSO_KEPT, YesNoRule::All)) {
            self.status = Some(StatusColumn::kept(sheet, column));
            return;
        }
        if let (None, Some(column)) = (&by_content, thrown_away) {
            self.why.push((column, "a yes means discard".to_owned()));
            self.status = Some(StatusColumn::Discarded(column));
            return;
        }
        // A column that by its name only records failures.
        let fails = || by_name.iter().copied().find(|column| share(*column).fails && share(*column).known >= 0.3);
        let by_content = by_content.or_else(|| fails().map(|column| (column, share(column))));
        if let Some((column, share)) = by_content {
            if !by_name.contains(&column) {
                let why = format!("{:.0} % of its cells are known status words", share.known * 100.0);
                self.why.push((column, why));
            }
            self.status = Some(StatusColumn::Word(column));
            return;
        }
        // No decision yet: the name alone counts, unless numbers contradict it.
        let is_word = |column: &usize| sheet.filled(*column).all(|cell| cells::number(cell).is_none());
        let plain_names =
            ["status", "decision", "verdict", "disposition", "claim", "状态", "狀態", "状態", "ステータス", "상태"];
        let by_name = plain_names.iter().filter_map(|name| sheet.first_of(&[name]));
        self.status = by_name.filter(|column| is_word(column)).map(StatusColumn::Word).next();
    }

    /// Finds a column with the name of a status that records failed runs, next to the one with the decisions.
    fn find_ended(&mut self, sheet: &Sheet, own: &StatusWords) {
        let share = |column: usize| known_share(sheet, column, own);
        let others = STATUSES.iter().filter_map(|name| sheet.first_of(&[name]));
        self.ended = others
            .filter(|column| self.status() != Some(*column))
            .find(|column| share(*column).fails && share(*column).known >= 0.6);
        self.why.extend(self.ended.map(|column| (column, "marks failed runs".to_owned())));
    }

    /// Finds a column with the name of a check whose cells are its results.
    fn find_check(&mut self, sheet: &Sheet, own: &StatusWords) {
        let keeps = |record: &&SheetRow| {
            self.status.is_some_and(|status| status_of(status, record, own).claim() == Claim::Keep)
        };
        let says = |column: usize| {
            let is_empty = |cell: &str| cells::is_missing_number(cell) || cell.trim() == "-";
            let answers: Vec<Option<bool>> =
                sheet.filled(column).filter(|cell| !is_empty(cell)).map(is_passed).collect();
            let passed = answers.iter().filter(|answer| **answer == Some(true)).count();
            // If most kept rows fail it, it is not a check, but a count or still pending.
            let kept: Vec<bool> =
                sheet.records.iter().filter(keeps).filter_map(|record| is_passed(record.cell(column))).collect();
            let kept_passed = kept.iter().filter(|passed| **passed).count();
            passed > 0 && answers.iter().all(Option::is_some) && kept_passed * 2 >= kept.len()
        };
        let has_another = |column: usize| {
            (0..sheet.names.len()).any(|other| {
                other != column
                    && !self.is_taken(other)
                    && sheet.filled(other).any(|cell| cells::number(cell).is_some())
            })
        };
        let mut named = CHECKS.iter().filter_map(|name| sheet.first_of(&[name]));
        self.check = named.find(|column| !self.is_taken(*column) && says(*column) && has_another(*column));
        self.why.extend(self.check.map(|column| (column, "a row that fails it cannot be the best".to_owned())));
    }

    /// Finds columns that repeat the status.
    fn find_repeated(&mut self, sheet: &Sheet, own: &StatusWords) {
        const SAME: [&str; 7] = ["kept", "keep", "accepted", "accept", "adopted", "retained", "is_kept"];
        let of = |column: usize| {
            let name = plain(&sheet.names[column]);
            let is_in = |list: &[&str]| list.contains(&name.as_str());
            let decides = |least: f64| {
                let share = known_share(sheet, column, own);
                share.decides && share.known >= least
            };
            if is_in(&STATUSES) && decides(0.6) {
                Some(StatusColumn::Word(column))
            } else if is_in(&SAME) && answers(sheet, column, YesNoRule::Most) {
                Some(StatusColumn::kept(sheet, column))
            } else if is_in(&DISCARDED) && answers(sheet, column, YesNoRule::Most) {
                Some(StatusColumn::Discarded(column))
            } else if takes_back(sheet, column) {
                Some(StatusColumn::Revoked(column))
            } else {
                // `review`, `final_status`: whatever its name.
                (!is_of_another_time(&name) && decides(0.8)).then_some(StatusColumn::Word(column))
            }
        };
        let (status, ended) = (self.status(), self.ended);
        let others = (0..sheet.names.len()).filter(|column| Some(*column) != status && Some(*column) != ended);
        self.repeated = if status.is_some() { others.filter_map(of).collect() } else { Vec::new() };
    }

    fn find_commit(&mut self, sheet: &Sheet) {
        let named = sheet.first_of(&COMMITS);
        let hashes = |column: usize| {
            let total = sheet.filled(column).count();
            let hashes = sheet.filled(column).filter(|cell| cell_is_hash(cells::commit(cell).name)).count();
            (hashes, total)
        };
        let is_cut_or_whole = |cell: &str| matches!(cells::commit(cell).name.len(), 0..=16 | 40);
        let status = self.status();
        let is_free = |column: &usize| Some(*column) != status;
        // Git's hashes have 40 digits or fewer, and are abbreviated far below: 32 or 64 digits are an unrelated digest.
        let is_digest = |cell: &str| {
            let cell = cell.trim().trim_matches('`');
            matches!(cell.len(), 32 | 41..) && cell.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let are_digests = |column: usize| sheet.filled(column).next().is_some() && sheet.filled(column).all(is_digest);
        self.commit = named.filter(is_free).filter(|column| !are_digests(*column));
        if self.commit.is_some_and(|column| hashes(column).0 > 0 || sheet.records.is_empty()) {
            return;
        }
        let by_content = (0..sheet.names.len())
            .filter(is_free)
            .filter(|column| !is_other_commit(&sheet.names[*column]))
            .filter(|column| sheet.filled(*column).any(is_cut_or_whole) && !is_one(sheet, *column))
            .find(|column| {
                let (hashes, total) = hashes(*column);
                // Digits alone are a count; letters alone are words.
                let letters = || {
                    sheet.filled(*column).any(|cell| cells::commit(cell).name.bytes().any(|b| b.is_ascii_alphabetic()))
                };
                hashes * 2 >= total.max(1) && hashes > 0 && letters()
            });
        if let Some(column) = by_content {
            self.why.push((column, "its cells look like commits".to_owned()));
            self.commit = Some(column);
        } else if self.commit.is_none() {
            self.commit = sheet.first_of(&BRANCHES);
            self.why.extend(self.commit.map(|column| (column, "tips of the named branches".to_owned())));
        }
    }

    fn find_time(&mut self, sheet: &Sheet) {
        let is_free = |column: &usize| !self.is_taken(*column);
        let reads = |column: &usize| {
            sheet.records.is_empty() || sheet.filled(*column).any(|cell| cells::time_ms(cell).is_some())
        };
        let named = || TIMES.iter().filter_map(|name| sheet.first_of(&[name]));
        self.time = named().filter(is_free).find(reads);
        // A date, and the time of day in the next column.
        let is_clock = |cell: &str| cell.len() >= 4 && cell.len() <= 8 && cell.contains(':');
        self.clock = self.time.and_then(|time| {
            named().find(|column| {
                *column != time && sheet.filled(*column).next().is_some() && sheet.filled(*column).all(is_clock)
            })
        });
    }

    fn find_description(&mut self, sheet: &Sheet) {
        let taken: Vec<bool> = (0..sheet.names.len()).map(|column| self.is_taken(column)).collect();
        let is_free = |column: &usize| !taken[*column];
        let words = |column: usize| {
            let filled = sheet.filled(column).filter(|cell| cells::number(cell).is_none());
            let (count, length) = filled.fold((0, 0), |(count, length), cell| (count + 1, length + cell.width()));
            if count == 0 { 0.0 } else { f64::from(length as u32) / f64::from(count) }
        };
        let named: Vec<usize> =
            DESCRIPTIONS.iter().filter_map(|name| sheet.first_of(&[name])).filter(is_free).collect();
        let first = named.iter().copied().find(|column| sheet.records.is_empty() || words(*column) > 0.0);
        self.description = first;
        if first.is_some() {
            return;
        }
        let longest = (0..sheet.names.len()).filter(is_free).max_by(|a, b| words(*a).total_cmp(&words(*b)));
        // `1 000 000` is not a text.
        let is_text = |cell: &str| {
            // Chinese and Japanese are written without spaces.
            cell.contains(' ') && cell.contains(char::is_alphabetic)
                || cell.contains(|c: char| c >= '\u{2e80}' && c.is_alphabetic())
        };
        if let Some(column) = longest.filter(|column| words(*column) >= 6.0 && sheet.filled(*column).any(is_text)) {
            self.why.push((column, "it has the longest texts".to_owned()));
            self.description = Some(column);
        }
    }

    /// Returns the status of a row; a run that failed by another column and was not kept has failed, and a contradicted
    /// keep is not a keep.
    pub(super) fn claim(&self, record: &SheetRow, own: &StatusWords) -> Status {
        let own_status = self.status.map_or(Status::Neutral, |column| status_of(column, record, own));
        let failed = || {
            self.ended.is_some_and(|ended| status(record.cell(ended), own) == Status::Claim(Claim::Crash))
                || self.check.is_some_and(|check| is_passed(record.cell(check)) == Some(false))
        };
        match own_status {
            Status::Claim(Claim::Keep) if self.contradicts(record, own).is_some() => Status::Unknown,
            other if other.claim() == Claim::Other && failed() => Status::Claim(Claim::Crash),
            other => other,
        }
    }

    /// Returns the column that contradicts a row's status: a keep here, a discard there.
    pub(super) fn contradicts(&self, record: &SheetRow, own: &StatusWords) -> Option<usize> {
        let first = status_of(self.status?, record, own).claim();
        let opposite = match first {
            Claim::Keep => Claim::Discard,
            Claim::Discard => Claim::Keep,
            _ => return None,
        };
        // `worse` is the result of a comparison; the decision may differ.
        let decides = |column: usize| !compares(record.cell(column));
        let is_opposite =
            |column: &&StatusColumn| status_of(**column, record, own).claim() == opposite && decides(column.at());
        let fails = |column: &usize| first == Claim::Keep && is_passed(record.cell(*column)) == Some(false);
        self.repeated.iter().find(is_opposite).map(|column| column.at()).or_else(|| self.check.filter(fails))
    }
}

/// Returns the meaning of a cell of a status column.
fn status_of(column: StatusColumn, record: &SheetRow, own: &StatusWords) -> Status {
    let turned = |status: Status| match status {
        Status::Claim(Claim::Keep) => Status::Claim(Claim::Discard),
        Status::Claim(Claim::Discard) => Status::Claim(Claim::Keep),
        other => other,
    };
    let cell = record.cell(column.at());
    if let Some(own) = own_claim(cell, own) {
        return Status::Claim(own);
    }
    match column {
        StatusColumn::Word(_) => status(cell, own),
        StatusColumn::Kept(_, marks) if is_cross(cell) && marks.cross != Cross::Yes => match marks.cross {
            Cross::No => Status::Claim(Claim::Discard),
            Cross::Yes | Cross::Unclear => Status::Unknown,
        },
        StatusColumn::Kept(_, marks) if is_dash(cell) && marks.has_no => Status::Neutral,
        StatusColumn::Kept(..) => yes_or_no(cell).unwrap_or_else(|| status(cell, own)),
        StatusColumn::Discarded(_) => yes_or_no(cell).map_or_else(|| status(cell, own), turned),
        StatusColumn::Revoked(_) if is_nothing_taken_back(cell) => Status::Neutral,
        StatusColumn::Revoked(_) => Status::Claim(Claim::Discard),
    }
}

/// True for a column that answers a question with yes or no.
fn answers(sheet: &Sheet, column: usize, wanted: YesNoRule) -> bool {
    let (mut filled, mut answered) = (0, 0);
    for cell in sheet.filled(column) {
        filled += 1;
        answered += usize::from(yes_or_no(cell).is_some());
    }
    answered > 0 && (answered == filled || wanted == YesNoRule::Most && answered * 2 >= filled)
}

/// True for a column with the time or reason of a discard: `reverted_at`, `reverted_by`.
fn takes_back(sheet: &Sheet, column: usize) -> bool {
    let name = plain(&sheet.names[column]);
    let is_one = ["reverted", "revert", "rolled_back", "discarded"].iter().any(|begin| {
        name.strip_prefix(begin).is_some_and(|rest| {
            matches!(rest, "" | "_at" | "_by" | "_in" | "_on" | "_commit" | "_sha" | "_date" | "_time" | "_exp")
        })
    });
    is_one && sheet.filled(column).any(|cell| !is_nothing_taken_back(cell))
}

fn is_nothing_taken_back(cell: &str) -> bool {
    cells::is_missing_number(cell) || yes_or_no(cell) == Some(Status::Claim(Claim::Discard))
}

/// True for another decision: an expected one, that of the row before.
fn is_of_another_time(name: &str) -> bool {
    const OTHERS: &str = "prev previous prior old base baseline parent expected expect expectation predicted prediction predict forecast \
        hypothesis guess agent model llm self auto proposed suggested suggestion planned plan next initial first original before early";
    name.split('_').any(|part| OTHERS.split(' ').any(|other| other == part))
}

/// The known status words among a column's cells.
struct Share {
    /// Fraction of the non-empty cells that are known.
    known: f64,
    /// True when one of them is a keep or a discard.
    decides: bool,
    /// True when one of them is a failure.
    fails: bool,
    distinct: usize,
}

fn known_share(sheet: &Sheet, column: usize, own: &StatusWords) -> Share {
    let mut seen: HashSet<&str> = HashSet::new();
    let (mut filled, mut known, mut decides, mut fails) = (0usize, 0usize, false, false);
    for cell in sheet.filled(column) {
        filled += 1;
        if cell.len() > 60 || cells::number(cell).is_some() {
            continue;
        }
        seen.insert(cell);
        match status(cell, own) {
            Status::Claim(claim) => {
                known += 1;
                decides |= claim != Claim::Crash;
                fails |= claim == Claim::Crash;
            }
            Status::Neutral => known += 1,
            Status::Unknown => {}
        }
    }
    Share { known: if filled == 0 { 0.0 } else { known as f64 / filled as f64 }, decides, fails, distinct: seen.len() }
}

/// True if all rows, and more than three, have the same cell: each experiment has a commit of its own.
fn is_one(sheet: &Sheet, column: usize) -> bool {
    let mut cells = sheet.filled(column);
    let first = cells.next();
    sheet.filled(column).count() > 3 && cells.all(|cell| Some(cell) == first)
}

/// True for a column of commits other than the row's own, or of other hashes.
fn is_other_commit(name: &str) -> bool {
    const OTHER: &str = "base parent prev previous old before from baseline config data dataset file model checkpoint ckpt \
        weights tokenizer prompt image digest checksum fingerprint composite binary bin cand candidate artifact content md5 sha256 \
        signature spec env lock params input output seed";
    plain(name).split('_').any(|part| OTHER.split(' ').any(|other| other == part))
}

fn is_metric_name(cell: &str) -> bool {
    cell.len() <= 64
        && cells::number(cell).is_none()
        && !cell.contains(' ')
        && cell.starts_with(|c: char| c.is_alphabetic())
}
