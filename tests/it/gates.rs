//! Both gates, who answers there, and what goes on between a person and an agent that asks.

use crate::support::doors::{
    Agent, Says, WAYS, Way, an_edit, answer, approve, joined, on_line, pending, policy, put_in_many, take,
};
use crate::support::drive::Driver;
use crate::support::tty::{Tty, wait_for, without_titles};
use crate::support::{self, Loop, a_night};
use countersign::alerts::When;
use countersign::app::{Action, Event};
use countersign::model::{DecisionKind, ExperimentId, Gate, Spent};
use serde_json::json;

fn human_gates(a_loop: &Loop) {
    policy(a_loop, "gates: {run: human, keep: human}\n");
}

/// No branch of ours, and nothing that could be mistaken for a person's decision.
fn nothing_moved(a_loop: &Loop) {
    assert!(!a_loop.try_git(&["rev-parse", "--verify", "-q", "countersign/approved"]).status.success());
    let (code, said) = a_loop.verify(&[]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn the_run_gate_lets_it_train_and_the_keep_gate_decides_with_the_first_answer_in_sight() {
    for way in WAYS {
        let a_loop = joined();
        human_gates(&a_loop);
        let mut agent = Agent::new(&a_loop, way);
        let head = an_edit(&a_loop, "LR = 1", "LR = 2");
        let run = agent.propose(&Says { rationale: "cheap to try".into(), ..Says::run(&head, "rate 2") });
        take(&a_loop);
        assert_eq!(agent.wait(&run, 0.0).0, "pending", "{way:?}");
        if way == Way::Command {
            let mut driver = Driver::new(&a_loop, 80, 24);
            insta::assert_snapshot!("run_gate_80x24", driver.keys("a").screen());
        }
        {
            let mut driver = Driver::new(&a_loop, 100, 40);
            let screen = driver.screen();
            assert!(screen.contains("asks at the run gate"), "{screen}");
            assert!(screen.contains("cheap to try") && screen.contains("not trained yet"), "{screen}");
            assert!(!screen.contains("measured as is"), "nothing is measured: {screen}");
            // A training that never was has no log that could have been lost.
            let screen = Driver::new(&a_loop, 120, 40).screen();
            assert!(screen.contains("no curve: not trained yet"), "{screen}");
            let screen = driver.keys("a").screen();
            assert!(screen.contains("let") && screen.contains("nothing is committed"), "{screen}");
            assert!(screen.contains("costs"), "{screen}");
            driver.keys("go on<enter>");
            assert!(driver.screen().contains("run approved, record"), "{}", driver.screen());
        }
        let (word, told) = agent.wait(&run, 5.0);
        assert_eq!((word.as_str(), &told["gate"], &told["reason"]), ("approved", &json!("run"), &json!("go on")));
        assert!(told["commit"].is_null(), "{way:?}: leave to train is no commit");
        nothing_moved(&a_loop);
        let id = ExperimentId::new(&head);
        assert!(a_loop.snapshot().may_run(&id) && a_loop.snapshot().waiting.is_empty());
        // Trained: the same change asks again, with its result.
        let keep = agent.propose(&Says { before_after: Some((1.0, 0.9)), ..Says::keep(&head, "rate 2") });
        take(&a_loop);
        let mut driver = Driver::new(&a_loop, 100, 40);
        let screen = driver.screen();
        assert!(screen.contains("asks at the keep gate") && screen.contains("run gate: approved by Ada"), "{screen}");
        assert!(screen.contains("go on") && screen.contains("measured as is"), "{screen}");
        driver.keys("a<enter>");
        assert_eq!(agent.wait(&keep, 5.0).0, "approved", "{way:?}");
        let (code, said) = a_loop.verify(&[]);
        assert_eq!(code, Some(0), "{said}");
        let decisions = a_loop.snapshot().decisions.iter().map(|one| (one.gate, one.kind)).collect::<Vec<_>>();
        assert_eq!(decisions, [(Gate::Run, DecisionKind::Approved), (Gate::Keep, DecisionKind::Approved)]);
    }
}

#[test]
fn what_waits_for_leave_to_train_is_no_experiment_of_the_pace() {
    let a_loop = joined();
    human_gates(&a_loop);
    let mut agent = Agent::new(&a_loop, Way::Command);
    for rate in 2..6 {
        let head = an_edit(&a_loop, "LR = 1", &format!("LR = {rate}"));
        agent.propose(&Says::run(&head, "another rate"));
    }
    take(&a_loop);
    let driver = Driver::new(&a_loop, 80, 24);
    assert_eq!(driver.state.snapshot.waiting.len(), 4);
    let panel = driver.state.panel();
    let reading = |name: &str| panel.iter().find(|one| one.name == name).unwrap().reading.clone();
    assert_eq!(reading("pace"), None, "one row is no pace");
    let since = reading("last gain").unwrap();
    assert!(since.ends_with("0 experiments since"), "{since}");
}

#[test]
fn a_veto_at_the_run_gate_spends_nothing() {
    let a_loop = joined();
    human_gates(&a_loop);
    let mut agent = Agent::new(&a_loop, Way::Command);
    let head = an_edit(&a_loop, "DEPTH = 4", "DEPTH = 400");
    let id = agent.propose(&Says::run(&head, "deep"));
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 80, 24);
    let screen = driver.keys("v").screen();
    assert!(screen.contains("It is not trained"), "{screen}");
    driver.keys("too dear<enter>");
    assert_eq!(agent.wait(&id, 5.0).0, "vetoed");
    nothing_moved(&a_loop);
    // What was said at the run gate does not decide the keep gate.
    let keep = agent.propose(&Says::keep(&head, "deep, trained all the same"));
    take(&a_loop);
    assert!(pending(&a_loop, &keep).is_some());
}

#[test]
fn an_auto_gate_answers_by_policy_and_never_as_a_person() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto, keep: auto}\n");
    let mut agent = Agent::new(&a_loop, Way::Command);
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let run = agent.propose(&Says::run(&head, "rate 2"));
    assert_eq!(take(&a_loop).answered, 1);
    let (word, told) = agent.wait(&run, 5.0);
    assert_eq!((word.as_str(), &told["reviewer"], &told["by_policy"]), ("approved", &json!("policy"), &json!(true)));
    let keep = agent.propose(&Says { before_after: Some((1.0, 0.9)), ..Says::keep(&head, "rate 2") });
    take(&a_loop);
    let (word, told) = agent.wait(&keep, 5.0);
    assert_eq!(word, "approved");
    assert!(told["commit"].is_null(), "the policy makes no commit");
    nothing_moved(&a_loop);
    // The change still waits for a person, where nobody listens any more.
    let snapshot = a_loop.snapshot();
    assert_eq!(snapshot.waiting.len(), 1);
    assert!(snapshot.decisions.iter().all(|one| one.by_policy && one.reviewer == "policy"));
    let mut driver = Driver::new(&a_loop, 80, 24);
    assert!(driver.keys("c").screen().contains("no agent is waiting on this change"), "{}", driver.screen());
    driver.keys("a<enter>");
    assert!(a_loop.git(&["log", "-1", "--format=%B", "countersign/approved"]).contains("Reviewed-by: Ada Human"));
    assert_eq!(a_loop.verify(&[]).0, Some(0));
    let log = a_loop.command(&["log", "--json"]).output().unwrap();
    let log = String::from_utf8(log.stdout).unwrap();
    assert!(log.contains("\"gate\":\"run\",\"proposal\":\"p"), "{log}");
    let shown = a_loop.json(&["show", &head, "--json"]);
    let asked: Vec<_> =
        shown["proposals"].as_array().unwrap().iter().map(|one| (&one["gate"], &one["standing"])).collect();
    assert_eq!(asked, [(&json!("run"), &json!("approved")), (&json!("keep"), &json!("approved"))]);
    let plain = String::from_utf8(a_loop.command(&["show", &head]).output().unwrap().stdout).unwrap();
    assert!(plain.contains("asked     at the run gate by \"an agent\""), "{plain}");
    assert!(log.contains("\"reviewer\":\"policy\"") && log.contains("\"reviewer\":\"Ada"), "{log}");
}

