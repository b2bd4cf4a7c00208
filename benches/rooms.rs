//! Measures the rooms: readers, fold, diff, merge, drawing.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::sync::Arc;

use countersign::app::{Event, KeyPress, State, update};
use countersign::format::{ResultsTable, TableReader as _};
use countersign::model::{
    Approved, Binding, CommitId, CommitNode, Fact, Facts, History, LoopFormat, Segment, Snapshot, Table, TreeId, Trial,
    TrialId, fold,
};
use countersign::policy::Policy;
use countersign::repo::merge_lines;
use countersign::ui::{Theme, draw};
use countersign::watch::View;
use divan::Bencher;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn main() {
    divan::main();
}

fn commit(number: u32) -> CommitId {
    let mut bytes = [0xab; 20];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    CommitId::from_bytes(bytes)
}

fn table_text(rows: u32) -> String {
    let mut text = String::from("commit\tval_bpb\tmemory_gb\tstatus\tdescription\n");
    for row in 0..rows {
        let id = &commit(row).to_string()[..10];
        text.push_str(&format!("{id}\t{:.6}\t44.0\tkeep\texperiment number {row}\n", 2.0 - f64::from(row) * 1e-5));
    }
    text
}

/// A loop in which every row was kept and waits: the largest possible inbox.
fn facts(rows: u32) -> Facts {
    let mut reader = ResultsTable::default();
    reader.push(table_text(rows).as_bytes());
    let view = reader.view();
    let mut history = History { head: Some(commit(rows - 1)), fork_point: Some(commit(0)), ..History::default() };
    for row in 0..rows {
        let id = commit(row);
        history.cells.insert(id.to_string()[..10].to_owned(), vec![id]);
        let mut tree = [1; 20];
        tree[..4].copy_from_slice(&row.to_be_bytes());
        let parents = row.checked_sub(1).map(commit).into_iter().collect();
        history.nodes.insert(id, CommitNode { parents, bare_tree: Some(TreeId::from_bytes(tree)), at_ms: 0 });
    }
    let mut facts = Facts::default();
    facts.apply(Fact::Table(Arc::new(Table {
        source: "results.tsv".into(),
        format: LoopFormat::Autoresearch,
        segments: vec![Segment { choice: view.choice().cloned(), rows: view.rows, ..Segment::default() }],
        reading: Arc::default(),
        warnings: Vec::new(),
    })));
    facts.apply(Fact::History(Arc::new(history)));
    let approved = Approved { branch: "countersign/approved".into(), ..Approved::default() };
    facts.apply(Fact::Approved(Arc::new(approved)));
    facts
}

#[divan::bench(args = [100, 10_000])]
fn read_results(bencher: Bencher<'_, '_>, rows: u32) {
    let text = table_text(rows);
    bencher.counter(divan::counter::BytesCount::of_str(&text)).bench(|| {
        let mut reader = ResultsTable::default();
        reader.push(text.as_bytes());
        reader.view()
    });
}

/// The cost of reading one log line, next to this many rows.
#[divan::bench(args = [200, 10_000])]
fn a_log_line_beside(bencher: Bencher<'_, '_>, rows: u32) {
    let mut facts = facts(rows);
    let of = |step: i64| {
        let trial = Trial::begun(TrialId(1), "run.log", Binding::Head(commit(rows)));
        Arc::new(Trial { last_ms: Some(step), ..trial })
    };
    facts.apply(Fact::Trial(of(0)));
    let first = facts.snapshot();
    let mut step = 0;
    bencher.bench_local(|| {
        step += 1;
        facts.apply(Fact::Trial(of(step)));
        facts.snapshot()
    });
    assert!(Arc::ptr_eq(&facts.snapshot().experiments, &first.experiments));
}

#[divan::bench(args = [100, 10_000])]
fn fold_facts(bencher: Bencher<'_, '_>, rows: u32) {
    let facts = facts(rows);
    bencher.bench(|| fold(&facts));
}

#[divan::bench]
fn merge_a_50k_line_file(bencher: Bencher<'_, '_>) {
    let base: String = (0..50_000).map(|line| format!("line {line}\n")).collect();
    let ours = base.replace("line 100\n", "ours\n");
    let theirs = base.replace("line 40000\n", "theirs\n");
    bencher.bench(|| merge_lines(base.as_bytes(), ours.as_bytes(), theirs.as_bytes()));
}

fn state(rows: u32, size: (u16, u16)) -> State {
    let snapshot: Snapshot = fold(&facts(rows));
    assert_eq!(snapshot.waiting.len(), rows as usize - 1);
    let view = View { snapshot: Arc::new(snapshot), policy: Arc::new(Policy::standard()) };
    State::new(size, &view, 0)
}

/// A key in an inbox of 10,000: update and draw.
#[divan::bench]
fn a_key_in_an_inbox_of_10k(bencher: Bencher<'_, '_>) {
    let mut state = state(10_000, (200, 50));
    let mut terminal = Terminal::new(TestBackend::new(200, 50)).unwrap();
    let theme = Theme::dark();
    let mut down = true;
    bencher.bench_local(|| {
        down = !down;
        update(&mut state, Event::Key(if down { KeyPress::Char('j') } else { KeyPress::Char('k') }));
        terminal
            .draw(|frame| {
                draw(frame, &state, &theme);
            })
            .unwrap();
    });
}

#[divan::bench(args = [b'3', b'4', b'5'])]
fn draw_a_view_of_10k(bencher: Bencher<'_, '_>, view: u8) {
    let mut state = state(10_000, (200, 50));
    update(&mut state, Event::Key(KeyPress::Char(char::from(view))));
    let mut terminal = Terminal::new(TestBackend::new(200, 50)).unwrap();
    let theme = Theme::dark();
    bencher.bench_local(|| {
        terminal
            .draw(|frame| {
                draw(frame, &state, &theme);
            })
            .unwrap();
    });
}

/// A letter in the palette, and one in the search, among 10,000 experiments: update and draw.
#[divan::bench(args = [":", "/"])]
fn a_letter_among_10k(bencher: Bencher<'_, '_>, opened_by: &str) {
    let mut state = state(10_000, (200, 50));
    for key in format!("4{opened_by}number 7").chars() {
        update(&mut state, Event::Key(KeyPress::Char(key)));
    }
    let mut terminal = Terminal::new(TestBackend::new(200, 50)).unwrap();
    let theme = Theme::dark();
    let mut typed = false;
    bencher.bench_local(|| {
        typed = !typed;
        update(&mut state, Event::Key(if typed { KeyPress::Char('7') } else { KeyPress::Backspace }));
        terminal
            .draw(|frame| {
                draw(frame, &state, &theme);
            })
            .unwrap();
    });
}

#[divan::bench]
fn resolve_by_label(bencher: Bencher<'_, '_>) {
    let snapshot = fold(&facts(10_000));
    let words: HashMap<usize, String> =
        (0..10).map(|at| (at, commit(at as u32 * 900).to_string()[..10].to_owned())).collect();
    bencher.bench(|| words.values().map(|word| snapshot.look_up(word)).collect::<Vec<_>>());
}
