//! Reads a million values in each format, and draws ten million.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;

use countersign::app::{Event, KeyPress, State, ViewKind, update};
use countersign::format::{CurvesFormat, ResultsTable, TableReader as _};
use countersign::model::{
    Binding, CurveOutline, Curves, Fact, Facts, LoopFormat, Recorded, Segment, Table, Trial, TrialEnd, TrialId, fold,
};
use countersign::policy::Policy;
use countersign::series::{Series, SeriesMap, Smoothed, edges};
use countersign::store::{CurveStore, LogMark, Saved};
use countersign::ui::{Theme, draw};
use countersign::watch::View;
use divan::{Bencher, counter::BytesCount};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn main() {
    divan::main();
}

/// A file of a million values, in the chunks in which it is read from disk.
fn read(bencher: Bencher<'_, '_>, name: &str, file: &[u8]) {
    let format = CurvesFormat::by_name(name);
    let points = |curves: &Curves| curves.series.values().map(Series::len).sum::<usize>();
    bencher.counter(BytesCount::new(file.len())).bench(|| {
        let mut reader = format.reader();
        file.chunks(4 << 20).for_each(|piece| reader.push(piece));
        let curves = reader.curves();
        assert!(points(&curves) >= 1_000_000);
        curves
    });
}

#[divan::bench]
fn read_1e6_values_of_wandb(bencher: Bencher<'_, '_>) {
    read(bencher, "run-a.wandb", &support::wandb(100_000, 10));
}

#[divan::bench]
fn read_1e6_values_of_tfevents(bencher: Bencher<'_, '_>) {
    read(bencher, "events.out.tfevents.1", &support::tfevents(100_000, 10));
}

#[divan::bench]
fn read_1e6_values_of_jsonl(bencher: Bencher<'_, '_>) {
    read(bencher, "metrics.jsonl", &support::jsonl(100_000, 10));
}

#[divan::bench]
fn read_1e6_values_of_csv(bencher: Bencher<'_, '_>) {
    read(bencher, "metrics.csv", &support::csv(100_000, 10));
}

#[divan::bench]
fn read_a_run_log_of_100k_steps(bencher: Bencher<'_, '_>) {
    let text: String = (0..100_000).map(|step| format!("\rstep {step:05} (1.0%) | loss: 3.4 | lrm: 1.00 | dt: 310ms | tok/sec: 1,690,000 | mfu: 39.8% | epoch: 1 | remaining: 287s    ")).collect();
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let mut reader = CurvesFormat::RunLog.reader();
        reader.push(text.as_bytes());
        reader.curves()
    });
}

/// Console output of about 20 MB, in the chunks in which it is read from disk.
fn read_console(bencher: Bencher<'_, '_>, line: impl Fn(usize) -> String) {
    let mut text = String::new();
    for at in 0.. {
        text.push_str(&line(at));
        if text.len() > 20_000_000 {
            break;
        }
    }
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let mut reader = CurvesFormat::RunLog.reader();
        text.as_bytes().chunks(4 << 20).for_each(|piece| reader.push(piece));
        reader.curves()
    });
}

#[divan::bench]
fn read_20_mb_of_nanochat(bencher: Bencher<'_, '_>) {
    read_console(bencher, |at| {
        let value = f64::from(support::value(at as u32, 0) as f32);
        format!(
            "step {at:05}/214000 ({:.2}%) | loss: {value:.6} | grad norm: {value:.4} | lrm: 1.00 | dt: {:.2}ms | tok/sec: 1,69{},{:03} | mfu: 47.51 | total time: {:.2}m\n",
            at as f64 / 2140.0,
            310.0 + value.abs(),
            at % 10,
            at % 1000,
            at as f64 / 100.0
        )
    });
}

#[divan::bench]
fn read_20_mb_of_torchtitan(bencher: Bencher<'_, '_>) {
    read_console(bencher, |at| {
        let value = support::value(at as u32, 1);
        format!(
            "[rank0]:[titan] 2026-05-18 16:{:02}:{:02},{:03} - root - INFO - \x1b[31mstep: {at:2}  \x1b[32mloss: {value:8.5}  \x1b[33mgrad_norm: {value:7.4}  \x1b[34mmemory:  9.46GiB(64.99%)  \x1b[32mtps: 7,{:03}  \x1b[36mtflops: 0.52  \x1b[35mmfu: 0.17%\x1b[39m\n",
            at / 60 % 60,
            at % 60,
            at % 1000,
            at % 1000
        )
    });
}