#[test]
fn nothing_critical_passes_an_auto_gate() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto, keep: auto}\n");
    let mut agent = Agent::new(&a_loop, Way::Folder);
    a_loop.write("prepare.py", "DATA = 2\n");
    let protected = a_loop.commit("protected");
    a_loop.reset();
    a_loop.write("train.py", "LR = 1 # \u{202e}\u{200b}\n");
    let hidden = a_loop.commit("hidden");
    a_loop.reset();
    a_loop.write("conftest.py", "import os\n");
    let executed = a_loop.commit("executed later");
    a_loop.reset();
    let plain = an_edit(&a_loop, "LR = 1", "LR = 2");
    a_loop.write("Train.py", "x\n");
    let collides = a_loop.commit("two names, one file");
    a_loop.reset();
    let title = Says { title: "tit\u{202e}le".into(), ..Says::run(&plain, "") };
    let others = [Says::keep(&hidden, "b"), Says::run(&executed, "c"), Says::run(&collides, "d"), title];
    for says in std::iter::once(Says::run(&protected, "a")).chain(others) {
        let id = agent.propose(&says);
        assert_eq!(take(&a_loop).answered, 0, "{says:?}");
        assert_eq!(agent.wait(&id, 0.0).0, "pending", "{says:?}");
    }
    assert_eq!(a_loop.snapshot().waiting.len(), 5);
    // A person lets it through, with its word.
    let mut driver = Driver::new(&a_loop, 100, 40);
    let screen = driver.keys("a").screen();
    assert!(screen.contains("type `protected`"), "{screen}");
    driver.keys("protected<enter><enter>");
    assert!(driver.screen().contains("run approved, record"), "{}", driver.screen());
    nothing_moved(&a_loop);
}

