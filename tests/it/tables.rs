//! Which files of a directory are the loop's table, which are named, and where none is looked for.
#![allow(clippy::float_cmp)]

use crate::support::drive::Driver;
use crate::support::{self, Loop};

const START: &str = "LR = 1\n";

/// What a command says, on both of its outputs.
fn said(a_loop: &Loop, args: &[&str]) -> String {
    let out = a_loop.command(args).output().unwrap();
    String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()
}

/// A loop with one kept change, and no table yet; the commits of the baseline and of the change.
fn without_table() -> (Loop, [String; 2]) {
    let a_loop = Loop::new(&[("train.py", START)]);
    let base = a_loop.short();
    a_loop.write("train.py", "LR = 2\n");
    let change = a_loop.commit("lr")[..7].to_owned();
    (a_loop, [base, change])
}

/// A table of Markdown with three rows.
fn markdown([base, change]: &[String; 2]) -> String {
    format!(
        "| Commit | val_loss | Status | Description |\n|---|---:|---|---|\n| {base} | 1.0 | keep | baseline |\n\
         | {change} | 0.9 | keep | LR 2 |\n| {base} | 1.1 | discard | LR 9 |\n"
    )
}

/// The same table, with commas.
fn by_commas(commits: &[String; 2]) -> String {
    let row = |row: &str| row.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join(",") + "\n";
    markdown(commits).lines().filter(|line| !line.contains("--")).map(row).collect()
}

/// The change is read, as it is from any table; and nothing could not be read.
fn is_read(a_loop: &Loop, name: &str) {
    let snapshot = a_loop.snapshot();
    let waiting: Vec<_> = snapshot.waiting.iter().map(|at| snapshot.experiments[*at].row.description.raw()).collect();
    assert_eq!(waiting, ["LR 2"], "{name}");
    assert_eq!(snapshot.counts.total, 3, "{name}");
    assert_eq!(snapshot.objective.as_ref().map(|one| &*one.metric), Some("val_loss"), "{name}");
    assert!(snapshot.warnings.is_empty(), "{name}: {:?}", snapshot.warnings);
}

#[test]
fn a_results_table_that_is_not_the_first_thing_of_its_page_is_read() {
    let (_, commits) = without_table();
    let table = markdown(&commits);
    let settings =
        "# Runs\n\n## Setup\n\n| Setting | Value |\n|---|---|\n| lr | 0.1 |\n| wd, decay | 0.2 |\n\n## Results\n\n";
    let wide = "| Phase | Status | Notes |\n|---|---|---|\n| one | done | first |\n| two | open | later |\n\n";
    let sizes = "| model | layers | width |\n|---|---|---|\n| small | 2 | 64 |\n| large | 8 | 512 |\n\n";
    let long: String =
        (0..400).map(|at| format!("Line {at}, of an introduction, which is long, and goes on.\n\n")).collect();
    let tabs = |text: &str| {
        let row = |line: &str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join("\t");
        text.lines().filter(|line| !line.contains("--")).map(|line| row(line) + "\n").collect::<String>()
    };
    let shell = "```bash\npython train.py --lr 1\n```\n\n";
    let drawn =
        "┌──┬──┐\n".to_owned() + &table.replace("|---|---:|---|---|", "├──┼──┼──┼──┤").replace('|', "│") + "└──┴──┘\n";
    let plus =
        format!("+---+---+---+---+\n{}+---+---+---+---+\n", table.replace("|---|---:|---|---|", "+---+---+---+---+"));
    let four =
        "| model | layers | width | note |\n|---|---|---|---|\n| small | 2 | 64 | kept |\n| large | 8 | 512 | x |\n\n";
    let head: String = table.lines().take(2).map(|line| format!("{line}\n")).collect();
    let rows: Vec<&str> = table.lines().skip(2).collect();
    let (first, rest) = (format!("{head}{}\n", rows[0]), format!("{head}{}\n{}\n", rows[1], rows[2]));
    for (file, text) in [
        ("results.md", format!("{settings}{table}")),
        ("EXPERIMENTS.md", format!("{settings}{table}")),
        ("results.md", format!("{sizes}{table}")),
        ("results.md", format!("{wide}{table}")),
        ("results.md", format!("# Log\n\n{long}{table}")),
        ("results.md", format!("# Log\n\n{long}{settings}{table}")),
        ("results.md", format!("# Log\n\nLr, wd, depth\nHe said \"yes, no, perhaps\n\n{table}")),
        ("results.md", format!("# Log\n\n{shell}```\n{}```\n", tabs(&table))),
        ("results.md", format!("{settings}```tsv\n{}```\n", tabs(&table))),
        ("progress.md", format!("{settings}{table}\nMore of it tomorrow.\n")),
        ("results.md", format!("{table}\n{settings}{sizes}{four}")),
        ("results.md", format!("{first}\n{settings}{four}## Again\n\n{rest}\n{settings}")),
        ("results.txt", drawn),
        ("results.txt", plus),
    ] {
        let (a_loop, made) = without_table();
        assert_eq!(made, commits);
        a_loop.write(file, &text);
        is_read(&a_loop, &text.chars().take(60).collect::<String>());
        // By bytes, too: what was read does not depend on the chunks in which it came.
        let mut whole = countersign::format::ResultsTable::default();
        let mut bytes = countersign::format::ResultsTable::default();
        countersign::format::TableReader::push(&mut whole, text.as_bytes());
        text.as_bytes().chunks(7).for_each(|chunk| countersign::format::TableReader::push(&mut bytes, chunk));
        let rows = |reader: &mut dyn countersign::format::TableReader| reader.view().rows;
        assert_eq!(rows(&mut whole), rows(&mut bytes));
    }
}

