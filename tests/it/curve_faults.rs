//! Files of curves that are cut, packed, empty, gone or something else: what is said of each.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use crate::support::{self, folder, put};
use countersign::format::{CurvesFormat, HEAD_BYTES};
use countersign::series::Series;
use countersign::watch::{RunCurves, Watched, read_curves, read_directory};
use proptest::prelude::*;

const WANDB: &[u8] = include_bytes!("../formats/run-fixture1.wandb");
const TORCH: &[u8] = include_bytes!("../formats/events.out.tfevents.1700000000.torch");
const NOW: i64 = 1_700_000_000_000;

/// A file that is named: how many points it has, and what is said of it.
fn alone(name: &str, bytes: &[u8]) -> (usize, Vec<(u64, String)>) {
    let folder = folder(&[(name, bytes)]);
    said(&read_curves(&folder.path().join(name)).unwrap())
}

fn said(run: &RunCurves) -> (usize, Vec<(u64, String)>) {
    let points = run.curves.series.values().map(countersign::series::Series::len).max().unwrap_or(0);
    (points, run.warnings.iter().map(|warning| (warning.line, warning.message.clone())).collect())
}

/// The runs of a folder, and what is said of the files that are not read.
fn listed(dir: &Path) -> (Vec<String>, Vec<(String, String)>) {
    let mut runs = Vec::new();
    let seen = read_directory(dir, |run| runs.push(run.path)).unwrap();
    (runs, seen.into_iter().map(|seen| (seen.path.to_string(), seen.why.to_string())).collect())
}

/// What `countersign series` says of a word that it cannot read.
fn series(dir: &Path, word: &str) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["series", word])
        .current_dir(dir)
        .env("XDG_STATE_HOME", dir.join("state"))
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(1), "{word}");
    String::from_utf8(run.stderr).unwrap()
}

#[test]
fn a_file_that_ends_within_a_record_says_so() {
    for (name, whole) in [("run-a.wandb", WANDB), ("events.out.tfevents.1.h", TORCH)] {
        let (all, quiet) = alone(name, whole);
        assert!(all > 1 && !quiet.iter().any(|(_, said)| said.contains("record")), "{name}: {quiet:?}");
        let (points, mut said) = alone(name, &whole[..whole.len() * 2 / 3]);
        said.retain(|(_, said)| !said.starts_with("steps went back"));
        let [(0, message)] = said.as_slice() else { panic!("{name}: {said:?}") };
        assert!(points < all && message.starts_with("ends within the record at byte "), "{name}: {message}");
        assert!(message.ends_with("which is not counted (possibly still being written)"), "{message}");
    }
    let breaks_off = "the JSON document is incomplete (possibly still being written); nothing is read";
    for (name, text, line) in [
        ("cut.json", "[{\"step\":0,\"loss\":1},\n{\"step\":1,\"loss\":0.5},\n{\"st", 3),
        ("cut.json", "{\"loss\":[1,0.5,", 1),
        ("trainer_state.json", "{\"log_history\":[{\"step\":1,\"loss\":2},{\"step\":2,\"lo", 1),
    ] {
        assert_eq!(alone(name, text.as_bytes()), (0, vec![(line, breaks_off.to_owned())]), "{text}");
    }
}

#[test]
fn a_file_of_other_bytes_is_called_what_it_is() {
    let utf16: Vec<u8> = "step,loss\n0,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16.clone()).collect();
    for (name, bytes, what) in [
        ("a.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0".as_slice(), "compressed; unpack it to have it read"),
        ("m.jsonl", b"\x1f\x8b\x08\0\0\0\0\0", "compressed; unpack it to have it read"),
        ("b.csv", b"\x89PNG\r\n\x1a\nxx", "a picture"),
        ("u.csv", &marked, "UTF-16; convert it with iconv -f UTF-16 -t UTF-8"),
        ("v.csv", &utf16, "UTF-16; convert it with iconv -f UTF-16 -t UTF-8"),
        ("p.csv", b"PAR1xxxx", "a binary table; export it as CSV or JSON lines"),
        ("z.csv", b"\x02\0\0\0\x03\0\0\0", "not text"),
    ] {
        assert_eq!(alone(name, bytes), (0, vec![(0, what.to_owned())]), "{name}");
        let folder = folder(&[(name, bytes)]);
        assert_eq!(listed(folder.path()), (vec![], vec![(name.to_owned(), what.to_owned())]), "in a folder");
    }
}

#[test]
fn steps_that_go_back_are_said_and_counted() {
    let restart = "step,loss\n0,1\n1,2\n2,3\n1,4\n2,5\n3,6\n";
    let two = "steps went back: 2 points before are not shown, only the later ones";
    assert_eq!(alone("a.csv", restart.as_bytes()), (4, vec![(5, two.to_owned())]));
    let down = "{\"step\":5,\"loss\":1}\n{\"step\":4,\"loss\":2}\n{\"step\":3,\"loss\":3}\n";
    let twice = "steps went back 2 times, first here: 2 points before are not shown, only the later ones";
    assert_eq!(alone("a.jsonl", down.as_bytes()), (1, vec![(2, twice.to_owned())]));
    assert_eq!(alone("a.csv", b"step,loss\n0,1\n1,2\n1,3\n"), (3, vec![]), "a step with two values");
}

