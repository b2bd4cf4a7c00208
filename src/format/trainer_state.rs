//! `trainer_state.json`: Hugging Face's Trainer rewrites it entirely with each checkpoint.

use memchr::memchr_iter;

use super::json::{NotJson, Scanner};
use super::metrics_json::breaks_off;
use super::metrics_jsonl::JsonRow;
use super::{Located, LogContents, LogReader};
use crate::model::TrialEnd;

/// Maximum length in bytes; a longer file is not read.
const LONGEST: usize = 256 << 20;

/// Reader of a trainer's state.
#[derive(Default)]
pub struct TrainerState {
    bytes: Vec<u8>,
    is_read: bool,
    contents: LogContents,
}

impl LogReader for TrainerState {
    fn push(&mut self, bytes: &[u8]) {
        if self.is_read || self.bytes.len() > LONGEST {
            return;
        }
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > LONGEST {
            self.is_read = true;
            self.bytes = Vec::new();
            return self.contents.warn_of_file("longer than 256 MB; not read");
        }
        // One object: while its end is missing it is still being written.
        if self.bytes.trim_ascii_end().ends_with(b"}") {
            self.read();
        }
    }

    fn at_end(&self) -> Vec<Located> {
        breaks_off(&self.bytes).filter(|_| self.bytes.len() <= LONGEST).into_iter().collect()
    }

    fn contents(&self) -> &LogContents {
        &self.contents
    }
}

impl TrainerState {
    fn read(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut scanner = Scanner::new(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
        let mut contents = LogContents::default();
        let (mut step, mut most) = (None, None);
        let mut best = None;
        let mut row = JsonRow::default();
        let mut summary = Vec::new();
        let read = scanner.entries(|scanner, name| match name {
            "log_history" => scanner.elements(|scanner| {
                row.read(scanner, &mut contents)?;
                // The last entry describes the run, not a step.
                if row.has(&contents.columns, "train_runtime") {
                    summary = row.named(&contents.columns);
                } else {
                    row.put(&mut contents);
                }
                Ok(())
            }),
            "global_step" => scanner.number().map(|number| step = number),
            "max_steps" => scanner.number().map(|number| most = number),
            "best_metric" => scanner.number().map(|number| best = number),
            _ => scanner.pass(),
        });
        match read.and_then(|()| scanner.end()) {
            // The text so far may end in a brace of a nested object.
            Err(_) if scanner.has_run_out() => self.bytes = bytes,
            Err(NotJson(at)) => {
                let line = memchr_iter(b'\n', &bytes[..at.min(bytes.len())]).count() + 1;
                self.is_read = true;
                self.contents.warn(line as u64, "not JSON; the file is not read");
            }
            Ok(()) => {
                self.is_read = true;
                self.contents = contents;
                for (name, value) in &summary {
                    self.contents.summarise(name, *value);
                }
                if let Some(best) = best {
                    self.contents.summarise("best_metric", best);
                }
                let share = step.zip(most).filter(|(_, most)| *most > 0.0).map(|(step, most): (f64, f64)| step / most);
                self.contents.view.progress = share.filter(|share| (0.0..=1.0).contains(share));
                if !summary.is_empty() || share.is_some_and(|share| share >= 1.0) {
                    self.contents.view.end = Some(TrialEnd::Finished);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = r#"{
  "best_metric": 0.4, "epoch": 1.0, "global_step": 20, "max_steps": 20, "is_world_process_zero": true,
  "log_history": [
    {"epoch": 0.5, "grad_norm": 1.5, "learning_rate": 5e-05, "loss": 2.5, "step": 10},
    {"epoch": 0.5, "eval_loss": 2.25, "step": 10},
    {"epoch": 1.0, "loss": NaN, "step": 20},
    {"epoch": 1.0, "step": 20, "total_flos": 1e12, "train_loss": 2.4, "train_runtime": 12.5}
  ],
  "trial_params": null
}"#;

    #[test]
    fn a_state_at_once_and_in_pieces() {
        let mut whole = TrainerState::default();
        whole.push(STATE.as_bytes());
        let series = whole.curves().series;
        assert_eq!(series["loss"].len(), 2);
        assert_eq!(series["eval_loss"].first().map(|p| (p.step, p.value)), Some((10.0, 2.25)));
        assert!(!series.contains_key("train_runtime"));
        assert!(
            whole
                .view()
                .summary
                .iter()
                .any(|(name, value)| &**name == "train_runtime" && (*value - 12.5).abs() < 1e-12)
        );
        assert_eq!(whole.view().end, Some(TrialEnd::Finished));
        for cut in 0..STATE.len() {
            let mut parts = TrainerState::default();
            parts.push(&STATE.as_bytes()[..cut]);
            parts.push(&STATE.as_bytes()[cut..]);
            assert!(parts.view().warnings.is_empty(), "{cut}");
            assert_eq!(parts.curves().series["loss"].len(), 2, "{cut}");
        }
        let mut broken = TrainerState::default();
        broken.push(STATE.replace("\"loss\": 2.5", "\"loss\": two").as_bytes());
        assert_eq!(broken.view().warnings[0].line, 4);
    }
}
