//! Runs with files of their own: those in progress are followed, the others are read once and closed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::log::Log;
use super::places::CurvePlace;
use super::{CurveFollower, SILENT_AFTER_MS, Start, UNFILED};
use crate::model::{Fact, Facts, Recorded, TrialEnd, TrialId};

/// Number of newest runs that are followed, in progress or not.
const FOLLOWED: usize = 8;
/// Largest number of runs in progress that are followed.
const MOST_FOLLOWED: usize = 64;
/// Bytes of files that are read without a store, newest first: all their curves are held in memory.
const READ_WITHOUT_ARCHIVE: u64 = 256 << 20;
/// Earlier runs are read for this long before the running one is checked again.
const BACKLOG_SLICE: Duration = Duration::from_millis(50);
/// A file found after the start is of a run that began now if it is not older than this.
const JUST_BEGUN: Duration = Duration::from_secs(60);

/// Read and save errors, by log.
type Troubles = Vec<(Arc<str>, String)>;

impl CurveFollower {
    /// Follows the newest runs and those in progress; the others wait to be read once. True if runs were removed.
    pub(super) fn follow(
        &mut self,
        mut places: Vec<CurvePlace>,
        is_first: bool,
        facts: &mut Facts,
        now_ms: i64,
        troubles: &mut Troubles,
    ) -> bool {
        let is_curve_missing = !is_first && self.let_go(&places, facts, now_ms, troubles);
        let age = |place: &CurvePlace| SystemTime::now().duration_since(place.modified).unwrap_or_default();
        places.sort_by(|a, b| (b.modified, &b.name).cmp(&(a.modified, &a.name)));
        let going_on = places.iter().take_while(|place| age(place).as_millis() < SILENT_AFTER_MS as u128).count();
        let (newest, others) = places.split_at(going_on.clamp(FOLLOWED, MOST_FOLLOWED).min(places.len()));
        let filed = self.filed_of(&places);
        for place in newest {
            if let Some(log) = self.logs.iter_mut().find(|log| log.is_of(place)) {
                log.follow(place);
            } else if let Some(mut log) = Log::of(place).filter(|_| !filed.contains(&place.name)) {
                log.was_read = !is_first && age(place) < JUST_BEGUN;
                // It is read again.
                facts.apply(Fact::RemovedTrials(self.kept.remove(&log.name).into_iter().collect()));
                self.logs.push(log);
            }
        }
        // A run counts as ended once it is not followed any more.
        for mut log in std::mem::take(&mut self.logs) {
            let is_over = !log.is_named && others.iter().any(|place| log.is_of(place));
            match if is_over { self.put_away(&mut log, facts, now_ms) } else { Ok(()) } {
                Ok(()) if is_over => {}
                Ok(()) => self.logs.push(log),
                Err(message) => {
                    troubles.push((Arc::clone(&log.name), message));
                    self.logs.push(log);
                }
            }
        }
        self.wait_for(others, &filed, facts);
        is_curve_missing
    }

    /// Removes runs whose files were deleted or taken over by another run. A run in the store has ended and stays, the
    /// others are removed; true if there were any.
    fn let_go(&mut self, places: &[CurvePlace], facts: &mut Facts, now_ms: i64, troubles: &mut Troubles) -> bool {
        let mut gone = Vec::new();
        let names: HashSet<Arc<str>> = self.logs.iter().map(|log| Arc::clone(&log.name)).collect();
        // A file that turned out to be of an earlier run is read there.
        let is_followed_there = |log: &Log| {
            let of = places.iter().find(|place| place.names.iter().any(|name| **name == *log.name));
            of.is_some_and(|place| *place.name != *log.name && names.contains(place.name.as_str()))
        };
        for mut log in std::mem::take(&mut self.logs) {
            let is_here = || places.iter().any(|place| log.is_of(place)) || log.path().exists();
            if log.is_named || is_here() && !is_followed_there(&log) {
                self.logs.push(log);
                continue;
            }
            let is_filed = |id: TrialId| self.store.is_some() || id.0 < UNFILED;
            match log.trial.as_ref().map(|trial| trial.id) {
                Some(id) if is_filed(id) => {
                    // Those lines can no longer be checked.
                    log.trial.iter_mut().for_each(|trial| trial.unread.clear());
                    let put_away = self.put_away(&mut log, facts, now_ms);
                    troubles.extend(put_away.err().map(|message| (Arc::clone(&log.name), message)));
                }
                Some(id) => gone.push(id),
                None => {}
            }
        }
        let dir = self.dir.clone();
        let is_here = |name: &str| places.iter().any(|place| place.name == name) || dir.join(name).exists();
        gone.extend(self.kept.extract_if(|name, _| !is_here(name)).map(|(_, id)| id));
        let is_curve_missing = !gone.is_empty();
        facts.apply(Fact::RemovedTrials(gone));
        is_curve_missing
    }

