//! The real binary, killed, held or refused by the disk at every step of a decision.
//!
//! `FAULT_SEEDS=200 cargo test --test it -- faults::random` runs the random schedules for longer.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::support::tty::{Tty, wait_for};
use crate::support::{self, Chance, Loop, a_night, has_faults};
use countersign::decide::Settlement;
use countersign::disk::Step;
use countersign::ledger::{Anchors, Body, read_chain};
use countersign::model::{DecisionKind, ExperimentId};

/// One decision on the command line, with a fault. The terminal is returned as it ended.
fn decide(a_loop: &Loop, id: &ExperimentId, how: &str, fault: &str) -> Tty {
    let held = held(a_loop).to_string_lossy().into_owned();
    let dir = a_loop.dir().to_string_lossy().into_owned();
    let faults = [("COUNTERSIGN_FAULT", fault), ("COUNTERSIGN_FAULT_HELD", held.as_str())];
    let args = ["decide", id.as_str(), how, "-C", &dir, "-r", "because"];
    let mut tty = Tty::run(a_loop, 100, 30, &faults, &args);
    if how == "approve" {
        tty.answer_unless("type `approve`", "approve\r", || std::path::Path::new(&held).exists());
    }
    tty
}

fn held(a_loop: &Loop) -> PathBuf {
    a_loop.folder().join("held")
}

/// Opens the UI and leaves it again, as a person does in the morning.
fn restart(a_loop: &Loop) {
    let mut tty = Tty::open(a_loop, 100, 30, &[]);
    tty.wait("the loop", |screen| screen.contains("1 Inbox"));
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
}

/// What must hold after any crash and restart. `told` are the decisions the person was told of;
/// `unsure` the one that was under way. Returns what stands.
fn check(
    a_loop: &Loop,
    told: &BTreeMap<ExperimentId, DecisionKind>,
    unsure: Option<&ExperimentId>,
    context: &str,
) -> BTreeMap<ExperimentId, DecisionKind> {
    let path = a_loop.path(".git/countersign/ledger.jsonl");
    let chain = read_chain(&path).unwrap();
    assert!(chain.torn.is_none() && chain.open_intents().is_empty(), "{context}");
    let mut stands = BTreeMap::new();
    let mut commits = Vec::new();
    for entry in &chain.entries {
        if let Body::Decision { experiment, decision, commit, .. } = &entry.record.body {
            assert!(stands.insert(experiment.clone(), *decision).is_none(), "{context}: decided twice");
            commits.extend(commit.map(|commit| commit.to_string()));
        }
    }
    for (id, kind) in told {
        assert_eq!(stands.get(id), Some(kind), "{context}: a decision was lost");
    }
    for id in stands.keys() {
        assert!(told.contains_key(id) || unsure == Some(id), "{context}: nobody decided {id}");
    }
    // The branch holds what was approved, in order, once.
    let branch = a_loop.try_git(&["rev-list", "--reverse", "countersign/approved", "^master"]);
    let on_branch = String::from_utf8_lossy(&branch.stdout).into_owned();
    assert_eq!(on_branch.lines().collect::<Vec<_>>(), commits, "{context}");
    let out = a_loop.command(&["verify"]).output().unwrap();
    assert!(out.status.success(), "{context}: {}", String::from_utf8_lossy(&out.stdout));
    if let Some(id) = chain.identity() {
        let anchor = Anchors::below(&a_loop.state()).of(id).unwrap().unwrap();
        assert_eq!((anchor.seq, anchor.next), (chain.seq(), None), "{context}");
    }
    // What is not decided waits.
    let open = a_loop.waiting();
    assert!(open.iter().all(|id| !stands.contains_key(id)), "{context}");
    if let Some(unsure) = unsure {
        assert!(stands.contains_key(unsure) != open.contains(unsure), "{context}: neither decided nor waiting");
    }
    stands
}

fn collect_garbage(a_loop: &Loop) {
    a_loop.git(&["reflog", "expire", "--expire=now", "--all"]);
    a_loop.git(&["gc", "-q", "--prune=now"]);
}

