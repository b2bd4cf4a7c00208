//! Everything that can be forged, moved or rewritten behind a person's back, and that `verify` names it.

use crate::support::doors::{Agent, Says, Way, an_edit, answer, approve, joined, take};
use crate::support::drive::Driver;
use crate::support::tty::Tty;
use crate::support::{Loop, a_night, assert_objects, assert_whole, has_faults};
use countersign::ledger::{Anchor, Anchors, read_chain};
use countersign::model::DecisionKind;

/// A night with its first two changes approved and the third vetoed.
fn decided() -> Loop {
    let night = a_night(20, 4);
    let queue = night.waiting();
    night.approve(&queue[0]).unwrap();
    night.approve(&queue[1]).unwrap();
    night.veto(&queue[2], "no").unwrap();
    assert_whole(&night);
    night
}

fn tip(a_loop: &Loop) -> String {
    a_loop.git(&["rev-parse", "countersign/approved"])
}

fn set_tip(a_loop: &Loop, commit: &str) {
    a_loop.git(&["update-ref", "refs/heads/countersign/approved", commit]);
}

fn ledger(a_loop: &Loop) -> String {
    std::fs::read_to_string(a_loop.path(".git/countersign/ledger.jsonl")).unwrap()
}

fn set_ledger(a_loop: &Loop, text: &str) {
    std::fs::write(a_loop.path(".git/countersign/ledger.jsonl"), text).unwrap();
}

/// Rewrites a ledger so that its chain is whole again, and its anchor too: all that an agent under the
/// person's own user id can do.
fn rechained(a_loop: &Loop, edit: impl Fn(usize, &mut serde_json::Value)) {
    let mut prev = countersign::ledger::GENESIS.to_owned();
    let mut out = String::new();
    for (at, line) in ledger(a_loop).lines().enumerate() {
        let mut record: countersign::ledger::Record = serde_json::from_str(line).unwrap();
        let mut body = serde_json::to_value(&record).unwrap();
        edit(at + 1, &mut body);
        record = serde_json::from_value(body).unwrap();
        record.prev.clone_from(&prev);
        let line = serde_json::to_string(&record).unwrap();
        prev = countersign::ledger::line_hash(line.as_bytes());
        out.push_str(&line);
        out.push('\n');
    }
    set_ledger(a_loop, &out);
    forge_anchor(a_loop);
}

/// Makes an anchor for the ledger as it is.
fn forge_anchor(a_loop: &Loop) {
    let path = a_loop.path(".git/countersign/ledger.jsonl");
    let chain = read_chain(&path).unwrap();
    std::fs::remove_dir_all(a_loop.state().join("anchors")).unwrap();
    let anchor = Anchor {
        id: chain.identity().unwrap().to_owned(),
        seq: chain.seq(),
        hash: chain.tip().to_owned(),
        ..Anchor::of_new(&path)
    };
    Anchors::below(&a_loop.state()).write(&anchor).unwrap();
}

#[test]
fn a_ledger_that_was_rewritten_cut_or_copied_is_named() {
    let night = decided();
    let whole = ledger(&night);
    let lines: Vec<&str> = whole.lines().collect();
    let join = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let last = lines.len();
    for (bad, words) in [
        (join(&lines[1..]), "line 1: its number is 2, expected 1"),
        (join(&lines[..last - 1]), "the end of the ledger was cut off"),
        (String::new(), "the end of the ledger was cut off"),
        (whole.replace("\"reason\":\"no\"", "\"reason\":\"ok\""), "was rewritten"),
        ([&lines[..2], &lines[3..]].concat().iter().map(|line| format!("{line}\n")).collect(), "line 3"),
        (format!("{whole}{}\n", lines[1]), "its number is 2, expected"),
        (format!("{whole}{{\"v\":1"), "last line is torn"),
        (format!("{whole}not a record\n"), "not a record"),
        (whole.replacen("\"v\":1", "\"v\":2", 1), "unknown version 2"),
    ] {
        set_ledger(&night, &bad);
        assert_objects(&night, words);
        if !words.contains("torn") {
            assert!(night.snapshot().approved.trouble.is_some(), "{words}: decisions stop");
        }
    }
    set_ledger(&night, &whole);
    assert_whole(&night);
    // A chain and an anchor that were made whole again: the commits name what was there before.
    rechained(&night, |seq, body| {
        if seq == 3 {
            body["reason"] = "somebody else's words".into();
        }
    });
    assert_objects(&night, "its Ledger trailer does not name the intent it was made for");
}

