//! Where a loop begins and what it changed, in the histories that real repositories have.
#![allow(clippy::float_cmp)]

use crate::support::drive::Driver;
use crate::support::{Loop, candidate, git_in};
use countersign::model::{CommitState, Experiment, FoundBy, NoChange, Snapshot};

const START: &str = "LR = 1\nWD = 1\nBATCH = 1\nDEPTH = 1\n\n\n\nWIDTH = 1\nSEED = 1\n";

fn find<'a>(snapshot: &'a Snapshot, description: &str) -> &'a Experiment {
    let found = snapshot.experiments.iter().find(|e| e.row.description.raw() == description);
    found.unwrap_or_else(|| panic!("no {description}"))
}

fn waiting(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.waiting.iter().map(|index| snapshot.experiments[*index].row.description.raw()).collect()
}

fn base_of(snapshot: &Snapshot, description: &str) -> String {
    let one = find(snapshot, description);
    one.change.as_ref().unwrap_or_else(|| panic!("{description}: {:?}", one.no_change)).base.to_string()
}

/// Sets a constant and commits it; the commit.
fn turn(a_loop: &Loop, name: &str, value: i32) -> String {
    let text = std::fs::read_to_string(a_loop.path("train.py")).unwrap();
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some((known, _)) if known == name => format!("{name} = {value}\n"),
        _ => format!("{line}\n"),
    });
    a_loop.write("train.py", lines.collect::<String>());
    a_loop.commit(&format!("set {name} to {value}"))
}

/// A row for a commit that `turn` made.
fn row(a_loop: &Loop, commit: &str, value: f64, status: &str, name: &str, to: i32) {
    a_loop.row(&commit[..7], value, status, &format!("set {name} to {to}"));
}

/// A loop at its baseline.
fn started() -> (Loop, String) {
    let a_loop = Loop::new(&[("train.py", START)]);
    let base = a_loop.head();
    a_loop.row(&base[..7], 1.0, "keep", "baseline");
    (a_loop, base)
}

/// A loop with a baseline and three kept changes, one discard between them; the commits.
fn with_three() -> (Loop, Vec<String>) {
    let (a_loop, base) = started();
    let mut all = vec![base];
    for (name, value, after) in [("LR", 0.9, false), ("WD", 0.8, true), ("WIDTH", 0.7, false)] {
        let commit = turn(&a_loop, name, 2);
        row(&a_loop, &commit, value, "keep", name, 2);
        all.push(commit);
        if after {
            let bad = turn(&a_loop, "DEPTH", 9);
            row(&a_loop, &bad, 1.5, "discard", "DEPTH", 9);
            a_loop.git(&["reset", "-q", "--hard", "HEAD~1"]);
        }
    }
    (a_loop, all)
}

const THREE: [&str; 3] = ["set LR to 2", "set WD to 2", "set WIDTH to 2"];

/// A clone of a loop's repository, with the loop's results in it; made by these arguments of git, which end where the
/// source and the target stand.
fn cloned(a_loop: &Loop, args: &[&str]) -> Loop {
    let folder = a_loop.folder().join(format!("clone{}", std::fs::read_dir(a_loop.folder()).unwrap().count()));
    std::fs::create_dir(&folder).unwrap();
    let source = format!("file://{}", a_loop.dir().display());
    let mut all = vec!["clone", "-q"];
    all.extend(args);
    all.extend([source.as_str(), "run"]);
    let out = git_in(&folder, &all);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let clone = Loop::at(folder.canonicalize().unwrap());
    copy_results(a_loop, &clone);
    clone
}

fn copy_results(from: &Loop, to: &Loop) {
    std::fs::copy(from.path("results.tsv"), to.path("results.tsv")).unwrap();
}

/// Asserts that all three changes are shown, wait in order, and stand on one another.
fn shows_three(a_loop: &Loop, all: &[String]) {
    let snapshot = a_loop.snapshot();
    assert_eq!(waiting(&snapshot), THREE);
    for (at, description) in THREE.iter().enumerate() {
        assert_eq!(base_of(&snapshot, description), all[at], "{description}");
    }
    assert_eq!(snapshot.start.unwrap().to_string(), all[0]);
    let status = a_loop.json(&["status", "--json"]);
    assert_eq!(status["decisions"]["pending"], 3);
}

#[test]
fn a_branch_that_was_checked_out_from_a_remote() {
    let (a_loop, all) = with_three();
    a_loop.git(&["checkout", "-q", "master"]);
    let clone = cloned(&a_loop, &[]);
    clone.git(&["checkout", "-q", "autoresearch/mar8"]);
    shows_three(&clone, &all);
    // The same with the other ways to get there.
    let clone = cloned(&a_loop, &[]);
    clone.git(&["checkout", "-q", "-b", "mine", "origin/autoresearch/mar8"]);
    shows_three(&clone, &all);
    let clone = cloned(&a_loop, &["--no-checkout"]);
    clone.git(&["fetch", "-q", "origin", "autoresearch/mar8:loop"]);
    clone.git(&["checkout", "-q", "loop"]);
    shows_three(&clone, &all);
}

#[test]
fn clones_of_the_branch_itself_and_of_nothing_else() {
    let (a_loop, all) = with_three();
    shows_three(&cloned(&a_loop, &["-b", "autoresearch/mar8"]), &all);
    let alone = cloned(&a_loop, &["-b", "autoresearch/mar8", "--single-branch"]);
    assert!(!alone.git(&["branch", "-a"]).contains("master"), "no trunk is there");
    shows_three(&alone, &all);
    // A baseline without a commit: what the oldest kept row was built on.
    let text = std::fs::read_to_string(alone.path("results.tsv")).unwrap();
    alone.write("results.tsv", text.replacen(&all[0][..7], "baseline", 1));
    let snapshot = alone.snapshot();
    assert_eq!(waiting(&snapshot), THREE);
    assert_eq!(base_of(&snapshot, THREE[0]), all[0]);
    assert_eq!(snapshot.start.unwrap().to_string(), all[0]);
}

#[test]
fn a_loop_that_goes_on_in_a_clone() {
    let (a_loop, all) = with_three();
    // The tip of the clone is a discard that was never reset.
    let bad = turn(&a_loop, "SEED", 5);
    row(&a_loop, &bad, 1.2, "discard", "SEED", 5);
    let clone = cloned(&a_loop, &["-b", "autoresearch/mar8"]);
    let next = turn(&clone, "BATCH", 2);
    row(&clone, &next, 0.6, "keep", "BATCH", 2);
    let snapshot = clone.snapshot();
    assert_eq!(waiting(&snapshot), [THREE[0], THREE[1], THREE[2], "set BATCH to 2"]);
    assert_eq!(base_of(&snapshot, "set BATCH to 2"), all[3]);
}

