//! The logs: which run is in them, its curves, and keeping both before the next run overwrites them.

mod discovery;
mod folder;
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
    Binding, CommitId, Fact, Facts, Likeness, PassedOver, Recorded, Row, Trial, TrialEnd, TrialId, Warning, row_id,
};
use crate::store::{CurveStore, LogMark, Retention, Saved};

/// Without a byte for this long, a trial without an end is called silent.
const SILENT_AFTER_MS: i64 = 10 * 60 * 1000;
/// A running trial is written to the archive this often.
const SAVE_EVERY_MS: i64 = 5000;
/// Of one log a look reads so many bytes at most; what follows is read by the next ones.
const MOST_OF_ONE: u64 = 64 << 20;
/// Of all logs together.
const MOST_OF_ALL: u64 = 256 << 20;
/// Numbers of trials that are in no archive begin here.
const UNFILED: u64 = 1 << 40;
/// A file that is written anew as a whole is all there after this long.
const DOUBT_MS: i64 = 2_000;

pub(super) use discovery::Discovery;
use log::Log;
use places::CurvePlace;
pub use reading::{ReadRun, read_curves, read_folder};

/// Where the loop is when a run begins.
pub(super) trait Start {
    /// The commit it is on.
    fn head(&self) -> Option<CommitId>;
    /// A commit of ours with the edits that are not committed; `None` without any.
    fn keep_edits(&self) -> Result<Option<CommitId>, String>;
}

