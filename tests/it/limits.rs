//! Work is bounded by what changed and what is seen, whatever an agent writes: held by counting bytes,
//! objects, questions and rows, not by a clock.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::drive::{Driver, MORNING_MS, view};
use crate::support::{self, Loop, candidate, is_alone};
use countersign::app::{Effect, Event, KeyPress, State, update};
use countersign::config::Preferences;
use countersign::format::{LogReader as _, MetricsJsonl, ResultsTable, TableReader as _};
use countersign::model::{Built, Content, ExperimentId, FindingKind, Severity};
use countersign::policy::Policy;
use countersign::query::Request;
use countersign::repo::text_change;
use countersign::ui::Theme;
use countersign::watch::{Watched, now_ms};

/// Bytes that this process has read so far, in all its threads: who asks for them has to be alone.
fn bytes_read() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").unwrap();
    text.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

fn import(a_loop: &Loop, stream: &str) {
    let mut git = Command::new("git");
    git.current_dir(a_loop.dir()).args(["fast-import", "--quiet", "--done"]).stdin(Stdio::piped());
    let mut import = git.spawn().unwrap();
    import.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
}

/// A commit on the loop's branch with files of its own, by `fast-import`.
fn commit_files(a_loop: &Loop, files: impl Iterator<Item = (String, String)>) -> ExperimentId {
    let head = a_loop.head();
    let mut stream = format!(
        "commit refs/heads/autoresearch/mar8\ncommitter agent <agent@loop> 1773000000 +0000\ndata 4\nmany\nfrom {head}\n"
    );
    for (path, text) in files {
        stream.push_str(&format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len()));
    }
    import(a_loop, &format!("{stream}done\n"));
    let id = a_loop.git(&["rev-parse", "autoresearch/mar8"]);
    a_loop.row(&id[..12], 0.9, "keep", "many");
    ExperimentId::new(&id)
}

fn plain() -> Loop {
    let a_loop = Loop::new(&[("train.py", "LR = 1\n")]);
    a_loop.row(&a_loop.short(), 1.0, "keep", "baseline");
    a_loop
}

#[test]
fn a_look_reads_what_was_appended_and_no_more() {
    if !is_alone("limits::a_look_reads_what_was_appended_and_no_more") {
        return;
    }
    let a_loop = plain();
    let line = "\rstep 00001 (50.0%) | loss: 3.25 | lrm: 1.00 | dt: 310ms | tok/sec: 1,690,000    ";
    a_loop.write("run.log", line.repeat(250_000));
    for number in 0..40_000 {
        a_loop.append("results.tsv", &format!("-\t1.{number:05}\t44.0\tdiscard\tnothing of it\n"));
    }
    let mut watched = Watched::open_to_record(a_loop.dir(), &a_loop.state()).unwrap();
    // A long log is taken in parts.
    while watched.poll(now_ms()) {}
    let sizes: u64 =
        ["run.log", "results.tsv"].iter().map(|name| std::fs::metadata(a_loop.path(name)).unwrap().len()).sum();
    let before = bytes_read();
    a_loop.append("run.log", "\rstep 00002 (51.0%) | loss: 3.20    ");
    a_loop.append("results.tsv", "-\t1.5\t44.0\tdiscard\tone more\n");
    assert!(watched.poll(now_ms()));
    let read = bytes_read() - before;
    assert!(read < 100_000 && read < sizes / 100, "{read} bytes of {sizes} were read for 60 that came");
    // Nothing new: nothing but places and times is looked at.
    let before = bytes_read();
    assert!(!watched.poll(now_ms()));
    let read = bytes_read() - before;
    assert!(read < 20_000, "{read} bytes were read for nothing");
}

