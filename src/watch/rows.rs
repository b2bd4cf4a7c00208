//! Follows the results: rows that are appended, half written, truncated or replaced.

use std::path::Path;
use std::sync::Arc;

use super::tail::{Tail, TailRead};
use crate::format::{DetectedSource, SegmentView, TableReader, TableRules, table_reader};
use crate::model::{
    Claim, Fact, Facts, LoopFormat, Row, Segment, Table, Warning, cell_is_change_id, cell_is_hash, cell_is_ref,
};
use crate::repo::SoughtRow;

/// Rows after this many bytes are not read: a million rows fit in.
const LARGEST: u64 = 64 << 20;

/// Follows the file that contains the rows.
pub(super) struct RowFollower {
    source: Arc<str>,
    format: LoopFormat,
    /// Other tables next to it.
    others: Vec<String>,
    tail: Tail,
    reader: Box<dyn TableReader>,
    /// The person's rules for the table.
    rules: TableRules,
    /// Ended sessions: the file was truncated or replaced since.
    past: Vec<Segment>,
    now: Vec<Arc<Row>>,
    /// The source's own data about the segments of `now`.
    choices: Vec<SegmentView>,
    /// Rows that appeared in the last pass, unless it was the first.
    fresh: Vec<Arc<Row>>,
    /// Number of rows of `now` that have their line end.
    finished: usize,
    has_looked: bool,
    /// The reason why it cannot be read; reported once.
    trouble: Option<String>,
    /// Warnings about parts that are not read.
    unread: Vec<String>,
    /// Number of consecutive passes in which the file was missing.
    looks_without: u8,
    /// Commit cells that could name a commit, in order.
    cells: Arc<[String]>,
}

impl RowFollower {
    pub(super) fn new(dir: &Path, recognised: &DetectedSource, rules: TableRules) -> Self {
        Self {
            source: recognised.results.as_str().into(),
            format: recognised.format,
            others: recognised.others.iter().map(|table| table.path.clone()).collect(),
            tail: Tail::up_to(dir.join(&recognised.results), LARGEST),
            reader: table_reader(recognised.format, &rules),
            rules,
            past: Vec::new(),
            now: Vec::new(),
            choices: Vec::new(),
            fresh: Vec::new(),
            finished: 0,
            has_looked: false,
            trouble: None,
            unread: Vec::new(),
            looks_without: 0,
            cells: Arc::default(),
        }
    }

    /// Reads everything new; true if there was anything.
    pub(super) fn poll(&mut self, facts: &mut Facts) -> bool {
        let mut changed = false;
        self.fresh.clear();
        let first_look = !std::mem::replace(&mut self.has_looked, true);
        loop {
            match self.look_once() {
                Ok(TailRead::Nothing) => break,
                Ok(TailRead::Appended(bytes)) => self.reader.push(&bytes),
                Ok(TailRead::Replaced(bytes)) => {
                    self.reader = table_reader(self.format, &self.rules);
                    self.reader.push(&bytes);
                }
                Err(error) => {
                    let message = format!("cannot be read: {error}");
                    if self.trouble.as_ref() == Some(&message) {
                        return false;
                    }
                    self.trouble = Some(message.clone());
                    let warning = Warning { path: Arc::clone(&self.source), line: 0, end_line: 0, message };
                    facts.apply(Fact::Warnings("rows", vec![warning]));
                    return true;
                }
            }
            changed = true;
        }
        let is_longer = self.tail.is_behind() > 0;
        let longer = is_longer.then(|| {
            "it has more than 64 MiB and is not read beyond that: check it, then move old rows to another file"
                .to_owned()
        });
        let unread: Vec<String> = self.tail.holes_warning().into_iter().chain(longer).collect();
        changed |= unread != self.unread;
        self.unread = unread;
        let was_troubled = self.trouble.take().is_some();
        // If only proposals are known, rows may come later or never: an empty table is complete.
        let is_without = matches!(self.format, LoopFormat::Proposals | LoopFormat::Curves) && first_look;
        if !changed && !was_troubled && !is_without {
            return false;
        }
        let warning = |message: &String| Warning {
            path: Arc::clone(&self.source),
            line: 0,
            end_line: 0,
            message: message.clone(),
        };
        facts.apply(Fact::Warnings("rows", self.unread.iter().map(warning).collect()));
        let view = self.reader.view();
        if !view.rows.is_empty() {
            // A first row without its line end may still change, so it cannot distinguish sessions. The same line may
            // be interpreted differently when more is known of the table.
            let place = |rows: &[Arc<Row>]| rows.first().map(|row| (row.line, Arc::clone(&row.hash)));
            let same_session = self.finished == 0 || place(&self.now) == place(&view.rows);
            let old = std::mem::replace(&mut self.now, view.rows);
            if !same_session {
                self.finished = 0;
            }
            if !first_look {
                self.fresh.extend(self.now[..view.complete_rows].iter().skip(self.finished).cloned());
            }
            self.finished = view.complete_rows;
            if !same_session {
                self.past.extend(segments(&old, &self.choices));
            }
        }
        self.choices = view.segments;
        self.gather_cells();
        let mut all = self.past.clone();
        all.extend(segments(&self.now, &self.choices));
        let mut reading = view.reading;
        Arc::make_mut(&mut reading).other_tables.clone_from(&self.others);
        let warnings = view.warnings.into_iter().map(|located| Warning {
            path: Arc::clone(&self.source),
            line: located.line,
            end_line: located.end_line,
            message: located.message,
        });
        facts.apply(Fact::Table(Arc::new(Table {
            source: Arc::clone(&self.source),
            format: self.format,
            segments: all,
            reading,
            warnings: warnings.collect(),
        })));
        true
    }

