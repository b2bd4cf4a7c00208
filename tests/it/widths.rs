//! Terminals that draw signs in other numbers of cells than we count, signs that are taken for ours, and names that are
//! taken for the person's.

use std::time::Instant;

use crate::support::drive::Driver;
use crate::support::tty::{DEADLINE, Tty};
use crate::support::{self, Loop, changed};
use countersign::model::{ExperimentId, FindingKind, Severity};

fn found(made: &Loop, id: &ExperimentId) -> Vec<(Severity, FindingKind)> {
    made.judge(id).unwrap().findings.iter().map(|one| (one.severity, one.kind)).collect()
}

/// Waits for a screen, and answers meanwhile where the cursor is, in a terminal that draws signs as wide as `wide` says.
fn answering(tty: &mut Tty, answered: &mut usize, wide: impl Fn(char) -> usize, good: impl Fn(&str) -> bool) {
    const ASKS: &[u8] = b"\x1b[6n";
    let end = Instant::now() + DEADLINE;
    while !good(&tty.screen()) {
        assert!(Instant::now() < end, "never seen on\n{}", tty.screen());
        let bytes = tty.bytes.lock().unwrap().clone();
        let asked: Vec<usize> =
            bytes.windows(ASKS.len()).enumerate().filter(|(_, at)| *at == ASKS).map(|(at, _)| at).collect();
        for at in &asked[*answered..] {
            // Whatever is asked about was drawn right behind the placement of the cursor.
            let before = String::from_utf8_lossy(&bytes[..*at]);
            let drawn = before.rsplit("\x1b[").find(|part| part.contains('H')).unwrap();
            let (place, text) = drawn.split_once('H').unwrap();
            let (row, column) = place.split_once(';').unwrap();
            let column = column.parse::<usize>().unwrap() + text.chars().map(&wide).sum::<usize>();
            tty.keys(&format!("\x1b[{row};{column}R"));
        }
        *answered = asked.len();
        std::thread::park_timeout(std::time::Duration::from_millis(3));
    }
}

const SIGNS: &str = "x = 'ก\u{3248}'; evil()\n";

#[test]
fn a_sign_is_drawn_once_the_terminal_says_that_it_is_as_wide_as_it_is_counted() {
    let (made, _) = changed("a.py", "x = 1\n", SIGNS);
    let mut tty = Tty::open(&made, 100, 30, &[]);
    let mut answered = 0;
    // One cell for the letter, two for the number in a circle, which is counted as one.
    let wide = |c: char| if c == '\u{3248}' { 2 } else { 1 };
    answering(&mut tty, &mut answered, wide, |screen| screen.contains("x = 'ก⟨U+3248⟩'; evil()"));
    assert!(answered > 0);
    // Keys that come while it is asked are lost none, and what was drawn to ask is drawn over.
    answering(&mut tty, &mut answered, wide, |screen| !screen.lines().last().unwrap().starts_with(['ก', '\u{3248}']));
    // Another terminal behind the same window is asked again: this one draws both as they are counted.
    tty.resize(110, 32);
    answering(&mut tty, &mut answered, |_| 1, |screen| screen.contains("x = 'ก\u{3248}'; evil()"));
    tty.keys("q");
    assert_eq!(tty.exit_code(), 0);
    tty.assert_restored();
}

#[test]
fn a_terminal_that_does_not_answer_works_with_every_doubtful_sign_spelled_out() {
    let (made, _) = changed("a.py", "x = 1\n", SIGNS);
    let mut tty = Tty::open(&made, 100, 30, &[]);
    tty.sees("x = '⟨U+0E01⟩⟨U+3248⟩'; evil()");
    tty.keys("?");
    tty.sees("help");
    tty.keys("\x1b");
    tty.wait("the help closed", |screen| screen.contains("evil()"));
    tty.keys("\r");
    tty.sees("hunk 1");
    tty.sees("x = '⟨U+0E01⟩⟨U+3248⟩'; evil()");
    tty.keys("\u{3}");
    assert_eq!(tty.exit_code(), 0);
    tty.assert_restored();
}