#[test]
fn a_linked_work_tree_and_a_renamed_branch() {
    let (a_loop, all) = with_three();
    let folder = a_loop.folder().join("linked");
    std::fs::create_dir(&folder).unwrap();
    a_loop.git(&["checkout", "-q", "master"]);
    let path = folder.join("run");
    a_loop.git(&["worktree", "add", "-q", path.to_str().unwrap(), "autoresearch/mar8"]);
    let linked = Loop::at(folder);
    copy_results(&a_loop, &linked);
    shows_three(&linked, &all);
    linked.git(&["branch", "-q", "-m", "autoresearch/other"]);
    shows_three(&linked, &all);
}

#[test]
fn a_branch_that_was_reset_by_checkout() {
    let (a_loop, _) = with_three();
    a_loop.git(&["checkout", "-q", "master"]);
    a_loop.write("README", "upstream\n");
    let fork = a_loop.commit("upstream");
    a_loop.git(&["checkout", "-q", "-B", "autoresearch/mar8"]);
    std::fs::remove_file(a_loop.path("results.tsv")).unwrap();
    a_loop.row("baseline", 1.0, "keep", "baseline");
    let next = turn(&a_loop, "LR", 7);
    row(&a_loop, &next, 0.9, "keep", "LR", 7);
    let snapshot = a_loop.snapshot();
    assert_eq!(base_of(&snapshot, "set LR to 7"), fork);
    assert_eq!(snapshot.start.unwrap().to_string(), fork);
}

#[test]
fn a_branch_made_after_some_changes_were_kept() {
    let a_loop = Loop::new(&[("train.py", START)]);
    let base = a_loop.head();
    a_loop.row(&base[..7], 1.0, "keep", "baseline");
    let one = turn(&a_loop, "LR", 2);
    row(&a_loop, &one, 0.9, "keep", "LR", 2);
    let bad = turn(&a_loop, "SEED", 9);
    row(&a_loop, &bad, 1.9, "discard", "SEED", 9);
    a_loop.git(&["checkout", "-q", "-b", "autoresearch/late"]);
    let two = turn(&a_loop, "WD", 2);
    row(&a_loop, &two, 0.8, "keep", "WD", 2);
    let snapshot = a_loop.snapshot();
    assert_eq!(waiting(&snapshot), ["set LR to 2", "set WD to 2"]);
    assert_eq!(base_of(&snapshot, "set WD to 2"), one, "no discard is a base");
}

#[test]
fn loops_on_the_trunk_itself() {
    let (a_loop, all) = with_three();
    // The same loop on `master`, which has no other trunk.
    let clone = cloned(&a_loop, &["-b", "autoresearch/mar8", "--single-branch"]);
    clone.git(&["branch", "-q", "-m", "main"]);
    shows_three(&clone, &all);
    // It was pushed half way: the remote's copy of the branch is no trunk.
    let bare = clone.folder().join("bare");
    clone.git(&["init", "-q", "--bare", bare.to_str().unwrap()]);
    clone.git(&["remote", "set-url", "origin", bare.to_str().unwrap()]);
    clone.git(&["push", "-q", "origin", &format!("{}:refs/heads/main", all[2])]);
    clone.git(&["fetch", "-q", "origin", "main:refs/remotes/origin/main"]);
    shows_three(&clone, &all);
}

#[test]
fn a_fork_of_somebody_elses_main() {
    let (a_loop, all) = with_three();
    let clone = cloned(&a_loop, &["-b", "autoresearch/mar8", "--single-branch", "-o", "upstream"]);
    clone.git(&["branch", "-q", "-m", "main"]);
    clone.git(&["fetch", "-q", "upstream", "master:refs/remotes/upstream/main"]);
    let snapshot = clone.snapshot();
    assert_eq!(snapshot.trunk.as_deref(), Some("upstream/main"));
    shows_three(&clone, &all);
    // A remote of that name that has the loop's own attempts is a copy, as one of any other name is.
    clone.git(&["update-ref", "refs/remotes/upstream/main", &all[2]]);
    shows_three(&clone, &all);
}

#[test]
fn a_detached_head_and_an_orphan_branch() {
    let (a_loop, all) = with_three();
    let clone = cloned(&a_loop, &["-b", "autoresearch/mar8"]);
    clone.git(&["checkout", "-q", "--detach"]);
    clone.git(&["branch", "-q", "-D", "autoresearch/mar8"]);
    shows_three(&clone, &all);
    let orphan = Loop::new(&[("train.py", START)]);
    orphan.git(&["checkout", "-q", "--orphan", "autoresearch/alone"]);
    let root = orphan.commit("alone");
    orphan.row(&root[..7], 1.0, "keep", "baseline");
    let one = turn(&orphan, "LR", 2);
    row(&orphan, &one, 0.9, "keep", "LR", 2);
    let snapshot = orphan.snapshot();
    assert_eq!(waiting(&snapshot), ["set LR to 2"]);
    assert_eq!(base_of(&snapshot, "set LR to 2"), root);
    assert_eq!(snapshot.start.unwrap().to_string(), root);
}

#[test]
fn a_session_on_a_trunk_that_took_the_one_before() {
    let (a_loop, all) = with_three();
    a_loop.git(&["checkout", "-q", "master"]);
    a_loop.git(&["merge", "-q", "--ff-only", "autoresearch/mar8"]);
    a_loop.write("README", "somebody else's work\n");
    let fork = a_loop.commit("other work");
    a_loop.git(&["checkout", "-q", "-b", "autoresearch/mar9"]);
    let next = turn(&a_loop, "SEED", 2);
    row(&a_loop, &next, 0.6, "keep", "SEED", 2);
    for a_loop in [&a_loop, &cloned(&a_loop, &["-b", "autoresearch/mar9"])] {
        let snapshot = a_loop.snapshot();
        assert_eq!(waiting(&snapshot), ["set SEED to 2"]);
        assert_eq!(base_of(&snapshot, "set SEED to 2"), fork);
        assert_eq!(snapshot.start.unwrap().to_string(), fork);
        assert_eq!(base_of(&snapshot, THREE[1]), all[1], "what the trunk has is still a change");
        assert!(find(&snapshot, THREE[1]).on_trunk);
        assert!(snapshot.counts.with_change >= 4, "the discard is not in the clone");
        let shown = a_loop.command(&["show", &all[2][..7]]).output().unwrap();
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        assert!(shown.contains("already on") && shown.contains("+WD = 2"), "{shown}");
    }
}

#[test]
fn a_trunk_that_took_the_loop_since() {
    for merge in
        [&["merge", "-q", "--no-ff", "-m", "take it"][..], &["merge", "-q", "--ff-only"], &["merge", "-q", "--squash"]]
    {
        let (a_loop, all) = with_three();
        a_loop.git(&["checkout", "-q", "master"]);
        a_loop.git(&[merge, &["autoresearch/mar8"]].concat());
        a_loop.commit("more on master");
        let clone = cloned(&a_loop, &["-b", "autoresearch/mar8"]);
        a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
        shows_three(&a_loop, &all);
        shows_three(&clone, &all);
    }
}