#[test]
fn what_is_called_results_and_is_not_read_is_named() {
    let items = "# Runs\n\n## 1\n- commit: abc1234\n- loss: 0.9\n- status: keep\n";
    let fields = "## Run 1\n\n| Field | Value |\n|---|---|\n| commit | abc1234 |\n| status | keep |\n";
    let (_, commits) = without_table();
    for (file, text, why) in [
        ("results.md", items, "a list of `key: value` per experiment"),
        ("EXPERIMENTS.md", fields, "tables of fields and values"),
        ("results.json", "[{\"commit\": \"abc1234\", \"status\": \"keep\"}]", "a JSON list, but JSON lines are needed"),
        ("experiments.json", "{\"experiments\": [{\"status\": \"keep\"}]}", "one JSON document"),
        ("experiments.yaml", "- commit: abc1234\n  status: keep\n", "YAML: write the rows to results.tsv"),
        (
            "results.csv",
            "name,loss,when\na,0.9,monday\n",
            "it has no table with a status column (columns: name, loss, when)",
        ),
        (
            "README.md",
            &markdown(&commits),
            "it has a results table; to read it, set in your policy: results: README.md",
        ),
    ] {
        let a_loop = Loop::new(&[("train.py", START)]);
        a_loop.write(file, text);
        let line = format!("{file}: {why}");
        let doctor = said(&a_loop, &["doctor"]);
        assert!(doctor.contains(&line), "{doctor}");
        let status = said(&a_loop, &["status"]);
        assert!(status.contains(&format!("seen and not read: {line}")), "{status}");
        // Beside runs it is in the list of what is not read, on the screen, too.
        a_loop.write("runs/a/metrics.csv", "step,loss\n1,0.5\n2,0.4\n");
        let all = a_loop.json(&["status", "--json"])["not_read"].to_string();
        let is_of_experiments = file != "results.csv";
        assert_eq!(all.contains(&format!("{file}\"")) && all.contains(&why[..12]), is_of_experiments, "{file}: {all}");
    }
}

#[test]
fn a_table_in_the_readme_is_read_where_the_policy_names_it() {
    let (a_loop, commits) = without_table();
    a_loop.write("README.md", format!("# A loop\n\n{}", markdown(&commits)));
    support::doors::policy(&a_loop, "results: README.md\n");
    is_read(&a_loop, "README.md");
}

#[test]
fn tables_in_hidden_folders_are_found() {
    let (_, commits) = without_table();
    let table = by_commas(&commits).replace(',', "\t");
    let log: String = [("1.0", &commits[0], "keep", "baseline"), ("0.9", &commits[1], "keep", "LR 2"), ("1.1", &commits[0], "discard", "LR 9")]
        .iter()
        .map(|(value, commit, status, description)| {
            format!("{{\"run\":1,\"commit\":\"{commit}\",\"metric\":{value},\"status\":\"{status}\",\"description\":\"{description}\"}}\n")
        })
        .collect();
    let log = "{\"type\":\"config\",\"name\":\"a\",\"metricName\":\"val_loss\",\"bestDirection\":\"lower\"}\n"
        .to_owned()
        + &log;
    for (path, text) in [
        (".autoresearch-r5/autoresearch.jsonl", &log),
        (".loops/results.tsv", &table),
        (".my-research/experiments.tsv", &table),
        (".loops/Results.TSV", &table),
    ] {
        let (a_loop, _) = without_table();
        a_loop.write(path, text);
        if path.contains("TSV") {
            // Not one of the usual spellings: where it is, is said.
            assert!(said(&a_loop, &["status"]).contains(".loops/Results.TSV further down"), "{path}");
        } else {
            is_read(&a_loop, path);
        }
    }
    for path in [".git/results.tsv", ".venv/lib/results.tsv", ".ruff_cache/results.tsv", ".cache/autoresearch.jsonl"] {
        let (a_loop, _) = without_table();
        a_loop.write(path, if path.ends_with("jsonl") { &log } else { &table });
        let status = said(&a_loop, &["status"]);
        assert!(status.contains("no loop found") && !status.contains("further down"), "{path}: {status}");
    }
}

