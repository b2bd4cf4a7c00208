//! An agent at each of the three doors, and the supervisor it waits for.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use countersign::decide::other_gate_key;
use countersign::ledger::read_chain;
use countersign::model::{Amendment, Comment, CommentKind, DecisionKind, FileSide, Proposal, ProposalId, Spent};
use countersign::model::{Answer, IntakeReport, Questions};
use countersign::query::Request;
use serde_json::{Value, json};

use super::{Loop, approval, human};

/// A way to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Folder,
    Command,
    Mcp,
}

pub const WAYS: [Way; 3] = [Way::Folder, Way::Command, Way::Mcp];

/// What an agent says.
#[derive(Clone, Debug, Default)]
pub struct Says {
    pub head: String,
    pub base: Option<String>,
    pub patch: Option<String>,
    pub gate: &'static str,
    pub title: String,
    pub rationale: String,
    pub supersedes: Option<String>,
    pub key: String,
    pub before_after: Option<(f64, f64)>,
}

impl Says {
    pub fn keep(head: &str, title: &str) -> Self {
        Self { head: head.to_owned(), gate: "keep", title: title.to_owned(), ..Self::default() }
    }

    pub fn run(head: &str, title: &str) -> Self {
        Self { gate: "run", ..Self::keep(head, title) }
    }
}

