//! Segments of a loop's results, and several results of one commit.
#![allow(clippy::float_cmp)]

use crate::support::drive::Driver;
use crate::support::{self, Loop};
use countersign::model::{Claim, NoChange};

const LOG: &str = "autoresearch.jsonl";

/// A loop of pi-autoresearch, without a line yet.
fn pi() -> Loop {
    let a_loop = Loop::new(&[("train.py", "LR = 1\nWD = 1\n\n\n\nBATCH = 1\n\n\n\nDEPTH = 1\n")]);
    a_loop.write(".gitignore", format!("{LOG}\n"));
    a_loop.commit("ignore the log");
    a_loop.git(&["checkout", "-q", "-B", "autoresearch/mar8"]);
    a_loop
}

fn config(a_loop: &Loop, name: &str, metric: &str, direction: &str) {
    let line = format!(
        "{{\"type\":\"config\",\"name\":\"{name}\",\"metricName\":\"{metric}\",\"metricUnit\":\"\",\"bestDirection\":\"{direction}\"}}\n"
    );
    a_loop.append(LOG, &line);
}

fn run(a_loop: &Loop, commit: &str, value: f64, status: &str, description: &str) {
    let count = std::fs::read_to_string(a_loop.path(LOG)).unwrap().lines().count();
    let line = format!(
        "{{\"run\":{count},\"commit\":\"{}\",\"metric\":{value},\"metrics\":{{\"mb\":{count}}},\"status\":\"{status}\",\"description\":\"{description}\",\"timestamp\":{}}}\n",
        &commit[..7],
        1_776_346_242_205_i64 + count as i64 * 60_000
    );
    a_loop.append(LOG, &line);
}

