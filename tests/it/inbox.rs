//! What an agent may put into the inbox to get at something else: every case ends with a reason beside it,
//! nothing outside is read or written, and the next honest proposal is taken in as ever.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::doors::{
    Agent, Says, Way, an_edit, answer, approve, everything, joined, pending, policy, put_in, put_in_many, take,
};
use crate::support::drive::Driver;
use crate::support::tty::{Tty, wait_for};
use crate::support::{self, Loop, git_in, has_faults};
use countersign::model::{DecisionKind, FindingKind, Spent};
use countersign::watch::now_ms;
use serde_json::{Value, json};

fn error_of(a_loop: &Loop, id: &str) -> String {
    let path = a_loop.path(&format!(".countersign/inbox/rejected/{id}/error.json"));
    let error: Value = serde_json::from_slice(&std::fs::read(&path).unwrap_or_default()).unwrap_or_default();
    error["error"].as_str().unwrap_or_default().to_owned()
}

fn message(a_loop: &Loop, head: &str) -> Value {
    json!({"v": 1, "base": a_loop.head(), "change": {"head": head}, "title": "x"})
}

fn new(a_loop: &Loop, name: &str) -> std::path::PathBuf {
    a_loop.path(&format!(".countersign/inbox/new/{name}"))
}

/// The loop still works: an honest proposal is taken in, approved, and verified.
fn goes_on(a_loop: &Loop) {
    let head = an_edit(a_loop, "WIDTH = 5", "WIDTH = 6");
    let mut agent = Agent::new(a_loop, Way::Folder);
    let id = agent.propose(&Says::keep(&head, "honest"));
    take(a_loop);
    approve(a_loop, &id).unwrap();
    // On a branch that went on it is another tree that is approved, and told so.
    let (word, told) = agent.wait(&id, 5.0);
    let is_as_proposed = told["approved_tree"] == told["proposed_tree"];
    assert_eq!(word, if is_as_proposed { "approved" } else { "partial" });
    let (code, said) = a_loop.verify(&[]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn links_pipes_devices_and_what_else_is_no_message_are_put_aside() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let good = message(&a_loop, &head).to_string();
    let secret = a_loop.folder().join("secret");
    std::fs::create_dir(&secret).unwrap();
    std::fs::write(secret.join("proposal.json"), &good).unwrap();
    let precious = everything(&secret);
    symlink(&secret, new(&a_loop, "link-to-folder")).unwrap();
    symlink("/dev/zero", new(&a_loop, "link-to-device")).unwrap();
    std::fs::write(new(&a_loop, "a-file"), &good).unwrap();
    let place = |name: &str| {
        std::fs::create_dir(new(&a_loop, name)).unwrap();
        new(&a_loop, name).join("proposal.json")
    };
    let fifo = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    fifo(&new(&a_loop, "a-pipe"));
    fifo(&place("pipe-in-it"));
    symlink(secret.join("proposal.json"), place("link-in-it")).unwrap();
    std::fs::hard_link(secret.join("proposal.json"), place("hard-link")).unwrap();
    std::fs::create_dir(place("folder-in-it")).unwrap();
    symlink("/dev/zero", place("device")).unwrap();
    std::fs::write(place("too-large"), vec![b' '; 300_000]).unwrap();
    std::fs::write(place("and-more"), &good).unwrap();
    std::fs::write(new(&a_loop, "and-more").join("run.sh"), "exit").unwrap();
    std::fs::write(place("two-changes"), &good).unwrap();
    std::fs::write(new(&a_loop, "two-changes").join("change.patch"), "x").unwrap();
    std::fs::write(place("no-change"), json!({"v": 1, "base": a_loop.head(), "title": "x"}).to_string()).unwrap();
    std::fs::write(
        place("other-name"),
        json!({"v": 1, "id": "else", "base": a_loop.head(), "change": {"head": head}, "title": "x"}).to_string(),
    )
    .unwrap();
    std::fs::write(place("..evil"), &good).unwrap();
    std::fs::create_dir(new(&a_loop, "empty")).unwrap();
    // Not written a moment ago.
    assert!(
        Command::new("touch")
            .args(["-d", "2020-01-01"])
            .arg(new(&a_loop, "empty"))
            .arg(new(&a_loop, "and-more"))
            .status()
            .unwrap()
            .success()
    );
    let told = take(&a_loop);
    assert_eq!(told.accepted, 0, "{told:?}");
    for (id, wanted) in [
        ("link-to-folder", "a proposal must be a directory"),
        ("link-to-device", "a proposal must be a directory"),
        ("a-file", "a proposal must be a directory"),
        ("a-pipe", "a proposal must be a directory"),
        ("pipe-in-it", "not a regular file"),
        ("link-in-it", "symlink"),
        ("hard-link", "hard links"),
        ("folder-in-it", "not a regular file"),
        ("device", "symlink"),
        ("too-large", "more than 262144 bytes"),
        ("and-more", "only proposal.json and change.patch"),
        ("two-changes", "use one of them"),
        ("no-change", "it has no change"),
        ("other-name", "must be the name of the directory"),
        ("empty", "has no proposal.json"),
    ] {
        let error = error_of(&a_loop, id);
        assert!(error.contains(wanted), "{id}: {error}");
    }
    assert_eq!(std::fs::read_dir(a_loop.path(".countersign/inbox/new")).unwrap().count(), 0);
    assert_eq!(everything(&secret), precious, "what links point to is as it was");
    let (word, told) = Agent::new(&a_loop, Way::Command).wait("too-large", 0.0);
    assert_eq!((word.as_str(), told["id"].as_str()), ("rejected", Some("too-large")));
    goes_on(&a_loop);
}

#[test]
fn a_door_that_leads_elsewhere_is_not_used() {
    for part in ["", "/inbox", "/inbox/new", "/outbox"] {
        let a_loop = joined();
        let head = an_edit(&a_loop, "LR = 1", "LR = 2");
        let id = Agent::new(&a_loop, Way::Folder).propose(&Says::keep(&head, "x"));
        take(&a_loop);
        let place = a_loop.path(&format!(".countersign{part}"));
        let elsewhere = a_loop.folder().join("home/.ssh");
        std::fs::create_dir_all(elsewhere.join("new")).unwrap();
        std::fs::rename(&place, a_loop.folder().join("moved")).unwrap();
        symlink(&elsewhere, &place).unwrap();
        let before = everything(&elsewhere);
        // The decision stands, and nothing is written where the link leads.
        let mut driver = Driver::new(&a_loop, 80, 24);
        let footer = driver.press("v").window().types("no").press("Enter").screen().footer();
        assert!(
            footer.text().contains("the agent could not be notified") || part.contains("/inbox"),
            "{part}: {footer}"
        );
        assert_eq!(a_loop.snapshot().decisions.len(), 1, "{part}");
        assert_eq!(everything(&elsewhere), before, "{part}");
        let snapshot = a_loop.snapshot();
        let trouble = snapshot.warnings.iter().any(|warning| warning.message.contains("symlink"));
        assert!(trouble || part == "/outbox", "{part}: {:?}", snapshot.warnings);
        std::fs::remove_file(&place).unwrap();
        a_loop.decider().republish().unwrap();
        assert_eq!(Agent::new(&a_loop, Way::Folder).wait(&id, 0.0).0, "vetoed", "{part}: told when the way is free");
    }
}

#[test]
fn what_waits_is_read_and_decided_row_by_row() {
    let a_loop = joined();
    let mut agent = Agent::new(&a_loop, Way::Folder);
    for (from, to, title) in [("LR = 1", "LR = 2", "the rate"), ("WD = 2", "WD = 3", "the decay")] {
        agent.propose(&Says::keep(&an_edit(&a_loop, from, to), title));
        // Two that come within one tick of the disk's clock have no order of their own.
        take(&a_loop);
    }
    let mut driver = Driver::new(&a_loop, 80, 24);
    let screen = driver.press("g").screen();
    screen.header().shows("Inbox 2");
    screen.inbox().shows("waiting 2").selected().shows("the rate");
    screen.inbox().row(2).shows("the decay");
    screen.diff().shows("+ LR = 2").lacks("+ WD = 3");
    let screen = driver.press("j").screen();
    screen.inbox().selected().shows("the decay");
    screen.evidence().shows("the decay");
    screen.diff().shows("+ WD = 3").lacks("+ LR = 2");
    let screen = driver.press("v").window().shows("reason:").types("not now").press("Enter").screen();
    screen.footer().shows("vetoed, record");
    screen.header().shows("Inbox 1");
    screen.inbox().shows("waiting 1").lacks("the decay").row(1).shows("the rate");
}

#[test]
fn half_a_message_is_waited_for_and_then_refused() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let text = message(&a_loop, &head).to_string();
    std::fs::create_dir(new(&a_loop, "slow")).unwrap();
    assert_eq!(take(&a_loop), countersign::model::IntakeReport::default(), "it may still be written");
    std::fs::write(new(&a_loop, "slow").join("proposal.json"), &text[..text.len() / 2]).unwrap();
    assert_eq!(take(&a_loop), countersign::model::IntakeReport::default());
    std::fs::write(new(&a_loop, "slow").join("proposal.json"), &text).unwrap();
    assert_eq!(take(&a_loop).accepted, 1);
    std::fs::create_dir(new(&a_loop, "torn")).unwrap();
    std::fs::write(new(&a_loop, "torn").join("proposal.json"), &text[..text.len() / 2]).unwrap();
    assert!(Command::new("touch").args(["-d", "2020-01-01"]).arg(new(&a_loop, "torn")).status().unwrap().success());
    take(&a_loop);
    assert!(error_of(&a_loop, "torn").contains("EOF while parsing"), "{}", error_of(&a_loop, "torn"));
}