#[divan::bench]
fn read_20_mb_of_prose(bencher: Bencher<'_, '_>) {
    let words = ["the", "model", "learns", "of", "data", "that", "was", "loaded", "from", "disk", "tokens", "written"];
    read_console(bencher, |at| {
        let mut line: String =
            (0..6 + at % 9).map(|word| format!("{} ", words[(at * 7 + word * 5) % words.len()])).collect();
        if at % 4 == 0 {
            line.push_str(&format!("{} /usr/lib/python3.11/site.py:{}", at % 1000, at % 777));
        }
        line.push('\n');
        line
    });
}

/// A worker's output between the steps: the same sentence with other numbers.
#[divan::bench]
fn read_20_mb_of_workers(bencher: Bencher<'_, '_>) {
    read_console(bencher, |at| match at % 12 {
        0 => format!(
            "2026-05-18 16:00:{:02},000 INFO trainer: step {at} loss {:.4}\n",
            at % 60,
            support::value(at as u32, 0)
        ),
        1..=5 => format!(
            "2026-05-18 16:00:{:02},000 INFO dataloader: worker {} fetched batch {at} in {:.1} ms\n",
            at % 60,
            at % 8,
            at as f64 / 7.0 % 9.0
        ),
        _ => format!(
            "2026-05-18 16:00:{:02},000 INFO cache: evicted {} entries, {} MB in use of 16384 MB\n",
            at % 60,
            at % 300,
            at % 4096
        ),
    });
}

/// Sentences with numbers, no two of them alike.
#[divan::bench]
fn read_20_mb_of_numbered_prose(bencher: Bencher<'_, '_>) {
    read_console(bencher, |at| {
        let word = |place: usize| {
            let mut letters = (at * 31 + place * 17).wrapping_mul(2_654_435_761) % 100_000_007;
            let mut text = String::new();
            while letters > 0 {
                text.push(char::from(b'a' + (letters % 26) as u8));
                letters /= 26;
            }
            text
        };
        let words: Vec<String> = (0..8 + at % 9).map(word).collect();
        format!("{} {} {} {}.\n", words[..4].join(" "), at % 5000, words[4..].join(" "), at % 777)
    });
}

fn series(points: u32) -> Series {
    (0..points).map(|step| (f64::from(step), support::value(step, 0))).collect()
}

#[divan::bench]
fn append_1e6_values(bencher: Bencher<'_, '_>) {
    bencher.bench(|| series(1_000_000));
}

/// The work of an overview: first, smallest, largest and last value in each of 800 columns.
#[divan::bench(args = [1_000_000, 10_000_000])]
fn columns_of_a_series(bencher: Bencher<'_, '_>, points: u32) {
    let series = series(points);
    let edges = edges(0.0, f64::from(points), 800);
    bencher.bench(|| series.columns(&edges));
}

#[divan::bench(args = [1_000_000])]
fn smooth_a_series(bencher: Bencher<'_, '_>, points: u32) {
    let series = series(points);
    bencher.bench(|| {
        let mut smoothed = Smoothed::new(0.9);
        smoothed.update(&series);
        smoothed
    });
}

fn state_of(trial: Trial) -> State {
    let mut facts = Facts::default();
    let mut reader = ResultsTable::default();
    reader.push(b"commit\tval_bpb\tstatus\tdescription\n-\t1.0\tkeep\tbaseline\n");
    facts.apply(Fact::Table(Arc::new(Table {
        source: "results.tsv".into(),
        format: LoopFormat::Autoresearch,
        segments: vec![Segment {
            choice: reader.view().choice().cloned(),
            rows: reader.view().rows,
            ..Segment::default()
        }],
        reading: Arc::default(),
        warnings: Vec::new(),
    })));
    facts.apply(Fact::Trial(Arc::new(trial)));
    let view = View { snapshot: Arc::new(fold(&facts)), policy: Arc::new(Policy::standard()) };
    let mut state = State::new((200, 50), &view, 0);
    state.view = ViewKind::Curves;
    state
}

fn trial(series: SeriesMap) -> Trial {
    let recorded = Recorded::InMemory(Arc::new(Curves { series, ..Curves::default() }));
    Trial { end: TrialEnd::Finished, recorded, ..Trial::begun(TrialId(1), "run.log", Binding::Unknown) }
}

fn keys(bencher: Bencher<'_, '_>, mut state: State, keys: [KeyPress; 2]) {
    let mut terminal = Terminal::new(TestBackend::new(200, 50)).unwrap();
    let theme = Theme::dark();
    let mut other = false;
    bencher.bench_local(|| {
        other = !other;
        update(&mut state, Event::Key(keys[usize::from(other)]));
        terminal
            .draw(|frame| {
                draw(frame, &state, &theme);
            })
            .unwrap();
    });
}

