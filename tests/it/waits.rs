//! Files that wait and trees without bottom: nothing that an agent puts down holds the program up, or ends it.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::tty::{Tty, wait_for};
use crate::support::{Loop, is_alone};
use countersign::decide::Decider;
use countersign::watch::now_ms;

/// Longer than any look takes, also beside other tests; shorter than anybody waits.
const DEADLINE: Duration = Duration::from_secs(40);

/// Runs a command to its end, which must come.
fn within_time(mut command: Command, what: &str) -> Output {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + DEADLINE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("{what}: it waits");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A loop with one approved change and one that waits.
fn decided() -> Loop {
    let a_loop = Loop::new(&[("train.py", "A = 1\nB = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    for (value, text) in [(0.9, "A = 2\nB = 1\n"), (0.8, "A = 2\nB = 2\n")] {
        a_loop.write("train.py", text);
        let commit = a_loop.commit("change");
        a_loop.row(&commit[..7], value, "keep", "change");
    }
    let id = a_loop.waiting()[0].clone();
    a_loop.approve(&id).unwrap();
    assert_eq!(a_loop.verify(&[]).0, Some(0));
    a_loop
}

/// Puts a pipe in the place of what is there.
fn pipe(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    if path.is_dir() {
        std::fs::remove_dir_all(path).unwrap();
    } else if path.symlink_metadata().is_ok() {
        std::fs::remove_file(path).unwrap();
    }
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn at(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The loose object of a name, as a path below `.git`.
fn object(a_loop: &Loop, name: &str) -> String {
    let id = a_loop.git(&["rev-parse", name]);
    format!("objects/{}/{}", &id[..2], &id[2..])
}

#[test]
fn a_pipe_in_any_place_of_git_holds_nothing_up() {
    let made = decided();
    let objects: Vec<String> =
        ["HEAD", "HEAD:", "HEAD:train.py", "countersign/approved"].iter().map(|name| object(&made, name)).collect();
    let mut places: Vec<&str> = "HEAD config packed-refs index shallow gc.pid commondir config.worktree \
        info/grafts info/exclude info/attributes logs/HEAD logs/refs/heads/autoresearch/mar8 \
        logs/refs/heads/countersign/approved logs/refs/countersign/commits refs/heads/autoresearch/mar8 refs/heads/other \
        refs/heads/countersign/approved refs/heads/countersign/approved.lock refs/tags/x refs/replace/x refs/remotes/origin/HEAD \
        refs/countersign/experiments/x refs/countersign refs/heads worktrees/x/HEAD worktrees/x/gitdir worktrees/x/logs/HEAD \
        rebase-merge/head-name objects/info/alternates objects/info/commit-graph objects/pack/pack-x.idx \
        objects/pack/multi-pack-index objects/info/commit-graphs/commit-graph-chain MERGE_HEAD included \
        countersign/ledger.jsonl countersign/policy.yaml countersign/lock countersign/archive.db countersign/archive.db-wal \
        countersign/proposals.jsonl ../train.py ../results.tsv ../run.log ../.gitignore ../.gitattributes ../.gitmodules ../.mailmap"
        .split_whitespace()
        .collect();
    places.extend(objects.iter().map(String::as_str));
    for place in places {
        let a_loop = made.copy();
        let state = made.folder().join("state");
        assert!(Command::new("cp").arg("-a").arg(state).arg(a_loop.folder()).status().unwrap().success());
        if place == "included" {
            a_loop.git(&["config", "include.path", "included"]);
        }
        let id = a_loop.git(&["log", "-1", "--format=%h"]);
        pipe(&a_loop.path(".git").join(place));
        for verb in [&["status"][..], &["show", id.as_str()], &["verify"], &["doctor"]] {
            let output = within_time(a_loop.command(verb), &format!("{verb:?} beside {place}"));
            assert!(output.status.code().is_some(), "{verb:?} beside {place}: {}", text(&output));
        }
    }
}

// A pipe that held up work is remembered for the whole process, and refused in every repository.
#[test]
fn what_stands_in_the_way_is_named_and_watching_goes_on_when_it_is_gone() {
    if !is_alone("waits::what_stands_in_the_way_is_named_and_watching_goes_on_when_it_is_gone") {
        return;
    }
    let a_loop = decided();
    let mut watched = a_loop.watched();
    let trouble = |watched: &countersign::watch::Watched| watched.snapshot().approved.trouble.clone();
    assert_eq!(trouble(&watched), None);
    let path = a_loop.path(".git/refs/heads/other");
    pipe(&path);
    watched.poll(now_ms());
    let said = trouble(&watched).unwrap();
    assert!(said.contains(&format!("{} is a pipe", path.display())) && said.contains("then remove it"), "{said}");
    let id = watched.snapshot().experiments.last().unwrap().id.clone();
    std::fs::remove_file(&path).unwrap();
    watched.poll(now_ms());
    assert_eq!(trouble(&watched), None);
    // A program that was started beside it finds its way, too.
    pipe(&path);
    let mut later = a_loop.watched();
    assert!(trouble(&later).unwrap().contains("is a pipe"));
    let decider = Decider::open(a_loop.dir(), &a_loop.state(), &later.identity()).map(|_| ());
    assert!(decider.is_err_and(|error| error.to_string().contains("is a pipe")));
    std::fs::remove_file(&path).unwrap();
    later.poll(now_ms());
    assert_eq!(trouble(&later), None);
    assert!(later.snapshot().index_of(&id).is_some());
    a_loop.approve(&id).unwrap();
}

#[test]
fn huge_files_and_links_in_a_circle_are_not_read() {
    let made = decided();
    for place in
        ["packed-refs", "HEAD", "config", "index", "refs/heads/other", "info/exclude", "objects/info/alternates"]
    {
        let a_loop = made.copy();
        let path = a_loop.path(".git").join(place);
        std::fs::File::options().create(true).append(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        let output = within_time(a_loop.command(&["status"]), place);
        assert!(output.status.code().is_some(), "{place}: {}", text(&output));
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(path.file_name().unwrap(), &path).unwrap();
        let output = within_time(a_loop.command(&["status"]), place);
        assert!(output.status.code().is_some(), "{place}: {}", text(&output));
    }
    // Folders in a circle, and folders inside one another.
    std::os::unix::fs::symlink("..", made.path(".git/refs/heads/up")).unwrap();
    assert!(within_time(made.command(&["status"]), "a circle").status.success());
    std::fs::remove_file(made.path(".git/refs/heads/up")).unwrap();
    std::fs::create_dir_all(made.path(".git/refs/heads").join("d/".repeat(100))).unwrap();
    assert!(within_time(made.command(&["status"]), "folders").status.success());
    let said = made.snapshot().approved.trouble.clone().unwrap();
    assert!(said.contains("more than 64 directories"), "{said}");
}

/// Has git read a configuration with a line more.
fn configure(a_loop: &Loop, text: &str) {
    a_loop.append(".git/config", text);
}

/// Moves `.git` away; what stands in its place then says where it is.
fn moved(a_loop: &Loop, name: &[u8]) -> PathBuf {
    let real = a_loop.folder().join(OsStr::from_bytes(name));
    std::fs::rename(a_loop.path(".git"), &real).unwrap();
    pipe(&real.join("config"));
    std::fs::write(a_loop.path(".git"), [b"gitdir: ", real.as_os_str().as_bytes(), b"\n"].concat()).unwrap();
    real
}

/// A lender with a pipe among its packs.
fn lender(a_loop: &Loop, name: &[u8]) -> PathBuf {
    let place = a_loop.folder().join(OsStr::from_bytes(name));
    let pack = format!("pack/pack-{}", "a".repeat(40));
    pipe(&place.join(format!("{pack}.idx")));
    std::fs::write(place.join(format!("{pack}.pack")), "").unwrap();
    place
}

/// Whatever leads elsewhere is followed as git follows it, or refused by its name: nothing is passed over.
#[test]
fn pipes_that_something_leads_to_are_named_however_it_is_written() {
    let made = decided();
    type Put = fn(&Loop, &Path);
    let cases: [(&str, &str, Put); 17] = [
        ("quotes within", "is a pipe", |l, p| configure(l, &format!("[include]\n\tpath = \"{}/pi\"pe\n", at(p)))),
        ("escapes", "is a pipe", |l, p| {
            pipe(&p.join("pi\\pe"));
            configure(l, &format!("[INCLUDE]PATH={}/pi\\\\pe;x\n", at(p)));
        }),
        ("a line that goes on", "is a pipe", |l, p| configure(l, &format!("[include]\npath = {}/p\\\nipe\n", at(p)))),
        ("no condition is believed", "is a pipe", |l, p| {
            configure(l, &format!("[includeIf \"gitdir:/\"]\npath\npath = {}/pipe\n", at(p)));
        }),
        ("a path that is no UTF-8", "is a pipe", |l, p| {
            pipe(&p.join(OsStr::from_bytes(b"pi\xffpe")));
            let text = [b"[include]\npath = ", at(p).as_bytes(), b"/pi\xffpe\n"].concat();
            let mut config = std::fs::File::options().append(true).open(l.path(".git/config")).unwrap();
            config.write_all(&text).unwrap();
        }),
        ("many, and one deeper", "is a pipe", |l, p| {
            std::fs::write(p.join("first"), format!("[include]\npath = {}/pipe\n", at(p))).unwrap();
            let none: String = (0..80).map(|number| format!("path = none{number}\n")).collect();
            configure(l, &format!("[include]\n{none}path = {}/first\n", at(p)));
        }),
        ("too many", "more than a thousand files", |l, p| {
            let none: String = (0..1_200).map(|number| format!("path = none{number}\n")).collect();
            configure(l, &format!("[include]\n{none}path = {}/pipe\n", at(p)));
        }),
        ("a zero byte", "a zero byte", |l, p| configure(l, &format!("# \0\n[include]\npath = {}/pipe\n", at(p)))),
        ("attributes", "is a pipe", |l, p| configure(l, &format!("[core]\nattributesFile = \"{}/pi\"pe\n", at(p)))),
        ("a file of the system", "a special file of the system", |l, _| {
            configure(l, "[include]\npath = /proc/version\n");
        }),
        ("a long .git file", "far larger", |l, _| {
            moved(l, b"real");
            l.append(".git", &" \n".repeat(40_000));
        }),
        (".git names bytes", "config is a pipe", |l, _| drop(moved(l, b"re\xffal"))),
        (".git names two lines", "config is a pipe", |l, _| drop(moved(l, b"re\nal"))),
        ("commondir names bytes", "config is a pipe", |l, _| {
            let real = moved(l, b"co\xffmon");
            let own = l.folder().join("own");
            std::fs::create_dir(&own).unwrap();
            std::fs::copy(real.join("HEAD"), own.join("HEAD")).unwrap();
            std::fs::write(own.join("commondir"), [real.as_os_str().as_bytes(), b"\n"].concat()).unwrap();
            std::fs::write(l.path(".git"), format!("gitdir: {}\n", at(&own))).unwrap();
        }),
        ("a lender's bytes", "is a pipe", |l, _| {
            let lender = lender(l, b"a\xfft");
            let text = [lender.as_os_str().as_bytes(), b"\n"].concat();
            std::fs::write(l.path(".git/objects/info/alternates"), text).unwrap();
        }),
        ("the last of many lenders", "is a pipe", |l, p| {
            let lines: String = (0..30).map(|number| format!("{}/none{number}\n", at(p))).collect();
            let last = lender(l, b"last");
            std::fs::write(l.path(".git/objects/info/alternates"), format!("{lines}{}\n", at(&last))).unwrap();
        }),
        ("the person's own", "is a pipe", |l, p| {
            let own = l.folder().join("home/.gitconfig");
            std::fs::create_dir_all(own.parent().unwrap()).unwrap();
            std::fs::write(own, format!("[include]\npath = \"{}\"/pipe\n", at(p))).unwrap();
        }),
    ];
    for (what, said, put) in cases {
        let a_loop = made.copy();
        let elsewhere = a_loop.folder().join("elsewhere");
        pipe(&elsewhere.join("pipe"));
        put(&a_loop, &elsewhere);
        for verb in [&["verify"][..], &["doctor"], &["status"]] {
            let mut command = a_loop.command(verb);
            if what == "the person's own" {
                command.env("HOME", a_loop.folder().join("home")).env_remove("GIT_CONFIG_GLOBAL");
            }
            let output = within_time(command, &format!("{verb:?}: {what}"));
            let names = text(&output).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(verb[0] != "verify" || names.contains(said), "{what}: {names}");
        }
    }
}

#[test]
fn a_configuration_and_a_common_folder_that_change_are_noticed() {
    let a_loop = decided();
    let repo = countersign::repo::Repo::open(a_loop.dir()).unwrap();
    repo.refuse_blocking().unwrap();
    // Who wants nothing to be read says so by this device, which keeps nobody waiting; by another it is refused.
    a_loop.git(&["config", "core.excludesFile", "/dev/null"]);
    repo.refuse_blocking().unwrap();
    a_loop.git(&["config", "core.excludesFile", "/dev/zero"]);
    assert!(repo.refuse_blocking().unwrap_err().to_string().contains("/dev/zero is a device"));
    a_loop.git(&["config", "--unset", "core.excludesFile"]);
    let other = decided();
    a_loop.write(".git/commondir", format!("{}\n", at(&other.path(".git"))));
    let said = repo.refuse_blocking().unwrap_err().to_string();
    assert!(said.contains("commondir now leads to a different directory"), "{said}");
}

fn records(a_loop: &Loop) -> usize {
    std::fs::read_to_string(a_loop.path(".git/countersign/ledger.jsonl")).unwrap().lines().count()
}

#[test]
fn a_decision_that_hangs_is_given_up_and_is_made_once() {
    let a_loop = decided();
    let id = a_loop.waiting()[0].clone();
    let before = records(&a_loop);
    let held = a_loop.folder().join("held");
    let more = [
        ("COUNTERSIGN_FAULT", "hold:commit-pinned"),
        ("COUNTERSIGN_FAULT_HELD", at(&held)),
        ("COUNTERSIGN_FAULT_DESK_S", "6"),
    ];
    let mut tty = Tty::open(&a_loop, 240, 30, &more);
    tty.sees("measured as is");
    tty.keys("a");
    tty.sees("Enter commits");
    tty.keys("\r");
    wait_for("the decision", || held.exists());
    tty.sees("given up after 6 s");
    tty.sees("Inbox 1");
    // The lock is held by what was given up: the next decision says so, and is not made.
    tty.keys("a");
    tty.sees("Enter commits");
    tty.keys("\r");
    tty.sees("timed out, may still be written, and holds");
    tty.sees("Inbox 1");
    // It goes on at last: what it had begun is written, once.
    std::fs::remove_file(&held).unwrap();
    tty.sees("Inbox 0");
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    assert_eq!(a_loop.verify(&[]).0, Some(0));
    assert_eq!(records(&a_loop), before + 2, "an intent and a decision");
    assert!(a_loop.approve(&id).is_err_and(|error| error.contains("already approved")));
}

#[test]
fn nothing_begins_of_what_was_given_up() {
    let a_loop = decided();
    let before = records(&a_loop);
    let flag = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let identity = a_loop.watched().identity();
    let decider = Decider::open(a_loop.dir(), &a_loop.state(), &identity).unwrap().cancelled_by(&flag);
    flag.store(true, std::sync::atomic::Ordering::SeqCst);
    let said = decider.leave_note("too late").unwrap_err().to_string();
    assert!(said.contains("timed out before anything was written"), "{said}");
    assert_eq!(records(&a_loop), before);
    flag.store(false, std::sync::atomic::Ordering::SeqCst);
    decider.leave_note("in time").unwrap();
    assert_eq!(records(&a_loop), before + 1);
}

/// Writes an object as `git hash-object` does.
fn written(a_loop: &Loop, kind: &str, bytes: &[u8]) -> String {
    let mut git = Command::new("git")
        .current_dir(a_loop.dir())
        .args(["hash-object", "-w", "-t", kind, "--literally", "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    git.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = git.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn folder_of(a_loop: &Loop, below: &str, names: &[&str]) -> String {
    let id: Vec<u8> = (0..40).step_by(2).map(|at| u8::from_str_radix(&below[at..at + 2], 16).unwrap()).collect();
    let entries = names.iter().flat_map(|name| [format!("40000 {name}\0").as_bytes(), &id].concat());
    written(a_loop, "tree", &entries.collect::<Vec<u8>>())
}

/// A change that adds a folder to what is there.
fn with_folder(a_loop: &Loop, folder: &str) -> String {
    a_loop.git(&["read-tree", "HEAD"]);
    // An index would list all that is below: the tree is made of lines.
    let listed = a_loop.git(&["ls-tree", "HEAD"]);
    let mut git = Command::new("git")
        .current_dir(a_loop.dir())
        .arg("mktree")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    write!(git.stdin.take().unwrap(), "{listed}\n040000 tree {folder}\tz\n").unwrap();
    let tree = String::from_utf8(git.wait_with_output().unwrap().stdout).unwrap();
    a_loop.git(&["commit-tree", tree.trim(), "-p", "HEAD", "-m", "folders"])
}

#[test]
fn trees_without_bottom_and_trees_of_all_paths_are_too_large_to_judge() {
    let a_loop = Loop::new(&[("train.py", "A = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    let file = written(&a_loop, "blob", b"x\n");
    let id: Vec<u8> = (0..40).step_by(2).map(|at| u8::from_str_radix(&file[at..at + 2], 16).unwrap()).collect();
    let leaf = written(&a_loop, "tree", &[b"100644 f\0".as_slice(), &id].concat());
    let mut deep = leaf.clone();
    for _ in 0..1_000 {
        deep = folder_of(&a_loop, &deep, &["d"]);
    }
    let mut wide = leaf;
    for _ in 0..12 {
        wide = folder_of(&a_loop, &wide, &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]);
    }
    for (name, folder) in [("deep", deep), ("wide", wide)] {
        let commit = with_folder(&a_loop, &folder);
        a_loop.git(&["branch", name, &commit]);
        a_loop.row(&commit[..7], 0.9, "keep", name);
        let output = within_time(a_loop.command(&["show", &commit[..7]]), name);
        assert!(text(&output).contains("too large to check automatically"), "{name}: {}", text(&output));
        assert!(within_time(a_loop.command(&["status"]), name).status.success());
        let id = countersign::model::ExperimentId::new(&commit);
        assert!(a_loop.judge(&id).is_err(), "{name}");
    }
    let mut tty = Tty::open(&a_loop, 100, 30, &[]);
    tty.sees("too large to check automatically");
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn a_pin_that_cannot_be_made_is_named_and_keeps_no_other_from_it() {
    for place in ["refs/countersign", "refs/countersign/commits"] {
        let a_loop = Loop::new(&[("train.py", "A = 1\n")]);
        a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
        a_loop.write("train.py", "A = 2\n");
        let commit = a_loop.commit("change");
        a_loop.row(&commit[..7], 0.9, "keep", "change");
        a_loop.write(&format!(".git/{place}"), format!("{commit}\n"));
        let id = a_loop.waiting()[0].clone();
        let error = a_loop.approve(&id).unwrap_err();
        assert!(error.contains(&format!(".git/{place} blocks the ")), "{place}: {error}");
        assert_eq!(a_loop.verify(&[]).0, Some(0), "{place}");
        std::fs::remove_file(a_loop.path(&format!(".git/{place}"))).unwrap();
        a_loop.approve(&id).unwrap();
    }
    // One place that is taken, of two.
    let a_loop = Loop::new(&[("train.py", "A = 1\n")]);
    let commits = [a_loop.head(), a_loop.commit("second")];
    let repo = countersign::repo::Repo::open(a_loop.dir()).unwrap();
    a_loop.write(&format!(".git/refs/countersign/experiments/{}/x", commits[0]), "");
    let all = commits.iter().map(|commit| commit.parse().unwrap());
    let error = countersign::repo::pin(&repo, all).unwrap_err().to_string();
    assert!(error.contains(&commits[0]), "{error}");
    assert_eq!(countersign::repo::pins(&repo).unwrap(), [commits[1].parse().unwrap()]);
}

#[test]
fn what_another_repository_lends_is_copied_when_it_is_pinned() {
    let a_loop = Loop::new(&[("train.py", "A = 1\n"), ("sub/model.py", "B = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    let lender = a_loop.folder().join("lender");
    let moved = lender.join("objects");
    std::fs::create_dir_all(&lender).unwrap();
    a_loop.write("train.py", "A = 2\n");
    let commit = a_loop.commit("change");
    a_loop.git(&["repack", "-q", "-d"]);
    // Everything so far, packed and loose, is another's from now on.
    a_loop.write("sub/model.py", "B = 2\n");
    a_loop.commit("more");
    std::fs::rename(a_loop.path(".git/objects"), &moved).unwrap();
    std::fs::create_dir_all(a_loop.path(".git/objects/pack")).unwrap();
    a_loop.write(".git/objects/info/alternates", format!("{}\n", moved.display()));
    a_loop.row(&commit[..7], 0.9, "keep", "change");
    let id = a_loop.waiting()[0].clone();
    a_loop.approve(&id).unwrap();
    a_loop.git(&["update-ref", "refs/heads/autoresearch/mar8", &commit]);
    std::fs::remove_dir_all(&lender).unwrap();
    assert_eq!(a_loop.git(&["show", "countersign/approved:train.py"]), "A = 2");
    assert_eq!(a_loop.git(&["show", "countersign/approved:sub/model.py"]), "B = 1");
    assert_eq!(a_loop.verify(&[]).0, Some(0));
}
