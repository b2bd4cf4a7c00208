//! What gates judge: all that would be trained, against what was approved, and what a proposal stands on.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::doors::{Agent, Says, WAYS, Way, an_edit, answer, approve, joined, pending, policy, take};
use crate::support::drive::Driver;
use crate::support::tty::Tty;
use crate::support::{self, Loop};
use countersign::model::{DecisionKind, ExperimentId, FindingKind, Severity};
use countersign::query::Assessment;
use serde_json::json;

/// Commits what `change` does to the work tree, on a commit, and goes back.
fn committed(a_loop: &Loop, on: &str, change: impl Fn(&Loop)) -> String {
    a_loop.git(&["checkout", "-q", "--detach", on]);
    change(a_loop);
    a_loop.git(&["add", "-A", "-f"]);
    a_loop.git(&["reset", "-q", "--", ".countersign", "results.tsv"]);
    a_loop.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    let head = a_loop.head();
    a_loop.git(&["checkout", "-q", "-f", "autoresearch/mar8"]);
    head
}

fn edited(a_loop: &Loop, on: &str, from: &str, to: &str) -> String {
    committed(a_loop, on, |a_loop| {
        let text = std::fs::read_to_string(a_loop.path("train.py")).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        a_loop.write("train.py", text.replace(from, to));
    })
}

fn on(says: Says, base: &str) -> Says {
    Says { base: Some(base.to_owned()), ..says }
}

fn judged(a_loop: &Loop, head: &str) -> std::sync::Arc<Assessment> {
    a_loop.judge(&ExperimentId::new(head)).unwrap()
}

fn paths(judged: &Assessment) -> Vec<&str> {
    judged.built.files().iter().map(|file| file.path.raw()).collect()
}

fn of_base(judged: &Assessment) -> Option<(Severity, &str)> {
    let found = judged.findings.iter().find(|finding| finding.kind == FindingKind::UnapprovedBase)?;
    Some((found.severity, found.message.as_str()))
}

/// Proposes at a gate that is auto, and says whether the policy let it pass.
fn passes(a_loop: &Loop, agent: &mut Agent<'_>, says: &Says) -> bool {
    let id = agent.propose(says);
    let told = take(a_loop);
    assert_eq!((told.accepted, told.refused.len(), told.left.len()), (1, 0, 0), "{told:?}");
    match agent.wait(&id, 0.0).0.as_str() {
        "approved" => true,
        "pending" => false,
        other => panic!("{says:?}: {other}"),
    }
}

#[test]
fn what_an_unapproved_base_holds_is_judged_and_shown_with_the_change() {
    for way in WAYS {
        let a_loop = joined();
        policy(&a_loop, "gates: {run: auto, keep: auto}\n");
        let mut agent = Agent::new(&a_loop, way);
        let start = a_loop.head();
        let evil = committed(&a_loop, &start, |a_loop| a_loop.write("prepare.py", "DATA = 0\n"));
        let head = edited(&a_loop, &evil, "LR = 1", "LR = 2");
        assert!(!passes(&a_loop, &mut agent, &on(Says::run(&head, "innocent"), &evil)), "{way:?}");
        let shown = judged(&a_loop, &head);
        assert_eq!(paths(&shown), ["prepare.py", "train.py"], "{way:?}: all that would be trained");
        let (severity, said) = of_base(&shown).unwrap();
        assert_eq!(severity, Severity::Warning);
        assert_eq!(said, format!("includes 1 unapproved commit of its base: {}", &evil[..7]));
        assert!(shown.findings.iter().any(|finding| finding.kind == FindingKind::Protected));
        // A person may let it through, and has to say that they saw it.
        let mut driver = Driver::new(&a_loop, 120, 40);
        let screen = driver.screen();
        assert!(screen.contains("there is a critical finding") && screen.contains("DATA = 0"), "{screen}");
        let screen = driver.keys("a").screen();
        assert!(screen.contains("type `protected`"), "{screen}");
        driver.keys("<esc>");
        let mut words = countersign::model::Answer::veto(ExperimentId::new(&head), Some(head.parse().unwrap()), "");
        words.kind = DecisionKind::Approved;
        words.proposal = Some(a_loop.snapshot().pending(&ExperimentId::new(&head)).unwrap().asked());
        let error = a_loop.decider().answer(&words).unwrap_err().to_string();
        assert!(error.contains("`protected` was not acknowledged"), "{error}");
        // The same at the keep gate, where the policy would only let the agent go on; and as a patch.
        let other = edited(&a_loop, &evil, "WD = 2", "WD = 3");
        assert!(!passes(&a_loop, &mut agent, &on(Says::keep(&other, "innocent, too"), &evil)), "{way:?}");
        let patch = a_loop.git(&["diff", &evil, &head]) + "\n";
        let says = Says { patch: Some(patch), ..on(Says::run("", "as a patch"), &evil) };
        assert!(!passes(&a_loop, &mut agent, &says), "{way:?}");
        // What the base changes of the editable file is judged with it, and passes.
        let step = edited(&a_loop, &start, "SEED = 6", "SEED = 8");
        let stacked = edited(&a_loop, &step, "DEPTH = 4", "DEPTH = 5");
        assert!(passes(&a_loop, &mut agent, &on(Says::run(&stacked, "stacked"), &step)), "{way:?}");
    }
}

