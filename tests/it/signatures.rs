//! Signatures by the person's own keys: made, checked, refused, and as git sees them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::doors::{Agent as Asking, Says, Way, an_edit, joined, pending, policy, take};
use crate::support::tty::Tty;
use crate::support::{self, Loop, a_night, has_faults};
use countersign::ledger::{Anchor, Anchors, Record, line_hash, read_chain};
use countersign::model::{ExperimentId, Spent};

/// Adds to the person's own git configuration.
fn configure(a_loop: &Loop, text: &str) {
    use std::io::Write as _;
    a_loop.environment();
    let path = a_loop.folder().join("home/.gitconfig");
    std::fs::OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

/// A new SSH key; `None` where there is no ssh-keygen.
fn ssh_key(a_loop: &Loop, name: &str, passphrase: &str) -> Option<PathBuf> {
    a_loop.environment();
    let path = a_loop.folder().join("home").join(name);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-C", "test", "-N", passphrase, "-f"])
        .arg(&path)
        .stdin(std::process::Stdio::null())
        .output();
    if !made.is_ok_and(|out| out.status.success()) {
        eprintln!("skipped: there is no ssh-keygen here");
        return None;
    }
    Some(path)
}

/// An allowed signers file that says whose a key is.
fn allow(a_loop: &Loop, who: &str, key: &Path) -> PathBuf {
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let path = a_loop.folder().join("home/allowed");
    std::fs::write(&path, format!("{who} {public}")).unwrap();
    path
}

fn sign_by_ssh(a_loop: &Loop, key: &Path) {
    configure(
        a_loop,
        &format!("\tsigningkey = {}\n[commit]\n\tgpgsign = true\n[gpg]\n\tformat = ssh\n", key.display()),
    );
}

/// One decision on the command line, with the person's environment and more.
fn decide(a_loop: &Loop, id: &ExperimentId, how: &str, more: &[(&str, &str)]) -> (u32, String) {
    let dir = a_loop.dir().to_string_lossy().into_owned();
    let args = ["decide", id.as_str(), how, "-C", &dir, "-r", "because"];
    let mut tty = Tty::run(a_loop, 200, 40, more, &args);
    if how == "approve" {
        tty.answer("type `approve`", "approve\r");
    }
    (tty.exit_code(), tty.screen())
}

/// Git as the person runs it, with their configuration.
fn persons_git(a_loop: &Loop, args: &[&str]) -> Output {
    let mut git = Command::new("git");
    git.current_dir(a_loop.dir()).args(args).env_clear().envs(a_loop.environment()).output().unwrap()
}

#[test]
fn commits_are_signed_by_ssh_and_git_agrees() {
    let night = a_night(16, 13);
    let Some(key) = ssh_key(&night, "id", "") else { return };
    sign_by_ssh(&night, &key);
    let queue = night.waiting();
    let (code, screen) = decide(&night, &queue[0], "approve", &[]);
    assert_eq!(code, 0, "{screen}");
    // Without a list the signature holds and is nobody's.
    let (code, text) = night.verify(&[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("1 valid signatures by unknown keys (first: ED25519 key SHA256:"), "{text}");
    let allowed = allow(&night, "ada@example.org", &key);
    configure(&night, &format!("[gpg \"ssh\"]\n\tallowedSignersFile = {}\n", allowed.display()));
    let (code, text) = night.verify(&[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("signed   1 by a known key, 0 not signed"), "{text}");
    let git = persons_git(&night, &["verify-commit", "-v", "countersign/approved"]);
    let said = String::from_utf8_lossy(&git.stderr).into_owned();
    assert!(git.status.success() && said.contains("Good \"git\" signature for ada@example.org"), "{said}");
    let log = persons_git(&night, &["log", "-1", "--show-signature", "countersign/approved"]);
    let said = String::from_utf8_lossy(&log.stdout).into_owned();
    assert!(said.contains("Good \"git\" signature for ada@example.org") && said.contains("Ledger: 3@"), "{said}");
    assert!(night.try_git(&["fsck", "--strict"]).status.success());
    // A stranger's key, and the right key in another's name, are objections.
    let other = ssh_key(&night, "other", "").unwrap();
    let allowed = allow(&night, "ada@example.org", &other);
    let (code, text) = night.verify(&["--allowed-signers", allowed.to_str().unwrap()]);
    assert_eq!(code, Some(4));
    assert!(text.contains("which belongs to no allowed signer"), "{text}");
    let git = persons_git(&night, &["verify-commit", "countersign/approved"]);
    assert!(!git.status.success(), "git agrees");
    // A key that was revoked signs nothing any more, for git neither.
    let allowed = allow(&night, "ada@example.org", &key);
    assert_eq!(night.verify(&["--allowed-signers", allowed.to_str().unwrap()]).0, Some(0));
    let revoked = night.folder().join("home/revoked");
    std::fs::copy(key.with_extension("pub"), &revoked).unwrap();
    configure(&night, &format!("[gpg \"ssh\"]\n\trevocationFile = {}\n", revoked.display()));
    let (code, text) = night.verify(&["--allowed-signers", allowed.to_str().unwrap()]);
    assert!(code == Some(4) && text.contains("belongs to no allowed signer"), "{text}");
    assert_eq!(night.second_opinion(&["--allowed-signers", allowed.to_str().unwrap()]).0, Some(4));
    std::fs::write(&revoked, "").unwrap();
    let allowed = allow(&night, "bob@example.org", &key);
    let (code, text) = night.verify(&["--allowed-signers", allowed.to_str().unwrap()]);
    assert_eq!(code, Some(4));
    assert!(text.contains("signed by bob@example.org, but the ledger says that Ada Human"), "{text}");
}

#[test]
fn commits_are_signed_by_gpg_and_git_agrees() {
    let night = a_night(16, 13);
    night.environment();
    // The socket of gpg-agent needs a short path.
    let ring = tempfile::Builder::new().prefix("gpg").tempdir_in("/tmp").unwrap();
    let home = ("GNUPGHOME", ring.path().to_str().unwrap());
    let made = Command::new("gpg")
        .args(["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key"])
        .args(["Ada Human <ada@example.org>", "ed25519", "sign", "1y"])
        .env_clear()
        .envs(night.environment())
        .env(home.0, home.1)
        .output();
    if !made.as_ref().is_ok_and(|out| out.status.success()) {
        eprintln!("skipped: gpg makes no key here");
        return;
    }
    configure(&night, "[commit]\n\tgpgsign = true\n");
    let queue = night.waiting();
    let (code, screen) = decide(&night, &queue[0], "approve", &[home]);
    assert_eq!(code, 0, "{screen}");
    let out = night.command(&["verify"]).env(home.0, home.1).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && text.contains("signed   1 by a known key"), "{text}");
    let mut git = Command::new("git");
    git.current_dir(night.dir()).args(["verify-commit", "countersign/approved"]).env_clear();
    let out = git.envs(night.environment()).env(home.0, home.1).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success() && said.contains("Good signature from \"Ada Human <ada@example.org>\""), "{said}");
    // Years later the key has expired, and what it signed then is still signed.
    let later = night.folder().join("home/later-gpg");
    let mut made = Command::new("sh")
        .arg("-c")
        .arg("cat > \"$0\" && chmod +x \"$0\"")
        .arg(&later)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let text = "#!/bin/sh\nexec gpg --faked-system-time 20400101T000000! \"$@\"\n";
    std::io::Write::write_all(&mut made.stdin.take().unwrap(), text.as_bytes()).unwrap();
    assert!(made.wait().unwrap().success());
    let config = night.folder().join("home/.gitconfig");
    let kept = std::fs::read_to_string(&config).unwrap();
    configure(&night, &format!("[gpg]\n\tprogram = {}\n", later.display()));
    let out = night.command(&["verify"]).env(home.0, home.1).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{text}");
    std::fs::write(config, kept).unwrap();
    // A ring without the key cannot say whose it is: that is an objection, not silence.
    let (code, text) = night.verify(&[]);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("is not in your key ring"), "{text}");
    // A key that is locked fails at once, with what to do, and draws nothing on the screen.
    let locked = tempfile::Builder::new().prefix("gpg").tempdir_in("/tmp").unwrap();
    let home = ("GNUPGHOME", locked.path().to_str().unwrap());
    let made = Command::new("gpg")
        .args(["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "secret", "--quick-generate-key"])
        .args(["Ada Human <ada@example.org>", "ed25519", "sign", "never"])
        .env_clear()
        .envs(night.environment())
        .env(home.0, home.1)
        .output()
        .unwrap();
    assert!(made.status.success());
    let forget = |home: (&str, &str)| {
        let mut kill = Command::new("gpgconf");
        let _ = kill.args(["--kill", "gpg-agent"]).env(home.0, home.1).output();
    };
    forget(home);
    let (code, screen) = decide(&night, &queue[1], "approve", &[home]);
    assert_eq!(code, 5, "{screen}");
    assert!(screen.contains("gave no signature") && screen.contains("unlock the key in another shell"), "{screen}");
    forget(home);
    forget(("GNUPGHOME", ring.path().to_str().unwrap()));
    assert_eq!(night.waiting()[0], queue[1], "it waits");
}

#[test]
fn without_a_signature_that_is_required_nothing_is_decided() {
    let night = a_night(16, 13);
    let Some(key) = ssh_key(&night, "id", "") else { return };
    let queue = night.waiting();
    // Decided before the policy asked for signatures.
    assert_eq!(decide(&night, &queue[0], "approve", &[]).0, 0);
    night.write(".git/countersign/policy.yaml", "signing: {required: true}\n");
    let dir = night.dir().to_string_lossy().into_owned();
    let accept = || {
        let mut tty = Tty::run(&night, 120, 40, &[], &["policy", "--accept", &dir]);
        tty.sees("type `accept` to continue");
        tty.keys("accept\r");
        (tty.exit_code(), tty.screen())
    };
    // It is in force when the person has accepted it, which is signed itself.
    let (code, screen) = accept();
    let said = screen.contains("gave no signature") || screen.contains("cannot be run");
    assert!(code == 5 && said && screen.contains("nothing was decided"), "{screen}");
    let (code, screen) = decide(&night, &queue[1], "veto", &[]);
    assert!(
        code == 5 && screen.contains("policy.yaml was changed: it differs from the policy of record 2"),
        "{screen}"
    );
    configure(&night, "[gpg]\n\tformat = ssh\n");
    let (_, screen) = accept();
    assert!(screen.contains("has no signing key") && screen.contains("user.signingkey"), "{screen}");
    // With a key all are signed: the policy, the commit, and the record of a veto that makes none.
    configure(&night, &format!("[user]\n\tsigningkey = {}\n", key.display()));
    let (code, screen) = accept();
    assert!(code == 0 && screen.contains("+signing: {required: true}"), "{screen}");
    configure(&night, "[user]\n\tsigningkey = /nowhere\n");
    for how in ["approve", "veto"] {
        let (code, screen) = decide(&night, &queue[1], how, &[]);
        assert!(code == 5 && screen.contains("nothing was decided"), "{how}: {screen}");
    }
    assert_eq!(night.waiting()[0], queue[1]);
    configure(&night, &format!("[user]\n\tsigningkey = {}\n", key.display()));
    assert_eq!(decide(&night, &queue[1], "approve", &[]).0, 0);
    assert_eq!(decide(&night, &night.waiting()[0], "veto", &[]).0, 0);
    let allowed = allow(&night, "ada@example.org", &key);
    let (code, text) = night.verify(&["--allowed-signers", allowed.to_str().unwrap()]);
    assert_eq!(code, Some(4), "the first commit was not signed");
    assert!(text.contains("signed   3 by a known key, 1 not signed"), "{text}");
    // A veto that is forged under the old signature does not hold.
    let ledger = night.path(".git/countersign/ledger.jsonl");
    let whole = std::fs::read_to_string(&ledger).unwrap();
    std::fs::write(
        &ledger,
        whole.replace("\"reason\":\"because\",\"signature\"", "\"reason\":\"forged!\",\"signature\""),
    )
    .unwrap();
    std::fs::remove_dir_all(night.state().join("anchors")).unwrap();
    let (code, text) = night.verify(&["--allowed-signers", allowed.to_str().unwrap()]);
    assert_eq!(code, Some(4));
    assert!(text.contains("its signature is not valid"), "{text}");
    std::fs::write(&ledger, whole).unwrap();
    // Without its anchor the ledger is vouched for on record, and a branch that somebody moved is adopted or restored:
    // all of that is signed as well.
    let mut tty = Tty::run(&night, 120, 40, &[], &["ledger", "adopt", "-C", &dir]);
    tty.sees("type `adopt` to continue");
    tty.keys("adopt\r");
    assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
    for (verb, signed) in [("restore", 5), ("adopt", 6)] {
        let tip = night.git(&["rev-parse", "countersign/approved"]);
        let diverged = night.git(&["commit-tree", &format!("{tip}^{{tree}}"), "-p", &tip, "-m", verb]);
        night.git(&["update-ref", "refs/heads/countersign/approved", &diverged]);
        let mut tty = Tty::run(&night, 120, 40, &[], &[verb, "-C", &dir]);
        tty.answer(&format!("type `{verb}`"), &format!("{verb}\r"));
        assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
        let (_, text) = night.verify(&["--allowed-signers", allowed.to_str().unwrap()]);
        assert!(text.contains(&format!("signed   {signed} by a known key, 1 not signed")), "{text}");
    }
}

#[test]
fn the_keys_of_an_agent_and_what_goes_wrong_with_them() {
    let night = a_night(16, 13);
    let Some(key) = ssh_key(&night, "id", "a passphrase") else { return };
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let queue = night.waiting();
    sign_by_ssh(&night, &key.with_extension("pub"));
    // No agent, and a key that would ask for its passphrase: told at once, and nothing is drawn.
    let (code, screen) = decide(&night, &queue[0], "approve", &[]);
    assert_eq!(code, 5, "{screen}");
    assert!(screen.contains("gave no signature") && screen.contains("ssh-add"), "{screen}");
    assert!(!screen.contains("Enter passphrase"), "{screen}");
    // An agent that holds the key, as a forwarded one does.
    let Some((agent, socket)) = Agent::start(&night) else { return };
    let add = |key: &Path, passphrase: &str| {
        let ask = night.folder().join("home/ask");
        // Written by another process, which cannot hold it open while it is run.
        let script = "printf '#!/bin/sh\necho \"%s\"\n' \"$1\" > \"$0\" && chmod +x \"$0\"";
        assert!(Command::new("sh").arg("-c").arg(script).arg(&ask).arg(passphrase).status().unwrap().success());
        let mut add = Command::new("ssh-add");
        add.arg("-q").arg(key).env("SSH_AUTH_SOCK", &socket).env("SSH_ASKPASS", &ask);
        let out = add.env("SSH_ASKPASS_REQUIRE", "force").stdin(std::process::Stdio::null()).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    };
    add(&key, "a passphrase");
    std::fs::remove_file(&key).unwrap();
    let with = [("SSH_AUTH_SOCK", socket.as_str())];
    let (code, screen) = decide(&night, &queue[0], "approve", &with);
    assert_eq!(code, 0, "{screen}");
    // A key that is written out, and the first one that the agent lists.
    configure(&night, &format!("[user]\n\tsigningkey = \"key::{}\"\n", public.trim()));
    let (code, screen) = decide(&night, &night.waiting()[0], "approve", &with);
    assert_eq!(code, 0, "{screen}");
    let config = night.folder().join("home/.gitconfig");
    let text = std::fs::read_to_string(&config).unwrap();
    let kept: String =
        text.lines().filter(|line| !line.contains("signingkey")).map(|line| format!("{line}\n")).collect();
    std::fs::write(&config, kept).unwrap();
    configure(&night, "[gpg \"ssh\"]\n\tdefaultKeyCommand = ssh-add -L\n");
    let (code, screen) = decide(&night, &night.waiting()[0], "approve", &with);
    assert_eq!(code, 0, "{screen}");
    let allowed = allow(&night, "ada@example.org", &key);
    let (code, text) = night.verify(&["--allowed-signers", allowed.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{text}");
    // The agent forgets the key, as when the hardware is unplugged; then it is gone.
    let forget = Command::new("ssh-add").args(["-q", "-D"]).env("SSH_AUTH_SOCK", &socket).output().unwrap();
    assert!(forget.status.success());
    let next = night.waiting()[0].clone();
    let (code, screen) = decide(&night, &next, "approve", &with);
    assert_eq!(code, 5, "{screen}");
    drop(agent);
    let (code, screen) = decide(&night, &next, "approve", &with);
    assert_eq!(code, 5, "{screen}");
    assert_eq!(night.waiting()[0], next);
    let (code, text) = night.verify(&["--allowed-signers", allowed.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_key_that_nobody_touches_is_waited_for_and_then_told() {
    if !has_faults() {
        return;
    }
    let night = a_night(16, 13);
    let Some(key) = ssh_key(&night, "id", "") else { return };
    sign_by_ssh(&night, &key);
    // A program of the person's that waits for a touch, as ssh-keygen does with a hardware key.
    let program = night.folder().join("home/slow-keygen");
    let script = "printf '#!/bin/sh\nexec sleep 300\n' > \"$0\" && chmod +x \"$0\"";
    assert!(Command::new("sh").arg("-c").arg(script).arg(&program).status().unwrap().success());
    configure(&night, &format!("[gpg \"ssh\"]\n\tprogram = {}\n", program.display()));
    let queue = night.waiting();
    let mut tty = Tty::open(&night, 100, 30, &[("COUNTERSIGN_FAULT_PATIENCE_S", "1")]);
    tty.wait("the evidence", |screen| screen.contains("measured as is"));
    tty.keys("a");
    tty.wait("the confirmation", |screen| screen.contains("Enter commits"));
    tty.keys("\r");
    tty.wait("what to do", |screen| screen.contains("signing: touch your key"));
    // The screen lives on meanwhile.
    tty.keys("3");
    tty.wait("the progress", |screen| screen.contains("by experiment"));
    let flat = |screen: &str| screen.split_whitespace().collect::<Vec<_>>().join(" ");
    tty.wait("why not", |screen| flat(screen).contains("gave no signature within 1 s: was the key touched"));
    tty.keys("1");
    tty.wait("the inbox", |screen| screen.contains(&format!("Inbox {}", queue.len())));
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    assert_eq!(night.waiting(), queue);
    let (code, text) = night.verify(&[]);
    assert_eq!(code, Some(0), "{text}");
}

/// An ssh-agent of our own; ended when dropped.
struct Agent(std::process::Child);

impl Agent {
    fn start(a_loop: &Loop) -> Option<(Self, String)> {
        let socket = a_loop.folder().join("agent").to_string_lossy().into_owned();
        let child = Command::new("ssh-agent").args(["-D", "-a", &socket]).stdout(std::process::Stdio::null()).spawn();
        let Ok(child) = child else {
            eprintln!("skipped: there is no ssh-agent here");
            return None;
        };
        support::tty::wait_for("the agent", || Path::new(&socket).exists());
        Some((Self(child), socket))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_repositorys_own_configuration_signs_nothing_and_runs_nothing() {
    let night = a_night(16, 13);
    let Some(key) = ssh_key(&night, "agents", "") else { return };
    let canary = night.folder().join("canary");
    let program = night.folder().join("evil");
    std::fs::write(&program, format!("#!/bin/sh\ntouch '{}'\n", canary.display())).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&program).status().unwrap().success());
    let evil = program.to_string_lossy().into_owned();
    let included = night.folder().join("included");
    std::fs::write(&included, format!("[gpg]\n\tprogram = {evil}\n[commit]\n\tgpgsign = true\n")).unwrap();
    for (name, value) in [
        ("user.name", "Forged"),
        ("user.email", "forged@example.org"),
        ("commit.gpgsign", "true"),
        ("gpg.format", "ssh"),
        ("gpg.program", &evil),
        ("gpg.ssh.program", &evil),
        ("gpg.ssh.defaultKeyCommand", &evil),
        ("user.signingkey", key.to_str().unwrap()),
        ("core.fsmonitor", &evil),
        ("core.hooksPath", night.folder().to_str().unwrap()),
        ("core.editor", &evil),
        ("core.pager", &evil),
        ("core.sshCommand", &evil),
        ("diff.external", &evil),
        ("filter.evil.clean", &evil),
        ("filter.evil.smudge", &evil),
        ("merge.evil.driver", &evil),
        ("include.path", included.to_str().unwrap()),
    ] {
        night.git(&["config", name, value]);
    }
    std::fs::copy(&program, night.folder().join("reference-transaction")).unwrap();
    std::fs::copy(&program, night.folder().join("post-commit")).unwrap();
    night.write(".git/info/attributes", "* filter=evil diff=evil merge=evil\n");
    let _ = std::fs::remove_file(&canary);
    let queue = night.waiting();
    let (code, screen) = decide(&night, &queue[0], "approve", &[]);
    assert_eq!(code, 0, "{screen}");
    for args in [&["status"][..], &["log"], &["show", queue[1].as_str()], &["verify"], &["doctor"]] {
        night.command(args).output().unwrap();
    }
    let mut tty = Tty::open(&night, 100, 30, &[]);
    tty.wait("the loop", |screen| screen.contains("measured as is"));
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    assert!(!canary.exists(), "a program of the repository's was run");
    std::fs::write(night.path(".git/config"), "[core]\n\trepositoryformatversion = 0\n").unwrap();
    assert_eq!(night.git(&["log", "-1", "--format=%cn <%ce>", "countersign/approved"]), "Ada Human <ada@example.org>");
    assert!(!night.git(&["cat-file", "-p", "countersign/approved"]).contains("gpgsig"));
}

#[test]
fn a_gate_opens_by_itself_only_with_a_key_of_its_own() {
    let a_loop = joined();
    let (Some(key), Some(gate)) = (ssh_key(&a_loop, "id", ""), ssh_key(&a_loop, "gate", "")) else { return };
    sign_by_ssh(&a_loop, &key);
    let allowed = allow(&a_loop, "ada@example.org", &key);
    let public = gate.with_extension("pub").to_string_lossy().into_owned();
    let signed = format!("gates: {{run: auto}}\nsigning: {{required: true, automatic: {public}}}\n");
    policy(&a_loop, "gates: {run: auto}\nsigning: {required: true}\n");
    let mut agent = Asking::new(&a_loop, Way::Folder);
    let head = an_edit(&a_loop, "LR = 1", "LR = 2");
    let first = agent.propose(&Says::run(&head, "without a key"));
    assert_eq!(take(&a_loop).answered, 0, "a person is asked");
    assert!(pending(&a_loop, &first).is_some());
    // With a key that the policy names the run gate opens, and no other.
    a_loop.write(".git/countersign/policy.yaml", &signed);
    let mut tty = Tty::run(&a_loop, 120, 40, &[], &["policy", "--accept", &a_loop.dir().to_string_lossy()]);
    tty.sees("type `accept` to continue");
    tty.keys("accept\r");
    assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
    let head = an_edit(&a_loop, "LR = 1", "LR = 3");
    let (run, keep) = (agent.propose(&Says::run(&head, "with a key")), agent.propose(&Says::keep(&head, "keep it")));
    assert_eq!(take(&a_loop).answered, 1);
    assert!(pending(&a_loop, &run).is_none() && pending(&a_loop, &keep).is_some());
    let (code, text) = a_loop.verify(&["--allowed-signers", allowed.to_str().unwrap()]);
    assert!(code == Some(0) && text.contains("signed   2 by a known key"), "{text}");
    // What was accepted is a key, and not the name of a file that may hold another later.
    let ledger = a_loop.path(".git/countersign/ledger.jsonl");
    std::fs::copy(key.with_extension("pub"), &public).unwrap();
    std::fs::copy(&key, &gate).unwrap();
    let (code, text) = a_loop.verify(&["--allowed-signers", allowed.to_str().unwrap()]);
    assert_eq!(code, Some(0), "the key that was accepted is the one of the record: {text}");
    let other = agent.propose(&Says::run(&an_edit(&a_loop, "LR = 1", "LR = 4"), "with another key"));
    let told = take(&a_loop);
    assert!(told.answered == 0 && told.unsigned.unwrap().contains("differs from the key that was accepted"));
    assert!(pending(&a_loop, &other).is_some());
    let out = a_loop.command(&["doctor"]).output().unwrap();
    assert!(String::from_utf8_lossy(&out.stdout).contains("differs from the key that was accepted"));
    // Whoever writes the anchor, too, lets nothing through without that key.
    let whole = std::fs::read_to_string(&ledger).unwrap();
    let last = whole.lines().last().unwrap();
    let opened = whole.lines().rev().find(|line| line.contains("\"by_policy\":true")).unwrap();
    let opened: Record = serde_json::from_str(opened).unwrap();
    let before: Record = serde_json::from_str(last).unwrap();
    let forged = Record { seq: before.seq + 1, prev: line_hash(last.as_bytes()), signature: None, ..opened };
    a_loop.append(".git/countersign/ledger.jsonl", &format!("{}\n", serde_json::to_string(&forged).unwrap()));
    let chain = read_chain(&ledger).unwrap();
    let anchors = Anchors::below(&a_loop.state());
    let anchor = anchors.of(chain.identity().unwrap()).unwrap().unwrap();
    anchors.write(&Anchor { seq: chain.seq(), hash: chain.tip().to_owned(), ..anchor }).unwrap();
    let error = a_loop.decider().collect_proposals(Spent::default()).unwrap_err().to_string();
    assert!(error.contains("not signed"), "{error}");
}

/// Puts a policy in force as a person does, at a terminal.
fn accept(a_loop: &Loop, text: &str) {
    a_loop.write(".git/countersign/policy.yaml", text);
    let mut tty = Tty::run(a_loop, 120, 40, &[], &["policy", "--accept", &a_loop.dir().to_string_lossy()]);
    tty.answer("type `accept` to continue", "accept\r");
    assert_eq!(tty.exit_code(), 0, "{}", tty.screen());
}

#[test]
fn a_gate_key_may_be_replaced_and_lost_and_the_person_goes_on() {
    let a_loop = joined();
    let keys = ["id", "first", "second"].map(|name| ssh_key(&a_loop, name, ""));
    let [Some(own), Some(first), Some(second)] = keys else { return };
    sign_by_ssh(&a_loop, &own);
    let allowed = allow(&a_loop, "ada@example.org", &own);
    let with = |key: &Path| {
        let public = key.with_extension("pub").to_string_lossy().into_owned();
        format!("gates: {{run: auto}}\nsigning: {{required: true, automatic: {public}}}\n")
    };
    let holds = || {
        let (code, text) = a_loop.verify(&["--allowed-signers", allowed.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{text}");
    };
    policy(&a_loop, &with(&first));
    let mut agent = Asking::new(&a_loop, Way::Folder);
    agent.propose(&Says::run(&an_edit(&a_loop, "LR = 1", "LR = 2"), "by the first"));
    assert_eq!(take(&a_loop).answered, 1);
    // Each answer is held against the key of its own time, also where that key's file is gone.
    accept(&a_loop, &with(&second));
    std::fs::remove_file(first.with_extension("pub")).unwrap();
    let by_second = an_edit(&a_loop, "LR = 1", "LR = 3");
    agent.propose(&Says::run(&by_second, "by the second"));
    assert_eq!(take(&a_loop).answered, 1);
    holds();
    // A key that was put into the place of another signs nothing, whatever else is accepted, until it was shown.
    let own_key = std::fs::read(second.with_extension("pub")).unwrap();
    std::fs::copy(own.with_extension("pub"), second.with_extension("pub")).unwrap();
    let text = with(&second);
    let error = a_loop.decider().accept_policy(&text, None).unwrap_err().to_string();
    assert!(error.contains("differs from the accepted one"), "{error}");
    let shown = a_loop.command(&["policy"]).output().unwrap();
    assert!(String::from_utf8_lossy(&shown.stdout).contains("automatic answers would be signed with a different key"));
    std::fs::write(second.with_extension("pub"), own_key).unwrap();
    // A key that cannot sign asks the person, and holds nothing else up.
    std::fs::remove_file(&second).unwrap();
    let head = an_edit(&a_loop, "LR = 1", "LR = 4");
    let (run, keep) =
        (agent.propose(&Says::run(&head, "by nobody")), agent.propose(&Says::keep(&by_second, "keep it")));
    let told = take(&a_loop);
    assert!(told.answered == 0 && told.unsigned.is_some(), "{told:?}");
    assert!(pending(&a_loop, &run).is_some() && pending(&a_loop, &keep).is_some());
    let (code, screen) = decide(&a_loop, &ExperimentId::new(&by_second), "approve", &[]);
    assert_eq!(code, 0, "{screen}");
    holds();
    // Nor does a pipe in its place.
    assert!(Command::new("mkfifo").arg(&second).status().unwrap().success());
    agent.propose(&Says::run(&an_edit(&a_loop, "LR = 1", "LR = 5"), "by a pipe"));
    let told = take(&a_loop);
    assert!(told.answered == 0 && told.unsigned.unwrap().contains("not a regular file"));
    // A key that is not there is not put in force.
    a_loop.write(".git/countersign/policy.yaml", with(&first));
    let mut tty = Tty::run(&a_loop, 120, 40, &[], &["policy", "--accept", &a_loop.dir().to_string_lossy()]);
    tty.answer("type `accept` to continue", "accept\r");
    assert!(tty.exit_code() != 0 && tty.screen().contains("first.pub"), "{}", tty.screen());
}

#[test]
fn nothing_is_signed_with_a_key_that_verification_would_not_accept() {
    let night = a_night(16, 13);
    let (Some(own), Some(new)) = (ssh_key(&night, "id", ""), ssh_key(&night, "new", "")) else { return };
    let allowed = allow(&night, "ada@example.org", &own);
    sign_by_ssh(&night, &new);
    configure(&night, &format!("[gpg \"ssh\"]\n\tallowedSignersFile = {}\n", allowed.display()));
    let queue = night.waiting();
    let (code, screen) = decide(&night, &queue[0], "approve", &[]);
    let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(code == 5 && flat.contains("for ada@example.org; add it there"), "{screen}");
    assert_eq!(night.waiting(), queue);
    // Nor as somebody whose address is a part of another's.
    for who in ["bot-ada@example.org", "ada@example.org.evil"] {
        let new_line = std::fs::read_to_string(new.with_extension("pub")).unwrap();
        let old_line = std::fs::read_to_string(own.with_extension("pub")).unwrap();
        std::fs::write(&allowed, format!("ada@example.org {old_line}{who} {new_line}")).unwrap();
        let (code, screen) = decide(&night, &queue[0], "approve", &[]);
        assert_eq!(code, 5, "{who}: {screen}");
    }
    allow(&night, "ada@example.org", &own);
    let listed = std::fs::read_to_string(&allowed).unwrap();
    allow(&night, "ada@example.org", &new);
    let both = listed + &std::fs::read_to_string(&allowed).unwrap();
    std::fs::write(&allowed, both).unwrap();
    let (code, screen) = decide(&night, &queue[0], "approve", &[]);
    assert_eq!(code, 0, "{screen}");
    assert_eq!(night.verify(&[]).0, Some(0));
    // A commit of the person's own hand is no decision, and is signed by a key that is allowed.
    let made = persons_git(
        &night,
        &["commit-tree", "-S", "countersign/approved^{tree}", "-p", "countersign/approved", "-m", "by hand"],
    );
    let made = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    night.git(&["update-ref", "refs/heads/countersign/approved", &made]);
    let (code, text) = night.verify(&[]);
    assert!(code == Some(4) && text.contains("no decision in the ledger made it"), "{text}");
    assert!(!text.contains("no allowed signer"), "{text}");
}