#[test]
fn gates_fail_closed() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let heads: Vec<String> = ["LR = 1", "WD = 2", "BATCH = 3", "DEPTH = 4"]
        .iter()
        .map(|knob| an_edit(&a_loop, knob, &format!("{knob}0")))
        .collect();
    // An unreadable policy answers nothing, and nothing is decided.
    policy(&a_loop, "gates: {run: auto, kep: human}\n");
    let first = agent.propose(&Says::run(&heads[0], "a"));
    assert_eq!(take(&a_loop).answered, 0);
    assert_eq!(agent.wait(&first, 0.0).0, "pending");
    assert!(
        answer(&a_loop, &first, DecisionKind::Approved, "", Vec::new()).unwrap_err().contains("cannot read the policy")
    );
    // A spent budget and a loop that is held up wait for a person.
    policy(&a_loop, "gates: {run: auto}\nbudget: {experiments: 1}\n");
    let second = agent.propose(&Says::run(&heads[1], "b"));
    assert_eq!(a_loop.decider().collect_proposals(Spent { experiments: 1, gpu_s: 0 }).unwrap().answered, 0);
    assert_eq!(agent.wait(&second, 0.0).0, "pending");
    let mut driver = Driver::new(&a_loop, 80, 24);
    let third = agent.propose(&Says::run(&heads[2], "c"));
    driver.observe();
    assert_eq!(agent.wait(&third, 0.0).0, "pending", "the screen knows that the budget is spent");
    policy(&a_loop, "gates: {run: auto}\n");
    a_loop.decider().pause("lunch").unwrap();
    let fourth = agent.propose(&Says::run(&heads[3], "d"));
    assert_eq!(take(&a_loop).answered, 0);
    for way in [Way::Command, Way::Mcp] {
        let (word, told) = Agent::new(&a_loop, way).wait(&fourth, 0.0);
        assert_eq!((word.as_str(), &told["paused"]["reason"]), ("pending", &json!("lunch")), "{way:?}");
    }
    let put = a_loop.json(&["propose", "-m", "e", "--head", &heads[3], "--gate", "run"]);
    assert_eq!(put["paused"]["paused"], true, "who asks is told at once: {put}");
    let (word, told) = Agent::new(&a_loop, Way::Command).wait(&fourth, 0.0);
    assert_eq!((word.as_str(), &told["paused"]["reason"]), ("pending", &json!("lunch")));
    assert!(a_loop.decider().pause("again").is_err());
    // It goes on: what waited only for that is answered, and what was asked before waits for the person.
    a_loop.decider().resume("", Spent::default()).unwrap();
    assert_eq!(agent.wait(&fourth, 0.0).0, "approved");
    for id in [&first, &second, &third] {
        assert_eq!(agent.wait(id, 0.0).0, "pending", "{id}");
    }
    assert!(!a_loop.path(".countersign/outbox/paused.json").exists());
    nothing_moved(&a_loop);
    // Nobody answers in the time that the policy gives.
    policy(&a_loop, "gates: {run: human, expire_hours: 0}\n");
    let late = an_edit(&a_loop, "WIDTH = 5", "WIDTH = 6");
    let id = agent.propose(&Says::run(&late, "e"));
    take(&a_loop);
    take(&a_loop);
    assert_eq!(agent.wait(&id, 0.0).0, "expired");
    assert!(approve(&a_loop, &id).is_err());
    assert_eq!(a_loop.verify(&[]).0, Some(0));
}