#[test]
fn an_auto_gate_passes_what_editable_names_and_nothing_else() {
    let a_loop = joined();
    a_loop.write("src/part.py", "A = 1\n");
    a_loop.write("src/package.json", "{\"main\": \"a.js\"}\n");
    a_loop.commit("more files");
    assert!(a_loop.command(&["init", "--baseline", "HEAD"]).status().unwrap().success());
    policy(&a_loop, "gates: {run: auto, keep: auto}\neditable: ['*.py', src/, new.py]\nprotected: [prepare.py]\n");
    let start = a_loop.head();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let mut number = 0;
    let mut run = |change: &dyn Fn(&Loop)| {
        number += 1;
        let head = committed(&a_loop, &start, change);
        passes(&a_loop, &mut agent, &Says::run(&head, &format!("change {number}")))
    };
    assert!(run(&|a_loop| a_loop.write("train.py", "LR = 2\n")));
    assert!(run(&|a_loop| a_loop.write("src/part.py", "A = 2\n")));
    assert!(run(&|a_loop| a_loop.write("new.py", "named by its whole path\n")));
    // Names that Python, Node or another program would look for before what is meant; the list is nobody's to know.
    for path in [
        "prepare/__init__.py",
        "Prepare.py",
        "prepare.so",
        "prepare.abi3.so",
        "prepare.pyd",
        "__pycache__/prepare.cpython-312.pyc",
        "src/prepare/__init__.py",
        "numpy.py",
        "torch/__init__.py",
        "src/json.py",
        "src/__init__.py",
        "src/new.py",
        "src/namespace/part.py",
        "sitecustomize/__init__.py",
        "usercustomize.py",
        "evil.pth",
        "pyvenv.cfg",
        "src/conftest.py",
        "src/index.js",
        "src/part.js",
        "src/package.json",
        "package.json",
        "node_modules/a/index.js",
        "train.py/x.py",
        "Train.py",
    ] {
        assert!(
            !run(&|a_loop| {
                if path == "train.py/x.py" {
                    std::fs::remove_file(a_loop.path("train.py")).unwrap();
                }
                a_loop.write(path, "x = 1\n");
            }),
            "{path}"
        );
    }
    // Modes, links and submodules are no edits, also under a name of a log.
    let executable = |path: &str| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(!run(&|a_loop| executable(&a_loop.path("train.py").to_string_lossy())));
    for path in ["train.py", "run.log", "progress.svg"] {
        assert!(
            !run(&|a_loop| {
                let _ = std::fs::remove_file(a_loop.path(path));
                symlink("/etc/passwd", a_loop.path(path)).unwrap();
            }),
            "{path}"
        );
    }
    assert!(!run(&|a_loop| {
        let sub = a_loop.path("src/sub");
        std::fs::create_dir(&sub).unwrap();
        for words in [&["init", "-q"][..], &["commit", "-q", "--allow-empty", "-m", "x"]] {
            assert!(support::git_in(&sub, words).status.success());
        }
    }));
    std::fs::remove_dir_all(a_loop.path("src/sub")).unwrap();
    // A name like those of what the loop writes about itself opens nothing: training may read that file.
    for name in ["run.log", "metrics.csv", "x-results.tsv", "experiments/results.tsv", "progress.png"] {
        assert!(!run(&|a_loop| {
            a_loop.write("train.py", "LR = 3\n");
            a_loop.write(name, "step 1\n");
        }));
    }
}

