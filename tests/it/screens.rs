//! What the screen shows: snapshots at several sizes, key scripts, and chance.

use crate::support::drive::Driver;
use crate::support::{self, Loop, a_night};
use countersign::app::{Event, KeyPress, ViewKind};
use countersign::model::DecisionKind;
use proptest::prelude::*;

/// A night with wide and combining characters, an attack in a description, and recorded curves.
fn a_screenful() -> Loop {
    let night = a_night(16, 4);
    night.write("train.py", "LR = 1\nNAME = '日本語 e\u{301}'\nx = 1 \u{202e}# hidden\n");
    let head = night.commit("wide");
    night.row(&head[..7], 0.9, "keep", "日本語のモデル e\u{301} \u{1b}]0;title\u{7} \u{202e}reversed");
    let mut log = String::new();
    for step in 0..200 {
        log.push_str(&format!(
            "\rstep {step:05} ({:.1}%) | loss: {:.4} | remaining: 0s    ",
            f64::from(step) / 2.0,
            3.0 + 6.0 / f64::from(step + 1)
        ));
    }
    night.write("run.log", format!("{log}\n---\nval_bpb:          0.900000\n"));
    night.append("results.tsv", "two\tcells\nspilled prose\n");
    night
}

fn snap(name: &str, driver: &Driver<'_>) {
    insta::assert_snapshot!(name, driver.screen());
}

#[test]
fn every_view_at_two_sizes() {
    let night = a_screenful();
    for (width, height) in [(80, 24), (120, 40)] {
        let mut driver = Driver::new(&night, width, height);
        let size = format!("{width}x{height}");
        snap(&format!("inbox_{size}"), &driver);
        driver.keys("G");
        snap(&format!("inbox_last_{size}"), &driver);
        driver.keys("a");
        snap(&format!("confirm_{size}"), &driver);
        driver.keys("<esc>gv");
        snap(&format!("veto_{size}"), &driver);
        driver.keys("<esc><enter>");
        snap(&format!("review_{size}"), &driver);
        driver.keys("<esc>2G");
        snap(&format!("curves_{size}"), &driver);
        driver.keys("3");
        snap(&format!("progress_{size}"), &driver);
        driver.keys("4");
        snap(&format!("lineage_{size}"), &driver);
        driver.keys("1?");
        snap(&format!("help_{size}"), &driver);
        driver.keys("<esc>w");
        snap(&format!("warnings_{size}"), &driver);
    }
}

#[test]
fn colours_of_a_diff_are_what_they_mean() {
    let night = a_screenful();
    let mut driver = Driver::new(&night, 80, 24);
    driver.keys("<enter>");
    insta::assert_snapshot!("review_styles", driver.styles());
}

#[test]
fn empty_and_tiny_screens_say_what_to_do() {
    let empty = Loop::new(&[("train.py", "A\n")]);
    empty.write("results.tsv", format!("{}\n", support::HEADER));
    let mut driver = Driver::new(&empty, 80, 24);
    snap("empty_80x24", &driver);
    driver.keys("a").keys("v").keys("u").keys("<enter>").keys("2").keys("3").keys("4").keys("jkG]");
    driver.resize(30, 5);
    assert!(driver.screen().contains("too small"));
    driver.resize(40, 10);
    snap("empty_40x10", &driver);
}

#[test]
fn nothing_the_agent_wrote_reaches_the_screen_raw() {
    let night = a_screenful();
    let mut driver = Driver::new(&night, 120, 40);
    for keys in ["G", "a", "<esc>", "<enter>", "<esc>", "4", "3", "2", "w", "<esc>"] {
        driver.keys(keys);
        let screen = driver.screen();
        assert!(!screen.chars().any(|c| c != '\n' && countersign::policy::text::is_hidden(c)), "after {keys}");
    }
    driver.keys("1G");
    assert!(driver.screen().contains("␛]0;title␇"), "{}", driver.screen());
}