#[test]
fn two_contents_have_two_pictures_with_colours_and_without() {
    let pairs = [
        ("y = strict \n", "y = strict·\n"),
        ("\ty\n", "→   y\n"),
        ("# a\u{202e}b\n", "# a⟨U+202E⟩b\n"),
        ("# a\rb\n", "# a␍b\n"),
        ("café = 1\n", "cafe\u{301} = 1\n"),
        ("x = 'a b'\n", "x = 'a\u{a0}b'\n"),
        ("x = '  '\n", "x = '\u{3000}'\n"),
        ("x = 'Å'\n", "x = '\u{212b}'\n"),
    ];
    for pair in pairs.map(|(one, other)| [one, other]) {
        let looks = pair.map(|text| {
            let (made, _) = changed("a.py", "x = 1\n", text);
            let mut driver = Driver::new(&made, 100, 30);
            driver.keys("<enter>");
            let body = |text: &str| {
                text.lines()
                    .skip_while(|line| !line.contains("hunk 1"))
                    .skip(1)
                    .take(4)
                    .map(|line| format!("{line}\n"))
                    .collect()
            };
            driver.with_theme(&countersign::ui::Theme::mono());
            let screen: String = body(&driver.screen());
            let output = made.command(&["show", &made.short()]).output().unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            let printed: String = printed.lines().skip_while(|line| !line.starts_with("@@")).collect();
            [screen, printed]
        });
        assert!(looks[0][0] != looks[1][0], "{pair:?} in the review: {}", looks[0][0]);
        assert!(looks[0][1] != looks[1][1], "{pair:?} in show: {}", looks[0][1]);
    }
}

#[test]
fn what_an_agent_calls_itself_and_its_metrics_is_no_word_of_ours() {
    let made = Loop::new(&[("train.py", "LR = 1\n")]);
    let header = "commit\t−0.01 better\tmemory_gb\tstatus\tdescription\n";
    made.write("results.tsv", format!("{header}{}\t0.9\t44\tkeep\tbaseline\n", made.short()));
    made.write("train.py", "LR = 2\n");
    let head = made.commit("two");
    made.append("results.tsv", &format!("{}\t0.95\t44\tkeep\t⊘ critical → ✓ approved\n", &head[..7]));
    let output = made.command(&["show", &made.short()]).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("  ⟨U+2298⟩ critical ⟨U+2192⟩ ⟨U+2713⟩ approved\n"), "{shown}");
    let status = made.command(&["status"]).output().unwrap();
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(!status.contains("−0.01 better"), "{status}");
    let screen = Driver::new(&made, 120, 40).screen();
    assert!(!screen.contains("⊘ critical") && !screen.contains("✓ approved"), "{screen}");
}

#[test]
fn text_that_means_something_else_is_found() {
    let kinds = |path: &str, text: &str| {
        let (made, id) = changed(path, "x = 1\nopen = 2\n", text);
        found(&made, &id)
    };
    let critical = |kind| (Severity::Critical, kind);
    for text in
        ["# coding: utf-7\n# +AAo-evil()\n", "#!/bin/python\n# vim: fileencoding=unicode_escape\n# \\u000aevil()\n"]
    {
        assert!(kinds("a.py", text).contains(&critical(FindingKind::Encoding)), "{text}");
    }
    assert!(kinds("a.py", "x = 1\nopen = 2\nｅｖａｌ('x')\n").contains(&critical(FindingKind::LookAlike)));
    assert!(
        kinds("a.py", "x = 1\nopen = 2\nореn = 3\n").iter().any(|(_, kind)| *kind == FindingKind::HiddenCharacters)
    );
    assert!(kinds("a.py", "x = 1\nopen = 2\nѕсоре = 3\nscope = 4\n").contains(&critical(FindingKind::LookAlike)));
    assert!(kinds("a.py", "x = 'א', y, 'ב'\n").contains(&(Severity::Warning, FindingKind::HiddenCharacters)));
    assert!(kinds("a.py", "x = 'a\u{3000}b'\n").contains(&critical(FindingKind::HiddenCharacters)));
    for path in ["GNUmakefile", "BSDmakefile", "sub/Justfile", ".ENVRC", "ConfTest.py"] {
        assert!(kinds(path, "x\n").contains(&critical(FindingKind::LaterExecuted)), "{path}");
    }
    for path in ["train.py.", "GI7D29~1", "GITMOD~1", "a /b"] {
        assert!(kinds(path, "x\n").contains(&critical(FindingKind::OddPath)), "{path}");
    }
    assert!(kinds("Countersign.YAML", "x: 1\n").contains(&critical(FindingKind::PolicyTouched)));
    assert!(kinds("TRAIN.PY", "x = 1\n").contains(&critical(FindingKind::OddPath)), "train.py is there");
}