#[test]
fn a_person_at_the_run_gate_sees_files_with_the_names_of_logs_too() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: human}\nprotected: [metrics.csv]\n");
    let start = a_loop.head();
    let head = committed(&a_loop, &start, |a_loop| {
        a_loop.write("train.py", "LR = 2\n");
        a_loop.write("metrics.csv", "step,loss\n1,0\n");
        a_loop.write("z-results.tsv", "a\tb\n1\t2\n");
    });
    Agent::new(&a_loop, Way::Folder).propose(&Says::run(&head, "x"));
    take(&a_loop);
    let shown = judged(&a_loop, &head);
    assert_eq!(paths(&shown), ["metrics.csv", "train.py", "z-results.tsv"]);
    assert!(shown.findings.iter().any(|finding| finding.kind == FindingKind::Protected));
    let tree = a_loop.git(&["rev-parse", &format!("{head}^{{tree}}")]);
    assert_eq!(support::candidate(&shown).unwrap().tree.to_string(), tree, "the tree that would be trained");
}

#[test]
fn a_link_under_the_name_of_a_log_is_shown_to_whoever_decides() {
    let a_loop = joined();
    let start = a_loop.head();
    let head = committed(&a_loop, &start, |a_loop| {
        a_loop.write("train.py", "LR = 2\n");
        symlink("/etc/passwd", a_loop.path("run.log")).unwrap();
    });
    Agent::new(&a_loop, Way::Folder).propose(&Says::keep(&head, "x"));
    take(&a_loop);
    let shown = judged(&a_loop, &head);
    assert_eq!(paths(&shown), ["run.log", "train.py"]);
    assert!(shown.findings.iter().any(|finding| finding.kind == FindingKind::Symlink));
}