fn assert_sound(a_loop: &Loop, context: &str) {
    let out = a_loop.try_git(&["fsck", "--strict", "--no-dangling"]);
    assert!(out.status.success(), "{context}: {}", String::from_utf8_lossy(&out.stderr));
}

/// Steps that are reached only where an agent has a door: `tests/it/doors.rs` goes by those.
fn at_the_door(step: Step) -> bool {
    matches!(step, Step::Taken | Step::Published)
}

/// Every step with each of its times in one decision.
fn steps() -> Vec<String> {
    // The first decision opens the ledger and puts the policy into it; each record has its anchor, and the last one
    // is closed.
    let times = |step: Step| match step {
        Step::RecordHalf | Step::RecordWritten | Step::RecordSynced => 4,
        Step::AnchorWritten | Step::AnchorMoved => 5,
        _ => 1,
    };
    let all = Step::ALL
        .iter()
        .filter(|(step, _)| !at_the_door(*step))
        .flat_map(|(step, name)| (1..=times(*step)).map(move |time| format!("{name}:{time}")));
    all.collect()
}

/// A copy of a night with its first change approved.
fn begun(night: &Loop) -> (Loop, BTreeMap<ExperimentId, DecisionKind>) {
    let a_loop = night.copy();
    let first = a_loop.waiting()[0].clone();
    a_loop.approve(&first).unwrap();
    (a_loop, BTreeMap::from([(first, DecisionKind::Approved)]))
}

#[test]
fn a_kill_at_any_step_loses_and_doubles_nothing() {
    if !has_faults() {
        return;
    }
    // The first approval makes the branch, the second moves it; a veto makes no commit.
    let fresh = a_night(12, 19);
    let cases = [("the first", false, "approve"), ("another", true, "approve"), ("a veto", true, "veto")];
    for (what, is_begun, how) in cases {
        for step in steps() {
            let context = format!("{what}, killed at {step}");
            let (a_loop, mut told) = if is_begun { begun(&fresh) } else { (fresh.copy(), BTreeMap::new()) };
            let id = a_loop.waiting()[0].clone();
            let mut tty = decide(&a_loop, &id, how, &format!("kill:{step}"));
            if tty.exit_code() == 0 {
                let kind = if how == "veto" { DecisionKind::Vetoed } else { DecisionKind::Approved };
                told.insert(id.clone(), kind);
            }
            collect_garbage(&a_loop);
            restart(&a_loop);
            let stands = check(&a_loop, &told, Some(&id), &context);
            assert_sound(&a_loop, &context);
            if !stands.contains_key(&id) {
                // It waits: deciding it now works.
                assert_eq!(decide(&a_loop, &id, how, "").exit_code(), 0, "{context}");
                let kind = if how == "veto" { DecisionKind::Vetoed } else { DecisionKind::Approved };
                told.insert(id.clone(), kind);
                check(&a_loop, &told, None, &context);
            }
        }
    }
}

#[test]
fn a_kill_at_any_step_of_a_revert() {
    if !has_faults() {
        return;
    }
    let night = a_night(12, 19);
    let steps = ["record-half", "record-synced", "tree-written", "commit-written", "commit-pinned"];
    for step in steps.into_iter().chain([
        "branch-moved",
        "branch-synced",
        "record-half:2",
        "record-written:2",
        "anchor-written",
    ]) {
        let (a_loop, _) = begun(&night);
        let approved = a_loop.git(&["rev-parse", "countersign/approved"]);
        let revert = |fault: &str| {
            let mut tty = Tty::open(&a_loop, 100, 30, &[("COUNTERSIGN_FAULT", fault)]);
            tty.wait("the inbox", |screen| screen.contains("waiting "));
            tty.keys("4/");
            tty.wait("the search", |screen| screen.contains("lineage"));
            // The approved one is the only one that can be undone.
            tty.keys(&a_loop.snapshot().decisions[0].experiment.as_str()[..7]);
            tty.keys("\ru");
            tty.sees("u again confirms");
            tty.keys("u");
            tty.wait("the confirmation", |screen| screen.contains("Enter commits the revert"));
            tty.keys("\r");
            tty
        };
        let mut tty = revert(&format!("kill:{step}"));
        assert_ne!(tty.exit_code(), 0, "{step}");
        collect_garbage(&a_loop);
        restart(&a_loop);
        let (code, text) = a_loop.verify(&[]);
        assert_eq!(code, Some(0), "{step}: {text}");
        if a_loop.git(&["rev-parse", "countersign/approved"]) == approved {
            // It came to nothing, and can be done now.
            let mut tty = revert("");
            tty.wait("the revert", |screen| screen.contains("reverted by"));
            // Out of the review that showed it, then out of the screen.
            tty.keys("qq");
            assert_eq!(tty.exit_code(), 0, "{step}");
        }
        assert_eq!(a_loop.git(&["rev-parse", "countersign/approved^"]), approved, "{step}: once, on top");
        let reverted = a_loop.snapshot().decisions.iter().filter(|one| one.kind == DecisionKind::Reverted).count();
        assert_eq!(reverted, 1, "{step}");
        assert_eq!(
            a_loop.git(&["rev-parse", "countersign/approved^{tree}"]),
            a_loop.git(&["rev-parse", "master^{tree}"])
        );
        let (code, text) = a_loop.verify(&[]);
        assert_eq!(code, Some(0), "{step}: {text}");
        assert_sound(&a_loop, step);
    }
}

