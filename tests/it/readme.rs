//! What the README tells people to type works.

use crate::support::a_night;
use countersign::cli::Code;

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
    // The agent's calls first of all need something to ask about, and the id that asking gives.
    assert!(night.command(&["init"]).output().unwrap().status.success());
    let asked = night.json(&["propose", "-m", "x", "--head", first.head().unwrap().to_string().as_str()]);
    let asked = asked["id"].as_str().unwrap().to_owned();
    for command in commands().iter().filter(|command| command.starts_with("countersign ")) {
        let words: Vec<String> = shell_words::split(command)
            .unwrap()
            .iter()
            .skip(1)
            .map(|word| match word.as_str() {
                "ID" if command.contains(" wait ") => asked.clone(),
                "ID" if command.contains(" series ") => recorded.to_string(),
                "ID" => first.id.to_string(),
                word => word.to_owned(),
            })
            .collect();
        let args: Vec<&str> = words.iter().map(String::as_str).collect();
        // Where files are written, they are written into a folder that goes with the test.
        let out = night.command(&args).current_dir(night.dir()).output().unwrap();
        // Those that need a terminal say so; the terminal tests run them.
        let decides = [" decide ", " adopt", " restore", " demo", " tell ", " pause", " resume"]
            .iter()
            .any(|verb| command.contains(verb));
        if decides || command.contains("/autoresearch") {
            assert!(String::from_utf8_lossy(&out.stderr).contains("terminal"), "{command}");
        } else if command.contains(" wait ") {
            assert_eq!(out.status.code(), Some(Code::Pending as i32), "{command}");
        } else if command.contains("--allowed-signers") {
            // Nothing is signed here, and that is what it objects to.
            assert!(String::from_utf8_lossy(&out.stdout).contains(": not signed"), "{command}");
        } else {
            let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
            assert!(out.status.success(), "{command}: {said}");
        }
        ran += 1;
    }
    assert!(ran >= 8, "{ran} commands found");
    assert!(commands().iter().any(|command| command.starts_with("cargo test")), "the test command is there for CI");
}

/// The YAML blocks of the README, in order.
fn yaml(number: usize) -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    text.split("```yaml\n").nth(number).unwrap().split("```").next().unwrap().to_owned()
}

#[test]
fn the_first_commands_open_the_terminal_ui() {
    let all = commands();
    let runs: Vec<_> = all.iter().filter_map(|command| command.strip_prefix("cargo run --release -- ")).collect();
    assert_eq!(runs, ["demo", "~/autoresearch"], "two commands, and the demo comes first");
    // Without a terminal they say what they need; tests/it/terminal.rs runs them in one.
    let night = a_night(4, 4);
    for words in [&["demo"][..], &[]] {
        let out = night.command(words).output().unwrap();
        assert!(String::from_utf8_lossy(&out.stderr).contains("needs a terminal"), "{words:?}");
    }
}

#[test]
fn the_configuration_and_the_theme_that_are_shown_read() {
    let mut preferences = countersign::config::Preferences::default();
    preferences.take(&yaml(1), "config.yaml");
    assert_eq!(preferences.troubles, Vec::<String>::new());
    assert_eq!(preferences.theme.as_deref(), Some("light"));
    countersign::ui::Theme::parse(&yaml(2)).unwrap();
}

/// The pictures are screens as the tests take them: none shows what is not so.
#[test]
fn the_pictures_are_what_the_screens_show() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let mut seen = 0;
    for part in text.split("<!-- picture: ").skip(1) {
        let (name, rest) = part.split_once(" -->\n```\n").unwrap();
        let shown = rest.split("\n```").next().unwrap();
        let suite = match name {
            _ if name.starts_with("inbox_round") => "gates",
            "in_part" => "review",
            _ => "cockpit",
        };
        let path = format!("{}/tests/it/snapshots/it__{suite}__{name}_80x24.snap", env!("CARGO_MANIFEST_DIR"));
        let snapshot = std::fs::read_to_string(&path).unwrap();
        let screen = snapshot.splitn(3, "---\n").nth(2).unwrap().trim_end();
        assert_eq!(shown, screen, "the picture of {name} is not what the test takes: copy it from {path}");
        seen += 1;
    }
    assert!(seen >= 6, "{seen} pictures");
}

#[test]
fn the_policy_that_is_shown_reads() {
    let policy = countersign::policy::Policy::parse(&yaml(3)).unwrap();
    assert!(policy.protects("prepare.py") && !policy.allows("x.py"));
}

#[test]
fn exit_codes_in_the_readme_are_those_of_the_program() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let waits = [Code::Partial, Code::ChangesRequested, Code::Vetoed, Code::Pending, Code::Stale, Code::Expired];
    let all = [Code::Good, Code::Error, Code::Usage, Code::NoLoop, Code::Objection, Code::NotDecided];
    for code in all.into_iter().chain(waits) {
        assert!(text.contains(&format!("| {} |", code as u8)), "{code:?} is not documented");
    }
}