#[test]
fn a_name_is_used_once_and_a_taken_proposal_never_changes() {
    let a_loop = joined();
    let (one, two) = (an_edit(&a_loop, "LR = 1", "LR = 2"), an_edit(&a_loop, "LR = 1", "LR = 99"));
    put_in(&a_loop, "p1", message(&a_loop, &one).to_string().as_bytes(), None);
    take(&a_loop);
    // The same again is nothing new; another change under the name is refused.
    put_in(&a_loop, "p1", message(&a_loop, &one).to_string().as_bytes(), None);
    assert_eq!(take(&a_loop), countersign::model::IntakeReport::default());
    put_in(&a_loop, "p1", message(&a_loop, &two).to_string().as_bytes(), None);
    assert_eq!(take(&a_loop).refused.len(), 1);
    assert!(error_of(&a_loop, "p1").contains("already in use"));
    assert_eq!(pending(&a_loop, "p1").unwrap().head.to_string(), one);
    // Twice more: each has its reason, none is lost.
    put_in(&a_loop, "p1", message(&a_loop, &two).to_string().as_bytes(), None);
    take(&a_loop);
    assert!(a_loop.path(".countersign/inbox/rejected/p1~2/error.json").exists());
    put_in(
        &a_loop,
        "p2",
        json!({"v": 1, "base": a_loop.head(), "change": {"head": two}, "title": "x", "supersedes": "p9"})
            .to_string()
            .as_bytes(),
        None,
    );
    take(&a_loop);
    assert!(error_of(&a_loop, "p2").contains("no proposal p9 is known"));
    goes_on(&a_loop);
}

