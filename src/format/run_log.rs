//! Training logs: progress lines in several dialects, a summary block, a traceback.
//!
//! Progress is often separated by CR, not LF. A pair `key: value` on a line that names a step is a
//! point of a curve; without a step it is a summary value, once training has begun.

use std::sync::Arc;

use super::number::parse_loose;
use super::steps::Steps;
use super::told::LAST_LINES;
use super::{LogReader, Told};
use crate::model::{AgentText, TrialEnd};

/// Segments longer than this are cut.
const LONGEST: usize = 16 * 1024;
/// How many different metrics one log may have; a log of free text must not grow without bound.
const MOST_KEYS: usize = 256;

const TRACEBACK: &str = "Traceback (most recent call last)";

/// Reader of `run.log` and its like.
pub struct RunLog {
    open: Vec<u8>,
    told: Told,
    in_summary: bool,
    begun: bool,
    trace: Option<Vec<AgentText>>,
    steps: Steps,
}

impl Default for RunLog {
    fn default() -> Self {
        Self {
            open: Vec::new(),
            in_summary: false,
            begun: false,
            trace: None,
            steps: Steps::default(),
            told: Told::with_most(MOST_KEYS),
        }
    }
}

impl LogReader for RunLog {
    fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.extend(&rest[..end]);
            rest = &rest[end + 1..];
            let segment = std::mem::take(&mut self.open);
            self.segment(&String::from_utf8_lossy(&segment));
        }
        self.extend(rest);
    }

    fn told(&self) -> &Told {
        &self.told
    }
}

impl RunLog {
    fn extend(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.open.len());
        self.open.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn segment(&mut self, text: &str) {
        let text = text.trim_end();
        if text.trim().is_empty() {
            return;
        }
        // A traceback may be glued to the last progress line, which had no end of its own.
        if let Some(at) = text.find(TRACEBACK) {
            if !text[..at].trim().is_empty() {
                self.segment(&text[..at]);
            }
            self.trace = Some(Vec::new());
            self.remember(&text[at..]);
            return;
        }
        self.remember(text);
        if text.trim() == "---" {
            self.in_summary = true;
            return;
        }
        let pairs = pairs(text);
        let step = pairs.iter().find(|pair| is_step(&pair.key)).map(|pair| pair.value);
        if let Some(step) = step.filter(|step| step.is_finite()) {
            self.point(step, &pairs, text);
        } else if self.in_summary || self.begun || text.trim_start().starts_with("METRIC ") {
            self.summary(&pairs, text.trim_start().starts_with("METRIC "));
        }
    }