#[test]
fn no_way_of_reading_shows_hostile_text_raw() {
    let evil = "x = '\u{1b}[31m' # \u{202e}evil\u{200b}\r";
    let night = Loop::new(&[("train.py", "A = 1\n\n\n\n\n\n\n\nB = 1\n")]);
    night.row(&night.short(), 0.9, "keep", "baseline");
    night.write("train.py", format!("A = 2 {evil}\n{evil}\n\n\n\n\n\n\nB = 2\n"));
    night.write("a\u{1b}[2J\u{202e}/\u{9b}x.py", format!("{evil}\n{}\n", evil.repeat(20)));
    let head = night.commit(evil);
    night.row(&head[..7], 0.5, "keep", evil);
    let mut driver = Driver::new(&night, 160, 45);
    driver.keys("<enter>");
    for keys in [
        "t",
        "t",
        "W",
        ".",
        "W",
        "b",
        "+",
        "+",
        "o",
        "o",
        "o",
        "/evil<enter>",
        "<esc>",
        "z",
        "z",
        "<tab>",
        "D",
        "<esc>",
        "x",
        "R",
        "R",
        "U",
        "<esc>",
        "I",
    ] {
        driver.keys(keys);
        let screen = driver.screen();
        let raw = screen.chars().find(|c| *c != '\n' && countersign::policy::text::is_hidden(*c));
        assert_eq!(raw, None, "after {keys}: {screen}");
    }
}

#[test]
fn a_key_script_approves_vetoes_and_moves_on() {
    let night = a_night(16, 4);
    let mut driver = Driver::new(&night, 80, 24);
    let waiting = driver.state.snapshot.waiting.len();
    driver.keys("a");
    assert!(driver.screen().contains("approve") && driver.screen().contains("tree"));
    driver.keys("good idea<enter>");
    assert!(driver.screen().contains("on disk"), "{}", driver.screen());
    assert_eq!(driver.state.snapshot.waiting.len(), waiting - 1);
    assert_eq!(driver.state.selected(), Some(driver.state.snapshot.waiting[0]), "the next that waits is selected");
    driver.keys("v<enter>");
    assert!(driver.screen().contains("needs a reason"));
    driver.keys("too risky<enter>");
    let snapshot = &driver.state.snapshot;
    assert_eq!((snapshot.count_decided(DecisionKind::Approved), snapshot.count_decided(DecisionKind::Vetoed)), (1, 1));
    assert_eq!(snapshot.decisions[1].reason, "too risky");
    let subject = night.git(&["log", "-1", "--format=%b", "countersign/approved"]);
    assert!(subject.contains("good idea"));
    // The lineage knows who and why, and offers a revert of the approved one.
    driver.keys("4");
    let row = driver
        .state
        .listed()
        .iter()
        .position(|i| {
            driver
                .state
                .snapshot
                .decision(&driver.state.snapshot.experiments[*i].id)
                .is_some_and(|d| d.kind == DecisionKind::Approved)
        })
        .unwrap();
    driver.keys("g");
    for _ in 0..row {
        driver.keys("j");
    }
    driver.keys("u");
    assert!(driver.screen().contains("what the revert would commit"), "{}", driver.screen());
    driver.keys("u");
    assert!(driver.screen().contains("Enter commits the revert"), "{}", driver.screen());
    driver.keys("<enter>");
    assert!(driver.screen().contains("reverted by"), "{}", driver.screen());
    assert_eq!(night.git(&["rev-list", "--count", "countersign/approved", "^autoresearch/mar8"]), "2");
}