#[test]
fn random_schedules_of_kills_restarts_and_collections() {
    if !has_faults() {
        return;
    }
    let seeds = std::env::var("FAULT_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(2);
    let steps = steps();
    for seed in 0..seeds {
        let mut chance = Chance(seed * 7919 + 1);
        let a_loop = a_night(16, seed + 13);
        let mut told = BTreeMap::new();
        let mut kills = 0;
        while let Some(id) = a_loop.waiting().first().cloned() {
            let context = format!("seed {seed}, {} decided, {kills} kills", told.len());
            let how = if chance.below(3) == 0 { "veto" } else { "approve" };
            let fault = match chance.below(4) {
                0 => String::new(),
                _ => format!("kill:{}", steps[chance.below(steps.len())]),
            };
            let mut tty = decide(&a_loop, &id, how, &fault);
            if chance.below(4) == 0 {
                // At any moment, wherever that is.
                std::thread::park_timeout(std::time::Duration::from_micros(chance.below(60_000) as u64));
                tty.signal_if_alive("KILL");
            }
            let code = tty.exit_code();
            let refused = tty.screen().contains("cannot be committed now");
            if code == 0 {
                told.insert(id.clone(), if how == "veto" { DecisionKind::Vetoed } else { DecisionKind::Approved });
            } else {
                kills += 1;
            }
            // Where git itself meets the lock of a killed process, it says so and collects nothing.
            if chance.below(3) == 0 {
                a_loop.try_git(&["gc", "-q", "--prune=now"]);
            }
            restart(&a_loop);
            told = check(&a_loop, &told, Some(&id), &context);
            if refused {
                // A veto before made it unfit: it is vetoed, too.
                assert_eq!(decide(&a_loop, &id, "veto", "").exit_code(), 0, "{context}");
                told.insert(id, DecisionKind::Vetoed);
            }
            assert!(kills < 200, "{context}");
        }
        assert_sound(&a_loop, &format!("seed {seed}"));
        let out = a_loop.command(&["verify"]).output().unwrap();
        assert!(out.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&out.stdout));
        assert!(told.len() >= 2, "seed {seed}: the night is too tame");
        eprintln!("seed {seed}: {} decisions, {kills} kills", told.len());
    }
}

