//! The ready-made joins, each run as far as it runs without a model: the shell loop, the Python lines, the
//! hook, the MCP entries; and `init`, which brings them.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::doors::{Agent, Says, Way, an_edit, answer, approve, everything, joined, take};
use crate::support::{Loop, binary};
use countersign::model::DecisionKind;
use countersign::onboarding::all;
use countersign::policy::{Answerer, Policy};
use serde_json::Value;

fn text_of(name: &str) -> String {
    all().iter().find(|join| join.name == name).expect("a join").shown("countersign/approved")
}

/// A shell's environment in which `countersign` is the program under test.
fn environment(a_loop: &Loop) -> Vec<(String, String)> {
    let bin = a_loop.folder().join("bin");
    if !bin.exists() {
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(binary(), bin.join("countersign")).unwrap();
    }
    let mut all = a_loop.environment();
    for (name, value) in &mut all {
        if name == "PATH" {
            *value = format!("{}:{value}", bin.display());
        }
    }
    let git = [
        ("GIT_AUTHOR_NAME", "agent"),
        ("GIT_AUTHOR_EMAIL", "a@b"),
        ("GIT_COMMITTER_NAME", "agent"),
        ("GIT_COMMITTER_EMAIL", "a@b"),
    ];
    all.extend(git.map(|(name, value)| (name.to_owned(), value.to_owned())));
    all
}