fn said(a_loop: &Loop, args: &[&str]) -> String {
    let output = a_loop.command(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn turn(a_loop: &Loop, from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(a_loop.path("train.py")).unwrap();
    assert!(text.contains(from), "{from}");
    a_loop.write("train.py", text.replace(from, to));
    a_loop.commit(to)
}

/// Two segments: seconds, lower is better; then hits, higher is better.
fn two() -> (Loop, Vec<String>) {
    let a_loop = pi();
    let mut all = vec![a_loop.head()];
    config(&a_loop, "fast", "total_s", "lower");
    run(&a_loop, &all[0], 100.0, "keep", "baseline");
    for (to, value) in [("LR = 2", 50.0), ("WD = 2", 40.0)] {
        all.push(turn(&a_loop, &to.replace('2', "1"), to));
        run(&a_loop, &all[all.len() - 1], value, "keep", to);
    }
    config(&a_loop, "hits", "hits", "higher");
    run(&a_loop, &all[2], 3.0, "keep", "baseline of the hits");
    all.push(turn(&a_loop, "BATCH = 1", "BATCH = 2"));
    run(&a_loop, &all[3], 7.0, "keep", "BATCH = 2");
    all.push(turn(&a_loop, "DEPTH = 1", "DEPTH = 2"));
    run(&a_loop, &all[4], 5.0, "keep", "DEPTH = 2");
    (a_loop, all)
}

#[test]
fn objective_baseline_and_best_are_those_of_the_newest_segment() {
    let (a_loop, _) = two();
    let status = a_loop.json(&["status", "--json"]);
    assert_eq!(status["objective"]["metric"], "hits");
    assert_eq!(status["objective"]["goal"], "maximize");
    assert_eq!((status["baseline"]["value"].as_f64(), status["best"]["value"].as_f64()), (Some(3.0), Some(7.0)));
    let segments = status["segments"].as_array().unwrap();
    assert_eq!(segments.len(), 2);
    assert_eq!(segments[0]["name"], "fast");
    assert_eq!(segments[0]["objective"]["metric"], "total_s");
    assert_eq!(
        (segments[0]["baseline"]["value"].as_f64(), segments[0]["best"]["value"].as_f64()),
        (Some(100.0), Some(40.0))
    );
    assert_eq!((segments[0]["experiments"].as_u64(), segments[1]["experiments"].as_u64()), (Some(3), Some(3)));
}

#[test]
fn all_that_was_kept_waits_each_with_its_own_gain() {
    let (a_loop, all) = two();
    let snapshot = a_loop.snapshot();
    let waiting: Vec<_> = snapshot.waiting.iter().map(|index| snapshot.experiments[*index].id.as_str()).collect();
    assert_eq!(waiting, all[1..]);
    let gains: Vec<_> = snapshot.experiments.iter().map(|one| one.claimed_gain).collect();
    assert_eq!(gains, [None, Some(50.0), Some(10.0), None, Some(4.0), Some(-2.0)]);
    // A row of the first segment is judged by seconds, and told so where it is approved.
    let shown = a_loop.command(&["show", &all[1][..7]]).output().unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("segment   fast, total_s") && shown.contains("keep, 50"), "{shown}");
    for id in &all[1..] {
        a_loop.approve(&countersign::model::ExperimentId::new(id)).unwrap();
    }
    let snapshot = a_loop.snapshot();
    assert!(snapshot.waiting.is_empty());
    let gains: Vec<_> = snapshot.decisions.iter().map(|decision| snapshot.gain_on_branch(decision)).collect();
    assert_eq!(gains, [Some(50.0), Some(10.0), None, Some(-2.0)], "seconds are not hits");
    let message =
        a_loop.git(&["log", "-1", "--format=%B", &snapshot.approved.commits.last().unwrap().commit.to_string()]);
    assert!(message.contains("total_s"), "{message}");
}

#[test]
fn the_first_row_of_a_later_segment_may_be_a_change() {
    let a_loop = pi();
    let base = a_loop.head();
    config(&a_loop, "fast", "total_s", "lower");
    run(&a_loop, &base, 100.0, "keep", "baseline");
    config(&a_loop, "longer", "total_s", "lower");
    let later = turn(&a_loop, "LR = 1", "LR = 2");
    run(&a_loop, &later, 900.0, "keep", "baseline of the longer one");
    let snapshot = a_loop.snapshot();
    let one = &snapshot.experiments[1];
    assert!(one.is_baseline);
    assert_eq!(one.change.as_ref().unwrap().base.to_string(), base);
    assert_eq!(*snapshot.waiting, [1]);
    assert_eq!(one.claimed_gain, None, "100 is of another benchmark");
}

#[test]
fn the_same_configuration_once_more_and_a_baseline_are_a_new_segment() {
    let values = |a_loop: &Loop| -> Vec<(Option<f64>, Option<f64>)> {
        let status = a_loop.json(&["status", "--json"]);
        let segments = status["segments"].as_array().unwrap();
        segments.iter().map(|one| (one["baseline"]["value"].as_f64(), one["best"]["value"].as_f64())).collect()
    };
    let begun = || {
        let a_loop = pi();
        let base = a_loop.head();
        config(&a_loop, "fast", "total_s", "lower");
        run(&a_loop, &base, 100.0, "keep", "baseline");
        let kept = turn(&a_loop, "LR = 1", "LR = 2");
        run(&a_loop, &kept, 50.0, "keep", "LR = 2");
        config(&a_loop, "fast", "total_s", "lower");
        (a_loop, kept)
    };
    let (a_loop, kept) = begun();
    run(&a_loop, &kept, 900.0, "keep", "baseline of the longer benchmark");
    let next = turn(&a_loop, "WD = 1", "WD = 2");
    run(&a_loop, &next, 850.0, "keep", "WD = 2");
    assert_eq!(values(&a_loop), [(Some(100.0), Some(50.0)), (Some(900.0), Some(850.0))]);
    let snapshot = a_loop.snapshot();
    assert_eq!(*snapshot.waiting, [1, 3]);
    assert_eq!(snapshot.experiments[3].claimed_gain, Some(50.0));
    // After a restart an ordinary run goes on.
    let (a_loop, _) = begun();
    let next = turn(&a_loop, "WD = 1", "WD = 2");
    run(&a_loop, &next, 45.0, "keep", "WD = 2");
    assert_eq!(values(&a_loop), [(Some(100.0), Some(45.0))]);
}

#[test]
fn several_rows_of_one_commit_are_one_change() {
    let a_loop = pi();
    let base = a_loop.head();
    config(&a_loop, "one", "failing", "lower");
    run(&a_loop, &base, 4.0, "keep", "baseline");
    let kept = turn(&a_loop, "LR = 1", "LR = 2");
    run(&a_loop, &kept, 3.0, "keep", "LR = 2");
    run(&a_loop, &kept, 9.0, "discard", "WD = 9, reset");
    run(&a_loop, &kept, 3.5, "keep", "seed 2");
    run(&a_loop, &kept, 0.0, "crash", "boom");
    let status = a_loop.json(&["status", "--json"]);
    assert_eq!(
        (status["experiments"]["total"].as_u64(), status["experiments"]["with_change"].as_u64()),
        (Some(5), Some(1))
    );
    assert_eq!(status["decisions"]["pending"], 1);
    for word in [&kept[..7], &kept, &kept[..5]] {
        let shown = a_loop.json(&["show", word, "--json"]);
        assert_eq!(shown["value"], 3.0, "{word}");
        let also = shown["also_measured"].as_array().unwrap();
        assert_eq!(also.iter().map(|one| one["value"].as_f64()).collect::<Vec<_>>(), [Some(9.0), Some(3.5), None]);
    }
    let shown = a_loop.command(&["show", &kept[..7]]).output().unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("also measured in line 4: 9, line 5: 3.5, line 6: crashed"), "{shown}");
    let snapshot = a_loop.snapshot();
    assert_eq!(snapshot.experiments[2].no_change, Some(NoChange::SharedWith { index: 1, line: 3 }));
    assert!(!snapshot.is_discarded_there(&snapshot.experiments[2]), "what was reset is another change");
    assert_eq!(snapshot.best, Some(1), "a crash measured nothing");
    assert_eq!(snapshot.experiments[4].claim, Claim::Crash);
    let other = a_loop.command(&["show", snapshot.experiments[2].id.as_str()]).output().unwrap();
    assert!(String::from_utf8_lossy(&other.stdout).contains("one more result of the commit of line 3"));
}

