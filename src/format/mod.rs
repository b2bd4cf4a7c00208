//! Readers: bytes in, rows and series out. One file a format, no I/O.
//!
//! A reader is pushed whatever bytes were appended, in chunks of any size, and can be asked at any
//! time for what it has understood so far. What it cannot understand is a located warning.

mod along;
mod bookkeeping;
mod lines;
mod metrics_jsonl;
mod number;
mod patch;
mod pi_jsonl;
mod recognise;
mod run_log;
mod table;
mod tsv;

pub use bookkeeping::Bookkeeping;
pub use metrics_jsonl::MetricsJsonl;
pub use patch::{BadPatch, FilePatch, PatchHunk, read_patch};
pub use pi_jsonl::PiJsonl;
pub use recognise::{FOLDERS, Recognised, is_metrics_file, recognise, recognise_door};
pub use run_log::RunLog;
pub use table::{Located, TableReader, TableView};
pub use tsv::Tsv;

use crate::model::{AgentText, Along, LoopFormat, TrialEnd};
use crate::series::SeriesMap;

/// A reader of the loop's rows.
pub fn table_reader(format: LoopFormat) -> Box<dyn TableReader> {
    match format {
        LoopFormat::Autoresearch | LoopFormat::Proposals => Box::<Tsv>::default(),
        LoopFormat::PiAutoresearch => Box::<PiJsonl>::default(),
    }
}

/// What a log or metrics file says of its trial so far.
#[derive(Clone, Debug, Default)]
pub struct LogView {
    /// Curves by metric.
    pub series: SeriesMap,
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
    /// What was understood so far.
    fn view(&self) -> &LogView;
    /// How far along the run was at each step.
    fn along(&self) -> &Along;
}

/// A reader for a log or metrics file, by its name.
pub fn log_reader(path: &str) -> Box<dyn LogReader> {
    if is_metrics_file(path) { Box::<MetricsJsonl>::default() } else { Box::<RunLog>::default() }
}
