//! A recorded loop that happens again in a folder of ours: what came first is laid down at once, the
//! rest is written as a loop writes it, at a speed of choice.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::recording::{Happened, RecordedDecision};
use super::tiny_lm::{EXCLUDED, make_folder_of, write_at};
use super::{DemoDir, DemoError, Recording};
use crate::decide::Decider;
use crate::model::{Answer, Approval};
use crate::model::{Binding, Built, CommitId, DecisionKind, Trial, TrialEnd};
use crate::query::{QueryCache, Request, Response, answer};
use crate::repo::{Person, Repo, pin};
use crate::store::{CurveStore, LogMark, Saved};
use crate::watch::Watched;

/// How many times as fast as it was; above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed(pub f64);

/// How long a run takes of which no log was recorded.
const WITHOUT_LOG: Duration = Duration::from_secs(2);
/// Until the first run begins.
const BEFORE_FIRST: Duration = Duration::from_millis(700);
/// Lines are written at least this far apart: nobody sees more.
const SHORTEST: Duration = Duration::from_millis(20);

/// A recording on its way through a folder.
pub struct Replay {
    recording: Recording,
    repo: Repo,
    dir: PathBuf,
    next: usize,
    stands_on: CommitId,
}

/// A replay that goes on in its own thread. Dropping it ends it.
pub struct ReplayThread {
    _stop: Sender<()>,
}

impl Replay {
    /// Lays the first `laid` experiments down, with their curves and decisions, in an empty folder.
    pub fn begin(recording: Recording, folder: &DemoDir, laid: usize, now_ms: i64) -> Result<Self, DemoError> {
        let repo = Repo::init_own(folder.dir(), &recording.branch, &EXCLUDED)?;
        let commits = recording.happened.iter().filter_map(|happened| happened.head).chain([recording.start]);
        recording.repo.copy_commits(&repo, commits)?;
        repo.go_to_own(recording.start)?;
        let dir = folder.dir().join(&recording.prefix);
        std::fs::create_dir_all(&dir).map_err(DemoError::io(&dir))?;
        if let Some(policy) = &recording.policy {
            write_at(&repo.own_file("policy.yaml")?, policy)?;
        }
        let laid = laid.min(recording.happened.len());
        let stands_on = recording.start;
        let mut replay = Self { recording, repo, dir, next: laid, stands_on };
        replay.lay(laid, folder, now_ms)?;
        Ok(replay)
    }

    /// Where the loop runs.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// How many experiments are still to come.
    pub fn left(&self) -> usize {
        self.recording.happened.len() - self.next
    }

    fn lay(&mut self, laid: usize, folder: &DemoDir, now_ms: i64) -> Result<(), DemoError> {
        let first = &self.recording.happened[..laid];
        // What was thrown away was in the loop's reflog: in ours it never was.
        pin(&self.repo, first.iter().filter_map(|happened| happened.head))?;
        let kept = first.iter().rev().find(|happened| happened.kept && happened.head.is_some());
        if let Some(head) = kept.and_then(|happened| happened.head) {
            self.repo.go_to_own(head)?;
            self.stands_on = head;
        }
        let until = first.last().map_or(self.recording.first_row(), |happened| happened.results_until);
        let results = self.dir.join(&self.recording.results_name);
        write_at(&results, &self.recording.results[..until])?;
        let trials: Vec<Arc<Trial>> = first.iter().filter_map(|happened| happened.trial.clone()).collect();
        let mut watched = Watched::open(&self.dir, folder.state(), true)?;
        self.file(&trials, &watched)?;
        watched.look(now_ms);
        let decided: Vec<RecordedDecision> = self
            .recording
            .decided
            .iter()
            .filter(|decided| first.iter().any(|happened| happened.id == decided.experiment))
            .cloned()
            .collect();
        for decided in decided {
            self.decide(&mut watched, folder.state(), &decided, now_ms)?;
        }
        Ok(())
    }

