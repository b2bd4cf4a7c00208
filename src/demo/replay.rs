//! Replays a recorded loop in a new directory: the first experiments are preloaded, the rest are written as a loop
//! would write them, at a chosen speed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::recording::{RecordedDecision, RecordedExperiment};
use super::tiny_lm::{EXCLUDED, make_parent_of, write_at};
use super::{DemoDir, DemoError, Recording};
use crate::decide::Decider;
use crate::model::{Answer, Approval};
use crate::model::{Binding, Built, CommitId, DecisionKind, Trial, TrialEnd};
use crate::query::{QueryCache, Request, Response, answer};
use crate::repo::{Person, Repo, pin};
use crate::store::{CurveStore, LogMark, Saved};
use crate::watch::Watched;

/// Speed as a multiple of the original; above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed(pub f64);

/// Duration of a run without a recorded log.
const WITHOUT_LOG: Duration = Duration::from_secs(2);
/// Time before the first run begins.
const BEFORE_FIRST: Duration = Duration::from_millis(700);
/// Minimum time between writes of log lines; a finer pace would not be visible.
const SHORTEST: Duration = Duration::from_millis(20);

/// A replay in progress.
pub struct Replay {
    recording: Recording,
    repo: Repo,
    dir: PathBuf,
    next: usize,
    kept_head: CommitId,
}

/// A replay running in its own thread. Dropping it stops the replay.
pub struct ReplayThread {
    _stop: Sender<()>,
}

impl Replay {
    /// Preloads the first `preload` experiments, with their curves and decisions, into an empty directory.
    pub fn begin(recording: Recording, demo: &DemoDir, preload: usize, now_ms: i64) -> Result<Self, DemoError> {
        let repo = Repo::init_own(demo.dir(), &recording.branch, &EXCLUDED)?;
        let commits = recording.experiments.iter().filter_map(|recorded| recorded.head).chain([recording.start]);
        recording.repo.copy_commits(&repo, commits)?;
        repo.go_to_own(recording.start)?;
        let dir = demo.dir().join(&recording.prefix);
        std::fs::create_dir_all(&dir).map_err(DemoError::io(&dir))?;
        if let Some(policy) = &recording.policy {
            write_at(&repo.own_path("policy.yaml")?, policy)?;
        }
        let preload = preload.min(recording.experiments.len());
        let kept_head = recording.start;
        let mut replay = Self { recording, repo, dir, next: preload, kept_head };
        replay.preload(preload, demo, now_ms)?;
        Ok(replay)
    }

    /// Returns the run directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the number of experiments still to come.
    pub fn left(&self) -> usize {
        self.recording.experiments.len() - self.next
    }

    fn preload(&mut self, preload: usize, demo: &DemoDir, now_ms: i64) -> Result<(), DemoError> {
        let first = &self.recording.experiments[..preload];
        // Discarded commits were in the original's reflog, but not in this one: pin them.
        pin(&self.repo, first.iter().filter_map(|recorded| recorded.head))?;
        let kept = first.iter().rev().find(|recorded| recorded.kept && recorded.head.is_some());
        if let Some(head) = kept.and_then(|recorded| recorded.head) {
            self.repo.go_to_own(head)?;
            self.kept_head = head;
        }
        let until = first.last().map_or(self.recording.first_row(), |recorded| recorded.results_until);
        let results = self.dir.join(&self.recording.results_name);
        write_at(&results, &self.recording.results[..until])?;
        let trials: Vec<Arc<Trial>> = first.iter().filter_map(|recorded| recorded.trial.clone()).collect();
        let mut watched = Watched::open_to_record(&self.dir, demo.state())?;
        self.store_curves(&trials, &watched)?;
        watched.poll(now_ms);
        let decided: Vec<RecordedDecision> = self
            .recording
            .decided
            .iter()
            .filter(|decided| first.iter().any(|recorded| recorded.id == decided.experiment))
            .cloned()
            .collect();
        for decided in decided {
            self.decide(&mut watched, demo.state(), &decided, now_ms)?;
        }
        Ok(())
    }

