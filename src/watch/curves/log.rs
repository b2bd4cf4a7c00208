//! One curve file that is followed, or all files of one run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::tail::{Tail, TailRead};
use super::places::CurvePlace;
use crate::format::{CurvesFormat, HALF_LINE, LogReader};
use crate::model::{CurveMatch, Recorded, Trial, TrialEnd, Warning};
use crate::store::{LogMark, Saved};

/// The treatment of a file that ends in the middle of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenEnd {
    /// Not reported: it is still being written.
    MayContinue,
    /// Reported: nothing has been written for so long that it will stay that way.
    Reported,
}

/// A followed log.
pub(super) struct Log {
    /// Path below the run directory; for a run with several files, the first of them.
    pub(super) name: Arc<str>,
    pub(super) format: CurvesFormat,
    pub(super) reader: Box<dyn LogReader>,
    /// The run in it.
    pub(super) trial: Option<Trial>,
    pub(super) saved: Saved,
    pub(super) saved_ms: i64,
    pub(super) dirty: bool,
    /// True if it is followed by its name, whatever runs write to it.
    pub(super) is_named: bool,
    /// False until it was read once; if it existed before us, the commit it began on is not known.
    pub(super) was_read: bool,
    pub(super) ends: OpenEnd,
    /// Time since when it is not known whether a rewritten file is of the same run.
    pub(super) in_doubt: Option<i64>,
    /// Paths of its files below the run directory.
    names: Vec<String>,
    /// Its files, each of which may grow.
    tails: Vec<Tail>,
    /// Index of the file being read.
    at: usize,
}

impl Log {
    /// A log at a path that may not exist yet, followed by its name.
    pub(super) fn named(path: PathBuf, name: &str) -> Self {
        Self { is_named: true, ..Self::at(&[path], name, CurvesFormat::by_name(name)) }
    }

    fn at(files: &[PathBuf], name: &str, format: CurvesFormat) -> Self {
        Self {
            name: name.into(),
            format,
            reader: format.reader(),
            trial: None,
            saved: Saved::default(),
            saved_ms: 0,
            dirty: false,
            is_named: false,
            was_read: false,
            ends: OpenEnd::MayContinue,
            in_doubt: None,
            names: vec![name.to_owned()],
            tails: tails(files),
            at: 0,
        }
    }

    /// The log of a place; `None` for a place without files.
    pub(super) fn of(place: &CurvePlace) -> Option<Self> {
        place.files.first()?;
        let log = Self::at(&place.files, &place.name, place.format);
        Some(Self { names: place.names.clone(), ..log })
    }

    /// The path of its first file.
    pub(super) fn path(&self) -> &Path {
        self.tails.first().map_or(Path::new(""), Tail::path)
    }

    /// True if it reads this place.
    pub(super) fn is_of(&self, place: &CurvePlace) -> bool {
        *self.name == *place.name || place.files.iter().any(|file| file == self.path())
    }

    /// True if the next read may find that another run writes to it.
    pub(super) fn starts_over(&self) -> bool {
        // If the check fails, the read itself reports why.
        self.tails.iter().any(|tail| tail.starts_over().unwrap_or(true))
    }

    /// Reads the new bytes of one of its files.
    pub(super) fn read_new(&mut self) -> std::io::Result<TailRead> {
        for at in 0..self.tails.len() {
            self.turn_to(at);
            let tail = &mut self.tails[at];
            let was_read = tail.offset() > 0;
            let found = tail.read_new()?;
            if was_read && self.tails.len() > 1 && matches!(found, TailRead::Replaced(_)) {
                // It is a different file than before: the contents of the others are read again with it.
                let files = self.files();
                self.read_again(&files);
                return self.read_new();
            }
            if found != TailRead::Nothing {
                return Ok(found);
            }
        }
        Ok(TailRead::Nothing)
    }

    fn turn_to(&mut self, at: usize) {
        self.at = at;
        self.reader.switch_file(at);
    }

