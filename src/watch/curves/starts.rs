//! Groups the events files of one directory by run: each start of a program writes one, and some programs write several
//! in parallel.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::tail::{Tail, TailRead};
use crate::format::{CurvesFormat, LogReader};

/// The first step of each metric.
type Firsts = HashMap<Arc<str>, f64>;

/// Number of bytes in which the first metrics of a file are searched.
const BEGIN: u64 = 256 << 10;

/// The beginning of a file.
enum FileStart {
    /// No value so far: reading continues from here.
    Without(Tail, Box<dyn LogReader>),
    /// The length that was read, and the first step of each metric.
    With(u64, Firsts),
}

/// The beginnings of files that were read.
#[derive(Default)]
pub(super) struct Starts {
    known: HashMap<PathBuf, FileStart>,
}

impl Starts {
    /// Reads files again whose beginning may be incomplete; true if one changed.
    pub(super) fn recheck<'a>(&mut self, files: impl Iterator<Item = &'a PathBuf>) -> bool {
        let mut changed = false;
        for file in files {
            // For a file that is alone in its directory nothing need be known.
            changed |= self.known.contains_key(file) && self.read(file);
        }
        changed
    }

    /// The files of each run, in the order in which they were started. A file with metrics that no other one has was
    /// written in parallel, one that begins at a later step than the run continues from a checkpoint, and all others
    /// begin a run of their own. A file without a value belongs to the run before it.
    pub(super) fn runs(&mut self, files: Vec<PathBuf>) -> Vec<Vec<PathBuf>> {
        if files.len() < 2 {
            return Vec::from_iter(Some(files).filter(|files| !files.is_empty()));
        }
        let mut runs: Vec<(Firsts, Vec<PathBuf>)> = vec![Default::default()];
        for file in files {
            self.read(&file);
            let none = Firsts::default();
            let firsts = match self.known.get(&file) {
                Some(FileStart::With(_, firsts)) => firsts,
                _ => &none,
            };
            if runs.last().is_some_and(|(begun, _)| !is_of_run(begun, firsts)) {
                runs.push(Default::default());
            }
            let Some((begun, of_run)) = runs.last_mut() else { continue };
            for (metric, step) in firsts {
                let first = begun.entry(Arc::clone(metric)).or_insert(*step);
                *first = first.min(*step);
            }
            of_run.push(file);
        }
        runs.into_iter().map(|(_, files)| files).collect()
    }

    /// Reads the beginning of a file if there may be more; true if there is.
    fn read(&mut self, file: &Path) -> bool {
        let is_known = |length: u64| length >= BEGIN || std::fs::metadata(file).is_ok_and(|meta| meta.len() == length);
        let (before, begin) = match self.known.remove(file) {
            Some(FileStart::With(length, firsts)) if is_known(length) => {
                self.known.insert(file.to_owned(), FileStart::With(length, firsts));
                return false;
            }
            Some(FileStart::With(_, firsts)) => (firsts, begin_of(file)),
            Some(FileStart::Without(tail, reader)) => (Firsts::default(), read_on(tail, reader)),
            None => (Firsts::default(), begin_of(file)),
        };
        let is_new = matches!(&begin, FileStart::With(_, firsts) if *firsts != before);
        self.known.insert(file.to_owned(), begin);
        is_new
    }
}

/// True if a file continues a run, or was written in parallel.
fn is_of_run(begun: &Firsts, firsts: &Firsts) -> bool {
    let shared = firsts.iter().filter_map(|(metric, step)| Some((*begun.get(metric)?, *step)));
    let earliest = shared.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1)));
    earliest.is_none_or(|(begun, begins)| begins > begun)
}

fn begin_of(file: &Path) -> FileStart {
    read_on(Tail::new(file.to_owned()), CurvesFormat::TfEvents.reader())
}

/// Reads until there are values. An unreadable file has none; its follower reports why.
fn read_on(mut tail: Tail, mut reader: Box<dyn LogReader>) -> FileStart {
    while let Ok(TailRead::Appended(bytes) | TailRead::Replaced(bytes)) = tail.read_new() {
        reader.push(&bytes);
        let curves = reader.curves();
        if !curves.series.is_empty() {
            let firsts = curves.series.iter().filter_map(|(metric, all)| Some((Arc::clone(metric), all.first()?.step)));
            return FileStart::With(tail.offset(), firsts.collect());
        }
    }
    FileStart::Without(tail, reader)
}