#[test]
fn forged_and_replayed_answers_decide_nothing() {
    let a_loop = joined();
    let (one, two) = (an_edit(&a_loop, "LR = 1", "LR = 2"), an_edit(&a_loop, "WD = 2", "WD = 3"));
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let (first, second) = (agent.propose(&Says::keep(&one, "one")), agent.propose(&Says::keep(&two, "two")));
    take(&a_loop);
    approve(&a_loop, &first).unwrap();
    let (_, told) = agent.wait(&first, 5.0);
    // The approval of the first, under the name of the second; and a decision for an inbox.
    let forged = told.to_string().replace(&first, &second);
    a_loop.write(&format!(".countersign/outbox/{second}.json"), &forged);
    put_in(&a_loop, "decide", forged.as_bytes(), None);
    let refused = take(&a_loop).refused;
    assert_eq!(refused.len(), 1, "{refused:?}");
    let snapshot = a_loop.snapshot();
    assert!(snapshot.is_pending(&second.parse().unwrap()), "what lies in the outbox is no decision");
    assert_eq!(snapshot.waiting.len(), 1);
    let (code, said) = a_loop.verify(&[]);
    assert_eq!(code, Some(0), "{said}");
    a_loop.decider().republish().unwrap();
    assert_eq!(agent.wait(&second, 0.0).0, "pending", "the forged one is taken away again");
    answer(&a_loop, &second, DecisionKind::Vetoed, "no", Vec::new()).unwrap();
    a_loop.write(&format!(".countersign/outbox/{second}.json"), &forged);
    a_loop.decider().republish().unwrap();
    assert_eq!(agent.wait(&second, 0.0).0, "vetoed", "the truth is told again");
    // A second supervisor sees that it is answered; what was shown before is not answered again.
    assert!(answer(&a_loop, &second, DecisionKind::Vetoed, "no", Vec::new()).is_err());
}

#[test]
fn an_answer_is_bound_to_the_proposal_that_was_shown() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let id = Agent::new(&a_loop, Way::Folder).propose(&Says::keep(&head, "one"));
    // Judged as a row's change, before the agent asked about it.
    a_loop.row(&head[..7], 0.9, "keep", "one");
    let row = a_loop.waiting()[0].clone();
    let unasked = support::approval(&a_loop.judge(&row).unwrap()).unwrap();
    take(&a_loop);
    let error = a_loop.decider().approve(&unasked).unwrap_err().to_string();
    assert!(error.contains("an agent has proposed this change since"), "{error}");
    let proposal = pending(&a_loop, &id).unwrap();
    let mut other = proposal.asked();
    other.base = head.parse().unwrap();
    let mut approval = unasked.clone();
    approval.proposal = Some(other);
    let error = a_loop.decider().approve(&approval).unwrap_err().to_string();
    assert!(error.contains("differs from what was shown"), "{error}");
    approval.proposal = Some(proposal.asked());
    a_loop.decider().approve(&approval).unwrap();
}

