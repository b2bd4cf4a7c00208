//! What the README tells people to type works.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::a_night;

/// Commands of the README's console blocks, without their prompt and comment.
fn commands() -> Vec<String> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("$ "));
    lines.map(|line| line.split(" #").next().unwrap().trim().to_owned()).collect()
}

#[test]
fn every_command_that_is_shown_runs() {
    let night = a_night(12, 4);
    let snapshot = night.snapshot();
    let first = snapshot.experiments[snapshot.waiting[0]].clone();
    night.approve(&first.id).unwrap();
    night.append("run.log", "\rstep 00001 | loss: 3.5\n---\nval_bpb: 0.5\n");
    night.row("-", 0.5, "discard", "the last run");
    let last = night.snapshot();
    let recorded = last.experiments.last().unwrap().id.clone();
    let mut ran = 0;
    for command in commands().iter().filter(|command| command.starts_with("countersign ")) {
        let words: Vec<String> = command
            .split_whitespace()
            .skip(1)
            .map(|word| match word {
                "ID" if command.contains(" series ") => recorded.to_string(),
                "ID" => first.id.to_string(),
                word => word.to_owned(),
            })
            .collect();
        let args: Vec<&str> = words.iter().map(String::as_str).collect();
        let out = night.command(&args).output().unwrap();
        // Two of them need a terminal, and say so; the terminal tests run those.
        if command.contains(" decide ") || command.ends_with("~/autoresearch") {
            assert!(String::from_utf8_lossy(&out.stderr).contains("terminal"), "{command}");
        } else {
            assert!(out.status.success(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
        }
        ran += 1;
    }
    assert!(ran >= 8, "{ran} commands found");
    assert!(commands().iter().any(|command| command.starts_with("cargo test")), "the test command is there for CI");
}

#[test]
fn the_policy_that_is_shown_reads() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let yaml = text.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let policy = countersign::policy::Policy::parse(yaml).unwrap();
    assert!(policy.protects("prepare.py") && !policy.allows("x.py"));
}

#[test]
fn exit_codes_in_the_readme_are_those_of_the_program() {
    use countersign::cli::Code;
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for code in [Code::Good, Code::Error, Code::Usage, Code::NoLoop, Code::Objection, Code::NotDecided] {
        assert!(text.contains(&format!("| {} |", code as u8)), "{code:?} is not documented");
    }
}
