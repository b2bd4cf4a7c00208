//! Lineages of every shape that loops leave behind, as real repositories.
#![allow(clippy::float_cmp)]

use crate::support::{self, Loop, candidate};
use countersign::model::{CommitState, Experiment, NoChange, Snapshot};
use countersign::watch::now_ms;

fn find<'a>(snapshot: &'a Snapshot, description: &str) -> &'a Experiment {
    snapshot.experiments.iter().find(|e| e.row.description.raw() == description).unwrap()
}

fn base_of(snapshot: &Snapshot, description: &str) -> String {
    find(snapshot, description).change.as_ref().unwrap().base.to_string()
}

fn waiting(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.waiting.iter().map(|index| snapshot.experiments[*index].row.description.raw()).collect()
}

/// A loop with a baseline row that names the first commit.
fn started() -> (Loop, String) {
    let a_loop = Loop::new(&[("train.py", "A = 1\nB = 1\nC = 1\nD = 1\n")]);
    let base = a_loop.head();
    a_loop.row(&base[..7], 1.0, "keep", "baseline");
    (a_loop, base)
}

fn edit(a_loop: &Loop, text: &str) -> String {
    let train = std::fs::read_to_string(a_loop.path("train.py")).unwrap();
    a_loop.write("train.py", format!("{train}{text}\n"));
    a_loop.commit(text)
}

#[test]
fn fix_and_rerun_commits_belong_to_the_change() {
    let (a_loop, base) = started();
    let broken = edit(&a_loop, "broken");
    let fixed = edit(&a_loop, "fixed");
    a_loop.row(&fixed[..7], 0.9, "keep", "fixed");
    let snapshot = a_loop.snapshot();
    let change = find(&snapshot, "fixed").change.clone().unwrap();
    assert_eq!(change.base.to_string(), base);
    assert_eq!(change.also_contains.iter().map(ToString::to_string).collect::<Vec<_>>(), [broken]);
    let shown = a_loop.json(&["show", &fixed, "--json"]);
    assert_eq!(shown["also_contains"].as_array().unwrap().len(), 1);
    assert_eq!(shown["files"][0]["added"], 2);
}

#[test]
fn a_discard_that_was_never_reset_belongs_to_the_next_change() {
    let (a_loop, base) = started();
    let bad = edit(&a_loop, "bad");
    a_loop.row(&bad[..7], 1.1, "discard", "bad");
    let good = edit(&a_loop, "good");
    a_loop.row(&good[..7], 0.9, "keep", "good");
    let snapshot = a_loop.snapshot();
    assert_eq!(base_of(&snapshot, "good"), base);
    assert_eq!(base_of(&snapshot, "bad"), base);
    assert_eq!(waiting(&snapshot), ["good"]);
    assert_eq!(snapshot.counts.with_change, 2);
}

#[test]
fn the_baseline_may_have_no_hash() {
    let a_loop = Loop::new(&[("train.py", "A\n")]);
    let fork = a_loop.head();
    a_loop.row("baseline", 0.9979, "keep", "karpathy's own");
    let first = edit(&a_loop, "one");
    a_loop.row(&first[..7], 0.9, "keep", "one");
    let snapshot = a_loop.snapshot();
    let baseline = &snapshot.experiments[snapshot.baseline.unwrap()];
    assert!(baseline.id.as_str().starts_with("row-2-"));
    assert_eq!(snapshot.start.unwrap().to_string(), fork);
    assert_eq!(waiting(&snapshot), ["one"]);
    let status = a_loop.json(&["status", "--json"]);
    assert_eq!(status["baseline"]["label"], "baseline");
    assert_eq!(status["experiments"]["with_change"], 1);
    assert_eq!(status["run"], "mar8");
}

