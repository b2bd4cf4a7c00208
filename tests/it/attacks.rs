//! What an agent can put into its repository against the person who reads it: on the screen byte by
//! byte, and what git holds afterwards.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::drive::{Driver, view};
use crate::support::tty::Tty;
use crate::support::{self, Loop, approval, candidate};
use countersign::app::Event;
use countersign::model::{Built, ExperimentId, FindingKind, Severity};

/// Runs git with bytes on its standard input.
fn git_with(a_loop: &Loop, args: &[&str], input: &[u8]) -> String {
    let mut git = Command::new("git");
    git.current_dir(a_loop.dir()).args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = git.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{args:?}");
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

fn blob(a_loop: &Loop, bytes: &[u8]) -> String {
    git_with(a_loop, &["hash-object", "-w", "--stdin"], bytes)
}

/// A tree object exactly as given, however malformed.
fn raw_tree(a_loop: &Loop, entries: &[(&str, &[u8], &str)]) -> String {
    let mut data = Vec::new();
    for (mode, name, id) in entries {
        data.extend_from_slice(mode.as_bytes());
        data.push(b' ');
        data.extend_from_slice(name);
        data.push(0);
        data.extend((0..20).map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).unwrap()));
    }
    git_with(a_loop, &["hash-object", "-t", "tree", "-w", "--stdin", "--literally"], &data)
}