#[test]
fn a_submodule_on_a_branch() {
    let (a_loop, all) = with_three();
    let above = a_loop.folder().join("above");
    std::fs::create_dir(&above).unwrap();
    let git = |args: &[&str]| {
        let out = git_in(&above, args);
        assert!(out.status.success(), "{args:?} {}", String::from_utf8_lossy(&out.stderr));
    };
    git(&["init", "-q", "-b", "main"]);
    let source = a_loop.dir().to_str().unwrap();
    git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", source, "run"]);
    git(&["commit", "-q", "-m", "with a submodule"]);
    let inside = Loop::at(above);
    copy_results(&a_loop, &inside);
    assert!(inside.path(".git").is_file());
    inside.git(&["checkout", "-q", "-B", "autoresearch/mar8", "origin/autoresearch/mar8"]);
    shows_three(&inside, &all);
    inside.git(&["checkout", "-q", "--detach", &all[3]]);
    shows_three(&inside, &all);
    // Opened from above, the rows' commits are somewhere else, and it is said where.
    let doctor = inside.command(&["doctor", inside.folder().to_str().unwrap()]).output().unwrap();
    let doctor = String::from_utf8_lossy(&doctor.stdout);
    assert!(doctor.contains("run is a separate git repository: open it"), "{doctor}");
}

#[test]
fn a_shallow_clone_takes_no_edge_for_a_base() {
    let (a_loop, base) = started();
    let one = turn(&a_loop, "LR", 2);
    row(&a_loop, &one, 0.9, "keep", "LR", 2);
    let bad = turn(&a_loop, "WD", 9);
    row(&a_loop, &bad, 1.5, "discard", "WD", 9);
    a_loop.git(&["revert", "--no-edit", "HEAD"]);
    let two = turn(&a_loop, "WIDTH", 2);
    row(&a_loop, &two, 0.8, "keep", "WIDTH", 2);
    for depth in ["1", "2", "3"] {
        let clone = cloned(&a_loop, &["-b", "autoresearch/mar8", "--depth", depth]);
        let snapshot = clone.snapshot();
        assert_eq!(find(&snapshot, "set WIDTH to 2").no_change, Some(NoChange::BeyondShallow), "depth {depth}");
        assert!(snapshot.waiting.is_empty(), "depth {depth}");
        let shown = clone.command(&["show", &two[..7]]).output().unwrap();
        assert!(String::from_utf8_lossy(&shown.stdout).contains("git fetch --unshallow"));
        let status = clone.json(&["status", "--json"]);
        assert_eq!(status["warnings"][0]["path"], ".git/shallow");
        let doctor = clone.command(&["doctor"]).output().unwrap();
        assert!(String::from_utf8_lossy(&doctor.stdout).contains("git fetch --unshallow"));
    }
    // A kept row at the edge is a base: its files are there.
    let clone = cloned(&a_loop, &["-b", "autoresearch/mar8", "--depth", "4"]);
    let snapshot = clone.snapshot();
    assert_eq!(base_of(&snapshot, "set WIDTH to 2"), one);
    assert_eq!(find(&snapshot, "set LR to 2").no_change, Some(NoChange::BeyondShallow));
    // But nothing is approved onto it: what changed up to it was never seen.
    let trouble = snapshot.trouble().unwrap();
    assert!(trouble.contains(&one[..7]) && trouble.contains("git fetch --unshallow"), "{trouble}");
    // The desk says so, too, whoever asks it.
    let width = find(&snapshot, "set WIDTH to 2").id.clone();
    for refused in [clone.approve(&width), clone.veto(&width, "no")] {
        let error = refused.unwrap_err();
        assert!(error.contains(trouble), "{error}");
    }
    assert!(!clone.try_git(&["rev-parse", "-q", "--verify", "countersign/approved"]).status.success());
    // And with the whole history all is as it was.
    clone.git(&["fetch", "-q", "--unshallow"]);
    let snapshot = clone.snapshot();
    assert_eq!(base_of(&snapshot, "set LR to 2"), base);
    assert_eq!(waiting(&snapshot), ["set LR to 2", "set WIDTH to 2"]);
    assert_eq!(snapshot.trouble(), None);
    clone.approve(&snapshot.experiments[snapshot.waiting[0]].id).unwrap();
}

#[test]
fn a_loop_that_began_in_a_shallow_clone() {
    let (source, _) = started();
    let clone = cloned(&source, &["-b", "master", "--depth", "1"]);
    let base = clone.head();
    clone.git(&["checkout", "-q", "-b", "autoresearch/ci"]);
    let one = turn(&clone, "LR", 2);
    row(&clone, &one, 0.9, "keep", "LR", 2);
    let snapshot = clone.snapshot();
    assert_eq!(waiting(&snapshot), ["set LR to 2"]);
    assert_eq!(base_of(&snapshot, "set LR to 2"), base);
    assert!(snapshot.warnings.is_empty(), "{:?}", snapshot.warnings);
    // Where nothing was changed up to the edge, it may begin there.
    clone.approve(&snapshot.experiments[snapshot.waiting[0]].id).unwrap();
}

#[test]
fn grafts_are_not_believed_and_replaced_objects_are_read_as_they_are() {
    let (a_loop, all) = with_three();
    a_loop.git(&["replace", &all[3], &all[1]]);
    shows_three(&a_loop, &all);
    let doctor = a_loop.command(&["doctor"]).output().unwrap();
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("refs/replace"));
    a_loop.write(".git/info/grafts", format!("{} {}\n", all[3], all[0]));
    let trouble = a_loop.snapshot().approved.trouble.clone().unwrap();
    assert!(trouble.contains("grafts"), "{trouble}");
}

#[test]
fn a_baseline_beside_the_line() {
    let a_loop = Loop::new(&[("train.py", START)]);
    let fork = a_loop.head();
    a_loop.git(&["checkout", "-q", "-b", "side"]);
    let side = turn(&a_loop, "LR", 9);
    a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    a_loop.row(&side[..7], 1.0, "keep", "baseline");
    for value in 2..5 {
        let commit = turn(&a_loop, "LR", value);
        row(&a_loop, &commit, 1.0 - f64::from(value) / 10.0, "keep", "LR", value);
    }
    let snapshot = a_loop.snapshot();
    assert_eq!(snapshot.start.unwrap().to_string(), fork);
    for value in 2..5 {
        let id = find(&a_loop.snapshot(), &format!("set LR to {value}")).id.clone();
        a_loop.approve(&id).unwrap();
    }
    assert!(a_loop.snapshot().waiting.is_empty());
}