#[test]
fn records_that_contradict_each_other_are_named() {
    // Numbers in a forged record that point nowhere must not bring the reader down.
    for (field, value, words) in [
        ("intent", serde_json::json!(0), "which is not an intent"),
        ("intent", serde_json::json!(99_999), "which is not an intent"),
        ("intent", serde_json::json!(4), "which is not an intent"),
        ("experiment", serde_json::json!("another"), "its experiment differs from that of its intent"),
    ] {
        let night = decided();
        rechained(&night, |seq, body| {
            if seq == 6 {
                body[field] = value.clone();
            }
        });
        assert_objects(&night, words);
        let mut tty = Tty::open(&night, 100, 30, &[]);
        tty.wait("the loop", |screen| screen.contains("1 Inbox"));
        tty.keys("q");
        assert_eq!(tty.exit_code(), 0);
    }
    // The same decision twice.
    let night = decided();
    let whole = ledger(&night);
    let veto: countersign::ledger::Record = serde_json::from_str(whole.lines().last().unwrap()).unwrap();
    let again = countersign::ledger::Record {
        seq: veto.seq + 1,
        prev: countersign::ledger::line_hash(whole.lines().last().unwrap().as_bytes()),
        ..veto
    };
    set_ledger(&night, &format!("{whole}{}\n", serde_json::to_string(&again).unwrap()));
    assert_objects(&night, "record 8 was appended by somebody else");
    forge_anchor(&night);
    assert_objects(&night, "decides again what record 7 decided");
}

#[test]
fn commits_that_no_decision_made_are_named() {
    let night = decided();
    let good = tip(&night);
    let message = night.git(&["log", "-1", "--format=%B"]);
    let approved = night.git(&["log", "-1", "--format=%B", &good]);
    let tree = night.git(&["rev-parse", &format!("{good}^{{tree}}")]);
    let parent = night.git(&["rev-parse", &format!("{good}^")]);
    let other_tree = night.git(&["rev-parse", "master^{tree}"]);
    let commit = |tree: &str, parents: &[&str], message: &str| {
        let mut args = vec!["commit-tree", tree, "-m", message];
        for parent in parents {
            args.extend(["-p", parent]);
        }
        night.git(&args)
    };
    let on_top = commit(&tree, &[&good], &message);
    for (bad, words) in [
        // A commit on top, with trailers copied from a real one.
        (
            commit(&tree, &[&good], &approved),
            "its Ledger trailer names record 5, which made a different commit or none",
        ),
        (commit(&other_tree, &[&good], "innocent"), "no decision in the ledger made it"),
        // The last one again, with another author, another tree, another parent.
        (commit(&tree, &[&parent], &approved), "no decision in the ledger made it"),
        (commit(&other_tree, &[&parent], &approved), "no decision in the ledger made it"),
        (commit(&tree, &[&parent, "master"], &approved), "no decision in the ledger made it"),
        // The branch thrown back, or somewhere else.
        (parent.clone(), "the last decision left it at"),
        ("autoresearch/mar8".to_owned(), "the last decision left it at"),
        (on_top, "no decision in the ledger made it"),
    ] {
        set_tip(&night, &bad);
        assert_objects(&night, words);
        let trouble = night.snapshot().approved.trouble.clone().unwrap();
        assert!(trouble.contains("somebody moved"), "{trouble}");
        assert!(night.approve(&night.waiting()[0]).is_err());
        set_tip(&night, &good);
        assert_whole(&night);
    }
    night.git(&["update-ref", "-d", "refs/heads/countersign/approved"]);
    assert_objects(&night, "is gone, but the ledger has decisions on it");
    set_tip(&night, &good);
    // What git shows in the place of what is there.
    night.git(&["replace", &good, &commit(&other_tree, &[&parent], "shown instead")]);
    assert_objects(&night, "makes git show a different object in place of");
    night.git(&["replace", "-d", &good]);
    night.write(".git/info/grafts", format!("{good}\n"));
    assert_objects(&night, "info/grafts makes git show parents that the commits do not have");
}

