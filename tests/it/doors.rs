//! The agent's doors: one behaviour, through the folder, the commands and MCP.

use std::time::Duration;

use crate::support::doors::{
    Agent, Client, Says, WAYS, Way, an_edit, answer, approve, ask, everything, joined, on_line, pending, policy,
    reviewer, take,
};
use crate::support::drive::Driver;
use crate::support::tty::Tty;
use crate::support::{self, Loop, git_in};
use countersign::model::DecisionKind;
use serde_json::{Value, json};

/// The same for all three.
fn each(test: impl Fn(&mut Agent<'_>)) {
    for way in WAYS {
        let a_loop = joined();
        test(&mut Agent::new(&a_loop, way));
    }
}

#[test]
fn what_is_approved_is_what_was_proposed_and_the_agent_is_told_its_commit() {
    each(|agent| {
        let (a_loop, way) = (agent.a_loop, agent.way);
        let head = an_edit(a_loop, "LR = 1", "LR = 2");
        let says = Says {
            rationale: "the curve still falls\nat the end".into(),
            before_after: Some((1.0, 0.9)),
            ..Says::keep(&head, "a larger rate")
        };
        let git_before = everything(&a_loop.path(".git"));
        let id = agent.propose(&says);
        assert_eq!(agent.wait(&id, 0.0).0, "pending", "{way:?}: nobody has seen it");
        assert_eq!(everything(&a_loop.path(".git")), git_before, "{way:?}: asking touches nothing of git's");
        assert_eq!(take(a_loop).accepted, 1);
        let proposal = pending(a_loop, &id).unwrap();
        assert_eq!((proposal.title.raw(), proposal.agent.name.raw()), ("a larger rate", "an agent"), "{way:?}");
        assert_eq!(proposal.evidence_of("val_bpb").unwrap().after, Some(0.9), "{way:?}");
        let snapshot = a_loop.snapshot();
        let experiment = &snapshot.experiments[snapshot.waiting[0]];
        assert!((experiment.claimed_gain.unwrap() - 0.1).abs() < 1e-9);
        assert_eq!(snapshot.counts.kept, 1, "{way:?}: what is only proposed is not kept");
        assert_eq!(agent.wait(&id, 0.0).0, "pending");
        let work_tree_before = a_loop.git(&["status", "--porcelain"]);
        let made = approve(a_loop, &id).unwrap();
        let (word, told) = agent.wait(&id, 10.0);
        assert_eq!(word, "approved", "{way:?}");
        let commit = made.commit.unwrap().to_string();
        assert_eq!(told["commit"], commit.as_str());
        assert_eq!(told["base"], a_loop.head().as_str());
        let tree = a_loop.git(&["rev-parse", &format!("{head}^{{tree}}")]);
        assert_eq!((&told["proposed_tree"], &told["approved_tree"]), (&json!(tree), &json!(tree)), "{way:?}");
        assert_eq!((&told["reviewer"], &told["by_policy"]), (&json!(reviewer()), &json!(false)));
        assert_eq!(a_loop.git(&["rev-parse", "countersign/approved"]), commit);
        assert_eq!(a_loop.git(&["rev-parse", &format!("{commit}^{{tree}}")]), tree);
        assert_eq!(a_loop.git(&["status", "--porcelain"]), work_tree_before);
        let message = a_loop.git(&["log", "-1", "--format=%B", &commit]);
        assert!(message.contains("  the curve still falls\n  at the end\n"), "{message}");
        assert!(message.contains("Assisted-by: an agent"), "{message}");
        let (code, said) = a_loop.verify(&[]);
        assert_eq!(code, Some(0), "{way:?}: {said}");
        // The loop goes on from the approved commit and writes its row: nothing asks again.
        a_loop.git(&["reset", "-q", "--hard", &commit]);
        a_loop.row(&head[..7], 0.9, "keep", "a larger rate");
        let snapshot = a_loop.snapshot();
        assert!(snapshot.waiting.is_empty() && snapshot.counts.kept == 2, "{way:?}");
        a_loop.row(&commit[..9], 0.9, "keep", "the same by its other name");
        assert!(a_loop.snapshot().waiting.is_empty(), "{way:?}: what is approved is not asked about again");
    });
}

#[test]
fn a_refusal_carries_the_persons_words_and_nothing_of_the_checks() {
    each(|agent| {
        let a_loop = agent.a_loop;
        // A seed-only change and a protected file: two checks fire.
        let text = std::fs::read_to_string(a_loop.path("train.py")).unwrap();
        a_loop.write("train.py", text.replace("SEED = 6", "SEED = 7"));
        a_loop.write("prepare.py", "DATA = 2\n");
        let head = a_loop.commit("luck");
        a_loop.reset();
        let id = agent.propose(&Says::keep(&head, "another seed"));
        take(a_loop);
        let judged = a_loop.judge(&pending(a_loop, &id).unwrap().experiment()).unwrap();
        assert!(judged.findings.iter().any(|finding| finding.kind.word() == "protected"));
        assert!(answer(a_loop, &id, DecisionKind::Vetoed, "  ", Vec::new()).is_err(), "a veto needs a reason");
        answer(a_loop, &id, DecisionKind::Vetoed, "luck is no gain", vec![on_line("train.py", 6, "why 7?")]).unwrap();
        let (word, told) = agent.wait(&id, 10.0);
        assert_eq!((word.as_str(), &told["reason"]), ("vetoed", &json!("luck is no gain")), "{:?}", agent.way);
        assert_eq!(told["comments"][0]["line"], 6);
        assert_eq!(told["comments"][0]["side"], "new");
        assert!(told["commit"].is_null() && told["approved_tree"].is_null());
        for word in ["protected", "seed", "finding", "critical", "severity"] {
            let text = told.to_string().replace("luck is no gain", "");
            assert!(!text.contains(word), "{:?}: {word} in {text}", agent.way);
        }
        // The same commit asked about again gets the same answer, at once.
        let again = agent.propose(&Says { rationale: "please".into(), ..Says::keep(&head, "another seed") });
        assert_ne!(again, id);
        take(a_loop);
        assert_eq!(agent.wait(&again, 5.0).0, "vetoed");
        assert!(a_loop.snapshot().waiting.is_empty());
        assert_eq!(a_loop.verify(&[]).0, Some(0));
    });
}

#[test]
fn changes_are_requested_and_the_next_round_takes_the_place_of_the_last() {
    each(|agent| {
        let a_loop = agent.a_loop;
        let first = an_edit(a_loop, "LR = 1", "LR = 2");
        let id = agent.propose(&Says::keep(&first, "rate 2"));
        take(a_loop);
        assert!(answer(a_loop, &id, DecisionKind::ChangesRequested, "", Vec::new()).is_err(), "it must say what");
        let comment = on_line("train.py", 1, "3 is what you meant");
        answer(a_loop, &id, DecisionKind::ChangesRequested, "more", vec![comment]).unwrap();
        let (word, told) = agent.wait(&id, 10.0);
        assert_eq!(word, "changes_requested");
        assert_eq!(
            told["comments"][0],
            json!({"path": "train.py", "side": "new", "line": 1, "kind": "issue", "body": "3 is what you meant"})
        );
        assert!(a_loop.snapshot().waiting.is_empty());
        // It stays in the progress plot: sending it back does not undo what it measured.
        let mut driver = Driver::new(a_loop, 80, 24);
        driver.keys("3");
        assert_eq!(
            driver.screen().matches('●').count(),
            3,
            "the baseline's, its own and the legend's:\n{}",
            driver.screen()
        );
        let second = an_edit(a_loop, "LR = 1", "LR = 3");
        let next = agent.propose(&Says { supersedes: Some(id.clone()), ..Says::keep(&second, "rate 3") });
        take(a_loop);
        let snapshot = a_loop.snapshot();
        let proposal = pending(a_loop, &next).unwrap();
        assert_eq!(snapshot.round(&proposal), 2);
        assert_eq!(snapshot.round_before(&proposal).unwrap().id.as_str(), first);
        // Another round while this one waits: the old one is over, and says so.
        let third = an_edit(a_loop, "LR = 1", "LR = 4");
        let last = agent.propose(&Says { supersedes: Some(next.clone()), ..Says::keep(&third, "rate 4") });
        take(a_loop);
        let (word, told) = agent.wait(&next, 5.0);
        assert_eq!((word.as_str(), &told["superseded_by"]), ("stale", &json!(last)));
        assert!(approve(a_loop, &next).is_err());
        assert_eq!(a_loop.snapshot().waiting.len(), 1);
        approve(a_loop, &last).unwrap();
        assert_eq!(agent.wait(&last, 5.0).0, "approved");
        assert_eq!(a_loop.verify(&[]).0, Some(0));
    });
}

#[test]
fn a_question_keeps_it_pending_and_is_told_once() {
    each(|agent| {
        let a_loop = agent.a_loop;
        let head = an_edit(a_loop, "LR = 1", "LR = 2");
        let id = agent.propose(&Says::keep(&head, "rate 2"));
        take(a_loop);
        ask(a_loop, &id, "why not 3?");
        let (word, told) = agent.wait(&id, 5.0);
        assert_eq!(word, "pending", "{:?}", agent.way);
        assert_eq!(told["questions"][0]["comments"][0]["body"], "why not 3?");
        let snapshot = a_loop.snapshot();
        assert_eq!(snapshot.waiting.len(), 1);
        assert_eq!(snapshot.questions(&id.parse().unwrap()).count(), 1);
        if agent.way == Way::Folder {
            return;
        }
        // It was told: the next call waits, and tells the next one.
        let began = std::time::Instant::now();
        let (word, _) = agent.wait(&id, 0.6);
        assert_eq!(word, "pending");
        assert!(began.elapsed() >= Duration::from_millis(500), "{:?} did not wait", agent.way);
        ask(a_loop, &id, "really?");
        let (_, told) = agent.wait(&id, 20.0);
        assert_eq!(told["questions"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn the_same_key_is_the_same_proposal() {
    each(|agent| {
        let a_loop = agent.a_loop;
        let head = an_edit(a_loop, "LR = 1", "LR = 2");
        let says = Says { key: "idea 7".into(), ..Says::keep(&head, "rate 2") };
        let id = agent.propose(&says);
        if agent.way != Way::Folder {
            assert_eq!(agent.propose(&says), id, "asked twice before anybody looked");
        }
        take(a_loop);
        assert_eq!(agent.propose(&says), id, "{:?}: asked again later", agent.way);
        take(a_loop);
        assert_eq!(a_loop.snapshot().proposals.len(), 1, "{:?}", agent.way);
        assert_eq!(a_loop.snapshot().waiting.len(), 1);
        // Under another name, but with the key: answered alike.
        let message = json!({"v": 1, "id": "other-name", "idempotency_key": "idea 7", "base": a_loop.head(),
            "change": {"head": head}, "title": "rate 2"});
        support::doors::put_in(a_loop, "other-name", message.to_string().as_bytes(), None);
        assert_eq!(take(a_loop).accepted, 0);
        assert_eq!(agent.wait("other-name", 0.0).0, "pending");
        support::doors::put_in(a_loop, "other-name", message.to_string().as_bytes(), None);
        take(a_loop);
        let list = std::fs::read_to_string(a_loop.path(".git/countersign/proposals.jsonl")).unwrap();
        assert_eq!(list.lines().count(), 2, "the same name again is nothing new: {list}");
        assert!(!a_loop.snapshot().warnings.iter().any(|one| &*one.path == "proposals.jsonl"), "no line is missing");
        approve(a_loop, &id).unwrap();
        let (word, told) = agent.wait("other-name", 5.0);
        assert_eq!((word.as_str(), &told["id"]), ("approved", &json!("other-name")));
    });
}

#[test]
fn a_patch_is_as_good_as_a_commit() {
    each(|agent| {
        let a_loop = agent.a_loop;
        let head = an_edit(a_loop, "DEPTH = 4", "DEPTH = 8");
        let patch = a_loop.git(&["diff", &format!("{head}~1"), &head]) + "\n";
        let says = Says { patch: Some(patch), ..Says::keep("", "twice as deep") };
        let id = agent.propose(&says);
        take(a_loop);
        let proposal = pending(a_loop, &id).unwrap();
        assert!(proposal.from_patch);
        approve(a_loop, &id).unwrap();
        let (word, told) = agent.wait(&id, 5.0);
        assert_eq!(word, "approved", "{:?}", agent.way);
        assert_eq!(told["approved_tree"], a_loop.git(&["rev-parse", &format!("{head}^{{tree}}")]).as_str());
        let author = a_loop.git(&["log", "-1", "--format=%an", "countersign/approved"]);
        assert_eq!(author, "an agent");
    });
}

#[test]
fn rounds_that_lie_there_together_are_taken_in_the_order_in_which_they_came() {
    let a_loop = joined();
    let base = a_loop.head();
    let heads: Vec<String> = (2..6).map(|rate| an_edit(&a_loop, "LR = 1", &format!("LR = {rate}"))).collect();
    // Names that sort the other way.
    let names = ["d", "c", "b", "a"];
    for (at, head) in heads.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| names[before]);
        let message = json!({"v": 1, "base": base, "change": {"head": head}, "title": "x", "supersedes": before});
        support::doors::put_in(&a_loop, names[at], message.to_string().as_bytes(), None);
    }
    let told = take(&a_loop);
    assert_eq!((told.accepted, told.refused), (4, Vec::new()));
    let snapshot = a_loop.snapshot();
    assert_eq!(snapshot.waiting.len(), 1);
    assert_eq!(snapshot.round(&pending(&a_loop, "a").unwrap()), 4);
    // Two that wait for each other wait for nobody.
    for (name, other, head) in [("x", "y", &heads[0]), ("y", "x", &heads[1])] {
        let message = json!({"v": 1, "base": base, "change": {"head": head}, "title": "x", "supersedes": other});
        support::doors::put_in(&a_loop, name, message.to_string().as_bytes(), None);
    }
    assert_eq!(take(&a_loop).refused.len(), 2);
}

#[test]
fn an_unknown_name_is_neither_pending_nor_answered() {
    each(|agent| {
        let (word, _) = agent.wait("never-asked", 0.0);
        match agent.way {
            Way::Folder => assert_eq!(word, "pending", "a folder cannot tell"),
            _ => assert!(word.contains("no proposal never-asked"), "{word}"),
        }
    });
}

#[test]
fn work_tree_edits_are_proposed_without_touching_git() {
    let a_loop = joined();
    a_loop.write("train.py", "LR = 9\nWD = 2\nBATCH = 3\nDEPTH = 4\nWIDTH = 5\nSEED = 6\n");
    a_loop.write("model.py", "new = True\n");
    a_loop.write("run.log", "step 1\n");
    a_loop.write(".gitattributes", "train.py -diff\n");
    let before = everything(&a_loop.path(".git"));
    let out = a_loop.command(&["propose", "--worktree", "-m", "edits"]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(everything(&a_loop.path(".git")), before);
    take(&a_loop);
    let snapshot = a_loop.snapshot();
    let id = snapshot.experiments[snapshot.waiting[0]].id.clone();
    let judged = a_loop.judge(&id).unwrap();
    let paths: Vec<&str> = judged.built.files().iter().map(|file| file.path.raw()).collect();
    assert_eq!(paths, [".gitattributes", "model.py", "train.py"], "results, logs and the door stay out of it");
    assert_eq!(judged.built.files()[2].added, 1, "an attribute hides nothing");
}

#[test]
fn an_agent_in_a_work_tree_of_its_own_uses_the_loops_door() {
    let a_loop = joined();
    let other = a_loop.folder().join("agent-2");
    let other_name = other.to_string_lossy().into_owned();
    a_loop.git(&["worktree", "add", "-q", "--detach", &other_name]);
    std::fs::write(other.join("train.py"), "LR = 1\nWD = 9\nBATCH = 3\nDEPTH = 4\nWIDTH = 5\nSEED = 6\n").unwrap();
    assert!(git_in(&other, &["commit", "-qam", "decay"]).status.success());
    let mut command = a_loop.command(&["propose", "-m", "decay"]);
    command.arg("-C").arg(&other);
    let out = std::process::Command::new(command.get_program())
        .args(["propose", "-m", "decay", "-C", &other_name])
        .env_clear()
        .envs(a_loop.environment())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(take(&a_loop).accepted, 1);
    assert_eq!(a_loop.snapshot().waiting.len(), 1);
    let outside = a_loop.folder().to_string_lossy().into_owned();
    let out = std::process::Command::new(command.get_program())
        .args(["wait", "x", "-C", &outside])
        .env_clear()
        .envs(a_loop.environment())
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("countersign init"), "the remedy is told");
}

/// The UI on a loop, at its inbox.
fn opened(a_loop: &Loop) -> Tty {
    let tty = Tty::open(a_loop, 80, 24, &[]);
    tty.sees("Inbox");
    tty
}

#[test]
fn a_wait_outlives_the_supervisor_and_ends_with_the_decision() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let mut agent = Agent::new(&a_loop, Way::Command);
    let id = agent.propose(&Says { before_after: Some((1.0, 0.9)), ..Says::keep(&head, "a larger rate") });
    let waiting =
        a_loop.command(&["wait", &id, "--timeout", "60s"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    // Seen, and left.
    let mut tty = opened(&a_loop);
    tty.sees("asks at the keep gate");
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    // Opened again, and decided.
    let mut tty = opened(&a_loop);
    tty.sees("no findings");
    tty.keys("a");
    tty.sees("the change becomes a commit");
    tty.keys("\r");
    tty.sees("on disk");
    let out = waiting.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0));
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(told["commit"], a_loop.git(&["rev-parse", "countersign/approved"]).as_str());
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn what_a_clean_took_away_is_made_again_and_told_again() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let (one, two) = (an_edit(&a_loop, "LR = 1", "LR = 2"), an_edit(&a_loop, "WD = 2", "WD = 3"));
    let (vetoed, waits) = (agent.propose(&Says::keep(&one, "one")), agent.propose(&Says::keep(&two, "two")));
    take(&a_loop);
    answer(&a_loop, &vetoed, DecisionKind::Vetoed, "no", Vec::new()).unwrap();
    a_loop.decider().leave_note("mind the seed").unwrap();
    std::fs::remove_dir_all(a_loop.path(".countersign")).unwrap();
    assert_eq!(a_loop.snapshot().waiting.len(), 1, "what was taken in is not lost");
    a_loop.decider().republish().unwrap();
    assert_eq!(agent.wait(&vetoed, 0.0).0, "vetoed");
    assert_eq!(agent.wait(&waits, 0.0).1["status"], "pending");
    let mut other = Agent::new(&a_loop, Way::Mcp);
    let told = other.client().call("get_feedback", json!({})).unwrap();
    assert_eq!(told["notes"][0]["text"], "mind the seed");
}

#[test]
fn mcp_lists_its_tools_and_says_what_is_wrong_to_whoever_called() {
    let a_loop = joined();
    let mut client = Client::start(&a_loop, false);
    assert_eq!(client.info["serverInfo"]["name"], "countersign");
    let tools = client.request("tools/list", json!({})).unwrap();
    let mut names: Vec<&str> =
        tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["await_decision", "get_feedback", "log_metrics", "propose_change"]);
    assert!(client.call("await_decision", json!({"id": "../x"})).unwrap_err().contains("a proposal's id"));
    assert!(client.call("await_decision", json!({"id": "x", "max_wait_s": 600})).unwrap_err().contains("max_wait_s"));
    assert!(
        client
            .call("propose_change", json!({"title": "x", "head": "nowhere"}))
            .unwrap_err()
            .contains("is not a commit in this repository")
    );
    assert!(client.call("propose_change", json!({"title": "x", "head": "HEAD", "worktree": true})).is_err());
    assert!(client.call("propose_change", json!({"title": "x", "hed": "HEAD"})).unwrap_err().contains("unknown field"));
    assert!(client.call("no_such_tool", json!({})).is_err());
    assert_eq!(
        client.call("log_metrics", json!({"metrics": {"loss": 2.5}, "step": 1, "trial": "a"})).unwrap()["logged"],
        1
    );
    client.call("log_metrics", json!({"metrics": {"loss": 2.0}, "step": 2, "trial": "a"})).unwrap();
    assert!(client.call("log_metrics", json!({"metrics": {"loss": "low"}})).unwrap_err().contains("is not a number"));
    let snapshot = a_loop.snapshot();
    let trial = snapshot.trials.iter().find(|trial| trial.log.contains("metrics.jsonl")).expect("a curve");
    assert_eq!(trial.points_of("loss"), 2);
    client.call("log_metrics", json!({"metrics": {"loss": 9.0}, "step": 1, "trial": "b"})).unwrap();
    let text = std::fs::read_to_string(a_loop.path(".countersign/metrics.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 1, "another trial begins anew: {text}");
}

#[test]
fn a_client_that_knows_tasks_gets_one_and_it_outlives_the_server() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let mut client = Client::start(&a_loop, true);
    let id = client.call("propose_change", json!({"title": "rate", "head": head})).unwrap()["id"].clone();
    take(&a_loop);
    let task = client.request("tools/call", json!({"name": "await_decision", "arguments": {"id": id}})).unwrap();
    assert_eq!((&task["resultType"], &task["status"]), (&json!("task"), &json!("working")), "{task}");
    let get = |client: &mut Client| client.request("tasks/get", json!({"taskId": task["taskId"]})).unwrap();
    assert_eq!(get(&mut client)["status"], "working");
    let mut client = Client::start(&a_loop, true);
    approve(&a_loop, id.as_str().unwrap()).unwrap();
    let done = get(&mut client);
    assert_eq!(done["status"], "completed", "{done}");
    assert_eq!(done["result"]["structuredContent"]["decision"], "approved");
    // Who does not know tasks is told to call again.
    let mut plain = Client::start(&a_loop, false);
    let other = an_edit(&a_loop, "WD = 2", "WD = 3");
    let id = plain.call("propose_change", json!({"title": "decay", "head": other})).unwrap()["id"].clone();
    take(&a_loop);
    assert_eq!(plain.call("await_decision", json!({"id": id, "max_wait_s": 0})).unwrap()["status"], "pending");
}

#[test]
fn a_key_goes_with_what_it_was_first_used_for() {
    each(|agent| {
        let (a_loop, way) = (agent.a_loop, agent.way);
        let (good, evil) = (an_edit(a_loop, "LR = 1", "LR = 2"), an_edit(a_loop, "WD = 2", "WD = 666"));
        let says = Says { key: "idea 7".into(), before_after: Some((1.0, 0.9)), ..Says::keep(&good, "good") };
        let id = agent.propose(&says);
        take(a_loop);
        approve(a_loop, &id).unwrap();
        let base = Some(format!("{good}~1"));
        let others = [
            Says { head: evil.clone(), ..says.clone() },
            Says { gate: "run", base: base.clone(), ..says.clone() },
            Says { title: "another title".into(), base: base.clone(), ..says.clone() },
            Says { rationale: "another reason".into(), base: base.clone(), ..says.clone() },
            Says { before_after: Some((1.0, 0.5)), base: base.clone(), ..says.clone() },
            Says { patch: Some(a_loop.git(&["diff", &format!("{good}~1"), &good]) + "\n"), base, ..says.clone() },
        ];
        for (number, other) in others.iter().enumerate() {
            let message = json!({
                "v": 1, "idempotency_key": other.key, "gate": other.gate, "base": a_loop.head(),
                "change": if other.patch.is_some() { json!({}) } else { json!({"head": other.head}) },
                "title": other.title, "rationale": other.rationale, "agent": {"name": "an agent"},
                "evidence": [{"metric": "val_bpb", "before": 1.0, "after": other.before_after.unwrap().1}],
            });
            let name = if way == Way::Folder {
                let name = format!("other-{number}");
                let patch = other.patch.as_deref().map(str::as_bytes);
                support::doors::put_in(a_loop, &name, message.to_string().as_bytes(), patch);
                name
            } else {
                agent.propose(other)
            };
            assert_ne!(name, id, "{way:?} {number}: another proposal has another name");
            let told = take(a_loop);
            assert_eq!((told.accepted, told.refused.len()), (0, 1), "{way:?} {number}: {told:?}");
            let (word, said) = agent.wait(&name, 0.0);
            assert_ne!(word, "approved");
            assert!(
                format!("{word}{said}").contains("idempotency_key: already used for another proposal"),
                "{way:?}: {said}"
            );
        }
        // The very same is answered alike, whoever asks.
        let mut again = Agent::new(a_loop, Way::Command);
        let retried = again.propose(&Says { base: Some(format!("{good}~1")), ..says });
        take(a_loop);
        assert_eq!(again.wait(&retried, 0.0).0, "approved", "{way:?}");
        assert_eq!(a_loop.snapshot().proposals.len(), 1);
    });
}

/// Proposes as one of several agents; the token is its own.
fn propose_as(a_loop: &Loop, name: &str, token: &str, head: &str, supersedes: Option<&str>) -> Value {
    let mut words = vec!["propose", "-m", name, "--agent", name, "--head", head];
    if !token.is_empty() {
        words.extend(["--token", token]);
    }
    words.extend(supersedes.iter().flat_map(|id| ["--supersedes", id]));
    a_loop.json(&words)
}

#[test]
fn an_agent_takes_the_place_of_its_own_proposals_alone() {
    let a_loop = joined();
    let heads: Vec<String> = (2..12).map(|rate| an_edit(&a_loop, "LR = 1", &format!("LR = {rate}"))).collect();
    // Without tokens agents are told apart by their names.
    let one = propose_as(&a_loop, "one", "", &heads[0], None)["id"].as_str().unwrap().to_owned();
    take(&a_loop);
    let refused = |put: &Value, why: &str| {
        let told = take(&a_loop);
        assert_eq!((told.accepted, told.refused.len()), (0, 1), "{told:?}");
        let (word, said) = Agent::new(&a_loop, Way::Command).wait(put["id"].as_str().unwrap(), 0.0);
        assert!(word == "rejected" && said["error"].as_str().unwrap().contains(why), "{said}");
    };
    refused(&propose_as(&a_loop, "two", "", &heads[1], Some(&one)), "belongs to another agent");
    assert!(pending(&a_loop, &one).is_some(), "nothing became of the first");
    propose_as(&a_loop, "one", "", &heads[2], Some(&one));
    assert_eq!(take(&a_loop).accepted, 1);
    // With one, the name is no matter; and nobody else has it.
    let put = propose_as(&a_loop, "three", "new", &heads[3], None);
    let (three, token) = (put["id"].as_str().unwrap().to_owned(), put["token"].as_str().unwrap().to_owned());
    assert!(propose_as(&a_loop, "three", &token, &heads[9], None).get("token").is_none(), "it is given out once");
    take(&a_loop);
    refused(&propose_as(&a_loop, "three", "", &heads[4], Some(&three)), "belongs to another agent");
    refused(&propose_as(&a_loop, "three", "0123456789abcdef", &heads[5], Some(&three)), "belongs to another agent");
    propose_as(&a_loop, "renamed", &token, &heads[6], Some(&three));
    assert_eq!(take(&a_loop).accepted, 1);
    let list = std::fs::read_to_string(a_loop.path(".git/countersign/proposals.jsonl")).unwrap();
    assert!(!list.contains(&token), "only its hash is written down");
    // A server that speaks MCP has one of its own.
    let mut server = Agent::new(&a_loop, Way::Mcp);
    let by_mcp = server.propose(&Says::keep(&heads[7], "by mcp"));
    take(&a_loop);
    refused(&propose_as(&a_loop, "an agent", "", &heads[8], Some(&by_mcp)), "belongs to another agent");
    let next = an_edit(&a_loop, "WD = 2", "WD = 3");
    server.propose(&Says { supersedes: Some(by_mcp.clone()), ..Says::keep(&next, "by mcp again") });
    assert_eq!(take(&a_loop).accepted, 1);
    assert_eq!(server.wait(&by_mcp, 0.0).0, "stale");
    let short = a_loop.command(&["propose", "-m", "x", "--token", "short", "--head", &heads[0]]).output().unwrap();
    assert!(String::from_utf8_lossy(&short.stderr).contains("token: 16 to 128"));
}

#[test]
fn two_agents_may_use_the_same_key() {
    let a_loop = joined();
    let (one, two) = (an_edit(&a_loop, "LR = 1", "LR = 2"), an_edit(&a_loop, "WD = 2", "WD = 3"));
    let put =
        |name: &str, head: &str| a_loop.json(&["propose", "-m", name, "--agent", name, "--key", "1", "--head", head]);
    let (first, second) = (put("one", &one), put("two", &two));
    assert_ne!(first["id"], second["id"]);
    let told = take(&a_loop);
    assert_eq!((told.accepted, told.refused), (2, Vec::new()));
}

#[test]
fn show_takes_what_propose_and_log_print_and_the_commit_that_was_made() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let (one, two) = (an_edit(&a_loop, "LR = 1", "LR = 2"), an_edit(&a_loop, "WD = 2", "WD = 3"));
    let (first, second) = (agent.propose(&Says::keep(&one, "one")), agent.propose(&Says::keep(&two, "two")));
    take(&a_loop);
    approve(&a_loop, &first).unwrap();
    answer(&a_loop, &second, DecisionKind::Vetoed, "no", Vec::new()).unwrap();
    let out = |args: &[&str]| String::from_utf8_lossy(&a_loop.command(args).output().unwrap().stdout).into_owned();
    let made = a_loop.git(&["rev-parse", "countersign/approved"]);
    for (name, of) in [(first.as_str(), &one), (second.as_str(), &two), (&made, &one), (&made[..7], &one)] {
        assert!(out(&["show", name]).contains(of.as_str()), "{name}: {}", out(&["show", name]));
    }
    assert!(out(&["show", &first]).contains(&format!("commit    {made}")));
    let log = out(&["log"]);
    let vetoed = log.lines().find(|line| line.contains("vetoed")).unwrap();
    assert!(out(&["show", vetoed.split(' ').next().unwrap()]).contains(&two), "{log}");
}

#[test]
fn a_change_begins_at_the_approved_branch_whatever_it_is_called() {
    // The policy's name, and the one that the second loop of a repository gets.
    for text in ["approved_branch: mine/ok\n", ""] {
        let a_loop = joined();
        policy(&a_loop, &format!("gates: {{run: human, keep: human}}\n{text}"));
        let branch = if text.is_empty() { "countersign/approved" } else { "mine/ok" };
        let mut branches = vec![("autoresearch/mar8", branch)];
        if text.is_empty() {
            branches.push(("autoresearch/mar9", "countersign/mar9"));
        }
        for (own, branch) in branches {
            let knob = if own == "autoresearch/mar9" { "WD = 2" } else { "LR = 1" };
            if own == "autoresearch/mar9" {
                a_loop.git(&["checkout", "-q", "-B", own]);
            }
            let mut agent = Agent::new(&a_loop, Way::Command);
            let head = an_edit(&a_loop, knob, &format!("{knob}0"));
            let id = agent.propose(&Says::keep(&head, "one"));
            take(&a_loop);
            let made = approve(&a_loop, &id).unwrap().commit.unwrap().to_string();
            assert_eq!(a_loop.git(&["rev-parse", branch]), made, "{own}");
            a_loop.git(&["reset", "-q", "--hard", &made]);
            for word in ["two", "three", "four"] {
                a_loop.append("train.py", &format!("# {word}\n"));
                a_loop.commit(word);
            }
            let head = a_loop.head();
            let id = agent.propose(&Says { base: None, ..Says::keep(&head, "three more") });
            take(&a_loop);
            assert_eq!(pending(&a_loop, &id).unwrap().base.to_string(), made, "{own}: all three are judged");
        }
    }
}