#[test]
fn what_does_not_fit_any_more_is_stale_and_what_builds_on_another_waits() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Command);
    // The branch exists first.
    let start = agent.propose(&Says::keep(&an_edit(&a_loop, "SEED = 6", "SEED = 8"), "start"));
    take(&a_loop);
    approve(&a_loop, &start).unwrap();
    let tip = a_loop.git(&["rev-parse", "countersign/approved"]);
    a_loop.git(&["reset", "-q", "--hard", &tip]);
    let (one, two) = (an_edit(&a_loop, "LR = 1", "LR = 2"), an_edit(&a_loop, "LR = 1", "LR = 3"));
    // On top of the first one, not of the branch.
    a_loop.git(&["checkout", "-q", "--detach", &one]);
    let stacked = an_edit(&a_loop, "LR = 2", "LR = 4");
    a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    let first = agent.propose(&Says::keep(&one, "2"));
    let second = agent.propose(&Says::keep(&two, "3"));
    let third = agent.propose(&Says { base: Some(one.clone()), ..Says::keep(&stacked, "4 after 2") });
    take(&a_loop);
    assert_eq!(a_loop.snapshot().waiting.len(), 3);
    let other = an_edit(&a_loop, "WD = 2", "WD = 3");
    let apart = agent.propose(&Says::keep(&other, "apart"));
    take(&a_loop);
    approve(&a_loop, &first).unwrap();
    let (word, told) = agent.wait(&second, 5.0);
    assert_eq!(word, "stale");
    let now = a_loop.git(&["rev-parse", "countersign/approved"]);
    assert!(told["reason"].as_str().unwrap().contains(&now), "the new base is named: {told}");
    assert_eq!(told["by_policy"], true);
    assert_eq!(agent.wait(&third, 0.0).0, "pending", "what it builds on is approved now");
    assert_eq!(agent.wait(&apart, 0.0).0, "pending", "what fits waits on");
    approve(&a_loop, &third).unwrap();
    approve(&a_loop, &apart).unwrap();
    // Made on a base that was left long ago, and it does not fit: told at once.
    a_loop.git(&["checkout", "-q", "--detach", &tip]);
    let late = an_edit(&a_loop, "LR = 1", "LR = 9");
    a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    let id = agent.propose(&Says { base: Some(tip), ..Says::keep(&late, "late") });
    take(&a_loop);
    assert_eq!(agent.wait(&id, 5.0).0, "stale");
    assert_eq!(a_loop.verify(&[]).0, Some(0));
}

#[test]
fn changes_questions_and_comments_go_out_by_keys() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Command);
    let first = an_edit(&a_loop, "LR = 1", "LR = 2");
    let id = agent.propose(&Says::keep(&first, "rate 2"));
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 80, 24);
    driver.keys("e<enter>");
    assert!(driver.screen().contains("type the question"));
    driver.keys("why 2?<enter>");
    assert!(driver.screen().contains("question sent, record 5"), "{}", driver.screen());
    assert_eq!(agent.wait(&id, 5.0).1["questions"][0]["comments"][0]["body"], "why 2?");
    driver.keys("<enter>m3 is better<enter>m<up><tab>and why not 4?<enter>");
    let screen = driver.screen();
    assert!(screen.contains("2 comments written"), "{screen}");
    assert!(screen.contains('✎'), "the line is marked: {screen}");
    insta::assert_snapshot!("review_with_comments_80x24", screen);
    driver.keys("c");
    let screen = driver.screen();
    assert!(screen.contains("train.py:1: 3 is better") && screen.contains("train.py:1 (before)"), "{screen}");
    driver.keys("<enter>");
    let (word, told) = agent.wait(&id, 5.0);
    assert_eq!(word, "changes_requested");
    assert_eq!(
        told["comments"][0],
        json!({"path": "train.py", "side": "new", "line": 1, "kind": "issue", "body": "3 is better"})
    );
    assert_eq!(told["comments"][1]["kind"], "question");
    assert_eq!(told["comments"][1]["side"], "old");
    // The next round: what changed between the two is one key away.
    let second = an_edit(&a_loop, "LR = 1", "LR = 3");
    let next = agent.propose(&Says {
        supersedes: Some(id),
        rationale: "because you asked".into(),
        before_after: Some((1.0, 0.9)),
        ..Says::keep(&second, "rate 3")
    });
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 80, 24);
    let screen = driver.screen();
    assert!(screen.contains("round 2") && screen.contains("changes requested"), "{screen}");
    insta::assert_snapshot!("inbox_round_2_80x24", screen);
    let screen = driver.keys("d").screen();
    assert!(screen.contains("− LR = 2") && screen.contains("+ LR = 3"), "{screen}");
    driver.keys("<esc>rplease<enter>");
    let (word, told) = agent.wait(&next, 5.0);
    assert_eq!((word.as_str(), &told["comments"][0]["kind"]), ("changes_requested", &json!("remeasure")));
    assert_eq!(told["comments"][0]["body"], a_loop.head().as_str(), "where to measure is named");
    assert_eq!(a_loop.verify(&[]).0, Some(0));
}