#[test]
fn old_line_ends_empty_files_and_words_for_numbers() {
    assert_eq!(alone("mac.csv", b"step,loss\r0,1\r1,2\r"), (2, vec![]));
    let mac = folder(&[("mac.csv", b"step,loss\r0,1\r1,2\r")]);
    assert_eq!(listed(mac.path()), (vec!["mac.csv".to_owned()], vec![]));
    assert_eq!(alone("e.csv", b""), (0, vec![(0, "nothing has been written to it yet".to_owned())]));
    let words = "1 cell is not a number; dropped".to_owned();
    assert_eq!(alone("w.csv", b"step,loss\n0,1\n1,oops\n2,3\n"), (2, vec![(3, words)]));
}

#[test]
fn a_file_that_is_not_there_is_no_experiment() {
    let folder = folder(&[("results.tsv", b"commit\tval_bpb\tstatus\tdescription\n")]);
    std::os::unix::fs::symlink("nowhere", folder.path().join("broken.csv")).unwrap();
    for word in ["nothere.csv", "runs/a"] {
        assert!(series(folder.path(), word).contains(&format!("{word}: no such file or directory")), "{word}");
    }
    assert!(series(folder.path(), "broken.csv").contains("broken.csv: a dangling symlink"));
    assert!(series(folder.path(), "lr0.5").contains("no experiment matches `lr0.5`"));
}

#[test]
fn only_files_that_plainly_have_the_same_run_are_read_once() {
    let back = b"step,loss\n5,1\n4,2\n3,3\n".as_slice();
    let long = b"{\"step\":1,\"n\":1}\n{\"step\":2,\"n\":2}\n".as_slice();
    let log = b"step 1 loss 1.5\nstep 2 loss 1.25\nstep 3 loss 1.125\n".as_slice();
    let runs = folder(&[("run-a.wandb", WANDB), ("back.csv", back), ("x/long.jsonl", long), ("x/train.log", log)]);
    let (found, seen) = listed(runs.path());
    assert_eq!(
        (found, seen),
        (vec!["back.csv".into(), "run-a.wandb".into(), "x/long.jsonl".into(), "x/train.log".into()], vec![])
    );
    // The names of a pair, or the same values at the same steps.
    let same = b"step,train_loss\n1,1.5\n2,1.25\n3,1.125\n".as_slice();
    let pairs = folder(&[("a/odd.csv", same), ("a/train.log", log), ("b/metrics.csv", back), ("b/train.log", log)]);
    let (found, seen) = listed(pairs.path());
    assert_eq!(found, ["a/odd.csv", "b/metrics.csv"]);
    let read_from = |log: &str, file: &str| (log.to_owned(), format!("its run is read from {file}"));
    assert_eq!(seen, [read_from("a/train.log", "odd.csv"), read_from("b/train.log", "metrics.csv")]);
}

#[test]
fn files_that_come_to_nothing_are_named() {
    let folder = folder(&[
        ("runs/a/metrics.csv", b"step,loss\n1,2\n"),
        ("runs/a/e.csv", b""),
        ("out.log", b"loss 1\n"),
        ("cut.json", b"[{\"step\":0,\"loss\":1},{\"st"),
        ("config.json", b"{\"step\": 5, \"model\": {\"d\": 1}}"),
        ("runs/b/trainer_state.json", b"{\"log_history\":[{\"st"),
    ]);
    let fifo = folder.path().join("pipe.csv");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    std::os::unix::fs::symlink("nowhere", folder.path().join("broken.csv")).unwrap();
    let (runs, mut seen) = listed(folder.path());
    seen.sort();
    assert_eq!(runs, ["runs/a/metrics.csv", "runs/b/trainer_state.json"]);
    let path = folder.path().join("cut.json");
    let cut = format!(
        "JSON with steps, under an unusual name for curves; read it with countersign series {}",
        path.display()
    );
    let wanted = [
        ("broken.csv", "a dangling symlink"),
        ("cut.json", cut.as_str()),
        ("out.log", "a log without a step and a value so far"),
        ("pipe.csv", "a pipe or a device, not a file"),
        ("runs/a/e.csv", "nothing has been written to it yet"),
    ];
    assert_eq!(seen, wanted.map(|(path, why)| (path.to_owned(), why.to_owned())));
}

#[test]
fn a_results_table_further_down_is_called_one() {
    let curves = b"step,loss\n1,2\n2,1\n".as_slice();
    let rows = b"commit\tval_bpb\tstatus\tdescription\nabc1234\t1.0\tkeep\tbaseline\n".as_slice();
    let reasons = b"iteration\tval_loss\tstatus\trationale\n1\t0.5\tkeep\tbaseline\n2\t0.4\tkeep\twider\n".as_slice();
    let pi = b"{\"run\":1,\"metric\":0.5,\"status\":\"keep\",\"description\":\"x\"}\n".as_slice();
    let folder = folder(&[
        ("autoresearch/runs/a_metrics.csv", curves),
        ("autoresearch/campaign2/results.tsv", rows),
        ("x/y/iters.tsv", reasons),
        ("x/z/autoresearch.jsonl", pi),
        ("x/metrics/results.tsv", curves),
        ("x/status.csv", b"step,loss,status\n1,2,ok\n2,1,ok\n"),
    ]);
    let (runs, seen) = listed(folder.path());
    assert_eq!(runs, ["autoresearch/runs/a_metrics.csv", "x/status.csv"], "{seen:?}");
    let opens = |path: &str| {
        let at = folder.path().join(path);
        (path.to_owned(), format!("a results table: `countersign {}` opens its loop", at.parent().unwrap().display()))
    };
    let tables = ["autoresearch/campaign2/results.tsv", "x/y/iters.tsv", "x/z/autoresearch.jsonl"];
    assert_eq!(seen, tables.map(opens));
    let mut watched = Watched::open(folder.path(), Path::new("/nowhere")).unwrap();
    watched.poll(NOW);
    assert_eq!(watched.snapshot().unread_files.len(), 3, "opening the folder says it too");
}