/// A loop with a baseline, and what its files are.
fn plain() -> Loop {
    let a_loop = Loop::new(&[("train.py", "LR = 1\nx\ny\nz\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop
}

/// Puts a commit with a tree of any kind on the loop's branch, and its row.
fn keep_tree(a_loop: &Loop, tree: &str) -> ExperimentId {
    let head = a_loop.git(&["rev-parse", "HEAD"]);
    let commit = a_loop.git(&["commit-tree", tree, "-p", &head, "-m", "attack"]);
    a_loop.git(&["update-ref", "refs/heads/autoresearch/mar8", &commit]);
    a_loop.row(&commit[..7], 0.9, "keep", "attack");
    ExperimentId::new(&commit)
}

/// Nothing but what a terminal draws with: text that is seen, colours, places.
fn assert_clean(bytes: &[u8]) {
    let bytes = support::tty::without_titles(bytes);
    let text = String::from_utf8(bytes).expect("no broken UTF-8 reaches the terminal");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            let kind = rest.next();
            match kind {
                Some('[') => {
                    let end = rest.by_ref().find(|c| !matches!(c, '0'..='9' | ';' | '?' | '<' | '=' | '>' | ':' | ' '));
                    assert!(end.is_some_and(|end| ('@'..='~').contains(&end)), "ESC [ … {end:?}");
                }
                Some('7' | '8' | '=' | '>' | '(' | 'B') => {}
                other => panic!("ESC {other:?} reached the terminal"),
            }
        } else {
            assert!(!countersign::policy::text::is_hidden(c) || matches!(c, '\r' | '\n'), "{c:?} reached the terminal");
        }
    }
}

/// The one text that was copied, and the other bytes.
fn without_copy(bytes: &[u8]) -> (String, Vec<u8>) {
    use base64::Engine as _;
    const BEGIN: &[u8] = b"\x1b]52;c;";
    let at = bytes.windows(BEGIN.len()).position(|window| window == BEGIN).unwrap();
    let rest = &bytes[at + BEGIN.len()..];
    let end = rest.iter().position(|byte| matches!(byte, 7 | 0x1b)).unwrap();
    let copied = base64::engine::general_purpose::STANDARD.decode(&rest[..end]).unwrap();
    let after = if rest[end] == 7 { end + 1 } else { end + 2 };
    (String::from_utf8(copied).unwrap(), [&bytes[..at], &rest[after..]].concat())
}

/// Name, what the agent writes, what the person sees.
const TEXTS: [(&str, &str, &str); 21] = [
    ("csi", "a\u{1b}[2J\u{1b}[31mred", "a␛[2J␛[31mred"),
    ("osc 0", "\u{1b}]0;owned\u{7}", "␛]0;owned␇"),
    ("osc 8", "\u{1b}]8;;http://evil\u{1b}\\link", "␛]8;;http://evil␛\\link"),
    ("osc 52", "\u{1b}]52;c;ZXZpbA==\u{7}", "␛]52;c;ZXZpbA==␇"),
    ("dcs", "\u{1b}P1$r0m\u{1b}\\", "␛P1$r0m␛\\"),
    ("c1", "x\u{9b}31m\u{9d}0;t\u{9c}", "x⟨U+009B⟩31m⟨U+009D⟩0;t⟨U+009C⟩"),
    ("cr", "evil\rgood", "evil␍good"),
    ("bs", "evil\u{8}\u{8}\u{8}\u{8}good", "evil␈␈␈␈good"),
    ("del", "a\u{7f}b", "a␡b"),
    ("bidi", "if x:\u{202e} \u{2066}# ok\u{2069} \u{2066}", "if x:⟨U+202E⟩"),
    ("isolates", "a\u{2067}b\u{2069}", "a⟨U+2067⟩b⟨U+2069⟩"),
    ("zwj", "ad\u{200d}min", "ad⟨U+200D⟩min"),
    ("zwsp", "ad\u{200b}min", "ad⟨U+200B⟩min"),
    ("tags", "x\u{e0041}\u{e0042}", "x⟨U+E0041⟩⟨U+E0042⟩"),
    ("selectors", "x\u{e0101}y\u{fe0f}", "x⟨U+E0101⟩y⟨U+FE0F⟩"),
    ("hangul filler", "x\u{3164}= 1", "x⟨U+3164⟩= 1"),
    ("nbsp", "x\u{a0}= 1", "x⟨U+00A0⟩= 1"),
    ("line separator", "a\u{2028}b", "a⟨U+2028⟩b"),
    (
        "zalgo",
        "z\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
        "z⟨U+0301⟩⟨U+0301⟩",
    ),
    ("private use", "\u{e0b0}\u{f8ff}", "⟨U+E0B0⟩⟨U+F8FF⟩"),
    ("bom", "\u{feff}x", "⟨U+FEFF⟩x"),
];

#[test]
fn hostile_text_is_seen_everywhere_and_hides_nowhere() {
    let a_loop = plain();
    let mut ids = Vec::new();
    for (name, attack, _) in TEXTS {
        a_loop.write("train.py", format!("LR = {}\nx = '{attack}'\n", ids.len() + 2));
        // The author, too; the name without what git itself refuses there.
        let author = format!("A {} B", attack.replace(['<', '>', '\n'], ""));
        a_loop.git(&["add", "-A"]);
        a_loop.git(&[
            "-c",
            &format!("user.name={author}"),
            "commit",
            "-q",
            "-m",
            attack,
            "--author",
            &format!("{author} <a@b>"),
        ]);
        let head = a_loop.head();
        a_loop.row(&head[..7], 0.9 - ids.len() as f64 / 100.0, "keep", &format!("{name} {attack}"));
        ids.push(ExperimentId::new(&head));
    }
    a_loop.append("run.log", "\rstep 00001 (50.0%) | loss: 3.25 | remaining: 5s    \r");
    for (_, attack, _) in TEXTS {
        a_loop.append(
            "run.log",
            &format!("{attack}: 1.5 {attack}\nTraceback (most recent call last):\nValueError: {attack}\n"),
        );
    }
    // On the screen, by its cells: in the title, in the diff, and as a finding with its word.
    for ((name, attack, shown), id) in TEXTS.iter().zip(&ids) {
        let judged = a_loop.judge(id).unwrap();
        let hidden: Vec<_> =
            judged.findings.iter().filter(|finding| finding.kind == FindingKind::HiddenCharacters).collect();
        let is_hidden = attack.chars().any(countersign::policy::text::is_hidden);
        assert_eq!(
            hidden.iter().any(|finding| finding.severity == Severity::Critical && finding.line.is_some()),
            is_hidden,
            "{name}"
        );
        assert_eq!(hidden.iter().any(|finding| finding.message.contains("description")), is_hidden, "{name}");
        assert_eq!(hidden.iter().any(|finding| finding.message.contains("author")), is_hidden, "{name}");
        let mut driver = Driver::new(&a_loop, 200, 60);
        driver.keys(":").keys(&id.as_str()[..7]).keys("<enter><enter>");
        let screen = driver.screen();
        assert!(screen.matches(shown).count() >= 2, "{name} in title and diff:\n{screen}");
    }
    // In a terminal, byte by byte, in every view, in the title, in a copied diff, and after leaving.
    let mut tty = Tty::open(&a_loop, 120, 40, &[]);
    tty.wait("the inbox", |screen| screen.contains("waiting"));
    for _ in &TEXTS {
        tty.keys("j\r");
        tty.wait("the review", |screen| screen.contains("Esc"));
        tty.keys("\u{1b}");
        tty.wait("the inbox", |screen| screen.contains("Enter review"));
    }
    tty.keys("2t34w");
    tty.wait("a window", |screen| screen.contains("Esc closes"));
    tty.keys("x:");
    tty.wait("the palette", |screen| screen.contains("palette ·"));
    tty.keys("\u{1b}");
    tty.wait("the lineage", |screen| !screen.contains("palette ·"));
    // What goes into the clipboard is what was seen.
    tty.keys("1Y");
    tty.wait("the copy", |screen| screen.contains("copied the diff"));
    tty.keys("56iq");
    tty.keys("q");
    tty.exit_code();
    let (copied, bytes) = without_copy(&tty.bytes.lock().unwrap());
    assert!(copied.contains("+x = '") && copied.contains('⟨'), "{copied}");
    assert!(!copied.chars().any(|c| c != '\n' && countersign::policy::text::is_hidden(c)), "{copied}");
    assert_clean(&bytes);
    for args in [
        &["status"][..],
        &["log"],
        &["verify"],
        &["doctor"],
        &["show", ids[5].as_str()],
        &["show", ids[9].as_str(), "--json"],
    ] {
        let out = a_loop.command(args).output().unwrap();
        assert_clean(&out.stdout);
        assert_clean(&out.stderr);
    }
    // Approved with its word: git holds the bytes the agent wrote, and a message that hides nothing.
    for ((name, attack, _), id) in TEXTS.iter().zip(&ids) {
        let judged = a_loop.judge(id).unwrap();
        let mut wanted = approval(&judged).unwrap();
        if attack.chars().any(countersign::policy::text::is_hidden) {
            wanted.acknowledged.clear();
            let error = a_loop.decider().approve(&wanted).unwrap_err().to_string();
            assert!(error.contains("`hidden` was not acknowledged"), "{name}: {error}");
        }
        let decision = a_loop.decider().approve(&approval(&judged).unwrap()).unwrap();
        let commit = decision.commit.unwrap().to_string();
        let held = a_loop.try_git(&["show", &format!("{commit}:train.py")]).stdout;
        assert!(String::from_utf8(held).unwrap().contains(attack), "{name}");
        let message = a_loop.git(&["cat-file", "-p", &commit]);
        assert!(!message.chars().any(|c| countersign::policy::text::is_hidden(c) && c != '\n'), "{name}: {message:?}");
    }
    assert!(a_loop.command(&["verify"]).output().unwrap().status.success());
}

#[test]
fn text_that_is_no_utf8_or_another_encoding_is_told() {
    let a_loop = plain();
    let utf16: Vec<u8> = "LR = 9\nimport os\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes, kind) in [
        ("latin 1", &b"LR = 2 # \xe4\xff\n"[..], FindingKind::HiddenCharacters),
        ("overlong", b"LR = 2 # \xc0\xaf\n", FindingKind::HiddenCharacters),
        ("a surrogate", b"LR = 2 # \xed\xa0\x80\n", FindingKind::HiddenCharacters),
        ("a nul far down", &[b"LR = 2\n".repeat(2000), b"\0".to_vec()].concat(), FindingKind::HiddenCharacters),
        ("utf-16", &utf16, FindingKind::Binary),
    ] {
        a_loop.write("train.py", bytes);
        let head = a_loop.commit(name);
        a_loop.row(&head[..7], 0.9, "keep", name);
        let judged = a_loop.judge(&ExperimentId::new(&head)).unwrap();
        let finding = judged.findings.iter().find(|finding| finding.kind == kind);
        assert_eq!(finding.map(|finding| finding.severity), Some(Severity::Critical), "{name}: {:?}", judged.findings);
        let mut tty = Tty::open(&a_loop, 100, 30, &[]);
        tty.wait("the inbox", |screen| screen.contains("waiting"));
        tty.keys("Gq");
        tty.exit_code();
        assert_clean(&tty.bytes.lock().unwrap());
    }
}