#[test]
fn collected_garbage_and_a_rewritten_branch_at_any_step_cost_nothing() {
    if !has_faults() {
        return;
    }
    let night = a_night(12, 19);
    for (step, name) in Step::ALL.into_iter().filter(|(step, _)| !at_the_door(*step)) {
        // A tree that nobody has but this decision: the one before it is vetoed.
        let (a_loop, _) = begun(&night);
        a_loop.veto(&a_loop.waiting()[0], "no").unwrap();
        let is_new = |id: &ExperimentId| {
            a_loop.judge(id).is_ok_and(|judged| support::candidate(&judged).is_ok_and(|shown| shown.measured.is_none()))
        };
        let id = a_loop.waiting().into_iter().find(is_new).unwrap();
        let tree = support::candidate(&a_loop.judge(&id).unwrap()).unwrap().tree.to_string();
        assert!(!a_loop.try_git(&["cat-file", "-e", &tree]).status.success(), "it is not there yet");
        let mut tty = decide(&a_loop, &id, "approve", &format!("hold:{name}"));
        wait_for(name, || held(&a_loop).exists());
        // The loop goes its own way meanwhile: it throws its branch back and collects everything.
        a_loop.git(&["reset", "-q", "--hard", "master"]);
        a_loop.write("train.py", "rewritten\n");
        a_loop.commit("another history");
        collect_garbage(&a_loop);
        std::fs::remove_file(held(&a_loop)).unwrap();
        // The first step is reached before anything is asked.
        tty.answer("type `approve`", "approve\r");
        let code = tty.exit_code();
        assert_eq!(code, 0, "{step:?}: {}", tty.screen());
        assert_eq!(a_loop.git(&["rev-parse", "countersign/approved^{tree}"]), tree, "{step:?}");
        collect_garbage(&a_loop);
        assert_sound(&a_loop, name);
        let out = a_loop.command(&["verify"]).output().unwrap();
        assert!(out.status.success(), "{step:?}: {}", String::from_utf8_lossy(&out.stdout));
    }
}

#[test]
fn locks_that_a_killed_process_left_are_taken_away_and_others_are_not() {
    if !has_faults() {
        return;
    }
    let (a_loop, _) = begun(&a_night(12, 19));
    let id = a_loop.waiting()[0].clone();
    let lock = ".git/refs/heads/countersign/approved.lock";
    // Somebody else's, with no decision interrupted: it is told, and stays.
    a_loop.write(lock, "");
    let error = a_loop.approve(&id).unwrap_err();
    assert!(error.contains("approved.lock") && error.contains("remove that file"), "{error}");
    assert!(a_loop.path(lock).exists() && a_loop.waiting()[0] == id);
    std::fs::remove_file(a_loop.path(lock)).unwrap();
    // Ours: a decision was killed while git held it.
    assert_ne!(decide(&a_loop, &id, "approve", "kill:commit-pinned").exit_code(), 0);
    a_loop.write(lock, "");
    restart(&a_loop);
    assert!(!a_loop.path(lock).exists());
    a_loop.approve(&id).unwrap();
}

#[test]
fn a_decision_that_another_process_left_is_ended_under_an_open_screen() {
    if !has_faults() {
        return;
    }
    for (step, ended) in [("branch-moved", DecisionKind::Approved), ("commit-pinned", DecisionKind::Vetoed)] {
        let (a_loop, mut told) = begun(&a_night(12, 19));
        let id = a_loop.waiting()[0].clone();
        let mut tty = Tty::open(&a_loop, 100, 30, &[]);
        tty.wait("the inbox", |screen| screen.contains("waiting "));
        assert_ne!(decide(&a_loop, &id, "approve", &format!("kill:{step}")).exit_code(), 0);
        if ended == DecisionKind::Approved {
            // Its commit is on the branch: it is recorded without anybody asking.
            tty.wait("the end of it", |screen| screen.contains("interrupted decision finished or rolled back"));
            told.insert(id.clone(), DecisionKind::Approved);
        } else {
            // It came to nothing and waits; deciding it otherwise ends it.
            tty.keys("v");
            tty.wait("the veto", |screen| screen.contains("reason:"));
            tty.keys("no\r");
            tty.wait("the record", |screen| screen.contains("on disk"));
            told.insert(id.clone(), DecisionKind::Vetoed);
        }
        tty.keys("q");
        assert_eq!(tty.exit_code(), 0);
        check(&a_loop, &told, None, step);
    }
}

#[test]
fn leaving_waits_for_what_is_being_written() {
    if !has_faults() {
        return;
    }
    let (a_loop, mut told) = begun(&a_night(12, 19));
    let (mut tty, id) = held_in_the_screen(&a_loop);
    tty.keys("q");
    std::fs::remove_file(held(&a_loop)).unwrap();
    told.insert(id, DecisionKind::Approved);
    assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
    check(&a_loop, &told, None, "left while it was written");
    // One that takes too long is told after the screen is gone, and put right at the next start.
    let (a_loop, told) = begun(&a_night(12, 19));
    let (mut tty, id) = held_in_the_screen(&a_loop);
    tty.keys("q");
    assert_eq!(tty.exit_code(), 1, "{}", tty.screen());
    assert!(tty.screen().contains("the last decision was not made"), "{}", tty.screen());
    restart(&a_loop);
    check(&a_loop, &told, Some(&id), "left before it was written");
}