/// A key in the curves, smoothed and with a cursor: update and draw.
#[divan::bench(args = [1000, 100_000, 1_000_000, 10_000_000])]
fn move_the_cursor(bencher: Bencher<'_, '_>, points: u32) {
    let mut state = state_of(trial([("loss".into(), series(points))].into()));
    for key in "ssh".chars() {
        update(&mut state, Event::Key(KeyPress::Char(key)));
    }
    assert!(state.curves.plot.cursor.is_some());
    keys(bencher, state, [KeyPress::Left, KeyPress::Right]);
}

/// Zooming in and out again, raw and smoothed curve.
#[divan::bench(args = [1_000_000, 10_000_000])]
fn zoom(bencher: Bencher<'_, '_>, points: u32) {
    let mut state = state_of(trial([("loss".into(), series(points))].into()));
    update(&mut state, Event::Key(KeyPress::Char('s')));
    keys(bencher, state, [KeyPress::Char('+'), KeyPress::Char('-')]);
}

/// Twelve charts of a million values each.
#[divan::bench]
fn move_the_cursor_in_a_grid(bencher: Bencher<'_, '_>) {
    let all = (0..12).map(|metric| (format!("metric {metric}").into(), series(1_000_000))).collect();
    let mut state = state_of(trial(all));
    for key in "th".chars() {
        update(&mut state, Event::Key(KeyPress::Char(key)));
    }
    assert!(state.curves.plot.grid);
    keys(bencher, state, [KeyPress::Left, KeyPress::Right]);
}

/// A directory with this many runs and no loop: a key in the list, with its screen; sorting it by last values.
fn folder_of(runs: u64) -> State {
    let mut facts = Facts::default();
    facts.apply(Fact::Table(Arc::new(Table {
        source: "results.tsv".into(),
        format: LoopFormat::Curves,
        segments: Vec::new(),
        reading: Arc::default(),
        warnings: Vec::new(),
    })));
    for run in 0..runs {
        let all: SeriesMap =
            (0..8).map(|metric| (format!("metric {metric}").into(), series(100 + run as u32 % 50))).collect();
        let outlines = all.iter().filter_map(|(metric, series)| CurveOutline::of(metric, series)).collect();
        let log = format!("runs/lr_{}/seed_{run}/metrics.csv", run % 10);
        let trial = Trial {
            end: TrialEnd::Silent,
            last_ms: Some(run as i64 * 1000),
            recorded: Recorded::InStore(outlines),
            ..Trial::begun(TrialId(run), &log, Binding::Unknown)
        };
        facts.apply(Fact::Trial(Arc::new(trial)));
    }
    let view = View { snapshot: Arc::new(fold(&facts)), policy: Arc::new(Policy::standard()) };
    let state = State::new((200, 50), &view, 0);
    assert_eq!((state.view, state.runs.rows().len() as u64), (ViewKind::Runs, runs));
    state
}

#[divan::bench(args = [300, 5_000])]
fn move_in_the_list_of_runs(bencher: Bencher<'_, '_>, runs: u64) {
    keys(bencher, folder_of(runs), [KeyPress::Down, KeyPress::Up]);
}

#[divan::bench(args = [300, 5_000])]
fn sort_the_list_of_runs(bencher: Bencher<'_, '_>, runs: u64) {
    keys(bencher, folder_of(runs), [KeyPress::Char('o'), KeyPress::Char('o')]);
}

/// A store of 2,000 trials of 10,000 points: the data for the first screen, and the curves of one trial.
fn store() -> (tempfile::TempDir, std::path::PathBuf, TrialId) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.db");
    let mut store = CurveStore::open(&path).unwrap();
    let curves: Arc<Curves> =
        Arc::new(Curves { series: [("loss".into(), series(10_000))].into(), ..Curves::default() });
    let mut last = TrialId(0);
    for _ in 0..2_000 {
        last = store.begin("loop", "run.log", None).unwrap();
        let recorded = Recorded::InMemory(Arc::clone(&curves));
        let trial = Trial { end: TrialEnd::Finished, recorded, ..Trial::begun(last, "run.log", Binding::Unknown) };
        store.save(&trial, &LogMark::default(), &mut Saved::default()).unwrap();
    }
    (folder, path, last)
}

#[divan::bench(sample_count = 20)]
fn recall_2k_archived_trials(bencher: Bencher<'_, '_>) {
    let (_folder, path, _) = store();
    bencher.bench(|| {
        let trials = CurveStore::open_to_read(&path).unwrap().trials("loop").unwrap();
        assert_eq!(trials.len(), 2_000);
        trials
    });
}

#[divan::bench(sample_count = 20)]
fn load_one_of_2k_archived_trials(bencher: Bencher<'_, '_>) {
    let (_folder, path, last) = store();
    bencher.bench(|| CurveStore::open_to_read(&path).unwrap().curves(last).unwrap());
}
