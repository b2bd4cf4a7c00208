//! Readings of entire logs.
#![allow(clippy::float_cmp)]

// This entire file is a test.
#[cfg(test)]
use proptest::prelude::*;

use super::super::LogView;
use super::*;
use crate::model::{AgentText, TrialEnd};
use crate::series::SeriesMap;

fn read(text: &str) -> (LogView, SeriesMap) {
    let mut log = RunLog::default();
    log.push(text.as_bytes());
    (log.view().clone(), log.curves().series)
}

#[test]
fn carriage_returns_separate_progress() {
    let (view, series) = read(
        "Vocab size: 8,192\n\rstep 00012 (1.3%) | loss: 3.4 | lrm: 1.00 | dt: 310ms | tok/sec: 1,690,000 | mfu: 39.8% | epoch: 1 | remaining: 287s    \rstep 00013 (1.4%) | loss: nan | dt: 310ms | remaining: 286s    \n---\nval_bpb:          0.997900\npeak_vram_mb:     45060.2\n",
    );
    let loss: Vec<_> = series["loss"].points().collect();
    assert_eq!((loss[0].step, loss[0].value), (12.0, 3.4));
    assert!(loss[1].value.is_nan());
    assert_eq!(series["tok/sec"].summary().max(), Some(1_690_000.0));
    assert_eq!(view.summary[0], ("val_bpb".into(), 0.9979));
    assert_eq!(view.end, Some(TrialEnd::Finished));
    assert!(view.progress.is_some_and(|share| (share - 0.014).abs() < 1e-9));
    assert_eq!(view.remaining_s, Some(286.0));
    assert!(!series.contains_key("size"));
}

#[test]
fn speedrun_and_generic() {
    let (view, series) = read(
        "step:250/1750 train_loss:4.9 val_loss:4.6 train_time:31200ms step_avg:124ms\nval_bpb:1.0857 eval_time:84042ms\n",
    );
    assert_eq!(series["val_loss"].summary().max(), Some(4.6));
    assert_eq!(view.progress, Some(250.0 / 1750.0));
    assert_eq!(view.summary[0].0.as_ref(), "val_bpb");
    let (_, series) =
        read("500/20000 train_loss: 2.8965 train_time: 0.8m tok/s: 7980293\nlate_qat:enabled step:600 scale:0.1\n");
    assert_eq!(series["train_loss"].first().map(|p| (p.step, p.value)), Some((500.0, 2.8965)));
    assert!(!series.contains_key("scale"));
    let (_, series) = read("step 0: train loss 10.9, val loss 10.8\niter 10: loss 9.5, time 40.5ms, mfu -1.00%\n");
    assert_eq!(series["train_loss"].last().map(|p| p.value), Some(10.9));
    assert_eq!(series["val_loss"].last().map(|p| p.value), Some(10.8));
    assert_eq!(series["loss"].last().map(|p| (p.step, p.value)), Some((10.0, 9.5)));
    let (_, series) = read("{'loss': 2.3, 'learning_rate': 5e-05, 'epoch': 0.5}\n");
    assert_eq!(series["loss"].last().map(|p| (p.step, p.value)), Some((0.5, 2.3)));
    let (view, series) = read("epoch 3 | loss 0.41\nMETRIC acc=0.9\n");
    let loss = series["loss"].first();
    assert_eq!(loss.map(|p| (p.step, p.value)), Some((3.0, 0.41)));
    assert_eq!(view.summary, [("acc".into(), 0.9)]);
}

#[test]
fn a_traceback_attached_to_a_step_is_a_crash() {
    let (view, series) = read(
        "\rstep 00001 (0.0%) | loss: 9.0 | remaining: 1s    Traceback (most recent call last):\n  File \"train.py\", line 1\nRuntimeError: boom\n",
    );
    assert_eq!(series["loss"].len(), 1);
    let Some(TrialEnd::Crashed(lines)) = view.end else { panic!("{:?}", view.end) };
    assert_eq!(lines.last().map(AgentText::raw), Some("RuntimeError: boom"));
}