/// Whatever stands in a log or a table, one look ends: the rest comes with the next ones, and holes never.
#[test]
fn no_look_waits_for_curves_however_long_a_file_is() {
    if !is_alone("limits::no_look_waits_for_curves_however_long_a_file_is") {
        return;
    }
    let names = [
        "run.log",
        "metrics.jsonl",
        "metrics.csv",
        "runs/a/events.out.tfevents.1.x",
        "w/run-1.wandb",
        "trainer_state.json",
    ];
    for name in names.into_iter().chain(["results.tsv", "trainer_log.jsonl"]) {
        let a_loop = plain();
        a_loop.write("train.py", "LR = 2\n");
        let id = a_loop.commit("change");
        a_loop.row(&id[..7], 0.5, "keep", "change");
        std::fs::create_dir_all(a_loop.path(name).parent().unwrap()).unwrap();
        let file = std::fs::File::options().create(true).append(true).open(a_loop.path(name)).unwrap();
        file.set_len(1 << 40).unwrap();
        let before = bytes_read();
        let mut watched = Watched::open_to_record(a_loop.dir(), &a_loop.state()).unwrap();
        watched.poll(now_ms());
        let read = bytes_read() - before;
        assert!(read < 8 << 20, "{name}: {read} bytes");
        assert!(!watched.is_reading(), "{name}");
        let snapshot = watched.snapshot();
        assert_eq!(snapshot.waiting.len(), 1, "{name}");
        let said = format!("{:?}", snapshot.warnings);
        let is_told = said.contains("never written (holes)") && said.contains(name);
        assert!(is_told || !["run.log", "results.tsv", "metrics.jsonl"].contains(&name), "{name}: {said}");
        // It is read once, and not again with every look.
        let before = bytes_read();
        watched.poll(now_ms());
        assert!(bytes_read() - before < 1 << 20, "{name}");
        drop(watched);
        a_loop.approve(&ExperimentId::new(&id)).unwrap();
    }
}

#[test]
fn a_long_log_is_read_in_parts_and_a_long_table_to_a_limit() {
    if !is_alone("limits::a_long_log_is_read_in_parts_and_a_long_table_to_a_limit") {
        return;
    }
    let a_loop = plain();
    a_loop.write("run.log", "x\n".repeat(40 << 20));
    let row = format!("-\t1.5\t44.0\tdiscard\t{}\n", "x".repeat(4000));
    a_loop.append("results.tsv", &row.repeat(20_000));
    let mut watched = Watched::open_to_record(a_loop.dir(), &a_loop.state()).unwrap();
    let before = bytes_read();
    watched.poll(now_ms());
    let read = bytes_read() - before;
    assert!(read < 140 << 20, "{read}");
    let said = format!("{:?}", watched.snapshot().warnings);
    assert!(watched.is_reading() && said.contains("still being read: 64 of 80 MiB so far"), "{said}");
    assert!(said.contains("it has more than 64 MiB and is not read beyond that"), "{said}");
    while watched.is_reading() {
        watched.poll(now_ms());
    }
    assert!(!format!("{:?}", watched.snapshot().warnings).contains("still being read"));
    // The list of proposals is read whole: one that is larger than any is not read at all.
    let path = a_loop.path(".git/countersign/proposals.jsonl");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::File::create(&path).unwrap().set_len(3 << 30).unwrap();
    let before = bytes_read();
    watched.poll(now_ms());
    assert!(bytes_read() - before < 1 << 20);
    let said = format!("{:?}", watched.snapshot().warnings);
    assert!(said.contains("it is larger than 256 MiB, too large for a list of proposals"), "{said}");
}

#[test]
fn what_is_asked_depends_on_the_screen_not_on_the_queue() {
    let a_loop = plain();
    let head = a_loop.head();
    let mut stream = String::new();
    let mut base = head;
    for number in 1..=2_000 {
        stream.push_str(&format!(
            "commit refs/heads/autoresearch/mar8\nmark :{number}\ncommitter agent <agent@loop> 1773000000 +0000\ndata 4\nedit\nfrom {base}\nM 100644 inline kept/{number}.py\ndata 2\n1\n\n"
        ));
        base = format!(":{number}");
    }
    import(&a_loop, &format!("{stream}done\n"));
    let commits = a_loop.git(&["rev-list", "--reverse", "autoresearch/mar8", "^master"]);
    let mut rows = String::new();
    for (number, commit) in commits.lines().enumerate() {
        rows.push_str(&format!("{}\t{:.6}\t44.0\tkeep\tedit\n", &commit[..12], 1.0 - number as f64 * 1e-6));
    }
    a_loop.append("results.tsv", &rows);
    let view = view(&a_loop);
    assert_eq!(view.snapshot.waiting.len(), 2_000);
    let mut state = State::new((80, 24), &view, MORNING_MS);
    let judged =
        |effects: Vec<Effect>| effects.iter().filter(|effect| matches!(effect, Effect::Ask(Request::Judge(_)))).count();
    let first = judged(update(&mut state, Event::Tick(MORNING_MS)));
    assert!((1..=13).contains(&first), "{first} candidates are wanted at once");
    // A key asks for what it brings onto the screen, and a jump to the end for the end alone.
    for key in [KeyPress::Char('j'), KeyPress::Char('G'), KeyPress::Char('g'), KeyPress::PageDown] {
        let asked = judged(update(&mut state, Event::Key(key)));
        assert!(asked <= 13, "{key:?}: {asked}");
    }
}