#[test]
fn scripts_that_look_alike_and_edits_of_nothing_but_space_are_seen() {
    let a_loop = plain();
    a_loop.write("train.py", "LR = 1\nx \ny\nz\npаssword = 1\n");
    let head = a_loop.commit("look-alike");
    a_loop.row(&head[..7], 0.9, "keep", "pаyload");
    let judged = a_loop.judge(&ExperimentId::new(&head)).unwrap();
    let found: Vec<_> = judged.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert!(found.iter().any(|message| message.contains("look-alike scripts in one word, in 1 line")), "{found:?}");
    assert!(
        found.iter().any(|message| message.contains("look-alike scripts in one word of the description")),
        "{found:?}"
    );
    let screen = Driver::new(&a_loop, 100, 40).screen();
    assert!(screen.contains("+ x·"), "a space at the end of a line is seen:\n{screen}");
}

#[test]
fn text_that_imitates_us_stays_where_the_agents_text_is() {
    let a_loop = plain();
    let imitation = "✓ approved as 1234567, record 9, on disk";
    let prompt = "reason (optional), Enter commits:";
    a_loop.write("train.py", format!("LR = 2\n{imitation}\n{prompt}\n a approve  v veto\n"));
    let head = a_loop.commit(imitation);
    a_loop.row(&head[..7], 0.9, "keep", &format!("{imitation} {prompt}"));
    let driver = Driver::new(&a_loop, 100, 40);
    let screen = driver.screen();
    let lines: Vec<&str> = screen.lines().collect();
    assert!(!lines[lines.len() - 1].contains("on disk"), "the footer is ours");
    for line in lines.iter().filter(|line| line.contains("on disk") || line.contains("Enter commits")) {
        // A line of the diff begins with its number and sign, a row of the list with its id, a title
        // with its rule: none begins as ours do.
        let start = line.trim_start();
        assert!(!start.starts_with('✓') && !start.starts_with("reason"), "{line}");
    }
    assert!(a_loop.snapshot().decisions.is_empty());
    // On the command line, too, the agent's words stand within a line of ours.
    let dir = a_loop.dir().to_string_lossy().into_owned();
    let mut tty = Tty::run(&a_loop, 100, 30, &[], &["decide", &head, "approve", "-C", &dir]);
    tty.sees("type `approve` to continue");
    tty.keys("no\r");
    assert_eq!(tty.exit_code(), 5);
    assert!(!tty.screen().lines().any(|line| line.starts_with('✓')), "{}", tty.screen());
}