#[test]
fn a_format_without_usual_files_asks_a_person_until_the_policy_names_some() {
    let a_loop = Loop::new(&[("model.py", "LR = 1\n"), ("README.md", "x\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    let out = a_loop.command(&["init"]).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(said.contains("an auto gate asks you until `editable` in the policy names"), "{said}");
    let written = std::fs::read_to_string(a_loop.path(".git/countersign/policy.yaml")).unwrap();
    assert!(written.contains("# editable: [train.py]"), "{written}");
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let start = a_loop.head();
    let head = |value: u32| committed(&a_loop, &start, |a_loop| a_loop.write("model.py", format!("LR = {value}\n")));
    assert!(!passes(&a_loop, &mut agent, &Says::run(&head(2), "2")));
    let screen = Driver::new(&a_loop, 140, 40).screen();
    assert!(screen.contains("the policy does not define `editable`"), "{screen}");
    policy(&a_loop, "editable: [model.py]\n");
    assert!(passes(&a_loop, &mut agent, &Says::run(&head(3), "3")));
    // The usual files are those of what is approved, not those that lie in the agent's work tree.
    policy(&a_loop, "");
    for name in ["train.py", "prepare.py", "program.md"] {
        a_loop.write(name, "x\n");
    }
    let trained = committed(&a_loop, &start, |a_loop| a_loop.write("train.py", "evil\n"));
    assert!(!passes(&a_loop, &mut agent, &Says::run(&trained, "4")));
}

#[test]
fn rows_and_branches_do_not_move_what_gates_compare_with() {
    let a_loop = joined();
    let start = a_loop.head();
    let evil = committed(&a_loop, &start, |a_loop| a_loop.write("prepare.py", "DATA = 0\n"));
    let head = edited(&a_loop, &evil, "LR = 1", "LR = 2");
    let mut agent = Agent::new(&a_loop, Way::Folder);
    // The evil commit as the baseline of the rows.
    std::fs::remove_file(a_loop.path("results.tsv")).unwrap();
    a_loop.row(&evil[..7], 1.0, "keep", "baseline");
    assert!(!passes(&a_loop, &mut agent, &on(Says::run(&head, "a"), &evil)));
    assert_eq!(a_loop.snapshot().reference.unwrap().to_string(), start);
    assert_eq!(a_loop.snapshot().start.unwrap().to_string(), start);
    // Another branch is another loop, of the same repository.
    a_loop.git(&["checkout", "-q", "-b", "autoresearch/other", &evil]);
    let other = edited_here(&a_loop, "WD = 2", "WD = 3");
    assert!(!passes(&a_loop, &mut agent, &on(Says::run(&other, "b"), &evil)));
    assert_eq!(paths(&judged(&a_loop, &other)), ["prepare.py", "train.py"]);
    // Where nobody joined, nobody said what to compare with.
    let bare = Loop::new(&[("train.py", "LR = 1\n"), ("prepare.py", "1\n"), ("program.md", "1\n")]);
    bare.row(&bare.short(), 1.0, "keep", "baseline");
    for folder in ["tmp", "new", "rejected"] {
        std::fs::create_dir_all(bare.path(&format!(".countersign/inbox/{folder}"))).unwrap();
    }
    let edit = an_edit(&bare, "LR = 1", "LR = 2");
    let mut agent = Agent::new(&bare, Way::Folder);
    assert!(!passes(&bare, &mut agent, &Says::run(&edit, "c")));
    let screen = Driver::new(&bare, 120, 40).screen();
    assert!(screen.contains("no baseline is set"), "{screen}");
    let out = bare.command(&["doctor"]).output().unwrap();
    assert!(String::from_utf8_lossy(&out.stdout).contains("a gate is auto but passes nothing"));
    // By now that is on record, and a person's to change.
    let out = bare.command(&["init"]).output().unwrap();
    assert!(String::from_utf8_lossy(&out.stdout).contains("ask you about everything until you run this at a terminal"));
    assert!(!bare.command(&["init", "--baseline", "HEAD"]).status().unwrap().success());
    let edit = an_edit(&bare, "LR = 1", "LR = 3");
    assert!(!passes(&bare, &mut agent, &Says::run(&edit, "d")));
    let dir = bare.dir().to_string_lossy().into_owned();
    let mut tty = Tty::run(&bare, 120, 40, &[], &["init", &dir]);
    tty.answer("type `begin`", "begin\r");
    assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
    let edit = an_edit(&bare, "LR = 1", "LR = 4");
    assert!(passes(&bare, &mut agent, &Says::run(&edit, "e")));
}

/// Puts a commit into the list of where loops began, as an agent with the person's user id can.
fn write_beginning(a_loop: &Loop, commit: &str) {
    let line = serde_json::json!({"loop": a_loop.snapshot().identity.key(), "commit": commit});
    a_loop.append(".git/countersign/baselines.jsonl", &format!("{line}\n"));
}

#[test]
fn where_the_loop_began_is_on_record_once_the_ledger_begins() {
    let a_loop = joined();
    let start = a_loop.head();
    let evil = committed(&a_loop, &start, |a_loop| a_loop.write("prepare.py", "DATA = 0\n"));
    let head = edited(&a_loop, &evil, "LR = 1", "LR = 2");
    let mut agent = Agent::new(&a_loop, Way::Folder);
    assert!(!passes(&a_loop, &mut agent, &on(Says::run(&head, "a"), &evil)));
    write_beginning(&a_loop, &evil);
    assert!(!passes(&a_loop, &mut agent, &on(Says::run(&head, "b"), &evil)));
    assert_eq!(a_loop.snapshot().reference.unwrap().to_string(), start);
    // Another branch of the agent's has no beginning of its own.
    a_loop.git(&["checkout", "-q", "-b", "autoresearch/other", &evil]);
    write_beginning(&a_loop, &evil);
    assert!(!passes(&a_loop, &mut agent, &on(Says::run(&head, "c"), &evil)));
    assert_eq!(a_loop.snapshot().reference.unwrap().to_string(), start);
}

#[test]
fn what_is_written_before_the_ledger_begins_counts_as_yours() {
    let a_loop = joined();
    let evil = committed(&a_loop, &a_loop.head(), |a_loop| a_loop.write("prepare.py", "DATA = 0\n"));
    write_beginning(&a_loop, &evil);
    let head = edited(&a_loop, &evil, "LR = 1", "LR = 2");
    let mut agent = Agent::new(&a_loop, Way::Folder);
    assert!(passes(&a_loop, &mut agent, &on(Says::run(&head, "a"), &evil)));
}

/// The same on the branch that is checked out.
fn edited_here(a_loop: &Loop, from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(a_loop.path("train.py")).unwrap();
    a_loop.write("train.py", text.replace(from, to));
    a_loop.commit("x")
}

#[test]
fn what_was_undone_is_part_of_what_would_be_trained_again() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto}\neditable: [train.py, prepare.py]\nprotected: []\n");
    let start = a_loop.head();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let first = committed(&a_loop, &start, |a_loop| a_loop.write("other.py", "x\n"));
    let id = agent.propose(&Says::keep(&first, "first"));
    take(&a_loop);
    let made = approve(&a_loop, &id).unwrap().commit.unwrap();
    let experiment = ExperimentId::new(&first);
    let reverted = a_loop.ask(&countersign::query::Request::Revert(experiment, made)).unwrap();
    a_loop.decider().approve(&support::approval(&reverted).unwrap()).unwrap();
    // On what was undone: it is in the tree, and was taken back.
    for base in [made.to_string(), first] {
        let head = edited(&a_loop, &base, "LR = 1", "LR = 2");
        assert!(!passes(&a_loop, &mut agent, &on(Says::run(&head, &base), &base)), "{base}");
        assert_eq!(paths(&judged(&a_loop, &head)), ["other.py", "train.py"], "{base}");
    }
}

#[test]
fn a_branch_that_somebody_moved_is_no_measure_for_the_run_gate() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: human}\n");
    let start = a_loop.head();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let first = agent.propose(&Says::keep(&an_edit(&a_loop, "LR = 1", "LR = 2"), "first"));
    take(&a_loop);
    approve(&a_loop, &first).unwrap();
    let evil = committed(&a_loop, &start, |a_loop| a_loop.write("other.py", "x\n"));
    let head = edited(&a_loop, &evil, "WD = 2", "WD = 3");
    let id = agent.propose(&on(Says::run(&head, "x"), &evil));
    take(&a_loop);
    let tip = a_loop.git(&["rev-parse", "countersign/approved"]);
    a_loop.git(&["update-ref", "refs/heads/countersign/approved", &evil]);
    let error = answer(&a_loop, &id, DecisionKind::Approved, "", Vec::new()).unwrap_err();
    assert!(error.contains("countersign/approved has diverged"), "{error}");
    assert_eq!(agent.wait(&id, 0.0).0, "pending");
    // The policy lets nothing run either, until that is settled.
    let moved_to = |commit: &str| drop(a_loop.git(&["update-ref", "refs/heads/countersign/approved", commit]));
    moved_to(&tip);
    policy(&a_loop, "gates: {run: auto}\n");
    let edit = |value: u32| on(Says::run(&edited(&a_loop, &tip, "WD = 2", &format!("WD = {value}")), "y"), &tip);
    moved_to(&evil);
    assert!(!passes(&a_loop, &mut agent, &edit(4)));
    moved_to(&tip);
    assert!(passes(&a_loop, &mut agent, &edit(5)));
}

