//! A loop at speed under an open screen: nothing is missed, nothing grows, every count is right.
//!
//! `SOAK=10000 cargo test --release --test it -- soak:: --nocapture` is the long form.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Loop;
use crate::support::tty::Tty;

/// One experiment in this many is kept.
const KEPT: usize = 5;

/// Every commit of a night, made beforehand by `git fast-import`: the loop only has to go through them.
/// Kept ones stack and each adds a file of its own, so that any of them can be vetoed; the others are
/// thrown back.
fn commits(a_loop: &Loop, count: usize) -> Vec<String> {
    let start = a_loop.head();
    let mut stream = String::new();
    let mut base = start;
    for number in 1..=count {
        let path =
            if number % KEPT == 0 { format!("kept/{}/{number}.py", number / 100) } else { "train.py".to_owned() };
        let text = format!("LR = {number}\n");
        let message = format!("experiment {number}");
        stream.push_str(&format!(
            "commit refs/soak/{number}\nmark :{number}\ncommitter agent <agent@loop> {} +0000\ndata {}\n{message}\nfrom {base}\nM 100644 inline {path}\ndata {}\n{text}\n",
            1_773_000_000 + number,
            message.len(),
            text.len(),
        ));
        if number % KEPT == 0 {
            base = format!(":{number}");
        }
    }
    stream.push_str("done\n");
    let marks = a_loop.folder().join("marks");
    let mut import = Command::new("git")
        .current_dir(a_loop.dir())
        .args(["fast-import", "--quiet", "--done", &format!("--export-marks={}", marks.display())])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    import.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    let mut found = vec![String::new(); count];
    for line in std::fs::read_to_string(marks).unwrap().lines() {
        let (mark, id) = line.split_once(' ').unwrap();
        id.clone_into(&mut found[mark[1..].parse::<usize>().unwrap() - 1]);
    }
    found
}

/// Moves a branch as git does: the old place or the new one, never half of one.
fn point(branch: &std::path::Path, to: &str) {
    let next = branch.with_extension("next");
    std::fs::write(&next, to).unwrap();
    std::fs::rename(&next, branch).unwrap();
}

/// Memory of a process that is its own, in KiB.
fn memory_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Decides the first that waits, by keys, and waits until it is on disk.
fn decide(tty: &mut Tty, veto: bool, seq: usize) {
    let said = format!("record {seq}, on disk");
    let (key, window, enter) = if veto { ("v", "reason:", "not this one\r") } else { ("a", "Enter commits", "\r") };
    // What would be committed is being worked out anew after every decision.
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        tty.keys(key);
        tty.wait("an answer", |screen| {
            screen.contains(window) || screen.contains("still") || screen.contains("one moment")
        });
        if tty.screen().contains(window) {
            break;
        }
        assert!(Instant::now() < end, "{}", tty.screen());
        std::thread::park_timeout(Duration::from_millis(5));
    }
    tty.keys(enter);
    tty.wait(&said, |screen| screen.contains(&said));
}

