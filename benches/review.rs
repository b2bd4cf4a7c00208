//! Reading large changes: from the snapshot to the screen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[allow(dead_code)]
#[path = "../tests/it/support/mod.rs"]
mod support;

use countersign::app::{Event, KeyPress, update};
use countersign::query::{QueryCache, Request, answer};
use divan::{Bencher, black_box};
use support::Loop;
use support::drive::{Driver, view};

fn main() {
    divan::main();
}

/// 50,000 changed lines of Python: every second of 50,000 lines is replaced.
fn rewritten() -> Loop {
    let text = |value: usize| -> String {
        (0..50_000)
            .map(|line| match line % 4 {
                0 => format!("def f{line}(x, lr={line}.5):\n"),
                1 => format!("    y = x * {} + {line}  # scale\n", line * value),
                2 => format!("    name = 'layer {line}'\n"),
                _ => format!("    return y - {value}\n"),
            })
            .collect()
    };
    one_change(&text(1), &text(2))
}

fn one_change(before: &str, after: &str) -> Loop {
    let made = Loop::new(&[("train.py", before)]);
    made.row(&made.short(), 1.0, "keep", "baseline");
    made.write("train.py", after);
    let head = made.commit("large");
    made.row(&head[..7], 0.9, "keep", "large");
    made
}

/// Candidate, diff, words, findings and keys of a change: the work before a selection is shown.
fn judge(bencher: Bencher<'_, '_>, made: &Loop) {
    let watched = made.watched();
    let (snapshot, scratch) = (watched.snapshot(), watched.repo().unwrap().scratch().unwrap());
    let id = made.waiting().remove(0);
    bencher.bench_local(|| {
        let asked = Request::Judge(id.clone());
        black_box(answer(&scratch, &mut QueryCache::default(), &snapshot, watched.policy(), &asked))
    });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn judge_50k_lines(bencher: Bencher<'_, '_>) {
    judge(bencher, &rewritten());
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn judge_a_line_of_60_mb(bencher: Bencher<'_, '_>) {
    judge(bencher, &one_change("x = 1\n", &format!("x = '{}'\n", "a".repeat(60_000_000))));
}

/// From the response to the first frame of the review, including texts and colours.
fn first_frame(bencher: Bencher<'_, '_>, made: &Loop) {
    bencher.with_inputs(|| Driver::new(made, 200, 50)).bench_local_values(|mut driver| {
        driver.keys("<enter>");
        black_box(driver.screen().len())
    });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn open_the_review_of_50k_lines(bencher: Bencher<'_, '_>) {
    first_frame(bencher, &rewritten());
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn open_the_review_of_a_line_of_60_mb(bencher: Bencher<'_, '_>) {
    first_frame(bencher, &one_change("x = 1\n", &format!("x = '{}'\n", "a".repeat(60_000_000))));
}

/// One key in a review of 50,000 lines, with its frame, without requests to other threads.
fn key(bencher: Bencher<'_, '_>, before: &str, key: KeyPress) {
    let made = rewritten();
    let mut driver = Driver::new(&made, 200, 50);
    driver.keys("<enter>").keys(before);
    bencher.bench_local(|| {
        black_box(update(&mut driver.state, Event::Key(key)).len());
        driver.draw();
    });
}

#[divan::bench]
fn key_down(bencher: Bencher<'_, '_>) {
    key(bencher, "", KeyPress::Char('j'));
}

#[divan::bench]
fn key_page_down(bencher: Bencher<'_, '_>) {
    key(bencher, "", KeyPress::PageDown);
}

/// All rows laid out again: one column, two columns, and so on.
#[divan::bench(sample_count = 20)]
fn key_columns(bencher: Bencher<'_, '_>) {
    key(bencher, "", KeyPress::Char('t'));
}

#[divan::bench(sample_count = 20)]
fn key_white_space(bencher: Bencher<'_, '_>) {
    key(bencher, "", KeyPress::Char('b'));
}

/// The last row that matches, searched from the first.
#[divan::bench(sample_count = 20)]
fn search_to_the_last_row(bencher: Bencher<'_, '_>) {
    key(bencher, "g/49999<enter>", KeyPress::Char('N'));
}

/// The complete loop as it is read at the start, for comparison.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn look_at_the_loop(bencher: Bencher<'_, '_>) {
    let made = rewritten();
    bencher.bench_local(|| black_box(view(&made).snapshot.experiments.len()));
}