#[test]
fn a_critical_finding_wants_its_word() {
    let a_loop = Loop::new(&[("train.py", "A\n"), ("prepare.py", "EVAL = 10\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop.write("prepare.py", "EVAL = 1\n");
    let head = a_loop.commit("quicker");
    a_loop.row(&head[..7], 0.5, "keep", "quicker");
    let mut driver = Driver::new(&a_loop, 80, 24);
    driver.keys("a<enter>");
    assert!(driver.screen().contains("type `protected`"));
    driver.keys("yes<enter>");
    assert!(driver.state.snapshot.decisions.is_empty());
    driver.keys("<backspace><backspace><backspace>protected<enter><enter>");
    assert_eq!(driver.state.snapshot.decisions.len(), 1, "{}", driver.screen());
}

#[test]
fn hunks_that_were_never_on_the_screen_are_counted() {
    let a_loop = Loop::new(&[("train.py", &"line\n".repeat(400))]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    let changed: String = (0..400).map(|n| if n % 40 == 20 { "changed\n" } else { "line\n" }).collect();
    a_loop.write("train.py", changed);
    let head = a_loop.commit("ten hunks");
    a_loop.row(&head[..7], 0.5, "keep", "ten hunks");
    let mut driver = Driver::new(&a_loop, 80, 24);
    driver.keys("a");
    assert!(
        driver.screen().contains("10 of them never wholly on the screen")
            || driver.screen().contains("9 of them never wholly"),
        "{}",
        driver.screen()
    );
    driver.keys("<esc><enter>");
    for _ in 0..10 {
        driver.keys("<pgdn>");
    }
    driver.keys("a");
    assert!(!driver.screen().contains("never wholly"), "{}", driver.screen());
}

#[test]
fn updates_wait_while_the_screen_is_frozen() {
    let night = a_night(10, 4);
    let mut driver = Driver::new(&night, 80, 24);
    let before = driver.state.snapshot.experiments.len();
    driver.keys("p");
    night.row("-", 0.99, "discard", "news");
    driver.take(Event::Observed(support::drive::view(&night)));
    driver.draw();
    assert_eq!(driver.state.snapshot.experiments.len(), before);
    assert!(driver.screen().contains("frozen, updates"));
    driver.keys("p");
    assert_eq!(driver.state.snapshot.experiments.len(), before + 1);
}

#[test]
fn curves_and_progress_go_on_with_the_loop() {
    let night = a_night(6, 4);
    let mut driver = Driver::new(&night, 100, 30);
    driver.keys("2G3G4g");
    night.row("-", 0.99, "discard", "the newest one");
    driver.take(Event::Observed(support::drive::view(&night)));
    let newest = driver.state.snapshot.experiments.len() - 1;
    for keys in ["2", "3"] {
        driver.keys(keys);
        assert_eq!(driver.state.selected(), Some(newest), "who stood on the newest stands on the newest");
    }
    driver.keys("[");
    let stood = driver.state.selected();
    night.row("-", 0.98, "discard", "newer still");
    driver.take(Event::Observed(support::drive::view(&night)));
    assert_eq!(driver.state.selected(), stood, "who looks at another one is left alone");
}

#[test]
fn an_unknown_direction_is_picked_and_confirmed() {
    let a_loop = Loop::new(&[("train.py", "A\n")]);
    a_loop.write("results.tsv", "commit\toob\tstatus\tdescription\n-\t0.5\tkeep\tbaseline\n-\t0.7\tkeep\tx\n");
    let mut driver = Driver::new(&a_loop, 120, 40);
    assert!(driver.screen().contains("direction unknown"));
    assert_eq!(driver.state.snapshot.best, None, "no best is shown");
    driver.keys("><esc>");
    assert_eq!(driver.state.snapshot.best, None, "called off");
    driver.keys(">");
    assert!(driver.screen().contains("higher is better for oob"), "{}", driver.screen());
    driver.keys("<enter>");
    assert_eq!(driver.state.snapshot.best, Some(1));
    let policy = std::fs::read_to_string(a_loop.path(".git/countersign/policy.yaml")).unwrap();
    assert_eq!(policy, "objective: {metric: \"oob\", goal: maximize}\n");
}

fn any_key() -> impl Strategy<Value = KeyPress> {
    prop_oneof![
        8 => prop::sample::select("jkgGhlnNfFJKosupwmM?123456[]{}<> xXtSeb+=-0,.riyYcP:/".chars().collect::<Vec<_>>()).prop_map(KeyPress::Char),
        1 => prop::char::any().prop_map(KeyPress::Char),
        4 => prop::sample::select(vec![KeyPress::Enter, KeyPress::Esc, KeyPress::Tab, KeyPress::Up, KeyPress::Down, KeyPress::PageUp, KeyPress::PageDown, KeyPress::Home, KeyPress::End, KeyPress::Backspace, KeyPress::Left, KeyPress::Right]),
        2 => prop::sample::select(vec![KeyPress::Char('a'), KeyPress::Char('v')]),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Key(KeyPress),
    Resize(u16, u16),
    Row(u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => any_key().prop_map(Step::Key),
        1 => (1u16..140, 1u16..50).prop_map(|(width, height)| Step::Resize(width, height)),
        1 => any::<u8>().prop_map(Step::Row),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_events_panics_or_loses_the_selection(steps in prop::collection::vec(any_step(), 1..50)) {
        let night = a_night(6, 4);
        let mut driver = Driver::new(&night, 80, 24);
        for step in steps {
            match step {
                // Leaving ends the script, and what is typed into a prompt decides for real.
                Step::Key(KeyPress::Char('q')) => {}
                Step::Key(key) => { driver.take(Event::Key(key)); driver.draw(); }
                Step::Resize(width, height) => driver.resize(width, height),
                Step::Row(value) => {
                    night.row("-", f64::from(value), "discard", "chance");
                    driver.take(Event::Observed(support::drive::view(&night)));
                    driver.draw();
                }
            }
            let listed = driver.state.listed();
            prop_assert_eq!(driver.state.selected_row().is_some(), !listed.is_empty());
            if let Some(doc) = &driver.state.review.doc {
                prop_assert!(driver.state.review.scroll <= doc.rows.len());
            }
            prop_assert!(driver.state.view != ViewKind::Inbox || listed.len() <= driver.state.snapshot.waiting.len());
        }
    }
}