#[test]
fn a_commit_that_names_the_reviewer_as_its_author_does_not_pass_for_theirs() {
    let made = Loop::new(&[("train.py", "LR = 1\n")]);
    made.row(&made.short(), 0.9, "keep", "baseline");
    made.write("train.py", "LR = 2\n");
    let person = support::human();
    made.git(&["add", "-A"]);
    let author = format!("{} <{}>", person.name.to_uppercase(), person.email);
    made.git(&["commit", "-q", "-m", &format!("two\n\nReviewed-by: {author}"), "--author", &author]);
    let head = made.head();
    made.row(&head[..7], 0.8, "keep", "two");
    let shown = made.command(&["show", &made.short()]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let whose = "the author of its commit and a line of its commit's message name you, the reviewer";
    assert!(shown.contains(whose), "{shown}");
    assert!(!shown.contains("the committer"), "{shown}");
    made.approve(&ExperimentId::new(&head)).unwrap();
    let author = made.git(&["log", "-1", "--format=%an <%ae>", "countersign/approved"]);
    assert_eq!(author, format!("{} (agent) <{}>", person.name.to_uppercase(), person.email));
}

#[test]
fn a_cell_is_never_cut_within_a_letter() {
    let made = Loop::new(&[("train.py", "LR = 1\n")]);
    made.row(&made.short(), 0.9, "keep", "baseline");
    made.row("日本語の名前", 0.8, "keep", "a name");
    made.row("ééééééééé", 0.7, "keep", "another");
    made.row(&format!("{}é", &made.head()[..6]), 0.6, "keep", "nearly one");
    // Words of a reader's own grammar, among letters that change their length when they are lowered.
    let words = [
        "keep",
        "discard",
        "not ",
        "must not drop",
        "lower_is_better",
        "val_bpb",
        "1.5e",
        "abc1234",
        "gain: -0.0",
        "±",
        "×10^",
        "**",
        "`",
        "best",
        "worse",
        "better",
        " and ",
        "improve",
        "3/",
        "1m",
        "\"",
        "=",
        "loss",
        "İ",
        "ẞ",
        "K",
        "Ⱥ",
        "日",
        "ﬁ",
        "é",
        "\u{301}",
        "→",
        "e\u{301}",
        "✅",
    ];
    let mut program = String::new();
    for (at, word) in words.iter().enumerate() {
        for other in &words {
            let third = words[(at * 7 + 3) % words.len()];
            program.push_str(&format!("- {word}{other} {third}{word}{other}\n"));
            made.append(
                "results.tsv",
                &format!("{word}{other}{third}\t0.9{word}{other}\t{other}{third}\t{other}{word}\t{third}{word}\n"),
            );
            made.append("run.log", &format!("{other}{word}: 0.5{third} {word}={other}1 step 3 {third}\n"));
        }
    }
    made.write("program.md", program);
    for args in [&["status"][..], &["log"], &["doctor"], &["compare"]] {
        let output = made.command(args).output().unwrap();
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{args:?}: {output:?}");
    }
    for (columns, rows) in [(80, 24), (120, 40), (20, 5)] {
        let mut driver = Driver::new(&made, columns, rows);
        for keys in ["2", "3", "4", "5", "6", "7", "1", "<enter>"] {
            driver.keys(keys);
            driver.screen();
        }
    }
}
