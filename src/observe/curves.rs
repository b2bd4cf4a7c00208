//! The logs: which run is in them, its curves, and keeping both before the next run overwrites them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::tail::{Found, Tail};
use crate::archive::{Archive, LogMark, Saved};
use crate::format::{CurvesFormat, LogReader};
use crate::model::{Binding, CommitId, Fact, Facts, Recorded, Row, Trial, TrialEnd, TrialId, Warning, row_id};

/// Without a byte for this long, a trial without an end is called silent.
const SILENT_AFTER_MS: i64 = 10 * 60 * 1000;
/// A running trial is written to the archive this often.
const SAVE_EVERY_MS: i64 = 5000;
/// Numbers of trials that are in no archive begin here.
const UNFILED: u64 = 1 << 40;

struct Log {
    name: Arc<str>,
    tail: Tail,
    reader: Box<dyn LogReader>,
    trial: Option<Trial>,
    saved: Saved,
    saved_ms: i64,
    dirty: bool,
    seen: bool,
}

/// Where the loop is when a run begins.
pub(super) trait Start {
    /// The commit it is on.
    fn head(&self) -> Option<CommitId>;
    /// A commit of ours with the edits that are not committed; `None` without any.
    fn keep_edits(&self) -> Result<Option<CommitId>, String>;
}

/// Follows all logs of a run directory.
pub(super) struct Curves {
    dir: PathBuf,
    logs: Vec<Log>,
    archive: Option<Archive>,
    loop_key: String,
    /// Trials of the archive that may still be what a log holds.
    filed: Vec<(Trial, LogMark)>,
    /// What could not be read or kept at the last look.
    troubles: Vec<(Arc<str>, String)>,
    next: u64,
}

impl Curves {
    pub(super) fn new(dir: &Path, names: &[String]) -> Self {
        let mut curves = Self {
            dir: dir.to_owned(),
            logs: Vec::new(),
            archive: None,
            loop_key: String::new(),
            filed: Vec::new(),
            troubles: Vec::new(),
            next: UNFILED,
        };
        curves.also(names);
        // It is the name loops use, also when it comes later.
        curves.also(&["run.log".to_owned()]);
        curves
    }