#[test]
fn a_rebased_branch_whose_old_commits_are_gone() {
    let (a_loop, all) = with_three();
    a_loop.git(&["checkout", "-q", "master"]);
    a_loop.write("README", "upstream\n");
    let fork = a_loop.commit("upstream");
    a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    a_loop.git(&["rebase", "-q", "master"]);
    // Here the old commits are still there, and were measured.
    let snapshot = a_loop.snapshot();
    let one = find(&snapshot, THREE[0]);
    assert_eq!(one.id.as_str(), all[1]);
    assert_eq!(one.found_as.map(|found| found.by), Some(FoundBy::SameDiff));
    assert!(!one.left_behind);
    assert_eq!(waiting(&snapshot), THREE);
    // In a clone they are gone.
    let clone = cloned(&a_loop, &["-b", "autoresearch/mar8"]);
    let snapshot = clone.snapshot();
    assert_eq!(waiting(&snapshot), THREE);
    let one = find(&snapshot, THREE[0]);
    assert_eq!(one.found_as.map(|found| found.by), Some(FoundBy::Message));
    assert_ne!(one.id.as_str(), all[1]);
    assert_eq!(base_of(&snapshot, THREE[0]), fork, "upstream's work is not the loop's");
    assert_eq!(snapshot.start.unwrap().to_string(), fork);
    let shown = clone.json(&["show", &all[1][..7], "--json"]);
    assert_eq!(shown["found_as"]["by"], "message");
    let shown = clone.command(&["show", &all[1][..7]]).output().unwrap();
    assert!(String::from_utf8_lossy(&shown.stdout).contains("after a history rewrite"));
}

#[test]
fn what_goes_on_after_a_rebase_stands_on_what_was_found_again() {
    let (a_loop, _) = with_three();
    a_loop.git(&["checkout", "-q", "master"]);
    a_loop.write("README", "upstream\n");
    a_loop.commit("upstream");
    a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    a_loop.git(&["rebase", "-q", "master"]);
    let tip = a_loop.head();
    let next = turn(&a_loop, "SEED", 2);
    row(&a_loop, &next, 0.5, "keep", "SEED", 2);
    let snapshot = a_loop.snapshot();
    assert_eq!(base_of(&snapshot, "set SEED to 2"), tip);
}

#[test]
fn squashed_amended_and_picked_commits() {
    let (a_loop, all) = with_three();
    // All three in one commit, whose message lists them.
    a_loop.git(&["checkout", "-q", "-b", "squashed", &all[0]]);
    a_loop.git(&["merge", "-q", "--squash", "autoresearch/mar8"]);
    a_loop.git(&["commit", "-q", "-m", "squash\n\n* set LR to 2\n\n* set WD to 2\n"]);
    let squash = a_loop.head();
    let clone = cloned(&a_loop, &["-b", "squashed", "--single-branch"]);
    let snapshot = clone.snapshot();
    let one = find(&snapshot, THREE[0]);
    assert_eq!(one.commit, CommitState::Found(squash.parse().unwrap()));
    assert_eq!(base_of(&snapshot, THREE[0]), all[0]);
    assert!(
        matches!(find(&snapshot, THREE[1]).no_change, Some(NoChange::SharedWith { .. })),
        "one change, two results"
    );
    assert_eq!(find(&snapshot, THREE[2]).no_change, Some(NoChange::Gone), "nothing says that it is in there");
    // Amended and picked: the old commit is here, and the new one has its change id or makes the same change.
    a_loop.git(&["checkout", "-q", "-b", "picked", &all[0]]);
    a_loop.git(&["cherry-pick", "-x", &all[1]]);
    row(&a_loop, &all[1], 0.9, "keep", "LR", 2);
    let snapshot = a_loop.snapshot();
    assert_eq!(find(&snapshot, THREE[0]).found_as.map(|found| found.by), Some(FoundBy::SameDiff));
}

#[test]
fn change_ids_are_followed() {
    let (a_loop, base) = started();
    let id = "Change-Id: I8f14e45fceea167a5a36dedd4bea2543f1b2c3d4";
    turn(&a_loop, "LR", 2);
    a_loop.git(&["commit", "-q", "--amend", "-m", &format!("lower\n\n{id}")]);
    let old = a_loop.head();
    a_loop.row(&old[..7], 0.9, "keep", "lower");
    a_loop.write("NOTES", "more\n");
    a_loop.git(&["add", "-A"]);
    a_loop.git(&["commit", "-q", "--amend", "-m", &format!("lower the rate\n\n{id}")]);
    let found = find(&a_loop.snapshot(), "lower").found_as.unwrap();
    assert_eq!((found.commit.to_string(), found.by), (a_loop.head(), FoundBy::ChangeId));
    // A row may name the change id itself.
    a_loop.row("I8f14e45fce", 0.8, "keep", "by its change id");
    let snapshot = a_loop.snapshot();
    assert_eq!(find(&snapshot, "by its change id").commit, CommitState::Found(a_loop.head().parse().unwrap()));
    assert_eq!(base_of(&snapshot, "by its change id"), base);
}

#[test]
fn what_could_be_two_commits_is_neither() {
    let (a_loop, base) = started();
    for value in [2, 3] {
        a_loop.write("train.py", START.replace("LR = 1", &format!("LR = {value}")));
        a_loop.commit("try another rate");
    }
    a_loop.row("deadbee", 0.9, "keep", "try another rate");
    let snapshot = a_loop.snapshot();
    let one = find(&snapshot, "try another rate");
    assert_eq!(one.no_change, Some(NoChange::SeveralAlike));
    assert_eq!(a_loop.json(&["show", "deadbee", "--json"])["no_change"], "several_alike");
    assert_eq!(snapshot.start.unwrap().to_string(), base);
    // A word says too little to find anything by.
    a_loop.commit("baseline");
    a_loop.row("deadbef", 0.9, "keep", "baseline");
    assert_eq!(a_loop.snapshot().experiments.last().unwrap().no_change, Some(NoChange::Gone));
}

#[test]
fn reverted_discards_empty_commits_and_bookkeeping() {
    let (a_loop, base) = started();
    let bad = turn(&a_loop, "WD", 9);
    row(&a_loop, &bad, 1.5, "discard", "WD", 9);
    a_loop.git(&["revert", "--no-edit", "HEAD"]);
    let one = turn(&a_loop, "LR", 2);
    row(&a_loop, &one, 0.9, "keep", "LR", 2);
    let empty = a_loop.commit("measured once more");
    a_loop.row(&empty[..7], 0.89, "keep", "measured once more");
    let snapshot = a_loop.snapshot();
    assert_eq!(base_of(&snapshot, "set LR to 2"), base);
    let judged = a_loop.judge(&find(&snapshot, "set LR to 2").id).unwrap();
    let files = &candidate(&judged).unwrap().files;
    assert_eq!((files.len(), files[0].added, files[0].removed), (1, 1, 1), "the discard cancels out");
    assert_eq!(find(&snapshot, "measured once more").no_change, Some(NoChange::Equal));
    let shown = a_loop.command(&["show", &empty[..7]]).output().unwrap();
    assert!(String::from_utf8_lossy(&shown.stdout).contains("the same files as its base, ignored paths aside"));
}