#[test]
fn what_was_vetoed_passes_no_auto_gate_under_another_commit() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto, keep: human}\n");
    let start = a_loop.head();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let head = edited(&a_loop, &start, "LR = 1", "LR = 2");
    let id = agent.propose(&Says::keep(&head, "a"));
    take(&a_loop);
    answer(&a_loop, &id, DecisionKind::Vetoed, "never", Vec::new()).unwrap();
    let again = a_loop.git(&["commit-tree", &format!("{head}^{{tree}}"), "-p", &start, "-m", "anew"]);
    assert!(!passes(&a_loop, &mut agent, &on(Says::run(&again, "b"), &start)));
    assert!(passes(&a_loop, &mut agent, &on(Says::run(&edited(&a_loop, &start, "LR = 1", "LR = 3"), "c"), &start)));
}

#[test]
fn another_branch_brings_nothing_back_that_was_replaced() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto}\neditable: [train.py]\n");
    let start = a_loop.head();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let fixed = committed(&a_loop, &start, |a_loop| a_loop.write("other.py", "fixed\n"));
    let old = edited(&a_loop, &start, "LR = 1", "LR = 2");
    let id = agent.propose(&Says::keep(&fixed, "a fix"));
    take(&a_loop);
    approve(&a_loop, &id).unwrap();
    assert!(!passes(&a_loop, &mut agent, &on(Says::run(&old, "here"), &start)));
    // The tree of before again, under another branch's name.
    a_loop.git(&["checkout", "-q", "-b", "autoresearch/other"]);
    assert!(!passes(&a_loop, &mut agent, &on(Says::run(&old, "there"), &start)));
    // Nor where what was approved is gone.
    a_loop.git(&["update-ref", "-d", "refs/heads/countersign/approved"]);
    assert!(!passes(&a_loop, &mut agent, &on(Says::run(&old, "gone"), &start)));
}