#[test]
fn a_keep_left_behind_is_last_and_can_be_approved() {
    let (a_loop, base) = started();
    let lost = edit(&a_loop, "lost");
    a_loop.row(&lost[..7], 0.9, "keep", "lost");
    a_loop.git(&["reset", "-q", "--hard", &base]);
    let kept = edit(&a_loop, "kept");
    a_loop.row(&kept[..7], 0.8, "keep", "kept");
    let snapshot = a_loop.snapshot();
    assert_eq!(waiting(&snapshot), ["kept", "lost"]);
    assert!(find(&snapshot, "lost").left_behind);
    let judged = a_loop.judge(&find(&snapshot, "lost").id).unwrap();
    assert!(candidate(&judged).is_ok());
}

#[test]
fn rejects_are_recovered_from_the_reflog_and_pinned() {
    let (a_loop, _) = started();
    let rejected = edit(&a_loop, "rejected");
    a_loop.row(&rejected[..7], 1.1, "discard", "rejected");
    a_loop.reset();
    let silent = edit(&a_loop, "no row ever");
    a_loop.reset();
    let snapshot = a_loop.snapshot();
    assert!(matches!(find(&snapshot, "rejected").commit, CommitState::Found(_)));
    assert_eq!(snapshot.without_row.iter().map(ToString::to_string).collect::<Vec<_>>(), std::slice::from_ref(&silent));
    // Now the loop's reflog expires and garbage is collected: the pins hold both.
    a_loop.git(&["reflog", "expire", "--expire=now", "--all"]);
    a_loop.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(a_loop.git(&["cat-file", "-t", &rejected]), "commit");
    assert_eq!(a_loop.git(&["cat-file", "-t", &silent]), "commit");
    assert!(matches!(find(&a_loop.snapshot(), "rejected").commit, CommitState::Found(_)));
}

