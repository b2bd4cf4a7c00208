//! Decides who records: this process while it holds the lock; otherwise it follows the process that does.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Watched;
use super::curves::{CurveFollower, Discovery};
use crate::model::{Fact, LoopFormat, Recorder, TrialId, Warning};
use crate::repo::Repo;
use crate::store::{CurveStore, RecorderLock, Retention, StoredTrials};

/// The interval, in milliseconds, at which the lock and the other process's store are checked.
const EVERY_MS: i64 = 1_000;
/// The interval, in milliseconds, at which points beyond the policy's limits are deleted.
const THIN_EVERY_MS: i64 = 6 * 3600 * 1000;

/// The state of recording.
#[derive(Default)]
pub(super) struct RecordingState {
    /// The right to record; `None` while another process has it, or it is not wanted.
    turn: Option<RecorderLock>,
    /// True for a recorder, which takes precedence over a screen.
    is_recorder: bool,
    /// The recorder that was last reported.
    reported: Recorder,
    /// Held by a recorder while it waits for the lock.
    wish: Option<RecorderLock>,
    /// The key of the loop that is recorded or followed.
    key: String,
    next_ms: i64,
    next_thin_ms: i64,
    /// Times and sizes of the store's files as of the last check.
    seen: [Option<(SystemTime, u64)>; 2],
    /// The state of the loop in the store when it was last read.
    state: Option<StoredTrials>,
}

impl Watched {
    /// Makes this a process that only records, for which a screen gives up the lock.
    pub fn as_recorder(mut self) -> Self {
        self.recording.is_recorder = true;
        self
    }

    /// True while this process records the loop.
    pub fn is_recording(&self) -> bool {
        self.recording.turn.is_some()
    }

    /// Updates the lock, or the data that another process saves. True if anything changed.
    pub(super) fn update_recording(&mut self, now_ms: i64) -> bool {
        let reported = self.recording.reported;
        // A pipe may appear next to the store just after the check for one.
        let _working = self.repo.as_ref().ok().map(Repo::begin_work);
        let changed = self.look_at_turn(now_ms);
        changed || reported != self.recording.reported
    }

    fn look_at_turn(&mut self, now_ms: i64) -> bool {
        let Some(store) = self.store_path() else { return false };
        let key = self.identity().key();
        // Another branch is another loop, with trials of its own.
        let is_new = key != self.recording.key;
        if is_new {
            if !self.recording.key.is_empty() {
                // Everything read is saved before the lock is given up.
                self.restart_curves();
            }
            let is_recorder = self.recording.is_recorder;
            self.recording = RecordingState { key: key.clone(), is_recorder, ..RecordingState::default() };
        }
        if now_ms < self.recording.next_ms {
            return false;
        }
        self.recording.next_ms = now_ms + EVERY_MS;
        if self.is_recording() {
            if self.recording.is_recorder || !RecorderLock::is_announced(&store, &key) {
                return self.thin(now_ms);
            }
            // A recorder started: a screen gives up the lock and follows it.
            self.restart_curves();
            self.recording.turn = None;
            self.recording.state = None;
        }
        if self.record && self.take_lock(&store, &key, is_new) {
            return true;
        }
        self.follow_recorded(&store, &key, is_new)
    }

