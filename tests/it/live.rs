//! A loop that goes on while it is watched: by events, and by polling alone.

use std::time::{Duration, Instant};

use crate::support::{self, Loop};
use countersign::model::{Binding, Snapshot, TrialEnd};
use countersign::watch::{Method, Options, Watched, Watcher, now_ms};

fn observer(a_loop: &Loop, method: Method) -> Watcher {
    let watched = Watched::open_to_record(a_loop.dir(), &a_loop.state()).unwrap();
    let mut options = Options::new(&a_loop.state(), method);
    options.fast = Duration::from_millis(20);
    Watcher::start(watched, &options).unwrap()
}

fn wait_for(observer: &Watcher, what: &str, good: impl Fn(&Snapshot) -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    let views = observer.views();
    while Instant::now() < end {
        if good(&views.borrow().snapshot) {
            return;
        }
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(2));
    }
    panic!("never saw: {what}");
}

fn goes_on(method: Method) {
    let a_loop = Loop::new(&[("train.py", "A = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    let observer = observer(&a_loop, method);
    wait_for(&observer, "the baseline", |s| s.experiments.len() == 1);
    // A commit, a run, half a row, the rest of it.
    a_loop.write("train.py", "A = 2\n");
    let head = a_loop.commit("two");
    wait_for(&observer, "the new head", |s| s.head.is_some_and(|commit| commit.to_string() == head));
    a_loop.append("run.log", "\rstep 00001 (50.0%) | loss: 3.5 | remaining: 5s    ");
    a_loop.append("run.log", "\rstep 00002 (60.0%) | loss: 3.4 | remaining: 4s    \r");
    wait_for(&observer, "the running trial", |s| {
        s.running.is_some_and(|at| s.trials[at].points_of("loss") == 2 && s.trials[at].progress == Some(0.6))
    });
    a_loop.append("results.tsv", &format!("{}\t0.9\t44", &head[..7]));
    wait_for(&observer, "the unfinished row", |s| s.warnings.iter().any(|w| w.message.contains("incomplete")));
    a_loop.append("results.tsv", ".0\tkeep\ttwo\n");
    wait_for(&observer, "the row", |s| s.waiting.len() == 1 && s.warnings.is_empty());
    a_loop.append("run.log", "\n---\nval_bpb:          0.900000\n");
    wait_for(&observer, "the end of the run", |s| s.trials.last().is_some_and(|t| t.end == TrialEnd::Finished));
    // A discard: committed, run (which overwrites the log), reset.
    a_loop.write("train.py", "A = 3\n");
    let bad = a_loop.commit("three");
    wait_for(&observer, "the second head", |s| s.head.is_some_and(|commit| commit.to_string() == bad));
    a_loop.write(
        "run.log",
        "\rstep 00001 (50.0%) | loss: 9.9 | remaining: 5s    Traceback (most recent call last):\nboom\n",
    );
    wait_for(&observer, "the crash", |s| matches!(s.trials.last().map(|t| &t.end), Some(TrialEnd::Crashed(_))));
    a_loop.row(&bad[..7], 0.0, "crash", "three");
    a_loop.reset();
    wait_for(&observer, "both experiments with their own curves", |s| {
        s.experiments.len() == 3
            && s.head.is_some_and(|commit| commit.to_string() == head)
            && s.trial(&s.experiments[1].id).is_some_and(|trial| trial.points_of("loss") == 2)
            && s.trial(&s.experiments[2].id).is_some_and(|trial| trial.points_of("loss") == 1)
    });
    drop(observer);
    // The next morning: both curves are in the archive although the log was overwritten.
    let snapshot = a_loop.snapshot();
    assert_eq!(snapshot.trials.len(), 2);
    assert!(matches!(snapshot.trials[0].binding, Binding::Head(commit) if commit.to_string() == head));
    assert_eq!(snapshot.trial(&snapshot.experiments[1].id).unwrap().points_of("loss"), 2);
    let again = a_loop.snapshot();
    assert_eq!(again.trials.len(), 2, "the log that is still there is not filed twice");
    let printed = a_loop.json(&["series", &head, "--json"]);
    assert_eq!(printed["series"]["loss"]["points"], 2);
}

#[test]
fn by_events() {
    goes_on(Method::Events);
}

#[test]
fn by_polling_alone() {
    goes_on(Method::Poll);
}

#[test]
fn a_log_that_was_there_first_is_bound_by_its_value() {
    let a_loop = Loop::new(&[("train.py", "A = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.write("train.py", "A = 2\n");
    let head = a_loop.commit("two");
    a_loop.row(&head[..7], 0.912_345, "keep", "two");
    a_loop.write("run.log", "\rstep 00001 | loss: 3.5\r\n---\nval_bpb:          0.912345\n");
    let snapshot = a_loop.snapshot();
    assert!(snapshot.trial(&snapshot.experiments[1].id).is_some());
    assert!(snapshot.trial(&snapshot.experiments[0].id).is_none());
}

#[test]
fn nothing_new_is_nothing_done() {
    let night = support::a_night(10, 23);
    let mut watched = Watched::open_to_record(night.dir(), &night.state()).unwrap();
    assert!(watched.poll(now_ms()));
    watched.poll(now_ms());
    assert!(!watched.poll(now_ms()), "a look without news folds nothing");
}

#[test]
fn a_loop_that_commits_only_what_it_keeps_shows_its_rejects_too() {
    let a_loop = Loop::new(&[("train.py", "A = 1\nB = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    let base = a_loop.head();
    let observer = observer(&a_loop, Method::Events);
    wait_for(&observer, "the baseline", |s| s.experiments.len() == 1);
    // Edited, run, thrown away: no commit ever held it.
    a_loop.write("train.py", "A = 2\nB = 1\n");
    a_loop.write("run.log", "\rstep 00001 | loss: 3.5\r");
    wait_for(&observer, "the first run", |s| s.running.is_some());
    a_loop.append("run.log", "\n---\nval_bpb:          1.100000\n");
    wait_for(&observer, "its end", |s| s.running.is_none());
    a_loop.row(&base[..7], 1.1, "discard", "thrown away");
    wait_for(&observer, "its row and its change", |s| s.experiments.len() == 2 && s.experiments[1].change.is_some());
    a_loop.git(&["checkout", "-q", "--", "."]);
    // Edited, run, kept: now it is committed.
    a_loop.write("train.py", "A = 1\nB = 2\n");
    a_loop.write("run.log", "\rstep 00001 | loss: 2.5\r");
    wait_for(&observer, "the second run", |s| s.trials.len() == 2 && s.running.is_some());
    a_loop.append("run.log", "\n---\nval_bpb:          0.900000\n");
    wait_for(&observer, "its end", |s| s.running.is_none());
    let kept = a_loop.commit("kept");
    a_loop.row(&kept[..7], 0.9, "keep", "kept");
    wait_for(&observer, "the kept row", |s| s.waiting.len() == 1 && s.trial(&s.experiments[2].id).is_some());
    drop(observer);
    let snapshot = a_loop.snapshot();
    let reject = &snapshot.experiments[1];
    assert!(reject.id.as_str().starts_with("row-3-"), "its identity is its row");
    assert_eq!(reject.change.as_ref().unwrap().base.to_string(), base);
    let shown = a_loop.json(&["show", reject.id.as_str(), "--json"]);
    assert_eq!(
        shown["files"],
        serde_json::json!([{"path": "train.py", "status": "modified", "added": 1, "removed": 1}])
    );
    let judged = a_loop.judge(&snapshot.experiments[2].id).unwrap();
    assert!(support::candidate(&judged).unwrap().measured.is_some(), "what was run is what was committed");
    assert_eq!(a_loop.git(&["status", "--porcelain"]), "", "the work tree was only read");
}

#[test]
fn a_table_that_is_deleted_is_said_to_be_gone_and_read_again_when_it_comes_back() {
    let a_loop = Loop::new(&[("train.py", "A = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    let observer = observer(&a_loop, Method::Poll);
    wait_for(&observer, "the baseline", |s| s.experiments.len() == 1);
    let text = std::fs::read_to_string(a_loop.path("results.tsv")).unwrap();
    std::fs::remove_file(a_loop.path("results.tsv")).unwrap();
    let is_gone = |s: &Snapshot| s.warnings.iter().any(|warning| warning.message.contains("the file is gone"));
    wait_for(&observer, "that it is gone", |s| is_gone(s) && s.experiments.len() == 1);
    a_loop.write("results.tsv", text);
    wait_for(&observer, "the rows again", |s| !is_gone(s) && s.experiments.len() == 1);
}