    /// Stores the curves of the preloaded trials in the new curve store.
    fn store_curves(&self, trials: &[Arc<Trial>], watched: &Watched) -> Result<(), DemoError> {
        let path = self.repo.own_path("archive.db")?;
        make_parent_of(&path)?;
        let mut store = CurveStore::open(&path)?;
        let key = watched.identity().key();
        for trial in trials {
            let head = match trial.binding {
                Binding::Head(head) => Some(head),
                Binding::Unknown => None,
            };
            let id = store.begin(&key, &trial.log, head)?;
            store.save(&Trial { id, ..(**trial).clone() }, &LogMark::default(), &mut Saved::default())?;
        }
        Ok(())
    }

    /// Repeats a recorded decision, with the same reviewer and reason. One that cannot be made any more is skipped and
    /// stays open.
    fn decide(
        &self,
        watched: &mut Watched,
        state: &Path,
        decided: &RecordedDecision,
        now_ms: i64,
    ) -> Result<(), DemoError> {
        let snapshot = watched.snapshot();
        let Some(index) = snapshot.index_of(&decided.experiment) else { return Ok(()) };
        let decider =
            Decider::open(&self.dir, state, &snapshot.identity)?.for_person(person(&decided.reviewer)).at(decided.at);
        if decided.kind == DecisionKind::Vetoed {
            let head = snapshot.experiments[index].head();
            decider.answer(&Answer::veto(decided.experiment.clone(), head, &decided.reason))?;
            watched.poll(now_ms);
            return Ok(());
        }
        let request = match (decided.kind, snapshot.decision(&decided.experiment).and_then(|before| before.commit)) {
            (DecisionKind::Reverted, Some(commit)) => Request::Revert(decided.experiment.clone(), commit),
            (DecisionKind::Approved, _) => Request::Judge(decided.experiment.clone()),
            _ => return Ok(()),
        };
        let scratch = self.repo.scratch()?;
        let answered = answer(&scratch, &mut QueryCache::default(), &snapshot, watched.policy(), &request);
        let (Response::Judged(judged) | Response::Reverting(judged)) = answered else { return Ok(()) };
        let Built::Ready(candidate) = &judged.built else { return Ok(()) };
        decider.approve(&Approval {
            candidate: (**candidate).clone(),
            base: judged.base,
            text: judged.text.clone(),
            reason: decided.reason.clone(),
            acknowledged: decided.acknowledged.clone(),
            hunks_unseen: decided.hunks_unseen,
            on_screen_s: None,
            proposal: None,
            comments: Vec::new(),
        })?;
        watched.poll(now_ms);
        Ok(())
    }

    /// Runs the replay in its own thread. An error there ends the replay: the loop then stands still, like one that
    /// died.
    pub fn start(self, speed: Speed) -> Result<ReplayThread, DemoError> {
        // Nothing is ever sent: dropping the sender stops the replay, even in the middle of a run.
        let (stop, stopped) = channel();
        let dir = self.dir.clone();
        std::thread::Builder::new()
            .name("replay".to_owned())
            .spawn(move || drop(self.run_all(speed, &stopped)))
            .map_err(DemoError::io(dir))?;
        Ok(ReplayThread { _stop: stop })
    }

    fn run_all(mut self, speed: Speed, stopped: &Receiver<()>) -> Result<(), DemoError> {
        // Gives the screen time to open, so that the first run is seen from its start.
        if !waited(BEFORE_FIRST, stopped) {
            return Ok(());
        }
        while self.next < self.recording.experiments.len() {
            let recorded = self.recording.experiments[self.next].clone();
            if let Some(head) = recorded.head {
                self.repo.go_to_own(head)?;
            }
            if !self.run(&recorded, speed, stopped)? {
                return Ok(());
            }
            let results = self.dir.join(&self.recording.results_name);
            write_at(&results, &self.recording.results[..recorded.results_until])?;
            match recorded.head.filter(|_| recorded.kept) {
                Some(head) => self.kept_head = head,
                None => self.repo.go_to_own(self.kept_head)?,
            }
            self.next += 1;
        }
        Ok(())
    }