    /// Queues the runs that are not followed for reading.
    fn wait_for(&mut self, others: &[CurvePlace], filed: &HashSet<String>, facts: &Facts) {
        let known: HashSet<&str> = facts.logs().map(|log| &**log).collect();
        let mut waiting: Vec<CurvePlace> = others.to_vec();
        waiting.retain(|place| !filed.contains(&place.name));
        self.left_out = 0;
        if self.is_followed {
            // The process that records reads them.
            waiting.clear();
        } else if self.store.is_none() {
            let mut bytes = 0;
            let fits = waiting.iter().take_while(|place| {
                bytes += place.bytes;
                bytes <= READ_WITHOUT_ARCHIVE
            });
            let room = fits.count();
            self.left_out = waiting.len() - room;
            waiting.truncate(room);
            waiting.retain(|place| !known.contains(place.name.as_str()));
        }
        waiting.reverse();
        self.backlog = waiting;
    }

    /// Names of the places that are completely stored.
    fn filed_of(&self, places: &[CurvePlace]) -> HashSet<String> {
        let filed: HashMap<&str, u64> = self.filed.iter().map(|(trial, mark)| (&*trial.log, mark.bytes)).collect();
        let is_filed = |place: &&CurvePlace| {
            std::iter::once(&place.name).chain(&place.names).any(|name| filed.get(name.as_str()) == Some(&place.bytes))
        };
        places.iter().filter(is_filed).map(|place| place.name.clone()).collect()
    }

    /// Reads earlier runs for a moment.
    pub(super) fn read_backlog(
        &mut self,
        facts: &mut Facts,
        start: &dyn Start,
        now_ms: i64,
        troubles: &mut Troubles,
    ) -> bool {
        let begun = Instant::now();
        let mut changed = false;
        while begun.elapsed() < BACKLOG_SLICE
            && let Some(log) = self.half_read.take().or_else(|| self.next_of_backlog())
        {
            self.logs.push(log);
            let at = self.logs.len() - 1;
            let read = self.look_at(at, facts, start, now_ms);
            self.report_length(at, troubles);
            let Some(mut log) = self.logs.pop() else { continue };
            if log.behind().0 > 0 && read.is_ok() {
                // One at a time: the part that was read so far is in memory.
                changed |= read.is_ok_and(|one| one);
                self.half_read = Some(log);
                break;
            }
            let read = read.and_then(|one| self.put_away(&mut log, facts, now_ms).map(|()| one));
            match read {
                Ok(one) => changed |= one,
                Err(message) => troubles.push((Arc::clone(&log.name), message)),
            }
        }
        changed
    }

    fn next_of_backlog(&mut self) -> Option<Log> {
        std::iter::from_fn(|| self.backlog.pop()).find_map(|place| Log::of(&place))
    }

    /// Closes an ended run: from now on its curves are only in the store, if there is one.
    fn put_away(&mut self, log: &mut Log, facts: &mut Facts, now_ms: i64) -> Result<(), String> {
        let mark = log.mark();
        let Some(trial) = &mut log.trial else { return Ok(()) };
        if trial.end == TrialEnd::Running {
            trial.end = TrialEnd::Silent;
        }
        if let Some(store) = &mut self.store {
            store.save(trial, &mark, &mut log.saved).map_err(|error| error.to_string())?;
            log.saved_ms = now_ms;
            trial.recorded = Recorded::InStore(trial.recorded.outlines());
            self.filed.retain(|(known, _)| known.id != trial.id);
            self.filed.push((trial.clone(), mark));
        } else if trial.id.0 >= UNFILED {
            self.kept.insert(Arc::clone(&log.name), trial.id);
        }
        facts.apply(Fact::Trial(Arc::new(trial.clone())));
        Ok(())
    }
}