#[test]
fn what_is_said_of_json_is_so() {
    let config = format!("{{\"note\":\"{}\"}}\n{{\"step\":1,\"loss\":2}}\n", "x".repeat(HEAD_BYTES + 2000));
    let folder = folder(&[("a.jsonl", config.as_bytes()), ("metrics.json", b"{\n\"a\": 1\n}\n")]);
    let (_, seen) = listed(folder.path());
    let whys: Vec<&str> = seen.iter().map(|(_, why)| why.as_str()).collect();
    assert_eq!(
        whys,
        ["JSON lines with a first line longer than 8 KiB; not searched", "JSON without a list of numbers"]
    );
}

#[test]
fn a_run_whose_files_are_gone_leaves_the_list() {
    let folder = folder(&[]);
    // More than are followed: those are kept in memory only.
    for run in 0..12 {
        put(folder.path(), &format!("r{run}/metrics.csv"), b"step,loss\n1,2\n2,1\n");
        let file =
            std::fs::File::options().write(true).open(folder.path().join(format!("r{run}/metrics.csv"))).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_600_000_000 - run)).unwrap();
    }
    let mut watched = Watched::open(folder.path(), Path::new("/nowhere")).unwrap();
    watched.poll(NOW);
    watched.poll(NOW + 3_000);
    assert_eq!(watched.snapshot().trials.len(), 12);
    for gone in ["r0", "r11"] {
        std::fs::remove_dir_all(folder.path().join(gone)).unwrap();
    }
    watched.poll(NOW + 6_000);
    watched.poll(NOW + 9_000);
    let mut left: Vec<String> = watched.snapshot().trials.iter().map(|trial| trial.log.to_string()).collect();
    left.sort();
    assert!(left.len() == 10 && !left.iter().any(|log| log.starts_with("r0/") || log.starts_with("r11/")), "{left:?}");
}

/// Curves by name, and what is said of a file by line.
type Read = (Vec<(String, Vec<(f64, f64)>)>, Vec<(u64, String)>);

/// A metric and its points.
type Curve<'a> = (&'a str, &'a [(f64, f64)]);

/// All curves of a file, in one piece and byte by byte, and what is said of it.
fn curves_of(name: &str, text: &str) -> Read {
    let read = |size: usize| {
        let mut reader = CurvesFormat::by_content(name, text.as_bytes()).reader();
        text.as_bytes().chunks(size).for_each(|piece| reader.push(piece));
        let points = |series: &Series| series.points().map(|point| (point.step, point.value)).collect();
        let curves = reader.curves().series.iter().map(|(name, series)| (name.to_string(), points(series))).collect();
        let said = reader.view().warnings.iter().cloned().chain(reader.at_end()).chain(reader.restarts());
        (curves, said.map(|at| (at.line, at.message)).collect::<Vec<_>>())
    };
    let whole: Read = read(text.len());
    for size in [1, 13] {
        assert_eq!(read(size), whole, "{text} in pieces of {size}");
    }
    whole
}