#[test]
fn reading_commands_write_nothing() {
    let (a_loop, _) = started();
    let rejected = edit(&a_loop, "rejected");
    a_loop.row(&rejected[..7], 1.1, "keep", "rejected");
    let listing = |a_loop: &Loop| {
        let out =
            std::process::Command::new("find").arg(a_loop.folder()).args(["-printf", "%p %s %T@\n"]).output().unwrap();
        let mut lines: Vec<_> = String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    a_loop.environment();
    a_loop.write("run.log", "step 1 | loss: 2.5\n");
    assert_eq!(a_loop.git(&["for-each-ref", "refs/countersign"]), "");
    a_loop.json(&["status", "--json"]);
    assert_eq!(a_loop.git(&["for-each-ref", "refs/countersign"]), "", "status pins nothing");
    // From here on there are pins and an archive to be read.
    a_loop.watched();
    let before = listing(&a_loop);
    for args in [
        &["status", "--json"][..],
        &["log", "--json"],
        &["show", &rejected[..7], "--json"],
        &["verify"],
        &["doctor"],
        &["series", "nothing"],
    ] {
        a_loop.command(args).output().unwrap();
        assert_eq!(before, listing(&a_loop), "{args:?}");
    }
    assert_eq!(before, listing(&a_loop));
}

#[test]
fn a_commit_that_is_nowhere_is_counted_apart() {
    let (a_loop, _) = started();
    a_loop.row("deadbee", 0.9, "keep", "gone");
    a_loop.row("deadbef", 0.9, "discard", "gone too");
    a_loop.row("-", 0.8, "keep", "no cell");
    let status = a_loop.json(&["status", "--json"]);
    assert_eq!(status["decisions"]["commit_gone"], 1);
    assert_eq!(status["decisions"]["pending"], 0);
    assert_eq!(status["experiments"]["total"], 4);
    let shown = a_loop.json(&["show", "deadbee", "--json"]);
    assert_eq!((shown["head"].clone(), shown["tree"].clone()), (serde_json::Value::Null, serde_json::Value::Null));
}

#[test]
fn duplicate_cells_belong_to_the_kept_row() {
    let (a_loop, base) = started();
    let head = edit(&a_loop, "x");
    a_loop.row(&head[..7], 0.95, "discard", "first measure");
    a_loop.row(&head[..7], 0.94, "keep", "second measure");
    a_loop.row(&base[..7], 1.1, "discard", "named after its base");
    let snapshot = a_loop.snapshot();
    assert_eq!(find(&snapshot, "second measure").id.as_str(), head);
    assert_eq!(find(&snapshot, "first measure").commit, CommitState::Ambiguous);
    assert!(find(&snapshot, "named after its base").change.is_none());
    let ids: std::collections::HashSet<_> = snapshot.experiments.iter().map(|e| &e.id).collect();
    assert_eq!(ids.len(), snapshot.experiments.len(), "no two experiments share an identity");
    // The commit means the row that owns it; the other is one more result of the same change.
    let shown = a_loop.json(&["show", &head[..7], "--json"]);
    assert_eq!((shown["id"].as_str(), shown["value"].as_f64()), (Some(&*head), Some(0.94)));
    assert_eq!(shown["also_measured"][0]["value"], 0.95);
    let other = &find(&snapshot, "first measure").id;
    assert_eq!(a_loop.json(&["show", other.as_str(), "--json"])["no_change"], "shared");
}

#[test]
fn truncation_begins_a_new_session_and_replacing_does_not() {
    let (a_loop, _) = started();
    let first = edit(&a_loop, "one");
    a_loop.row(&first[..7], 0.9, "keep", "one");
    let mut watched = a_loop.watched();
    // An editor replaces the file by the same content and a row more.
    let text = std::fs::read_to_string(a_loop.path("results.tsv")).unwrap();
    a_loop.write("next", format!("{text}{}\t0.95\t1.0\tdiscard\ttwo\n", "-"));
    std::fs::rename(a_loop.path("next"), a_loop.path("results.tsv")).unwrap();
    assert!(watched.poll(now_ms()));
    let snapshot = watched.snapshot();
    assert_eq!(snapshot.experiments.len(), 3);
    assert!(snapshot.experiments.iter().all(|e| e.session == 0));
    // The loop starts over in the same file.
    std::fs::remove_file(a_loop.path("results.tsv")).unwrap();
    let base = a_loop.head();
    a_loop.row(&base[..7], 0.91, "keep", "baseline again");
    let second = edit(&a_loop, "three");
    a_loop.row(&second[..7], 0.8, "keep", "three");
    assert!(watched.poll(now_ms()));
    let snapshot = watched.snapshot();
    assert_eq!(snapshot.experiments.len(), 5);
    assert_eq!(find(&snapshot, "three").session, 1);
    assert_eq!(waiting(&snapshot), ["one", "three"]);
    assert_eq!(base_of(&snapshot, "three"), first);
}

#[test]
fn a_detached_head_or_a_rebase_is_still_the_same_loop() {
    let (a_loop, _) = started();
    let head = edit(&a_loop, "one");
    a_loop.row(&head[..7], 0.9, "keep", "one");
    let identity = a_loop.watched().identity();
    a_loop.git(&["checkout", "-q", "--detach"]);
    assert_eq!(a_loop.watched().identity(), identity);
    let on_detached = edit(&a_loop, "two");
    a_loop.row(&on_detached[..7], 0.8, "keep", "two");
    assert_eq!(waiting(&a_loop.snapshot()), ["one", "two"]);
    a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    // A rebase that stops in the middle.
    a_loop.git(&["checkout", "-q", "master"]);
    a_loop.write("train.py", "A = 2\nB = 1\nC = 1\nD = 1\n");
    a_loop.commit("upstream");
    a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    a_loop.write("train.py", "A = 3\nB = 1\nC = 1\nD = 1\none\n");
    a_loop.commit("three");
    assert!(!a_loop.try_git(&["rebase", "master"]).status.success(), "it stops at a conflict");
    assert_eq!(a_loop.watched().identity(), identity);
}

#[test]
fn two_loops_in_linked_work_trees_do_not_share_a_branch() {
    let (first, base) = started();
    let head = edit(&first, "one");
    first.row(&head[..7], 0.9, "keep", "one");
    let other_dir = first.folder().join("other");
    first.git(&["worktree", "add", "-q", "-b", "autoresearch/mar9", other_dir.to_str().unwrap(), &base]);
    std::fs::write(other_dir.join("train.py"), "A = 1\nB = 1\nC = 1\nD = 9\n").unwrap();
    for args in [&["add", "-A"][..], &["commit", "-q", "-m", "nine"]] {
        assert!(support::git_in(&other_dir, args).status.success());
    }
    let nine = String::from_utf8(support::git_in(&other_dir, &["rev-parse", "HEAD"]).stdout).unwrap();
    let nine = nine.trim();
    std::fs::write(
        other_dir.join("results.tsv"),
        format!("{}\n{}\t1.0\t1\tkeep\tbaseline\n{}\t0.5\t1\tkeep\tnine\n", support::HEADER, &base[..7], &nine[..7]),
    )
    .unwrap();
    let decision = first.approve(&countersign::model::ExperimentId::new(&head)).unwrap();
    assert!(decision.commit.is_some());
    let state = first.state();
    let open = || {
        let mut watched = countersign::watch::Watched::open_to_record(&other_dir, &state).unwrap();
        watched.poll(now_ms());
        watched
    };
    let watched = open();
    let snapshot = watched.snapshot();
    assert_eq!(snapshot.approved.branch, "countersign/mar9");
    assert!(snapshot.decisions.is_empty(), "the other loop's decisions are not this one's");
    let question = countersign::query::Request::Judge(countersign::model::ExperimentId::new(nine));
    let judged = support::ask(&watched, &question).unwrap();
    let decider = countersign::decide::Decider::open(&other_dir, &state, &watched.identity())
        .unwrap()
        .for_person(support::human());
    decider.approve(&support::approval(&judged).unwrap()).unwrap();
    assert_eq!(open().snapshot().approved.commits.len(), 1);
    assert_eq!(first.snapshot().approved.commits.len(), 1);
    assert_ne!(first.git(&["rev-parse", "countersign/approved"]), first.git(&["rev-parse", "countersign/mar9"]));
    assert!(first.command(&["verify"]).output().unwrap().status.success());
}

#[test]
fn a_loop_on_its_trunk_starts_before_its_first_commit() {
    let a_loop = Loop::new(&[("train.py", "A\n")]);
    a_loop.git(&["checkout", "-q", "master"]);
    let before = a_loop.head();
    a_loop.row("-", 1.0, "keep", "baseline");
    let first = edit(&a_loop, "one");
    a_loop.row(&first[..7], 0.9, "keep", "one");
    let snapshot = a_loop.snapshot();
    assert_eq!(base_of(&snapshot, "one"), before);
    assert_eq!(snapshot.start.unwrap().to_string(), before);
}

#[test]
fn a_change_of_nothing_but_bookkeeping_is_no_change() {
    let (a_loop, _) = started();
    a_loop.write("progress.png", [0u8, 1, 2]);
    let head = a_loop.commit("picture");
    a_loop.row(&head[..7], 0.9, "keep", "picture");
    let snapshot = a_loop.snapshot();
    assert!(find(&snapshot, "picture").change.is_none());
    assert!(snapshot.waiting.is_empty());
}

#[test]
fn without_git_everything_is_shown_and_nothing_can_be_approved() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("results.tsv"),
        format!("{}\nabc1234\t1.0\t1\tkeep\tbaseline\nabc1235\t0.9\t1\tkeep\tone\n", support::HEADER),
    )
    .unwrap();
    let mut watched = countersign::watch::Watched::open_to_record(folder.path(), &folder.path().join("state")).unwrap();
    watched.poll(now_ms());
    let snapshot = watched.snapshot();
    assert_eq!(snapshot.experiments.len(), 2);
    assert!(snapshot.approved.trouble.as_ref().unwrap().contains("not in a git work tree"));
    assert!(snapshot.waiting.is_empty());
    // Without a repository nobody knows whether the rows' commits are gone.
    assert_eq!((snapshot.experiments[1].no_change, snapshot.counts.commit_gone), (Some(NoChange::Unread), 0));
}

