//! Other people's files through every reader, counted a second time by another method.
#![allow(clippy::redundant_closure_for_method_calls, clippy::naive_bytecount, clippy::float_cmp)]

use std::path::PathBuf;

use countersign::format::LogReader as _;
use countersign::format::{MetricsJsonl, PiJsonl, ResultsTable, RunLog, TableReader, TableView};
use countersign::model::{Claim, Goal};

/// The shared corpus; `None` where it is not there.
fn corpus(kind: &str) -> Option<Vec<PathBuf>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(kind);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no corpus beside the project");
        return None;
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    Some(files)
}

fn in_chunks<R: Default>(bytes: &[u8], size: usize, push: impl Fn(&mut R, &[u8])) -> R {
    let mut reader = R::default();
    bytes.chunks(size).for_each(|chunk| push(&mut reader, chunk));
    reader
}

fn view<R: Default + TableReader>(bytes: &[u8], size: usize) -> TableView {
    in_chunks::<R>(bytes, size, |reader, chunk| reader.push(chunk)).view()
}

/// The second method: whole text, plain splitting, no knowledge of the reader.
fn by_hand(text: &str) -> (Vec<Vec<&str>>, Vec<&str>) {
    let lines: Vec<&str> = text.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let header_at = lines.iter().position(|line| !line.starts_with('#') && !line.trim().is_empty());
    let Some(header_at) = header_at else { return (Vec::new(), Vec::new()) };
    let header: Vec<&str> = lines[header_at].split('\t').collect();
    let rows = lines[header_at + 1..].iter().map(|line| line.split('\t').collect::<Vec<_>>());
    (rows.filter(|cells| cells.len() == header.len() && header.len() > 1).collect(), header)
}

#[test]
fn tables_are_counted_alike_by_two_methods() {
    let Some(files) = corpus("tsv") else { return };
    assert!(files.len() >= 50);
    let (mut rows_in_all, mut uneven) = (0, 0);
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let view = view::<ResultsTable>(&bytes, bytes.len().max(1));
        let (rows, header) = by_hand(&text);
        let name = path.display();
        // Rows whose last cells are missing, or whose description holds a tab, are rows, too; two tables of the corpus
        // have such lines.
        assert!((rows.len()..=rows.len() + 1).contains(&view.rows.len()), "{name}: {} {}", view.rows.len(), rows.len());
        uneven += view.rows.len() - rows.len();
        rows_in_all += rows.len();
        let status = header.iter().position(|column| *column == "status");
        if let Some(status) = status {
            let count = |word: &str| rows.iter().filter(|cells| cells[status].eq_ignore_ascii_case(word)).count();
            let claims = |claim: Claim| view.rows.iter().filter(|row| row.claim() == claim).count();
            assert_eq!(claims(Claim::Keep), count("keep") + count("accepted"), "{name}");
            assert_eq!(claims(Claim::Crash), count("crash") + count("crashed"), "{name}");
            assert_eq!(
                claims(Claim::Discard),
                ["discard", "discarded", "rejected", "reverted", "non_improvement"]
                    .iter()
                    .map(|word| count(word))
                    .sum::<usize>(),
                "{name}"
            );
        }
        // Every line with something in it is the header, a comment, a row, or in a warning's range.
        for (at, line) in text.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let number = at as u64 + 1;
            let known = view.rows.iter().any(|row| row.line == number)
                || view.warnings.iter().any(|w| (w.line..=w.end_line).contains(&number))
                || line.split('\t').collect::<Vec<_>>() == header
                || line.trim_end_matches('\r').split('\t').collect::<Vec<_>>() == header
                || line.starts_with('#');
            assert!(known, "{name}:{number} was dropped silently");
        }
        best_is_the_same(&view, &rows, &header, &name.to_string());
        for size in [1, 7, 4096] {
            let parts = self::view::<ResultsTable>(&bytes, size);
            assert_eq!(
                (parts.rows, parts.warnings, parts.segments),
                (view.rows.clone(), view.warnings.clone(), view.segments.clone()),
                "{name} in chunks of {size}"
            );
        }
    }
    assert!(rows_in_all > 1000 && uneven <= 2, "{rows_in_all} {uneven}");
}

/// The best kept value of the named column, found by sorting strings' numbers.
fn best_is_the_same(view: &TableView, rows: &[Vec<&str>], header: &[&str], name: &str) {
    let (Some(metric), Some(goal)) = (view.metric().map(|metric| &**metric), view.goal()) else { return };
    // The second method does not know tabs that were written as two characters.
    if header.iter().any(|column| column.contains("\\t")) {
        return;
    }
    let column = header.iter().position(|column| column.trim() == metric);
    let column = column.unwrap_or_else(|| panic!("{name}: {metric} is not in the header {header:?}"));
    let Some(status) = header.iter().position(|column| *column == "status") else { return };
    let mut kept: Vec<f64> = rows
        .iter()
        .filter(|cells| ["keep", "accepted"].contains(&cells[status].to_ascii_lowercase().as_str()))
        .filter_map(|cells| cells[column].trim().parse().ok())
        .collect();
    kept.sort_by(f64::total_cmp);
    let expected = if goal == Goal::Minimize { kept.first() } else { kept.last() };
    let found = view
        .rows
        .iter()
        .filter(|row| row.claim() == Claim::Keep)
        .filter_map(|row| row.outcome(metric).value())
        .reduce(|best, value| if goal.is_better(value, best) { value } else { best });
    assert_eq!(found.as_ref(), expected, "{name}: best {metric}");
}