#[test]
fn a_decision_writes_the_objects_that_are_new_and_no_more() {
    let files = (0..5_000).map(|number| (format!("a/b/c/{}/{number}.py", number % 50), format!("x = {number}\n")));
    let a_loop = plain();
    let all = commit_files(&a_loop, files);
    let loose = || {
        let out = a_loop.git(&["count-objects"]);
        out.split(' ').next().unwrap().parse::<usize>().unwrap()
    };
    a_loop.git(&["repack", "-q", "-a", "-d"]);
    a_loop.watched();
    let before = loose();
    // The very tree that the loop measured is there already: only the commit is new.
    a_loop.approve(&all).unwrap();
    assert_eq!(loose() - before, 1);
    // Two changes to one folder, the first vetoed: a tree nobody has, along one path.
    let edit = |path: &str, value: f64| {
        let id = commit_files(&a_loop, std::iter::once((path.to_owned(), format!("x = {value}\n"))));
        a_loop.watched();
        id
    };
    let first = edit("a/b/c/7/7.py", 0.5);
    let second = edit("a/b/c/7/57.py", 0.25);
    a_loop.veto(&first, "no").unwrap();
    let before = loose();
    a_loop.approve(&second).unwrap();
    assert_eq!(loose() - before, 6, "one commit, and one tree for each folder above the file");
}

#[test]
fn a_change_of_a_hundred_thousand_files_is_counted_and_not_read() {
    let a_loop = plain();
    let id = commit_files(
        &a_loop,
        (0..100_000).map(|number| (format!("d/{}/{number}.txt", number % 300), "x\n".to_owned())),
    );
    let judged = a_loop.judge(&id).unwrap();
    let shown = candidate(&judged).unwrap();
    assert_eq!(shown.files.len(), 100_000);
    let read = shown.files.iter().filter(|file| file.content != Content::Beyond).count();
    assert_eq!(read, 5_000);
    let large = judged.findings.iter().find(|finding| finding.kind == FindingKind::VeryLarge).unwrap();
    assert_eq!(large.severity, Severity::Critical);
    assert!(large.message.contains("100000 files change; the content of 95000 is not shown here"), "{}", large.message);
    assert!(judged.findings.len() < 300, "{} findings", judged.findings.len());
    let mut driver = Driver::new(&a_loop, 80, 24);
    driver.keys("jjG<enter>G");
    assert!(driver.screen().contains("large") || driver.screen().contains("not shown"), "{}", driver.screen());
    // It is committed as it is shown, with its word.
    a_loop.approve(&id).unwrap();
    assert_eq!(a_loop.git(&["ls-tree", "-r", "--name-only", "countersign/approved", "d/"]).lines().count(), 100_000);
}