#[test]
fn repositories_that_cannot_be_read_get_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let made = support::git_in(dir, &["init", "-q", "--object-format=sha256"]);
    if !made.status.success() {
        eprintln!("skipped: this git cannot make sha256 repositories");
        return;
    }
    std::fs::write(dir.join("results.tsv"), format!("{}\n", support::HEADER)).unwrap();
    let error = countersign::repo::Repo::open(dir).err().unwrap().to_string();
    assert!(error.contains("SHA-256"), "{error}");
}

#[test]
fn a_repository_whose_work_tree_is_elsewhere_is_refused() {
    let (a_loop, _) = started();
    let elsewhere = a_loop.folder().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    a_loop.git(&["config", "core.worktree", elsewhere.to_str().unwrap()]);
    let trouble = a_loop.snapshot().approved.trouble.clone().unwrap();
    assert!(trouble.contains("core.worktree"), "{trouble}");
    // A folder of ours that is a link leads who knows where.
    a_loop.try_git(&["config", "--file", a_loop.path(".git/config").to_str().unwrap(), "--unset", "core.worktree"]);
    std::fs::remove_dir_all(a_loop.path(".git/countersign")).ok();
    std::os::unix::fs::symlink(&elsewhere, a_loop.path(".git/countersign")).unwrap();
    let trouble = a_loop.snapshot().approved.trouble.clone().unwrap();
    assert!(trouble.contains("symlink"), "{trouble}");
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0, "nothing was written through it");
}