#[test]
fn pi_logs_are_counted_alike_by_two_methods() {
    let Some(files) = corpus("jsonl") else { return };
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let view = view::<PiJsonl>(&bytes, bytes.len().max(1));
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let runs = lines.iter().filter(|line| line.starts_with("{\"run\":")).count();
        let configs = lines.iter().filter(|line| line.contains("\"type\":\"config\"")).count();
        let name = path.display();
        assert_eq!(view.rows.len(), runs, "{name}");
        assert_eq!(view.rows.len() + configs + view.warnings.len(), lines.len(), "{name}: every line is accounted for");
        let crashed = lines.iter().filter(|line| line.contains("\"status\":\"crash\"")).count();
        assert_eq!(view.rows.iter().filter(|row| row.claim() == Claim::Crash).count(), crashed, "{name}");
        let parts = self::view::<PiJsonl>(&bytes, 5);
        assert_eq!((parts.rows, parts.warnings), (view.rows, view.warnings), "{name}");
    }
}

#[test]
fn run_logs_are_counted_alike_by_two_methods() {
    let Some(files) = corpus("runlog") else { return };
    assert!(files.len() >= 15);
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let read = |size: usize| {
            let mut log = in_chunks::<RunLog>(&bytes, size, |log, chunk| log.push(chunk));
            log.push(b"\n");
            (log.view().clone(), log.curves().series)
        };
        let (view, curves) = read(bytes.len());
        let name = path.display().to_string();
        let text = String::from_utf8_lossy(&bytes);
        let (key, count, last) = progress_by_hand(&text);
        assert!(count > 0, "{name}");
        let series = &curves[key];
        assert_eq!(series.len(), count, "{name}: points of {key}");
        assert_eq!(series.last().unwrap().value, last, "{name}: last {key}");
        let values =
            text.split("\nval_bpb:").skip(1).filter_map(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        for value in values {
            assert!(view.summary.iter().any(|(key, found)| &**key == "val_bpb" && *found == value), "{name}: summary");
        }
        for size in [1, 13, 1000] {
            assert_eq!(format!("{:?}", read(size)), format!("{:?}", (&view, &curves)), "{name} in chunks of {size}");
        }
    }
}

/// Loss values counted by cutting the text at the key's name.
fn progress_by_hand(text: &str) -> (&'static str, usize, f64) {
    let value = |rest: &str| {
        rest.trim_start().split(|c: char| c.is_whitespace() || c == '|').next().unwrap().parse::<f64>().unwrap()
    };
    if text.contains("| loss: ") {
        let parts: Vec<&str> = text.split("| loss: ").skip(1).collect();
        return ("loss", parts.len(), value(parts.last().unwrap()));
    }
    let parts: Vec<&str> = text.split("train_loss:").skip(1).collect();
    ("train_loss", parts.len(), value(parts.last().unwrap()))
}

#[test]
fn any_truncation_gives_records_or_a_located_warning() {
    let Some(files) = corpus("tsv") else { return };
    for path in files.iter().take(12) {
        let bytes = std::fs::read(path).unwrap();
        let whole = view::<ResultsTable>(&bytes, 1 << 20);
        let step = (bytes.len() / 60).max(1);
        for end in (0..bytes.len()).step_by(step) {
            let part = view::<ResultsTable>(&bytes[..end], 1 << 20);
            assert!(part.rows.len() <= whole.rows.len());
            let last = bytes[..end].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            assert!(part.warnings.iter().all(|w| w.line >= 1 && w.end_line <= last), "{}", path.display());
            for (row, same) in part.rows.iter().zip(&whole.rows).take(part.rows.len().saturating_sub(1)) {
                assert_eq!(row, same);
            }
        }
    }
}

#[test]
fn a_metrics_file_reads_in_any_chunks() {
    let text: String = (0..500)
        .map(|step| format!("{{\"step\":{step},\"loss\":{},\"lr\":NaN}}\n", 1.0 / f64::from(step + 1)))
        .collect();
    for size in [1, 3, 100, 100_000] {
        let log = in_chunks::<MetricsJsonl>(text.as_bytes(), size, |log, chunk| log.push(chunk));
        assert_eq!(log.curves().series["loss"].len(), 500);
        assert_eq!(log.curves().series["lr"].summary().nonfinite(), 500);
    }
}
