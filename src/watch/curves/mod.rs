//! Follows the logs: finds the run in each, reads its curves, and saves both before the next run overwrites them.

mod directory;
mod discovery;
mod log;
mod places;
mod reading;
mod runs;
mod starts;
mod states;
mod twins;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::tail::TailRead;
use crate::format::CurvesFormat;
use crate::model::{
    Binding, CommitId, CurveMatch, Fact, Facts, PassedOver, Recorded, Row, Trial, TrialEnd, TrialId, Warning, row_id,
};
use crate::store::{CurveStore, LogMark, Retention, Saved};

/// A trial without an end is silent after this long without a byte, in milliseconds.
const SILENT_AFTER_MS: i64 = 10 * 60 * 1000;
/// A running trial is saved to the store this often, in milliseconds.
const SAVE_EVERY_MS: i64 = 5000;
/// Largest number of bytes of one log read in one pass; the rest is read by the next ones.
const MOST_OF_ONE: u64 = 64 << 20;
/// The same for all logs together.
const MOST_OF_ALL: u64 = 256 << 20;
/// Ids of trials that are in no store begin here.
const UNFILED: u64 = 1 << 40;
/// A file that is rewritten as a whole is complete after this long, in milliseconds.
const DOUBT_MS: i64 = 2_000;

pub(super) use discovery::Discovery;
use log::Log;
use places::CurvePlace;
pub use reading::{RunCurves, read_curves, read_directory};

/// The state of the loop when a run begins.
pub(super) trait Start {
    /// The commit the loop is on.
    fn head(&self) -> Option<CommitId>;
    /// A commit of ours with the uncommitted edits; `None` if there are none.
    fn keep_edits(&self) -> Result<Option<CommitId>, String>;
}

/// Follows all logs of a run directory.
pub(super) struct CurveFollower {
    dir: PathBuf,
    logs: Vec<Log>,
    discovery: Discovery,
    has_discovered: bool,
    /// Paths of the tables of the loop, which are not runs.
    tables: Vec<String>,
    /// Files next to the runs that are not read, as of when the directory was opened.
    noticed: Vec<PassedOver>,
    /// Ended runs that have not been read yet, the newest last.
    backlog: Vec<CurvePlace>,
    /// Runs that were read and are in no store, by the path of their file.
    kept: HashMap<Arc<str>, TrialId>,
    /// An earlier run that is too long to have been read to its end yet.
    half_read: Option<Log>,
    /// Number of bytes that this pass may still read.
    may_read: u64,
    /// True if a log continues past the part that was read.
    is_behind: bool,
    /// Number of runs that are not read at all.
    left_out: usize,
    store: Option<CurveStore>,
    loop_key: String,
    /// True while another process saves the trials that are read here.
    is_followed: bool,
    /// Trials in the store that a log may still contain.
    filed: Vec<(Trial, LogMark)>,
    /// Read and save errors of the last pass.
    troubles: Vec<(Arc<str>, String)>,
    next: u64,
}

impl CurveFollower {
    pub(super) fn new(dir: &Path, names: &[String], discovery: Discovery) -> Self {
        let mut curves = Self {
            dir: dir.to_owned(),
            logs: Vec::new(),
            discovery,
            tables: Vec::new(),
            noticed: Vec::new(),
            has_discovered: false,
            backlog: Vec::new(),
            kept: HashMap::new(),
            half_read: None,
            may_read: 0,
            is_behind: false,
            left_out: 0,
            store: None,
            loop_key: String::new(),
            is_followed: false,
            filed: Vec::new(),
            troubles: Vec::new(),
            next: UNFILED,
        };
        curves.also(names);
        // Names that loops use; such files may appear later.
        curves.also(&["run.log", "metrics.jsonl", "metrics.csv"].map(str::to_owned));
        curves
    }