#[test]
fn a_fault_of_ours_in_a_decision_is_told_and_loses_nothing() {
    if !has_faults() {
        return;
    }
    for step in ["record-synced", "signed", "commit-pinned", "branch-moved"] {
        let (a_loop, told) = begun(&a_night(12, 19));
        let id = a_loop.waiting()[0].clone();
        let fault = format!("panic:{step}");
        let mut tty = Tty::open(&a_loop, 100, 30, &[("COUNTERSIGN_FAULT", &fault)]);
        tty.wait("the evidence", |screen| screen.contains("measured as is"));
        tty.keys("a");
        tty.wait("the confirmation", |screen| screen.contains("Enter commits"));
        tty.keys("\r");
        tty.wait("the fault", |screen| screen.contains("internal error") || screen.contains("finished or rolled back"));
        tty.keys("3");
        tty.wait("the progress", |screen| screen.contains("by experiment"));
        tty.keys("q");
        assert_eq!(tty.exit_code(), 1);
        assert!(tty.screen().contains("please report it"), "{}", tty.screen());
        restart(&a_loop);
        check(&a_loop, &told, Some(&id), step);
    }
}

/// A screen in which the first change was just approved, and the desk is held before the branch moves.
fn held_in_the_screen(a_loop: &Loop) -> (Tty, ExperimentId) {
    let id = a_loop.waiting()[0].clone();
    let held = held(a_loop).to_string_lossy().into_owned();
    let more = [("COUNTERSIGN_FAULT", "hold:commit-pinned"), ("COUNTERSIGN_FAULT_HELD", held.as_str())];
    let mut tty = Tty::open(a_loop, 100, 30, &more);
    tty.wait("the evidence", |screen| screen.contains("measured as is"));
    tty.keys("a");
    tty.wait("the confirmation", |screen| screen.contains("Enter commits"));
    tty.keys("\r");
    wait_for("the decision", || std::path::Path::new(&held).exists());
    (tty, id)
}

#[test]
fn while_garbage_is_collected_nothing_is_decided() {
    let a_loop = a_night(12, 19);
    let id = a_loop.waiting()[0].clone();
    // Of another machine nobody can say whether it runs: git waits for it, for twelve hours.
    a_loop.write(".git/gc.pid", "1 elsewhere\n");
    let error = a_loop.approve(&id).unwrap_err();
    for said in
        ["git gc is collecting garbage", ".git/gc.pid", "process 1 on elsewhere", "try again", "remove that file"]
    {
        assert!(error.contains(said), "{error}");
    }
    assert_eq!(a_loop.waiting()[0], id);
    // Here the first process of all is no git, nor is a test; and one that was killed left its file.
    let host = String::from_utf8(std::process::Command::new("uname").arg("-n").output().unwrap().stdout).unwrap();
    for (id, pid) in a_loop.waiting().iter().zip(["1".to_owned(), std::process::id().to_string(), "4194399".to_owned()])
    {
        a_loop.write(".git/gc.pid", format!("{pid} {host}"));
        a_loop.approve(id).unwrap();
    }
}

