//! Files that wait and trees without bottom: nothing that an agent puts down holds the program up, or ends it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use support::Loop;

/// Longer than any look takes, also beside other tests; shorter than anybody waits.
const DEADLINE: Duration = Duration::from_secs(40);

/// Runs a command to its end, which must come.
fn within_time(mut command: Command, what: &str) -> Output {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + DEADLINE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("{what}: it waits");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A loop with one approved change and one that waits.
fn decided() -> Loop {
    let a_loop = Loop::new(&[("train.py", "A = 1\nB = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    for (value, text) in [(0.9, "A = 2\nB = 1\n"), (0.8, "A = 2\nB = 2\n")] {
        a_loop.write("train.py", text);
        let commit = a_loop.commit("change");
        a_loop.row(&commit[..7], value, "keep", "change");
    }
    let id = a_loop.waiting()[0].clone();
    a_loop.approve(&id).unwrap();
    assert_eq!(a_loop.verify(&[]).0, Some(0));
    a_loop
}

/// Puts a pipe in the place of what is there.
fn pipe(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    if path.is_dir() {
        std::fs::remove_dir_all(path).unwrap();
    } else if path.symlink_metadata().is_ok() {
        std::fs::remove_file(path).unwrap();
    }
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// The loose object of a name, as a path below `.git`.
fn object(a_loop: &Loop, name: &str) -> String {
    let id = a_loop.git(&["rev-parse", name]);
    format!("objects/{}/{}", &id[..2], &id[2..])
}

#[test]
fn a_pipe_in_any_place_of_git_holds_nothing_up() {
    let made = decided();
    let objects: Vec<String> =
        ["HEAD", "HEAD:", "HEAD:train.py", "countersign/approved"].iter().map(|name| object(&made, name)).collect();
    let mut places: Vec<&str> = "HEAD config packed-refs index shallow gc.pid commondir config.worktree \
        info/grafts info/exclude info/attributes logs/HEAD logs/refs/heads/autoresearch/mar8 \
        logs/refs/heads/countersign/approved logs/refs/countersign/commits refs/heads/autoresearch/mar8 refs/heads/other \
        refs/heads/countersign/approved refs/heads/countersign/approved.lock refs/tags/x refs/replace/x refs/remotes/origin/HEAD \
        refs/countersign/experiments/x refs/countersign refs/heads worktrees/x/HEAD worktrees/x/gitdir worktrees/x/logs/HEAD \
        rebase-merge/head-name objects/info/alternates objects/info/commit-graph objects/pack/pack-x.idx \
        objects/pack/multi-pack-index objects/info/commit-graphs/commit-graph-chain MERGE_HEAD included \
        countersign/ledger.jsonl countersign/policy.yaml countersign/lock countersign/archive.db countersign/archive.db-wal \
        countersign/proposals.jsonl ../train.py ../results.tsv ../run.log ../.gitignore ../.gitattributes ../.gitmodules ../.mailmap"
        .split_whitespace()
        .collect();
    places.extend(objects.iter().map(String::as_str));
    for place in places {
        let a_loop = made.copy();
        let state = made.folder().join("state");
        assert!(Command::new("cp").arg("-a").arg(state).arg(a_loop.folder()).status().unwrap().success());
        if place == "included" {
            a_loop.git(&["config", "include.path", "included"]);
        }
        let id = a_loop.git(&["log", "-1", "--format=%h"]);
        pipe(&a_loop.path(".git").join(place));
        for verb in [&["status"][..], &["show", id.as_str()], &["verify"], &["doctor"]] {
            let output = within_time(a_loop.command(verb), &format!("{verb:?} beside {place}"));
            assert!(output.status.code().is_some(), "{verb:?} beside {place}: {}", text(&output));
        }
    }
}
