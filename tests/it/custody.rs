//! The ledger believes nothing that the person did not do: records, places, policies and holds that somebody else
//! puts there are said, decide nothing, and are settled by a person, on record.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::doors::{Agent, Says, Way, an_edit, approve, everything, joined, policy, take};
use crate::support::drive::Driver;
use crate::support::tty::{DEADLINE, Tty};
use crate::support::{self, Loop, a_night};
use countersign::decide::Settlement;
use countersign::ledger::{Anchor, Anchors, Body, LedgerProblem, LoopKey, Record, line_hash, read_chain};
use countersign::model::{CommitId, DecisionKind, ExperimentId, Spent};

fn path(a_loop: &Loop) -> PathBuf {
    a_loop.path(".git/countersign/ledger.jsonl")
}

/// A night with a change approved and one vetoed.
fn decided() -> Loop {
    let night = a_night(16, 13);
    let queue = night.waiting();
    night.approve(&queue[0]).unwrap();
    night.veto(&queue[1], "never: it cheats").unwrap();
    assert_eq!(night.verify(&[]).0, Some(0));
    night
}

/// A decision as the ledger records it, in the name of anybody, without a proposal or a reason.
fn decision_record(
    experiment: &str,
    decision: DecisionKind,
    by_policy: bool,
    reviewer: &str,
    commit: Option<CommitId>,
    intent: Option<u64>,
) -> Body {
    Body::Decision {
        experiment: ExperimentId::new(experiment),
        decision,
        intent,
        commit,
        proposal: None,
        comments: Vec::new(),
        acknowledged: Vec::new(),
        on_screen_s: None,
        by_policy,
        reviewer: reviewer.to_owned(),
        reason: String::new(),
    }
}

/// Appends a record that follows from the last line, as anybody can who writes to the repository.
fn forge(a_loop: &Loop, body: Body) -> Record {
    let text = std::fs::read_to_string(path(a_loop)).unwrap();
    let last = text.lines().last().unwrap();
    let before: Record = serde_json::from_str(last).unwrap();
    let record = Record {
        v: 1,
        seq: before.seq + 1,
        prev: line_hash(last.as_bytes()),
        at: before.at,
        loop_key: LoopKey::from(&a_loop.watched().identity()),
        body,
        signature: None,
    };
    a_loop.append(".git/countersign/ledger.jsonl", &format!("{}\n", serde_json::to_string(&record).unwrap()));
    record
}

fn goes_on() -> Body {
    Body::Paused { paused: false, reason: String::new(), reviewer: "Ada Human <ada@example.org>".to_owned() }
}

fn doubt(a_loop: &Loop) -> LedgerProblem {
    a_loop.decider().doubt().unwrap().unwrap().doubt
}

/// It is said everywhere, and nothing is decided, however often one looks.
fn assert_stopped(a_loop: &Loop, words: &str) {
    for _ in 0..2 {
        let (code, text) = a_loop.verify(&[]);
        assert!(code == Some(4) && text.contains(words), "`{words}` is not in\n{text}");
        let trouble = a_loop.snapshot().approved.trouble.clone().unwrap();
        assert!(trouble.contains(words), "{trouble}");
        let error = a_loop.veto(&ExperimentId::new("abcdef0"), "no").unwrap_err();
        assert!(error.contains(words), "{error}");
        let mut tty = Tty::open(a_loop, 100, 30, &[]);
        tty.wait("that it stopped", |screen| screen.contains("stopped: w"));
        tty.keys("q");
        assert_eq!(tty.exit_code(), 0);
    }
}

fn assert_whole(a_loop: &Loop) {
    support::assert_whole(a_loop);
    assert!(a_loop.snapshot().approved.trouble.is_none());
}

/// The command at a terminal, with the words that are typed.
fn settle(a_loop: &Loop, how: &str, typed: &str) -> (u32, String) {
    let dir = a_loop.dir().to_string_lossy().into_owned();
    let mut tty = Tty::run(a_loop, 150, 40, &[], &["ledger", how, "-C", &dir, "-r", "as I said"]);
    tty.wait("the question", |screen| screen.contains("to continue: ") || screen.contains("does not settle"));
    tty.keys(typed);
    (tty.exit_code(), tty.screen())
}

#[test]
fn records_that_somebody_else_appended_decide_nothing() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto}\n");
    a_loop.decider().pause("lunch").unwrap();
    forge(&a_loop, goes_on());
    assert_stopped(&a_loop, "record 5 was appended by somebody else and is ignored");
    // The loop is held as the person left it.
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let id = agent.propose(&Says::run(&head, "run it"));
    assert!(a_loop.decider().collect_proposals(Spent::default()).is_err());
    assert!(a_loop.snapshot().mailbox.paused);
    // Struck: it is in a file beside the ledger, and the record says so.
    let (code, screen) = settle(&a_loop, "strike", "strike\r");
    assert!(code == 0 && screen.contains("resumes the loops  by \"Ada Human"), "{screen}");
    let chain = read_chain(&path(&a_loop)).unwrap();
    let Body::Struck { lines: 1, kept_in, sha256, .. } = &chain.entries[4].record.body else { panic!("{chain:?}") };
    let kept = std::fs::read(path(&a_loop).with_file_name(kept_in)).unwrap();
    assert!(line_hash(&kept) == *sha256 && String::from_utf8_lossy(&kept).contains("\"paused\":false"));
    assert_whole(&a_loop);
    take(&a_loop);
    assert!(support::doors::pending(&a_loop, &id).is_some(), "it waits: the loop is held");
    // Adopted: it counts from then on.
    forge(&a_loop, goes_on());
    assert_eq!(settle(&a_loop, "moved", "moved\r").0, 5, "that does not settle this problem");
    assert_eq!(settle(&a_loop, "adopt", "no\r").0, 5, "nothing without the word");
    assert_eq!(settle(&a_loop, "adopt", "adopt\r").0, 0);
    assert_whole(&a_loop);
    assert!(!a_loop.snapshot().mailbox.paused);
}