#[test]
fn a_merge_on_the_line_and_two_loops_in_one_repository() {
    let (a_loop, all) = with_three();
    a_loop.git(&["checkout", "-q", "master"]);
    a_loop.write("README", "upstream\n");
    a_loop.commit("upstream");
    a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    a_loop.git(&["merge", "-q", "--no-edit", "master"]);
    let next = turn(&a_loop, "SEED", 2);
    row(&a_loop, &next, 0.5, "keep", "SEED", 2);
    let snapshot = a_loop.snapshot();
    assert_eq!(waiting(&snapshot), [THREE[0], THREE[1], THREE[2], "set SEED to 2"]);
    assert_eq!(snapshot.start.unwrap().to_string(), all[0]);
    // Another loop from the first commit, with a table of its own.
    a_loop.git(&["checkout", "-q", "-b", "autoresearch/second", &all[0]]);
    std::fs::remove_file(a_loop.path("results.tsv")).unwrap();
    a_loop.row(&all[0][..7], 1.0, "keep", "baseline");
    let other = turn(&a_loop, "DEPTH", 2);
    row(&a_loop, &other, 0.9, "keep", "DEPTH", 2);
    let snapshot = a_loop.snapshot();
    assert_eq!(waiting(&snapshot), ["set DEPTH to 2"]);
    assert_eq!(base_of(&snapshot, "set DEPTH to 2"), all[0]);
}

#[test]
fn a_merge_that_is_a_shorter_way_to_the_baseline_skips_no_kept_row() {
    let (a_loop, base) = started();
    let one = turn(&a_loop, "LR", 2);
    row(&a_loop, &one, 0.9, "keep", "LR", 2);
    for page in ["a", "b", "c"] {
        a_loop.write(page, "a page\n");
        a_loop.commit(page);
    }
    a_loop.git(&["checkout", "-q", "-b", "side", &base]);
    a_loop.write("side", "a page\n");
    a_loop.commit("side");
    a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    a_loop.git(&["merge", "-q", "--no-ff", "--no-edit", "side"]);
    let two = turn(&a_loop, "WD", 2);
    row(&a_loop, &two, 0.8, "keep", "WD", 2);
    let snapshot = a_loop.snapshot();
    assert_eq!(base_of(&snapshot, "set WD to 2"), one);
    assert_eq!(base_of(&snapshot, "set LR to 2"), base);
    // What was kept on the merged side is nearer than what was kept before the two parted.
    a_loop.git(&["checkout", "-q", "-b", "other"]);
    let three = turn(&a_loop, "BATCH", 2);
    row(&a_loop, &three, 0.7, "keep", "BATCH", 2);
    a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    a_loop.git(&["merge", "-q", "--no-ff", "--no-edit", "other"]);
    let four = turn(&a_loop, "SEED", 2);
    row(&a_loop, &four, 0.6, "keep", "SEED", 2);
    assert_eq!(base_of(&a_loop.snapshot(), "set SEED to 2"), three);
}

#[test]
fn what_was_thrown_away_first_is_no_baseline() {
    let a_loop = Loop::new(&[("train.py", START)]);
    let base = a_loop.head();
    a_loop.row(&base[..7], 0.0, "crash", "the first run timed out");
    let bad = turn(&a_loop, "LR", 9);
    row(&a_loop, &bad, 1.4, "discard", "LR", 9);
    let good = turn(&a_loop, "WD", 2);
    row(&a_loop, &good, 0.9, "keep", "WD", 2);
    let snapshot = a_loop.snapshot();
    assert_eq!(snapshot.baseline, None);
    assert_eq!(base_of(&snapshot, "set WD to 2"), base);
    assert_eq!(snapshot.start.unwrap().to_string(), base);
    assert_eq!(find(&snapshot, "set WD to 2").claimed_gain, None);
}

#[test]
fn a_first_row_that_does_not_call_itself_the_baseline_may_be_a_change() {
    let a_loop = Loop::new(&[("train.py", START)]);
    let base = a_loop.head();
    let one = turn(&a_loop, "LR", 2);
    row(&a_loop, &one, 0.9, "keep", "LR", 2);
    let two = turn(&a_loop, "WD", 2);
    row(&a_loop, &two, 0.8, "keep", "WD", 2);
    let snapshot = a_loop.snapshot();
    assert_eq!(waiting(&snapshot), ["set LR to 2", "set WD to 2"]);
    assert_eq!(base_of(&snapshot, "set LR to 2"), base);
    assert_eq!(snapshot.start.unwrap().to_string(), base);
    assert!(find(&snapshot, "set LR to 2").is_baseline, "the others are held against what it measured");
    assert_eq!(find(&snapshot, "set WD to 2").claimed_gain.map(|gain| (gain * 10.0).round()), Some(1.0));
    assert_eq!(snapshot.value_at_tip(), None, "nobody measured what it started from");
}

#[test]
fn a_first_row_calls_itself_the_baseline_in_many_ways() {
    for (text, is_baseline) in [
        ("initial baseline", true),
        ("30-min baseline: batch 32", true),
        ("unmodified train.py", true),
        ("first run", true),
        ("ベースライン", true),
        ("baseline + dropout", false),
        ("LR 0.1 beats the baseline", false),
        ("skip redundant work", false),
    ] {
        let a_loop = Loop::new(&[("train.py", START)]);
        let one = turn(&a_loop, "LR", 2);
        a_loop.row(&one[..7], 1.0, "keep", text);
        let two = turn(&a_loop, "WD", 2);
        row(&a_loop, &two, 0.8, "keep", "WD", 2);
        let waits = a_loop.snapshot().waiting.len();
        assert_eq!(waits, if is_baseline { 1 } else { 2 }, "{text}");
    }
}

#[test]
fn a_table_that_is_committed_with_each_change() {
    let a_loop = Loop::new(&[("train.py", START)]);
    a_loop.write(".gitignore", "run.log\n");
    let base = a_loop.commit("keep the table in git");
    a_loop.row(&base[..7], 1.0, "keep", "baseline");
    a_loop.commit("rows");
    let one = turn(&a_loop, "LR", 2);
    row(&a_loop, &one, 0.9, "keep", "LR", 2);
    let table = a_loop.commit("rows");
    a_loop.row(&table[..7], 0.9, "keep", "names the table's commit");
    let snapshot = a_loop.snapshot();
    assert_eq!(waiting(&snapshot), ["set LR to 2"]);
    assert_eq!(find(&snapshot, "names the table's commit").no_change, Some(NoChange::Equal));
}

#[test]
fn a_branch_made_at_the_only_kept_change() {
    let a_loop = Loop::new(&[("train.py", START)]);
    let fork = a_loop.head();
    a_loop.row("baseline", 1.0, "keep", "baseline");
    let one = turn(&a_loop, "LR", 2);
    row(&a_loop, &one, 0.9, "keep", "LR", 2);
    a_loop.git(&["checkout", "-q", "-b", "mine"]);
    a_loop.git(&["branch", "-q", "-D", "autoresearch/mar8"]);
    let snapshot = a_loop.snapshot();
    assert_eq!(waiting(&snapshot), ["set LR to 2"]);
    assert_eq!(base_of(&snapshot, "set LR to 2"), fork);
}