/// Follows all logs of a run directory.
pub(super) struct CurveFollower {
    dir: PathBuf,
    logs: Vec<Log>,
    discovery: Discovery,
    has_discovered: bool,
    /// Paths of the tables of the loop, which are no runs.
    tables: Vec<String>,
    /// What lies beside the runs and is not read, as it was when the directory was opened.
    noticed: Vec<PassedOver>,
    /// Runs that are over and were not read yet, the newest last.
    backlog: Vec<CurvePlace>,
    /// Runs that were read and are in no archive, by the path of their file.
    kept: HashMap<Arc<str>, TrialId>,
    /// An earlier run that is so long that it was not read to its end yet.
    half_read: Option<Log>,
    /// Bytes that this look may still read.
    may_read: u64,
    /// True if a log goes on beyond what was read of it.
    is_behind: bool,
    /// How many runs are not read at all.
    left_out: usize,
    store: Option<CurveStore>,
    loop_key: String,
    /// True while another process files what is read here.
    is_followed: bool,
    /// Trials of the archive that may still be what a log holds.
    filed: Vec<(Trial, LogMark)>,
    /// What could not be read or kept at the last look.
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
        // Names that loops use, also when they come later.
        curves.also(&["run.log", "metrics.jsonl", "metrics.csv"].map(str::to_owned));
        curves
    }

    /// Paths of the logs that are followed.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.logs.iter().map(|log| &*log.name)
    }

    /// Folders where something happens to logs beyond the run directory itself.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        let of_logs = self.logs.iter().filter_map(|log| log.path().parent());
        of_logs.chain(self.discovery.folders()).filter(|folder| *folder != self.dir)
    }

    /// How many runs were found and are not read yet, or not at all.
    pub(super) fn unread_runs(&self) -> usize {
        self.backlog.len() + usize::from(self.half_read.is_some()) + self.left_out
    }

    /// True if earlier runs wait to be read.
    pub(super) fn has_more(&self) -> bool {
        !self.backlog.is_empty() || self.is_behind
    }

    /// True if a log goes on beyond what was read of it.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// These are the loop's tables: read, or named as such elsewhere.
    pub(super) fn set_tables(&mut self, tables: Vec<String>) {
        self.tables = tables;
    }

    /// These were noticed beside the runs.
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

    /// Reads what is archived and records from now on.
    pub(super) fn record_into(&mut self, store: CurveStore, loop_key: String, facts: &mut Facts) {
        self.recall_from(&store, &loop_key, facts);
        self.store = Some(store);
        self.loop_key = loop_key;
    }

    /// Reads what is archived, and what another process archived since. What goes on here is the trial that it
    /// files, too.
    pub(super) fn recall_from(&mut self, store: &CurveStore, loop_key: &str, facts: &mut Facts) {
        match store.trials(loop_key) {
            Ok(filed) => {
                self.filed = filed;
                if !self.is_followed {
                    // Nobody watches it: when it ended nobody saw.
                    let running = self.filed.iter_mut().filter(|(trial, _)| trial.end == TrialEnd::Running);
                    running.for_each(|(trial, _)| trial.end = TrialEnd::Silent);
                }
                for log in &mut self.logs {
                    let known = log.known(&self.filed);
                    let Some(trial) = log.trial.as_mut().filter(|trial| trial.id.0 >= UNFILED) else { continue };
                    if let Some((filed, _)) = known {
                        facts.apply(Fact::NoTrials(vec![trial.id]));
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

    /// True if something is read that no archive has, as far as is known here.
    pub(super) fn has_unfiled(&self) -> bool {
        self.logs.iter().filter_map(|log| log.trial.as_ref()).any(|trial| trial.id.0 >= UNFILED)
    }

    /// Another process records: what is not seen here any more is in its archive.
    pub(super) fn follow_recorder(&mut self) {
        self.is_followed = true;
    }

    /// Lets go of what the policy does not keep.
    pub(super) fn thin(&mut self, keep: Retention, precious: &HashSet<TrialId>, now_ms: i64) -> Result<usize, String> {
        let Some(store) = &mut self.store else { return Ok(0) };
        store.thin(&self.loop_key, keep, precious, now_ms).map_err(|error| error.to_string())
    }

    /// Takes in what is new; true when something was.
    pub(super) fn look(&mut self, facts: &mut Facts, start: &dyn Start, now_ms: i64) -> bool {
        let mut changed = false;
        let mut troubles = Vec::new();
        let live = self.logs.iter().filter_map(|log| log.path().parent()).map(Path::to_owned).collect();
        let is_first = !std::mem::replace(&mut self.has_discovered, true);
        if let Some(places) = self.discovery.look(now_ms, &live) {
            changed |= self.follow(places, is_first, facts, now_ms, &mut troubles);
            changed |= self.tell_passed_over(facts);
        }
        changed | self.look_at_logs(facts, start, now_ms, troubles)
    }

    /// True if a run may have begun since the last look.
    pub(super) fn begins_a_run(&self) -> bool {
        self.logs.iter().any(Log::begins_anew)
    }

    /// Takes in what is new in the logs that are followed; true when something was.
    pub(super) fn look_at_logs(
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
            self.say_of_length(at, &mut troubles);
        }
        changed |= self.read_backlog(facts, start, now_ms, &mut troubles);
        if self.left_out > 0 {
            let text = format!("{} earlier runs are not read: nothing is recorded here", self.left_out);
            troubles.push((Arc::from("."), text));
        }
        // What was read is shown even when it could not be kept; the same trouble is told once.
        changed |= troubles != self.troubles;
        self.troubles.clone_from(&troubles);
        warn(facts, "logs", troubles);
        changed
    }

    /// Says where a log is longer than one look reads, or than what anybody wrote of it.
    fn say_of_length(&mut self, at: usize, troubles: &mut Vec<(Arc<str>, String)>) {
        let log = &self.logs[at];
        let (behind, read) = log.behind();
        if behind > 0 {
            self.is_behind = true;
            let text = format!("still being read: {} of {} MiB so far", read >> 20, (read + behind) >> 20);
            troubles.push((Arc::clone(&log.name), text));
        }
        troubles.extend(log.said_of_holes().map(|said| (Arc::clone(&log.name), said)));
    }

    /// Tells what was seen and is not read; true when that is something else than before.
    fn tell_passed_over(&self, facts: &mut Facts) -> bool {
        // A linked folder in which a table is read is followed for that.
        let is_or_holds = |path: &str, table: &str| {
            table.strip_prefix(path).is_some_and(|below| below.is_empty() || below.starts_with('/'))
        };
        let is_followed = |path: &str| {
            self.logs.iter().any(|log| *log.name == *path) || self.tables.iter().any(|table| is_or_holds(path, table))
        };
        let is_noticed = |path: &str| self.noticed.iter().any(|noticed| *noticed.path == *path);
        let is_new = |seen: &&PassedOver| !is_noticed(&seen.path) && !is_followed(&seen.path);
        let discovered = self.discovery.passed_over().iter().filter(is_new);
        // What stands where a table would be read and is not a file is said until it is one.
        let is_still = |seen: &&PassedOver| !(is_followed(&seen.path) && self.dir.join(&*seen.path).is_file());
        let seen: Vec<PassedOver> = self.noticed.iter().filter(is_still).chain(discovered).cloned().collect();
        let is_new = seen != facts.passed_over();
        if is_new {
            facts.apply(Fact::PassedOver(Arc::new(seen)));
        }
        is_new
    }

    fn look_at(&mut self, at: usize, facts: &mut Facts, start: &dyn Start, now_ms: i64) -> Result<bool, String> {
        let mut changed = false;
        let first_look = !std::mem::replace(&mut self.logs[at].seen, true);
        let start = Some(start).filter(|_| !first_look);
        let mut left = MOST_OF_ONE.min(self.may_read);
        loop {
            let log = &mut self.logs[at];
            let found = log.look().map_err(|error| format!("could not be read: {error}"))?;
            let read = found.bytes() as u64;
            (left, self.may_read) = (left.saturating_sub(read), self.may_read.saturating_sub(read));
            match found {
                TailRead::Nothing => break,
                TailRead::Appended(bytes) => {
                    log.go_on_reading(&bytes);
                    log.keep_order();
                    if log.trial.is_none() {
                        self.begin(at, start, now_ms)?;
                    }
                }
                TailRead::Anew(bytes) => {
                    // No other run writes to it: it was copied anew.
                    let is_same = log.format.is_own_of_a_run() && log.trial.is_some();
                    let may_be_same = is_same || log.format.is_rewritten() && log.trial.is_some();
                    if is_same {
                        log.saved.doubt();
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
            // Curves are never waited for: the rest comes with the next looks.
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

    /// Asks whether a file that was written anew tells of the same run; true once that is known. Where nothing stands in
    /// it, because it is half written, what was known stands.
    fn settle(&mut self, at: usize, facts: &mut Facts, start: Option<&dyn Start>, now_ms: i64) -> Result<bool, String> {
        let log = &self.logs[at];
        let Some(since) = log.in_doubt else { return Ok(false) };
        match log.likeness() {
            _ if log.has_nothing() => return Ok(false),
            Likeness::Shorter if now_ms - since < DOUBT_MS => return Ok(false),
            Likeness::Same => {}
            Likeness::Shorter | Likeness::Other => {
                self.end_overwritten(at, facts)?;
                self.begin(at, start, now_ms)?;
            }
        }
        self.logs[at].in_doubt = None;
        Ok(true)
    }

    /// Rows appeared: each belongs to the run that was under way or over when it did, unless their
    /// values say otherwise. A run may be told of in several places.
    pub(super) fn take_rows(
        &mut self,
        rows: &[Arc<Row>],
        metric: Option<&str>,
        facts: &mut Facts,
        now_ms: i64,
    ) -> Result<(), String> {
        for row in rows {
            let mut told: Vec<CurvesFormat> = Vec::new();
            let mut newest_first: Vec<usize> = (0..self.logs.len()).collect();
            newest_first
                .sort_by_key(|at| std::cmp::Reverse(self.logs[*at].trial.as_ref().and_then(|trial| trial.started_ms)));
            for at in newest_first {
                let log = &mut self.logs[at];
                // Of runs that have a file each, the newest is meant.
                if log.format.is_own_of_a_run() && told.contains(&log.format) {
                    continue;
                }
                let mark = log.mark();
                let is_free = |trial: &&mut Trial| trial.row.is_none() && began_before(trial, now_ms);
                let Some(trial) = log.trial.as_mut().filter(is_free) else { continue };
                if !agrees(trial, row, metric) {
                    continue;
                }
                told.push(log.format);
                trial.row = Some(row_id(row));
                facts.apply(Fact::Trial(Arc::new(trial.clone())));
                if let Some(store) = &mut self.store {
                    store.save(trial, &mark, &mut log.saved).map_err(|error| error.to_string())?;
                }
            }
        }
        Ok(())
    }

    /// A new run's first bytes are there.
    fn begin(&mut self, at: usize, start: Option<&dyn Start>, now_ms: i64) -> Result<(), String> {
        let head = start.and_then(Start::head);
        let log = &self.logs[at];
        // The log of a run that was filed before: it may have grown since.
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
        // Half a document is no reason to take another run's place.
        self.logs[at].in_doubt = Some(now_ms).filter(|_| known.is_some() && self.logs[at].has_nothing());
        self.logs[at].trial = Some(trial);
        self.logs[at].saved = Saved::default();
        trouble.map_or(Ok(()), Err)
    }

    /// The log belongs to another run now: what it held is kept as it was last seen.
    fn end_overwritten(&mut self, at: usize, facts: &mut Facts) -> Result<(), String> {
        let log = &mut self.logs[at];
        let Some(mut trial) = log.trial.take() else { return Ok(()) };
        if matches!(trial.end, TrialEnd::Running | TrialEnd::Silent) {
            trial.end = TrialEnd::Overwritten;
        }
        if self.is_followed && trial.id.0 >= UNFILED {
            // The other process saw it, too, and files it under a name of its own.
            facts.apply(Fact::NoTrials(vec![trial.id]));
            return Ok(());
        }
        let mut filed = Ok(());
        if let Some(store) = &mut self.store {
            filed = store.save(&trial, &LogMark::default(), &mut log.saved).map_err(|error| error.to_string());
            if filed.is_ok() {
                // From now on its curves are in the archive only.
                trial.recorded = Recorded::Filed(trial.recorded.outlines());
            }
        }
        facts.apply(Fact::Trial(Arc::new(trial)));
        filed
    }

    /// Brings the trial up to what its reader understood and what the clock says.
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
            return log.say_unread() || changed;
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
            // The last moment: whatever fails now was reported when it first failed.
            let _ = self.save(at, i64::MAX);
        }
    }
}

/// True if the run's begin was seen, and not in the very look that saw the row: then the row is
/// about the run before.
fn began_before(trial: &Trial, now_ms: i64) -> bool {
    trial.started_ms.is_some_and(|started| started < now_ms)
}

/// False when run and row both name a value of the metric and the two differ.
fn agrees(trial: &Trial, row: &Row, metric: Option<&str>) -> bool {
    let values = metric.and_then(|metric| Some((trial.summary_value(metric)?, row.outcome(metric).value()?)));
    values.is_none_or(|(run, row)| (run - row).abs() <= 5.1e-7)
}

fn warn(facts: &mut Facts, subject: &'static str, troubles: Vec<(Arc<str>, String)>) {
    let warnings = troubles.into_iter().map(|(path, message)| Warning { path, line: 0, end_line: 0, message });
    facts.apply(Fact::Warnings(subject, warnings.collect()));
}