    /// Reads new bytes of the file; an error if it remains missing: for a single pass it may be in the middle of being
    /// replaced.
    fn look_once(&mut self) -> std::io::Result<TailRead> {
        let found = self.tail.read_new()?;
        if found != TailRead::Nothing || !self.tail.is_gone() {
            self.looks_without = 0;
            return Ok(found);
        }
        self.looks_without = self.looks_without.saturating_add(1);
        if self.looks_without < 2 {
            return Ok(found);
        }
        Err(std::io::Error::other("the file is gone; its last known rows are shown"))
    }

    /// Keeps ended sessions when the same file is read by other rules.
    pub(super) fn keep_past(&mut self, before: &mut Self) {
        if before.source == self.source {
            self.past = std::mem::take(&mut before.past);
            self.gather_cells();
        }
    }

    /// True if the table was read.
    pub(super) fn has_looked(&self) -> bool {
        self.has_looked
    }

    /// The person's rules for the table.
    pub(super) fn rules(&self) -> &TableRules {
        &self.rules
    }

    /// The metric that decides, according to the source.
    pub(super) fn metric(&self) -> Option<Arc<str>> {
        self.choices.last()?.choice.as_ref().map(|choice| Arc::clone(&choice.metric))
    }

    /// Rows that appeared in the last pass while we were watching, in order.
    pub(super) fn fresh(&self) -> &[Arc<Row>] {
        &self.fresh
    }

    /// Commit cells that could name a commit, in order. The same list as long as no row is added.
    pub(super) fn cells(&self) -> &Arc<[String]> {
        &self.cells
    }

    fn gather_cells(&mut self) {
        let rows = self.past.iter().flat_map(|segment| &segment.rows).chain(&self.now);
        let names_one = |cell: &&str| cell_is_hash(cell) || cell_is_change_id(cell) || cell_is_ref(cell);
        let cells: Arc<[String]> = rows.map(|row| row.cell.raw().trim()).filter(names_one).map(str::to_owned).collect();
        if cells != self.cells {
            self.cells = cells;
        }
    }

    /// The commits and descriptions of the kept rows, in order.
    pub(super) fn kept(&self) -> Vec<SoughtRow> {
        let rows = self.past.iter().flat_map(|segment| &segment.rows).chain(&self.now);
        let kept = rows.filter(|row| row.claim() == Claim::Keep && cell_is_hash(row.cell.raw()));
        kept.map(|row| SoughtRow {
            cell: row.cell.raw().trim().to_owned(),
            description: row.description.raw().to_owned(),
            at_ms: row.at_ms,
        })
        .collect()
    }

    /// The commit cell of the loop's baseline, if one is measured or says that it is one.
    pub(super) fn baseline(&self) -> Option<String> {
        let now = segments(&self.now, &self.choices);
        let first = self.past.first().or(now.first())?;
        let metric = first.choice.as_ref().map_or("", |choice| &choice.metric);
        let row = &first.rows[first.baseline(metric)?];
        Some(row.cell.raw().trim().to_owned())
    }
}

/// Rows by segment, with the source's own data about each.
fn segments(rows: &[Arc<Row>], views: &[SegmentView]) -> Vec<Segment> {
    let of = |rows: &[Arc<Row>]| {
        let view = views.get(rows[0].segment).cloned().unwrap_or_default();
        Segment { name: view.name, choice: view.choice, counts_down: view.is_newest_first, rows: rows.to_vec() }
    };
    // Two sessions may write to one log alternately.
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| row.segment);
    let mut all: Vec<Segment> = rows.chunk_by(|a, b| a.segment == b.segment).map(of).collect();
    // A table without rows has its columns, and a segment that has just begun its objective.
    let is_new = rows.last().is_none_or(|row| row.segment + 1 < views.len());
    if let (true, Some(view)) = (is_new, views.last()) {
        let (name, choice) = (view.name.clone(), view.choice.clone());
        all.push(Segment { name, choice, counts_down: view.is_newest_first, rows: Vec::new() });
    }
    all
}