#[test]
fn a_branch_that_nobody_decided_on_is_named() {
    let night = a_night(12, 19);
    night.git(&["branch", "countersign/approved", "master"]);
    assert_objects(&night, "exists, but no decision in the ledger made it");
    assert!(night.approve(&night.waiting()[0]).is_err());
}

#[test]
fn a_foreign_tip_is_adopted_or_restored_in_the_screen() {
    let night = decided();
    let good = tip(&night);
    // An honest merge by somebody on another branch: first parent is theirs.
    night.git(&["branch", "release", "master"]);
    let tree = night.git(&["rev-parse", &format!("{good}^{{tree}}")]);
    let merge = night.git(&["commit-tree", &tree, "-p", "master", "-p", &good, "-m", "merge for the release"]);
    let top = {
        night.git(&["update-ref", "refs/heads/scratch", &merge]);
        let blob = night.folder().join("notes");
        std::fs::write(&blob, "notes\n").unwrap();
        let blob = night.git(&["hash-object", "-w", blob.to_str().unwrap()]);
        let listing = night.git(&["ls-tree", &merge]);
        let file = night.folder().join("tree");
        std::fs::write(&file, format!("{listing}\n100644 blob {blob}\tNOTES\n")).unwrap();
        let made = std::process::Command::new("git")
            .current_dir(night.dir())
            .arg("mktree")
            .stdin(std::fs::File::open(&file).unwrap())
            .output()
            .unwrap();
        let tree = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        night.git(&["commit-tree", &tree, "-p", &merge, "-m", "notes"])
    };
    set_tip(&night, &top);
    let mut driver = Driver::new(&night, 80, 24);
    driver.keys("a");
    assert!(
        driver.screen().contains("countersign/approved has diverged: somebody moved it from"),
        "{}",
        driver.screen()
    );
    driver.keys("B");
    let screen = driver.screen();
    for words in
        ["countersign/approved has diverged", "notes", "merge for the release", "NOTES +1 -0", "Enter restores"]
    {
        assert!(screen.contains(words), "{words}:\n{screen}");
    }
    insta::assert_snapshot!("foreign_80x24", without_ids(&screen));
    // Restored: the branch is back, what was found is pinned, and the ledger tells.
    driver.keys("not yet<enter>");
    assert!(driver.screen().contains("restored, record 9"), "{}", driver.screen());
    assert_eq!(tip(&night), good);
    assert!(night.git(&["for-each-ref", "refs/countersign/foreign"]).contains(&top));
    assert_whole(&night);
    assert!(ledger(&night).contains("\"kind\":\"restored\"") && ledger(&night).contains("not yet"));
    // Adopted: the branch stays, decisions go on from there, and every commit is told of.
    set_tip(&night, &top);
    let mut driver = Driver::new(&night, 80, 24);
    driver.keys("B<tab>");
    assert!(driver.screen().contains("Enter adopts"), "{}", driver.screen());
    driver.keys("honest<enter>");
    assert!(driver.screen().contains("adopted, record 10"), "{}", driver.screen());
    assert_eq!(tip(&night), top);
    assert!(night.snapshot().approved.trouble.is_none());
    let (code, text) = night.verify(&[]);
    assert!(code == Some(0) && text.contains("4 approved commits, 2 of them adopted"), "{text}");
    let log = night.command(&["log"]).output().unwrap();
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    assert!(log.contains("adopted") && !log.contains("nobody"), "{log}");
    // The next decision stands on it.
    let next = night.waiting().into_iter().find(|id| night.approve(id).is_ok()).unwrap();
    assert!(!night.waiting().contains(&next));
    assert_eq!(night.git(&["rev-parse", "countersign/approved^"]), top);
    let (code, text) = night.verify(&[]);
    assert!(code == Some(0) && text.contains("5 approved commits, 2 of them adopted"), "{text}");
}