#[test]
fn a_segment_without_a_run_has_its_objective_and_nothing_else() {
    let (a_loop, _) = two();
    config(&a_loop, "third", "misses", "lower");
    let status = a_loop.json(&["status", "--json"]);
    assert_eq!(status["objective"]["metric"], "misses");
    assert!(status["best"].is_null() && status["baseline"].is_null());
    assert_eq!(status["segments"].as_array().unwrap().len(), 3);
    assert_eq!(status["decisions"]["pending"], 4);
}

#[test]
fn the_policys_metric_holds_where_it_is_measured() {
    let (a_loop, _) = two();
    support::doors::policy(&a_loop, "objective: {metric: mb, goal: minimize}\n");
    let status = a_loop.json(&["status", "--json"]);
    assert_eq!(status["objective"]["metric"], "mb");
    support::doors::policy(&a_loop, "objective: {metric: hits, goal: minimize}\n");
    let status = a_loop.json(&["status", "--json"]);
    assert_eq!(status["segments"][0]["objective"]["metric"], "total_s", "nothing of the first segment is a hit");
    assert_eq!(status["segments"][1]["objective"]["goal"], "minimize");
}

#[test]
fn keys_and_palette_switch_the_segment_that_is_shown() {
    let (a_loop, _) = two();
    let mut driver = Driver::new(&a_loop, 120, 40);
    driver.keys("3");
    let screen = driver.screen();
    assert!(screen.contains("hits by experiment") && screen.contains("§2/2 hits"), "{screen}");
    driver.keys("(");
    let screen = driver.screen();
    assert!(screen.contains("total_s by experiment") && screen.contains("§1/2 fast"), "{screen}");
    assert!(screen.contains("segment 1 of 2, fast"), "{screen}");
    driver.keys("(");
    assert!(driver.screen().contains("this is the first segment"));
    driver.keys(")");
    assert!(driver.screen().contains("hits by experiment"));
    driver.keys(":");
    driver.keys("segment fast");
    driver.keys("<enter>");
    assert!(driver.screen().contains("total_s by experiment"), "{}", driver.screen());
    // The inbox lists what waits of both.
    driver.keys("1");
    let screen = driver.screen();
    assert!(screen.contains("waiting 4") && screen.contains("−50.000000") && screen.contains("+4.000000"), "{screen}");
}

#[test]
fn the_knobs_are_those_of_the_shown_segment() {
    let (a_loop, _) = two();
    let mut driver = Driver::new(&a_loop, 120, 40);
    driver.keys("6");
    let screen = driver.screen();
    assert!(screen.contains("BATCH") && screen.contains("DEPTH") && !screen.contains("WD"), "{screen}");
    assert!(screen.contains("segment 2 of 2, hits"), "{screen}");
    driver.keys("(");
    let screen = driver.screen();
    assert!(screen.contains("WD") && !screen.contains("BATCH"), "{screen}");
    assert!(screen.lines().any(|line| line.contains("★") && line.contains("50.000000")), "{screen}");
}