#[test]
fn lines_rewrites_and_cells_beyond_all_measure_are_cut_and_it_is_told() {
    // One line of 60 MB.
    let long = text_change("train.py", b"x = 1\n", format!("x = '{}'\n", "a".repeat(60 << 20)).as_bytes());
    let line = &long.hunks[0].lines[1];
    assert!(line.text.raw().len() <= 4096);
    assert_eq!(line.text.raw().len() + line.cut, (60 << 20) + 6);
    // A rewrite of 400,000 lines.
    let text = |edit: usize| (0..400_000).map(|number| format!("{}\n", number * 10 + edit)).collect::<String>();
    let rewrite = text_change("train.py", text(1).as_bytes(), text(2).as_bytes());
    assert_eq!((rewrite.added, rewrite.removed), (400_000, 400_000), "what is left out is counted");
    let shown: usize = rewrite.hunks.iter().map(|hunk| hunk.lines.len()).sum();
    assert!(shown <= 260_000 && rewrite.hunks_left_out > 0, "{shown}");
    // A description, a status, a commit cell of 900 KB each, and a line of 5 MB.
    let mut table = ResultsTable::default();
    table.push(b"commit\tval_bpb\tstatus\tdescription\n");
    let cell = "b".repeat(300_000);
    table.push(format!("{cell}\t0.5\t{cell}\t{cell}\n").as_bytes());
    table.push(format!("a\t0.5\tkeep\t{}\n", "c".repeat(5 << 20)).as_bytes());
    let view = table.view();
    for row in &view.rows {
        for text in [&row.cell, &row.word, &row.description] {
            assert!(text.raw().len() < 4200, "{}", text.raw().len());
        }
    }
    assert!(view.rows[0].description.raw().ends_with("(cut: 300000 bytes)"));
    assert!(view.rows.len() == 2 || !view.warnings.is_empty());
}

#[test]
fn deep_nesting_and_aliases_that_multiply_end_in_an_error() {
    let mut metrics = MetricsJsonl::default();
    metrics.push(format!("{}1{}\n", "[".repeat(200_000), "]".repeat(200_000)).as_bytes());
    metrics.push(format!("{{\"step\":1,\"x\":{}1{}}}\n", "{\"a\":".repeat(100_000), "}".repeat(100_000)).as_bytes());
    metrics.push(b"{\"step\":2,\"loss\":0.5}\n");
    assert_eq!(metrics.view().warnings.len(), 2);
    assert_eq!(metrics.curves().series.len(), 1, "what is good around it is read");
    let mut laughs = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (one, other) in ('a'..'i').zip('b'..'j') {
        laughs.push_str(&format!("{other}: &{other} [{}]\n", vec![format!("*{one}"); 10].join(", ")));
    }
    let nested = format!("protected: {}x{}\n", "[".repeat(5_000), "]".repeat(5_000));
    for bomb in [&laughs, &nested, &format!("editable: [{}]\n", "x, ".repeat(50_000))] {
        let error = Policy::parse(bomb).unwrap_err().to_string();
        assert!(!error.is_empty() && error.len() < 5_000, "{error}");
        let mut preferences = Preferences::default();
        preferences.apply(bomb, "config.yaml");
        assert!(!preferences.errors.is_empty() && preferences.home_trouble.is_some());
        assert!(Theme::parse(bomb).is_err());
    }
}

#[test]
fn a_hundred_thousand_lines_cost_no_more_on_the_screen_than_ten() {
    let a_loop = plain();
    let lines: String = (0..100_000).map(|number| format!("step({number})\n")).collect();
    a_loop.write("train.py", &lines);
    let head = a_loop.commit("large");
    a_loop.row(&head[..7], 0.9, "keep", "large");
    let judged = a_loop.judge(&ExperimentId::new(&head)).unwrap();
    assert!(matches!(&judged.built, Built::Ready(candidate) if candidate.files[0].added == 100_000));
    // By the terminal: what sixty keys write is no more than sixty screens.
    let written = |keys: &str, wait: &str| {
        let mut tty = support::tty::Tty::open(&a_loop, 80, 24, &[]);
        tty.wait("the diff", |screen| screen.contains("step("));
        tty.keys("\r");
        tty.wait("the review", |screen| screen.contains("Esc"));
        let before = tty.bytes.lock().unwrap().len();
        tty.keys(keys);
        tty.wait(wait, |screen| screen.contains(wait));
        let bytes = tty.bytes.lock().unwrap().len() - before;
        tty.keys("\u{3}");
        tty.exit_code();
        bytes
    };
    let bytes = written(&"j".repeat(62), "step(60)");
    assert!(bytes < 62 * 80 * 24 * 4, "{bytes}");
    let bytes = written("G", "step(99999)");
    assert!(bytes < 4 * 80 * 24 * 4, "{bytes}");
}
