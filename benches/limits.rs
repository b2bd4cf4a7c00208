//! Measures the largest inputs that an agent can produce: `tests/it/limits.rs` asserts that the work is bounded, this
//! measures the bound.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use countersign::ledger::{Body, Chain, Ledger, LoopKey};
use countersign::model::{DecisionKind, ExperimentId, FileChange};
use countersign::policy::text::Visible;
use countersign::policy::{ChangeContext, Policy, findings};
use countersign::repo::text_change;
use divan::Bencher;

fn main() {
    divan::main();
}

fn key() -> LoopKey {
    LoopKey { work_tree: "/w".into(), branch: "b".into(), results: "r".into() }
}

fn veto(number: u32) -> Body {
    Body::Decision {
        experiment: ExperimentId::new(&format!("{number:040x}")),
        decision: DecisionKind::Vetoed,
        intent: None,
        commit: None,
        proposal: None,
        comments: Vec::new(),
        acknowledged: Vec::new(),
        on_screen_s: None,
        by_policy: false,
        reviewer: "Ada Human <ada@example.org>".into(),
        reason: "within noise, and it slows the loop down".into(),
    }
}

/// A ledger of 10,000 decisions, read and checked line by line.
#[divan::bench]
fn check_a_ledger_of_10k(bencher: Bencher<'_, '_>) {
    let mut prev = countersign::ledger::GENESIS.to_owned();
    let mut bytes = Vec::new();
    for number in 0..10_000 {
        let record = countersign::ledger::Record {
            v: 1,
            seq: u64::from(number) + 1,
            prev: prev.clone(),
            at: jiff::Timestamp::UNIX_EPOCH,
            loop_key: key(),
            body: veto(number),
            signature: None,
        };
        let line = serde_json::to_vec(&record).unwrap();
        prev = countersign::ledger::line_hash(&line);
        bytes.extend(line);
        bytes.push(b'\n');
    }
    bencher.bench_local(|| Chain::parse(Path::new("ledger.jsonl"), divan::black_box(&bytes)).unwrap());
}

/// One record, on disk: a decision waits for this once or twice, besides its objects.
#[divan::bench(max_time = 1)]
fn append_a_record_and_sync_it(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::lock(&folder.path().join("ledger.jsonl")).unwrap();
    bencher.bench_local(|| ledger.append(&key(), jiff::Timestamp::UNIX_EPOCH, veto(1)).unwrap().record.seq);
}

#[divan::bench(max_time = 2)]
fn a_line_of_60_mb(bencher: Bencher<'_, '_>) {
    let new = format!("x = '{}'\n", "a".repeat(60 << 20));
    bencher.bench_local(|| text_change("train.py", b"x = 1\n", divan::black_box(new.as_bytes())));
}

#[divan::bench(max_time = 3)]
fn a_rewrite_of_400k_lines(bencher: Bencher<'_, '_>) {
    let text = |edit: usize| (0..400_000).map(|number| format!("{}\n", number * 10 + edit)).collect::<String>();
    let (old, new) = (text(1), text(2));
    bencher.bench_local(|| text_change("train.py", divan::black_box(old.as_bytes()), new.as_bytes()));
}

#[divan::bench]
fn findings_of_100k_files(bencher: Bencher<'_, '_>) {
    let file = text_change("a", b"x\n", b"y\n");
    let files: Vec<FileChange> = (0..100_000)
        .map(|number| FileChange { path: format!("d/{number}.py").as_str().into(), ..file.clone() })
        .collect();
    bencher.bench_local(|| findings(&Policy::standard(), divan::black_box(&files), ChangeContext::default()));
}

/// A megabyte made visible: plain text, or only hostile characters.
#[divan::bench(args = ["plain", "hostile"])]
fn a_megabyte_made_visible(bencher: Bencher<'_, '_>, kind: &str) {
    let text =
        if kind == "plain" { "learning rate 0.5 to 0.7 ".repeat(40_000) } else { "\u{202e}\u{1b}é".repeat(160_000) };
    bencher.bench_local(|| Visible::of(divan::black_box(&text)));
}