#[test]
fn going_to_an_experiment_shows_its_segment() {
    let (a_loop, _) = two();
    let mut driver = Driver::new(&a_loop, 120, 40);
    driver.keys("3");
    driver.keys(":");
    driver.keys("WD = 2");
    driver.keys("<enter>");
    let screen = driver.screen();
    assert!(screen.contains("total_s by experiment") && screen.contains("§1/2 fast"), "{screen}");
    assert_eq!(driver.state.selected().map(|at| driver.state.snapshot.experiments[at].row.line), Some(4));
}

#[test]
fn a_value_is_named_by_the_metric_of_its_own_segment() {
    let (a_loop, all) = two();
    let compared = a_loop.json(&["compare", &all[1][..7], &all[3][..7], "--json"]);
    let measures = compared["measures"].as_array().unwrap();
    let of = |metric: &str| measures.iter().find(|one| one["metric"] == metric).unwrap()["values"].clone();
    assert_eq!(of("total_s"), serde_json::json!([50.0, null]));
    assert_eq!(of("hits"), serde_json::json!([null, 7.0]));
    let shown = said(&a_loop, &["show", &all[2][..7]]);
    assert!(shown.contains("also measured in line 6: hits 3"), "{shown}");
    let csv = a_loop.folder().join("progress.csv");
    let saved = said(&a_loop, &["export", "progress", csv.to_str().unwrap()]);
    assert!(saved.contains("the newest segment (2 of 2)"), "{saved}");
    let rows = std::fs::read_to_string(csv).unwrap();
    assert!(rows.lines().skip(1).all(|row| row.ends_with(",hits,hits")), "{rows}");
}

#[test]
fn a_baseline_that_failed_first_is_the_one_that_was_run_again() {
    // As a log of pi-autoresearch and as a table.
    let log = |status: &str, value: f64| {
        let a_loop = pi();
        config(&a_loop, "fast", "total_s", "lower");
        run(&a_loop, &a_loop.head(), value, status, "baseline");
        run(&a_loop, &a_loop.head(), 100.0, "keep", "baseline");
        let next = turn(&a_loop, "LR = 1", "LR = 2");
        run(&a_loop, &next, 50.0, "keep", "LR = 2");
        a_loop
    };
    let table = || {
        let a_loop = pi();
        a_loop.write("results.tsv", "commit\ttotal_s\tstatus\tdescription\n");
        for (status, value) in [("crash", 0), ("keep", 100)] {
            a_loop.append("results.tsv", &format!("{}\t{value}\t{status}\tbaseline\n", a_loop.short()));
        }
        let next = turn(&a_loop, "LR = 1", "LR = 2");
        a_loop.append("results.tsv", &format!("{}\t50\tkeep\tLR = 2\n", &next[..7]));
        a_loop
    };
    for a_loop in [log("crash", 0.0), log("checks_failed", 3.0), log("discard", 300.0), table()] {
        let snapshot = a_loop.snapshot();
        let baseline = &snapshot.experiments[snapshot.baseline.unwrap()];
        assert_eq!(baseline.outcome.value(), Some(100.0));
        let change = snapshot.experiments.last().unwrap();
        assert_eq!(change.claimed_gain, Some(50.0));
        assert_eq!(snapshot.waiting.len(), 1);
        assert_eq!(snapshot.base_is(change.change.as_ref().unwrap().base), "the baseline");
        let status = said(&a_loop, &["status"]);
        assert!(status.contains("baseline   100"), "{status}");
    }
}

#[test]
fn a_baseline_that_failed_and_was_not_run_again_is_where_the_loop_began() {
    let a_loop = pi();
    config(&a_loop, "fast", "total_s", "lower");
    run(&a_loop, &a_loop.head(), 0.0, "crash", "baseline");
    let next = turn(&a_loop, "LR = 1", "LR = 2");
    run(&a_loop, &next, 50.0, "keep", "LR = 2");
    let snapshot = a_loop.snapshot();
    assert_eq!(snapshot.waiting.len(), 1);
    assert!(snapshot.experiments[0].is_baseline);
}