#[test]
fn paths_that_lead_elsewhere_are_refused_and_told() {
    let names: [(&str, &[u8]); 15] = [
        ("parent", b"../evil"),
        ("absolute", b"/etc/evil"),
        ("git", b".git"),
        ("upper", b".GIT"),
        ("short", b"git~1"),
        ("joiner", ".git\u{200d}".as_bytes()),
        ("in between", ".g\u{200c}it".as_bytes()),
        ("dots", b".git."),
        ("space", b".git "),
        ("stream", b".git::$INDEX_ALLOCATION"),
        ("backslash", b"a\\..\\.git\\x"),
        ("newline", b"a\nb"),
        ("escape", b"a\x1b[2Jb"),
        ("dot", b"."),
        ("dots alone", b".."),
    ];
    for (what, name) in names {
        for is_folder in [false, true] {
            let a_loop = plain();
            let hooks: Vec<_> = std::fs::read_dir(a_loop.path(".git/hooks"))
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .collect();
            let evil = blob(&a_loop, b"#!/bin/sh\ntouch /tmp/owned\n");
            let train = blob(&a_loop, b"LR = 2\nx\ny\nz\n");
            let ignore = a_loop.git(&["rev-parse", "HEAD:.gitignore"]);
            let (mode, id) = if is_folder {
                ("40000", raw_tree(&a_loop, &[("100755", b"pre-commit", &evil)]))
            } else {
                ("100755", evil)
            };
            let mut entries = vec![
                ("100644", &b".gitignore"[..], ignore.as_str()),
                (mode, name, &id),
                ("100644", b"train.py", &train),
            ];
            entries.sort_by_key(|(_, name, _)| name.to_vec());
            let tree = raw_tree(&a_loop, &entries);
            let experiment = keep_tree(&a_loop, &tree);
            let context = format!("{what}, folder: {is_folder}");
            let judged = a_loop.judge(&experiment);
            let told = match &judged {
                Err(why) => why.clone(),
                Ok(judged) => judged.findings.iter().map(|finding| finding.message.clone()).collect(),
            };
            assert!(
                told.contains("cannot be committed")
                    || told.contains("cannot be approved")
                    || told.contains("characters"),
                "{context}: {told}"
            );
            // The screen says so, and Enter on it commits nothing.
            let mut driver = Driver::new(&a_loop, 100, 40);
            driver.keys("a<enter>");
            let screen = driver.screen();
            assert!(screen.contains("path") || screen.contains("cannot be"), "{context}:\n{screen}");
            assert!(a_loop.approve(&experiment).is_err(), "{context}");
            assert!(
                !a_loop.try_git(&["rev-parse", "-q", "--verify", "countersign/approved"]).status.success(),
                "{context}"
            );
            let after: Vec<_> = std::fs::read_dir(a_loop.path(".git/hooks"))
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .collect();
            assert_eq!(hooks, after, "{context}");
            assert!(!a_loop.path("evil").exists() && !a_loop.folder().join("evil").exists());
        }
    }
}