#[test]
fn names_are_compared_without_case() {
    let (_, commits) = without_table();
    let csv = by_commas(&commits);
    for (path, text) in [
        ("Results.CSV", csv.clone()),
        ("RESULTS.TSV", csv.replace(',', "\t")),
        ("Mar8-Results.TSV", csv.replace(',', "\t")),
        ("Experiments.Csv", csv.clone()),
        ("RESULTS.MD", markdown(&commits)),
        ("experiments/RESULTS.TSV", csv.replace(',', "\t")),
    ] {
        let (a_loop, _) = without_table();
        a_loop.write(path, text);
        is_read(&a_loop, path);
    }
}

#[test]
fn a_table_that_is_no_file_is_named_as_such() {
    let make = |a_loop: &Loop, program: &str, args: &[&str]| {
        let made = std::process::Command::new(program).args(args).current_dir(a_loop.dir()).status().unwrap();
        assert!(made.success());
    };
    for (program, args, what) in [
        ("ln", &["-s", "/dev/zero", "results.tsv"][..], "a symlink to a device"),
        ("ln", &["-s", "results.tsv", "results.tsv"], "a symlink to itself"),
        ("ln", &["-s", "nowhere", "results.tsv"], "a dangling symlink"),
        ("ln", &["-s", ".", "results.tsv"], "a symlink to a directory"),
        ("mkfifo", &["results.tsv"], "a pipe"),
        ("mkdir", &["results.tsv"], "a directory"),
    ] {
        let a_loop = Loop::new(&[("train.py", START)]);
        make(&a_loop, program, args);
        let line = format!("results.tsv: not a regular file: {what}");
        for (command, times) in [("doctor", 1), ("status", 1)] {
            let said = said(&a_loop, &[command]);
            assert_eq!(said.matches("results.tsv: ").count(), times, "{what}: {said}");
            assert!(said.contains(&line) && !said.contains("further down"), "{what}: {said}");
        }
        // Beside runs, too.
        a_loop.write("runs/a/metrics.csv", "step,loss\n1,0.5\n2,0.4\n");
        let doctor = said(&a_loop, &["doctor"]);
        assert!(doctor.contains(&line), "{what}: {doctor}");
    }
}

#[test]
fn a_table_in_a_repository_of_its_own_is_said_to_lie_there() {
    let (inner, commits) = without_table();
    inner.write("results.tsv", by_commas(&commits).replace(',', "\t"));
    // Outside there is no repository, one that ignores the clone, or one whose submodule it is.
    for outside in ["none", "ignored", "submodule"] {
        let temp = tempfile::tempdir().unwrap();
        let outer = Loop::at(temp.path().canonicalize().unwrap());
        std::fs::create_dir(outer.dir()).unwrap();
        if outside != "none" {
            outer.git(&["init", "-q", "-b", "main"]);
            outer.write(".gitignore", if outside == "ignored" { "sub\n" } else { "\n" });
            outer.commit("start");
        }
        let source = inner.dir().to_str().unwrap();
        if outside == "submodule" {
            outer.git(&["-c", "protocol.file.allow=always", "submodule", "add", "-q", source, "sub"]);
            outer.write("sub/results.tsv", by_commas(&commits).replace(',', "\t"));
        } else {
            let copied =
                std::process::Command::new("cp").arg("-a").arg(source).arg(outer.path("sub")).status().unwrap();
            assert!(copied.success());
        }
        let line = "sub: a separate git repository: open it to see what its rows changed";
        let doctor = said(&outer, &["doctor"]);
        assert!(doctor.contains(line), "{outside}: {doctor}");
        assert!(doctor.contains("→ sub is a separate git repository: open it"), "{outside}: {doctor}");
        let status = said(&outer, &["status"]);
        assert!(status.contains(&format!("not read   {line}")), "{outside}: {status}");
        let mut driver = Driver::new(&outer, 120, 40);
        driver.keys("w").draw();
        let screen = driver.screen();
        assert!(screen.contains(line), "{outside}: {screen}");
        let inside = said(&inner, &["status"]);
        assert!(!inside.contains("repository of its own") && !inside.contains("separate git repository"), "{inside}");
    }
}