#[test]
fn a_whole_approval_that_somebody_else_wrote_is_none() {
    let night = decided();
    let before = night.snapshot().decisions.len();
    let tip = night.git(&["rev-parse", "countersign/approved"]);
    let commit = night.git(&["commit-tree", "master^{tree}", "-p", &tip, "-m", "an innocent clean-up"]);
    night.git(&["update-ref", "refs/heads/countersign/approved", &commit]);
    let body = decision_record(
        &commit,
        DecisionKind::Approved,
        false,
        "Ada Human <ada@example.org>",
        Some(commit.parse().unwrap()),
        Some(3),
    );
    forge(&night, body);
    assert_stopped(&night, "record 6 was appended by somebody else");
    assert_eq!(night.snapshot().decisions.len(), before);
    assert_eq!(settle(&night, "strike", "strike\r").0, 0);
    // The branch is another matter, and is said next.
    assert!(night.verify(&[]).1.contains("no decision in the ledger made it"));
}

#[test]
fn no_name_in_a_foreign_record_pushes_out_what_it_does() {
    let night = decided();
    let blanks = " ".repeat(200);
    let experiment = format!("abc1234 vetoed  Ada Human <ada@example.org>{blanks}");
    let reviewer = format!("Eve <eve@example.org>{blanks}");
    forge(&night, decision_record(&experiment, DecisionKind::Approved, false, &reviewer, None, None));
    let out = night.command(&["ledger"]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let line = text.lines().find(|line| line.contains("decides")).unwrap();
    assert!(line.contains("decides: approved \"abc1234 vetoed") && line.contains("by \"Eve"), "{line}");
}

#[test]
fn half_a_line_that_no_decision_left_is_foreign() {
    let night = decided();
    night.append(".git/countersign/ledger.jsonl", "{\"v\":1,\"se");
    assert_stopped(&night, "record 6 was appended by somebody else");
    assert_eq!(settle(&night, "strike", "strike\r").0, 0);
    assert_whole(&night);
}

#[test]
fn lines_that_are_no_records_are_struck_like_others() {
    for bad in ["garbage\n", "\n", "\u{feff}{}\r\n", "{\"v\":1}\n{}\n"] {
        let night = decided();
        let whole = std::fs::read_to_string(path(&night)).unwrap();
        night.append(".git/countersign/ledger.jsonl", bad);
        let (code, text) = night.verify(&[]);
        assert!(code == Some(4) && text.contains("line 6") && text.contains("countersign ledger"), "{text}");
        assert_eq!(settle(&night, "strike", "strike\r").0, 0, "{bad:?}");
        assert_whole(&night);
        assert!(std::fs::read_to_string(path(&night)).unwrap().starts_with(&whole));
    }
}

#[test]
fn nothing_else_is_settled_than_what_was_shown() {
    let night = decided();
    let whole = std::fs::read_to_string(path(&night)).unwrap();
    forge(&night, goes_on());
    let shown = night.decider().doubt().unwrap().unwrap();
    // As many records, and others.
    std::fs::write(path(&night), whole).unwrap();
    forge(
        &night,
        Body::Policy {
            text: "protected: []\n".to_owned(),
            automatic: None,
            reviewer: "Ada Human <ada@example.org>".to_owned(),
        },
    );
    for how in [Settlement::Adopt, Settlement::Strike] {
        let error = night.decider().settle_doubt(&shown, how, "").unwrap_err().to_string();
        assert!(error.contains("changed since it was shown"), "{error}");
    }
    assert!(night.watched().policy().protects("prepare.py"));
}

/// The loop and the person's state in another folder; the first is left as it is.
fn copied(a_loop: &Loop) -> Loop {
    let folder = tempfile::tempdir().unwrap().keep();
    for name in ["run", "state", "home"] {
        let from = a_loop.folder().join(name);
        let status = std::process::Command::new("cp").arg("-a").arg(from).arg(&folder).status().unwrap();
        assert!(status.success() || name == "home");
    }
    Loop::at(folder.canonicalize().unwrap())
}

#[test]
fn a_copy_is_watched_only_until_a_person_says_what_it_is() {
    for how in ["moved", "new"] {
        let night = decided();
        let (waiting, decisions) = (night.waiting(), night.snapshot().decisions.len());
        let other = copied(&night);
        if how == "moved" {
            // What still stands was not moved.
            assert_stopped(&other, "which still exists: this is a copy");
            assert_eq!(settle(&other, how, &format!("{how}\r")).0, 5);
            assert_whole(&night);
            std::fs::remove_dir_all(night.dir()).unwrap();
        }
        assert_stopped(&other, "this is a copy (watch only)");
        let (code, screen) = settle(&other, how, &format!("{how}\r"));
        assert_eq!(code, 0, "{screen}");
        assert_whole(&other);
        if how == "moved" {
            // The loops go with it: what was decided stays decided, and what waited waits.
            assert_eq!((other.waiting(), other.snapshot().decisions.len()), (waiting.clone(), decisions));
        }
        let next = other.waiting()[0].clone();
        other.approve(&next).unwrap();
        assert_whole(&other);
        if how == "new" {
            // Each goes its own way, with an anchor of its own.
            let chain = read_chain(&path(&other)).unwrap();
            assert_ne!(chain.identity(), read_chain(&path(&night)).unwrap().identity());
            night.veto(&night.waiting()[0], "not here").unwrap();
            assert_whole(&night);
        }
        std::fs::remove_dir_all(other.folder()).unwrap();
    }
}

#[test]
fn a_copy_with_less_in_it_was_not_moved() {
    let night = decided();
    let other = copied(&night);
    let text = std::fs::read_to_string(path(&other)).unwrap();
    let less: Vec<&str> = text.lines().take(4).collect();
    std::fs::write(path(&other), format!("{}\n", less.join("\n"))).unwrap();
    assert_stopped(&other, "this is an incomplete copy");
    assert_eq!(settle(&other, "moved", "moved\r").0, 5);
    std::fs::remove_dir_all(other.folder()).unwrap();
}

#[test]
fn git_moved_away_leads_to_no_other_ledger() {
    for (what, words) in [("whole", "this ledger belongs to"), ("emptied", "the ledger with 5 records at")] {
        let night = decided();
        let elsewhere = night.folder().join("elsewhere.git");
        std::fs::rename(night.path(".git"), &elsewhere).unwrap();
        if what == "emptied" {
            std::fs::remove_dir_all(elsewhere.join("countersign")).unwrap();
        }
        std::fs::write(night.path(".git"), "gitdir: ../elsewhere.git\n").unwrap();
        assert_stopped(&night, words);
    }
}

#[test]
fn a_work_tree_that_leads_to_another_repository_has_lost_its_ledger() {
    let night = decided();
    let folder = tempfile::tempdir().unwrap().keep().canonicalize().unwrap();
    let linked = Loop::at(folder.clone());
    let tree = linked.dir().to_string_lossy().into_owned();
    night.git(&["worktree", "add", "-q", "-b", "autoresearch/linked", &tree]);
    std::fs::copy(night.path("results.tsv"), linked.path("results.tsv")).unwrap();
    linked.decider().leave_note("hello").unwrap_err();
    // The person's state is one: that of the first loop.
    let status = std::process::Command::new("cp").arg("-a").arg(night.folder().join("state")).arg(&folder).status();
    assert!(status.unwrap().success());
    linked.decider().leave_note("hello").unwrap();
    let elsewhere = folder.join("elsewhere.git");
    let status = std::process::Command::new("cp").arg("-a").arg(night.path(".git")).arg(&elsewhere).status().unwrap();
    assert!(status.success());
    std::fs::remove_dir_all(elsewhere.join("countersign")).unwrap();
    let leads = std::fs::read_to_string(linked.path(".git")).unwrap();
    let from = night.path(".git").to_string_lossy().into_owned();
    linked.write(".git", leads.replace(&from, &elsewhere.to_string_lossy()));
    assert_stopped(&linked, "but its repository now points elsewhere");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_ledger_that_is_lost_is_begun_anew_on_record() {
    let night = decided();
    let lost = read_chain(&path(&night)).unwrap();
    std::fs::remove_file(path(&night)).unwrap();
    night.git(&["branch", "-m", "countersign/approved", "kept"]);
    assert_stopped(&night, "0 records but 5 are anchored");
    assert_eq!(settle(&night, "adopt", "adopt\r").0, 5, "there is nothing to adopt");
    assert_eq!(settle(&night, "new", "new\r").0, 0);
    assert_whole(&night);
    let chain = read_chain(&path(&night)).unwrap();
    let Body::Opened { after, reviewer, .. } = &chain.entries[0].record.body else { panic!("{chain:?}") };
    assert_eq!((after.as_deref(), reviewer.as_str()), (lost.identity(), "Ada Human <ada@example.org>"));
    night.veto(&night.waiting()[0], "again").unwrap();
    assert_whole(&night);
}

#[test]
fn another_ledger_in_the_place_of_ours_is_not_ours() {
    let (night, other) = (decided(), decided());
    std::fs::copy(path(&other), path(&night)).unwrap();
    assert_stopped(&night, "was replaced by another");
    assert_eq!(doubt(&night), doubt(&night));
    assert!(!Settlement::Adopt.settles(&doubt(&night)), "nobody vouches for what is another loop's");
}

#[test]
fn an_anchor_that_cannot_be_written_stops_the_decision_before_it() {
    let night = decided();
    let anchors = night.state().join("anchors");
    let before = std::fs::read(path(&night)).unwrap();
    // Root writes anywhere: a file in the place of the folder stops everybody.
    let aside = night.state().join("aside");
    std::fs::rename(&anchors, &aside).unwrap();
    std::fs::create_dir_all(&anchors).unwrap();
    for entry in std::fs::read_dir(&aside).unwrap().flatten() {
        std::fs::copy(entry.path(), anchors.join(entry.file_name())).unwrap();
    }
    let id = read_chain(&path(&night)).unwrap().identity().unwrap().to_owned();
    let held = std::process::Command::new("chattr").arg("+i").arg(&anchors).status();
    let error = night.veto(&night.waiting()[0], "no");
    let _ = std::process::Command::new("chattr").arg("-i").arg(&anchors).status();
    if held.is_ok_and(|status| status.success()) {
        assert!(error.unwrap_err().contains("the anchor"), "it says what could not be written");
        assert_eq!(std::fs::read(path(&night)).unwrap(), before, "nothing was appended");
    }
    assert!(anchors.join(format!("{}.json", &id[..32])).exists());
}

#[test]
fn the_policy_in_force_is_the_one_that_was_accepted() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: human, keep: human}\nprotected: [train.py, prepare.py]\n");
    a_loop.decider().leave_note("hello").unwrap();
    assert_whole(&a_loop);
    // Somebody loosens it: nothing follows but that it is said.
    a_loop.write(".git/countersign/policy.yaml", "gates: {run: auto, keep: auto}\nprotected: []\n");
    let (code, text) = a_loop.verify(&[]);
    assert!(
        code == Some(4) && text.contains("policy.yaml was changed: it differs from the policy of record 3"),
        "{text}"
    );
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let (run, keep) = (agent.propose(&Says::run(&head, "run it")), agent.propose(&Says::keep(&head, "keep it")));
    assert_eq!(take(&a_loop).answered, 0);
    assert!(support::doors::pending(&a_loop, &run).is_some());
    assert!(a_loop.watched().policy().protects("train.py"));
    let error = approve(&a_loop, &keep).unwrap_err();
    assert!(error.contains("policy.yaml was changed: it differs from the policy of record 3"), "{error}");
    // One that is stricter closes the gates until it is settled: who wrote it may be the person.
    a_loop.write(
        ".git/countersign/policy.yaml",
        "gates: {run: human, keep: human}\nprotected: [train.py, prepare.py, x]\n",
    );
    let head = an_edit(&a_loop, "LR = 1", "LR = 3");
    agent.propose(&Says::run(&head, "run it, too"));
    assert_eq!(take(&a_loop).answered, 0);
    a_loop.write(".git/countersign/policy.yaml", "gates: {run: auto, keep: auto}\nprotected: []\n");
    // The person looks at the difference and accepts it.
    let dir = a_loop.dir().to_string_lossy().into_owned();
    let mut tty = Tty::run(&a_loop, 120, 40, &[], &["policy", &dir]);
    assert_eq!(tty.exit_code(), 4);
    assert!(tty.screen().contains("-protected: [train.py, prepare.py]"), "{}", tty.screen());
    let mut tty = Tty::run(&a_loop, 120, 40, &[], &["policy", "--accept", &dir]);
    tty.sees("type `accept` to continue");
    tty.keys("accept\r");
    assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
    assert_whole(&a_loop);
    approve(&a_loop, &keep).unwrap();
}