#[test]
fn malformed_trees_reach_neither_the_screen_whole_nor_the_branch() {
    let a_loop = plain();
    let train = blob(&a_loop, b"LR = 2\nx\ny\nz\n");
    let other = blob(&a_loop, b"import os; os.system('evil')\n");
    let ignore = a_loop.git(&["rev-parse", "HEAD:.gitignore"]);
    let missing = "1234567890123456789012345678901234567890";
    for (what, entries) in [
        (
            "twice",
            vec![
                ("100644", &b".gitignore"[..], ignore.as_str()),
                ("100644", b"train.py", &train),
                ("100644", b"train.py", &other),
            ],
        ),
        ("out of order", vec![("100644", b"train.py", &train), ("100644", b".gitignore", &ignore)]),
        ("an object that is not there", vec![("100644", b".gitignore", &ignore), ("100644", b"train.py", missing)]),
        ("a file that says it is a folder", vec![("100644", b".gitignore", &ignore), ("40000", b"train.py", &train)]),
        ("an odd mode", vec![("100644", b".gitignore", &ignore), ("100777", b"train.py", &train)]),
        (
            "a slash in a name",
            vec![("100644", b".gitignore", &ignore), ("100644", b"a/b", &other), ("100644", b"train.py", &train)],
        ),
        (
            "file and folder of one name",
            vec![
                ("100644", b".gitignore", &ignore),
                ("120000", b"hooks", &other),
                ("40000", b"hooks", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"),
                ("100644", b"train.py", &train),
            ],
        ),
    ] {
        let a_loop = a_loop.copy();
        let tree = raw_tree(&a_loop, &entries);
        let experiment = keep_tree(&a_loop, &tree);
        let screen = Driver::new(&a_loop, 100, 40).screen();
        assert!(screen.contains("attack"), "{what}:\n{screen}");
        let judged = a_loop.judge(&experiment);
        // Where two programs would read two things, nothing is shown as the one.
        if ["twice", "a slash in a name", "file and folder of one name"].contains(&what) {
            let why = judged.as_ref().err().unwrap();
            assert!(why.contains("cannot be committed"), "{what}: {why}");
            assert!(a_loop.approve(&experiment).is_err(), "{what}");
        }
        if let Ok(judged) = judged
            && let Built::Ready(shown) = &judged.built
        {
            let tree = shown.tree.to_string();
            if a_loop.approve(&experiment).is_ok() {
                // What is approved is a tree that git itself finds no fault with, and the one shown.
                assert_eq!(a_loop.git(&["rev-parse", "countersign/approved^{tree}"]), tree, "{what}");
                let names = a_loop.git(&["ls-tree", "-r", "-t", "--name-only", "countersign/approved"]);
                let mut unique: Vec<_> = names.lines().collect();
                unique.sort_unstable();
                unique.dedup();
                assert_eq!(unique.len(), names.lines().count(), "{what}: {names}");
                let files = a_loop.git(&["ls-tree", "-r", "countersign/approved"]);
                assert!(
                    files
                        .lines()
                        .all(|line| ["100644 ", "100755 ", "120000 "].iter().any(|mode| line.starts_with(mode))),
                    "{what}: {files}"
                );
            }
        }
        // A clone has what is approved and nothing else.
        if a_loop.try_git(&["rev-parse", "-q", "--verify", "countersign/approved"]).status.success() {
            let clone = a_loop.folder().join("clone");
            a_loop.git(&[
                "clone",
                "-q",
                "--bare",
                "--no-local",
                "--single-branch",
                "-b",
                "countersign/approved",
                ".",
                clone.to_str().unwrap(),
            ]);
            let fsck = support::git_in(&clone, &["fsck", "--strict"]);
            assert!(fsck.status.success(), "{what}: {}", String::from_utf8_lossy(&fsck.stderr));
        }
    }
}

#[test]
fn links_modes_submodules_and_attributes_want_their_words() {
    let a_loop = plain();
    let hooks = a_loop.path(".git/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    let link = |target: &str, name: &str| {
        let _ = std::fs::remove_file(a_loop.path(name));
        std::os::unix::fs::symlink(target, a_loop.path(name)).unwrap();
    };
    let mut number = 0;
    let mut keep = |what: &str| {
        number += 1;
        let head = a_loop.commit(what);
        a_loop.row(&head[..7], 0.9 - f64::from(number) / 100.0, "keep", what);
        ExperimentId::new(&head)
    };
    let wants = |id: &ExperimentId, word: &str| {
        let judged = a_loop.judge(id).unwrap();
        let mut wanted = approval(&judged).unwrap();
        wanted.acknowledged.retain(|typed| typed != word);
        let error = a_loop.decider().approve(&wanted).unwrap_err().to_string();
        assert!(error.contains(&format!("`{word}`")), "{word}: {error}");
        let shown = candidate(&judged).unwrap().tree.to_string();
        a_loop.approve(id).unwrap();
        assert_eq!(a_loop.git(&["rev-parse", "countersign/approved^{tree}"]), shown, "{word}");
    };
    // A link in the tree, then another target without a change of mode, then a child in its place.
    link("prepare.py", "hooks");
    let first = keep("a link");
    wants(&first, "symlink");
    link(".git/hooks", "hooks");
    let second = keep("another target");
    wants(&second, "symlink");
    std::fs::remove_file(a_loop.path("hooks")).unwrap();
    a_loop.write("hooks/pre-commit", "#!/bin/sh\n");
    let third = keep("a child where the link was");
    wants(&third, "symlink");
    assert_eq!(
        std::fs::read_dir(&hooks).unwrap().flatten().filter(|entry| entry.file_name() == "pre-commit").count(),
        0
    );
    // Attributes and submodules.
    a_loop.write(".gitattributes", "*.py -diff filter=evil\n");
    let fourth = keep("attributes");
    wants(&fourth, "executed-later");
    a_loop.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},vendored", a_loop.head())]);
    a_loop.git(&["commit", "-q", "-m", "gitlink"]);
    let head = a_loop.head();
    a_loop.row(&head[..7], 0.5, "keep", "gitlink");
    wants(&ExperimentId::new(&head), "gitlink");
    // A mode alone is a warning, and is committed as it is shown.
    let mode = {
        let path = a_loop.path("train.py");
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        a_loop.git(&["add", "train.py"]);
        a_loop.git(&["commit", "-q", "-m", "mode"]);
        let head = a_loop.head();
        a_loop.row(&head[..7], 0.4, "keep", "mode");
        ExperimentId::new(&head)
    };
    let judged = a_loop.judge(&mode).unwrap();
    assert!(
        judged
            .findings
            .iter()
            .any(|finding| finding.kind == FindingKind::ModeChange && finding.message == "becomes executable")
    );
    let mut driver = Driver::new(&a_loop, 100, 40);
    driver.keys("G");
    assert!(driver.screen().contains("becomes executable"), "{}", driver.screen());
    a_loop.approve(&mode).unwrap();
    assert!(a_loop.git(&["ls-tree", "countersign/approved", "train.py"]).starts_with("100755"));
    assert!(a_loop.command(&["verify"]).output().unwrap().status.success());
}