proptest! {
    #[test]
    fn any_chunks_equal_the_whole(
        lines in proptest::collection::vec("(step [0-9]{1,3} \\| loss: [0-9]\\.[0-9] \\| a=nan|---|[a-z:= 0-9]{0,20})[\r\n]", 0..40),
        cut in 0usize..600,
    ) {
        let text = lines.concat();
        let cut = cut.min(text.len());
        let mut parts = RunLog::default();
        parts.push(&text.as_bytes()[..cut]);
        parts.push(&text.as_bytes()[cut..]);
        let whole = read(&text);
        let parts = (parts.view().clone(), parts.curves().series);
        prop_assert_eq!(format!("{:?}", whole), format!("{:?}", parts));
    }
}

#[test]
fn a_step_in_a_summary_begins_no_block() {
    let (view, series) = read("step 1 | loss: 2.5\n---\nval_bpb: 0.5\nstep: 1000\nepoch: 3\npeak_vram_mb: 45060.2\n");
    assert_eq!(series.keys().map(|name| &**name).collect::<Vec<_>>(), ["loss"]);
    assert_eq!(view.summary, [("val_bpb".into(), 0.5), ("peak_vram_mb".into(), 45060.2)]);
    assert_eq!(view.end, Some(TrialEnd::Finished));
}

#[test]
fn settings_before_training_are_not_values() {
    let (view, series) = read("batch 32, lr 0.1, rate 0.2\nepoch: 10\nlr: 0.1\nweight_decay: 0.5\n");
    assert!(series.is_empty() && view.summary.is_empty() && view.unread_lines.lines == 0, "{series:?} {view:?}");
}

#[test]
fn thousands_with_a_space_are_one_number_or_nothing() {
    let of = |number: &str| {
        let (_, series) = read(&format!("step: 1 loss: {number} lr: 0.5\nstep: 2 loss: {number} lr: 0.5\n"));
        (series.get("loss").and_then(crate::series::Series::first).map(|point| point.value), series["lr"].len())
    };
    for space in ["\u{a0}", "\u{202f}", "\u{2009}"] {
        assert_eq!(of(&format!("12{space}345.6")), (Some(12345.6), 2), "{space:?}");
        assert_eq!(of(&format!("1{space}234{space}567")), (Some(1_234_567.0), 2), "{space:?}");
    }
    for doubtful in ["12 345.6", "1 234 567", "12 345"] {
        assert_eq!(of(doubtful), (None, 2), "{doubtful}");
    }
    let (_, series) = read("step 1 loss 12 345.6\nstep 2 loss 12 345.6\n");
    assert!(!series.contains_key("loss"), "{series:?}");
    // A line of another shape whose numbers make it ambiguous.
    let (_, series) = read("step: 1 loss: 1000 345\nstep: 2 loss: 12 345\n");
    assert!(series.get("loss").is_none_or(|loss| loss.points().all(|point| point.value >= 1000.0)), "{series:?}");
}

/// Returns the shape of a line in a new reader.
fn shape(line: &[u8]) -> Option<LineShape> {
    let prefix = prefix::prefix(line);
    let mut tokens = Vec::new();
    lexer::tokens(line, prefix.end, &mut tokens);
    let meaning = Meaning::of(line, &tokens, &Parser::read(line, &tokens), None);
    let is_useful = !meaning.is_refused && !meaning.is_unclear && !meaning.names.is_empty();
    is_useful.then(|| LineShape::of(line, prefix, &tokens, meaning))
}