#[test]
fn a_partial_clone_says_what_is_missing() {
    let (a_loop, _) = with_three();
    a_loop.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = cloned(&a_loop, &["-b", "autoresearch/mar8", "--filter=blob:none"]);
    let said = |args: &[&str]| String::from_utf8_lossy(&clone.command(args).output().unwrap().stdout).into_owned();
    let doctor = said(&["doctor"]);
    assert!(doctor.contains("a partial clone") && doctor.contains("--no-filter"), "{doctor}");
    let first = find(&clone.snapshot(), THREE[0]).id.clone();
    let shown = said(&["show", first.as_str()]);
    assert!(shown.contains("this is a partial clone"), "{shown}");
}

#[test]
fn a_history_that_cannot_be_read_is_no_history_without_the_commits() {
    let (a_loop, _) = with_three();
    a_loop.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = cloned(&a_loop, &["-b", "autoresearch/mar8", "--filter=tree:0"]);
    // Where the rest would come from is out of reach.
    clone.git(&["config", "remote.origin.url", "file:///nowhere"]);
    let snapshot = clone.snapshot();
    let first = find(&snapshot, THREE[0]);
    assert_eq!((first.no_change, snapshot.counts.commit_gone), (Some(NoChange::Unread), 0));
    let said = |args: &[&str]| {
        let out = clone.command(args).output().unwrap();
        String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()
    };
    let shown = said(&["show", first.id.as_str()]);
    assert!(shown.contains("the history could not be read") && !shown.contains("gone"), "{shown}");
    let status = said(&["status"]);
    assert!(status.contains("git fetch --refetch --no-filter"), "{status}");
}

#[test]
fn rows_that_are_amended_into_their_commits() {
    let a_loop = Loop::new(&[("train.py", START)]);
    a_loop.write(".gitignore", "run.log\n");
    let base = a_loop.commit("keep the table in git");
    a_loop.row(&base[..7], 1.0, "keep", "baseline");
    a_loop.commit("rows");
    let mut named = vec![base];
    for (at, name) in ["LR", "WD", "WIDTH", "SEED"].into_iter().enumerate() {
        let commit = turn(&a_loop, name, 2);
        row(&a_loop, &commit, 0.9 - at as f64 / 10.0, "keep", name, 2);
        a_loop.git(&["add", "-A"]);
        a_loop.git(&["commit", "-q", "--amend", "--no-edit"]);
        named.push(commit);
    }
    // In a clone the commits that the rows name are gone.
    for a_loop in [&a_loop, &cloned(&a_loop, &["-b", "autoresearch/mar8"])] {
        let snapshot = a_loop.snapshot();
        assert_eq!(waiting(&snapshot), [THREE[0], THREE[1], THREE[2], "set SEED to 2"]);
        for (at, index) in snapshot.waiting.iter().enumerate() {
            let one = &snapshot.experiments[*index];
            assert!(one.found_as.is_some() && !one.left_behind);
            let judged = a_loop.judge(&one.id).unwrap();
            let files = &candidate(&judged).unwrap().files;
            assert_eq!((files.len(), files[0].added, files[0].removed), (1, 1, 1), "one edit each");
            let base = snapshot.base_is(one.change.as_ref().unwrap().base);
            let expected = if at == 0 { "the baseline".to_owned() } else { format!("the kept row in line {}", at + 2) };
            assert_eq!(base, expected);
        }
    }
    let snapshot = a_loop.snapshot();
    assert_eq!(find(&snapshot, THREE[1]).id.as_str(), named[2], "what was measured is what the row names");
    for index in snapshot.waiting.iter().copied() {
        a_loop.approve(&snapshot.experiments[index].id).unwrap();
    }
    assert!(a_loop.snapshot().waiting.is_empty());
}

#[test]
fn a_trunk_that_took_the_loop_by_several_merges() {
    let (a_loop, base) = started();
    let mut all = vec![base];
    let mut clones = Vec::new();
    for (at, name) in ["LR", "WD", "WIDTH"].into_iter().enumerate() {
        let commit = turn(&a_loop, name, 2);
        row(&a_loop, &commit, 0.9 - at as f64 / 10.0, "keep", name, 2);
        all.push(commit);
        if at == 2 {
            // The last one is not merged yet.
            clones.push(cloned(&a_loop, &["-b", "autoresearch/mar8"]));
        }
        a_loop.git(&["checkout", "-q", "master"]);
        a_loop.git(&["merge", "-q", "--no-ff", "-m", "take it", "autoresearch/mar8"]);
        a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    }
    a_loop.git(&["checkout", "-q", "master"]);
    clones.push(cloned(&a_loop, &["-b", "autoresearch/mar8"]));
    a_loop.write("README", "other work\n");
    a_loop.commit("other work");
    clones.push(cloned(&a_loop, &["-b", "autoresearch/mar8"]));
    clones.push(cloned(&a_loop, &[]));
    a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    shows_three(&a_loop, &all);
    for clone in &clones {
        shows_three(clone, &all);
    }
    // A session on what the trunk holds now is another one.
    let next = cloned(&a_loop, &["-b", "master"]);
    next.git(&["checkout", "-q", "-b", "autoresearch/mar9"]);
    let fork = next.head();
    let commit = turn(&next, "SEED", 2);
    row(&next, &commit, 0.5, "keep", "SEED", 2);
    let snapshot = next.snapshot();
    assert_eq!(waiting(&snapshot), ["set SEED to 2"]);
    assert_eq!(base_of(&snapshot, "set SEED to 2"), fork);
}

#[test]
fn a_default_branch_that_is_the_loops_own() {
    let (a_loop, all) = with_three();
    let review = |name: &str, from: &str| {
        let clone = cloned(&a_loop, &[]);
        clone.git(&["checkout", "-q", "-b", name, from]);
        clone
    };
    assert!(a_loop.git(&["symbolic-ref", "HEAD"]).ends_with("autoresearch/mar8"), "it is the clones' default");
    shows_three(&review("review", "HEAD"), &all);
    // A lagging branch that was moved on.
    let work = review("work", &all[2]);
    work.git(&["merge", "-q", "--ff-only", "origin/autoresearch/mar8"]);
    shows_three(&work, &all);
    // Bookkeeping on top of it, a detached head, and no usual trunk at all.
    a_loop.write("progress.png", "a picture");
    a_loop.git(&["add", "-f", "progress.png"]);
    a_loop.git(&["commit", "-q", "-m", "a picture"]);
    shows_three(&review("review", "HEAD"), &all);
    let alone = cloned(&a_loop, &["--single-branch"]);
    alone.git(&["checkout", "-q", "-b", "review"]);
    shows_three(&alone, &all);
    // It goes on in the clone, on a branch and without one.
    for detach in [false, true] {
        let clone = review("review", "HEAD");
        if detach {
            clone.git(&["checkout", "-q", "--detach"]);
        }
        let next = turn(&clone, "SEED", 2);
        row(&clone, &next, 0.5, "keep", "SEED", 2);
        let snapshot = clone.snapshot();
        assert_eq!(waiting(&snapshot), [THREE[0], THREE[1], THREE[2], "set SEED to 2"]);
    }
}