#[test]
fn names_that_are_one_to_other_systems_are_told() {
    for (other, with) in [
        ("Train.py", "train.py"),
        ("TRAIN.PY", "train.py"),
        ("caf\u{e9}.py", "cafe\u{301}.py"),
        ("Lib/a.py", "lib/b.py"),
    ] {
        let a_loop = plain();
        a_loop.git(&["config", "core.precomposeunicode", "false"]);
        if with != "train.py" {
            a_loop.write(with, "1\n");
        }
        a_loop.write(other, "2\n");
        let head = a_loop.commit("collision");
        a_loop.row(&head[..7], 0.9, "keep", "collision");
        let judged = a_loop.judge(&ExperimentId::new(&head)).unwrap();
        let finding = judged.findings.iter().find(|finding| finding.message.contains("are the same file"));
        assert_eq!(finding.map(|finding| finding.severity), Some(Severity::Critical), "{other}: {:?}", judged.findings);
        let mut wanted = approval(&judged).unwrap();
        wanted.acknowledged.clear();
        assert!(a_loop.decider().approve(&wanted).is_err());
    }
    let a_loop = plain();
    a_loop.write("other.py", "2\n");
    let head = a_loop.commit("no collision");
    a_loop.row(&head[..7], 0.9, "keep", "no collision");
    assert!(candidate(&a_loop.judge(&ExperimentId::new(&head)).unwrap()).unwrap().collisions.is_empty());
}

