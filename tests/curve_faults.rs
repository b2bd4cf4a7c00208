//! Files of curves that are cut, packed, empty, gone or something else: what is said of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use countersign::format::HEAD;
use countersign::observe::{ReadRun, Watched, read_curves, read_folder};
use support::{folder, put};

const WANDB: &[u8] = include_bytes!("formats/run-fixture1.wandb");
const TORCH: &[u8] = include_bytes!("formats/events.out.tfevents.1700000000.torch");
const NOW: i64 = 1_700_000_000_000;

/// A file that is named: how many points it has, and what is said of it.
fn alone(name: &str, bytes: &[u8]) -> (usize, Vec<(u64, String)>) {
    let folder = folder(&[(name, bytes)]);
    said(&read_curves(&folder.path().join(name)).unwrap())
}

fn said(run: &ReadRun) -> (usize, Vec<(u64, String)>) {
    let points = run.curves.series.values().map(countersign::series::Series::len).max().unwrap_or(0);
    (points, run.warnings.iter().map(|warning| (warning.line, warning.message.clone())).collect())
}

/// The runs of a folder, and what is said of the files that are not read.
fn listed(dir: &Path) -> (Vec<String>, Vec<(String, String)>) {
    let mut runs = Vec::new();
    let seen = read_folder(dir, |run| runs.push(run.path)).unwrap();
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
        assert!(message.ends_with("which is not counted; it may still be written"), "{message}");
    }
    let breaks_off = "the JSON document breaks off here and may still be written; nothing is read of it";
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
        ("a.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0".as_slice(), "packed; it is read once it is unpacked"),
        ("m.jsonl", b"\x1f\x8b\x08\0\0\0\0\0", "packed; it is read once it is unpacked"),
        ("b.csv", b"\x89PNG\r\n\x1a\nxx", "a picture"),
        ("u.csv", &marked, "UTF-16; write it anew with iconv -f UTF-16 -t UTF-8 to have it read"),
        ("v.csv", &utf16, "UTF-16; write it anew with iconv -f UTF-16 -t UTF-8 to have it read"),
        ("p.csv", b"PAR1xxxx", "a binary table; write it as CSV or JSON lines to have it read"),
        ("z.csv", b"\x02\0\0\0\x03\0\0\0", "no text"),
    ] {
        assert_eq!(alone(name, bytes), (0, vec![(0, what.to_owned())]), "{name}");
        let folder = folder(&[(name, bytes)]);
        assert_eq!(listed(folder.path()), (vec![], vec![(name.to_owned(), what.to_owned())]), "in a folder");
    }
}

#[test]
fn steps_that_go_back_are_said_and_counted() {
    let restart = "step,loss\n0,1\n1,2\n2,3\n1,4\n2,5\n3,6\n";
    let two = "steps went back: 2 points before are not shown, only what came after";
    assert_eq!(alone("a.csv", restart.as_bytes()), (4, vec![(5, two.to_owned())]));
    let down = "{\"step\":5,\"loss\":1}\n{\"step\":4,\"loss\":2}\n{\"step\":3,\"loss\":3}\n";
    let twice = "steps went back 2 times, first here: 2 points before are not shown, only what came after";
    assert_eq!(alone("a.jsonl", down.as_bytes()), (1, vec![(2, twice.to_owned())]));
    assert_eq!(alone("a.csv", b"step,loss\n0,1\n1,2\n1,3\n"), (3, vec![]), "a step with two values");
}

#[test]
fn old_line_ends_empty_files_and_words_for_numbers() {
    assert_eq!(alone("mac.csv", b"step,loss\r0,1\r1,2\r"), (2, vec![]));
    let mac = folder(&[("mac.csv", b"step,loss\r0,1\r1,2\r")]);
    assert_eq!(listed(mac.path()), (vec!["mac.csv".to_owned()], vec![]));
    assert_eq!(alone("e.csv", b""), (0, vec![(0, "nothing is written in it yet".to_owned())]));
    let words = "1 cell is no number; it is left out".to_owned();
    assert_eq!(alone("w.csv", b"step,loss\n0,1\n1,oops\n2,3\n"), (2, vec![(3, words)]));
}

#[test]
fn a_file_that_is_not_there_is_no_experiment() {
    let folder = folder(&[("results.tsv", b"commit\tval_bpb\tstatus\tdescription\n")]);
    std::os::unix::fs::symlink("nowhere", folder.path().join("broken.csv")).unwrap();
    for word in ["nothere.csv", "runs/a"] {
        assert!(series(folder.path(), word).contains(&format!("{word}: no such file or folder")), "{word}");
    }
    assert!(series(folder.path(), "broken.csv").contains("broken.csv: a link that leads nowhere"));
    assert!(series(folder.path(), "lr0.5").contains("no experiment is called `lr0.5`"));
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
        "JSON with steps, under a name that curves seldom have; read it with countersign series {}",
        path.display()
    );
    let wanted = [
        ("broken.csv", "a link that leads nowhere"),
        ("cut.json", cut.as_str()),
        ("out.log", "a log without a step and a value so far"),
        ("pipe.csv", "a pipe or a device, and no file"),
        ("runs/a/e.csv", "nothing is written in it yet"),
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
    let mut watched = Watched::open(folder.path(), Path::new("/nowhere"), false).unwrap();
    watched.look(NOW);
    assert_eq!(watched.snapshot().passed_over.len(), 3, "opening the folder says it too");
}

#[test]
fn what_is_said_of_json_is_so() {
    let config = format!("{{\"note\":\"{}\"}}\n{{\"step\":1,\"loss\":2}}\n", "x".repeat(HEAD + 2000));
    let folder = folder(&[("a.jsonl", config.as_bytes()), ("metrics.json", b"{\n\"a\": 1\n}\n")]);
    let (_, seen) = listed(folder.path());
    let whys: Vec<&str> = seen.iter().map(|(_, why)| why.as_str()).collect();
    assert_eq!(
        whys,
        [
            "JSON lines whose first one is longer than 8 KiB: what is in it is not looked for",
            "JSON without a list of numbers"
        ]
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
    let mut watched = Watched::open(folder.path(), Path::new("/nowhere"), false).unwrap();
    watched.look(NOW);
    watched.look(NOW + 3_000);
    assert_eq!(watched.snapshot().trials.len(), 12);
    for gone in ["r0", "r11"] {
        std::fs::remove_dir_all(folder.path().join(gone)).unwrap();
    }
    watched.look(NOW + 6_000);
    watched.look(NOW + 9_000);
    let mut left: Vec<String> = watched.snapshot().trials.iter().map(|trial| trial.log.to_string()).collect();
    left.sort();
    assert!(left.len() == 10 && !left.iter().any(|log| log.starts_with("r0/") || log.starts_with("r11/")), "{left:?}");
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
    for name in ["a.bin", "zeros.log"] {
        let said = series(name);
        assert!(said.contains(&format!("{name}: no text")), "{said}");
    }
    for name in ["zero.log", "run.log"] {
        let said = series(name);
        assert!(said.contains(&format!("{name}: not a regular file")), "{said}");
    }
    let said = series("loop.log");
    assert!(said.contains("a link"), "{said}");
}
