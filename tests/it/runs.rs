//! Runs that have a file of their own, and files that a run writes anew: each run becomes one trial, whole, and stays
//! one.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::Loop;
use crate::support::drive::Driver;
use crate::support::events::{events, version};
use countersign::model::{Binding, Curves, Snapshot, Trial, TrialEnd};
use countersign::watch::{Watched, read_directory};
use proptest::prelude::*;

const WANDB: &[u8] = include_bytes!("../formats/run-fixture1.wandb");
const TORCH: &[u8] = include_bytes!("../formats/events.out.tfevents.1700000000.torch");

/// A loop that is looked at every three seconds, by a clock of its own.
struct Watching {
    watched: Watched,
    now_ms: i64,
}

impl Watching {
    fn of(a_loop: &Loop) -> Self {
        Self::opened(a_loop, true)
    }

    fn opened(a_loop: &Loop, records: bool) -> Self {
        let (dir, state) = (a_loop.dir(), &*a_loop.state());
        let watched = if records { Watched::open_to_record(dir, state) } else { Watched::open(dir, state) }.unwrap();
        let mut watching = Self { watched, now_ms: 1_700_000_000_000 };
        watching.look();
        watching
    }

    fn look(&mut self) -> Snapshot {
        for _ in 0..3 {
            self.now_ms += 3_000;
            self.watched.poll(self.now_ms);
        }
        self.watched.snapshot()
    }
}