#[test]
fn a_restoration_that_was_interrupted_is_ended() {
    if !has_faults() {
        return;
    }
    let steps = ["record-half", "record-written", "record-synced", "branch-moved", "branch-synced", "record-half:2"];
    for step in steps {
        let night = decided();
        let good = tip(&night);
        let dir = night.dir().to_string_lossy().into_owned();
        let bad = night.git(&["rev-parse", "countersign/approved^"]);
        set_tip(&night, &bad);
        let fault = format!("kill:{step}");
        let mut tty = Tty::run(&night, 120, 40, &[("COUNTERSIGN_FAULT", &fault)], &["restore", "-C", &dir]);
        tty.sees("type `restore` to continue");
        tty.keys("restore\r");
        assert_ne!(tty.exit_code(), 0, "{step}");
        night.decider().recover().unwrap();
        if tip(&night) != good {
            // Nothing was recorded: it is still to be restored.
            assert_eq!(step, "record-half");
            assert_objects(&night, "the last decision left it at");
            continue;
        }
        assert_whole(&night);
        // The same foreign tip again is a new case, not an old restoration to be finished.
        set_tip(&night, &bad);
        night.decider().recover().unwrap();
        assert_eq!(tip(&night), bad, "{step}");
    }
}

#[test]
fn what_leaves_out_an_approved_commit_is_only_restored() {
    let night = decided();
    let good = tip(&night);
    for bad in ["countersign/approved^".to_owned(), String::new()] {
        if bad.is_empty() {
            night.git(&["update-ref", "-d", "refs/heads/countersign/approved"]);
        } else {
            set_tip(&night, &night.git(&["rev-parse", &bad]));
        }
        let mut driver = Driver::new(&night, 100, 30);
        driver.keys("B<tab>");
        assert!(driver.screen().contains("it can only be restored"), "{}", driver.screen());
        driver.keys("<enter>");
        assert_eq!(tip(&night), good);
        assert_whole(&night);
    }
}