    fn point(&mut self, step: f64, pairs: &[Pair<'_>], text: &str) {
        let mut has_values = false;
        let epoch = pairs.iter().find(|pair| pair.key.eq_ignore_ascii_case("epoch")).map(|pair| pair.value);
        let of_run = self.steps.named(step, epoch);
        let (follower, along) = self.told.columns.along();
        follower.line(along, of_run, &pairs.iter().map(|pair| (&*pair.key, pair.text, pair.value)));
        for pair in pairs.iter().filter(|pair| !is_step(&pair.key)) {
            match &*pair.key {
                "remaining" => self.told.view.remaining_s = Some(pair.value).filter(|s| s.is_finite()),
                "epoch" if pairs.len() > 2 => {}
                key => {
                    has_values = true;
                    self.told.columns.put_named(key, of_run, pair.value);
                }
            }
        }
        if has_values {
            self.begun = true;
            self.in_summary = false;
            self.trace = None;
            self.told.view.end = None;
        }
        let of_total = pairs.iter().find(|pair| is_step(&pair.key)).and_then(|pair| pair.of);
        let share = of_total.map(|of| step / of).or_else(|| percent(text).map(|percent| percent / 100.0));
        self.told.view.progress = share.filter(|share| (0.0..=1.0).contains(share)).or(self.told.view.progress);
    }

    fn summary(&mut self, pairs: &[Pair<'_>], is_metric: bool) {
        for pair in pairs {
            if let Some(known) = self.told.view.summary.iter_mut().find(|(key, _)| *key == pair.key) {
                known.1 = pair.value;
            } else if self.told.view.summary.len() < MOST_KEYS {
                self.told.view.summary.push((Arc::clone(&pair.key), pair.value));
            }
        }
        if !pairs.is_empty() && (self.in_summary || is_metric) {
            self.trace = None;
            self.told.view.end = Some(TrialEnd::Finished);
        }
    }

    fn remember(&mut self, text: &str) {
        let line = AgentText::from(text.trim_end());
        self.told.remember(line.clone());
        if let Some(trace) = &mut self.trace {
            if trace.len() == LAST_LINES {
                trace.remove(0);
            }
            trace.push(line);
            self.told.view.end = Some(TrialEnd::Crashed(trace.clone()));
        }
    }
}

struct Pair<'a> {
    key: Arc<str>,
    value: f64,
    /// The value as written, with its unit.
    text: &'a str,
    /// The total in `250/1750`.
    of: Option<f64>,
}

fn is_step(key: &str) -> bool {
    matches!(key, "step" | "iter" | "iteration" | "global_step" | "_step")
}

/// The first `(12.3%)` of a line.
fn percent(text: &str) -> Option<f64> {
    let (_, rest) = text.split_once('(')?;
    let (inside, _) = rest.split_once(')')?;
    inside.trim().strip_suffix('%')?.trim().parse().ok()
}

/// All `key: value`, `key=value` and `key value` pairs of a line whose value is a number.
fn pairs(text: &str) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == '|').filter(|word| !word.is_empty()).collect();
    let mut at = 0;
    while at < words.len() {
        let word = words[at];
        // `late_qat:enabled step:6335`: an event that happens at a step, not the step's values.
        if pairs.is_empty() && is_event(word) {
            return pairs;
        }
        let next = words.get(at + 1).copied().unwrap_or_default();
        let split = word.split_once([':', '=']);
        let (key, value, used) = match split {
            // `loss:3.4`, `loss: 3.4`
            Some((key, value)) if !key.is_empty() && !value.is_empty() => (key, value, 1),
            Some((key, "")) if !key.is_empty() => (key, next, 2),
            // `total : 3`
            Some(("", value)) if at > 0 => {
                let value_in_next = value.is_empty();
                (words[at - 1], if value_in_next { next } else { value }, 1 + usize::from(value_in_next))
            }
            Some(_) => ("", "", 1),
            // `250/1750 train_loss: 4.9`: a line that begins with its step.
            None if at == 0 && number(word).is_some_and(|(_, of)| of.is_some()) => ("step", word, 1),
            // `step 00012`, but not `total : 3`
            None if next.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.')) => (word, next, 2),
            None if matches!(next, "nan" | "inf" | "-inf") => (word, next, 2),
            None => ("", "", 1),
        };
        let pair = key_name(key)
            .map(|key| qualified(key, at, &words))
            .and_then(|key| number(value).map(|(number, of)| Pair { key, value: number, text: value, of }));
        // Without a number the next word may itself be a key.
        at += if pair.is_some() { used } else { 1 };
        pairs.extend(pair);
    }
    // A log that counts epochs only: the epoch is its step.
    if pairs.len() > 1
        && !pairs.iter().any(|pair| is_step(&pair.key))
        && let Some(epoch) = pairs.iter_mut().find(|pair| pair.key.eq_ignore_ascii_case("epoch"))
    {
        epoch.key = "step".into();
    }
    pairs
}

/// `recurrence:activated`: two words around a colon.
fn is_event(word: &str) -> bool {
    let letters = |text: &str| text.len() > 1 && text.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    word.split_once(':').is_some_and(|(name, what)| letters(name) && letters(what) && number(what).is_none())
}

/// `val loss 3.2`: the word before tells which loss it is.
fn qualified(key: &str, at: usize, words: &[&str]) -> Arc<str> {
    let before = at.checked_sub(1).and_then(|at| words.get(at)).map(|word| word.to_ascii_lowercase());
    match before.as_deref() {
        Some(part @ ("train" | "training" | "val" | "valid" | "validation" | "test" | "eval")) => {
            format!("{part}_{key}").into()
        }
        _ => key.into(),
    }
}

fn key_name(word: &str) -> Option<&str> {
    let word = word.trim_matches(|c: char| matches!(c, '[' | ']' | '(' | ')' | ',' | ';' | '"' | '\'' | '{' | '}'));
    let good = word.len() <= 64
        && word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.' | '-' | '@'));
    good.then_some(word)
}

fn number(text: &str) -> Option<(f64, Option<f64>)> {
    if let Some((value, of)) = text.trim_end_matches(',').split_once('/')
        && let (Some(value), Some(of)) = (super::number::parse_strict(value), super::number::parse_strict(of))
    {
        return Some((value, Some(of).filter(|of| *of > 0.0)));
    }
    parse_loose(text).map(|value| (value, None))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::LogView;
    use super::*;
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
    fn a_traceback_glued_to_a_step_is_a_crash() {
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
}