#[test]
fn hostile_patches_are_refused_whole_or_shown_for_what_they_are() {
    let a_loop = joined();
    a_loop.write("dir/inner.py", "a\n");
    symlink(".git/hooks", a_loop.path("hooks")).unwrap();
    a_loop.write("run.sh", "echo\n");
    a_loop.commit("more files");
    let git_before = everything(&a_loop.path(".git/hooks"));
    let add = |path: &str| {
        format!("diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n")
    };
    let cases: Vec<(&str, String, &str)> = vec![
        ("up", add("../evil"), "`..`"),
        ("up-inside", add("dir/../../evil"), "`..`"),
        ("absolute", "--- /dev/null\n+++ /etc/evil\n@@ -0,0 +1 @@\n+x\n".into(), "absolute"),
        ("git", add(".git/hooks/post-commit"), ".git"),
        ("git-case", add("sub/.GIT/config"), ".git"),
        ("git-short", add("git~1/config"), ".git"),
        ("git-hidden", add(".g\u{200d}it/config"), ".git"),
        ("newline", "diff --git \"a/x\\ny\" \"b/x\\ny\"\nnew file mode 100644\n--- /dev/null\n+++ \"b/x\\ny\"\n@@ -0,0 +1 @@\n+x\n".into(), "control character"),
        ("through-link", add("hooks/post-commit"), "exists where it needs a directory"),
        (
            "link-and-child",
            format!("diff --git a/out b/out\nnew file mode 120000\n--- /dev/null\n+++ b/out\n@@ -0,0 +1 @@\n+/tmp\n\\ No newline at end of file\n{}", add("out/x")),
            "exists where it needs a directory",
        ),
        ("retarget", "--- a/hooks\n+++ b/hooks\n@@ -1 +1 @@\n-.git/hooks\n\\ No newline at end of file\n+/etc\n\\ No newline at end of file\n".into(), "a symlink is changed"),
        ("becomes-link", "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 120000\n".into(), "a symlink is changed"),
        ("twice", format!("{}{}", add("one"), add("one")), "the patch already contains"),
        ("beyond-counts", "--- a/run.sh\n+++ b/run.sh\n@@ -1 +1 @@\n-echo\n+one\n+two\n".into(), "beyond the hunk's line count"),
        ("submodule", "diff --git a/sub b/sub\nnew file mode 160000\n--- /dev/null\n+++ b/sub\n@@ -0,0 +1 @@\n+Subproject commit 1\n".into(), "a submodule?"),
        ("binary", "diff --git a/w b/w
new file mode 100644
GIT binary patch
literal 0
".into(), "binary patches"),
        ("file-as-folder", add("run.sh/x"), "exists where it needs a directory"),
        ("folder-as-file", add("dir"), "in the base already"),
        ("elsewhere", "--- a/run.sh\n+++ b/run.sh\n@@ -5 +5 @@\n-echo\n+one\n".into(), "beyond the end"),
        ("other-text", "--- a/run.sh\n+++ b/run.sh\n@@ -1 +1 @@\n-exit\n+one\n".into(), "does not apply"),
        ("nothing", "--- a/run.sh\n+++ b/run.sh\n@@ -1 +1 @@\n-echo\n+echo\n".into(), "changes nothing"),
        ("no-patch", "hello\n".into(), "the patch changes no file"),
    ];
    let base = a_loop.head();
    for (id, patch, _) in &cases {
        let text = json!({"v": 1, "base": base, "title": "x"}).to_string();
        put_in(&a_loop, id, text.as_bytes(), Some(patch.as_bytes()));
    }
    let told = take(&a_loop);
    assert_eq!((told.accepted, told.left.len()), (0, 0), "{told:?}");
    for (id, _, wanted) in &cases {
        let error = error_of(&a_loop, id);
        assert!(error.contains(wanted), "{id}: {error}");
    }
    assert_eq!(everything(&a_loop.path(".git/hooks")), git_before);
    assert!(!Path::new("/etc/evil").exists() && !a_loop.folder().join("evil").exists());

    // What may be proposed, and must be seen: a link, an executable bit, a file that is run later.
    let odd = format!(
        "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\ndiff --git a/out b/out\nnew file mode 120000\n--- /dev/null\n+++ b/out\n@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n{}",
        add("conftest.py")
    );
    put_in(&a_loop, "odd", json!({"v": 1, "base": base, "title": "x"}).to_string().as_bytes(), Some(odd.as_bytes()));
    take(&a_loop);
    let judged = a_loop.judge(&pending(&a_loop, "odd").unwrap().experiment()).unwrap();
    for kind in [FindingKind::Symlink, FindingKind::ModeChange, FindingKind::LaterExecuted] {
        assert!(judged.findings.iter().any(|finding| finding.kind == kind), "{kind:?}");
    }
    // A patch that git made, of everything at once, gives git's own tree.
    a_loop.write("train.py", "LR = 2\nWD = 2\nBATCH = 4\nDEPTH = 4\n");
    a_loop.write("ümläut name.txt", "tab\there\nno end");
    a_loop.git(&["mv", "dir/inner.py", "dir/renamed.py"]);
    a_loop.git(&["rm", "-q", "run.sh"]);
    let head = a_loop.commit("all of it");
    for flags in [&["diff"][..], &["diff", "-U0"], &["diff", "-M50"], &["diff", "--no-prefix", "--no-renames"]] {
        let text = git_in(a_loop.dir(), &[flags, &[&base, &head]].concat()).stdout;
        let id = format!("whole{}", flags.join("").replace(|c: char| !c.is_alphanumeric(), ""));
        put_in(&a_loop, &id, json!({"v": 1, "base": base, "title": id}).to_string().as_bytes(), Some(&text));
        let told = take(&a_loop);
        if flags.contains(&"--no-prefix") {
            // Names without a/ and b/ are names all the same.
            assert_eq!(told.accepted, 1, "{told:?}");
        }
        let made = pending(&a_loop, &id).unwrap_or_else(|| panic!("{flags:?}: {}", error_of(&a_loop, &id))).head;
        let tree = |name: &str| a_loop.git(&["rev-parse", &format!("{name}^{{tree}}")]);
        assert_eq!(tree(&made.to_string()), tree(&head), "{flags:?}");
    }
}

#[test]
fn commits_that_are_no_change_are_refused() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let base = a_loop.head();
    let blob = a_loop.git(&["rev-parse", "HEAD:train.py"]);
    let tree = a_loop.git(&["rev-parse", "HEAD^{tree}"]);
    let absent = "0123456789012345678901234567890123456789";
    for (id, base, head, wanted) in [
        ("absent", base.as_str(), absent, "no longer in the repository"),
        ("absent-base", absent, head.as_str(), "no longer in the repository"),
        ("blob", &base, &blob, "no longer in the repository"),
        ("tree", &tree, &head, "no longer in the repository"),
        ("same", &head, &head, "nothing is changed"),
        ("backwards", &head, &base, "not an ancestor of the head"),
    ] {
        let text = json!({"v": 1, "base": base, "change": {"head": head}, "title": "x"}).to_string();
        put_in(&a_loop, id, text.as_bytes(), None);
        take(&a_loop);
        assert!(error_of(&a_loop, id).contains(wanted), "{id}: {}", error_of(&a_loop, id));
    }
    goes_on(&a_loop);
}