#[test]
fn a_default_branch_of_another_name_that_took_the_session_before() {
    let (a_loop, all) = with_three();
    a_loop.git(&["branch", "-q", "-m", "master", "mainline"]);
    a_loop.git(&["checkout", "-q", "mainline"]);
    a_loop.git(&["merge", "-q", "--ff-only", "autoresearch/mar8"]);
    a_loop.write("README", "somebody else's work\n");
    let fork = a_loop.commit("other work");
    let clone = cloned(&a_loop, &[]);
    clone.git(&["checkout", "-q", "-b", "autoresearch/mar9"]);
    let next = turn(&clone, "SEED", 2);
    row(&clone, &next, 0.6, "keep", "SEED", 2);
    let snapshot = clone.snapshot();
    assert_eq!(waiting(&snapshot), ["set SEED to 2"]);
    assert_eq!(base_of(&snapshot, "set SEED to 2"), fork);
    clone.git(&["checkout", "-q", "autoresearch/mar8"]);
    copy_results(&a_loop, &clone);
    shows_three(&clone, &all);
}

#[test]
fn a_branch_made_at_the_tip_of_rewritten_commits() {
    let a_loop = Loop::new(&[("train.py", START)]);
    a_loop.write(".gitignore", "run.log\n");
    let base = a_loop.commit("keep the table in git");
    a_loop.row(&base[..7], 1.0, "keep", "baseline");
    for (at, name) in ["LR", "WD", "WIDTH"].into_iter().enumerate() {
        let commit = turn(&a_loop, name, 2);
        row(&a_loop, &commit, 0.9 - at as f64 / 10.0, "keep", name, 2);
        a_loop.git(&["add", "-A"]);
        a_loop.git(&["commit", "-q", "--amend", "--no-edit"]);
    }
    // In the first of them the old commits are gone, and the loop's branch is the default one.
    let gone = cloned(&a_loop, &[]);
    gone.git(&["checkout", "-q", "-b", "review"]);
    a_loop.git(&["checkout", "-q", "-b", "review"]);
    for a_loop in [&gone, &a_loop] {
        let snapshot = a_loop.snapshot();
        assert_eq!(waiting(&snapshot), THREE);
        for (description, expected) in
            THREE.iter().zip(["the baseline", "the kept row in line 3", "the kept row in line 4"])
        {
            let one = find(&snapshot, description);
            assert!(one.found_as.is_some() && !one.left_behind && !one.on_trunk, "{description}");
            assert_eq!(snapshot.base_is(one.change.as_ref().unwrap().base), expected);
        }
    }
}

#[test]
fn a_later_row_that_discards_a_kept_commit() {
    let (a_loop, _) = started();
    let kept = turn(&a_loop, "LR", 2);
    row(&a_loop, &kept, 0.9, "keep", "LR", 2);
    a_loop.row(&kept[..7], 0.95, "keep", "another seed");
    a_loop.row(&kept[..7], 0.99, "discard", "rerun: no gain, reverted");
    let snapshot = a_loop.snapshot();
    assert_eq!(waiting(&snapshot), ["set LR to 2"], "a person decides on it");
    let index = snapshot.index_of(&find(&snapshot, "set LR to 2").id).unwrap();
    let also = snapshot.also_measured(index).map(|other| snapshot.is_discarded_there(&snapshot.experiments[other]));
    assert_eq!(also.collect::<Vec<_>>(), [false, true]);
    let why = |description: &str| snapshot.why_no_change(find(&snapshot, description)).unwrap();
    assert!(why("rerun: no gain, reverted").contains("which this row discards"));
    assert!(!why("another seed").contains("discards"));
}

/// A kept change whose message was reworded once its row was there, and the kept change after it; the commit that the row
/// names and the one that it became.
fn reworded(amend: &[&str]) -> (Loop, String, String) {
    let (a_loop, _) = started();
    let old = turn(&a_loop, "LR", 2);
    row(&a_loop, &old, 0.95, "keep", "LR", 2);
    a_loop.git(&[&["commit", "-q", "--amend", "-m", "exp: lr (0.95, keep)"], amend].concat());
    let new = a_loop.head();
    let next = turn(&a_loop, "DEPTH", 2);
    row(&a_loop, &next, 0.93, "keep", "DEPTH", 2);
    (a_loop, old, new)
}

#[test]
fn a_message_that_was_amended_is_followed() {
    // The author may have been set anew, too.
    for amend in [&[][..], &["--date=2026-03-09T12:00:00Z"], &["--author=Somebody <else@example.org>"]] {
        let (a_loop, old, new) = reworded(amend);
        let snapshot = a_loop.snapshot();
        let one = find(&snapshot, THREE[0]);
        assert_eq!(one.id.as_str(), old, "what was measured is what the row names");
        assert_eq!(
            one.found_as.map(|found| (found.commit.to_string(), found.by)),
            Some((new.clone(), FoundBy::Reworded))
        );
        assert_eq!(base_of(&snapshot, "set DEPTH to 2"), new);
        let base = find(&snapshot, "set DEPTH to 2").change.as_ref().unwrap();
        assert_eq!((snapshot.base_is(base.base).as_str(), base.also_contains.len()), ("the kept row in line 3", 0));
        let shown = a_loop.command(&["show", &old[..7]]).output().unwrap();
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        assert!(shown.contains("it makes the same change with another message"), "{shown}");
        for name in [THREE[0], "set DEPTH to 2"] {
            a_loop.approve(&find(&a_loop.snapshot(), name).id.clone()).unwrap();
        }
        assert!(a_loop.snapshot().waiting.is_empty());
    }
}