/// What a file is read as, and the lines of what is said of it.
fn reads(name: &str, text: &str, wanted: &[Curve<'_>], lines: &[u64]) {
    let (curves, said) = curves_of(name, text);
    let wanted: Vec<_> = wanted.iter().map(|(name, points)| ((*name).to_owned(), points.to_vec())).collect();
    assert_eq!(curves, wanted, "{text}");
    assert_eq!(said.iter().map(|(line, _)| *line).collect::<Vec<_>>(), lines, "{text}: {said:?}");
}

#[test]
fn one_process_tells_of_a_run() {
    let wanted: &[Curve<'_>] = &[("loss", &[(1.0, 2.5), (2.0, 1.5)])];
    let row = |field: &str, step: u32, loss: f64, rank: u32| {
        format!("{{\"step\":{step},\"loss\":{loss},\"{field}\":{rank}}}\n")
    };
    for field in ["rank", "local_rank", "process_index", "worker_id"] {
        // In turns and in any order, and one after the other.
        let turns = [
            row(field, 1, 9.0, 2),
            row(field, 1, 2.5, 0),
            row(field, 1, 7.0, 1),
            row(field, 2, 1.5, 0),
            row(field, 2, 8.0, 2),
        ];
        reads("m.jsonl", &turns.concat(), wanted, &[2]);
        let after = [row(field, 1, 2.5, 0), row(field, 2, 1.5, 0), row(field, 1, 9.0, 1), row(field, 2, 9.0, 1)];
        reads("m.jsonl", &after.concat(), wanted, &[3]);
    }
    // What is reduced over all is the same in all of them.
    reads(
        "m.jsonl",
        &[row("rank", 1, 2.5, 0), row("rank", 1, 2.5, 1), row("rank", 2, 1.5, 1), row("rank", 2, 1.5, 0)].concat(),
        wanted,
        &[2],
    );
    reads(
        "m.csv",
        "epoch,step,rank,loss\n0,1,0,2.5\n0,1,1,9\n0,2,0,1.5\n0,2,1,9\n",
        &[("epoch", &[(1.0, 0.0), (2.0, 0.0)]), wanted[0]],
        &[3],
    );
    // On several nodes each has a first one.
    let node = |step: u32, node: u32, local: u32| {
        format!("{{\"step\":{step},\"node_rank\":{node},\"local_rank\":{local},\"loss\":{}.{node}{local}}}\n", 3 - step)
    };
    let nodes = [
        node(1, 0, 0),
        node(1, 0, 1),
        node(1, 1, 0),
        node(1, 1, 1),
        node(2, 1, 1),
        node(2, 1, 0),
        node(2, 0, 1),
        node(2, 0, 0),
    ];
    reads("m.jsonl", &nodes.concat(), &[("loss", &[(1.0, 2.0), (2.0, 1.0)])], &[2, 3]);
    // A metric of one process alone stays; the steps of each epoch are those of the process that is read.
    let epochs = "{\"epoch\":1,\"iter\":2,\"loss\":4,\"rank\":0}\n{\"epoch\":1,\"iter\":2,\"loss\":5,\"rank\":1}\n{\"epoch\":2,\"iter\":1,\"loss\":3,\"rank\":0}\n{\"epoch\":1,\"iter\":3,\"loss\":5,\"mem\":7,\"rank\":1}\n{\"epoch\":2,\"iter\":2,\"loss\":2,\"rank\":0}\n";
    reads(
        "m.jsonl",
        epochs,
        &[
            ("epoch", &[(2.0, 1.0), (3.0, 2.0), (4.0, 2.0)]),
            ("loss", &[(2.0, 4.0), (3.0, 3.0), (4.0, 2.0)]),
            ("mem", &[(5.0, 7.0)]),
        ],
        &[2],
    );
    // The rank of a matrix, through a restart.
    let lora = [row("rank", 1, 2.5, 8), row("rank", 2, 1.5, 8), row("rank", 2, 2.0, 4), row("rank", 3, 1.0, 4)];
    let (curves, _) = curves_of("m.jsonl", &[&lora[..2], &lora[3..]].concat().concat());
    assert_eq!(curves[1], ("rank".to_owned(), vec![(1.0, 8.0), (2.0, 8.0), (3.0, 4.0)]));
    let restart = [row("rank", 1, 3.0, 8), row("rank", 2, 2.5, 8), row("rank", 3, 2.0, 8), row("rank", 2, 1.5, 4)];
    reads(
        "m.jsonl",
        &restart.concat(),
        &[("loss", &[(1.0, 3.0), (2.0, 1.5)]), ("rank", &[(1.0, 8.0), (2.0, 4.0)])],
        &[4],
    );
}

#[test]
fn parts_of_the_data_have_names_of_their_own() {
    let wanted: &[Curve<'_>] = &[("loss", &[(1.0, 2.5), (2.0, 1.5)]), ("val_loss", &[(1.0, 2.75), (2.0, 1.75)])];
    for field in ["split", "mode", "phase", "stage", "set", "subset", "type", "event", "kind", "dataset"] {
        let rows = format!(
            "{{\"step\":1,\"{field}\":\"train\",\"loss\":2.5}}\n{{\"step\":1,\"{field}\":\"val\",\"loss\":2.75}}\n{{\"{field}\":\"Training\",\"step\":2,\"loss\":1.5}}\n{{\"step\":2,\"loss\":1.75,\"{field}\":\"validation\"}}\n"
        );
        reads("m.jsonl", &rows, wanted, &[]);
        let table = format!("step,{field},loss\n1,train,2.5\n1,val,2.75\n2,TRAIN,1.5\n2,valid,1.75\n");
        reads("m.csv", &table, wanted, &[]);
    }
    let said = "{\"step\":1,\"split\":\"test\",\"test_loss\":2,\"acc\":1,\"test/f1\":3}\n{\"step\":1,\"split\":\"dev\",\"acc\":4}\n{\"step\":1,\"phase\":\"eval_step\",\"acc\":5}\n";
    let points = |value: f64| [(1.0, value)];
    reads(
        "m.jsonl",
        said,
        &[
            ("dev_acc", &points(4.0)),
            ("eval_acc", &points(5.0)),
            ("test/f1", &points(3.0)),
            ("test_acc", &points(1.0)),
            ("test_loss", &points(2.0)),
        ],
        &[],
    );
}

#[test]
fn rows_of_one_step_that_differ_in_words_are_several_curves() {
    let acc = |rows: &[(u32, &str, f64)]| {
        rows.iter()
            .map(|(step, task, acc)| format!("{{\"step\":{step},\"task\":\"{task}\",\"acc\":{acc}}}\n"))
            .collect::<String>()
    };
    let both: &[Curve<'_>] = &[("acc", &[(1.0, 0.5), (2.0, 0.6)]), ("math/acc", &[(1.0, 0.1), (2.0, 0.2)])];
    reads("m.jsonl", &acc(&[(1, "code", 0.5), (1, "math", 0.1), (2, "math", 0.2), (2, "code", 0.6)]), both, &[2]);
    reads("m.jsonl", &acc(&[(1, "code", 0.5), (2, "code", 0.6), (1, "math", 0.1), (2, "math", 0.2)]), both, &[3]);
    // What was one curve until then is told apart from its beginning.
    reads(
        "m.jsonl",
        &acc(&[(1, "code", 0.5), (2, "math", 0.1), (3, "math", 0.2), (3, "code", 0.6)]),
        &[("acc", &[(1.0, 0.5), (3.0, 0.6)]), ("math/acc", &[(2.0, 0.1), (3.0, 0.2)])],
        &[4],
    );
    // Rows without the field keep the plain name.
    let bare = "{\"step\":1,\"loss\":2}\n{\"step\":1,\"dataset\":\"c4\",\"loss\":3}\n{\"step\":2,\"loss\":1}\n";
    reads("m.jsonl", bare, &[("c4/loss", &[(1.0, 3.0)]), ("loss", &[(1.0, 2.0), (2.0, 1.0)])], &[2]);
    // A name that another metric has.
    let taken = "{\"step\":1,\"task\":\"a\",\"acc\":1,\"b/acc\":5}\n{\"step\":1,\"task\":\"b\",\"acc\":2}\n";
    reads("m.jsonl", taken, &[("acc", &[(1.0, 1.0)]), ("b/acc", &[(1.0, 5.0)]), ("b/acc.1", &[(1.0, 2.0)])], &[2]);
    // By two fields at once.
    let two: String = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
        .iter()
        .enumerate()
        .flat_map(|(at, (task, env))| {
            (1..=2).map(move |step| format!("{{\"step\":{step},\"task\":\"{task}\",\"env\":\"{env}\",\"r\":{at}}}\n"))
        })
        .collect();
    let points = |value: f64| [(1.0, value), (2.0, value)];
    let wanted: &[Curve<'_>] =
        &[("b/r", &points(2.0)), ("b/y/r", &points(3.0)), ("r", &points(0.0)), ("y/r", &points(1.0))];
    reads("m.jsonl", &two, wanted, &[3, 5]);
    // Folds and seeds have numbers.
    let folds = "fold,epoch,loss\n0,1,5\n0,2,4\n1,1,3\n1,2,2\n";
    reads("m.csv", folds, &[("fold_1/loss", &[(1.0, 3.0), (2.0, 2.0)]), ("loss", &[(1.0, 5.0), (2.0, 4.0)])], &[4]);
}

#[test]
fn fields_that_no_list_knows_tell_rows_apart_where_they_come_back() {
    let known = ["client", "bucket", "optimizer", "method", "class_name"];
    for (field, lines) in known.iter().map(|field| (*field, [2])).chain([("flavour", [4])]) {
        let row =
            |step: u32, text: &str, loss: f64| format!("{{\"step\":{step},\"{field}\":\"{text}\",\"loss\":{loss}}}\n");
        let rows = [row(1, "a", 0.5), row(1, "b", 0.6), row(2, "a", 0.4), row(2, "b", 0.5)].concat();
        let wanted: &[Curve<'_>] = &[("b/loss", &[(1.0, 0.6), (2.0, 0.5)]), ("loss", &[(1.0, 0.5), (2.0, 0.4)])];
        reads("m.jsonl", &rows, wanted, &lines);
    }
    // A word that comes twice at one step tells nothing apart.
    let twice = "{\"epoch\":1,\"note\":\"ok\",\"loss\":3}\n{\"epoch\":1,\"note\":\"ok\",\"loss\":4}\n{\"epoch\":1,\"note\":\"best\",\"loss\":2}\n{\"epoch\":2,\"note\":\"ok\",\"loss\":3}\n{\"epoch\":2,\"note\":\"best\",\"loss\":1}\n";
    reads("m.jsonl", twice, &[("loss", &[(1.0, 3.0), (1.0, 4.0), (1.0, 2.0), (2.0, 3.0), (2.0, 1.0)])], &[]);
    let ema = "{\"step\":1,\"ema\":false,\"acc\":1}\n{\"step\":1,\"ema\":true,\"acc\":2}\n{\"step\":2,\"ema\":false,\"acc\":3}\n{\"step\":2,\"ema\":true,\"acc\":4}\n";
    reads("m.jsonl", ema, &[("acc", &[(1.0, 1.0), (2.0, 3.0)]), ("ema_true/acc", &[(1.0, 2.0), (2.0, 4.0)])], &[4]);
    let thresholds = "step,threshold,f1\n1,0.3,5\n1,0.5,6\n2,0.3,7\n2,0.5,8\n";
    let wanted: &[Curve<'_>] = &[("f1", &[(1.0, 5.0), (2.0, 7.0)]), ("threshold_0.5/f1", &[(1.0, 6.0), (2.0, 8.0)])];
    reads("m.csv", thresholds, wanted, &[3]);
}

#[test]
fn flags_and_sets_of_their_own_name_the_data() {
    let loss: Curve<'_> = ("loss", &[(1.0, 2.5), (2.0, 1.5)]);
    for (train, other, name) in [
        ("\"is_train\":true", "\"is_train\":false", "eval_loss"),
        ("\"validation\":false", "\"validation\":true", "val_loss"),
        ("\"split\":\"train\"", "\"split\":\"val_clean\"", "val_clean/loss"),
        ("\"split\":\"train\"", "\"split\":\"held-out\"", "held-out/loss"),
    ] {
        let rows = format!(
            "{{\"step\":1,{train},\"loss\":2.5}}\n{{\"step\":1.5,{other},\"loss\":9}}\n{{\"step\":2,{train},\"loss\":1.5}}\n"
        );
        let mut wanted = [loss, (name, &[(1.5, 9.0)])];
        wanted.sort_by_key(|(name, _)| *name);
        reads("m.jsonl", &rows, &wanted, &[]);
    }
}

#[test]
fn rows_that_name_an_epoch_only_stand_where_the_steps_are() {
    let rows = "{\"step\":100,\"epoch\":1,\"loss\":2.5}\n{\"epoch\":1,\"val_loss\":2.6,\"loss\":2.7}\n{\"step\":200,\"epoch\":2,\"loss\":2.4}\n{\"epoch\":2,\"val_loss\":2.5}\n{\"epoch\":3,\"val_loss\":2.4}\n";
    let wanted: &[Curve<'_>] = &[
        ("epoch", &[(100.0, 1.0), (200.0, 2.0)]),
        ("epoch_loss", &[(100.0, 2.7)]),
        ("loss", &[(100.0, 2.5), (200.0, 2.4)]),
        ("val_loss", &[(100.0, 2.6), (200.0, 2.5)]),
    ];
    reads("m.jsonl", rows, wanted, &[5]);
    // The global step is the run's where the other one begins anew.
    let both: Vec<[f64; 4]> =
        vec![[0.0, 0.0, 0.0, 4.0], [0.0, 100.0, 100.0, 3.0], [1.0, 0.0, 200.0, 2.0], [1.0, 50.0, 250.0, 1.0]];
    let loss = [(0.0, 4.0), (100.0, 3.0), (200.0, 2.0), (250.0, 1.0)];
    let row = |row: &[f64; 4]| {
        let [epoch, step, global, loss] = row;
        format!("{{\"epoch\":{epoch},\"step\":{step},\"global_step\":{global},\"loss\":{loss}}}\n")
    };
    let rows: String = both.iter().map(row).collect();
    let (curves, said) = curves_of("m.jsonl", &rows);
    assert!(curves.contains(&("loss".to_owned(), loss.to_vec())) && said.is_empty(), "{curves:?} {said:?}");
    let table: String = both.iter().map(|[e, s, g, l]| format!("{e},{s},{g},{l}\n")).collect();
    let (curves, said) = curves_of("m.csv", &format!("epoch,step,global_step,loss\n{table}"));
    assert!(curves.contains(&("loss".to_owned(), loss.to_vec())) && said.is_empty(), "{curves:?} {said:?}");
    // NVIDIA's dllogger has the epoch beside the step.
    let list = "{\"step\":[0,10],\"data\":{\"loss\":3}}\n{\"step\":[1,20],\"data\":{\"loss\":2}}\n";
    let wanted: &[Curve<'_>] = &[("epoch", &[(10.0, 0.0), (20.0, 1.0)]), ("loss", &[(10.0, 3.0), (20.0, 2.0)])];
    reads("m.jsonl", list, wanted, &[]);
}

#[test]
fn lists_that_are_shorter_have_steps_of_their_own_or_are_named() {
    let own = "{\"step\":[10,20,30],\"loss\":[3,2,1],\"val_step\":[30],\"val_loss\":[9]}";
    reads(
        "history.json",
        own,
        &[("loss", &[(10.0, 3.0), (20.0, 2.0), (30.0, 1.0)]), ("val_loss", &[(30.0, 9.0)])],
        &[],
    );
    let short = "{\"loss\":[3,2,1],\"val_loss\":[9]}";
    reads("history.json", short, &[("loss", &[(0.0, 3.0), (1.0, 2.0), (2.0, 1.0)]), ("val_loss", &[(0.0, 9.0)])], &[0]);
    let growing = "{\"loss\":[3,2],\"val_loss\":[9]}";
    reads("history.json", growing, &[("loss", &[(0.0, 3.0), (1.0, 2.0)]), ("val_loss", &[(0.0, 9.0)])], &[]);
}

#[test]
fn a_header_of_several_lines_is_one() {
    let wanted: &[Curve<'_>] = &[("train_loss", &[(1.0, 0.5), (2.0, 0.4)]), ("val_loss", &[(1.0, 0.7), (2.0, 0.6)])];
    let acc = |name: &'static str| (name, [(1.0, 0.25), (2.0, 0.75)]);
    let (train, val) = (acc("train_acc"), acc("val_acc"));
    let all = [(train.0, &train.1[..]), wanted[0], (val.0, &val.1[..]), wanted[1]];
    let rows = "1,0.5,0.25,0.7,0.25\n2,0.4,0.75,0.6,0.75\n";
    reads("m.csv", &format!("epoch,train,train,val,val\n,loss,acc,loss,acc\n{rows}"), &all, &[]);
    reads("m.csv", &format!(",train,train,val,val\n,loss,acc,loss,acc\nepoch,,,,\n{rows}"), &all, &[]);
}

#[test]
fn words_that_tell_nothing_apart_leave_a_curve_whole() {
    let rows = "{\"step\":1,\"event\":\"step\",\"type\":\"metrics\",\"level\":\"INFO\",\"phase\":\"warmup\",\"loss\":3}\n{\"step\":2,\"event\":\"step\",\"type\":\"metrics\",\"level\":\"WARN\",\"phase\":\"main\",\"loss\":2}\n{\"step\":2,\"event\":\"save\",\"loss\":2}\n{\"step\":3,\"event\":\"step\",\"phase\":\"main\",\"loss\":1}\n";
    reads("m.jsonl", rows, &[("loss", &[(1.0, 3.0), (2.0, 2.0), (2.0, 2.0), (3.0, 1.0)])], &[]);
    // Begun anew from a checkpoint, within a phase that was there.
    let restart = "step,phase,loss\n1,warmup,9\n2,main,8\n3,main,7\n2,main,6\n3,main,5\n";
    reads("m.csv", restart, &[("loss", &[(1.0, 9.0), (2.0, 6.0), (3.0, 5.0)])], &[5]);
}

#[test]
fn a_long_table_has_a_curve_for_each_name() {
    let wanted: &[Curve<'_>] = &[("acc", &[(1.0, 0.5), (2.0, 0.75)]), ("loss", &[(1.0, 2.5), (2.0, 1.5)])];
    let rows = [(1, "loss", 2.5), (1, "acc", 0.5), (2, "loss", 1.5), (2, "acc", 0.75)];
    for (name, value) in [
        ("name", "value"),
        ("metric", "value"),
        ("Metric Name", "Metric Value"),
        ("variable", "value"),
        ("key", "value"),
        ("tag", "val"),
    ] {
        let table: String = rows.iter().map(|(step, metric, number)| format!("{step},{metric},{number}\n")).collect();
        reads("m.csv", &format!("step,{name},{value}\n{table}"), wanted, &[]);
        let lines: String = rows
            .iter()
            .map(|(step, metric, number)| format!("{{\"{name}\":\"{metric}\",\"{value}\":{number},\"step\":{step}}}\n"))
            .collect();
        reads("m.jsonl", &lines, wanted, &[]);
        let folder = folder(&[
            ("runs/a/long.csv", format!("step,{name},{value}\n{table}").as_bytes()),
            ("runs/b/long.jsonl", lines.as_bytes()),
        ]);
        assert_eq!(listed(folder.path()).0.len(), 2, "{name}: found in a folder");
    }
    // Runs one after the other, sorted by metric as TensorBoard and MLflow write them.
    let board = "wall_time,run,tag,step,value\n1700000001,train,loss,1,2.5\n1700000002,train,loss,2,1.5\n1700000001,validation,loss,1,3\n1700000002,validation,loss,2,2\n";
    reads("m.csv", board, &[("loss", &[(1.0, 2.5), (2.0, 1.5)]), ("val_loss", &[(1.0, 3.0), (2.0, 2.0)])], &[]);
    let flow = "key,value,timestamp,step,run_id\nloss,2.5,1700000000000,1,a\nloss,1.5,1700000000000,2,a\nacc,0.5,1700000000000,1,a\nacc,0.75,1700000000000,2,a\nloss,9,1700000000000,1,b\nacc,0.1,1700000000000,1,b\n";
    reads("m.csv", flow, &[wanted[0], ("b/acc", &[(1.0, 0.1)]), ("b/loss", &[(1.0, 9.0)]), wanted[1]], &[6]);
}

#[test]
fn the_validation_of_mmcv_stands_where_training_was() {
    let epoch = |epoch: u32| {
        format!(
            "{{\"mode\":\"train\",\"epoch\":{epoch},\"iter\":50,\"loss\":3}}\n{{\"mode\":\"train\",\"epoch\":{epoch},\"iter\":100,\"loss\":2}}\n{{\"mode\":\"val\",\"epoch\":{epoch},\"iter\":2000,\"bbox_mAP\":0.{epoch}}}\n"
        )
    };
    let text = format!("{{\"env_info\":\"python\",\"seed\":7}}\n{}{}", epoch(1), epoch(2));
    let (curves, said) = curves_of("20240101_120000.log.json", &text);
    let curves: Vec<_> = curves.iter().filter(|(name, _)| name != "epoch").collect();
    assert_eq!(said, vec![]);
    assert_eq!(
        curves,
        [
            &("loss".to_owned(), vec![(50.0, 3.0), (100.0, 2.0), (150.0, 3.0), (200.0, 2.0)]),
            &("val_bbox_mAP".to_owned(), vec![(100.0, 0.1), (200.0, 0.2)]),
        ]
    );
    // A row without a step among those that have one.
    reads(
        "m.jsonl",
        "{\"step\":1,\"loss\":2}\n{\"loss\":9}\n{\"step\":2,\"loss\":1}\n",
        &[("loss", &[(1.0, 2.0), (2.0, 1.0)])],
        &[2],
    );
}

#[test]
fn a_column_of_a_table_has_one_unit() {
    let memory = "step,mem,acc\n1,1.5GB,91.5%\n2,900MB,0.913\n3,1 GB,92%\n";
    let wanted: &[Curve<'_>] = &[("acc", &[(1.0, 91.5), (3.0, 92.0)]), ("mem", &[(1.0, 1.5), (2.0, 0.9), (3.0, 1.0)])];
    reads("m.csv", memory, wanted, &[3]);
    // Each metric of a long table has its own.
    let long = "step,name,value\n1,mem,1.5GB\n1,acc,0.5\n2,mem,900MB\n2,acc,0.75\n";
    reads("m.csv", long, &[("acc", &[(1.0, 0.5), (2.0, 0.75)]), ("mem", &[(1.0, 1.5), (2.0, 0.9)])], &[]);
}

/// What a program goes on writing to after its file was emptied begins with as many NULs as were there before.
#[test]
fn text_with_holes_is_read() {
    for (name, first, rest) in [
        ("m.csv", "step,loss\n1,3\n", "2,2\n3,1\n"),
        ("m.jsonl", "{\"step\":1,\"loss\":3}\n", "{\"step\":2,\"loss\":2}\n{\"step\":3,\"loss\":1}\n"),
        ("train.log", "step 1 loss 3\n", "step 2 loss 2\nstep 3 loss 1\n"),
    ] {
        for hole in [50, 300, 20_000, 2 << 20] {
            let nuls = vec![0; hole];
            for file in [[&nuls, first.as_bytes(), rest.as_bytes()], [first.as_bytes(), &nuls, rest.as_bytes()]] {
                let bytes = file.concat();
                assert_eq!(alone(name, &bytes), (3, vec![]), "{name} with {hole} NULs");
                let folder = folder(&[(name, &bytes)]);
                assert_eq!(listed(folder.path()), (vec![name.to_owned()], vec![]), "{name} with {hole} NULs");
            }
        }
    }
    let mut tar = vec![0; 512];
    tar[..9].copy_from_slice(b"train.log");
    tar[257..262].copy_from_slice(b"ustar");
    tar.extend(b"step 1 loss 2\n".repeat(600));
    let elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 64], b"step 1 loss 2\n"].concat();
    let latin = [b"\xff\xd7".as_slice(), &[0; 64], b"step 1 loss 2\n"].concat();
    for (bytes, what) in [
        (tar, "compressed; unpack it to have it read"),
        (elf, "not text"),
        (latin, "not text"),
        (vec![0; 100], "nothing has been written to it yet"),
    ] {
        assert_eq!(alone("train.log", &bytes), (0, vec![(0, what.to_owned())]), "{:?}", &bytes[..9]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the order: where one step is told by several, no curve has points of two of them, and the points of
    /// each are where they belong, wherever the file is cut.
    #[test]
    fn a_curve_is_of_one_that_tells(steps in proptest::collection::vec((proptest::sample::subsequence(vec![0u8, 1, 2, 3], 1..=4).prop_shuffle(), 0u8..4), 1..8), key in 0usize..3) {
        let field = ["task", "local_rank", "fold"][key];
        let word = |one: u8| if key == 0 { format!("\"t{one}\"") } else { one.to_string() };
        // The value says which step and which of them it is of.
        let row = |(step, one): (usize, u8)| format!("{{\"step\":{step},\"{field}\":{},\"m\":{step}.{one}}}\n", word(one));
        let rows: Vec<(usize, u8)> = steps.iter().enumerate().flat_map(|(step, (all, _))| all.iter().map(move |one| (step + 1, *one))).collect();
        let is_told_apart = steps.iter().any(|(all, _)| all.len() > 1);
        let (curves, said) = curves_of("m.jsonl", &rows.iter().map(|at| row(*at)).collect::<String>());
        prop_assert_eq!(said.len(), usize::from(is_told_apart));
        let of = |value: f64| ((value.fract() * 10.0).round(), value.trunc());
        let mut points = 0;
        for (name, curve) in curves.iter().filter(|(name, _)| is_told_apart && name.ends_with('m')) {
            points += curve.len();
            let one = of(curve[0].1).0;
            for (step, value) in curve {
                prop_assert_eq!(of(*value), (one, *step), "{}", name);
            }
        }
        let lowest = rows.iter().map(|(_, one)| *one).min();
        let wanted = rows.iter().filter(|(_, one)| key != 1 || Some(*one) == lowest).count();
        prop_assert!(!is_told_apart || points == wanted, "{} of {}: {:?}", points, wanted, curves);
    }
}

#[test]
fn a_document_with_more_behind_it_is_read_alike_in_one_piece_and_in_two() {
    let text = b"{\"loss\": [2.5, 2.4]}\n{\"loss\": [3.5]}\n";
    let read = |cuts: &[usize]| {
        let mut reader = countersign::format::CurvesFormat::Json.reader();
        let mut from = 0;
        for cut in cuts {
            reader.push(&text[from..*cut]);
            from = *cut;
        }
        reader.push(&text[from..]);
        (reader.curves().series.len(), reader.view().warnings.len())
    };
    assert_eq!(read(&[]), (0, 1));
    assert_eq!(read(&[22]), (0, 1));
    // White space is nothing.
    let mut reader = countersign::format::CurvesFormat::Json.reader();
    reader.push(b"{\"loss\": [2.5, 2.4]}");
    reader.push(b"\n\n");
    assert_eq!(reader.curves().series["loss"].len(), 2);
}

#[test]
fn a_state_with_a_byte_order_mark_is_read() {
    let mut reader = countersign::format::CurvesFormat::TrainerState.reader();
    reader.push(b"\xef\xbb\xbf{\"log_history\": [{\"loss\": 2.5, \"step\": 10}], \"global_step\": 10}");
    assert_eq!(reader.curves().series["loss"].len(), 1, "{:?}", reader.view().warnings);
}
#[test]
fn what_is_no_text_is_not_read_to_its_end_and_what_is_no_file_is_said() {
    let folder = folder(&[("a.bin", b"\x7fELF\0\0\0\0\0\0\0\0")]);
    let zeros = std::fs::File::create(folder.path().join("zeros.log")).unwrap();
    // Nobody has the memory for that.
    zeros.set_len(1 << 42).unwrap();
    // Nor for those whose names promise curves, in a folder.
    for name in ["runs/a/events.out.tfevents.1.h", "runs/b/trainer_state.json", "runs/c/metrics.csv"] {
        put(folder.path(), name, b"");
        std::fs::File::options().write(true).open(folder.path().join(name)).unwrap().set_len(1 << 42).unwrap();
    }
    let (runs, _) = listed(&folder.path().join("runs"));
    assert!(runs.contains(&"a/events.out.tfevents.1.h".to_owned()), "{runs:?}");
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    link("/dev/zero", "zero.log");
    link("loop.log", "loop.log");
    assert!(Command::new("mkfifo").arg(folder.path().join("run.log")).status().unwrap().success());
    let series = |name: &str| {
        let out = Command::new(support::binary()).arg("series").arg(folder.path().join(name)).output().unwrap();
        String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()
    };
    for (name, what) in [("a.bin", "not text"), ("zeros.log", "it begins with more than 64 MiB of NULs")] {
        let said = series(name);
        assert!(said.contains(&format!("{name}: {what}")), "{said}");
    }
    for name in ["zero.log", "run.log"] {
        let said = series(name);
        assert!(said.contains(&format!("{name}: not a regular file")), "{said}");
    }
    let said = series("loop.log");
    assert!(said.contains("a dangling symlink"), "{said}");
}