#[test]
fn verbs_that_need_a_listener_are_not_offered_where_nobody_listens() {
    let night = a_night(12, 19);
    let mut driver = Driver::new(&night, 100, 45);
    let verbs = [Action::RequestChanges, Action::AskAgent, Action::Remeasure, Action::TellAgent, Action::PauseLoop];
    assert!(verbs.iter().all(|verb| !driver.state.offers(*verb)));
    let help = driver.keys("?").screen();
    assert!(!help.contains("request changes") && !help.contains("note for the agent"), "{help}");
    driver.keys("<esc>");
    let (no_agent, no_mailbox) = ("no agent is waiting on this change", "this loop has no mailbox");
    for (key, notice) in [("c", no_agent), ("e", no_agent), ("r", no_agent), ("T", no_mailbox), ("H", no_mailbox)] {
        let screen = driver.keys(key).screen();
        assert!(screen.contains(notice), "{key}: {screen}");
    }
    let a_loop = joined();
    let mut driver = Driver::new(&a_loop, 100, 45);
    let help = driver.keys("?").screen();
    assert!(help.contains("request changes") && help.contains("note for the agent"), "{help}");
    drop(driver);
    // The command that leaves a note says the same; a pause that was set there can be ended here.
    let said = countersign::decide::note_saved(1, &night.snapshot().mailbox);
    assert!(said.contains(no_mailbox), "{said}");
    night.decider().pause("lunch").unwrap();
    let mut driver = Driver::new(&night, 100, 45);
    assert!(driver.screen().contains("H resumes"), "{}", driver.screen());
    driver.keys("H<enter>");
    assert!(!driver.screen().contains("loop paused,"), "{}", driver.screen());
}

#[test]
fn the_footer_offers_what_applies_to_the_selection() {
    let night = a_night(12, 4);
    let id = night.waiting()[0].clone();
    night.approve(&id).unwrap();
    for id in night.waiting() {
        night.veto(&id, "no").unwrap();
    }
    let footer = |driver: &Driver<'_>| driver.screen().lines().last().unwrap_or_default().to_owned();
    let mut driver = Driver::new(&night, 120, 40);
    let empty = footer(&driver);
    assert!(!empty.contains("approve") && !empty.contains("skip") && empty.contains("quit"), "{empty}");
    // Of the lineage only an approved change can be reverted, and what the revert would commit is read first.
    driver.keys("4");
    for _ in 0..driver.state.snapshot.lineage.len() {
        let is_approved = driver.state.shown().is_some_and(|at| driver.state.snapshot.experiments[at].id == id);
        assert_eq!(footer(&driver).contains("revert"), is_approved, "{}", driver.screen());
        if is_approved {
            assert!(driver.keys("u").screen().contains("u again confirms"), "{}", driver.screen());
            // The next key replaces that notice.
            driver.keys("K");
            assert!(footer(&driver).contains("u confirm revert"), "{}", driver.screen());
            driver.keys("<esc><esc>");
        }
        driver.keys("j");
    }
}

#[test]
fn the_loop_is_steered_without_stopping_it() {
    for way in WAYS {
        let a_loop = joined();
        let mut agent = Agent::new(&a_loop, way);
        let mut driver = Driver::new(&a_loop, 80, 24);
        driver.keys("T<enter>");
        assert!(driver.screen().contains("type the note"));
        driver.keys("mind the seed<enter>");
        assert!(driver.screen().contains("note saved (record"), "{}", driver.screen());
        assert_eq!(a_loop.snapshot().mailbox.notes_waiting, 1);
        // The next call takes it along, and no other.
        match way {
            Way::Folder => {
                let note = a_loop.path(".countersign/outbox/notes/4.json");
                assert!(std::fs::read_to_string(note).unwrap().contains("mind the seed"));
                continue;
            }
            Way::Command => {
                let head = an_edit(&a_loop, "LR = 1", "LR = 2");
                let put = a_loop.json(&["propose", "-m", "x", "--head", &head]);
                assert_eq!(put["notes"][0]["text"], "mind the seed");
                assert!(a_loop.json(&["propose", "-m", "x", "--head", &head]).get("notes").is_none());
            }
            Way::Mcp => {
                let told = agent.client().call("get_feedback", json!({})).unwrap();
                assert_eq!(told["notes"][0]["text"], "mind the seed");
                assert_eq!(agent.client().call("get_feedback", json!({})).unwrap()["notes"], json!([]));
            }
        }
        assert_eq!(a_loop.snapshot().mailbox.notes_waiting, 0);
        a_loop.decider().republish().unwrap();
        assert_eq!(a_loop.snapshot().mailbox.notes_waiting, 0, "it is told once");
        driver.keys("Hlunch<enter>");
        assert!(driver.screen().contains("loop paused"), "{}", driver.screen());
        let screen = driver.keys("H").screen();
        assert!(screen.contains("resume the loop?"), "{screen}");
        driver.keys("<enter>");
        assert!(!driver.screen().contains("loop paused"), "{}", driver.screen());
    }
}