/// The meaning of a shape is parsed once. So it must be the meaning of each of its lines alone: a number must not get
/// another's name because of the line before.
#[test]
fn a_shape_reads_a_line_as_the_line_alone_is_read() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialects");
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let mut chance = 1u64;
    let mut next = || {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) as usize
    };
    let (mut compared, mut values, mut alone) = (0, Vec::new(), Vec::new());
    for entry in entries.flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        for line in bytes.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii_end) {
            let Some(known) = shape(line) else { continue };
            assert!(known.read(line, &mut values), "{} does not have its own shape", String::from_utf8_lossy(line));
            for _ in 0..12 {
                let mut other = line.to_vec();
                for _ in 0..=next() % 4 {
                    let at = next() % other.len().max(1);
                    match next() % 4 {
                        0 if other[at].is_ascii_digit() => other.insert(at, b"0123456789"[next() % 10]),
                        1 if other[at].is_ascii_digit() => drop(other.remove(at)),
                        2 => other.insert(at, b" -.,:%em|/"[next() % 10]),
                        _ if other[at].is_ascii_digit() => other[at] = b"0123456789"[next() % 10],
                        _ => {}
                    }
                }
                let other = other.trim_ascii_end();
                if !known.read(other, &mut values) {
                    continue;
                }
                let text = String::from_utf8_lossy(other);
                let Some(own) = shape(other) else { panic!("{text}: is read like {}", String::from_utf8_lossy(line)) };
                assert!(own.read(other, &mut alone), "{text}");
                assert_eq!((&known.meaning.names, known.rank), (&own.meaning.names, own.rank), "{text}");
                assert_eq!(format!("{values:?}"), format!("{alone:?}"), "{text}");
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

/// Reads a log with a reader that discards all silent kinds before each line.
fn read_without_silence(text: &str) -> (LogView, SeriesMap) {
    let mut log = RunLog::default();
    for line in text.split_inclusive('\n') {
        log.reading.silent = Silent::default();
        log.push(line.as_bytes());
    }
    (log.view().clone(), log.curves().series)
}

proptest! {
    /// Lines are treated as silent only where nothing would have been read of them.
    #[test]
    fn silent_lines_have_no_values(
        lines in proptest::collection::vec((proptest::sample::select(vec![
            "step # | loss: #.#", "step # loss #.##", "epoch #", "Epoch # | Time: #s", "loss: #.##", "loss #.##", "val loss #.##",
            "Val: loss #.#, acc #.#", "Evaluating # samples", "eval: #/# [00:0#<00:0#, #.#it/s]", "---", "val_bpb: #.##", "peak # MB",
            "worker # fetched batch # in #.# ms", "cache: evicted # entries, # MB of # MB", "batch #, lr #.#", "best loss #.# at step #",
            "loss now #.# and loss then #.#", "generating # samples", "step  loss  acc", "#  #.#  #.##", "# #.# #.##", "| step | loss |",
            "| # | #.# |", "+------+", "| loss | #.# |", "stopping, best iteration is:", "[#] train-rmse:#.#", "[Rank #] step # loss #.#",
            "INFO # requests", "step: #", "Traceback (most recent call last)", "took # min # sec", "n # samples in # files", "iter",
            "train acc", "* Acc@1 #.# Acc@5 #.#", "# #.#",
        ]), proptest::collection::vec(0u32..1500, 6)), 0..60),
    ) {
        let text: String = lines
            .iter()
            .map(|(line, numbers)| {
                let mut numbers = numbers.iter().cycle();
                let filled: String = line
                    .chars()
                    .map(|one| if one == '#' { numbers.next().map_or_else(String::new, u32::to_string) } else { one.to_string() })
                    .collect();
                filled + "\n"
            })
            .collect();
        prop_assert_eq!(format!("{:?}", read(&text)), format!("{:?}", read_without_silence(&text)));
    }
}

#[test]
fn lines_of_a_silent_kind_are_not_read_again() {
    let mut log = RunLog::default();
    log.push(b"INFO worker 3 handled a request for shard 17 of the data\n");
    let stage = log.reading.state.stage();
    assert!(log.reading.silent.knows(b"INFO worker 5 handled a request for shard 93 of the data", stage));
    assert!(!log.reading.silent.knows(b"INFO worker 5 handled a request for shard 9.3 of the data", stage));
    assert!(log.reading.tokens.len() > 3);
    log.push(b"INFO worker 5 handled a request for shard 93 of the data\nstep 1 loss 0.5\n");
    // Once training has begun, an unread line that looks like a measurement is counted.
    assert!(
        !log.reading
            .silent
            .knows(b"INFO worker 5 handled a request for shard 93 of the data", log.reading.state.stage())
    );
}

#[test]
fn samples_read_the_same_with_silent_kinds() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialects");
    let mut compared = 0;
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let text = String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap_or_default()).into_owned();
        // Once more with other digits, as a longer log has them.
        let more = text.replace('3', "4").replace("12", "57");
        let both = format!("{text}\n{more}\n{text}");
        assert_eq!(format!("{:?}", read(&both)), format!("{:?}", read_without_silence(&both)), "{:?}", entry.path());
        compared += 1;
    }
    assert!(compared > 100, "{compared}");
}