#[test]
fn a_disk_that_refuses_at_any_step_is_told_and_nothing_is_lost() {
    if !has_faults() {
        return;
    }
    let night = a_night(12, 19);
    for (action, remedy) in [("full", "free some space on that disk"), ("read-only", "remount it for writing")] {
        for step in steps() {
            let context = format!("{action} at {step}");
            // A ledger that is open already gets two records, each with its anchor, and the anchor is closed.
            if [":4", ":5"].iter().any(|time| step.ends_with(time))
                || step.starts_with("record") && step.ends_with(":3")
            {
                continue;
            }
            let (a_loop, mut told) = begun(&night);
            let id = a_loop.waiting()[0].clone();
            let mut tty = decide(&a_loop, &id, "approve", &format!("{action}:{step}"));
            if tty.exit_code() == 0 {
                // The anchor alone failed: the decision stands.
                assert!(step.starts_with("anchor"), "{context}: {}", tty.screen());
                told.insert(id.clone(), DecisionKind::Approved);
            } else {
                let screen = tty.screen().replace(['\n', ' '], "");
                assert!(screen.contains(&remedy.replace(' ', "")), "{context}: {}", tty.screen());
            }
            restart(&a_loop);
            let stands = check(&a_loop, &told, Some(&id), &context);
            if !stands.contains_key(&id) {
                assert_eq!(decide(&a_loop, &id, "approve", "").exit_code(), 0, "{context}");
            }
        }
    }
}