/// A loop with a door, at its baseline, and `train.py` of some lines.
pub fn joined() -> Loop {
    let a_loop = Loop::new(&[
        ("train.py", "LR = 1\nWD = 2\nBATCH = 3\nDEPTH = 4\nWIDTH = 5\nSEED = 6\n"),
        ("prepare.py", "DATA = 1\n"),
        ("program.md", "go\n"),
    ]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    let out = a_loop.command(&["init"]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    a_loop
}

/// Commits an edit of `train.py` on the current commit and goes back; the commit.
pub fn an_edit(a_loop: &Loop, from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(a_loop.path("train.py")).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    a_loop.write("train.py", text.replace(from, to));
    let head = a_loop.commit(&format!("{from} to {to}"));
    a_loop.reset();
    head
}

/// The person's policy, from now on.
pub fn policy(a_loop: &Loop, text: &str) {
    a_loop.write(".git/countersign/policy.yaml", text);
    // What is in force is in the ledger: a person accepts it there.
    if a_loop.path(".git/countersign/ledger.jsonl").exists() {
        // One that cannot be read is accepted by nobody.
        let chain = read_chain(&a_loop.path(".git/countersign/ledger.jsonl")).unwrap_or_default();
        let key = other_gate_key(&chain, text).unwrap_or_default();
        let _ = a_loop.decider().accept_policy(text, key.as_deref());
    }
}

/// Takes in all that lies at the door.
pub fn take(a_loop: &Loop) -> IntakeReport {
    let mut all = IntakeReport::default();
    loop {
        let told = a_loop.decider().collect_proposals(Spent::default()).unwrap();
        all.accepted += told.accepted;
        all.answered += told.answered;
        all.refused.extend(told.refused);
        all.left.extend(told.left);
        all.unsigned = told.unsigned.or(all.unsigned);
        if !told.more {
            return all;
        }
    }
}

/// What is pending, taken in before.
pub fn pending(a_loop: &Loop, id: &str) -> Option<std::sync::Arc<Proposal>> {
    let id: ProposalId = id.parse().unwrap();
    let snapshot = a_loop.snapshot();
    snapshot.proposal(&id).filter(|_| snapshot.is_pending(&id)).cloned()
}

/// Approves a pending proposal as a person would who acknowledges every critical finding.
pub fn approve(a_loop: &Loop, id: &str) -> Result<countersign::model::Decision, String> {
    approve_as(a_loop, id, &Amendment::default())
}

/// The same with a change of the person's own.
pub fn approve_as(a_loop: &Loop, id: &str, amendment: &Amendment) -> Result<countersign::model::Decision, String> {
    let proposal = pending(a_loop, id).ok_or("it is not pending")?;
    let judged = a_loop.ask(&Request::Amend(proposal.experiment(), amendment.clone().into()))?;
    let mut approval = approval(&judged)?;
    approval.proposal = Some(proposal.asked());
    a_loop.decider().approve(&approval).map_err(|error| error.to_string())
}

/// Answers a pending proposal without a commit.
pub fn answer(
    a_loop: &Loop,
    id: &str,
    kind: DecisionKind,
    reason: &str,
    comments: Vec<Comment>,
) -> Result<countersign::model::Decision, String> {
    let proposal = pending(a_loop, id).ok_or("it is not pending")?;
    let answer = Answer {
        proposal: Some(proposal.asked()),
        kind,
        comments,
        ..Answer::veto(proposal.experiment(), Some(proposal.head), reason)
    };
    a_loop.decider().answer(&answer).map_err(|error| error.to_string())
}

/// Asks about a pending proposal.
pub fn ask(a_loop: &Loop, id: &str, question: &str) {
    let proposal = pending(a_loop, id).expect("it is pending");
    let comments =
        vec![Comment { path: None, side: None, line: None, kind: CommentKind::Question, body: question.to_owned() }];
    a_loop.decider().ask(&Questions { proposal: proposal.asked(), comments }).unwrap();
}

pub fn on_line(path: &str, line: u32, body: &str) -> Comment {
    Comment {
        path: Some(path.into()),
        side: Some(FileSide::New),
        line: Some(line),
        kind: CommentKind::Issue,
        body: body.to_owned(),
    }
}

/// An agent that asks in one way.
pub struct Agent<'a> {
    pub a_loop: &'a Loop,
    pub way: Way,
    client: Option<Client>,
}

impl<'a> Agent<'a> {
    pub fn new(a_loop: &'a Loop, way: Way) -> Self {
        let client = (way == Way::Mcp).then(|| Client::start(a_loop, false));
        Self { a_loop, way, client }
    }

    /// Asks, and gives the id.
    pub fn propose(&mut self, says: &Says) -> String {
        self.try_propose(says).unwrap_or_else(|error| panic!("{:?}: {error}", self.way))
    }

    pub fn try_propose(&mut self, says: &Says) -> Result<String, String> {
        match self.way {
            Way::Folder => Ok(self.drop_in(says)),
            Way::Command => {
                let patch = self.a_loop.folder().join("change.patch");
                let patch_name = patch.to_string_lossy().into_owned();
                let mut words = vec!["propose", "-m", &says.title, "--gate", says.gate, "--agent", "an agent"];
                if let Some(text) = &says.patch {
                    std::fs::write(&patch, text).unwrap();
                    words.extend(["--patch", &patch_name]);
                } else {
                    words.extend(["--head", &says.head]);
                }
                if let Some(base) = &says.base {
                    words.extend(["--base", base]);
                }
                let rationale = format!("--rationale={}", says.rationale);
                words.push(&rationale);
                if let Some(old) = &says.supersedes {
                    words.extend(["--supersedes", old]);
                }
                if !says.key.is_empty() {
                    words.extend(["--key", &says.key]);
                }
                let evidence = says.before_after.map(|(before, after)| format!("val_bpb={before},{after}"));
                if let Some(evidence) = &evidence {
                    words.extend(["--evidence", evidence]);
                }
                let out = self.a_loop.command(&words).output().unwrap();
                if !out.status.success() {
                    return Err(String::from_utf8_lossy(&out.stderr).into_owned());
                }
                let put: Value = serde_json::from_slice(&out.stdout).unwrap();
                Ok(put["id"].as_str().unwrap().to_owned())
            }
            Way::Mcp => {
                let mut arguments = json!({"title": says.title, "gate": says.gate, "rationale": says.rationale});
                let mut set = |key: &str, value: Value| {
                    arguments[key] = value;
                };
                match &says.patch {
                    Some(text) => set("patch", text.as_str().into()),
                    None => set("head", says.head.as_str().into()),
                }
                if let Some(base) = &says.base {
                    set("base", base.as_str().into());
                }
                if let Some(old) = &says.supersedes {
                    set("supersedes", old.as_str().into());
                }
                if !says.key.is_empty() {
                    set("idempotency_key", says.key.as_str().into());
                }
                if let Some((before, after)) = says.before_after {
                    set("evidence", json!([{"metric": "val_bpb", "before": before, "after": after}]));
                }
                let put = self.client().call("propose_change", arguments)?;
                Ok(put["id"].as_str().unwrap().to_owned())
            }
        }
    }

    fn drop_in(&self, says: &Says) -> String {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        if says.key.is_empty() { format!("{says:?}") } else { says.key.clone() }.hash(&mut hasher);
        let id = format!("f{:016x}", hasher.finish());
        let base = match (&says.base, &says.patch) {
            (Some(base), _) => self.a_loop.git(&["rev-parse", base]),
            (None, Some(_)) => self.a_loop.head(),
            (None, None) => self.a_loop.git(&["rev-parse", &format!("{}~1", says.head)]),
        };
        let change = if says.patch.is_some() { json!({}) } else { json!({"head": says.head}) };
        let evidence: Vec<Value> = says
            .before_after
            .iter()
            .map(|(before, after)| json!({"metric": "val_bpb", "before": before, "after": after}))
            .collect();
        let message = json!({
            "v": 1, "id": id, "idempotency_key": says.key, "gate": says.gate, "base": base, "change": change,
            "title": says.title, "rationale": says.rationale, "agent": {"name": "an agent"}, "evidence": evidence,
            "supersedes": says.supersedes,
        });
        put_in(self.a_loop, &id, message.to_string().as_bytes(), says.patch.as_deref().map(str::as_bytes));
        id
    }

    pub fn client(&mut self) -> &mut Client {
        self.client.as_mut().expect("an MCP client")
    }

    /// What the door says of a proposal, waiting for `seconds` at most: the word, and all of it.
    pub fn wait(&mut self, id: &str, seconds: f64) -> (String, Value) {
        let word = |value: &Value| {
            let word = value.get("decision").or(value.get("status")).and_then(Value::as_str);
            word.unwrap_or("?").to_owned()
        };
        match self.way {
            Way::Folder => {
                let outbox = self.a_loop.path(".countersign/outbox");
                let end = Instant::now() + Duration::from_secs_f64(seconds);
                loop {
                    let read =
                        |path: std::path::PathBuf| serde_json::from_slice::<Value>(&std::fs::read(path).ok()?).ok();
                    if let Some(answer) = read(outbox.join(format!("{id}.json"))) {
                        return (word(&answer), answer);
                    }
                    let rejected = self.a_loop.path(&format!(".countersign/inbox/rejected/{id}/error.json"));
                    if let Some(error) = read(rejected) {
                        return (word(&error), error);
                    }
                    if Instant::now() >= end {
                        let pending = read(outbox.join(format!("pending/{id}.json"))).unwrap_or(json!({}));
                        return ("pending".to_owned(), pending);
                    }
                    std::thread::park_timeout(Duration::from_millis(10));
                }
            }
            Way::Command => {
                let out = self.a_loop.command(&["wait", id, "--timeout", &format!("{seconds}s")]).output().unwrap();
                let value: Value = serde_json::from_slice(&out.stdout)
                    .unwrap_or_else(|_| json!({"status": String::from_utf8_lossy(&out.stderr)}));
                let codes = [
                    (0, "approved"),
                    (9, "partial"),
                    (10, "changes_requested"),
                    (11, "vetoed"),
                    (12, "pending"),
                    (13, "stale"),
                    (14, "expired"),
                    (1, "rejected"),
                ];
                let code = out.status.code().unwrap();
                let said = codes.iter().find(|(number, _)| *number == code).map_or("?", |(_, word)| *word);
                if !out.stdout.is_empty() {
                    assert_eq!(said, word(&value), "the exit code {code} and the words agree");
                }
                (word(&value), value)
            }
            Way::Mcp => {
                match self.client().call("await_decision", json!({"id": id, "max_wait_s": seconds.min(50.0)})) {
                    Ok(value) => (word(&value), value),
                    Err(text) => {
                        let value: Value = serde_json::from_str(&text).unwrap_or(json!({"status": text}));
                        (word(&value), value)
                    }
                }
            }
        }
    }
}

/// Puts a message into the inbox, as the protocol says.
pub fn put_in(a_loop: &Loop, id: &str, message: &[u8], patch: Option<&[u8]>) {
    let draft = a_loop.path(&format!(".countersign/inbox/tmp/{id}"));
    std::fs::create_dir_all(&draft).unwrap();
    std::fs::write(draft.join("proposal.json"), message).unwrap();
    if let Some(patch) = patch {
        std::fs::write(draft.join("change.patch"), patch).unwrap();
    }
    std::fs::rename(&draft, a_loop.path(&format!(".countersign/inbox/new/{id}"))).unwrap();
}

/// Puts `count` proposals in, each of a commit of its own.
pub fn put_in_many(a_loop: &Loop, count: usize) {
    let base = a_loop.head();
    // Commits by the thousand, as git's own import makes them.
    let mut import = std::process::Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(a_loop.dir())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut text = String::new();
    for number in 0..count {
        let body = format!("LR = {number}.5\n");
        text.push_str(&format!(
            "commit refs/many/{number}\ncommitter a <a@b> 1772000000 +0000\ndata 1\nx\nfrom {base}\nM 100644 inline train.py\ndata {}\n{body}\n",
            body.len()
        ));
    }
    import.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    let heads = a_loop.git(&["for-each-ref", "--format=%(objectname)", "refs/many/*"]);
    for (number, head) in heads.lines().enumerate() {
        let message = json!({"v": 1, "base": base, "change": {"head": head}, "title": "x"});
        put_in(a_loop, &format!("m{number}"), message.to_string().as_bytes(), None);
    }
}

/// A client that speaks MCP, line by line.
pub struct Client {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<Value>,
    next: u64,
    pub info: Value,
}

impl Client {
    /// Starts a server and says hello. `tasks` declares that tasks are understood.
    pub fn start(a_loop: &Loop, tasks: bool) -> Self {
        let mut child =
            a_loop.command(&["mcp"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the server");
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if send.send(serde_json::from_str(&line).expect("a line of JSON")).is_err() {
                    break;
                }
            }
        });
        let mut client = Self { child, stdin, lines, next: 0, info: Value::Null };
        let extensions = if tasks { json!({"io.modelcontextprotocol/tasks": {}}) } else { json!({}) };
        let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {"extensions": extensions},
            "clientInfo": {"name": "an agent", "version": "1"}});
        client.info = client.request("initialize", hello).unwrap();
        client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        client
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.stdin, "{message}").unwrap();
        self.stdin.flush().unwrap();
    }

    /// A request and its result, or its error.
    #[allow(clippy::needless_pass_by_value)]
    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let answer = self.lines.recv_timeout(Duration::from_secs(60)).expect("an answer in time");
            if answer["id"] == id {
                return match answer.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(answer["result"].clone()),
                };
            }
        }
    }

    /// Calls a tool: what it says, or its error's text.
    #[allow(clippy::needless_pass_by_value)]
    pub fn call(&mut self, tool: &str, arguments: Value) -> Result<Value, String> {
        let result =
            self.request("tools/call", json!({"name": tool, "arguments": arguments})).map_err(|e| e.to_string())?;
        let text = result["content"][0]["text"].as_str().unwrap_or_default().to_owned();
        if result["isError"] == true {
            return Err(text);
        }
        let said: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        assert!(result.get("structuredContent").is_none_or(|object| *object == said), "text and object agree");
        Ok(if said.is_null() { result } else { said })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything below a folder with its bytes: what must not change.
pub fn everything(dir: &std::path::Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.symlink_metadata().unwrap().is_dir() {
                folders.push(path);
            } else {
                let bytes = if path.is_file() { std::fs::read(&path).unwrap_or_default() } else { Vec::new() };
                found.insert(path.to_string_lossy().into_owned(), bytes);
            }
        }
    }
    found
}

/// The person that tests decide as.
pub fn reviewer() -> String {
    human().to_string()
}
