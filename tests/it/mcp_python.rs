//! The door over MCP, by a client that is not ours: the official Python SDK, in a virtual environment of
//! its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::doors::{an_edit, answer, approve, joined, take};
use crate::support::{Loop, binary};
use countersign::model::DecisionKind;
use serde_json::{Value, json};

/// The version that this was written with; it is there as long as the index keeps it.
const SDK: &str = "mcp==2.3.0";

/// A Python with the SDK; made once a build, and by one test while the others wait. `None` where Python or the index cannot be reached, except
/// where `CI` says that it must be there.
fn python() -> Option<PathBuf> {
    static MADE: OnceLock<Option<PathBuf>> = OnceLock::new();
    MADE.get_or_init(make_python).clone()
}

fn make_python() -> Option<PathBuf> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mcp-venv");
    let python = place.join("bin/python");
    let works = || Command::new(&python).args(["-c", "import mcp.client.client"]).stderr(Stdio::null()).status();
    if works().is_ok_and(|status| status.success()) {
        return Some(python);
    }
    let run = |program: &Path, words: &[&str]| {
        let out = Command::new(program).args(words).output();
        out.map_err(|error| error.to_string()).and_then(|out| {
            if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
        })
    };
    let place_name = place.to_string_lossy().into_owned();
    let made = run(Path::new("python3"), &["-m", "venv", "--clear", &place_name])
        .and_then(|()| run(&python, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", SDK]));
    if let Err(why) = made {
        assert!(std::env::var_os("CI").is_none(), "the Python SDK could not be installed: {why}");
        eprintln!("skipped: the Python SDK could not be installed: {why}");
        return None;
    }
    Some(python)
}

struct Agent {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<Value>,
}

impl Agent {
    fn start(python: &Path, a_loop: &Loop, mode: &str, head: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mcp/client.py");
        let mut child = Command::new(python)
            .arg(script)
            .args([mode, &binary()])
            .arg(a_loop.dir())
            .arg(head)
            .env_clear()
            .envs(a_loop.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = send.send(serde_json::from_str(&line).expect("a line of JSON"));
            }
        });
        Self { child, stdin, lines }
    }

    fn says(&self, what: &str) -> Value {
        let said = self.lines.recv_timeout(Duration::from_secs(60)).expect("the client says something in time");
        assert_eq!(said["what"], what, "{said}");
        said
    }

    fn go_on(&mut self) {
        writeln!(self.stdin).unwrap();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until_proposed(agent: &Agent) -> String {
    assert_eq!(agent.says("server")["name"], "countersign");
    let tools = agent.says("tools");
    assert_eq!(tools["names"], json!(["await_decision", "get_feedback", "log_metrics", "propose_change"]));
    let put = agent.says("proposed");
    assert_eq!(put["status"], "pending");
    assert_eq!(agent.says("logged")["logged"], 1);
    put["id"].as_str().unwrap().to_owned()
}

#[test]
fn the_python_sdk_proposes_and_is_answered_by_both_handshakes() {
    let Some(python) = python() else { return };
    for mode in ["legacy", "auto"] {
        let a_loop = joined();
        let head = an_edit(&a_loop, "LR = 1", "LR = 2");
        let mut agent = Agent::start(&python, &a_loop, mode, &head);
        let id = until_proposed(&agent);
        assert_eq!(agent.says("waited")["status"], "pending", "{mode}");
        take(&a_loop);
        a_loop.decider().leave_note("mind the seed").unwrap();
        answer(&a_loop, &id, DecisionKind::ChangesRequested, "once more", Vec::new()).unwrap();
        agent.go_on();
        let decided = agent.says("decided");
        assert_eq!((&decided["decision"], &decided["reason"]), (&json!("changes_requested"), &json!("once more")));
        let feedback = agent.says("feedback");
        assert_eq!(feedback["notes"][0]["text"], "mind the seed", "{mode}");
        assert_eq!(feedback["proposal"]["decision"], "changes_requested");
        assert!(agent.says("wrong")["error"].as_str().unwrap().contains("is not a commit in this repository"));
        assert!(agent.child.wait().unwrap().success());
    }
}

#[test]
fn the_python_sdk_awaits_a_decision_as_a_task() {
    let Some(python) = python() else { return };
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let mut agent = Agent::start(&python, &a_loop, "tasks", &head);
    let id = until_proposed(&agent);
    take(&a_loop);
    agent.go_on();
    let task = agent.says("task");
    assert_eq!((&task["id"], &task["status"]), (&json!(id), &json!("working")));
    let made = approve(&a_loop, &id).unwrap();
    assert_eq!(agent.says("task ended")["status"], "completed");
    let decided = agent.says("decided");
    assert_eq!(decided["commit"], made.commit.unwrap().to_string().as_str());
    agent.says("feedback");
    agent.says("wrong");
    assert!(agent.child.wait().unwrap().success());
}