#[test]
fn a_policy_in_the_repository_opens_no_gate() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto}\n");
    a_loop.write("countersign.yaml", "editable: [lib/, evil.py]\n");
    a_loop.write("lib/model.py", "x = 1\n");
    a_loop.commit("what nobody reviews");
    assert!(a_loop.command(&["init", "--baseline", "HEAD"]).status().unwrap().success());
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let first = agent.propose(&Says::keep(&an_edit(&a_loop, "LR = 1", "LR = 2"), "first"));
    take(&a_loop);
    approve(&a_loop, &first).unwrap();
    let tip = a_loop.git(&["rev-parse", "countersign/approved"]);
    let evil = committed(&a_loop, &tip, |a_loop| a_loop.write("evil.py", "x\n"));
    assert!(!passes(&a_loop, &mut agent, &on(Says::run(&evil, "a"), &tip)));
    let lib = committed(&a_loop, &tip, |a_loop| a_loop.write("lib/model.py", "x = 2\n"));
    assert!(!passes(&a_loop, &mut agent, &on(Says::run(&lib, "b"), &tip)));
}

#[test]
fn a_policy_in_the_repository_protects_from_the_start() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto}\neditable: [train.py]\n");
    a_loop.write("countersign.yaml", "protected: [train.py]\n");
    a_loop.commit("train.py is protected");
    assert!(a_loop.command(&["init", "--baseline", "HEAD"]).status().unwrap().success());
    let start = a_loop.head();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let edit = edited(&a_loop, &start, "LR = 1", "LR = 2");
    assert!(!passes(&a_loop, &mut agent, &on(Says::run(&edit, "before anything was approved"), &start)));
}

#[test]
fn an_auto_keep_gate_leaves_no_bookkeeping_out() {
    let a_loop = joined();
    policy(&a_loop, "gates: {keep: auto}\neditable: [train.py]\n");
    let start = a_loop.head();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let only = edited(&a_loop, &start, "LR = 1", "LR = 2");
    assert!(passes(&a_loop, &mut agent, &Says::keep(&only, "a")));
    let with_log = committed(&a_loop, &start, |a_loop| a_loop.write("metrics.jsonl", "{}\n"));
    assert!(!passes(&a_loop, &mut agent, &Says::keep(&with_log, "b")));
}

#[test]
fn a_round_on_top_of_what_was_sent_back_brings_all_of_it() {
    for way in WAYS {
        let a_loop = joined();
        let start = a_loop.head();
        let mut agent = Agent::new(&a_loop, way);
        let first = edited(&a_loop, &start, "DEPTH = 4", "DEPTH = 400");
        let id = agent.propose(&Says::keep(&first, "deep"));
        take(&a_loop);
        answer(&a_loop, &id, DecisionKind::ChangesRequested, "too deep", Vec::new()).unwrap();
        let second = edited(&a_loop, &first, "LR = 1", "LR = 2");
        let says = Says { supersedes: Some(id), ..on(Says::keep(&second, "rate 2"), &first) };
        let next = agent.propose(&says);
        take(&a_loop);
        let shown = judged(&a_loop, &second);
        let added: usize = shown.built.files().iter().map(|file| file.added).sum();
        assert_eq!(added, 2, "{way:?}: what was sent back is shown with it");
        let (severity, said) = of_base(&shown).unwrap();
        assert_eq!(severity, Severity::Critical, "{way:?}");
        assert!(said.contains(&format!("builds on {}: changes requested", &first[..7])), "{said}");
        let screen = Driver::new(&a_loop, 120, 40).keys("a").screen();
        assert!(screen.contains("type `base`"), "{way:?}: {screen}");
        approve(&a_loop, &next).unwrap();
        let (word, told) = agent.wait(&next, 5.0);
        assert_eq!((word.as_str(), &told["approved_tree"]), ("approved", &told["proposed_tree"]), "{way:?}");
        let tree = |name: &str| a_loop.git(&["rev-parse", &format!("{name}^{{tree}}")]);
        assert_eq!(tree("countersign/approved"), tree(&second), "{way:?}: what was shown is what was approved");
        assert_eq!(a_loop.verify(&[]).0, Some(0));
    }
}