#[test]
fn a_hold_is_not_left_by_going_to_another_branch() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto}\n");
    a_loop.decider().pause("lunch").unwrap();
    a_loop.git(&["checkout", "-q", "-b", "autoresearch/mar9"]);
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let id = agent.propose(&Says::run(&head, "run it"));
    assert_eq!(take(&a_loop).answered, 0);
    assert!(support::doors::pending(&a_loop, &id).is_some());
}

#[test]
fn a_veto_is_not_left_by_going_to_another_branch() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let first = agent.propose(&Says::keep(&head, "keep it"));
    take(&a_loop);
    support::doors::answer(&a_loop, &first, DecisionKind::Vetoed, "never", Vec::new()).unwrap();
    a_loop.git(&["checkout", "-q", "-b", "autoresearch/mar9"]);
    let again = agent.propose(&Says::keep(&head, "something else"));
    take(&a_loop);
    let (word, told) = agent.wait(&again, 5.0);
    assert!(word == "vetoed" && told["reason"] == "never", "{told}");
    assert!(support::doors::pending(&a_loop, &again).is_none());
}

#[test]
fn the_first_policy_is_the_one_that_lies_there() {
    let a_loop = joined();
    a_loop.write(".git/countersign/policy.yaml", "gates: {run: auto}\n");
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    Agent::new(&a_loop, Way::Folder).propose(&Says::run(&head, "run it"));
    assert_eq!(take(&a_loop).answered, 1);
    let chain = read_chain(&path(&a_loop)).unwrap();
    let Body::Policy { text, reviewer, .. } = &chain.entries[2].record.body else { panic!("{chain:?}") };
    assert_eq!((text.as_str(), reviewer.as_str()), ("gates: {run: auto}\n", ""));
    assert_whole(&a_loop);
}

