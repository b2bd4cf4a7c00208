//! Formats of files of curves, and their readers.

use super::{LogReader, MetricsCsv, MetricsJson, MetricsJsonl, RunLog, TfEvents, TrainerState, Wandb};

/// The format of a file of curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CurvesFormat {
    /// Console output of any program.
    RunLog,
    /// JSON lines: one object per line.
    Jsonl,
    /// One JSON document.
    Json,
    /// A table with a header.
    Csv,
    /// A run of Weights & Biases.
    Wandb,
    /// Events of `TensorBoard`.
    TfEvents,
    /// The state of Hugging Face's Trainer.
    TrainerState,
}

/// Warning about a last line that may be incomplete.
pub const HALF_LINE: &str = "the last line has no newline and may be incomplete; not counted";

/// Returns the bytes after the last line end. `\r` alone counts only without any other line end.
pub fn last_line(bytes: &[u8]) -> &[u8] {
    let is_old = memchr::memchr(b'\n', bytes).is_none();
    let end = if is_old { b'\r' } else { b'\n' };
    memchr::memrchr(end, bytes).map_or(bytes, |at| &bytes[at + 1..])
}

impl CurvesFormat {
    /// Returns the format by the name of a file. Any name may be that of a log.
    pub fn by_name(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        if name.contains("tfevents.") {
            Self::TfEvents
        } else if name == "trainer_state.json" {
            Self::TrainerState
        } else {
            match extension.to_ascii_lowercase().as_str() {
                "wandb" => Self::Wandb,
                "jsonl" | "ndjson" => Self::Jsonl,
                "csv" | "tsv" => Self::Csv,
                _ => Self::RunLog,
            }
        }
    }

    /// True if each run has a file of its own, which no other run writes to.
    pub fn has_file_per_run(self) -> bool {
        matches!(self, Self::Wandb | Self::TfEvents)
    }

    /// True if a run may rewrite the entire file.
    pub fn is_rewritten(self) -> bool {
        matches!(self, Self::Csv | Self::TrainerState | Self::Json)
    }

    /// True if every line is terminated, so that the last one is incomplete without a line end.
    pub fn is_line_based(self) -> bool {
        matches!(self, Self::RunLog | Self::Csv | Self::Jsonl)
    }

    /// True if the last bytes of a file are a line that is not counted. Console output needs no final line end, nor
    /// does an object that is closed.
    pub fn ends_incomplete(self, end: &[u8]) -> bool {
        let last = last_line(end).trim_ascii();
        match self {
            Self::Csv => !last.is_empty(),
            Self::Jsonl => !last.is_empty() && !last.ends_with(b"}"),
            _ => false,
        }
    }

    /// Returns a reader of the format.
    pub fn reader(self) -> Box<dyn LogReader> {
        match self {
            Self::RunLog => Box::<RunLog>::default(),
            Self::Jsonl => Box::<MetricsJsonl>::default(),
            Self::Json => Box::<MetricsJson>::default(),
            Self::Csv => Box::<MetricsCsv>::default(),
            Self::Wandb => Box::<Wandb>::default(),
            Self::TfEvents => Box::<TfEvents>::default(),
            Self::TrainerState => Box::<TrainerState>::default(),
        }
    }
}