#[test]
fn a_trial_is_ended_as_the_policy_says_and_no_other_process_is() {
    let a_loop = joined();
    let mut driver = Driver::new(&a_loop, 80, 24);
    assert!(driver.keys("Z").screen().contains("no trial is running"));
    let decider = || a_loop.decider();
    assert!(decider().stop_trial().unwrap_err().to_string().contains("stop_trial"));
    for bad in ["{touch: ../STOP}", "{touch: ''}", "{}", "{touch: STOP, pid_file: train.pid}"] {
        policy(&a_loop, &format!("stop_trial: {bad}\n"));
        assert!(decider().stop_trial().unwrap_err().to_string().contains("below the run directory"), "{bad}");
    }
    policy(&a_loop, "stop_trial: {touch: STOP}\n");
    decider().stop_trial().unwrap();
    assert!(a_loop.path("STOP").is_file());
    policy(&a_loop, "stop_trial: {pid_file: train.pid}\n");
    let sleep =
        |dir: &std::path::Path| std::process::Command::new("sleep").arg("600").current_dir(dir).spawn().unwrap();
    let (mut own, mut other) = (sleep(a_loop.dir()), sleep(std::path::Path::new("/")));
    a_loop.write("train.pid", other.id().to_string());
    assert!(decider().stop_trial().unwrap_err().to_string().contains("runs in another directory"));
    for bad in ["1", "-1", "0", "x", ""] {
        a_loop.write("train.pid", bad);
        assert!(decider().stop_trial().is_err(), "{bad}");
    }
    assert!(other.try_wait().unwrap().is_none(), "somebody else's process goes on");
    let shell = std::process::id().to_string();
    a_loop.write("train.pid", &shell);
    assert!(decider().stop_trial().is_err(), "we do not end ourselves");
    a_loop.write("train.pid", format!("{}\n", own.id()));
    a_loop.append("run.log", "\rstep 00001 (50.0%) | loss: 3.25 | remaining: 5s    \r");
    let mut driver = Driver::new(&a_loop, 80, 24);
    let screen = driver.keys("Z").screen();
    assert!(screen.contains("SIGTERM to the process in train.pid"), "{screen}");
    driver.keys("<enter>");
    assert!(own.wait().unwrap().code().is_none(), "ended by a signal");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn lessons_hold_the_persons_words_and_never_which_check_fired() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    a_loop.write("prepare.py", "DATA = 2\n");
    let head = a_loop.commit("protected");
    a_loop.reset();
    let id = agent.propose(&Says::keep(&head, "shorter\u{1b}[2J evaluation"));
    take(&a_loop);
    answer(&a_loop, &id, DecisionKind::Vetoed, "measure what we ship", vec![on_line("prepare.py", 1, "no")]).unwrap();
    assert!(!a_loop.path(".countersign/lessons.md").exists(), "only where the policy says so");
    policy(&a_loop, "lessons: true\n");
    a_loop.decider().republish().unwrap();
    let text = std::fs::read_to_string(a_loop.path(".countersign/lessons.md")).unwrap();
    assert!(text.contains("measure what we ship") && text.contains("  - no") && text.contains("evaluation"), "{text}");
    assert!(!text.contains("protected") && !text.contains('\u{1b}'), "{text}");
    policy(&a_loop, "lessons: false\n");
    a_loop.decider().republish().unwrap();
    assert!(!a_loop.path(".countersign/lessons.md").exists());
}

#[test]
fn who_is_away_is_called_once_and_who_sits_in_front_is_not() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let mut driver = Driver::new(&a_loop, 80, 24);
    let new = |agent: &mut Agent<'_>, knob: &str| {
        let head = an_edit(&a_loop, knob, &format!("{knob}0"));
        agent.propose(&Says::keep(&head, "evil \u{1b}]52;c;x\u{7} title"));
    };
    // In front: the terminal says so.
    driver.take(Event::Focus(true));
    new(&mut agent, "LR = 1");
    driver.observe();
    assert!(driver.outside.calls.is_empty() && driver.state.inbox().len() == 1);
    // Elsewhere: called, once for each that is new.
    driver.take(Event::Focus(false));
    driver.observe();
    assert!(driver.outside.calls.is_empty(), "what was seen is not new");
    new(&mut agent, "WD = 2");
    driver.observe();
    driver.observe();
    assert_eq!(driver.outside.calls.len(), 1);
    assert_eq!((driver.outside.calls[0].new, driver.outside.calls[0].waiting), (1, 2));
    assert_eq!(driver.outside.calls[0].words(), "1 new change waiting for you, 2 in total");
    let told: serde_json::Value = serde_json::from_str(&driver.outside.calls[0].json).unwrap();
    assert_eq!((&told["changes"][0]["gate"], &told["waiting"]), (&json!("keep"), &json!(2)));
    // Not again at once, and nothing is forgotten.
    new(&mut agent, "BATCH = 3");
    driver.observe();
    assert_eq!(driver.outside.calls.len(), 1);
    driver.take(Event::Tick(driver.state.now_ms + 6000));
    assert_eq!(driver.outside.calls.len(), 2);
    // Where the terminal does not say: a minute without a key.
    driver.state.alerts.focus = None;
    driver.keys("j");
    new(&mut agent, "DEPTH = 4");
    driver.observe();
    assert_eq!(driver.outside.calls.len(), 2, "a key was pressed just now");
    driver.take(Event::Tick(driver.state.now_ms + 61_000));
    new(&mut agent, "WIDTH = 5");
    driver.observe();
    assert_eq!(driver.outside.calls.len(), 3);
    driver.state.alerts.settings.when = When::Never;
    driver.take(Event::Tick(driver.state.now_ms + 61_000));
    new(&mut agent, "SEED = 6");
    driver.observe();
    assert_eq!(driver.outside.calls.len(), 3);
}