fn shell(a_loop: &Loop, script: &str) -> Child {
    Command::new("sh")
        .args(["-c", script])
        .current_dir(a_loop.dir())
        .env_clear()
        .envs(environment(a_loop))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for a proposal and lets a person answer it.
fn when_asked(a_loop: &Loop, decide: impl Fn(&str)) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        take(a_loop);
        let snapshot = a_loop.snapshot();
        if let Some(index) = snapshot.waiting.first() {
            let proposal = snapshot.pending(&snapshot.experiments[*index].id).unwrap();
            return decide(proposal.id.as_str());
        }
        assert!(Instant::now() < end, "nobody asked");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// The agent's idea: an edit, committed on the loop's branch.
const IDEA: &str = "sed -i 's/LR = 1/LR = 2/' train.py && git commit -qam 'rate 2' && ";

#[test]
fn the_shell_loop_goes_on_from_what_was_approved_and_from_nothing_else() {
    for approved in [true, false] {
        let a_loop = joined();
        let before = a_loop.head();
        let child = shell(&a_loop, &format!("{}\n{IDEA} ask 'rate 2' 1.0 0.9", text_of("shell")));
        when_asked(&a_loop, |id| {
            if approved {
                approve(&a_loop, id).unwrap();
            } else {
                answer(&a_loop, id, DecisionKind::Vetoed, "no", Vec::new()).unwrap();
            }
        });
        let out = child.wait_with_output().unwrap();
        assert_eq!(out.status.success(), approved, "{}", String::from_utf8_lossy(&out.stderr));
        if approved {
            assert_eq!(a_loop.head(), a_loop.git(&["rev-parse", "countersign/approved"]));
            assert_ne!(a_loop.head(), before);
        }
    }
}

#[test]
fn ten_lines_of_python_give_the_commit_or_none() {
    let text = text_of("python");
    assert!(text.lines().filter(|line| !line.trim().is_empty()).count() <= 12, "ten lines and their imports");
    for approved in [true, false] {
        let a_loop = joined();
        std::fs::write(a_loop.folder().join("ask.py"), format!("{text}\nprint(ask('rate 2', 1.0, 0.9, 'it falls'))\n"))
            .unwrap();
        let child = shell(&a_loop, &format!("{IDEA} python3 -B ../ask.py"));
        when_asked(&a_loop, |id| {
            if approved {
                approve(&a_loop, id).unwrap();
            } else {
                answer(&a_loop, id, DecisionKind::ChangesRequested, "more", Vec::new()).unwrap();
            }
        });
        let out = child.wait_with_output().unwrap();
        let said = String::from_utf8(out.stdout).unwrap();
        let wanted = if approved { a_loop.git(&["rev-parse", "countersign/approved"]) } else { "None".to_owned() };
        assert_eq!(said.trim(), wanted, "{}", String::from_utf8_lossy(&out.stderr));
    }
}

#[test]
fn the_paragraph_for_agents_names_commands_that_are_there() {
    let text = text_of("program");
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    a_loop.git(&["reset", "-q", "--hard", &head]);
    let command = text.split('`').find(|part| part.starts_with("countersign propose -m")).unwrap();
    let child = shell(&a_loop, &command.replace("BEFORE,AFTER", "1.0,0.9"));
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    // Every exit code that it speaks of is the one that the help tells.
    let help = String::from_utf8(a_loop.command(&["--help"]).output().unwrap().stdout).unwrap();
    for (code, word) in [("12", "pending"), ("10", "changes requested"), ("13", "stale")] {
        assert!(text.contains(code) && help.contains(&format!("{code} {word}")), "{code} {word}");
    }
    assert!(help.contains("0 approved"));
}

#[test]
fn the_hook_reminds_of_what_is_pending_and_lets_go_otherwise() {
    let a_loop = joined();
    let hook = |input: &str| {
        let script = a_loop.folder().join("hook.sh");
        std::fs::write(&script, text_of("claude-hook-script")).unwrap();
        let line = format!("printf '%s' '{input}' | CLAUDE_PROJECT_DIR=\"$PWD\" sh {}", script.display());
        let out = shell(&a_loop, &line).wait_with_output().unwrap();
        (out.status.code().unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    assert_eq!(hook("{}").0, 0, "nothing waits");
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let id = Agent::new(&a_loop, Way::Command).propose(&Says::keep(&head, "rate 2"));
    let (code, said) = hook("{}");
    assert_eq!(code, 2, "not taken in yet: it waits all the same");
    assert!(said.contains("pending proposals: 1. Call countersign wait"), "{said}");
    take(&a_loop);
    assert_eq!(hook("{\"stop_hook_active\":false}").0, 2);
    assert_eq!(hook("{\"stop_hook_active\": true}").0, 0, "it does not hold the agent for ever");
    answer(&a_loop, &id, DecisionKind::Vetoed, "no", Vec::new()).unwrap();
    assert_eq!(hook("{}").0, 0);
}

/// Starts a server as a client's configuration says, and says hello.
fn greets(a_loop: &Loop, command: &str, args: &[String]) {
    let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}"#;
    let line = format!("printf '%s\\n' '{hello}' | {command} {}", args.join(" "));
    let out = shell(a_loop, &line).wait_with_output().unwrap();
    let said: Value = serde_json::from_slice(out.stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert_eq!(said["result"]["serverInfo"]["name"], "countersign", "{said}");
}

#[test]
fn init_brings_the_joins_for_what_is_there_and_twice_is_once() {
    let a_loop = Loop::new(&[
        ("train.py", "LR = 1\n"),
        ("prepare.py", "x\n"),
        ("program.md", "# mine\n"),
        ("CLAUDE.md", "# also mine\n"),
    ]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    std::fs::create_dir(a_loop.path(".claude")).unwrap();
    a_loop.write(".claude/settings.json", "{\"permissions\": {\"allow\": [\"Bash\"]}}");
    let before = everything(a_loop.dir());
    let run = |words: &[&str]| {
        let out = a_loop.command(words).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    // Without --write the agent's files stay as they are: only what is ours is made.
    let said = run(&["init"]);
    let after = everything(a_loop.dir());
    for (path, bytes) in &before {
        assert!(after.get(path) == Some(bytes) || path.ends_with("info/exclude"), "{path}");
    }
    assert!(
        said.contains("add to program.md") && said.contains("add to CLAUDE.md") && said.contains(".mcp.json"),
        "{said}"
    );
    let policy = std::fs::read_to_string(a_loop.path(".git/countersign/policy.yaml")).unwrap();
    let read = Policy::parse(&policy).unwrap();
    assert_eq!(
        (read.metric.as_deref(), read.gates.run, read.gates.keep),
        (Some("val_bpb"), Answerer::Auto, Answerer::Human)
    );
    assert_eq!(read.editable.as_deref(), Some(&["train.py".to_owned()][..]));
    assert!(!a_loop.git(&["status", "--porcelain"]).contains(".countersign"), "git leaves the door alone");
    // Every line that is only a comment reads, too, once it is one no more.
    for line in policy
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.contains(": ") && !line.contains(". "))
    {
        let line = line.split("   ").next().unwrap();
        assert!(Policy::parse(line).is_ok(), "{line}");
    }
    run(&["init", "--write"]);
    let once = everything(a_loop.dir());
    assert!(run(&["init", "--write"]).contains("is up to date"));
    assert_eq!(everything(a_loop.dir()), once, "the second time changes nothing");
    let settings: Value =
        serde_json::from_str(&std::fs::read_to_string(a_loop.path(".claude/settings.json")).unwrap()).unwrap();
    assert_eq!(settings["permissions"]["allow"][0], "Bash", "what was there stays");
    let hook = settings["hooks"]["Stop"][0]["hooks"][0]["command"].as_str().unwrap();
    let child = shell(&a_loop, &format!("export CLAUDE_PROJECT_DIR=\"$PWD\"; echo '{{}}' | {hook}"));
    assert!(child.wait_with_output().unwrap().status.success(), "the hook is where the entry says");
    let program = std::fs::read_to_string(a_loop.path("program.md")).unwrap();
    assert!(program.starts_with("# mine\n") && program.contains("countersign propose"));
    let entry: Value = serde_json::from_str(&std::fs::read_to_string(a_loop.path(".mcp.json")).unwrap()).unwrap();
    let entry = &entry["mcpServers"]["countersign"];
    let args: Vec<String> = serde_json::from_value(entry["args"].clone()).unwrap();
    greets(&a_loop, entry["command"].as_str().unwrap(), &args);
    // Codex: the entry reads as TOML, and the server comes up as it says.
    let toml = a_loop.folder().join("config.toml");
    std::fs::write(&toml, text_of("codex-mcp")).unwrap();
    let code = "import json, sys, tomllib; print(json.dumps(tomllib.load(open(sys.argv[1], 'rb'))))";
    let out = Command::new("python3").args(["-c", code]).arg(&toml).output().unwrap();
    let entry: Value = serde_json::from_slice(&out.stdout).unwrap();
    let entry = &entry["mcp_servers"]["countersign"];
    let args: Vec<String> = serde_json::from_value(entry["args"].clone()).unwrap();
    greets(&a_loop, entry["command"].as_str().unwrap(), &args);
    let out = a_loop.command(&["init", "--join", "nothing"]).output().unwrap();
    assert!(String::from_utf8_lossy(&out.stderr).contains("unknown integration `nothing`"));
}

#[test]
fn init_follows_no_link_out_of_the_loop() {
    let a_loop = joined();
    let elsewhere = a_loop.folder().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("precious.md"), "theirs\n").unwrap();
    let before = everything(&elsewhere);
    std::fs::remove_file(a_loop.path("program.md")).unwrap();
    std::os::unix::fs::symlink(elsewhere.join("precious.md"), a_loop.path("program.md")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, a_loop.path(".claude")).unwrap();
    for name in ["program", "claude-hook-script", "claude-hook"] {
        let out = a_loop.command(&["init", "--write", "--join", name]).output().unwrap();
        assert!(!out.status.success(), "{name}");
        assert!(
            String::from_utf8_lossy(&out.stderr).contains("symlink"),
            "{name}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
    assert_eq!(everything(&elsewhere), before);
    assert!(Path::new(&elsewhere).join("precious.md").exists());
}

#[test]
fn an_agent_without_results_is_a_loop_once_it_can_ask() {
    let a_loop = Loop::new(&[("train.py", "LR = 1\n")]);
    assert_eq!(a_loop.command(&["status"]).output().unwrap().status.code(), Some(3), "no loop yet");
    let out = a_loop.command(&["init"]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(a_loop.json(&["status", "--json"])["format"], "proposals");
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let mut agent = Agent::new(&a_loop, Way::Command);
    let says = Says { before_after: Some((1.0, 0.9)), ..Says::keep(&head, "rate 2") };
    let id = agent.propose(&says);
    take(&a_loop);
    let snapshot = a_loop.snapshot();
    assert_eq!(*snapshot.warnings, []);
    assert_eq!(&*snapshot.objective.as_ref().unwrap().metric, "val_bpb", "by its evidence");
    assert_eq!(snapshot.waiting.len(), 1);
    let start = a_loop.head();
    approve(&a_loop, &id).unwrap();
    assert_eq!(agent.wait(&id, 5.0).0, "approved");
    assert_eq!(a_loop.git(&["rev-parse", "countersign/approved~1"]), start);
    // Rows that come later are its rows; what was decided stays decided.
    a_loop.row(&head[..7], 0.9, "keep", "rate 2");
    let snapshot = a_loop.snapshot();
    assert_eq!((snapshot.counts.total, snapshot.decisions.len(), snapshot.waiting.len()), (1, 1, 0));
    assert_eq!(a_loop.verify(&[]).0, Some(0));
    let outside = tempfile::tempdir().unwrap();
    let out =
        Command::new(binary()).arg("init").arg(outside.path()).env_clear().envs(a_loop.environment()).output().unwrap();
    assert!(
        String::from_utf8_lossy(&out.stderr).contains("not in a git work tree"),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}