/// An object by its raw bytes, whatever git would say of it.
fn raw_object(a_loop: &Loop, kind: &str, bytes: &[u8]) -> String {
    let mut child = Command::new("git")
        .args(["hash-object", "-t", kind, "-w", "--literally", "--stdin"])
        .current_dir(a_loop.dir())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), bytes).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success());
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_tree_that_is_none_holds_nobody_else_up() {
    let a_loop = joined();
    policy(&a_loop, "gates: {run: auto, keep: human}\n");
    // A branch, so that what does not fit it is looked for, too.
    let first = an_edit(&a_loop, "SEED = 6", "SEED = 8");
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let id = agent.propose(&Says::keep(&first, "first"));
    take(&a_loop);
    approve(&a_loop, &id).unwrap();
    let base = a_loop.head();
    let blob = a_loop.git(&["rev-parse", "HEAD:train.py"]);
    let id: Vec<u8> = (0..20).map(|at| u8::from_str_radix(&blob[2 * at..2 * at + 2], 16).unwrap()).collect();
    for (name, mode, path) in
        [("mode", "170000", "x"), ("slash", "100644", "a/b"), ("dots", "100644", ".."), ("git", "100644", ".git")]
    {
        let tree = raw_object(&a_loop, "tree", &[format!("{mode} {path}\0").as_bytes(), &id].concat());
        let text = format!("tree {tree}\nparent {base}\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nx\n");
        let head = raw_object(&a_loop, "commit", text.as_bytes());
        for gate in ["run", "keep"] {
            let mut text = message(&a_loop, &head);
            text["gate"] = gate.into();
            put_in(&a_loop, &format!("{name}-{gate}"), text.to_string().as_bytes(), None);
        }
    }
    let honest = an_edit(&a_loop, "LR = 1", "LR = 2");
    let ran = agent.propose(&Says::run(&honest, "honest"));
    let told = take(&a_loop);
    assert_eq!(told.left, [], "{told:?}");
    assert_eq!(agent.wait(&ran, 0.0).0, "approved", "the policy answers the others");
    for name in ["mode", "slash", "dots", "git"] {
        for gate in ["run", "keep"] {
            let id = format!("{name}-{gate}");
            assert!(pending(&a_loop, &id).is_none_or(|_| approve(&a_loop, &id).is_err()), "{id}");
            assert_ne!(agent.wait(&id, 0.0).0, "approved", "{id}");
        }
    }
    let mut tty = Tty::open(&a_loop, 100, 40, &[]);
    tty.sees("waiting");
    tty.keys("jjja");
    tty.keys("q");
    tty.exit_code();
    goes_on(&a_loop);
}

#[test]
fn what_was_taken_in_outlives_the_agents_reset_and_gc() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let id = Agent::new(&a_loop, Way::Command).propose(&Says::keep(&head, "x"));
    take(&a_loop);
    a_loop.git(&["reflog", "expire", "--expire=now", "--all"]);
    a_loop.git(&["gc", "-q", "--prune=now"]);
    approve(&a_loop, &id).unwrap();
    assert_eq!(a_loop.verify(&[]).0, Some(0));
}

/// Proposals that are put in at once; `MANY=10000 cargo test --release --test it -- inbox::` for the whole of it.
fn many() -> usize {
    std::env::var("MANY").ok().and_then(|many| many.parse().ok()).unwrap_or(600)
}

#[test]
fn thousands_at_once_are_taken_in_and_the_screen_goes_on() {
    let a_loop = joined();
    put_in_many(&a_loop, many());
    let mut tty = Tty::open(&a_loop, 100, 40, &[]);
    let all = format!("waiting {}", many());
    tty.wait("all of them", |screen| screen.contains(&all));
    let new = a_loop.path(".countersign/inbox/new");
    wait_for("an empty inbox", || std::fs::read_dir(&new).unwrap().count() == 0);
    tty.keys("G");
    tty.keys("v");
    tty.sees("reason:");
    tty.keys("too many\r");
    tty.wait("the record", |screen| screen.contains("vetoed, record ") && screen.contains(", on disk"));
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    assert_eq!(a_loop.snapshot().waiting.len(), many() - 1);
}