#[test]
fn a_round_on_top_of_one_that_nobody_answered_begins_where_that_began() {
    let a_loop = joined();
    let start = a_loop.head();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let mut before = (start, None);
    // Three rounds, each on top of the last.
    for (from, to) in [("LR = 1", "LR = 2"), ("WD = 2", "WD = 3"), ("BATCH = 3", "BATCH = 4")] {
        let head = edited(&a_loop, &before.0, from, to);
        let id = agent.propose(&Says { supersedes: before.1, ..on(Says::keep(&head, to), &before.0) });
        take(&a_loop);
        before = (head, Some(id));
    }
    let (head, id) = (before.0, before.1.unwrap());
    let shown = judged(&a_loop, &head);
    assert_eq!(shown.built.files()[0].added, 3);
    let (severity, said) = of_base(&shown).unwrap();
    assert_eq!(severity, Severity::Warning);
    assert!(said.starts_with("includes 2 unapproved commits of its base"), "{said}");
    approve(&a_loop, &id).unwrap();
    assert_eq!(agent.wait(&id, 5.0).0, "approved");
}

#[test]
fn a_refused_base_is_shown_whole_under_any_name() {
    let a_loop = joined();
    let start = a_loop.head();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let bad = edited(&a_loop, &start, "DEPTH = 4", "DEPTH = 400");
    let id = agent.propose(&Says::keep(&bad, "deep"));
    take(&a_loop);
    answer(&a_loop, &id, DecisionKind::Vetoed, "no", Vec::new()).unwrap();
    // The commit itself, another with its tree, and one that stands on it.
    let tree = a_loop.git(&["rev-parse", &format!("{bad}^{{tree}}")]);
    let renamed = a_loop.git(&["commit-tree", &tree, "-p", &start, "-m", "another message"]);
    let above = edited(&a_loop, &bad, "SEED = 6", "SEED = 7");
    for (base, from) in [(&bad, "LR = 1"), (&renamed, "WD = 2"), (&above, "BATCH = 3")] {
        for gate in ["keep", "run"] {
            policy(&a_loop, "gates: {run: auto}\n");
            let head = edited(&a_loop, base, from, &format!("{from}0{}", usize::from(gate == "run")));
            let id = agent.propose(&Says { gate, ..on(Says::keep(&head, from), base) });
            take(&a_loop);
            assert_eq!(agent.wait(&id, 0.0).0, "pending", "{from} {gate}");
            let shown = judged(&a_loop, &head);
            let (severity, said) = of_base(&shown).unwrap();
            assert_eq!(severity, Severity::Critical, "{from} {gate}: {said}");
            assert!(said.contains("vetoed"), "{said}");
            let text = format!("{:?}", shown.built.files());
            assert!(text.contains("DEPTH = 400"), "{from} {gate}: the refused part is shown");
        }
    }
}

#[test]
fn a_decision_on_the_base_makes_what_was_shown_stale() {
    let a_loop = joined();
    let start = a_loop.head();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let below = edited(&a_loop, &start, "DEPTH = 4", "DEPTH = 400");
    let head = edited(&a_loop, &below, "LR = 1", "LR = 2");
    let first = agent.propose(&Says::keep(&below, "deep"));
    let second = agent.propose(&on(Says::keep(&head, "rate"), &below));
    take(&a_loop);
    let mut driver = Driver::new(&a_loop, 120, 40);
    let shown = judged(&a_loop, &head);
    assert_eq!(of_base(&shown).unwrap().0, Severity::Note, "its base waits, and is no part of what is shown");
    let mut approval = support::approval(&shown).unwrap();
    approval.proposal = Some(pending(&a_loop, &second).unwrap().asked());
    answer(&a_loop, &first, DecisionKind::Vetoed, "no", Vec::new()).unwrap();
    let error = a_loop.decider().approve(&approval).unwrap_err().to_string();
    assert!(error.contains("a proposal that it builds on was decided on meanwhile"), "{error}");
    driver.observe();
    assert!(driver.screen().contains("DEPTH = 400"), "it is judged anew: {}", driver.screen());
}