    /// True if this process records from now on, or knows why it cannot.
    fn take_lock(&mut self, store: &Path, key: &str, is_new: bool) -> bool {
        let is_recorder = self.recording.is_recorder;
        if !is_recorder && RecorderLock::is_announced(store, key) {
            return self.defer_to(RecorderLock::holder(store, key).and_then(|other| other.process));
        }
        let there = self.repo.as_ref().map_or(Ok(()), Repo::refuse_moved).map_err(std::io::Error::other);
        let made = there.and_then(|()| store.parent().map_or(Ok(()), std::fs::create_dir_all));
        let opened = match made.and_then(|()| RecorderLock::take(store, key)) {
            Ok(Err(other)) => {
                if is_recorder && self.recording.wish.is_none() {
                    self.recording.wish = RecorderLock::announce(store, key).ok().flatten();
                }
                return self.defer_to(other.process);
            }
            Ok(Ok(turn)) => CurveStore::open(store).map(|store| (turn, store)).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        self.recording.wish = None;
        let mut warnings = Vec::new();
        match opened {
            Ok((turn, store)) => {
                if !is_new {
                    // Trials that were followed belong to the other process's records: they are read again and
                    // continued.
                    self.restart_curves();
                }
                self.recording.turn = Some(turn);
                self.curves.record_into(store, key.to_owned(), &mut self.facts);
                self.tell_recorder(Recorder::Here);
            }
            Err(message) => {
                self.tell_recorder(Recorder::Absent);
                warnings.push(Warning { path: "archive.db".into(), line: 0, end_line: 0, message });
            }
        }
        let is_recording = warnings.is_empty();
        self.facts.apply(Fact::Warnings("archive", warnings));
        is_recording
    }

    /// Reads everything that another process saved since the last pass.
    fn follow_recorded(&mut self, store: &Path, key: &str, is_new: bool) -> bool {
        let wal = PathBuf::from(format!("{}-wal", store.display()));
        let stat =
            |path: &Path| std::fs::metadata(path).ok().and_then(|meta| Some((meta.modified().ok()?, meta.len())));
        let seen = [stat(store), stat(&wal)];
        if !is_new && seen == self.recording.seen {
            return false;
        }
        self.recording.seen = seen;
        if !self.record {
            match RecorderLock::holder(store, key) {
                Some(other) => drop(self.defer_to(other.process)),
                None => self.tell_recorder(Recorder::Absent),
            }
        }
        let Some(store) = CurveStore::open_to_read(store) else { return false };
        let state = store.state(key).ok();
        // A run in progress here that was not found there may be there now.
        if state.is_some() && state == self.recording.state && !self.curves.has_unfiled() {
            return false;
        }
        self.recording.state = state;
        self.curves.recall_from(&store, key, &mut self.facts);
        true
    }

    /// Notes that another process records and this one follows it; false, because it does not record.
    fn defer_to(&mut self, process: Option<u32>) -> bool {
        self.curves.follow_recorder();
        self.tell_recorder(Recorder::Other(process));
        false
    }

    fn tell_recorder(&mut self, recorder: Recorder) {
        self.recording.reported = recorder;
        self.facts.apply(Fact::Recorder(recorder));
    }

    fn restart_curves(&mut self) {
        let gone = self.facts.trial_ids();
        self.facts.apply(Fact::RemovedTrials(gone));
        self.curves = self.new_curves();
    }

    /// Follows the logs of the run directory from their start.
    pub(super) fn new_curves(&self) -> CurveFollower {
        let discovery = match self.recognised.format {
            LoopFormat::Curves => Discovery::whole(&self.dir),
            _ => Discovery::below(&self.dir),
        };
        // Metrics that a client logs through the agent's mailbox, if there is one.
        let through_mailbox = format!("{}/{}", crate::mailbox::MAILBOX_DIR, crate::mailbox::METRICS);
        let names = [self.recognised.logs.as_slice(), &[through_mailbox], &self.policy.logs].concat();
        let mut curves = CurveFollower::new(&self.dir, &names, discovery);
        curves.set_tables(super::tables(&self.recognised));
        curves.also_noticed(&self.noticed);
        curves
    }

    /// Deletes points beyond the policy's limits from time to time.
    fn thin(&mut self, now_ms: i64) -> bool {
        if now_ms < self.recording.next_thin_ms {
            return false;
        }
        self.recording.next_thin_ms = now_ms + THIN_EVERY_MS;
        let part = self.policy.archive;
        let keep = Retention { days: part.keep_days, megabytes: part.most_mb };
        if keep == Retention::default() {
            return false;
        }
        let snapshot = self.snapshot();
        let approved = snapshot.decisions.iter().filter(|decision| decision.is_approval()).map(|d| &d.experiment);
        let baseline = snapshot.baseline.map(|at| &snapshot.experiments[at].id);
        let trials = approved.chain(baseline).flat_map(|id| snapshot.trials_of(id));
        let precious: HashSet<TrialId> = trials.map(|at| snapshot.trials[*at].id).collect();
        let mut warnings = Vec::new();
        if let Err(message) = self.curves.thin(keep, &precious, now_ms) {
            warnings.push(Warning { path: "archive.db".into(), line: 0, end_line: 0, message });
        }
        self.facts.apply(Fact::Warnings("archive", warnings));
        true
    }
}
