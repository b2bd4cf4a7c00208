//! Readers on small inputs with their expectations beside them: `tests/cases/<name>/`.
#![allow(clippy::naive_bytecount)]

use std::path::Path;

use countersign::format::{CurvesFormat, TableRules, table_reader};
use countersign::model::{Goal, LoopFormat};
use proptest::prelude::*;

/// What a reader made of an input, a line each.
fn read(path: &Path) -> String {
    let format = match path.extension().and_then(|ending| ending.to_str()) {
        Some("tsv") => LoopFormat::Autoresearch,
        _ => LoopFormat::PiAutoresearch,
    };
    let mut reader = table_reader(format, &TableRules::default());
    reader.push(&std::fs::read(path).unwrap());
    let view = reader.view();
    let direction = match view.goal() {
        Some(Goal::Minimize) => "lower",
        Some(Goal::Maximize) => "higher",
        None => "unknown",
    };
    let metric = view.metric().map_or("-", |metric| &**metric);
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

/// Bytes that look like what the readers read, broken in every way.
fn broken() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n",
        "a1b2c3d\t0.9\t1\tkeep\tx\n",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "# metric_direction: ",
        "step 1 | loss: ",
        "nan",
        "1e999",
        "---\n",
        "Traceback (most recent call last)",
        "{\"run\":1,\"status\":\"keep\"}",
        "{\"type\":\"config\"",
        "{\"step\":1,\"loss\":NaN}\n",
        "\u{feff}",
        "日本",
        "\u{202e}",
        "250/1750 ",
        "=",
        ":",
        "| ",
        "METRIC x=1\n",
        "\\t",
        "<<<<<<< ",
    ]);
    prop::collection::vec(prop_oneof![6 => words.prop_map(|word| word.as_bytes().to_vec()), 1 => prop::collection::vec(any::<u8>(), 0..6)], 0..60)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_reader_panics_and_chunks_make_no_difference(bytes in broken(), cut in 0usize..400) {
        let cut = cut.min(bytes.len());
        for format in [LoopFormat::Autoresearch, LoopFormat::PiAutoresearch] {
            let read = |chunks: &[&[u8]]| {
                let mut reader = table_reader(format, &TableRules::default());
                for chunk in chunks {
                    reader.push(chunk);
                    reader.view();
                }
                reader.view()
            };
            let (whole, parts) = (read(&[&bytes]), read(&[&bytes[..cut], &bytes[cut..]]));
            prop_assert_eq!(format!("{:?}", whole), format!("{:?}", parts));
            let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
            prop_assert!(whole.warnings.iter().all(|w| w.line >= 1 && w.line <= w.end_line && w.end_line <= lines));
        }
        for name in ["run.log", "metrics.jsonl", "metrics.csv", "a.wandb", "events.out.tfevents.1"] {
            let read = |chunks: &[&[u8]]| {
                let mut reader = CurvesFormat::by_name(name).reader();
                for chunk in chunks {
                    reader.push(chunk);
                }
                format!("{:?} {:?}", reader.view(), reader.curves())
            };
            prop_assert_eq!(read(&[&bytes]), read(&[&bytes[..cut], &bytes[cut..]]));
        }
    }
}