#[test]
fn wait_says_another_tree_whenever_that_was_approved() {
    for way in WAYS {
        let a_loop = joined();
        let start = a_loop.head();
        let mut agent = Agent::new(&a_loop, way);
        // On a base that waits: its part is no part of the approval.
        let below = edited(&a_loop, &start, "DEPTH = 4", "DEPTH = 5");
        let head = edited(&a_loop, &below, "LR = 1", "LR = 2");
        let base = agent.propose(&Says::keep(&below, "deep"));
        let stacked = agent.propose(&on(Says::keep(&head, "rate"), &below));
        take(&a_loop);
        approve(&a_loop, &stacked).unwrap();
        let (word, told) = agent.wait(&stacked, 5.0);
        assert_eq!((word.as_str(), &told["hunks"]), ("partial", &json!([])), "{way:?}: {told}");
        assert_ne!(told["approved_tree"], told["proposed_tree"]);
        // On a base that the branch left behind.
        approve(&a_loop, &base).unwrap();
        assert_eq!(agent.wait(&base, 5.0).0, "partial", "{way:?}");
        // Bookkeeping that a change carries along makes no other tree of it.
        let tip = a_loop.git(&["rev-parse", "countersign/approved"]);
        let both = committed(&a_loop, &tip, |a_loop| {
            a_loop.write("train.py", "LR = 9\n");
            a_loop.write("run.log", "step 1\n");
        });
        let id = agent.propose(&on(Says::keep(&both, "with a log"), &tip));
        take(&a_loop);
        approve(&a_loop, &id).unwrap();
        assert_eq!(agent.wait(&id, 5.0).0, "approved", "{way:?}");
    }
}

#[test]
fn what_is_in_no_commit_is_judged_by_no_gate() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto}\n");
    // Beside the commit, in the folder where it would be trained.
    a_loop.write("numpy.py", "evil\n");
    let start = a_loop.head();
    let tree = a_loop.git(&["rev-parse", "HEAD^{tree}"]);
    let blob = a_loop.folder().join("blob");
    std::fs::write(&blob, "LR = 2\n").unwrap();
    let blob = a_loop.git(&["hash-object", "-w", &blob.to_string_lossy()]);
    assert!(!tree.is_empty());
    a_loop.git(&["update-index", "--cacheinfo", &format!("100644,{blob},train.py")]);
    let tree = a_loop.git(&["write-tree"]);
    let head = a_loop.git(&["commit-tree", &tree, "-p", &start, "-m", "x"]);
    a_loop.git(&["reset", "-q"]);
    assert!(passes(&a_loop, &mut Agent::new(&a_loop, Way::Folder), &on(Says::run(&head, "x"), &start)));
    assert!(a_loop.path("numpy.py").exists());
}

#[test]
fn code_in_an_editable_file_passes_whatever_it_does() {
    let a_loop = joined();
    let start = a_loop.head();
    let head = committed(&a_loop, &start, |a_loop| a_loop.write("train.py", "import os; os.system('evil')\n"));
    assert!(passes(&a_loop, &mut Agent::new(&a_loop, Way::Folder), &Says::run(&head, "x")));
}

#[test]
fn without_a_token_a_name_is_all_that_tells_agents_apart() {
    let a_loop = joined();
    let (one, two) = (an_edit(&a_loop, "LR = 1", "LR = 2"), an_edit(&a_loop, "WD = 2", "WD = 3"));
    let own = Agent::new(&a_loop, Way::Folder).propose(&Says::keep(&one, "own"));
    take(&a_loop);
    let liar = Says { supersedes: Some(own.clone()), ..Says::keep(&two, "by another under the same name") };
    Agent::new(&a_loop, Way::Command).propose(&liar);
    assert_eq!(take(&a_loop).accepted, 1);
    assert_eq!(Agent::new(&a_loop, Way::Folder).wait(&own, 0.0).0, "stale");
}

#[test]
fn answers_are_for_every_agent_of_the_door() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let id = Agent::new(&a_loop, Way::Mcp).propose(&Says::keep(&head, "x"));
    take(&a_loop);
    answer(&a_loop, &id, DecisionKind::Vetoed, "no", Vec::new()).unwrap();
    assert_eq!(Agent::new(&a_loop, Way::Command).wait(&id, 0.0).1["reason"], "no");
}