#[test]
fn two_supervisors_the_lock_decides_and_the_second_sees_who_did() {
    if !has_faults() {
        return;
    }
    let a_loop = a_night(12, 19);
    let id = a_loop.waiting()[0].clone();
    let mut first = decide(&a_loop, &id, "approve", "hold:commit-pinned");
    wait_for("the first", || held(&a_loop).exists());
    let mut second = decide(&a_loop, &id, "veto", "");
    assert_eq!(second.exit_code(), 5);
    assert!(second.screen().contains("another countersign is deciding right now"), "{}", second.screen());
    let mut third = decide(&a_loop, &id, "veto", "");
    std::fs::remove_file(held(&a_loop)).unwrap();
    assert_eq!(first.exit_code(), 0);
    // The third waited for the lock and was told.
    assert_eq!(third.exit_code(), 5);
    assert!(third.screen().contains("already approved by Ada Human"), "{}", third.screen());
    // A race without a referee: one of them wins, each time.
    for id in a_loop.waiting().into_iter().take(4) {
        let mut both = [decide(&a_loop, &id, "approve", ""), decide(&a_loop, &id, "veto", "")];
        let codes = both.each_mut().map(Tty::exit_code);
        assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    }
    let out = a_loop.command(&["verify"]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
}

/// Runs the UI in a place of its own, after a preparation by a shell; `None` where that is not
/// permitted.
fn behind(a_loop: &Loop, prepare: &str) -> Option<Tty> {
    let can = std::process::Command::new("unshare").args(["-m", "true"]).output();
    if !can.is_ok_and(|out| out.status.success()) {
        eprintln!("skipped: this user may not mount");
        return None;
    }
    let script = format!("{prepare} && exec \"$BINARY\" .");
    let binary = support::binary();
    let script = format!("cd '{}' && {script}", a_loop.dir().display());
    Some(Tty::program(a_loop, 100, 30, &[("BINARY", &binary)], "unshare", &["-m", "sh", "-c", &script]))
}

#[test]
fn a_disk_that_is_really_full_or_read_only_is_told_and_watching_goes_on() {
    let full = "mkdir -p .git/countersign && mount -t tmpfs -o size=32k none .git/countersign && \
        (dd if=/dev/zero of=.git/countersign/filler bs=1k 2>/dev/null; true)";
    let read_only = "mkdir -p .git/countersign && mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\"";
    for (prepare, told) in [(full, "free some space on that disk"), (read_only, "remount it for writing")] {
        let night = a_night(12, 19);
        let open = night.waiting();
        let Some(mut tty) = behind(&night, prepare) else { return };
        tty.wait("the evidence", |screen| screen.contains("measured as is"));
        tty.keys("a");
        tty.wait("the confirmation", |screen| screen.contains("Enter commits"));
        tty.keys("\r");
        let flat = |screen: &str| screen.split_whitespace().collect::<Vec<_>>().join(" ");
        tty.wait(told, |screen| flat(screen).contains(told));
        // What was not decided waits, and everything else goes on.
        tty.keys("x3");
        tty.wait("the progress", |screen| screen.contains("by experiment"));
        tty.keys("1");
        tty.wait("the inbox", |screen| screen.contains(&format!("Inbox {}", open.len())));
        tty.keys("q");
        assert_eq!(tty.exit_code(), 0);
        assert_eq!(night.waiting(), open);
        assert!(!night.try_git(&["rev-parse", "-q", "--verify", "countersign/approved"]).status.success());
    }
}

#[test]
fn a_lost_ledger_anchor_lock_or_archive() {
    let (night, told) = begun(&a_night(12, 19));
    let id = night.waiting()[0].clone();
    let ledger = night.path(".git/countersign/ledger.jsonl");
    // Without the lock and the archive nothing is lost.
    std::fs::remove_file(night.path(".git/countersign/lock")).unwrap();
    std::fs::remove_file(night.path(".git/countersign/archive.db")).unwrap();
    restart(&night);
    check(&night, &told, None, "lock and archive");
    // Without the ledger nothing is decided, and it is told what to do.
    let aside = night.folder().join("ledger.aside");
    std::fs::rename(&ledger, &aside).unwrap();
    let trouble = night.snapshot().approved.trouble.clone().unwrap();
    assert!(trouble.contains("cut off") && trouble.contains("restore it from a backup"), "{trouble}");
    assert!(night.approve(&id).unwrap_err().contains("cut off"));
    restart(&night);
    let out = night.command(&["verify"]).output().unwrap();
    assert_eq!(out.status.code(), Some(4));
    std::fs::rename(&aside, &ledger).unwrap();
    check(&night, &told, None, "the ledger is back");
    // Without the anchor nobody can say what was lost: nothing heals that but a person, on record.
    std::fs::remove_dir_all(night.state().join("anchors")).unwrap();
    for _ in 0..2 {
        let (code, text) = night.verify(&[]);
        assert!(code == Some(4) && text.contains("there is no anchor"), "{text}");
        assert!(night.snapshot().approved.trouble.clone().unwrap().contains("countersign ledger adopt"));
        assert!(night.approve(&id).unwrap_err().contains("there is no anchor"));
        restart(&night);
    }
    let doubt = night.decider().doubt().unwrap().unwrap();
    night.decider().settle_doubt(&doubt, Settlement::Adopt, "the disk was changed").unwrap();
    night.approve(&id).unwrap();
    assert!(night.command(&["verify"]).output().unwrap().status.success());
    // A ledger that is a folder, a pipe or a link is not opened, and nobody waits for it.
    std::fs::rename(&ledger, &aside).unwrap();
    for (make, told) in [("mkdir", "not a regular file"), ("mkfifo", "a pipe or a device")] {
        assert!(std::process::Command::new(make).arg(&ledger).status().unwrap().success());
        let trouble = night.snapshot().approved.trouble.clone().unwrap();
        assert!(trouble.contains(told), "{make}: {trouble}");
        let mut tty = decide(&night, &night.waiting()[0], "veto", "");
        assert_eq!(tty.exit_code(), 5, "{make}: {}", tty.screen());
        let _ = std::fs::remove_dir(&ledger);
        let _ = std::fs::remove_file(&ledger);
    }
}

#[test]
fn a_clock_that_goes_backwards_changes_no_order() {
    let night = a_night(16, 13);
    let queue = night.waiting();
    let at = |text: &str| text.parse().unwrap();
    let decide_at = |id: &ExperimentId, time: &str| {
        let approval = support::approval(&night.judge(id).unwrap()).unwrap();
        night.decider().at(at(time)).approve(&approval).unwrap()
    };
    decide_at(&queue[0], "2026-03-09T07:00:00Z");
    decide_at(&queue[1], "2026-03-09T05:00:00Z");
    decide_at(&queue[2], "2031-01-01T00:00:00Z");
    let out = night.command(&["verify"]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{text}");
    assert!(text.contains("record 5 is dated 2026-03-09 05:00:00, before record 4: the clock was set back"), "{text}");
    let log = night.command(&["log", "--json"]).output().unwrap();
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    let places: Vec<_> = queue[..3].iter().map(|id| log.find(&id.as_str()[..7]).unwrap()).collect();
    assert!(places[2] < places[1] && places[1] < places[0], "newest first, by sequence:\n{log}");
    // The screen knows no negative age.
    let tty = Tty::open(&night, 100, 30, &[]);
    tty.wait("the loop", |screen| screen.contains("1 Inbox"));
    let out = night.command(&["doctor"]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains("clock") && text.contains("ahead of this machine's clock"), "{text}");
}