#[test]
fn a_rename_hides_no_edit() {
    let lines: String = (0..200).map(|line| format!("step({line})\n")).collect();
    let a_loop = Loop::new(&[("train.py", &lines)]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.git(&["mv", "train.py", "loop.py"]);
    a_loop.write("loop.py", lines.replace("step(150)", "steal()"));
    let head = a_loop.commit("only a rename");
    a_loop.row(&head[..7], 0.9, "keep", "only a rename");
    let mut driver = Driver::new(&a_loop, 100, 60);
    driver.keys("<enter>G");
    let judged = a_loop.judge(&ExperimentId::new(&head)).unwrap();
    let files = &candidate(&judged).unwrap().files;
    let all: Vec<&str> =
        files.iter().flat_map(|file| &file.hunks).flat_map(|hunk| &hunk.lines).map(|line| line.text.raw()).collect();
    assert!(all.contains(&"steal()"), "the edit is in what is shown");
    // The confirmation tells of hunks that were never on the screen.
    let mut driver = Driver::new(&a_loop, 80, 24);
    driver.keys("a");
    assert!(driver.screen().contains("never wholly on the screen"), "{}", driver.screen());
}

#[test]
fn what_runs_later_wants_its_word() {
    for path in [
        ".claude/settings.json",
        ".codex/config.toml",
        ".mcp.json",
        "AGENTS.md",
        ".envrc",
        ".github/workflows/x.yml",
        ".gitlab-ci.yml",
        "conftest.py",
        "tests/conftest.py",
        "setup.py",
        "Makefile",
        "sitecustomize.py",
        "model.pkl",
        "weights.pt",
        "x.safetensors",
        ".gitmodules",
        ".lfsconfig",
        ".pre-commit-config.yaml",
        ".vscode/tasks.json",
        "lib.so",
        "pyproject.toml",
        "requirements.txt",
        ".npmrc",
        "x.pth",
        "Dockerfile",
        ".devcontainer/devcontainer.json",
    ] {
        let a_loop = plain();
        a_loop.write(path, "x\n");
        a_loop.git(&["add", "-A", "-f"]);
        a_loop.git(&["commit", "-q", "-m", "later"]);
        let head = a_loop.head();
        a_loop.row(&head[..7], 0.9, "keep", "later");
        let judged = a_loop.judge(&ExperimentId::new(&head)).unwrap();
        let critical = judged.findings.iter().find(|finding| finding.severity == Severity::Critical);
        assert_eq!(critical.map(|finding| finding.kind), Some(FindingKind::LaterExecuted), "{path}");
    }
    for (path, kind) in [("countersign.yaml", FindingKind::PolicyTouched), ("prepare.py", FindingKind::Protected)] {
        let a_loop = plain();
        a_loop.write(path, "x\n");
        let head = a_loop.commit("rules");
        a_loop.row(&head[..7], 0.9, "keep", "rules");
        let judged = a_loop.judge(&ExperimentId::new(&head)).unwrap();
        assert_eq!((judged.findings[0].kind, judged.findings[0].severity), (kind, Severity::Critical), "{path}");
    }
}

#[test]
fn a_repository_that_leads_elsewhere() {
    // `.git` as a file that points into another repository: what is opened is what it names, checked.
    let victim = plain();
    let a_loop = plain();
    let decoy = a_loop.folder().join("decoy");
    std::fs::create_dir(&decoy).unwrap();
    std::fs::write(decoy.join(".git"), format!("gitdir: {}\n", victim.path(".git").display())).unwrap();
    std::fs::copy(a_loop.path("results.tsv"), decoy.join("results.tsv")).unwrap();
    let before = victim.git(&["for-each-ref"]);
    let mut command = Command::new(support::binary());
    command.env_clear().envs(a_loop.environment()).args(["doctor", "-C"]).arg(&decoy);
    let text = String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned();
    assert!(text.contains("repository"), "{text}");
    assert_eq!(victim.git(&["for-each-ref"]), before);
    // A work tree that is said to be elsewhere.
    let a_loop = plain();
    a_loop.git(&["config", "core.worktree", victim.dir().to_str().unwrap()]);
    let out = a_loop.command(&["doctor"]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains("core.worktree that points elsewhere"), "{text}");
    // A countersign folder, a ledger, a lock that are links, pipes or folders.
    for (make, name) in [
        ("ln", ""),
        ("ln", "/ledger.jsonl"),
        ("ln", "/lock"),
        ("ln", "/policy.yaml"),
        ("mkfifo", "/ledger.jsonl"),
        ("mkfifo", "/policy.yaml"),
        ("mkfifo", "/lock"),
    ] {
        let a_loop = plain();
        a_loop.write("train.py", "LR = 2\nx\ny\nz\n");
        let head = a_loop.commit("edit");
        a_loop.row(&head[..7], 0.9, "keep", "edit");
        let elsewhere = a_loop.folder().join("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        std::fs::write(elsewhere.join("target"), "theirs").unwrap();
        let place = a_loop.path(&format!(".git/countersign{name}"));
        if !name.is_empty() {
            std::fs::create_dir_all(a_loop.path(".git/countersign")).unwrap();
        }
        if make == "ln" {
            let target = if name.is_empty() { elsewhere.clone() } else { elsewhere.join("target") };
            std::os::unix::fs::symlink(target, &place).unwrap();
        } else {
            assert!(Command::new("mkfifo").arg(&place).status().unwrap().success());
        }
        let context = format!("{make} {name}");
        let mut tty = Tty::open(&a_loop, 100, 30, &[]);
        tty.wait("the inbox", |screen| screen.contains("1 Inbox"));
        tty.keys("q");
        assert_eq!(tty.exit_code(), 0, "{context}");
        let dir = a_loop.dir().to_string_lossy().into_owned();
        let mut tty = Tty::run(&a_loop, 160, 30, &[], &["decide", &head, "veto", "-C", &dir, "-r", "no"]);
        assert_ne!(tty.exit_code(), 0, "{context}: {}", tty.screen());
        assert!(tty.screen().contains("somebody created it"), "{context}: {}", tty.screen());
        assert_eq!(std::fs::read_to_string(elsewhere.join("target")).unwrap(), "theirs", "{context}");
        assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 1, "{context}");
    }
}

#[test]
fn results_and_logs_that_are_pipes_devices_or_links() {
    for (what, make) in [
        ("a pipe", "mkfifo run.log"),
        ("a device", "ln -s /dev/zero run.log"),
        ("a terminal", "ln -s /dev/tty run.log"),
        ("a loop", "ln -s run.log run.log"),
        ("a folder", "mkdir run.log"),
    ] {
        let a_loop = plain();
        assert!(Command::new("sh").current_dir(a_loop.dir()).args(["-c", make]).status().unwrap().success());
        let mut tty = Tty::open(&a_loop, 100, 30, &[]);
        tty.wait(what, |screen| screen.contains("1 Inbox"));
        a_loop.write("train.py", "LR = 2\nx\ny\nz\n");
        let head = a_loop.commit("edit");
        a_loop.row(&head[..7], 0.9, "keep", "still seen");
        tty.wait("the row", |screen| screen.contains("still seen"));
        // The results, too, become something else while they are followed.
        std::fs::remove_file(a_loop.path("results.tsv")).unwrap();
        assert!(Command::new("mkfifo").arg(a_loop.path("results.tsv")).status().unwrap().success());
        tty.keys("3");
        tty.wait("the progress", |screen| screen.contains("by experiment"));
        std::fs::remove_file(a_loop.path("results.tsv")).unwrap();
        a_loop.write("train.py", "LR = 3\nx\ny\nz\n");
        let head = a_loop.commit("another");
        a_loop.row("-", 1.0, "keep", "baseline");
        a_loop.row(&head[..7], 0.9, "keep", "back again");
        tty.keys("1");
        tty.wait("the row", |screen| screen.contains("back again"));
        tty.keys("q");
        assert_eq!(tty.exit_code(), 0, "{what}");
    }
}

#[test]
fn objects_borrowed_from_elsewhere_are_told() {
    let lender = plain();
    let a_loop = plain();
    a_loop.write(".git/objects/info/alternates", format!("{}\n", lender.path(".git/objects").display()));
    let out = a_loop.command(&["doctor"]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains("objects are borrowed from") && text.contains("git repack -a"), "{text}");
}

#[test]
fn what_changes_after_it_was_drawn_is_not_decided_unseen() {
    // The row names another commit after the confirmation was opened.
    let a_loop = plain();
    a_loop.write("train.py", "LR = 2\nx\ny\nz\n");
    let honest = a_loop.commit("honest");
    a_loop.row(&honest[..7], 0.9, "keep", "honest");
    a_loop.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    a_loop.write("train.py", "LR = 666\nx\ny\nz\n");
    let evil = a_loop.commit("evil");
    a_loop.git(&["checkout", "-q", "autoresearch/mar8"]);
    let mut driver = Driver::new(&a_loop, 100, 40);
    driver.keys("a");
    assert!(driver.screen().contains("Enter commits"));
    let table = std::fs::read_to_string(a_loop.path("results.tsv")).unwrap();
    a_loop.write("results.tsv", table.replace(&honest[..7], &evil[..7]));
    driver.take(Event::Observed(view(&a_loop)));
    driver.draw();
    driver.keys("<enter>");
    if let Some(decision) = a_loop.snapshot().decisions.first() {
        assert_eq!(decision.experiment.as_str(), honest, "only what was shown");
        assert_eq!(a_loop.git(&["show", "countersign/approved:train.py"]).lines().next(), Some("LR = 2"));
    }
    // The branch moves under an open confirmation.
    let a_loop = support::a_night(16, 13);
    let queue: Vec<_> = {
        let s = a_loop.snapshot();
        s.waiting.iter().map(|index| s.experiments[*index].id.clone()).collect()
    };
    let mut driver = Driver::new(&a_loop, 100, 40);
    driver.keys("ja");
    a_loop.approve(&queue[0]).unwrap();
    let tip = a_loop.git(&["rev-parse", "countersign/approved"]);
    driver.keys("<enter>");
    assert_eq!(a_loop.git(&["rev-parse", "countersign/approved"]), tip, "nothing was committed on a tip nobody saw");
    assert!(driver.screen().contains("review it again") || driver.screen().contains("moved"), "{}", driver.screen());
    // The same change approved twice from two screens.
    let mut one = Driver::new(&a_loop, 100, 40);
    let mut two = Driver::new(&a_loop, 100, 40);
    one.keys("a");
    two.keys("a");
    one.keys("<enter>");
    let tip = a_loop.git(&["rev-parse", "countersign/approved"]);
    two.keys("<enter>");
    assert_eq!(a_loop.git(&["rev-parse", "countersign/approved"]), tip);
    assert!(two.screen().contains("already approved by Ada Human"), "{}", two.screen());
    assert!(a_loop.command(&["verify"]).output().unwrap().status.success());
}

/// What a command says on standard error quotes paths and texts of the agent's.
#[test]
fn an_error_acts_on_no_terminal() {
    let night = support::a_night(16, 13);
    night.approve(&night.waiting()[0]).unwrap();
    let odd = "e\u{1b}]0;PWN\u{7}\u{202e}\ncountersign: nothing to object to";
    let is_calm = |args: &[&str]| {
        let out = night.command(args).output().unwrap();
        assert!(!out.status.success(), "{args:?}");
        for bytes in [&out.stdout, &out.stderr] {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{args:?}: {text:?}");
            assert!(text.lines().skip(1).all(|line| !line.starts_with("countersign:")), "{args:?}: {text}");
        }
        String::from_utf8(out.stderr).unwrap()
    };
    let pipe = night.path(".git/refs/heads").join(odd);
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(is_calm(&["verify"]).contains("␛]0;PWN␇⟨U+202E⟩"));
    is_calm(&["ledger"]);
    is_calm(&["tell", "hello"]);
    std::fs::remove_file(&pipe).unwrap();
    let elsewhere = night.path("").join(odd);
    std::fs::create_dir(&elsewhere).unwrap();
    is_calm(&["status", "/nowhere"]);
    is_calm(&["status", elsewhere.to_str().unwrap()]);
    is_calm(&["verify", &format!("{}/not there", elsewhere.to_str().unwrap())]);
    night.write(".git/countersign/policy.yaml", "gates: {run: human}\n\u{202e}evil\u{200b}: \u{1b}[2J\n");
    is_calm(&["policy"]);
    is_calm(&["decide", "abc", "veto", "-r", "no"]);
}