#[test]
fn another_clone_is_a_loop_of_its_own() {
    let night = decided();
    let folder = tempfile::tempdir().unwrap().keep().canonicalize().unwrap();
    let clone = Loop::at(folder.clone());
    night.git(&["clone", "-q", ".", &clone.dir().to_string_lossy()]);
    std::fs::copy(night.path("results.tsv"), clone.path("results.tsv")).unwrap();
    let status = std::process::Command::new("cp").arg("-a").arg(night.folder().join("state")).arg(&folder).status();
    assert!(status.unwrap().success());
    assert!(clone.decider().doubt().unwrap().is_none());
    clone.veto(&clone.waiting()[0], "not here").unwrap();
    assert_whole(&clone);
    assert_whole(&night);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn whoever_writes_the_anchor_writes_the_ledger_but_not_your_signature() {
    let night = decided();
    forge(&night, goes_on());
    let chain = read_chain(&path(&night)).unwrap();
    let anchors = Anchors::below(&night.state());
    let anchor = anchors.of(chain.identity().unwrap()).unwrap().unwrap();
    anchors.write(&Anchor { seq: chain.seq(), hash: chain.tip().to_owned(), ..anchor }).unwrap();
    assert_whole(&night);
    let allowed = night.folder().join("allowed");
    std::fs::write(&allowed, "").unwrap();
    let (code, text) = night.verify(&["--allowed-signers", allowed.to_str().unwrap()]);
    assert!(code == Some(4) && text.contains("record 6: not signed"), "{text}");
}

/// Where signatures are required, an anchored record without one grants nothing by leaving out what would carry it.
#[test]
fn a_record_that_no_program_of_ours_writes_counts_for_nothing_whoever_anchored_it() {
    let ada = "Ada Human <ada@example.org>".to_owned();
    let decision = |kind, by_policy, reviewer: &str, commit, intent| {
        decision_record("abcdef0", kind, by_policy, reviewer, commit, intent)
    };
    let night = decided();
    let commit: CommitId = night.head().parse().unwrap();
    for body in [
        decision(DecisionKind::Approved, false, &ada, Some(commit), None),
        decision(DecisionKind::Approved, false, &ada, None, None),
        decision(DecisionKind::Approved, false, &ada, Some(commit), Some(1)),
        decision(DecisionKind::Vetoed, false, &ada, Some(commit), None),
        decision(DecisionKind::Reverted, false, &ada, Some(commit), None),
        decision(DecisionKind::Approved, false, "policy", Some(commit), None),
        decision(DecisionKind::Vetoed, true, &ada, None, None),
        decision(DecisionKind::Vetoed, true, "policy", None, None),
        decision(DecisionKind::Stale, true, &ada, None, None),
        Body::Began { commit, reviewer: String::new() },
    ] {
        let night = decided();
        let said = format!("{body:?}");
        forge(&night, body);
        let chain = read_chain(&path(&night)).unwrap();
        let anchors = Anchors::below(&night.state());
        let anchor = anchors.of(chain.identity().unwrap()).unwrap().unwrap();
        anchors.write(&Anchor { seq: chain.seq(), hash: chain.tip().to_owned(), ..anchor }).unwrap();
        let (code, text) = night.verify(&[]);
        assert!(code == Some(4) && text.contains("can also write your state directory"), "{said}: {text}");
        assert_eq!(night.second_opinion(&[]).0, Some(4), "{said}");
        let error = night.veto(&ExperimentId::new("abcdef0"), "no").unwrap_err();
        assert!(error.contains("can also write your state directory"), "{said}: {error}");
        assert!(night.snapshot().decisions.is_empty(), "{said}");
    }
    // An intent that nothing carries, with a decision that names a commit which stands elsewhere.
    let night = decided();
    let intent = Body::Intent {
        experiment: ExperimentId::new("abcdef0"),
        decision: DecisionKind::Approved,
        candidate: countersign::ledger::CandidateRecord {
            branch: "mine".to_owned(),
            tip: commit,
            creates_branch: false,
            tree: night.git(&["rev-parse", "HEAD^{tree}"]).parse().unwrap(),
            measured_as_is: true,
            reverts: None,
            acknowledged: Vec::new(),
            hunks_unseen: 0,
            hunks: Vec::new(),
            by_tokens: false,
        },
        on_screen_s: None,
        proposal: None,
        comments: Vec::new(),
        reviewer: ada.clone(),
        reason: String::new(),
    };
    let seq = forge(&night, intent).seq;
    forge(&night, decision(DecisionKind::Approved, false, &ada, Some(commit), Some(seq)));
    let chain = read_chain(&path(&night)).unwrap();
    let anchors = Anchors::below(&night.state());
    let anchor = anchors.of(chain.identity().unwrap()).unwrap().unwrap();
    anchors.write(&Anchor { seq: chain.seq(), hash: chain.tip().to_owned(), ..anchor }).unwrap();
    support::assert_objects(&night, "which is not on any approved branch");
    assert_eq!(night.second_opinion(&[]).0, Some(4));
}

/// A limit: whoever writes both takes back decisions.
#[test]
fn a_ledger_put_back_with_its_anchor_is_what_it_was() {
    let night = decided();
    let kept = std::fs::read(path(&night)).unwrap();
    let anchors = everything(&night.state().join("anchors"));
    let queue = night.waiting();
    night.veto(&queue[0], "no").unwrap();
    std::fs::write(path(&night), kept).unwrap();
    for (name, bytes) in anchors {
        std::fs::write(night.state().join("anchors").join(name), bytes).unwrap();
    }
    assert_whole(&night);
    assert_eq!(night.waiting(), queue);
}

#[test]
fn what_a_decision_names_is_never_let_go_of() {
    let night = decided();
    let dir = night.dir().to_string_lossy().into_owned();
    let pinned = || night.git(&["for-each-ref", "--format=%(refname:lstrip=3)", "refs/countersign/experiments"]);
    let before = pinned();
    let named: Vec<String> =
        night.snapshot().decisions.iter().map(|decision| decision.experiment.to_string()).collect();
    let mut tty = Tty::run(&night, 120, 40, &[], &["prune", "--days", "0", &dir]);
    tty.sees("type `prune` to continue");
    tty.keys("prune\r");
    assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
    let after = pinned();
    assert!(after.lines().count() < before.lines().count(), "{after}");
    assert!(named.iter().all(|id| after.contains(id)), "{named:?} are not all in {after}");
    assert_whole(&night);
    let out = night.command(&["doctor"]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains("pinned commit") && text.contains("ledger 0.0 MB"), "{text}");
}

#[test]
fn a_proposal_is_what_was_taken_in_or_none() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let other = an_edit(&a_loop, "WD = 2", "WD = 3");
    let id = Agent::new(&a_loop, Way::Folder).propose(&Says::keep(&head, "a smaller step"));
    take(&a_loop);
    assert!(support::doors::pending(&a_loop, &id).is_some());
    let list = a_loop.path(".git/countersign/proposals.jsonl");
    let whole = std::fs::read_to_string(&list).unwrap();
    for (what, bad) in [
        ("another title", whole.replace("a smaller step", "a typo in a comment")),
        ("another change", whole.replace(&head, &other)),
        ("one more", format!("{whole}{}", whole.replace(&id, "forged").replace(&head, &other))),
        ("no line", format!("{whole}no line\n")),
        ("the same again", format!("{whole}{whole}")),
    ] {
        std::fs::write(&list, bad).unwrap();
        let (code, text) = a_loop.verify(&[]);
        assert!(code == Some(4) && text.contains("added or changed by someone else"), "{what}: {text}");
        let snapshot = a_loop.snapshot();
        assert!(snapshot.warnings.iter().any(|warning| &*warning.path == "proposals.jsonl"), "{what}");
        assert!(snapshot.proposals.iter().all(|one| one.head.to_string() == head), "{what}");
        assert!(snapshot.proposals.iter().all(|one| one.title.raw() == "a smaller step"), "{what}");
    }
    std::fs::write(&list, &whole).unwrap();
    assert_whole(&a_loop);
    approve(&a_loop, &id).unwrap();
    assert_whole(&a_loop);
    // Lines of others are set aside, and missing ones taken note of, on record.
    let forged = whole.replace(&id, "forged").replace(&head, &other);
    std::fs::write(&list, &forged).unwrap();
    let (code, text) = a_loop.verify(&[]);
    assert!(code == Some(4) && text.contains("1 line of received proposals missing"), "{text}");
    assert!(a_loop.snapshot().warnings.iter().any(|one| one.message.contains("1 line of received proposals missing")));
    assert_eq!(settle(&a_loop, "strike", "strike\r").0, 0);
    assert_whole(&a_loop);
    let chain = read_chain(&path(&a_loop)).unwrap();
    let Body::Struck { lines: 1, kept_in, .. } = &chain.entries.last().unwrap().record.body else {
        panic!("{chain:?}")
    };
    assert_eq!(std::fs::read_to_string(a_loop.path(&format!(".git/countersign/{kept_in}"))).unwrap(), forged);
    Agent::new(&a_loop, Way::Folder).propose(&Says::keep(&other, "another"));
    take(&a_loop);
    std::fs::remove_file(&list).unwrap();
    assert_eq!(a_loop.verify(&[]).0, Some(4));
    assert_eq!(settle(&a_loop, "strike", "strike\r").0, 0);
    assert_whole(&a_loop);
}

