//! What is read of the console output of each training framework: a sample of each in `tests/dialects`, and beside it
//! what has to be read of it.
//!
//! `WRITE_DIALECTS=1 cargo test --test it -- dialects::` writes the expected files; what it wrote has to be read then.
#![allow(clippy::float_cmp)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use countersign::format::{LogReader as _, RunLog};
use countersign::model::TrialEnd;

/// The samples by name.
fn samples() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialects");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "log"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path))
        .collect();
    all.sort();
    assert!(all.len() >= 80, "{}", all.len());
    all
}

fn read(bytes: &[u8], size: usize) -> RunLog {
    let mut log = RunLog::default();
    bytes.chunks(size).for_each(|chunk| log.push(chunk));
    log.push(b"\n");
    log
}

/// Everything that was read, a line each.
fn told(log: &RunLog) -> String {
    let (view, curves) = (log.view(), log.curves());
    let mut text = String::new();
    for (name, series) in &curves.series {
        let (first, last) = (series.first().unwrap(), series.last().unwrap());
        let points = series.len();
        write!(text, "{name}: {points} [{}, {}] .. [{}, {}]", first.step, first.value, last.step, last.value).unwrap();
        let again = series.superseded();
        writeln!(text, "{}", if again > 0 { format!(" superseded {again}") } else { String::new() }).unwrap();
    }
    for (name, value) in &view.summary {
        writeln!(text, "= {name}: {value}").unwrap();
    }
    match &view.end {
        None => {}
        Some(TrialEnd::Finished) => text.push_str("= finished\n"),
        Some(end) => writeln!(text, "= {end:?}").unwrap(),
    }
    for (name, value) in [("progress", view.progress), ("remaining", view.remaining_s)] {
        if let Some(value) = value {
            writeln!(text, "= {name} {value:.4}").unwrap();
        }
    }
    for (name, series) in [("seconds", &curves.along.seconds), ("tokens", &curves.along.tokens)] {
        if let Some(last) = series.last() {
            writeln!(text, "= {name} {:.3} at {}", last.value, last.step).unwrap();
        }
    }
    if view.unread_lines.lines > 0 {
        let lines: Vec<_> = view.unread_lines.samples.iter().map(|(line, _)| line.to_string()).collect();
        writeln!(text, "= passed over {}: {}", view.unread_lines.lines, lines.join(" ")).unwrap();
    }
    text
}