    /// Paths of the logs that are followed.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.logs.iter().map(|log| &*log.name)
    }

    /// Follows these logs too.
    pub(super) fn also(&mut self, names: &[String]) {
        for name in names {
            if self.logs.iter().any(|log| *log.name == **name) {
                continue;
            }
            self.logs.push(Log {
                name: name.as_str().into(),
                tail: Tail::new(self.dir.join(name)),
                reader: CurvesFormat::of(name).reader(),
                trial: None,
                saved: Saved::default(),
                saved_ms: 0,
                dirty: false,
                seen: false,
            });
        }
    }

    /// Reads what is archived and records from now on.
    pub(super) fn record_into(&mut self, archive: Archive, loop_key: String, facts: &mut Facts) {
        self.recall_from(&archive, &loop_key, facts);
        self.archive = Some(archive);
        self.loop_key = loop_key;
    }

    /// Reads what is archived.
    pub(super) fn recall_from(&mut self, archive: &Archive, loop_key: &str, facts: &mut Facts) {
        match archive.trials(loop_key) {
            Ok(filed) => {
                for (trial, _) in &filed {
                    facts.apply(Fact::Trial(Arc::new(trial.clone())));
                }
                self.filed = filed;
            }
            Err(error) => warn(facts, "archive", vec![("archive.db".into(), error.to_string())]),
        }
    }

    /// Takes in what is new; true when something was.
    pub(super) fn look(&mut self, facts: &mut Facts, start: &dyn Start, now_ms: i64) -> bool {
        let mut changed = false;
        let mut troubles = Vec::new();
        for at in 0..self.logs.len() {
            match self.look_at(at, facts, start, now_ms) {
                Ok(one) => changed |= one,
                Err(message) => {
                    troubles.push((Arc::clone(&self.logs[at].name), message));
                }
            }
        }
        // What was read is shown even when it could not be kept; the same trouble is told once.
        changed |= troubles != self.troubles;
        self.troubles.clone_from(&troubles);
        warn(facts, "logs", troubles);
        changed
    }

    fn look_at(&mut self, at: usize, facts: &mut Facts, start: &dyn Start, now_ms: i64) -> Result<bool, String> {
        let mut changed = false;
        loop {
            let log = &mut self.logs[at];
            let first_look = !std::mem::replace(&mut log.seen, true);
            match log.tail.look().map_err(|error| format!("could not be read: {error}"))? {
                Found::Nothing => break,
                Found::Appended(bytes) => {
                    log.reader.push(&bytes);
                    if log.trial.is_none() {
                        self.begin(at, Some(start).filter(|_| !first_look), now_ms)?;
                    }
                }
                Found::Anew(bytes) => {
                    self.end_overwritten(at, facts)?;
                    let log = &mut self.logs[at];
                    log.reader = CurvesFormat::of(&log.name).reader();
                    log.reader.push(&bytes);
                    if !bytes.is_empty() {
                        self.begin(at, Some(start).filter(|_| !first_look), now_ms)?;
                    }
                }
            }
            changed = true;
            if !self.logs[at].tail.has_more() {
                break;
            }
        }
        changed |= self.refresh(at, changed, now_ms);
        let log = &mut self.logs[at];
        if changed && let Some(trial) = &log.trial {
            facts.apply(Fact::Trial(Arc::new(trial.clone())));
            log.dirty = true;
            let warnings = log.reader.view().warnings.iter().map(|located| Warning {
                path: Arc::clone(&log.name),
                line: located.line,
                end_line: located.end_line,
                message: located.message.clone(),
            });
            if log.name.ends_with(".jsonl") {
                facts.apply(Fact::Warnings("metrics", warnings.collect()));
            }
        }
        self.save(at, now_ms)?;
        Ok(changed)
    }

    /// Rows appeared: each belongs to the run that was under way or over when it did, unless their
    /// values say otherwise.
    pub(super) fn take_rows(
        &mut self,
        rows: &[Arc<Row>],
        metric: Option<&str>,
        facts: &mut Facts,
        now_ms: i64,
    ) -> Result<(), String> {
        for row in rows {
            let free = |log: &&mut Log| {
                log.trial.as_ref().is_some_and(|trial| trial.row.is_none() && began_before(trial, now_ms))
            };
            let Some(log) = self.logs.iter_mut().find(free) else { break };
            let Some(trial) = log.trial.as_mut().filter(|trial| agrees(trial, row, metric)) else { continue };
            trial.row = Some(row_id(row));
            facts.apply(Fact::Trial(Arc::new(trial.clone())));
            if let Some(archive) = &mut self.archive {
                archive.save(trial, &log.tail.mark(), &mut log.saved).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    /// A new run's first bytes are there.
    fn begin(&mut self, at: usize, start: Option<&dyn Start>, now_ms: i64) -> Result<(), String> {
        let head = start.and_then(Start::head);
        let log = &self.logs[at];
        let filed = self.filed.iter().rev().find(|(trial, _)| trial.log == log.name);
        // The log of a run that was filed before: it may have grown since.
        let known = filed.filter(|(_, mark)| log.tail.continues(mark));
        let mut trouble = None;
        let trial = if let Some((trial, _)) = known {
            trial.clone()
        } else {
            let edits = start.map_or(Ok(None), Start::keep_edits).unwrap_or_else(|message| {
                trouble = Some(message);
                None
            });
            let id = match &mut self.archive {
                Some(archive) => archive.begin(&self.loop_key, &log.name, head).map_err(|error| error.to_string())?,
                None => {
                    self.next += 1;
                    TrialId(self.next)
                }
            };
            let binding = head.map_or(Binding::Unknown, Binding::Head);
            Trial { edits, started_ms: head.map(|_| now_ms), ..Trial::begun(id, &log.name, binding) }
        };
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
        let mut filed = Ok(());
        if let Some(archive) = &mut self.archive {
            filed = archive.save(&trial, &LogMark::default(), &mut log.saved).map_err(|error| error.to_string());
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
        let Some(trial) = &mut log.trial else { return false };
        let view = log.reader.view();
        if new_bytes {
            trial.recorded = Recorded::Here(Arc::new(log.reader.curves()));
            trial.last_lines.clone_from(&view.last_lines);
            trial.summary.clone_from(&view.summary);
            trial.progress = view.progress;
            trial.remaining_s = view.remaining_s;
            trial.last_ms = log.tail.modified_ms();
        }
        let silent = trial.last_ms.is_some_and(|last| now_ms - last > SILENT_AFTER_MS);
        let end = view.end.clone().unwrap_or(if silent { TrialEnd::Silent } else { TrialEnd::Running });
        let changed = trial.end != end;
        trial.end = end;
        changed
    }

    fn save(&mut self, at: usize, now_ms: i64) -> Result<(), String> {
        let log = &mut self.logs[at];
        let (Some(archive), Some(trial)) = (&mut self.archive, &log.trial) else { return Ok(()) };
        let due = trial.end != TrialEnd::Running || now_ms - log.saved_ms >= SAVE_EVERY_MS;
        if log.dirty && due {
            archive.save(trial, &log.tail.mark(), &mut log.saved).map_err(|error| error.to_string())?;
            log.saved_ms = now_ms;
            log.dirty = false;
        }
        Ok(())
    }
}

impl Drop for Curves {
    fn drop(&mut self) {
        for at in 0..self.logs.len() {
            // The last moment: whatever fails now was reported when it first failed.
            let _ = self.save(at, i64::MAX);
        }
    }
}

/// True when the run's begin was seen, and not in the very look that saw the row: then the row is
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