#[test]
fn what_was_spent_stays_spent_without_rows_and_on_another_branch() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto}\nbudget: {experiments: 3}\n");
    for number in 2..4 {
        a_loop.row(&format!("abc123{number}"), 1.0, "discard", "tried");
    }
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let first = agent.propose(&Says::run(&head, "run it"));
    Driver::new(&a_loop, 80, 24).observe();
    assert!(support::doors::pending(&a_loop, &first).is_some(), "all three are spent");
    // The rows are gone, and then the loop goes on under another name.
    std::fs::write(a_loop.path("results.tsv"), "").unwrap();
    std::fs::remove_file(a_loop.path("results.tsv")).unwrap();
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    for branch in ["autoresearch/mar8", "autoresearch/mar9"] {
        a_loop.git(&["checkout", "-q", "-B", branch]);
        let head = an_edit(&a_loop, "WD = 2", &format!("WD = {}", branch.len() + usize::from(branch.ends_with('9'))));
        let id = agent.propose(&Says::run(&head, branch));
        Driver::new(&a_loop, 80, 24).observe();
        let told = agent.wait(&id, 0.0);
        assert_eq!(told.0, "pending", "{branch}: {}", told.1);
    }
    assert_eq!(a_loop.verify(&[]).0, Some(0));
}