    /// Writes the log of a run at its original pace; false if it is time to stop.
    fn run(&self, recorded: &RecordedExperiment, speed: Speed, stopped: &Receiver<()>) -> Result<bool, DemoError> {
        let Some(trial) = &recorded.trial else { return Ok(waited(WITHOUT_LOG.div_f64(speed.0), stopped)) };
        let path = self.dir.join(log_name(&trial.log));
        let lines = lines(trial);
        let took = trial.started_ms.zip(trial.last_ms).map_or(0, |(from, to)| (to - from).max(0) as u64);
        let pause = Duration::from_millis(took).div_f64(speed.0) / lines.len().max(1) as u32;
        make_parent_of(&path)?;
        let mut log = std::fs::File::create(&path).map_err(DemoError::io(&path))?;
        let mut due = Duration::ZERO;
        for line in lines {
            std::io::Write::write_all(&mut log, line.as_bytes()).map_err(DemoError::io(&path))?;
            due += pause;
            if due >= SHORTEST {
                if !waited(due, stopped) {
                    return Ok(false);
                }
                due = Duration::ZERO;
            }
        }
        std::io::Write::write_all(&mut log, ending(trial).as_bytes()).map_err(DemoError::io(&path))?;
        // The row follows a moment after the log's end, as in a real loop.
        Ok(waited(Duration::from_millis(200).div_f64(speed.0.max(1.0)), stopped))
    }
}

/// Returns the log's path relative to the run directory. An agent can write to the curve store, so a path that leads
/// outside is not followed.
fn log_name(recorded: &str) -> &Path {
    let path = Path::new(recorded);
    let stays = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if stays && !recorded.is_empty() { path } else { Path::new("run.log") }
}

/// Waits; true unless the replay was stopped meanwhile.
fn waited(time: Duration, stopped: &Receiver<()>) -> bool {
    matches!(stopped.recv_timeout(time), Err(RecvTimeoutError::Timeout))
}

/// Returns the progress lines of a run from its curves: one line per step with all its values.
fn lines(trial: &Trial) -> Vec<String> {
    let mut steps: std::collections::BTreeMap<u64, (f64, String)> = std::collections::BTreeMap::new();
    let Some(curves) = trial.curves() else { return Vec::new() };
    for (metric, series) in &curves.series {
        for point in series.points().filter(|point| point.step >= 0.0) {
            // Non-negative floats sort like their bits.
            let line = &mut steps.entry(point.step.to_bits()).or_insert_with(|| (point.step, String::new())).1;
            line.push_str(&format!(" | {metric}: {}", point.value));
        }
    }
    let last = steps.values().last().map_or(0.0, |(step, _)| *step).max(f64::MIN_POSITIVE);
    let line = |(step, values): &(f64, String)| format!("\rstep {step} ({:.1}%){values}    ", 100.0 * step / last);
    steps.values().map(line).collect()
}

/// Returns the end of the log: the summary, or the last lines of a crash.
fn ending(trial: &Trial) -> String {
    let mut text = String::from("\n");
    match &trial.end {
        TrialEnd::Crashed(last) => {
            for line in last {
                text.push_str(&format!("{}\n", line.raw()));
            }
        }
        _ if trial.summary.is_empty() => {}
        _ => {
            text.push_str("---\n");
            for (key, value) in &trial.summary {
                text.push_str(&format!("{key}: {value}\n"));
            }
        }
    }
    text
}

/// Parses a reviewer in the ledger's form `Name <mail>`.
fn person(reviewer: &str) -> Person {
    let (name, rest) = reviewer.split_once(" <").unwrap_or((reviewer, ""));
    Person::new(name, rest.trim_end_matches('>'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{LogReader as _, RunLog};
    use crate::model::{Recorded, TrialId};

    #[test]
    fn a_replayed_log_reads_like_the_original() {
        let mut first = RunLog::default();
        first.push(b"\rstep 00001 (50.0%) | loss: 3.25 | dt: 10ms    \rstep 00002 (100.0%) | loss: nan | dt: 11ms   \n---\nval_bpb: 0.5\n");
        let view = first.view();
        let trial = Trial {
            end: TrialEnd::Finished,
            recorded: Recorded::InMemory(Arc::new(first.curves())),
            summary: view.summary.clone(),
            ..Trial::begun(TrialId(1), "run.log", Binding::Unknown)
        };
        let mut again = RunLog::default();
        again.push((lines(&trial).concat() + &ending(&trial)).as_bytes());
        assert_eq!(format!("{:?}", again.curves().series), format!("{:?}", first.curves().series));
        assert_eq!((&again.view().summary, &again.view().end), (&view.summary, &view.end));
    }
}
