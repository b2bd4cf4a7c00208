//! The command line: JSON as documented, exit codes, broken pipes.

use std::process::Stdio;

use crate::support::drive::Driver;
use crate::support::{self, Loop, a_night};

#[test]
fn status_is_as_documented() {
    let night = a_night(20, 4);
    let status = night.json(&["status", "--json"]);
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&status),
        [
            "baseline",
            "best",
            "decisions",
            "experiments",
            "format",
            "not_read",
            "objective",
            "reading",
            "run",
            "running",
            "runs",
            "segments",
            "v",
            "warnings"
        ]
    );
    assert_eq!(keys(&status["experiments"]), ["crashed", "discarded", "kept", "other", "total", "with_change"]);
    assert_eq!(
        keys(&status["decisions"]),
        [
            "approved",
            "changes_requested",
            "commit_gone",
            "expired",
            "no_commit",
            "partial",
            "pending",
            "stale",
            "vetoed"
        ]
    );
    assert_eq!((status["v"].clone(), status["format"].clone()), (1.into(), "autoresearch".into()));
    let objective = &status["objective"];
    assert_eq!((&objective["metric"], &objective["goal"]), (&"val_bpb".into(), &"minimize".into()));
    assert_eq!(keys(objective), ["goal", "goal_because", "is_guess", "metric", "metric_because"]);
    assert_eq!(keys(&status["reading"]), ["columns", "notes", "other_tables", "unknown_statuses"]);
    let sum: u64 =
        ["kept", "discarded", "crashed", "other"].iter().map(|key| status["experiments"][key].as_u64().unwrap()).sum();
    assert_eq!(sum, status["experiments"]["total"].as_u64().unwrap());
    night.append("results.tsv", "a\tb\tc\td\te\tf\n");
    let status = night.json(&["status", "--json"]);
    let line = std::fs::read_to_string(night.path("results.tsv")).unwrap().lines().count();
    assert_eq!(
        status["warnings"],
        serde_json::json!([{"path": "results.tsv", "line": line, "end_line": line, "message": "6 cells, but the header has 5"}])
    );
}

#[test]
fn show_and_log_are_as_documented() {
    let night = a_night(20, 4);
    let snapshot = night.snapshot();
    let first = snapshot.experiments[snapshot.waiting[0]].clone();
    let shown = night.json(&["show", first.label.raw(), "--json"]);
    let keys: Vec<_> = shown.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        [
            "also_contains",
            "base",
            "claim",
            "decision",
            "depends_on",
            "description",
            "files",
            "findings",
            "head",
            "id",
            "label",
            "measured_as_is",
            "outcome",
            "tree",
            "value"
        ]
    );
    assert_eq!(shown["id"], first.id.as_str());
    assert_eq!(
        (shown["claim"].clone(), shown["outcome"].clone(), shown["decision"].clone()),
        ("keep".into(), "value".into(), serde_json::Value::Null)
    );
    assert_eq!(shown["measured_as_is"], true);
    assert_eq!(
        shown["files"],
        serde_json::json!([{"path": "train.py", "status": "modified", "added": 1, "removed": 1}])
    );
    let decision = night.approve(&first.id).unwrap();
    let log = night.json(&["log", "--json"]);
    assert_eq!(log["commit"], decision.commit.unwrap().to_string());
    assert_eq!(
        (log["decision"].clone(), log["metric"].clone(), log["measured_as_is"].clone()),
        ("approved".into(), "val_bpb".into(), true.into())
    );
    assert_eq!(log["reviewer"], "Ada Human <ada@example.org>");
    assert!(log["gain"].as_f64().unwrap() > 0.0);
    assert_eq!(night.json(&["show", first.label.raw(), "--json"])["decision"], "approved");
    // Each text prints the change of the metric in the same way, and nothing in place of a reason.
    let said = |args: &[&str]| String::from_utf8_lossy(&night.command(args).output().unwrap().stdout).into_owned();
    let value = first.outcome.value().unwrap();
    let change = format!("{} (−{:.6} better)", value, log["gain"].as_f64().unwrap());
    let message = night.git(&["log", "-1", "--format=%B", "countersign/approved"]);
    let (shown, logged) = (said(&["show", first.label.raw()]), said(&["log"]));
    assert!(logged.contains(&change), "{change}: {logged}");
    for text in [&shown, &message] {
        assert!(text.contains(" better), self-reported"), "{text}");
    }
    assert!(shown.contains("decision  approved by Ada Human <ada@example.org>\n"), "{shown}");
    let driver = Driver::new(&night, 80, 24);
    let panel = driver.state.panel();
    let tip = panel.iter().find(|one| one.name == "decisions").unwrap().reading.clone().unwrap();
    assert!(tip.contains("approved tip: val_bpb −") && tip.ends_with(" better than the baseline"), "{tip}");
    let policy = said(&["policy"]);
    assert!(policy.contains("policy.yaml does not exist; the default policy is in force (ledger record "), "{policy}");
    assert_eq!(night.json(&["show", &first.id.as_str()[..12], "--json"])["id"], first.id.as_str(), "a unique prefix");
}

