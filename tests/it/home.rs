//! A home apart from the loop's repository, for agents that run as another user.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::doors::{an_edit, joined};
use crate::support::tty::Tty;
use crate::support::{self, Loop, a_night};
use countersign::repo::Places;
use countersign::watch::{Watched, now_ms};

/// A loop whose person has a home; gives its folder.
fn with_home(a_loop: &Loop) -> PathBuf {
    let home = a_loop.folder().join("vault");
    a_loop.environment();
    let config = a_loop.folder().join("home/.config/countersign");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("config.yaml"), format!("home: {}\n", home.display())).unwrap();
    home
}

/// Every path below a folder, with its size and time.
fn listing(folder: &Path) -> String {
    let out = Command::new("find").arg(folder).args(["-printf", "%p %s %T@ %m\n"]).output().unwrap();
    let mut lines: Vec<_> = String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines.join("\n")
}

fn only_folder(path: &Path) -> PathBuf {
    let all: Vec<_> = std::fs::read_dir(path).unwrap().flatten().map(|entry| entry.path()).collect();
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

/// Approves the first that waits, on the screen.
fn approve_first(a_loop: &Loop) {
    let mut tty = Tty::open(a_loop, 100, 30, &[]);
    tty.wait("the evidence", |screen| screen.contains("measured as is"));
    tty.keys("a");
    tty.wait("the confirmation", |screen| screen.contains("Enter commits"));
    tty.keys("\r");
    tty.wait("the approval", |screen| screen.contains("on disk"));
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
}

#[test]
fn with_a_home_nothing_is_written_beside_the_loop_and_everything_is_there() {
    let night = a_night(16, 13);
    let home = with_home(&night);
    let before = listing(night.dir());
    approve_first(&night);
    approve_first(&night);
    assert_eq!(listing(night.dir()), before, "the loop's folder and repository are untouched");
    let kept = only_folder(&home);
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o700);
    let git = |args: &[&str]| {
        let out = support::git_in(&kept.join("approved.git"), args);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(git(&["rev-list", "--count", "countersign/approved"]), "3", "the start and two approvals");
    git(&["fsck", "--strict", "--no-dangling"]);
    let (code, text) = night.verify(&[]);
    assert!(code == Some(0) && text.contains("2 approved commits"), "{text}");
    // What was thrown away is kept there, too, whatever becomes of the loop's repository.
    let pinned = git(&["for-each-ref", "--format=%(objectname)", "refs/countersign/experiments"]);
    assert!(pinned.lines().count() > 10);
    night.git(&["reset", "-q", "--hard", "master"]);
    night.git(&["reflog", "expire", "--expire=now", "--all"]);
    night.git(&["gc", "-q", "--prune=now"]);
    for commit in pinned.lines() {
        git(&["cat-file", "-e", &format!("{commit}^{{tree}}")]);
    }
    approve_first(&night);
    let (code, text) = night.verify(&[]);
    assert!(code == Some(0) && text.contains("3 approved commits"), "{text}");
    // It stands for itself.
    std::fs::remove_dir_all(night.path(".git")).unwrap();
    git(&["fsck", "--strict", "--no-dangling"]);
    let clone = night.folder().join("clone");
    git(&["clone", "-q", "-b", "countersign/approved", ".", clone.to_str().unwrap()]);
    assert!(clone.join("train.py").exists());
}

#[test]
fn reading_makes_no_home() {
    let night = a_night(12, 19);
    let home = with_home(&night);
    for args in [&["status"][..], &["log"], &["verify"], &["doctor"]] {
        assert!(night.command(args).output().unwrap().status.success(), "{args:?}");
    }
    assert!(!home.exists());
}

#[test]
fn a_configuration_that_may_name_a_home_and_cannot_be_read_stops_decisions() {
    let night = a_night(12, 19);
    with_home(&night);
    let config = night.folder().join("home/.config/countersign/config.yaml");
    for (text, told) in [("home: [\n", "it may set `home`"), ("home: below\n", "must be an absolute path")] {
        std::fs::write(&config, text).unwrap();
        let mut tty = Tty::open(&night, 100, 30, &[]);
        tty.wait("that it stopped", |screen| screen.contains("stopped: w"));
        tty.keys("a");
        let flat = |screen: &str| screen.split_whitespace().collect::<Vec<_>>().join(" ");
        tty.wait(told, |screen| flat(screen).contains(told));
        tty.keys("q");
        assert_eq!(tty.exit_code(), 0);
        assert!(!night.path(".git/countersign/ledger.jsonl").exists());
    }
}

#[test]
fn a_loop_that_was_decided_without_a_home_says_so() {
    let night = a_night(12, 19);
    let first = night.snapshot().experiments[night.snapshot().waiting[0]].id.clone();
    night.approve(&first).unwrap();
    with_home(&night);
    let out = night.command(&["status"]).output().unwrap();
    assert!(out.status.success());
    let (_, text) = night.verify(&[]);
    assert!(text.contains("was decided before `home` was set") && text.contains("ledger.jsonl"), "{text}");
    let home = Some(night.folder().join("vault"));
    let places = Places { home, ..Places::from(&night.state()) };
    let mut watched = Watched::open_to_record(night.dir(), places).unwrap();
    watched.poll(now_ms());
    let trouble = watched.snapshot().approved.trouble.clone().unwrap();
    assert!(trouble.contains("move that file away to start over"), "{trouble}");
}

const AGENT: u32 = 63_001;
const HUMAN: u32 = 63_002;

/// Runs a program as another user.
fn as_user(user: u32, program: &str, args: &[&str], at: &Path, environment: &[(String, String)]) -> Output {
    let mut command = Command::new(program);
    command.args(args).current_dir(at).uid(user).gid(user).env_clear().envs(environment.iter().cloned());
    command.stdin(Stdio::null()).output().unwrap()
}

fn own(path: &Path, user: u32) {
    let who = format!("{user}:{user}");
    assert!(Command::new("chown").args(["-R", &who]).arg(path).status().unwrap().success());
}

/// Gives each user what is theirs, and both a binary that they can run.
fn shared(a_loop: &Loop) -> PathBuf {
    // Everybody may pass through; each owns what is theirs.
    std::fs::set_permissions(a_loop.folder(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["home", "state", "vault"] {
        std::fs::create_dir_all(a_loop.folder().join(name)).unwrap();
        own(&a_loop.folder().join(name), HUMAN);
    }
    own(a_loop.dir(), AGENT);
    // The binary and the tests may stand in a folder that is closed to others.
    let binary = a_loop.folder().join("countersign");
    // By another process: a file that this one wrote cannot be run while a child of another test is being
    // forked and holds it.
    assert!(Command::new("cp").arg(support::binary()).arg(&binary).status().unwrap().success());
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
    binary
}

fn is_root() -> bool {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if !is_root {
        eprintln!("skipped: only root can act for two users");
    }
    is_root
}

#[test]
fn an_agent_under_another_user_can_read_and_forge_nothing() {
    let night = a_night(16, 13);
    if !is_root() {
        return;
    }
    let vault = with_home(&night);
    // A look that writes nothing: the home is to hold everything.
    let first = {
        let mut watched = Watched::open(night.dir(), &night.state()).unwrap();
        watched.poll(now_ms());
        let snapshot = watched.snapshot();
        snapshot.experiments[snapshot.waiting[0]].id.to_string()
    };
    let binary = shared(&night);
    let environment = night.environment();
    let dir = night.dir().to_string_lossy().into_owned();
    let human = |args: &[&str]| as_user(HUMAN, binary.to_str().unwrap(), args, Path::new("/"), &environment);
    // Not trusted yet: git's own check of the owner stays on, and it is told what to do.
    let out = human(&["doctor", "-C", &dir]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains("belong to another user") && text.contains("safe.directory"), "{text}");
    let trust = ["config", "--global", "--add", "safe.directory", &dir];
    assert!(as_user(HUMAN, "git", &trust, Path::new("/"), &environment).status.success());
    // A decision in a terminal, as the person.
    let before = listing(night.dir());
    let user = HUMAN.to_string();
    let decide = |id: &str, how: &str| {
        let program = binary.to_string_lossy().into_owned();
        let mut args = vec!["--reuid", &user, "--regid", &user, "--clear-groups", &program, "decide", id, how];
        args.extend(["-C", &dir, "-r", "as another user"]);
        let mut tty = Tty::program(&night, 100, 30, &[], "setpriv", &args);
        if how == "approve" {
            tty.answer("type `approve`", "approve\r");
        }
        (tty.exit_code(), tty.screen())
    };
    let listed_before = std::fs::read_dir(night.path(".git")).unwrap().count();
    let (code, screen) = decide(&first, "approve");
    assert_eq!(code, 0, "{screen}");
    assert_eq!(listing(night.dir()), before, "nothing of the agent's was touched");
    assert_eq!(std::fs::read_dir(night.path(".git")).unwrap().count(), listed_before);
    let out = human(&["verify", "-C", &dir]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && text.contains("1 approved commit"), "{text}");
    // The agent can neither read nor write what is the person's.
    let kept = only_folder(&vault);
    for (program, path) in [
        ("cat", kept.join("ledger.jsonl")),
        ("rm", kept.join("ledger.jsonl")),
        ("touch", kept.join("policy.yaml")),
        ("ls", kept.join("approved.git")),
        ("rm", night.folder().join("home/.config/countersign/config.yaml")),
    ] {
        let out = as_user(AGENT, program, &[path.to_str().unwrap()], Path::new("/"), &environment);
        assert!(!out.status.success(), "{program} {}", path.display());
    }
    // What it does to its own repository moves nothing that is approved.
    let agent = |args: &[&str]| {
        let mut environment = environment.clone();
        environment.retain(|(name, _)| name != "HOME");
        let out = as_user(AGENT, "git", args, night.dir(), &environment);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    };
    agent(&["branch", "countersign/approved", "master"]);
    std::fs::create_dir_all(night.path(".git/countersign")).unwrap();
    std::fs::write(night.path(".git/countersign/policy.yaml"), "protected: []\n").unwrap();
    own(&night.path(".git/countersign"), AGENT);
    agent(&["reset", "-q", "--hard", "master"]);
    agent(&["reflog", "expire", "--expire=now", "--all"]);
    agent(&["gc", "-q", "--prune=now"]);
    let out = human(&["verify", "-C", &dir]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && text.contains("1 approved commit"), "{text}");
    // Without the home the same agent owns the folder, and that is refused.
    std::fs::write(night.folder().join("home/.config/countersign/config.yaml"), "mouse: false\n").unwrap();
    let out = human(&["verify", "-C", &dir]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(!out.status.success() && text.contains("belongs to another user (id 63001)"), "{text}");
}

#[test]
fn an_agent_under_another_user_asks_and_gets_what_was_approved() {
    if !is_root() {
        return;
    }
    let a_loop = joined();
    with_home(&a_loop);
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    // One that is merged onto the first: nobody but the person has that tree.
    let other = an_edit(&a_loop, "WIDTH = 5", "WIDTH = 6");
    let binary = shared(&a_loop);
    let program = binary.to_string_lossy().into_owned();
    let environment = a_loop.environment();
    let dir = a_loop.dir().to_string_lossy().into_owned();
    let trust = ["config", "--global", "--add", "safe.directory", &dir];
    assert!(as_user(HUMAN, "git", &trust, Path::new("/"), &environment).status.success());
    let mut agents_own = environment.clone();
    agents_own.retain(|(name, _)| name != "HOME" && name != "XDG_STATE_HOME");
    let agent = |program: &str, args: &[&str]| as_user(AGENT, program, args, a_loop.dir(), &agents_own);
    let propose = |head: &str| {
        let out = agent(&program, &["propose", "-m", "x", "--head", head]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let put: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        put["id"].as_str().unwrap().to_owned()
    };
    let (first, second) = (propose(&head), propose(&other));
    let user = HUMAN.to_string();
    let decide = |id: &str| {
        let mut args = vec!["--reuid", &user, "--regid", &user, "--clear-groups", &program, "decide", id, "approve"];
        args.extend(["-C", &dir]);
        let mut tty = Tty::program(&a_loop, 120, 30, &[], "setpriv", &args);
        tty.answer("type `approve`", "approve\r");
        (tty.exit_code(), tty.screen())
    };
    // The door is the agent's alone: the person is told, decides all the same, and nothing is lost.
    let (code, screen) = decide(&head);
    assert!(code == 0 && screen.contains("both must be able to write there"), "{screen}");
    assert!(Command::new("chmod").args(["-R", "a+rwX"]).arg(a_loop.path(".countersign")).status().unwrap().success());
    let (code, screen) = decide(&other);
    assert_eq!(code, 0, "{screen}");
    for (id, is_as_proposed) in [(&first, true), (&second, false)] {
        let out = agent(&program, &["wait", id, "--timeout", "5s"]);
        let code = if is_as_proposed { 0 } else { 9 };
        assert_eq!(out.status.code(), Some(code), "{}", String::from_utf8_lossy(&out.stderr));
        let told: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        let bundle = format!(".countersign/outbox/{}", told["bundle"].as_str().unwrap());
        let out = agent("git", &["fetch", "-q", &bundle, "countersign/approved"]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let commit = told["commit"].as_str().unwrap();
        assert!(agent("git", &["reset", "-q", "--hard", commit]).status.success());
        assert_eq!(told["approved_tree"] == told["proposed_tree"], is_as_proposed);
        assert!(agent("git", &["fsck", "--strict", "--no-dangling"]).status.success());
    }
    let text = std::fs::read_to_string(a_loop.path("train.py")).unwrap();
    assert!(text.contains("LR = 2") && text.contains("WIDTH = 6"), "{text}");
    assert!(
        !agent("ls", &[a_loop.folder().join("vault").to_str().unwrap()]).status.success() || {
            let kept = only_folder(&a_loop.folder().join("vault"));
            !agent("ls", &[kept.to_str().unwrap()]).status.success()
        }
    );
    let out = as_user(HUMAN, &program, &["verify", "-C", &dir], Path::new("/"), &environment);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
}
