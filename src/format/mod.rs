//! Readers: bytes in, rows and series out. One file a format, no I/O.
//!
//! A reader is pushed whatever bytes were appended, in chunks of any size, and can be asked at any
//! time for what it has understood so far. What it cannot understand is a located warning.

mod along;
mod bookkeeping;
mod columns;
mod framing;
mod json;
mod lines;
mod metrics_csv;
mod metrics_jsonl;
mod number;
mod patch;
mod pi_jsonl;
mod protobuf;
mod recognise;
mod run_log;
mod steps;
mod table;
mod tfevents;
mod trainer_state;
mod tsv;
mod wandb;
mod warnings;

pub use bookkeeping::Bookkeeping;
pub use metrics_csv::MetricsCsv;
pub use metrics_jsonl::MetricsJsonl;
pub use patch::{BadPatch, FilePatch, PatchHunk, read_patch};
pub use pi_jsonl::PiJsonl;
pub use recognise::{FOLDERS, RUN_FOLDERS, Recognised, is_metrics_file, recognise, recognise_curves, recognise_door};
pub use run_log::RunLog;
pub use table::{Located, TableReader, TableView};
pub use tfevents::TfEvents;
pub use trainer_state::TrainerState;
pub use tsv::Tsv;
pub use wandb::Wandb;

use crate::model::{AgentText, Curves, LoopFormat, TrialEnd};

/// A reader of the loop's rows.
pub fn table_reader(format: LoopFormat) -> Box<dyn TableReader> {
    match format {
        LoopFormat::Autoresearch | LoopFormat::Proposals | LoopFormat::Curves => Box::<Tsv>::default(),
        LoopFormat::PiAutoresearch => Box::<PiJsonl>::default(),
    }
}

/// What a log or metrics file says of its trial so far.
#[derive(Clone, Debug, Default)]
pub struct LogView {
    /// Values that stand without a step, newest wins, in the log's order.
    pub summary: Vec<(std::sync::Arc<str>, f64)>,
    /// How the log ends; `None` while it may go on.
    pub end: Option<TrialEnd>,
    /// Share that is done, 0 to 1.
    pub progress: Option<f64>,
    /// Seconds left.
    pub remaining_s: Option<f64>,
    /// What could not be read.
    pub warnings: Vec<Located>,
    /// The last lines, oldest first: what a person reads when something went wrong.
    pub last_lines: Vec<AgentText>,
}

/// A reader of one trial's curves.
pub trait LogReader: Send {
    /// Takes appended bytes.
    fn push(&mut self, bytes: &[u8]);
    /// The run goes on in another file; what was read stays.
    fn next_file(&mut self) {}
    /// What was understood so far.
    fn view(&self) -> &LogView;
    /// The curves so far, and how far along the run was at each step. What is sealed in them is shared.
    fn curves(&self) -> Curves;
}

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
    /// Events of TensorBoard.
    TfEvents,
    /// The state of Hugging Face's Trainer.
    TrainerState,
}

impl CurvesFormat {
    /// By the name of a file. Any name may be that of a log.
    pub fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name.contains(".tfevents.") || name.contains("tfevents") && name.starts_with("events.") {
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

/// Sets a value of a summary: the newest wins.
fn set_summary(summary: &mut Vec<(std::sync::Arc<str>, f64)>, name: &str, value: f64) {
    if let Some(known) = summary.iter_mut().find(|(key, _)| **key == *name) {
        known.1 = value;
    } else if summary.len() < columns::MOST_METRICS {
        summary.push((name.into(), value));
    }
}