fn a_loop() -> Loop {
    let a_loop =
        Loop::new(&[("train.py", "A = 1\n"), (".gitignore", "wandb\nruns\nlightning_logs\noutput\nresults.tsv\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop
}

fn steps(a_loop: &Loop, trial: &Trial, metric: &str) -> Vec<f64> {
    a_loop.curves(trial).series[metric].points().map(|point| point.step).collect()
}

#[test]
fn a_wandb_run_grows_and_belongs_to_the_commit_it_began_on() {
    let a_loop = a_loop();
    let mut watching = Watching::of(&a_loop);
    a_loop.write("train.py", "A = 2\n");
    let head = a_loop.commit("two");
    watching.look();
    let path = "wandb/offline-run-20260101_000000-fixture1/run-fixture1.wandb";
    a_loop.write(path, &WANDB[..50_000]);
    let snapshot = watching.look();
    let [trial] = &snapshot.trials.to_vec()[..] else { panic!("{:?}", snapshot.trials) };
    assert!(matches!(trial.binding, Binding::Head(commit) if commit.to_string() == head), "{:?}", trial.binding);
    assert_eq!(trial.end, TrialEnd::Running);
    let half = trial.points_of("train/loss");
    assert!(half > 10 && half < 200, "{half}");
    a_loop.write(path, WANDB);
    a_loop.row(&head[..7], 0.9, "keep", "two");
    let snapshot = watching.look();
    let [trial] = &snapshot.trials.to_vec()[..] else { panic!("{:?}", snapshot.trials) };
    assert_eq!((trial.points_of("train/loss"), &trial.end), (200, &TrialEnd::Finished));
    assert_eq!(snapshot.trial(&snapshot.experiments[1].id).map(|trial| trial.id), Some(trial.id));
    drop(watching);
    // Opened again: it is the same trial, and its points are there once.
    let snapshot = Watching::of(&a_loop).look();
    assert_eq!(snapshot.trials.len(), 1);
    assert_eq!(steps(&a_loop, &snapshot.trials[0], "train/loss").len(), 200);
}

#[test]
fn a_table_that_is_written_anew_is_one_run_until_another_begins() {
    let a_loop = a_loop();
    let mut watching = Watching::of(&a_loop);
    let table = |losses: &[f64]| {
        let rows: String = losses.iter().enumerate().map(|(at, loss)| format!("{at},{loss},\n")).collect();
        format!("step,train_loss,val_loss\n{rows}")
    };
    a_loop.write("metrics.csv", table(&[3.0, 2.0]));
    assert_eq!(watching.look().trials.len(), 1);
    // Lightning writes all of it anew when a metric came.
    a_loop.write("metrics.csv", table(&[3.0, 2.0, 1.5]));
    a_loop.append("metrics.csv", "3,,1.25\n");
    let snapshot = watching.look();
    let [trial] = &snapshot.trials.to_vec()[..] else { panic!("{:?}", snapshot.trials) };
    assert_eq!((trial.points_of("train_loss"), trial.points_of("val_loss")), (3, 1));
    // Caught in the middle of being written, it stays what it was.
    a_loop.write("metrics.csv", "step,train_loss,val_loss\n0,3,\n");
    watching.now_ms += 10;
    watching.watched.poll(watching.now_ms);
    assert_eq!(watching.watched.snapshot().trials[0].points_of("train_loss"), 3);
    a_loop.write("metrics.csv", table(&[3.0, 2.0, 1.5]) + "3,,1.25\n3,1.4,\n");
    assert_eq!(watching.look().trials.len(), 1);
    // Another run: the first one stays as it was last seen.
    a_loop.write("metrics.csv", table(&[2.9]));
    let snapshot = watching.look();
    let [first, second] = &snapshot.trials.to_vec()[..] else { panic!("{:?}", snapshot.trials) };
    assert_eq!((first.points_of("train_loss"), &first.end), (4, &TrialEnd::Overwritten));
    assert_eq!(second.points_of("train_loss"), 1);
    assert_eq!(steps(&a_loop, first, "train_loss"), [0.0, 1.0, 2.0, 3.0]);
    // A run of the same seed begins alike; when it stays shorter, it is another one.
    a_loop.write("metrics.csv", table(&[2.9, 2.8, 2.7]));
    watching.look();
    a_loop.write("metrics.csv", table(&[2.9]));
    assert_eq!(watching.look().trials.len(), 3);
}

#[test]
fn events_of_a_run_go_on_in_another_file_and_another_run_does_not() {
    let a_loop = a_loop();
    let mut watching = Watching::of(&a_loop);
    // Steps 0 to 399, then again from 300 on in a second file: one event a value, by the fixture's own records.
    let records = records(TORCH);
    let scalars: Vec<&[u8]> =
        records.iter().copied().filter(|record| record.windows(10).any(|part| part == b"train/loss")).collect();
    let file = |from: usize, to: usize| -> Vec<u8> { [&[records[0]], &scalars[from..to]].concat().concat() };
    a_loop.write("runs/a/events.out.tfevents.1.h", file(0, 400));
    assert_eq!(watching.look().trials[0].points_of("train/loss"), 400);
    a_loop.write("runs/a/events.out.tfevents.2.h", file(300, 500));
    let snapshot = watching.look();
    let [trial] = &snapshot.trials.to_vec()[..] else { panic!("{:?}", snapshot.trials) };
    assert_eq!(trial.points_of("train/loss"), 500);
    assert_eq!(a_loop.curves(trial).series["train/loss"].superseded(), 100);
    a_loop.write("runs/a/events.out.tfevents.3.h", file(0, 50));
    let snapshot = watching.look();
    let counts: Vec<usize> = snapshot.trials.iter().map(|trial| trial.points_of("train/loss")).collect();
    assert_eq!(counts, [500, 50], "from the beginning it is another run");
    drop(watching);
    let snapshot = Watching::of(&a_loop).look();
    let counts: Vec<usize> = snapshot.trials.iter().map(|trial| trial.points_of("train/loss")).collect();
    assert_eq!(counts, [500, 50], "and so it is tomorrow");
}

/// Each run of the list: what it is called, and of each metric its steps and the marks of the files that its values are
/// of.
type Listed = Vec<(String, Vec<(String, usize, f64, f64)>)>;

fn listed(a_loop: &Loop, snapshot: &Snapshot) -> Listed {
    let curves = |trial: &Trial| if trial.metrics().is_empty() { Curves::default() } else { a_loop.curves(trial) };
    let mut runs: Listed = snapshot.trials.iter().map(|trial| (trial.log.to_string(), told(&curves(trial)))).collect();
    runs.sort_by(|a, b| a.0.cmp(&b.0));
    runs
}

fn told(curves: &Curves) -> Vec<(String, usize, f64, f64)> {
    let ends = |(metric, series): (&std::sync::Arc<str>, &countersign::series::Series)| {
        let marks: Vec<f64> = series.points().map(|point| point.value - point.step).collect();
        let lowest = marks.iter().copied().fold(f64::INFINITY, f64::min);
        (metric.to_string(), series.len(), lowest, marks.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    };
    curves.series.iter().map(ends).collect()
}

/// What `series` reads of a folder.
fn read_at_once(a_loop: &Loop) -> Listed {
    let mut runs = Vec::new();
    let below = |path: String| format!("runs/{path}");
    read_directory(&a_loop.path("runs"), |run| runs.push((below(run.path), told(&run.curves)))).unwrap();
    runs.sort_by(|a: &(String, _), b| a.0.cmp(&b.0));
    runs
}

fn metric(name: &str, points: usize, mark: f64) -> (String, usize, f64, f64) {
    (name.to_owned(), points, mark, mark)
}

const FIRST: &str = "runs/a/events.out.tfevents.1.h";
const SECOND: &str = "runs/a/events.out.tfevents.2.h";
const THIRD: &str = "runs/a/events.out.tfevents.3.h";

/// What is listed now, what a process sees that looks for the first time, and what `series` reads, which are the same.
fn everywhere(a_loop: &Loop, watching: &mut Watching) -> Listed {
    let now = listed(a_loop, &watching.look());
    assert_eq!(now, read_at_once(a_loop), "as `series` reads it");
    let state = tempfile::tempdir().unwrap();
    let mut anew = Watched::open(a_loop.dir(), state.path()).unwrap();
    anew.poll(1_700_000_000_000);
    assert_eq!(now, listed(a_loop, &anew.snapshot()), "as one look sees it");
    now
}

#[test]
fn events_of_one_start_in_two_files_are_followed_side_by_side() {
    let a_loop = a_loop();
    let mut watching = Watching::of(&a_loop);
    let put = |file: &str, name: &str, to: u32, mark: f32| {
        a_loop.write(file, [version(), events(name, 0..to, mark)].concat());
    };
    put(FIRST, "train/loss", 6, 0.25);
    watching.look();
    put(SECOND, "eval/loss", 4, 0.5);
    watching.look();
    // Both go on.
    put(FIRST, "train/loss", 30, 0.25);
    put(SECOND, "eval/loss", 9, 0.5);
    let both = vec![metric("eval/loss", 9, 0.5), metric("train/loss", 30, 0.25)];
    assert_eq!(everywhere(&a_loop, &mut watching), [(FIRST.to_owned(), both.clone())]);
    let trial = &watching.look().trials[0];
    assert_eq!(a_loop.curves(trial).along.seconds.len(), 30, "the one does not turn the clock of the other back");
    // The program is started again from a checkpoint, and both of its files go on in new ones.
    a_loop.write(THIRD, [version(), events("train/loss", 20..40, 0.25)].concat());
    a_loop.write("runs/a/events.out.tfevents.4.h", [version(), events("eval/loss", 8..12, 0.5)].concat());
    let all = vec![metric("eval/loss", 12, 0.5), metric("train/loss", 40, 0.25)];
    assert_eq!(everywhere(&a_loop, &mut watching), [(FIRST.to_owned(), all.clone())]);
    drop(watching);
    assert_eq!(everywhere(&a_loop, &mut Watching::of(&a_loop)), [(FIRST.to_owned(), all)], "and so it is tomorrow");
}

#[test]
fn starts_from_the_beginning_are_runs_of_their_own_and_all_of_them_go_on() {
    let a_loop = a_loop();
    let put = |to: u32| {
        for (file, mark) in [(FIRST, 0.25), (SECOND, 0.5), (THIRD, 0.75)] {
            a_loop.write(file, [version(), events("loss", 0..to, mark)].concat());
        }
    };
    let wanted = |points| {
        [(FIRST, 0.25), (SECOND, 0.5), (THIRD, 0.75)]
            .map(|(file, mark)| (file.to_owned(), vec![metric("loss", points, mark)]))
    };
    put(6);
    let mut watching = Watching::of(&a_loop);
    assert_eq!(everywhere(&a_loop, &mut watching), wanted(6));
    put(30);
    assert_eq!(everywhere(&a_loop, &mut watching), wanted(30));
    drop(watching);
    assert_eq!(everywhere(&a_loop, &mut Watching::of(&a_loop)), wanted(30));
}

#[test]
fn a_file_without_a_value_keeps_no_other_from_being_read() {
    let part = |from, to| [version(), events("loss", from..to, 0.25)].concat();
    for empty in [version(), Vec::new(), b"no record".to_vec()] {
        for order in [[0, 1, 2], [1, 0, 2], [1, 2, 0]] {
            let a_loop = a_loop();
            let mut watching = Watching::of(&a_loop);
            let files = [empty.clone(), part(0, 6), part(6, 12)];
            for (at, file) in order.iter().zip([FIRST, SECOND, THIRD]) {
                a_loop.write(file, &files[*at]);
                watching.look();
            }
            let whole = vec![metric("loss", 12, 0.25)];
            assert_eq!(everywhere(&a_loop, &mut watching), [(FIRST.to_owned(), whole)], "{order:?}");
        }
    }
}

#[test]
fn a_file_that_turns_out_to_be_another_runs_is_taken_out_of_the_first() {
    let a_loop = a_loop();
    let mut watching = Watching::of(&a_loop);
    let part = |name: &str, to, mark| [version(), events(name, 0..to, mark)].concat();
    // Two processes begin; the second one is the first that writes values.
    a_loop.write(FIRST, version());
    a_loop.write(SECOND, [part("loss", 5, 0.5), events("acc", 0..5, 0.5)].concat());
    assert_eq!(everywhere(&a_loop, &mut watching).len(), 1);
    // As many values as the other one has.
    a_loop.write(FIRST, part("loss", 5, 0.25));
    let second = vec![metric("acc", 5, 0.5), metric("loss", 5, 0.5)];
    let wanted = [(FIRST.to_owned(), vec![metric("loss", 5, 0.25)]), (SECOND.to_owned(), second)];
    assert_eq!(everywhere(&a_loop, &mut watching), wanted);
    drop(watching);
    assert_eq!(everywhere(&a_loop, &mut Watching::of(&a_loop)), wanted, "nothing of it stays in the archive");
}

#[test]
fn events_that_are_copied_anew_are_one_run() {
    let a_loop = a_loop();
    let mut watching = Watching::of(&a_loop);
    for to in [5, 9, 9, 14] {
        for (file, name, mark) in [(FIRST, "train/loss", 0.25), (SECOND, "eval/loss", 0.5)] {
            // As rsync does it: under another name, and then over the old one.
            a_loop.write("copy", [version(), events(name, 0..to, mark)].concat());
            std::fs::create_dir_all(a_loop.path("runs/a")).unwrap();
            std::fs::rename(a_loop.path("copy"), a_loop.path(file)).unwrap();
        }
        let points = to as usize;
        let both = vec![metric("eval/loss", points, 0.5), metric("train/loss", points, 0.25)];
        assert_eq!(everywhere(&a_loop, &mut watching), [(FIRST.to_owned(), both)]);
    }
}

/// A file of a folder of runs: which metrics it has, where it begins, and how many steps it gets at each of three looks.
#[derive(Clone, Debug)]
struct Start {
    metrics: Vec<&'static str>,
    begins: u32,
    grows: [u32; 3],
}

fn any_start() -> impl Strategy<Value = Start> {
    let metrics = proptest::sample::subsequence(vec!["a", "b", "c"], 0..=3);
    (metrics, 0u32..12, proptest::array::uniform3(0u32..9)).prop_map(|(metrics, begins, grows)| Start {
        metrics,
        begins,
        grows,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever lies beside each other: what is seen bit by bit is what is seen at once, and no value is lost: each
    /// file's last one stands in some run, but where a later one goes on from before it.
    #[test]
    fn events_are_read_alike_bit_by_bit_and_at_once(starts in proptest::collection::vec(any_start(), 1..5)) {
        let a_loop = a_loop();
        let mut watching = Watching::opened(&a_loop, false);
        for look in 0..3 {
            for (at, start) in starts.iter().enumerate() {
                let to = start.begins + start.grows[..=look].iter().sum::<u32>();
                let steps = (start.begins..to).flat_map(|step| {
                    start.metrics.iter().flat_map(move |name| events(name, step..step + 1, (at + 1) as f32 / 8.0))
                });
                a_loop.write(&format!("runs/a/events.out.tfevents.{at}.h"), version().into_iter().chain(steps).collect::<Vec<u8>>());
            }
            watching.look();
        }
        // A run that got values before the file above it keeps the name that it had.
        let bare = |runs: Listed| {
            let mut runs: Vec<String> = runs.into_iter().map(|(_, told)| format!("{told:?}")).collect();
            runs.sort();
            runs
        };
        let all = read_at_once(&a_loop);
        prop_assert_eq!(bare(listed(&a_loop, &watching.look())), bare(all.clone()));
        for (at, start) in starts.iter().enumerate().filter(|(_, start)| start.grows.iter().sum::<u32>() > 0) {
            let later = |name: &str| starts[at + 1..].iter().any(|start| start.metrics.contains(&name));
            for name in start.metrics.iter().filter(|name| !later(name)) {
                let mark = (at + 1) as f64 / 8.0;
                let is_there = |(known, _, _, highest): &(String, usize, f64, f64)| known == name && *highest >= mark;
                prop_assert!(all.iter().any(|(_, metrics)| metrics.iter().any(is_there)), "{name} of {at}: {all:?}");
            }
        }
    }
}

/// The records of an events file, each with its frame.
fn records(file: &[u8]) -> Vec<&[u8]> {
    let mut rest = file;
    let mut out = Vec::new();
    while rest.len() > 12 {
        let length = usize::try_from(u64::from_le_bytes(rest[..8].try_into().unwrap())).unwrap() + 16;
        let (record, left) = rest.split_at(length);
        out.push(record);
        rest = left;
    }
    out
}

#[test]
fn checkpoints_of_a_trainer_tell_of_one_run() {
    let a_loop = a_loop();
    let mut watching = Watching::of(&a_loop);
    // The order in time counts, not that of the names.
    let save = |folder: &str, steps: usize| {
        let log: Vec<String> =
            (1..=steps).map(|step| format!("{{\"loss\": {}, \"step\": {step}}}", 1.0 / step as f64)).collect();
        let path = format!("output/{folder}trainer_state.json");
        a_loop.write(
            &path,
            format!("{{\"global_step\": {steps}, \"max_steps\": 30, \"log_history\": [{}]}}", log.join(",")),
        );
        let file = std::fs::File::options().write(true).open(a_loop.path(&path)).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_700_000_000 + steps as u64)).unwrap();
    };
    save("checkpoint-10/", 10);
    assert_eq!(watching.look().trials[0].points_of("loss"), 10);
    save("checkpoint-20/", 20);
    let snapshot = watching.look();
    let [trial] = &snapshot.trials.to_vec()[..] else { panic!("{:?}", snapshot.trials) };
    assert_eq!((trial.points_of("loss"), trial.progress), (20, Some(20.0 / 30.0)));
    save("", 30);
    let snapshot = watching.look();
    let [trial] = &snapshot.trials.to_vec()[..] else { panic!("{:?}", snapshot.trials) };
    assert_eq!((trial.points_of("loss"), &trial.end), (30, &TrialEnd::Finished));
}

#[test]
fn half_a_document_takes_no_runs_place() {
    let whole = |steps: usize, first: f64| {
        let row = |step: usize| format!("{{\"step\": {step}, \"loss\": {}}}", first / step as f64);
        let rows = (1..=steps).map(row).collect::<Vec<_>>().join(", ");
        format!("{{\"global_step\": {steps}, \"log_history\": [{rows}]}}")
    };
    for half in ["", "{\"global_step\": 20, \"log_hi", &whole(20, 1.0)[..300]] {
        let a_loop = a_loop();
        let mut watching = Watching::of(&a_loop);
        let points = |snapshot: &Snapshot| -> Vec<usize> {
            snapshot.trials.iter().map(|trial| trial.points_of("loss")).collect()
        };
        let path = "output/trainer_state.json";
        a_loop.write(path, whole(20, 1.0));
        assert_eq!(points(&watching.look()), [20]);
        // The disk is full, or the program was killed while it wrote.
        a_loop.write(path, half);
        make_old(&a_loop, path, 5 * 365 * 24 * 3600);
        let snapshot = watching.look();
        assert_eq!(points(&snapshot), [20], "{half}");
        let said = snapshot.trials[0].unread.iter().any(|unread| unread.message.contains("is incomplete"));
        assert_eq!(said, !half.is_empty());
        drop(watching);
        let mut watching = Watching::of(&a_loop);
        assert_eq!(points(&watching.look()), [20], "{half}: nor tomorrow");
        drop(watching);
        // It was cut shorter while nobody looked.
        a_loop.write(path, &half[..half.len() / 2]);
        let mut watching = Watching::of(&a_loop);
        assert_eq!(points(&watching.look()), [20], "{half}: nor the day after");
        a_loop.write(path, whole(25, 3.0));
        // Files of runs that are over are looked at now and then.
        watching.now_ms += 30_000;
        assert_eq!(points(&watching.look()), [20, 25], "{half}: another run does");
    }
}

/// Lets a file have changed last so many seconds ago.
fn make_old(a_loop: &Loop, path: &str, seconds: u64) {
    let file = std::fs::File::options().write(true).open(a_loop.path(path)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
}

#[test]
fn earlier_runs_are_filed_once_and_the_newest_is_followed() {
    let a_loop = a_loop();
    for run in 0..30 {
        // A line that cannot be read, in the oldest one.
        let bad = if run == 0 { "{bad\n" } else { "" };
        let losses: String =
            (0..20).map(|step| format!("{{\"step\": {step}, \"loss\": {}}}\n", run * 100 + step)).collect();
        a_loop.write(&format!("runs/r{run:02}/metrics.jsonl"), losses + bad);
        make_old(&a_loop, &format!("runs/r{run:02}/metrics.jsonl"), 9000 - run);
    }
    let mut watching = Watching::of(&a_loop);
    let snapshot = watching.look();
    assert_eq!(snapshot.trials.len(), 30);
    for trial in &snapshot.trials {
        let run: f64 = trial.log["runs/r".len()..][..2].parse().unwrap();
        let first = a_loop.curves(trial).series["loss"].first().unwrap().value;
        assert!((first - run * 100.0).abs() < 1e-9, "{} begins with {first}", trial.log);
    }
    let here = snapshot.trials.iter().filter(|trial| trial.curves().is_some()).count();
    assert!(here < 10, "{here} are held in memory");
    drop(watching);
    let ids = |snapshot: &Snapshot| snapshot.trials.iter().map(|trial| trial.id).collect::<Vec<_>>();
    let mut again = Watching::of(&a_loop);
    let filed = again.look();
    assert_eq!(ids(&filed), ids(&snapshot), "what was filed is known again");
    for snapshot in [&snapshot, &filed] {
        let told: Vec<_> = snapshot.warnings.iter().map(|warning| (&*warning.path, warning.line)).collect();
        assert_eq!(told, [("runs/r00/metrics.jsonl", 21)], "what could not be read is told, today and tomorrow");
    }
    // A new one comes.
    a_loop.write("runs/r30/metrics.jsonl", "{\"step\": 0, \"loss\": 7}\n");
    assert_eq!(again.look().trials.len(), 31);
}

#[test]
fn a_folder_of_runs_is_looked_at_without_a_loop() {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, bytes: &[u8]| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    put("a/events.out.tfevents.1.h", TORCH);
    put("run-fixture1.wandb", WANDB);
    let mut watched = Watched::open(folder.path(), Path::new("/nowhere")).unwrap();
    watched.poll(1_700_000_000_000);
    let snapshot = watched.snapshot();
    assert_eq!(snapshot.format.map(countersign::model::LoopFormat::name), Some("curves"));
    assert_eq!(snapshot.trials.len(), 2);
    assert!(snapshot.experiments.is_empty() && snapshot.waiting.is_empty());
    let empty = tempfile::tempdir().unwrap();
    assert!(Watched::open(empty.path(), Path::new("/nowhere")).is_err());
}

#[test]
fn a_run_that_was_put_away_and_goes_on_is_followed_again() {
    let a_loop = a_loop();
    let path = |run: usize| format!("runs/r{run:02}/metrics.jsonl");
    for run in 0..12 {
        a_loop.write(&path(run), "{\"step\": 0, \"loss\": 2.5}\n");
        // The first ones are the oldest.
        make_old(&a_loop, &path(run), 9000 - run as u64);
    }
    let mut watching = Watching::of(&a_loop);
    let of_first = |snapshot: &Snapshot| snapshot.trials.iter().find(|trial| *trial.log == *path(0)).unwrap().clone();
    let before = of_first(&watching.look());
    assert!(before.curves().is_none(), "it is over, and in the archive");
    a_loop.append(&path(0), "{\"step\": 1, \"loss\": 2.25}\n");
    watching.now_ms += 30_000;
    let snapshot = watching.look();
    let after = of_first(&snapshot);
    assert_eq!((after.id, after.points_of("loss"), snapshot.trials.len()), (before.id, 2, 12));
    assert_eq!(steps(&a_loop, &after, "loss"), [0.0, 1.0]);
}

#[test]
fn a_run_whose_file_is_gone_is_over_and_stays_in_the_archive() {
    let a_loop = a_loop();
    for name in ["x", "y"] {
        a_loop.write(&format!("runs/{name}/metrics.jsonl"), "{\"step\": 0, \"loss\": 2.5}\n");
    }
    let mut watching = Watching::of(&a_loop);
    let of = |snapshot: &Snapshot, name: &str| {
        let log = format!("runs/{name}/metrics.jsonl");
        snapshot.trials.iter().find(|trial| *trial.log == *log).unwrap().clone()
    };
    let before = watching.look();
    std::fs::remove_dir_all(a_loop.path("runs/x")).unwrap();
    let after = watching.look();
    let (was, gone) = (of(&before, "x"), of(&after, "x"));
    assert_eq!((gone.id, &gone.end, after.trials.len()), (was.id, &TrialEnd::Silent, 2));
    assert!(gone.curves().is_none(), "it is in the archive");
    assert_eq!(steps(&a_loop, &gone, "loss"), [0.0]);
}

/// Three seeds of one commit, at the same time and each with a file of its own: one experiment, drawn as a band; the run
/// whose log tells the same once more is not a fourth.
#[test]
fn seeds_of_one_commit_are_runs_of_one_experiment() {
    let a_loop = a_loop();
    a_loop.write(".git/countersign/policy.yaml", "logs: [again.csv]\n");
    let mut watching = Watching::of(&a_loop);
    a_loop.write("train.py", "A = 2\n");
    a_loop.commit("two");
    watching.look();
    let loss = |seed: u32, step: u32| 3.0 / f64::from(step + 1) + 0.25 * f64::from(seed);
    let table = |seed: u32| {
        // The rate falls by the same plan in all of them: that does not make them one run.
        let rows: String = (0..40).map(|step| format!("{step},{},{}\n", loss(seed, step), 40 - step)).collect();
        format!("step,train_loss,lr\n{rows}")
    };
    for seed in 0..3 {
        a_loop.write(&format!("lightning_logs/version_{seed}/metrics.csv"), table(seed));
    }
    a_loop.write("again.csv", table(1));
    watching.look();
    a_loop.row(&a_loop.short(), 0.9, "keep", "two");
    watching.now_ms += 3_600_000;
    let snapshot = watching.look();
    let id = snapshot.experiments[1].id.clone();
    assert_eq!(snapshot.trials_of(&id).len(), 4, "{:?}", snapshot.trials);
    drop(watching);
    let mut driver = Driver::new(&a_loop, 120, 40);
    driver.keys("2G");
    let subjects = driver.state.subjects().unwrap();
    assert_eq!(subjects.main.runs_with("train_loss").len(), 3, "{}", driver.screen());
    let last = |seed: u32| loss(seed, 39);
    let wanted = format!("mean of 3 runs {:.6} ({:.6} to {:.6})", last(1), last(0), last(2));
    assert!(driver.screen().contains(&wanted), "{wanted}\n{}", driver.screen());
}