#[test]
fn a_message_that_was_amended_with_the_row_is_followed() {
    // The results table is in the commit.
    let a_loop = Loop::new(&[("train.py", START), (".gitignore", "run.log\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.commit("rows");
    let old = turn(&a_loop, "LR", 2);
    row(&a_loop, &old, 0.95, "keep", "LR", 2);
    a_loop.git(&["commit", "-q", "-a", "--amend", "-m", "exp: lr (0.95, keep)"]);
    let new = a_loop.head();
    let next = turn(&a_loop, "DEPTH", 2);
    row(&a_loop, &next, 0.93, "keep", "DEPTH", 2);
    assert_eq!(base_of(&a_loop.snapshot(), "set DEPTH to 2"), new);
}

#[test]
fn a_baseline_that_was_reworded_is_followed() {
    // A root commit, too.
    for is_root in [false, true] {
        let a_loop = Loop::new(&[("train.py", START)]);
        if is_root {
            a_loop.git(&["checkout", "-q", "--orphan", "mar9"]);
            a_loop.commit("alone");
        } else {
            turn(&a_loop, "BATCH", 2);
        }
        let old = a_loop.head();
        a_loop.row(&old[..7], 1.0, "keep", "baseline");
        a_loop.git(&["commit", "-q", "--amend", "-m", "baseline: 1.0"]);
        let new = a_loop.head();
        let next = turn(&a_loop, "LR", 2);
        row(&a_loop, &next, 0.9, "keep", "LR", 2);
        let snapshot = a_loop.snapshot();
        assert_eq!(base_of(&snapshot, THREE[0]), new, "{is_root}");
        let called = if is_root { "where the loop began" } else { "the baseline" };
        assert_eq!(snapshot.base_is(new.parse().unwrap()), called);
        assert_eq!(waiting(&snapshot), [THREE[0]], "{is_root}");
    }
}

#[test]
fn messages_that_a_rebase_reworded_are_followed_by_their_time() {
    let (a_loop, _) = started();
    let mut named = Vec::new();
    for (at, name) in ["LR", "WD"].into_iter().enumerate() {
        turn(&a_loop, name, 2);
        let date = format!("--date=2026-03-08T22:0{}:00Z", at + 1);
        a_loop.git(&["commit", "-q", "--amend", "--no-edit", &date]);
        let commit = a_loop.head();
        row(&a_loop, &commit, 0.9 - at as f64 / 10.0, "keep", name, 2);
        named.push(commit);
    }
    // `exec` after each pick is what `reword` does, without an editor.
    a_loop.git(&[
        "rebase",
        "-q",
        "--exec",
        "git commit -q --amend -m \"reworded $(git rev-parse --short HEAD)\"",
        "HEAD~2",
    ]);
    let tip = a_loop.head();
    assert_ne!(tip, named[1]);
    let next = turn(&a_loop, "SEED", 2);
    row(&a_loop, &next, 0.5, "keep", "SEED", 2);
    let snapshot = a_loop.snapshot();
    for name in [THREE[0], THREE[1]] {
        assert_eq!(find(&snapshot, name).found_as.map(|found| found.by), Some(FoundBy::Reworded), "{name}");
    }
    assert_eq!(base_of(&snapshot, "set SEED to 2"), tip);
    // The same edits made by somebody else at another time are not what the row names.
    let (a_loop, base) = started();
    let old = turn(&a_loop, "LR", 2);
    row(&a_loop, &old, 0.9, "keep", "LR", 2);
    a_loop.git(&["reset", "-q", "--hard", &base]);
    turn(&a_loop, "WD", 2);
    turn(&a_loop, "LR", 2);
    a_loop.git(&["commit", "-q", "--amend", "-m", "another", "--date=2026-03-09T12:00:00Z"]);
    assert_eq!(find(&a_loop.snapshot(), THREE[0]).found_as, None);
}

#[test]
fn kept_rows_that_name_no_commit_are_said() {
    let said = |a_loop: &Loop, args: &[&str]| {
        let output = a_loop.command(args).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for cell in ["pending", "HEAD", "local", "-", "TBD", "(uncommitted)", "n/a", "", "`main`"] {
        let (a_loop, _) = started();
        a_loop.row(cell, 0.9, "keep", "lower the rate");
        a_loop.row(cell, 0.8, "keep", "more depth");
        a_loop.row(cell, 0.85, "discard", "less depth");
        let doctor = said(&a_loop, &["doctor"]);
        let shown = if cell.is_empty() { String::new() } else { format!(" (`{cell}`)") };
        let line = format!("✗ commits      2 kept rows name no commit{shown}: their changes cannot be shown");
        assert!(doctor.contains(&line), "{cell}: {doctor}");
        assert!(doctor.contains("→ have the loop commit each change"), "{cell}: {doctor}");
        let status = said(&a_loop, &["status"]);
        assert!(status.contains("! 2 kept rows name no commit"), "{cell}: {status}");
        assert_eq!(a_loop.json(&["status", "--json"])["decisions"]["no_commit"], 2, "{cell}");
        let mut driver = Driver::new(&a_loop, 100, 30);
        driver.draw();
        let screen = driver.screen();
        assert!(screen.contains("2 kept rows name no commit"), "{cell}: {screen}");
    }
    // A baseline alone needs none, and neither does what was thrown away.
    let a_loop = Loop::new(&[("train.py", START)]);
    a_loop.row("-", 1.0, "keep", "baseline");
    a_loop.row("-", 1.1, "discard", "worse");
    assert!(!said(&a_loop, &["doctor"]).contains("name no commit"));
    // A log of pi-autoresearch, and a table without a column of commits.
    let a_loop = Loop::new(&[("train.py", START)]);
    let run = |commit: &str, value: f64| {
        format!(
            "{{\"run\":1,\"commit\":\"{commit}\",\"metric\":{value},\"status\":\"keep\",\"description\":\"x {value}\"}}\n"
        )
    };
    a_loop.write("autoresearch.jsonl", format!("{}{}", run(&a_loop.short(), 1.0), run("", 0.9)));
    assert!(said(&a_loop, &["doctor"]).contains("✗ commits      1 kept row names no commit: their changes"));
    let a_loop = Loop::new(&[("train.py", START)]);
    a_loop.write("results.tsv", "loss\tstatus\tdescription\n1.0\tkeep\tbaseline\n0.9\tkeep\tlr\n0.8\tkeep\twd\n");
    let doctor = said(&a_loop, &["doctor"]);
    assert!(doctor.contains("2 kept rows name no commit") && doctor.contains("in a column named commit"), "{doctor}");
}

#[test]
fn what_the_history_says_against_kept_rows_is_said() {
    let said = |a_loop: &Loop| -> Vec<String> {
        a_loop.snapshot().warnings.iter().map(|warning| warning.message.clone()).collect()
    };
    // Each row names the commit that was there before its change was committed.
    let (a_loop, mut before) = started();
    for (at, words) in
        ["raise learning rate slowly", "halve weight decay early", "widen hidden layers twice"].iter().enumerate()
    {
        a_loop.write("train.py", format!("{START}STEP = {at}\n"));
        let commit = a_loop.commit(words);
        a_loop.row(&before[..7], 0.9 - at as f64 / 10.0, "keep", &format!("{words}, measured twice"));
        before = commit;
    }
    let shifted = said(&a_loop);
    assert_eq!(
        shifted.iter().filter(|one| one.contains("its description is that of the commit after it")).count(),
        3,
        "{shifted:?}"
    );
    let (a_loop, commits) = with_three();
    assert!(said(&a_loop).is_empty(), "{:?}", said(&a_loop));
    a_loop.git(&["revert", "--no-edit", &commits[3]]);
    let reverted = said(&a_loop);
    assert!(reverted.iter().any(|one| one.starts_with("its change was reverted by `git revert`")), "{reverted:?}");
    a_loop.git(&["revert", "--no-edit", "HEAD"]);
    assert!(said(&a_loop).is_empty(), "it was made again: {:?}", said(&a_loop));
}