    /// Reads all files again if something new in one of them comes before something already read from a later one.
    pub(super) fn keep_order(&mut self) {
        if self.reader.is_out_of_order() {
            let files = self.files();
            self.read_again(&files);
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        self.tails.iter().map(|tail| tail.path().to_owned()).collect()
    }

    /// Replaces its files, none of which counts as read.
    fn read_again(&mut self, files: &[PathBuf]) {
        self.tails = tails(files);
        self.reader = self.format.reader();
        self.saved.mark_all_dirty();
    }

    /// Selects a reader for the file's first bytes: a log may turn out to be a table.
    pub(super) fn begin_reading(&mut self, bytes: &[u8]) {
        if self.is_named {
            self.format = CurvesFormat::by_content(&self.name, crate::format::head(bytes));
        }
        self.reader = self.format.reader();
        self.reader.switch_file(self.at);
        self.reader.push(bytes);
    }

    /// Reads appended bytes. The format of a file that has only just begun may become clear now.
    pub(super) fn read_appended(&mut self, bytes: &[u8]) {
        if self.is_named
            && let Some(start) = self.tails.first().and_then(Tail::all_so_far)
        {
            let format = CurvesFormat::by_content(&self.name, start);
            if format != self.format && self.reader.curves().series.is_empty() {
                self.format = format;
                self.reader = format.reader();
                return self.reader.push(start);
            }
        }
        self.reader.push(bytes);
    }

    /// Updates its list of files.
    pub(super) fn follow(&mut self, place: &CurvePlace) {
        let known = self.tails.len();
        let begins_alike =
            place.files.len() >= known && place.files.iter().zip(&self.tails).all(|(file, tail)| file == tail.path());
        self.names.clone_from(&place.names);
        if begins_alike {
            self.tails.extend(place.files[known..].iter().cloned().map(Tail::after_another));
        } else if self.format.is_rewritten() {
            // Everything read remains valid until the new file turns out to be of another run.
            self.tails = tails(&place.files);
        } else {
            self.read_again(&place.files);
        }
    }

    /// True if all bytes of all files were read, as of the last read.
    pub(super) fn is_read(&self) -> bool {
        self.tails.iter().all(Tail::is_read)
    }

    /// Number of bytes still to be read, and of bytes already read.
    pub(super) fn behind(&self) -> (u64, u64) {
        (self.tails.iter().map(Tail::is_behind).sum(), self.tails.iter().map(Tail::offset).sum())
    }

    /// A warning about holes in one of its files.
    pub(super) fn holes_warning(&self) -> Option<String> {
        self.tails.iter().find_map(Tail::holes_warning)
    }

    /// Latest modification time of its files.
    fn modified_ms(&self) -> Option<i64> {
        self.tails.iter().filter_map(Tail::modified_ms).max()
    }

    /// The read position in its files.
    pub(super) fn mark(&self) -> LogMark {
        let mark = self.tails.last().map(Tail::mark).unwrap_or_default();
        LogMark { bytes: self.tails.iter().map(Tail::offset).sum(), ..mark }
    }

    /// The newest stored trial that is the one in it, with its read position.
    pub(super) fn known<'a>(&self, filed: &'a [(Trial, LogMark)]) -> Option<&'a (Trial, LogMark)> {
        let is_mine = |log: &str| log == &*self.name || self.names.iter().any(|name| name == log);
        let newest = filed.iter().rev().find(|(trial, _)| is_mine(&trial.log))?;
        let continues = || self.has_nothing() || self.tails.first().is_some_and(|tail| tail.continues(&newest.1));
        (self.format.has_file_per_run() || continues()).then_some(newest)
    }

    /// True if a file that is rewritten as a whole is empty.
    pub(super) fn has_nothing(&self) -> bool {
        self.format.is_rewritten() && self.reader.curves().series.is_empty()
    }

    /// Compares the rewritten contents with the known run.
    pub(super) fn likeness(&self) -> CurveMatch {
        let before = self.trial.as_ref().and_then(Trial::curves);
        before.map_or(CurveMatch::Other, |before| self.reader.curves().likeness(before))
    }

    /// Updates the trial from its reader.
    pub(super) fn refresh(&mut self) {
        let modified = self.modified_ms();
        let Some(trial) = &mut self.trial else { return };
        let view = self.reader.view();
        trial.recorded = Recorded::InMemory(Arc::new(self.reader.curves()));
        trial.last_lines.clone_from(&view.last_lines);
        trial.summary.clone_from(&view.summary);
        trial.progress = view.progress;
        trial.remaining_s = view.remaining_s;
        trial.last_ms = modified;
    }

    /// The treatment of its ends now. A document is written in one go.
    pub(super) fn ends_at(&self, now_ms: i64) -> OpenEnd {
        let is_over = self.trial.as_ref().is_some_and(|trial| trial.end != TrialEnd::Running);
        let is_document = matches!(self.format, CurvesFormat::Json | CurvesFormat::TrainerState);
        let is_old = || self.modified_ms().is_some_and(|last| now_ms - last >= super::DOUBT_MS);
        if is_over || is_document && is_old() { OpenEnd::Reported } else { OpenEnd::MayContinue }
    }

    /// Updates the warnings about unreadable parts. True if they changed.
    pub(super) fn update_unread(&mut self) -> bool {
        let mut unread = self.warnings();
        if self.ends == OpenEnd::Reported {
            unread.extend(self.open_ends());
        }
        let Some(trial) = &mut self.trial else { return false };
        let is_new = trial.unread != unread;
        trial.unread = unread;
        is_new
    }

    /// The parts that could not be read. A program's output need not be readable: only lines that look like
    /// measurements are counted, in one warning.
    fn warnings(&self) -> Vec<Warning> {
        let view = self.reader.view();
        let path = self.path_of(0);
        let warning = |line, end_line, message| Warning { path: Arc::clone(&path), line, end_line, message };
        let located = view.warnings.iter().filter(|_| self.format != CurvesFormat::RunLog);
        let located = located.map(|located| warning(located.line, located.end_line, located.message.clone()));
        let passed_over = view.unread_lines.report().map(|(first, message)| warning(first, first, message));
        located.chain(passed_over).collect()
    }

    /// The path under which a person finds one of its files.
    fn path_of(&self, at: usize) -> Arc<str> {
        self.names.get(at).map_or_else(|| Arc::clone(&self.name), |name| name.as_str().into())
    }

    /// The things that its files end in the middle of.
    fn open_ends(&mut self) -> Vec<Warning> {
        let mut ends = Vec::new();
        for at in 0..self.tails.len() {
            self.turn_to(at);
            let path = self.path_of(at);
            let open = self.reader.at_end().into_iter();
            ends.extend(open.map(|open| Warning {
                path: Arc::clone(&path),
                line: open.line,
                end_line: open.end_line,
                message: open.message,
            }));
            if self.format.ends_incomplete(self.tails[at].end()) {
                ends.push(Warning { path, line: 0, end_line: 0, message: HALF_LINE.to_owned() });
            }
        }
        ends
    }
}

/// Tails of the files of one run. The contents of the first are new, those of the others count as appended.
fn tails(files: &[PathBuf]) -> Vec<Tail> {
    let first = files.first().cloned().map(Tail::new);
    first.into_iter().chain(files.iter().skip(1).cloned().map(Tail::after_another)).collect()
}