#[test]
fn two_supervisors_take_everything_in_once() {
    let a_loop = joined();
    let ttys = [Tty::open(&a_loop, 80, 24, &[]), Tty::open(&a_loop, 80, 24, &[])];
    for tty in &ttys {
        tty.sees("nothing to decide");
    }
    put_in_many(&a_loop, 300);
    for tty in &ttys {
        tty.sees("waiting 300");
    }
    let text = std::fs::read_to_string(a_loop.path(".git/countersign/proposals.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 300);
    assert!(!a_loop.path(".countersign/inbox/rejected/m0").exists());
    for mut tty in ttys {
        tty.keys("q");
        assert_eq!(tty.exit_code(), 0);
    }
    assert_eq!(*a_loop.snapshot().warnings, []);
}

#[test]
fn what_was_refused_can_be_read_again() {
    let a_loop = joined();
    let mut tty = Tty::open(&a_loop, 100, 30, &[]);
    tty.sees("nothing to decide");
    put_in(&a_loop, "bad-one", b"{\"v\":1}", None);
    tty.sees("rejected: bad-one");
    tty.keys("4w");
    tty.sees("a proposal was rejected, bad-one: proposal.json: missing field `base`");
    tty.keys("q");
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
}

#[test]
fn a_kill_between_the_steps_at_the_door_loses_and_doubles_nothing() {
    if !has_faults() {
        return;
    }
    for fault in
        ["kill:taken", "kill:published", "full:taken", "full:published", "kill:record-half", "kill:record-synced"]
    {
        let a_loop = joined();
        policy(&a_loop, "gates: {run: auto, keep: human}\n");
        let (one, two) = (an_edit(&a_loop, "LR = 1", "LR = 2"), an_edit(&a_loop, "WD = 2", "WD = 3"));
        let mut agent = Agent::new(&a_loop, Way::Folder);
        let ran = agent.propose(&Says::run(&one, "one"));
        let kept = agent.propose(&Says::keep(&two, "two"));
        let mut tty = Tty::open(&a_loop, 80, 24, &[("COUNTERSIGN_FAULT", fault)]);
        if fault.starts_with("kill") {
            tty.exit_code();
        } else {
            tty.sees("free some space");
            tty.keys("q");
            tty.exit_code();
        }
        // Once more, without the fault.
        a_loop.decider().republish().unwrap();
        take(&a_loop);
        assert_eq!(agent.wait(&ran, 0.0).0, "approved", "{fault}: by the policy");
        assert_eq!(agent.wait(&kept, 0.0).0, "pending", "{fault}");
        let snapshot = a_loop.snapshot();
        assert_eq!((snapshot.proposals.len(), snapshot.waiting.len()), (2, 1), "{fault}");
        assert_eq!(snapshot.decisions.iter().filter(|decision| decision.by_policy).count(), 1, "{fault}");
        answer(&a_loop, &kept, DecisionKind::ChangesRequested, "more", Vec::new()).unwrap();
        assert_eq!(agent.wait(&kept, 0.0).0, "changes_requested", "{fault}");
        let (code, said) = a_loop.verify(&[]);
        assert_eq!(code, Some(0), "{fault}: {said}");
    }
}

#[test]
fn whoever_waits_is_told_of_an_approval_that_was_killed_halfway() {
    if !has_faults() {
        return;
    }
    let steps = [
        ("record-synced", false),
        ("commit-pinned", false),
        ("branch-moved", true),
        ("branch-synced", true),
        ("record-half:2", true),
        ("record-synced:2", true),
        ("anchor-moved", false),
        ("anchor-moved:3", true),
    ];
    for (step, stands) in steps {
        let a_loop = joined();
        let head = an_edit(&a_loop, "LR = 1", "LR = 2");
        let mut agent = Agent::new(&a_loop, Way::Command);
        let id = agent.propose(&Says::keep(&head, "one"));
        take(&a_loop);
        // An anchor, so that the steps are those of this decision alone.
        a_loop.decider().leave_note("hello").unwrap();
        let fault = format!("kill:{step}");
        let mut tty = Tty::run(
            &a_loop,
            100,
            30,
            &[("COUNTERSIGN_FAULT", &fault)],
            &["decide", &head, "approve", "-C", &a_loop.dir().to_string_lossy()],
        );
        tty.answer("type `approve`", "approve\r");
        assert_ne!(tty.exit_code(), 0, "{step}: {}", tty.screen());
        assert_eq!(agent.wait(&id, 0.0).0, "pending", "{step}: nobody was told yet");
        // Somebody opens the screen again: what was begun is ended, and told.
        let mut tty = Tty::open(&a_loop, 100, 30, &[]);
        let (word, told) = agent.wait(&id, if stands { 30.0 } else { 0.5 });
        assert_eq!(word, if stands { "approved" } else { "pending" }, "{step}");
        if stands {
            assert_eq!(told["commit"], a_loop.git(&["rev-parse", "countersign/approved"]).as_str(), "{step}");
        }
        tty.sees("Inbox");
        tty.keys("q");
        assert_eq!(tty.exit_code(), 0);
        let (code, said) = a_loop.verify(&[]);
        assert_eq!(code, Some(0), "{step}: {said}");
    }
}

#[test]
fn nothing_an_agent_says_reaches_the_terminal_raw() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}txt\u{200b}\r\u{9b}31m";
    let text = json!({"v": 1, "base": a_loop.head(), "change": {"head": head}, "title": format!("t{evil}"),
        "rationale": format!("r{evil}\n{evil}"), "agent": {"name": format!("n{evil}"), "model": evil, "session": evil},
        "evidence": [{"metric": format!("m{evil}"), "after": 1.0}]});
    put_in(&a_loop, "evil", text.to_string().as_bytes(), None);
    let mut bad = text.clone();
    bad["gate"] = evil.into();
    put_in(&a_loop, "evil-gate", bad.to_string().as_bytes(), None);
    let mut tty = Tty::open(&a_loop, 80, 24, &[]);
    tty.sees("asks at the keep gate");
    tty.keys("\r");
    tty.wait("the review of what was read and judged", |screen| screen.contains("Review") && screen.contains("LR = 2"));
    tty.keys("a");
    tty.sees("hidden");
    tty.keys("\u{1b}");
    tty.sees("nothing was decided");
    tty.keys("e");
    tty.sees("question:");
    tty.keys("\r");
    tty.sees("type the question");
    let bytes = tty.bytes.lock().unwrap().clone();
    let text = String::from_utf8_lossy(&support::tty::without_titles(&bytes)).into_owned();
    for raw in ["\u{1b}]0;owned", "\u{202e}", "\u{200b}", "\u{9b}"] {
        assert!(!text.contains(raw), "{raw:?} got through");
    }
}