#[test]
fn adopting_wants_critical_words_and_the_command_line_does_both() {
    let night = decided();
    let good = tip(&night);
    let dir = night.dir().to_string_lossy().into_owned();
    night.git(&["checkout", "-q", "countersign/approved"]);
    night.write("prepare.py", "EVAL = 1\n");
    let diverged = night.commit("quicker \u{1b}[31m evaluation");
    night.git(&["checkout", "-q", "autoresearch/mar8"]);
    let mut tty = Tty::run(&night, 120, 40, &[], &["adopt", "-C", &dir, "-r", "fine"]);
    tty.wait("the word", |screen| screen.contains("type `protected` to continue"));
    assert!(tty.screen().contains("quicker ␛[31m evaluation") && tty.screen().contains("prepare.py"));
    tty.keys("no\r");
    assert_eq!(tty.exit_code(), 5);
    let mut tty = Tty::run(&night, 120, 40, &[], &["restore", "-C", &dir]);
    tty.sees("type `restore` to continue");
    tty.keys("restore\r");
    assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
    assert_eq!(tip(&night), good, "{}", tty.screen());
    set_tip(&night, &diverged);
    let mut tty = Tty::run(&night, 120, 40, &[], &["adopt", "-C", &dir, "-r", "fine"]);
    // Words that were typed before their question stood there answer nothing.
    tty.sees("type `protected` to continue");
    tty.keys("protected\r");
    tty.sees("type `adopt` to continue");
    tty.keys("adopt\r");
    assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
    assert_eq!(tip(&night), diverged);
    assert!(ledger(&night).contains("\"acknowledged\":[\"protected\"]"));
    assert_whole(&night);
    let mut tty = Tty::run(&night, 120, 40, &[], &["restore", "-C", &dir]);
    assert_eq!(tty.exit_code(), 0);
    assert!(tty.screen().contains("nothing to do"));
    // Not without a person, and not while the loop itself stands on the branch.
    let out = night.command(&["adopt"]).output().unwrap();
    assert!(!out.status.success());
    night.git(&["checkout", "-q", "countersign/approved"]);
    night.commit("on it");
    let mut tty = Tty::run(&night, 120, 40, &[], &["restore", "-C", &dir]);
    tty.sees("type `restore` to continue");
    tty.keys("restore\r");
    assert_eq!(tty.exit_code(), 5, "{}", tty.screen());
    assert!(tty.screen().contains("has countersign/approved checked out"), "{}", tty.screen());
}

/// Ids differ from run to run only where trees are made by a path of this run.
fn without_ids(screen: &str) -> String {
    let is_id = |word: &str| word.len() == 7 && word.chars().all(|c| c.is_ascii_hexdigit());
    let clean = |line: &str| {
        line.split(' ')
            .map(|word| if is_id(word.trim_end_matches(';')) { "·······" } else { word })
            .collect::<Vec<_>>()
            .join(" ")
    };
    screen.lines().map(clean).collect::<Vec<_>>().join("\n")
}

#[test]
fn forged_answers_of_the_policy_and_to_other_proposals_are_named() {
    let asked = || {
        let a_loop = joined();
        let mut agent = Agent::new(&a_loop, Way::Folder);
        let (one, two) = (an_edit(&a_loop, "LR = 1", "LR = 2"), an_edit(&a_loop, "WD = 2", "WD = 3"));
        let (first, second) = (agent.propose(&Says::keep(&one, "one")), agent.propose(&Says::keep(&two, "two")));
        take(&a_loop);
        approve(&a_loop, &first).unwrap();
        answer(&a_loop, &second, DecisionKind::ChangesRequested, "more", Vec::new()).unwrap();
        assert_whole(&a_loop);
        a_loop
    };
    for (field, value, words) in [
        ("/by_policy", serde_json::json!(true), "the policy made a commit"),
        ("/proposal/gate", serde_json::json!("run"), "an answer at the run gate made a commit"),
        ("/proposal/id", serde_json::json!("another"), "its proposal differs from that of its intent"),
    ] {
        let a_loop = asked();
        rechained(&a_loop, |seq, body| {
            if seq == 6 {
                match field.rsplit_once('/') {
                    Some(("", name)) => body[name] = value.clone(),
                    _ => *body.pointer_mut(field).unwrap() = value.clone(),
                }
            }
        });
        assert_objects(&a_loop, words);
    }
    let a_loop = asked();
    let first = serde_json::from_str::<serde_json::Value>(ledger(&a_loop).lines().nth(5).unwrap()).unwrap();
    rechained(&a_loop, |seq, body| {
        if seq == 7 {
            body["proposal"] = first["proposal"].clone();
        }
    });
    assert_objects(&a_loop, "record 7 answers the proposal that record 6 answered");
}