#[test]
fn a_night_at_speed_under_an_open_screen() {
    let count: usize = std::env::var("SOAK").ok().and_then(|count| count.parse().ok()).unwrap_or(500);
    let decisions = (count / 25).clamp(20, 400);
    let a_loop = Loop::new(&[("train.py", "LR = 0\n")]);
    let commits = commits(&a_loop, count);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    let branch = a_loop.path(".git/refs/heads/autoresearch/mar8");
    let mut tty = Tty::open(&a_loop, 160, 50, &[]);
    let pid = tty.child.process_id().unwrap();
    tty.wait("the loop", |screen| screen.contains("1 exp"));
    let begun = Instant::now();
    let dir = a_loop.dir().to_owned();
    let writer = std::thread::spawn(move || {
        let mut base = std::fs::read_to_string(&branch).unwrap();
        let mut table = std::fs::OpenOptions::new().append(true).open(dir.join("results.tsv")).unwrap();
        for (at, commit) in commits.iter().enumerate() {
            let number = at + 1;
            point(&branch, &format!("{commit}\n"));
            let (value, status) = match number {
                _ if number % KEPT == 0 => (1.0 - number as f64 * 1e-6, "keep"),
                _ if number % 7 == 0 => (0.0, "crash"),
                _ => (1.1, "discard"),
            };
            // A row comes in two writes: its reader sees halves.
            let row = format!("{}\t{value:.6}\t44.0\t{status}\texperiment {number}\n", &commit[..12]);
            table.write_all(&row.as_bytes()[..row.len() / 2]).unwrap();
            table.write_all(&row.as_bytes()[row.len() / 2..]).unwrap();
            if status == "keep" {
                base = format!("{commit}\n");
            }
            point(&branch, &base);
            std::thread::park_timeout(Duration::from_micros(2500));
        }
    });
    // Decisions are made meanwhile, each as soon as something waits.
    // The first decision opens the ledger and puts the policy into it.
    let mut seq = 2;
    let mut vetoed = 0;
    let mut samples = Vec::new();
    let mut made = 0;
    while made < decisions {
        tty.wait("something that waits", |screen| screen.contains("─ waiting "));
        let veto = made % 4 == 3;
        seq += if veto { 1 } else { 2 };
        vetoed += usize::from(veto);
        decide(&mut tty, veto, seq);
        made += 1;
        samples.push((begun.elapsed(), memory_kib(pid)));
    }
    writer.join().unwrap();
    let written = begun.elapsed();
    let kept = count / KEPT;
    let header = format!("{} exp", count + 1);
    tty.wait(&header, |screen| screen.contains(&header));
    let waits = format!("Inbox {}", kept - made);
    tty.wait(&waits, |screen| screen.contains(&waits));
    let seen = begun.elapsed();
    // From here on nothing comes: a hundred keys through every view leave the memory where it is.
    let all = memory_kib(pid);
    let look_around = |tty: &mut Tty| {
        for _ in 0..10 {
            tty.keys("2jjkk3]]4jj1jjGg");
        }
        tty.wait("the inbox", |screen| screen.contains("waiting "));
    };
    look_around(&mut tty);
    let warm = memory_kib(pid);
    for _ in 0..5 {
        look_around(&mut tty);
    }
    let after = memory_kib(pid);
    eprintln!(
        "{count} experiments in {written:.1?}, all on the screen after {seen:.1?}, {made} decisions; memory KiB: first decision {}, last decision {}, all there {all}, looked around {warm}, five times more {after}",
        samples[0].1,
        samples[samples.len() - 1].1,
    );
    assert!(after < warm + warm / 10 + 4096, "it grows while nothing happens: {warm} {after}");
    // The syntaxes of some two hundred languages are among it.
    assert!(after < 20_000 + 8 * count as u64, "{after} KiB for {count} experiments");
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    // Every count, by the file that was written, by git, and by the commands.
    let table = std::fs::read_to_string(a_loop.path("results.tsv")).unwrap();
    let of = |status: &str| table.lines().filter(|line| line.split('\t').nth(3) == Some(status)).count();
    let status = a_loop.json(&["status", "--json"]);
    assert_eq!(status["experiments"]["total"], count + 1);
    assert_eq!(status["experiments"]["kept"], of("keep"));
    assert_eq!(status["experiments"]["discarded"], of("discard"));
    assert_eq!(status["experiments"]["crashed"], of("crash"));
    assert_eq!(status["experiments"]["with_change"], count);
    assert_eq!(status["decisions"]["pending"], kept - made);
    assert_eq!(status["decisions"]["approved"], made - vetoed);
    assert_eq!(status["decisions"]["vetoed"], vetoed);
    assert_eq!(status["warnings"].as_array().unwrap().len(), 0, "{}", status["warnings"]);
    let approved = a_loop.git(&["rev-list", "--count", "countersign/approved", "^master"]);
    assert_eq!(approved, (made - vetoed).to_string());
    let pinned = a_loop.git(&["for-each-ref", "refs/countersign/experiments"]).lines().count();
    assert_eq!(pinned, count + 1, "each commit that a row names is pinned, whatever became of it");
    assert!(a_loop.command(&["verify"]).output().unwrap().status.success());
}