/// A loop whose whole folder, with all that is the person's, was moved to another place.
fn moved_to(a_loop: &Loop, folder: &std::path::Path) -> Loop {
    std::fs::rename(a_loop.folder(), folder).unwrap();
    Loop::at(folder.to_owned())
}

/// What was decided and what is still to decide.
fn standing(a_loop: &Loop) -> (Vec<ExperimentId>, usize, String, Option<CommitId>) {
    let snapshot = a_loop.snapshot();
    let approved = &snapshot.approved;
    (a_loop.waiting(), snapshot.decisions.len(), approved.branch.clone(), approved.tip)
}

#[test]
fn a_repository_that_is_moved_there_and_back_keeps_its_loops() {
    let night = decided();
    let before = standing(&night);
    let places = tempfile::tempdir().unwrap();
    let home = night.folder().to_owned();
    let there = moved_to(&night, &places.path().canonicalize().unwrap().join("there"));
    assert_eq!(settle(&there, "moved", "moved\r").0, 0);
    assert_eq!(standing(&there), before);
    assert_whole(&there);
    let back = moved_to(&there, &home);
    assert_eq!(settle(&back, "moved", "moved\r").0, 0);
    assert_eq!(standing(&back), before);
    back.approve(&back.waiting()[0]).unwrap();
    assert_whole(&back);
}

#[test]
fn the_work_trees_of_a_bare_repository_that_is_moved_keep_their_loops() {
    let night = a_night(16, 13);
    let places = tempfile::tempdir().unwrap();
    let place = places.path().canonicalize().unwrap();
    let project = place.join("project");
    std::fs::create_dir(&project).unwrap();
    let tree = Loop::at(project.clone());
    let git = |dir: &std::path::Path, args: &[&str]| assert!(support::git_in(dir, args).status.success(), "{args:?}");
    git(&project, &["clone", "-q", "--bare", &night.dir().to_string_lossy(), "repo.git"]);
    git(&project.join("repo.git"), &["worktree", "add", "-q", "../run", "autoresearch/mar8"]);
    std::fs::copy(night.path("results.tsv"), tree.path("results.tsv")).unwrap();
    tree.approve(&tree.waiting()[0]).unwrap();
    let before = standing(&tree);
    let there = moved_to(&tree, &place.join("moved"));
    git(&there.folder().join("repo.git"), &["worktree", "repair", "../run"]);
    assert_eq!(settle(&there, "moved", "moved\r").0, 0);
    assert_eq!(standing(&there), before);
    assert_whole(&there);
}

#[test]
fn a_git_directory_apart_from_its_work_tree_keeps_the_loop() {
    let night = decided();
    let before = standing(&night);
    let apart = night.folder().join("apart.git").to_string_lossy().into_owned();
    night.git(&["init", "-q", "--separate-git-dir", &apart]);
    assert_eq!(settle(&night, "moved", "moved\r").0, 0);
    assert_eq!(standing(&night), before);
    assert_eq!(night.snapshot().identity.results, "results.tsv");
    assert_whole(&night);
}