#[test]
fn the_bell_the_desktop_and_a_program_are_told_in_a_real_terminal() {
    let a_loop = joined();
    let config = a_loop.folder().join("home/.config/countersign");
    a_loop.environment();
    std::fs::create_dir_all(&config).unwrap();
    let told = a_loop.folder().join("told.json");
    let text =
        format!("notify:\n  when: always\n  command: [sh, -c, 'cat > {}.new && mv {0}.new {0}']\n", told.display());
    std::fs::write(config.join("config.yaml"), text).unwrap();
    let mut tty = Tty::open(&a_loop, 80, 24, &[]);
    tty.sees("nothing to decide");
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    Agent::new(&a_loop, Way::Command).propose(&Says::keep(&head, "evil \u{1b}]52;c;x\u{7} title"));
    tty.sees("asks at the keep gate");
    wait_for("the program", || told.exists());
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&told).unwrap()).unwrap();
    assert_eq!((&json["new"], &json["changes"][0]["gate"]), (&json!(1), &json!("keep")));
    let bytes = || String::from_utf8_lossy(&without_titles(&tty.bytes.lock().unwrap())).into_owned();
    wait_for("the notice", || bytes().contains("\u{7}\u{1b}]9;1 new change waiting for you\u{7}"));
    assert!(!bytes().contains("\u{1b}]52"), "nothing of the agent's is in it");
    let short = a_loop.command(&["status", "--short"]).output().unwrap();
    assert_eq!(String::from_utf8(short.stdout).unwrap(), "mar8 1 waiting\n");
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    tty.assert_restored();
}

#[test]
fn what_is_shown_is_what_is_answered_also_when_the_agent_was_quicker() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Command);
    let (one, two) = (an_edit(&a_loop, "LR = 1", "LR = 2"), an_edit(&a_loop, "LR = 1", "LR = 3"));
    let first = agent.propose(&Says::keep(&one, "2"));
    take(&a_loop);
    let shown = pending(&a_loop, &first).unwrap();
    let mut approval = support::approval(&a_loop.judge(&shown.experiment()).unwrap()).unwrap();
    approval.proposal = Some(shown.asked());
    // The confirmation is open when the agent puts another one in its place.
    let mut driver = Driver::new(&a_loop, 80, 24);
    driver.keys("a");
    let second = agent.propose(&Says { supersedes: Some(first.clone()), ..Says::keep(&two, "3") });
    driver.observe();
    // It stays open, says so, and leads nowhere: the reason that is being typed is no command.
    driver.keys("a vetoed Zn<enter>");
    assert!(driver.screen().contains("the agent withdrew or replaced its proposal"), "{}", driver.screen());
    assert!(driver.screen().contains("a vetoed Zn"), "{}", driver.screen());
    assert!(driver.state.decisions.under_way.is_empty());
    driver.keys("<esc>");
    assert!(driver.state.window.modal.is_none());
    assert!(a_loop.snapshot().decisions.is_empty());
    // Where the screen was not quick enough, the desk is.
    let error = a_loop.decider().approve(&approval).unwrap_err().to_string();
    assert!(error.contains("the agent has replaced it"), "{error}");
    answer(&a_loop, &second, DecisionKind::ChangesRequested, "more", Vec::new()).unwrap();
    let again = a_loop.snapshot().proposal(&second.parse().unwrap()).unwrap().clone();
    let mut approval = support::approval(&a_loop.judge(&again.experiment()).unwrap()).unwrap();
    approval.proposal = Some(again.asked());
    assert!(a_loop.decider().approve(&approval).unwrap_err().to_string().contains("has been answered"));
    assert_eq!(a_loop.verify(&[]).0, Some(0));
    nothing_moved(&a_loop);
}