#[test]
fn each_dialect_is_read_as_expected() {
    for (name, path) in samples() {
        let found = told(&read(&std::fs::read(&path).unwrap(), usize::MAX));
        let expected = path.with_extension("expected");
        if std::env::var_os("WRITE_DIALECTS").is_some() {
            std::fs::write(&expected, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn any_chunking_equals_the_whole() {
    for (name, path) in samples() {
        let bytes = std::fs::read(&path).unwrap();
        let whole = read(&bytes, usize::MAX);
        for size in [1, 7, 64, 1000] {
            let parts = read(&bytes, size);
            assert_eq!(told(&parts), told(&whole), "{name} in chunks of {size}");
            assert_eq!(format!("{:?}", parts.view()), format!("{:?}", whole.view()), "{name} in chunks of {size}");
            assert_eq!(format!("{:?}", parts.curves()), format!("{:?}", whole.curves()), "{name} in chunks of {size}");
        }
    }
}

/// A cached shape must read a line as a reader does that never saw its like.
#[test]
fn what_was_read_before_changes_no_line() {
    for (name, path) in samples() {
        let bytes = std::fs::read(&path).unwrap();
        let whole = told(&read(&bytes, usize::MAX));
        // The same after lines of all other shapes there are, which push its own out of the memory.
        let mut log = RunLog::default();
        for at in 0..40 {
            log.push(format!("{}: 1\n", "q".repeat(at + 3)).as_bytes());
        }
        log.push(&bytes);
        log.push(b"\n");
        let again = told(&log);
        let lines = |text: &str| {
            text.lines().filter(|line| !line.contains("passed over")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(lines(&again), lines(&whole), "{name}");
    }
}

#[test]
fn each_dialect_has_its_row_in_the_conformance_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats/console.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (name, _) in samples() {
        assert!(page.contains(&format!("`{name}`")), "docs/formats/console.md has no row that names `{name}`");
    }
}

fn one(text: &str) -> String {
    let told = told(&read(text.as_bytes(), usize::MAX));
    told.lines().filter(|line| !line.starts_with("= progress")).collect::<Vec<_>>().join("; ")
}

#[test]
fn lines_of_every_kind() {
    for (text, expected) in [
        // Steps.
        ("Step: 100/1000 | Loss: 2.5", "Loss: 1 [100, 2.5] .. [100, 2.5]"),
        ("[100/1000] loss=0.5", "loss: 1 [100, 0.5] .. [100, 0.5]"),
        ("10/100 | loss 2.5", "loss: 1 [10, 2.5] .. [10, 2.5]"),
        ("Step 1,000 | loss 2.5", "loss: 1 [1000, 2.5] .. [1000, 2.5]"),
        (
            "(epoch: 1, iters: 100, data: 0.1) G_GAN: 0.5",
            "G_GAN: 1 [100, 0.5] .. [100, 0.5]; data: 1 [100, 0.1] .. [100, 0.1]",
        ),
        ("loss=0.5 step=10", "loss: 1 [10, 0.5] .. [10, 0.5]"),
        ("Average loss at step 2000: 145.25", "Average_loss: 1 [2000, 145.25] .. [2000, 145.25]"),
        ("Episode 10\tLast reward: 20.00", "Last_reward: 1 [10, 20] .. [10, 20]"),
        // Values.
        ("step 3 loss nan", "loss: 1 [3, NaN] .. [3, NaN]"),
        ("Step 3 | Loss: inf | grad: -inf", "Loss: 1 [3, inf] .. [3, inf]; grad: 1 [3, -inf] .. [3, -inf]"),
        ("Epoch: 10 Loss: tensor(0.5123, grad_fn=<Nll>)", "Loss: 1 [10, 0.5123] .. [10, 0.5123]"),
        ("epoch 3 acc 91.2% (456/500)", "acc: 1 [3, 91.2] .. [3, 91.2]"),
        (
            "step 5 | 2050.5 ms | 45.2% MFU",
            "MFU: 1 [5, 45.2] .. [5, 45.2]; ms: 1 [5, 2050.5] .. [5, 2050.5]; = seconds 10.252 at 5",
        ),
        // Parts.
        (
            "Epoch 3 | Train: loss=0.5 | Val: loss=0.75",
            "loss: 1 [3, 0.5] .. [3, 0.5]; val_loss: 1 [3, 0.75] .. [3, 0.75]",
        ),
        (
            "Epoch 3 train loss 0.5 acc 0.25 val loss 0.75 acc 0.5",
            "train_acc: 1 [3, 0.25] .. [3, 0.25]; train_loss: 1 [3, 0.5] .. [3, 0.5]; val_acc: 1 [3, 0.5] .. [3, 0.5]; val_loss: 1 [3, 0.75] .. [3, 0.75]",
        ),
        ("Evaluating at step 100... loss=2.5", "eval_loss: 1 [100, 2.5] .. [100, 2.5]"),
        (
            r#"{"step": 5, "train": {"loss": 2.5}, "val": {"loss": 3.5}}"#,
            "train/loss: 1 [5, 2.5] .. [5, 2.5]; val/loss: 1 [5, 3.5] .. [5, 3.5]",
        ),
        // What is in front.
        ("Jan 01 10:00:00 host python[123]: step 10 loss 2.5", "loss: 1 [10, 2.5] .. [10, 2.5]"),
        ("[10:00:00] INFO     step 10 loss 2.5           train.py:55", "loss: 1 [10, 2.5] .. [10, 2.5]"),
        ("✅ Epoch 3: val_loss 0.5", "val_loss: 1 [3, 0.5] .. [3, 0.5]"),
        ("step 3 acc: 91.2% • loss: 0.5", "acc: 1 [3, 91.2] .. [3, 91.2]; loss: 1 [3, 0.5] .. [3, 0.5]"),
        ("Mon 01 Jan 2024 10:00:00 INFO  step 3 loss 0.5", "loss: 1 [3, 0.5] .. [3, 0.5]"),
        ("31.01.2024 10:00:00 step 3 loss 0.5", "loss: 1 [3, 0.5] .. [3, 0.5]"),
        ("#12 merged: loss of 0.5", ""),
        ("Epoch 1: loss 2.5 (val 2.4)", "loss: 1 [1, 2.5] .. [1, 2.5]; val_loss: 1 [1, 2.4] .. [1, 2.4]"),
        ("Epoch 1: loss: 2.5 (val: 2.4)", "loss: 1 [1, 2.5] .. [1, 2.5]; val_loss: 1 [1, 2.4] .. [1, 2.4]"),
        ("step 7 loss −0.5", "loss: 1 [7, -0.5] .. [7, -0.5]"),
        ("step 1 | loss: 1.#INF | lr: 0.1", "lr: 1 [1, 0.1] .. [1, 0.1]; = passed over 1: 1"),
        ("step 1 | loss: 1.5×10^-3", "= passed over 1: 1"),
        ("step 1 | loss: 1.5 x 10^-3", "= passed over 1: 1"),
        ("step 1 | loss: 1.5D-03", "= passed over 1: 1"),
        ("step 1 | loss: 0.5e−3", "= passed over 1: 1"),
        ("step 1 | loss: 1½", "= passed over 1: 1"),
        ("step 1 | loss: 3.0 vs 2.0", "loss: 1 [1, 3] .. [1, 3]"),
        ("step 1 loss below 3.0", "= passed over 1: 1"),
        ("step 1 √loss: 0.5", "√loss: 1 [1, 0.5] .. [1, 0.5]"),
        ("step 1 1-acc: 0.1", ""),
        ("step 1 old→loss: 0.5", ""),
        ("step 1 l\u{202e}oss: 0.5", ""),
        ("[ERROR] step 11 loss: 3.1", ""),
        ("W0101 10:00:00.123456 140 train.py:500] step 10 loss 3.2", ""),
        (
            "step 2 tokens: 1.2T loss: 2",
            "loss: 1 [2, 2] .. [2, 2]; tokens: 1 [2, 1200000000000] .. [2, 1200000000000]; = tokens 1200000000000.000 at 2",
        ),
        ("Name      Value\n--------  -------\nlr        0.1\nstep 1  loss 2.5", "loss: 1 [1, 2.5] .. [1, 2.5]"),
        (
            "Epoch  Loss  Acc  Time\n1  0.5  0.6  3.2\n100 files in 3.2s",
            "Acc: 1 [1, 0.6] .. [1, 0.6]; Loss: 1 [1, 0.5] .. [1, 0.5]; Time: 1 [1, 3.2] .. [1, 3.2]",
        ),
        ("Epoch  Loss\r\n1  0.5\r\nSaving the model\r\n2  0.4\r\n", "Loss: 2 [1, 0.5] .. [2, 0.4]"),
        ("step 3 loss: 1'234.5", "= passed over 1: 1"),
        ("Epoch 3 | Val | loss 0.5 | acc 0.25", "val_acc: 1 [3, 0.25] .. [3, 0.25]; val_loss: 1 [3, 0.5] .. [3, 0.5]"),
        // In doubt nothing is read.
        ("step 10 loss=0.5 loss=0.75", "= passed over 1: 1"),
        ("Epoch[0] Batch [0-100]\taccuracy=0.51", "= passed over 1: 1"),
        ("Step 1000: generating 5 samples with temperature 0.8", ""),
        ("Saving checkpoint at step 1000, loss 2.5", ""),
        ("Resuming from step 5000 (best val loss 1.2345)", ""),
        ("Epoch 5 finished in 12.3 seconds.", ""),
        ("wandb: train/loss 0.123", ""),
        ("recurrence:activated step:600 scale:0.1", ""),
        ("iterations:20000 warmup_steps:20 lr:0.1", ""),
        ("Namespace(epoch=10, lr=0.001, loss_weight=0.5)", ""),
    ] {
        assert_eq!(one(text), expected, "{text}");
    }
}

#[test]
fn what_is_passed_over_is_counted_and_shown_within_bounds() {
    let text: String = (0..100).map(|at| format!("step {at} loss=0.5 loss=0.{at} {}\n", "x".repeat(400))).collect();
    let log = read(text.as_bytes(), 100);
    let passed = &log.view().unread_lines;
    assert_eq!((passed.lines, passed.samples.len(), passed.samples[0].0), (100, 5, 1));
    assert!(passed.samples.iter().all(|(_, text)| text.raw().len() < 300));
}