#[test]
fn a_loop_under_another_name_goes_on_where_it_left_off() {
    for what in ["branch", "results"] {
        let night = decided();
        let before = standing(&night);
        match what {
            "branch" => drop(night.git(&["branch", "-m", "autoresearch/other"])),
            _ => std::fs::rename(night.path("results.tsv"), night.path("experiments.tsv")).unwrap(),
        }
        let warned = night.snapshot().warnings.iter().any(|one| one.message.contains("countersign ledger continue"));
        assert!(warned && standing(&night) != before, "{what}");
        let (code, screen) = settle(&night, "continue", "continue\r");
        assert_eq!(code, 0, "{screen}");
        assert_eq!(standing(&night), before, "{what}");
        assert!(!night.snapshot().warnings.iter().any(|one| one.message.contains("ledger continue")));
        night.approve(&night.waiting()[0]).unwrap();
        assert_whole(&night);
        assert!(night.command(&["ledger"]).output().unwrap().status.success());
    }
    // A loop that is there goes on by itself, and another one is another.
    let night = decided();
    night.git(&["checkout", "-q", "-b", "autoresearch/next"]);
    assert!(!night.snapshot().warnings.iter().any(|one| one.message.contains("ledger continue")));
}

/// What is written to the old place makes its folders anew, and the repository cannot be moved back.
#[test]
fn a_repository_that_goes_while_it_is_open_is_not_made_anew() {
    for args in [&["record"][..], &[]] {
        let night = decided();
        let (here, away) = (night.dir().to_owned(), night.folder().join("away"));
        let dir = here.to_string_lossy().into_owned();
        let is_recorder = !args.is_empty();
        let mut tty = Tty::run(&night, 160, 40, &[], &[args, &["-C", &dir]].concat());
        tty.sees(if is_recorder { "recording" } else { "waiting" });
        std::fs::rename(&here, &away).unwrap();
        tty.sees("is gone: it was moved or deleted");
        if is_recorder {
            // It looks again and again, at what it would record, too.
            std::thread::park_timeout(Duration::from_secs(5));
        } else {
            tty.keys("a");
        }
        assert!(!tty.screen().contains("cut off"), "{}", tty.screen());
        assert!(!here.exists(), "{args:?}: {:?}", everything(&here).keys());
        // Back in its place all is as it was.
        std::fs::rename(&away, &here).unwrap();
        if !is_recorder {
            // What was said stays until a key comes.
            let end = Instant::now() + DEADLINE;
            while tty.screen().contains("is gone") {
                assert!(Instant::now() < end, "{}", tty.screen());
                tty.keys("\x1b");
                std::thread::park_timeout(Duration::from_millis(100));
            }
        }
        tty.signal("TERM");
        tty.exit_code();
        night.approve(&night.waiting()[0]).unwrap();
        assert_whole(&night);
    }
}