#[test]
fn one_message_that_cannot_be_put_aside_holds_no_other_up() {
    // Enough of one name were kept; its reason cannot be written; there is no place to put anything.
    for case in ["kept", "reason", "no-place"] {
        let a_loop = joined();
        let rejected = a_loop.path(".countersign/inbox/rejected");
        match case {
            "kept" => {
                for number in 1..=1000 {
                    let name = if number == 1 { "bad".to_owned() } else { format!("bad~{number}") };
                    std::fs::create_dir(rejected.join(name)).unwrap();
                }
            }
            "reason" => std::fs::write(rejected.join("bad"), "in the way").unwrap(),
            _ => {
                std::fs::remove_dir(&rejected).unwrap();
                std::fs::write(&rejected, "in the way").unwrap();
            }
        }
        put_in(&a_loop, "bad", b"nonsense", None);
        let long = "x".repeat(255);
        std::fs::create_dir(new(&a_loop, &long)).unwrap();
        std::fs::write(new(&a_loop, &long).join("proposal.json"), "nonsense").unwrap();
        let told = take(&a_loop);
        assert_eq!((told.accepted, told.refused.len(), told.left.len()), (0, 2, 0), "{case}: {told:?}");
        assert_eq!(std::fs::read_dir(a_loop.path(".countersign/inbox/new")).unwrap().count(), 0, "{case}");
        goes_on(&a_loop);
    }
}

#[test]
fn what_is_stuck_is_tried_now_and_then_and_holds_no_other_up() {
    let a_loop = joined();
    // Folders that cannot be taken away and cannot be put aside, more of them than are looked at in one go.
    let rejected = a_loop.path(".countersign/inbox/rejected");
    std::fs::remove_dir(&rejected).unwrap();
    std::fs::write(&rejected, "in the way").unwrap();
    for number in 0..700 {
        std::fs::create_dir_all(new(&a_loop, &format!("a{number:03}")).join("deep/er")).unwrap();
        std::fs::write(new(&a_loop, &format!("a{number:03}")).join("proposal.json"), "nonsense").unwrap();
        assert!(
            Command::new("touch")
                .args(["-d", "2020-01-01"])
                .arg(new(&a_loop, &format!("a{number:03}")))
                .status()
                .unwrap()
                .success()
        );
    }
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let mut agent = Agent::new(&a_loop, Way::Folder);
    let id = agent.propose(&Says::keep(&head, "honest"));
    // A desk is opened for each thing that is done there; what is stuck is known from one to the next.
    let stuck = countersign::decide::Stuck::default();
    let decider = || a_loop.decider().with_stuck(&stuck);
    let first = decider().collect_proposals(Spent::default()).unwrap();
    assert!(first.more && first.left.len() == 100 && first.stuck == 500, "{} of {}", first.left.len(), first.stuck);
    let second = decider().collect_proposals(Spent::default()).unwrap();
    assert_eq!((second.accepted, second.stuck, second.more), (1, 700, false));
    assert_eq!(agent.wait(&id, 0.0).0, "pending");
    let third = decider().collect_proposals(Spent::default()).unwrap();
    assert_eq!((third.left.len(), third.stuck), (0, 700), "not tried again at once, and counted");
    // What went is forgotten.
    std::fs::remove_dir_all(a_loop.path(".countersign/inbox/new")).unwrap();
    std::fs::create_dir(a_loop.path(".countersign/inbox/new")).unwrap();
    assert_eq!(decider().collect_proposals(Spent::default()).unwrap().stuck, 0);
    let tty = Tty::open(&a_loop, 100, 30, &[]);
    tty.sees("waiting 1");
}

