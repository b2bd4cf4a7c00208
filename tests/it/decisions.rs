//! Deciding on real repositories: what is approved is committed, and nothing else happens.

use crate::support::tty::Tty;
use crate::support::{Loop, a_night, approval, candidate, changed, git_in};
use countersign::ledger::{Anchor, Anchors, Mark, read_chain};
use countersign::model::{Built, DecisionKind, ExperimentId, FindingKind, MergeKind};
use countersign::query::{QueryCache, Request, Response, answer};

/// Everything a loop could notice: work tree, index, HEAD, branches but ours.
fn what_the_loop_sees(a_loop: &Loop) -> String {
    let index = std::fs::read(a_loop.path(".git/index")).unwrap();
    format!(
        "{}\n{}\n{}\n{}\n{:?}",
        a_loop.git(&["for-each-ref", "refs/heads/autoresearch", "refs/heads/master"]),
        std::fs::read_to_string(a_loop.path(".git/HEAD")).unwrap(),
        a_loop.git(&["status", "--porcelain", "--ignored"]),
        std::fs::read_to_string(a_loop.path("train.py")).unwrap(),
        index,
    )
}

#[test]
fn approving_every_keep_in_order_gives_the_loops_own_tree() {
    let night = a_night(40, 7);
    let before = what_the_loop_sees(&night);
    let queue = night.waiting();
    assert!(queue.len() >= 12, "{}", queue.len());
    for id in &queue {
        let judged = night.judge(id).unwrap();
        let shown = candidate(&judged).unwrap();
        assert!(shown.measured.is_some(), "in order every tree is the measured one");
        let tree = shown.tree;
        let decision = night.approve(id).unwrap();
        let commit = decision.commit.unwrap().to_string();
        assert_eq!(
            night.git(&["rev-parse", &format!("{commit}^{{tree}}")]),
            tree.to_string(),
            "what was shown is what is committed"
        );
    }
    assert_eq!(
        night.git(&["rev-parse", "countersign/approved^{tree}"]),
        night.git(&["rev-parse", "autoresearch/mar8^{tree}"])
    );
    assert_eq!(before, what_the_loop_sees(&night), "the loop saw nothing");
    assert!(night.waiting().is_empty());
    let snapshot = night.snapshot();
    assert_eq!(snapshot.count_decided(DecisionKind::Approved), queue.len());
    let last = snapshot.decisions.last().unwrap();
    let gain = snapshot.gain_on_branch(last).unwrap();
    assert!(
        (gain - snapshot.experiments[snapshot.index_of(&last.experiment).unwrap()].claimed_gain.unwrap()).abs() < 1e-12
    );
    assert!(night.try_git(&["fsck", "--strict"]).status.success());
    let out = night.command(&["verify", "--json"]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
}

#[test]
fn vetoing_each_in_turn_conflicts_where_git_does_less_neighbouring_lines() {
    let night = a_night(26, 11);
    let queue = night.waiting();
    assert!(queue.len() >= 8);
    let (mut same, mut neighbours, mut conflicts) = (0, 0, 0);
    for vetoed in 0..queue.len() {
        let night = night.copy();
        let what_if = {
            let watched = night.watched();
            let scratch = watched.repo().unwrap().scratch().unwrap();
            match answer(
                &scratch,
                &mut QueryCache::default(),
                &watched.snapshot(),
                watched.policy(),
                &Request::Consequences(queue[vetoed].clone()),
            ) {
                Response::WhatIf(_, found) => found,
                other => panic!("{other:?}"),
            }
        };
        // Earlier ones are approved as they are, so that the veto stands where it stood in the night.
        for id in &queue[..vetoed] {
            night.approve(id).unwrap();
        }
        night.veto(&queue[vetoed], "no").unwrap();
        let mut refused = Vec::new();
        for id in &queue[vetoed + 1..] {
            let judged = night.judge(id).unwrap();
            let snapshot = night.snapshot();
            let head = snapshot.experiments[snapshot.index_of(id).unwrap()].head().unwrap().to_string();
            let base = judged.base.to_string();
            let tip = judged.tip.to_string();
            let git = night.try_git(&["merge-tree", "--write-tree", &format!("--merge-base={base}"), &tip, &head]);
            let git_tree = String::from_utf8_lossy(&git.stdout).lines().next().unwrap_or_default().to_owned();
            match &judged.built {
                Built::Ready(candidate) => {
                    if git.status.success() {
                        assert_eq!(candidate.tree.to_string(), git_tree, "both clean, one tree");
                        same += 1;
                    } else {
                        assert!(
                            candidate.combined == MergeKind::Lines,
                            "only neighbouring lines may be clean where git conflicts"
                        );
                        assert!(candidate.measured.is_none());
                        neighbours += 1;
                    }
                    night.approve(id).unwrap();
                }
                Built::Conflict(conflict) => {
                    assert!(!git.status.success(), "git merges this: {:?}", conflict.places);
                    assert!(!conflict.places.is_empty());
                    conflicts += 1;
                    refused.push(id.clone());
                }
                Built::Contained(_) => panic!("nothing is contained here"),
            }
        }
        assert_eq!(what_if.conflicts, refused, "the what-if told the truth");
    }
    assert!(same > 20 && neighbours > 0 && conflicts > 0, "{same} {neighbours} {conflicts}: the night is too tame");
}

#[test]
fn a_conflict_says_with_what_and_why() {
    let a_loop = Loop::new(&[("train.py", "LR = 1\nx\ny\nz\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.write("train.py", "LR = 2\nx\ny\nz\n");
    let first = a_loop.commit("lr 2");
    a_loop.row(&first[..7], 0.9, "keep", "lr 2");
    a_loop.write("train.py", "LR = 3\nx\ny\nz\n");
    let second = a_loop.commit("lr 3");
    a_loop.row(&second[..7], 0.8, "keep", "lr 3");
    a_loop.veto(&ExperimentId::new(&first), "too fast").unwrap();
    let judged = a_loop.judge(&ExperimentId::new(&second)).unwrap();
    let Built::Conflict(conflict) = &judged.built else { panic!() };
    assert_eq!(conflict.places[0].line, Some(1));
    assert_eq!(conflict.places[0].expected[0].raw(), "LR = 2");
    assert_eq!(conflict.places[0].found[0].raw(), "LR = 1");
    assert_eq!(conflict.waits_on, [ExperimentId::new(&first)]);
    assert_eq!(judged.depends_on, [ExperimentId::new(&first)]);
    assert!(a_loop.approve(&ExperimentId::new(&second)).is_err());
}

#[test]
fn renames_on_either_side_are_followed_as_git_follows_them() {
    let lines = |edit: &dyn Fn(usize) -> String| (0..30).map(edit).collect::<String>();
    let plain = |n: usize| format!("line {n}\n");
    // A rename that is vetoed under an edit, and an edit that is vetoed under a rename.
    for rename_first in [true, false] {
        let a_loop = Loop::new(&[("model.py", &lines(&plain)), ("other.py", "x\n")]);
        a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
        let edited = |n: usize| if n == 20 { "edited\n".to_owned() } else { plain(n) };
        let first = if rename_first {
            a_loop.git(&["mv", "model.py", "net.py"]);
            a_loop.commit("rename")
        } else {
            a_loop.write("model.py", lines(&edited));
            a_loop.commit("edit")
        };
        a_loop.row(&first[..7], 0.9, "keep", "first");
        let both = |n: usize| {
            if n == 3 {
                "later\n".to_owned()
            } else if rename_first {
                plain(n)
            } else {
                edited(n)
            }
        };
        if !rename_first {
            a_loop.git(&["mv", "model.py", "net.py"]);
        }
        a_loop.write("net.py", lines(&both));
        let second = a_loop.commit("second");
        a_loop.row(&second[..7], 0.8, "keep", "second");
        a_loop.veto(&ExperimentId::new(&first), "no").unwrap();
        let judged = a_loop.judge(&ExperimentId::new(&second)).unwrap();
        let ours = candidate(&judged).unwrap().tree.to_string();
        let (base, tip) = (format!("--merge-base={}", judged.base), judged.tip.to_string());
        let git = a_loop.git(&["merge-tree", "--write-tree", &base, &tip, &second]);
        assert_eq!(ours, git.lines().next().unwrap(), "rename first: {rename_first}");
    }
}

#[test]
fn the_commit_carries_author_committer_and_our_trailers_only() {
    let a_loop = Loop::new(&[("train.py", "LR = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.write("train.py", "LR = 2\n");
    let head = a_loop.commit("Reviewed-by: Forged <f@x>");
    a_loop.row(&head[..7], 0.9, "keep", "Reviewed-by: Forged <f@x> \u{1b}]0;x\u{7} LR");
    let decision = a_loop.approve(&ExperimentId::new(&head)).unwrap();
    let commit = decision.commit.unwrap().to_string();
    assert_eq!(
        a_loop.git(&["log", "-1", "--format=%an <%ae>|%cn <%ce>", &commit]),
        "agent <agent@loop>|Ada Human <ada@example.org>"
    );
    let trailers = a_loop.git(&["log", "-1", "--format=%(trailers:only,unfold)", &commit]);
    let names: Vec<_> = trailers.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(names, ["Experiment", "Metric", "Assisted-by", "Reviewed-by", "Ledger"]);
    assert!(trailers.contains("Reviewed-by: Ada Human") && trailers.contains("measured as is"));
    let message = a_loop.git(&["log", "-1", "--format=%B", &commit]);
    assert!(!message.contains('\u{1b}') && message.contains('␛'), "{message:?}");
}

#[test]
fn bookkeeping_stays_as_it_is_on_the_branch() {
    let a_loop = Loop::new(&[("train.py", "LR = 1\n")]);
    a_loop.write(".gitignore", "run.log\n");
    let base = a_loop.commit("track results");
    a_loop.row(&base[..7], 1.0, "keep", "baseline");
    a_loop.commit("results");
    let mut heads = Vec::new();
    for (number, value) in [(2, 0.9), (3, 0.8), (4, 0.7)] {
        a_loop.write("train.py", format!("LR = {number}\n"));
        let head = a_loop.commit("edit");
        // The row names the commit before the one that records it.
        a_loop.row(&head[..7], value, "keep", "edit");
        a_loop.commit("results");
        heads.push(head);
    }
    let snapshot = a_loop.snapshot();
    assert_eq!(snapshot.waiting.len(), 3);
    for (at, head) in heads.iter().enumerate() {
        let judged = a_loop.judge(&ExperimentId::new(head)).unwrap();
        let shown = candidate(&judged).unwrap();
        assert_eq!(shown.files.len(), 1, "the table is not part of what is judged");
        assert!(shown.measured.is_some());
        assert_eq!(shown.ignored.len(), 1, "and the screen can say so: {at}");
        a_loop.approve(&ExperimentId::new(head)).unwrap();
    }
    assert_eq!(snapshot.start.unwrap().to_string(), base);
    assert!(
        !a_loop.try_git(&["show", "countersign/approved:results.tsv"]).status.success(),
        "as at the start: not there"
    );
    assert_eq!(a_loop.git(&["show", "countersign/approved:train.py"]), "LR = 4");
}

#[test]
fn a_revert_is_a_new_commit_and_nothing_is_rewritten() {
    let night = a_night(20, 4);
    let queue = night.waiting();
    for id in &queue[..3] {
        night.approve(id).unwrap();
    }
    let tip_before = night.git(&["rev-parse", "countersign/approved"]);
    let snapshot = night.snapshot();
    let last = snapshot.decisions.last().unwrap().clone();
    let judged = night.ask(&Request::Revert(last.experiment.clone(), last.commit.unwrap())).unwrap();
    let made = night.decider().approve(&approval(&judged).unwrap()).unwrap();
    assert_eq!(made.kind, DecisionKind::Reverted);
    assert_eq!(night.git(&["rev-parse", "countersign/approved^"]), tip_before);
    assert_eq!(
        night.git(&["rev-parse", "countersign/approved^{tree}"]),
        night.git(&["rev-parse", "countersign/approved~2^{tree}"])
    );
    let again = night.decider().approve(&approval(&judged).unwrap());
    assert!(again.is_err(), "not twice");
    assert!(night.command(&["verify"]).output().unwrap().status.success());
}

#[test]
fn what_moved_in_between_is_refused() {
    let night = a_night(20, 5);
    let queue = night.waiting();
    let first = night.judge(&queue[0]).unwrap();
    let second_on_old_tip = night.judge(&queue[1]).unwrap();
    night.approve(&queue[0]).unwrap();
    let again = night.decider().approve(&approval(&first).unwrap()).unwrap_err();
    assert!(again.to_string().contains("already approved by Ada Human"), "{again}");
    if let Ok(stale) = approval(&second_on_old_tip) {
        let error = night.decider().approve(&stale).unwrap_err();
        assert!(error.to_string().contains("moved since it was shown"), "{error}");
    }
    // A candidate that is not what would be built is refused, whatever it claims.
    let mut forged = approval(&night.judge(&queue[1]).unwrap()).unwrap();
    forged.candidate.tree = first.built.clone().tree();
    assert!(night.decider().approve(&forged).unwrap_err().to_string().contains("differs from what was shown"));
    assert!(night.veto(&queue[1], "  ").is_err(), "a veto without a reason");
}

trait TreeOf {
    fn tree(self) -> countersign::model::TreeId;
}

impl TreeOf for Built {
    fn tree(self) -> countersign::model::TreeId {
        match self {
            Built::Ready(candidate) => candidate.tree,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_foreign_commit_stops_decisions_and_verify_names_it() {
    let night = a_night(16, 9);
    let queue = night.waiting();
    night.approve(&queue[0]).unwrap();
    let good = night.git(&["rev-parse", "countersign/approved"]);
    let tree = night.git(&["rev-parse", "countersign/approved^{tree}"]);
    let forged_message = night.git(&["log", "-1", "--format=%B", "countersign/approved"]);
    let diverged = night.git(&["commit-tree", &tree, "-p", &good, "-m", &forged_message]);
    night.git(&["update-ref", "refs/heads/countersign/approved", &diverged]);
    let snapshot = night.snapshot();
    let trouble = snapshot.approved.trouble.clone().unwrap();
    assert!(trouble.contains("review it with B") && trouble.contains(&good[..7]), "{trouble}");
    assert!(night.approve(&queue[1]).is_err());
    let out = night.command(&["verify"]).output().unwrap();
    assert_eq!(out.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&out.stdout).contains(&diverged));
    night.git(&["branch", "-f", "countersign/approved", &good]);
    assert!(night.snapshot().approved.trouble.is_none());
    night.approve(&queue[1]).unwrap();
}

#[test]
fn a_branch_named_countersign_is_explained() {
    let night = a_night(8, 2);
    night.git(&["branch", "countersign"]);
    let trouble = night.snapshot().approved.trouble.clone().unwrap();
    assert!(trouble.contains("branch `countersign` blocks the name"), "{trouble}");
    night.git(&["branch", "-m", "countersign", "other"]);
    assert!(night.snapshot().approved.trouble.is_none());
}

#[test]
fn critical_findings_must_be_acknowledged() {
    let a_loop = Loop::new(&[("train.py", "LR = 1\n"), ("prepare.py", "EVAL = 10\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.write("prepare.py", "EVAL = 1\n");
    let head = a_loop.commit("quicker eval");
    a_loop.row(&head[..7], 0.5, "keep", "quicker eval");
    let judged = a_loop.judge(&ExperimentId::new(&head)).unwrap();
    assert_eq!(judged.findings[0].kind, FindingKind::Protected);
    let mut approval = approval(&judged).unwrap();
    approval.acknowledged.clear();
    let error = a_loop.decider().approve(&approval).unwrap_err();
    assert!(error.to_string().contains("`protected` was not acknowledged"), "{error}");
    assert!(a_loop.try_git(&["rev-parse", "countersign/approved"]).status.code() != Some(0), "no branch was made");
    approval.acknowledged = vec!["protected".into()];
    a_loop.decider().approve(&approval).unwrap();
}

#[test]
fn an_interrupted_decision_is_finished_or_put_back() {
    let night = a_night(16, 13);
    let queue = night.waiting();
    night.approve(&queue[0]).unwrap();
    let ledger = night.path(".git/countersign/ledger.jsonl");
    let whole = std::fs::read_to_string(&ledger).unwrap();
    // Killed after the branch moved, before the record: its anchor was prepared.
    let anchors = Anchors::below(&night.state());
    let chain = read_chain(&ledger).unwrap();
    let anchor = anchors.of(chain.identity().unwrap()).unwrap().unwrap();
    let intent_only: String = whole.lines().take(3).map(|line| format!("{line}\n")).collect();
    let prepared = Anchor {
        seq: 3,
        hash: chain.entries[2].hash.clone(),
        next: Some(Mark { seq: 4, hash: chain.entries[3].hash.clone() }),
        ..anchor
    };
    std::fs::write(&ledger, &intent_only).unwrap();
    anchors.write(&prepared).unwrap();
    assert!(night.snapshot().approved.trouble.clone().unwrap().contains("interrupted"));
    let recovered = night.decider().recover().unwrap();
    assert!(recovered.len() == 1 && recovered[0].commit.is_some());
    assert!(night.snapshot().approved.trouble.is_none());
    assert!(!night.waiting().contains(&queue[0]), "it is decided");
    // Killed after the intent, before the branch was made.
    std::fs::write(&ledger, &intent_only).unwrap();
    anchors.write(&prepared).unwrap();
    night.git(&["update-ref", "-d", "refs/heads/countersign/approved"]);
    let recovered = night.decider().recover().unwrap();
    assert!(recovered.len() == 1 && recovered[0].commit.is_none());
    assert_eq!(night.waiting()[0], queue[0], "it waits again");
    night.approve(&queue[0]).unwrap();
    assert!(night.decider().recover().unwrap().is_empty());
}

#[test]
fn a_cut_or_rewritten_ledger_stops_decisions() {
    let night = a_night(16, 17);
    let queue = night.waiting();
    night.approve(&queue[0]).unwrap();
    night.veto(&queue[1], "no").unwrap();
    let ledger = night.path(".git/countersign/ledger.jsonl");
    let whole = std::fs::read_to_string(&ledger).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let cut = format!("{}\n{}\n", lines[0], lines[1]);
    let edited = whole.replace("\"reason\":\"no\"", "\"reason\":\"ok\"");
    for (bad, word) in [(cut, "cut off"), (edited, "rewritten"), (format!("{}\n", lines[1]), "line 1")] {
        std::fs::write(&ledger, bad).unwrap();
        assert!(night.approve(&queue[2]).is_err());
        let out = night.command(&["verify"]).output().unwrap();
        assert_eq!(out.status.code(), Some(4));
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(text.contains(word), "{text}");
    }
    std::fs::write(&ledger, whole).unwrap();
    assert!(night.command(&["verify"]).output().unwrap().status.success());
}

#[test]
fn an_unreadable_policy_stops_decisions_and_not_watching() {
    let night = a_night(12, 19);
    let queue = night.waiting();
    night.write(".git/countersign/policy.yaml", "editable: [train.py]\nprotectd: [x]\n");
    let snapshot = night.snapshot();
    assert_eq!(snapshot.waiting.len(), queue.len());
    let trouble = snapshot.approved.trouble.clone().unwrap();
    assert!(trouble.contains("policy.yaml") && trouble.contains("line 2"), "{trouble}");
    assert!(night.approve(&queue[0]).is_err());
}

#[test]
fn hidden_attributes_links_and_paths_do_not_hide() {
    let a_loop = Loop::new(&[("train.py", "LR = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.write(".gitattributes", "*.py -diff binary\n");
    a_loop.write("train.py", "LR = 2\n");
    std::os::unix::fs::symlink("../../.git/hooks", a_loop.path("hooks")).unwrap();
    let head = a_loop.commit("sneaky");
    a_loop.row(&head[..7], 0.9, "keep", "sneaky");
    let judged = a_loop.judge(&ExperimentId::new(&head)).unwrap();
    let shown = candidate(&judged).unwrap();
    let train = shown.files.iter().find(|file| file.path.raw() == "train.py").unwrap();
    assert_eq!((train.added, train.removed), (1, 1), "-diff hides nothing");
    let kinds: Vec<_> = judged.findings.iter().map(|finding| finding.kind).collect();
    assert!(kinds.contains(&FindingKind::Symlink) && kinds.contains(&FindingKind::LaterExecuted), "{kinds:?}");
    assert!(std::fs::read_dir(a_loop.path(".git/hooks")).is_ok());
}

/// A branch that moves under a work tree leaves its files behind, and the next commit there takes the approval back.
#[test]
fn a_branch_that_a_work_tree_is_on_does_not_move() {
    let night = a_night(12, 7);
    let queue = night.waiting();
    night.approve(&queue[0]).unwrap();
    let before = night.git(&["rev-parse", "countersign/approved"]);
    let there = night.folder().join("there");
    let git = |args: &[&str]| {
        let out = git_in(&there, args);
        (out.status.success(), String::from_utf8_lossy(&out.stdout).into_owned())
    };
    night.git(&["worktree", "add", "-q", &there.to_string_lossy(), "countersign/approved"]);
    let trouble = night.snapshot().approved.trouble.clone().unwrap();
    assert!(trouble.contains("there: git checkout --detach, and after deciding:"), "{trouble}");
    assert!(trouble.ends_with("git checkout --detach countersign/approved"), "{trouble}");
    assert_eq!(night.approve(&queue[1]).unwrap_err(), trouble);
    assert_eq!(night.git(&["rev-parse", "countersign/approved"]), before);
    // What it says is done, with an edit of a file that nothing approved touches.
    assert!(git(&["checkout", "-q", "--detach"]).0);
    std::fs::write(there.join("prepare.py"), "mine\n").unwrap();
    night.approve(&queue[1]).unwrap();
    night.approve(&queue[2]).unwrap();
    assert!(git(&["checkout", "-q", "--detach", "countersign/approved"]).0);
    assert_eq!(git(&["status", "--porcelain"]), (true, " M prepare.py\n".to_owned()));
    assert!(git(&["diff", "--quiet", "countersign/approved", "--", "train.py"]).0);
    // An edit of a file that was approved in another form stays, too: git says so and moves nothing.
    std::fs::write(there.join("train.py"), "mine\n").unwrap();
    night.approve(&queue[3]).unwrap();
    assert!(!git(&["checkout", "-q", "--detach", "countersign/approved"]).0);
    assert_eq!(std::fs::read_to_string(there.join("train.py")).unwrap(), "mine\n");
    // A work tree that was deleted is on nothing.
    git(&["checkout", "-q", "-f", "countersign/approved"]);
    std::fs::remove_dir_all(&there).unwrap();
    night.approve(&queue[4]).unwrap();
}

/// `countersign decide` as a person at a terminal runs it: the exit code, and all that it said.
fn decide(a_loop: &Loop, id: &str, how: &str) -> (u32, String) {
    let dir = a_loop.dir().to_string_lossy().into_owned();
    let mut tty = Tty::run(a_loop, 200, 30, &[], &["decide", id, how, "-C", &dir, "-r", "because"]);
    tty.answer("type `approve` to continue", "approve\r");
    (tty.exit_code(), tty.screen())
}

#[test]
fn what_was_decided_on_stays_after_the_loop_amends_it() {
    for how in ["approve", "veto"] {
        let (a_loop, id) = changed("train.py", "LR = 1\n", "LR = 2\n");
        // No screen was open, so nothing was pinned before.
        let (code, said) = decide(&a_loop, id.as_str(), how);
        assert_eq!(code, 0, "{said}");
        a_loop.git(&["commit", "-q", "--amend", "-m", "another"]);
        a_loop.git(&["reflog", "expire", "--expire=now", "--all"]);
        a_loop.git(&["gc", "-q", "--prune=now"]);
        a_loop.git(&["cat-file", "-e", id.as_str()]);
        let shown = a_loop.command(&["show", id.as_str()]).output().unwrap();
        assert!(String::from_utf8_lossy(&shown.stdout).contains("+LR = 2"), "{how}: {shown:?}");
    }
}

#[test]
fn what_status_knows_is_said_before_a_word_is_typed() {
    let night = a_night(12, 7);
    let queue = night.waiting();
    night.approve(&queue[0]).unwrap();
    let branch = "refs/heads/countersign/approved";
    let tip = night.git(&["rev-parse", branch]);
    let there = night.folder().join("there").to_string_lossy().into_owned();
    let policy = night.path(".git/countersign/policy.yaml");
    let told = |words: &str| {
        let trouble = night.snapshot().trouble().unwrap().to_owned();
        assert!(trouble.contains(words), "{trouble}");
        for how in ["approve", "veto"] {
            let (code, said) = decide(&night, queue[1].as_str(), how);
            assert_eq!(code, 5, "{said}");
            assert!(said.contains(&trouble) && !said.contains("type `"), "{trouble}\n{said}");
        }
        trouble
    };
    night.git(&["update-ref", branch, "autoresearch/mar8"]);
    told("countersign adopt or restore");
    night.git(&["update-ref", "-d", branch]);
    assert!(!told("countersign restore").contains("adopt"), "what is gone cannot be adopted");
    let dir = night.dir().to_string_lossy().into_owned();
    let mut tty = Tty::run(&night, 200, 30, &[], &["adopt", "-C", &dir]);
    assert_eq!(tty.exit_code(), 5, "{}", tty.screen());
    assert!(tty.screen().contains("cannot be adopted; restore it"), "{}", tty.screen());
    night.git(&["update-ref", branch, &tip]);
    night.git(&["worktree", "add", "-q", &there, "countersign/approved"]);
    told("checked out");
    night.git(&["worktree", "remove", &there]);
    std::fs::write(&policy, "gates: {run: human, keep: human, expire_hours: 9}\n").unwrap();
    told("countersign policy");
    std::fs::remove_file(&policy).unwrap();
    assert_eq!(decide(&night, queue[1].as_str(), "approve").0, 0);
}