#[test]
fn a_repository_begun_inside_of_another_hides_no_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let a_loop = Loop::at(folder.path().canonicalize().unwrap());
    std::fs::create_dir(a_loop.dir()).unwrap();
    let outside = |args: &[&str]| assert!(support::git_in(folder.path(), args).status.success(), "{args:?}");
    outside(&["init", "-q", "-b", "master"]);
    for name in ["train.py", "prepare.py", "program.md"] {
        a_loop.write(name, "x\n");
    }
    outside(&["add", "run"]);
    outside(&["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "start"]);
    outside(&["checkout", "-q", "-b", "autoresearch/mar8"]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.decider().pause("lunch").unwrap();
    assert_eq!(a_loop.verify(&[]).0, Some(0));
    a_loop.git(&["init", "-q", "-b", "master"]);
    a_loop.commit("inside");
    let error = a_loop.decider().leave_note("go on").unwrap_err().to_string();
    assert!(error.contains("remove a repository that was created inside it"), "{error}");
    let (code, text) = a_loop.verify(&[]);
    assert!(code == Some(4) && text.contains("now points elsewhere"), "{text}");
    std::fs::rename(a_loop.path(".git"), folder.path().join("inside.git")).unwrap();
    assert_eq!(a_loop.verify(&[]).0, Some(0));
    assert!(a_loop.snapshot().mailbox.paused);
    // It may be meant: then it goes its own way, and the one around it stays as it was.
    std::fs::rename(folder.path().join("inside.git"), a_loop.path(".git")).unwrap();
    assert_eq!(settle(&a_loop, "new", "new\r").0, 0);
    a_loop.decider().leave_note("go on").unwrap();
    assert_whole(&a_loop);
    std::fs::remove_dir_all(a_loop.path(".git")).unwrap();
    assert_eq!(a_loop.verify(&[]).0, Some(4), "this folder goes with another ledger, as was said");
}

/// The directory that the person names was a loop of theirs, whatever git, or a link in its place, says of it.
#[test]
fn a_directory_that_was_a_loop_of_ours_leads_to_no_other_ledger() {
    for how in ["the folder above", "core.worktree", "a link", "a clone without a ledger", "a link and .."] {
        let night = decided();
        let (folder, other) = another(&night, how != "a clone without a ledger");
        let to = other.dir().to_string_lossy().into_owned();
        let (dir, away) = (night.dir().to_owned(), night.folder().join("away"));
        match how {
            "the folder above" => {
                std::fs::rename(night.path(".git"), &away).unwrap();
                std::fs::write(night.folder().join(".git"), format!("gitdir: {to}/.git\n")).unwrap();
            }
            "core.worktree" => {
                std::fs::rename(night.path(".git"), &away).unwrap();
                night.write(".git", format!("gitdir: {to}/.git\n"));
                other.git(&["config", "core.worktree", night.folder().to_str().unwrap()]);
            }
            "a link" | "a link and .." => {
                std::fs::rename(&dir, &away).unwrap();
                std::os::unix::fs::symlink(other.dir(), &dir).unwrap();
            }
            _ => {
                std::fs::remove_file(night.path(".git/HEAD")).unwrap();
                std::fs::write(night.folder().join(".git"), format!("gitdir: {to}/.git\n")).unwrap();
            }
        }
        let mut verify = night.command(&["verify", "--all"]);
        if how == "a link and .." {
            verify = night.command(&["-C", &format!("{}/sub/..", dir.display()), "verify"]);
            std::fs::create_dir(other.path("sub")).unwrap();
        }
        let out = verify.output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.code() == Some(4) && text.contains("now points elsewhere"), "{how}: {text}");
        let (code, text) = night.second_opinion(&[]);
        assert!(code != Some(0) && !text.contains("no objections"), "{how}: {text}");
        assert!(night.veto(&ExperimentId::new("abcdef0"), "no").is_err(), "{how}");
        drop(folder);
    }
}

/// A loop further down in its work tree, of which whoever leads it away also takes the ledger from where it was.
#[test]
fn a_loop_in_a_folder_below_leads_to_no_other_ledger() {
    for how in ["a .git file", "a link", "the whole tree"] {
        let folder = tempfile::tempdir().unwrap();
        let outer = folder.path().canonicalize().unwrap().join("outer");
        std::fs::create_dir(&outer).unwrap();
        let a_loop = Loop::at(outer.join("exp"));
        std::fs::create_dir_all(a_loop.dir()).unwrap();
        let outside = |args: &[&str]| assert!(support::git_in(&outer, args).status.success(), "{args:?}");
        outside(&["init", "-q", "-b", "master"]);
        for name in ["train.py", "prepare.py", "program.md"] {
            a_loop.write(name, "x\n");
        }
        outside(&["add", "exp/run"]);
        outside(&["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "start"]);
        outside(&["checkout", "-q", "-b", "autoresearch/mar8"]);
        a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
        a_loop.decider().pause("lunch").unwrap();
        assert_whole(&a_loop);
        // Another repository by the same person, with a ledger of its own.
        let other = a_loop.folder().join("other");
        assert!(support::git_in(&outer, &["clone", "-q", ".", other.to_str().unwrap()]).status.success());
        let run = other.join("exp/run");
        std::fs::copy(a_loop.path("results.tsv"), run.join("results.tsv")).unwrap();
        let tells = a_loop.command(&["-C", run.to_str().unwrap(), "init"]).output().unwrap();
        assert!(tells.status.success());
        let mut tty = Tty::run(&a_loop, 100, 30, &[], &["-C", run.to_str().unwrap(), "tell", "hello"]);
        assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
        let away = folder.path().join("away");
        match how {
            "a .git file" => {
                std::fs::rename(outer.join(".git"), &away).unwrap();
                a_loop.write(".git", format!("gitdir: {}/.git\n", other.display()));
            }
            "a link" => {
                std::fs::rename(outer.join(".git"), &away).unwrap();
                std::fs::rename(a_loop.dir(), folder.path().join("run")).unwrap();
                std::os::unix::fs::symlink(&run, a_loop.dir()).unwrap();
            }
            _ => {
                let (state, home) = (a_loop.folder().join("state"), a_loop.folder().join("home"));
                std::fs::rename(&outer, &away).unwrap();
                std::os::unix::fs::symlink(away.join("exp/other"), &outer).unwrap();
                for path in [state, home] {
                    std::os::unix::fs::symlink(away.join("exp").join(path.file_name().unwrap()), path).unwrap();
                }
            }
        }
        assert_eq!(a_loop.command(&["verify"]).output().unwrap().status.code(), Some(4), "{how}");
        let (code, text) = a_loop.second_opinion(&[]);
        assert!(code != Some(0) && !text.contains("no objections"), "{how}: {text}");
    }
}

/// A clone by the same person, with a ledger of its own or without one.
fn another(night: &Loop, with_ledger: bool) -> (tempfile::TempDir, Loop) {
    let folder = tempfile::tempdir().unwrap();
    let other = Loop::at(folder.path().canonicalize().unwrap());
    for name in ["state", "home"] {
        std::os::unix::fs::symlink(night.folder().join(name), other.folder().join(name)).unwrap();
    }
    let from = night.dir().to_string_lossy().into_owned();
    let to = other.dir().to_string_lossy().into_owned();
    assert!(support::git_in(folder.path(), &["clone", "-q", &from, &to]).status.success());
    std::fs::copy(night.path("results.tsv"), other.path("results.tsv")).unwrap();
    if with_ledger {
        other.decider().leave_note("a ledger begins").unwrap();
        assert_whole(&other);
    }
    (folder, other)
}

#[test]
fn a_work_tree_that_leads_to_a_ledger_of_another_repository_is_asked_about() {
    let night = decided();
    let (folder, other) = another(&night, true);
    let to = other.dir().to_string_lossy().into_owned();
    let away = night.folder().join("away");
    std::fs::rename(night.path(".git"), &away).unwrap();
    night.write(".git", format!("gitdir: {to}/.git\n"));
    assert_stopped(&night, "its repository now points elsewhere");
    // It may be meant, and meant the other way round later.
    assert_eq!(settle(&night, "adopt", "adopt\r").0, 0);
    assert_eq!(night.verify(&[]).0, Some(0));
    std::fs::remove_file(night.path(".git")).unwrap();
    std::fs::rename(&away, night.path(".git")).unwrap();
    assert_stopped(&night, "its repository now points elsewhere");
    assert_eq!(settle(&night, "adopt", "adopt\r").0, 0);
    assert_whole(&night);
    assert_whole(&other);
    drop(folder);
}

/// What lies where a ledger was is that ledger only if it is the same one.
#[test]
fn two_repositories_that_change_places_are_both_moved() {
    let night = decided();
    let (folder, other) = another(&night, true);
    let between = night.folder().join("between");
    std::fs::rename(night.dir(), &between).unwrap();
    std::fs::rename(other.dir(), night.dir()).unwrap();
    std::fs::rename(&between, other.dir()).unwrap();
    for moved in [&night, &other] {
        assert!(matches!(doubt(moved), LedgerProblem::Copy { stands: false, .. }), "{}", doubt(moved));
        assert_eq!(settle(moved, "moved", "moved\r").0, 0);
    }
    assert_whole(&night);
    assert_whole(&other);
    drop(folder);
}