#[test]
fn exit_codes_are_as_documented() {
    let night = a_night(2, 4);
    let code = |args: &[&str]| night.command(args).output().unwrap().status.code();
    assert_eq!(code(&["status"]), Some(0));
    assert_eq!(code(&["verify"]), Some(0));
    assert_eq!(code(&["show", "nothing-of-the-kind"]), Some(1));
    assert_eq!(code(&["no-such-verb", "x"]), Some(2));
    assert_eq!(code(&["--help"]), Some(0));
    assert_eq!(code(&["--version"]), Some(0));
    let empty = tempfile::tempdir().unwrap();
    let out = night.command(&["status", empty.path().to_str().unwrap()]).output().unwrap();
    assert_eq!(out.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&out.stderr).contains("no loop found here"));
    assert_eq!(code(&["status", "/no/such/place"]), Some(1));
}

#[test]
fn a_broken_pipe_is_no_error() {
    let night = a_night(30, 4);
    let mut child = night.command(&["show", "HEAD-is-no-name"]);
    child.stdout(Stdio::piped()).stderr(Stdio::piped());
    drop(child);
    for _ in 0..3 {
        let snapshot = night.snapshot();
        night.approve(&snapshot.experiments[snapshot.waiting[0]].id).unwrap();
    }
    let mut child = night.command(&["log"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(out.stderr.is_empty());
}

#[test]
fn hostile_text_is_spelled_out_in_plain_and_escaped_in_json() {
    let a_loop = Loop::new(&[("train.py", "A\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.write("train.py", "B \u{1b}[2J \u{202e}\n");
    let head = a_loop.commit("x");
    a_loop.row(&head[..7], 0.9, "keep \u{9b}31m", "\u{1b}]0;x\u{7}");
    for args in [&["show", &head[..7]][..], &["show", &head[..7], "--json"], &["status"], &["log"], &["doctor"]] {
        let out = a_loop.command(args).output().unwrap();
        let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
        assert!(!text.chars().any(|c| c != '\n' && countersign::policy::text::is_hidden(c)), "{args:?}: {text:?}");
    }
    let shown = a_loop.json(&["show", &head[..7], "--json"]);
    assert_eq!(shown["claim"], "keep \u{9b}31m", "JSON gives it back as it was");
}

#[test]
fn the_directory_stands_before_or_after_the_verb() {
    let night = a_night(2, 4);
    let dir = night.dir().to_string_lossy().into_owned();
    let head = night.head();
    for args in
        [&["status", "-C", &dir][..], &["-C", &dir, "status"], &["status", &dir], &["-C", &dir, "show", &head[..7]]]
    {
        let mut command = std::process::Command::new(support::binary());
        let out = command.args(args).envs(night.environment()).current_dir("/").output().unwrap();
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    }
}

#[test]
fn doctor_names_a_remedy_for_what_is_missing() {
    let night = a_night(2, 4);
    std::fs::write(night.folder().join("home/.gitconfig"), "").ok();
    let mut command = night.command(&["doctor"]);
    std::fs::write(night.folder().join("home/.gitconfig"), "").unwrap();
    let out = command.env("GIT_CONFIG_NOSYSTEM", "1").output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains("git config --global user.name"), "{text}");
    assert!(text.lines().any(|line| line.contains("loop") && line.contains(": results.tsv")), "{text}");
}

#[test]
fn one_of_a_thing_is_told_as_one_and_a_long_cell_in_one_line() {
    let a_loop = support::Loop::new(&[("train.py", "LR = 1\n")]);
    let said = |args: &[&str]| {
        let out = a_loop.command(args).output().unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    assert!(said(&["status"]).contains("rows       1 experiment: 1 kept"), "{}", said(&["status"]));
    let long = "w".repeat(100_000);
    a_loop.row(&long, 0.5, "keep", "a long cell");
    let id = a_loop.json(&["status", "--json"])["best"]["id"].as_str().unwrap().to_owned();
    for args in [&["status"][..], &["show", &id], &["doctor"]] {
        let said = said(args);
        let longest = said.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest < 400, "{args:?}: {longest}");
    }
    let status = said(&["status"]);
    let best = status.lines().find(|line| line.starts_with("best")).unwrap();
    assert!(best.ends_with("www...") && best.chars().count() < 80, "{best}");
}

#[test]
fn a_log_is_written_where_it_is_asked_for_and_nowhere_else() {
    let night = a_night(4, 2);
    let log = night.state().join("log");
    assert!(night.command(&["status"]).output().unwrap().status.success());
    assert!(!log.exists(), "off by default");
    assert!(night.command(&["--log", "info", "status"]).output().unwrap().status.success());
    let first = std::fs::read_to_string(&log).unwrap();
    assert!(first.contains("INFO") && first.contains("start") && first.contains("status"), "{first}");
    let out = night.command(&["show", "nosuch\x1b[31m"]).env("COUNTERSIGN_LOG", "warn").output().unwrap();
    assert!(!out.status.success());
    let both = std::fs::read_to_string(&log).unwrap();
    assert!(both.starts_with(&first) && both.contains("failed") && !both.contains('\x1b'), "{both}");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(log.metadata().unwrap().permissions().mode() & 0o077, 0, "it may name what is private");
    let doctor = night.command(&["doctor"]).output().unwrap();
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("countersign/log"), "doctor names its path");
}