#[test]
fn no_name_that_the_agent_chooses_hides_a_branch_that_was_moved() {
    for how in ["branch", "results", "detached"] {
        let night = a_night(16, 13);
        let queue = night.waiting();
        night.approve(&queue[0]).unwrap();
        assert_whole(&night);
        let evil = night.git(&["commit-tree", "master^{tree}", "-p", "countersign/approved", "-m", "evil"]);
        night.git(&["update-ref", "refs/heads/countersign/approved", &evil]);
        match how {
            "branch" => drop(night.git(&["checkout", "-q", "-b", "autoresearch/other"])),
            "results" => std::fs::rename(night.path("results.tsv"), night.path("experiments.tsv")).unwrap(),
            _ => {
                night.git(&["checkout", "-q", "--detach"]);
                std::fs::remove_file(night.path(".git/logs/HEAD")).unwrap();
            }
        }
        assert_objects(&night, "countersign/approved is at");
        let trouble = night.snapshot().approved.trouble.clone().unwrap_or_default();
        assert!(trouble.contains("countersign/approved has diverged"), "{how}: {trouble}");
        for id in night.waiting().iter().take(2) {
            let error = night.approve(id).unwrap_err();
            assert!(error.contains("moved") || error.contains("no decision left it"), "{how}: {error}");
        }
    }
    // A branch that is gone can be put back as it is said.
    let night = a_night(16, 13);
    night.approve(&night.waiting()[0]).unwrap();
    let tip = night.git(&["rev-parse", "countersign/approved"]);
    night.git(&["branch", "-q", "-D", "countersign/approved"]);
    night.git(&["checkout", "-q", "-b", "autoresearch/other"]);
    let said =
        night.snapshot().warnings.iter().find(|one| one.message.contains("is gone")).map(|one| one.message.clone());
    assert!(said.unwrap().contains(&format!("git branch countersign/approved {tip}")));
    assert_objects(&night, "countersign/approved is gone");
    night.git(&["branch", "countersign/approved", &tip]);
    assert_whole(&night);
}

#[test]
fn what_git_shows_by_the_short_name_of_a_branch_is_named() {
    let night = a_night(16, 13);
    night.approve(&night.waiting()[0]).unwrap();
    assert_whole(&night);
    let evil = night.git(&["commit-tree", "master^{tree}", "-m", "evil"]);
    for name in ["countersign/approved", "refs/countersign/approved", "refs/tags/countersign/approved"] {
        let path = format!(".git/{name}");
        night.write(&path, format!("{evil}\n"));
        assert_eq!(night.git(&["rev-parse", "countersign/approved"]), evil, "{name}");
        assert_objects(&night, &format!("git may show {name} in place of countersign/approved"));
        std::fs::remove_file(night.path(&path)).unwrap();
    }
    assert_whole(&night);
}

#[test]
fn a_branch_that_git_may_read_in_another_way_is_named() {
    for how in ["symbolic", "tag", "link", "linked folder", "twice", "out of order"] {
        let night = a_night(16, 13);
        night.approve(&night.waiting()[0]).unwrap();
        let tip = night.git(&["rev-parse", "countersign/approved"]);
        let evil = night.git(&["commit-tree", "master^{tree}", "-p", &tip, "-m", "evil"]);
        let own = night.path(".git/refs/heads/countersign/approved");
        night.git(&["update-ref", "refs/heads/agents", &tip]);
        let packed = |lines: &str| {
            night.git(&["pack-refs", "--all"]);
            night.write(".git/packed-refs", lines);
        };
        let line = |id: &str, name: &str| format!("{id} refs/heads/{name}\n");
        let others = line(&tip, "autoresearch/mar8");
        let words = match how {
            "symbolic" => {
                night.git(&["symbolic-ref", "refs/heads/countersign/approved", "refs/heads/agents"]);
                "is a symbolic reference"
            }
            "tag" => {
                night.git(&["tag", "-a", "-m", "x", "tagged", &tip]);
                let tag = night.git(&["rev-parse", "refs/tags/tagged"]);
                std::fs::write(&own, format!("{tag}\n")).unwrap();
                "does not name a commit"
            }
            "link" => {
                std::fs::remove_file(&own).unwrap();
                std::os::unix::fs::symlink("refs/heads/agents", &own).unwrap();
                "is read through a symlink"
            }
            "linked folder" => {
                let folder = own.parent().unwrap().to_owned();
                let elsewhere = night.folder().join("elsewhere");
                std::fs::rename(&folder, &elsewhere).unwrap();
                std::os::unix::fs::symlink(&elsewhere, &folder).unwrap();
                "is read through a symlink"
            }
            "twice" => {
                packed(&[others, line(&evil, "countersign/approved"), line(&tip, "countersign/approved")].concat());
                "occurs twice in packed-refs"
            }
            _ => {
                let head = "# pack-refs with: peeled fully-peeled sorted \n".to_owned();
                packed(&[head, line(&tip, "countersign/approved"), others].concat());
                "out of order"
            }
        };
        let (code, text) = night.verify(&[]);
        let is_named = text.contains(words) || how == "tag" && text.contains("the last decision left it at");
        assert!(code == Some(4) && is_named, "{how}: {text}");
        assert_eq!(night.second_opinion(&[]).0, Some(4), "{how}");
        assert!(night.snapshot().approved.trouble.is_some(), "{how}");
        assert!(night.approve(&night.waiting()[0]).is_err(), "{how}");
    }
}