    /// Paths of the followed logs.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.logs.iter().map(|log| &*log.name)
    }

    /// Directories beyond the run directory itself in which logs appear or grow.
    pub(super) fn directories(&self) -> impl Iterator<Item = &Path> {
        let of_logs = self.logs.iter().filter_map(|log| log.path().parent());
        of_logs.chain(self.discovery.directories()).filter(|directory| *directory != self.dir)
    }

    /// Number of runs that were found but not read, or not yet.
    pub(super) fn unread_runs(&self) -> usize {
        self.backlog.len() + usize::from(self.half_read.is_some()) + self.left_out
    }

    /// True if earlier runs are still to be read.
    pub(super) fn has_more(&self) -> bool {
        !self.backlog.is_empty() || self.is_behind
    }

    /// True if a log continues past the part that was read.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Sets the loop's tables, whether they are read or only named elsewhere.
    pub(super) fn set_tables(&mut self, tables: Vec<String>) {
        self.tables = tables;
    }

    /// Sets the files that were found next to the runs.
    pub(super) fn also_noticed(&mut self, noticed: &[PassedOver]) {
        noticed.clone_into(&mut self.noticed);
    }

    /// Follows these logs too.
    pub(super) fn also(&mut self, names: &[String]) {
        for name in names {
            if !self.logs.iter().any(|log| *log.name == **name) {
                self.logs.push(Log::named(self.dir.join(name), name));
            }
        }
    }

    /// Loads the stored trials and records from now on.
    pub(super) fn record_into(&mut self, store: CurveStore, loop_key: String, facts: &mut Facts) {
        self.recall_from(&store, &loop_key, facts);
        self.store = Some(store);
        self.loop_key = loop_key;
    }

    /// Loads the stored trials, and those that another process has stored since. A run in progress here is the trial
    /// that the other process saves.
    pub(super) fn recall_from(&mut self, store: &CurveStore, loop_key: &str, facts: &mut Facts) {
        match store.trials(loop_key) {
            Ok(filed) => {
                self.filed = filed;
                if !self.is_followed {
                    // Nobody watches it, so the time at which it ended is not known.
                    let running = self.filed.iter_mut().filter(|(trial, _)| trial.end == TrialEnd::Running);
                    running.for_each(|(trial, _)| trial.end = TrialEnd::Silent);
                }
                for log in &mut self.logs {
                    let known = log.known(&self.filed);
                    let Some(trial) = log.trial.as_mut().filter(|trial| trial.id.0 >= UNFILED) else { continue };
                    if let Some((filed, _)) = known {
                        facts.apply(Fact::RemovedTrials(vec![trial.id]));
                        trial.id = filed.id;
                        (trial.binding, trial.edits, trial.started_ms) =
                            (filed.binding.clone(), filed.edits, filed.started_ms);
                        trial.row.clone_from(&filed.row);
                        facts.apply(Fact::Trial(Arc::new(trial.clone())));
                    }
                }
                let here: Vec<TrialId> =
                    self.logs.iter().filter_map(|log| log.trial.as_ref()).map(|trial| trial.id).collect();
                for (trial, _) in self.filed.iter().filter(|(trial, _)| !here.contains(&trial.id)) {
                    facts.apply(Fact::Trial(Arc::new(trial.clone())));
                }
            }
            Err(error) => warn(facts, "archive", vec![("archive.db".into(), error.to_string())]),
        }
    }

    /// True if something was read that is in no store, as far as is known here.
    pub(super) fn has_unfiled(&self) -> bool {
        self.logs.iter().filter_map(|log| log.trial.as_ref()).any(|trial| trial.id.0 >= UNFILED)
    }

    /// Follows another process's recording: anything no longer followed here is in its store.
    pub(super) fn follow_recorder(&mut self) {
        self.is_followed = true;
    }

    /// Deletes stored points beyond the policy's limits.
    pub(super) fn thin(&mut self, keep: Retention, precious: &HashSet<TrialId>, now_ms: i64) -> Result<usize, String> {
        let Some(store) = &mut self.store else { return Ok(0) };
        store.thin(&self.loop_key, keep, precious, now_ms).map_err(|error| error.to_string())
    }

    /// Reads everything new; true if there was anything.
    pub(super) fn poll(&mut self, facts: &mut Facts, start: &dyn Start, now_ms: i64) -> bool {
        let mut changed = false;
        let mut troubles = Vec::new();
        let live = self.logs.iter().filter_map(|log| log.path().parent()).map(Path::to_owned).collect();
        let is_first = !std::mem::replace(&mut self.has_discovered, true);
        if let Some(places) = self.discovery.poll(now_ms, &live) {
            changed |= self.follow(places, is_first, facts, now_ms, &mut troubles);
            changed |= self.report_passed_over(facts);
        }
        changed | self.read_logs(facts, start, now_ms, troubles)
    }

    /// True if a run may have begun since the last pass.
    pub(super) fn begins_a_run(&self) -> bool {
        self.logs.iter().any(Log::starts_over)
    }

    /// Reads everything new in the followed logs; true if there was anything.
    pub(super) fn read_logs(
        &mut self,
        facts: &mut Facts,
        start: &dyn Start,
        now_ms: i64,
        mut troubles: Vec<(Arc<str>, String)>,
    ) -> bool {
        let mut changed = false;
        (self.may_read, self.is_behind) = (MOST_OF_ALL, false);
        for at in 0..self.logs.len() {
            match self.look_at(at, facts, start, now_ms) {
                Ok(one) => changed |= one,
                Err(message) => {
                    troubles.push((Arc::clone(&self.logs[at].name), message));
                }
            }
            self.report_length(at, &mut troubles);
        }
        changed |= self.read_backlog(facts, start, now_ms, &mut troubles);
        if self.left_out > 0 {
            let text = format!("{} earlier runs are not read, because nothing is recorded here", self.left_out);
            troubles.push((Arc::from("."), text));
        }
        // Curves are shown even if they could not be saved; the same error is reported once.
        changed |= troubles != self.troubles;
        self.troubles.clone_from(&troubles);
        warn(facts, "logs", troubles);
        changed
    }

    /// Reports a log that is too long to be read in one pass, or that has holes.
    fn report_length(&mut self, at: usize, troubles: &mut Vec<(Arc<str>, String)>) {
        let log = &self.logs[at];
        let (behind, read) = log.behind();
        if behind > 0 {
            self.is_behind = true;
            let text = format!("still being read: {} of {} MiB so far", read >> 20, (read + behind) >> 20);
            troubles.push((Arc::clone(&log.name), text));
        }
        troubles.extend(log.holes_warning().map(|text| (Arc::clone(&log.name), text)));
    }

    /// Reports files that were found and not read; true if they changed.
    fn report_passed_over(&self, facts: &mut Facts) -> bool {
        // A linked directory that contains the table is followed because of it.
        let is_or_holds = |path: &str, table: &str| {
            table.strip_prefix(path).is_some_and(|below| below.is_empty() || below.starts_with('/'))
        };
        let is_followed = |path: &str| {
            self.logs.iter().any(|log| *log.name == *path) || self.tables.iter().any(|table| is_or_holds(path, table))
        };
        let is_noticed = |path: &str| self.noticed.iter().any(|noticed| *noticed.path == *path);
        let is_new = |entry: &&PassedOver| !is_noticed(&entry.path) && !is_followed(&entry.path);
        let discovered = self.discovery.passed_over().iter().filter(is_new);
        // An entry at the place of a table that is not a file is reported until it is one.
        let is_still = |entry: &&PassedOver| !(is_followed(&entry.path) && self.dir.join(&*entry.path).is_file());
        let seen: Vec<PassedOver> = self.noticed.iter().filter(is_still).chain(discovered).cloned().collect();
        let is_new = seen != facts.passed_over();
        if is_new {
            facts.apply(Fact::PassedOver(Arc::new(seen)));
        }
        is_new
    }

    fn look_at(&mut self, at: usize, facts: &mut Facts, start: &dyn Start, now_ms: i64) -> Result<bool, String> {
        let mut changed = false;
        let first_look = !std::mem::replace(&mut self.logs[at].was_read, true);
        let start = Some(start).filter(|_| !first_look);
        let mut left = MOST_OF_ONE.min(self.may_read);
        loop {
            let log = &mut self.logs[at];
            let found = log.read_new().map_err(|error| format!("cannot be read: {error}"))?;
            let read = found.bytes() as u64;
            (left, self.may_read) = (left.saturating_sub(read), self.may_read.saturating_sub(read));
            match found {
                TailRead::Nothing => break,
                TailRead::Appended(bytes) => {
                    log.read_appended(&bytes);
                    log.keep_order();
                    if log.trial.is_none() {
                        self.begin(at, start, now_ms)?;
                    }
                }
                TailRead::Replaced(bytes) => {
                    // No other run writes to it: it was copied again.
                    let is_same = log.format.has_file_per_run() && log.trial.is_some();
                    let may_be_same = is_same || log.format.is_rewritten() && log.trial.is_some();
                    if is_same {
                        log.saved.mark_all_dirty();
                    } else if may_be_same {
                        log.in_doubt.get_or_insert(now_ms);
                    } else {
                        if changed {
                            log.refresh();
                        }
                        self.end_overwritten(at, facts)?;
                    }
                    let log = &mut self.logs[at];
                    log.begin_reading(&bytes);
                    if !bytes.is_empty() && !may_be_same {
                        self.begin(at, start, now_ms)?;
                    }
                }
            }
            changed = true;
            // Reading never blocks on curves: the rest comes with the next passes.
            if self.logs[at].is_read() || left == 0 {
                break;
            }
        }
        changed |= self.settle(at, facts, start, now_ms)?;
        changed |= self.refresh(at, changed, now_ms);
        let log = &mut self.logs[at];
        if changed && let Some(trial) = &log.trial {
            facts.apply(Fact::Trial(Arc::new(trial.clone())));
            log.dirty = true;
        }
        self.save(at, now_ms)?;
        Ok(changed)
    }

    /// Determines whether a rewritten file is of the same run; true once that is known. While it is empty, because it
    /// is half written, the earlier contents remain valid.
    fn settle(&mut self, at: usize, facts: &mut Facts, start: Option<&dyn Start>, now_ms: i64) -> Result<bool, String> {
        let log = &self.logs[at];
        let Some(since) = log.in_doubt else { return Ok(false) };
        match log.likeness() {
            _ if log.has_nothing() => return Ok(false),
            CurveMatch::Shorter if now_ms - since < DOUBT_MS => return Ok(false),
            CurveMatch::Same => {}
            CurveMatch::Shorter | CurveMatch::Other => {
                self.end_overwritten(at, facts)?;
                self.begin(at, start, now_ms)?;
            }
        }
        self.logs[at].in_doubt = None;
        Ok(true)
    }

    /// Binds new rows to runs: each to the run that was running or had just ended when it appeared, unless their values
    /// disagree. A run may be in several places.
    pub(super) fn bind_rows(
        &mut self,
        rows: &[Arc<Row>],
        metric: Option<&str>,
        facts: &mut Facts,
        now_ms: i64,
    ) -> Result<(), String> {
        for row in rows {
            let mut bound_formats: Vec<CurvesFormat> = Vec::new();
            let mut newest_first: Vec<usize> = (0..self.logs.len()).collect();
            newest_first
                .sort_by_key(|at| std::cmp::Reverse(self.logs[*at].trial.as_ref().and_then(|trial| trial.started_ms)));
            for at in newest_first {
                let log = &mut self.logs[at];
                // Of runs with a file each, the row is about the newest.
                if log.format.has_file_per_run() && bound_formats.contains(&log.format) {
                    continue;
                }
                let mark = log.mark();
                let is_free = |trial: &&mut Trial| trial.row.is_none() && began_before(trial, now_ms);
                let Some(trial) = log.trial.as_mut().filter(is_free) else { continue };
                if !agrees(trial, row, metric) {
                    continue;
                }
                bound_formats.push(log.format);
                trial.row = Some(row_id(row));
                facts.apply(Fact::Trial(Arc::new(trial.clone())));
                if let Some(store) = &mut self.store {
                    store.save(trial, &mark, &mut log.saved).map_err(|error| error.to_string())?;
                }
            }
        }
        Ok(())
    }

    /// Begins a run whose first bytes have appeared.
    fn begin(&mut self, at: usize, start: Option<&dyn Start>, now_ms: i64) -> Result<(), String> {
        let head = start.and_then(Start::head);
        let log = &self.logs[at];
        // The log of a stored run: it may have grown since.
        let known = log.known(&self.filed);
        let mut trouble = None;
        let trial = if let Some((trial, _)) = known {
            trial.clone()
        } else {
            let edits = start.map_or(Ok(None), Start::keep_edits).unwrap_or_else(|message| {
                trouble = Some(message);
                None
            });
            let id = match &mut self.store {
                Some(store) => store.begin(&self.loop_key, &log.name, head).map_err(|error| error.to_string())?,
                None => {
                    self.next += 1;
                    TrialId(self.next)
                }
            };
            let binding = head.map_or(Binding::Unknown, Binding::Head);
            Trial { edits, started_ms: head.map(|_| now_ms), ..Trial::begun(id, &log.name, binding) }
        };
        // Half a document does not prove another run.
        self.logs[at].in_doubt = Some(now_ms).filter(|_| known.is_some() && self.logs[at].has_nothing());
        self.logs[at].trial = Some(trial);
        self.logs[at].saved = Saved::default();
        trouble.map_or(Ok(()), Err)
    }

    /// Ends a trial whose log another run now writes to; it is kept as it was last read.
    fn end_overwritten(&mut self, at: usize, facts: &mut Facts) -> Result<(), String> {
        let log = &mut self.logs[at];
        let Some(mut trial) = log.trial.take() else { return Ok(()) };
        if matches!(trial.end, TrialEnd::Running | TrialEnd::Silent) {
            trial.end = TrialEnd::Overwritten;
        }
        if self.is_followed && trial.id.0 >= UNFILED {
            // The other process saw it, too, and saves it under its own id.
            facts.apply(Fact::RemovedTrials(vec![trial.id]));
            return Ok(());
        }
        let mut filed = Ok(());
        if let Some(store) = &mut self.store {
            filed = store.save(&trial, &LogMark::default(), &mut log.saved).map_err(|error| error.to_string());
            if filed.is_ok() {
                // From now on its curves are only in the store.
                trial.recorded = Recorded::InStore(trial.recorded.outlines());
            }
        }
        facts.apply(Fact::Trial(Arc::new(trial)));
        filed
    }

    /// Updates the trial from its reader and the clock.
    fn refresh(&mut self, at: usize, new_bytes: bool, now_ms: i64) -> bool {
        let log = &mut self.logs[at];
        if new_bytes && log.in_doubt.is_none() {
            log.refresh();
        }
        let Some(trial) = &mut log.trial else { return false };
        let silent = trial.last_ms.is_some_and(|last| now_ms - last > SILENT_AFTER_MS);
        let seen = log.reader.view().end.clone();
        let end = seen.unwrap_or(if silent { TrialEnd::Silent } else { TrialEnd::Running });
        let changed = trial.end != end;
        trial.end = end;
        let ends = log.ends_at(now_ms);
        if new_bytes || log.ends != ends {
            log.ends = ends;
            return log.update_unread() || changed;
        }
        changed
    }

    fn save(&mut self, at: usize, now_ms: i64) -> Result<(), String> {
        let log = &mut self.logs[at];
        let (Some(store), Some(trial)) = (&mut self.store, &log.trial) else { return Ok(()) };
        let due = trial.end != TrialEnd::Running || now_ms - log.saved_ms >= SAVE_EVERY_MS;
        if log.dirty && due {
            store.save(trial, &log.mark(), &mut log.saved).map_err(|error| error.to_string())?;
            log.saved_ms = now_ms;
            log.dirty = false;
        }
        Ok(())
    }
}

impl Drop for CurveFollower {
    fn drop(&mut self) {
        for at in 0..self.logs.len() {
            // The last chance: an error now was reported when it first occurred.
            let _ = self.save(at, i64::MAX);
        }
    }
}

/// True if the start of the run was seen, and in an earlier pass than the row: otherwise the row is about the run
/// before.
fn began_before(trial: &Trial, now_ms: i64) -> bool {
    trial.started_ms.is_some_and(|started| started < now_ms)
}

/// False if run and row both have a value of the metric and the two differ.
fn agrees(trial: &Trial, row: &Row, metric: Option<&str>) -> bool {
    let values = metric.and_then(|metric| Some((trial.summary_value(metric)?, row.outcome(metric).value()?)));
    values.is_none_or(|(run, row)| (run - row).abs() <= 5.1e-7)
}

fn warn(facts: &mut Facts, subject: &'static str, troubles: Vec<(Arc<str>, String)>) {
    let warnings = troubles.into_iter().map(|(path, message)| Warning { path, line: 0, end_line: 0, message });
    facts.apply(Fact::Warnings(subject, warnings.collect()));
}
