//! Real repositories for tests, made by the git command line, and the real binary.
#![allow(clippy::print_stderr, clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)]

pub mod doors;
pub mod drive;
pub mod events;
pub mod screen;
pub mod tty;
mod watch;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use countersign::decide::Decider;
use countersign::demo::{DemoDir, Recording, Replay};
use countersign::model::{Answer, Approval};
use countersign::model::{Built, Candidate, Curves, Decision, ExperimentId, Snapshot, Trial};
use countersign::query::{Assessment, QueryCache, Request, Response, answer};
use countersign::repo::Person;
use countersign::store::CurveStore;
use countersign::watch::{Watched, now_ms};

/// The header that karpathy's autoresearch writes.
pub const HEADER: &str = "commit\tval_bpb\tmemory_gb\tstatus\tdescription";

/// A run directory in a temporary folder, with the person's state beside it.
pub struct Loop {
    folder: Folder,
    dir: PathBuf,
}

/// A folder that goes when its loop goes, or one that another process made.
enum Folder {
    Own(tempfile::TempDir),
    Other(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Other(path) => path,
        }
    }
}

impl Loop {
    /// A repository with one commit on `master`, and the loop's branch checked out.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("run");
        std::fs::create_dir(&dir).unwrap();
        let made = Self { folder: Folder::Own(folder), dir: dir.canonicalize().unwrap() };
        made.git(&["init", "-q", "-b", "master"]);
        made.write(".gitignore", "results.tsv\nrun.log\n");
        for (path, text) in files {
            made.write(path, text);
        }
        made.commit("start");
        made.git(&["checkout", "-q", "-b", "autoresearch/mar8"]);
        made
    }

    /// A copy of the whole folder, to go another way from here.
    pub fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let status = Command::new("cp").arg("-a").arg(&self.dir).arg(folder.path()).status().unwrap();
        assert!(status.success());
        let dir = folder.path().join("run").canonicalize().unwrap();
        Self { folder: Folder::Own(folder), dir }
    }

    /// The loop that another process made in a folder.
    pub fn at(folder: PathBuf) -> Self {
        let dir = folder.join("run");
        Self { folder: Folder::Other(folder), dir }
    }

    /// The shipped recording, with its first `laid` experiments there and all that was decided on them.
    pub fn recorded(laid: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (dir, state) = (folder.path().join("run"), folder.path().join("state/countersign"));
        let source = countersign::demo::shipped().unwrap();
        let recording = Recording::read(source.dir(), source.state()).unwrap();
        Replay::begin(recording, &DemoDir::kept(&dir, &state).unwrap(), laid, now_ms()).unwrap();
        Self { folder: Folder::Own(folder), dir: dir.canonicalize().unwrap() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state/countersign")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn append(&self, name: &str, text: &str) {
        use std::io::Write as _;
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// Appends a row of the canonical table, with its header first.
    pub fn row(&self, commit: &str, value: f64, status: &str, description: &str) {
        if !self.path("results.tsv").exists() {
            self.append("results.tsv", &format!("{HEADER}\n"));
        }
        self.append("results.tsv", &format!("{commit}\t{value:.6}\t44.0\t{status}\t{description}\n"));
    }

    pub fn try_git(&self, args: &[&str]) -> Output {
        git_in(&self.dir, args)
    }

    pub fn git(&self, args: &[&str]) -> String {
        let output = self.try_git(args);
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Commits everything and returns the full id.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    pub fn short(&self) -> String {
        self.git(&["rev-parse", "--short=7", "HEAD"])
    }

    pub fn reset(&self) {
        self.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }

    /// Opens the directory as the UI does.
    pub fn watched(&self) -> Watched {
        let mut watched = Watched::open_to_record(&self.dir, &self.state()).unwrap();
        watched.poll(now_ms());
        watched
    }

    pub fn snapshot(&self) -> Snapshot {
        self.watched().snapshot()
    }

    /// The curves of a trial, wherever they are.
    pub fn curves(&self, trial: &Trial) -> Curves {
        let filed = || {
            let store = CurveStore::open_to_read(&self.watched().store_path().unwrap()).unwrap();
            store.curves(trial.id).unwrap().unwrap()
        };
        trial.curves().map_or_else(filed, |curves| (**curves).clone())
    }

    /// What waits for a decision, in order.
    pub fn waiting(&self) -> Vec<ExperimentId> {
        let snapshot = self.snapshot();
        snapshot.waiting.iter().map(|index| snapshot.experiments[*index].id.clone()).collect()
    }

    /// `countersign verify`: its exit code, and all that it said. The second, independent verifier has to agree.
    pub fn verify(&self, args: &[&str]) -> (Option<i32>, String) {
        let out = self.command(&[&["verify"], args].concat()).output().unwrap();
        let said = (out.status.code(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned());
        self.assert_agreed(args, &said);
        said
    }

    /// `tools/verify.py`: its exit code, and all that it said.
    pub fn second_opinion(&self, args: &[&str]) -> (Option<i32>, String) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/verify.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(&self.dir).args(args).env_clear().envs(self.environment());
        let out = command.output().unwrap();
        (out.status.code(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
    }

    /// Fails where the two verifiers disagree: in the exit code, or in the first object, commit or record that they name.
    fn assert_agreed(&self, args: &[&str], (code, text): &(Option<i32>, String)) {
        if !args.iter().all(|arg| *arg == "--allowed-signers" || !arg.starts_with('-')) {
            return;
        }
        let (second, told) = self.second_opinion(args);
        // It checks no OpenPGP signature, and says so.
        if told.contains("not checked here") && *code != second {
            return;
        }
        assert_eq!(*code, second, "countersign verify:\n{text}\ntools/verify.py:\n{told}");
        // Where libgit2 believes a broken table of the store, it misses what the other finds.
        if let (Some(one), Some(other)) = (first_named(text), first_named(&told)) {
            assert_eq!(one, other, "countersign verify:\n{text}\ntools/verify.py:\n{told}");
        }
    }

    pub fn judge(&self, id: &ExperimentId) -> Result<std::sync::Arc<Assessment>, String> {
        self.ask(&Request::Judge(id.clone()))
    }

    pub fn ask(&self, question: &Request) -> Result<std::sync::Arc<Assessment>, String> {
        ask(&self.watched(), question)
    }

    /// A desk, or why there is none.
    pub fn desk_opens(&self) -> Result<Decider, String> {
        let identity = self.watched().identity();
        Decider::open(self.dir(), &self.state(), &identity).map_err(|error| error.to_string())
    }

    pub fn decider(&self) -> Decider {
        let identity = self.watched().identity();
        Decider::open(&self.dir, &self.state(), &identity).unwrap().for_person(human())
    }

    /// Approves as a person would who acknowledges every critical finding.
    pub fn approve(&self, id: &ExperimentId) -> Result<Decision, String> {
        let judged = self.judge(id)?;
        self.decider().approve(&approval(&judged)?).map_err(|error| error.to_string())
    }

    pub fn veto(&self, id: &ExperimentId, reason: &str) -> Result<Decision, String> {
        self.decider().answer(&Answer::veto(id.clone(), None, reason)).map_err(|error| error.to_string())
    }

    /// The binary with a clean environment and a home of its own.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.env_clear();
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        command.args(args).arg("-C").arg(&self.dir);
        command
    }

    /// What the binary and a person's shell need, and nothing of this machine's.
    pub fn environment(&self) -> Vec<(String, String)> {
        let home = self.folder.path().join("home");
        std::fs::create_dir_all(&home).unwrap();
        let config = home.join(".gitconfig");
        if !config.exists() {
            std::fs::write(config, "[user]\n\tname = Ada Human\n\temail = ada@example.org\n").unwrap();
        }
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        vec![
            ("HOME".into(), text(home)),
            ("XDG_STATE_HOME".into(), text(self.folder.path().join("state"))),
            ("PATH".into(), std::env::var("PATH").unwrap()),
            ("TERM".into(), "xterm-256color".into()),
            ("LANG".into(), "C.UTF-8".into()),
        ]
    }

    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// The first object, commit or record that objections name.
fn first_named(text: &str) -> Option<String> {
    let objections: String = text.lines().filter(|line| line.starts_with('!')).collect::<Vec<_>>().join("\n");
    let words: Vec<&str> = objections.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.iter().enumerate().find_map(|(at, word)| {
        let is_name = word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_number =
            at > 0 && matches!(words[at - 1], "record" | "records") && word.bytes().all(|b| b.is_ascii_digit());
        (is_name || is_number).then(|| (*word).to_owned())
    })
}

/// True when the binary under test can be made to fail: release builds cannot.
pub fn has_faults() -> bool {
    let is_release = std::env::var_os("COUNTERSIGN_BINARY").is_some();
    if is_release {
        eprintln!("skipped: a release build cannot be made to fail");
    }
    !is_release
}

/// True in a process where the test of this name runs alone. Elsewhere such a process is started, and runs it to its end:
/// for tests of what a process has once for all its threads.
pub fn is_alone(test: &str) -> bool {
    if std::env::var_os("COUNTERSIGN_TEST_ALONE").is_some() {
        return true;
    }
    let mut alone = Command::new(std::env::current_exe().unwrap());
    let out = alone.args(["--exact", test]).env("COUNTERSIGN_TEST_ALONE", "1").output().unwrap();
    let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    assert!(out.status.success() && said.contains("1 passed"), "{test}:\n{said}");
    false
}

/// A baseline with one file, and a kept change of it.
pub fn changed(path: &str, old: impl AsRef<[u8]>, new: impl AsRef<[u8]>) -> (Loop, ExperimentId) {
    let made = Loop::new(&[("train.py", "LR = 1\n")]);
    made.write(path, old);
    made.commit("a file");
    made.row(&made.short(), 0.9, "keep", "baseline");
    made.write(path, new);
    let head = made.commit("a change");
    made.row(&head[..7], 0.8, "keep", "a change");
    (made, ExperimentId::new(&head))
}

/// `verify` objects, in these words.
pub fn assert_objects(a_loop: &Loop, words: &str) {
    let (code, text) = a_loop.verify(&[]);
    assert_eq!(code, Some(4), "{words}: {text}");
    assert!(text.contains(words), "`{words}` is not in\n{text}");
}

/// `verify` has nothing to object to.
pub fn assert_whole(a_loop: &Loop) {
    let (code, text) = a_loop.verify(&[]);
    assert_eq!(code, Some(0), "{text}");
}

/// A folder with these files.
pub fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        put(folder.path(), path, bytes);
    }
    folder
}

/// Writes a file, and the folders above it.
pub fn put(dir: &Path, path: &str, bytes: &[u8]) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Asks about what is watched.
pub fn ask(watched: &Watched, question: &Request) -> Result<std::sync::Arc<Assessment>, String> {
    let scratch = watched.repo().unwrap().scratch().unwrap();
    match answer(&scratch, &mut QueryCache::default(), &watched.snapshot(), watched.policy(), question) {
        Response::Judged(judged) | Response::Amended(judged) | Response::Reverting(judged) => Ok(judged),
        Response::Failed(_, why) => Err(why),
        _ => unreachable!(),
    }
}

/// The binary under test: the one of this build, or the one that is named.
pub fn binary() -> String {
    std::env::var("COUNTERSIGN_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_countersign").to_owned())
}

pub fn git_in(dir: &Path, args: &[&str]) -> Output {
    Command::new("git")
        .current_dir(dir)
        .args(args)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", "2026-03-08T22:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-03-08T22:00:00Z")
        .env("GIT_AUTHOR_NAME", "agent")
        .env("GIT_AUTHOR_EMAIL", "agent@loop")
        .env("GIT_COMMITTER_NAME", "agent")
        .env("GIT_COMMITTER_EMAIL", "agent@loop")
        .output()
        .unwrap()
}

pub fn human() -> Person {
    Person::new("Ada Human", "ada@example.org")
}

pub fn candidate(judged: &Assessment) -> Result<&Candidate, String> {
    match &judged.built {
        Built::Ready(candidate) => Ok(candidate),
        Built::Conflict(conflict) => Err(format!("conflict: {:?}", conflict.places)),
        Built::Contained(_) => Err("contained".into()),
    }
}

pub fn approval(judged: &Assessment) -> Result<Approval, String> {
    Ok(Approval {
        candidate: candidate(judged)?.clone(),
        base: judged.base,
        text: judged.text.clone(),
        reason: String::new(),
        acknowledged: judged.findings.iter().map(|finding| finding.kind.word().to_owned()).collect(),
        hunks_unseen: 0,
        on_screen_s: None,
        proposal: None,
        comments: Vec::new(),
    })
}

/// Two constants on one line, turned by two changes that stand on each other.
pub fn one_line() -> Loop {
    let text = |lr: &str, wd: &str| format!("opt = Adam(lr={lr}, wd={wd})\nEND = 1\n");
    let made = Loop::new(&[("train.py", &text("0.1", "1e-3"))]);
    made.row(&made.short(), 0.9, "keep", "baseline");
    made.write("train.py", text("0.2", "1e-3"));
    made.row(&made.commit("lr")[..7], 0.8, "keep", "lr");
    made.write("train.py", text("0.2", "1e-4"));
    made.row(&made.commit("wd")[..7], 0.7, "keep", "wd");
    made
}

/// A small source of chance that is the same everywhere.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

const KNOBS: [&str; 8] = ["LR", "WARMDOWN", "BATCH", "DEPTH", "WIDTH", "DECAY", "BETA", "HEADS"];

/// The file a loop edits: a block of constants and some code below it.
pub fn train_py(knobs: &[f64; 8], body: &[String]) -> String {
    let mut text = String::from("import torch\n\n# knobs\n");
    for (name, value) in KNOBS.iter().zip(knobs) {
        text.push_str(&format!("{name} = {value}\n"));
    }
    text.push_str("\n\ndef main():\n");
    for line in body {
        text.push_str(&format!("    {line}\n"));
    }
    text
}

/// A night of a loop: most experiments edit a constant, some edit the body; keeps stack, discards
/// are reset, as karpathy's `program.md` tells the agent.
pub fn a_night(experiments: usize, seed: u64) -> Loop {
    let mut chance = Chance(seed);
    let mut knobs = [1.0, 0.5, 64.0, 8.0, 256.0, 0.1, 0.9, 4.0];
    let mut body: Vec<String> = (0..30).map(|line| format!("step({line})")).collect();
    let night =
        Loop::new(&[("train.py", &train_py(&knobs, &body)), ("prepare.py", "DATA = 1\n"), ("program.md", "go\n")]);
    let mut best = 0.997_9;
    night.row(&night.short(), best, "keep", "baseline");
    for number in 0..experiments {
        let (old_knobs, old_body) = (knobs, body.clone());
        let what = if chance.below(4) > 0 {
            let at = chance.below(KNOBS.len());
            knobs[at] = (knobs[at] * (1.1 + chance.below(9) as f64 / 10.0) * 1e4).round() / 1e4;
            format!("{} {} to {}", KNOBS[at], old_knobs[at], knobs[at])
        } else {
            let at = chance.below(body.len());
            match chance.below(3) {
                0 => body.insert(at, format!("extra({number})")),
                1 if body.len() > 10 => {
                    body.remove(at);
                }
                _ => body[at] = format!("step({at}, again={number})"),
            }
            format!("body line {at}")
        };
        night.write("train.py", train_py(&knobs, &body));
        night.commit(&what);
        let short = night.short();
        if chance.below(10) < 5 {
            best -= 0.000_1 * (1 + chance.below(20)) as f64;
            night.row(&short, best, "keep", &what);
            continue;
        }
        let crashed = chance.below(5) == 0;
        night.row(&short, if crashed { 0.0 } else { best + 0.01 }, if crashed { "crash" } else { "discard" }, &what);
        night.reset();
        (knobs, body) = (old_knobs, old_body);
    }
    night
}
