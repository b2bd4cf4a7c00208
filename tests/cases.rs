//! Readers on small inputs with their expectations beside them: `tests/cases/<name>/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use countersign::format::table_reader;
use countersign::model::{Goal, LoopFormat};

/// What a reader made of an input, a line each.
fn read(path: &Path) -> String {
    let format = match path.extension().and_then(|ending| ending.to_str()) {
        Some("tsv") => LoopFormat::Autoresearch,
        _ => LoopFormat::PiAutoresearch,
    };
    let mut reader = table_reader(format);
    reader.push(&std::fs::read(path).unwrap());
    let view = reader.view();
    let direction = match view.goal {
        Some(Goal::Minimize) => "lower",
        Some(Goal::Maximize) => "higher",
        None => "unknown",
    };
    let metric = view.metric.as_deref().unwrap_or("-");
    let mut text = format!("objective {metric} {direction}\n");
    for row in &view.rows {
        let cell = if row.cell.is_blank() { "-" } else { row.cell.raw() };
        let (claim, outcome) = (row.claim(), row.outcome(metric));
        text.push_str(&format!("{} {cell} {claim:?} {outcome:?} {}\n", row.line, row.description.raw()));
    }
    for warning in &view.warnings {
        text.push_str(&format!("warning {}-{} {}\n", warning.line, warning.end_line, warning.message));
    }
    text
}

#[test]
fn every_case_reads_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases = 0;
    for case in std::fs::read_dir(folder).unwrap().flatten() {
        let files: Vec<_> = std::fs::read_dir(case.path()).unwrap().flatten().map(|entry| entry.path()).collect();
        let input = files.iter().find(|path| !path.ends_with("expected.txt")).unwrap();
        let expected = std::fs::read_to_string(case.path().join("expected.txt")).unwrap();
        assert_eq!(read(input), expected, "{}", case.path().display());
        cases += 1;
    }
    assert!(cases >= 10, "{cases}");
}
