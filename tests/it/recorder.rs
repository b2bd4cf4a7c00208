//! `countersign record`: every run is kept, by one process at a time, whatever becomes of it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::Loop;
use countersign::model::{Recorder, Snapshot, Trial, TrialEnd};
use countersign::watch::{Method, Options, Watched, Watcher, now_ms};
use rustix::process::{Pid, Signal, kill_process};

const DEADLINE: Duration = Duration::from_secs(30);

fn wait(what: &str, mut good: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !good() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// A recorder that runs, and what it says.
struct Running {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Running {
    fn start(a_loop: &Loop) -> Self {
        let mut child = a_loop.command(&["record"]).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let (out, into) = (child.stdout.take().unwrap(), Arc::clone(&said));
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                let Ok(line) = line else { break };
                let mut said = into.lock().unwrap();
                said.push_str(&line);
                said.push('\n');
            }
        });
        Self { child, said }
    }

    fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    fn wait_for(&self, words: &str) {
        wait(&format!("{words} in {}", self.said()), || self.said().contains(words));
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn end(mut self) -> Option<i32> {
        self.send(Signal::TERM);
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn a_loop() -> Loop {
    let a_loop = Loop::new(&[("train.py", "A = 1\n"), (".gitignore", "*.log\nresults.tsv\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop
}

/// The loop as it stands, looked at by somebody who writes nothing.
fn looked_at(a_loop: &Loop) -> Snapshot {
    let mut watched = Watched::open(a_loop.dir(), &*a_loop.state()).unwrap();
    watched.poll(now_ms());
    watched.snapshot()
}

fn steps(from: usize, to: usize, loss: f64) -> String {
    (from..to).map(|step| format!("step {step:05} (1.0%) | loss: {loss} | dt: 10ms    \r")).collect()
}

fn finished(trials: &[Arc<Trial>]) -> Vec<(usize, bool)> {
    trials.iter().map(|trial| (trial.points_of("loss"), trial.end == TrialEnd::Finished)).collect()
}

#[test]
fn every_run_is_kept_though_each_overwrites_the_last_and_the_session_ends() {
    let a_loop = a_loop();
    let recorder = Running::start(&a_loop);
    recorder.wait_for("recording ");
    for run in 0..4usize {
        // The terminal goes away; the recorder does not.
        recorder.send(Signal::HUP);
        a_loop.write("train.py", format!("A = {}\n", run + 2));
        let head = a_loop.commit("another");
        a_loop.write("run.log", steps(0, 10 + run, run as f64 + 0.5));
        recorder.wait_for(&format!("trial started on {}", &head[..7]));
        a_loop.append("run.log", "\n---\nval_bpb: 0.5\nlast words\n");
        wait("its end", || recorder.said().matches("finished").count() == run + 1);
    }
    let snapshot = looked_at(&a_loop);
    assert_eq!(snapshot.recorder, Recorder::Other(Some(recorder.child.id())));
    assert_eq!(finished(&snapshot.trials.to_vec()), [(10, true), (11, true), (12, true), (13, true)]);
    for (run, trial) in snapshot.trials.iter().enumerate() {
        let curves = a_loop.curves(trial);
        let last = curves.series["loss"].last().unwrap().value;
        assert!((last - run as f64 - 0.5).abs() < 1e-12, "{last}");
        assert_eq!(curves.along.seconds.len(), 10 + run);
        assert_eq!(trial.last_lines.last().unwrap().raw(), "last words");
    }
    // Every attempt is pinned, also what no row names.
    assert!(a_loop.git(&["for-each-ref", "refs/countersign/experiments"]).lines().count() >= 4);
    assert_eq!(recorder.end(), Some(0));
    assert_eq!(looked_at(&a_loop).recorder, Recorder::Absent);
}

#[test]
fn killed_in_the_middle_of_a_run_it_goes_on_where_it_was() {
    let a_loop = a_loop();
    let first = Running::start(&a_loop);
    first.wait_for("recording ");
    a_loop.write("run.log", steps(0, 50, 2.0));
    first.wait_for("trial started");
    // Saved at once when it begins; killed without a word.
    wait("points on disk", || looked_at(&a_loop).trials.get(0).is_some_and(|trial| trial.points_of("loss") == 50));
    first.send(Signal::KILL);
    drop(first);
    a_loop.append("run.log", &steps(50, 80, 1.0));
    let second = Running::start(&a_loop);
    second.wait_for("recording ");
    a_loop.append("run.log", "\n---\nval_bpb: 0.5\n");
    second.wait_for("finished");
    wait("one trial, whole", || finished(&looked_at(&a_loop).trials.to_vec()) == [(80, true)]);
    let trial = a_loop.snapshot().trials[0].clone();
    let points: Vec<f64> = a_loop.curves(&trial).series["loss"].points().map(|point| point.step).collect();
    assert!(points.iter().copied().eq((0..80).map(f64::from)), "{points:?}");
    assert_eq!(second.end(), Some(0));
}

#[test]
fn one_records_and_the_next_one_takes_over() {
    let a_loop = a_loop();
    let first = Running::start(&a_loop);
    first.wait_for("recording ");
    let second = Running::start(&a_loop);
    second.wait_for(&format!("process {} records", first.child.id()));
    // A screen reads along meanwhile, and shows what runs.
    let watched = Watched::open_to_record(a_loop.dir(), &*a_loop.state()).unwrap();
    let mut options = Options::new(&a_loop.state(), Method::Poll);
    options.fast = Duration::from_millis(20);
    let screen = Watcher::start(watched, &options).unwrap();
    let sees = |what: &str, good: &dyn Fn(&Snapshot) -> bool| wait(what, || good(&screen.views().borrow().snapshot));
    // What runs is never said to be over.
    let never_silent = |s: &Snapshot| s.trials.iter().all(|trial| trial.end != TrialEnd::Silent);
    sees("who records", &|s| s.recorder == Recorder::Other(Some(first.child.id())));
    a_loop.write("run.log", steps(0, 20, 2.0));
    sees("the run", &|s| s.running.is_some_and(|at| s.trials[at].points_of("loss") == 20));
    a_loop.append("run.log", &steps(20, 30, 2.0));
    wait("it is filed as running", || looked_at(&a_loop).running.is_some());
    assert!(never_silent(&looked_at(&a_loop)) && never_silent(&screen.views().borrow().snapshot));
    sees("more of it", &|s| s.running.is_some_and(|at| s.trials[at].points_of("loss") == 30));
    a_loop.append("run.log", "\n---\nval_bpb: 0.5\n");
    first.wait_for("finished");
    a_loop.write("run.log", steps(0, 5, 9.0));
    sees("one trial each, though two read them", &|s| {
        finished(&s.trials.to_vec()) == [(30, true), (5, false)] && s.trials.iter().all(|trial| trial.id.0 < 1 << 40)
    });
    assert_eq!(first.end(), Some(0));
    second.wait_for("recording ");
    sees("the new one", &|s| s.recorder == Recorder::Other(Some(second.child.id())));
    assert_eq!(second.end(), Some(0));
    // Nobody is left but the screen.
    sees("the screen itself", &|s| s.recorder == Recorder::Here);
    a_loop.append("run.log", &steps(5, 9, 9.0));
    sees("the run goes on", &|s| finished(&s.trials.to_vec()) == [(30, true), (9, false)]);
    // A recorder that comes later comes first: the screen makes room for it.
    let third = Running::start(&a_loop);
    third.wait_for("recording ");
    sees("the newest", &|s| s.recorder == Recorder::Other(Some(third.child.id())));
    a_loop.append("run.log", &steps(9, 12, 9.0));
    sees("more of the run", &|s| finished(&s.trials.to_vec()) == [(30, true), (12, false)]);
    assert_eq!(third.end(), Some(0));
    drop(screen);
    assert_eq!(finished(&a_loop.snapshot().trials.to_vec()), [(30, true), (12, false)]);
}

#[test]
fn what_agents_propose_is_taken_in_and_answered_by_policy() {
    let a_loop = a_loop();
    a_loop.write(".git/countersign/policy.yaml", "gates: {run: auto}\neditable: [train.py]\n");
    assert!(a_loop.command(&["init"]).output().unwrap().status.success());
    let recorder = Running::start(&a_loop);
    recorder.wait_for("recording ");
    a_loop.write("train.py", "A = 2\n");
    let head = a_loop.commit("two");
    let proposed = a_loop.command(&["propose", "--gate", "run", "--title", "two", "--head", &head]).output().unwrap();
    assert!(proposed.status.success(), "{}", String::from_utf8_lossy(&proposed.stderr));
    recorder.wait_for("1 proposal received, 1 answered by policy");
    assert_eq!(recorder.end(), Some(0));
}

#[test]
fn points_go_as_the_policy_says() {
    let a_loop = a_loop();
    for run in 0..3 {
        let mut watched = Watched::open_to_record(a_loop.dir(), &*a_loop.state()).unwrap();
        a_loop.write("run.log", steps(0, 10, f64::from(run)) + "\n---\nval_bpb: 0.5\n");
        watched.poll(now_ms());
    }
    a_loop.write(".git/countersign/policy.yaml", "archive: {keep_days: 0}\n");
    a_loop.write("run.log", steps(0, 10, 9.0));
    let mut watched = Watched::open_to_record(a_loop.dir(), &*a_loop.state()).unwrap();
    watched.poll(now_ms() + 60_000);
    watched.poll(now_ms() + 120_000);
    let snapshot = watched.snapshot();
    drop(watched);
    let store = countersign::store::CurveStore::open_to_read(&a_loop.path(".git/countersign/archive.db")).unwrap();
    let left: Vec<bool> = snapshot.trials.iter().map(|trial| store.curves(trial.id).unwrap().is_some()).collect();
    assert_eq!(left, [false, false, false, true], "only the one that runs keeps its points");
    assert!(snapshot.trials.iter().all(|trial| trial.points_of("loss") == 10), "what they came to stays");
}

#[test]
fn a_unit_for_systemd_is_printed() {
    let a_loop = a_loop();
    let out = a_loop.command(&["record", "--print-systemd"]).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let start = text.lines().find(|line| line.starts_with("ExecStart=")).unwrap();
    assert!(start.ends_with(&format!(" record \"{}\"", a_loop.dir().display())), "{text}");
    assert!(text.contains("enable-linger") && text.contains("Restart=on-failure"));
    assert!(!a_loop.path(".git/countersign").exists(), "printing it writes nothing");
}