#[test]
fn a_question_that_could_not_be_written_is_not_lost() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    Agent::new(&a_loop, Way::Folder).propose(&Says::keep(&head, "rate 2"));
    take(&a_loop);
    let ledger = a_loop.path(".git/countersign/ledger.jsonl");
    let whole = std::fs::read(&ledger).unwrap();
    let mut driver = Driver::new(&a_loop, 100, 40);
    std::fs::write(&ledger, "not a record\n").unwrap();
    driver.keys("ewhy 2?<enter>");
    let screen = driver.screen();
    assert!(screen.contains("not a record") && screen.contains("1 comment written, not sent yet"), "{screen}");
    std::fs::write(&ledger, whole).unwrap();
    driver.observe();
    driver.keys("e");
    assert!(driver.screen().contains("the change: why 2?"), "{}", driver.screen());
    driver.keys("<enter>");
    assert!(driver.screen().contains("question sent, record 5"), "{}", driver.screen());
    assert!(!driver.screen().contains("not sent yet"));
}

/// A screen and a recorder take in at the same time: each message is taken in once, and none seems to be half a one.
#[test]
fn two_who_take_in_at_once_take_each_message_in_once() {
    for _ in 0..6 {
        let a_loop = joined();
        human_gates(&a_loop);
        put_in_many(&a_loop, 20);
        let desks = [a_loop.decider(), a_loop.decider()];
        let together = std::sync::Barrier::new(2);
        let told: Vec<_> = std::thread::scope(|scope| {
            let one = |decider: countersign::decide::Decider| {
                let together = &together;
                scope.spawn(move || {
                    together.wait();
                    // Who finds nothing looks again, as both do whenever something happens.
                    (0..20).map(|_| decider.collect_proposals(Spent::default())).collect::<Vec<_>>()
                })
            };
            desks.map(one).into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let told: Vec<_> = told.into_iter().map(Result::unwrap).collect();
        assert!(told.iter().all(|told| told.refused.is_empty() && told.left.is_empty()), "{told:?}");
        assert_eq!(told.iter().map(|told| told.accepted).sum::<usize>(), 20);
        assert_eq!(a_loop.snapshot().proposals.len(), 20);
    }
}

#[test]
fn a_change_that_cannot_be_read_takes_no_answer_from_the_others() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Command);
    a_loop.write("odd\u{1b}.py", "x = 1\n");
    let odd = a_loop.commit("odd");
    a_loop.reset();
    agent.propose(&Says::keep(&odd, "odd"));
    agent.propose(&Says::keep(&an_edit(&a_loop, "LR = 1", "LR = 2"), "rate"));
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 120, 40);
    for key in ["g", "G"] {
        let screen = driver.keys(key).keys("v").screen();
        assert!(screen.contains("later change"), "{key}: {screen}");
        assert!(!screen.contains("computing"), "{key}: {screen}");
        driver.keys("<esc>");
    }
}

#[test]
fn what_a_hold_held_up_in_one_loop_goes_on_when_it_ends_in_another() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto}\n");
    let folder = tempfile::tempdir().unwrap();
    let linked = Loop::at(folder.path().to_owned());
    std::fs::create_dir_all(a_loop.state()).unwrap();
    std::os::unix::fs::symlink(a_loop.folder().join("state"), folder.path().join("state")).unwrap();
    a_loop.git(&["worktree", "add", "-q", "-b", "autoresearch/linked", &linked.dir().to_string_lossy()]);
    std::fs::copy(a_loop.path("results.tsv"), linked.path("results.tsv")).unwrap();
    let mut agent = Agent::new(&linked, Way::Command);
    assert!(linked.command(&["init"]).status().unwrap().success());
    // What was asked before the hold waits for another reason, here for its answer by the person.
    policy(&a_loop, "gates: {run: human}\n");
    let before = agent.propose(&Says::run(&an_edit(&linked, "WD = 2", "WD = 3"), "before"));
    take(&linked);
    policy(&a_loop, "gates: {run: auto}\n");
    a_loop.decider().pause("lunch").unwrap();
    let id = agent.propose(&Says::run(&an_edit(&linked, "LR = 1", "LR = 2"), "meanwhile"));
    assert_eq!(take(&linked).answered, 0);
    let mut driver = Driver::new(&linked, 100, 30);
    assert!(pending(&linked, &id).is_some());
    a_loop.decider().resume("", Spent::default()).unwrap();
    driver.observe();
    assert!(pending(&linked, &id).is_none() && pending(&linked, &before).is_some());
    assert_eq!(agent.wait(&id, 5.0).0, "approved");
}