#[test]
fn a_symbolic_reference_is_no_approved_branch() {
    let night = decided();
    let good = tip(&night);
    let dir = night.dir().to_string_lossy().into_owned();
    night.git(&["branch", "-q", "real", &good]);
    for target in ["refs/heads/real", "refs/heads/nowhere"] {
        night.git(&["symbolic-ref", "refs/heads/countersign/approved", target]);
        assert_objects(&night, "countersign/approved is a symbolic reference");
        let trouble = night.snapshot().approved.trouble.clone().unwrap();
        let first = night.waiting()[0].clone();
        for error in [night.approve(&first).unwrap_err(), night.decider().diverged().unwrap_err().to_string()] {
            assert!(error.contains("is a symbolic reference"), "{target}: {error}");
        }
        let screen = Driver::new(&night, 200, 30).keys("B").screen();
        assert!(screen.contains("countersign/approved is a symbolic reference"), "{screen}");
        let status = night.command(&["status"]).output().unwrap();
        assert!(String::from_utf8_lossy(&status.stdout).contains(&trouble), "{status:?}");
        assert_eq!(night.git(&["rev-parse", "real"]), good, "nothing is decided on it");
        // The remedy, as it stands there.
        let remedy = trouble.split(['(', ')']).nth(1).unwrap();
        assert!(std::process::Command::new("sh").args(["-c", remedy]).status().unwrap().success(), "{remedy}");
        let mut tty = Tty::run(&night, 120, 40, &[], &["restore", "-C", &dir]);
        tty.answer("type `restore` to continue", "restore\r");
        assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
        assert_eq!(tip(&night), good);
        assert_whole(&night);
    }
    night.approve(&night.waiting()[0]).unwrap();
}