#[test]
fn an_answer_that_cannot_be_put_out_holds_no_other_up() {
    let a_loop = joined();
    let (one, two) = (an_edit(&a_loop, "LR = 1", "LR = 2"), an_edit(&a_loop, "WD = 2", "WD = 3"));
    std::fs::create_dir_all(a_loop.path(".countersign/outbox/pending/p1.json/in-the-way")).unwrap();
    put_in(&a_loop, "p1", message(&a_loop, &one).to_string().as_bytes(), None);
    put_in(&a_loop, "p2", message(&a_loop, &two).to_string().as_bytes(), None);
    let told = take(&a_loop);
    assert_eq!((told.accepted, told.left.len()), (2, 1), "{told:?}");
    assert!(told.left[0].1.contains("its agent cannot be notified"), "{told:?}");
    let mut agent = Agent::new(&a_loop, Way::Folder);
    assert_eq!(agent.wait("p2", 0.0).1["status"], "pending", "the other one is told");
    approve(&a_loop, "p2").unwrap();
    assert_eq!(agent.wait("p2", 5.0).0, "approved");
    // When the way is free it is told, and taken out of the inbox.
    std::fs::remove_dir_all(a_loop.path(".countersign/outbox/pending/p1.json")).unwrap();
    assert_eq!(take(&a_loop).accepted, 0);
    assert_eq!(agent.wait("p1", 0.0).1["status"], "pending");
    assert_eq!(std::fs::read_dir(a_loop.path(".countersign/inbox/new")).unwrap().count(), 0);
    assert_eq!(a_loop.snapshot().proposals.len(), 2);
}

#[test]
fn what_was_refused_is_counted_and_said() {
    let a_loop = joined();
    for number in 0..30 {
        put_in(&a_loop, "bad", b"nonsense", None);
        put_in(&a_loop, &format!("bad-{number}"), b"{}", None);
        take(&a_loop);
    }
    let kept = std::fs::read_dir(a_loop.path(".countersign/inbox/rejected")).unwrap().count();
    assert_eq!(kept, 30 + 20, "of one name no more than twenty are kept");
    assert_eq!(a_loop.snapshot().mailbox.rejected, kept);
    assert_eq!(a_loop.json(&["status", "--json"])["mailbox"]["rejected"], kept);
    for verb in ["status", "doctor"] {
        let out = a_loop.command(&[verb]).output().unwrap();
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(said.contains("50 rejected, in .countersign/inbox/rejected"), "{verb}: {said}");
    }
}

/// What is read of the list and what is read of the ledger are of two moments.
#[test]
fn nothing_seems_to_be_missing_while_proposals_are_taken_in() {
    let a_loop = joined();
    let heads: Vec<String> = (2..32).map(|rate| an_edit(&a_loop, "LR = 1", &format!("LR = {rate}"))).collect();
    let is_over = AtomicBool::new(false);
    let alarms = std::thread::scope(|scope| {
        let looks = scope.spawn(|| {
            let mut watched = a_loop.watched();
            let mut alarms = Vec::new();
            while !is_over.load(Ordering::SeqCst) {
                watched.poll(now_ms());
                let warnings = watched.snapshot().warnings;
                alarms.extend(warnings.iter().filter(|one| &*one.path == "proposals.jsonl").cloned());
            }
            watched.poll(now_ms());
            assert_eq!(watched.snapshot().proposals.len(), heads.len());
            alarms
        });
        for (number, head) in heads.iter().enumerate() {
            Agent::new(&a_loop, Way::Folder).propose(&Says::keep(head, &format!("number {number}")));
            take(&a_loop);
        }
        is_over.store(true, Ordering::SeqCst);
        looks.join().unwrap()
    });
    assert!(alarms.is_empty(), "{} alarms: {:?}", alarms.len(), alarms.first());
}

#[test]
fn an_alarm_about_the_list_ends_with_its_cause() {
    let a_loop = joined();
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    Agent::new(&a_loop, Way::Command).propose(&Says::keep(&head, "rate"));
    take(&a_loop);
    let mut watched = a_loop.watched();
    let mut alarms = || {
        watched.poll(now_ms());
        let snapshot = watched.snapshot();
        let of_list = snapshot.warnings.iter().filter(|one| &*one.path == "proposals.jsonl");
        (snapshot.proposals.len(), of_list.map(|one| one.message.clone()).collect::<Vec<_>>())
    };
    assert_eq!(alarms(), (1, vec![]));
    let list = ".git/countersign/proposals.jsonl";
    let text = std::fs::read_to_string(a_loop.path(list)).unwrap();
    a_loop.write(list, "");
    let (known, said) = alarms();
    assert!(known == 0 && said.len() == 1 && said[0].contains("1 line of received proposals missing"), "{said:?}");
    a_loop.write(list, &text);
    assert_eq!(alarms(), (1, vec![]));
    a_loop.append(list, &text);
    assert!(alarms().1[0].contains("1 line added or changed"));
}