#[test]
fn a_run_directory_below_the_top_of_the_repository() {
    let a_loop = Loop::new(&[("exp/train.py", "A\n"), ("README", "x\n")]);
    a_loop.write(".gitignore", "");
    let base = a_loop.commit("track everything");
    a_loop.write("exp/results.tsv", format!("{}\n{}\t1.0\t1\tkeep\tbaseline\n", support::HEADER, &base[..7]));
    a_loop.write("exp/train.py", "B\n");
    let head = a_loop.commit("b");
    a_loop.append("exp/results.tsv", &format!("{}\t0.9\t1\tkeep\tb\n", &head[..7]));
    let mut watched = countersign::watch::Watched::open_to_record(&a_loop.path("exp"), &a_loop.state()).unwrap();
    watched.poll(now_ms());
    let snapshot = watched.snapshot();
    assert_eq!(snapshot.waiting.len(), 1);
    let question = countersign::query::Request::Judge(snapshot.experiments[1].id.clone());
    let judged = support::ask(&watched, &question).unwrap();
    let shown = candidate(&judged).unwrap();
    assert_eq!(shown.files.iter().map(|f| f.path.raw()).collect::<Vec<_>>(), ["exp/train.py"]);
    assert_eq!(shown.ignored[0].raw(), "exp/results.tsv");
}

#[test]
fn a_loop_that_goes_on_from_another_loop_starts_where_its_branch_was_made() {
    let (a_loop, _) = started();
    let old = edit(&a_loop, "of the night before");
    a_loop.git(&["checkout", "-q", "-b", "autoresearch/mar9"]);
    std::fs::remove_file(a_loop.path("results.tsv")).unwrap();
    a_loop.row("baseline", 0.9, "keep", "where mar8 ended");
    let head = edit(&a_loop, "new");
    a_loop.row(&head[..7], 0.8, "keep", "new");
    let snapshot = a_loop.snapshot();
    assert_eq!(base_of(&snapshot, "new"), old);
    assert_eq!(snapshot.start.unwrap().to_string(), old);
    assert_eq!(snapshot.identity.tag(), "mar9");
}
