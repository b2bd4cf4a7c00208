//! Which file of curves is read how.

use super::{LogReader, MetricsCsv, MetricsJsonl, RunLog, TfEvents, TrainerState, Wandb};

/// What a file of curves is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurvesFormat {
    /// Whatever a program prints.
    RunLog,
    /// Objects, a line each.
    Jsonl,
    /// A table with a header.
    Csv,
    /// A run of Weights & Biases.
    Wandb,
    /// Events of `TensorBoard`.
    TfEvents,
    /// The state of Hugging Face's Trainer.
    TrainerState,
}

impl CurvesFormat {
    /// By the name of a file. Any name may be that of a log.
    pub fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name.contains("tfevents.") {
            Self::TfEvents
        } else if name.ends_with(".wandb") {
            Self::Wandb
        } else if name == "trainer_state.json" {
            Self::TrainerState
        } else if name.ends_with(".jsonl") {
            Self::Jsonl
        } else if name.ends_with(".csv") {
            Self::Csv
        } else {
            Self::RunLog
        }
    }

    /// True when each run has a file of its own, which no other run writes to.
    pub fn is_own_of_a_run(self) -> bool {
        matches!(self, Self::Wandb | Self::TfEvents)
    }

    /// True when a run may write the whole file anew.
    pub fn is_rewritten(self) -> bool {
        matches!(self, Self::Csv | Self::TrainerState)
    }

    /// A reader of it.
    pub fn reader(self) -> Box<dyn LogReader> {
        match self {
            Self::RunLog => Box::<RunLog>::default(),
            Self::Jsonl => Box::<MetricsJsonl>::default(),
            Self::Csv => Box::<MetricsCsv>::default(),
            Self::Wandb => Box::<Wandb>::default(),
            Self::TfEvents => Box::<TfEvents>::default(),
            Self::TrainerState => Box::<TrainerState>::default(),
        }
    }
}