#[test]
fn what_was_lost_is_named_and_comes_back_from_another_clone() {
    let night = decided();
    let (good, dir) = (tip(&night), night.dir().to_string_lossy().into_owned());
    let backup = night.folder().join("backup.git").to_string_lossy().into_owned();
    night.git(&["clone", "-q", "--mirror", &dir, &backup]);
    for (what, left_at) in [
        ("countersign/approved", good.as_str()),
        ("countersign/approved", "master"),
        ("countersign/approved~1", good.as_str()),
        ("countersign/approved^{tree}", good.as_str()),
        ("countersign/approved:train.py", good.as_str()),
    ] {
        let lost = night.git(&["rev-parse", what]);
        let (folder, file) = lost.split_at(2);
        set_tip(&night, left_at);
        std::fs::remove_file(night.path(&format!(".git/objects/{folder}/{file}"))).unwrap();
        let named = format!("object {lost} is missing");
        let trouble = night.snapshot().approved.trouble.clone().unwrap();
        assert!(trouble.contains(&named), "{what}: {trouble}");
        let status = night.command(&["status"]).output().unwrap();
        assert!(String::from_utf8_lossy(&status.stdout).contains(&trouble), "{what}: {status:?}");
        let screen = Driver::new(&night, 250, 30).keys("a").screen();
        assert!(screen.contains(&named), "{what}: {screen}");
        let id = night.waiting().first().map_or_else(|| "HEAD".to_owned(), ToString::to_string);
        for args in [["decide", &id, "approve", "-C", &dir].as_slice(), &["restore", "-C", &dir]] {
            let mut tty = Tty::run(&night, 250, 30, &[], args);
            tty.exit_code();
            // A branch that is where it should be needs no restoring, whatever it lost.
            let is_in_place = args[0] == "restore" && tty.screen().contains("nothing to do");
            assert!(tty.screen().contains(&named) || is_in_place, "{what}, {}: {}", args[0], tty.screen());
        }
        assert_ne!(night.verify(&[]).0, Some(0), "{what}");
        // The remedy, with names in it.
        let remedy = trouble.split(['(', ')']).nth(1).unwrap();
        let remedy = remedy.replace("CLONE", &backup).replace("BRANCH", "countersign/approved");
        let args: Vec<&str> = remedy.split(' ').skip(1).collect();
        night.git(&args);
        set_tip(&night, &good);
        assert_whole(&night);
    }
    night.approve(&night.waiting()[0]).unwrap();
}

#[test]
fn a_repository_that_git_passes_over_is_not_believed() {
    let night = a_night(16, 13);
    night.approve(&night.waiting()[0]).unwrap();
    assert_whole(&night);
    let head = night.path(".git/HEAD");
    let good = std::fs::read(&head).unwrap();
    let refused = |what: &str| {
        let (code, text) = night.verify(&[]);
        assert_ne!(code, Some(0), "{what}: {text}");
        assert_ne!(night.second_opinion(&[]).0, Some(0), "{what}");
        assert!(night.desk_opens().is_err(), "{what}");
    };
    for odd in ["hello", "", "ref: heads/x", "ref: autoresearch/mar8", " ref: refs/heads/x", &"a".repeat(39)] {
        std::fs::write(&head, odd).unwrap();
        refused(odd);
    }
    std::fs::remove_file(&head).unwrap();
    night.write(".git/HEAD2", &good);
    std::os::unix::fs::symlink("HEAD2", &head).unwrap();
    refused("a link");
    std::fs::remove_file(&head).unwrap();
    refused("no HEAD");
    std::fs::write(&head, &good).unwrap();
    std::fs::create_dir(night.path(".git/reftable")).unwrap();
    refused("reftable");
    std::fs::remove_dir(night.path(".git/reftable")).unwrap();
    std::fs::write(night.path(".git/commondir"), ". ").unwrap();
    refused("a blank in commondir");
    std::fs::remove_file(night.path(".git/commondir")).unwrap();
    // Git reads lines of packed references with any blank between.
    let evil = night.git(&["commit-tree", "master^{tree}", "-m", "evil"]);
    night.write(".git/packed-refs", format!("{evil}\trefs/tags/countersign/approved\n"));
    let (code, text) = night.verify(&[]);
    assert_eq!(code, Some(4), "{text}");
    assert_ne!(night.second_opinion(&[]).0, Some(0));
    // And shows what stands after a branch as if that were a tag.
    let tip = night.git(&["rev-parse", "refs/heads/countersign/approved"]);
    night.write(".git/packed-refs", format!("{tip} refs/heads/countersign/approved\n^{evil}\n"));
    assert_eq!(night.verify(&[]).0, Some(4));
    std::fs::remove_file(night.path(".git/packed-refs")).unwrap();
    assert_whole(&night);
}
