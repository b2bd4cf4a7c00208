//! One file of curves that is followed, or the files of one run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::tail::{Found, Tail};
use super::places::Place;
use crate::archive::Saved;
use crate::disk::shown;
use crate::format::{CurvesFormat, LogReader};
use crate::model::{Likeness, Recorded, Trial, Warning};

/// A followed log.
pub(super) struct Log {
    /// Path below the run directory; of a run with several files, the first of them.
    pub(super) name: Arc<str>,
    pub(super) format: CurvesFormat,
    pub(super) tail: Tail,
    pub(super) reader: Box<dyn LogReader>,
    /// The run that is in it.
    pub(super) trial: Option<Trial>,
    pub(super) saved: Saved,
    pub(super) saved_ms: i64,
    pub(super) dirty: bool,
    /// True for one that is followed by its name, whatever runs there are.
    pub(super) is_named: bool,
    /// False until the first look, when it was there before us: nobody knows what it began on.
    pub(super) seen: bool,
    /// Since when it is not known whether a file that was written anew tells of the same run.
    pub(super) in_doubt: Option<i64>,
    path: PathBuf,
    /// Files of the same place that come after this one.
    later: Vec<PathBuf>,
}

/// What became of a run when there was nothing more in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// There is no other file.
    None,
    /// It goes on in another file.
    GoesOn,
    /// The next file is another run's.
    Another,
}

impl Log {
    /// A log at a path, which may not be there yet, followed by its name.
    pub(super) fn named(path: PathBuf, name: &str) -> Self {
        Self { is_named: true, ..Self::at(path, name) }
    }

    fn at(path: PathBuf, name: &str) -> Self {
        let format = CurvesFormat::of(name);
        Self {
            name: name.into(),
            format,
            tail: Tail::new(path.clone()),
            reader: format.reader(),
            trial: None,
            saved: Saved::default(),
            saved_ms: 0,
            dirty: false,
            is_named: false,
            seen: false,
            in_doubt: None,
            path,
            later: Vec::new(),
        }
    }

    /// The log of a place; `None` for a place without a file.
    pub(super) fn of(place: &Place) -> Option<Self> {
        let (first, later) = place.files.split_first()?;
        let reader = place.format.reader();
        let log = Self::at(first.clone(), &place.name);
        Some(Self { later: later.to_vec(), format: place.format, reader, ..log })
    }

    /// Where its current file is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// True when a place is where this one is read.
    pub(super) fn is_of(&self, place: &Place) -> bool {
        *self.name == *place.name || place.files.contains(&self.path)
    }

    /// A reader of what the file begins with now: a log may turn out to be a table.
    pub(super) fn begin_reading(&mut self, bytes: &[u8]) {
        if self.is_named {
            self.format = CurvesFormat::of_content(&self.name, crate::format::head_of(bytes));
        }
        self.reader = self.format.reader();
        self.reader.push(bytes);
    }

    /// Takes what was appended. Of a file that has only just begun it may now be seen what it is.
    pub(super) fn go_on_reading(&mut self, bytes: &[u8]) {
        if self.is_named
            && let Some(start) = self.tail.all_so_far()
        {
            let format = CurvesFormat::of_content(&self.name, start);
            if format != self.format && self.reader.curves().series.is_empty() {
                self.format = format;
                self.reader = format.reader();
                return self.reader.push(start);
            }
        }
        self.reader.push(bytes);
    }

    /// Takes in what files there are now.
    pub(super) fn follow(&mut self, place: &Place) {
        if self.format.is_rewritten() {
            if let Some(file) = place.files.first().filter(|file| **file != self.path) {
                self.path.clone_from(file);
                self.tail = Tail::new(file.clone());
            }
        } else if let Some(at) = place.files.iter().position(|file| *file == self.path) {
            self.later = place.files[at + 1..].to_vec();
        }
    }

    /// Goes to the next file of a run, when there is one with something in it.
    pub(super) fn next_file(&mut self) -> Result<Next, String> {
        let Some(path) = self.later.first().cloned() else { return Ok(Next::None) };
        let begins = first_step(&path, self.format).map_err(|error| error.to_string())?;
        let begun = self.reader.curves().first_step();
        let Some(begins) = begins else { return Ok(Next::None) };
        self.later.remove(0);
        // From a checkpoint it goes on; from the beginning it is another run.
        let goes_on = begun.is_none_or(|begun| begins > begun);
        if goes_on {
            self.reader.next_file();
            self.tail = Tail::after_another(path.clone());
        } else {
            self.tail = Tail::new(path.clone());
            let folder = self.name.rfind('/').map_or("", |at| &self.name[..=at]);
            let file = path.file_name().map(|name| shown(Path::new(name))).unwrap_or_default();
            self.name = format!("{folder}{file}").into();
        }
        self.path = path;
        Ok(if goes_on { Next::GoesOn } else { Next::Another })
    }

    /// True when all bytes of all files were taken, as far as the last look saw.
    pub(super) fn is_read(&self) -> bool {
        self.later.is_empty() && !self.tail.has_more()
    }

    /// Whether what was read anew tells of the run that was known.
    pub(super) fn likeness(&self) -> Likeness {
        let before = self.trial.as_ref().and_then(Trial::curves);
        before.map_or(Likeness::Other, |before| self.reader.curves().likeness(before))
    }

    /// Brings the trial up to what its reader understood.
    pub(super) fn refresh(&mut self) {
        let (modified, unread) = (self.tail.modified_ms(), self.warnings().collect());
        let Some(trial) = &mut self.trial else { return };
        let view = self.reader.view();
        trial.recorded = Recorded::Here(Arc::new(self.reader.curves()));
        trial.unread = unread;
        trial.last_lines.clone_from(&view.last_lines);
        trial.summary.clone_from(&view.summary);
        trial.progress = view.progress;
        trial.remaining_s = view.remaining_s;
        trial.last_ms = modified;
    }

    /// What could not be read of it. Of what a program prints nothing has to be readable: only lines that look like
    /// measurements are counted, in one warning.
    fn warnings(&self) -> impl Iterator<Item = Warning> + '_ {
        let view = self.reader.view();
        let warning = |line, end_line, message| Warning { path: Arc::clone(&self.name), line, end_line, message };
        let located = view.warnings.iter().filter(|_| self.format != CurvesFormat::RunLog);
        let located = located.map(move |located| warning(located.line, located.end_line, located.message.clone()));
        let passed_over = view.passed_over.said().map(|(first, message)| warning(first, first, message));
        located.chain(passed_over)
    }
}

/// The first step that a file tells of; `None` while it tells of none.
fn first_step(path: &Path, format: CurvesFormat) -> std::io::Result<Option<f64>> {
    let mut tail = Tail::new(path.to_owned());
    let mut reader = format.reader();
    loop {
        match tail.look()? {
            Found::Nothing => return Ok(reader.curves().first_step()),
            Found::Appended(bytes) | Found::Anew(bytes) => reader.push(&bytes),
        }
        // The first values of all metrics stand near the beginning.
        if let Some(first) = reader.curves().first_step() {
            return Ok(Some(first));
        }
    }
}