    /// The curves of what is laid down, in the archive of the new place.
    fn file(&self, trials: &[Arc<Trial>], watched: &Watched) -> Result<(), DemoError> {
        let path = self.repo.own_file("archive.db")?;
        make_folder_of(&path)?;
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

    /// Makes a recorded decision again, by the same person and with the same words. One that does not
    /// come about any more is left to whoever watches.
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
            watched.look(now_ms);
            return Ok(());
        }
        let question = match (decided.kind, snapshot.decision(&decided.experiment).and_then(|before| before.commit)) {
            (DecisionKind::Reverted, Some(commit)) => Request::Revert(decided.experiment.clone(), commit),
            (DecisionKind::Approved, _) => Request::Judge(decided.experiment.clone()),
            _ => return Ok(()),
        };
        let scratch = self.repo.scratch()?;
        let answered = answer(&scratch, &mut QueryCache::default(), &snapshot, watched.policy(), &question);
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
        watched.look(now_ms);
        Ok(())
    }

    /// Goes on in a thread of its own. What fails there ends the replay: the loop stands still then,
    /// as a loop does that died.
    pub fn start(self, speed: Speed) -> Result<ReplayThread, DemoError> {
        // Nothing is ever sent: dropping the sender is the sign to stop, also in the middle of a run.
        let (stop, stopped) = channel();
        let dir = self.dir.clone();
        std::thread::Builder::new()
            .name("replay".to_owned())
            .spawn(move || drop(self.go_on(speed, &stopped)))
            .map_err(DemoError::io(dir))?;
        Ok(ReplayThread { _stop: stop })
    }

    fn go_on(mut self, speed: Speed, stopped: &Receiver<()>) -> Result<(), DemoError> {
        // The first run begins when somebody is there to see it begin.
        if !waited(BEFORE_FIRST, stopped) {
            return Ok(());
        }
        while self.next < self.recording.happened.len() {
            let happened = self.recording.happened[self.next].clone();
            if let Some(head) = happened.head {
                self.repo.go_to_own(head)?;
            }
            if !self.run(&happened, speed, stopped)? {
                return Ok(());
            }
            let results = self.dir.join(&self.recording.results_name);
            write_at(&results, &self.recording.results[..happened.results_until])?;
            match happened.head.filter(|_| happened.kept) {
                Some(head) => self.stands_on = head,
                None => self.repo.go_to_own(self.stands_on)?,
            }
            self.next += 1;
        }
        Ok(())
    }

    /// Writes the log of a run as it grew; false when it is time to stop.
    fn run(&self, happened: &Happened, speed: Speed, stopped: &Receiver<()>) -> Result<bool, DemoError> {
        let Some(trial) = &happened.trial else { return Ok(waited(WITHOUT_LOG.div_f64(speed.0), stopped)) };
        let path = self.dir.join(log_name(&trial.log));
        let lines = lines(trial);
        let took = trial.started_ms.zip(trial.last_ms).map_or(0, |(from, to)| (to - from).max(0) as u64);
        let pause = Duration::from_millis(took).div_f64(speed.0) / lines.len().max(1) as u32;
        make_folder_of(&path)?;
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
        // The row comes a moment after the log's end, as it does in a loop.
        Ok(waited(Duration::from_millis(200).div_f64(speed.0.max(1.0)), stopped))
    }
}

/// The log's path below the run directory. An archive lies where an agent can write: a name that leads
/// elsewhere is not followed.
fn log_name(recorded: &str) -> &Path {
    let path = Path::new(recorded);
    let stays = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if stays && !recorded.is_empty() { path } else { Path::new("run.log") }
}

/// True when the time has passed and nobody said stop.
fn waited(time: Duration, stopped: &Receiver<()>) -> bool {
    matches!(stopped.recv_timeout(time), Err(RecvTimeoutError::Timeout))
}

/// The progress lines of a run, from its curves: a line a step, with every value that it had.
fn lines(trial: &Trial) -> Vec<String> {
    let mut steps: std::collections::BTreeMap<u64, (f64, String)> = std::collections::BTreeMap::new();
    let Some(curves) = trial.curves() else { return Vec::new() };
    for (metric, series) in &curves.series {
        for point in series.points().filter(|point| point.step >= 0.0) {
            // Steps that are not negative sort as their bits do.
            let line = &mut steps.entry(point.step.to_bits()).or_insert_with(|| (point.step, String::new())).1;
            line.push_str(&format!(" | {metric}: {}", point.value));
        }
    }
    let last = steps.values().last().map_or(0.0, |(step, _)| *step).max(f64::MIN_POSITIVE);
    let line = |(step, values): &(f64, String)| format!("\rstep {step} ({:.1}%){values}    ", 100.0 * step / last);
    steps.values().map(line).collect()
}

/// How the log ends: the summary, or the last lines of a crash.
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

/// `Name <mail>` as the ledger has it.
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
    fn a_log_that_is_written_again_reads_as_the_first_one() {
        let mut first = RunLog::default();
        first.push(b"\rstep 00001 (50.0%) | loss: 3.25 | dt: 10ms    \rstep 00002 (100.0%) | loss: nan | dt: 11ms   \n---\nval_bpb: 0.5\n");
        let view = first.view();
        let trial = Trial {
            end: TrialEnd::Finished,
            recorded: Recorded::Here(Arc::new(first.curves())),
            summary: view.summary.clone(),
            ..Trial::begun(TrialId(1), "run.log", Binding::Unknown)
        };
        let mut again = RunLog::default();
        again.push((lines(&trial).concat() + &ending(&trial)).as_bytes());
        assert_eq!(format!("{:?}", again.curves().series), format!("{:?}", first.curves().series));
        assert_eq!((&again.view().summary, &again.view().end), (&view.summary, &view.end));
    }
}
