//! Which file of curves is read how.

use super::recognise_curves::{DetectedContent, content};
use super::{LogReader, MetricsCsv, MetricsJson, MetricsJsonl, RunLog, TfEvents, TrainerState, Wandb};

/// What a file of curves is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CurvesFormat {
    /// Whatever a program prints.
    RunLog,
    /// Objects, a line each.
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

/// What is said of a last line that may be half a line.
pub const HALF_LINE: &str = "the last line has no line end and may be half written; not counted";

/// What follows the last line end. `\r` alone is one only where no other is.
pub fn last_line(bytes: &[u8]) -> &[u8] {
    let is_old = memchr::memchr(b'\n', bytes).is_none();
    let end = if is_old { b'\r' } else { b'\n' };
    memchr::memrchr(end, bytes).map_or(bytes, |at| &bytes[at + 1..])
}

impl CurvesFormat {
    /// By the name of a file. Any name may be that of a log.
    pub fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        if name.contains("tfevents.") {
            Self::TfEvents
        } else if name == "trainer_state.json" {
            Self::TrainerState
        } else {
            match ending.to_ascii_lowercase().as_str() {
                "wandb" => Self::Wandb,
                "jsonl" | "ndjson" => Self::Jsonl,
                "csv" | "tsv" => Self::Csv,
                _ => Self::RunLog,
            }
        }
    }

    /// By name and first bytes: a `training.log` may be a table, a `metrics.json` objects line by line. Where the bytes
    /// say nothing, the name decides.
    pub fn of_content(path: &str, head: &[u8]) -> Self {
        match (Self::of(path), content(head)) {
            // Their readers say what is wrong with bytes that are others.
            (named @ (Self::Wandb | Self::TfEvents | Self::TrainerState), _) => named,
            (_, DetectedContent::Certain(format)) => format,
            (Self::RunLog, DetectedContent::Table { is_of_metrics: true, .. }) => Self::Csv,
            (named, _) => named,
        }
    }

    /// True when each run has a file of its own, which no other run writes to.
    pub fn is_own_of_a_run(self) -> bool {
        matches!(self, Self::Wandb | Self::TfEvents)
    }

    /// True when a run may write the whole file anew.
    pub fn is_rewritten(self) -> bool {
        matches!(self, Self::Csv | Self::TrainerState | Self::Json)
    }

    /// True when lines end with a line end, so that the last one is not whole without it.
    pub fn is_of_lines(self) -> bool {
        matches!(self, Self::RunLog | Self::Csv | Self::Jsonl)
    }

    /// True where the last bytes of a file are a line that is not counted. Of what a program prints no line need be
    /// whole, and an object that is closed is.
    pub fn leaves_open(self, end: &[u8]) -> bool {
        let last = last_line(end).trim_ascii();
        match self {
            Self::Csv => !last.is_empty(),
            Self::Jsonl => !last.is_empty() && !last.ends_with(b"}"),
            _ => false,
        }
    }

    /// A reader of it.
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
